"""Training is a scan: lazy, exact over Fraction, decided by its key, and to be gone on with."""

import pickle
from collections.abc import Iterator
from fractions import Fraction
from itertools import count, islice, pairwise
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import Dual, Interval, binary16, cast, fast
from funcnn.algebra.folds import foldl
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import affine, linear
from funcnn.calculus.batches import Batch, epochs
from funcnn.calculus.evolution import EvolutionStrategies
from funcnn.calculus.losses import squared_error
from funcnn.calculus.mutations import PointMutation
from funcnn.calculus.optimizers import Adam, Momentum, Sgd, sgd
from funcnn.calculus.pullbacks import mean_loss, value_and_grad
from funcnn.calculus.quasi_newton import Lbfgs
from funcnn.calculus.second_order import NewtonKrylov
from funcnn.calculus.states import State
from funcnn.calculus.training import (
    Diverged,
    Objective,
    early_stopped,
    objective,
    train,
    training_step,
)
from strategies import fractions

NETWORK, LOSS = layer(linear), layer(squared_error)
HALF = Fraction(1, 2)

OPTIMIZERS: Any = [
    Sgd(0.125),
    Momentum(0.125),
    Adam(0.125),
    Lbfgs(),
    NewtonKrylov(damping=0.125),
    EvolutionStrategies(0.125, deviation=0.125, pairs=4, key=1),
]


def unit(slope: int) -> Batch:
    """Of weights [[w]] the loss is (slope·w)²."""
    return Batch([[Fraction(slope)]], [[Fraction(0)]])


def endless(taken: list[int]) -> Iterator[Batch]:
    for index in count():
        taken.append(index)
        yield unit(1)


def counted(network: Any, loss: Any, batch: Batch) -> Objective:
    """In place of an objective, one whose value and slope are the batch's input."""
    return Objective(lambda _: batch.inputs, lambda _: (batch.inputs, batch.inputs))


@given(st.lists(st.integers(-9, 9), max_size=6))
def test_training_is_the_scan_of_one_step(slopes: list[int]) -> None:
    batches = [unit(slope) for slope in slopes]
    states = [State([[Fraction(3)]])]
    for batch in batches:
        value, gradient = value_and_grad(NETWORK, LOSS, states[-1].weights, *batch)
        states.append(sgd(Sgd(HALF), states[-1], gradient)._replace(loss=value))
    assert list(train(NETWORK, LOSS, Sgd(HALF), states[0], batches)) == states


def test_training_takes_only_the_batches_that_are_asked_for() -> None:
    taken: list[int] = []
    states = train(NETWORK, LOSS, Sgd(HALF), State([[Fraction(8)]]), endless(taken))
    assert taken == []
    assert [state.weights for state in islice(states, 1)] == [[[8]]] and taken == []
    assert [state.step for state in islice(states, 3)] == [1, 2, 3] and taken == [0, 1, 2]


def test_without_batches_there_is_the_start_alone() -> None:
    assert list(train(NETWORK, LOSS, Sgd(0.5), State([[1.0]]), [])) == [State([[1.0]])]


@given(
    fractions, st.lists(st.tuples(fractions, fractions), min_size=1, max_size=4), st.integers(0, 20)
)
def test_a_parabola_is_descended_exactly(
    weight: Fraction, examples: list[tuple[Fraction, Fraction]], steps: int
) -> None:
    """Of the mean of (w·x − t)², the slope by w is the mean of 2·(w·x − t)·x."""
    rate, n = Fraction(1, 8), len(examples)
    batch = Batch([[x] for x, _ in examples], [[t] for _, t in examples])
    start, *later = train(NETWORK, LOSS, Sgd(rate), State([[weight]]), [batch] * steps)
    assert start == State([[weight]])
    for state in later:
        assert state.loss == sum((weight * x - t) ** 2 for x, t in examples) / n
        weight -= rate * sum(2 * (weight * x - t) * x for x, t in examples) / n
        assert state.weights == [[weight]]


