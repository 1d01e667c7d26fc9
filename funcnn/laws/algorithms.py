"""Algorithms: other formulas for products, means and activations, as right as ours.

Each is a definition over any number; run on bounds, it proves how far it may stray itself.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, Final

from funcnn.algebra.elementary import absolute, exp, greater, log, maximum, sigmoid, tanh
from funcnn.algebra.folds import foldl1
from funcnn.algebra.scalars import Num, add, divide, lift, multiply, subtract, total
from funcnn.algebra.vectors import Matrix, Vector, matmul
from funcnn.blocks.activations import ROOT_TWO_OVER_PI, gelu, log_softmax
from funcnn.blocks.layouts import flatten, reshape
from funcnn.blocks.pooling import pool_patches

type Quarters = Sequence[Matrix[Any]]
"""A matrix in four: upper left, upper right, lower left, lower right."""

type Product = Callable[[Matrix[Any], Matrix[Any]], Matrix[Any]]
type Seven = Callable[[Product, Quarters, Quarters], Quarters]
"""The quarters of a product, by 7 products of the factors' quarters in place of 8."""


def by_quarters(
    seven: Seven, left: Matrix[Any], right: Matrix[Any], *, least: int = 2
) -> list[list[Any]]:
    """matmul by 7 products of quarters, each made in the same way, while no side is too short.

    An odd row or column is left to matmul.

    Settings
        least   a side shorter than this is not halved any more: 2 or more

    >>> by_quarters(strassen_seven, [[1, 2, 3], [4, 5, 6]], [[1, 0], [0, 1], [1, 1]])
    [[4, 5], [10, 11]]
    """
    m, k, n = len(left), len(right), len(right[0])
    again = partial(by_quarters, seven, least=least)
    if min(m, k, n) < least:
        return matmul(left, right)
    if m % 2:
        return [*again(left[:-1], right), *matmul(left[-1:], right)]
    if n % 2:
        return side_by_side(again(left, cut(right, 0, -1)), matmul(left, cut(right, -1)))
    if k % 2:
        return summed(again(cut(left, 0, -1), right[:-1]), matmul(cut(left, -1), right[-1:]))
    c11, c12, c21, c22 = seven(again, quarters(left), quarters(right))
    return [*side_by_side(c11, c12), *side_by_side(c21, c22)]


def cut(matrix: Matrix[Any], start: int, end: int | None = None) -> Matrix[Any]:
    """The columns of a matrix from one to before another.

    >>> cut([[1, 2], [3, 4]], -1)
    [[2], [4]]
    """
    return [row[start:end] for row in matrix]


