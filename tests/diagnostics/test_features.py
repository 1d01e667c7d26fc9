"""Features: feature matrices by other ways than their definitions, and angles between subspaces.

Each law is a predicate about somebody's function, and is shown to reject a wrong one.
"""

from collections.abc import Callable
from fractions import Fraction
from math import atan, pi, sqrt
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra.intervals import Interval
from funcnn.algebra.surds import surd
from funcnn.algebra.trees import tree_map, tree_zip_with
from funcnn.algebra.vectors import dot, matmul, matvec, outer, transpose
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.linears import dense, linear
from funcnn.calculus.derivatives import jacobian
from funcnn.calculus.pullbacks import vjp
from funcnn.diagnostics.eigenvalues import inertia
from funcnn.diagnostics.features import (
    average_gradient_outer_product,
    matrix_correlation,
    matrix_cosine,
    neural_feature_matrix,
    principal_angles,
)
from funcnn.fast import matmul as fast_matmul
from strategies import fractions, matrices, roundings

type Matrices = list[list[list[Fraction]]]
type Agop = Callable[[Any], Any]
type Angles = Callable[[Any, Any], list[float]]

SIZES = st.integers(1, 4)
NETWORK = serial(layer(dense), layer(linear))


@st.composite
def jacobians(draw: st.DrawFn) -> Matrices:
    columns = draw(SIZES)
    return [draw(matrices(draw(SIZES), columns, fractions)) for _ in range(draw(st.integers(1, 3)))]


def lengths_are_kept(agop: Agop, found: Matrices, v: list[Fraction]) -> bool:
    """vᵀGv is the mean of ‖J·v‖², for every v."""
    squares = [dot(matvec(j, v), matvec(j, v)) for j in found]
    return bool(dot(v, matvec(agop(found), v)) == sum(squares) / len(squares))


def is_symmetric_and_not_negative(agop: Agop, found: Matrices) -> bool:
    matrix = agop(found)
    return bool(matrix == transpose(matrix) and inertia(matrix).negative == 0)


@settings(max_examples=50)
@given(st.data(), jacobians())
def test_an_agop_keeps_lengths_and_is_symmetric_and_not_negative(
    data: st.DataObject, found: Matrices
) -> None:
    columns = len(found[0][0])
    [v] = data.draw(matrices(1, columns, fractions))
    assert lengths_are_kept(average_gradient_outer_product, found, v)
    assert is_symmetric_and_not_negative(average_gradient_outer_product, found)


@settings(max_examples=25)
@given(st.data())
def test_an_agop_is_the_mean_of_the_outer_products_that_come_back(data: st.DataObject) -> None:
    """Of a network, one pullback for each output of each input."""
    weights = [data.draw(matrices(3, 2, fractions)), data.draw(matrices(2, 3, fractions))]
    inputs = data.draw(matrices(3, 2, fractions))
    total = [[Fraction(0)] * 2 for _ in range(2)]
    for x in inputs:
        _, pullback = vjp(NETWORK, x, weights)
        for bar in ([Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]):
            gradient = pullback(bar)[0]
            total = tree_zip_with(lambda a, b: a + b, total, outer(gradient, gradient))
    found = [jacobian(NETWORK, x, weights) for x in inputs]
    assert average_gradient_outer_product(found) == tree_map(lambda x: x / 3, total)


FOUND: Matrices = [
    [[Fraction(1), Fraction(2)], [Fraction(0), Fraction(3)]],
    [[Fraction(-1), Fraction(1)], [Fraction(5), Fraction(0)]],
]
"""Two Jacobians, of two outputs by two inputs."""


def summed(jacobian_matrices: Any) -> Any:
    squares = [matmul(transpose(j), j) for j in jacobian_matrices]
    return [[sum(entries) for entries in zip(*rows, strict=True)] for rows in zip(*squares)]


def by_outputs(jacobian_matrices: Any) -> Any:
    return average_gradient_outer_product([transpose(j) for j in jacobian_matrices])


