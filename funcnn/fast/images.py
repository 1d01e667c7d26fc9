"""Images: a batch of them convolved, in lanes or patch by patch.

In lanes, the rows of one channel of all images stand one after another in one int, zeros between
them: those of the padding, which a row shares with the next. With two columns of padding, of images
of two rows, abc and def:

    0 0 0 0 0 │ 0 0 a b c │ 0 0 d e f │ 0 0 0 0 0 │ 0 0 a b c │ 0 0 d e f │ 0 0 0 0 0 …
    above       image 0                 above       image 1

That int times a row of a kernel, flipped and packed, has in each lane the dot product of the
kernel's row with what it sees, its last column there: one product for all places.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import batched, chain, starmap
from math import prod, sumprod
from struct import Struct, error
from typing import Any, Final, NamedTuple

from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.folds import int_of
from funcnn.algebra.scalars import lift
from funcnn.algebra.trees import tree_map
from funcnn.blocks.windows import Padding, PerAxis, pads_of, per_axis, reach_of
from funcnn.fast import exact
from funcnn.fast.exact import WIDEST, largest, weighted_rows
from funcnn.fast.lanes import CODES, Lanes, width
from funcnn.fast.planes import fixed_point, span
from funcnn.fast.rows import ImageRows, entry_types

SIDE_BY_SIDE: Final = 1 << 12
"""Lanes of the images that are convolved at once: with more it would be no faster."""

WIDEST_LANE: Final = 32
"""Bytes of a lane up to which lanes are faster than math.sumprod of each patch."""

WIDEST_KERNEL: Final = 1 << 10
"""Columns of a kernel, dilated, up to which the powers of its lanes take few megabytes."""

SPARSEST: Final = 9
"""Of how many places strides may take one for lanes, which sum at all of them, to be faster."""


class Layout(NamedTuple):
    """How kernels lie on images, along both axes."""

    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilations: tuple[int, ...]
    groups: int


def layout_of(
    rank: int, stride: PerAxis, padding: Padding, dilation: PerAxis, groups: int
) -> Layout | None:
    """The settings along two axes, for settings along one or two; nothing, if one does not fit.

    >>> layout_of(1, 2, 1, 1, 1)
    Layout(strides=(1, 2), pads=((0, 0), (1, 1)), dilations=(1, 1), groups=1)
    """
    with suppress(ValueError, TypeError):
        return Layout(
            (1, *per_axis(stride, rank, "stride"))[-2:],
            ((0, 0), *pads_of(padding, rank))[-2:],
            (1, *per_axis(dilation, rank, "dilation"))[-2:],
            int_of(groups, "groups", 1),
        )
    return None


def convolved(images: ImageRows, kernels: ImageRows, layout: Layout) -> list[Any]:
    """The images' convolutions; nothing, if the kernels do not fit them, or it is not fast.

    >>> from funcnn.fast.rows import tensor_of
    >>> images, kernels = tensor_of([[[[1, 2, 3]]]], 2), tensor_of([[[[10, 1]]]], 2)
    >>> convolved(images, kernels, layout_of(2, 1, 0, 1, 1))
    [[[[12, 23]]]]
    """
    kinds = entry_types([*images.rows, *kernels.rows])
    axes = zip((kernels.height, kernels.width), layout.dilations, strict=True)
    layout = layout._replace(dilations=tuple(d if size > 1 else 1 for size, d in axes))
    if not _fit(images, kernels, layout):
        return []
    if kinds == {float}:
        return _by_patches(images, kernels, layout, _by_sumprod)
    if kinds == {int}:
        return _of_ints(images, kernels, layout)
    one = len(images.rows) == images.channels * images.height
    if one and kinds <= {int, Dyadic} and _span(images, kernels) <= WIDEST:
        return _of_dyadics(images, kernels, layout)
    return []


def _fit(images: ImageRows, kernels: ImageRows, layout: Layout) -> bool:
    return (
        images.channels == kernels.channels * layout.groups
        and len(_vectors(kernels)) % layout.groups == 0
        and min(_places(images, kernels, layout)) > 0
    )


def _places(images: ImageRows, kernels: ImageRows, layout: Layout) -> tuple[int, int]:
    """how many a kernel has along each axis, at stride 1"""
    down, across = reach_of((kernels.height, kernels.width), layout.dilations)
    above_and_below, beside = map(sum, layout.pads)
    return images.height + above_and_below - down, images.width + beside - across


def _entries(tensor: ImageRows) -> list[Any]:
    return [*chain.from_iterable(tensor.rows)]


def _vectors(kernels: ImageRows) -> list[list[Any]]:
    """each kernel as one vector"""
    parts = batched(kernels.rows, kernels.channels * kernels.height)
    return [[*chain.from_iterable(part)] for part in parts]


def _by_patches(
    images: ImageRows, kernels: ImageRows, layout: Layout, product: Callable[..., Any]
) -> list[Any]:
    """of each group, the matrix of its kernels times that of what each weight sees at all places"""
    (rows, columns), (down, across) = _places(images, kernels, layout), layout.strides
    tops = _slices(kernels.height, rows, down, layout.dilations[0])
    lefts = _slices(kernels.width, columns, across, layout.dilations[1])
    height, wide = -(-rows // down), -(-columns // across)
    vectors, outputs = _vectors(kernels), list[Any]()
    together = max(1, SIDE_BY_SIDE // (height * wide))
    for part in batched(batched(_padded(images, layout), images.channels), together):
        channels = zip(*part, strict=True)
        seen = [*chain.from_iterable(_seen(same, tops, lefts) for same in channels)]
        groups = (batched(matrix, len(matrix) // layout.groups) for matrix in (vectors, seen))
        sums = chain.from_iterable(starmap(product, zip(*groups, strict=True)))
        planes = [batched(map(list, batched(row, wide)), height) for row in sums]
        outputs += [[*map(list, image)] for image in zip(*planes, strict=True)]
    return outputs


def _slices(size: int, places: int, stride: int, dilation: int) -> list[slice]:
    """what each weight of a kernel sees along one axis"""
    return [slice(at, at + places, stride) for at in range(0, size * dilation, dilation)]


def _seen(channels: Sequence[Any], tops: Sequence[slice], lefts: Sequence[slice]) -> Iterator[Any]:
    """what each weight sees at all places of the same channel of all images"""
    strips = [[[row[left] for row in channel] for channel in channels] for left in lefts]
    for top in tops:
        for strip in strips:
            rows = chain.from_iterable(channel[top] for channel in strip)
            yield [*chain.from_iterable(rows)]


def _padded(images: ImageRows, layout: Layout) -> Iterator[list[Any]]:
    """the channels of all images"""
    (above, below), (left, right) = layout.pads
    zero = lift(0, images.rows[0][0])
    before, after, empty = ([zero] * count for count in (left, right, left + images.width + right))
    for channel in batched(images.rows, images.height):
        yield [*[empty] * above, *([*before, *row, *after] for row in channel), *[empty] * below]


def _by_sumprod(vectors: Sequence[Any], seen: Sequence[Any]) -> list[list[Any]]:
    patches = [*zip(*seen, strict=True)]
    return [[sumprod(patch, vector) for patch in patches] for vector in vectors]


def _span(*tensors: ImageRows) -> int:
    """the bits of the largest integer, if each tensor's numbers have one exponent"""
    return max(span(_entries(tensor)) for tensor in tensors)


