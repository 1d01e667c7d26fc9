"""Roundings: numbers of a format, whose every operation rounds, as a machine's do."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import copysign, inf, isfinite, isnan
from typing import Any

from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.elementary import (
    absolute,
    greater,
    greater_instance,
    maximum,
    maximum_instance,
    relu,
)
from funcnn.algebra.enclosures import ENCLOSED, correctly_rounded
from funcnn.algebra.formats import Format
from funcnn.algebra.scalars import Constant, Reflected, alike, lift_instance, lifting

type Operation = Callable[[float, float, Format], float]


def _rounding(operation: Operation) -> Callable[["Rounded", Any], "Rounded"]:
    @lifting
    def rounding(x: "Rounded", y: "Rounded") -> "Rounded":
        number_format = _shared(x, y)
        return Rounded(
            operation(
                number_format.flushed(x.value), number_format.flushed(y.value), number_format
            ),
            number_format,
        )

    return rounding


def _comparing(compare: Callable[[float, float], bool]) -> Callable[["Rounded", Any], bool]:
    @lifting
    def comparing(x: "Rounded", y: "Rounded") -> bool:
        number_format = _shared(x, y)
        return compare(number_format.flushed(x.value), number_format.flushed(y.value))

    return comparing


def _shared(x: "Rounded", y: "Rounded") -> Format:
    if x.format is not y.format and x.format != y.format:
        names = f"{x.format.name} beside {y.format.name}"
        raise TypeError(f"{names}: numbers do not mix, cast one of them")
    return x.format


def _sum(x: float, y: float, number_format: Format) -> float:
    if x + y and isfinite(x) and isfinite(y):
        return number_format.round_dyadic(dyadic(x) + dyadic(y))
    return _fused(x, 1.0, y, number_format)


def _difference(x: float, y: float, number_format: Format) -> float:
    return _sum(x, -y, number_format)


def _product(x: float, y: float, number_format: Format) -> float:
    if x and y and isfinite(x) and isfinite(y):
        return number_format.round_dyadic(dyadic(x) * dyadic(y))
    return number_format.special(x * y)


def _quotient(x: float, y: float, number_format: Format) -> float:
    if x and y and isfinite(x) and isfinite(y):
        return number_format.round(Fraction(x) / Fraction(y))
    if y:
        return number_format.special(x / y)
    return number_format.special(x * copysign(inf, y))


def _fused(x: float, y: float, z: float, number_format: Format) -> float:
    """x·y + z, rounded once; of zeros of both signs the sum is −0 if everything goes down"""
    if not (isfinite(x) and isfinite(y)):
        return number_format.special(x * y + z)
    if not isfinite(z):
        return number_format.special(z)
    exact = dyadic(x) * dyadic(y) + dyadic(z)
    if exact:
        return number_format.round_dyadic(exact)
    if copysign(1.0, x) * copysign(1.0, y) == copysign(1.0, z):
        return copysign(0.0, z)
    return -0.0 if number_format.rounding == "down" else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Rounded(Reflected):
    """A number of a format. `cast` makes one of any number.

    Over them a definition gives what a machine with that arithmetic gives.

    Order
        One rounding an operation, as the format says: + − × ÷ and each elementary function give the
        exact result of what they read, rounded once. Relu, maximum, absolute and negation round
        and flush nothing.
    Errors
        TypeError    two formats mix
    Laws
        x == y as of floats, so that NaN equals nothing; False for two formats
        over binary64, + − × ÷ are those of float; over binary32, those of NumPy's float32
    Source
        IEEE 754-2019, 5.4, 6 and 9.2

    >>> from funcnn.algebra.formats import bfloat16, float8_e4m3fn
    >>> third, two = cast(Fraction(1, 3), bfloat16), cast(2, bfloat16)
    >>> third.value, (third + two).value, (third / two).value
    (0.333984375, 2.328125, 0.1669921875)
    >>> two + cast(2, float8_e4m3fn)
    Traceback (most recent call last):
    TypeError: bfloat16 beside float8_e4m3fn: numbers do not mix, cast one of them
    """

    value: float
    format: Format

    __add__ = _rounding(_sum)
    __sub__ = _rounding(_difference)
    __mul__ = _rounding(_product)
    __truediv__ = _rounding(_quotient)
    __lt__ = _comparing(operator.lt)
    __le__ = _comparing(operator.le)
    __gt__ = _comparing(operator.gt)
    __ge__ = _comparing(operator.ge)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rounded):
            return self.format == other.format and self.value == other.value
        return self.value == other if isinstance(other, int) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return self.value != 0

    def __neg__(self) -> "Rounded":
        return Rounded(-self.value, self.format)

    def __abs__(self) -> "Rounded":
        return Rounded(abs(self.value), self.format)

    def __float__(self) -> float:
        return self.value


def cast(number: int | float | Fraction | Dyadic | Rounded, number_format: Format) -> Rounded:
    """A number, rounded once to a format.

    Errors
        TypeError    it is none of these numbers, or the format none of floating point

    >>> from funcnn.algebra.formats import binary16, bfloat16, float8_e4m3fn
    >>> cast(0.1, binary16).value, cast(cast(0.1, binary16), float8_e4m3fn).value
    (0.0999755859375, 0.1015625)
    """
    if not isinstance(number_format, Format):
        raise TypeError(f"{number_format!r:.60} is no Format; for int8 there is quantize")
    exact = number.value if isinstance(number, Rounded) else number
    return Rounded(number_format.round(exact), number_format)


def fma(x: Rounded, y: Rounded, z: Rounded) -> Rounded:
    """The fused multiply-add.

    Maths
        x·y + z
    Order
        One rounding.
    Errors
        TypeError    two formats mix
    Source
        IEEE 754-2019, 5.4.1, fusedMultiplyAdd

    >>> from funcnn.algebra.formats import binary16
    >>> x = cast(1 + 2**-10, binary16)
    >>> fma(x, x, -cast(1 + 2**-9, binary16)).value == 2**-20, (x * x).value == 1 + 2**-9
    (True, True)
    """
    (numbers,) = alike([[x, y, z]], "fma, vector {}".format)
    number_format = _shared(numbers[0], numbers[1])
    _shared(numbers[0], numbers[2])
    one, two, three = (number_format.flushed(number.value) for number in numbers)
    return Rounded(_fused(one, two, three, number_format), number_format)


def _lift(like: Rounded, constant: Constant) -> Rounded:
    return cast(constant, like.format)


def _elementary(function: Callable[[Any], Any]) -> Callable[[Rounded], Rounded]:
    """What the function gives for floats where that is exact, else its value rounded once."""

    def instance(x: Rounded) -> Rounded:
        number_format = x.format
        value = number_format.flushed(x.value)
        result = function(value)
        if value and isfinite(value) and not isnan(result):
            return Rounded(correctly_rounded(function, value, number_format), number_format)
        return cast(result, number_format)

    return instance


def _greater(x: Rounded, y: Rounded) -> Rounded:
    number_format = _shared(x, y)
    read = [number_format.flushed(number.value) for number in (x, y)]
    return Rounded(greater(*read), number_format)


def _kept(function: Callable[..., float]) -> Callable[..., Rounded]:
    def instance(x: Rounded, *others: Rounded) -> Rounded:
        for other in others:
            _shared(x, other)
        return Rounded(function(x.value, *[other.value for other in others]), x.format)

    return instance


lift_instance.register(Rounded, _lift)
relu.register(Rounded, _kept(relu))
absolute.register(Rounded, _kept(abs))
maximum_instance.register(Rounded, _kept(maximum))
greater_instance.register(Rounded, _greater)
function: Any
for function in ENCLOSED:
    function.register(Rounded, _elementary(function))
