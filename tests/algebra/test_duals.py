"""Duals give the derivative: exactly over Fraction, and at any depth."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from funcnn.algebra.bounds import bound
from funcnn.algebra.duals import Dual, depth, derivative
from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.elementary import (
    absolute,
    cos,
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
from funcnn.algebra.folds import foldl
from funcnn.algebra.formats import binary16
from funcnn.algebra.intervals import Interval, interval
from funcnn.algebra.roundings import cast
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract
from funcnn.algebra.surds import power, surd
from strategies import LIBM, PI, fractions, roundings

Polynomial = list[Fraction]
Function = Callable[[Any], Any]

polynomials = st.lists(fractions, min_size=1, max_size=4)
nonzero = fractions.filter(bool)
duals = st.builds(Dual[Fraction], fractions, fractions)
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def value(highest_first: Polynomial, x: Any) -> Any:
    start: Any = Fraction(0)
    return foldl(lambda y, coefficient: y * x + coefficient, start, highest_first)


def slope(highest_first: Polynomial) -> Polynomial:
    degree = len(highest_first) - 1
    return [(degree - i) * coefficient for i, coefficient in enumerate(highest_first[:-1])]


def second(function: Function, x: Any) -> Any:
    return derivative(lambda y: derivative(function, y), x)


def near(number: float, truth: Decimal, bound: float, scale: Decimal = Decimal(1)) -> bool:
    return abs(Decimal(number) - truth) <= Decimal(bound) * scale


@given(polynomials, fractions)
def test_the_derivatives_of_a_polynomial_are_exact(p: Polynomial, x: Fraction) -> None:
    assert derivative(lambda y: value(p, y), x) == value(slope(p), x)
    assert second(lambda y: value(p, y), x) == value(slope(slope(p)), x)
    third = derivative(lambda z: second(lambda y: value(p, y), z), x)
    assert third == value(slope(slope(slope(p))), x)


@given(polynomials, polynomials, fractions)
def test_the_derivatives_of_a_rational_function_are_exact(
    p: Polynomial, q: Polynomial, x: Fraction
) -> None:
    """With n = p′q − pq′, (p/q)′ is n/q² and (p/q)″ is (n′q − 2nq′)/q³."""
    below = value(q, x)
    assume(below)
    p1, q1, p2, q2 = (value(f, x) for f in (slope(p), slope(q), slope(slope(p)), slope(slope(q))))
    n, n1 = p1 * below - value(p, x) * q1, p2 * below - value(p, x) * q2
    assert derivative(lambda y: value(p, y) / value(q, y), x) == n / below**2
    result = second(lambda y: value(p, y) / value(q, y), x)
    assert result == (n1 * below - 2 * n * q1) / below**3


@given(fractions, nonzero, nonzero)
def test_every_operation_takes_a_constant_on_either_side(
    c: Fraction, k: Fraction, x: Fraction
) -> None:
    cases: list[tuple[Function, Fraction]] = [
        (lambda y: y + c, Fraction(1)),
        (lambda y: c + y, Fraction(1)),
        (lambda y: y - c, Fraction(1)),
        (lambda y: c - y, Fraction(-1)),
        (lambda y: -y, Fraction(-1)),
        (lambda y: y * c, c),
        (lambda y: c * y, c),
        (lambda y: y / k, 1 / k),
        (lambda y: c / y, -c / x**2),
        (lambda y: add(add(2, y), 2), Fraction(1)),
        (lambda y: subtract(subtract(2, y), 2), Fraction(-1)),
        (lambda y: multiply(multiply(2, y), 3), Fraction(6)),
        (lambda y: divide(2, y), -2 / x**2),
        (lambda y: 2 + y - 1, Fraction(1)),
        (lambda y: 3 - y * 2, Fraction(-2)),
        (lambda y: 2 / y / 4, -1 / (2 * x**2)),
    ]
    for index, (function, expected) in enumerate(cases):
        assert derivative(function, x) == expected, index
        assert function(Dual(x, Fraction(1))).value == function(x), index


@given(duals, duals, duals)
def test_duals_of_exact_numbers_are_a_commutative_ring(
    x: Dual[Fraction], y: Dual[Fraction], z: Dual[Fraction]
) -> None:
    assert x + y == y + x and x * y == y * x
    assert (x + y) + z == x + (y + z) and (x * y) * z == x * (y * z)
    assert x * (y + z) == x * y + x * z
    assert x - y == x + -y
    assert not y.value or x / y * y == x


def test_the_square_of_epsilon_is_zero() -> None:
    epsilon = Dual(Fraction(0), Fraction(1))
    assert epsilon * epsilon == Dual(Fraction(0), Fraction(0))


@given(polynomials, polynomials, fractions)
def test_the_chain_rule_holds(p: Polynomial, q: Polynomial, x: Fraction) -> None:
    inner = value(q, x)
    expected = value(slope(p), inner) * value(slope(q), x)
    assert derivative(lambda y: value(p, value(q, y)), x) == expected


@given(fractions, fractions)
def test_a_captured_variable_is_a_constant_inside(x: Fraction, y: Fraction) -> None:
    assert derivative(lambda a: a * derivative(lambda b: a + b, y), x) == 1
    assert derivative(lambda a: a * derivative(lambda b: a * b, y), x) == 2 * x
    assert derivative(lambda a: a * derivative(lambda b: a * a, y), x) == 0
    assert derivative(lambda a: a + derivative(lambda b: a * b * b, a), x) == 1 + 4 * x
    assert derivative(lambda a: derivative(lambda b: b, a * a), x) == 0


@given(fractions, fractions, fractions)
def test_three_nestings_with_captured_variables_are_told_apart(
    x: Fraction, y: Fraction, z: Fraction
) -> None:
    def mixed(a: Any, b: Any, c: Any) -> Any:
        return a * b * b * c * c * c + a * a * b + b * c + a

    all_three = derivative(
        lambda a: derivative(lambda b: derivative(lambda c: mixed(a, b, c), z), y), x
    )
    assert all_three == 6 * y * z * z
    weighted = derivative(
        lambda a: a * derivative(lambda b: b * derivative(lambda c: a * b * c, z), y), x
    )
    assert weighted == 4 * x * y
    outermost_only = derivative(
        lambda a: derivative(lambda b: derivative(lambda c: a * a * a, z), y), x
    )
    assert outermost_only == 0
    skipping = derivative(lambda a: derivative(lambda b: b * derivative(lambda c: a * c, z), y), x)
    assert skipping == 1


@given(fractions, fractions)
def test_the_order_of_partial_derivatives_does_not_matter(x: Fraction, y: Fraction) -> None:
    def function(a: Any, b: Any) -> Any:
        return a * a * b / (b * b + 1) + a * b

    one = derivative(lambda a: derivative(lambda b: function(a, b), y), x)
    other = derivative(lambda b: derivative(lambda a: function(a, b), x), y)
    assert one == other == 2 * x * (1 - y * y) / (y * y + 1) ** 2 + 1


def test_a_constant_has_the_derivative_zero_of_its_own_kind() -> None:
    assert repr(derivative(lambda x: 5.0, 1.0)) == "0.0"
    assert repr(derivative(lambda x: Fraction(5), 1.0)) == "Fraction(0, 1)"
    assert repr(derivative(lambda x: 5, HALF)) == "0"


def test_the_derivative_at_an_int_is_of_ints() -> None:
    assert repr(derivative(lambda x: x * x * x, 2)) == "12"
    assert repr(derivative(lambda x: x * 0.5, 2)) == "0.5"
    with pytest.raises(TypeError, match="the quotient of two ints need not be an int"):
        derivative(lambda x: 1 / x, 2)


def test_depth_counts_the_epsilons() -> None:
    one = Dual(1.0, 0.0)
    two = Dual(one, one, 2)
    assert [depth(number) for number in (1, 1.0, HALF, "1", one, two)] == [0, 0, 0, 0, 1, 2]
    assert depth(two * one) == depth(one * two) == depth(two + 1) == depth(1 - two) == 2
    assert two.value * one == Dual(1.0, 0.0)


def test_beside_a_deeper_dual_a_shallower_one_is_a_constant() -> None:
    shallow: Any = Dual(Fraction(3), Fraction(5))
    deep: Any = Dual(Dual(Fraction(2), Fraction(0)), Dual(Fraction(1), Fraction(0)), 2)
    expected = Dual(Dual(Fraction(6), Fraction(10)), Dual(Fraction(3), Fraction(5)), 2)
    assert shallow * deep == deep * shallow == expected


mixtures = pytest.mark.parametrize(
    ("x", "y"),
    [
        (Dual(0.5, 1.0), HALF),
        (HALF, Dual(0.5, 1.0)),
        (Dual(0.5, 1.0), Dual(HALF, HALF)),
        (Dual(HALF, HALF), 0.5),
        (Dual(0.5, 1.0), "a"),
        (1j, Dual(0.5, 1.0)),
    ],
)
refused = pytest.raises(TypeError, match=r"numbers do not mix|^lift has no instance for ")


@mixtures
def test_numbers_do_not_mix_inside_duals(x: Any, y: Any) -> None:
    with refused:
        x + y
    with refused:
        x - y
    with refused:
        x * y
    with refused:
        x / y


@mixtures
def test_there_is_no_maximum_of_duals_that_mix(x: Any, y: Any) -> None:
    with refused:
        maximum(x, y)


def test_a_constant_becomes_a_dual_without_tangent() -> None:
    assert lift(THIRD, Dual(HALF, HALF)) == Dual(THIRD, Fraction(0))
    with pytest.raises(TypeError, match=r"^1/3 is no int; "):
        lift(THIRD, Dual(1, 1))


@given(st.floats(-700, 700))
def test_the_exponential_is_its_own_derivative(x: float) -> None:
    assert derivative(exp, x) == second(exp, x) == exp(x)


@given(st.floats(1e-300, 1e300))
def test_the_slope_of_the_logarithm_is_the_reciprocal(x: float) -> None:
    assert derivative(log, x) == 1 / x


@given(st.floats(1e-300, 1e300))
def test_the_slope_of_the_square_root_is_half_its_reciprocal(x: float) -> None:
    assert derivative(sqrt, x) == 0.5 / math.sqrt(x)


@pytest.mark.parametrize("power", range(-100, 100, 7))
def test_second_derivatives_at_powers_of_four_are_exact(power: int) -> None:
    x = 4.0**power
    assert second(log, x) == -(x**-2)
    assert second(sqrt, x) == -0.25 / (x * 2.0**power)


@given(st.floats(-30, 30))
def test_the_slope_of_the_hyperbolic_tangent(x: float) -> None:
    """1 − t·t is not above one: t's roundings count twice, then one product, one difference."""
    with localcontext(prec=60):
        truth = 4 / (Decimal(x).exp() + Decimal(-x).exp()) ** 2
        assert near(derivative(tanh, x), truth, roundings(2 * LIBM + 2))


