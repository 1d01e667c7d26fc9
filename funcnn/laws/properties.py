"""Properties: what holds of every right matmul. Each is a pure predicate about somebody's function.

`agrees` is for numbers int, float and Fraction, and compares with the definition; the laws of
algebra hold over the exact ones, int and Fraction. An implementation gets copies, and may return
lists or tuples of rows. Where it raises or returns no matrix, the laws of algebra do not hold.

>>> from operator import mul
>>> def yours(a, b):
...     return [[sum(map(mul, row, column)) for column in zip(*b)] for row in a]
>>> agrees(yours, [[0.1, 0.2]], [[0.3], [0.4]])
True
>>> agrees(yours, [[1, 2, 3]], [[1], [2]])
False
"""

from collections.abc import Callable
from functools import wraps
from math import isfinite, isnan
from typing import Any, NamedTuple

from funcnn.algebra import vectors
from funcnn.algebra.bounds import NoInformation, bound
from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import Tree, is_leaf, leaves
from funcnn.algebra.vectors import Matrix, Vector, shape, transpose
from funcnn.blocks.combinators import add_pair

type Matmul = Callable[[Any, Any], Any]


def predicate(law: Callable[..., bool]) -> Callable[..., bool]:
    """The law of a matmul that gets copies; false too where it raises.

    >>> predicate(lambda matmul, a: matmul(a, a) == [[1]])(vectors.matmul, [["1"]])
    False
    """

    @wraps(law)
    def holds(matmul: Matmul, *matrices: Any) -> bool:
        return outcome(law, lambda a, b: matmul(copied(a), copied(b)), *matrices) is True

    return holds


@predicate
def identity(matmul: Matmul, matrix: Matrix[Any]) -> bool:
    """A matrix times the unit matrix, from either side, is the matrix.

    Maths
        A·I = A = I·A

    >>> identity(vectors.matmul, [[1, 2, 3], [4, 5, 6]])
    True
    """
    rows, columns = shape(matrix)
    right, left = matmul(matrix, unit(columns)), matmul(unit(rows), matrix)
    return equal(right, matrix) and equal(left, matrix)


def unit(size: int) -> list[list[int]]:
    """The unit matrix.

    >>> unit(2)
    [[1, 0], [0, 1]]
    """
    return [[int(row == column) for column in range(size)] for row in range(size)]


@predicate
def associativity(matmul: Matmul, a: Matrix[Any], b: Matrix[Any], c: Matrix[Any]) -> bool:
    """It does not matter which of two products is taken first.

    Maths
        (A·B)·C = A·(B·C)

    >>> associativity(vectors.matmul, [[1, 2]], [[3], [4]], [[5, 6]])
    True
    """
    return equal(matmul(matmul(a, b), c), matmul(a, matmul(b, c)))


@predicate
def distributivity(matmul: Matmul, a: Matrix[Any], b: Matrix[Any], c: Matrix[Any]) -> bool:
    """The product with a sum is the sum of the products.

    Maths
        A·(B + C) = A·B + A·C

    >>> distributivity(vectors.matmul, [[1, 2]], [[3], [4]], [[5], [6]])
    True
    """
    return equal(matmul(a, add_pair((b, c))), add_pair((matmul(a, b), matmul(a, c))))


@predicate
def transposition(matmul: Matmul, a: Matrix[Any], b: Matrix[Any]) -> bool:
    """The product transposed is the product of the factors transposed, in the other order.

    Maths
        (A·B)ᵀ = Bᵀ·Aᵀ

    >>> transposition(vectors.matmul, [[1, 2], [3, 4]], [[5], [6]])
    True
    """
    return equal(transpose(matmul(a, b)), matmul(transpose(b), transpose(a)))


@predicate
def index_formula(matmul: Matmul, a: Matrix[Any], b: Matrix[Any]) -> bool:
    """Each entry is the sum of the products of a row's entries and a column's.

    Maths
        cᵢⱼ = Σₖ aᵢₖ·bₖⱼ

    >>> index_formula(vectors.matmul, [[1, 2], [3, 4]], [[5], [6]])
    True
    """
    (rows, inner), (_, columns) = shape(a), shape(b)
    entries = [
        [sum(a[i][k] * b[k][j] for k in range(inner)) for j in range(columns)] for i in range(rows)
    ]
    return equal(matmul(a, b), entries)