def _of_dyadics(images: ImageRows, kernels: ImageRows, layout: Layout) -> list[Any]:
    """as integers of one exponent, the images' and the kernels'"""
    (entries, one), (weights, other) = map(fixed_point, map(_entries, (images, kernels)))
    integers = _of_ints(
        images._replace(rows=[*batched(entries, images.width)]),
        kernels._replace(rows=[*batched(weights, kernels.width)]),
        layout,
    )
    result: list[Any] = tree_map(partial(Dyadic, exponent=one + other), integers)
    return result


def _of_ints(images: ImageRows, kernels: ImageRows, layout: Layout) -> list[Any]:
    """in lanes, which hold the largest entry times all weights of a kernel, without their signs"""
    size, rows = _in_bytes(images.rows)
    lane = width(max(sum(map(abs, vector)) for vector in _vectors(kernels)) << 8 * size - 1)
    spread = kernels.width * layout.dilations[1]
    if lane > WIDEST_LANE or spread > WIDEST_KERNEL:
        return _by_patches(images, kernels, layout, _by_sumprod)
    if prod(layout.strides) > SPARSEST:
        return _by_patches(images, kernels, layout, exact.matmul)
    spacing, outputs = _spacing(images, kernels, layout), list[Any]()
    channels = batched(batched(rows, images.height), images.channels)
    for part in batched(channels, max(1, SIDE_BY_SIDE // spacing.image)):
        packed = [_packed(same, size, spacing) for same in zip(*part, strict=True)]
        lanes = Lanes(len(packed[0]) // size, lane)
        sums = _in_lanes([*map(lanes.load, packed)], kernels, lanes, spacing.row, layout)
        places = _places(images, kernels, layout)
        planes = [_planes(each, len(part), spacing, places, layout.strides) for each in sums]
        outputs += map(list, zip(*planes, strict=True))
    return outputs


class _Spacing(NamedTuple):
    """rows of zeros above an image, zeros before a row, the lanes of a row and of an image with
    them, and the lane of the first sum"""

    above: int
    beside: int
    row: int
    image: int
    first: int


def _spacing(images: ImageRows, kernels: ImageRows, layout: Layout) -> _Spacing:
    above, beside = map(max, layout.pads)
    (top, _), (left, _) = layout.pads
    row = beside + images.width
    last_column = (kernels.width - 1) * layout.dilations[1]
    first = (above - top) * row + (beside - left) + last_column
    return _Spacing(above, beside, row, (above + images.height) * row, first)


def _packed(images: Sequence[Sequence[bytes]], size: int, spacing: _Spacing) -> bytes:
    """the rows of one channel of each image, with zeros between, and at the end"""
    edge, side = bytes(size * spacing.above * spacing.row), bytes(size * spacing.beside)
    return b"".join([*(edge + side + side.join(rows) for rows in images), edge, side])


def _planes(
    sums: Sequence[int],
    count: int,
    spacing: _Spacing,
    places: tuple[int, int],
    strides: tuple[int, ...],
) -> list[list[Sequence[int]]]:
    """of each image, the sums at the places of a kernel"""
    (height, columns), (down, across) = places, strides
    tops = range(0, height * spacing.row, down * spacing.row)
    starts = range(spacing.first, spacing.first + count * spacing.image, spacing.image)
    return [
        [sums[start + top : start + top + columns : across] for top in tops] for start in starts
    ]


def _in_lanes(
    channels: Sequence[int], kernels: ImageRows, lanes: Lanes, step: int, layout: Layout
) -> Iterator[list[int]]:
    """of each kernel the sums at all places; a place stands in the lane of its last column"""
    down, across = layout.dilations
    bits = 8 * lanes.width
    shifts = [bits * step * down * row for row in range(kernels.height)]
    powers = [1 << bits * across * column for column in reversed(range(kernels.width))]
    scalars: list[Any] = [sumprod(row, powers) for row in kernels.rows]
    wider = Lanes(lanes.count + (kernels.width - 1) * across, lanes.width)
    rows = [*batched(scalars, kernels.channels * kernels.height)]
    groups = (batched(parts, len(parts) // layout.groups) for parts in (rows, channels))
    for kernel_group, channel_group in zip(*groups, strict=True):
        planes = [_above(channel, shift) for channel in channel_group for shift in shifts]
        for kernel in kernel_group:
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
