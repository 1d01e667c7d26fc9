"""Vectors and matrices as nested sequences of numbers: the reference."""

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any

from funcnn.algebra.folds import length_of
from funcnn.algebra.scalars import Num, alike, total_instance
from funcnn.algebra.trees import is_leaf

type Vector[T] = Sequence[T]
type Matrix[T] = Sequence[Vector[T]]


def dot[T: Num](xs: Vector[T], ys: Vector[T]) -> T:
    """The sum of the products of two vectors' entries.

    Haskell
        dot xs ys = foldl1 (+) (zipWith (*) xs ys)
    Maths
        Σᵢ xᵢ·yᵢ
    Shapes
        xs n, ys n  →  a number                    n ≥ 1
    Order
        One rounding a product, then one an addition, from the left.
    Errors
        ValueError   the lengths differ, or are 0
        TypeError    numbers mix, or an entry is no number
    Laws
        dot(xs, ys) == dot(ys, xs)

    >>> dot([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    32.0
    >>> from fractions import Fraction
    >>> dot([Fraction(1, 3), Fraction(1)], [3, 1])
    Fraction(2, 1)
    >>> dot([1.0, 2.0], [3.0])
    Traceback (most recent call last):
    ValueError: ys has length 1, xs has length 2
    >>> dot([], [])
    Traceback (most recent call last):
    ValueError: xs is empty
    """
    place = ("xs", "ys").__getitem__
    xs, ys = alike(rectangle([xs, ys], place), place)
    result: T = _dot_of([xs])(xs, ys)
    return result


def _dot_of(vectors: Sequence[Vector[Any]]) -> Callable[[Vector[Any], Vector[Any]], Any]:
    """the dot product of such vectors, by `total` where that is more than the left fold"""
    kind = type(vectors[0][0]) if vectors else object
    summed = total_instance.dispatch(kind)
    if summed is total_instance.dispatch(object):
        return _dot
    return lambda xs, ys: summed(xs[0], [x * y for x, y in zip(xs, ys, strict=True)])


def _dot[T: Num](xs: Vector[T], ys: Vector[T]) -> T:
    """foldl1 (+) (zipWith (*) xs ys), as the loop that it is: twice as fast as reduce"""
    pairs = zip(xs, ys, strict=True)
    x, y = next(pairs)
    result = x * y
    for x, y in pairs:
        result = result + x * y
    return result


@singledispatch
def matvec[T: Num](matrix: Matrix[T], vector: Vector[T]) -> list[T]:
    """The product of a matrix and a vector: each row's dot product with the vector.

    A matrix kept in another way than as lists of numbers registers its own product here.

    Haskell
        matvec matrix vector = map (dot vector) matrix
    Maths
        yᵢ = Σⱼ mᵢⱼ·vⱼ                             y = M·v
    Shapes
        matrix m×n, vector n  →  m                 n ≥ 1
    Order
        dot's.
    Errors
        ValueError   a row is longer or shorter than the vector, or empty
        TypeError    numbers mix, or an entry is no number, or a row no list
    Laws
        matvec(M, a·x + y) == a·matvec(M, x) + matvec(M, y)          over Fraction

    >>> matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.5])
    [2.0, 5.0]
    >>> matvec([[1.0, 2.0], [3.0]], [1.0, 0.5])
    Traceback (most recent call last):
    ValueError: row 1 has length 1, the vector has length 2
    >>> matvec([[1.0, "2"]], [1.0, 0.5])
    Traceback (most recent call last):
    TypeError: row 0, entry 1: lift has no instance for str; ...
    """
    length_of(matrix, "the matrix")
    vectors = rectangle([vector, *matrix], _vector_then_row)
    numbers = alike(vectors, _vector_then_row)
    product, (vector, *rows) = _dot_of(numbers), numbers
    return [product(row, vector) for row in rows]


def _vector_then_row(index: int) -> str:
    return f"row {index - 1}" if index else "the vector"


@singledispatch
def matmul[T: Num](left: Matrix[T], right: Matrix[T]) -> list[list[T]]:
    """The product of two matrices: each row's dot products with the columns.

    A matrix kept in another way than as lists of numbers registers its own product here.

    Haskell
        matmul left right = map (matvec (transpose right)) left
    Maths
        cᵢⱼ = Σₖ aᵢₖ·bₖⱼ                           C = A·B
    Shapes
        left m×n, right n×p  →  m×p                n, p ≥ 1
    Order
        dot's.
    Errors
        ValueError   a matrix is ragged or has an empty row, or left has not as many columns as
                     right has rows
        TypeError    numbers mix, or an entry is no number, or a row no list
    Laws
        matmul(matmul(A, B), C) == matmul(A, matmul(B, C))           over Fraction
        transpose(matmul(A, B)) == matmul(transpose(B), transpose(A))

    >>> matmul([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.5, 1.0]])
    [[2.0, 2.0], [5.0, 4.0]]
    >>> matmul([[1, 2]], [[1, 2]])
    Traceback (most recent call last):
    ValueError: left has rows of length 2, right has length 1
    """
    rows, others = factors(left, right)
    turned = _turned(others)
    places = [f"row {i} of left" for i in range(len(rows))]
    places += [f"column {j} of right" for j in range(len(turned))]
    numbers = alike([*rows, *turned], places.__getitem__)
    product, rows, columns = _dot_of(numbers), numbers[: len(left)], numbers[len(left) :]
    return [[product(row, column) for column in columns] for row in rows]


