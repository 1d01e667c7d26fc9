"""Gates: units whose outputs are products, where one factor says how much passes of the other."""

from collections.abc import Callable
from typing import Any, NamedTuple

from funcnn.algebra.elementary import sigmoid
from funcnn.algebra.folds import length_of, parts_of, zip_with, zipped
from funcnn.algebra.scalars import Num, alike, multiply
from funcnn.algebra.vectors import Vector
from funcnn.blocks.activations import gelu, silu
from funcnn.blocks.linears import Projection, named, project


def glu[T: Num](inputs: Vector[T], weights: Any = ()) -> list[T]:
    """The first half of the inputs, as far as the sigmoids of the second let it through.

    Haskell
        glu x = zipWith (*) a (map sigmoid b) where (a, b) = splitAt (length x `div` 2) x
    Maths
        yᵢ = xᵢ·σ(xₙ₊ᵢ)                            y = a ⊗ σ(b)
    Shapes
        inputs 2n, weights ()  →  n                n ≥ 1
    Errors
        ValueError   there is no input, or their number is odd
        TypeError    numbers mix, or an entry is not a number
    Source
        Y. Dauphin, A. Fan, M. Auli, D. Grangier, "Language Modeling with Gated Convolutional
        Networks", ICML 2017; PyTorch's GLU

    >>> glu([3.0, -2.0, 0.0, 1000.0])
    [1.5, -2.0]
    >>> glu([3.0, -2.0, 0.0])
    Traceback (most recent call last):
    ValueError: inputs has length 3: it has no two halves
    """
    half, odd = divmod(length_of(inputs, "inputs"), 2)
    if odd or not half:
        raise ValueError(f"inputs has length {len(inputs)}: it has no two halves")
    (numbers,) = alike([inputs], lambda _: "inputs")
    return [multiply(x, sigmoid(gate)) for x, gate in zipped(numbers[:half], numbers[half:])]


class GatedWeights[T](NamedTuple):
    """The weights of a gated unit: gate and up k×n, down m×k, each with a bias or without."""

    gate: Projection[T]
    up: Projection[T]
    down: Projection[T]


def swiglu[T: Num](inputs: Vector[T], weights: GatedWeights[T]) -> list[T]:
    """The feed-forward unit whose hidden numbers are projections, gated by silu of others.

    Llama's MLP, with its names of the weights.

    Haskell
        swiglu x (g, u, d) = project (zipWith (*) (map silu (project x g)) (project x u)) d
    Maths
        y = D·(silu(G·x) ⊗ U·x)                    silu(z) = z·σ(z)
    Shapes
        inputs n, weights (k×n, k×n, m×k)  →  m    n, k ≥ 1
    Order
        That of `project`; then silu, times the other.
    Errors
        ValueError   a projection does not fit, or gate and up differ in rows; it says which
        TypeError    numbers mix, or an entry is not a number, or the weights are not three
    Laws
        swiglu(x, (G, a·U + V, D)) == a·swiglu(x, (G, U, D)) + swiglu(x, (G, V, D)), but for
        rounding
    Source
        N. Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202 (2020)

    >>> swiglu([2.0], GatedWeights(gate=[[50.0], [0.0]], up=[[3.0], [4.0]], down=[[1.0, 1.0]]))
    [600.0]
    >>> swiglu([2.0], GatedWeights([[1.0], [1.0]], [[1.0]], [[1.0, 1.0]]))
    Traceback (most recent call last):
    ValueError: the gate's rows and up's differ in length: 2 and 1
    """
    return _gated(silu, inputs, weights)


def geglu[T: Num](
    inputs: Vector[T], weights: GatedWeights[T], *, approximate: str = "none"
) -> list[T]:
    """The feed-forward unit whose hidden numbers are projections, gated by gelu of others.

    With approximate="tanh", the MLP of Gemma and of T5 1.1.

    Maths
        y = D·(gelu(G·x) ⊗ U·x)
    Shapes
        inputs n, weights (k×n, k×n, m×k)  →  m    n, k ≥ 1
    Settings
        approximate   gelu's: "none", or "tanh" as in Gemma
    Order
        That of `project`; then gelu, times the other.
    Errors
        those of `swiglu`, and of `gelu`
    Source
        N. Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202 (2020)

    >>> geglu([2.0], GatedWeights(gate=[[50.0], [0.0]], up=[[3.0], [4.0]], down=[[1.0, 1.0]]))
    [600.0]
    """
    return _gated(lambda x: gelu(x, approximate=approximate), inputs, weights)


def _gated(function: Callable[[Any], Any], inputs: Vector[Any], weights: Any) -> list[Any]:
    """down·(function(gate·x) ⊗ up·x)"""
    gate, up, down = parts_of(weights, "weights (gate, up, down)", 3)
    gates = [function(x) for x in named("gate", project, inputs, gate)]
    ups = named("up", project, inputs, up)
    hidden = zip_with(multiply, gates, ups, ("the gate's rows", "up's"))
    return named("down", project, hidden, down)
