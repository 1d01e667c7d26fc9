"""Landscapes: what holds of every right implementation, and the mistakes that it finds."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import add
from funcnn.algebra.trees import Tree, filled, leaves
from funcnn.algebra.vectors import Matrix, dot, matmul, matvec, transpose
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import affine
from funcnn.calculus.losses import squared_error
from funcnn.calculus.pullbacks import mean_loss
from funcnn.calculus.regression import solve
from funcnn.diagnostics.eigenvalues import inertia, symmetric_eigen
from funcnn.diagnostics.landscapes import critical_index, hessian_matrix, saddle_free_newton
from funcnn.fast.derivatives import hessian


def cube(x: Any) -> Any:
    return x * x * x


NETWORK: Final = serial(layer(affine), elementwise(cube), layer(affine))
WEIGHTS: Final[Tree] = [
    (
        [[Fraction(1, 2), Fraction(-1, 3)], [Fraction(2), Fraction(1, 5)]],
        [Fraction(1), Fraction(0)],
    ),
    (),
    ([[Fraction(1, 4), Fraction(-3, 2)]], [Fraction(1, 7)]),
]
INPUTS: Final = [[Fraction(1), Fraction(-2)], [Fraction(1, 2), Fraction(3)]]
TARGETS: Final = [[Fraction(1)], [Fraction(-1, 2)]]
BATCH: Final = layer(squared_error), WEIGHTS, INPUTS, TARGETS

entries: Final = st.integers(-3, 3).map(Fraction)


@st.composite
def symmetric(draw: st.DrawFn) -> list[list[Fraction]]:
    """Symmetric matrices, singular ones among them."""
    size = draw(st.integers(1, 4))
    rows = draw(
        st.lists(st.lists(entries, min_size=size, max_size=size), min_size=size, max_size=size)
    )
    return zip_with(lambda row, column: zip_with(add, row, column), rows, transpose(rows))


def second_derivatives(weights: Tree) -> list[list[Any]]:
    """By a dual of duals for each pair of weights: nothing of pullbacks or of Hessians."""
    numbers = [*leaves(weights)]

    def at(i: int, j: int) -> Any:
        duals = [
            Dual(Dual(w, Fraction(k == i)), Dual(Fraction(k == j), Fraction(0)), 2)
            for k, w in enumerate(numbers)
        ]
        return mean_loss(
            NETWORK, layer(squared_error), filled(weights, duals), INPUTS, TARGETS
        ).tangent.tangent

    return [[at(i, j) for j, _ in enumerate(numbers)] for i, _ in enumerate(numbers)]


def is_hessian(matrix: Callable[..., list[list[Any]]]) -> bool:
    found = matrix(NETWORK, *BATCH)
    return found == second_derivatives(WEIGHTS) and found == transpose(found)


def test_the_hessian_is_the_second_derivative_by_duals_of_duals() -> None:
    assert is_hessian(hessian_matrix)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda *of: [[2 * x for x in row] for row in hessian_matrix(*of)],
        lambda *of: [row[::-1] for row in hessian_matrix(*of)],
        lambda *of: [
            [x * (i <= j) for j, x in enumerate(r)] for i, r in enumerate(hessian_matrix(*of))
        ],
        lambda *of: [
            [x * (i == j) for j, x in enumerate(r)] for i, r in enumerate(hessian_matrix(*of))
        ],
    ],
    ids=["twice", "in another order", "a triangle", "the diagonal alone"],
)
def test_other_hessians_are_found_out(wrong: Callable[..., list[list[Any]]]) -> None:
    assert not is_hessian(wrong)


def test_the_fast_hessian_is_the_same_matrix() -> None:
    assert hessian_matrix(NETWORK, *BATCH, hessian=hessian) == hessian_matrix(NETWORK, *BATCH)


def test_in_float_the_hessian_is_symmetric_to_the_last_bit() -> None:
    weights = filled(WEIGHTS, [0.1 * k - 0.35 for k, _ in enumerate(leaves(WEIGHTS))])
    inputs, targets = [[1.1, -2.3], [0.7, 3.1]], [[1.7], [-0.3]]
    found = hessian_matrix(NETWORK, layer(squared_error), weights, inputs, targets)
    assert found == transpose(found)


def test_of_no_weights_there_is_no_hessian() -> None:
    with pytest.raises(ValueError, match="the number of weights is 0"):
        hessian_matrix(elementwise(cube), layer(squared_error), (), [[1.0]], [[1.0]])


type Index = Callable[[Matrix[Any]], int]


def turns_about(index: Index, matrix: Matrix[Fraction]) -> bool:
    negative = [[-x for x in row] for row in matrix]
    return index(negative) == len(matrix) - index(matrix) - inertia(matrix).zero


def is_of_bowls_and_saddles(index: Index) -> bool:
    one, zero = Fraction(1), Fraction(0)
    bowl, saddle = [[one, zero], [zero, one]], [[one, zero], [zero, -one]]
    return (index(bowl), index(saddle), index([[-one]])) == (0, 1, 1)


@given(symmetric())
def test_the_index_of_the_negative_is_what_the_index_and_the_nullity_leave(
    matrix: list[list[Fraction]],
) -> None:
    assert turns_about(critical_index, matrix)


def test_a_minimum_has_the_index_0() -> None:
    assert is_of_bowls_and_saddles(critical_index)


def test_other_indices_are_found_out() -> None:
    flat = [[Fraction(0), Fraction(0)], [Fraction(0), Fraction(1)]]
    assert not is_of_bowls_and_saddles(lambda matrix: inertia(matrix).positive)
    assert not turns_about(lambda matrix: inertia(matrix).negative + inertia(matrix).zero, flat)


type Step = Callable[[Sequence[Any], Matrix[Any]], list[Any]]

SADDLE: Final = [[2.0, 0.5, 0.0], [0.5, -1.0, 0.25], [0.0, 0.25, -3.0]]
BOWL: Final = matmul(SADDLE, SADDLE)
SLOPES: Final = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, -2.0, 3.0]]


def leads_down(step: Step) -> bool:
    return all(dot(step(slope, SADDLE), slope) < 0 for slope in SLOPES)


def squares_back(step: Step) -> bool:
    """H·H·s = −|H|·g, so that ‖H·s‖ = ‖g‖: of any Hessian, as |H|⁻¹·H is orthogonal."""
    lengths = [(matvec(SADDLE, step(slope, SADDLE)), slope) for slope in SLOPES]
    return all(dot(image, image) == pytest.approx(dot(slope, slope)) for image, slope in lengths)


def is_newton_in_a_bowl(step: Step) -> bool:
    return all(
        step(slope, BOWL) == pytest.approx([-x for (x,) in solve(BOWL, [[g] for g in slope])])
        for slope in SLOPES
    )


SADDLE_FREE: Final = leads_down, squares_back, is_newton_in_a_bowl


def newton(gradient: Sequence[Any], hessian: Matrix[Any]) -> list[Any]:
    return [-x for (x,) in solve(hessian, [[g] for g in gradient])]


def without_quotient(gradient: Sequence[Any], hessian: Matrix[Any]) -> list[Any]:
    return [-g for g in gradient]


def uphill(gradient: Sequence[Any], hessian: Matrix[Any]) -> list[Any]:
    return [-x for x in saddle_free_newton(gradient, hessian)]


def rows_for_columns(gradient: Sequence[Any], hessian: Matrix[Any]) -> list[Any]:
    values, vectors = symmetric_eigen(hessian)
    shares = [-dot(v, gradient) / abs(value) for v, value in zip(vectors, values, strict=True)]
    return matvec(vectors, shares)


@pytest.mark.parametrize("law", SADDLE_FREE)
def test_a_saddle_free_step_leads_down_as_far_as_newtons(law: Callable[[Step], bool]) -> None:
    assert law(saddle_free_newton)


@pytest.mark.parametrize("wrong", [newton, without_quotient, uphill, rows_for_columns])
def test_other_steps_are_found_out(wrong: Step) -> None:
    assert not all(law(wrong) for law in SADDLE_FREE)


def test_newtons_step_fails_only_at_the_saddle() -> None:
    assert is_newton_in_a_bowl(newton) and not leads_down(newton)


@given(st.lists(entries.filter(bool), min_size=1, max_size=4), st.data())
def test_on_exact_numbers_it_leads_down_exactly(
    diagonal: list[Fraction], data: st.DataObject
) -> None:
    slope = data.draw(st.lists(entries, min_size=len(diagonal), max_size=len(diagonal)))
    slopes, values = ([float(x) for x in of] for of in (slope, diagonal))
    matrix = [[x * (i == j) for j, _ in enumerate(values)] for i, x in enumerate(values)]
    step = [Fraction(x) for x in saddle_free_newton(slopes, matrix)]
    expected = [-g / abs(x) for g, x in zip(slopes, values, strict=True)]
    assert [float(x) for x in step] == expected
    assert dot(step, slope) < 0 or not any(slope)


def test_damping_makes_the_step_shorter_and_is_needed_where_it_is_flat() -> None:
    assert saddle_free_newton([4.0], [[-2.0]], damping=2.0) == [-1.0]
    assert saddle_free_newton([4.0], [[0.0]], damping=2.0) == [-2.0]
    with pytest.raises(ValueError, match="singular: give a damping > 0"):
        saddle_free_newton([4.0], [[0.0]])
    with pytest.raises(ValueError, match="the damping is -1.0: give 0 or more"):
        saddle_free_newton([4.0], [[1.0]], damping=-1.0)
    with pytest.raises(ValueError, match="the gradient and the Hessian differ in length: 2 and 1"):
        saddle_free_newton([4.0, 1.0], [[1.0]])
