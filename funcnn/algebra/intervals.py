"""Intervals: two ends between which a number lies, and arithmetic that keeps it there."""

import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import wraps
from math import inf, isfinite, isinf, nextafter
from typing import Any, Final

from funcnn.algebra.dyadics import Dyadic, dyadic, order
from funcnn.algebra.elementary import (
    absolute,
    greater,
    greater_instance,
    maximum,
    maximum_instance,
    relu,
)
from funcnn.algebra.scalars import (
    Constant,
    Num,
    Reflected,
    divide,
    lift,
    lift_instance,
    lifting,
    shown,
)

KINDS: Final = (float, int, Fraction, Dyadic)
"""What the ends of an interval may be."""

LARGEST: Final = sys.float_info.max
SPLITTER: Final = 2.0**27 + 1
SMALL: Final = 2.0**-968
LARGE: Final = 2.0**995
"""Dekker's product is exact for factors below LARGE if theirs lies between the two."""


class Undecided(ArithmeticError):
    """Two intervals do not compare: some of their numbers do so one way, and some the other.

    >>> Interval(0.0, 2.0) < Interval(1.0, 3.0)
    Traceback (most recent call last):
    funcnn.algebra.intervals.Undecided: [0.0, 2.0] < [1.0, 3.0] is undecided: they overlap; ...
    """


def _lifting[R](
    operation: Callable[["Interval[Any]", "Interval[Any]"], R],
) -> Callable[["Interval[Any]", Any], R]:
    """scalars' `lifting`, for ends that are ints as well"""

    @wraps(operation)
    def alike(x: "Interval[Any]", y: "Interval[Any]") -> R:
        same = type(x.low) is type(y.low)
        return operation(x, y) if same else operation(*_of_one_kind(x, y))

    return lifting(alike)


def _comparison(
    sign: str, compare: Callable[[Any, Any], bool]
) -> Callable[["Interval[Any]", Any], bool]:
    """what the ends that are furthest apart say, if they say the same"""

    @_lifting
    def decision(x: "Interval[Any]", y: "Interval[Any]") -> bool:
        one, other = compare(x.low, y.high), compare(x.high, y.low)
        if one != other:
            raise Undecided(
                f"{x} {sign} {y} is undecided: they overlap; split them, or use relu, absolute, "
                "maximum or greater, which enclose both cases"
            )
        return one

    return decision


