"""Norm pullbacks: those of vectors of floats over a batch, sums by math.sumprod."""

from collections.abc import Sequence
from itertools import batched
from math import inf, prod, sqrt, sumprod
from operator import mul
from typing import Any, Final

from funcnn.algebra.folds import pair_of
from funcnn.algebra.scalars import Constant, lift
from funcnn.algebra.vectors import Vector
from funcnn.blocks import norms
from funcnn.blocks.combinators import Layer
from funcnn.blocks.norms import NormWeights
from funcnn.fast.array_rules import Outputs, of_arrays
from funcnn.fast.arrays import Array, array_of, channels, images_of
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
    x, scale, bias = array_of(xs), *pair_of(weights, "weights (scale, bias)")
    fits = x and x.kind is float and len(x.lengths) > 2 and x.lengths[2] == len(scale) == len(bias)
    if not x or not fits or kind_of([scale, bias]) is not float:
        return None
    lengths, seen = x.lengths[1:], _in_batches(x)
    pairs = [_normalized([*map(_centered, columns)], epsilon) for columns in seen]

    def moved(normals: Sequence[Vector[float]]) -> list[list[float]]:
        triples = zip(normals, scale, bias, strict=True)
        return [[s * number + b for number in normal] for normal, s, b in triples]

    def back(y: Array) -> Cotangents:
        bars = _in_batches(y)

        def x_bar(columns: Sequence[Any], normals: Sequence[Any], inverses: Sequence[Any]) -> Any:
            scaled = [
                _centered([s * b for b in bar]) for bar, s in zip(columns, scale, strict=True)
            ]
            return images_of(map(_across, scaled, normals, inverses), lengths)

        along = [
            [*map(sumprod, bar, normals)] for bar, (normals, _) in zip(bars, pairs, strict=True)
        ]
        return Cotangents(
            lambda: [x_bar(bar, *pair) for bar, pair in zip(bars, pairs, strict=True)],
            NormWeights(column_sums(along), column_sums([[*map(sum, bar)] for bar in bars])),
        )

    return Outputs([images_of(moved(n), lengths) for n, _ in pairs], float, x.lengths, back)


def _in_batches(x: Array) -> list[list[list[float]]]:
    """of each batch, the numbers of each channel"""
    parts = batched(x.numbers, prod(x.lengths[1:]))
    return [channels(Array(x.kind, x.lengths[1:], [*part])) for part in parts]


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