def by_gradients(jacobian_matrices: Any) -> Any:
    """The mean over outputs too."""
    outputs = len(jacobian_matrices[0])
    return tree_map(lambda x: x / outputs, average_gradient_outer_product(jacobian_matrices))


def of_the_mean(jacobian_matrices: Any) -> Any:
    mean = tree_map(lambda x: x / 2, tree_zip_with(lambda a, b: a + b, *jacobian_matrices))
    return average_gradient_outer_product([mean])


def unsquared(jacobian_matrices: Any) -> Any:
    return tree_map(lambda x: x / 2, tree_zip_with(lambda a, b: a + b, *jacobian_matrices))


@pytest.mark.parametrize("mutant", [summed, by_outputs, by_gradients, of_the_mean, unsquared])
def test_a_wrong_agop_does_not_keep_lengths(mutant: Agop) -> None:
    units = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    assert all(lengths_are_kept(average_gradient_outer_product, FOUND, v) for v in units)
    assert not all(lengths_are_kept(mutant, FOUND, v) for v in units)


def test_what_is_not_squared_is_not_symmetric_and_may_be_negative() -> None:
    negative: Agop = lambda found: tree_map(lambda x: -x, average_gradient_outer_product(found))
    for mutant in (unsquared, negative):
        assert not is_symmetric_and_not_negative(mutant, FOUND)


ROTATION = [[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]]


def is_blind_to_rotations_of_what_comes_out(nfm: Agop, weights: Any) -> bool:
    return bool(nfm(matmul(ROTATION, weights)) == nfm(weights))


def is_the_agop_of_a_linear_layer(nfm: Agop, weights: Any) -> bool:
    x = [Fraction(1)] * len(weights[0])
    one = jacobian(layer(linear), x, weights)
    return bool(nfm(weights) == average_gradient_outer_product([one, one]))


@given(st.data(), SIZES)
def test_a_neural_feature_matrix_is_what_a_linear_layer_hangs_on(
    data: st.DataObject, columns: int
) -> None:
    weights = data.draw(matrices(2, columns, fractions))
    assert is_blind_to_rotations_of_what_comes_out(neural_feature_matrix, weights)
    assert is_the_agop_of_a_linear_layer(neural_feature_matrix, weights)


def test_a_wrong_feature_matrix_is_told() -> None:
    weights = FOUND[0]
    among_outputs: Agop = lambda w: matmul(w, transpose(w))
    assert not is_blind_to_rotations_of_what_comes_out(among_outputs, weights)
    for mutant in (among_outputs, lambda w: w, lambda w: matmul(w, w)):
        assert not is_the_agop_of_a_linear_layer(mutant, weights)


def test_another_product_is_used_where_it_is_given() -> None:
    weights = [[0.1 * i * j + 0.3 for j in range(5)] for i in range(4)]
    exact = neural_feature_matrix(tree_map(Fraction, weights))
    assert neural_feature_matrix(tree_map(Fraction, weights), product=fast_matmul) == exact
    found = average_gradient_outer_product([weights, weights], product=fast_matmul)
    for row, true in zip(found, exact, strict=True):
        for x, y in zip(row, true, strict=True):
            assert abs(Fraction(x) - y) <= Fraction(roundings(10)) * y


def test_any_number_will_do() -> None:
    [[square]] = average_gradient_outer_product([[[Interval(1.0, 2.0)]], [[Interval(3.0, 4.0)]]])
    assert square.low <= 5.0 <= 10.0 <= square.high
    assert neural_feature_matrix([[surd(2)]]) == [[surd(4)]]


