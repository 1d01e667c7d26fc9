"""Gates: gated units over a batch of floats, their projections by sumprod.

On anything else the definition runs. Where the definition raises, so does the kernel.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from funcnn.algebra.folds import length_of
from funcnn.algebra.vectors import Vector
from funcnn.blocks import gates
from funcnn.blocks.gates import GatedWeights
from funcnn.fast import floats
from funcnn.fast.activations import gelu, gelu_by_tanh, sigmoid, silu
from funcnn.fast.rows import are_float_lists

GELUS: Final = {"none": gelu, "tanh": gelu_by_tanh}


def glu(xs: Sequence[Vector[Any]], weights: Any = ()) -> list[list[Any]]:
    """The gated halves of each of a batch of inputs: blocks' `glu` of each.

    >>> glu([[3.0, 0.0], [5.0, 1000.0]])
    [[1.5], [5.0]]
    """
    length_of(xs, "xs")
    if are_float_lists(xs) and all(xs) and not any(len(x) % 2 for x in xs):
        halves = ((x[: len(x) // 2], x[len(x) // 2 :]) for x in xs)
        return [[a * sigmoid(b) for a, b in zip(*pair, strict=True)] for pair in halves]
    return [gates.glu(x) for x in xs]


def swiglu(xs: Sequence[Vector[Any]], weights: GatedWeights[Any]) -> list[list[Any]]:
    """The outputs for each of a batch of inputs: blocks' `swiglu` of each.

    >>> swiglu([[2.0], [3.0]], GatedWeights([[50.0]], [[1.0]], [[1.0]]))
    [[200.0], [450.0]]
    """
    return _gated(silu, gates.swiglu, xs, weights)


def geglu(
    xs: Sequence[Vector[Any]], weights: GatedWeights[Any], *, approximate: str = "none"
) -> list[list[Any]]:
    """The outputs for each of a batch of inputs: blocks' `geglu` of each.

    >>> geglu([[2.0], [3.0]], GatedWeights([[50.0]], [[1.0]], [[1.0]]))
    [[200.0], [450.0]]
    """
    definition = partial(gates.geglu, approximate=approximate)
    if approximate not in (*GELUS,):
        return [definition(x, weights) for x in xs]
    return _gated(GELUS[approximate], definition, xs, weights)


def _gated(
    function: Callable[[float], float],
    definition: Callable[..., list[Any]],
    xs: Sequence[Vector[Any]],
    weights: Any,
) -> list[list[Any]]:
    """what is refused is left to the definition, which says by which weights"""
    length_of(xs, "xs")
    if are_float_lists(xs):
        try:
            gate, up, down = weights
            pairs = zip(floats.project(xs, gate), floats.project(xs, up), strict=True)
            return floats.project(
                [[function(g) * u for g, u in zip(*pair, strict=True)] for pair in pairs], down
            )
        except (ValueError, TypeError):
            pass
    return [definition(x, weights) for x in xs]
