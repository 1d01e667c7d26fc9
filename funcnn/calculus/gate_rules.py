"""Gate rules: the pullbacks of gated units, and of the projections that they are made of."""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import sigmoid
from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import add, multiply
from funcnn.algebra.vectors import matvec, outer, transpose
from funcnn.blocks.activations import silu
from funcnn.blocks.gates import SwigluWeights, glu, swiglu
from funcnn.blocks.linears import AffineWeights, project
from funcnn.calculus.tracing import Pullback, Rule


def _project(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """x̄ = Wᵀ·ȳ,  W̄ = ȳ·xᵀ, and b̄ = ȳ if there is a bias"""
    is_affine = isinstance(weights, AffineWeights)
    matrix = weights.matrix if is_affine else weights

    def back(y_bar: Any) -> tuple[Any, Any]:
        matrix_bar = outer(y_bar, inputs)
        x_bar = matvec(transpose(matrix), y_bar)
        return x_bar, AffineWeights(matrix_bar, y_bar) if is_affine else matrix_bar

    return project(inputs, weights), back


def _glu(inputs: Any, weights: Any = ()) -> tuple[Any, Pullback]:
    """of y = a ⊗ σ(b): ā = ȳ ⊗ σ(b),  b̄ = ȳ ⊗ a ⊗ σ′(b)"""
    outputs = glu(inputs)
    a, b = inputs[: len(outputs)], inputs[len(outputs) :]

    def back(y_bar: Any) -> tuple[Any, Any]:
        a_bar = zip_with(multiply, y_bar, [sigmoid(gate) for gate in b])
        slopes = [derivative(sigmoid, gate) for gate in b]
        return [*a_bar, *zip_with(multiply, zip_with(multiply, y_bar, a), slopes)], ()

    return outputs, back


def _swiglu(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """of h = silu(g) ⊗ u: ū = h̄ ⊗ silu(g),  ḡ = h̄ ⊗ u ⊗ silu′(g)"""
    outputs, (gate, up, down) = swiglu(inputs, weights), weights
    (g, gate_pullback), (u, up_pullback) = _project(inputs, gate), _project(inputs, up)
    passed = [silu(x) for x in g]
    _, down_pullback = _project(zip_with(multiply, passed, u), down)

    def back(y_bar: Any) -> tuple[Any, Any]:
        h_bar, down_bar = down_pullback(y_bar)
        u_bar = zip_with(multiply, h_bar, passed)
        slopes = [derivative(silu, x) for x in g]
        one, gate_bar = gate_pullback(zip_with(multiply, zip_with(multiply, h_bar, u), slopes))
        other, up_bar = up_pullback(u_bar)
        return zip_with(add, one, other), SwigluWeights(gate_bar, up_bar, down_bar)

    return outputs, back


RULES: Final[dict[Callable[..., Any], Rule]] = {project: _project, glu: _glu, swiglu: _swiglu}
