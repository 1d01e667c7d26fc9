"""Dyadics: exact numbers that need no gcd, and the one place where an exact number is rounded."""

import sys
from fractions import Fraction
from math import inf, isfinite
from typing import Any, Final, Literal, Never

from funcnn.algebra.elementary import (
    absolute,
    greater_instance,
    maximum_instance,
    refuse_irrational,
    relu,
)
from funcnn.algebra.scalars import Constant, lift_instance, ordered

type Rounding = Literal[
    "nearest even", "nearest away", "toward zero", "away from zero", "up", "down"
]
"""How a number between two others is rounded. The first two differ in ties alone."""


def top(x: "Dyadic") -> int:
    """The exponent of the least power of two above |x|.

    Maths
        2^(top − 1) ≤ |x| < 2^top, for x ≠ 0

    >>> top(Dyadic(3, -2)), top(Dyadic(1, 0))
    (0, 1)
    """
    return x.integer.bit_length() + x.exponent


def order(x: "Dyadic", y: "Dyadic | int") -> int:
    """Less than, equal to or more than 0, as x is less than, equal to or more than y.

    Numbers of very different size are told apart by their exponents alone.

    >>> order(Dyadic(1, 10**9), Dyadic(1, 2)) > 0, order(Dyadic(2, 0), Dyadic(1, 1))
    (True, 0)
    """
    other = Dyadic(y) if isinstance(y, int) else y
    if (x.integer > 0) != (other.integer > 0) or not x.integer or not other.integer:
        return x.integer - other.integer
    if top(x) != top(other):
        return (top(x) - top(other)) * (1 if x.integer > 0 else -1)
    return (x - other).integer


