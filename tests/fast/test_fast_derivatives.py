"""Derivatives of a batch are those of each of it: the same where numbers are exact, and of floats
within the definition's bounds."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from block_cases import tensor
from funcnn import (
    AffineWeights,
    Layer,
    affine,
    bound,
    dense,
    each,
    elementwise,
    embedding,
    fast,
    gelu,
    layer,
    leaves,
    linear,
    serial,
    squared_error,
    tree_map,
)
from funcnn.calculus import derivatives
from funcnn.fast import BATCH_RULES
from funcnn.fast.derivatives import hessian, hvp, jacobian, jvp
from networks import NUMBERS, cases
from networks import Case as NetworkCase
from representations import outcome


@settings(max_examples=30)
@given(cases(), st.data())
def test_tangents_and_jacobians_are_those_of_each(case: NetworkCase, data: st.DataObject) -> None:
    network, weights, xs = case
    xs_dot, weights_dot = tree_map(lambda _: data.draw(NUMBERS), (xs, weights))
    expected = derivatives.jvp(each(network), xs, weights, xs_dot, weights_dot)
    assert jvp(network, xs, weights, xs_dot, weights_dot) == expected
    assert jacobian(network, xs, weights) == [derivatives.jacobian(network, x, weights) for x in xs]


LOSS = layer(squared_error)
DEEP = serial(layer(affine), layer(dense), layer(linear))
SMOOTH = serial(layer(affine), elementwise(gelu, approximate="tanh"), layer(linear))


def problem(number: Callable[[float], Any]) -> tuple[Any, Any]:
    """Weights and a batch for DEEP, and a direction of the weights."""
    draw = Random(0)
    weights = [AffineWeights(tensor(draw, 3, 2), tensor(draw, 3)), tensor(draw, 3, 3)]
    batch = [*weights, tensor(draw, 1, 3)], tensor(draw, 4, 2), tensor(draw, 4, 1)
    direction = tree_map(lambda _: number(draw.randint(-16, 16) / 8), batch[0])
    return tree_map(number, batch), direction


def test_the_second_derivatives_are_the_definition_s() -> None:
    batch, direction = problem(Fraction)
    arguments: Any = DEEP, LOSS, *batch, direction
    assert hvp(*arguments) == derivatives.hvp(*arguments)
    assert hessian(DEEP, LOSS, *batch) == derivatives.hessian(DEEP, LOSS, *batch)


def test_of_floats_they_are_within_the_bounds() -> None:
    def found(number: Callable[[float], Any], module: Any) -> Any:
        ((first, _, last), xs, targets), (one, _, other) = problem(lambda x: number(x * 0.7))
        weights, direction = [first, (), last], [one, (), other]
        if module is derivatives:
            pushed = module.jvp(each(SMOOTH), xs, weights, xs[::-1], direction)
            rows = [module.jacobian(SMOOTH, x, weights) for x in xs]
        else:
            pushed = module.jvp(SMOOTH, xs, weights, xs[::-1], direction)
            rows = module.jacobian(SMOOTH, xs, weights)
        return pushed, rows, module.hvp(SMOOTH, LOSS, weights, xs, targets, direction)

    limits, results = found(bound, derivatives), found(float, fast.derivatives)
    assert all(
        limit.admits(number) for limit, number in zip(leaves(limits), leaves(results), strict=True)
    )


def test_an_int_stands_still() -> None:
    """A token, and an int among the weights."""
    table = [[1.0, 2.0], [3.0, 4.0]]
    ys, ys_dot = jvp(layer(embedding), [[0, 1]], table, [[0, 0]], [[0.0, 1.0], [2.0, 3.0]])
    assert (ys, ys_dot) == ([table], [[[0.0, 1.0], [2.0, 3.0]]])
    assert jacobian(layer(embedding), [[1]], table) == [[[[0], [0]]]]
    arguments: Any = layer(linear), LOSS, [[3, 2.0]], [[0.5, 1.0]], [[1.0]]
    assert hessian(*arguments) == derivatives.hessian(*arguments)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("jvp", ([[1.0]], [[1.0]], [[1.0, 2.0]], [[1.0]])),
        ("jvp", ([[1.0]], [[1.0]], [[1.0]], [[1.0, 2.0]])),
        ("jvp", ([[1.0]], [[1.0, 2.0]], [[1.0]], [[1.0, 2.0]])),
        ("jvp", ([[1]], [[1.0]], [[1.0]], [[1.0]])),
        ("jacobian", ([[1.0], [1.0, 2.0]], [[1.0]])),
        ("jacobian", ([["1"]], [[1.0]])),
    ],
)
def test_where_the_definition_raises_so_does_the_batch(function: str, arguments: Any) -> None:
    def definition(xs: Any, *others: Any) -> Any:
        if function == "jvp":
            return derivatives.jvp(each(layer(linear)), xs, *others)
        return [derivatives.jacobian(layer(linear), x, *others) for x in xs]

    expected = outcome(definition, *arguments)
    batched = getattr(fast.derivatives, function)
    assert isinstance(expected, tuple)
    assert outcome(batched, layer(linear), *arguments) == expected


@pytest.mark.parametrize("direction", [[[1.0]], [[1.0, 2.0], [1.0]], 1.0])
def test_an_hvp_refuses_what_the_definition_refuses(direction: Any) -> None:
    arguments: Any = layer(linear), LOSS, [[3.0, 2.0]], [[0.5, 1.0]], [[1.0]], direction
    expected = outcome(derivatives.hvp, *arguments)
    assert isinstance(expected, tuple) and outcome(hvp, *arguments) == expected


def test_a_rule_that_fails_where_the_definition_does_not_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(xs: Any, weights: Any) -> Any:
        raise IndexError("broken")

    monkeypatch.setitem(BATCH_RULES, (Layer, linear), broken)
    with pytest.raises(IndexError, match="^broken$"):
        jacobian(layer(linear), [[1.0]], [[1.0]])


def test_of_no_example_there_is_nothing() -> None:
    assert jvp(layer(linear), [], [[1.0]], [], [[1.0]]) == ([], [])
    assert jacobian(layer(linear), [], [[1.0]]) == []
