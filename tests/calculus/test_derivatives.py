"""Derivatives of both orders agree with one another, and with duals of duals, with ==."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cases_losses
from cases import CASES
from funcnn import (
    AffineWeights,
    Dual,
    Network,
    add,
    affine,
    dense,
    divide,
    dot,
    elementwise,
    grad,
    layer,
    leaves,
    linear,
    serial,
    squared_error,
    tanh,
    total,
    transpose,
    tree_map,
    tree_zip_with,
    vjp,
)
from funcnn.blocks.dropouts import dropout
from funcnn.calculus.derivatives import hessian, hvp, jacobian, jvp
from networks import NUMBERS, cases, matrices, vectors
from networks import Case as NetworkCase
from transposes import assert_equal, exactly, inner_product, network_of, numbers

HALF = Fraction(1, 2)
ALL_CASES = CASES | cases_losses.CASES


def random_like(data: st.DataObject, tree: Any) -> Any:
    return tree_map(lambda _: data.draw(NUMBERS), tree)


def zeros(tree: Any) -> Any:
    return tree_map(lambda _: Fraction(0), tree)


def applied(jacobian: Any, form: Any, direction: Any) -> Any:
    """Each row, where the outputs have a leaf, times the direction."""
    if not isinstance(form, (list, tuple)):
        return inner_product(direction, jacobian)
    return [applied(row, part, direction) for row, part in zip(jacobian, form, strict=True)]


def flat(tree: Any) -> list[Any]:
    return [*leaves(tree)]


@settings(max_examples=30)
@given(cases(), st.data())
def test_a_jvp_is_the_transposed_pullback(case: NetworkCase, data: st.DataObject) -> None:
    """Σ ȳ·ẏ = Σ x̄·ẋ + Σ w̄·ẇ"""
    for x in case.inputs:
        x_dot, w_dot = random_like(data, x), random_like(data, case.weights)
        outputs, y_dot = jvp(case.network, x, case.weights, x_dot, w_dot)
        y, pullback = vjp(case.network, x, case.weights)
        y_bar = random_like(data, y)
        assert outputs == y
        assert inner_product(y_bar, y_dot) == inner_product((x_dot, w_dot), pullback(y_bar))


@settings(max_examples=30)
@given(cases(), st.data())
def test_the_jacobian_times_a_tangent_is_the_jvp(case: NetworkCase, data: st.DataObject) -> None:
    for x in case.inputs:
        x_dot = random_like(data, x)
        y, y_dot = jvp(case.network, x, case.weights, x_dot, zeros(case.weights))
        rows = jacobian(case.network, x, case.weights)
        assert flat(applied(rows, y, x_dot)) == flat(y_dot)


def test_a_jacobian_has_the_form_of_the_outputs_and_rows_of_that_of_the_inputs() -> None:
    def products(inputs: Any, weights: Any) -> Any:
        (x, y), z = inputs
        return (x * y, [x * z])

    inputs = (2.0, 3.0), 5.0
    rows = ((3.0, 2.0), 0.0), [((5.0, 0.0), 2.0)]
    assert jacobian(layer(products), inputs, ()) == rows
    assert jacobian(layer(linear), [1, 2], [[3, 4]]) == [[3, 4]]
    assert jacobian(layer(linear), [1.0], []) == []


DEEP = serial(layer(affine), layer(dense), layer(linear))
LOSS = layer(squared_error)


@st.composite
def learning(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Weights of DEEP, and a batch."""
    weights = [
        AffineWeights(draw(matrices(2, 2)), draw(vectors(2))),
        draw(matrices(2, 2)),
        draw(matrices(1, 2)),
    ]
    pairs = draw(st.lists(st.tuples(vectors(2), vectors(1)), min_size=1, max_size=2))
    return weights, [x for x, _ in pairs], [target for _, target in pairs]


@settings(max_examples=10)
@given(learning(), st.data())
def test_an_hvp_is_the_hessian_times_the_direction_and_a_dual_of_duals(
    problem: Any, data: st.DataObject
) -> None:
    weights, inputs, targets = problem
    one, other = random_like(data, weights), random_like(data, weights)
    matrix = hessian(DEEP, LOSS, weights, inputs, targets)
    product = hvp(DEEP, LOSS, weights, inputs, targets, one)
    assert flat(applied(matrix, weights, one)) == flat(product)
    rows = [flat(row) for row in rows_of(matrix, weights)]
    assert rows == [[*column] for column in zip(*rows, strict=True)]

    def loss(weights: Any) -> Any:
        pairs = zip(inputs, targets, strict=True)
        return total([squared_error(DEEP(x, weights), t) for x, t in pairs]) / len(inputs)

    assert inner_product(other, product) == second_derivative(loss, weights, one, other)


def rows_of(matrix: Any, form: Any) -> list[Any]:
    if not isinstance(form, (list, tuple)):
        return [matrix]
    pairs = zip(matrix, form, strict=True)
    return [row for rows, part in pairs for row in rows_of(rows, part)]


def second_derivative(function: Callable[[Any], Any], at: Any, one: Any, other: Any) -> Any:
    """By a dual of duals; a number that all derivatives by are 0 is none."""
    inner = tree_zip_with(dual, at, one)
    outer = tree_map(lambda t: Dual(t, t * 0), other)
    result = function(tree_zip_with(dual, inner, outer))
    return result.tangent.tangent if isinstance(result, Dual) and result.depth == 2 else 0


def dual(number: Any, tangent: Any) -> Any:
    """One deeper than its tangent."""
    if isinstance(number, int):
        return number
    return Dual(number, tangent, 1 + getattr(tangent, "depth", 0))


