"""Gate rules: the pullbacks of gated units."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import sigmoid
from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import add, alike, multiply
from funcnn.blocks.activations import gelu, silu
from funcnn.blocks.gates import GatedWeights, geglu, glu, swiglu
from funcnn.calculus.linear_rules import project_rule
from funcnn.calculus.tracing import Pullback, Rule


def _glu(inputs: Any, weights: Any = ()) -> tuple[Any, Pullback]:
    """of y = a ⊗ σ(b): ā = ȳ ⊗ σ(b),  b̄ = ȳ ⊗ a ⊗ σ′(b)"""
    outputs = glu(inputs)
    (numbers,) = alike([inputs])
    a, b = numbers[: len(outputs)], numbers[len(outputs) :]

    def back(y_bar: Any) -> tuple[Any, Any]:
        a_bar = zip_with(multiply, y_bar, [sigmoid(gate) for gate in b])
        slopes = [derivative(sigmoid, gate) for gate in b]
        return [*a_bar, *zip_with(multiply, zip_with(multiply, y_bar, a), slopes)], ()

    return outputs, back


def _swiglu(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """gated by silu"""
    return swiglu(inputs, weights), _gated_back(silu, inputs, weights)


def _geglu(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
    """gated by gelu"""
    outputs = geglu(inputs, weights, **settings)
    return outputs, _gated_back(partial(gelu, **settings), inputs, weights)


def _gated_back(function: Callable[[Any], Any], inputs: Any, weights: Any) -> Pullback:
    """of h = f(g) ⊗ u: ū = h̄ ⊗ f(g),  ḡ = h̄ ⊗ u ⊗ f′(g)"""
    gate, up, down = weights
    (g, gate_pullback), (u, up_pullback) = project_rule(inputs, gate), project_rule(inputs, up)
    passed = [function(x) for x in g]
    _, down_pullback = project_rule(zip_with(multiply, passed, u), down)

    def back(y_bar: Any) -> tuple[Any, Any]:
        h_bar, down_bar = down_pullback(y_bar)
        slopes = [derivative(function, x) for x in g]
        one, gate_bar = gate_pullback(zip_with(multiply, zip_with(multiply, h_bar, u), slopes))
        other, up_bar = up_pullback(zip_with(multiply, h_bar, passed))
        return zip_with(add, one, other), GatedWeights(gate_bar, up_bar, down_bar)

    return back


RULES: Final[dict[Callable[..., Any], Rule]] = {glu: _glu, swiglu: _swiglu, geglu: _geglu}
