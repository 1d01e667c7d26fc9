"""Conjugate gradients: over Fraction an exact method, and honest about what it cannot solve."""

from fractions import Fraction
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import dot, matmul, matvec, transpose
from funcnn.blocks.linears import AffineWeights
from funcnn.calculus.krylov import Approximation, conjugate_gradients
from funcnn.calculus.regression import row_echelon
from strategies import fractions, matrices, vectors


@st.composite
def singular_systems(draw: st.DrawFn) -> tuple[Any, list[Fraction]]:
    """A matrix without negative eigenvalues, of any rank, and a right side that it reaches."""
    size = draw(st.integers(1, 4))
    root = draw(matrices(draw(st.integers(1, 3)), size, fractions))
    matrix = matmul(transpose(root), root)
    return matrix, matvec(matrix, draw(vectors(size, fractions)))


def solved(matrix: Any, target: Any, **settings: Any) -> list[Approximation]:
    return [*conjugate_gradients(partial(matvec, matrix), target, **settings)]


def less(xs: list[Any], ys: list[Any]) -> list[Any]:
    return [x - y for x, y in zip(xs, ys, strict=True)]


@given(singular_systems())
def test_after_at_most_rank_steps_the_residual_is_0(system: tuple[Any, list[Fraction]]) -> None:
    matrix, target = system
    steps = solved(matrix, target)
    assert len(steps) - 1 <= len(row_echelon(matrix).pivots)
    assert [*map(abs, steps[-1].residual)] == [0] * len(target)
    assert matvec(matrix, steps[-1].solution) == target


@given(singular_systems())
def test_residuals_are_what_is_left_and_orthogonal_and_directions_conjugate(
    system: tuple[Any, list[Fraction]],
) -> None:
    matrix, target = system
    steps = solved(matrix, target)
    for index, (solution, residual, direction) in enumerate(steps):
        assert residual == less(target, matvec(matrix, solution))
        for before in steps[:index]:
            assert dot(before.residual, residual) == 0
            assert dot(before.direction, matvec(matrix, direction)) == 0


@given(singular_systems(), st.fractions(0, 1, max_denominator=8))
def test_it_ends_at_the_first_residual_within_the_tolerance(
    system: tuple[Any, list[Fraction]], tolerance: Fraction
) -> None:
    matrix, target = system
    within = [
        dot(step.residual, step.residual) <= tolerance**2 * dot(target, target)
        for step in solved(matrix, target)
    ]
    assert len(solved(matrix, target, tolerance=tolerance)) == within.index(True) + 1


def test_without_a_solution_or_positive_curvature_it_ends_before() -> None:
    one, zero = Fraction(1), Fraction(0)
    *_, last = solved([[one, zero], [zero, zero]], [one, one])
    assert last.residual != [0, 0]
    assert len(solved([[-one]], [one])) == 1
    assert len(solved([[zero]], [one])) == 1
    assert len(solved([[one]], [zero])) == 1


def test_the_right_side_may_have_any_form_and_is_not_changed() -> None:
    target = [AffineWeights([[Fraction(1), Fraction(2)]], [Fraction(3)]), ()]
    before = repr(target)
    *_, last = conjugate_gradients(partial(tree_map, lambda x: 2 * x), target)
    assert last.solution == tree_map(lambda x: x / 2, target)
    assert repr(last.solution[0]).startswith("AffineWeights") and repr(target) == before


def test_it_is_differentiated_by_the_right_side() -> None:
    matrix = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(3)]]
    duals = [Dual(Fraction(1), Fraction(4)), Dual(Fraction(2), Fraction(5))]
    solution = solved(matrix, duals)[-1].solution
    assert matvec(matrix, solution) == duals


def test_in_float_a_matrix_of_hilbert_s_takes_more_steps_than_its_rank() -> None:
    hilbert = [[1 / (i + j + 1) for j in range(8)] for i in range(8)]
    steps = solved(hilbert, [1.0] * 8, tolerance=1e-6)
    assert len(steps) - 1 > 8