@given(st.data(), SIZES, SIZES)
def test_a_cosine_is_blind_to_scales_and_a_correlation_to_shifts_too(
    data: st.DataObject, rows: int, columns: int
) -> None:
    one, other = (data.draw(matrices(rows, columns, fractions)) for _ in range(2))
    a, b = (tree_map(surd, matrix) for matrix in (one, other))
    scaled = tree_map(lambda x: surd(3) * x, a)
    if any(map(any, one)) and any(map(any, other)):
        assert matrix_cosine(scaled, b) == matrix_cosine(a, b) == matrix_cosine(b, a)
        assert matrix_cosine(a, a) == 1 and matrix_cosine(a, tree_map(lambda x: -x, a)) == -1
    varied = [len({x for row in matrix for x in row}) > 1 for matrix in (one, other)]
    if all(varied):
        shifted = tree_map(lambda x: surd(7) + x, scaled)
        assert matrix_correlation(shifted, b) == matrix_correlation(a, b)
        assert matrix_correlation(a, shifted) == 1


def test_cosine_and_correlation_are_numpy_s() -> None:
    one = [[1.0, 2.0, 0.5], [3.0, -1.0, 4.0]]
    other = [[0.0, 1.5, 1.0], [2.0, 2.0, -3.0]]
    a, b = numpy.array(one), numpy.array(other)
    cosine = (a * b).sum() / numpy.linalg.norm(a) / numpy.linalg.norm(b)
    assert abs(matrix_cosine(one, other) - cosine) <= 1e-15
    assert abs(matrix_correlation(one, other) - numpy.corrcoef(a.ravel(), b.ravel())[0, 1]) <= 1e-15
    assert abs(matrix_cosine(one, other) - matrix_correlation(one, other)) > 0.1


def near(one: list[float], other: list[float], width: float = 1e-14) -> bool:
    """Within some tens of roundings of 1: rotations of 4 columns or fewer."""
    return len(one) == len(other) and all(
        abs(x - y) <= width for x, y in zip(one, other, strict=True)
    )


PLANE = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
TILTED = [[1.0, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 2.0]]
"""By atan ½ and by atan 2."""


def is_blind_to_bases(angles: Angles) -> bool:
    """The rows P·A span what those of A do, if P has an inverse."""
    other = matmul([[0.5, 0.25], [-0.25, 0.5]], TILTED)
    return near(angles(PLANE, other), angles(PLANE, TILTED))


def is_symmetric(angles: Angles) -> bool:
    line = [[1.0, 1.0, 1.0, 0.0]]
    return near(angles(PLANE, TILTED), angles(TILTED, PLANE)) and near(
        angles(PLANE, line), angles(line, PLANE)
    )