def side_by_side(left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    """The matrix of two with as many rows.

    >>> side_by_side([[1], [2]], [[3], [4]])
    [[1, 3], [2, 4]]
    """
    return [[*one, *other] for one, other in zip(left, right, strict=True)]


def quarters(matrix: Matrix[Any]) -> Quarters:
    """The four parts of a matrix of even sides.

    >>> quarters([[1, 2], [3, 4]])
    [[[1]], [[2]], [[3]], [[4]]]
    """
    down, across = len(matrix) // 2, len(matrix[0]) // 2
    upper, lower = matrix[:down], matrix[down:]
    return [cut(half, *ends) for half in (upper, lower) for ends in ((0, across), (across, None))]


def summed(*matrices: Matrix[Any]) -> list[list[Any]]:
    """The sum of matrices of one form, each entry's terms in any order.

    >>> summed([[1, 2]], [[3, 4]], [[5, 6]])
    [[9, 12]]
    """
    rows = zip(*matrices, strict=True)
    return [[total(terms) for terms in zip(*parts, strict=True)] for parts in rows]


def negative(matrix: Matrix[Any]) -> list[list[Any]]:
    """The matrix, each entry of the other sign.

    >>> negative([[1, -2]])
    [[-1, 2]]
    """
    return [[-x for x in row] for row in matrix]


def strassen_seven(times: Product, left: Quarters, right: Quarters) -> Quarters:
    """Strassen's seven products. Their errors are small beside the largest number of the result,
    not beside each.

    Source
        V. Strassen, "Gaussian Elimination is not Optimal", Numerische Mathematik 13 (1969)

    >>> strassen_seven(matmul, [[[1]], [[2]], [[3]], [[4]]], [[[5]], [[6]], [[7]], [[8]]])
    ([[19]], [[22]], [[43]], [[50]])
    """
    (a, b, c, d), (e, f, g, h) = left, right
    p1 = times(summed(a, d), summed(e, h))
    p2, p3 = times(summed(c, d), e), times(a, summed(f, negative(h)))
    p4, p5 = times(d, summed(g, negative(e))), times(summed(a, b), h)
    p6 = times(summed(c, negative(a)), summed(e, f))
    p7 = times(summed(b, negative(d)), summed(g, h))
    return (
        summed(p1, p4, negative(p5), p7),
        summed(p3, p5),
        summed(p2, p4),
        summed(p1, negative(p2), p3, p6),
    )


def winograd_seven(times: Product, left: Quarters, right: Quarters) -> Quarters:
    """Winograd's seven products, which share their sums: 15 are enough.

    Source
        N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, 23.1 and
        23.2.2

    >>> winograd_seven(matmul, [[[1]], [[2]], [[3]], [[4]]], [[[5]], [[6]], [[7]], [[8]]])
    ([[19]], [[22]], [[43]], [[50]])
    """
    (a, b, c, d), (e, f, g, h) = left, right
    s1, t1 = summed(c, d), summed(f, negative(e))
    s2, t2 = summed(s1, negative(a)), summed(h, negative(t1))
    s3, t3 = summed(a, negative(c)), summed(h, negative(f))
    s4, t4 = summed(b, negative(s2)), summed(t2, negative(g))
    p1, p2, p3, p4 = times(a, e), times(b, g), times(s4, h), times(d, t4)
    p5, p6, p7 = times(s1, t1), times(s2, t2), times(s3, t3)
    return (
        summed(p1, p2),
        summed(p1, p6, p5, p3),
        summed(p1, p6, p7, negative(p4)),
        summed(p1, p6, p7, p5),
    )


strassen: Final = partial(by_quarters, strassen_seven)
winograd: Final = partial(by_quarters, winograd_seven)


def scaled_mean(numbers: Vector[Any]) -> Any:
    """The sum, times 1/n.

    >>> scaled_mean([1.0, 2.0])
    1.5
    """
    first = numbers[0]
    return multiply(total(numbers), divide(lift(1, first), lift(len(numbers), first)))


def shared_mean(numbers: Vector[Any]) -> Any:
    """The mean as the sum of each number ÷ n.

    >>> shared_mean([1.0, 2.0])
    1.5
    """
    return total([divide(number, lift(len(numbers), number)) for number in numbers])


def scaled_average_pool(
    inputs: Sequence[Any],
    *,
    rank: int,
    mean: Callable[[Vector[Any]], Any] = scaled_mean,
    size: Any,
    stride: Any = None,
    padding: Any = 0,
    count_include_pad: bool = True,
) -> list[Any]:
    """average_pool, by another mean: each sum times 1/n, unless told otherwise.

    >>> scaled_average_pool([[1.0, 2.0, 4.0]], rank=1, size=2, stride=1)
    [[1.5, 3.0]]
    """
    patches, places = pool_patches(inputs, rank, size, stride, padding, counted=count_include_pad)
    return reshape([mean(patch) for patch in patches], shape=places)


def scaled_global_average_pool(
    inputs: Sequence[Any], *, mean: Callable[[Vector[Any]], Any] = scaled_mean
) -> list[Any]:
    """global_average_pool, by another mean: each sum times 1/n, unless told otherwise.

    >>> scaled_global_average_pool([[1.0, 2.0]])
    [1.5]
    """
    return [mean(flatten(channel)) for channel in inputs]


def reflected_sigmoid(x: Any) -> Any:
    """sigmoid, or below 0 one less that of |x|: there it errs as numbers near 1 do.

    >>> reflected_sigmoid(0.0), reflected_sigmoid(-50.0)
    (0.5, 0.0)
    """
    one, is_below = lift(1, x), greater(lift(0, x), x)
    above = divide(one, add(one, exp(-absolute(x))))
    mirrored = multiply(is_below, subtract(one, above))
    return total([mirrored, multiply(subtract(one, is_below), above)])


def centered_sigmoid(x: Any) -> Any:
    """sigmoid as ½ + ½·tanh(x/2): far below 0 it errs as numbers near ½ do.

    >>> centered_sigmoid(0.0), centered_sigmoid(-50.0)
    (0.5, 0.0)
    """
    half = lift(Fraction(1, 2), x)
    return total([half, multiply(half, tanh(multiply(half, x)))])


def gated(gate: Callable[[Any], Any], x: Any) -> Any:
    """The number times its gate: silu, by another sigmoid.

    >>> gated(centered_sigmoid, 0.0)
    0.0
    """
    return multiply(x, gate(x))


def gated_gelu(x: Any, *, approximate: str = "none") -> Any:
    """gelu by a sigmoid, where approximate is "tanh".

    Maths
        x·σ(2·√(2/π)·(x + 0.044715·x³))            since ½ + ½·tanh(z) = σ(2z)

    >>> gated_gelu(100.0, approximate="tanh"), gated_gelu(0.0)
    (100.0, 0.0)
    """
    if approximate == "none":
        return gelu(x)
    cube = multiply(multiply(x, x), x)
    bent = add(x, multiply(lift(Fraction("0.044715"), x), cube))
    return multiply(x, sigmoid(multiply(lift(2 * ROOT_TWO_OVER_PI, x), bent)))


def scaled_softmax[T: Num](inputs: Vector[T]) -> list[T]:
    """softmax as the exponentials times 1/Σ.

    >>> scaled_softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    largest = foldl1(maximum, inputs)
    exponentials = [exp(subtract(x, largest)) for x in inputs]
    part = divide(lift(1, largest), total(exponentials))
    return [multiply(exponential, part) for exponential in exponentials]


def whole_log_softmax[T: Num](inputs: Vector[T]) -> list[T]:
    """log_softmax less the logarithm of the whole sum: what is large is subtracted at once.

    Maths
        xᵢ − (m + ln Σⱼ exp(xⱼ − m))               m = maxⱼ xⱼ

    >>> whole_log_softmax([0.0, 1000.0])
    [-1000.0, 0.0]
    """
    largest = foldl1(maximum, inputs)
    whole = add(largest, log(total([exp(subtract(x, largest)) for x in inputs])))
    return [subtract(x, whole) for x in inputs]


def softmax_of_logarithms[T: Num](
    inputs: Vector[T], *, logarithms: Callable[[Vector[T]], list[T]] = log_softmax
) -> list[T]:
    """softmax as the exponentials of its logarithms.

    >>> softmax_of_logarithms([0.0, 1000.0])
    [0.0, 1.0]
    """
    return [exp(x) for x in logarithms(inputs)]
