"""Over Fraction every pullback is the dual's derivative, with ==; and its depth is no recursion."""

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import (
    RULES,
    AffineWeights,
    Dual,
    add_pair,
    affine,
    branch,
    cross_entropy,
    dense,
    each,
    elementwise,
    grad,
    layer,
    leaky_relu,
    leaves,
    linear,
    log_softmax,
    multiply,
    parallel,
    relu,
    scan,
    serial,
    softmax,
    squared_error,
    tied,
    total,
    tree_map,
    tree_zip_with,
    value_and_grad,
    vjp,
)
from networks import NUMBERS, Case, cases, matrices, vectors


def random_like(data: st.DataObject, tree: Any) -> Any:
    return tree_map(lambda _: data.draw(NUMBERS), tree)


def inner_product(one: Any, other: Any) -> Any:
    products = [*leaves(tree_zip_with(multiply, one, other))]
    return total(products) if products else 0


@given(cases(), st.data())
def test_a_pullback_is_the_transpose_of_the_dual_derivative(
    case: Case, data: st.DataObject
) -> None:
    """Σ ȳ·ẏ = Σ x̄·ẋ + Σ w̄·ẇ"""
    for x in case.inputs:
        y, pullback = vjp(case.network, x, case.weights)
        assert y == case.network(x, case.weights)
        x_dot, w_dot = random_like(data, x), random_like(data, case.weights)
        y_bar = random_like(data, y)
        x_bar, w_bar = pullback(y_bar)
        duals = tree_zip_with(Dual, x, x_dot), tree_zip_with(Dual, case.weights, w_dot)
        y_dot = tree_map(lambda dual: dual.tangent, case.network(*duals))
        back = inner_product(x_bar, x_dot) + inner_product(w_bar, w_dot)
        assert inner_product(y_bar, y_dot) == back


def test_a_weight_in_two_places_gets_the_sum_of_both_gradients() -> None:
    _, pullback = vjp(tied(serial(layer(linear), layer(linear)), (0, 0)), [3], [[[2]]])
    assert pullback([1]) == ([4], [[[12]]])


def test_an_empty_sequence_gives_its_weights_no_gradient() -> None:
    y, pullback = vjp(each(layer(linear)), [], [[Fraction(2)]])
    assert (y, pullback([])) == ([], ([], [[Fraction(0)]]))


def test_a_hundred_thousand_layers_run_forth_and_back() -> None:
    deep = serial(*[layer(linear)] * 100_000)
    y, pullback = vjp(deep, [2], [[[1]]] * 100_000)
    x_bar, w_bars = pullback([3])
    assert (y, x_bar, len(w_bars), w_bars[0], w_bars[-1]) == ([2], [3], 100_000, [[6]], [[6]])


def test_a_hundred_thousand_time_steps_run_forth_and_back() -> None:
    cell = serial(layer(add_pair), branch(serial(), serial()))
    (end, ys), pullback = vjp(scan(cell), ([0], [[1]] * 100_000), [(), [[], []]])
    assert (end, ys[-1], len(ys)) == ([100_000], [100_000], 100_000)
    (start_bar, x_bars), _ = pullback(([1], [[1]] * 100_000))
    assert (start_bar, x_bars[0], x_bars[-1]) == ([100_001], [100_001], [2])


@given(st.data(), st.sampled_from([softmax, log_softmax]), st.sampled_from([1, 2, 4]))
def test_softmax_has_the_dual_derivative(data: st.DataObject, definition: Any, ties: int) -> None:
    """Of logits 0 and −1000 all shares are 0 or 1/ties, so that no operation rounds."""
    below = data.draw(st.integers(0, 3))
    logits = data.draw(st.permutations([0.0] * ties + [-1000.0] * below))
    small = st.integers(-8, 8).map(float)
    tangents = st.lists(small, min_size=len(logits), max_size=len(logits))
    x_dot, y_bar = data.draw(tangents), data.draw(tangents)
    y, pullback = vjp(layer(definition), logits, ())
    y_dot = [dual.tangent for dual in definition(tree_zip_with(Dual, logits, x_dot))]
    assert y == definition(logits)
    assert inner_product(y_bar, y_dot) == inner_product(pullback(y_bar)[0], x_dot)


@given(st.data(), st.sampled_from([1, 2, 4]))
def test_cross_entropy_has_the_dual_derivative(data: st.DataObject, ties: int) -> None:
    logits = data.draw(st.permutations([0.0] * ties + [-1000.0] * data.draw(st.integers(0, 3))))
    target = data.draw(st.integers(0, len(logits) - 1))
    loss, pullback = vjp(layer(cross_entropy), logits, target)
    bar, target_bar = pullback(1.0)
    slopes = [
        cross_entropy([Dual(z, float(i == j)) for j, z in enumerate(logits)], target).tangent
        for i in range(len(logits))
    ]
    assert (loss, bar, target_bar) == (cross_entropy(logits, target), slopes, 0)


@given(st.data())
def test_squared_error_has_the_dual_derivative(data: st.DataObject) -> None:
    y, target, y_dot, target_dot = (data.draw(vectors(3)) for _ in range(4))
    loss, pullback = vjp(layer(squared_error), y, target)
    y_bar, target_bar = pullback(Fraction(2))
    dual = squared_error(tree_zip_with(Dual, y, y_dot), tree_zip_with(Dual, target, target_dot))
    assert loss == dual.value
    back = inner_product(y_bar, y_dot) + inner_product(target_bar, target_dot)
    assert back == 2 * dual.tangent


