"""Activation pullbacks: of functions of one number, by their slopes, and softmax, over a batch."""

from collections.abc import Callable, Sequence
from functools import partial
from math import erf, exp, log, nan, sumprod
from operator import mul
from typing import Any, Final

from funcnn.algebra import elementary
from funcnn.algebra.duals import TWO_OVER_ROOT_PI
from funcnn.algebra.scalars import divide
from funcnn.algebra.trees import Tree
from funcnn.blocks import activations as blocks
from funcnn.blocks.combinators import Elementwise, Layer
from funcnn.calculus.rules import elementwise_rule
from funcnn.fast import activations, floats
from funcnn.fast.activations import ROOT_TWO, ROOT_TWO_OVER_PI, kept, sigmoid, softmax, tanh
from funcnn.fast.batch_rules import Pulled, of_floats
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.rows import are_float_lists
from funcnn.fast.trees import at_float_lists

SLOPE_OF_ERF_AT_0: Final = float(TWO_OVER_ROOT_PI)

type Slope = Callable[..., float]
"""From x and y = f(x) to f′(x)."""


def _absolute(x: float, y: float) -> float:
    """sgn x"""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x + 0.0


def _leaky_relu(x: float, y: float, slope: Any = 0.01) -> float:
    return 1.0 if x > 0.0 else float(slope) + 0.0 * x


def _hardshrink(x: float, y: float, **settings: Any) -> float:
    return kept(x, **settings) + 0.0 * x


def _silu(x: float, y: float) -> float:
    """x·σ·(1 − σ) + σ"""
    gate = sigmoid(x)
    return x * (gate * (1.0 - gate)) + gate


def _gelu(x: float, y: float, approximate: str = "none") -> float:
    """x·h′ + h, where y = x·h and h = ½·(1 + erf) or ½·(1 + tanh)"""
    if approximate == "none":
        z = x / ROOT_TWO
        balance, slope = erf(z), _erf(z, 0.0) * (1.0 / ROOT_TWO)
    else:
        square = x * x
        balance = tanh(ROOT_TWO_OVER_PI * (x + 0.044715 * (square * x)))
        bent = 1.0 + 0.044715 * (square + 2.0 * x * x)
        slope = (1.0 - balance * balance) * (ROOT_TWO_OVER_PI * bent)
    return x * (0.5 * slope) + 0.5 * (1.0 + balance)


def _erf(x: float, y: float) -> float:
    """2/√π·exp(−x²)"""
    return exp(-(x * x)) * SLOPE_OF_ERF_AT_0


SLOPES: Final[dict[Callable[..., Any], Slope]] = {
    elementary.relu: lambda x, y: 1.0 if x > 0.0 else 0.0 if x <= 0.0 else nan,
    elementary.absolute: _absolute,
    elementary.exp: lambda x, y: y,
    elementary.log: lambda x, y: divide(1.0, x),
    elementary.sqrt: lambda x, y: divide(0.5, y),
    elementary.tanh: lambda x, y: 1.0 - y * y,
    elementary.sigmoid: lambda x, y: y * (1.0 - y),
    elementary.erf: _erf,
    elementary.sin: lambda x, y: elementary.cos(x),
    elementary.cos: lambda x, y: -elementary.sin(x),
    blocks.leaky_relu: _leaky_relu,
    blocks.hardshrink: _hardshrink,
    blocks.silu: _silu,
    blocks.gelu: _gelu,
}
"""The derivative, of floats, of a function of one number, bit for bit the one by duals
where nothing overflows."""


def elementwise(
    function: Callable[..., Any], xs: Sequence[Tree], weights: Any = (), **settings: Any
) -> Pulled:
    """The rule of `elementwise(function)`, for a function that has a slope, over a batch.

    >>> ys, pullback = elementwise(elementary.tanh, [[0.0, 1000.0]])
    >>> ys, pullback([[5.0, 5.0]]).inputs()
    ([[0.0, 1.0]], [[5.0, 0.0]])
    """
    ys = activations.elementwise(function, xs, **settings)
    slope = partial(SLOPES[function], **settings) if settings else SLOPES[function]

    def sent_back(x: Sequence[float], y: Sequence[float], y_bar: Sequence[float]) -> list[float]:
        return [*map(mul, y_bar, map(slope, x, y))]

    def by_definition(x: Tree, y: Tree, y_bar: Tree) -> Tree:
        return elementwise_rule(partial(function, **settings), x)[1](y_bar)[0]

    sent = partial(at_float_lists, sent_back, by_definition)
    return ys, lambda y_bars: Cotangents(
        lambda: [sent(*triple) for triple in zip(xs, ys, y_bars, strict=True)], ()
    )


def _relu(xs: Sequence[Tree], weights: Any = ()) -> Pulled:
    ys = floats.relu(xs)
    return ys, lambda y_bars: Cotangents(lambda: floats.relu_pullback(ys, y_bars), ())


def _softmax(xs: Sequence[Any], weights: Any = ()) -> Pulled | None:
    """x̄ᵢ = yᵢ·(ȳᵢ − Σⱼ ȳⱼ·yⱼ)"""
    if not are_float_lists(xs) or not all(xs):
        return None
    ys = [*map(softmax, xs)]

    def sent_back(y: list[float], y_bar: list[float]) -> list[float]:
        mean = sumprod(y, y_bar)
        return [number * (bar - mean) for number, bar in zip(y, y_bar, strict=True)]

    return ys, lambda y_bars: Cotangents(lambda: [*map(sent_back, ys, y_bars)], ())


def _log_softmax(xs: Sequence[Any], weights: Any = ()) -> Pulled | None:
    """x̄ᵢ = ȳᵢ − exp(yᵢ)·Σⱼ ȳⱼ"""
    if not are_float_lists(xs) or not all(xs):
        return None
    ys = [*map(log_softmax, xs)]

    def sent_back(y: list[float], y_bar: list[float]) -> list[float]:
        whole = sum(y_bar)
        return [bar - exp(number) * whole for number, bar in zip(y, y_bar, strict=True)]

    return ys, lambda y_bars: Cotangents(lambda: [*map(sent_back, ys, y_bars)], ())


def log_softmax(scores: list[float]) -> list[float]:
    """Blocks' `log_softmax` of floats.

    >>> log_softmax([0.0, 1000.0])
    [-1000.0, 0.0]
    """
    largest = max(scores)
    shifted = [score - largest for score in scores]
    log_whole = log(sum(map(exp, shifted)))
    return [score - log_whole for score in shifted]


RULES: Final[dict[Primitive, BatchRule]] = {
    **{(Elementwise, function): partial(elementwise, function) for function in SLOPES},
    (Elementwise, elementary.relu): _relu,
    (Layer, blocks.softmax): of_floats(blocks.softmax, _softmax),
    (Layer, blocks.log_softmax): of_floats(blocks.log_softmax, _log_softmax),
}
