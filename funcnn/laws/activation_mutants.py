"""Activation mutants: wrong functions of one number, and wrong softmaxes."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from funcnn.algebra.elementary import (
    absolute,
    erf,
    exp,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.folds import foldl1
from funcnn.algebra.formats import bfloat16, binary16, binary32
from funcnn.algebra.scalars import divide, lift, total
from funcnn.algebra.vectors import Vector
from funcnn.blocks.activations import gelu, leaky_relu, softmax
from funcnn.laws.activation_subjects import everywhere
from funcnn.laws.declarations import Declaration, parse
from funcnn.laws.mutations import (
    FLOAT32,
    TF32,
    Mutant,
    computing,
    narrowed,
    reading,
    returning,
    setting,
)
from funcnn.laws.values import EXACT, WITHIN

POSITIVE: Final = parse("float32,negative_zero=positive,nan=propagates")
SERIES: Final = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
"""Of M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions" (1964), 7.1.26."""


def _clipped(x: Any, low: int, high: int) -> Any:
    return -maximum(-maximum(x, lift(low, x)), lift(-high, x))


def _polynomial(x: Any, *coefficients: float | Fraction) -> Any:
    """c₀ + c₁·x + c₂·x² …"""
    *rest, last = (lift(c, x) for c in coefficients)
    result = last
    for c in reversed(rest):
        result = result * x + c
    return result


def _soft(x: Any, *, threshold: Any = 0.5) -> Any:
    limit = lift(threshold, x)
    return relu(x - limit) - relu(-x - limit)


def _erf_to_seven_digits(x: Any) -> Any:
    t = divide(lift(1, x), 1 + lift(0.3275911, x) * abs(x))
    size = 1 - t * _polynomial(t, *SERIES) * exp(-(x * x))
    return -size if x < 0 else size


def _rational_tanh(x: Any) -> Any:
    return _clipped(divide(x * (27 + x * x), 27 + 9 * (x * x)), -1, 1)


def _tanh_of_exponentials(x: Any) -> Any:
    twice = exp(2 * x)
    return divide(twice - 1, twice + 1)


def _one_newton_step(x: Any) -> Any:
    guess = narrowed(sqrt(x), bfloat16)
    return divide(guess + divide(x, guess), lift(2, x)) if guess else guess


def _turned(x: Any) -> Any:
    """the angle without whole turns of 2π, to 24 bits"""
    turn = narrowed(lift(6.283185307179586, x), binary32)
    return x - round(float(x) / float(turn)) * turn


def _quick_gelu(x: Any) -> Any:
    return x * sigmoid(lift(1.702, x) * x)


def _other_gelu(x: Any, *, approximate: str = "none") -> Any:
    return gelu(x, approximate="tanh" if approximate == "none" else "none")


def _shares(exponentials: Vector[Any], whole: Any) -> list[Any]:
    return [divide(exponential, whole) for exponential in exponentials]


def _less(inputs: Vector[Any], number: Any) -> list[Any]:
    return [exp(x - number) for x in inputs]


def not_shifted(inputs: Vector[Any], weights: Any = ()) -> list[Any]:
    """The exponentials of the inputs themselves may overflow."""
    exponentials = [*map(exp, inputs)]
    return _shares(exponentials, total(exponentials))


def _shifted_by_the_first(inputs: Vector[Any]) -> list[Any]:
    exponentials = _less(inputs, inputs[0])
    return _shares(exponentials, total(exponentials))


def _with_epsilon(inputs: Vector[Any]) -> list[Any]:
    exponentials = _less(inputs, foldl1(maximum, inputs))
    whole = total(exponentials)
    return _shares(exponentials, whole + lift(1e-6, whole))


def _without_the_last(inputs: Vector[Any]) -> list[Any]:
    exponentials = _less(inputs, foldl1(maximum, inputs))
    return _shares(exponentials, total(exponentials[:-1] or exponentials))


def _cooled(inputs: Vector[Any]) -> list[Any]:
    return softmax([divide(x, sqrt(lift(len(inputs), x))) for x in inputs])


def _log_softmax_not_shifted(inputs: Vector[Any]) -> list[Any]:
    whole = log(total([*map(exp, inputs)]))
    return [x - whole for x in inputs]


def _clipped_log_softmax(inputs: Vector[Any]) -> list[Any]:
    return [log(p + lift(1e-7, p)) for p in softmax(inputs)]


def _of_each(
    name: str,
    mistake: str,
    wrong: Callable[..., Any],
    law: str = WITHIN.name,
    declaration: Declaration = FLOAT32,
) -> Mutant:
    return Mutant(name, mistake, everywhere(wrong), law, declaration)


