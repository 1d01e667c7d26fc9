"""Contests of whole models: each by its definitions, and by the kernels of its blocks."""

from fractions import Fraction
from typing import Any, Final

from funcnn.algebra.bounds import bound
from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import leaves, tree_map
from funcnn.blocks.combinators import Network
from funcnn.blocks.image_models import lenet
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.pooling import max_pool2d
from funcnn.blocks.quantized_networks import quantized_inputs, quantized_model
from funcnn.blocks.sequence_models import microgpt
from funcnn.exchange.datasets import split_digits
from funcnn.fast.batching import vmap
from funcnn.terminal.timing import Contest, Contestant, Figure, Peers

CERTIFIED: Final = 2
"""The tokens whose logits are held to a certificate: they say nothing of those after them."""


def language_model(width: int, peers: Peers) -> Contest:
    """A GPT of two blocks, with four heads, on 32 tokens."""
    model = microgpt(vocabulary=64, context=32, width=width, heads=4, layers=2)
    weights = initial_weights(0, model.weights)
    tokens = [(7 * place) % 64 for place in range(32)]
    network = vmap(model.network)
    certificate = certified(model.network, tokens[:CERTIFIED], weights)

    def is_right(outputs: list[Any]) -> bool:
        [logits] = outputs
        return admits(certificate, logits[:CERTIFIED])

    contestants = {
        "definition": Contestant(lambda: [model.network(tokens, weights)], is_right),
        "vmap": Contestant(lambda: network([tokens], weights), is_right),
    }
    title = f"a GPT's forward: width {width}, 4 heads, 2 blocks, 32 tokens"
    return Contest(title, "sequence", contestants, [Figure("definition", "vmap", "≥ 5")])


def images(count: int, peers: Peers) -> Contest:
    """A LeNet, of relu and max_pool2d, on digits of 28×28 pixels; in floats and in int8.

    The pixels are multiples of 1/16, and so few bits are the weights that no sum of floats rounds.
    In int8 it is another network: it is held to its own definition.
    """
    model = lenet(activation=relu, pool=max_pool2d)
    weights = tree_map(coarse, initial_weights(0, model.weights))
    digits = [*map(enlarged, split_digits().held_out.images[:count])]
    quantized = quantized_model(model.network, weights, digits[:1], Fraction(1, 16))
    int8_digits = [quantized_inputs(digit, quantized.scales[0]) for digit in digits]
    truth = [model.network(digit, weights) for digit in digits]
    int8_truth = [quantized.network(digit, quantized.weights) for digit in int8_digits]
    network, int8_network = vmap(model.network), vmap(quantized.network)

    contestants = {
        "definition": Contestant(
            lambda: [model.network(digit, weights) for digit in digits], truth.__eq__, count
        ),
        "vmap": Contestant(lambda: network(digits, weights), truth.__eq__, count),
        "int8": Contestant(
            lambda: int8_network(int8_digits, quantized.weights), int8_truth.__eq__, count
        ),
    }
    figures = [
        Figure("definition", "vmap"),
        Figure("vmap", "int8"),
        Figure("vmap", "vmap", "≤ 300", "vmap, ms an image", milliseconds),
        Figure("int8", "int8", "≤ 100", "int8, ms an image", milliseconds),
    ]
    return Contest(f"LeNet on {count} images of 28×28", "image", contestants, figures)


def coarse(weight: float) -> float:
    """The nearest multiple of 1/16.

    >>> coarse(0.3)
    0.3125
    """
    return round(16 * weight) / 16


def milliseconds(seconds: float, _: float) -> float:
    """Seconds in thousandths.

    >>> milliseconds(0.25, 0.25)
    250.0
    """
    return 1e3 * seconds


def enlarged(digit: list[float]) -> list[list[list[float]]]:
    """A digit of 8×8 as an image of 28×28: each pixel becomes 3×3 of them, zeros stand around.

    >>> [len(axis) for axis in (enlarged([1.0] * 64), *enlarged([1.0] * 64))]
    [1, 28]
    """
    rows = [digit[start : start + 8] for start in range(0, 64, 8)]
    wide = [[0.0] * 2 + [pixel for pixel in row for _ in range(3)] + [0.0] * 2 for row in rows]
    edge = [[0.0] * 28] * 2
    return [[*edge, *(row for row in wide for _ in range(3)), *edge]]


def certified(network: Network, inputs: Any, weights: Any) -> Any:
    """What a network of floats gives over bounds; an int among the inputs is no number."""

    def converted(leaf: Any) -> Any:
        return bound(leaf) if isinstance(leaf, float) else leaf

    return network(tree_map(converted, inputs), tree_map(converted, weights))


def admits(certificate: Any, outputs: Any) -> bool:
    """Whether each output is one that its bound admits."""
    return all(radius.admits(y) for radius, y in zipped([*leaves(certificate)], [*leaves(outputs)]))