def test_training_leaves_the_state_it_was_given() -> None:
    start = State([[3.0]])
    states = train(NETWORK, LOSS, Sgd(0.25), start, [Batch([[1.0]], [[1.0]])] * 3)
    assert [state.weights[0][0] for state in states] == [3.0, 2.0, 1.5, 1.25]
    assert start == State([[3.0]])


def test_many_batches_do_not_grow_the_stack() -> None:
    batches = (Batch([index], [index]) for index in range(20_000))
    states = train(NETWORK, LOSS, Sgd(-1), State([0]), batches, objective=counted)
    last = foldl(lambda _, state: state, State(None), states)
    assert last.weights == [sum(range(20_000))] and last.step == 20_000


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: type(optimizer).__name__)
@pytest.mark.parametrize("stop", [0, 1, 3, 5])
def test_a_run_that_goes_on_ends_as_if_it_had_not_stopped(optimizer: Any, stop: int) -> None:
    network = layer(affine)
    examples = Batch([[0.5, x / 8] for x in range(7)], [[x / 4 - 1.0] for x in range(7)])
    start = State(([[0.25, -0.5]], [0.125]))
    by = train if isinstance(optimizer, NewtonKrylov) else fast.train
    whole = [*by(network, LOSS, optimizer, start, epochs(7, examples, 3, 2))]
    rest = epochs(7, examples, 3, 2, start=whole[stop].step)
    assert repr([*by(network, LOSS, optimizer, whole[stop], rest)]) == repr(whole[stop:])
    assert [state.step for state in whole] == [*range(7)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: type(optimizer).__name__)
def test_every_optimizer_lowers_the_loss_of_a_parabola(optimizer: Any) -> None:
    """Of (w − 1)² + (2w + 1)² the lowest mean is at −1/5: 9/10."""
    batch = Batch([[1.0], [2.0]], [[1.0], [-1.0]])
    *_, last = train(NETWORK, LOSS, optimizer, State([[2.0]]), [batch] * 200)
    assert abs(last.loss - 0.9) < 0.01 and abs(last.weights[0][0] + 0.2) < 0.1


@pytest.mark.parametrize("optimizer", OPTIMIZERS[:3], ids=lambda each: type(each).__name__)
def test_training_by_batches_is_the_definitions(optimizer: Any) -> None:
    """Over a few multiples of 1/8 of one number each, where sums round nothing."""
    start = State([[0.5]])
    batches = [Batch([[1.0], [0.5]], [[0.25], [-1.0]])] * 2
    expected = [*train(NETWORK, LOSS, optimizer, start, batches)]
    assert [*fast.train(NETWORK, LOSS, optimizer, start, batches)] == expected
    assert [*fast.train(NETWORK, LOSS, optimizer, start, batches, map=map)] == expected


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: type(optimizer).__name__)
@pytest.mark.parametrize("loss", [nan, inf, -inf])
def test_a_loss_that_is_no_number_stops_the_training(optimizer: Any, loss: float) -> None:
    bad = Objective(lambda _: loss, lambda _: (loss, [[1.0]]))
    with pytest.raises(Diverged, match=rf"^step 4: the loss of its batch is {loss}; ") as caught:
        training_step(optimizer, State([[1.0]], 4), bad)
    assert (caught.value.step, repr(caught.value.loss)) == (4, repr(loss))


@pytest.mark.parametrize(
    "loss",
    [cast(inf, binary16), Dual(nan, 1.0), Interval(-inf, 1.0), Dual(cast(nan, binary16), 0)],
)
def test_a_loss_of_any_kind_of_number_can_be_no_number(loss: Any) -> None:
    with pytest.raises(Diverged):
        training_step(Sgd(1), State([1]), Objective(lambda _: loss, lambda _: (loss, [1])))


