"""Newton's method: exact on quadratics, careful elsewhere, and far fewer gradients on real data."""

import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import batched, islice
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.scalars import subtract
from funcnn.algebra.trees import leaves, tree_map
from funcnn.algebra.vectors import matmul, matvec, transpose
from funcnn.blocks.combinators import layer
from funcnn.blocks.linears import AffineWeights, linear
from funcnn.blocks.pooling import average_pool2d
from funcnn.calculus.derivatives import linearized
from funcnn.calculus.krylov import conjugate_gradients
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.pullbacks import grad, value_and_grad
from funcnn.calculus.regression import least_squares, solve
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.second_order import NewtonKrylov, newton_krylov
from funcnn.calculus.states import State
from funcnn.exchange.datasets import digits
from funcnn.fast import optimizers as fast_optimizers
from funcnn.fast.gradients import value_and_grad as fast_value_and_grad
from strategies import fractions, matrices, vectors

UNDAMPED = NewtonKrylov(damping=0)


@st.composite
def quadratics(draw: st.DrawFn) -> tuple[Any, list[Fraction], list[Fraction]]:
    """A matrix without negative eigenvalues, of ½·w·A·w − b·w, which has a least value; and a w."""
    size = draw(st.integers(1, 4))
    root = draw(matrices(draw(st.integers(1, 4)), size, fractions))
    matrix = matmul(transpose(root), root)
    return matrix, matvec(matrix, draw(vectors(size, fractions))), draw(vectors(size, fractions))


def slope_of(matrix: Any, target: Any) -> Callable[[Any], Any]:
    return lambda w: [subtract(row, b) for row, b in zip(matvec(matrix, w), target, strict=True)]


@given(quadratics())
def test_one_step_reaches_the_minimum_of_a_quadratic(quadratic: Any) -> None:
    matrix, target, weights = quadratic
    slope = slope_of(matrix, target)
    after = newton_krylov(UNDAMPED, State(weights, 3, (), 7), slope)
    assert slope(after.weights) == [0] * len(target)
    assert (after.step, after.memory, after.loss) == (4, (), 7)


@given(quadratics(), st.fractions(Fraction(1, 8), 8, max_denominator=8))
def test_a_damped_step_solves_the_damped_equations(quadratic: Any, damping: Fraction) -> None:
    matrix, target, weights = quadratic
    damped = [
        [entry + damping * (i == j) for j, entry in enumerate(row)] for i, row in enumerate(matrix)
    ]
    slope = slope_of(matrix, target)
    move = transpose(solve(damped, [[-g] for g in slope(weights)]))[0]
    expected = [w + d for w, d in zip(weights, move, strict=True)]
    halved = ExponentialDecay(2 * damping, Fraction(1, 2))
    for schedule in (damping, halved):
        after = newton_krylov(NewtonKrylov(schedule), State(weights, step=1), slope)
        assert after.weights == expected


@given(quadratics(), st.integers(1, 4), st.fractions(0, 1, max_denominator=4))
def test_it_goes_as_far_as_its_conjugate_gradients(
    quadratic: Any, iterations: int, tolerance: Fraction
) -> None:
    matrix, target, weights = quadratic
    slope = slope_of(matrix, target)
    downhill = [-g for g in slope(weights)]
    found = conjugate_gradients(lambda v: matvec(matrix, v), downhill, tolerance=tolerance)
    *_, (move, _, _) = islice(found, iterations + 1)
    hyper = NewtonKrylov(0, iterations, tolerance)
    if any(move):
        expected = [w + d for w, d in zip(weights, move, strict=True)]
        assert newton_krylov(hyper, State(weights), slope).weights == expected