@given(st.floats(-30, 30))
def test_the_slope_of_the_sigmoid(x: float) -> None:
    """σ has LIBM + 2 roundings and stands twice in σ·(1 − σ): then one difference, one product."""
    with localcontext(prec=60):
        truth = 1 / (2 + Decimal(x).exp() + Decimal(-x).exp())
        assert near(derivative(sigmoid, x), truth, roundings(2 * (LIBM + 2) + 2))


@given(st.floats(-5, 5))
def test_the_slope_of_the_error_function(x: float) -> None:
    """The rounding of x² counts x² times in its exponential; π, √, ÷ and · round once each."""
    with localcontext(prec=60):
        truth = 2 / PI.sqrt() * (-(Decimal(x) ** 2)).exp()
        assert near(derivative(erf, x), truth, roundings(x * x + LIBM + 4), truth)


@pytest.mark.parametrize("function", [exp, log, sqrt, tanh, sigmoid, erf])
@given(st.floats(0.0625, 4.0), st.sampled_from([-4.0, -0.5, 2.0, 8.0]))
def test_a_tangent_scales_the_slope(function: Function, x: float, tangent: float) -> None:
    result = function(Dual(x, tangent))
    assert result == Dual(function(x), derivative(function, x) * tangent)


@given(st.floats(-30, 30))
def test_the_second_derivative_of_the_hyperbolic_tangent(x: float) -> None:
    """−(t·ṫ + ṫ·t): besides ṫ only the product t·ṫ rounds, and so it does here."""
    assert second(tanh, x) == -2 * tanh(x) * derivative(tanh, x)


