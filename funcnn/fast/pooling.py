"""Pooling: that of a batch of images, one axis after the other, whole rows at once."""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import chain
from math import copysign, isnan
from operator import add
from typing import Any, Unpack

from funcnn.algebra.vectors import Matrix, transpose
from funcnn.blocks import pooling
from funcnn.blocks.pooling import PoolSettings, pool_patches
from funcnn.blocks.windows import Padding, PerAxis, pads_of, per_axis, places_of
from funcnn.fast.rows import kind_and_lengths


def max_pool2d(xs: Sequence[Any], weights: Any = (), **settings: Unpack[PoolSettings]) -> list[Any]:
    """The largest that each window sees of each of a batch: blocks' `max_pool2d` of each.

    >>> max_pool2d([[[[1.0, 2.0], [3.0, 4.0]]], [[[-1.0, -2.0], [-3.0, -4.0]]]], size=2)
    [[[[4.0]]], [[[-1.0]]]]
    """
    kind, lengths = kind_and_lengths(xs)
    if len(lengths) == 4 and (kind is int or (kind is float and _is_ordered(xs))):
        axes = _seen(lengths[2:], **settings)
        return [[_by_axes(max, channel, *axes) for channel in x] for x in xs]
    return [pooling.max_pool2d(x, weights, **settings) for x in xs]


def average_pool2d(
    xs: Sequence[Any],
    weights: Any = (),
    *,
    count_include_pad: bool = True,
    **settings: Unpack[PoolSettings],
) -> list[Any]:
    """The mean of what each window sees of each of a batch: blocks' `average_pool2d` of each.

    >>> average_pool2d([[[[1.0, 2.0], [3.0, 4.0]]], [[[-1.0, -2.0], [-3.0, -4.0]]]], size=2)
    [[[[2.5]]], [[[-2.5]]]]
    """
    kind, lengths = kind_and_lengths(xs)
    if len(lengths) == 4 and kind is float:
        axes = _seen(lengths[2:], count_include_pad, **settings)
        counts = [[len(row) * len(column) for column in axes[1]] for row in axes[0]]
        sums = [[_by_axes(add, channel, *axes) for channel in x] for x in xs]
        return [[_quotients(channel, counts) for channel in x] for x in sums]
    definition = partial(pooling.average_pool2d, count_include_pad=count_include_pad, **settings)
    return [definition(x, weights) for x in xs]


def _is_ordered(xs: Sequence[Sequence[Matrix[float]]]) -> bool:
    """whether the builtin max of these numbers is `maximum`: there is no NaN among them, no −0.0"""
    rows = [*chain.from_iterable(chain.from_iterable(xs))]
    zeros = (x for row in rows if 0.0 in row for x in row if x == 0.0)
    return not isnan(sum(map(sum, rows))) and all(copysign(1.0, zero) > 0.0 for zero in zeros)


def _seen(
    lengths: Sequence[int],
    counted: bool = False,
    *,
    size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> list[list[list[int]]]:
    """of each axis what each window sees: which of its lines, from 1 on, or 0 for the padding"""
    sizes, dilations = per_axis(size, 2, "size"), per_axis(dilation, 2, "dilation")
    strides = sizes if stride is None else per_axis(stride, 2, "stride")
    pads = pads_of(padding, 2)
    places_of(lengths, sizes, strides, dilations, pads, ceil_mode=ceil_mode)
    return [
        pool_patches([range(1, length + 1)], 1, k, s, (pad,), d, ceil_mode, counted)[0]
        for length, k, s, pad, d in zip(lengths, sizes, strides, pads, dilations, strict=True)
    ]


def _by_axes(
    function: Callable[[Any, Any], Any],
    channel: Matrix[Any],
    rows: Sequence[Sequence[int]],
    columns: Sequence[Sequence[int]],
) -> list[list[Any]]:
    """the fold of what each window sees, as that of the folds of its rows"""
    return transpose(_along(function, transpose(_along(function, channel, rows)), columns))


def _along(
    function: Callable[[Any, Any], Any], lines: Matrix[Any], seen: Sequence[Sequence[int]]
) -> list[list[Any]]:
    lines = [[0.0] * len(lines[0]), *lines]

    def joined(one: Sequence[Any], other: Sequence[Any]) -> Sequence[Any]:
        return [*map(function, one, other)]

    return [[*reduce(joined, [lines[at] for at in places])] for places in seen]


def _quotients(sums: Matrix[float], counts: Matrix[int]) -> list[list[float]]:
    pairs = zip(sums, counts, strict=True)
    return [[x / count for x, count in zip(*pair, strict=True)] for pair in pairs]
