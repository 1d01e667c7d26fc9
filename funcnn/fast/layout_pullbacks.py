"""Layout pullbacks: the numbers of a batch's cotangents go back to where they came from."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import batched, chain, islice
from math import prod
from typing import Any, Final, NamedTuple

from funcnn.algebra.trees import rebuilt
from funcnn.blocks.combinators import Layer
from funcnn.blocks.layouts import (
    channels_first,
    channels_last,
    concatenate,
    flatten,
    reshape,
    reverse,
)
from funcnn.fast.array_rules import Outputs, of_arrays
from funcnn.fast.arrays import Array, array_of, in_lists
from funcnn.fast.batch_rules import Pulled, of_floats
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.rows import kind_and_lengths

type Move = Callable[[Sequence[Any]], Iterable[Any]]
"""From all numbers of a tensor to the same, in another order."""


class Plan(NamedTuple):
    """The lengths of what a layout makes of a tensor, and how the numbers move there and back."""

    lengths: Sequence[int]
    forth: Move = iter
    back: Move = iter


def _flat(*lengths: int) -> Plan:
    return Plan((prod(lengths),))


def _shaped(*lengths: int, shape: Any) -> Plan | None:
    kind, axes = kind_and_lengths(shape)
    fits = kind is int and len(axes) == 1 and min(shape) > 0 and prod(shape) == prod(lengths)
    return Plan(shape) if fits else None


def _last(channels: int, *places: int) -> Plan:
    return Plan((*places, channels), _by_columns(prod(places)), _by_columns(channels))


def _first(*lengths: int) -> Plan:
    *places, channels = lengths
    return Plan((channels, *places), _by_columns(channels), _by_columns(prod(places)))


def _by_columns(width: int) -> Move:
    """the numbers of a matrix so wide, a column after another"""
    return lambda numbers: chain.from_iterable(zip(*batched(numbers, width), strict=True))


def _moved(
    plan_of: Callable[..., Plan | None], xs: Any, weights: Any = (), **settings: Any
) -> Outputs | None:
    """x̄ is ȳ, its numbers moved back"""
    x = array_of(xs)
    plan = plan_of(*x.lengths[1:], **settings) if x and len(x.lengths) > 1 else None
    if not x or not plan:
        return None
    lengths = (len(xs), *plan.lengths)

    def back(y: Array) -> Cotangents:
        return Cotangents(lambda: _each(plan.back, y, x.lengths), ())

    return Outputs(_each(plan.forth, x, lengths), x.kind, lengths, back)


def _each(move: Move, array: Array, lengths: Sequence[int]) -> list[Any]:
    """each of a batch with its numbers moved, in lists of other lengths"""
    tensors = batched(array.numbers, prod(array.lengths[1:]))
    return in_lists(chain.from_iterable(map(move, tensors)), lengths)


def _reverse(xs: Any, weights: Any = ()) -> Pulled:
    """x̄ from the end to the start"""
    return [*map(reverse, xs)], lambda y_bars: Cotangents(lambda: [*map(reverse, y_bars)], ())


def _concatenate(xs: Any, weights: Any = ()) -> Pulled:
    """to each of the inputs as many of the cotangents as it gave entries"""

    def parts(x: Any, y_bar: Any) -> Any:
        bars = iter(y_bar)
        return rebuilt(x, [[*islice(bars, len(part))] for part in x])

    ys = [*map(concatenate, xs)]
    return ys, lambda y_bars: Cotangents(lambda: [*map(parts, xs, y_bars)], ())


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, flatten): of_arrays(flatten, partial(_moved, _flat)),
    (Layer, reshape): of_arrays(reshape, partial(_moved, _shaped)),
    (Layer, channels_last): of_arrays(channels_last, partial(_moved, _last)),
    (Layer, channels_first): of_arrays(channels_first, partial(_moved, _first)),
    (Layer, reverse): of_floats(reverse, _reverse),
    (Layer, concatenate): of_floats(concatenate, _concatenate),
}
