"""Spectra: NumPy is the oracle, exact numbers the judge, and each law kills what is wrong."""

import inspect
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funcnn.algebra.formats import binary32
from funcnn.algebra.roundings import Rounded, cast
from funcnn.algebra.surds import power, surd
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, matmul, transpose
from funcnn.calculus.regression import row_echelon
from funcnn.diagnostics.eigenvalues import (
    Eigen,
    Inertia,
    inertia,
    matrix_sqrt,
    power_iteration,
    symmetric_eigen,
)
from funcnn.diagnostics.rotations import at_rest, rotated, rotation, unit_roundoff
from funcnn.diagnostics.spectra import Svd, condition_number, rank, spectral_norm, svd
from funcnn.laws.spectral_properties import (
    eigenvalue_enclosures,
    is_square_root,
    is_svd,
    is_symmetric_eigen,
    singular_value_enclosures,
)
from strategies import fractions, matrices

SIDES: Final = st.integers(1, 5)
FLAT: Final[Any] = [2.0]


@st.composite
def float_matrices(draw: st.DrawFn, symmetric: bool = False) -> list[list[float]]:
    """Of any rank, with repeated values and zeros; tall, wide; tiny, huge; graded by columns."""
    rows, columns, inner = draw(SIDES), draw(SIDES), draw(SIDES)
    numbers = draw(st.sampled_from([st.floats(-1, 1, width=32), st.integers(-2, 2).map(float)]))
    if draw(st.booleans()):
        found = draw(matrices(rows, columns, numbers))
    else:
        halves = draw(matrices(rows, inner, numbers)), draw(matrices(inner, columns, numbers))
        found = matmul(*halves)
    scale, grade = draw(st.sampled_from([1e-150, 1.0, 1e150])), draw(st.sampled_from([1, 1, 1e-4]))
    found = [[x * scale * grade**j for j, x in enumerate(row)] for row in found]
    if not symmetric:
        return found
    size = min(rows, columns)
    return [[found[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]


@given(float_matrices(symmetric=True))
def test_eigenvalues_are_right_and_numpy_s_lie_in_the_enclosures_widened_by_its_own(
    matrix: list[list[float]],
) -> None:
    eigen = symmetric_eigen(matrix)
    assert is_symmetric_eigen(matrix, eigen)
    values, vectors = np.linalg.eigh(np.array(matrix))
    theirs = values[::-1].tolist(), vectors.T[::-1].tolist()
    assert is_symmetric_eigen(matrix, theirs)
    for (low, high), (its_low, its_high) in zip(
        eigenvalue_enclosures(matrix, eigen), eigenvalue_enclosures(matrix, theirs), strict=True
    ):
        assert max(low, its_low) <= min(high, its_high)


@settings(max_examples=40)
@given(float_matrices(symmetric=True))
def test_the_exact_inertia_proves_each_enclosure(matrix: list[list[float]]) -> None:
    """As many eigenvalues lie above x as A − x·I has positive ones."""
    exact = tree_map(Fraction, matrix)
    for index, (low, high) in enumerate(eigenvalue_enclosures(matrix, symmetric_eigen(matrix))):
        assert inertia(_shifted(exact, low)).negative <= len(matrix) - index - 1
        assert inertia(_shifted(exact, high)).positive <= index


def _shifted(matrix: Matrix[Fraction], shift: Fraction) -> Matrix[Fraction]:
    return [[x - shift * (i == j) for j, x in enumerate(row)] for i, row in enumerate(matrix)]


@given(float_matrices())
def test_singular_values_are_right_and_numpy_s_lie_in_the_enclosures_widened_by_its_own(
    matrix: list[list[float]],
) -> None:
    found = svd(matrix)
    assert is_svd(matrix, found)
    left, values, right = np.linalg.svd(np.array(matrix), full_matrices=False)
    theirs = left.T.tolist(), values.tolist(), right.tolist()
    assert is_svd(matrix, theirs)
    for (low, high), (its_low, its_high) in zip(
        singular_value_enclosures(matrix, found),
        singular_value_enclosures(matrix, theirs),
        strict=True,
    ):
        assert max(low, its_low) <= min(high, its_high)
    assert spectral_norm(matrix) == found.values[0]


@given(float_matrices())
def test_the_rank_and_the_condition_are_numpy_s(matrix: list[list[float]]) -> None:
    """But where a value is so near to the tolerance that rounding decides."""
    values, array = svd(matrix).values, np.array(matrix)
    allowed = max(array.shape) * 2**-52 * values[0]
    assume(all(abs(value - allowed) > allowed / 2 for value in values) or not values[0])
    theirs = np.linalg.matrix_rank(array)
    assert rank(matrix) == theirs
    if theirs < min(array.shape):
        return
    off = 35 * max(array.shape) * 2**-52 * condition_number(matrix)
    if off < 1 / 4:
        expected = pytest.approx(float(np.linalg.cond(array)), rel=4 * off)
        assert condition_number(matrix) == expected


@pytest.mark.parametrize("power", [0, 40, 80, 200, 300])
def test_a_graded_matrix_keeps_its_small_values_until_their_fourth_power_is_lost(
    power: int,
) -> None:
    tiny = 2.0**-power
    values = svd([[0.0, tiny], [1.0, 0.0], [0.0, 0.0]]).values
    assert values == [1.0, tiny if power < 269 else 0.0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (2, 3), (3, 3)])
def test_a_matrix_of_zeros_has_orthonormal_vectors_too(shape: tuple[int, int]) -> None:
    zeros = np.zeros(shape).tolist()
    found = svd(zeros)
    assert is_svd(zeros, found)
    assert (set(found.values), rank(zeros), condition_number(zeros)) == ({0.0}, 0, math.inf)
    if shape[0] == shape[1]:
        assert is_symmetric_eigen(zeros, symmetric_eigen(zeros))
        assert matrix_sqrt(zeros) == zeros


@given(float_matrices())
def test_a_square_root_is_one(matrix: list[list[float]]) -> None:
    """Of subnormal numbers, the product may have a negative eigenvalue."""
    square = matmul(matrix, transpose(matrix))
    assume(not any(0 < x < 1e-290 for row in square for x in map(abs, row)))
    root = matrix_sqrt(square)
    assert is_square_root(square, root)
    assert root == transpose(root)


def test_a_subnormal_matrix_has_its_square_root() -> None:
    square = [[2.0**-1072, 0.0], [0.0, 2.0**-1074]]
    assert is_square_root(square, matrix_sqrt(square))


@given(st.data())
def test_inertia_is_that_of_the_diagonal_that_it_was_made_of(data: st.DataObject) -> None:
    """Sylvester's law: BᵀDB has D's, if B has an inverse; over float too, if nothing is near 0."""
    size = data.draw(st.integers(1, 4))
    diagonal = data.draw(st.lists(st.integers(-2, 2), min_size=size, max_size=size))
    base = data.draw(matrices(size, size, fractions))
    assume(len(row_echelon(base).pivots) == size)
    matrix = matmul(
        transpose(base), [[d * x for x in row] for d, row in zip(diagonal, base, strict=True)]
    )
    signs = [sum(map(test, diagonal)) for test in (lambda d: d > 0, lambda d: d < 0)]
    expected = Inertia(signs[0], signs[1], size - sum(signs))
    assert inertia(matrix) == expected
    values = np.linalg.eigvalsh(np.array(tree_map(float, matrix)))
    if expected.zero == 0 and min(abs(values)) > 1e-9 * max(abs(values)):
        assert inertia(tree_map(float, matrix)) == expected


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[0, 1], [1, 0]], (1, 1, 0)),
        ([[0, 0, 1], [0, 0, 0], [1, 0, 0]], (1, 1, 1)),
        ([[0, 1, 1], [1, 0, 1], [1, 1, 0]], (1, 2, 0)),
        ([[1, -5], [-5, 1]], (1, 1, 0)),
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], (1, 0, 2)),
        ([[0, -2, 0, 0], [-2, 0, 0, 0], [0, 0, 0, 3], [0, 0, 3, 0]], (2, 2, 0)),
        ([[0, 0], [0, 0]], (0, 0, 2)),
    ],
)
@pytest.mark.parametrize("kind", [Fraction, float])
def test_a_diagonal_of_zeros_is_no_obstacle(kind: Any, matrix: Any, expected: Any) -> None:
    assert inertia(tree_map(kind, matrix)) == Inertia(*expected)


