"""Batches: every example once an epoch, in an order that the key decides, from any place on."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.calculus.batches import Batch, batches_per_epoch, epoch, epochs

keys = st.integers(0, 2**64 - 1)
sizes = st.integers(1, 7)
counts = st.integers(0, 20)


def numbered(total: int) -> Batch:
    return Batch([[index] for index in range(total)], [str(index) for index in range(total)])


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
    with pytest.raises(ValueError, match=rf"^size is {size}: give 1 or more$"):
        list(epoch(0, numbered(3), size))


def test_a_generator_of_examples_is_refused_by_name() -> None:
    strange: Any = (x for x in [1])
    with pytest.raises(TypeError, match=r"^inputs is a generator, not a list$"):
        list(epoch(0, Batch(strange, [1]), 2))
    with pytest.raises(TypeError, match=r"^targets is a generator, not a list$"):
        list(epoch(0, Batch([1], strange), 2))


@pytest.mark.parametrize("size", [0, -1])
def test_epochs_of_batches_of_no_examples_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=rf"^size is {size}: give 1 or more$"):
        [*epochs(0, numbered(3), size, 1)]


@given(keys, counts, sizes, st.integers(0, 3), st.data())
def test_epochs_begin_anywhere(
    key: int, total: int, size: int, number: int, data: st.DataObject
) -> None:
    examples = numbered(total)
    everything = [*epochs(key, examples, size, number)]
    start = data.draw(st.integers(0, len(everything) + 2))
    assert [*epochs(key, examples, size, number, start=start)] == everything[start:]
    assert len(everything) == number * -(-total // size)
    assert -(-total // size) == batches_per_epoch(examples, size)


def test_each_epoch_has_all_examples_in_an_order_of_its_own() -> None:
    one, other = (
        [x for batch in part for x in batch.inputs]
        for part in zip(*[epochs(0, numbered(50), 10, 2)] * 5, strict=True)
    )
    assert one != other and sorted(one) == sorted(other) == numbered(50).inputs


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"size": 2.5}, "size is a float, not an int"),
        ({"count": -1}, "count is -1: give 0 or more"),
        ({"count": 1.5}, "count is a float, not an int"),
        ({"start": -1}, "start is -1: give 0 or more"),
        ({"start": 1.0}, "start is a float, not an int"),
    ],
)
def test_what_is_no_count_of_epochs_or_batches_is_refused(settings: Any, why: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{why}$"):
        epochs(0, numbered(3), **{"size": 2, "count": 1} | settings)
