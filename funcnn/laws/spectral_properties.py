"""Spectral properties: what holds of every right decomposition. Each is about somebody's result.

The judge does not round: it takes the numbers, float or Rounded, for the rationals that they are.
A result of another form, or with a NaN in it, is not right.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from itertools import pairwise
from typing import Any, Final

from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import tree_map, tree_zip_with
from funcnn.algebra.vectors import Matrix, Vector, matmul, shape, transpose
from funcnn.calculus.regression import plus_identity
from funcnn.diagnostics.eigenvalues import inertia
from funcnn.diagnostics.rotations import unit_matrix, unit_roundoff
from funcnn.laws.properties import outcome

THRESHOLD: Final = 35
"""What a residual may be, in units of n·2u·‖A‖: as LAPACK is tested, TESTING/svd.in."""

type Interval = tuple[Fraction, Fraction]


def judged(law: Callable[..., bool]) -> Callable[..., bool]:
    """The law, false too where what it judges makes it raise.

    >>> judged(lambda values: values[0] > 0)([])
    False
    """

    @wraps(law)
    def holds(*arguments: Any) -> bool:
        return outcome(law, *arguments) is True

    return holds


@judged
def is_symmetric_eigen(matrix: Matrix[Any], eigen: tuple[Vector[Any], Matrix[Any]]) -> bool:
    """Whether these are the eigenvalues of a symmetric matrix, falling, and unit eigenvectors.

    Maths
        ‖A − Σᵢ λᵢ·vᵢ·vᵢᵀ‖₁ ≤ 35·n·2u·‖A‖₁,  ‖I − (vᵢ·vⱼ)‖₁ ≤ 35·n·2u
    Source
        E. Anderson et al., "LAPACK Users' Guide", 3rd ed., SIAM 1999, 4.7; the ratios are those of
        its test DSYT21

    >>> is_symmetric_eigen([[2.0, 0.0], [0.0, 3.0]], ([3.0, 2.0], [[0.0, 1.0], [1.0, 0.0]]))
    True
    >>> is_symmetric_eigen([[2.0, 0.0], [0.0, 3.0]], ([3.0, 2.0], [[1.0, 0.0], [0.0, 1.0]]))
    False
    """
    values, vectors = eigen
    size, allowed = len(matrix), _allowed(matrix)
    return (
        (shape(values), shape(vectors)) == ((size,), (size, size))
        and _falls(values)
        and _orthogonality_defect(vectors) <= allowed
        and _size(_residual(matrix, vectors, values, vectors)) <= allowed * _size(_exact(matrix))
    )


@judged
def is_svd(matrix: Matrix[Any], svd: tuple[Matrix[Any], Vector[Any], Matrix[Any]]) -> bool:
    """Whether these are a matrix' singular values, falling, and its left and right unit vectors.

    Maths
        ‖A − Σᵢ σᵢ·lᵢ·rᵢᵀ‖ ≤ 35·n·2u·‖A‖,  ‖I − (lᵢ·lⱼ)‖, ‖I − (rᵢ·rⱼ)‖ ≤ 35·n·2u,  σᵢ ≥ 0
        n is the longer side; ‖·‖ the larger of ‖·‖₁ and ‖·‖∞
    Source
        E. Anderson et al., "LAPACK Users' Guide", 3rd ed., SIAM 1999, 4.9; the ratios are those of
        its tests DBDT01 and DORT01

    >>> is_svd([[0.0, 3.0]], ([[1.0]], [3.0], [[0.0, 1.0]]))
    True
    >>> is_svd([[0.0, 3.0]], ([[1.0]], [9.0], [[0.0, 1.0]]))
    False
    """
    left, values, right = svd
    (rows, columns), allowed = shape(matrix), _allowed(matrix)
    count = min(rows, columns)
    return (
        [*map(shape, svd)] == [(count, rows), (count,), (count, columns)]
        and _falls([*values, 0 * values[0]])
        and max(map(_orthogonality_defect, (left, right))) <= allowed
        and _size(_residual(matrix, left, values, right)) <= allowed * _size(_exact(matrix))
    )


@judged
def is_square_root(matrix: Matrix[Any], root: Matrix[Any]) -> bool:
    """Whether a matrix is the symmetric square root without negative eigenvalues of another.

    Maths
        ‖A − S·S‖₁ ≤ 35·n·2u·‖S‖₁²,  S = Sᵀ,  λ ≥ −35·n·2u·‖S‖₁ for each eigenvalue λ of S
    Source
        N. Higham, "Functions of Matrices: Theory and Computation", SIAM 2008, 6.4, for the residual

    >>> is_square_root([[4.0]], [[2.0]]), is_square_root([[4.0]], [[-2.0]])
    (True, False)
    """
    exact, allowed = _exact(root), _allowed(matrix)
    size = allowed * _size(exact)
    lifted = plus_identity(exact, size)
    return (
        shape(root) == shape(matrix)
        and _size(_less(_exact(matrix), matmul(exact, exact))) <= size * _size(exact)
        and inertia(lifted).negative == 0
    )


def eigenvalue_enclosures(
    matrix: Matrix[Any], eigen: tuple[Vector[Any], Matrix[Any]]
) -> list[Interval]:
    """Intervals in which the eigenvalues lie, for certain, around those that somebody computed.

    Maths
        |λᵢ(A) − λᵢ| ≤ ‖A − V·Λ·Vᵀ‖₁ + ‖I − VᵀV‖₁·|λᵢ|
        by Weyl, and as λᵢ(V·Λ·Vᵀ) = θᵢ·λᵢ with 1 − ‖I − VᵀV‖ ≤ θᵢ ≤ 1 + ‖I − VᵀV‖ (Ostrowski)
    Errors
        ValueError   the values do not fall, so that nobody knows which is whose
    Source
        R. Horn, C. Johnson, "Matrix Analysis", 2nd ed., Cambridge 2013, 4.3.1 and 4.5.9

    >>> [(low, high)] = eigenvalue_enclosures([[3.0]], ([2.75], [[1.0]]))
    >>> float(low), float(high)
    (2.5, 3.0)
    """
    values, vectors = eigen
    residual = _size(_residual(matrix, vectors, values, vectors))
    return _enclosures(values, residual, _orthogonality_defect(vectors))


def singular_value_enclosures(
    matrix: Matrix[Any], svd: tuple[Matrix[Any], Vector[Any], Matrix[Any]]
) -> list[Interval]:
    """Intervals in which the singular values lie, for certain, around those that somebody computed.

    Maths
        |σᵢ(A) − σᵢ| ≤ ‖A − LᵀΣR‖ + max(‖I − L·Lᵀ‖₁, ‖I − R·Rᵀ‖₁)·σᵢ
        ‖·‖ the larger of ‖·‖₁ and ‖·‖∞, whose geometric mean the spectral norm does not exceed
    Errors
        ValueError   the values do not fall, so that nobody knows which is whose
    Source
        R. Horn, C. Johnson, "Topics in Matrix Analysis", Cambridge 1991, 3.3.16 and 3.3.20

    >>> [(low, high)] = singular_value_enclosures([[0.0, 3.0]], ([[1.0]], [2.75], [[0.0, 1.0]]))
    >>> float(low), float(high)
    (2.5, 3.0)
    """
    left, values, right = svd
    residual = _size(_residual(matrix, left, values, right))
    return _enclosures(values, residual, max(map(_orthogonality_defect, (left, right))))


def _enclosures(values: Vector[Any], residual: Fraction, defect: Fraction) -> list[Interval]:
    """the values, each more or less the residual and its share of the defect"""
    if not _falls(values):
        raise ValueError("the values do not fall")
    off = [residual + defect * abs(value) for value in _exact(values)]
    return [(value - error, value + error) for value, error in zipped(_exact(values), off)]


def _exact(tree: Any) -> Any:
    """the rationals that the numbers are"""
    return tree_map(lambda number: Fraction(float(number)), tree)


def _allowed(matrix: Matrix[Any]) -> Fraction:
    """35·n·2u"""
    return THRESHOLD * max(shape(matrix)) * 2 * unit_roundoff(matrix[0][0])


def _falls(values: Vector[Any]) -> bool:
    return all(x >= y for x, y in pairwise(values))


def _less(one: Matrix[Fraction], other: Matrix[Fraction]) -> Matrix[Fraction]:
    difference: Matrix[Fraction] = tree_zip_with(lambda x, y: x - y, one, other)
    return difference


def _orthogonality_defect(vectors: Matrix[Any]) -> Fraction:
    """how far the vectors are from orthonormal ones"""
    rows = _exact(vectors)
    return _size(_less(matmul(rows, transpose(rows)), unit_matrix(len(rows), rows[0][0])))


def _residual(
    matrix: Matrix[Any], left: Matrix[Any], values: Vector[Any], right: Matrix[Any]
) -> Matrix[Fraction]:
    """what is left of the matrix without the sum of its parts"""
    parts = [[value * x for x in row] for value, row in zipped(_exact(values), _exact(right))]
    return _less(_exact(matrix), matmul(transpose(_exact(left)), parts))


def _size(matrix: Matrix[Fraction]) -> Fraction:
    """the larger of ‖M‖₁ and ‖M‖∞; of a symmetric matrix, both"""
    return max(sum(map(abs, line), Fraction(0)) for line in [*matrix, *transpose(matrix)])