@given(st.data())
def test_rank_is_exact_over_fractions(data: st.DataObject) -> None:
    rows, inner, columns = data.draw(SIDES), data.draw(SIDES), data.draw(SIDES)
    one, other = (
        data.draw(matrices(rows, inner, fractions)),
        data.draw(matrices(inner, columns, fractions)),
    )
    assert rank(matmul(one, other)) <= min(rank(one), rank(other))
    assert rank(one) == rank(transpose(one))
    nearly = [[Fraction(1), Fraction(1)], [Fraction(1), 1 + Fraction(1, 10**40)]]
    assert (rank(nearly), rank(tree_map(float, nearly))) == (2, 1)


def test_power_iteration_comes_to_the_largest_eigenvalue_from_below() -> None:
    """Over Fraction, Rayleigh's quotient rises, by a factor of 9 nearer each time."""
    matrix = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]]
    estimates = [*islice(power_iteration(matrix, [Fraction(1), Fraction(0)]), 30)]
    distances = [3 - value for value, _ in estimates]
    assert distances == [Fraction(2, 1 + 9**step) for step in range(30)]
    assert all(max(map(abs, vector)) == 1 for _, vector in estimates)


def test_power_iteration_ends_where_the_product_is_0() -> None:
    nilpotent = [[0.0, 1.0], [0.0, 0.0]]
    assert [value for value, _ in power_iteration(nilpotent, [1.0, 1.0])] == [0.5, 0.0]
    with pytest.raises(ValueError, match=r"^the start is 0: give another vector$"):
        next(power_iteration(nilpotent, [0.0, 0.0]))


