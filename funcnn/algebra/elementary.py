"""Elementary functions: one each, with an instance for every kind of number that has it."""

import math
from fractions import Fraction
from functools import singledispatch
from typing import Any, Final

from funcnn.algebra.scalars import lift, refuse, shown, together, unknown_kind


@singledispatch
def relu[T](x: T) -> T:
    """The number where it is positive, else zero.

    Maths
        max(0, x)                                  relu(NaN) = NaN, relu(−0.0) = 0.0
    Source
        V. Nair, G. Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines",
        ICML 2010; the special values are those of maximum in IEEE 754-2019, 9.6

    >>> relu(-2.0), relu(Fraction(1, 2))
    (0.0, Fraction(1, 2))
    """
    raise unknown_kind("relu", x, relu.registry)


relu.register(int, lambda x: max(x, 0))
relu.register(float, lambda x: 0.0 if x <= 0.0 else x)
relu.register(Fraction, lambda x: max(x, Fraction(0)))


@singledispatch
def maximum_instance(x: Any, y: Any) -> Any:
    """`maximum` of two numbers of one kind, dispatched on the first. New numbers register here.

    >>> maximum_instance(1.0, 2.0)
    2.0
    """
    raise unknown_kind("maximum", x, maximum_instance.registry)


def maximum[T](x: T, y: T) -> T:
    """The larger of two numbers; of two as large, the first.

    Maths
        max(x, y)                                  NaN beside anything is NaN, 0.0 > −0.0
    Errors
        TypeError    the numbers mix
    Source
        IEEE 754-2019, 9.6, maximum

    >>> maximum(1.0, 2), maximum(float("nan"), 1.0), maximum(-0.0, 0.0)
    (2.0, nan, 0.0)
    """
    result: T = maximum_instance(*together(x, y))
    return result


def _maximum_float(x: float, y: float) -> float:
    zero_is_larger = x == y == 0 and math.copysign(1.0, x) < math.copysign(1.0, y)
    return y if y > x or math.isnan(y) or zero_is_larger else x


maximum_instance.register(int, max)
maximum_instance.register(float, _maximum_float)
maximum_instance.register(Fraction, max)


@singledispatch
def greater_instance(x: Any, y: Any) -> Any:
    """`greater` of two numbers of one kind, dispatched on the first. New numbers register here.

    >>> greater_instance(1.0, 2.0)
    0.0
    """
    raise unknown_kind("greater", x, greater_instance.registry)


def greater[T](x: T, y: T) -> T:
    """One where the first number is larger than the second, else zero: the slope of relu(x − y).

    Maths
        [x > y]                                    in float: NaN beside NaN
    Errors
        TypeError    the numbers mix
    Source
        K. Iverson, "A Programming Language", Wiley 1962; ONNX's Greater, but for NaN

    >>> greater(2.0, 1), greater(Fraction(1), Fraction(1)), greater(float("nan"), 1.0)
    (1.0, Fraction(0, 1), nan)
    """
    result: T = greater_instance(*together(x, y))
    return result


greater_instance.register(int, lambda x, y: int(x > y))
greater_instance.register(float, lambda x, y: math.nan if x != x or y != y else float(x > y))
greater_instance.register(Fraction, lambda x, y: Fraction(x > y))


def exceeds(x: Any, y: Any) -> bool:
    """Whether a number is greater than another: for a step that must decide. Beside NaN none is.

    Errors
        ValueError   that is not decided: intervals overlap, or bounds

    >>> exceeds(2.0, 1), exceeds(1.0, 1), exceeds(float("nan"), 1)
    (True, False, False)
    """
    found = greater(x, y)
    if found != lift(1, found) and found != lift(0, found) and found == found:
        raise ValueError(f"it is not decided whether {shown(x)} is greater than {shown(y)}")
    return bool(found == lift(1, found))


@singledispatch
def absolute[T](x: T) -> T:
    """The number without its sign.

    Maths
        |x|                                        its derivative at 0 is 0

    >>> absolute(-2.0), absolute(Fraction(-1, 2))
    (2.0, Fraction(1, 2))
    """
    raise unknown_kind("absolute", x, absolute.registry)


absolute.register(int, abs)
absolute.register(float, abs)
absolute.register(Fraction, abs)