@given(st.lists(st.tuples(vectors(2), vectors(2)), min_size=1, max_size=3), matrices(2, 2))
def test_the_gradient_is_that_of_the_mean_loss(examples: list[Any], weights: Any) -> None:
    inputs, targets = ([*part] for part in zip(*examples, strict=True))
    network, loss = layer(dense), layer(squared_error)
    value, gradient = value_and_grad(network, loss, weights, inputs, targets)
    assert value == Fraction(
        sum(squared_error(dense(x, weights), t) for x, t in examples), len(examples)
    )
    for i, j in product(range(2), repeat=2):
        unit = [[Fraction((row, column) == (i, j)) for column in range(2)] for row in range(2)]
        moved = tree_zip_with(Dual, weights, unit)
        slopes = [squared_error(dense(x, moved), t).tangent for x, t in examples]
        assert gradient[i][j] == Fraction(sum(slopes), len(examples))
    assert grad(network, loss, weights, inputs, targets) == gradient


def test_a_batch_of_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="^a batch needs at least one example$"):
        value_and_grad(layer(dense), layer(squared_error), [[1.0]], [], [])


def test_inputs_without_targets_are_refused() -> None:
    with pytest.raises(ValueError, match="^inputs and targets differ in length: 1 and 2$"):
        value_and_grad(layer(dense), layer(squared_error), [[1.0]], [[1.0]], [[1.0], [2.0]])


def test_a_definition_without_a_rule_is_named() -> None:
    def halved(x: Any, weights: Any) -> Any:
        return float(x) / 2

    with pytest.raises(TypeError, match=r"^layer 0: no rule for halved: float\(\) argument"):
        vjp(serial(layer(halved)), 1.0, [()])


def test_a_function_without_a_derivative_is_named() -> None:
    def halved(x: Any, *, by: int) -> Any:
        return float(x) / by

    y, pullback = vjp(elementwise(halved, by=2), [1.0], ())
    with pytest.raises(TypeError, match=r"^no rule for halved: float\(\) argument"):
        pullback(y)


def test_settings_reach_the_rule_of_an_activation() -> None:
    network = elementwise(leaky_relu, slope=Fraction(1, 4))
    assert vjp(network, [Fraction(-4)], ())[1]([Fraction(8)]) == ([Fraction(2)], ())


def test_settings_reach_the_rule_of_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    def scaled(inputs: Any, weights: Any, *, scale: int) -> Any:
        return [scale * x for x in inputs]

    def rule(inputs: Any, weights: Any, *, scale: int) -> Any:
        outputs = scaled(inputs, weights, scale=scale)
        return outputs, lambda y_bar: (scaled(y_bar, (), scale=scale), ())

    monkeypatch.setitem(RULES, scaled, rule)
    y, pullback = vjp(layer(scaled, scale=3), [2], ())
    assert (y, pullback([5])) == ([6], ([15], ()))


L = layer(linear)


@pytest.mark.parametrize(
    ("network", "inputs", "weights"),
    [
        (serial(L), [1], []),
        (serial(L), [1], [[[1]], [[1]]]),
        (parallel(L), ([1], [1]), [[[1]], [[1]]]),
        (parallel(L, L), ([1],), [[[1]], [[1]]]),
        (branch(L), [1], []),
        (tied(serial(L), [0]), [1], [[[1]], [[2]]]),
        (layer(affine), [1], ([[1]], [1, 2])),
        (each(L), iter([[1]]), [[1]]),
        (scan(L), ([1], iter([[1]])), [[1]]),
    ],
)
def test_what_a_network_refuses_its_pullback_refuses(
    network: Any, inputs: Any, weights: Any
) -> None:
    with pytest.raises((ValueError, TypeError)) as expected:
        network(inputs, weights)
    with pytest.raises(expected.type) as actual:
        vjp(network, inputs, weights)
    assert str(actual.value) == str(expected.value)


@pytest.mark.parametrize(
    ("network", "inputs", "weights", "y_bar"),
    [
        (each(L), [[1], [2]], [[1]], [[1]]),
        (scan(parallel(serial(), L)), ([0], [[1], [2]]), [[], [[1]]], ([1], [[1]])),
        (parallel(L, L), ([1], [2]), [[[1]], [[1]]], ([1],)),
    ],
)
def test_cotangents_fewer_than_the_outputs_are_refused(
    network: Any, inputs: Any, weights: Any, y_bar: Any
) -> None:
    _, pullback = vjp(network, inputs, weights)
    with pytest.raises(ValueError, match="differ in length: 2 and 1$"):
        pullback(y_bar)


def test_cross_entropy_sends_its_cotangent_back_in_proportion() -> None:
    assert vjp(layer(cross_entropy), [0.0, 0.0], 1)[1](4.0) == ([2.0, -2.0], 0)


def test_the_cotangent_of_affine_weights_has_their_type() -> None:
    _, pullback = vjp(layer(affine), [2], AffineWeights([[3]], [4]))
    assert repr(pullback([5])[1]) == "AffineWeights(matrix=[[10]], bias=[5])"


@pytest.mark.parametrize(
    ("network", "inputs", "weights"),
    [(elementwise(relu), [0.5], ()), (L, [0.5], [[2]]), (L, [2], [[0.5]])],
)
def test_a_cotangent_of_another_kind_of_number_is_refused(
    network: Any, inputs: Any, weights: Any
) -> None:
    _, pullback = vjp(network, inputs, weights)
    with pytest.raises(TypeError, match="numbers do not mix, convert one of them$"):
        pullback([Fraction(1)])
