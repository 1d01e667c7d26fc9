"""Ball: numbers that are exact while they are rational, and then as near as 256 bits."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, Final

from funcnn.algebra.dyadics import Rounding, fraction, rounded, to_odd
from funcnn.algebra.elementary import (
    absolute,
    cos,
    erf,
    exp,
    greater_instance,
    log,
    maximum_instance,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.enclosures import enclosure
from funcnn.algebra.intervals import Interval, interval, width
from funcnn.algebra.scalars import Reflected, lift_instance, lifting

BITS: Final = 256
ALMOST_NOTHING: Final = Fraction(1, 2**200)


@dataclass(frozen=True, slots=True)
class Ball(Reflected):
    """A number, and the fractions between which it is known to lie: one alone if it is rational."""

    ends: Interval[Fraction]

    @lifting
    def __add__(self, other: "Ball") -> "Ball":
        return _outward(self.ends + other.ends)

    @lifting
    def __sub__(self, other: "Ball") -> "Ball":
        return _outward(self.ends - other.ends)

    @lifting
    def __mul__(self, other: "Ball") -> "Ball":
        return _outward(self.ends * other.ends)

    @lifting
    def __truediv__(self, other: "Ball") -> "Ball":
        return _outward(self.ends / other.ends)

    def __neg__(self) -> "Ball":
        return Ball(-self.ends)


def enclosed(number: float | Fraction) -> Ball:
    return Ball(interval(Fraction(number)))


def is_near(one: Ball, other: Ball, bits: int) -> bool:
    """Whether two may be equal, and both are that narrow relative to the numbers they enclose.

    Relative to 0, nothing is narrow: there, 2⁻²⁰⁰ is.
    """
    meet = one.ends.low <= other.ends.high and other.ends.low <= one.ends.high
    return meet and all(
        width(ends) <= max(min(abs(ends.low), abs(ends.high)) / 2**bits, ALMOST_NOTHING)
        for ends in (one.ends, other.ends)
    )


def _outward(ends: Interval[Fraction]) -> Ball:
    if ends.low == ends.high:
        return Ball(ends)
    return Ball(Interval(_rounded(ends.low, "down"), _rounded(ends.high, "up")))


def _rounded(end: Fraction, rounding: Rounding) -> Fraction:
    return fraction(rounded(to_odd(end.numerator, end.denominator, BITS + 2), BITS, rounding))


def _rising(function: Callable[[Any], Any], x: Ball) -> Ball:
    """of a function that nowhere falls"""
    low, high = (enclosure(function, end, BITS) for end in (x.ends.low, x.ends.high))
    return _outward(Interval(fraction(low.low), fraction(high.high)))


def _wave(function: Callable[[Any], Any], x: Ball) -> Ball:
    """of a function whose slope is at most 1"""
    near, gap = enclosure(function, x.ends.low, BITS), width(x.ends)
    return _outward(Interval(fraction(near.low) - gap, fraction(near.high) + gap))


def _of_ends(function: Callable[..., Interval[Fraction]], *numbers: Ball) -> Ball:
    return Ball(function(*(number.ends for number in numbers)))


lift_instance.register(Ball, lambda like, constant: enclosed(constant))
for function in (exp, log, sqrt, tanh, sigmoid, erf):
    function.register(Ball, partial(_rising, function))
for function in (sin, cos):
    function.register(Ball, partial(_wave, function))
for function in (relu, absolute, maximum_instance, greater_instance):
    function.register(Ball, partial(_of_ends, function))