@dataclass(frozen=True)
class Interval[T: Num](Reflected):
    """The real numbers from `low` to `high`, both included.

    Ends that are floats are rounded outward, each to the nearest float that is not inside: whatever
    a network gives, over the reals, for numbers in its intervals lies in the intervals it gives.
    Ends that are exact numbers are not rounded.

    Maths
        [a, b] + [c, d] = [a + c, b + d]           [a, b] · [c, d] = [min, max] of ac, ad, bc, bd
        an end of ±∞: unbounded there              0·∞ = 0: an end is a bound, not a value
    Errors
        ValueError           low > high, or NaN is an end, or low is ∞ or high −∞
        TypeError            the ends are of two kinds, or of none of KINDS
        Undecided            x < y, where that holds for some of their numbers and not for others
        ZeroDivisionError    by an interval that holds 0
    Laws
        x in X and y in Y imply (x ∘ y) in (X ∘ Y) for ∘ of + − × ÷
        X == Y where the ends are equal, as with any two values: it says nothing of the numbers
    Source
        T. Dekker, "A Floating-Point Technique for Extending the Available Precision", Numerische
        Mathematik 18 (1971); R. Moore, "Interval Analysis", Prentice-Hall 1966

    >>> Interval(1.0, 2.0) - 1, Interval(0.0, 0.1) * Interval(0.1, 0.1)
    (Interval(low=0.0, high=1.0), Interval(low=0.0, high=0.010000000000000002))
    >>> 1 / Interval(Fraction(1), Fraction(3))
    Interval(low=Fraction(1, 3), high=Fraction(1, 1))
    >>> 1 / Interval(-1.0, 3.0)
    Traceback (most recent call last):
    ZeroDivisionError: [1.0, 1.0] / [-1.0, 3.0]: the divisor holds 0, so that nothing bounds ...
    >>> Interval(2.0, 1.0)
    Traceback (most recent call last):
    ValueError: no number lies from 2.0 to 1.0: an interval has low <= high, low < inf, high > -inf
    """

    low: T
    high: T

    def __post_init__(self) -> None:
        low: Any = self.low
        high: Any = self.high
        if type(low) is not type(high) or type(low) not in KINDS:
            raise TypeError(
                f"an interval from {type(low).__name__} to {type(high).__name__}: "
                "both ends are float, or both int, Fraction or Dyadic"
            )
        if not low <= high or low == inf or high == -inf:
            raise ValueError(
                f"no number lies from {shown(low)} to {shown(high)}: "
                "an interval has low <= high, low < inf, high > -inf"
            )

    @_lifting
    def __add__(self: "Interval[Any]", other: "Interval[Any]") -> "Interval[T]":
        low, high = self.low + other.low, self.high + other.high
        low_error = _sum_error(self.low, other.low, low)
        return _outward(low, low_error, high, _sum_error(self.high, other.high, high))

    @_lifting
    def __sub__(self: "Interval[Any]", other: "Interval[Any]") -> "Interval[T]":
        return self + -other

    @_lifting
    def __mul__(self: "Interval[Any]", other: "Interval[Any]") -> "Interval[T]":
        a, b, c, d = self.low, self.high, other.low, other.high
        if a >= 0:
            return _product(a if c >= 0 else b, c, b if d >= 0 else a, d)
        if b <= 0:
            return _product(a if d >= 0 else b, d, b if c >= 0 else a, c)
        if c >= 0 or d <= 0:
            return other * self
        zero = lift(0, a)
        negative, positive = Interval(a, zero) * other, Interval(zero, b) * other
        return Interval(min(negative.low, positive.low), max(negative.high, positive.high))

    @_lifting
    def __truediv__(self: "Interval[Any]", other: "Interval[Any]") -> "Interval[T]":
        a, b, c, d = self.low, self.high, other.low, other.high
        if c > 0:
            return _quotient(a, d if a >= 0 else c, b, c if b >= 0 else d)
        if d < 0:
            return -self / -other
        raise ZeroDivisionError(
            f"{self} / {other}: the divisor holds 0, so that nothing bounds the quotient"
        )

    def __neg__(self) -> "Interval[T]":
        return Interval(-self.high, -self.low)

    def __abs__(self) -> "Interval[T]":
        return _absolute(self)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, KINDS):
            raise TypeError(f"an interval holds no {type(number).__name__}: ask for a number")
        if isinstance(number, float) and not isfinite(number):
            return False
        return _at_most(self.low, number) and _at_most(number, self.high)

    def __str__(self) -> str:
        return f"[{shown(self.low)}, {shown(self.high)}]"

    __lt__ = _comparison("<", operator.lt)
    __le__ = _comparison("<=", operator.le)
    __gt__ = _comparison(">", operator.gt)
    __ge__ = _comparison(">=", operator.ge)


def interval[T: Num](number: T) -> Interval[T]:
    """The interval of a single number.

    Errors
        ValueError   the number is NaN or ±∞
        TypeError    it is of none of KINDS

    >>> interval(0.5), interval(Fraction(1, 3))
    (Interval(low=0.5, high=0.5), Interval(low=Fraction(1, 3), high=Fraction(1, 3)))
    >>> interval(inf)
    Traceback (most recent call last):
    ValueError: no number lies from inf to inf: ...
    """
    return Interval(number, number)


def around[T: Num](number: T, radius: T) -> Interval[T]:
    """The numbers not further from a number than a radius.

    Maths
        [x − r, x + r]
    Errors
        ValueError   the radius is negative or NaN, or the number NaN or ±∞
        TypeError    the two mix, or are of none of KINDS

    >>> around(0.5, 0.25), around(Fraction(1, 2), 1)
    (Interval(low=0.25, high=0.75), Interval(low=Fraction(-1, 2), high=Fraction(3, 2)))
    """
    return interval(number) + Interval(-radius, radius)


def width[T: Num](x: Interval[T]) -> T:
    """How far apart the ends of an interval are.

    Maths
        high − low                                 in float: rounded up, and ∞ if unbounded

    >>> width(Interval(-1.0, 2.0))
    3.0
    """
    return (x - x).high


def intersection(x: Interval[Any], y: Interval[Any]) -> Interval[Any]:
    """The numbers that two intervals have in common.

    Errors
        ValueError   there are none

    >>> intersection(Interval(0.0, 2.0), Interval(1.0, 3.0))
    Interval(low=1.0, high=2.0)
    """
    return Interval(max(x.low, y.low), min(x.high, y.high))


def midpoint[T: Num](x: Interval[T]) -> T:
    """A number in the middle of an interval, and never outside it.

    Maths
        low + (high/2 − low/2)                     the largest float in place of ∞
    Errors
        TypeError    the ends are ints

    >>> midpoint(Interval(-1.0, 2.0)), midpoint(Interval(Fraction(0), Fraction(1, 3)))
    (0.5, Fraction(1, 6))
    """
    low: Any = x.low
    high: Any = x.high
    if isinstance(low, float):
        low, high = max(low, -LARGEST), min(high, LARGEST)
    half = lift(Fraction(1, 2), low)
    middle: T = low + (high * half - low * half)
    return middle


