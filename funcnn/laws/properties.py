"""Properties: what holds of every right matmul. Each is a pure predicate about somebody's function.

>>> from operator import mul
>>> def yours(a, b):
...     return [[sum(map(mul, row, column)) for column in zip(*b)] for row in a]
>>> agrees(yours, [[0.1, 0.2]], [[0.3], [0.4]])
True
>>> agrees(yours, [[1, 2, 3]], [[1], [2]])
False
"""

from collections.abc import Callable
from typing import Any

from funcnn.algebra import vectors
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, shape, transpose
from funcnn.blocks.combinators import add_pair
from funcnn.laws.certificates import admits

type Matmul = Callable[[Any, Any], Any]


def identity(matmul: Matmul, matrix: Matrix[Any]) -> bool:
    """A matrix times the unit matrix, from either side, is the matrix: over exact numbers.

    Maths
        A·I = A = I·A

    >>> identity(vectors.matmul, [[1, 2, 3], [4, 5, 6]])
    True
    """
    rows, columns = shape(matrix)
    return bool(matmul(matrix, unit(columns)) == matrix == matmul(unit(rows), matrix))


def unit(size: int) -> list[list[int]]:
    """The unit matrix.

    >>> unit(2)
    [[1, 0], [0, 1]]
    """
    return [[int(row == column) for column in range(size)] for row in range(size)]


def associativity(matmul: Matmul, a: Matrix[Any], b: Matrix[Any], c: Matrix[Any]) -> bool:
    """It does not matter which of two products is taken first: over exact numbers.

    Maths
        (A·B)·C = A·(B·C)

    >>> associativity(vectors.matmul, [[1, 2]], [[3], [4]], [[5, 6]])
    True
    """
    return bool(matmul(matmul(a, b), c) == matmul(a, matmul(b, c)))


def distributivity(matmul: Matmul, a: Matrix[Any], b: Matrix[Any], c: Matrix[Any]) -> bool:
    """The product with a sum is the sum of the products: over exact numbers.

    Maths
        A·(B + C) = A·B + A·C

    >>> distributivity(vectors.matmul, [[1, 2]], [[3], [4]], [[5], [6]])
    True
    """
    return bool(matmul(a, add_pair((b, c))) == add_pair((matmul(a, b), matmul(a, c))))


def transposition(matmul: Matmul, a: Matrix[Any], b: Matrix[Any]) -> bool:
    """The product turned over is the product of the factors turned over, in the other order.

    Maths
        (A·B)ᵀ = Bᵀ·Aᵀ

    >>> transposition(vectors.matmul, [[1, 2], [3, 4]], [[5], [6]])
    True
    """
    return bool(transpose(matmul(a, b)) == matmul(transpose(b), transpose(a)))


def index_formula(matmul: Matmul, a: Matrix[Any], b: Matrix[Any]) -> bool:
    """Each entry is the sum of the products of a row's entries and a column's: over exact numbers.

    Maths
        cᵢⱼ = Σₖ aᵢₖ·bₖⱼ

    >>> index_formula(vectors.matmul, [[1, 2], [3, 4]], [[5], [6]])
    True
    """
    (rows, inner), (_, columns) = shape(a), shape(b)
    return bool(
        matmul(a, b)
        == [
            [sum(a[i][k] * b[k][j] for k in range(inner)) for j in range(columns)]
            for i in range(rows)
        ]
    )


def agrees(matmul: Matmul, a: Matrix[Any], b: Matrix[Any]) -> bool:
    """The result is the definition's, or the error of its kind.

    Of floats each entry has to be one that its row and column admit (see certificates); of other
    numbers, equal. Where floats may overflow there is no information, and any number agrees.

    >>> agrees(vectors.matmul, [[1e16, 1.0, -1e16]], [[1.0], [1.0], [1.0]])
    True
    >>> agrees(lambda a, b: [[0.0]], [[2.0]], [[1.0]])
    False
    """
    expected, actual = outcome(vectors.matmul, a, b), outcome(matmul, a, b)
    if isinstance(expected, type) or isinstance(actual, type):
        return expected is actual
    if shape(expected) != outcome(shape, actual):
        return False
    if {*map(type, leaves(expected))} != {float}:
        return bool(expected == actual)
    left, columns = as_floats(a), transpose(as_floats(b))
    return all(
        isinstance(value, float) and admits(row, column, value)
        for row, values in zip(left, actual, strict=True)
        for column, value in zip(columns, values, strict=True)
    )


def as_floats(matrix: Matrix[Any]) -> list[list[float]]:
    """The matrix, its ints lifted.

    >>> as_floats([[1, 2.5]])
    [[1.0, 2.5]]
    """
    return [[*map(float, row)] for row in matrix]


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns, or the type of what it raises.

    >>> outcome(abs, -1), outcome(abs, "1")
    (1, <class 'TypeError'>)
    """
    try:
        return function(*arguments)
    except Exception as error:
        return type(error)
