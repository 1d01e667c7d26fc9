"""Elementary functions where they are easily wrong: zeros, infinities, NaN, and their last bits."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from math import copysign, inf, isnan, nan, nextafter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.elementary import (
    absolute,
    cos,
    erf,
    exceeds,
    exp,
    greater,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.intervals import Interval
from strategies import LIBM, fractions, roundings, true_erf

LARGEST_EXPONENT = 709.782712893384
any_float = st.floats()
transcendental = pytest.mark.parametrize("function", [exp, log, sqrt, tanh, sigmoid, erf, sin, cos])


class Measured(float):
    """A float with another name."""


def exact_exp(x: float) -> Decimal:
    with localcontext(prec=60):
        return Decimal(x).exp()


def within(number: float, truth: Decimal, count: float) -> bool:
    """Whether a float is so many roundings, or one unit of the subnormals, from the truth."""
    with localcontext(prec=60):
        bound = Decimal(roundings(count)) * abs(truth) + Decimal(5e-324)
        return abs(Decimal(number) - truth) <= bound


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (relu, [(nan, nan), (-0.0, 0.0), (inf, inf), (-inf, 0.0), (5e-324, 5e-324)]),
        (exp, [(nan, nan), (-0.0, 1.0), (710.0, inf), (inf, inf), (-inf, 0.0), (-745.2, 0.0)]),
        (log, [(nan, nan), (1.0, 0.0), (-5e-324, nan), (inf, inf), (-inf, nan)]),
        (sqrt, [(nan, nan), (2.25, 1.5), (-5e-324, nan), (inf, inf), (-inf, nan)]),
        (tanh, [(nan, nan), (1e4, 1.0), (-1e4, -1.0), (inf, 1.0), (-inf, -1.0)]),
        (sigmoid, [(nan, nan), (-0.0, 0.5), (1e4, 1.0), (-1e4, 0.0), (inf, 1.0), (-inf, 0.0)]),
        (erf, [(nan, nan), (1e4, 1.0), (-1e4, -1.0), (inf, 1.0), (-inf, -1.0)]),
        (sin, [(nan, nan), (-0.0, -0.0), (inf, nan), (-inf, nan), (5e-324, 5e-324)]),
        (cos, [(nan, nan), (-0.0, 1.0), (inf, nan), (-inf, nan), (5e-324, 1.0)]),
    ],
)
def test_special_values_are_those_of_the_field(
    function: Callable[[float], float], values: list[tuple[float, float]]
) -> None:
    assert [(x, repr(function(x))) for x, _ in values] == [(x, repr(y)) for x, y in values]


def test_zeros_keep_or_lose_their_sign() -> None:
    for function in (sqrt, tanh, erf):
        assert repr(function(-0.0)) == "-0.0" and repr(function(0.0)) == "0.0"
    assert copysign(1, relu(-0.0)) == copysign(1, relu(0.0)) == 1
    assert log(-0.0) == log(0.0) == -inf


def test_the_exponential_overflows_to_infinity_after_the_last_that_fits() -> None:
    assert 1.79e308 < exp(LARGEST_EXPONENT) < inf
    assert exp(nextafter(LARGEST_EXPONENT, inf)) == inf


@given(any_float)
def test_relu_keeps_what_is_positive_and_nothing_else(x: float) -> None:
    expected = x if x > 0 or isnan(x) else 0.0
    assert repr(relu(x)) == repr(expected)


@given(fractions, st.integers())
def test_relu_is_exact_and_keeps_the_kind(x: Fraction, n: int) -> None:
    assert relu(x) == (abs(x) + x) / 2 and type(relu(x)) is Fraction
    assert relu(n) == (abs(n) + n) // 2 and type(relu(n)) is int


@given(any_float, fractions, st.integers())
def test_an_absolute_value_is_the_larger_of_a_number_and_its_negative(
    x: float, y: Fraction, n: int
) -> None:
    assert repr(absolute(x)) == repr(maximum(x, -x))
    assert absolute(y) == maximum(y, -y) and type(absolute(y)) is Fraction
    assert absolute(n) == maximum(n, -n)
    with pytest.raises(TypeError, match=r"^absolute has no instance for "):
        absolute("1")


def test_bools_are_ints_and_subclasses_floats() -> None:
    assert (relu(True), relu(False)) == (1, 0)
    assert (relu(Measured(-1.0)), relu(Measured(2.0))) == (0.0, 2.0)
    assert exp(Measured(0.0)) == 1.0


ORDER = (-inf, -1.0, -0.0, 0.0, 1.0, inf)


@pytest.mark.parametrize("one", range(len(ORDER)))
@pytest.mark.parametrize("other", range(len(ORDER)))
def test_maximum_is_the_later_in_the_order_of_ieee_754(one: int, other: int) -> None:
    assert repr(maximum(ORDER[one], ORDER[other])) == repr(ORDER[max(one, other)])


@pytest.mark.parametrize("other", [*ORDER, nan, 1, 0])
def test_the_maximum_of_nan_and_anything_is_nan(other: float) -> None:
    assert isnan(maximum(nan, other)) and isnan(maximum(other, nan))


@given(any_float | st.integers(), any_float)
def test_greater_is_one_where_the_first_is_larger_and_nan_beside_nan(x: Any, y: float) -> None:
    expected = nan if isnan(y) or isnan(x) else 1.0 if x > y else 0.0
    if isinstance(x, float) or abs(x) < 2**53:
        assert repr(greater(x, y)) == repr(expected)


@given(fractions, fractions, st.integers(), st.integers())
def test_greater_keeps_the_kind(x: Fraction, y: Fraction, m: int, n: int) -> None:
    assert repr(greater(x, y)) == repr(Fraction(int(x > y)))
    assert repr(greater(m, n)) == repr(int(m > n))


@given(fractions, fractions, any_float, any_float)
def test_a_number_exceeds_what_it_is_larger_than(
    x: Fraction, y: Fraction, one: float, other: float
) -> None:
    assert exceeds(x, y) is (x > y)
    assert exceeds(one, other) is (one > other)


def test_an_interval_exceeds_what_lies_below_it() -> None:
    assert exceeds(Interval(2.0, 3.0), Interval(0.0, 1.0))
    assert not exceeds(Interval(0.0, 1.0), Interval(2.0, 3.0))
    with pytest.raises(ValueError, match=r"^it is not decided whether \[1.0, 3.0\] is greater "):
        exceeds(Interval(1.0, 3.0), Interval(0.0, 2.0))


@given(any_float, any_float)
def test_relu_is_the_maximum_with_zero(x: float, y: float) -> None:
    assert repr(maximum(x, 0.0)) == repr(maximum(0.0, x)) == repr(relu(x))
    assert repr(maximum(x, y)) == repr(maximum(y, x))


@given(fractions, fractions, st.integers(-9, 9))
def test_the_maximum_of_exact_numbers_is_one_of_them_and_no_less(
    x: Fraction, y: Fraction, n: int
) -> None:
    larger = maximum(x, y)
    assert larger in (x, y) and larger >= x and larger >= y
    mixed: Any = n
    assert maximum(mixed, x) == maximum(x, mixed) == maximum(Fraction(n), x)
    assert type(maximum(mixed, x)) is type(maximum(x, mixed)) is Fraction
    assert maximum(n, 3) == (n if n > 3 else 3)


def test_an_int_beside_a_float_is_lifted() -> None:
    number: Any = 2
    assert repr(maximum(number, 1.0)) == repr(maximum(1.0, number)) == "2.0"
    zero: Any = 0
    assert repr(maximum(zero, -0.0)) == repr(maximum(-0.0, zero)) == "0.0"


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (0.5, Fraction(1, 3), "float beside Fraction: numbers do not mix, convert one of them"),
        (Fraction(1, 3), nan, "Fraction beside float: numbers do not mix, convert one of them"),
        ("a", "b", "maximum has no instance for str; it has for int, float, Fraction"),
        (1, "b", "lift has no instance for str; it has for int, float, Fraction"),
        (1j, 1j, "maximum has no instance for complex; it has for int, float, Fraction"),
    ],
)
def test_numbers_that_do_not_compare_are_refused(x: Any, y: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        maximum(x, y)
    assert str(caught.value).startswith(message)


@transcendental
@pytest.mark.parametrize("number", [Decimal(1), 1j, "1", None])
def test_a_missing_instance_says_which_and_what_to_use(function: Any, number: Any) -> None:
    with pytest.raises(TypeError) as caught:
        function(number)
    kind = type(number).__name__
    expected = f"{function.__name__} has no instance for {kind}; it has for float"
    assert str(caught.value).startswith(expected)


@transcendental
@pytest.mark.parametrize("number", [Fraction(1), 1, True])
def test_an_exact_number_has_no_irrational_value(function: Any, number: Any) -> None:
    why = r"its value (may be|is) irrational; use float, or (enclosure|Surd)$"
    kind = type(number).__name__
    with pytest.raises(TypeError, match=rf"^{function.__name__} has no instance for {kind}: {why}"):
        function(number)


@pytest.mark.parametrize("number", [Decimal(1), 1j, "1", None, [1.0]])
def test_relu_of_no_number_is_refused(number: Any) -> None:
    with pytest.raises(TypeError, match=r"^relu has no instance for .*; it has for int, float, Fr"):
        relu(number)


@given(st.floats(-700, 700))
def test_the_exponential_and_the_sigmoid_are_near_the_truth(x: float) -> None:
    """σ: one exponential, one addition, one division."""
    assert within(exp(x), exact_exp(x), LIBM)
    with localcontext(prec=60):
        assert within(sigmoid(x), 1 / (1 + exact_exp(-x)), LIBM + 2)


@given(st.floats(5e-324, 1e308))
def test_the_logarithm_is_near_the_truth(x: float) -> None:
    with localcontext(prec=60):
        assert within(log(x), Decimal(x).ln(), LIBM)


@given(st.floats(0, 1e308))
def test_the_square_root_is_rounded_once(x: float) -> None:
    root = Fraction(sqrt(x))
    below, above = (Fraction(nextafter(sqrt(x), to)) for to in (0.0, inf))
    assert ((below + root) / 2) ** 2 <= Fraction(x) <= ((root + above) / 2) ** 2


@given(st.floats(-20, 20).filter(lambda x: abs(x) > 1e-6))
def test_the_hyperbolic_tangent_is_near_the_truth(x: float) -> None:
    with localcontext(prec=60):
        up, down = Decimal(x).exp(), Decimal(-x).exp()
        assert within(tanh(x), (up - down) / (up + down), LIBM)


@given(st.floats(-3, 3))
def test_the_error_function_is_near_the_truth(x: float) -> None:
    assert within(erf(x), true_erf(Decimal(x)), LIBM)