def test_over_binary32_all_is_as_right_as_its_roundoff_lets_it_be() -> None:
    rows = [[0.5, -0.25, 1.0], [0.125, 2.0, -1.5]]
    single = tree_map(lambda x: cast(x, binary32), rows)
    found = svd(single)
    assert {type(value) for value in found.values} == {Rounded}
    assert is_svd(single, found)
    square = matmul(single, transpose(single))
    assert is_symmetric_eigen(square, symmetric_eigen(square))
    assert is_square_root(square, matrix_sqrt(square))
    assert rank(single) == 2
    assert inertia(square) == Inertia(2, 0, 0)


def test_over_surds_what_the_angles_allow_is_exact() -> None:
    values, vectors = symmetric_eigen([[surd(2), surd(1)], [surd(1), surd(2)]])
    half = power(Fraction(1, 2), Fraction(1, 2))
    assert (values, vectors) == ([3, 1], [[half, half], [-half, half]])


EIGEN: Final = [[4.0, 1.0, 0.5], [1.0, 3.0, -2.0], [0.5, -2.0, -1.0]]


def _one_sweep(matrix: Matrix[float]) -> Eigen:
    """Each pair turned once."""
    rows, frame = [*map(list, matrix)], np.eye(len(matrix)).tolist()
    for p, q in [(0, 1), (0, 2), (1, 2)]:
        angle = rotation(rows[p][p], rows[q][q], rows[p][q])
        rows = transpose(rotated(transpose(rotated(rows, p, q, angle)), p, q, angle))
        frame = rotated(frame, p, q, angle)
    pairs = sorted(((row[i], frame[i]) for i, row in enumerate(rows)), reverse=True)
    return Eigen([value for value, _ in pairs], [vector for _, vector in pairs])


EIGEN_MUTANTS: Final[dict[str, Callable[[Eigen], Any]]] = {
    "rising": lambda e: Eigen(e.values[::-1], e.vectors[::-1]),
    "values alone rising": lambda e: Eigen(e.values[::-1], e.vectors),
    "a vector not unit": lambda e: Eigen(e.values, [[2 * x for x in e.vectors[0]], *e.vectors[1:]]),
    "a vector halved, its value times four": lambda e: Eigen(
        [4 * e.values[0], *e.values[1:]], [[x / 2 for x in e.vectors[0]], *e.vectors[1:]]
    ),
    "transposed vectors": lambda e: Eigen(e.values, transpose(e.vectors)),
    "one sweep": lambda _: _one_sweep(EIGEN),
    "sign lost": lambda e: Eigen(sorted(map(abs, e.values), reverse=True), e.vectors),
    "a value off by 1e-10": lambda e: Eigen([e.values[0] + 1e-10, *e.values[1:]], e.vectors),
    "a vector twice": lambda e: Eigen(e.values, [e.vectors[0], e.vectors[0], e.vectors[2]]),
    "a value missing": lambda e: Eigen(e.values[:2], e.vectors),
    "NaN": lambda e: Eigen([math.nan] * 3, e.vectors),
}


@pytest.mark.parametrize("name", EIGEN_MUTANTS)
def test_a_wrong_eigenvalue_or_vector_is_found_out(name: str) -> None:
    eigen = symmetric_eigen(EIGEN)
    assert is_symmetric_eigen(EIGEN, eigen)
    assert not is_symmetric_eigen(EIGEN, EIGEN_MUTANTS[name](eigen))


RECTANGLE: Final = [[1.0, 2.0, 0.5, 0.0], [0.0, -1.0, 3.0, 1.0], [2.0, 0.0, 1.0, -1.0]]
SVD_MUTANTS: Final[dict[str, Callable[[Svd], Any]]] = {
    "rising": lambda s: Svd(s.left[::-1], s.values[::-1], s.right[::-1]),
    "squared values": lambda s: Svd(s.left, [x * x for x in s.values], s.right),
    "a left vector's sign": lambda s: Svd(
        [[-x for x in s.left[0]], *s.left[1:]], s.values, s.right
    ),
    "a negative value": lambda s: Svd(
        [*s.left[:2], [-x for x in s.left[2]]], [*s.values[:2], -s.values[2]], s.right
    ),
    "transposed left": lambda s: Svd(transpose(s.left), s.values, s.right),
    "sides exchanged": lambda s: Svd(s.right, s.values, s.left),
    "lengths in the right vectors": lambda s: Svd(
        s.left, [1.0] * 3, [[v * x for x in row] for v, row in zip(s.values, s.right, strict=True)]
    ),
    "a value missing": lambda s: Svd(s.left[:1], s.values[:1], s.right[:1]),
}


