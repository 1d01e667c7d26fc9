"""Certificates: how far a right implementation's float result may lie from the exact one."""

from collections.abc import Sequence
from fractions import Fraction
from math import isfinite, isnan
from typing import Final, NamedTuple

from funcnn.algebra.folds import zipped

UNIT_ROUNDOFF: Final = Fraction(1, 2**53)
"""u of binary64: a rounded number of normal size is within this share of the exact one."""

SMALLEST: Final = Fraction(1, 2**1074)
"""η of binary64: the distance between its smallest numbers."""

OVERFLOW: Final = 2**1024 - 2**970
"""The least number that rounds to infinity."""


class Certificate(NamedTuple):
    """An exact value, and how far from it a float result may lie."""

    exact: Fraction
    bound: Fraction

    def admits(self, value: float) -> bool:
        """Whether the value lies within the bound.

        >>> Certificate(Fraction(1), Fraction(1, 8)).admits(1.125)
        True
        """
        return isfinite(value) and abs(Fraction(value) - self.exact) <= self.bound


def dot_certificate(xs: Sequence[float], ys: Sequence[float]) -> Certificate:
    """The certificate of the dot product of two vectors of finite floats.

    It holds for every order of the additions, with or without fused multiply-add, to nearest, with
    gradual underflow, as long as nothing overflows.

    Maths
        |ŷ − Σᵢ xᵢ·yᵢ| ≤ n·u·(G + n·η/2) + n·η/2                     G = Σᵢ |xᵢ·yᵢ|
    Source
        N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, 3.1;
        C.-P. Jeannerod, S. Rump, "Improved Error Bounds for Inner Products in Floating-Point
        Arithmetic", SIAM J. Matrix Analysis 34 (2013)

    >>> certificate = dot_certificate([0.1] * 10, [1.0] * 10)
    >>> certificate.admits(sum([0.1] * 10)), certificate.admits(1.000001)
    (True, False)
    """
    products = [Fraction(x) * Fraction(y) for x, y in zipped(xs, ys)]
    half_steps = len(products) * SMALLEST / 2
    size = sum(map(abs, products)) + half_steps
    return Certificate(
        sum(products, Fraction(0)), len(products) * UNIT_ROUNDOFF * size + half_steps
    )


def admits(xs: Sequence[float], ys: Sequence[float], value: float) -> bool:
    """Whether a float can be the dot product of two vectors of floats, special ones included.

    Where the finite products may overflow in some order, nothing is known of their sum, and any
    value is admitted that the special ones leave.

    >>> admits([1e16, 1.0, -1e16], [1.0, 1.0, 1.0], 0.0), admits([1.0], [1.0], 1.0009)
    (True, False)
    >>> from math import inf, nan
    >>> admits([inf, 1.0], [1.0, -inf], nan), admits([inf], [2.0], 1.0)
    (True, False)
    """
    pairs = [*zipped(xs, ys)]
    finite = [(x, y) for x, y in pairs if isfinite(x) and isfinite(y)]
    special = [x * y for x, y in pairs if not (isfinite(x) and isfinite(y))]
    if special and isnan(sum(special)):
        return isnan(value)
    if may_overflow(finite):
        return not special or isnan(value) or value == sum(special)
    return value == sum(special) if special else dot_certificate(xs, ys).admits(value)


def may_overflow(pairs: Sequence[tuple[float, float]]) -> bool:
    """Whether the sum of some products can overflow in some order.

    Maths
        G·(1 + n·u) ≥ 2¹⁰²⁴ − 2⁹⁷⁰                 G = Σᵢ |xᵢ·yᵢ|

    >>> may_overflow([(1.7e308, 1.0)]), may_overflow([(1.7e308, 1.0), (1.7e308, -1.0)])
    (False, True)
    """
    size = sum(abs(Fraction(x) * Fraction(y)) for x, y in pairs)
    return size * (1 + len(pairs) * UNIT_ROUNDOFF) >= OVERFLOW
