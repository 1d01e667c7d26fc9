"""Fast optimizers: the definitions bit for bit, whatever they are given."""

from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra.surds import surd
from funcnn.algebra.trees import tree_map
from funcnn.blocks.linears import AffineWeights
from funcnn.calculus import optimizers
from funcnn.calculus.optimizers import Adam, Momentum, Sgd
from funcnn.calculus.quasi_newton import Lbfgs
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.states import State
from funcnn.calculus.training import STEPS as DEFINITIONS
from funcnn.fast.optimizers import STEPS

HALF = Fraction(1, 2)
FLOATS = st.floats()
SHARES = st.floats(0, 1) | st.sampled_from([0, 1, 1.5])
RATES = st.floats(-2, 2) | st.integers(-2, 2) | st.builds(ExponentialDecay, FLOATS, FLOATS)
HYPERS = st.one_of(
    st.builds(Sgd, RATES),
    st.builds(Momentum, RATES, SHARES, st.booleans()),
    st.builds(Adam, RATES, SHARES, SHARES, st.sampled_from([0, 0.0, 1e-8, 1.0]), SHARES),
    st.builds(Lbfgs, RATES, st.integers(1, 3)),
)
KINDS: list[Any] = [Sgd(0.5), Momentum(0.5), Momentum(0.5, nesterov=True), Adam(0.5), Lbfgs(0.5)]


def forms(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Nested lists and tuples of a few lengths."""
    rows = st.lists(numbers, max_size=3)
    matrices = st.integers(1, 2).flatmap(
        lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), max_size=3)
    )
    parts = rows | matrices | st.builds(AffineWeights[Any], matrices, rows) | st.just(())
    return parts | st.lists(parts | numbers, max_size=3) | rows.map(tuple) | numbers


def outcome(step: Callable[..., State], hyper: Any, state: State, gradients: list[Any]) -> str:
    try:
        for gradient in gradients:
            state = step(hyper, state, gradient)
    except (TypeError, ValueError, ArithmeticError) as error:
        return repr(error)
    return repr(state)


def agree(hyper: Any, state: State, *gradients: Any) -> bool:
    kind = type(hyper)
    return outcome(STEPS[kind], hyper, state, [*gradients]) == outcome(
        DEFINITIONS[kind], hyper, state, [*gradients]
    )


@settings(max_examples=300)
@given(HYPERS, st.data())
def test_steps_on_floats_are_the_definitions_bit_for_bit(hyper: Any, data: st.DataObject) -> None:
    weights = data.draw(forms(FLOATS))
    gradients = [tree_map(lambda _: data.draw(FLOATS), weights) for _ in range(3)]
    assert agree(hyper, State(weights), *gradients)


@given(HYPERS, st.data())
def test_of_other_numbers_and_forms_they_are_the_definitions(
    hyper: Any, data: st.DataObject
) -> None:
    numbers = FLOATS | st.integers(-9, 9) | st.just(HALF)
    state = State(data.draw(forms(numbers)), memory=data.draw(st.just(()) | forms(numbers)))
    assert agree(hyper, state, data.draw(forms(numbers)))


@pytest.mark.parametrize("hyper", KINDS[:4], ids=repr)
def test_floats_do_not_go_to_the_definition(monkeypatch: pytest.MonkeyPatch, hyper: Any) -> None:
    for name in ("sgd", "momentum", "adam"):
        monkeypatch.delattr(optimizers, name)
    state = State(
        [[[1.0, 2.0]], (), AffineWeights([[3.0], [4.0]], [5.0, 6.0]), [[7.0], [8.0, 9.0]]]
    )
    for _ in range(2):
        before, state = state, STEPS[type(hyper)](hyper, state, state.weights)
    assert before.step == 1 and state.step == 2
    assert repr(tree_map(type, state.weights)) == repr(tree_map(type, before.weights))


@pytest.mark.parametrize("hyper", KINDS, ids=repr)
def test_the_edges_of_floats_are_the_definitions(hyper: Any) -> None:
    edges = [0.0, -0.0, inf, -inf, nan, 5e-324, 1.7e308]
    assert agree(hyper, State(edges), *[edges[shift:] + edges[:shift] for shift in range(7)])


@pytest.mark.parametrize("hyper", KINDS, ids=repr)
@pytest.mark.parametrize(
    "gradient",
    [
        [1.0],
        [[1.0]],
        [[1.0, 2.0], 3.0],
        [[1.0], [2.0, 3.0]],
        [{1.0, 2.0}, [3.0]],
        [[1.0, [2.0]], [3.0]],
        1.0,
        "ab",
    ],
)
def test_a_gradient_of_another_form_is_refused(hyper: Any, gradient: Any) -> None:
    assert agree(hyper, State([[1.0, 2.0], [3.0]]), gradient)
    with pytest.raises((ValueError, TypeError)):
        STEPS[type(hyper)](hyper, State([[1.0, 2.0], [3.0]]), gradient)


def test_a_memory_keeps_its_own_lists() -> None:
    """As one that was read from a file may have for the tuples of the weights."""
    weights, lists = AffineWeights([[1.0]], [2.0]), [[[3.0]], (4.0,)]
    assert agree(Momentum(0.5), State(weights, 1, (lists,)), weights)
    assert agree(Adam(0.5), State(weights, 1, (lists, weights, 0.5, 0.5)), weights)
    assert agree(Adam(0.5), State(weights, 1, (weights, lists, 0.5, 0.5)), weights)


def test_exact_numbers_stay_exact() -> None:
    hyper = Adam(surd(HALF), surd(HALF), surd(HALF), surd(0), surd(HALF))
    assert agree(hyper, State([surd(3)]), [surd(2)], [surd(5)])
    for exact in (Sgd(HALF), Momentum(HALF, HALF), Lbfgs(HALF)):
        assert agree(exact, State([[HALF], ()]), [[HALF], ()], [[HALF * 3], ()])


def test_arguments_are_not_changed() -> None:
    weights, gradient = [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]
    for hyper in KINDS:
        state = STEPS[type(hyper)](hyper, State(weights), gradient)
        before = repr((state, weights, gradient))
        STEPS[type(hyper)](hyper, state, gradient)
        assert repr((state, weights, gradient)) == before