@pytest.mark.parametrize("name", SVD_MUTANTS)
def test_a_wrong_singular_value_or_vector_is_found_out(name: str) -> None:
    found = svd(RECTANGLE)
    assert is_svd(RECTANGLE, found)
    assert not is_svd(RECTANGLE, SVD_MUTANTS[name](found))


def test_a_zero_vector_does_not_stand_for_that_of_a_zero_value() -> None:
    matrix = [[1.0, 0.0], [0.0, 0.0]]
    left, values, right = svd(matrix)
    assert not is_svd(matrix, (left, values, [right[0], [0.0, 0.0]]))


ROOT_MUTANTS: Final[dict[str, Callable[[list[list[float]]], Any]]] = {
    "the other sign": lambda r: [[-x for x in row] for row in r],
    "one eigenvalue's other sign": lambda _: [[-1.0, 0.0], [0.0, 2.0]],
    "root of each entry": lambda _: [[1.0, 0.0], [0.0, 2.0 + 1e-10]],
    "not symmetric": lambda _: [[1.0, 1e-20], [0.0, 2.0]],
    "another shape": lambda r: r[:1],
}


@pytest.mark.parametrize("name", ROOT_MUTANTS)
def test_a_wrong_square_root_is_found_out(name: str) -> None:
    matrix = [[1.0, 0.0], [0.0, 4.0]]
    root = matrix_sqrt(matrix)
    assert is_square_root(matrix, root)
    assert not is_square_root(matrix, ROOT_MUTANTS[name](root))


@pytest.mark.parametrize("function", [symmetric_eigen, svd, inertia, matrix_sqrt, rank])
@pytest.mark.parametrize(
    ("matrix", "error", "message"),
    [
        ([], ValueError, "the matrix is empty"),
        ([[]], ValueError, "row 0 is empty"),
        ([[1.0, 2.0], [3.0]], ValueError, "row 1 has length 1, row 0 has length 2"),
        ([[math.nan]], ValueError, "row 0, entry 0: nan is not finite"),
        ([[0.0, math.inf], [0.0, 0.0]], ValueError, "row 0, entry 1: inf is not finite"),
        (FLAT, TypeError, "row 0 is a float, not a list"),
        ([[0.5, Fraction(1, 3)]], TypeError, "row 0, entry 1: float beside Fraction: numbers do"),
    ],
)
def test_what_is_no_matrix_is_refused(
    function: Callable[[Any], Any], matrix: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        function(matrix)


@pytest.mark.parametrize("function", [symmetric_eigen, inertia, matrix_sqrt])
def test_what_is_not_symmetric_is_refused(function: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=r"^the matrix is 1×2, not square$"):
        function([[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"entry \(0, 1\) is 1.0, entry \(1, 0\) is 1.5$"):
        function([[0.0, 1.0], [1.5, 0.0]])


def test_what_has_no_root_says_so() -> None:
    with pytest.raises(
        TypeError, match="^sqrt has no instance for Fraction: .* use float, or Surd"
    ):
        svd([[Fraction(1), Fraction(2)]])
    with pytest.raises(ValueError, match="^the matrix has the eigenvalue -1.0: without negative"):
        matrix_sqrt([[-1.0]])
    with pytest.raises(TypeError, match="^unit_roundoff has no instance for complex"):
        unit_roundoff(1j)


def test_what_does_not_come_to_rest_is_no_result() -> None:
    with pytest.raises(ValueError, match=r"^the rotations have not come to rest after 60 sweeps$"):
        at_rest(lambda state, _: -state, 1, 2)


def test_rounding_in_one_direction_is_off_by_twice_as_much() -> None:
    nearest = Rounded(1.0, binary32)
    upward = Rounded(1.0, replace(binary32, rounding="up"))
    assert unit_roundoff(nearest) == Fraction(1, 2**24)
    assert unit_roundoff(upward) == Fraction(1, 2**23)


def test_what_is_completed_takes_no_recursion() -> None:
    """Sixty vectors, in less than sixty frames."""
    zeros = [[0.0] * 60 for _ in range(60)]
    before, depth = sys.getrecursionlimit(), len(inspect.stack(0))
    try:
        sys.setrecursionlimit(depth + 40)
        found = svd(zeros)
    finally:
        sys.setrecursionlimit(before)
    assert found.right == found.left == [[float(i == j) for j in range(60)] for i in range(60)]