def has_known_angles(angles: Angles) -> bool:
    beyond = [[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    return (
        near(angles(PLANE, TILTED), [atan(0.5), atan(2.0)])
        and near(angles(PLANE, matmul([[1.0, 2.0], [3.0, 4.0]], PLANE)), [0.0, 0.0])
        and near(angles(PLANE, beyond), [pi / 2, pi / 2])
        and near(angles(PLANE, [[1.0, 1.0, 1.0, 1.0]]), [pi / 4])
    )


def tells_small_angles(angles: Angles) -> bool:
    """To a relative 1e-6, where a cosine would be 1."""
    [found] = angles([[1.0, 0.0]], [[1.0, 1e-10]])
    return abs(found / 1e-10 - 1) <= 1e-6


LAWS = (is_blind_to_bases, is_symmetric, has_known_angles, tells_small_angles)


@pytest.mark.parametrize("law", LAWS)
def test_principal_angles_keep_the_laws(law: Callable[[Angles], bool]) -> None:
    assert law(principal_angles)


def by_cosines(one: Any, other: Any) -> list[float]:
    """Accurate for large angles only."""
    a, b = (numpy.linalg.qr(numpy.array(matrix).T)[0] for matrix in (one, other))
    cosines = numpy.linalg.svd(a.T @ b, compute_uv=False)
    return [float(x) for x in numpy.arccos(numpy.minimum(cosines, 1.0))]


def without_bases(one: Any, other: Any) -> list[float]:
    """Of the rows as they are."""
    cosines = numpy.linalg.svd(numpy.array(one) @ numpy.array(other).T, compute_uv=False)
    return [float(x) for x in numpy.arccos(numpy.minimum(cosines, 1.0))]


def largest_first(one: Any, other: Any) -> list[float]:
    return principal_angles(one, other)[::-1]


def not_clamped(one: Any, other: Any) -> list[float]:
    """The cosine as it comes: of equal lines it may be more than 1."""
    a, b = (tree_map(lambda x: x / sqrt(dot(m[0], m[0])), m[0]) for m in (one, other))
    cosine = dot(a, b)
    return [sqrt(1 - cosine**2)] if cosine <= 1 else []


def as_many_as_of_the_first(one: Any, other: Any) -> list[float]:
    found = principal_angles(one, other)
    return found + [pi / 2] * (len(one) - len(found))


@pytest.mark.parametrize(
    ("mutant", "law"),
    [
        (by_cosines, tells_small_angles),
        (without_bases, is_blind_to_bases),
        (largest_first, has_known_angles),
        (as_many_as_of_the_first, is_symmetric),
    ],
)
def test_wrong_angles_are_told(mutant: Angles, law: Callable[[Angles], bool]) -> None:
    assert not law(mutant)


def test_of_equal_lines_the_angle_is_0_however_the_cosine_is_rounded() -> None:
    """Where it comes out above 1, there is no arc cosine of it."""
    lines = [[[1.0, x / 7]] for x in range(1, 50)]
    assert any(not_clamped(line, line) == [] for line in lines)
    assert all(near(principal_angles(line, line), [0.0], 1e-15) for line in lines)


@settings(max_examples=25)
@given(st.data())
def test_angles_are_those_by_numpy(data: st.DataObject) -> None:
    """Where both subspaces are of full rank; an arc cosine is good to 1e-7."""
    whole = st.integers(-9, 9).map(float)
    one, other = (data.draw(matrices(data.draw(st.integers(1, 2)), 4, whole)) for _ in range(2))
    if all(numpy.linalg.matrix_rank(m) == len(m) for m in (one, other)):
        assert near(principal_angles(one, other), by_cosines(one, other), 1e-7)


def test_rows_that_depend_on_others_and_zeros_span_no_more() -> None:
    assert near(principal_angles([*PLANE, [1.0, 1.0, 0.0, 0.0]], TILTED), [atan(0.5), atan(2.0)])
    assert principal_angles([[0.0, 0.0]], [[1.0, 0.0]]) == []


GENERATOR: Any = iter([[[1.0]]])


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: average_gradient_outer_product([]), ValueError, "there is no Jacobian: give 1 or"),
        (lambda: average_gradient_outer_product([[[1.0], [1.0, 2.0]]]), ValueError, "row 1 has"),
        (
            lambda: average_gradient_outer_product([[[1.0, 2.0]], [[1.0]]]),
            ValueError,
            "gradient 1 has length 1, gradient 0 has length 2",
        ),
        (lambda: average_gradient_outer_product([[[1]], [[2]]]), TypeError, "the quotient of two"),
        (lambda: average_gradient_outer_product(GENERATOR), TypeError, "jacobians is a list_iter"),
        (lambda: neural_feature_matrix([[1.0], []]), ValueError, "row 1 is empty"),
        (lambda: matrix_cosine([[1.0]], [[0.0]]), ValueError, "ys has the squared length 0.0"),
        (lambda: matrix_cosine([[1.0, 2.0]], [[1.0], [2.0]]), ValueError, ""),
        (lambda: matrix_correlation([[1.0, 1.0]], [[1.0, 2.0]]), ValueError, "xs has the squared"),
        (lambda: principal_angles([[1.0]], [[1.0, 2.0]]), ValueError, ""),
        (lambda: principal_angles([], [[1.0]]), ValueError, ""),
    ],
)
def test_what_has_no_features_is_refused(wrong: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        wrong()
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)


def test_equal_entries_correlate_with_nothing_in_float_either() -> None:
    with pytest.raises(ValueError, match=r"^xs has the squared length 0.0"):
        matrix_correlation([[0.1, 0.1, 0.1]], [[1.0, 2.0, 4.0]])
