"""Every kernel against its definition: the same numbers, the same floats within the certificate, or
the same error."""

from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factors import batches, factors
from funcnn import (
    AffineWeights,
    add_pair,
    affine,
    dense,
    linear,
    matmul,
    relu,
    transpose,
)
from funcnn.calculus.rules import elementwise_rule
from funcnn.fast import floats
from representations import are_floats, certified, outcome, same


@given(factors())
def test_matmul(pair: tuple[Any, Any]) -> None:
    expected, actual = outcome(matmul, *pair), outcome(floats.matmul, *pair)
    if are_floats(expected):
        assert certified(pair[0], transpose(pair[1]), actual)
        assert certified(pair[0], transpose(pair[1]), expected)
    else:
        assert same(actual, expected)


@given(batches())
def test_linear(pair: tuple[Any, Any]) -> None:
    xs, weights = pair
    expected = outcome(lambda: [linear(x, weights) for x in xs])
    actual = outcome(floats.linear, xs, weights)
    if are_floats(expected):
        assert certified(xs, weights, actual)
        assert certified(xs, weights, expected)
    else:
        assert same(actual, expected)


@given(batches(), st.data())
def test_affine(pair: tuple[Any, Any], data: st.DataObject) -> None:
    """A bias is one more product, with 1."""
    xs, matrix = pair
    bias = [row[0] if isinstance(row, list) and row else 1 for row in matrix]
    weights: Any = (matrix, data.draw(st.sampled_from([bias, bias[:-1]])))
    expected = outcome(lambda: [affine(x, weights) for x in xs])
    actual = outcome(floats.affine, xs, weights)
    if are_floats(expected):
        rows = [[*row, b] for row, b in zip(*weights, strict=True)]
        assert certified([[*x, 1.0] for x in xs], rows, actual)
    else:
        assert same(actual, expected)


@given(batches())
def test_dense(pair: tuple[Any, Any]) -> None:
    """Its floats are those of the kernel of linear, which is certified, with relu."""
    xs, weights = pair
    expected = outcome(lambda: [dense(x, weights) for x in xs])
    actual = outcome(floats.dense, xs, weights)
    if are_floats(expected):
        assert same(actual, [[*map(relu, sums)] for sums in floats.linear(xs, weights)])
    else:
        assert same(actual, expected)


@pytest.mark.parametrize("number", [nan, inf, -inf, -0.0, 0.0, 5e-324, -5e-324, 1, -1])
def test_relu(number: Any) -> None:
    assert repr(floats.relu([[number]])) == repr([[relu(number)]])


@pytest.mark.parametrize("number", [nan, inf, 0.0, 5e-324, 2, 0])
def test_relu_sends_a_cotangent_back_where_its_result_is_not_zero(number: Any) -> None:
    expected = 0.0 if number == 0 else nan if number != number else 3.0
    for bar in (3, 3.0):
        [[sent_back]] = floats.relu_pullback([[number]], [[bar]])
        assert repr(float(sent_back)) == repr(expected)


def test_tensors_of_any_depth_go_through_relu() -> None:
    assert floats.relu([[[1.0, -1.0]], [-2.0]]) == [[[1.0, 0.0]], [0.0]]


def relu_pullbacks(ys: Any, y_bars: Any) -> Any:
    """The definition of relu_pullback, of each of a batch alone."""
    pairs = zip(ys, y_bars, strict=True)
    return [elementwise_rule(relu, y)[1](y_bar)[0] for y, y_bar in pairs]


@pytest.mark.parametrize(
    ("kernel", "definition", "arguments"),
    [
        (floats.matmul, matmul, ([[1.0, 2.0]], [[1.0]])),
        (floats.matmul, matmul, ([[1]], [[1], [2]])),
        (floats.linear, lambda xs, w: [linear(x, w) for x in xs], ([[1.0, 2.0]], [[1.0]])),
        (
            floats.affine,
            lambda xs, w: [affine(x, w) for x in xs],
            ([[Fraction(1)]], AffineWeights([[Fraction(1)]], [0.5])),
        ),
        (floats.relu_pullback, relu_pullbacks, ([[1.0]], [[Fraction(1)]])),
    ],
)
def test_a_kernel_refuses_what_its_definition_refuses(
    kernel: Callable[..., Any], definition: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    expected = outcome(definition, *arguments)
    assert isinstance(expected, tuple) and outcome(kernel, *arguments) == expected


@given(st.data())
def test_pairs_are_added_as_the_definition_adds_them(data: st.DataObject) -> None:
    numbers = st.sampled_from([1.5, -0.0, nan, 3, Fraction(1, 2)])
    trees = st.recursive(numbers, lambda tree: st.lists(tree, max_size=3), max_leaves=6)
    one = data.draw(trees)
    other = one if data.draw(st.booleans()) else data.draw(trees)
    pairs = [(one, other), ([one], (other,)), ([one, other], [other, one])]
    expected = outcome(lambda: [add_pair(pair) for pair in pairs])
    actual = outcome(floats.add_pair, pairs)
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)
