"""Losses: exact where numbers are exact, else within counted roundings of the truth; on every kind
of number, and with one derivative by rule, by trace and by duals."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial
from itertools import product
from math import inf, isnan, log, nan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over
from cases_losses import CASES, REDUCTIONS
from enclosed import enclosed
from funcnn import (
    Interval,
    Layer,
    Network,
    Profile,
    binary32,
    bound,
    cast,
    interval,
    layer,
    serial,
    sigmoid,
    total,
    tree_zip_with,
    vjp,
)
from funcnn.algebra.bounds import Bound
from funcnn.algebra.duals import Dual, derivative
from funcnn.algebra.dyadics import fraction
from funcnn.algebra.elementary import log as ln
from funcnn.algebra.roundings import Rounded
from funcnn.blocks.activations import log_softmax, softmax
from funcnn.calculus.loss_rules import RULES
from funcnn.calculus.losses import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    kl_divergence,
    sequence_loss,
    squared_error,
    xlogx,
)
from funcnn.calculus.tracing import traced
from strategies import LIBM, fractions, roundings, vectors
from transposes import assert_equal, assert_transposed, exactly, forward, is_rational, network_of

HALF = Fraction(1, 2)
SINGLE = Profile(binary32)
NUMBERS: dict[type, Callable[[float], Any]] = {
    float: float,
    Fraction: Fraction,
    Rounded: lambda x: cast(x, binary32),
    Interval: interval,
    Dual: lambda x: Dual(x, 1.0),
    Bound: bound,
}


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


every_case = pytest.mark.parametrize("name", CASES)


def drawn(name: str) -> list[Case]:
    return [CASES[name](Random(f"{name} {seed}")) for seed in range(8)]


def test_every_loss_has_cases_and_all_but_the_hinge_a_rule() -> None:
    losses = {squared_error, cross_entropy, binary_cross_entropy}
    losses |= {hinge, kl_divergence, sequence_loss}
    assert {case.definition for name in CASES for case in drawn(name)} == losses
    assert losses - RULES.keys() == {hinge}


@every_case
@pytest.mark.parametrize("kind", NUMBERS)
def test_a_loss_runs_on_every_number_and_is_one_of_that_kind(name: str, kind: type) -> None:
    for case in drawn(name):
        if kind is not Fraction or is_rational(case):
            assert type(over(NUMBERS[kind], case).run()) is kind


@every_case
def test_a_loss_lies_within_its_bounds_whatever_the_number(name: str) -> None:
    for case in drawn(name):
        limit, box = over(bound, case).run(), over(interval, case).run()
        value, radius = fraction(limit.value), fraction(limit.radius)
        assert limit.admits(case.run()) and over(NUMBERS[Dual], case).run().value == case.run()
        assert value - radius <= box.high and box.low <= value + radius
        single = over(lambda x: bound(x, SINGLE), case).run()
        assert single.admits(over(NUMBERS[Rounded], case).run().value)
        if is_rational(case):
            exact = over(Fraction, case).run()
            assert box.low <= exact <= box.high and limit.admits(exact)


@every_case
def test_the_rule_of_a_loss_is_its_trace_and_its_dual(name: str) -> None:
    """Exactly, or in enclosures of a width of 2⁻⁴⁰ relative to each result."""
    for case in drawn(name):
        assert_transposed(forward(case), partial(vjp, network_of(case)))
        exact, number = exactly(case, Random(0))
        by_trace, trace = traced(exact.definition)(exact.inputs, exact.weights, **exact.settings)
        by_rule, rule = vjp(network_of(case), exact.inputs, exact.weights)
        assert_equal(by_rule, by_trace)
        bar = number(0.75)
        tree_zip_with(assert_equal, rule(bar), trace(bar))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@given(pairs(fractions))
def test_a_reduction_is_of_the_terms(reduction: Any, pair: tuple[Any, Any]) -> None:
    outputs, target = pair
    squares = [(y - t) ** 2 for y, t in zip(outputs, target, strict=True)]
    reduced = {"sum": sum(squares), "mean": Fraction(sum(squares), len(squares))}
    expected = (reduced | {"max": max(squares)})[reduction]
    assert squared_error(outputs, target, reduction=reduction) == expected
    rows = [[[y] for y in outputs], [[t] for t in target]]
    loss = layer(squared_error)
    assert sequence_loss(*rows, loss=loss, reduction=reduction) == expected


unknown: Any = "none"


@pytest.mark.parametrize(
    "reducing",
    [
        lambda: squared_error([1.0], [1.0], reduction=unknown),
        lambda: binary_cross_entropy(1.0, 1.0, reduction=unknown),
        lambda: hinge([1.0], 0, reduction=unknown),
        lambda: sequence_loss([[1.0]], [0], loss=layer(cross_entropy), reduction=unknown),
        lambda: vjp(layer(squared_error, reduction=unknown), [1.0], [1.0]),
    ],
)
def test_a_reduction_that_there_is_not_is_refused(reducing: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="^reduction is 'none', not one of sum, mean, max$"):
        reducing()


logits_and_shares = st.lists(st.tuples(fractions, st.integers(1, 9)), min_size=1, max_size=5)


@given(logits_and_shares)
def test_binary_cross_entropy_is_that_of_the_logistic_function(pairs: Any) -> None:
    """−t·ln σ(z) − (1 − t)·ln(1 − σ(z)), and for t of 0 and 1 the cross-entropy of two classes"""
    logits, target = [enclosed(z) for z, _ in pairs], [enclosed(Fraction(t, 9)) for _, t in pairs]
    expected = total(
        [
            -t * ln(sigmoid(z)) - (1 - t) * ln(1 - sigmoid(z))
            for z, t in zip(logits, target, strict=True)
        ]
    )
    assert_equal(binary_cross_entropy(logits, target), expected)
    for z, t in product(logits, (0, 1)):
        assert_equal(binary_cross_entropy(z, enclosed(t)), cross_entropy([enclosed(0), z], t))


def test_binary_cross_entropy_is_stable_and_takes_any_form() -> None:
    assert binary_cross_entropy(1e4, 0.0) == binary_cross_entropy(-1e4, 1.0) == 1e4
    assert binary_cross_entropy(1e4, 1.0) == binary_cross_entropy(-1e4, 0.0) == 0.0
    assert binary_cross_entropy([[0.0], (0.0, 0.0)], [[0.0], (1.0, 0.5)]) == log(2) + log(2) + log(
        2
    )
    assert isnan(binary_cross_entropy(nan, 0.5))


def test_binary_cross_entropy_at_a_logit_of_zero_has_its_slope() -> None:
    """½ − t, though max(0, z) and |z| have none."""
    assert derivative(lambda z: binary_cross_entropy(z, 0.125), 0.0) == 0.375
    assert vjp(layer(binary_cross_entropy), 0.0, 0.125)[1](1.0) == (0.375, -0.0)


@pytest.mark.parametrize(
    ("logits", "target", "message"),
    [
        ([1.0, 2.0], [1.0], "logits and target: the trees differ in form: 2 branches beside 1"),
        (1.0, [1.0], "logits and target: the trees differ in form: float beside list"),
        ([], [], "a sum needs at least one term"),
    ],
)
def test_binary_cross_entropy_takes_two_of_one_form(logits: Any, target: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        binary_cross_entropy(logits, target)


@given(st.lists(fractions, min_size=1, max_size=5), fractions.map(abs), st.data())
def test_a_hinge_is_0_once_the_target_leads_by_the_margin(
    logits: list[Fraction], margin: Fraction, data: st.DataObject
) -> None:
    target = data.draw(st.integers(0, len(logits) - 1))
    short = [margin - logits[target] + z for i, z in enumerate(logits) if i != target]
    excesses = [max(Fraction(0), excess) for excess in short]
    assert hinge(logits, target, margin=margin) == sum(excesses)
    mean, worst = (hinge(logits, target, margin=margin, reduction=how) for how in ("mean", "max"))
    assert mean == sum(excesses) / Fraction(len(logits))
    assert worst == max([Fraction(0), *excesses])


@given(fractions)
def test_a_hinge_of_two_classes_is_the_binary_one(z: Fraction) -> None:
    assert hinge([Fraction(0), z], 1) == max(0, 1 - z)
    assert hinge([Fraction(0), z], 0) == max(0, 1 + z)


@pytest.mark.parametrize("target", [-1, 2, 1.0])
def test_a_hinge_refuses_what_is_no_class(target: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as expected:
        cross_entropy([0.0, 0.0], target)
    with pytest.raises(expected.type) as actual:
        hinge([0.0, 0.0], target)
    assert str(actual.value) == str(expected.value)


@given(classified(st.floats(-1e4, 1e4)))
def test_the_divergence_from_certainty_is_cross_entropy(case: tuple[list[float], int]) -> None:
    logits, target = case
    certain = [float(i == target) for i in range(len(logits))]
    assert kl_divergence(logits, certain) == cross_entropy(logits, target)


@given(logits_and_shares)
def test_a_divergence_is_the_mean_surprise_and_0_from_itself(pairs: Any) -> None:
    """Σ t·ln(t/p) ≥ 0"""
    logits, whole = [enclosed(z) for z, _ in pairs], sum(t for _, t in pairs)
    target = [enclosed(Fraction(t, whole)) for _, t in pairs]
    ratios = [t / p for t, p in zip(target, softmax(logits), strict=True)]
    expected = total([t * ln(ratio) for t, ratio in zip(target, ratios, strict=True)])
    found = kl_divergence(logits, target)
    assert_equal(found, expected)
    assert found.ends.high >= 0
    assert_equal(kl_divergence(logits, softmax(logits)), enclosed(0))


def test_no_probability_times_its_logarithm_is_0() -> None:
    assert kl_divergence([0.0, 0.0], [0.0, 1.0]) == log(2)
    assert [xlogx(x) for x in (0.0, -0.0, 1.0)] == [0.0, 0.0, 0.0]
    assert isnan(xlogx(-0.5)) and isnan(xlogx(nan))
    assert derivative(xlogx, 0.0) == 0.0 and derivative(xlogx, 1.0) == 1.0


def test_a_divergence_takes_two_vectors_of_one_length() -> None:
    with pytest.raises(ValueError, match="^target and logits differ in length: 1 and 2$"):
        kl_divergence([0.0, 0.0], [1.0])
    with pytest.raises(ValueError, match="^inputs is empty$"):
        kl_divergence(list[float](), [])


@pytest.mark.parametrize("definition", [binary_cross_entropy, kl_divergence])
def test_exact_numbers_have_no_logarithm(definition: Any) -> None:
    with pytest.raises(TypeError, match=r"^(exp|log) has no instance for Fraction: "):
        definition([HALF, HALF], [HALF, HALF])


def test_the_loss_of_a_sequence_is_that_of_each_output() -> None:
    outputs, target = [[0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], [1, 2]
    network = layer(sequence_loss, loss=layer(cross_entropy), reduction="mean")
    loss, pullback = vjp(network, outputs, target)
    assert loss == (log(2) + log(4)) / 2
    assert pullback(4.0) == ([[1.0, -1.0], [0.5, 0.5, -1.5, 0.5]], [0, 0])


def test_the_loss_of_a_sequence_may_be_any_network() -> None:
    """With a rule, without one, with settings, or no layer; and itself the loss of a sequence."""

    def absolute_error(outputs: Any, target: Any) -> Any:
        return total([abs(y - t) for y, t in zip(outputs, target, strict=True)])

    outputs, target = [[HALF], [HALF * 5]], [[HALF * 3], [HALF]]
    for loss, bars in (
        (layer(absolute_error), ([[-1], [1]], [[1], [-1]])),
        (layer(squared_error, reduction="mean"), ([[-2], [4]], [[2], [-4]])),
        (serial(layer(squared_error)), ([[-2], [4]], [[2], [-4]])),
    ):
        of_serial = not isinstance(loss, Layer)
        weights = [[t] for t in target] if of_serial else target
        expected = (bars[0], [[t] for t in bars[1]]) if of_serial else bars
        network: Network = layer(sequence_loss, loss=loss)
        assert vjp(network, outputs, weights)[1](Fraction(1)) == expected
        _, pullback = vjp(layer(sequence_loss, loss=network), [outputs], [weights])
        assert pullback(Fraction(1)) == ([expected[0]], [expected[1]])


@pytest.mark.parametrize(
    ("outputs", "target", "message"),
    [
        ([[1.0]], [0, 0], "outputs and target differ in length: 1 and 2"),
        ([], [], "a sum needs at least one term"),
        ([[1.0], [1.0]], [0, 1], "target 1 is none of the classes 0 … 0"),
    ],
)
def test_a_sequence_has_a_target_for_each_output(outputs: Any, target: Any, message: str) -> None:
    network = layer(sequence_loss, loss=layer(cross_entropy))
    for lossy in (network, lambda y, t: vjp(network, y, t)):
        with pytest.raises(ValueError, match=f"^{message}$"):
            lossy(outputs, target)


def test_a_loss_that_is_no_network_is_refused() -> None:
    not_a_network: Any = cross_entropy
    with pytest.raises(
        TypeError, match=r"^cross_entropy is no network: write layer\(cross_entropy\)"
    ):
        sequence_loss([[1.0]], [0], loss=not_a_network)
