"""Bounds: an exact value, and how far from it any right implementation may stray."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isfinite, nextafter
from typing import Any, Final

from funcnn.algebra.dyadics import Dyadic, dyadic, fraction, rounded, to_odd, top
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
from funcnn.algebra.formats import NEAREST
from funcnn.algebra.intervals import Undecided
from funcnn.algebra.profiles import PROFILE, Profile
from funcnn.algebra.scalars import Constant, Reflected, lift_instance, lifting, total_instance

GUARD: Final = 64
"""How many more bits than the format's a value keeps that is no dyadic."""

ZERO: Final = Dyadic(0)


class NoInformation(ArithmeticError):
    """Nothing is proven of a result: it may overflow, or has too many terms, or a pole is near."""


@dataclass(frozen=True, slots=True)
class Bound(Reflected):
    """A value, and a radius within which any right implementation stays. `bound` makes one.

    The additions of a `total` may be made in any order, with or without fused multiply-add; all
    else as it is written. + − × lose nothing of the value; after ÷, or a function like exp, it is a
    dyadic so near the exact value that the radius still holds.

    Maths
        a product carries its magnitude |x·y| + r and what its factors' radii r do to it
        a sum of n terms, m of them products, strays by those r and
            k·u·(G + L) + L                        to nearest
            ((1 + 2u)ᵏ − 1)·(G + L) + L            in any other rounding
        where G = Σ magnitudes, k = n if m > 0 else n − 1, and L = m·η/2 (to nearest, else m·η),
        with (2n − 1)·2^emin more where results or inputs are flushed to zero
        k·u ≥ 1 (to nearest, else 2k·u): no information, for such a radius says nothing
    Errors
        NoInformation    the format may overflow, or the terms are too many, or a divisor may be 0
        Undecided        a comparison that the radii leave open
        TypeError        two profiles mix
    Laws
        X == Y where all their fields are equal: it says nothing of the numbers
        the radius of a + b is that of this one addition, of total([a, b]) that of any order
    Source
        C.-P. Jeannerod, S. Rump, "Improved Error Bounds for Inner Products in Floating-Point
        Arithmetic", SIAM J. Matrix Analysis 34 (2013); N. Higham, "Accuracy and Stability of
        Numerical Algorithms", 2nd ed., SIAM 2002, 3.1

    >>> from funcnn.algebra.vectors import dot
    >>> tenth, one = bound(0.1), bound(1)
    >>> certificate = dot([tenth] * 10, [one] * 10)
    >>> [certificate.admits(x) for x in (1.0, 0.9999999999999999, 1.00000000000001)]
    [True, True, False]
    """

    value: Dyadic
    inherited: Dyadic
    """The radius without the roundings of this sum and its products."""
    magnitude: Dyadic
    """The sum of the sizes of the terms."""
    profile: Profile
    terms: int = 1
    products: int = 0
    """How many of the terms are products, not rounded yet."""

    @property
    def radius(self) -> Dyadic:
        """How far from the value an implementation may stray."""
        if self.terms == 1 and not self.products:
            return self.inherited
        return self.inherited + _strayed(self, self.terms - (not self.products))

    def admits(self, number: Constant | Dyadic) -> bool:
        """Whether an implementation may have returned a number.

        Errors
            NoInformation    any may have been returned

        >>> bound(0.5).admits(0.5), bound(0.5).admits(0.5000000000000001)
        (True, False)
        """
        radius = self.radius
        if isinstance(number, float):
            return isfinite(number) and abs(dyadic(number) - self.value) <= radius
        return abs(fraction(number) - fraction(self.value)) <= fraction(radius)

    def share(self, number: float) -> float:
        """How much of the radius a number uses: its error ÷ the radius, above 1 if it is larger.

        >>> (bound(0.1) * bound(0.1)).share(0.1 * 0.1) <= 1, bound(0.5).share(0.5)
        (True, 0.0)
        """
        radius = self.radius
        error = abs(dyadic(number) - self.value) if isfinite(number) else None
        if error is None or not radius:
            return 0.0 if error == 0 else inf
        try:
            ratio = float(fraction(error) / fraction(radius))
        except OverflowError:
            return inf
        return min(ratio, 1.0) if error <= radius else max(ratio, nextafter(1.0, inf))

    @lifting
    def __add__(self, other: "Bound") -> "Bound":
        profile = _shared(self, other)
        value = self.value + other.value
        spread = _read(self) + _read(other)
        if not spread and profile.format.holds(value):
            return _settled(value, spread, profile)
        loss = _ulp(abs(value) + spread, profile) * profile.loss
        return _settled(value, spread + loss + profile.flush, profile)

    @lifting
    def __sub__(self, other: "Bound") -> "Bound":
        return self + -other

    @lifting
    def __mul__(self, other: "Bound") -> "Bound":
        profile = _shared(self, other)
        value, one, two = self.value * other.value, _read(self), _read(other)
        if not one and not two:
            return Bound(value, ZERO, abs(value), profile, 1, int(not profile.format.holds(value)))
        spread = abs(self.value) * two + abs(other.value) * one + one * two
        return Bound(value, spread, abs(value) + spread, profile, 1, 1)

    @lifting
    def __truediv__(self, other: "Bound") -> "Bound":
        profile = _shared(self, other)
        one, two = fraction(_read(self)), fraction(_read(other))
        divisor = fraction(other.value)
        if abs(divisor) <= two:
            raise NoInformation(f"{self} / {other}: the divisor may be 0")
        exact = fraction(self.value) / divisor
        value, gap = _near(exact, profile)
        spread = gap + _above((one + abs(exact) * two) / (abs(divisor) - two))
        return _rounded(value, spread, profile)

    def __neg__(self) -> "Bound":
        return replace(self, value=-self.value)

    def __abs__(self) -> "Bound":
        return _settled(abs(self.value), _read(self), self.profile)

    @lifting
    def __lt__(self, other: "Bound") -> bool:
        return _decided(self, "<", other, other.value - self.value)

    @lifting
    def __gt__(self, other: "Bound") -> bool:
        return _decided(self, ">", other, self.value - other.value)

    @lifting
    def __le__(self, other: "Bound") -> bool:
        return not self > other

    @lifting
    def __ge__(self, other: "Bound") -> bool:
        return not self < other

    def __str__(self) -> str:
        return f"{float(self.value)} ± {float(self.radius):.2g}"


