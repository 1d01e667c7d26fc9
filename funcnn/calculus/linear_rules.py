"""Linear rules: the pullbacks of weighted sums, which those of most other layers are made of."""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import multiply, total
from funcnn.algebra.trees import zeros_like
from funcnn.algebra.vectors import matmul, matvec, outer, transpose
from funcnn.blocks.linears import AffineWeights, affine, dense, layer_scale, linear, project
from funcnn.calculus.tracing import Pullback, Rule


def linear_rule(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """The rule of `linear`.

    Maths
        x̄ = Wᵀ·ȳ                                   W̄ = ȳ·xᵀ

    >>> linear_rule([1.0, 2.0], [[3.0, 4.0]])[1]([1.0])
    ([3.0, 4.0], [[1.0, 2.0]])
    """
    return linear(inputs, weights), lambda y_bar: (
        matvec(transpose(weights), y_bar) if len(weights) else zeros_like([*inputs]),
        outer(y_bar, inputs),
    )


def affine_rule(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """The rule of `affine`: as for linear, and the bias gets ȳ.

    >>> affine_rule([1.0], AffineWeights([[3.0]], [4.0]))[1]([1.0])
    ([3.0], AffineWeights(matrix=[[1.0]], bias=[1.0]))
    """
    outputs, (matrix, _) = affine(inputs, weights), weights

    def back(y_bar: Any) -> tuple[Any, Any]:
        x_bar, matrix_bar = matvec(transpose(matrix), y_bar), outer(y_bar, inputs)
        return x_bar, AffineWeights(matrix_bar, y_bar)

    return outputs, back


def project_rule(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """The rule of `project`: affine's if the weights are AffineWeights, else linear's.

    >>> project_rule([1.0, 2.0], [[3.0, 4.0]])[1]([1.0])
    ([3.0, 4.0], [[1.0, 2.0]])
    """
    if isinstance(weights, AffineWeights):
        return affine_rule(inputs, weights)
    return linear_rule(inputs, weights)


def projections_back(rows: Any, weights: Any, y_bar: Any) -> tuple[Any, Any]:
    """What goes back through `project` of each of the rows of a matrix.

    Maths
        X̄ = Ȳ·W                                    W̄ = Ȳᵀ·X, b̄ = Ȳᵀ·1

    >>> projections_back([[1.0], [2.0]], [[3.0]], [[1.0], [1.0]])
    ([[3.0], [3.0]], [[3.0]])
    """
    if not rows:
        return [], zeros_like(weights)
    columns = transpose(y_bar)
    if isinstance(weights, AffineWeights):
        bars = AffineWeights(matmul(columns, rows), [*map(total, columns)])
        return matmul(y_bar, weights.matrix), bars
    return matmul(y_bar, weights), matmul(columns, rows)


def _dense(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """linear's after relu's"""
    sums, pullback = linear_rule(inputs, weights)

    def back(y_bar: Any) -> tuple[Any, Any]:
        slopes = [derivative(relu, weighted_sum) for weighted_sum in sums]
        return pullback(zip_with(multiply, y_bar, slopes))

    return [relu(weighted_sum) for weighted_sum in sums], back


def _layer_scale(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """x̄ᵢ = ȳᵢ·wᵢ,  w̄ᵢ = ȳᵢ·xᵢ"""
    return layer_scale(inputs, weights), lambda y_bar: (
        zip_with(multiply, y_bar, weights),
        zip_with(multiply, y_bar, inputs),
    )


RULES: Final[dict[Callable[..., Any], Rule]] = {
    linear: linear_rule,
    affine: affine_rule,
    project: project_rule,
    dense: _dense,
    layer_scale: _layer_scale,
}
