"""Losses: exact where numbers are exact, else within counted roundings of the truth."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial
from math import inf, isnan, log, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual, derivative
from funcnn.blocks.activations import log_softmax, softmax
from funcnn.calculus.losses import cross_entropy, squared_error
from strategies import LIBM, fractions, roundings, vectors

HALF = Fraction(1, 2)


@st.composite
def pairs[T](draw: st.DrawFn, numbers: st.SearchStrategy[T]) -> tuple[list[T], list[T]]:
    size = draw(st.integers(1, 5))
    return draw(vectors(size, numbers)), draw(vectors(size, numbers))


@st.composite
def classified(draw: st.DrawFn, numbers: st.SearchStrategy[float]) -> tuple[list[float], int]:
    """Logits and one of their classes."""
    logits = draw(st.lists(numbers, min_size=1, max_size=6))
    return logits, draw(st.integers(0, len(logits) - 1))


def with_entry(numbers: list[Any], index: int, number: Any) -> list[Any]:
    return [*numbers[:index], number, *numbers[index + 1 :]]


@given(pairs(fractions))
def test_a_squared_error_is_the_square_of_the_distance(
    pair: tuple[list[Fraction], list[Fraction]],
) -> None:
    outputs, target = pair
    error = squared_error(outputs, target)
    assert error == sum((y - t) ** 2 for y, t in zip(outputs, target, strict=True))
    assert error == squared_error(target, outputs)
    assert (error == 0) == (outputs == target)


@given(pairs(fractions))
def test_the_slope_of_a_squared_error_is_twice_the_difference(
    pair: tuple[list[Fraction], list[Fraction]],
) -> None:
    outputs, target = pair
    for i in range(len(outputs)):
        outputs_at = partial(with_entry, outputs, i)
        slope = derivative(lambda y: squared_error(outputs_at(y), target), outputs[i])
        assert slope == 2 * (outputs[i] - target[i])


def test_a_squared_error_is_summed_from_the_left() -> None:
    assert squared_error([1e8, 1.0, 1.0], [0.0, 0.0, 0.0]) == 1e16
    assert squared_error([1.0, 1.0, 1e8], [0.0, 0.0, 0.0]) == 1e16 + 2


def test_a_squared_error_lifts_ints_and_refuses_mixtures() -> None:
    ints: list[Any] = [1, 2]
    assert repr(squared_error(ints, [0.5, 1.0])) == "1.25"
    assert squared_error(ints, [HALF, 1]) == Fraction(5, 4)
    for outputs, target in (([0.5, 1.0], [HALF, HALF]), ([0.5, HALF], ints)):
        mixed: Any = target
        with pytest.raises(TypeError, match=r"numbers do not mix, convert one of them$"):
            squared_error(outputs, mixed)


@pytest.mark.parametrize(
    ("outputs", "target", "message"),
    [
        ([1, 2], [1], "differ in length: 2 and 1"),
        ([1], [1, 2, 3], "differ in length: 1 and 3"),
        ([], [], "a sum needs at least one term"),
    ],
)
def test_a_squared_error_takes_two_vectors_of_one_length(
    outputs: list[int], target: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=rf"{message}$"):
        squared_error(outputs, target)


@pytest.mark.parametrize(
    ("refusing", "name"),
    [
        (lambda xs: squared_error(xs, [1.0]), "outputs"),
        (lambda xs: squared_error([1.0], xs), "target"),
        (lambda xs: cross_entropy(xs, 0), "logits"),
    ],
)
def test_a_generator_is_refused_by_name(refusing: Callable[[Any], Any], name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name} is a generator, not a list$"):
        refusing(x for x in [1.0])


@given(classified(st.floats(-30, 30)))
def test_cross_entropy_is_log_sum_exp_less_the_logit(case: tuple[list[float], int]) -> None:
    """The rounding of z − m counts up to `spread` times in its exponential, exp LIBM and the sum
    n − 1: that, and one more for ln(1 + ε), is the logarithm's absolute error; it is below
    two and has LIBM of its own. Then zₜ − m rounds, up to `spread`, and the last difference."""
    logits, target = case
    spread = max(logits) - min(logits)
    count = (spread + LIBM + len(logits)) + 2 * LIBM + spread + (spread + 2)
    with localcontext(prec=60):
        truth = sum((Decimal(z).exp() for z in logits), Decimal(0)).ln() - Decimal(logits[target])
        assert abs(Decimal(cross_entropy(logits, target)) - truth) <= Decimal(roundings(count))


@given(classified(st.floats(-1e4, 1e4)))
def test_cross_entropy_is_one_entry_of_the_log_softmax(case: tuple[list[float], int]) -> None:
    logits, target = case
    assert cross_entropy(logits, target) == -log_softmax(logits)[target]
    assert cross_entropy(logits, target) >= 0


def test_cross_entropy_is_stable_far_from_zero() -> None:
    logits = [1e4, -1e4, 0.0]
    assert [cross_entropy(logits, target) for target in range(3)] == [0.0, 2e4, 1e4]
    assert cross_entropy([1e4, 1e4], 0) == cross_entropy([-1e4, -1e4], 1) == log(2)
    assert cross_entropy([-1e308], 0) == 0.0
    assert cross_entropy([-inf, 0.0], 0) == inf
    assert isnan(cross_entropy([nan, 0.0], 1))


@given(st.integers(1, 50), st.floats(-1e300, 1e300))
def test_equal_logits_cost_the_logarithm_of_their_number(count: int, logit: float) -> None:
    assert cross_entropy([logit] * count, count - 1) == log(count)


@given(
    classified(st.floats(-1e4, 1e4) | st.floats(-5, 5) | st.sampled_from([1e4, -1e4, 0.0])),
    st.data(),
)
def test_the_slope_of_cross_entropy_is_softmax_less_one_at_the_target(
    case: tuple[list[float], int], data: st.DataObject
) -> None:
    """All terms are at most one. Both sides share e and S bit by bit; the difference z − m has
    a tangent of 0 or ±1, so eᵢ loses nothing. Where zₖ is no maximum, Ṡ = eₖ, and 1/S, Ṡ/S, the
    softmax's ÷ and the last difference round. Where it is, Ṡ = −Σ of the other eᵢ has n − 2
    roundings, and 1 + Ṡ/S stands for eₖ/S, which moves by the n − 1 of S. One is for underflow."""
    logits, target = case
    k = data.draw(st.integers(0, len(logits) - 1))
    by_duals = derivative(lambda z: cross_entropy(with_entry(logits, k, z), target), logits[k])
    expected = Fraction(softmax(logits)[k]) - (k == target)
    n = len(logits)
    assert abs(Fraction(by_duals) - expected) <= Fraction(roundings((n - 1) + (n - 1) + 4 + 1))


def test_the_slope_of_cross_entropy_at_simple_logits() -> None:
    def loss(z: Any) -> Any:
        return cross_entropy([z, 0.0], 0)

    assert derivative(loss, 0.0) == -0.5
    assert derivative(lambda z: cross_entropy([z, 0.0], 1), 0.0) == 0.5
    assert derivative(loss, 1e4) == 0.0 and derivative(loss, -1e4) == -1.0
    assert derivative(lambda z: derivative(loss, z), 0.0) == 0.25


def test_cross_entropy_lifts_ints_beside_floats_and_duals() -> None:
    logits: list[Any] = [1, 2.0]
    assert cross_entropy(logits, 0) == cross_entropy([1.0, 2.0], 0)
    seeded: list[Any] = [0, Dual(0.0, 1.0)]
    assert cross_entropy(seeded, 1) == Dual(log(2), -0.5)


@pytest.mark.parametrize("target", [-1, 2, 3, -2])
def test_a_target_that_is_no_class_is_refused(target: int) -> None:
    with pytest.raises(ValueError) as caught:
        cross_entropy([0.0, 0.0], target)
    assert str(caught.value) == f"target {target} is none of the classes 0 … 1"


def test_no_logits_have_no_class() -> None:
    with pytest.raises(ValueError, match=r"^target 0 is none of the classes"):
        cross_entropy(list[float](), 0)


@pytest.mark.parametrize("target", [1.0, None, [0.0, 1.0]])
def test_a_target_that_is_no_int_is_refused(target: Any) -> None:
    with pytest.raises(TypeError, match="^a target is an int, the number of a class, not a "):
        cross_entropy([0.0, 0.0], target)


@pytest.mark.parametrize("target", range(3))
def test_a_class_is_let_through(target: int) -> None:
    assert cross_entropy([0.0] * 3, target) == log(3)


@pytest.mark.parametrize("logits", [[HALF, HALF], [1, 2]])
def test_exact_logits_have_no_exponential(logits: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"^exp has no instance for .*: its value is irrational; "):
        cross_entropy(logits, 0)