@given(st.floats(-30, 30))
def test_the_second_derivative_of_the_sigmoid(x: float) -> None:
    """σ̇·(1 − σ) − σ·σ̇, all not above one: σ has k roundings, 1 − σ one more, σ̇ 2k + 2;
    the products 3k + 4 and 3k + 3, their difference one more."""
    with localcontext(prec=60):
        sigma = 1 / (1 + Decimal(-x).exp())
        truth = sigma * (1 - sigma) * (1 - 2 * sigma)
        assert near(second(sigmoid, x), truth, roundings(6 * (LIBM + 2) + 8))


@given(fractions)
def test_relu_has_the_slope_one_where_it_is_positive_and_else_zero(x: Fraction) -> None:
    assert derivative(relu, x) == (1 if x > 0 else 0)
    assert derivative(relu, float(x)) == (1 if x > 0 else 0)
    assert second(lambda y: relu(y) * y, x) == (2 if x > 0 else 0)
    assert repr(relu(Dual(-0.0, 1.0))) == repr(relu(Dual(-1.0, 1.0))) == repr(Dual(0.0, 0.0))
    assert math.isnan(relu(Dual(math.nan, 1.0)).value)


@given(fractions, fractions)
def test_the_maximum_has_the_slope_of_the_larger(x: Fraction, y: Fraction) -> None:
    assume(x != y)
    one, other = Dual(x, HALF), Dual(y, THIRD)
    assert maximum(one, other) == maximum(other, one) == (one if x > y else other)
    for with_y in (lambda a: maximum(a, y), lambda a: maximum(y, a)):
        assert derivative(with_y, x) == (x > y)
    assume(x)
    assert second(lambda a: maximum(a * a, a * y), x) == (2 if x * x > x * y else 0)


