"""Geometry: how far points are from one another, in which direction, and by whose metric."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from funcnn.algebra.elementary import absolute, exceeds, exp, log, maximum, sqrt
from funcnn.algebra.folds import foldl1, int_of, length_of, zip_with
from funcnn.algebra.scalars import add, divide, multiply, shown, subtract, total
from funcnn.algebra.surds import Surd, power
from funcnn.algebra.vectors import (
    Matrix,
    Vector,
    dot,
    matmul,
    matvec,
    rectangle,
    shape,
    transpose,
)


def inner_product(xs: Vector[Any], ys: Vector[Any], *, metric: Matrix[Any] | None = None) -> Any:
    """The product of two vectors by a metric; without one, their dot product.

    Maths
        xᵀ·G·y
    Shapes
        xs n, ys n, metric n×n  →  a number        n ≥ 1
    Errors
        ValueError   the lengths differ, or are 0
        TypeError    numbers mix, or an entry is no number

    >>> inner_product([1.0, 2.0], [3.0, 4.0])
    11.0
    >>> inner_product([1.0, 2.0], [3.0, 4.0], metric=[[2.0, 0.0], [0.0, 0.5]])
    10.0
    """
    return dot(xs, ys if metric is None else matvec(metric, ys))


def squared_distance(xs: Vector[Any], ys: Vector[Any], *, metric: Matrix[Any] | None = None) -> Any:
    """The square of the distance of two points; of exact ones, exact.

    Maths
        (x − y)ᵀ·G·(x − y)                         without a metric G, Σᵢ (xᵢ − yᵢ)²
    Shapes
        xs n, ys n, metric n×n  →  a number        n ≥ 1
    Errors
        those of `inner_product`
    Laws
        d²(x, y) == d²(y, x), 0 exactly if x == y, where G is positive definite
        d²(x, −y) + d²(x, y) == 2·(x·x + y·y)      over Fraction: the parallelogram

    >>> squared_distance([1.0, 2.0], [4.0, 6.0])
    25.0
    >>> squared_distance([1, 2], [4, 6], metric=[[1, 0], [0, 0]])
    9
    """
    differences = zip_with(subtract, xs, ys)
    return inner_product(differences, differences, metric=metric)


def euclidean_distance(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """The length of the straight line between two points.

    Maths
        √(Σᵢ (xᵢ − yᵢ)²)
    Errors
        those of `inner_product`; and TypeError, if the numbers have no square root

    >>> euclidean_distance([1.0, 2.0], [4.0, 6.0])
    5.0
    >>> from funcnn.algebra.surds import surd
    >>> euclidean_distance([surd(0), surd(0)], [surd(1), surd(1)])
    Surd(√2)
    """
    return sqrt(squared_distance(xs, ys))


def manhattan_distance(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """The length of a way between two points along the axes.

    Maths
        Σᵢ |xᵢ − yᵢ|
    Errors
        those of `inner_product`
    Laws
        a metric's: d(x, y) == d(y, x); 0 exactly if x == y; d(x, z) ≤ d(x, y) + d(y, z)

    >>> manhattan_distance([1, 2], [4, 6])
    7
    """
    return power_sum(xs, ys, 1)


def power_sum(xs: Vector[Any], ys: Vector[Any], order: int) -> Any:
    """The sum of the powers of how far two points are apart along each axis.

    Maths
        Σᵢ |xᵢ − yᵢ|ᵏ                              k the order
    Errors
        ValueError   the order is below 1, or the lengths differ, or are 0
        TypeError    numbers mix, or an entry is no number

    >>> power_sum([1, 2], [4, 6], 3)
    91
    """
    times = int_of(order, "order", 1)
    differences = [*map(absolute, zip_with(subtract, xs, ys))]
    return total([foldl1(multiply, [difference] * times) for difference in differences])


def minkowski_distance(xs: Vector[Any], ys: Vector[Any], *, order: int) -> Any:
    """The distance of two points of which those along the axes, and straight, are special cases.

    Maths
        (Σᵢ |xᵢ − yᵢ|ᵏ)^(1/k)                      k the order
    Order
        The root is √ where k is 2, else e^(ln s/k), with the roundings of both.
    Errors
        those of `power_sum`; and TypeError, if the numbers have no such root
    Laws
        that of order 1 is the Manhattan distance, of order 2 the Euclidean
        never longer for a higher order, and towards Chebyshev's
    Source
        H. Minkowski, "Geometrie der Zahlen", Teubner 1896

    >>> minkowski_distance([1.0, 2.0], [4.0, 6.0], order=2)
    5.0
    >>> minkowski_distance([1.0, 2.0], [4.0, 6.0], order=3)
    4.4979414452...
    """
    found = power_sum(xs, ys, order)
    if order == 1:
        return found
    return sqrt(found) if order == 2 else exp(divide(log(found), order))


def chebyshev_distance(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """How far two points are apart along the axis where they are farthest.

    Maths
        maxᵢ |xᵢ − yᵢ|
    Errors
        ValueError   the lengths differ, or are 0
        TypeError    numbers mix, or an entry is no number

    >>> chebyshev_distance([1, 2], [4, 6])
    4
    """
    return foldl1(maximum, [absolute(x) for x in zip_with(subtract, xs, ys)])


class Moments(NamedTuple):
    """The mean of a random number, and its variance."""

    mean: Fraction
    variance: Fraction

    @property
    def relative_spread(self) -> Surd:
        """How far it is off its mean, in standard deviations, as a share of the mean.

        >>> Moments(Fraction(2), Fraction(8)).relative_spread
        Surd(√2)
        """
        return power(self.variance / (self.mean * self.mean), Fraction(1, 2))


def moments_of_power_sum(dimensions: int, order: int) -> Moments:
    """The mean and the variance of `power_sum` of two points drawn uniformly from the unit cube.

    Maths
        d·mₖ, d·(m₂ₖ − mₖ²)                        mₖ = E|x − y|ᵏ = 2/((k + 1)·(k + 2))
    Errors
        ValueError   there are less than 1 dimension, or the order is below 1
    Source
        by ∫ uᵏ·2·(1 − u) du, u from 0 to 1: the density of |x − y| is 2·(1 − u)

    >>> moments_of_power_sum(1, 1)
    Moments(mean=Fraction(1, 3), variance=Fraction(1, 18))
    """
    d, k = int_of(dimensions, "dimensions", 1), int_of(order, "order", 1)
    one, two = (Fraction(2, (times + 1) * (times + 2)) for times in (k, 2 * k))
    return Moments(d * one, d * (two - one * one))


def moments_of_squared_distance(dimensions: int) -> Moments:
    """The mean and the variance of the squared distance of two points drawn uniformly from a cube.

    Maths
        d/6, 7·d/180                               the relative spread is √(7/(5·d))
    Errors
        ValueError   there are less than 1 dimension

    >>> moments_of_squared_distance(3)
    Moments(mean=Fraction(1, 2), variance=Fraction(7, 60))
    >>> moments_of_squared_distance(35).relative_spread
    Surd(1/5)
    """
    return moments_of_power_sum(dimensions, 2)


def relative_contrast(distances: Sequence[Any]) -> Any:
    """How much farther the farthest point is than the nearest, as a share of the nearest.

    Maths
        (Dmax − Dmin)/Dmin
    Errors
        ValueError           there is no distance
        ZeroDivisionError    the nearest is 0, but for floats
    Source
        K. Beyer, J. Goldstein, R. Ramakrishnan, U. Shaft, "When Is 'Nearest Neighbor'
        Meaningful?", ICDT 1999; C. Aggarwal, A. Hinneburg, D. Keim, "On the Surprising Behavior of
        Distance Metrics in High Dimensional Space", ICDT 2001

    >>> relative_contrast([2.0, 3.0, 5.0])
    1.5
    """
    if not length_of(distances, "distances"):
        raise ValueError("there is no distance: give 1 or more")
    nearest = -foldl1(maximum, [-distance for distance in distances])
    return divide(subtract(foldl1(maximum, distances), nearest), nearest)


def cosine_similarity(
    xs: Vector[Any], ys: Vector[Any], *, metric: Matrix[Any] | None = None
) -> Any:
    """The cosine of the angle between two vectors, as a metric sees it.

    Maths
        xᵀ·G·y/√(xᵀ·G·x · yᵀ·G·y)                  without a metric, G = I
    Shapes
        xs n, ys n, metric n×n  →  a number        n ≥ 1
    Errors
        ValueError   a vector has a squared length of 0 or less, and so no direction; or in float
                     the product of both is 0 or ∞
        and those of `inner_product`; TypeError, if the numbers have no square root
    Laws
        cos(a·x, b·y) == cos(x, y)                 over Surd, for a, b > 0
        under the metric AᵀA it is cos(A·x, A·y)

    >>> cosine_similarity([1.0, 0.0], [3.0, 4.0])
    0.6
    >>> cosine_similarity([1.0, 0.0], [3.0, 4.0], metric=[[16.0, 0.0], [0.0, 16.0]])
    0.6
    >>> cosine_similarity([1.0, 0.0], [0.0, 0.0])
    Traceback (most recent call last):
    ValueError: ys has the squared length 0.0, and so no direction
    """
    return divide(inner_product(xs, ys, metric=metric), sqrt(_squared_lengths(xs, ys, metric)))


def signed_squared_cosine(
    xs: Vector[Any], ys: Vector[Any], *, metric: Matrix[Any] | None = None
) -> Any:
    """The square of the cosine of two vectors, with the cosine's sign: of exact ones, exact.

    Maths
        cos·|cos|                                  cos that of `cosine_similarity`
    Errors
        ValueError   as of `cosine_similarity`
        and those of `inner_product`
    Laws
        −1 ≤ cos·|cos| ≤ 1, where the metric is positive definite: Cauchy–Schwarz

    >>> signed_squared_cosine([Fraction(1), Fraction(0)], [Fraction(-1), Fraction(1)])
    Fraction(-1, 2)
    """
    product = inner_product(xs, ys, metric=metric)
    return divide(multiply(product, absolute(product)), _squared_lengths(xs, ys, metric))


def _squared_lengths(xs: Vector[Any], ys: Vector[Any], metric: Matrix[Any] | None) -> Any:
    """xᵀ·G·x · yᵀ·G·y"""
    squares = [inner_product(vector, vector, metric=metric) for vector in (xs, ys)]
    for name, square in zip(("xs", "ys"), squares, strict=True):
        if not exceeds(square, 0) and square == square:
            raise ValueError(f"{name} has the squared length {shown(square)}, and so no direction")
    product = multiply(*squares)
    if product in (0, product + product):
        raise ValueError(f"the product of the squared lengths is {shown(product)}: scale a vector")
    return product


def pulled_back_metric(
    jacobian: Matrix[Any],
    metric: Matrix[Any] | None = None,
    *,
    product: Callable[[Matrix[Any], Matrix[Any]], list[list[Any]]] = matmul,
) -> list[list[Any]]:
    """The metric of inputs that sees of them what a metric of outputs sees: at one point.

    Of `linear` the Jacobian is the weights, everywhere, and the metric WᵀW.

    Maths
        Jᵀ·G·J                                     without a metric, G = I
    Shapes
        jacobian m×n, metric m×m  →  n×n           m, n ≥ 1
    Settings
        product   matmul, or a faster one
    Errors
        those of `matmul`
    Laws
        xᵀ·(Jᵀ·G·J)·y == (J·x)ᵀ·G·(J·y)                              over Fraction
        pulled back by K·J it is that by K, pulled back by J: the chain rule

    >>> pulled_back_metric([[1, 2], [0, 1]])
    [[1, 2], [2, 5]]
    >>> pulled_back_metric([[1, 2]], [[3]])
    [[3, 6], [6, 12]]
    """
    return product(transpose(jacobian), jacobian if metric is None else product(metric, jacobian))


def relative_difference(metric: Matrix[Any], other: Matrix[Any]) -> Any:
    """How far a matrix is from another, as a share of the other's size, by Frobenius' norm.

    Maths
        ‖M − N‖/‖N‖                                ‖M‖² = Σᵢⱼ mᵢⱼ²
    Errors
        ValueError   they differ in shape, or are empty, or the squares of the other's are 0
        TypeError    numbers mix, or have no square root

    >>> relative_difference([[3.0, 0.0], [0.0, 4.0]], [[3.0, 0.0], [0.0, 0.0]])
    1.3333333333333333
    """
    ms, ns = _flat([metric, other])
    return sqrt(_share(squared_distance(ms, ns), dot(ns, ns)))


def variation_share(metrics: Sequence[Matrix[Any]]) -> Any:
    """How much of matrices is not their mean: of their mean square, the share of their variance.

    Maths
        mean ‖Mᵢ − M̄‖²/mean ‖Mᵢ‖²                  M̄ the mean, ‖M‖² = Σᵢⱼ mᵢⱼ²
    Order
        The mean is the first and the mean of what the others are more, so that of equal matrices
        nothing varies in float either.
    Errors
        ValueError   there is no matrix, or they differ in shape, or the squares of all are 0
    Laws
        0 exactly if all are one
        1 − ‖M̄‖²/mean ‖Mᵢ‖²                        over Fraction: Huygens' theorem

    >>> variation_share([[[1.0]], [[3.0]]])
    0.2
    """
    flat = _flat(metrics)
    more = [total([subtract(x, xs[0]) for x in xs]) for xs in transpose(flat)]
    mean = zip_with(lambda first, rest: add(first, divide(rest, len(flat))), flat[0], more)
    variance = total([squared_distance(entries, mean) for entries in flat])
    return _share(variance, total([dot(entries, entries) for entries in flat]))


def _flat(matrices: Sequence[Matrix[Any]]) -> list[list[Any]]:
    """the numbers of each in one list, once they are known to be of one shape"""
    if not length_of(matrices, "matrices"):
        raise ValueError("there is no matrix: give 1 or more")
    shapes = [shape(rectangle(matrix, "row {}".format)) for matrix in matrices]
    for index, found in enumerate(shapes):
        if found != shapes[0] or len(found) != 2:
            raise ValueError(f"matrix {index} has the shape {found}, matrix 0 {shapes[0]}")
    return [[number for row in matrix for number in row] for matrix in matrices]


def _share(part: Any, whole: Any) -> Any:
    """a part of a sum of squares, once that is known not to be 0"""
    if not exceeds(whole, 0) and whole == whole:
        raise ValueError("the squares of the numbers are all 0: of that there is no share")
    return divide(part, whole)
