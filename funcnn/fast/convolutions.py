"""Kernels of convolution over a batch: of floats by math.sumprod, of ints and dyadics in lanes.

In lanes, the rows of one channel of all images stand one after another in one int, zeros between
them. That int times a row of a kernel, turned around and packed, has in each lane the dot product
of the kernel's row with what it sees from there: one product for all places.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import batched, chain, starmap
from math import sumprod
from struct import Struct, error
from typing import Any, Final, NamedTuple

from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.folds import length_of
from funcnn.algebra.scalars import lift
from funcnn.algebra.trees import tree_map
from funcnn.blocks import convolutions
from funcnn.fast.exact import WIDEST, largest, weighted_rows
from funcnn.fast.lanes import CODES, Lanes, width
from funcnn.fast.planes import fixed_point, span
from funcnn.fast.rows import entry_types

SIDE_BY_SIDE: Final = 1 << 12
"""Lanes of the images that are convolved at once: with more it would be no faster."""

WIDEST_LANE: Final = 32
"""Bytes of a lane up to which lanes are faster than math.sumprod of each patch."""


def conv2d(xs: Sequence[Any], weights: Sequence[Any], *, padding: int = 0) -> list[Any]:
    """The convolutions of each of a batch of images: blocks' `conv2d` of each.

    >>> conv2d([[[[1, 2, 3]]], [[[4, 5, 6]]]], [[[[10, 1]]]])
    [[[[12, 23]]], [[[45, 56]]]]
    >>> conv2d([[[[1.0, 2.0]]]], [[[[0.5]]], [[[-1.0]]]])
    [[[[0.5, 1.0]], [[-1.0, -2.0]]]]
    """
    images, kernels = _tensor(xs), _tensor(weights)
    if images and kernels and _fit(images, kernels, padding):
        kinds = entry_types([*images.rows, *kernels.rows])
        if kinds == {float}:
            return _by_sumprod(images, kernels, padding)
        if kinds == {int}:
            return _of_ints(images, kernels, padding)
        if len(xs) == 1 and kinds <= {int, Dyadic} and _span(images, kernels) <= WIDEST:
            return _of_dyadics(images, kernels, padding)
    if length_of(xs, "xs") > 1:
        return [conv2d([x], weights, padding=padding)[0] for x in xs]
    return [convolutions.conv2d(x, weights, padding=padding) for x in xs]


class _Tensor(NamedTuple):
    """images or kernels: the lengths of each, and the rows of all"""

    channels: int
    height: int
    width: int
    rows: Sequence[Sequence[Any]]


def _tensor(nested: Any) -> _Tensor | None:
    """nothing if it is not of lists or tuples, or ragged, or empty"""
    lists, lengths = [nested], list[int]()
    for axis in range(4):
        lists = [*chain.from_iterable(lists)] if axis else lists
        found = {*map(len, lists)} if {*map(type, lists)} <= {list, tuple} else {0}
        if len(found) > 1 or 0 in found:
            return None
        lengths += found
    _, channels, height, columns = lengths
    return _Tensor(channels, height, columns, lists)


def _entries(tensor: _Tensor) -> list[Any]:
    return [*chain.from_iterable(tensor.rows)]


def _vectors(kernels: _Tensor) -> list[list[Any]]:
    """each kernel as one vector"""
    parts = batched(kernels.rows, kernels.channels * kernels.height)
    return [[*chain.from_iterable(part)] for part in parts]


def _fit(images: _Tensor, kernels: _Tensor, padding: Any) -> bool:
    return (
        isinstance(padding, int)
        and padding >= 0
        and kernels.channels == images.channels
        and kernels.height <= images.height + 2 * padding
        and kernels.width <= images.width + 2 * padding
    )


def _by_sumprod(images: _Tensor, kernels: _Tensor, padding: int) -> list[Any]:
    """each kernel by each patch, both as vectors"""
    zero = lift(0, images.rows[0][0])
    side, edge = [zero] * padding, [[zero] * (images.width + 2 * padding)] * padding
    channels = (
        [*edge, *([*side, *row, *side] for row in channel), *edge]
        for channel in batched(images.rows, images.height)
    )
    patches = (_patches(image, kernels) for image in batched(channels, images.channels))
    vectors = _vectors(kernels)
    return [
        [[[sumprod(patch, vector) for patch in row] for row in rows] for vector in vectors]
        for rows in patches
    ]


def _patches(image: Sequence[Sequence[list[Any]]], kernels: _Tensor) -> list[list[Any]]:
    """the patches of an image in rows of places: what each weight sees in a row, transposed"""
    tops = range(len(image[0]) - kernels.height + 1)
    columns = len(image[0][0]) - kernels.width + 1
    seen = [
        [[row[at : at + columns] for at in range(kernels.width)] for row in channel]
        for channel in image
    ]
    rows = (chain(*(channel[top : top + kernels.height] for channel in seen)) for top in tops)
    return [[*zip(*chain.from_iterable(row), strict=True)] for row in rows]


def _span(*tensors: _Tensor) -> int:
    """the bits of the largest integer, if each tensor's numbers have one exponent"""
    return max(span(_entries(tensor)) for tensor in tensors)