def test_the_maximum_keeps_nan_and_the_positive_zero_with_their_tangents() -> None:
    for one, other in ((-0.0, 0.0), (0.0, -0.0)):
        larger = maximum(Dual(one, 1.0), Dual(other, 2.0))
        assert repr(larger.value) == "0.0" and larger.tangent == 1.0
    for other in (1.0, -math.inf, math.nan):
        assert math.isnan(maximum(Dual(other, 0.0), Dual(math.nan, 0.0)).value)
        assert math.isnan(maximum(Dual(math.nan, 0.0), Dual(other, 0.0)).value)


def test_nan_beside_a_dual_of_ints_is_nan() -> None:
    one: Any = Dual(1, 0)
    assert math.isnan(maximum(one, math.nan).value)
    assert math.isnan(maximum(math.nan, one).value)


def test_the_tangent_of_a_tie_does_not_depend_on_which_objects_the_floats_are() -> None:
    one, equal = -1.0, float("-1")
    same, other = Dual(one, 0.0), Dual(equal, 0.0)
    assert maximum(Dual(one, 1.0), same) == maximum(Dual(one, 1.0), other)


@given(fractions, fractions, fractions)
def test_of_two_as_large_the_first_gives_the_tangent(x: Any, one: Any, other: Any) -> None:
    assert maximum(Dual(x, one), Dual(x, other)) == Dual(x, one)
    floats = [float(number) for number in (x, one, other)]
    assert maximum(Dual(floats[0], floats[1]), Dual(floats[0], floats[2])).tangent == floats[1]


def test_a_slope_of_no_number_is_refused() -> None:
    for function in (lambda x: [x], lambda x: "text"):
        with pytest.raises(TypeError, match=r"^lift has no instance for "):
            derivative(function, 1.0)
    with pytest.raises(TypeError, match=r"^exp has no instance for Fraction"):
        derivative(exp, HALF)


def test_the_size_has_the_slope_of_the_sign() -> None:
    assert [derivative(abs, Fraction(x)) for x in (-2, 0, 2)] == [-1, 0, 1]
    assert abs(Dual(-2.0, 3.0)) == absolute(Dual(-2.0, 3.0)) == Dual(2.0, -3.0)


def test_a_slope_may_be_infinite() -> None:
    assert derivative(sqrt, 0.0) == derivative(log, 0.0) == math.inf


def test_numbers_of_thousands_of_digits_have_derivatives() -> None:
    tiny = Fraction(1, 3**10_000)
    assert derivative(lambda x: maximum(x, -x), tiny) == 1
    with pytest.raises(
        TypeError, match="^exp has no instance for Fraction: its value is irrational; "
    ):
        exp(tiny)


def cube(x: Any) -> Any:
    return x * x * x


@pytest.mark.parametrize(
    "x",
    [HALF, dyadic(HALF), cast(HALF, binary16), surd(HALF), interval(0.5), bound(HALF)],
    ids=lambda x: type(x).__name__,
)
def test_duals_are_over_any_number(x: Any) -> None:
    """All of these are exact here: x³ at ½, its slope 3x² and the slope of that, 6x."""
    assert derivative(cube, x) == lift(Fraction(3, 4), x) or derivative(cube, x).admits(0.75)
    second = derivative(lambda y: derivative(cube, y), x)
    assert second == lift(3, x) or second.admits(3.0)
    slope = derivative(lambda y: relu(y) + maximum(-y, y) + absolute(-y), x)
    assert slope == lift(3, x) or slope.admits(3.0)


def test_a_dual_of_roots_is_exact() -> None:
    root = power(2, HALF)
    assert derivative(cube, root) == 6
    assert derivative(sqrt, surd(2)) == root / 4


def test_where_an_interval_has_a_kink_inside_all_its_slopes_are_held() -> None:
    both = Interval(-1.0, 2.0)
    assert derivative(relu, both) == Interval(0.0, 1.0)
    assert derivative(absolute, both) == Interval(-1.0, 1.0)
    slope = derivative(lambda x: maximum(x, x * 3), both)
    assert 1 in slope and 3 in slope
    assert derivative(relu, Interval(1.0, 2.0)) == interval(1.0)


@pytest.mark.parametrize("function", [exp, tanh, sigmoid, erf, sin, cos, relu, absolute])
def test_slopes_over_intervals_hold_the_true_ones_and_over_bounds_those_of_floats(
    function: Any,
) -> None:
    for x in (-1.5, -0.25, 0.75, 2.0):
        certificate = derivative(function, bound(x))
        assert certificate.admits(derivative(function, x))
        assert certificate.value in derivative(function, interval(x))
