"""Eigenvalues: those of symmetric matrices, and what they tell without being computed.

Of equal eigenvalues each orthonormal set of vectors is as right, and a vector has either sign.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from operator import itemgetter
from typing import Any, NamedTuple

from funcnn.algebra.elementary import absolute, exceeds, maximum, relu, sqrt
from funcnn.algebra.folds import foldl1, int_of, zipped
from funcnn.algebra.scalars import divide, lift, multiply, shown, total
from funcnn.algebra.vectors import Matrix, Vector, dot, matmul, matvec, transpose
from funcnn.diagnostics.rotations import (
    at_rest,
    finite,
    replaced,
    rotated,
    rotation,
    scaled,
    unit_matrix,
    unit_roundoff,
)


class Eigen(NamedTuple):
    """The eigenvalues of a symmetric matrix, the largest first, and a unit eigenvector of each."""

    values: list[Any]
    vectors: list[list[Any]]


class Inertia(NamedTuple):
    """How many eigenvalues of a symmetric matrix are positive, negative and zero."""

    positive: int
    negative: int
    zero: int


class Estimate(NamedTuple):
    """An estimate of an eigenvalue, and of its vector, whose largest entry has the size 1."""

    value: Any
    vector: list[Any]


class _Turned(NamedTuple):
    """a matrix, and the rows that the unit matrix has become"""

    rows: list[list[Any]]
    frame: list[list[Any]]


def symmetric_eigen(matrix: Matrix[Any]) -> Eigen:
    """The eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.

    Each rotation makes one entry off the diagonal 0, row by row, until none of them is larger
    than u times the norm: then the diagonal has the eigenvalues.

    Maths
        A = Σᵢ λᵢ·vᵢ·vᵢᵀ                           λ₁ ≥ λ₂ ≥ …, vᵢ·vⱼ = 0, vᵢ·vᵢ = 1
    Shapes
        matrix n×n  →  n values, n vectors of length n             n ≥ 1
    Order
        Every eigenvalue is off by a small multiple of n·u·‖A‖ at most; a vector, by as much divided
        by the distance to the next eigenvalue.
    Errors
        ValueError   the matrix is empty, or ragged, or not square, or not symmetric, or has an
                     entry that is not finite; or a Surd that arises is not kept exactly; or the
                     rotations do not come to rest
        TypeError    numbers mix, or have no square root
    Laws
        is_symmetric_eigen(A, symmetric_eigen(A))
    Source
        C. Jacobi, "Über ein leichtes Verfahren die in der Theorie der Säcularstörungen vorkommenden
        Gleichungen numerisch aufzulösen", J. für die reine und angewandte Mathematik 30 (1846);
        G. Golub, C. Van Loan, "Matrix Computations", 4th ed., Johns Hopkins 2013, 8.5

    >>> symmetric_eigen([[2.0, 0.0], [0.0, 3.0]])
    Eigen(values=[3.0, 2.0], vectors=[[0.0, 1.0], [1.0, 0.0]])
    >>> from funcnn.algebra.surds import surd
    >>> symmetric_eigen([[surd(0), surd(1)], [surd(1), surd(0)]]).vectors[0]
    [Surd(1/2·√2), Surd(1/2·√2)]
    >>> symmetric_eigen([[2.0, 1.0], [0.0, 3.0]])
    Traceback (most recent call last):
    ValueError: the matrix is not symmetric: entry (0, 1) is 1.0, entry (1, 0) is 0.0
    """
    scale, rows = scaled(_symmetric(matrix))
    square = dot([*chain(*rows)], [*chain(*rows)])
    least = lift(unit_roundoff(scale), scale) * sqrt(square)

    def turned(state: _Turned, pair: tuple[int, int]) -> _Turned:
        (rows, frame), (p, q) = state, pair
        if not exceeds(absolute(rows[p][q]), least):
            return state
        angle = rotation(rows[p][p], rows[q][q], rows[p][q])
        return _Turned(_diagonal(rows, p, q, angle), rotated(frame, p, q, angle))

    rows, frame = at_rest(turned, _Turned(rows, unit_matrix(len(rows), scale)), len(rows))
    pairs = [(scale * row[index], frame[index]) for index, row in enumerate(rows)]
    falling = sorted(pairs, key=itemgetter(0), reverse=True)
    return Eigen([value for value, _ in falling], [vector for _, vector in falling])


def matrix_sqrt(matrix: Matrix[Any], *, terms: int = 1) -> list[list[Any]]:
    """The square root without negative eigenvalues of a symmetric matrix that has none either.

    Maths
        A^½ = Σᵢ √λᵢ·vᵢ·vᵢᵀ                        A^½·A^½ = A
    Shapes
        matrix n×n  →  n×n                         n ≥ 1
    Settings
        terms   t, of how many terms each entry is the sum: as many roundings have gone into it
    Order
        An eigenvalue below 0 counts as 0 if it is no farther from it than t·n·u·‖A‖.
    Errors
        ValueError   an eigenvalue is negative; or those of `symmetric_eigen`
        TypeError    numbers mix, or have no square root
    Laws
        is_square_root(A, matrix_sqrt(A)); it is symmetric, to the last bit
    Source
        N. Higham, "Functions of Matrices: Theory and Computation", SIAM 2008, 6.1

    >>> matrix_sqrt([[16.0, 0.0], [0.0, 1.0]])
    [[4.0, 0.0], [0.0, 1.0]]
    >>> matrix_sqrt([[1.0, 0.0], [0.0, -2.0]])
    Traceback (most recent call last):
    ValueError: the matrix has the eigenvalue -2.0: without negative ones it would have a root
    """
    scale, rows = scaled(_symmetric(matrix))
    values, vectors = symmetric_eigen(rows)
    if exceeds(-values[-1], multiply(int_of(terms, "terms", 1), _negligible(rows))):
        least = shown(scale * values[-1])
        raise ValueError(
            f"the matrix has the eigenvalue {least}: without negative ones it would have a root"
        )
    roots = [sqrt(sqrt(scale)) * sqrt(sqrt(relu(value))) for value in values]
    halves = [[root * x for x in vector] for root, vector in zipped(roots, vectors)]
    return matmul(transpose(halves), halves)


def inertia(matrix: Matrix[Any]) -> Inertia:
    """How many eigenvalues of a symmetric matrix have which sign, by elimination.

    The pivot is the largest number on the diagonal. Where another number is more than twice as
    large, the sum and the difference of its row and its column come first in their places: then the
    diagonal is large enough.

    Maths
        A = B·D·Bᵀ, D diagonal, B invertible       the signs of D are those of the eigenvalues
    Order
        Exact over exact numbers. Over those that round, a pivot counts as 0 that is no larger than
        n·u·‖A‖, with the largest sum of the sizes in a row for ‖A‖.
    Errors
        ValueError   the matrix is empty, or ragged, or not square, or not symmetric, or has an
                     entry that is not finite
        TypeError    numbers mix, or are ints, whose quotients need not be ints
    Laws
        inertia(Bᵀ·A·B) == inertia(A) if B has an inverse           over Fraction
    Source
        J. Sylvester, "A Demonstration of the Theorem That Every Homogeneous Quadratic Polynomial Is
        Reducible by Real Orthogonal Substitutions to the Form of a Sum of Positive and Negative
        Squares", Philosophical Magazine 4 (1852); for the pivots J. Bunch, B. Parlett, "Direct
        Methods for Solving Symmetric Indefinite Systems of Linear Equations", SIAM J. on Numerical
        Analysis 8 (1971), with another step in place of their blocks 2×2

    >>> from fractions import Fraction
    >>> inertia([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]])
    Inertia(positive=1, negative=1, zero=0)
    >>> inertia([[1.0, 2.0], [2.0, 4.0]])
    Inertia(positive=1, negative=0, zero=1)
    """
    _, rows = scaled(_symmetric(matrix))
    pivots = [*_pivots(rows, _negligible(rows))]
    positive = sum(exceeds(pivot, 0) for pivot in pivots)
    return Inertia(positive, len(pivots) - positive, len(rows) - len(pivots))


def power_iteration(matrix: Matrix[Any], start: Vector[Any]) -> Iterator[Estimate]:
    """Estimates of the eigenvalue of the largest size, each after one more product by the matrix.

    They converge if one eigenvalue is larger than all others in size, and the start, as a sum of
    eigenvectors, has a part along its own. The last one is where the product is 0.

    Haskell
        iterate (normalize . matvec matrix) start
    Maths
        x ← A·x/‖A·x‖∞,  λ = x·A·x/x·x
    Shapes
        matrix n×n, start n                        n ≥ 1
    Errors
        ValueError   the start is 0, or the matrix not square, or either has a number that is not
                     finite, or they differ in length
        TypeError    numbers mix, or are ints, whose quotients need not be ints
    Source
        R. von Mises, H. Pollaczek-Geiringer, "Praktische Verfahren der Gleichungsauflösung", Z. für
        angewandte Mathematik und Mechanik 9 (1929)

    >>> from fractions import Fraction
    >>> from itertools import islice
    >>> matrix = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]]
    >>> estimates = power_iteration(matrix, [Fraction(1), Fraction(0)])
    >>> [str(value) for value, _ in islice(estimates, 4)]
    ['2', '14/5', '122/41', '1094/365']
    """
    rows, [image] = _square(matrix), finite([start], "the start")
    if not any(exceeds(absolute(x), 0) for x in image):
        raise ValueError("the start is 0: give another vector")
    while exceeds(size := foldl1(maximum, [*map(absolute, image)]), 0):
        vector = [divide(x, size) for x in image]
        image = matvec(rows, vector)
        yield Estimate(divide(dot(vector, image), dot(vector, vector)), vector)


def _symmetric(matrix: Matrix[Any]) -> Matrix[Any]:
    """the matrix, once it is known to be symmetric"""
    rows = _square(matrix)
    for i, j in combinations(range(len(rows)), 2):
        if rows[i][j] != rows[j][i]:
            one, other = shown(rows[i][j]), shown(rows[j][i])
            pair = f"entry ({i}, {j}) is {one}, entry ({j}, {i}) is {other}"
            raise ValueError(f"the matrix is not symmetric: {pair}")
    return rows


def _square(matrix: Matrix[Any]) -> Matrix[Any]:
    """the matrix, once it is known to be square, and finite"""
    rows = finite(matrix)
    if len(rows) != len(rows[0]):
        raise ValueError(f"the matrix is {len(rows)}×{len(rows[0])}, not square")
    return rows


def _diagonal(rows: Matrix[Any], p: int, q: int, angle: tuple[Any, Any]) -> list[list[Any]]:
    """the matrix with two rows turned, and their columns: then the entry between them is 0"""
    cosine, sine = angle
    turned = [
        replaced(row, p, q, (cosine * row[p] + sine * row[q], cosine * row[q] - sine * row[p]))
        for row in rotated(rows, p, q, angle)
    ]
    turned[p][q] = turned[q][p] = lift(0, cosine)
    return turned


def _negligible(rows: Matrix[Any]) -> Any:
    """n·u·‖A‖, with the largest sum of the sizes in a row for ‖A‖"""
    norm = foldl1(maximum, [total([*map(absolute, row)]) for row in rows])
    return multiply(lift(len(rows) * unit_roundoff(norm), norm), norm)


def _pivots(rows: Matrix[Any], least: Any) -> Iterator[Any]:
    """the numbers on the diagonal of D, without those that count as 0"""
    while rows:
        places = range(len(rows))
        sizes = [[absolute(number) for number in row] for row in rows]
        p = max(places, key=lambda i: sizes[i][i])
        i, j = max(combinations(places, 2), key=lambda ij: sizes[ij[0]][ij[1]], default=(p, p))
        if sizes[i][j] > sizes[p][p] + sizes[p][p]:
            rows, p = transpose(_mixed(transpose(_mixed(rows, i, j)), i, j)), i
        pivot = rows[p][p]
        if not exceeds(absolute(pivot), least):
            return
        yield pivot
        rows = [
            [x - row[p] * y / pivot for x, y in _without(p, [*zipped(row, rows[p])])]
            for row in _without(p, rows)
        ]


def _mixed(rows: Matrix[Any], i: int, j: int) -> list[Vector[Any]]:
    """the rows, with the sum and the difference of two in their places"""
    pairs = [*zipped(rows[i], rows[j])]
    return replaced(rows, i, j, ([x + y for x, y in pairs], [x - y for x, y in pairs]))


def _without[A](place: int, items: Sequence[A]) -> list[A]:
    """the items but one"""
    return [*items[:place], *items[place + 1 :]]
