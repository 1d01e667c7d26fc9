"""A batch's losses and their cotangents are the definitions', bit for bit."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import cross_entropy, layer, squared_error, vjp
from funcnn.calculus.losses import sequence_loss
from funcnn.fast import batched_loss, losses
from funcnn.fast.losses import losses_of

FINITE = st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 5e-324])
ENTRIES = st.sampled_from([FINITE, st.floats(-40, 40), st.floats(), st.integers(-9, 9)])
SIZE = st.integers(1, 4)
REDUCTIONS = st.sampled_from([{}, *({"reduction": name} for name in ("sum", "mean", "max", "no"))])


def outcome(function: Any, *arguments: Any) -> str:
    try:
        return repr(function(*arguments))
    except (ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def one_by_one(loss: Any, ys: Any, targets: Any, bar: Any) -> Any:
    pairs = [vjp(loss, y, target) for y, target in zip(ys, targets, strict=True)]
    return [value for value, _ in pairs], [back(bar)[0] for _, back in pairs]


def at_once(loss: Any, ys: Any, targets: Any, bar: Any) -> Any:
    values, pullback = batched_loss(loss, ys, targets)
    return values, pullback(bar)


@given(st.data(), ENTRIES, SIZE, REDUCTIONS)
def test_squared_error(
    data: st.DataObject, numbers: st.SearchStrategy[Any], size: int, settings: dict[str, Any]
) -> None:
    rows = st.lists(numbers, min_size=size, max_size=size)
    pairs = data.draw(st.lists(st.tuples(rows, rows), max_size=3))
    loss = layer(squared_error, **settings)
    arguments = loss, [y for y, _ in pairs], [t for _, t in pairs], 5.0
    assert outcome(at_once, *arguments) == outcome(one_by_one, *arguments)


@given(st.data(), ENTRIES, st.integers(-1, 4))
def test_cross_entropy(data: st.DataObject, numbers: st.SearchStrategy[Any], past: int) -> None:
    """Some targets are no class."""
    rows = st.lists(numbers, min_size=1, max_size=4)
    pairs = data.draw(
        st.lists(st.tuples(rows, st.integers(min(past, 0), max(past, 0))), max_size=3)
    )
    arguments = layer(cross_entropy), [y for y, _ in pairs], [t for _, t in pairs], 0.3
    assert outcome(at_once, *arguments) == outcome(one_by_one, *arguments)


@given(st.data(), ENTRIES, st.integers(0, 3), REDUCTIONS)
def test_a_loss_of_sequences(
    data: st.DataObject, numbers: st.SearchStrategy[Any], most: int, settings: dict[str, Any]
) -> None:
    """Some sequences are empty, and some targets no class."""
    rows = st.lists(numbers, min_size=3, max_size=3)
    items = st.lists(st.tuples(rows, st.integers(0, most)), max_size=3)
    sequences = data.draw(st.lists(items, max_size=3))
    ys = [[y for y, _ in sequence] for sequence in sequences]
    targets = [[target for _, target in sequence] for sequence in sequences]
    loss = layer(sequence_loss, loss=layer(cross_entropy), **settings)
    assert outcome(at_once, loss, ys, targets, 5.0) == outcome(one_by_one, loss, ys, targets, 5.0)
    loss = layer(sequence_loss, loss=layer(squared_error, **settings), **settings)
    assert outcome(at_once, loss, ys, ys[::-1], 5.0) == outcome(one_by_one, loss, ys, ys[::-1], 5.0)


def test_of_floats_no_loss_is_the_definition_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "vjp", None)
    monkeypatch.setattr(losses, "run", None)
    ys, rows = [[0.5, 1.5], [-1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]]
    for reduction in ("sum", "mean"):
        settings = {"reduction": reduction}
        of_each: dict[Any, Any] = {
            layer(cross_entropy): [0, 1],
            layer(squared_error, **settings): rows,
        }
        for loss, targets in of_each.items():
            of_all = layer(sequence_loss, loss=loss, **settings)
            assert at_once(loss, ys, targets, 0.7)[0] == losses_of(loss, ys, targets)
            assert at_once(of_all, [ys], [targets], 0.7)[0] == losses_of(of_all, [ys], [targets])


def test_a_loss_alone_is_run() -> None:
    assert losses_of(layer(squared_error), [[Fraction(1)], [2]], [[0], [0.5]]) == [1, 2.25]


@pytest.mark.parametrize(
    ("definition", "ys", "targets"),
    [
        (squared_error, [[1.0, 2.0]], [[1.0]]),
        (squared_error, [[]], [[]]),
        (squared_error, [[1.0], []], [[1.0], []]),
        (squared_error, [[1.0]], [[Fraction(1)]]),
        (squared_error, [[Fraction(1)]], [[Fraction(3)]]),
        (cross_entropy, [[]], [0]),
        (cross_entropy, [[1.0]], [0.0]),
        (cross_entropy, [[1.0]], [True]),
        (cross_entropy, [(1.0, 2.0)], [1]),
    ],
)
def test_what_is_no_batch_of_floats_is_the_definition_s(
    definition: Any, ys: Any, targets: Any
) -> None:
    arguments = layer(definition), ys, targets, Fraction(1, 2)
    assert outcome(at_once, *arguments) == outcome(one_by_one, *arguments)
