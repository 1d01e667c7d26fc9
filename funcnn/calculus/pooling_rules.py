"""Pooling rules: how each window's cotangent is shared among what it saw."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, chain
from math import prod
from operator import itemgetter
from typing import Any, Final

from toolz import groupby

from funcnn.algebra.elementary import greater, maximum
from funcnn.algebra.folds import map_accum_r, zip_with
from funcnn.algebra.scalars import divide, lift, multiply, subtract, total
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Vector, shape
from funcnn.blocks.layouts import flatten, reshape
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
from funcnn.calculus.tracing import Pullback, Rule, fitting


def _max_pool(
    inputs: Sequence[Any], weights: Any, *, rank: int, **settings: Any
) -> tuple[Any, Pullback]:
    """x̄ⱼ = Σ ȳ of the windows in which xⱼ is the first of the largest"""
    outputs = max_pool(inputs, rank=rank, **settings)
    patches, _ = pool_patches(inputs, rank, **settings)

    def back(y_bar: Any) -> tuple[Any, Any]:
        places, _ = pool_patches(_numbered(inputs), rank, **settings)
        bars = zip_with(_to_the_largest, patches, flatten(fitting(outputs, y_bar)))
        return _gathered(inputs, places, bars), ()

    return outputs, back


def _average_pool(
    inputs: Sequence[Any],
    weights: Any,
    *,
    rank: int,
    count_include_pad: bool = True,
    **settings: Any,
) -> tuple[Any, Pullback]:
    """x̄ⱼ = Σ ȳ/n of the windows that see xⱼ, each the mean of n numbers"""
    outputs = average_pool(inputs, rank=rank, count_include_pad=count_include_pad, **settings)

    def back(y_bar: Any) -> tuple[Any, Any]:
        places, _ = pool_patches(_numbered(inputs), rank, counted=count_include_pad, **settings)
        pairs = zip(places, flatten(fitting(outputs, y_bar)), strict=True)
        bars = [_to_all(len(seen), bar) for seen, bar in pairs]
        return _gathered(inputs, places, bars), ()

    return outputs, back


def _global_max_pool(inputs: Sequence[Any], weights: Any) -> tuple[Any, Pullback]:
    """as for `max_pool`"""
    outputs = global_max_pool(inputs)

    def back(y_bar: Any) -> tuple[Any, Any]:
        pairs = zip(inputs, fitting(outputs, y_bar), strict=True)
        bars = [_to_the_largest(flatten(channel), bar) for channel, bar in pairs]
        return reshape(bars, shape=shape(inputs)), ()

    return outputs, back


def _global_average_pool(inputs: Sequence[Any], weights: Any) -> tuple[Any, Pullback]:
    """as for `average_pool`"""
    outputs = global_average_pool(inputs)

    def back(y_bar: Any) -> tuple[Any, Any]:
        _, *lengths = shape(inputs)
        bars = [_to_all(prod(lengths), bar) for bar in fitting(outputs, y_bar)]
        return reshape(bars, shape=shape(inputs)), ()

    return outputs, back


def _to_the_largest(numbers: Vector[Any], bar: Any) -> list[Any]:
    """the fold of maximum, backwards: each later number takes it all if it is the larger"""
    *before, _ = accumulate(numbers, maximum)
    later = zip_with(greater, numbers[1:], before)
    first, others = map_accum_r(
        lambda rest, share: (multiply(subtract(1, share), rest), multiply(share, rest)), bar, later
    )
    return [first, *others]


def _to_all(count: int, bar: Any) -> list[Any]:
    return [divide(bar, lift(count, bar))] * count


def _numbered(inputs: Sequence[Any]) -> list[Any]:
    """in the place of each number which it is, from 1 on; so that 0 is the padding"""
    lengths = shape(inputs)
    return reshape(range(1, prod(lengths) + 1), shape=lengths)


def _gathered(
    inputs: Sequence[Any], places: Sequence[Sequence[int]], bars: Sequence[Sequence[Any]]
) -> list[Any]:
    """for each number the sum of its cotangents"""
    pairs = zip(chain.from_iterable(places), chain.from_iterable(bars), strict=True)
    found, zero = groupby(itemgetter(0), pairs), lift(0, next(leaves(inputs)))
    sums = [
        total([bar for _, bar in found.get(place, [(place, zero)])])
        for place in leaves(_numbered(inputs))
    ]
    return reshape(sums, shape=shape(inputs))


RULES: Final[dict[Callable[..., Any], Rule]] = {
    max_pool: _max_pool,
    max_pool1d: partial(_max_pool, rank=1),
    max_pool2d: partial(_max_pool, rank=2),
    max_pool3d: partial(_max_pool, rank=3),
    average_pool: _average_pool,
    average_pool1d: partial(_average_pool, rank=1),
    average_pool2d: partial(_average_pool, rank=2),
    average_pool3d: partial(_average_pool, rank=3),
    global_max_pool: _global_max_pool,
    global_average_pool: _global_average_pool,
}
