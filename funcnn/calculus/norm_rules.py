"""Norm rules: their pullbacks in closed form. Those of the other norms are traced."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import Constant, multiply, subtract
from funcnn.algebra.vectors import Vector, shape
from funcnn.blocks.layouts import flatten, reshape
from funcnn.blocks.norms import (
    NormWeights,
    layer_norm,
    mean,
    moments,
    reciprocal_root,
    rms_norm,
)
from funcnn.calculus.tracing import Pullback, Rule, fitting


def _layer_norm(
    inputs: Sequence[Any], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> tuple[Any, Pullback]:
    """x̄ = r·(h − x̂·mean(h·x̂)) for h = ȳ·s − mean(ȳ·s),  s̄ = ȳ·x̂,  b̄ = ȳ"""
    outputs, (scale, _) = layer_norm(inputs, weights, epsilon=epsilon), weights
    middle, variance = moments(flatten(inputs))
    inverse = reciprocal_root(variance, epsilon)
    normal = [multiply(subtract(x, middle), inverse) for x in flatten(inputs)]

    def back(y_bar: Any) -> tuple[Any, Any]:
        y_bar = fitting(outputs, y_bar)
        bars = zip_with(multiply, flatten(y_bar), flatten(scale))
        whole = mean(bars)
        x_bar = _scaled_back([subtract(bar, whole) for bar in bars], normal, inverse)
        s_bar = zip_with(multiply, flatten(y_bar), normal)
        return _like(inputs, x_bar), NormWeights(_like(inputs, s_bar), y_bar)

    return outputs, back


def _rms_norm(
    inputs: Sequence[Any], weights: Sequence[Any] = (), *, epsilon: Constant = 1e-5
) -> tuple[Any, Pullback]:
    """x̄ = r·(h − x̂·mean(h·x̂)) for h = ȳ·s,  s̄ = ȳ·x̂; h = ȳ if there is no scale"""
    outputs, numbers = rms_norm(inputs, weights, epsilon=epsilon), flatten(inputs)
    inverse = reciprocal_root(mean(zip_with(multiply, numbers, numbers)), epsilon)
    normal = [multiply(x, inverse) for x in numbers]

    def back(y_bar: Any) -> tuple[Any, Any]:
        y_bar = fitting(outputs, y_bar)
        if isinstance(weights, tuple) and not weights:
            return _like(inputs, _scaled_back(flatten(y_bar), normal, inverse)), ()
        bars = zip_with(multiply, flatten(y_bar), flatten(weights))
        s_bar = zip_with(multiply, flatten(y_bar), normal)
        return _like(inputs, _scaled_back(bars, normal, inverse)), _like(inputs, s_bar)

    return outputs, back


def _scaled_back(bars: Vector[Any], normal: Vector[Any], inverse: Any) -> list[Any]:
    """r·(h − x̂·mean(h·x̂)): what of h is across x̂, but for ε"""
    along = mean(zip_with(multiply, bars, normal))
    pairs = zip(bars, normal, strict=True)
    return [multiply(inverse, subtract(bar, multiply(x, along))) for bar, x in pairs]


def _like(inputs: Sequence[Any], numbers: list[Any]) -> list[Any]:
    return reshape(numbers, shape=shape(inputs))


RULES: Final[dict[Callable[..., Any], Rule]] = {layer_norm: _layer_norm, rms_norm: _rms_norm}
