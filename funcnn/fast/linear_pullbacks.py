"""Linear pullbacks: weighted sums over a batch, whose cotangents are products of whole matrices."""

from collections.abc import Sequence
from math import sumprod
from operator import mul
from typing import Any, Final

from funcnn.algebra.folds import pair_of
from funcnn.algebra.scalars import total
from funcnn.algebra.vectors import Matrix, transpose
from funcnn.blocks import linears
from funcnn.blocks.combinators import Layer, layer
from funcnn.blocks.linears import AffineWeights
from funcnn.fast import floats
from funcnn.fast.batch_rules import Pulled, by_definition, of_floats
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.rows import kind_of


def linear(xs: Sequence[Any], weights: Any) -> Pulled:
    """The rule of `linear` over a batch.

    Maths
        X̄ = Ȳ·W                                    W̄ = Ȳᵀ·X          an example a row

    >>> ys, pullback = linear([[1.0, 2.0], [0.0, 1.0]], [[3.0, 4.0]])
    >>> x_bars, w_bar = pullback([[1.0], [10.0]])
    >>> ys, x_bars(), w_bar
    ([[11.0], [4.0]], [[3.0, 4.0], [30.0, 40.0]], [[1.0, 12.0]])
    """
    if not len(weights):
        return by_definition(layer(linears.linear), xs, weights)
    return floats.linear(xs, weights), lambda y_bars: Cotangents(
        lambda: floats.matmul(y_bars, weights), floats.matmul(transpose(y_bars), xs)
    )


def affine(xs: Sequence[Any], weights: AffineWeights[Any]) -> Pulled:
    """The rule of `affine` over a batch: linear's, and the bias gets the sum of Ȳ's rows.

    >>> ys, pullback = affine([[1.0], [2.0]], AffineWeights([[3.0]], [4.0]))
    >>> ys, pullback([[1.0], [10.0]]).weights
    ([[7.0], [10.0]], AffineWeights(matrix=[[21.0]], bias=[11.0]))
    """
    matrix, bias = pair_of(weights, "weights (matrix, bias)")
    sums, pullback = linear(xs, matrix)

    def back(y_bars: list[Any]) -> Cotangents:
        x_bars, matrix_bar = pullback(y_bars)
        return Cotangents(x_bars, AffineWeights(matrix_bar, column_sums(y_bars)))

    return floats.biased(sums, bias), back


def project(xs: Sequence[Any], weights: Any) -> Pulled:
    """The rule of `project` over a batch: affine's if the weights are AffineWeights, else linear's.

    >>> project([[1.0]], [[3.0]])[0], project([[1.0]], AffineWeights([[3.0]], [4.0]))[0]
    ([[3.0]], [[7.0]])
    """
    return (affine if isinstance(weights, AffineWeights) else linear)(xs, weights)


def column_sums(rows: Matrix[Any]) -> list[Any]:
    """The sum of the rows of a matrix.

    >>> column_sums([[1.0, 2.0], [3.0, 4.0]])
    [4.0, 6.0]
    """
    return [*map(sum if kind_of(rows) is float else total, transpose(rows))]


def column_products(rows: Matrix[float], others: Matrix[float]) -> list[float]:
    """The sum, in each column, of the products of two matrices' entries.

    >>> column_products([[1.0, 2.0], [3.0, 4.0]], [[1.0, 10.0], [1.0, 10.0]])
    [4.0, 60.0]
    """
    return [*map(sumprod, zip(*rows, strict=True), zip(*others, strict=True))]


def _dense(xs: Sequence[Any], weights: Any) -> Pulled:
    """linear's after relu's"""
    sums, pullback = linear(xs, weights)
    ys = floats.relu(sums)
    return ys, lambda y_bars: pullback(floats.relu_pullback(ys, y_bars))


def _layer_scale(xs: Sequence[Any], weights: Any) -> Pulled | None:
    """x̄ᵢ = ȳᵢ·wᵢ,  w̄ᵢ = Σ ȳᵢ·xᵢ"""
    if kind_of(xs, [weights]) is not float:
        return None

    return [[*map(mul, x, weights)] for x in xs], lambda y_bars: Cotangents(
        lambda: [[*map(mul, bar, weights)] for bar in y_bars], column_products(y_bars, xs)
    )


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, linears.linear): linear,
    (Layer, linears.affine): affine,
    (Layer, linears.project): project,
    (Layer, linears.dense): _dense,
    (Layer, linears.layer_scale): of_floats(linears.layer_scale, _layer_scale),
}
