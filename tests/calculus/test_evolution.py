"""Evolution strategies: over Fraction the estimate is an identity; and the key decides it."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra.formats import bfloat16
from funcnn.algebra.roundings import cast
from funcnn.algebra.scalars import multiply, total
from funcnn.algebra.trees import leaves, tree_map, tree_zip_with
from funcnn.algebra.vectors import dot, matvec
from funcnn.blocks.linears import AffineWeights
from funcnn.calculus.evolution import (
    EvolutionStrategies,
    antithetic_gradient,
    evolution_strategies,
    gaussian,
)
from funcnn.calculus.optimizers import Sgd, sgd
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.states import State
from strategies import fractions, matrices, vectors

DEVIATIONS = st.fractions(Fraction(1, 8), 8, max_denominator=8)
HALF = Fraction(1, 2)
UNITS = [[Fraction(i == j) for j in range(3)] for i in range(3)]


def square(tree: Any) -> Any:
    return total([multiply(number, number) for number in leaves(tree)])


@given(vectors(3, fractions), vectors(3, fractions), matrices(2, 3, fractions), DEVIATIONS)
def test_of_a_linear_loss_the_estimate_is_the_draws_second_moment_times_the_gradient(
    slope: Any, weights: Any, draws: Any, deviation: Fraction
) -> None:
    estimate = antithetic_gradient(lambda w: dot(slope, w), weights, draws, deviation)
    shares = [[dot(slope, draw) * number / 2 for number in draw] for draw in draws]
    assert estimate == [sum(column) for column in zip(*shares, strict=True)]


@given(vectors(3, fractions), DEVIATIONS)
def test_of_all_unit_vectors_it_is_the_symmetric_difference(
    weights: list[Fraction], deviation: Fraction
) -> None:
    def cubic(w: Any) -> Any:
        return w[0] * w[0] * w[0] + w[0] * w[1] * w[2]

    def moved(index: int, way: Fraction) -> list[Fraction]:
        return [w + way * (i == index) for i, w in enumerate(weights)]

    estimate = antithetic_gradient(cubic, weights, UNITS, deviation)
    assert [3 * number for number in estimate] == [
        (cubic(moved(i, deviation)) - cubic(moved(i, -deviation))) / (2 * deviation)
        for i in range(3)
    ]


@given(matrices(3, 3, fractions), vectors(3, fractions), DEVIATIONS)
def test_of_a_quadratic_it_is_then_the_gradient(
    matrix: Any, weights: list[Fraction], deviation: Fraction
) -> None:
    estimate = antithetic_gradient(lambda w: dot(w, matvec(matrix, w)), weights, UNITS, deviation)
    both = [[matrix[i][j] + matrix[j][i] for j in range(3)] for i in range(3)]
    assert [3 * number for number in estimate] == matvec(both, weights)


@settings(max_examples=20)
@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 4), fractions)
def test_a_step_goes_down_the_estimate_of_pairs_drawn_around_the_weights(
    key: int, step: int, pairs: int, rate: Fraction
) -> None:
    weights = [[Fraction(1, 3)], (), AffineWeights([[Fraction(2)]], [Fraction(-1)])]
    hyper = EvolutionStrategies(rate, ExponentialDecay(1, HALF), pairs, key)
    state, seen = State(weights, step, (5,), 7), list[Any]()

    def loss(tree: Any) -> Any:
        seen.append(tree_zip_with(lambda x, w: (x - w) / HALF**step, tree, weights))
        return square(tree)

    after = evolution_strategies(hyper, state, loss)
    above, below = seen[::2], seen[1::2]
    assert below == tree_map(lambda x: -x, above)
    assert len({repr(draw) for draw in above}) == len(above) == pairs
    slope = antithetic_gradient(square, weights, above, HALF**step)
    assert repr(after) == repr(sgd(Sgd(rate), state, slope))
    assert after == evolution_strategies(hyper, State(weights, step, (5,), 7), square)


def test_every_key_and_step_has_its_own_draws() -> None:
    def after(key: int, step: int) -> Any:
        hyper = EvolutionStrategies(0.1, 0.1, 1, key)
        return evolution_strategies(hyper, State([1.0], step), square).weights[0]

    assert len({after(key, step) for key in range(9) for step in range(9)}) == 81


def test_a_loss_without_a_derivative_is_gone_down() -> None:
    """How many of three numbers are below 1: steps, flat in between."""

    def loss(weights: Any) -> float:
        return float(sum(w < 1 for w in weights))

    hyper, state = EvolutionStrategies(0.2, 0.5, 10), State([0.0, 0.5, 0.9])
    assert loss(state.weights) == 3
    for _ in range(60):
        state = evolution_strategies(hyper, state, loss)
    assert loss(state.weights) == 0


def test_draws_are_of_the_weights_numbers_and_form() -> None:
    weights = [AffineWeights([[cast(1, bfloat16)]], [cast(2, bfloat16)]), ()]
    draw = gaussian(3, weights)
    floats = gaussian(3, [AffineWeights([[1.0]], [2.0]), ()])
    assert repr(draw) == repr(tree_map(lambda number: cast(number, bfloat16), floats))


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: EvolutionStrategies(0.1, 0.1, 0), "pairs is 0: give 1 or more"),
        (lambda: antithetic_gradient(square, [1.0], [], 0.1), "an estimate needs at least one"),
        (lambda: antithetic_gradient(square, [1.0], [[1.0]], 0), "the deviation is 0: give more"),
        (lambda: antithetic_gradient(square, [1.0], [1.0], 0.1), "the trees differ in form: list"),
    ],
)
def test_bad_input_is_refused(call: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}"):
        call()