def test_what_is_no_optimizer_no_state_and_no_batch_is_refused() -> None:
    kinds: Any = Sgd
    batches: Any = [([[1.0]],)]
    weights: Any = [[1.0]]
    with pytest.raises(TypeError, match=r"^a type is no optimizer: write Sgd\(0\.1\), "):
        [*train(NETWORK, LOSS, kinds, State([[1.0]]), [unit(1)])]
    with pytest.raises(TypeError, match=r"^the state is a list: write State\(weights\)$"):
        train(NETWORK, LOSS, Sgd(1.0), weights, [])
    with pytest.raises(TypeError, match=r"^a batch's parts \(inputs, targets\) are a pair, "):
        [*train(NETWORK, LOSS, Sgd(1.0), State([[1.0]]), batches)]


def test_an_error_of_a_worker_comes_home() -> None:
    again = pickle.loads(pickle.dumps(Diverged(3, inf)))
    assert (again.step, again.loss, str(again)) == (3, inf, str(Diverged(3, inf)))


def test_a_rate_too_high_diverges_and_says_at_which_step() -> None:
    with pytest.raises(Diverged) as caught:
        [*train(NETWORK, LOSS, Sgd(1e200), State([[2.0]]), [Batch([[1.0]], [[1.0]])] * 9)]
    assert caught.value.step == 1


def test_weights_that_are_choices_are_trained_by_mutation() -> None:
    signs = PointMutation((1, -1), key=3)
    examples = Batch([[HALF, 1], [1, -HALF]], [[Fraction(-3, 2)], [-HALF]])
    *states, last = train(NETWORK, LOSS, signs, State([[1, 1]]), [examples] * 9)
    assert last.weights == [[-1, -1]] and last.loss == 0
    assert all(a.loss >= b.loss for a, b in pairwise(states[1:]))


@pytest.mark.parametrize("of", [objective, fast.objective])
def test_an_objective_is_the_mean_loss_and_its_gradient(of: Any) -> None:
    batch = Batch([[Fraction(1)], [Fraction(2)]], [[Fraction(1)], [Fraction(0)]])
    made, weights = of(NETWORK, LOSS, batch), [[Fraction(3)]]
    assert made.value(weights) == mean_loss(NETWORK, LOSS, weights, *batch) == 20
    assert made.value_and_grad(weights) == value_and_grad(NETWORK, LOSS, weights, *batch)


@pytest.mark.parametrize(
    ("network", "batch", "error", "message"),
    [
        (NETWORK, Batch([], []), ValueError, "a batch needs at least one example"),
        (NETWORK, Batch([[1.0]], []), ValueError, "inputs and targets differ in length: 1 and 0"),
        (serial(NETWORK), Batch([[1.0]], [[1.0]]), ValueError, "layer 0: row 0 has length "),
        (elementwise(abs), Batch([["a"]], [[1.0]]), TypeError, ""),
    ],
)
@pytest.mark.parametrize("by", [train, fast.train])
def test_what_the_gradient_raises_comes_through(
    by: Any, network: Any, batch: Batch, error: type[Exception], message: str
) -> None:
    states = by(network, LOSS, Sgd(0.5), State([[[1.0, 2.0]]]), [batch])
    assert next(states) == State([[[1.0, 2.0]]])
    with pytest.raises(error) as caught:
        next(states)
    assert str(caught.value).startswith(message)


@given(st.lists(st.integers(-9, 9)), st.integers(1, 4))
def test_early_stopping_ends_once_nothing_is_better(scores: list[int], patience: int) -> None:
    seen = [*early_stopped(scores, abs, patience)]
    assert seen == scores[: len(seen)]
    values = [*map(abs, seen)]
    waits = [last - values.index(min(values[: last + 1])) for last in range(len(seen))]
    assert all(wait < patience for wait in waits[:-1])
    assert len(seen) == len(scores) or waits[-1] == patience


@pytest.mark.parametrize("patience", [0, -1])
def test_no_patience_is_refused(patience: int) -> None:
    with pytest.raises(ValueError, match=rf"^patience is {patience}: give 1 or more$"):
        next(early_stopped([1], abs, patience))


def test_a_score_of_nan_is_never_the_lowest() -> None:
    scores = [nan, 3.0, nan, 2.0, nan, nan, 1.0]
    assert [*map(str, early_stopped(scores, float, 2))] == [*map(str, scores[:6])]
