"""Activations over a batch of floats: their instances at once, not looked up for each number."""

from collections.abc import Callable, Sequence
from functools import partial
from math import erf, exp, sqrt
from typing import Any, Final

from funcnn.algebra import elementary
from funcnn.algebra.folds import bool_of
from funcnn.algebra.scalars import Constant, lift
from funcnn.algebra.trees import Tree, tree_map
from funcnn.blocks import activations

ROOT_TWO: Final = sqrt(2.0)
ROOT_TWO_OVER_PI: Final = float(activations.ROOT_TWO_OVER_PI)

sigmoid: Final[Callable[[float], float]] = elementary.sigmoid.dispatch(float)
tanh: Final[Callable[[float], float]] = elementary.tanh.dispatch(float)
greater: Final[Callable[[float, float], float]] = elementary.greater_instance.dispatch(float)


def silu(x: float) -> float:
    """Blocks' `silu` of a float.

    >>> silu(0.0), silu(100.0)
    (0.0, 100.0)
    """
    return x * sigmoid(x)


def gelu(x: float) -> float:
    """Blocks' `gelu` of a float.

    >>> gelu(0.0), gelu(100.0)
    (0.0, 100.0)
    """
    return x * (0.5 * (1.0 + erf(x / ROOT_TWO)))


def gelu_by_tanh(x: float) -> float:
    """Blocks' `gelu` of a float, where approximate is "tanh".

    >>> gelu_by_tanh(0.0), gelu_by_tanh(100.0)
    (0.0, 100.0)
    """
    return x * (0.5 * (1.0 + tanh(ROOT_TWO_OVER_PI * (x + 0.044715 * (x * x * x)))))


def hardshrink(x: float, *, threshold: Constant = 0.5, inclusive: bool = False) -> float:
    """Blocks' `hardshrink` of a float.

    >>> hardshrink(0.75), hardshrink(-0.25), hardshrink(0.5), hardshrink(0.5, inclusive=True)
    (0.75, -0.0, 0.0, 0.5)
    """
    return kept(x, threshold, inclusive) * x


def kept(x: float, threshold: Constant = 0.5, inclusive: bool = False) -> float:
    """Which share of a float blocks' `hardshrink` keeps: all or nothing.

    >>> kept(0.75), kept(-0.25)
    (1.0, 0.0)
    """
    size, limit = abs(x), lift(threshold, x)
    if bool_of(inclusive, "inclusive"):
        return 1.0 - greater(limit, size)
    return greater(size, limit)


def softmax(scores: list[float]) -> list[float]:
    """Blocks' `softmax` of floats; of ∞ or NaN the whole is NaN, and so is each share.

    >>> softmax([0.0, 0.0, 1000.0])
    [0.0, 0.0, 1.0]
    """
    largest = max(scores)
    powers = [exp(score - largest) for score in scores]
    whole = sum(powers)
    return [power / whole for power in powers]


INSTANCES: Final[dict[tuple[Callable[..., Any], tuple[Any, ...]], Callable[[float], float]]] = {
    **{
        (function, ()): function.dispatch(float)
        for function in (
            elementary.relu,
            elementary.absolute,
            elementary.sqrt,
            *elementary.TRANSCENDENTAL,
        )
    },
    (activations.hardshrink, ()): hardshrink,
    (activations.silu, ()): silu,
    (activations.gelu, ()): gelu,
    (activations.gelu, (("approximate", "none"),)): gelu,
    (activations.gelu, (("approximate", "tanh"),)): gelu_by_tanh,
}
"""Of a function and its settings, what it is of floats, bit for bit."""

WITH_SETTINGS: Final[dict[Callable[..., Any], Callable[..., float]]] = {
    activations.hardshrink: hardshrink
}
"""Of a function, what it is of floats with any settings, bit for bit."""


def elementwise(
    function: Callable[..., Any], xs: Sequence[Tree], weights: Any = (), **settings: Any
) -> list[Tree]:
    """A function of one number on all numbers of each of a batch: `elementwise(function)` of each.

    >>> elementwise(elementary.tanh, [[0.0, 1000.0], [[0.0]]])
    [[0.0, 1.0], [[0.0]]]
    """
    definition = partial(function, **settings)
    with_settings = partial(WITH_SETTINGS.get(function, function), **settings)
    instance = INSTANCES.get((function, tuple(sorted(settings.items()))), with_settings)
    return [_mapped(instance, definition, x) for x in xs]


def _mapped(
    instance: Callable[[float], float], definition: Callable[[Any], Any], tree: Tree
) -> Tree:
    if type(tree) is not list:
        return tree_map(definition, tree)
    if {*map(type, tree)} == {float}:
        return [*map(instance, tree)]
    return [_mapped(instance, definition, branch) for branch in tree]