@predicate
def agrees(matmul: Matmul, a: Matrix[Any], b: Matrix[Any]) -> bool:
    """Whether the result is the definition's, or the error is one of its type.

    Of floats, each entry has to be one that its row and column admit (see certificates); of other
    numbers, equal. Where floats may overflow there is no information, and any float agrees.

    >>> agrees(vectors.matmul, [[1e16, 1.0, -1e16]], [[1.0], [1.0], [1.0]])
    True
    >>> agrees(lambda a, b: [[0.0]], [[2.0]], [[1.0]])
    False
    """
    expected, actual = outcome(vectors.matmul, a, b), outcome(matmul, a, b)
    if isinstance(expected, Raised) or isinstance(actual, Raised):
        both = isinstance(expected, Raised) and isinstance(actual, Raised)
        return both and issubclass(actual.kind, expected.kind)
    if float not in {*map(type, leaves(expected))}:
        return equal(expected, actual)
    columns = transpose(b)
    return shape(actual) == shape(expected) and all(
        is_right(row, column, value)
        for row, values in zip(a, actual, strict=True)
        for column, value in zip(columns, values, strict=True)
    )


def is_right(row: Vector[Any], column: Vector[Any], value: Any) -> bool:
    """Whether a value can be the dot product of ints and floats: a float that they admit, or an int
    that it is.

    >>> is_right([0.1], [3], 0.3), is_right([2], [3], 6), is_right([2], [3.0], 7)
    (True, True, False)
    """
    if type(value) is int:
        return bool(value == vectors.dot(row, column))
    return type(value) is float and admits(floats(row), floats(column), value)


def admits(xs: Vector[float], ys: Vector[float], value: float) -> bool:
    """Whether a float can be the dot product of two vectors of floats, special ones included.

    It can if it lies in the bound of the exact one (see bounds), whatever the order of summation.
    Where the finite products have sizes that add up to more than the largest float, nothing is
    known of their sum, and any value is admitted that the special ones leave.

    >>> admits([1e16, 1.0, -1e16], [1.0, 1.0, 1.0], 0.0), admits([1.0], [1.0], 1.0009)
    (True, False)
    >>> from math import inf, nan
    >>> admits([inf, 1.0], [1.0, -inf], nan), admits([inf], [2.0], 1.0)
    (True, False)
    """
    pairs = [*zipped(xs, ys)]
    finite = [(x, y) for x, y in pairs if isfinite(x) and isfinite(y)] or [(0.0, 0.0)]
    special = [x * y for x, y in pairs if not (isfinite(x) and isfinite(y))]
    if special and isnan(sum(special)):
        return isnan(value)
    one, other = ([*map(bound, side)] for side in zip(*finite, strict=True))
    try:
        admitted = vectors.dot(one, other).admits(value)
    except NoInformation:
        return not special or isnan(value) or value == sum(special)
    return value == sum(special) if special else admitted


class Raised(NamedTuple):
    """The type of what was raised."""

    kind: type[Exception]


def outcome(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What a function returns, or what it raised.

    >>> outcome(abs, -1), outcome(abs, "1")
    (1, Raised(kind=<class 'TypeError'>))
    """
    try:
        return function(*arguments, **named)
    except Exception as error:
        return Raised(type(error))


def copied(tree: Tree) -> Tree:
    """The same tree in new lists.

    >>> copied([[1], (2, 3)])
    [[1], [2, 3]]
    """
    return tree if is_leaf(tree) else [copied(branch) for branch in tree]


def equal(one: Tree, other: Tree) -> bool:
    """Whether two matrices are equal, in the types of their numbers too, as lists or as tuples.

    >>> equal([(1, 2)], ([1, 2],)), equal([[1]], [[1.0]]), equal([5], [5]), equal(None, None)
    (True, False, False, False)
    """
    form = shape(one)
    are_matrices = form == shape(other) and (len(form) == 2 or form == (0,))
    kinds = [[*map(type, leaves(tree))] for tree in (one, other)]
    return are_matrices and kinds[0] == kinds[1] and bool(copied(one) == copied(other))


def floats(numbers: Any) -> list[float]:
    """The numbers, ints lifted.

    >>> floats([1, 2.5])
    [1.0, 2.5]
    """
    return [*map(float, numbers)]
