"""Spectra: the singular values of a matrix, by Jacobi's rotations, and what they tell of it.

Of equal values each orthonormal set of vectors is as right; a left vector and its right one have
either sign, together.
"""

from typing import Any, NamedTuple

from funcnn.algebra.elementary import absolute, exceeds, sqrt
from funcnn.algebra.folds import foldl
from funcnn.algebra.scalars import divide, lift, total
from funcnn.algebra.vectors import Matrix, dot, transpose
from funcnn.calculus.regression import row_echelon
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


class Svd(NamedTuple):
    """The singular values of a matrix, the largest first, with a left and a right unit vector."""

    left: list[list[Any]]
    values: list[Any]
    right: list[list[Any]]


class _Turned(NamedTuple):
    """the rows, the squares of their lengths, and the rows that the unit matrix has become"""

    rows: list[list[Any]]
    squares: list[Any]
    frame: list[list[Any]]


def svd(matrix: Matrix[Any]) -> Svd:
    """The singular values and vectors of a matrix, by Jacobi's rotations from one side.

    The rows, or if they are fewer the columns, are rotated in pairs until all are orthogonal: their
    lengths are the singular values. Where a value is 0, so is what is left of the row, and any unit
    vector orthogonal to the others stands for it.

    Maths
        A = Σᵢ σᵢ·lᵢ·rᵢᵀ                           σ₁ ≥ σ₂ ≥ … ≥ 0, lᵢ·lⱼ = rᵢ·rⱼ = [i = j]
    Shapes
        matrix m×n  →  k vectors of length m, k values, k vectors of length n      k = min(m, n)
    Order
        Two rows count as orthogonal if the cosine between them is at most length·u, which is how
        far their dot product can be off. A value whose fourth power underflows, beside a largest
        entry of 1, is 0.
    Errors
        ValueError   the matrix is empty, or ragged, or has an entry that is not finite; or a Surd
                     that arises is not kept exactly; or the rotations do not come to rest
        TypeError    numbers mix, or have no square root
    Laws
        is_svd(A, svd(A))
    Source
        M. Hestenes, "Inversion of Matrices by Biorthogonalization and Related Results", J. of the
        Society for Industrial and Applied Mathematics 6 (1958); J. Demmel, K. Veselić, "Jacobi's
        Method is More Accurate than QR", SIAM J. on Matrix Analysis and Applications 13 (1992)

    >>> svd([[0.0, 3.0, 0.0], [2.0, 0.0, 0.0]])
    Svd(left=[[1.0, 0.0], [0.0, 1.0]], values=[3.0, 2.0], right=[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    >>> svd([[1.0, float("inf")]])
    Traceback (most recent call last):
    ValueError: row 0, entry 1: inf is not finite
    """
    numbers = finite(matrix)
    if len(numbers) > len(numbers[0]):
        return Svd(*reversed(svd(transpose(numbers))))
    scale, rows = scaled(numbers)
    zero, least = lift(0, scale), lift(len(rows[0]) * unit_roundoff(scale), scale)

    def turned(state: _Turned, pair: tuple[int, int]) -> _Turned:
        (rows, squares, frame), (p, q) = state, pair
        size, between = sqrt(squares[p]) * sqrt(squares[q]), dot(rows[p], rows[q])
        vanishing = zero in (squares[p] * squares[p], squares[q] * squares[q])
        if vanishing or not exceeds(absolute(between), least * size):
            return state
        angle = rotation(squares[p], squares[q], between)
        rows = rotated(rows, p, q, angle)
        new = dot(rows[p], rows[p]), dot(rows[q], rows[q])
        return _Turned(rows, replaced(squares, p, q, new), rotated(frame, p, q, angle))

    start = _Turned(rows, [dot(row, row) for row in rows], unit_matrix(len(rows), scale))
    rows, squares, frame = at_rest(turned, start, len(rows))
    lengths = [sqrt(square) if square * square != zero else zero for square in squares]
    order = sorted(range(len(rows)), key=lengths.__getitem__, reverse=True)
    units = [[x / lengths[i] for x in rows[i]] for i in order if lengths[i] != zero]
    axes = unit_matrix(len(rows[0]), scale)
    right = foldl(lambda found, _: [*found, _next_unit(found, axes)], units, rows[len(units) :])
    return Svd([frame[i] for i in order], [scale * lengths[i] for i in order], right)


def spectral_norm(matrix: Matrix[Any]) -> Any:
    """The largest singular value: how much longer than a vector its product can be.

    Maths
        ‖A‖ = σ₁ = max ‖A·x‖/‖x‖
    Errors
        those of `svd`
    Laws
        ‖A·B‖ ≤ ‖A‖·‖B‖

    >>> spectral_norm([[3.0, 0.0], [0.0, -4.0]])
    4.0
    """
    return svd(matrix).values[0]


def condition_number(matrix: Matrix[Any]) -> Any:
    """The largest singular value divided by the smallest; infinite where that is 0.

    Maths
        κ = σ₁/σₖ                                  k = min(m, n)
    Errors
        those of `svd`
    Source
        G. Golub, C. Van Loan, "Matrix Computations", 4th ed., Johns Hopkins 2013, 2.6.2 and 5.3.1

    >>> condition_number([[4.0, 0.0], [0.0, -2.0]]), condition_number([[0.0]])
    (2.0, inf)
    """
    values = svd(matrix).values
    largest = values[0] if exceeds(values[0], 0) else lift(1, values[0])
    return divide(largest, values[-1])


def rank(matrix: Matrix[Any]) -> int:
    """How many rows of a matrix are independent, which is how many columns are.

    Order
        Over exact numbers by elimination. Over those that round, as many as there are singular
        values larger than max(m, n)·2u·σ₁, which is NumPy's rule and MATLAB's.
    Errors
        ValueError   the matrix is empty, or ragged, or has an entry that is not finite
        TypeError    numbers mix, or are ints, whose quotients need not be ints
    Laws
        rank(A·B) ≤ min(rank(A), rank(B))                          over Fraction

    >>> from fractions import Fraction
    >>> rank([[Fraction(1, 3), Fraction(1)], [Fraction(1), Fraction(3)]])
    1
    >>> rank([[0.1, 0.3], [1.0, 3.0]])
    1
    """
    numbers = finite(matrix)
    roundoff = unit_roundoff(numbers[0][0])
    if not roundoff:
        return len(row_echelon(numbers).pivots)
    values = svd(scaled(numbers)[1]).values
    share = lift(max(len(numbers), len(numbers[0])) * 2 * roundoff, values[0])
    return sum(exceeds(value, share * values[0]) for value in values)


def _next_unit(units: list[list[Any]], axes: Matrix[Any]) -> list[Any]:
    """a unit vector orthogonal to others: the axis farthest off, less its parts along them"""
    shares = [
        total([lift(0, axis[0]), *(u[i] * u[i] for u in units)]) for i, axis in enumerate(axes)
    ]
    vector = axes[shares.index(min(shares))]
    for unit in [*units, *units]:
        along = dot(unit, vector)
        vector = [x - along * y for x, y in zip(vector, unit, strict=True)]
    length = sqrt(dot(vector, vector))
    return [x / length for x in vector]
