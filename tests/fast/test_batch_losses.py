"""A batch's losses and their cotangents are the definitions', bit for bit."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import cross_entropy, layer, squared_error, vjp
from funcnn.fast import batched_loss

FINITE = st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 5e-324])
ENTRIES = st.sampled_from([FINITE, st.floats(-40, 40), st.floats(), st.integers(-9, 9)])
SIZE = st.integers(1, 4)


def outcome(function: Any, *arguments: Any) -> str:
    try:
        losses, y_bars = function(*arguments)
        return repr((losses, y_bars))
    except (ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def one_by_one(loss: Any, ys: Any, targets: Any, bar: Any) -> Any:
    pairs = [vjp(loss, y, target) for y, target in zip(ys, targets, strict=True)]
    return [value for value, _ in pairs], [back(bar)[0] for _, back in pairs]


def at_once(loss: Any, ys: Any, targets: Any, bar: Any) -> Any:
    losses, pullback = batched_loss(loss, ys, targets)
    return losses, pullback(bar)


@given(st.data(), ENTRIES, SIZE)
def test_squared_error(data: st.DataObject, numbers: st.SearchStrategy[Any], size: int) -> None:
    rows = st.lists(numbers, min_size=size, max_size=size)
    pairs = data.draw(st.lists(st.tuples(rows, rows), max_size=3))
    arguments = layer(squared_error), [y for y, _ in pairs], [t for _, t in pairs], 0.25
    assert outcome(at_once, *arguments) == outcome(one_by_one, *arguments)


@given(st.data(), ENTRIES, st.integers(-1, 4))
def test_cross_entropy(data: st.DataObject, numbers: st.SearchStrategy[Any], past: int) -> None:
    """Some targets are no class."""
    rows = st.lists(numbers, min_size=1, max_size=4)
    pairs = data.draw(
        st.lists(st.tuples(rows, st.integers(min(past, 0), max(past, 0))), max_size=3)
    )
    arguments = layer(cross_entropy), [y for y, _ in pairs], [t for _, t in pairs], 0.25
    assert outcome(at_once, *arguments) == outcome(one_by_one, *arguments)


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