@given(st.data())
def test_one_step_from_0_is_the_pseudo_inverse_s(data: st.DataObject) -> None:
    size, count = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    inputs = data.draw(matrices(count, size, fractions))
    targets = data.draw(matrices(count, 2, fractions))
    start = State([[Fraction(0)] * size] * 2)

    def slope(weights: Any) -> Any:
        return grad(layer(linear), layer(squared_error), weights, inputs, targets)

    assert newton_krylov(UNDAMPED, start, slope).weights == least_squares(inputs, targets)


@given(vectors(3, fractions), vectors(3, fractions))
def test_a_product_is_the_hessian_s(weights: list[Fraction], direction: list[Fraction]) -> None:
    """Of L = x²y + z³ + xyz."""

    def slope(w: Any) -> Any:
        x, y, z = w
        return [2 * x * y + y * z, x * x + x * z, 3 * z * z + x * y]

    x, y, z = weights
    hessian = [[2 * y, 2 * x + z, y], [2 * x + z, 0 * x, x], [y, x, 6 * z]]
    value, product = linearized(slope, weights)
    assert value == slope(weights)
    assert product(direction) == matvec(hessian, direction)


def test_a_product_keeps_the_form_and_what_does_not_vary_has_none() -> None:
    weights = [AffineWeights([[Fraction(1)]], [Fraction(2)]), ()]

    def function(w: Any) -> Any:
        return [AffineWeights([[3 * w[0].bias[0]]], [Fraction(5)]), ()]

    _, product = linearized(function, weights)
    assert repr(product(weights)) == repr([AffineWeights([[Fraction(6)]], [Fraction(0)]), ()])


def test_a_product_does_not_confuse_its_tangents_with_others() -> None:
    """By y, of the product of the Hessian of x³y with 1: 6x."""
    x, y = Dual(Fraction(2), Fraction(0)), Dual(Fraction(5), Fraction(1))
    _, product = linearized(lambda w: [3 * w[0] * w[0] * y], [x])
    assert product([1]) == [Dual(Fraction(60), Fraction(12))]
    _, captured = linearized(lambda w: [3 * w[0] * w[0] * y], [Fraction(2)])
    assert captured([1]) == [Dual(Fraction(60), Fraction(12))]


def test_where_the_curvature_is_negative_at_once_the_step_is_down_the_gradient() -> None:
    weights = [Fraction(1), Fraction(2)]
    after = newton_krylov(UNDAMPED, State(weights), lambda w: [-3 * w[0], -w[1]])
    assert after.weights == [4, 4]
    assert newton_krylov(UNDAMPED, State(weights), lambda w: [0, 0]).weights == weights


@pytest.mark.parametrize(
    ("scale", "damping", "taken"),
    [
        (Fraction(1), 2, True),
        (Fraction(9, 16), 3, True),
        (Fraction(1, 2), 3, True),
        (Fraction(3, 16), Fraction(9, 2), True),
        (Fraction(0), Fraction(9, 2), False),
        (Fraction(-1), Fraction(9, 2), False),
    ],
)
def test_the_damping_adapts_to_how_much_of_the_promise_holds(
    scale: Fraction, damping: Fraction, taken: bool
) -> None:
    """Of 3w² at 1, with the damping 3, 2 is promised; and 8/3 gained, times the scale."""
    hyper, start = NewtonKrylov(Fraction(3)), State([Fraction(1)])
    after = newton_krylov(hyper, start, lambda w: [6 * w[0]], lambda w: scale * 3 * w[0] * w[0])
    assert after == State([Fraction(1, 3) if taken else 1], 1, (damping,))
    again = newton_krylov(hyper, after, lambda w: [6 * w[0]], lambda w: 3 * w[0] * w[0])
    assert again.memory == (damping * Fraction(2, 3),)


def test_a_loss_that_is_no_number_is_not_gone_to() -> None:
    def loss(w: Any) -> float:
        return 1.0 if w == [1.0] else math.nan

    after = newton_krylov(NewtonKrylov(1.0), State([1.0]), lambda w: [w[0]], loss)
    assert (after.weights, after.memory) == ([1.0], (1.5,))