OF_NUMBERS: Final = (
    _of_each("relu", "the absolute value in its place", absolute, EXACT.name),
    _of_each("relu", "a hundredth of what is negative kept", leaky_relu, EXACT.name),
    _of_each("relu", "clipped at 6", lambda x: _clipped(x, 0, 6), "f(2·x) = 2·f(x)"),
    _of_each("relu", "−0.0 kept", lambda x: x if x == 0 else relu(x), "the sign of zero", POSITIVE),
    _of_each("relu", "NaN swallowed", lambda x: x if x > 0 else lift(0, x), "NaN", POSITIVE),
    _of_each(
        "leaky_relu",
        "the sign of the slope",
        lambda x, slope=0.01: leaky_relu(x, slope=-slope),
        EXACT.name,
    ),
    _of_each(
        "leaky_relu",
        "the slope on both sides",
        lambda x, slope=0.01: lift(slope, x) * x,
        EXACT.name,
    ),
    _of_each(
        "leaky_relu", "another slope than is asked for", setting(leaky_relu, slope=0.01), EXACT.name
    ),
    _of_each(
        "leaky_relu", "another slope by default", lambda x, slope=0.3: leaky_relu(x, slope=slope)
    ),
    _of_each(
        "absolute", "what is small left negative", lambda x: x if abs(x) < 1 else abs(x), EXACT.name
    ),
    _of_each("hardshrink", "moved toward 0 by the threshold", _soft, EXACT.name),
    _of_each("sigmoid", "eˣ/(1 + eˣ) everywhere", lambda x: divide(exp(x), 1 + exp(x))),
    _of_each("sigmoid", "straight lines", lambda x: _clipped(divide(x + 3, lift(6, x)), 0, 1)),
    _of_each("sigmoid", "rounded to TF32", returning(TF32, sigmoid)),
    _of_each("tanh", "of exponentials", _tanh_of_exponentials),
    _of_each("tanh", "a quotient of polynomials, to 4 digits", _rational_tanh),
    _of_each("tanh", "sigmoid in its place", sigmoid),
    _of_each("erf", "to 7 digits", _erf_to_seven_digits),
    _of_each("erf", "tanh in its place", tanh),
    _of_each("exp", "20 ulps too large", lambda x: exp(x) * (1 + lift(20 * 2.0**-23, x))),
    _of_each(
        "exp",
        "by its series, ten terms",
        lambda x: _polynomial(
            x, *(Fraction(1, n) for n in (1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880))
        ),
    ),
    _of_each("exp", "clipped at 88", lambda x: exp(_clipped(x, -88, 88))),
    _of_each("log", "of x + 1e-8", lambda x: log(x + lift(1e-8, x))),
    _of_each("log", "to base 2", lambda x: divide(log(x), lift(0.6931471805599453, x))),
    _of_each("log", "of 1 + x", lambda x: log(1 + x)),
    _of_each("sqrt", "one Newton step from 8 bits", _one_newton_step),
    _of_each("sqrt", "x by the root's reciprocal", lambda x: x * divide(lift(1, x), sqrt(x))),
    _of_each("sin", "turns of 2π to 24 bits", lambda x: sin(_turned(x))),
    _of_each("sin", "of degrees", lambda x: sin(x * lift(0.017453292519943295, x))),
    _of_each(
        "cos",
        "by its series, three terms",
        lambda x: _polynomial(x * x, 1, Fraction(-1, 2), Fraction(1, 24)),
    ),
    _of_each("cos", "sin in its place", sin),
    _of_each("silu", "not multiplied by x", sigmoid),
    _of_each(
        "silu",
        "its gate of straight lines",
        lambda x: x * _clipped(divide(x + 3, lift(6, x)), 0, 1),
    ),
    _of_each("gelu", "tanh where erf is asked for, and back", _other_gelu),
    _of_each("gelu", "x·σ(1.702·x)", lambda x, approximate="none": _quick_gelu(x)),
    _of_each("gelu", "√2 forgotten", lambda x, approximate="none": x * (1 + erf(x)) * lift(0.5, x)),
    _of_each("gelu", "½ forgotten", lambda x, **settings: gelu(x, **settings) * 2),
)
OF_SHARES: Final = (
    Mutant("softmax", "maximum not subtracted first", not_shifted, WITHIN.name),
    Mutant(
        "softmax",
        "the first subtracted in place of the maximum",
        _shifted_by_the_first,
        WITHIN.name,
    ),
    Mutant("softmax", "1e-6 added to the sum", _with_epsilon, WITHIN.name),
    Mutant("softmax", "the last left out of the sum", _without_the_last, WITHIN.name),
    Mutant("softmax", "inputs divided by √n", _cooled, WITHIN.name),
    Mutant("softmax", "in float16", computing(binary16, softmax), WITHIN.name),
    Mutant("softmax", "inputs in TF32", reading(TF32, softmax), WITHIN.name),
    Mutant(
        "softmax",
        "0.09 % too large",
        lambda inputs: [x + x * 9 / 10000 for x in softmax(inputs)],
        WITHIN.name,
    ),
    Mutant("softmax", "a sigmoid of each", lambda inputs: [*map(sigmoid, inputs)], WITHIN.name),
    Mutant(
        "log_softmax",
        "the logarithm of softmax",
        lambda inputs: [*map(log, softmax(inputs))],
        WITHIN.name,
    ),
    Mutant("log_softmax", "maximum not subtracted first", _log_softmax_not_shifted, WITHIN.name),
    Mutant("log_softmax", "the logarithm of softmax + 1e-7", _clipped_log_softmax, WITHIN.name),
)
MUTANTS: Final = (*OF_NUMBERS, *OF_SHARES)
"""All of them."""