def bound(number: Constant | Dyadic, profile: Profile = PROFILE) -> Bound:
    """A number as an implementation reads it: with no radius if the format holds it, else rounded.

    Errors
        TypeError        it is NaN or infinite, or no number
        NoInformation    it overflows

    >>> str(bound(0.5)), str(bound(Fraction(1, 3)))
    ('0.5 ± 0', '0.3333333333333333 ± 2.8e-17')
    """
    if not isinstance(number, (int, float, Fraction, Dyadic)):
        raise TypeError(f"a {type(number).__name__} is no Bound; use int, float or Fraction")
    if isinstance(number, float) and not isfinite(number):
        raise TypeError(f"{number} is no Bound; use float numbers")
    value, gap = _near(fraction(number), profile)
    if not gap and profile.format.holds(value):
        return _settled(value, ZERO, profile)
    return _rounded(value, gap, profile)


def _shared(x: Bound, y: Bound) -> Profile:
    if x.profile is not y.profile and x.profile != y.profile:
        names = f"a Bound in {x.profile.format.name} beside one in {y.profile.format.name}"
        raise TypeError(f"{names}: numbers of two profiles do not mix, make them of one")
    return x.profile


def _settled(value: Dyadic, radius: Dyadic, profile: Profile) -> Bound:
    """the bound of a number that stands alone, whatever it came from"""
    magnitude = abs(value) + radius
    _demand(magnitude, profile)
    return Bound(value, radius, magnitude, profile)


def _demand(magnitude: Dyadic, profile: Profile) -> None:
    if magnitude > dyadic(profile.format.largest):
        raise NoInformation(
            f"{profile.format.name} may overflow: it holds {profile.format.largest:.5g}"
        )


def _rounded(value: Dyadic, spread: Dyadic, profile: Profile, ulps: Dyadic | None = None) -> Bound:
    """the bound of a number within the spread of the value, until it is rounded"""
    size = abs(value) + spread
    _demand(size, profile)
    ulp = max(_ulp(size, profile), profile.quantum)
    loss = ulp * (profile.loss if ulps is None else ulps) + profile.flush
    return _settled(value, spread + loss, profile)


def _ulp(size: Dyadic, profile: Profile) -> Dyadic:
    return Dyadic(1, top(size) - profile.format.precision)


def _strayed(x: Bound, count: int) -> Dyadic:
    """What the additions, and the roundings of the products, add to the radius.

    To nearest, over any tree: let a product that underflows, or a result that is flushed, be exact
    of a changed term; the changes are L in all, so that sizes add up to G + L. A part of n terms
    then errs by n·u·G at most. For adding parts of n₁ and n₂ terms needs |δ| ≤ u·(n₂G₁ + n₁G₂): if
    (1 + n₂u)·G₂ ≤ n₂u·G₁, then |δ| ≤ |the second part| does, since the first is in the format;
    likewise the other way round; else |δ| ≤ u/(1 + u)·((1 + n₁u)·G₁ + (1 + n₂u)·G₂) does. A fused
    product is a second part of one term without an error of its own.
    """
    profile = x.profile
    unit = profile.unit
    if unit * count >= 1:
        raise NoInformation(f"{count} roundings in {profile.format.name} leave nothing certain")
    lost = profile.quantum * profile.loss * x.products + profile.flush * (2 * x.terms - 1)
    nearest = profile.format.rounding in NEAREST
    growth = unit * count if nearest else _power(1 + unit, count) - 1
    size = x.magnitude + lost
    _demand(size + growth * size, profile)
    return growth * size + lost


