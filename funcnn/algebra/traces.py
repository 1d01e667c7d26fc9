"""Traces: numbers that remember what they were made of, to be differentiated backwards."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from funcnn.algebra.duals import Dual, depth
from funcnn.algebra.elementary import (
    TRANSCENDENTAL,
    absolute,
    greater,
    greater_instance,
    maximum,
    maximum_instance,
    relu,
    sqrt,
)
from funcnn.algebra.scalars import (
    Constant,
    Num,
    Reflected,
    add,
    divide,
    lift,
    lift_instance,
    lifting,
    multiply,
    subtract,
    total,
    total_instance,
)


@dataclass(frozen=True, slots=True, eq=False)
class Traced[T: Num](Reflected):
    """A value, and with it the numbers that it was made of, each with the slope by it.

    Its height is one more than theirs: in the order of falling heights, every number comes before
    those that it was made of. Two traced numbers are equal only if they are one.

    Laws
        cotangents([(f(x), 1)])[x] == f′(x), exactly, over Fraction, for f of + − × ÷
    Source
        S. Linnainmaa, "Taylor Expansion of the Accumulated Rounding Error", BIT 16 (1976)

    >>> x = Traced(3.0)
    >>> y = x * x + x
    >>> y.value, y.height, cotangents([(y, 1.0)])[x]
    (12.0, 2, 7.0)
    """

    value: T
    parts: tuple[tuple["Traced[T]", T], ...] = ()
    height: int = 0

    @lifting
    def __add__(self, other: "Traced[T]") -> "Traced[T]":
        one = lift(1, self.value)
        return made(add(self.value, other.value), (self, one), (other, one))

    @lifting
    def __sub__(self, other: "Traced[T]") -> "Traced[T]":
        one = lift(1, self.value)
        return made(subtract(self.value, other.value), (self, one), (other, -one))

    @lifting
    def __mul__(self, other: "Traced[T]") -> "Traced[T]":
        product = multiply(self.value, other.value)
        return made(product, (self, other.value), (other, self.value))

    @lifting
    def __truediv__(self, other: "Traced[T]") -> "Traced[T]":
        quotient = divide(self.value, other.value)
        slope = divide(lift(1, self.value), other.value)
        return made(quotient, (self, slope), (other, -multiply(quotient, slope)))

    def __neg__(self) -> "Traced[T]":
        return made(-self.value, (self, -lift(1, self.value)))

    def __abs__(self) -> "Traced[T]":
        return absolute(self)


def made[T: Num](value: T, *parts: tuple[Traced[T], T]) -> Traced[T]:
    """A number made of others, each with the slope by it.

    >>> made(6.0, (Traced(3.0), 2.0)).height
    1
    """
    return Traced(value, parts, 1 + max(part.height for part, _ in parts))


def cotangents[T: Num](ends: Iterable[tuple[Traced[T], T]]) -> dict[Traced[T], T]:
    """By number, how much the end of everything changes with it, given the same of some.

    Haskell
        foldl push ends (reverse (sortOn height (reachable ends)))
    Maths
        x̄ = Σ_y ȳ·∂y/∂x                            over all y that x is a part of
    Order
        From the highest down; what comes back to one number is added as it comes.

    >>> x = Traced(2.0)
    >>> square = x * x
    >>> bars = cotangents([(square, 1.0), (square * x, 10.0)])
    >>> bars[square], bars[x]
    (21.0, 124.0)
    """
    bars = dict[Traced[T], T]()
    ends = [*ends]
    for number, bar in ends:
        bars[number] = add(bars[number], bar) if number in bars else bar
    for number in _downwards([number for number, _ in ends]):
        for part, slope in number.parts:
            bar = multiply(bars[number], slope)
            bars[part] = add(bars[part], bar) if part in bars else bar
    return bars


def _downwards[T: Num](ends: Iterable[Traced[T]]) -> list[Traced[T]]:
    """the numbers that these were made of, and they, in the order of falling heights"""
    found = dict.fromkeys(ends)
    waiting = [*found]
    while waiting:
        parts = dict.fromkeys(part for part, _ in waiting.pop().parts if part not in found)
        found |= parts
        waiting += parts
    return sorted(found, key=lambda number: -number.height)


def _lift(like: Traced[Any], constant: Constant) -> Traced[Any]:
    return Traced(lift(constant, like.value))


def _total(like: Traced[Any], terms: Sequence[Traced[Any]]) -> Traced[Any]:
    one = lift(1, like.value)
    return made(total([term.value for term in terms]), *((term, one) for term in terms))


def _instance(function: Callable[[Any], Any]) -> Callable[[Traced[Any]], Traced[Any]]:
    """its slope is that of the function's dual"""

    def instance(x: Traced[Any]) -> Traced[Any]:
        y = function(Dual(x.value, lift(1, x.value), 1 + depth(x.value)))
        return made(y.value, (x, y.tangent))

    return instance


def _maximum(x: Traced[Any], y: Traced[Any]) -> Traced[Any]:
    """of two as large, it is made of the first"""
    second = greater(y.value, x.value)
    return made(maximum(x.value, y.value), (x, subtract(1, second)), (y, second))


def _greater(x: Traced[Any], y: Traced[Any]) -> Traced[Any]:
    return Traced(greater(x.value, y.value))


lift_instance.register(Traced, _lift)
total_instance.register(Traced, _total)
maximum_instance.register(Traced, _maximum)
greater_instance.register(Traced, _greater)
for function in (relu, absolute, sqrt, *TRANSCENDENTAL):
    function.register(Traced, _instance(function))
