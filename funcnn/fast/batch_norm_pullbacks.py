"""Batch norm pullbacks: those of a batch, by fixed moments."""

from collections.abc import Sequence
from itertools import chain, cycle
from math import sumprod
from typing import Any, Final

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.scalars import Constant, lift
from funcnn.blocks.combinators import Layer
from funcnn.blocks.norms import BatchNormWeights, batch_norm
from funcnn.fast import norms
from funcnn.fast.array_rules import Outputs, of_arrays
from funcnn.fast.arrays import Array, array_of_lists, channels, in_lists, planes
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents


def _batch_norm(xs: Any, weights: Any, *, epsilon: Constant = 1e-5) -> Outputs | None:
    """x̄ = ȳ·s/r, for r = √(v + ε)"""
    x = array_of_lists(xs)
    w = array_of_lists([*weights]) if type(weights) is BatchNormWeights else None
    if not x or not w or x.kind is not float or w[:2] != (float, (4, *x.lengths[1:2])):
        return None
    scales, _, means, variances = weights
    roots = [sqrt(variance + lift(epsilon, variance)) for variance in variances]
    if not all(root > 0.0 for root in roots):
        return None

    def back(y: Array) -> Cotangents:
        slopes = [scale / root for scale, root in zip(scales, roots, strict=True)]
        rows = [[bar * slope for bar in plane] for plane, slope in zip(planes(y), cycle(slopes))]
        parts = zip(scales, means, roots, channels(x), channels(y), strict=True)
        columns = zip(*(_channel_back(*part) for part in parts), strict=True)
        w_bar = BatchNormWeights(*map(list, columns))
        return Cotangents(lambda: in_lists(chain.from_iterable(rows), x.lengths), w_bar)

    return Outputs(norms.batch_norm(xs, weights, epsilon=epsilon), float, x.lengths, back)


def _channel_back(
    s: float, m: float, r: float, numbers: Sequence[float], bars: Sequence[float]
) -> tuple[float, float, float, float]:
    """s̄ = Σ ȳ·(x − m)/r,  b̄ = Σ ȳ,  m̄ = −b̄·s/r,  v̄ = −s̄·s/(2·r²)"""
    s_bar, b_bar = sumprod(bars, [x - m for x in numbers]) / r, sum(bars)
    return s_bar, b_bar, -b_bar * s / r, -s_bar * s / (2.0 * r * r)


RULES: Final[dict[Primitive, BatchRule]] = {(Layer, batch_norm): of_arrays(batch_norm, _batch_norm)}
