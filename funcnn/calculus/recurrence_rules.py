"""Recurrence rules: how a cell sends cotangents back, from its state to the state before."""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import tanh
from funcnn.algebra.folds import pair_of, zip_with, zipped
from funcnn.algebra.scalars import add, multiply
from funcnn.algebra.vectors import Vector, matvec, outer, transpose
from funcnn.blocks.linears import AffineWeights, Projection, project
from funcnn.blocks.recurrence import (
    RecurrentWeights,
    gate_weights,
    rnn_step,
    totals,
)
from funcnn.calculus.tracing import Pullback, Rule


def _rnn_step(
    inputs: Any, weights: Any, *, activation: Callable[[Any], Any] = tanh
) -> tuple[Any, Pullback]:
    """ā = (h̄′ + ȳ)⊙f′(a),  x̄ = Wᵀ·ā,  W̄ = ā·xᵀ,  h̄ = Uᵀ·ā,  Ū = ā·hᵀ"""
    hidden, x = pair_of(inputs, "inputs (state, x)")
    of_input, of_state = pair_of(weights, "weights (input, state)")
    gate_weights(x, hidden, weights, "h", "h")
    sums = totals(project(x, of_input), project(hidden, of_state))
    outputs = [*map(activation, sums)]

    def back(bars: Any) -> tuple[Any, Any]:
        y_bar = zip_with(add, *pair_of(bars, "the cotangent (state, y)"))
        bar = [multiply(y, derivative(activation, a)) for y, a in zipped(y_bar, sums)]
        x_bar, input_bar = _project_back(x, of_input, bar)
        hidden_bar, state_bar = _project_back(hidden, of_state, bar)
        return (hidden_bar, x_bar), RecurrentWeights(input_bar, state_bar)

    return (outputs, outputs), back


def _project_back(
    x: Vector[Any], weights: Projection[Any], bar: Vector[Any]
) -> tuple[list[Any], Projection[Any]]:
    """x̄ = Wᵀ·ȳ,  W̄ = ȳ·xᵀ,  b̄ = ȳ"""
    if isinstance(weights, AffineWeights):
        return matvec(transpose(weights.matrix), bar), AffineWeights(outer(bar, x), bar)
    return matvec(transpose(weights), bar), outer(bar, x)


RULES: Final[dict[Callable[..., Any], Rule]] = {rnn_step: _rnn_step}
