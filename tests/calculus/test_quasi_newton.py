"""L-BFGS: the two loops are BFGS' dense formula, exactly, and its steps end on a quadratic."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.trees import tree_map, tree_zip_with
from funcnn.algebra.vectors import dot, matmul, matvec, outer
from funcnn.calculus.quasi_newton import (
    CurvaturePair,
    Lbfgs,
    curvature_pairs,
    inverse_product,
    lbfgs,
)
from funcnn.calculus.states import State
from strategies import fractions, matrices, vectors

HALF = Fraction(1, 2)


@st.composite
def curved_pairs(draw: st.DrawFn, size: int = 3) -> list[CurvaturePair]:
    """Steps and changes with a positive inner product."""
    pairs = draw(
        st.lists(st.tuples(vectors(size, fractions), vectors(size, fractions)), max_size=3)
    )
    return [CurvaturePair(s, y, dot(s, y)) for s, y in pairs if dot(s, y) > 0]


def dense_inverse(pairs: list[CurvaturePair], size: int) -> list[list[Fraction]]:
    """BFGS' formula, with matrices."""
    identity = [[Fraction(i == j) for j in range(size)] for i in range(size)]
    if not pairs:
        return identity
    last = pairs[-1]
    scale = last.product / dot(last.change, last.change)
    inverse = tree_map(lambda entry: scale * entry, identity)
    for s, y, product in pairs:
        left = tree_zip_with(lambda i, sy: i - sy / product, identity, outer(s, y))
        right = tree_zip_with(lambda i, ys: i - ys / product, identity, outer(y, s))
        middle = matmul(matmul(left, inverse), right)
        inverse = tree_zip_with(lambda h, ss: h + ss / product, middle, outer(s, s))
    matrix: list[list[Fraction]] = inverse
    return matrix


@given(curved_pairs(), vectors(3, fractions))
def test_two_loops_are_the_dense_inverse_of_bfgs(
    pairs: list[CurvaturePair], gradient: list[Fraction]
) -> None:
    assert inverse_product(pairs, gradient) == matvec(dense_inverse(pairs, 3), gradient)
    if pairs:
        assert inverse_product(pairs, pairs[-1].change) == pairs[-1].step


@given(st.lists(st.tuples(vectors(2, fractions), vectors(2, fractions)), min_size=2, max_size=6))
def test_lbfgs_knows_the_last_points_and_leaves_out_what_is_not_curved_upwards(
    points: list[tuple[Any, Any]],
) -> None:
    pairs = [
        ([b - a for a, b in zip(w, v, strict=True)], [b - a for a, b in zip(g, h, strict=True)])
        for (w, g), (v, h) in pairwise(points[-3:])
    ]
    curved = [CurvaturePair(s, y, dot(s, y)) for s, y in pairs if dot(s, y) > 0]
    assert curvature_pairs(points[-3:]) == curved
    *before, (weights, gradient) = points
    memory = tuple(tree for point in before[-2:] for tree in point)
    after = lbfgs(Lbfgs(HALF, 2), State(weights, 5, memory), gradient)
    size = max(Fraction(1), sum(map(abs, gradient)))
    direction = inverse_product(curved, gradient)
    shorter = HALF if curved else HALF / size
    assert after.weights == [w - shorter * d for w, d in zip(weights, direction, strict=True)]
    assert after.memory == tuple(tree for point in points[-2:] for tree in point)


@given(matrices(3, 3, fractions), vectors(3, fractions), vectors(3, fractions))
def test_lbfgs_with_the_best_rates_ends_on_a_quadratic(
    root: Any, target: list[Fraction], weights: list[Fraction]
) -> None:
    """After three steps, as conjugate gradients do: ½·w·A·w − b·w, A = RᵀR + I."""
    square = matmul([[row[i] for row in root] for i in range(3)], root)
    matrix = [[entry + (i == j) for j, entry in enumerate(row)] for i, row in enumerate(square)]

    def slope(w: Any) -> Any:
        return [a - b for a, b in zip(matvec(matrix, w), target, strict=True)]

    state = State(weights)
    for _ in range(3):
        gradient = slope(state.weights)
        whole = lbfgs(Lbfgs(Fraction(1)), state, gradient).weights
        way = [after - before for after, before in zip(whole, state.weights, strict=True)]
        curvature = dot(way, matvec(matrix, way))
        rate = -dot(gradient, way) / curvature if curvature else Fraction(1)
        state = lbfgs(Lbfgs(rate), state, gradient)
    assert slope(state.weights) == [0, 0, 0]


def test_a_history_is_at_least_one_step() -> None:
    with pytest.raises(ValueError, match="^history is 0: give 1 or more$"):
        Lbfgs(0.5, 0)
