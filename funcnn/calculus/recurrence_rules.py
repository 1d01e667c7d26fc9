"""Recurrence rules: how a cell sends cotangents back, from its state to the state before.

Those of the gated cells are traced.
"""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import tanh
from funcnn.algebra.folds import pair_of, zip_with, zipped
from funcnn.algebra.scalars import add, multiply
from funcnn.blocks.linears import totals
from funcnn.blocks.recurrence import RecurrentWeights, gate_weights, rnn_step
from funcnn.calculus.linear_rules import project_rule
from funcnn.calculus.tracing import Pullback, Rule


def _rnn_step(
    inputs: Any, weights: Any, *, activation: Callable[[Any], Any] = tanh
) -> tuple[Any, Pullback]:
    """ā = (h̄′ + ȳ)⊙f′(a), and back through the projections of x and h, whose sum a is"""
    hidden, x = pair_of(inputs, "inputs (state, x)")
    (whole,) = gate_weights(x, hidden, weights, "h", "h")
    of_input, input_pullback = project_rule(x, whole.input)
    of_state, state_pullback = project_rule(hidden, whole.state)
    sums = totals(of_input, of_state)
    outputs = [*map(activation, sums)]

    def back(bars: Any) -> tuple[Any, Any]:
        y_bar = zip_with(add, *pair_of(bars, "the cotangent (state, y)"))
        bar = [multiply(y, derivative(activation, a)) for y, a in zipped(y_bar, sums)]
        (x_bar, input_bar), (hidden_bar, state_bar) = input_pullback(bar), state_pullback(bar)
        return (hidden_bar, x_bar), RecurrentWeights(input_bar, state_bar)

    return (outputs, outputs), back


RULES: Final[dict[Callable[..., Any], Rule]] = {rnn_step: _rnn_step}
