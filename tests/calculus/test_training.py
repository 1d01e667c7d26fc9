"""Training is a scan: lazy, exact over Fraction, and decided by its key."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.folds import foldl
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import linear
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import sgd
from funcnn.calculus.pullbacks import value_and_grad
from funcnn.calculus.training import Batch, State, epoch, train
from strategies import fractions

NETWORK, LOSS = layer(linear), layer(squared_error)

keys = st.integers(0, 2**64 - 1)
sizes = st.integers(1, 7)
counts = st.integers(0, 20)


def recorded(network: Any, loss: Any, weights: Any, inputs: Any, targets: Any) -> tuple[Any, Any]:
    """In place of a loss and its gradient, what they were asked for."""
    return (network, loss, weights), (inputs, targets)


def numbered(total: int) -> Batch:
    return Batch([[index] for index in range(total)], [str(index) for index in range(total)])


def endless(taken: list[int]) -> Iterator[Batch]:
    for index in count():
        taken.append(index)
        yield Batch([index], [-index])


@given(st.lists(st.tuples(st.integers(), st.integers()), max_size=6))
def test_training_is_the_scan_of_one_step(numbers: list[tuple[int, int]]) -> None:
    batches = [Batch([x], [t]) for x, t in numbers]
    states = train(
        NETWORK, LOSS, ("start",), batches, update=lambda w, g: (*w, g), value_and_grad=recorded
    )
    seen = [("start", *(([x], [t]) for x, t in numbers[:n])) for n in range(len(numbers) + 1)]
    losses = [None, *((NETWORK, LOSS, weights) for weights in seen[:-1])]
    assert list(states) == [State(w, loss) for w, loss in zip(seen, losses, strict=True)]


def test_training_takes_only_the_batches_that_are_asked_for() -> None:
    taken: list[int] = []
    states = train(
        NETWORK, LOSS, 0, endless(taken), update=lambda w, g: w + 1, value_and_grad=recorded
    )
    assert taken == []
    assert [state.weights for state in islice(states, 1)] == [0] and taken == []
    assert [state.weights for state in islice(states, 3)] == [1, 2, 3] and taken == [0, 1, 2]


def test_without_batches_there_is_the_start_alone() -> None:
    start = [[1.0]]
    states = train(NETWORK, LOSS, start, [], update=max, value_and_grad=value_and_grad)
    assert list(states) == [State([[1.0]], None)]


@given(fractions, st.lists(st.tuples(fractions, fractions), min_size=1, max_size=4), counts)
def test_a_parabola_is_descended_exactly(
    weight: Fraction, examples: list[tuple[Fraction, Fraction]], steps: int
) -> None:
    """Of the mean of (w·x − t)², the slope by w is the mean of 2·(w·x − t)·x."""
    rate, n = Fraction(1, 8), len(examples)
    batch = Batch([[x] for x, _ in examples], [[t] for _, t in examples])
    states = train(
        NETWORK,
        LOSS,
        [[weight]],
        [batch] * (steps % 4),
        update=partial(sgd, rate),
        value_and_grad=value_and_grad,
    )
    start, *later = states
    assert start == State([[weight]])
    for state in later:
        assert state.loss == sum((weight * x - t) ** 2 for x, t in examples) / n
        weight -= rate * sum(2 * (weight * x - t) * x for x, t in examples) / n
        assert state.weights == [[weight]]


def test_training_leaves_the_weights_it_was_given() -> None:
    start = [[3.0]]
    batches = [Batch([[1.0]], [[1.0]])] * 3
    states = train(
        NETWORK, LOSS, start, batches, update=partial(sgd, 0.25), value_and_grad=value_and_grad
    )
    assert [state.weights[0][0] for state in states] == [3.0, 2.0, 1.5, 1.25]
    assert start == [[3.0]]


def test_many_batches_do_not_grow_the_stack() -> None:
    batches = (Batch([index], [index]) for index in range(20_000))
    states = train(
        NETWORK, LOSS, 0, batches, update=lambda w, g: w + g[0][0], value_and_grad=recorded
    )
    last = foldl(lambda _, state: state, State(None), states)
    assert last.weights == sum(range(20_000))


@pytest.mark.parametrize(
    ("network", "batch", "error", "message"),
    [
        (NETWORK, Batch([], []), ValueError, "a batch needs at least one example"),
        (NETWORK, Batch([[1.0]], []), ValueError, "inputs and targets differ in length: 1 and 0"),
        (serial(NETWORK), Batch([[1.0]], [[1.0]]), ValueError, "layer 0: row 0 has length "),
        (elementwise(abs), Batch([["a"]], [[1.0]]), TypeError, ""),
    ],
)
def test_what_the_gradient_raises_comes_through(
    network: Any, batch: Batch, error: type[Exception], message: str
) -> None:
    update = partial(sgd, 0.5)
    states = train(
        network, LOSS, [[[1.0, 2.0]]], [batch], update=update, value_and_grad=value_and_grad
    )
    assert next(states) == State([[[1.0, 2.0]]])
    with pytest.raises(error) as caught:
        next(states)
    assert str(caught.value).startswith(message)


def test_what_the_update_raises_comes_through() -> None:
    def refusing(weights: Any, gradient: Any) -> Any:
        raise KeyError(gradient)

    states = train(NETWORK, LOSS, 0, [Batch([1], [2])], update=refusing, value_and_grad=recorded)
    with pytest.raises(KeyError):
        list(states)


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


def test_a_state_has_no_loss_at_the_start() -> None:
    assert State([1.0]) == ([1.0], None) == State([1.0], None)
    assert Batch([1], [2]) == ([1], [2])
