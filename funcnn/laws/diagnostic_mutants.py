"""Diagnostic mutants: wrong distances, cosines and metrics."""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.elementary import absolute, maximum, sqrt
from funcnn.algebra.folds import foldl1, zip_with
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract, total
from funcnn.algebra.vectors import Matrix, Vector, dot, transpose
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
from funcnn.laws.algorithms import scaled_mean
from funcnn.laws.diagnostic_subjects import of_matrices
from funcnn.laws.mutations import Definition, Mutant, of_results, zero
from funcnn.laws.values import EXACT, WITHIN


def _short(definition: Definition) -> Definition:
    """the definition, the last coordinate missed"""
    return lambda xs, ys: definition([*xs[:-1], zero(xs[-1])], [*ys[:-1], zero(ys[-1])])


def _averaged(definition: Definition) -> Definition:
    """the definition, its sums divided by how many terms there are"""

    def wrong(xs: Any, *others: Any) -> Any:
        return of_results(lambda x: divide(x, lift(len(xs), x)), definition)(xs, *others)

    return wrong


def _of_sizes(xs: Vector[Any], ys: Vector[Any]) -> Any:
    return dot([*map(absolute, xs)], [*map(absolute, ys)])


def _from_the_opposite(definition: Definition) -> Definition:
    return lambda xs, ys: definition(xs, [-y for y in ys])


def _largest(xs: Vector[Any], ys: Vector[Any]) -> Any:
    return foldl1(maximum, [*map(absolute, zip_with(subtract, xs, ys))])


def _signed(xs: Vector[Any], ys: Vector[Any]) -> Any:
    return total(zip_with(subtract, xs, ys))


def _root_of_the_mean(xs: Vector[Any], ys: Vector[Any]) -> Any:
    return sqrt(_averaged(squared_distance)(xs, ys))


def _cosine(lengths: Callable[[Any, Any], Any]) -> Definition:
    """the cosine, by what takes the place of √(x·x · y·y), of x·x and y·y"""

    def wrong(xs: Vector[Any], ys: Vector[Any]) -> Any:
        divisor = lengths(dot(xs, xs), dot(ys, ys))
        product = dot(xs, ys)
        return zero(product) if divisor == 0 else divide(product, divisor)

    return wrong


def _with_epsilon(x: Any, y: Any) -> Any:
    return add(sqrt(multiply(x, y)), lift(1e-8, x))


def _of_centered(xs: Vector[Any], ys: Vector[Any]) -> Any:
    pairs = ((vector, scaled_mean(vector)) for vector in (xs, ys))
    return _cosine(_both)(*([subtract(x, mean) for x in vector] for vector, mean in pairs))


def _both(x: Any, y: Any) -> Any:
    return sqrt(multiply(x, y))


def _turned(matrix: Matrix[Any]) -> Any:
    """transposed, if that has the same form"""
    return transpose(matrix) if len(matrix) == len(matrix[0]) else matrix


def _turning(definition: Definition, place: int = 0) -> Definition:
    """the definition, the matrix at one place transposed if it is square"""

    def wrong(*matrices: Matrix[Any]) -> Any:
        pairs = enumerate(matrices)
        return definition(*(_turned(one) if at == place else one for at, one in pairs))

    return wrong


def _diagonal(jacobian: Matrix[Any], metric: Any = None) -> Any:
    kept = metric and [
        [g if j == i else zero(g) for j, g in enumerate(row)] for i, row in enumerate(metric)
    ]
    return pulled_back_metric(jacobian, kept)


def _of_the_mean(jacobians: Any) -> Any:
    """the product of the mean gradient alone"""
    rows = zip(*jacobians, strict=True)
    mean = [[scaled_mean(entries) for entries in zip(*row, strict=True)] for row in rows]
    return pulled_back_metric(mean)


def _summed(jacobians: Any) -> Any:
    return pulled_back_metric([row for jacobian in jacobians for row in jacobian])


def _mean_of_rows(jacobians: Any) -> Any:
    return average_gradient_outer_product([[row] for jacobian in jacobians for row in jacobian])


def _each_turned(jacobians: Any) -> Any:
    return average_gradient_outer_product([*map(_turned, jacobians)])


def _mutant(function: str, name: str, wrong: Definition, law: str = WITHIN.name) -> Mutant:
    return Mutant(function, name, wrong, law)


MUTANTS: Final = (
    _mutant("inner_product", "last coordinate missed", _short(inner_product), EXACT.name),
    _mutant("inner_product", "sizes in place of numbers", _of_sizes, EXACT.name),
    _mutant("inner_product", "the mean in place of the sum", _averaged(inner_product)),
    _mutant("squared_distance", "last coordinate missed", _short(squared_distance)),
    _mutant("squared_distance", "+ in place of −", _from_the_opposite(squared_distance)),
    _mutant("squared_distance", "the mean in place of the sum", _averaged(squared_distance)),
    _mutant("squared_distance", "rooted", euclidean_distance),
    _mutant("euclidean_distance", "root forgotten", squared_distance),
    _mutant("euclidean_distance", "the root of the mean", _root_of_the_mean),
    _mutant("euclidean_distance", "along the axes", manhattan_distance),
    _mutant("euclidean_distance", "largest difference alone", _largest),
    _mutant("manhattan_distance", "absolute value forgotten", _signed, EXACT.name),
    _mutant("manhattan_distance", "absolute value of the sum", of_results(absolute, _signed)),
    _mutant("manhattan_distance", "last coordinate missed", _short(manhattan_distance)),
    _mutant("manhattan_distance", "the mean in place of the sum", _averaged(manhattan_distance)),
    _mutant("cosine_similarity", "lengths not rooted", _cosine(multiply)),
    _mutant("cosine_similarity", "lengths forgotten", inner_product),
    _mutant("cosine_similarity", "by the first length alone", _cosine(lambda x, y: x)),
    _mutant("cosine_similarity", "1e-8 added to the lengths", _cosine(_with_epsilon)),
    _mutant("cosine_similarity", "absolute value", of_results(absolute, cosine_similarity)),
    _mutant("cosine_similarity", "means subtracted", _of_centered),
    _mutant("pulled_back_metric", "JJᵀ if it is square", _turning(pulled_back_metric)),
    _mutant(
        "pulled_back_metric",
        "metric forgotten",
        lambda j, metric=None: pulled_back_metric(j),
        EXACT.name,
    ),
    _mutant("pulled_back_metric", "metric transposed", _turning(pulled_back_metric, 1), EXACT.name),
    _mutant("pulled_back_metric", "metric's diagonal alone", _diagonal, EXACT.name),
    _mutant("neural_feature_matrix", "WWᵀ if it is square", _turning(neural_feature_matrix)),
    _mutant("neural_feature_matrix", "the mean of the rows", _averaged(neural_feature_matrix)),
    _mutant("average_gradient_outer_product", "the sum in place of the mean", _summed),
    _mutant("average_gradient_outer_product", "of the mean gradient", _of_the_mean, EXACT.name),
    _mutant("average_gradient_outer_product", "the mean over outputs, too", _mean_of_rows),
    _mutant("average_gradient_outer_product", "JJᵀ if it is square", _each_turned),
    _mutant("matrix_cosine", "lengths not rooted", of_matrices(_cosine(multiply))),
    _mutant("matrix_cosine", "means subtracted", of_matrices(_of_centered)),
    _mutant("matrix_cosine", "transposed if it is square", _turning(matrix_cosine)),
    _mutant("matrix_cosine", "absolute value", of_results(absolute, matrix_cosine)),
)
"""All of them."""