@settings(max_examples=20)
@given(matrices(3, 3), vectors(3), vectors(3))
def test_the_hessian_of_a_quadratic_is_its_matrix(matrix: Any, at: Any, direction: Any) -> None:
    """Of ½·wᵀAw, of the symmetric A."""
    symmetric = tree_zip_with(add, matrix, transpose(matrix))

    def quadratic(inputs: Any, weights: Any) -> Any:
        return divide(dot(weights, linear(weights, inputs)), 2)

    network, loss = layer(quadratic), layer(lambda value, _: value)
    assert hessian(network, loss, at, [symmetric], [()]) == symmetric
    assert hvp(network, loss, at, [symmetric], [()], direction) == linear(direction, symmetric)


def given_weights(inputs: Any, weights: Any) -> Any:
    return weights


def weighed(outputs: Any, target: Any) -> Any:
    return inner_product(target, outputs)


@pytest.mark.parametrize("name", ALL_CASES)
def test_the_hvp_of_every_block_is_a_dual_of_duals(name: str) -> None:
    """By inputs and weights, which become the weights of one network."""
    draw = Random(name)
    case = ALL_CASES[name](draw)
    if not numbers((case.inputs, case.weights)):
        return
    (_, _, inputs, weights), number = exactly(case, draw)

    def drawn(leaf: Any) -> Any:
        return 0 if isinstance(leaf, int) else number(draw.randint(-16, 16) / 8)

    network: Network = network_of(case)
    if numbers(inputs):
        network, inputs, weights = serial(layer(given_weights), network), (), [inputs, weights]
    one, other = tree_map(drawn, weights), tree_map(drawn, weights)
    target = tree_map(drawn, network(inputs, weights))
    product = hvp(network, layer(weighed), weights, [inputs], [target], one)
    by_duals = second_derivative(
        lambda weights: weighed(network(inputs, weights), target), weights, one, other
    )
    assert_equal(inner_product(other, product), by_duals)


def test_no_perturbation_is_confused_with_another() -> None:
    """d/dx x·(d/dy (x + y)) = 1, and d/dx x·(d/dy x·y) = 2x"""

    def slope(function: Callable[[Any], Any], at: Any) -> Any:
        return jvp(layer(lambda x, _: function(x)), at, (), 1.0, ())[1]

    assert slope(lambda x: x * slope(lambda y: x + y, 1.0), 1.0) == 1.0
    assert slope(lambda x: x * slope(lambda y: x * y, 1.0), 3.0) == 6.0
    assert slope(lambda x: x * slope(lambda y: x * x, 1.0), 3.0) == 0.0
    assert slope(lambda x: slope(lambda y: slope(lambda z: x * y * z * z, y), x), 2.0) == 16.0


def test_a_gradient_inside_a_tangent_is_none_of_its() -> None:
    """d/dx x·(d/dw (w·x − 1)²) = d/dx 2x²(wx − 1) = 6wx² − 4x"""

    def gradient(inputs: Any, weights: Any) -> Any:
        return inputs * grad(layer(linear), LOSS, [[weights]], [[inputs]], [[1]])[0][0]

    x, w = Fraction(2), Fraction(3)
    assert jvp(layer(gradient), x, w, Fraction(1), Fraction(0))[1] == 6 * w * x**2 - 4 * x


def test_a_tangent_that_is_a_dual_is_a_constant_of_the_derivative() -> None:
    x, t = 3.0, Dual(5.0, 7.0)
    assert jvp(layer(lambda x, _: x * x), x, (), t, ())[1] == Dual(30.0, 42.0)


def test_ints_and_bools_are_no_weights() -> None:
    network = serial(layer(dropout, rate=HALF), layer(linear))
    weights = [[True, False], [[Fraction(3), Fraction(4)]]]
    inputs, targets = [[Fraction(1), Fraction(2)]], [[Fraction(1)]]
    nothing = [[0, 0], [[0, 0]]]
    rows = [[nothing, nothing], [[[[0, 0], [[8, 0]]], nothing]]]
    assert hessian(network, LOSS, weights, inputs, targets) == rows
    direction = [[1, 0], [[Fraction(0), Fraction(0)]]]
    with pytest.raises(ValueError, match="^an int is a constant: its tangent is 0, "):
        hvp(network, LOSS, weights, inputs, targets, direction)


def test_a_tangent_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="^the trees differ in form: 2 branches beside 1$"):
        jvp(layer(linear), [1.0, 2.0], [[3.0, 4.0]], [1.0], [[1.0, 0.0]])


def test_what_does_not_run_on_duals_is_said_in_one_line() -> None:
    def halved(inputs: Any, weights: Any) -> Any:
        return float(inputs) / 2

    with pytest.raises(TypeError, match="^no derivative by duals: layer 0: float") as caught:
        jvp(serial(layer(halved)), 1.0, [()], 1.0, [()])
    assert "\n" not in str(caught.value)
    with pytest.raises(TypeError, match="^a is wrong$"):
        jvp(layer(refusing), 1.0, (), 1.0, ())


def refusing(inputs: Any, weights: Any) -> Any:
    raise TypeError("a is wrong")


def test_a_hessian_of_tanh_is_its_second_derivative() -> None:
    """−2·y·(1 − y²)"""
    network = serial(layer(linear), elementwise(tanh))
    rows: Any = hessian(network, layer(lambda y, _: y[0]), [[[0.5]], ()], [[1.0]], [()])
    y = tanh(0.5)
    assert rows[0][0][0][0][0][0] == pytest.approx(-2 * y * (1 - y * y), rel=1e-15, abs=0)