def factors[T](left: Matrix[T], right: Matrix[T]) -> tuple[Matrix[T], Matrix[T]]:
    """The two matrices, once they are known to have a product.

    Errors
        ValueError   a matrix is ragged or has an empty row, or left has not as many columns as
                     right has rows
        TypeError    a row is no list, or a matrix

    >>> factors([[1, 2]], [[3], [4]])
    ([[1, 2]], [[3], [4]])
    >>> factors([[1, 2]], [[3]])
    Traceback (most recent call last):
    ValueError: left has rows of length 2, right has length 1
    """
    rows = rectangle(left, "row {} of left".format, "left")
    others = rectangle(right, "row {} of right".format, "right")
    if rows and len(rows[0]) != len(others):
        raise ValueError(f"left has rows of length {len(rows[0])}, right has length {len(others)}")
    return rows, others


def transpose[T](matrix: Matrix[T]) -> list[list[T]]:
    """The matrix whose rows are the columns.

    Haskell
        transpose    (Haskell's takes ragged rows; this one raises)
    Maths
        (Mᵀ)ᵢⱼ = mⱼᵢ
    Shapes
        matrix m×n  →  n×m                         n ≥ 1
    Errors
        ValueError   the rows' lengths differ, or are 0
    Laws
        transpose(transpose(M)) == M, a list of lists

    >>> transpose([[1, 2, 3], [4, 5, 6]])
    [[1, 4], [2, 5], [3, 6]]
    """
    return _turned(rectangle(matrix, "row {}".format))


def _turned[T](rows: Matrix[T]) -> list[list[T]]:
    return [list(column) for column in zip(*rows, strict=True)]


def outer[T: Num](xs: Vector[T], ys: Vector[T]) -> list[list[T]]:
    """The matrix of the products of each entry of one vector with each of another.

    Haskell
        outer xs ys = map (\\x -> map (x *) ys) xs
    Maths
        xᵢ·yⱼ                                      x·yᵀ
    Shapes
        xs m, ys n  →  m×n
    Errors
        TypeError    numbers mix, or an entry is no number

    >>> outer([1.0, 2.0], [3.0, 4.0, 5.0])
    [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]
    """
    place = ("xs", "ys").__getitem__
    length_of(xs, "xs")
    length_of(ys, "ys")
    xs, ys = alike([xs, ys], place)
    return [[x * y for y in ys] for x in xs]


def shape(tensor: Any) -> tuple[int, ...]:
    """The lengths of a nested sequence, from the outside in.

    Errors
        ValueError   it is ragged

    >>> shape(1.0), shape([1.0, 2.0]), shape([[1.0], [2.0], [3.0]])
    ((), (2,), (3, 1))
    >>> shape([[1.0, 2.0], [3.0]])
    Traceback (most recent call last):
    ValueError: ragged: entry 1 has shape (1,), entry 0 has shape (2,)
    """
    if is_leaf(tensor):
        return ()
    inner = [shape(entry) for entry in tensor]
    for index, other in enumerate(inner):
        if other != inner[0]:
            raise ValueError(
                f"ragged: entry {index} has shape {other}, entry 0 has shape {inner[0]}"
            )
    return (len(inner), *(inner[0] if inner else ()))


def rectangle[T](
    rows: Matrix[T], place: Callable[[int], str], whole: str = "a matrix"
) -> Matrix[T]:
    """The rows, once they are known to be lists of one length, which is not 0.

    Errors
        ValueError   they are not; `place` says which
        TypeError    a row is no list, or the whole

    >>> rectangle([[1, 2], [3, 4]], "row {}".format)
    [[1, 2], [3, 4]]
    >>> rectangle([[1, 2], []], "row {}".format)
    Traceback (most recent call last):
    ValueError: row 1 is empty
    """
    length_of(rows, whole)
    if {*map(type, rows)} == {list} and rows[0] and len({*map(len, rows)}) == 1:
        return rows
    for index, row in enumerate(rows):
        length, first = length_of(row, place(index)), len(rows[0])
        if length == 0:
            raise ValueError(f"{place(index)} is empty")
        if length != first:
            raise ValueError(f"{place(index)} has length {length}, {place(0)} has length {first}")
    return rows