def _of_one_kind(x: Interval[Any], y: Interval[Any]) -> tuple[Interval[Any], Interval[Any]]:
    if isinstance(x.low, int):
        return Interval(lift(x.low, y).low, lift(x.high, y).high), y
    if isinstance(y.low, int):
        return x, Interval(lift(y.low, x).low, lift(y.high, x).high)
    kinds = f"{type(x.low).__name__} beside {type(y.low).__name__}"
    raise TypeError(f"intervals of {kinds}: numbers do not mix, convert one of them")


def _outward(low: Any, low_error: Any, high: Any, high_error: Any) -> Interval[Any]:
    """the ends, each moved to the next float if it is inside by its error"""
    return Interval(
        nextafter(low, -inf) if low_error > 0 else low,
        nextafter(high, inf) if high_error < 0 else high,
    )


def _product(a: Any, b: Any, c: Any, d: Any) -> Interval[Any]:
    """from a·b to c·d; 0·∞ = 0"""
    low, high = a and b and a * b, c and d and c * d
    return _outward(low, _product_error(a, b, low), high, _product_error(c, d, high))


def _quotient(a: Any, b: Any, c: Any, d: Any) -> Interval[Any]:
    """from a/b to c/d"""
    low, high = divide(a, b), divide(c, d)
    return _outward(low, _quotient_error(a, b, low), high, _quotient_error(c, d, high))


def _sum_error(x: Any, y: Any, total: Any) -> Any:
    """total − (x + y), exactly; ±∞ if the sum overflows"""
    if type(total) is not float:
        return 0
    return total - x - y if abs(x) >= abs(y) else total - y - x


def _product_error(x: Any, y: Any, product: Any) -> Any:
    """product − x·y, exactly, or its sign"""
    if type(product) is not float or not x or not y:
        return 0
    if not (SMALL < abs(product) < LARGE and abs(x) < LARGE and abs(y) < LARGE):
        return 0 if isinf(x) or isinf(y) else _sign(product, Fraction(x) * Fraction(y))
    x_scaled, y_scaled = SPLITTER * x, SPLITTER * y
    x_high, y_high = x_scaled - (x_scaled - x), y_scaled - (y_scaled - y)
    x_low, y_low = x - x_high, y - y_high
    return product - x_high * y_high - x_low * y_high - x_high * y_low - x_low * y_low


def _quotient_error(x: Any, y: Any, quotient: Any) -> int:
    """the sign of quotient − x/y"""
    if type(quotient) is not float or isinf(x) or isinf(y):
        return 0
    return _sign(quotient, Fraction(x) / Fraction(y))


def _sign(number: float, exact: Constant) -> int:
    """the sign of number − exact"""
    return (number > exact) - (number < exact)


def _at_most(x: Any, y: Any) -> bool:
    """x ≤ y, of finite numbers of any two kinds, or infinite ends"""
    if x == -inf or y == inf:
        return True
    (one, below_one), (other, below_other) = _ratio(x), _ratio(y)
    return order(one * below_other, other * below_one) <= 0


def _ratio(number: Any) -> tuple[Dyadic, int]:
    if isinstance(number, Fraction):
        return Dyadic(number.numerator), number.denominator
    return dyadic(number), 1


def _lift(like: Interval[Any], constant: Constant) -> Interval[Any]:
    if type(like.low) is not float:
        return interval(lift(constant, like.low))
    if isinstance(constant, float) and not isfinite(constant):
        raise TypeError(f"{constant} is no constant of an interval: it is no real number")
    try:
        nearest = float(constant)
    except OverflowError:
        nearest = inf if constant > 0 else -inf
    error = _sign(nearest, constant)
    return _outward(nearest, error, nearest, error)


def _relu(x: Interval[Any]) -> Interval[Any]:
    return Interval(relu(x.low), relu(x.high))


@_lifting
def _maximum(x: Interval[Any], y: Interval[Any]) -> Interval[Any]:
    return Interval(maximum(x.low, y.low), maximum(x.high, y.high))


@_lifting
def _greater(x: Interval[Any], y: Interval[Any]) -> Interval[Any]:
    return Interval(greater(x.low, y.high), greater(x.high, y.low))


def _absolute(x: Interval[Any]) -> Interval[Any]:
    return relu(maximum(x, -x))


lift_instance.register(Interval, _lift)
relu.register(Interval, _relu)
maximum_instance.register(Interval, _maximum)
greater_instance.register(Interval, _greater)
absolute.register(Interval, _absolute)
