"""Norm pullbacks: those of vectors of floats over a batch, sums by math.sumprod."""

from collections.abc import Sequence
from math import inf, sqrt, sumprod
from operator import mul
from typing import Any, Final

from funcnn.algebra.folds import pair_of
from funcnn.algebra.scalars import Constant, lift
from funcnn.algebra.vectors import Vector
from funcnn.blocks import norms
from funcnn.blocks.combinators import Layer
from funcnn.blocks.norms import NormWeights
from funcnn.fast.array_rules import Outputs, of_arrays
from funcnn.fast.arrays import Array, array_of_lists, channels, images_of, parts
from funcnn.fast.batch_rules import Pulled, of_floats
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.linear_pullbacks import column_products, column_sums
from funcnn.fast.rows import kind_of


def _layer_norm(
    xs: Sequence[Any], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> Pulled | None:
    """as for rms_norm, but that x and ȳ·s lose their means;  b̄ = Σ ȳ"""
    scale, bias = pair_of(weights, "weights (scale, bias)")
    if kind_of(xs, [scale, bias]) is not float:
        return None
    normals, inverses = _normalized([*map(_centered, xs)], epsilon)
    ys = [[x * s + b for x, s, b in zip(normal, scale, bias, strict=True)] for normal in normals]

    def back(y_bars: list[Any]) -> Cotangents:
        scaled = [_centered([*map(mul, bar, scale)]) for bar in y_bars]
        return Cotangents(
            lambda: [*map(_across, scaled, normals, inverses)],
            NormWeights(column_products(y_bars, normals), column_sums(y_bars)),
        )

    return ys, back


def _rms_norm(
    xs: Sequence[Any], weights: Sequence[Any] = (), *, epsilon: Constant = 1e-5
) -> Pulled | None:
    """x̄ = r·(h − x̂·mean(h·x̂)) for h = ȳ·s,  s̄ = Σ ȳ·x̂; h = ȳ if there is no scale"""
    plain = isinstance(weights, tuple) and not weights
    if kind_of(xs, [] if plain else [weights]) is not float:
        return None
    normals, inverses = _normalized(xs, epsilon)

    def scaled(rows: Sequence[Any]) -> Sequence[Any]:
        return rows if plain else [[*map(mul, row, weights)] for row in rows]

    def back(y_bars: list[Any]) -> Cotangents:
        return Cotangents(
            lambda: [*map(_across, scaled(y_bars), normals, inverses)],
            () if plain else column_products(y_bars, normals),
        )

    return [*scaled(normals)], back


def _batch_norm_training(
    xs: Sequence[Any], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> Outputs | None:
    """as for layer_norm, but of a channel in all of a batch, with one scale and one bias for it"""
    x = array_of_lists(xs)
    w = array_of_lists([*weights]) if type(weights) is NormWeights else None
    if not x or not w or x.kind is not float or len(x.lengths) < 3:
        return None
    if w[:2] != (float, (2, x.lengths[2])):
        return None
    (scale, bias), lengths = weights, x.lengths[1:]
    pairs = [_normalized([*map(_centered, channels(part))], epsilon) for part in parts(x)]

    def moved(normals: Sequence[Any], _: Any) -> list[Any]:
        triples = zip(normals, scale, bias, strict=True)
        return images_of([[s * x + b for x in normal] for normal, s, b in triples], lengths)

    def sent_back(y_bars: Sequence[Any], normals: Sequence[Any], inverses: Any) -> list[Any]:
        scaled = [[s * y for y in bar] for bar, s in zip(y_bars, scale, strict=True)]
        return images_of(map(_across, map(_centered, scaled), normals, inverses), lengths)

    def back(y: Array) -> Cotangents:
        triples = [(channels(bars), *pair) for bars, pair in zip(parts(y), pairs, strict=True)]
        along = [[*map(sumprod, bars, normals)] for bars, normals, _ in triples]
        sums = [[*map(sum, bars)] for bars, _, _ in triples]
        weights_bar = NormWeights(column_sums(along), column_sums(sums))
        return Cotangents(lambda: [sent_back(*triple) for triple in triples], weights_bar)

    return Outputs([moved(*pair) for pair in pairs], float, x.lengths, back)


def _normalized(xs: Sequence[Any], epsilon: Constant) -> tuple[list[list[float]], list[float]]:
    """x̂ = r·x, and r"""
    added = lift(epsilon, 0.0)
    roots = [sqrt(sumprod(x, x) / len(x) + added) for x in xs]
    inverses = [1.0 / root if root else inf for root in roots]
    return [[number * r for number in x] for x, r in zip(xs, inverses, strict=True)], inverses


def _centered(x: Vector[float]) -> list[float]:
    mean = sumprod(x, [1.0] * len(x)) / len(x)
    return [number - mean for number in x]


def _across(bar: Vector[float], normal: Vector[float], inverse: float) -> list[float]:
    """r·(h − x̂·mean(h·x̂))"""
    along = sumprod(bar, normal) / len(bar)
    return [inverse * (h - x * along) for h, x in zip(bar, normal, strict=True)]


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, norms.layer_norm): of_floats(norms.layer_norm, _layer_norm),
    (Layer, norms.batch_norm_training): of_arrays(norms.batch_norm_training, _batch_norm_training),
    (Layer, norms.rms_norm): of_floats(norms.rms_norm, _rms_norm),
}
