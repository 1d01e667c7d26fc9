"""Training is a scan: lazy, exact over Fraction, decided by its key, and to be gone on with."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import count, islice, pairwise
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import fast
from funcnn.algebra.folds import foldl
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import affine, linear
from funcnn.calculus.evolution import EvolutionStrategies
from funcnn.calculus.losses import squared_error
from funcnn.calculus.mutations import PointMutation
from funcnn.calculus.optimizers import Adam, Lbfgs, Momentum, Sgd, sgd
from funcnn.calculus.pullbacks import value_and_grad
from funcnn.calculus.second_order import NewtonKrylov
from funcnn.calculus.states import State
from funcnn.calculus.training import (
    Batch,
    Diverged,
    Objective,
    batches_per_epoch,
    early_stopped,
    epoch,
    epochs,
    improved,
    mean_loss,
    objective,
    train,
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

keys = st.integers(0, 2**64 - 1)
sizes = st.integers(1, 7)
counts = st.integers(0, 20)


def numbered(total: int) -> Batch:
    return Batch([[index] for index in range(total)], [str(index) for index in range(total)])


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


@given(fractions, st.lists(st.tuples(fractions, fractions), min_size=1, max_size=4), counts)
def test_a_parabola_is_descended_exactly(
    weight: Fraction, examples: list[tuple[Fraction, Fraction]], steps: int
) -> None:
    """Of the mean of (w·x − t)², the slope by w is the mean of 2·(w·x − t)·x."""
    rate, n = Fraction(1, 8), len(examples)
    batch = Batch([[x] for x, _ in examples], [[t] for _, t in examples])
    start, *later = train(NETWORK, LOSS, Sgd(rate), State([[weight]]), [batch] * (steps % 4))
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
    with pytest.raises(Diverged, match=rf"^step 4: the loss is {loss}; lower the rate, ") as caught:
        improved(optimizer, State([[1.0]], 4), bad)
    assert (caught.value.step, repr(caught.value.loss)) == (4, repr(loss))


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
    assert made.value(weights) == mean_loss(NETWORK, LOSS, weights, batch) == 20
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


@given(keys, counts, sizes, st.integers(0, 3), st.data())
def test_epochs_begin_anywhere(
    key: int, total: int, size: int, number: int, data: st.DataObject
) -> None:
    examples = numbered(total)
    everything = [*epochs(key, examples, size, number)]
    start = data.draw(st.integers(0, len(everything) + 2))
    assert [*epochs(key, examples, size, number, start=start)] == everything[start:]
    assert len(everything) == number * -(-total // size)
    assert max(1, -(-total // size)) == batches_per_epoch(examples, size)


def test_each_epoch_has_all_examples_in_an_order_of_its_own() -> None:
    one, other = (
        [x for batch in part for x in batch.inputs]
        for part in zip(*[epochs(0, numbered(50), 10, 2)] * 5, strict=True)
    )
    assert one != other and sorted(one) == sorted(other) == numbered(50).inputs


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
    with pytest.raises(ValueError, match=rf"^a patience of {patience}: at least 1 is needed$"):
        next(early_stopped([1], abs, patience))


@given(keys, counts, sizes)
def test_an_epoch_has_each_example_once_with_its_target(key: int, total: int, size: int) -> None:
    pairs = [
        (x, target)
        for batch in epoch(key, numbered(total), size)
        for x, target in zip(batch.inputs, batch.targets, strict=True)
    ]
    assert sorted(pairs) == sorted(zip(*numbered(total), strict=True))


@given(keys, counts, sizes)
def test_only_the_last_batch_is_smaller(key: int, total: int, size: int) -> None:
    lengths = [len(batch.inputs) for batch in epoch(key, numbered(total), size)]
    rest = [total % size] if total % size else []
    assert lengths == [size] * (total // size) + rest


@given(keys, counts, sizes, sizes)
def test_a_key_decides_the_order_and_the_size_only_cuts_it(
    key: int, total: int, size: int, other: int
) -> None:
    def flat(length: int) -> list[Any]:
        return [x for batch in epoch(key, numbered(total), length) for x in batch.inputs]

    assert flat(size) == flat(other)
    assert list(epoch(key, numbered(total), size)) == list(epoch(key, numbered(total), size))


def test_keys_give_every_order() -> None:
    def order(key: int) -> tuple[str, ...]:
        (batch,) = epoch(key, numbered(3), 3)
        return tuple(batch.targets)

    assert len(Counter(map(order, range(200)))) == 6


def test_an_epoch_has_been_so_since_the_first_version() -> None:
    targets = [batch.targets for batch in epoch(0, numbered(5), 2)]
    assert targets == [["4", "3"], ["2", "0"], ["1"]]


@pytest.mark.parametrize("shared", [[0, 0, 0], ["a"] * 3, (None, None, None)])
def test_examples_that_are_equal_or_the_same_are_still_all_there(shared: Any) -> None:
    batches = list(epoch(1, Batch(shared, shared), 2))
    assert batches == [Batch([shared[0]] * 2, [shared[0]] * 2), Batch([shared[0]], [shared[0]])]


def test_inputs_and_targets_that_differ_in_number_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^inputs and targets differ in length: 3 and 2$"):
        list(epoch(0, Batch([1, 2, 3], [1, 2]), 2))


@pytest.mark.parametrize("size", [0, -1])
def test_batches_of_no_examples_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=rf"^a batch of {size} examples: at least 1 is needed$"):
        list(epoch(0, numbered(3), size))


def test_a_generator_of_examples_is_refused_by_name() -> None:
    strange: Any = (x for x in [1])
    with pytest.raises(TypeError, match=r"^inputs is a generator, not a list$"):
        list(epoch(0, Batch(strange, [1]), 2))
    with pytest.raises(TypeError, match=r"^targets is a generator, not a list$"):
        list(epoch(0, Batch([1], strange), 2))


@pytest.mark.parametrize("size", [0, -1])
def test_epochs_of_batches_of_no_examples_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=rf"^a batch of {size} examples: at least 1 is needed$"):
        [*epochs(0, numbered(3), size, 1)]
