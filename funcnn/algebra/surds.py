"""Surds: roots of rational numbers, with their sums and products, kept as they are: √2·√2 = 2."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm, prod
from typing import Final

from funcnn.algebra.elementary import (
    TRANSCENDENTAL,
    absolute,
    greater_instance,
    maximum_instance,
    relu,
    sqrt,
)
from funcnn.algebra.folds import foldl
from funcnn.algebra.formats import binary64
from funcnn.algebra.intervals import Interval
from funcnn.algebra.primes import prime_factors
from funcnn.algebra.scalars import (
    Constant,
    Reflected,
    lift,
    lift_instance,
    lifting,
    ordered,
    refuse,
    shown,
)

type Powers = tuple[tuple[int, Fraction], ...]
"""A product of powers of rising primes, each with its exponent f, 0 < f < 1."""

type Term = tuple[Powers, Fraction]
"""A product of powers, and how often it is taken."""


def _order(x: "Surd", y: "Surd") -> int:
    return _sign(x - y)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Surd(Reflected):
    """A rational number and rational multiples of roots. `surd` and `power` make them.

    Different products of powers of primes, their exponents between 0 and 1, are linearly
    independent over the rationals: two Surds are equal exactly if they are written alike.

    Maths
        r + Σᵢ cᵢ·∏ⱼ pⱼ^fᵢⱼ                        r, c, f rational, c ≠ 0, p prime, 0 < f < 1
        1/x is the solution y of x·y = 1, linear equations in the products that x generates
    Errors
        TypeError            beside another kind of number than an int
        ZeroDivisionError    by zero
        ValueError           by a Surd that generates more than SPAN products
    Laws
        + − × ÷ < == are those of the real numbers
        float(x) is the float nearest to x, of two as near the even one; ±∞ beyond the largest
    Source
        A. Besicovitch, "On the Linear Independence of Fractional Powers of Integers", J. London
        Math. Soc. 15 (1940)

    >>> root = power(2, Fraction(1, 2))
    >>> root * root == 2, 1 < root < surd(1.5), 1 / (1 + root)
    (True, True, Surd(-1 + √2))
    """

    rational: Fraction
    roots: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        if type(self.rational) is not Fraction:
            raise TypeError(f"Surd({self.rational}) is not made of a Fraction; use surd(number)")

    @lifting
    def __add__(self, other: "Surd") -> "Surd":
        if not self.roots and not other.roots:
            return Surd(self.rational + other.rational)
        return _sum([*_terms(self), *_terms(other)])

    @lifting
    def __sub__(self, other: "Surd") -> "Surd":
        return self + -other

    @lifting
    def __mul__(self, other: "Surd") -> "Surd":
        if not self.roots and not other.roots:
            return Surd(self.rational * other.rational)
        return _sum(_term(c * d, [*p, *q]) for p, c in _terms(self) for q, d in _terms(other))

    @lifting
    def __truediv__(self, other: "Surd") -> "Surd":
        return self * _inverse(other)

    def __neg__(self) -> "Surd":
        return Surd(-self.rational, tuple((powers, -c) for powers, c in self.roots))

    def __abs__(self) -> "Surd":
        return -self if _sign(self) < 0 else self

    def __bool__(self) -> bool:
        return bool(self.rational or self.roots)

    @lifting
    def __eq__(self, other: "Surd") -> bool:
        return self.rational == other.rational and self.roots == other.roots

    __lt__, __le__, __gt__, __ge__ = ordered(_order)

    def __hash__(self) -> int:
        return hash((self.rational, self.roots)) if self.roots else hash(self.rational)

    def __float__(self) -> float:
        low, _ = _refined(self, lambda low, high: binary64.round(low) == binary64.round(high))
        return binary64.round(low)

    def __str__(self) -> str:
        terms = _terms(self) or [((), self.rational)]
        return " + ".join(_text(*term) for term in terms).replace("+ -", "- ")

    def __repr__(self) -> str:
        return f"Surd({self})"


def surd(number: Constant | Surd) -> Surd:
    """A number as a Surd.

    Errors
        TypeError    it is no int, Fraction or finite float

    >>> surd(2), surd(0.75), surd(Fraction(1, 3))
    (Surd(2), Surd(3/4), Surd(1/3))
    >>> surd(float("inf"))
    Traceback (most recent call last):
    TypeError: inf is no Fraction; use float numbers
    """
    return number if isinstance(number, Surd) else Surd(lift(number, Fraction(0)))


def power(base: Constant | Surd, exponent: int | Fraction) -> Surd:
    """A number to a rational power.

    Maths
        x^(m/n) = (ⁿ√x)ᵐ in lowest terms           x⁰ = 1; ⁿ√−x = −ⁿ√x for odd n
    Errors
        ValueError           an even root of a negative number; a root of a sum like 1 + √2; a root
                             of degree above DEGREE, or of a number too hard to factor (see primes)
        ZeroDivisionError    a negative power of 0
        TypeError            the base is no int, Fraction, finite float or Surd
    Laws
        power(x, e + f) == power(x, e) * power(x, f)                 for x > 0
        power(x, e * f) == power(power(x, e), f)                     for x > 0

    >>> power(8, Fraction(1, 2)), power(Fraction(-1, 2), Fraction(1, 3)), power(3, -2)
    (Surd(2·√2), Surd(-1/2·∛4), Surd(1/9))
    >>> power(2, Fraction(7, 12)) * power(2, Fraction(1, 4))
    Surd(2^(5/6))
    >>> power(-2, Fraction(1, 2))
    Traceback (most recent call last):
    ValueError: -2 is negative: it has no real root of degree 2
    >>> power(power(2, Fraction(1, 2)) + 1, Fraction(1, 2))
    Traceback (most recent call last):
    ValueError: (1 + √2)^(1/2) is not kept exactly; take both ends of enclosed(x, bits)
    """
    x, e = surd(base), Fraction(exponent)
    if e.denominator % 2 == 0 and _sign(x) < 0:
        raise ValueError(f"{shown(x)} is negative: it has no real root of degree {e.denominator}")
    if len(_terms(x)) < 2:
        return _power_of_term(x, e)
    if e.denominator > 1:
        raise ValueError(
            f"({shown(x)})^({e}) is not kept exactly; take both ends of enclosed(x, bits)"
        )
    factor = x if e > 0 else _inverse(x)
    bits = f"{abs(e.numerator):b}"
    return foldl(lambda y, bit: y * y * factor if bit == "1" else y * y, surd(1), bits)


def enclosed(x: Surd, bits: int) -> Interval[Fraction]:
    """Two rational numbers between which a Surd lies; if it is rational, itself twice.

    Maths
        low ≤ x ≤ high                             high − low ≤ |x|/2^bits

    >>> ends = enclosed(power(2, Fraction(1, 2)), 8)
    >>> ends.low * ends.low < 2 < ends.high * ends.high, float(ends.low)
    (True, 1.4142135623730951)
    """
    ends = _refined(x, lambda low, high: (high - low) * 2**bits <= min(abs(low), abs(high)))
    return Interval(*ends)


RADICALS: Final = {2: "√", 3: "∛", 4: "∜"}

DEGREE: Final = 10_000
SPAN: Final = 128
"""The highest degree of a root, and the most products of powers that a divisor may generate."""


def _terms(x: Surd) -> tuple[Term, ...]:
    return (((), x.rational), *x.roots) if x.rational else x.roots


def _sum(terms: Iterable[Term]) -> Surd:
    totals: dict[Powers, Fraction] = {(): Fraction(0)}
    for powers, coefficient in terms:
        totals[powers] = totals.get(powers, 0) + coefficient
    return Surd(totals.pop(()), tuple(sorted(term for term in totals.items() if term[1])))


def _term(coefficient: Fraction, powers: Iterable[tuple[int, Fraction]]) -> Term:
    """a coefficient times powers of primes, or of any number where the exponent is whole"""
    exponents: dict[int, Fraction] = {}
    for prime, exponent in powers:
        exponents[prime] = exponents.get(prime, 0) + exponent
    for prime, exponent in exponents.items():
        if whole := exponent // 1:
            coefficient *= Fraction(prime) ** whole
    rest = tuple((p, f % 1) for p, f in sorted(exponents.items()) if f.denominator > 1)
    if (degree := lcm(*(exponent.denominator for _, exponent in rest))) > DEGREE:
        raise ValueError(f"a root of degree {degree} is not kept: {DEGREE} is the highest")
    return rest, coefficient


def _radical(powers: Powers) -> tuple[int, int]:
    """the degree of the root that a product of powers is, and what stands under it"""
    degree = lcm(*(exponent.denominator for _, exponent in powers))
    return degree, prod(prime ** int(exponent * degree) for prime, exponent in powers)


def _text(powers: Powers, coefficient: Fraction) -> str:
    if not powers:
        return str(coefficient)
    degree, radicand = _radical(powers)
    root = "·".join(f"{p}^({f})" for p, f in powers)
    root = f"{RADICALS[degree]}{radicand}" if degree in RADICALS else root
    return {Fraction(1): "", Fraction(-1): "-"}.get(coefficient, f"{coefficient}·") + root


def _between(x: Surd, bits: int) -> tuple[Fraction, Fraction]:
    """Σ c·ⁿ√r, each root to the next multiple of 2^−bits below and above"""
    low = high = Fraction(0)
    for powers, c in _terms(x):
        degree, radicand = _radical(powers)
        root = _whole_root(radicand << degree * bits, degree)
        low += c * (root if c > 0 else root + 1)
        high += c * (root + 1 if c > 0 else root)
    return low / 2**bits, high / 2**bits


def _whole_root(integer: int, degree: int) -> int:
    """⌊ⁿ√x⌋, by Newton's method from above; from half of its digits, if it has many"""
    if degree % 2 == 0:
        return _whole_root(isqrt(integer), degree // 2)
    if degree == 1:
        return integer
    half = integer.bit_length() // (2 * degree)
    root = (_whole_root(integer >> half * degree, degree) + 1) << half if half else 4
    while (less := ((degree - 1) * root + integer // root ** (degree - 1)) // degree) < root:
        root = less
    return root


def _refined(x: Surd, enough: Callable[[Fraction, Fraction], bool]) -> tuple[Fraction, Fraction]:
    """two numbers around a Surd that have its sign and are near enough"""
    bits = 64
    while x.roots:
        low, high = _between(x, bits)
        if (low > 0 or high < 0) and enough(low, high):
            return low, high
        bits *= 2
    return x.rational, x.rational


def _sign(x: Surd) -> int:
    low, high = _refined(x, lambda low, high: True)
    return (low > 0) - (high < 0)


def _inverse(x: Surd) -> Surd:
    if len(_terms(x)) < 2:
        return _power_of_term(x, Fraction(-1))
    basis = _generated(powers for powers, _ in _terms(x))
    columns = [dict(_terms(x * _sum([(powers, Fraction(1))]))) for powers in basis]
    columns.append({(): Fraction(1)})
    rows = [[column.get(powers, Fraction(0)) for column in columns] for powers in basis]
    return _sum(zip(basis, _solved(rows), strict=True))


def _generated(generators: Iterable[Powers]) -> list[Powers]:
    """all products of some products of powers, without their rational factors"""
    basis: set[Powers] = {()}
    for generator in generators:
        new = basis
        while new := {_term(Fraction(1), [*powers, *generator])[0] for powers in new} - basis:
            basis |= new
            if len(basis) > SPAN:
                raise ValueError(f"a divisor's roots have over {SPAN} products; use float numbers")
    return sorted(basis)


def _solved(rows: list[list[Fraction]]) -> list[Fraction]:
    """what a matrix takes to the column beside it, by the method of Gauss and Jordan"""
    for left in range(len(rows), 0, -1):
        head, *pivot = rows.pop(next(i for i in range(left) if rows[i][0]))
        pivot = [entry / head for entry in pivot]
        rows = [
            [a - first * b for a, b in zip(rest, pivot, strict=True)] if first else rest
            for first, *rest in rows
        ]
        rows.append(pivot)
    return [solution for (solution,) in rows]


def _power_of_term(x: Surd, exponent: Fraction) -> Surd:
    if not x and exponent < 0:
        raise ZeroDivisionError("0 has no inverse")
    if not x:
        return surd(exponent == 0)
    ((powers, coefficient),) = _terms(x)
    above, below = abs(coefficient).as_integer_ratio()
    factors = [(prime, f * exponent) for prime, f in powers]
    factors += _prime_powers(above, exponent) + _prime_powers(below, -exponent)
    return _sum([_term((coefficient / abs(coefficient)) ** exponent.numerator, factors)])


def _prime_powers(integer: int, exponent: Fraction) -> list[tuple[int, Fraction]]:
    """powers of primes whose product is integer^exponent; or that itself, if it becomes whole"""
    while exponent.denominator % 2 == 0 and (root := isqrt(integer)) ** 2 == integer:
        integer, exponent = root, 2 * exponent
    if exponent.denominator == 1:
        return [(integer, exponent)]
    return [(prime, exponent) for prime in prime_factors(integer)]


lift_instance.register(Surd, lambda like, constant: surd(constant))
relu.register(Surd, lambda x: x if _sign(x) > 0 else surd(0))
maximum_instance.register(Surd, max)
greater_instance.register(Surd, lambda x, y: surd(x > y))
absolute.register(Surd, abs)
sqrt.register(Surd, lambda x: power(x, Fraction(1, 2)))
refuse(Surd, TRANSCENDENTAL, "its value is no Surd; use float, or the ends of enclosed(x, bits)")
