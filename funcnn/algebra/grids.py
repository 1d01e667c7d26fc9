"""Grids: numbers that prove a result exact in any order of its sums, or refuse to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final, Never

from funcnn.algebra.dyadics import Dyadic, dyadic, order, top
from funcnn.algebra.elementary import (
    TRANSCENDENTAL,
    absolute,
    greater_instance,
    maximum_instance,
    relu,
    sqrt,
)
from funcnn.algebra.formats import Format
from funcnn.algebra.scalars import (
    Constant,
    Reflected,
    lift_instance,
    lifting,
    ordered,
    shown,
    total_instance,
)

ZERO: Final = Dyadic(0)


class Inexact(ArithmeticError):
    """A result is rounded, or may be in some order."""


def _shared(x: "Grid", y: "Grid") -> Format:
    if x.format is not y.format and x.format != y.format:
        names = f"a Grid in {x.format.name} beside one in {y.format.name}"
        raise TypeError(f"{names}: numbers of two formats do not mix, make them of one")
    return x.format


def _order(x: "Grid", y: "Grid") -> int:
    _shared(x, y)
    return order(x.value, y.value)


@dataclass(frozen=True, slots=True, eq=False)
class Grid(Reflected):
    """A number that any right implementation computes without a rounding. `grid` makes one.

    The terms of a sum, which may be products or sums themselves, may be added in any order, with or
    without fused multiply-add; all else as it is written. So what an implementation returns equals
    the value, but for the sign of a zero, which depends on the order.

    Maths
        let each of a sum's terms tᵢ be a multiple of q = 2^quantum, and size = Σ|tᵢ|; demand
            q ≥ η, the least positive number, or q ≥ 2^emin where results or inputs are flushed
            size ≤ 2ᵖ·q                            size ≤ largest
        then the sum of any of the terms is k·q with |k| ≤ 2ᵖ, so that it has p bits or is a power
        of two; it neither overflows, nor lies between the numbers of the format, nor is flushed.
        Every step of every order adds two such sums, and gives a third: no step rounds
        a product, or whatever else is no sum, stands alone: it is one term, its size |value|, and q
        the largest power of two that it is a multiple of. 0 is a multiple of every q
        x/y = x·(1/y) = Σ tᵢ/y, if y is a power of two, and 1/y and all tᵢ/y are numbers
    Errors
        Inexact      some order may round, overflow or flush; the format does not hold a constant; a
                     divisor is no power of two; or a function's values are irrational
        TypeError    two formats mix
    Laws
        x == y where their values are equal, and their formats

    >>> from funcnn.algebra.formats import binary16
    >>> from funcnn.algebra.vectors import dot
    >>> one, large = grid(1, binary16), grid(2047, binary16)
    >>> float(dot([one, one], [large, one]))
    2048.0
    >>> dot([one, one, one], [large, one, one])
    Traceback (most recent call last):
    funcnn.algebra.grids.Inexact: sizes of 2049.0 in all, in steps of 2^0, may be rounded: ...
    """

    value: Dyadic
    size: Dyadic
    """The sum of the sizes of the terms."""
    quantum: int
    """The exponent of a power of two that all terms are multiples of."""
    format: Format

    @lifting
    def __add__(self, other: "Grid") -> "Grid":
        return _total(self, [self, other])

    @lifting
    def __sub__(self, other: "Grid") -> "Grid":
        return _total(self, [self, -other])

    @lifting
    def __mul__(self, other: "Grid") -> "Grid":
        return _alone(self.value * other.value, _shared(self, other))

    @lifting
    def __truediv__(self, other: "Grid") -> "Grid":
        part = _reciprocal(other)
        _demand(self.size * abs(part.value), self.quantum + part.quantum, self.format)
        return self * part

    def __neg__(self) -> "Grid":
        return replace(self, value=-self.value)

    def __abs__(self) -> "Grid":
        return _alone(abs(self.value), self.format)

    __lt__, __le__, __gt__, __ge__ = ordered(_order)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Grid):
            return self.format == other.format and self.value == other.value
        return self.value == other if isinstance(other, int) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return str(float(self))


def grid(number: Constant | Dyadic, number_format: Format) -> Grid:
    """A number that a format holds.

    Errors
        Inexact      it does not
        TypeError    it is no number

    >>> from funcnn.algebra.formats import binary32
    >>> float(grid(0.5, binary32))
    0.5
    >>> grid(0.1, binary32)
    Traceback (most recent call last):
    funcnn.algebra.grids.Inexact: sizes of 0.1 in all, in steps of 2^-55, may be rounded: ...
    """
    if not isinstance(number, (int, float, Fraction, Dyadic)):
        raise TypeError(f"a {type(number).__name__} is no Grid; use int, float or Fraction")
    try:
        return _alone(dyadic(number), number_format)
    except TypeError:
        held = f"integers times powers of two, as {number_format.name} holds"
        raise Inexact(f"{shown(number)} is none of the {held}") from None


def _alone(value: Dyadic, number_format: Format) -> Grid:
    """a number that is no sum, whatever it came from"""
    if not value.integer:
        return Grid(ZERO, ZERO, number_format.emax, number_format)
    size = abs(value)
    quantum = value.exponent + (value.integer & -value.integer).bit_length() - 1
    _demand(size, quantum, number_format)
    return Grid(value, size, quantum, number_format)


def _demand(size: Dyadic, quantum: int, number_format: Format) -> None:
    """the conditions under which no order rounds"""
    precision, emin = number_format.precision, number_format.emin
    flushes = number_format.flush_results or number_format.flush_inputs
    if quantum < (emin if flushes else emin - precision + 1):
        raise Inexact(f"steps of 2^{quantum} may underflow in {number_format.name}")
    if top(size) > precision + quantum and size > Dyadic(1, precision + quantum):
        whole = f"sizes of {float(size)} in all, in steps of 2^{quantum}"
        raise Inexact(f"{whole}, may be rounded: {number_format.name} has {precision} bits")
    if top(size) > number_format.emax and size > dyadic(number_format.largest):
        raise Inexact(f"sizes of {float(size)} in all may overflow in {number_format.name}")


def _reciprocal(x: Grid) -> Grid:
    sign = 1 if x.value > 0 else -1
    if abs(x.value.integer).bit_count() != 1:
        raise Inexact(f"a quotient by {x} may be rounded: only one by a power of two is not")
    return _alone(Dyadic(sign, 1 - top(x.value)), x.format)


def _total(like: Grid, terms: Sequence[Grid]) -> Grid:
    for term in terms:
        _shared(like, term)
    size = sum((term.size for term in terms), ZERO)
    quantum = min(term.quantum for term in terms)
    _demand(size, quantum, like.format)
    return Grid(sum((term.value for term in terms), ZERO), size, quantum, like.format)


def _relu(x: Grid) -> Grid:
    return _alone(relu(x.value), x.format)


def _maximum(x: Grid, y: Grid) -> Grid:
    return _alone(max(x.value, y.value), _shared(x, y))


def _greater(x: Grid, y: Grid) -> Grid:
    return _alone(Dyadic(int(x > y)), x.format)


def _inexact(function: Callable[[Any], Any]) -> Callable[[Grid], Never]:
    def instance(x: Grid) -> Never:
        raise Inexact(f"{function.__name__} of {x} is rounded: its values are irrational")

    return instance


lift_instance.register(Grid, lambda like, constant: grid(constant, like.format))
total_instance.register(Grid, _total)
relu.register(Grid, _relu)
absolute.register(Grid, abs)
maximum_instance.register(Grid, _maximum)
greater_instance.register(Grid, _greater)
for function in (*TRANSCENDENTAL, sqrt):
    function.register(Grid, _inexact(function))
