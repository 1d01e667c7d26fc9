"""Landscapes: what holds of every right implementation, and the mistakes that it finds."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import permutations, product
from math import cos, factorial, pi, sin
from statistics import fmean
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.folds import zip_with
from funcnn.algebra.intervals import Interval
from funcnn.algebra.scalars import add
from funcnn.algebra.surds import enclosed, power
from funcnn.algebra.trees import Tree, filled, leaves
from funcnn.algebra.vectors import Matrix, dot, matmul, matvec, transpose
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import affine
from funcnn.calculus.losses import squared_error
from funcnn.calculus.pullbacks import mean_loss
from funcnn.calculus.regression import solve
from funcnn.diagnostics import landscapes
from funcnn.diagnostics.eigenvalues import inertia, symmetric_eigen
from funcnn.diagnostics.landscapes import (
    critical_index,
    critical_points_of_index,
    gaussian_orthogonal_matrices,
    hessian_matrix,
    mean_loss_line,
    positive_definite_probability,
    rastrigin,
    rastrigin_critical_points,
    rastrigin_gradient,
    saddle_free_newton,
)
from funcnn.fast.derivatives import hessian

POINTS: Final = rastrigin_critical_points()


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


type Function = Callable[[Sequence[Any]], Any]
type Gradient = Callable[[Sequence[Any]], list[Any]]

PLACES: Final = [0.3, -1.7, 4.1]


def is_rastrigin(function: Function) -> bool:
    """Where the cosine is known: x² for whole numbers, 20 more halfway between them."""
    places = [[0.0, 0.0], [1.0, -2.0], [0.5], [0.25, 0.0]]
    return [function(place) for place in places] == pytest.approx([0.0, 5.0, 20.25, 10.0625])


def is_its_gradient(gradient: Gradient, function: Function = rastrigin) -> bool:
    tangents = [
        function([Dual(x, float(i == place)) for i, x in enumerate(PLACES)]).tangent
        for place, _ in enumerate(PLACES)
    ]
    return gradient(PLACES) == pytest.approx(tangents, rel=1e-12)


def test_rastrigins_function_and_its_gradient() -> None:
    assert is_rastrigin(rastrigin) and is_its_gradient(rastrigin_gradient)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda xs: sum(10 + x * x - 10 * cos(x) for x in xs),
        lambda xs: sum(10 + x * x - 10 * cos(pi * x) for x in xs),
        lambda xs: 10 + sum(x * x - 10 * cos(2 * pi * x) for x in xs),
        lambda xs: sum(10 + x * x + 10 * cos(2 * pi * x) for x in xs),
        lambda xs: sum(10 + x * x - cos(2 * pi * x) for x in xs),
        lambda xs: sum(10 + abs(x) - 10 * cos(2 * pi * x) for x in xs),
    ],
)
def test_other_functions_are_found_out(wrong: Function) -> None:
    assert not is_rastrigin(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda xs: [2 * x + 20 * sin(2 * pi * x) for x in xs],
        lambda xs: [2 * x + 10 * pi * sin(2 * pi * x) for x in xs],
        lambda xs: [2 * x - 20 * pi * sin(2 * pi * x) for x in xs],
        lambda xs: [x + 20 * pi * sin(2 * pi * x) for x in xs],
        lambda xs: [2 * x + 20 * pi * sin(2 * pi * x) for x in reversed(xs)],
    ],
)
def test_other_gradients_are_found_out(wrong: Gradient) -> None:
    assert not is_its_gradient(wrong)


def test_there_are_11_minima_and_10_maxima_and_no_others() -> None:
    assert [point.is_maximum for point in POINTS] == [False, True] * 10 + [False]
    for point in POINTS:
        low, high = point.place.low, point.place.high
        assert high - low < 1e-14
        assert 0 in rastrigin_gradient([point.place])[0]
        assert rastrigin([low]) in Interval(point.value.low - 1e-12, point.value.high + 1e-12)
    grid = [-5.12 + k * 0.001 for k in range(10241)]
    signs = [rastrigin_gradient([x])[0] > 0 for x in grid]
    assert sum(one != other for one, other in zip(signs, signs[1:], strict=False)) == 21


def test_the_line_has_certified_digits() -> None:
    start, rise = mean_loss_line(POINTS)
    assert start.high - start.low < 1e-12 and rise.high - rise.low < 1e-12
    assert [f"{end:.10f}" for end in (start.low, start.high)] == ["9.9495196757"] * 2
    assert [f"{end:.10f}" for end in (rise.low, rise.high)] == ["18.3425411692"] * 2


def test_the_count_of_each_index_is_that_of_all_points() -> None:
    for n in (1, 2, 3):
        indices = [sum(one.is_maximum for one in chosen) for chosen in product(POINTS, repeat=n)]
        counts = [critical_points_of_index(POINTS, n, k) for k in range(n + 1)]
        assert counts == [indices.count(k) for k in range(n + 1)]
        assert sum(counts) == 21**n


type Ensemble = Callable[[int, int, int], list[list[list[float]]]]


def is_orthogonal_ensemble(ensemble: Ensemble, count: int = 4000) -> bool:
    """The variances are 2 on the diagonal and 1 beside it, to within five standard errors."""
    matrices = ensemble(0, 2, count)
    error = 5 * (2 / count) ** 0.5
    on = fmean(m[0][0] ** 2 + m[1][1] ** 2 for m in matrices) / 2
    beside = fmean(m[0][1] ** 2 for m in matrices)
    return (
        abs(on - 2) < 2 * error
        and abs(beside - 1) < error
        and all(m == transpose(m) for m in matrices)
    )


def equal_variances(key: int, size: int, count: int) -> list[list[list[float]]]:
    matrices = gaussian_orthogonal_matrices(key, size, count)
    return [
        [[x / 2**0.5 if i == j else x for j, x in enumerate(r)] for i, r in enumerate(m)]
        for m in matrices
    ]


def not_symmetric(key: int, size: int, count: int) -> list[list[list[float]]]:
    return [[[x, y], [-y, z]] for (x, y), (_, z) in gaussian_orthogonal_matrices(key, 2, count)]


def test_random_matrices_are_of_the_ensemble() -> None:
    assert is_orthogonal_ensemble(gaussian_orthogonal_matrices)
    assert not is_orthogonal_ensemble(equal_variances)
    assert not is_orthogonal_ensemble(not_symmetric)
    with pytest.raises(ValueError, match="the size is 0"):
        gaussian_orthogonal_matrices(0, 0)


def test_the_ensemble_does_not_change_as_the_axes_turn() -> None:
    """45°: the entry beside the diagonal becomes half the difference of those on it."""
    matrices = gaussian_orthogonal_matrices(1, 2, 4000)
    turned = fmean(((c - a) / 2) ** 2 for (a, _), (_, c) in matrices)
    assert abs(turned - 1) < 5 * (2 / 4000) ** 0.5


def test_the_probabilities_are_the_closed_forms() -> None:
    one, two, three = (positive_definite_probability(size) for size in (1, 2, 3))
    exact = enclosed((2 - power(2, Fraction(1, 2))) / 4, 80)
    assert one.low <= 0.5 <= one.high and one.high - one.low < 1e-15
    assert two.low <= exact.low and exact.high <= two.high and two.high - two.low < 1e-14
    assert (
        three.low <= (pi - 2 * 2**0.5) / (4 * pi) <= three.high and three.high - three.low < 1e-14
    )


def test_with_equal_variances_the_probability_would_be_another() -> None:
    """The quoted figures of both, from 20,000 matrices of each: 0.1465 and 0.1158."""
    share = [
        sum(m[0][0] > 0 < m[0][0] * m[1][1] - m[0][1] ** 2 for m in draw(3, 2, 20_000)) / 20_000
        for draw in (gaussian_orthogonal_matrices, equal_variances)
    ]
    assert share == pytest.approx([0.1465, 0.1158], abs=0.01)
    assert share[1] not in positive_definite_probability(2)


def test_the_pfaffian_squared_is_the_determinant() -> None:
    numbers = iter(range(2, 20))
    upper = {(i, j): Fraction(next(numbers)) for i in range(6) for j in range(i + 1, 6)}
    rows = [
        [upper.get((i, j), -upper.get((j, i), Fraction(0))) for j in range(6)] for i in range(6)
    ]
    signs = {
        order: (-1) ** sum(a > b for k, a in enumerate(order) for b in order[k + 1 :])
        for order in permutations(range(6))
    }
    assert len(signs) == factorial(6)

    def term(order: Sequence[int]) -> Fraction:
        product_of = Fraction(1)
        for i, j in enumerate(order):
            product_of *= rows[i][j]
        return product_of

    determinant = sum(sign * term(order) for order, sign in signs.items())
    assert landscapes._pfaffian(rows) ** 2 == determinant != 0
