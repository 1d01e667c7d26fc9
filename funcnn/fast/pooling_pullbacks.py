"""Pooling pullbacks: those of a batch, of which every channel has the same windows."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain
from math import prod
from typing import Any, Final, NamedTuple

from funcnn.blocks.combinators import Layer
from funcnn.blocks.pooling import (
    average_pool,
    average_pool1d,
    average_pool2d,
    average_pool3d,
    global_average_pool,
    global_max_pool,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    pool_patches,
)
from funcnn.fast.array_rules import Outputs, of_arrays
from funcnn.fast.arrays import Array, array_of, in_lists, planes
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents


class Windows(NamedTuple):
    """The lengths of the windows' places; of each window the places of the numbers that it sees,
    and how many it counts."""

    lengths: Sequence[int]
    seen: Sequence[Sequence[int]]
    counts: Sequence[int]


type WindowsOf = Callable[..., Windows | None]
"""From the lengths of a batch, and settings, to the windows of a channel, if it has such."""

type Shares = Iterable[tuple[Sequence[int], Sequence[Any]]]
"""Of each channel, to which places cotangents go, and these."""


def _some(lengths: Sequence[int], *, rank: int, **settings: Any) -> Windows | None:
    """as the settings say; a place is a number from 1 on, so that 0 is the padding"""
    if len(lengths) != rank + 2:
        return None
    places = in_lists(range(1, prod(lengths[2:]) + 1), lengths[2:])
    patches, (_, *found) = pool_patches([places], rank, **settings)
    seen = [[place - 1 for place in patch if place] for patch in patches]
    return Windows(found, seen, [*map(len, patches)])


def _counted(
    lengths: Sequence[int], *, count_include_pad: bool = True, **settings: Any
) -> Windows | None:
    return _some(lengths, counted=count_include_pad, **settings)


def _one(lengths: Sequence[int]) -> Windows | None:
    """one, that sees all"""
    size = prod(lengths[2:])
    return Windows((), [range(size)], [size]) if len(lengths) > 2 else None


def _max_pool(windows_of: WindowsOf, xs: Any, weights: Any = (), **settings: Any) -> Outputs | None:
    """x̄ⱼ = Σ ȳ of the windows in which xⱼ is the first of the largest"""
    x = array_of(xs)
    windows = windows_of(x.lengths, **settings) if x else None
    if not x or not windows:
        return None
    firsts = [
        [max(seen, key=channel.__getitem__) for seen in windows.seen] for channel in planes(x)
    ]
    pairs = zip(planes(x), firsts, strict=True)
    largest = ([channel[place] for place in places] for channel, places in pairs)
    return _pooled(x, windows, largest, lambda bars: zip(firsts, bars, strict=True))


def _average_pool(
    windows_of: WindowsOf, xs: Any, weights: Any = (), **settings: Any
) -> Outputs | None:
    """x̄ⱼ = Σ ȳ/n of the windows that see xⱼ, each the mean of n numbers"""
    x = array_of(xs)
    windows = windows_of(x.lengths, **settings) if x else None
    if not x or not windows or x.kind not in (float, Fraction):
        return None
    zero, pairs = x.kind(0), [*zip(windows.seen, windows.counts, strict=True)]
    places = [*chain.from_iterable(windows.seen)]
    means = (
        [sum((channel[place] for place in seen), zero) / count for seen, count in pairs]
        for channel in planes(x)
    )

    def shares(bars: Iterable[Sequence[Any]]) -> Shares:
        for row in bars:
            parts = zip(row, pairs, strict=True)
            yield places, [bar / count for bar, (seen, count) in parts for _ in seen]

    return _pooled(x, windows, means, shares)


def _pooled(
    x: Array,
    windows: Windows,
    outputs: Iterable[Sequence[Any]],
    shares: Callable[[Iterable[Sequence[Any]]], Shares],
) -> Outputs:
    """the outputs of each channel, and the pullback"""
    lengths = (*x.lengths[:2], *windows.lengths)
    zeros = [x.kind(0)] * prod(x.lengths[2:])

    def x_bars(y: Array) -> list[Any]:
        sums = (_added(zeros, *share) for share in shares(planes(y)))
        return in_lists(chain.from_iterable(sums), x.lengths)

    ys = in_lists(chain.from_iterable(outputs), lengths)
    return Outputs(ys, x.kind, lengths, lambda y: Cotangents(lambda: x_bars(y), ()))


def _added(zeros: Sequence[Any], places: Sequence[int], bars: Sequence[Any]) -> list[Any]:
    sums = [*zeros]
    for place, bar in zip(places, bars, strict=True):
        sums[place] += bar
    return sums


_largest, _mean = partial(_max_pool, _some), partial(_average_pool, _counted)

RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, max_pool): of_arrays(max_pool, _largest),
    (Layer, max_pool1d): of_arrays(max_pool1d, partial(_largest, rank=1)),
    (Layer, max_pool2d): of_arrays(max_pool2d, partial(_largest, rank=2)),
    (Layer, max_pool3d): of_arrays(max_pool3d, partial(_largest, rank=3)),
    (Layer, global_max_pool): of_arrays(global_max_pool, partial(_max_pool, _one)),
    (Layer, average_pool): of_arrays(average_pool, _mean),
    (Layer, average_pool1d): of_arrays(average_pool1d, partial(_mean, rank=1)),
    (Layer, average_pool2d): of_arrays(average_pool2d, partial(_mean, rank=2)),
    (Layer, average_pool3d): of_arrays(average_pool3d, partial(_mean, rank=3)),
    (Layer, global_average_pool): of_arrays(global_average_pool, partial(_average_pool, _one)),
}
