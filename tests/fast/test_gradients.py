"""The pullback of a batch is that of each of it, with ==."""

from fractions import Fraction
from importlib import import_module
from math import inf
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import (
    AffineWeights,
    Batch,
    Layer,
    affine,
    cross_entropy,
    dense,
    each,
    elementwise,
    fast,
    layer,
    linear,
    objective,
    relu,
    serial,
    squared_error,
    tree_map,
    value_and_grad,
    vjp,
)
from funcnn.fast import BATCH_RULES, KERNELS, batched_vjp, grad, mean_loss
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
    assert fast.value_and_grad(network, loss, weights, *batch, map=map) == expected
    assert grad(network, loss, weights, *batch) == grad(network, loss, weights, *batch, map=map)
    assert (
        mean_loss(network, loss, weights, *batch),
        grad(network, loss, weights, *batch),
    ) == expected


@pytest.mark.parametrize(
    ("inputs", "targets", "weights"),
    [
        ([], [], [[1.0]]),
        ([[1.0]], [], [[1.0]]),
        ([[1.0, 2.0]], [0], [[1.0]]),
        ([[1.0]], [1], [[1.0]]),
        ([["1"]], [0], [[1.0]]),
        ([[1.0]], [0, 0], [[1.0]]),
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
    with pytest.raises(expected.type) as of_loss:
        mean_loss(layer(dense), layer(cross_entropy), weights, inputs, targets)
    assert str(of_loss.value) == str(expected.value)


def test_a_gradient_that_is_not_a_number_stays_none() -> None:
    network = serial(layer(dense), layer(linear))
    arguments: Any = (
        network,
        layer(squared_error),
        [[[1.0], [-1.0]], [[1.0, inf]]],
        [[1.0]],
        [[0.0]],
    )
    assert repr(fast.value_and_grad(*arguments)) == repr(value_and_grad(*arguments))


def test_a_generator_of_inputs_is_refused() -> None:
    inputs: Any = iter([[1.0]])
    for either in (value_and_grad, fast.value_and_grad):
        with pytest.raises(TypeError, match="^inputs is a list_iterator, not a list$"):
            either(serial(layer(dense)), layer(squared_error), [[[1.0]]], inputs, [[1.0]])


def test_a_rule_that_fails_where_the_definition_does_not_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(xs: Any, weights: Any) -> Any:
        raise IndexError("broken")

    monkeypatch.setitem(BATCH_RULES, (Layer, linear), broken)
    with pytest.raises(IndexError, match="^broken$"):
        fast.value_and_grad(layer(linear), layer(squared_error), [[1.0]], [[1.0]], [[1.0]])
    monkeypatch.setitem(KERNELS, (Layer, linear), broken)
    with pytest.raises(IndexError, match="^broken$"):
        mean_loss(layer(linear), layer(squared_error), [[1.0]], [[1.0]], [[1.0]])


@pytest.mark.parametrize(
    ("network", "weights"),
    [
        (layer(linear, bias=True), [[1.0]]),
        (elementwise(relu, slope=1), ()),
        (serial(layer(linear)), [[[1.0]], [[1.0]]]),
    ],
)
def test_settings_or_weights_too_many_are_refused(network: Any, weights: Any) -> None:
    arguments: Any = (network, layer(squared_error), weights, [[1.0]], [[1.0]])
    with pytest.raises((ValueError, TypeError)) as expected:
        value_and_grad(*arguments)
    with pytest.raises(expected.type) as actual:
        fast.value_and_grad(*arguments)
    assert str(actual.value) == str(expected.value)
    with pytest.raises(expected.type) as expected_of_loss:
        objective(network, layer(squared_error), Batch([[1.0]], [[1.0]])).value(weights)
    with pytest.raises(expected.type) as of_loss:
        mean_loss(network, layer(squared_error), weights, [[1.0]], [[1.0]])
    assert str(of_loss.value) == str(expected_of_loss.value)


def test_a_gradient_has_the_type_of_the_weights() -> None:
    weights = AffineWeights([[1.0]], [0.0])
    parts: Any = (layer(affine), layer(squared_error), weights, [[1.0]], [[3.0]])
    assert repr(fast.value_and_grad(*parts)) == repr(value_and_grad(*parts))
    assert isinstance(fast.value_and_grad(*parts)[1], AffineWeights)


def test_a_loss_may_be_an_int_beside_others() -> None:
    arguments: Any = (
        layer(linear),
        layer(squared_error),
        [[1]],
        [[1], [Fraction(1, 2)]],
        [[0]] * 2,
    )
    assert fast.value_and_grad(*arguments) == value_and_grad(*arguments)


def test_a_loss_alone_needs_no_rule() -> None:
    """Its definition does not run on traced numbers."""

    def distance(output: list[float], target: float) -> float:
        return abs(float(output[0]) - target)

    batch = Batch([[1.0], [2.0]], [0.0, 4.0])
    assert mean_loss(layer(linear), layer(distance), [[3.0]], *batch) == 2.5
    with pytest.raises(TypeError, match="^no rule for distance"):
        fast.value_and_grad(layer(linear), layer(distance), [[3.0]], *batch)


def test_every_module_of_pullbacks_has_its_rules_in_the_table() -> None:
    names = [
        found.name for found in iter_modules(fast.__path__) if found.name.endswith("_pullbacks")
    ]
    tables = [import_module(f"funcnn.fast.{name}").RULES for name in names]
    assert len(tables) > 9 and all(table.items() <= BATCH_RULES.items() for table in tables)
