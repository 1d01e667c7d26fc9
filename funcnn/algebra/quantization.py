"""Quantization: small integers with a scale, multiplied exactly and summed in 32 bits."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isinf, isnan
from typing import Any, Final, Never

from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.elementary import (
    TRANSCENDENTAL,
    absolute,
    greater_instance,
    maximum_instance,
    relu,
    sqrt,
)
from funcnn.algebra.scalars import (
    Constant,
    Reflected,
    lift_instance,
    lifting,
    ordered,
    refuse,
    shown,
)


@dataclass(frozen=True, slots=True)
class IntegerFormat:
    """The numbers k·scale of all integers k of so many bits, in two's complement.

    Errors
        ValueError   the scale is not positive, or there is no bit beside the sign
        TypeError    the scale is no Fraction

    >>> replace(int8, scale=Fraction(1, 16)).largest
    Fraction(127, 16)
    """

    name: str
    bits: int
    scale: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if not isinstance(self.scale, Fraction):
            raise TypeError(f"{self.name}: the scale is to be a Fraction, not {self.scale!r}")
        if self.bits < 2 or self.scale <= 0:
            raise ValueError(f"{self.name} needs 2 bits or more, and a scale above 0")

    @property
    def largest(self) -> Fraction:
        """The largest number."""
        return ((1 << (self.bits - 1)) - 1) * self.scale

    def round(self, number: int | float | Fraction | Dyadic) -> int:
        """The integer k of the nearest k·scale, of two as near the even one; at most the largest.

        Errors
            ValueError   the number is NaN
        Source
            ONNX 1.16, QuantizeLinear, of zero point 0

        >>> [int8.round(number) for number in (2.5, 3.5, -1e9, 1000)]
        [2, 4, -128, 127]
        """
        half = 1 << (self.bits - 1)
        if isinstance(number, float) and isnan(number):
            raise ValueError(f"NaN is no number of {self.name}")
        if isinstance(number, float) and isinf(number):
            return half - 1 if number > 0 else -half
        exact = number if isinstance(number, Fraction) else dyadic(number)
        integer = round(Fraction(*exact.as_integer_ratio()) / self.scale)
        return max(-half, min(integer, half - 1))


int8: Final = IntegerFormat("int8", 8)
int32: Final = IntegerFormat("int32", 32)


def _order(x: "Quantized", y: "Quantized") -> Fraction:
    return x.value - y.value


@dataclass(frozen=True, slots=True, eq=False)
class Quantized(Reflected):
    """The number integer·scale. `quantize` makes one of any number.

    Products are of two int8. They, sums and differences are int32, as on hardware; negation and
    the absolute value keep the format, and make 127 of −128.

    Order
        Nothing rounds but `quantize`.
    Errors
        TypeError        a factor has more than 8 bits, or terms have different scales; there is no
                         quotient
        OverflowError    a result leaves 32 bits
    Source
        B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference", CVPR 2018

    >>> tenths = replace(int8, scale=Fraction(1, 10))
    >>> x = quantize(1.23, tenths)
    >>> x.integer, x.value, (x * x + x * x).value
    (12, Fraction(6, 5), Fraction(72, 25))
    >>> x * (x * x)
    Traceback (most recent call last):
    TypeError: an int32 is no factor: quantize it to int8
    """

    integer: int
    format: IntegerFormat

    @property
    def value(self) -> Fraction:
        """The number."""
        return self.integer * self.format.scale

    @lifting
    def __add__(self, other: "Quantized") -> "Quantized":
        return _int32(self.integer + other.integer, _shared(self, other))

    @lifting
    def __sub__(self, other: "Quantized") -> "Quantized":
        return _int32(self.integer - other.integer, _shared(self, other))

    @lifting
    def __mul__(self, other: "Quantized") -> "Quantized":
        for factor in (self, other):
            if factor.format.bits > 8:
                raise TypeError(f"an {factor.format.name} is no factor: quantize it to int8")
        return _int32(self.integer * other.integer, self.format.scale * other.format.scale)

    def __truediv__(self, other: Any) -> Never:
        raise TypeError("the quotient of two Quantized has no scale: use float or Fraction numbers")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Quantized):
            return self.value == other.value
        return self.value == other if isinstance(other, int) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return self.integer != 0

    def __neg__(self) -> "Quantized":
        return quantize(-self.value, self.format)

    def __abs__(self) -> "Quantized":
        return quantize(abs(self.value), self.format)

    __lt__, __le__, __gt__, __ge__ = ordered(_order)


def quantize(
    number: int | float | Fraction | Dyadic | Quantized, number_format: IntegerFormat
) -> Quantized:
    """A number, rounded once to an integer format.

    Errors
        ValueError   it is NaN
        TypeError    it is no number, or the format none of integers

    >>> quantize(0.3, replace(int8, scale=Fraction(1, 100))).integer
    30
    """
    if not isinstance(number_format, IntegerFormat):
        raise TypeError(f"{number_format!r:.60} is no IntegerFormat; for formats there is cast")
    exact = number.value if isinstance(number, Quantized) else number
    return Quantized(number_format.round(exact), number_format)


def _shared(x: Quantized, y: Quantized) -> Fraction:
    if x.format.scale != y.format.scale:
        scales = f"{x.format.scale} beside {y.format.scale}"
        raise TypeError(f"scales {scales}: terms do not mix, quantize one of them")
    return x.format.scale


def _int32(integer: int, scale: Fraction) -> Quantized:
    if not -(1 << 31) <= integer < 1 << 31:
        raise OverflowError(f"{integer} leaves int32: sum fewer terms, or take a coarser scale")
    return Quantized(integer, replace(int32, scale=scale))


def _lift(like: Quantized, constant: Constant) -> Quantized:
    lifted = quantize(constant, like.format)
    if lifted.value != constant:
        kind = f"{like.format.name} of scale {like.format.scale}"
        raise TypeError(f"{shown(constant)} is no {kind}; quantize it to another scale")
    return lifted


def _greater(x: Quantized, y: Quantized) -> Quantized:
    return Quantized(int(x > y), int8)


lift_instance.register(Quantized, _lift)
relu.register(Quantized, lambda x: Quantized(max(x.integer, 0), x.format))
absolute.register(Quantized, abs)
maximum_instance.register(Quantized, lambda x, y: y if y > x else x)
greater_instance.register(Quantized, _greater)
refuse(
    Quantized,
    [*TRANSCENDENTAL, sqrt],
    "its result has another scale; quantize the result of another number",
)
