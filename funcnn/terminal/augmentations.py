"""Augmentations: examples changed a little at each step, so that more is learned than is there."""

from itertools import batched, chain
from typing import Final

from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import uniform
from funcnn.blocks.windows import padded
from funcnn.calculus.batches import Batch

SIDE: Final = 8
"""Of a digit's image, in pixels."""

WAYS: Final = ((0, 1), (2, 1), (1, 0), (1, 2))
"""Of an image with an edge of zeros, where its window begins: moved up, down, left, right."""


def half_shifted(key: int, batch: Batch) -> Batch:
    """A batch of digits, about half of them moved by a pixel, as drawn from the key.

    >>> moved = half_shifted(0, Batch([[1.0] * 64] * 4, [5, 6, 7, 8]))
    >>> [sum(image) for image in moved.inputs], moved.targets
    ([64.0, 64.0, 56.0, 56.0], [5, 6, 7, 8])
    """
    draws = uniform(key, len(batch.inputs))
    images = [
        shifted(image, *WAYS[int(8 * draw)]) if draw < 0.5 else image
        for image, draw in zipped(batch.inputs, draws)
    ]
    return batch._replace(inputs=images)


def shifted(image: list[float], top: int, left: int) -> list[float]:
    """What is seen of an image with an edge of zeros from a row and a column on.

    >>> shifted([1.0] * 64, 2, 1)[:8], shifted([1.0] * 64, 2, 1)[-8:] == [0.0] * 8
    ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], True)
    """
    rows = padded([*batched(image, SIDE)], [(1, 1), (1, 1)], 0.0)
    seen = (row[left : left + SIDE] for row in rows[top : top + SIDE])
    return [*chain.from_iterable(seen)]
