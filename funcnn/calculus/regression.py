"""Regression: the linear special case of learning, whose best weights are an expression.

Over Fraction all is exact, and every float is a Fraction: `tree_map(Fraction, matrix)`. Over float
itself, what should be 0 is seldom 0.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from funcnn.algebra.elementary import absolute, exceeds
from funcnn.algebra.folds import foldl, foldl1, length_of, zip_with, zipped
from funcnn.algebra.scalars import add, divide, multiply, shown, subtract
from funcnn.algebra.trees import zeros_like
from funcnn.algebra.vectors import Matrix, Vector, matmul, rectangle, transpose


class Echelon(NamedTuple):
    """A matrix in reduced row echelon form, and the columns of its pivots: as many as its rank."""

    rows: list[list[Any]]
    pivots: tuple[int, ...]


def row_echelon(matrix: Matrix[Any]) -> Echelon:
    """The reduced row echelon form of a matrix, by Gauss–Jordan elimination.

    A pivot is the largest number of its column in the rows that are left; of two as large, the
    first.

    Haskell
        foldl eliminate (matrix, []) columns
    Order
        In float a number that is 0 in truth may be left as a small one, and become a pivot: then
        the rank comes out too large, and what follows is noise.
    Errors
        ValueError   a row is empty, or longer or shorter than the others, or has a NaN; or of
                     intervals, or bounds, it is not decided which is a pivot
        TypeError    numbers mix, or are ints, whose quotients need not be ints

    >>> from fractions import Fraction
    >>> row_echelon([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]])
    Echelon(rows=[[Fraction(1, 1), Fraction(2, 1)], [Fraction(0, 1), Fraction(0, 1)]], pivots=(0,))
    """
    rows = [[*row] for row in rectangle(matrix, "row {}".format, "the matrix")]
    if any(number != number for row in rows for number in row):
        raise ValueError("the matrix has a NaN in it")
    return foldl(_eliminated, Echelon(rows, ()), range(len(rows[0]) if rows else 0))


def _eliminated(echelon: Echelon, column: int) -> Echelon:
    """the column as a unit vector, if a row that is left has a pivot in it"""
    (rows, pivots), rank = echelon, len(echelon.pivots)
    if rank == len(rows):
        return echelon
    sizes = [absolute(row[column]) for row in rows]
    largest = foldl1(lambda i, j: j if exceeds(sizes[j], sizes[i]) else i, range(rank, len(rows)))
    if not exceeds(sizes[largest], 0):
        return echelon
    pivot = [divide(number, rows[largest][column]) for number in rows[largest]]
    others = [_cleared(row, column, pivot) for row in [*rows[:largest], *rows[largest + 1 :]]]
    return Echelon([*others[:rank], pivot, *others[rank:]], (*pivots, column))


def _cleared(row: Vector[Any], column: int, pivot: Vector[Any]) -> list[Any]:
    """the row less so many pivot rows that nothing is left in the column"""
    return zip_with(lambda x, p: subtract(x, multiply(row[column], p)), row, pivot)


def solve(matrix: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    """The solution of a square system of equations, for each column of its right side.

    Maths
        M·X = R
    Shapes
        matrix n×n, right n×k  →  n×k              n, k ≥ 1
    Order
        That of elimination: in float, off by as much as the matrix is ill conditioned.
    Errors
        ValueError   the matrix is not square, or singular, or has not as many rows as the right
                     side; in float a singular one is not always found out
        TypeError    numbers mix, or are ints, whose quotients need not be ints

    >>> solve([[2.0, 1.0], [1.0, 1.0]], [[3.0], [2.0]])
    [[1.0], [1.0]]
    >>> solve([[2.0, 1.0], [4.0, 2.0]], [[3.0], [2.0]])
    Traceback (most recent call last):
    ValueError: the matrix is singular: of its 2 columns, column 1 depends on those before
    """
    size, names = length_of(matrix, "the matrix"), ("the matrix", "the right side")
    left = rectangle(matrix, "row {}".format)
    pairs = zipped(left, rectangle(right, "row {} of the right side".format, names[1]), names)
    if size and len(matrix[0]) != size:
        raise ValueError(f"the matrix is {size}×{len(matrix[0])}, not square")
    rows, pivots = row_echelon([[*row, *others] for row, others in pairs])
    for column in range(size):
        if column not in pivots:
            reason = f"of its {size} columns, column {column} depends on those before"
            raise ValueError(f"the matrix is singular: {reason}")
    return [row[size:] for row in rows]


def pseudo_inverse(matrix: Matrix[Any]) -> list[list[Any]]:
    """The Moore–Penrose inverse of any matrix, by a factorization into two of full rank.

    Maths
        A⁺ = Cᵀ·(Bᵀ·A·Cᵀ)⁻¹·Bᵀ                     A = B·C: A's columns that have pivots, and the
                                                   rows of its echelon form that are not 0
        (Bᵀ·A·Cᵀ = BᵀB·CCᵀ, so that this is Cᵀ·(CCᵀ)⁻¹·(BᵀB)⁻¹·Bᵀ)
    Shapes
        matrix m×n  →  n×m                         n ≥ 1
    Order
        In float only for a matrix of full rank: of another one `row_echelon` mistakes the rank, and
        all is noise. What is inverted is AᵀA if A's columns are independent, with the square of A's
        condition number; else BᵀB·CCᵀ, with the squares of B's and C's.
    Errors
        ValueError   a row is empty, or longer or shorter than the others; or, in float, rounding
                     made a matrix singular
        TypeError    numbers mix, or are ints, whose quotients need not be ints
    Laws
        over Fraction the four equations by which R. Penrose defines it, and no other matrix has
            A·A⁺·A == A, A⁺·A·A⁺ == A⁺, and A·A⁺ and A⁺·A are symmetric
    Source
        R. Penrose, "A Generalized Inverse for Matrices", Math. Proc. Cambridge Philosophical
        Society 51 (1955); A. Ben-Israel, T. Greville, "Generalized Inverses", 2nd ed., Springer
        2003, theorem 1.5, which is C. MacDuffee's

    >>> from fractions import Fraction
    >>> pseudo_inverse([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]])
    [[Fraction(1, 25), Fraction(2, 25)], [Fraction(2, 25), Fraction(4, 25)]]
    """
    rows, pivots = row_echelon(matrix)
    if not pivots:
        return [*zeros_like(transpose(matrix))]
    left = [[row[column] for row in matrix] for column in pivots]
    right = transpose(rows[: len(pivots)])
    return matmul(right, solve(matmul(left, matmul(matrix, right)), left))


def least_squares(inputs: Matrix[Any], targets: Matrix[Any]) -> list[list[Any]]:
    """The weights of `linear` with the least squared error; of several, the shortest.

    Where the pseudo-inverse is taken of floats, its words on them hold.

    Maths
        W = (X⁺·T)ᵀ                                least Σᵢ ‖W·xᵢ − tᵢ‖², and then least ‖W‖²
    Shapes
        inputs m×n, targets m×k  →  k×n            m, n, k ≥ 1
    Errors
        ValueError   inputs and targets differ in number, or one has another length than the rest
        TypeError    numbers mix, or are ints, whose quotients need not be ints
    Laws
        gradient descent from 0 comes as near to it as one likes, if its rate is small enough
        over Fraction one step of newton_krylov from 0, undamped, reaches it
    Source
        R. Penrose, "On Best Approximate Solutions of Linear Matrix Equations", Math. Proc.
        Cambridge Philosophical Society 52 (1956)

    >>> from fractions import Fraction
    >>> least_squares([[Fraction(1), Fraction(1)]], [[Fraction(3)]])
    [[Fraction(3, 2), Fraction(3, 2)]]
    """
    columns = _columns(inputs, targets)
    return matmul(columns, transpose(pseudo_inverse(inputs)))


def ridge(inputs: Matrix[Any], targets: Matrix[Any], penalty: Any) -> list[list[Any]]:
    """The weights of `linear` whose squared error and squared length together are least.

    Of the mean loss of m examples, m times less of the length is as much.

    Maths
        W = ((XᵀX + λ·I)⁻¹·Xᵀ·T)ᵀ                  least Σᵢ ‖W·xᵢ − tᵢ‖² + λ·‖W‖²
    Shapes
        inputs m×n, targets m×k  →  k×n            m, n, k ≥ 1
    Errors
        ValueError   inputs and targets differ in number, or one has another length than the rest;
                     or λ is negative; or XᵀX + λ·I is singular, as with λ = 0 it may be
        TypeError    numbers mix, or are ints, whose quotients need not be ints
    Laws
        its limit as λ falls to 0 is least_squares
    Source
        A. Hoerl, R. Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems",
        Technometrics 12 (1970)

    >>> ridge([[1.0, 1.0]], [[3.0]], 1.0)
    [[1.0, 1.0]]
    """
    if exceeds(0, penalty):
        raise ValueError(f"the penalty is {shown(penalty)}: give 0 or more")
    columns, turned = _columns(inputs, targets), transpose(inputs)
    square = plus_identity(matmul(turned, inputs), penalty)
    return transpose(solve(square, matmul(turned, transpose(columns))))


def plus_identity(matrix: Matrix[Any], factor: Any) -> list[list[Any]]:
    """The matrix with a number added to its diagonal.

    Maths
        A + λ·I

    >>> plus_identity([[1, 2], [3, 4]], 10)
    [[11, 2], [3, 14]]
    """
    return [
        [add(x, factor) if column == index else x for column, x in enumerate(row)]
        for index, row in enumerate(matrix)
    ]


def _columns(inputs: Sequence[Any], targets: Matrix[Any]) -> list[list[Any]]:
    """the targets' columns, once there is a target for each input, and one at least"""
    zipped(inputs, targets, ("inputs", "targets"))
    if not inputs:
        raise ValueError("there is no example")
    return transpose(targets)
