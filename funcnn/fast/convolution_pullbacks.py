"""Convolution pullbacks: those of a batch, as sums over where places, weights and locations meet.

A kernel that is put down at the place j of an image meets with its weight a the location
i = j·s + a·d − p. A convolution sums at each place over what meets there; its pullback sums at each
location and at each weight:

    y[j] = Σ w[a]·x[i]               x̄[i] = Σ w[a]·ȳ[j]               w̄[a] = Σ ȳ[j]·x[i]

Each is a product of two matrices at each position: of all that meets there, side by side. Nothing
is multiplied by the zeros of a padding.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import batched, chain
from math import prod, sumprod
from operator import itemgetter
from typing import Any, Final

from toolz import groupby

from funcnn.algebra.scalars import lift
from funcnn.blocks.combinators import Layer
from funcnn.blocks.convolutions import channel_bias, conv, conv1d, conv2d, conv3d
from funcnn.blocks.transposed_convolutions import (
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from funcnn.blocks.windows import Padding, PerAxis, lengths_of, pads_of, per_axis, sliced
from funcnn.fast import convolutions
from funcnn.fast.array_rules import Outputs, of_arrays
from funcnn.fast.arrays import Array, array_of, channels, in_lists, planes
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents

type Located = Sequence[Sequence[Sequence[Any]]]
"""At each position, of each image or kernel, what its channels hold there."""

type Meetings = list[tuple[int, int, int]]
"""Three positions that meet: of a sum, and of the two factors of one of its terms."""


def _conv(xs: Any, weights: Any, *, rank: int, groups: int = 1, **settings: Any) -> Outputs | None:
    """x̄[i] = Σ w[a]·ȳ[j],  w̄[a] = Σ ȳ[j]·x[i]"""
    x, w = array_of(xs), array_of(weights)
    if not x or not w:
        return None
    ys = convolutions.conv(xs, weights, rank=rank, groups=groups, **settings)
    outputs = lengths_of(ys, rank + 2)

    def back(y: Array) -> Cotangents:
        met = _meetings(outputs[2:], w.lengths[2:], x.lengths[2:], **settings)
        bars = _by_group(y, groups)

        def x_bars() -> list[Any]:
            by_location = _by_first((i, j, a) for j, a, i in met)
            pairs = zip(bars, _kernels(w, groups), strict=True)
            parts = [_sums(bar, kernel, by_location, x.lengths) for bar, kernel in pairs]
            return [[*chain.from_iterable(image)] for image in zip(*parts, strict=True)]

        return Cotangents(x_bars, _kernels_bar(bars, _by_group(x, groups), met, w.lengths))

    return Outputs(ys, x.kind, outputs, back)


def _conv_transpose(
    xs: Any,
    weights: Any,
    *,
    rank: int,
    groups: int = 1,
    output_padding: PerAxis = 0,
    **settings: Any,
) -> Outputs | None:
    """x̄ = conv(ȳ, w),  w̄[a] = Σ x[j]·ȳ[i]"""
    x, w = array_of(xs), array_of(weights)
    if not x or not w:
        return None
    layout: Any = {"rank": rank, "groups": groups, **settings}
    ys = convolutions.conv_transpose(xs, weights, output_padding=output_padding, **layout)
    outputs = lengths_of(ys, rank + 2)

    def back(y: Array) -> Cotangents:
        met = _meetings(x.lengths[2:], w.lengths[2:], outputs[2:], **settings)

        def x_bars() -> list[Any]:
            found = convolutions.conv(in_lists(y.numbers, outputs), weights, **layout)
            return sliced(found, [slice(length) for length in x.lengths])

        bars = _by_group(y, groups)
        return Cotangents(x_bars, _kernels_bar(_by_group(x, groups), bars, met, w.lengths))

    return Outputs(ys, x.kind, outputs, back)


def _meetings(
    places: Sequence[int],
    sizes: Sequence[int],
    locations: Sequence[int],
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> Meetings:
    """each place, each weight, and the location where they meet, if there is one"""
    rank, met = len(sizes), [(0, 0, 0)]
    steps = per_axis(stride, rank, "stride"), per_axis(dilation, rank, "dilation")
    axes = zip(places, sizes, locations, *steps, pads_of(padding, rank), strict=True)
    for m, k, n, s, d, (before, _) in axes:
        along = [(j, a, j * s + a * d - before) for j in range(m) for a in range(k)]
        inside = [(j, a, i) for j, a, i in along if 0 <= i < n]
        met = [(u * m + j, v * k + a, w * n + i) for u, v, w in met for j, a, i in inside]
    return met


def _located(array: Array, count: int) -> Located:
    """at each position, so many channels after so many"""
    return [[*batched(column, count)] for column in zip(*planes(array), strict=True)]


def _by_group(images: Array, groups: int) -> list[Located]:
    """of each group of channels, all images"""
    located = _located(images, images.lengths[1] // groups)
    return [[rows[group::groups] for rows in located] for group in range(groups)]


def _kernels(weights: Array, groups: int) -> list[Located]:
    """of each group of kernels, at each position, of each channel, what the kernels hold there"""
    count, size = weights.lengths[:2]
    parts = (batched(rows, count // groups) for rows in _located(weights, size))
    return [*map(_turned, zip(*parts, strict=True))]


def _turned(located: Located) -> Located:
    return [[*zip(*rows, strict=True)] for rows in located]


def _kernels_bar(
    at_places: Sequence[Located],
    at_locations: Sequence[Located],
    met: Meetings,
    lengths: Sequence[int],
) -> list[Any]:
    """of each group, one after another"""
    by_weight = _by_first((a, j, i) for j, a, i in met)
    pairs = zip(map(_turned, at_places), map(_turned, at_locations), strict=True)
    return [*chain.from_iterable(_sums(*pair, by_weight, lengths) for pair in pairs)]


def _by_first(met: Iterable[tuple[int, int, int]]) -> dict[int, Meetings]:
    """at each position of a sum, what meets there"""
    return groupby(itemgetter(0), met)


def _sums(
    left: Located, right: Located, found: dict[int, Meetings], lengths: Sequence[int]
) -> list[Any]:
    """of each row of the left and of the right, at each position the sum over what meets there"""
    nothing = [[lift(0, left[0][0][0])] * len(right[0])] * len(left[0])
    sums = [
        _products(left, right, found[at]) if at in found else nothing
        for at in range(prod(lengths[2:]))
    ]
    columns = (chain.from_iterable(rows) for rows in sums)
    numbers = chain.from_iterable(zip(*columns, strict=True))
    return in_lists(numbers, (len(left[0]), len(right[0]), *lengths[2:]))


def _products(left: Located, right: Located, met: Meetings) -> list[list[Any]]:
    rows = _side_by_side([left[one] for _, one, _ in met])
    columns = _side_by_side([right[other] for _, _, other in met])
    return [[sumprod(row, column) for column in columns] for row in rows]


def _side_by_side(parts: Located) -> list[list[Any]]:
    return [[*chain.from_iterable(rows)] for rows in zip(*parts, strict=True)]


def _channel_bias(xs: Any, bias: Any) -> Outputs | None:
    """x̄ = ȳ,  b̄[c] = Σⱼ ȳ[c,j]"""
    x = array_of(xs)
    if not x:
        return None

    def back(y: Array) -> Cotangents:
        return Cotangents(lambda: in_lists(y.numbers, y.lengths), [*map(sum, channels(y))])

    return Outputs(convolutions.channel_bias(xs, bias), x.kind, x.lengths, back)


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, conv): of_arrays(conv, _conv),
    (Layer, conv1d): of_arrays(conv1d, partial(_conv, rank=1)),
    (Layer, conv2d): of_arrays(conv2d, partial(_conv, rank=2)),
    (Layer, conv3d): of_arrays(conv3d, partial(_conv, rank=3)),
    (Layer, conv_transpose): of_arrays(conv_transpose, _conv_transpose),
    (Layer, conv_transpose1d): of_arrays(conv_transpose1d, partial(_conv_transpose, rank=1)),
    (Layer, conv_transpose2d): of_arrays(conv_transpose2d, partial(_conv_transpose, rank=2)),
    (Layer, conv_transpose3d): of_arrays(conv_transpose3d, partial(_conv_transpose, rank=3)),
    (Layer, channel_bias): of_arrays(channel_bias, _channel_bias),
}
