"""Activations: their formulas, near and far from zero, and their slopes."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from math import inf, isnan, log, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual, derivative
from funcnn.algebra.elementary import sigmoid
from funcnn.blocks.activations import gelu, leaky_relu, log_softmax, silu, softmax
from funcnn.blocks.combinators import elementwise, layer
from strategies import LIBM, fractions, roundings, true_erf

THIRD = Fraction(1, 3)
whole_numbers = st.integers(-(2**20), 2**20).map(float)
inputs = st.lists(st.floats(-30, 30), min_size=1, max_size=6)


def exactly(xs: list[float]) -> list[Decimal]:
    with localcontext(prec=60):
        exponentials = [Decimal(x).exp() for x in xs]
        return [exponential / sum(exponentials) for exponential in exponentials]


def spread(xs: list[float]) -> float:
    return max(xs) - min(xs)


@given(fractions, fractions)
def test_a_leaky_relu_is_two_lines(x: Fraction, slope: Fraction) -> None:
    assert leaky_relu(x, slope=slope) == (x if x > 0 else slope * x)
    assert leaky_relu(x) == (x if x > 0 else Fraction(0.01) * x)
    assert leaky_relu(x, slope=0) == max(x, 0) and leaky_relu(x, slope=1) == x


@given(st.floats())
def test_a_leaky_relu_of_a_float_rounds_at_most_once(x: float) -> None:
    expected = x if x >= 0 or isnan(x) else 0.01 * x
    assert repr(leaky_relu(x)) == repr(0.0 if expected == 0 else expected)


def test_a_leaky_relu_of_an_int_needs_a_slope_that_is_one() -> None:
    assert leaky_relu(-3, slope=2) == -6
    with pytest.raises(TypeError, match=r"^0\.01 is no int; use float or Fraction numbers$"):
        leaky_relu(-3)


@given(fractions.filter(bool))
def test_a_leaky_relu_has_two_slopes(x: Fraction) -> None:
    assert derivative(elementwise_leaky, x) == (1 if x > 0 else THIRD)


def elementwise_leaky(x: Any) -> Any:
    return leaky_relu(x, slope=THIRD)


def test_at_zero_a_leaky_relu_has_a_slope_between_its_two() -> None:
    assert THIRD <= derivative(elementwise_leaky, Fraction(0)) <= 1


@given(st.floats(-700, 700))
def test_silu_is_near_the_truth(x: float) -> None:
    """The sigmoid has LIBM + 2 roundings, the product one; a subnormal one is off by a unit."""
    with localcontext(prec=60):
        truth = Decimal(x) / (1 + (-Decimal(x)).exp())
        bound = Decimal(roundings(LIBM + 3)) * abs(truth) + Decimal(5e-324)
        assert abs(Decimal(silu(x)) - truth) <= bound


@given(st.floats(-7, 7))
def test_gelu_is_near_the_truth(x: float) -> None:
    """With z = x/√2: √ and ÷ move erf by 2u·z·erf′(z) < u, erf itself LIBM, 1 + erf is up to two
    and rounds by two; half of that times x, and the last product."""
    with localcontext(prec=80):
        z = Decimal(x) / Decimal(2).sqrt()
        truth = Decimal(x) * (1 + true_erf(z)) / 2
        bound = Decimal(roundings((1 + LIBM + 2) / 2 + 1)) * abs(Decimal(x)) + Decimal(5e-324)
        assert abs(Decimal(gelu(x)) - truth) <= bound


@given(st.floats(40, 1e300))
def test_far_from_zero_silu_and_gelu_are_relu(x: float) -> None:
    assert silu(x) == gelu(x) == x
    assert silu(-710 - x) == gelu(-x) == 0


@pytest.mark.parametrize("function", [silu, gelu])
def test_gates_pass_nan_and_infinity(function: Callable[[float], float]) -> None:
    assert isnan(function(nan)) and function(inf) == inf and function(0.0) == 0


@pytest.mark.parametrize("function", [silu, gelu])
def test_the_slope_at_zero_is_a_half(function: Callable[[Any], Any]) -> None:
    assert derivative(function, 0.0) == 0.5
    with pytest.raises(TypeError, match=r"^(sigmoid|sqrt) has no instance for Fraction"):
        function(Fraction(1))


@given(st.floats(-30, 30))
def test_the_slope_of_silu_follows_the_product_rule(x: float) -> None:
    """σ + x·σ̇ is one product and one sum of σ and σ̇; so it is here, in the order of the rule."""
    assert derivative(silu, x) == x * derivative(sigmoid, x) + sigmoid(x)


@given(inputs)
def test_softmax_is_near_the_truth(xs: list[float]) -> None:
    """The rounding of x − m counts x − m times in exp; numerator, then n − 1 sums, then ÷."""
    one = spread(xs) + LIBM
    bound = Decimal(roundings(2 * one + len(xs)))
    for share, truth in zip(softmax(xs), exactly(xs), strict=True):
        with localcontext(prec=60):
            assert abs(Decimal(share) - truth) <= bound * truth


@given(inputs)
def test_log_softmax_is_near_the_truth(xs: list[float]) -> None:
    """Σ is off by spread + LIBM + n − 1, its logarithm, less than two, by that (one more for
    ln(1 + ε)) and LIBM; x − m rounds by the spread, the difference by spread + 2."""
    count = 3 * spread(xs) + 3 * LIBM + len(xs) + 2
    for logarithm, truth in zip(log_softmax(xs), exactly(xs), strict=True):
        with localcontext(prec=60):
            assert abs(Decimal(logarithm) - truth.ln()) <= Decimal(roundings(count))


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8))
def test_shares_add_up_to_one(xs: list[float]) -> None:
    """exp cancels: what is left are the n − 1 sums and one division, or a unit of underflow."""
    whole = sum(map(Fraction, softmax(xs)), Fraction(0))
    units = len(xs) * Fraction(5e-324)
    assert abs(whole - 1) <= Fraction(roundings(len(xs))) + units


@given(st.lists(whole_numbers, min_size=1, max_size=6), whole_numbers)
def test_a_shift_that_is_exact_changes_nothing(xs: list[float], shift: float) -> None:
    shifted = [x + shift for x in xs]
    assert softmax(shifted) == softmax(xs)
    assert log_softmax(shifted) == log_softmax(xs)


@given(st.integers(1, 64), st.floats(-1e300, 1e300))
def test_equal_inputs_have_equal_shares(count: int, x: float) -> None:
    assert softmax([x] * count) == [1 / count] * count
    assert log_softmax([x] * count) == [-log(count) if count > 1 else 0.0] * count


@given(st.lists(st.integers(-300, 300).map(lambda n: n / 8), min_size=1, max_size=6))
def test_order_is_kept(xs: list[float]) -> None:
    shares = softmax(xs)
    ranks = sorted(range(len(xs)), key=xs.__getitem__)
    assert [shares[i] for i in ranks] == sorted(shares)


def test_far_logits_neither_overflow_nor_lose_the_logarithm() -> None:
    assert softmax([1e4, -1e4, 1e4]) == [0.5, 0.0, 0.5]
    assert log_softmax([1e4, -1e4]) == [0.0, -2e4]
    assert softmax([-1e308]) == [1.0] and log_softmax([-1e308]) == [0.0]


def test_minus_infinity_has_no_share_and_nan_spoils_all() -> None:
    assert softmax([-inf, 0.0, -inf]) == [0.0, 1.0, 0.0]
    assert log_softmax([-inf, 0.0]) == [-inf, 0.0]
    for strange in ([nan, 0.0], [0.0, nan], [-inf, -inf], [inf, 0.0]):
        assert isnan(softmax(strange)[0]) and isnan(log_softmax(strange)[0])


@pytest.mark.parametrize("shares", [softmax, log_softmax])
def test_ints_are_lifted_beside_other_numbers(shares: Callable[[Any], Any]) -> None:
    assert shares([1, 2.0, 3]) == shares([1.0, 2.0, 3.0])
    assert shares([0, Dual(1.0, 1.0)]) == shares([Dual(0.0, 0.0), Dual(1.0, 1.0)])


@pytest.mark.parametrize("shares", [softmax, log_softmax])
def test_nothing_has_no_shares(shares: Callable[[Any], Any]) -> None:
    for sequence in (list, tuple):
        with pytest.raises(ValueError, match=r"^inputs is empty$"):
            shares(sequence())


@pytest.mark.parametrize("shares", [softmax, log_softmax])
def test_a_generator_is_refused_by_name(shares: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"^inputs is a generator, not a list$"):
        shares(x for x in [1.0, 2.0])


@pytest.mark.parametrize("shares", [softmax, log_softmax])
@pytest.mark.parametrize("strange", [[1.0, THIRD], [1.0, "a"], ["a"], ["a", "b"], [1, None]])
def test_wrong_numbers_have_no_shares(shares: Any, strange: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"numbers do not mix|has no instance for ") as caught:
        shares(strange)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shares", [softmax, log_softmax])
@pytest.mark.parametrize("number", [THIRD, 1])
def test_numbers_without_an_exponential_are_refused(shares: Any, number: Any) -> None:
    with pytest.raises(TypeError, match=r"^exp has no instance for .*: its value is irrational; "):
        shares([number, number])


def test_a_softmax_is_a_layer_of_no_weights() -> None:
    assert layer(softmax)([0.0, 0.0], ()) == softmax([0.0, 0.0]) == [0.5, 0.5]
    assert elementwise(leaky_relu, slope=0.5)([[-2.0], [2.0]], ()) == [[-1.0], [2.0]]


@pytest.mark.parametrize("zero", [0.0, -0.0, Fraction(0)])
def test_the_slope_of_a_leaky_relu_at_zero_is_its_slope(zero: Any) -> None:
    quarter = Fraction(1, 4)
    assert derivative(lambda x: leaky_relu(x, slope=quarter), zero) == quarter