def test_at_a_minimum_the_damping_stays() -> None:
    start = State([0.0], memory=(3.0,))
    after = newton_krylov(NewtonKrylov(1.0), start, lambda w: [w[0]], lambda w: w[0] * w[0])
    assert (after.weights, after.memory) == ([0.0], (3.0,))


def test_a_loss_that_is_known_is_not_computed_again() -> None:
    seen = list[Any]()

    def loss(w: Any) -> Any:
        seen.append(w)
        return 3 * w[0] * w[0]

    hyper, start = NewtonKrylov(Fraction(3)), State([Fraction(1)])
    known = newton_krylov(hyper, start, lambda w: [6 * w[0]], loss, loss(start.weights))
    assert seen == [start.weights, known.weights]
    assert known == newton_krylov(hyper, start, lambda w: [6 * w[0]], loss)


def test_with_the_loss_it_goes_down_rosenbrock_s_valley() -> None:
    def loss(w: Any) -> Any:
        return (1 - w[0]) * (1 - w[0]) + 100 * (w[1] - w[0] * w[0]) * (w[1] - w[0] * w[0])

    def slope(w: Any) -> Any:
        across = 200 * (w[1] - w[0] * w[0])
        return [-2 * (1 - w[0]) - 2 * across * w[0], across]

    state, losses = State([-1.2, 1.0]), list[float]()
    for _ in range(60):
        losses.append(loss(state.weights))
        state = newton_krylov(NewtonKrylov(1.0, iterations=2), state, slope, loss)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-12


@pytest.mark.parametrize(
    ("hyper", "memory", "reason"),
    [
        (UNDAMPED, (), "damping is 0: give more than 0, or no loss"),
        (NewtonKrylov(1.0), ([1.0], [2.0]), "the memory is another optimizer's: the trees dif"),
    ],
)
def test_what_could_not_adapt_is_refused(hyper: NewtonKrylov, memory: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}"):
        newton_krylov(hyper, State([1.0], memory=memory), lambda w: [w[0]], lambda w: w[0])


def test_iterations_are_at_least_one() -> None:
    with pytest.raises(ValueError, match="^iterations is 0: give 1 or more$"):
        NewtonKrylov(0, iterations=0)


RATES: Final = [rate / 32 for rate in range(1, 11)]
"""The grid. At the last, gradient descent diverges; at the one before, it takes 3,806 gradients."""


def test_gradient_descent_takes_more_than_ten_times_as_many_gradients() -> None:
    """The label of a digit from its pixels, 2×2 at a time: to 1 % above the least error.

    A product H·v is counted as three gradients: of duals a product is three products.
    """
    images, labels = digits()
    rows = [[[*batched(image, 8)]] for image in images[:40]]
    pooled = [average_pool2d(image, size=(2, 2), stride=(2, 2)) for image in rows]
    inputs = [[*leaves(image), 1.0] for image in pooled]
    targets = [[label / 9] for label in labels[:40]]
    problem = layer(linear), layer(squared_error)
    best = least_squares(tree_map(Fraction, inputs), tree_map(Fraction, targets))
    goal = 1.01 * value_and_grad(*problem, tree_map(float, best), inputs, targets)[0]
    start, gradients = State([[0.0] * 17]), Counter[str]()

    def slope(weights: Any) -> Any:
        gradients["all"] += 3 if isinstance(weights[0][0], Dual) else 1
        return grad(*problem, weights, inputs, targets)

    after = newton_krylov(NewtonKrylov(0, iterations=13), start, slope)
    assert value_and_grad(*problem, after.weights, inputs, targets)[0] <= goal
    assert gradients["all"] == 40
    for rate in RATES:
        state = start
        for _ in range(10 * gradients["all"]):
            loss, gradient = fast_value_and_grad(*problem, state.weights, inputs, targets)
            assert loss > goal
            if loss > 1e6:
                break
            state = fast_optimizers.sgd(Sgd(rate), state, gradient)
