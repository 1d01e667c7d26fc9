"""Convolutions: one kernel of weights at every place of an image."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import Any

from toolz import partition

from funcnn.algebra.scalars import Num, alike, lift
from funcnn.algebra.vectors import Matrix, matvec, rectangle

type Planes[T] = Sequence[Matrix[T]]
"""An image: one or more channels, each a matrix, all of one size."""


def conv2d[T: Num](
    inputs: Planes[T], weights: Sequence[Planes[T]], *, padding: int = 0
) -> list[list[list[T]]]:
    """The dot products of each kernel with every patch of an image. PyTorch's Conv2d, ONNX's Conv.

    It is a cross-correlation: the kernel is not turned around. Zeros stand around the image, as
    many rows and columns of them on every side as `padding` says.

    Haskell
        conv2d x w = [[map (dot kernel) row | row <- patches x] | kernel <- w]
    Maths
        y[o,i,j] = Σ_c Σ_a Σ_b w[o,c,a,b]·x[c, i+a−p, j+b−p]        x = 0 outside of the image
    Shapes
        inputs c×h×w, weights o×c×k×l  →  o×(h + 2p − k + 1)×(w + 2p − l + 1)
    Order
        dot's: a channel after another, in each a row after another. The zeros around are added too.
    Errors
        ValueError   the inputs or the weights are ragged or empty, or differ in channels, or the
                     kernels are larger than the padded inputs, or the padding is below 0
        TypeError    numbers mix, or an entry is no number, or the padding no int, or what should
                     be a list is none
    Laws
        conv2d(a·x + y, w) == a·conv2d(x, w) + conv2d(y, w)          over Fraction
        conv2d(x, w), flattened, == matvec(M, x), where each row of M is a kernel at its place
        conv2d of a shifted image is conv2d of the image, shifted
    Source
        Y. LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition", Neural
        Computation 1 (1989); V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep
        learning", arXiv:1603.07285 (2016)

    >>> image = [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]
    >>> conv2d(image, [[[[1.0, 0.0], [0.5, -1.0]]]])
    [[[-2.0, -1.5]]]
    >>> conv2d([[[5]]], [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], padding=1)
    [[[25]]]
    >>> conv2d(image, [[[[1.0]], [[2.0]]]])
    Traceback (most recent call last):
    ValueError: inputs and kernels differ in channels: 1 and 2
    """
    image, kernels = _alike(inputs, weights)
    size = len(weights[0][0]), len(weights[0][0][0])
    patches = _patches(_padded(image, padding), size)
    return [[matvec(row, kernel) for row in patches] for kernel in kernels]


def _alike(inputs: Any, weights: Any) -> tuple[list[Any], list[Any]]:
    """the image, and each kernel as one vector, once all their numbers are of one kind"""
    image, places = _rows(inputs, "inputs", ("channel", "row"))
    kernels, others = _rows(weights, "weights", ("kernel", "channel", "row"))
    if len(inputs) != len(weights[0]):
        lengths = f"{len(inputs)} and {len(weights[0])}"
        raise ValueError(f"inputs and kernels differ in channels: {lengths}")
    rows = iter(alike([*image, *kernels], [*places, *others].__getitem__))
    channels = [*partition(len(inputs[0]), islice(rows, len(image)))]
    parts = partition(len(kernels) // len(weights), rows)
    return channels, [[*chain.from_iterable(part)] for part in parts]


def _rows(tensor: Any, name: str, axes: Sequence[str]) -> tuple[list[Any], list[str]]:
    """the innermost lists of a tensor that is not ragged and nowhere empty, and their places"""
    lists, places = [tensor], [name]
    for axis in axes:
        rectangle(lists, places.__getitem__)
        lists, length = [*chain.from_iterable(lists)], len(lists[0])
        places = [f"{axis} {index} of {place}" for place in places for index in range(length)]
    rectangle(lists, places.__getitem__)
    return lists, places


def _padded(image: Sequence[Matrix[Any]], padding: int) -> list[list[list[Any]]]:
    if not isinstance(padding, int):
        raise TypeError(f"padding is a {type(padding).__name__}, not an int")
    if padding < 0:
        raise ValueError(f"padding is {padding}: give 0 or more")
    zero = lift(0, image[0][0][0])
    side, edge = [zero] * padding, [[zero] * (len(image[0][0]) + 2 * padding)] * padding
    return [[*edge, *([*side, *row, *side] for row in channel), *edge] for channel in image]


def _patches(image: Sequence[Matrix[Any]], size: tuple[int, int]) -> list[list[list[Any]]]:
    """what a kernel of that size sees at each place, as one vector, in rows of places"""
    (height, width), (rows, columns) = size, (len(image[0]), len(image[0][0]))
    if height > rows or width > columns:
        raise ValueError(
            f"the kernels, {height}×{width}, are larger than the padded inputs, {rows}×{columns}"
        )
    return [
        [
            [x for channel in image for row in channel[i : i + height] for x in row[j : j + width]]
            for j in range(columns - width + 1)
        ]
        for i in range(rows - height + 1)
    ]