class Dyadic:
    """The number integer · 2^exponent. Every finite float is one; sums and products are exact.

    The integer may be even: nothing is ever reduced, which is why it is faster than a Fraction.

    Maths
        m·2ᵉ + n·2ᶠ = (m·2ᵉ⁻ᶠ + n)·2ᶠ for e ≥ f          m·2ᵉ · n·2ᶠ = m·n·2ᵉ⁺ᶠ
    Errors
        TypeError    for a quotient, which need not be a dyadic
    Laws
        fraction(x ∘ y) == fraction(x) ∘ fraction(y) for ∘ of + − × < ==

    >>> Dyadic(3, -2) + Dyadic(1, 4), Dyadic(3, -2) * Dyadic(1, 4) == 12
    (Dyadic(67, -2), True)
    """

    __slots__ = ("exponent", "integer")

    def __init__(self, integer: int, exponent: int = 0) -> None:
        self.integer: Final = integer
        self.exponent: Final = exponent

    def __add__(self, other: Any) -> "Dyadic":
        if type(other) is not Dyadic:
            return self + Dyadic(other) if isinstance(other, int) else NotImplemented
        gap = self.exponent - other.exponent
        if gap >= 0:
            return Dyadic((self.integer << gap) + other.integer, other.exponent)
        return Dyadic(self.integer + (other.integer << -gap), self.exponent)

    def __mul__(self, other: Any) -> "Dyadic":
        if type(other) is not Dyadic:
            return self * Dyadic(other) if isinstance(other, int) else NotImplemented
        return Dyadic(self.integer * other.integer, self.exponent + other.exponent)

    def __sub__(self, other: Any) -> "Dyadic":
        return self + -other if isinstance(other, (Dyadic, int)) else NotImplemented

    def __rsub__(self, other: Any) -> "Dyadic":
        return (-self).__add__(other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Never:
        raise TypeError("the quotient of two dyadics need not be a dyadic: use Fraction numbers")

    __rtruediv__ = __truediv__

    def __neg__(self) -> "Dyadic":
        return Dyadic(-self.integer, self.exponent)

    def __abs__(self) -> "Dyadic":
        return Dyadic(abs(self.integer), self.exponent)

    def __bool__(self) -> bool:
        return self.integer != 0

    def __eq__(self, other: object) -> bool:
        return order(self, other) == 0 if isinstance(other, (Dyadic, int)) else NotImplemented

    __lt__, __le__, __gt__, __ge__ = ordered(order)

    def __hash__(self) -> int:
        modulus = sys.hash_info.modulus
        remainder = abs(self.integer) * pow(2, self.exponent, modulus) % modulus
        return hash(remainder if self.integer >= 0 else -remainder)

    def __float__(self) -> float:
        least = -1075 - self.integer.bit_length()
        near = Dyadic(self.integer, max(least, min(self.exponent, 1024)))
        numerator, denominator = near.as_integer_ratio()
        try:
            return numerator / denominator
        except OverflowError:
            return inf if self.integer > 0 else -inf

    def __repr__(self) -> str:
        return f"Dyadic({self.integer}, {self.exponent})"

    def as_integer_ratio(self) -> tuple[int, int]:
        """The numerator and the denominator, as of a Fraction.

        >>> Dyadic(6, -2).as_integer_ratio()
        (3, 2)
        """
        if not self.integer:
            return 0, 1
        if self.exponent >= 0:
            return self.integer << self.exponent, 1
        spare = min((self.integer & -self.integer).bit_length() - 1, -self.exponent)
        return self.integer >> spare, 1 << (-self.exponent - spare)


def dyadic(number: Constant | Dyadic) -> Dyadic:
    """A number as a dyadic.

    Errors
        TypeError    it is none: ⅓, NaN, ∞, or no number at all

    >>> dyadic(0.75), dyadic(Fraction(-5, 8)), dyadic(12)
    (Dyadic(3, -2), Dyadic(-5, -3), Dyadic(12, 0))
    >>> dyadic(Fraction(1, 3))
    Traceback (most recent call last):
    TypeError: a Fraction whose denominator is no power of two is no Dyadic; use Fraction numbers
    """
    if isinstance(number, Dyadic):
        return number
    if not isinstance(number, (int, float, Fraction)):
        raise TypeError(f"a {type(number).__name__} is no Dyadic; use int, float or Fraction")
    if isinstance(number, float) and not isfinite(number):
        raise TypeError(f"{number} is no Dyadic; use float numbers")
    numerator, denominator = number.as_integer_ratio()
    if denominator & (denominator - 1):
        what = "a Fraction whose denominator is no power of two"
        raise TypeError(f"{what} is no Dyadic; use Fraction numbers")
    return Dyadic(numerator, 1 - denominator.bit_length())


def fraction(number: Constant | Dyadic) -> Fraction:
    """A number as a Fraction.

    Errors
        ValueError, OverflowError    it is NaN or infinite

    >>> fraction(0.75), fraction(Dyadic(3, -2))
    (Fraction(3, 4), Fraction(3, 4))
    """
    return Fraction(*number.as_integer_ratio())


def shifted(integer: int, places: int, rounding: Rounding) -> int:
    """integer / 2^places, rounded to an integer.

    Errors
        ValueError   there is no such rounding

    >>> [shifted(integer, 1, "nearest even") for integer in (1, 2, 3, 5)]
    [0, 1, 2, 2]
    >>> [shifted(-3, 2, rounding) for rounding in ("up", "down", "toward zero", "nearest away")]
    [0, -1, 0, -1]
    """
    if places <= 0:
        return integer << -places
    places = min(places, integer.bit_length() + 2)
    floor = integer >> places
    rest = integer - (floor << places)
    half = 1 << (places - 1)
    match rounding:
        case _ if not rest:
            return floor
        case "nearest even":
            return floor + (rest > half or (rest == half and floor % 2 == 1))
        case "nearest away":
            return floor + (rest > half or (rest == half and integer > 0))
        case "toward zero":
            return floor + (integer < 0)
        case "away from zero":
            return floor + (integer > 0)
        case "up":
            return floor + 1
        case "down":
            return floor
        case _:
            raise ValueError(f"no rounding {rounding!r}: use one of {ROUNDINGS}")


ROUNDINGS: Final = Rounding.__value__.__args__


def rounded(x: Dyadic, precision: int, rounding: Rounding) -> Dyadic:
    """A dyadic rounded to so many significant bits.

    >>> rounded(Dyadic(0b1011, 0), 3, "nearest even"), rounded(Dyadic(0b1011, 0), 3, "down")
    (Dyadic(6, 1), Dyadic(5, 1))
    """
    places = max(0, x.integer.bit_length() - precision)
    return Dyadic(shifted(x.integer, places, rounding), x.exponent + places)


def to_odd(numerator: int, denominator: int, precision: int) -> Dyadic:
    """A quotient to at least so many significant bits, its last bit 1 unless it is exact.

    Rounding it once more, to a number of bits that is less by two, is as if the quotient itself
    were rounded.

    Errors
        ZeroDivisionError    the denominator is 0
    Source
        S. Boldo, G. Melquiond, "Emulation of a FMA and Correctly Rounded Sums: Proved Algorithms
        Using Rounding to Odd", IEEE Trans. Computers 57 (2008)

    >>> to_odd(1, 3, 4), to_odd(3, 4, 4)
    (Dyadic(11, -5), Dyadic(24, -5))
    """
    places = max(0, precision + denominator.bit_length() - numerator.bit_length())
    quotient, rest = divmod(numerator << places, denominator)
    return Dyadic(quotient | (rest != 0), -places)


def _greater(x: Dyadic, y: Dyadic) -> Dyadic:
    return Dyadic(int(x > y))


lift_instance.register(Dyadic, lambda like, constant: dyadic(constant))
relu.register(Dyadic, lambda x: x if x.integer > 0 else Dyadic(0))
maximum_instance.register(Dyadic, max)
greater_instance.register(Dyadic, _greater)
absolute.register(Dyadic, abs)
refuse_irrational(Dyadic)
