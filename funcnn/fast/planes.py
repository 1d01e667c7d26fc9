"""Planes: exact numbers as integers with one exponent, and these by digits of CPython's int."""

from collections.abc import Sequence
from itertools import compress, repeat
from math import frexp, isfinite, ldexp
from operator import mul
from typing import Any, Final, NamedTuple

from funcnn.algebra.dyadics import Dyadic, dyadic, top

DIGIT: Final = 30
"""Bits in a digit of CPython's int. A factor of one digit costs one pass over the other factor."""

PRECISIONS: Final = (1, 8, 24, 53)
"""Bits that floats are tried with: powers of two have 1, bfloat16's 8, binary32's 24, all 53."""


class FixedPoint(NamedTuple):
    """The numbers integer·2^exponent, with one exponent for all."""

    integers: list[int]
    exponent: int

    def whole(self) -> list[int]:
        """The numbers, if the exponent is not negative.

        >>> FixedPoint([3], 2).whole()
        [12]
        """
        return [x << self.exponent for x in self.integers] if self.exponent else self.integers


def fixed_point(numbers: Sequence[Any]) -> FixedPoint:
    """Floats, ints or dyadics with one exponent.

    To scale floats rounds nothing: none becomes subnormal, and what overflows is no integer.

    Errors
        TypeError    a number is of another kind, or infinite, or NaN

    >>> fixed_point([0.5, -3.0, 0.0])
    FixedPoint(integers=[1, -6, 0], exponent=-1)
    """
    kinds = {*map(type, numbers)}
    if kinds == {int}:
        return FixedPoint([*numbers], 0)
    if kinds == {float}:
        smallest = min(filter(None, map(abs, numbers)), default=1.0)
        for precision in PRECISIONS:
            shift = min(precision - frexp(smallest)[1], 1023)
            scale = ldexp(1.0, shift)
            if all(map(float.is_integer, map(mul, numbers, repeat(scale)))):
                return FixedPoint([int(x * scale) for x in numbers], -shift)
    dyadics = [*map(dyadic, numbers)]
    exponent = min((x.exponent for x in dyadics if x.integer), default=0)
    integers = [x.integer << x.exponent - exponent if x.integer else 0 for x in dyadics]
    return FixedPoint(integers, exponent)


def span(numbers: Sequence[int | Dyadic]) -> int:
    """The bits of the largest integer of some numbers with one exponent.

    >>> span([Dyadic(1, 10), 3, Dyadic(0, 10**9)])
    11
    """
    dyadics = [x for x in map(dyadic, numbers) if x.integer]
    return max(map(top, dyadics)) - min(x.exponent for x in dyadics) if dyadics else 0


class Plane(NamedTuple):
    """The numbers digit·2^exponent of those that stand at some places among others."""

    digits: Sequence[int]
    exponent: int
    places: Sequence[int]


def planes(numbers: Sequence[Any]) -> list[Plane]:
    """Floats, ints or dyadics as sums of planes, of falling exponents: |digit| ≤ 2³⁰.

    All numbers are in the first plane, and in each later one those that are not told in full. Where
    they have few significant bits, as binary32's, these are few.

    Errors
        TypeError    a number is of another kind, or infinite, or NaN

    >>> for plane in planes([5, -(2**40)]):
    ...     print(*plane)
    [0, -536870912] 11 range(0, 2)
    [5] 0 [0]
    """
    if {*map(type, numbers)} == {float} and all(map(isfinite, numbers)):
        largest = max(max(numbers), -min(numbers))
        if largest < 2.0**DIGIT:
            return _float_planes(numbers, max(frexp(largest)[1] - DIGIT, -1023))
    return _int_planes(*fixed_point(numbers))


def _float_planes(numbers: Sequence[float], exponent: int) -> list[Plane]:
    """from an exponent that is 0 or less: scaled up, and less their digits, floats are exact"""
    scale = ldexp(1.0, -exponent)
    scaled = [x * scale for x in numbers]
    digits = [int(x) for x in scaled]
    rest = [x - digit for x, digit in zip(scaled, digits, strict=True)]
    places = [*compress(range(len(rest)), rest)]
    later = _int_planes(*fixed_point([*filter(None, rest)])) if places else []
    return [Plane(digits, exponent, range(len(digits)))] + [
        Plane(more, exponent + below, [places[k] for k in at]) for more, below, at in later
    ]


def _int_planes(rest: list[int], exponent: int) -> list[Plane]:
    places: Sequence[int] = range(len(rest))
    found = list[Plane]()
    while places:
        cut = max(0, max(map(abs, rest)).bit_length() - DIGIT)
        found.append(Plane([x >> cut for x in rest], exponent + cut, places))
        rest = [x & (1 << cut) - 1 for x in rest]
        places = [*compress(places, rest)]
        rest = [*filter(None, rest)]
    return found
