"""Pretrained: the weights that come with the library, learned by it from its digits."""

from importlib.resources import files
from typing import Final

from funcnn.exchange.hex_words import decode

DIGIT_WEIGHTS: Final = "digits.hex"


def digit_weights() -> list[list[list[float]]]:
    """Two matrices, 32×64 and 10×32, that with `dense` tell the digits apart.

    They are trained by `funcnn train`, on none of the digits that `split_digits` holds out.

    Shapes
        [32][64] and [10][32]

    >>> from funcnn import dense, foldl
    >>> from funcnn.exchange.datasets import split_digits
    >>> images, labels = split_digits().held_out
    >>> outputs = foldl(dense, images[0], digit_weights())
    >>> outputs.index(max(outputs)) == labels[0]
    True
    """
    text = files("funcnn.exchange").joinpath("data", DIGIT_WEIGHTS).read_text("ascii")
    weights: list[list[list[float]]] = decode(text)
    return weights
