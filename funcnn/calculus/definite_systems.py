"""Definite systems: equations whose matrix is symmetric and positive definite, in a sixth of the
work."""

from collections.abc import Callable
from typing import Any

from funcnn.algebra.elementary import exceeds
from funcnn.algebra.folds import zip_with, zipped
from funcnn.algebra.scalars import divide, shown, subtract
from funcnn.algebra.vectors import Matrix, Vector, rectangle, transpose
from funcnn.calculus.directions import inner_product

type Dot = Callable[[Vector[Any], Vector[Any]], Any]


def positive_definite_solve(
    matrix: Matrix[Any], right: Matrix[Any], *, dot: Dot = inner_product
) -> list[list[Any]]:
    """The solution of equations whose matrix is symmetric and positive definite.

    What is above its diagonal is not read.

    Maths
        M·X = R,  M = L·D·Lᵀ                       L with ones on the diagonal and zeros above
    Shapes
        matrix n×n, right n×k  →  n×k              n, k ≥ 1
    Settings
        dot      the sum of products, 0 of none; of floats, math.sumprod is quick
    Order
        A sixth of n³ multiplications and additions, where `solve` takes all of them.
    Errors
        ValueError   the matrix is empty, or ragged, or not square, or of another size than the
                     right side; or a pivot is not positive, as it is not positive definite
    Laws
        over Fraction it is `solve`
    Source
        G. Golub, C. Van Loan, "Matrix Computations", 4th ed., Johns Hopkins 2013, 4.1.2

    >>> positive_definite_solve([[2.0, 1.0], [1.0, 1.0]], [[3.0], [2.0]])
    [[1.0], [1.0]]
    >>> positive_definite_solve([[1.0, 2.0], [2.0, 1.0]], [[3.0], [2.0]])
    Traceback (most recent call last):
    ValueError: the matrix is not positive definite: pivot 1 is -3.0
    """
    size, names = len(rectangle(matrix, "row {}".format)), ("the matrix", "the right side")
    if not size:
        raise ValueError("the matrix is empty")
    if size != len(matrix[0]):
        raise ValueError(f"the matrix is {size}×{len(matrix[0])}, not square")
    zipped(matrix, right, names)
    lower, pivots = _factors(matrix, dot)
    upper = _turned_round(lower)

    def solution(column: Vector[Any]) -> list[Any]:
        scaled = zip_with(divide, _substituted(lower, column, dot), pivots)
        return _substituted(upper, scaled[::-1], dot)[::-1]

    return transpose([*map(solution, transpose(right))])


def _factors(matrix: Matrix[Any], dot: Dot) -> tuple[list[list[Any]], list[Any]]:
    """the rows of L, short of the diagonal, and the pivots"""
    lower, pivots = list[list[Any]](), list[Any]()
    for index, row in enumerate(matrix):
        scaled = _substituted(lower, row[:index], dot)
        lower.append(zip_with(divide, scaled, pivots))
        pivots.append(subtract(row[index], dot(scaled, lower[index])))
        if not exceeds(pivots[index], 0):
            pivot = shown(pivots[index])
            raise ValueError(f"the matrix is not positive definite: pivot {index} is {pivot}")
    return lower, pivots


def _turned_round(lower: Matrix[Any]) -> list[list[Any]]:
    """the rows of Lᵀ from the last to the first, each from its end to short of the diagonal"""
    size = len(lower)
    return [
        [row[column] for row in reversed(lower[column + 1 :])] for column in reversed(range(size))
    ]


def _substituted(lower: Matrix[Any], right: Vector[Any], dot: Dot) -> list[Any]:
    """the solution of L·x = r"""
    found = list[Any]()
    for row, number in zipped(lower, right):
        found.append(subtract(number, dot(found, row)))
    return found
