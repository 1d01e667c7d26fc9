"""The pullback of a batch is that of each of it, with ==."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import (
    Batch,
    affine,
    cross_entropy,
    dense,
    each,
    elementwise,
    layer,
    linear,
    relu,
    serial,
    squared_error,
    tree_map,
    value_and_grad,
    vjp,
)
from funcnn import fast
from funcnn.fast import batched_vjp
from networks import NUMBERS, Case, cases, matrices, vectors

EIGHTHS = st.integers(-16, 16).map(lambda number: number / 8)


@given(cases(), st.data())
def test_the_pullback_of_a_batch_is_that_of_each(case: Case, data: st.DataObject) -> None:
    network, weights, xs = case
    ys, pullback = batched_vjp(network, xs, weights)
    expected, each_pullback = vjp(each(network), xs, weights)
    y_bars = tree_map(lambda _: data.draw(NUMBERS), expected)
    assert ys == expected
    if xs:
        x_bars, w_bar = pullback(y_bars)
        assert (x_bars(), w_bar) == each_pullback(y_bars)


@pytest.mark.parametrize("numbers", [NUMBERS, EIGHTHS])
@given(data=st.data(), count=st.sampled_from([1, 2, 4]))
def test_a_batch_has_the_value_and_gradient_of_the_definition(
    numbers: st.SearchStrategy[Any], data: st.DataObject, count: int
) -> None:
    """Over Fraction, and over eighths, of which a few products and sums are floats."""
    network = serial(
        layer(linear), elementwise(relu), layer(affine), layer(dense), serial(layer(linear))
    )
    shapes = [matrices(3, 2), matrices(2, 3), vectors(2), matrices(3, 2), matrices(1, 3)]
    drawn = [tree_map(lambda _: data.draw(numbers), data.draw(part)) for part in shapes]
    hidden, matrix, bias, last, output = drawn
    weights = [hidden, (), (matrix, bias), last, [output]]
    batch = Batch(
        [[data.draw(numbers) for _ in range(2)] for _ in range(count)],
        [[data.draw(numbers)] for _ in range(count)],
    )
    loss = layer(squared_error)
    expected = value_and_grad(network, loss, weights, *batch)
    assert fast.value_and_grad(network, loss, weights, *batch) == expected


@pytest.mark.parametrize(
    ("inputs", "targets", "weights"),
    [
        ([], [], [[1.0]]),
        ([[1.0]], [], [[1.0]]),
        ([[1.0, 2.0]], [0], [[1.0]]),
        ([[1.0]], [1], [[1.0]]),
        ([["1"]], [0], [[1.0]]),
    ],
)
def test_where_the_definition_raises_so_does_the_batch(
    inputs: list[Any], targets: list[Any], weights: Any
) -> None:
    arguments: Any = (layer(dense), layer(cross_entropy), weights, inputs, targets)
    with pytest.raises((ValueError, TypeError)) as expected:
        value_and_grad(*arguments)
    with pytest.raises(expected.type) as actual:
        fast.value_and_grad(*arguments)
    assert str(actual.value) == str(expected.value)
