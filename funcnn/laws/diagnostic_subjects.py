"""Diagnostic subjects: distances, cosines and metrics, by which one sees what has been learned."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from funcnn.algebra.bounds import NoInformation
from funcnn.algebra.elementary import absolute, maximum, sqrt
from funcnn.algebra.folds import foldl1, zip_with
from funcnn.algebra.grids import Grid
from funcnn.algebra.scalars import divide, lift, multiply, subtract, total
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, Vector, dot, matmul, transpose
from funcnn.diagnostics.features import (
    average_gradient_outer_product,
    matrix_cosine,
    neural_feature_matrix,
)
from funcnn.diagnostics.geometry import (
    cosine_similarity,
    euclidean_distance,
    inner_product,
    manhattan_distance,
    pulled_back_metric,
    squared_distance,
)
from funcnn.laws.algorithms import scaled_mean, shared_mean, strassen, winograd
from funcnn.laws.subjects import Algorithm, Subject, Variant

PAIR: Final = (Variant(("n", "n")),)
"""Two vectors."""


class Undirected(NoInformation, ValueError):
    """A vector is so short, or so long, that its direction is not known."""


def directed(cosine: Callable[..., Any]) -> Callable[..., Any]:
    """A cosine, where both have a direction.

    Errors
        Undirected   one has none

    >>> directed(cosine_similarity)([1.0], [0.0])
    Traceback (most recent call last):
    funcnn.laws.diagnostic_subjects.Undirected: ys has ...
    """

    def guarded(one: Any, other: Any) -> Any:
        try:
            return cosine(one, other)
        except ValueError as why:
            raise Undirected(f"{why}") from None

    return guarded


def expanded(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """squared_distance by three dot products: few digits are left where the points are near.

    Maths
        x·x + y·y − 2·x·y

    >>> expanded([1.0, 2.0], [4.0, 6.0])
    25.0
    """
    crossed = dot(xs, ys)
    return total([dot(xs, xs), dot(ys, ys), multiply(lift(-2, crossed), crossed)])


def by_the_largest(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """euclidean_distance, each difference first divided by the largest: no square overflows.

    >>> by_the_largest([1.0, 2.0], [4.0, 6.0]), by_the_largest([1.0], [1.0])
    (5.0, 0.0)
    """
    differences = [*map(absolute, zip_with(subtract, xs, ys))]
    largest = foldl1(maximum, differences)
    if largest == 0:
        return largest
    parts = [divide(difference, largest) for difference in differences]
    return multiply(largest, sqrt(dot(parts, parts)))


def axis_by_axis(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """euclidean_distance by one hypotenuse after another.

    >>> axis_by_axis([1.0, 2.0], [4.0, 6.0])
    5.0
    """
    differences = [*map(absolute, zip_with(subtract, xs, ys))]
    return foldl1(lambda x, y: sqrt(dot([x, y], [x, y])), differences)


def by_both_lengths(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """cosine_similarity, the product divided by that of two roots.

    >>> by_both_lengths([1.0, 0.0], [3.0, 4.0])
    0.6
    """
    return divide(dot(xs, ys), multiply(sqrt(dot(xs, xs)), sqrt(dot(ys, ys))))


def of_directions(xs: Vector[Any], ys: Vector[Any]) -> Any:
    """cosine_similarity, each vector first multiplied by 1 ÷ its length.

    >>> of_directions([0.5, 0.0], [0.0, 2.0])
    0.0
    """
    roots = [(vector, sqrt(dot(vector, vector))) for vector in (xs, ys)]
    inverses = [(vector, divide(lift(1, root), root)) for vector, root in roots]
    return dot(*([multiply(x, inverse) for x in vector] for vector, inverse in inverses))


def of_matrices(cosine: Callable[..., Any]) -> Callable[..., Any]:
    """The cosine of two matrices, each of them taken as one vector.

    >>> of_matrices(by_both_lengths)([[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 0.0]])
    0.6
    """
    return lambda one, other: cosine([*leaves(one)], [*leaves(other)])


def other_pair_first(jacobian: Matrix[Any], metric: Matrix[Any] | None = None) -> list[list[Any]]:
    """pulled_back_metric as (Jᵀ·G)·J.

    >>> other_pair_first([[1, 2]], [[3]])
    [[3, 6], [6, 12]]
    """
    columns = transpose(jacobian)
    return matmul(columns if metric is None else matmul(columns, metric), jacobian)


def in_one_sum(jacobian: Matrix[Any], metric: Matrix[Any] | None = None) -> list[list[Any]]:
    """pulled_back_metric, each entry one sum of products of three.

    >>> in_one_sum([[1, 2]], [[3]])
    [[3, 6], [6, 12]]
    """
    if metric is None:
        return pulled_back_metric(jacobian)

    def entry(left: Vector[Any], right: Vector[Any]) -> Any:
        rows = zip(left, metric, strict=True)
        return total(
            [
                multiply(multiply(x, g), y)
                for x, row in rows
                for g, y in zip(row, right, strict=True)
            ]
        )

    columns = transpose(jacobian)
    return [[entry(left, right) for right in columns] for left in columns]


def mean_of_products(
    jacobians: Any, *, mean: Callable[[Vector[Any]], Any] = scaled_mean
) -> list[list[Any]]:
    """average_gradient_outer_product by the product of each example, and another mean.

    >>> mean_of_products([[[2.0, 0.0]], [[0.0, 4.0]]])
    [[2.0, 0.0], [0.0, 8.0]]
    """
    products = zip(*map(pulled_back_metric, jacobians), strict=True)
    return [[mean(entries) for entries in zip(*rows, strict=True)] for rows in products]


def of_shares(jacobians: Any) -> list[list[Any]]:
    """average_gradient_outer_product, one of the two factors first multiplied by 1/N.

    >>> of_shares([[[2.0, 0.0]], [[0.0, 4.0]]])
    [[2.0, 0.0], [0.0, 8.0]]
    """
    rows = [row for jacobian in jacobians for row in jacobian]
    one = lift(1, rows[0][0])
    part = divide(one, lift(len(jacobians), one))
    return matmul(transpose([[multiply(part, x) for x in row] for row in rows]), rows)


def by_fast_products(definition: Callable[..., Any]) -> tuple[Algorithm, ...]:
    """A definition that is given its product, by those of fewer multiplications.

    >>> [algorithm.name for algorithm in by_fast_products(neural_feature_matrix)]
    ["Strassen's", "Strassen's, in Winograd's form"]
    """
    products = {"Strassen's": strassen, "Strassen's, in Winograd's form": winograd}
    return tuple(
        Algorithm(name, partial(definition, product=product), "normwise")
        for name, product in products.items()
    )


def with_room(subject: Subject) -> Subject:
    """The subject, called exact only where each of its algorithms is: squares have twice the bits.

    >>> from funcnn.algebra.formats import bfloat16
    >>> from funcnn.algebra.grids import grid
    >>> far, near = ([grid(x, bfloat16)] for x in (17, 1))
    >>> float(squared_distance(far, near))
    256.0
    >>> with_room(Subject("", squared_distance, (), algorithms=BY_EXPANSION)).definition(far, near)
    Traceback (most recent call last):
    funcnn.algebra.grids.Inexact: sizes of 289.0 in all, in steps of 2^0, may be rounded: ...
    """

    def definition(*arguments: Any, **settings: Any) -> Any:
        if any(isinstance(leaf, Grid) for leaf in leaves(arguments)):
            for algorithm in subject.algorithms:
                algorithm.definition(*arguments, **settings)
        return subject.definition(*arguments, **settings)

    return replace(subject, definition=definition)


BY_EXPANSION: Final = (Algorithm("expanded", expanded, "normwise"),)

COSINES: Final = {"by both lengths": by_both_lengths, "of directions": of_directions}

SUBJECTS: Final = (
    Subject("inner_product", inner_product, PAIR, sums="n"),
    with_room(
        Subject("squared_distance", squared_distance, PAIR, sums="n", algorithms=BY_EXPANSION)
    ),
    Subject(
        "euclidean_distance",
        euclidean_distance,
        PAIR,
        sums="n",
        algorithms=(
            Algorithm("by the largest difference", by_the_largest),
            Algorithm("axis by axis", axis_by_axis),
            Algorithm("expanded", lambda xs, ys: sqrt(expanded(xs, ys)), "normwise"),
        ),
    ),
    Subject("manhattan_distance", manhattan_distance, PAIR, sums="n"),
    Subject(
        "cosine_similarity",
        directed(cosine_similarity),
        PAIR,
        sums="n",
        algorithms=tuple(Algorithm(name, cosine) for name, cosine in COSINES.items()),
    ),
    with_room(
        Subject(
            "pulled_back_metric",
            pulled_back_metric,
            (Variant(("m n",)), Variant(("m n", "m m"))),
            sums="m",
            longest=20,
            algorithms=(
                Algorithm("the other pair first", other_pair_first),
                Algorithm("in one sum", in_one_sum),
                *by_fast_products(pulled_back_metric),
            ),
        )
    ),
    with_room(
        Subject(
            "neural_feature_matrix",
            neural_feature_matrix,
            (Variant(("m n",)),),
            sums="m",
            longest=20,
            algorithms=by_fast_products(neural_feature_matrix),
        )
    ),
    with_room(
        Subject(
            "average_gradient_outer_product",
            average_gradient_outer_product,
            (Variant(("b m n",)),),
            sums="b m",
            longest=20,
            sizes={"b": 4, "m": 3},
            algorithms=(
                Algorithm("the sum times 1/N", mean_of_products),
                Algorithm("each product ÷ N", partial(mean_of_products, mean=shared_mean)),
                Algorithm("one factor times 1/N", of_shares),
                *by_fast_products(average_gradient_outer_product),
            ),
        )
    ),
    Subject(
        "matrix_cosine",
        directed(matrix_cosine),
        (Variant(("m n", "m n")),),
        sums="m n",
        longest=20,
        sizes={"m": 4, "n": 4},
        algorithms=tuple(Algorithm(name, of_matrices(cosine)) for name, cosine in COSINES.items()),
    ),
)
