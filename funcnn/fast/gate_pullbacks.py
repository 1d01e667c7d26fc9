"""Gate pullbacks: of gated units over a batch, their projections by those of linear layers."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import add, mul
from typing import Any, Final

from funcnn.algebra.folds import parts_of, zip_with
from funcnn.algebra.vectors import Matrix
from funcnn.blocks import activations, gates
from funcnn.blocks.combinators import Layer
from funcnn.blocks.gates import GatedWeights
from funcnn.fast.activation_pullbacks import SLOPES, Slope
from funcnn.fast.activations import sigmoid, silu
from funcnn.fast.batch_rules import Pulled, of_floats
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.gates import GELUS
from funcnn.fast.linear_pullbacks import project
from funcnn.fast.rows import are_float_lists, kind_of


def _glu(xs: Sequence[Any], weights: Any = ()) -> Pulled | None:
    """of y = a ⊗ σ(b): ā = ȳ ⊗ σ(b),  b̄ = ȳ ⊗ a ⊗ σ(b) ⊗ (1 − σ(b))"""
    if not are_float_lists(xs) or not all(xs) or any(len(x) % 2 for x in xs):
        return None
    halves = [(x[: len(x) // 2], [*map(sigmoid, x[len(x) // 2 :])]) for x in xs]

    def sent_back(half: tuple[list[float], list[float]], y_bar: list[float]) -> list[float]:
        triples = [*zip(y_bar, *half, strict=True)]
        a_bar = [bar * gate for bar, _, gate in triples]
        return a_bar + [bar * a * (gate * (1.0 - gate)) for bar, a, gate in triples]

    return [[*map(mul, *half)] for half in halves], lambda y_bars: Cotangents(
        lambda: [*map(sent_back, halves, y_bars)], ()
    )


def _geglu(
    xs: Sequence[Any], weights: GatedWeights[Any], *, approximate: str = "none"
) -> Pulled | None:
    """gated by gelu"""
    if approximate not in GELUS:
        return None
    slope = partial(SLOPES[activations.gelu], approximate=approximate)
    return _gated(GELUS[approximate], slope, xs, weights)


def _gated(
    function: Callable[[float], float], slope: Slope, xs: Sequence[Any], weights: Any
) -> Pulled | None:
    """of h = f(g) ⊗ u: ū = h̄ ⊗ f(g),  ḡ = h̄ ⊗ u ⊗ f′(g)"""
    gate, up, down = parts_of(weights, "weights (gate, up, down)", 3)
    (g, gate_pullback), (u, up_pullback) = project(xs, gate), project(xs, up)
    if kind_of(g, u) is not float:
        return None
    passed = [[*map(function, row)] for row in g]
    ys, down_pullback = project(_products(passed, u), down)

    def back(y_bars: list[Any]) -> Cotangents:
        h_bars, down_bar = down_pullback(y_bars)
        h_bar = h_bars()
        slopes = [[*map(slope, *rows)] for rows in zip(g, passed, strict=True)]
        ones, gate_bar = gate_pullback(_products(_products(h_bar, u), slopes))
        others, up_bar = up_pullback(_products(h_bar, passed))
        return Cotangents(
            lambda: zip_with(lambda one, other: [*map(add, one, other)], ones(), others()),
            GatedWeights(gate_bar, up_bar, down_bar),
        )

    return ys, back


def _products(rows: Matrix[float], others: Matrix[float]) -> list[list[float]]:
    return [[*map(mul, *pair)] for pair in zip(rows, others, strict=True)]


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, gates.glu): of_floats(gates.glu, _glu),
    (Layer, gates.swiglu): of_floats(gates.swiglu, partial(_gated, silu, SLOPES[activations.silu])),
    (Layer, gates.geglu): of_floats(gates.geglu, _geglu),
}
