"""Augmentations: examples changed a little at each step, so that more is learned than is there."""

from typing import Final

from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import uniform
from funcnn.blocks.layouts import flatten, nested
from funcnn.calculus.batches import Batch
from funcnn.diagnostics.corruptions import shifted

SIDE: Final = 8
"""Of a digit's image, in pixels."""

WAYS: Final = ((1, 0), (-1, 0), (0, 1), (0, -1))
"""How far down and to the right an image is moved."""


def half_shifted(key: int, batch: Batch) -> Batch:
    """A batch of digits, about half of them moved by a pixel, as drawn from the key.

    >>> moved = half_shifted(0, Batch([[1.0] * 64] * 4, [5, 6, 7, 8]))
    >>> [sum(image) for image in moved.inputs], moved.targets
    ([64.0, 64.0, 56.0, 56.0], [5, 6, 7, 8])
    """
    draws = uniform(key, len(batch.inputs))
    images = [
        flatten(shifted(nested(image, (SIDE, SIDE)), *WAYS[int(8 * draw)])) if draw < 0.5 else image
        for image, draw in zipped(batch.inputs, draws)
    ]
    return batch._replace(inputs=images)
