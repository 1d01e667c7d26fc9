"""Optimizers: one exact step over Fraction, in the form of the weights."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.trees import leaves, tree_map
from funcnn.blocks.linears import AffineWeights
from funcnn.calculus.optimizers import sgd
from strategies import fractions, matrices, vectors

HALF = Fraction(1, 2)


@st.composite
def steps(draw: st.DrawFn) -> tuple[Any, Any]:
    """Weights of some layers, and a gradient of their form."""
    matrix, bias = matrices(1, 2, fractions), vectors(2, fractions)
    layers = st.tuples(matrix, st.just(()), st.builds(AffineWeights[Fraction], matrix, bias))
    return list(draw(layers)), list(draw(layers))


@given(fractions, steps())
def test_each_weight_goes_down_by_the_rate_times_its_slope(
    rate: Fraction, step: tuple[Any, Any]
) -> None:
    weights, gradient = step
    pairs = zip(leaves(weights), leaves(gradient), strict=True)
    assert list(leaves(sgd(rate, weights, gradient))) == [w - rate * g for w, g in pairs]


@given(fractions, steps())
def test_a_step_keeps_the_form_and_its_arguments(rate: Fraction, step: tuple[Any, Any]) -> None:
    weights, gradient = step
    before = repr(step)
    after = sgd(rate, weights, gradient)
    assert tree_map(lambda _: 0, after) == tree_map(lambda _: 0, weights)
    assert isinstance(after[2], AffineWeights) and after[1] == ()
    assert repr(step) == before


@given(fractions, fractions, steps())
def test_two_steps_down_one_slope_are_one_of_both_rates(
    rate: Fraction, other: Fraction, step: tuple[Any, Any]
) -> None:
    weights, gradient = step
    both = sgd(rate, sgd(other, weights, gradient), gradient)
    assert both == sgd(rate + other, weights, gradient)
    assert sgd(Fraction(0), weights, gradient) == weights


@given(fractions)
def test_on_a_parabola_a_step_of_a_half_reaches_the_bottom(x: Fraction) -> None:
    assert sgd(HALF, [x], [2 * (x - 3)]) == [3]


@pytest.mark.parametrize(
    ("rate", "weight", "slope", "after"),
    [
        (0.5, 1.0, 4.0, "-1.0"),
        (0.5, 1, 4, "-1.0"),
        (2, 1.5, 0.25, "1.0"),
        (HALF, 1, 3, "Fraction(-1, 2)"),
        (2, 3, 4, "-5"),
        (0.1, 0.3, 1.0, repr(0.3 - 0.1)),
    ],
)
def test_ints_are_lifted(rate: Any, weight: Any, slope: Any, after: str) -> None:
    assert repr(sgd(rate, weight, slope)) == after


def test_numbers_do_not_mix() -> None:
    rate: Any = 0.5
    for weights, gradient in (([0.5], [HALF]), ([HALF], [0.5]), ([HALF], [1])):
        with pytest.raises(TypeError, match=r"numbers do not mix, convert one of them$"):
            sgd(rate, weights, gradient)


@pytest.mark.parametrize(
    ("gradient", "reason"),
    [
        ([[1.0]], "2 branches beside 1"),
        ([[1.0, 2.0], [3.0], ()], "2 branches beside 3"),
        ([1.0, [3.0]], "list beside float"),
        ([[1.0, [2.0]], [3.0]], "float beside list"),
        (1.0, "list beside float"),
    ],
)
def test_a_gradient_of_another_form_is_refused(gradient: Any, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        sgd(0.5, [[1.0, 2.0], [3.0]], gradient)
    assert str(caught.value) == f"the trees differ in form: {reason}"