def _power(base: Dyadic, exponent: int) -> Dyadic:
    return Dyadic(base.integer**exponent, base.exponent * exponent)


def _read(x: Bound) -> Dyadic:
    """the radius of a number as an operation reads it, flushed perhaps"""
    radius, number_format = x.radius, x.profile.format
    if not number_format.flush_inputs or abs(x.value) - radius >= Dyadic(1, number_format.emin):
        return radius
    return radius + min(abs(x.value) + radius, Dyadic(1, number_format.emin))


def _near(exact: Fraction, profile: Profile) -> tuple[Dyadic, Dyadic]:
    """a dyadic near a number, and how near"""
    bits = profile.format.precision + GUARD
    value = to_odd(exact.numerator, exact.denominator, bits)
    return value, ZERO if fraction(value) == exact else Dyadic(1, value.exponent)


def _above(exact: Fraction) -> Dyadic:
    """a dyadic a little above a number that is not negative"""
    return rounded(to_odd(exact.numerator, exact.denominator, GUARD), GUARD - 2, "up")


def _decided(x: Bound, sign: str, y: Bound, difference: Dyadic) -> bool:
    radius = _read(x) + _read(y)
    if -radius < difference <= radius:
        raise Undecided(f"{x} {sign} {y} is undecided: use maximum, greater or relu")
    return difference > radius


def _total(like: Bound, terms: Sequence[Bound]) -> Bound:
    for term in terms:
        _shared(like, term)
    return Bound(
        sum((term.value for term in terms), ZERO),
        sum((term.inherited for term in terms), ZERO),
        sum((term.magnitude for term in terms), ZERO),
        like.profile,
        sum(term.terms for term in terms),
        sum(term.products for term in terms),
    )


def _relu(x: Bound) -> Bound:
    radius = _read(x)
    if x.value > 0:
        return _settled(x.value, radius, x.profile)
    return _settled(ZERO, max(x.value + radius, ZERO), x.profile)


def _maximum(x: Bound, y: Bound) -> Bound:
    profile, one, two = _shared(x, y), _read(x), _read(y)
    gap = x.value - y.value
    if gap >= one + two:
        return _settled(x.value, one, profile)
    radius = two if -gap >= one + two else max(one, two)
    return _settled(max(x.value, y.value), radius, profile)


def _greater(x: Bound, y: Bound) -> Bound:
    try:
        return _settled(Dyadic(int(x > y)), ZERO, x.profile)
    except Undecided:
        return _settled(Dyadic(1, -1), Dyadic(1, -1), x.profile)


def _rising(function: Callable[[Any], Any], x: Dyadic, radius: Dyadic, bits: int) -> list[Dyadic]:
    """the value of a function that nowhere falls, and what it is between on the way"""
    center = enclosure(function, x, bits)
    if not radius:
        return [center.low, center.low, center.high]
    low, high = enclosure(function, x - radius, bits), enclosure(function, x + radius, bits)
    return [center.low, low.low, high.high]


def _wave(function: Callable[[Any], Any], x: Dyadic, radius: Dyadic, bits: int) -> list[Dyadic]:
    """the same of a function whose slope is at most 1"""
    center = enclosure(function, x, bits)
    return [center.low, center.low - radius, center.high + radius]


def _bounding(function: Callable[[Any], Any], ends: Callable[..., Any]) -> Callable[[Bound], Bound]:
    def instance(x: Bound) -> Bound:
        profile = x.profile
        bits = profile.format.precision + GUARD
        least = profile.quantum * Dyadic(1, -GUARD)
        try:
            found = ends(function, x.value, _read(x), bits)
        except ValueError:
            raise NoInformation(f"{function.__name__} of {x} may be no real number") from None
        value, low, high = [number if abs(number) > least else ZERO for number in found]
        _demand(abs(high), profile)
        spread = max(value - low, high - value) + least
        ulps = None if function is sqrt else _above(Fraction(profile.error(function)))
        return _rounded(value, spread, profile, ulps)

    return instance


lift_instance.register(Bound, lambda like, constant: bound(constant, like.profile))
total_instance.register(Bound, _total)
relu.register(Bound, _relu)
absolute.register(Bound, abs)
maximum_instance.register(Bound, _maximum)
greater_instance.register(Bound, _greater)
for function in (exp, log, sqrt, tanh, sigmoid, erf):
    function.register(Bound, _bounding(function, _rising))
for function in (sin, cos):
    function.register(Bound, _bounding(function, _wave))