@singledispatch
def exp[T](x: T) -> T:
    """The exponential function.

    Maths
        eˣ                                         in float: ∞ where it overflows
    Errors
        TypeError    of an exact number, whose exponential is irrational

    >>> exp(0.0), exp(1000.0)
    (1.0, inf)
    >>> exp(Fraction(1))
    Traceback (most recent call last):
    TypeError: exp has no instance for Fraction...
    """
    raise unknown_kind("exp", x, exp.registry)


def _exp_float(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


exp.register(float, _exp_float)


@singledispatch
def log[T](x: T) -> T:
    """The natural logarithm.

    Maths
        ln x                                       in float: ln 0 = −∞, NaN below

    >>> log(1.0), log(0.0), log(-1.0)
    (0.0, -inf, nan)
    """
    raise unknown_kind("log", x, log.registry)


log.register(float, lambda x: math.log(x) if x > 0 else -math.inf if x == 0 else math.nan)


@singledispatch
def sqrt[T](x: T) -> T:
    """The square root.

    Maths
        √x                                         in float: NaN below zero

    >>> sqrt(4.0), sqrt(-1.0)
    (2.0, nan)
    """
    raise unknown_kind("sqrt", x, sqrt.registry)


sqrt.register(float, lambda x: math.nan if x < 0 else math.sqrt(x))


@singledispatch
def tanh[T](x: T) -> T:
    """The hyperbolic tangent.

    Maths
        (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)

    >>> tanh(0.0), tanh(1000.0)
    (0.0, 1.0)
    """
    raise unknown_kind("tanh", x, tanh.registry)


tanh.register(float, math.tanh)


@singledispatch
def sigmoid[T](x: T) -> T:
    """The logistic function.

    Maths
        1/(1 + e⁻ˣ) = eˣ/(1 + eˣ)                  in float: the one whose exponential is small

    >>> sigmoid(0.0), sigmoid(-1000.0)
    (0.5, 0.0)
    """
    raise unknown_kind("sigmoid", x, sigmoid.registry)


def _sigmoid_float(x: float) -> float:
    tail = _exp_float(-abs(x))
    return (tail if x < 0 else 1.0) / (1.0 + tail)


sigmoid.register(float, _sigmoid_float)


@singledispatch
def erf[T](x: T) -> T:
    """The error function.

    Maths
        2/√π · ∫₀ˣ exp(−t²) dt

    >>> erf(0.0), erf(10.0)
    (0.0, 1.0)
    """
    raise unknown_kind("erf", x, erf.registry)


erf.register(float, math.erf)


@singledispatch
def sin[T](x: T) -> T:
    """The sine.

    Maths
        (e^ix − e^−ix)/2i                          in float: NaN at ±∞
    Units
        x in radians

    >>> sin(0.0), sin(math.inf)
    (0.0, nan)
    """
    raise unknown_kind("sin", x, sin.registry)


sin.register(float, lambda x: math.nan if math.isinf(x) else math.sin(x))


@singledispatch
def cos[T](x: T) -> T:
    """The cosine.

    Maths
        (e^ix + e^−ix)/2                           in float: NaN at ±∞
    Units
        x in radians

    >>> cos(0.0), cos(math.inf)
    (1.0, nan)
    """
    raise unknown_kind("cos", x, cos.registry)


cos.register(float, lambda x: math.nan if math.isinf(x) else math.cos(x))


TRANSCENDENTAL: Final[tuple[Any, ...]] = (exp, log, tanh, sigmoid, erf, sin, cos)
"""The functions whose value at a rational number is irrational, with a few exceptions like e⁰."""


def refuse_irrational(kind: type) -> None:
    """Declare that a kind of rational number has no instance of a function of irrational values.

    >>> exp(2)
    Traceback (most recent call last):
    TypeError: exp has no instance for int: its value is irrational; use float, or enclosure
    >>> sqrt(2)
    Traceback (most recent call last):
    TypeError: sqrt has no instance for int: its value may be irrational; use float, or Surd
    """
    refuse(kind, TRANSCENDENTAL, "its value is irrational; use float, or enclosure")
    refuse(kind, [sqrt], "its value may be irrational; use float, or Surd")


refuse_irrational(int)
refuse_irrational(Fraction)