def _of_dyadics(images: _Tensor, kernels: _Tensor, padding: int) -> list[Any]:
    """as integers of one exponent, the images' and the kernels'"""
    (entries, one), (weights, other) = map(fixed_point, map(_entries, (images, kernels)))
    integers = _of_ints(
        images._replace(rows=[*batched(entries, images.width)]),
        kernels._replace(rows=[*batched(weights, kernels.width)]),
        padding,
    )
    result: list[Any] = tree_map(partial(Dyadic, exponent=one + other), integers)
    return result


def _of_ints(images: _Tensor, kernels: _Tensor, padding: int) -> list[Any]:
    """in lanes, which hold the largest entry times all weights of a kernel, without their signs"""
    size, rows = _in_bytes(images.rows)
    lane = width(max(sum(map(abs, vector)) for vector in _vectors(kernels)) << 8 * size - 1)
    if lane > WIDEST_LANE:
        return _by_sumprod(images, kernels, padding)
    step, first = images.width + padding, kernels.width - 1
    image, columns = (images.height + padding) * step, images.width + 2 * padding - first
    tops = range(0, (images.height + 2 * padding - kernels.height + 1) * step, step)
    side, edge = bytes(size * padding), bytes(size * padding * step)
    channels = [edge + side + side.join(channel) for channel in batched(rows, images.height)]
    outputs = list[Any]()
    for part in batched(batched(channels, images.channels), max(1, SIDE_BY_SIDE // image)):
        packed = [b"".join([*channel, edge, side]) for channel in zip(*part, strict=True)]
        lanes = Lanes(len(packed[0]) // size, lane)
        starts = range(first, first + len(part) * image, image)
        cut = [
            [[sums[start + top : start + top + columns] for top in tops] for start in starts]
            for sums in _in_lanes([*map(lanes.load, packed)], kernels, lanes, step)
        ]
        outputs += map(list, zip(*cut, strict=True))
    return outputs


def _in_lanes(
    channels: Sequence[int], kernels: _Tensor, lanes: Lanes, step: int
) -> Iterator[list[int]]:
    """of each kernel the sums at all places; a place stands in the lane of its last column"""
    shifts = [8 * lanes.width * step * row for row in range(kernels.height)]
    planes = [_above(channel, shift) for channel in channels for shift in shifts]
    powers = [1 << 8 * lanes.width * column for column in reversed(range(kernels.width))]
    scalars: list[Any] = [sumprod(row, powers) for row in kernels.rows]
    wider = Lanes(lanes.count + kernels.width - 1, lanes.width)
    for kernel in batched(scalars, len(planes)):
        yield wider.unpack(weighted_rows(kernel, planes))


def _above(packed: int, bits: int) -> int:
    """the lanes from that bit on: to nearest, for the lanes below may be less than 0"""
    return packed + (1 << bits >> 1) >> bits


def _in_bytes(rows: Sequence[Sequence[int]]) -> tuple[int, list[bytes]]:
    """how many bytes hold any of the integers, and each row in two's complement"""
    for size, code in CODES.items():
        with suppress(error):
            return size, [*starmap(Struct(f"<{len(rows[0])}{code}").pack, rows)]
    size = (largest(rows).bit_length() + 8) // 8
    return size, [b"".join([x.to_bytes(size, "little", signed=True) for x in row]) for row in rows]
