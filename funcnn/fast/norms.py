"""Norms: those of a batch of floats, sums by math.sumprod, all else as it is defined."""

from collections.abc import Sequence
from math import sumprod
from typing import Any

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import pair_of
from funcnn.algebra.scalars import Constant, lift
from funcnn.algebra.vectors import Vector
from funcnn.blocks import norms
from funcnn.blocks.norms import BatchNormWeights, NormWeights, reciprocal_root
from funcnn.fast.arrays import array_of, channels, parts
from funcnn.fast.rows import kind_and_lengths, kind_of


def layer_norm(
    xs: Sequence[Any], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> list[Any]:
    """Each of a batch, normed: blocks' `layer_norm` of each.

    >>> layer_norm([[1.0, 3.0], [5.0, 1.0]], NormWeights([1.0, 10.0], [0.0, 5.0]), epsilon=0)
    [[-1.0, 15.0], [1.0, -5.0]]
    """
    scale, bias = pair_of(weights, "weights (scale, bias)")
    if kind_of(xs, [scale, bias]) is not float:
        return [norms.layer_norm(x, weights, epsilon=epsilon) for x in xs]
    ones = [1.0] * len(scale)

    def normed(x: Vector[float]) -> list[float]:
        mean = sumprod(x, ones) / len(x)
        deviations = [number - mean for number in x]
        inverse = reciprocal_root(sumprod(deviations, deviations) / len(x), epsilon)
        triples = zip(deviations, scale, bias, strict=True)
        return [deviation * inverse * s + b for deviation, s, b in triples]

    return [*map(normed, xs)]


def rms_norm(
    xs: Sequence[Any], weights: Sequence[Any] = (), *, epsilon: Constant = 1e-5
) -> list[Any]:
    """Each of a batch by its root mean square: blocks' `rms_norm` of each.

    >>> rms_norm([[2.0, -2.0], [0.0, 0.0]], [5.0, 10.0], epsilon=0)
    [[5.0, -10.0], [nan, nan]]
    """
    scales = [] if isinstance(weights, tuple) and not weights else [weights]
    if kind_of(xs, scales) is not float:
        return [norms.rms_norm(x, weights, epsilon=epsilon) for x in xs]

    def normed(x: Vector[float]) -> list[float]:
        inverse = reciprocal_root(sumprod(x, x) / len(x), epsilon)
        normal = [number * inverse for number in x]
        return [y * s for y, s in zip(normal, weights, strict=True)] if scales else normal

    return [*map(normed, xs)]


def batch_norm(
    xs: Sequence[Any], weights: BatchNormWeights[Any], *, epsilon: Constant = 1e-5
) -> list[Any]:
    """Each of a batch of vectors or images, normed: blocks' `batch_norm` of each.

    >>> weights = BatchNormWeights([1.0, 10.0], [0.0, 5.0], [1.0, 2.0], [4.0, 1.0])
    >>> batch_norm([[3.0, 2.0], [-1.0, 3.0]], weights, epsilon=0)
    [[1.0, 5.0], [-1.0, 15.0]]
    """
    kind, lengths = kind_and_lengths(xs)
    if kind is float and _are_floats(weights, (4, *lengths[1:2])):
        *others, variances = weights
        roots = [sqrt(variance + lift(epsilon, variance)) for variance in variances]
        if 0.0 not in roots:
            each = _each_number if len(lengths) == 2 else _each_channel
            return [each(x, *others, roots) for x in xs]
    return [norms.batch_norm(x, weights, epsilon=epsilon) for x in xs]


def batch_norm_training(
    xs: Sequence[Any], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> list[Any]:
    """Each of several batches, normed: blocks' `batch_norm_training` of each.

    >>> batch_norm_training([[[1.0], [3.0]]], NormWeights([2.0], [5.0]), epsilon=0)
    [[[3.0], [7.0]]]
    """
    array = array_of(xs)
    lengths = array.lengths if array and array.kind is float else ()
    if not array or len(lengths) < 3 or not _are_floats(weights, (2, lengths[2])):
        return [norms.batch_norm_training(x, weights, epsilon=epsilon) for x in xs]
    moments = [zip(*map(_moments, channels(part)), strict=True) for part in parts(array)]
    seen = [BatchNormWeights(*weights, *map(list, pair)) for pair in moments]
    return [batch_norm(x, own, epsilon=epsilon) for x, own in zip(xs, seen, strict=True)]


def _moments(numbers: Sequence[float]) -> tuple[float, float]:
    mean = sumprod(numbers, [1.0] * len(numbers)) / len(numbers)
    deviations = [number - mean for number in numbers]
    return mean, sumprod(deviations, deviations) / len(numbers)


def _are_floats(weights: Any, lengths: tuple[int, ...]) -> bool:
    parts = [*weights] if isinstance(weights, tuple) else weights
    return kind_and_lengths(parts) == (float, lengths)


def _each_number(*parts: Sequence[float]) -> list[float]:
    return [s * (x - m) / root + b for x, s, b, m, root in zip(*parts, strict=True)]


def _each_channel(*parts: Sequence[Any]) -> list[Any]:
    return [_normed(*part) for part in zip(*parts, strict=True)]


def _normed(channel: Sequence[Any], s: float, b: float, m: float, root: float) -> list[Any]:
    if isinstance(channel[0], float):
        return [s * (x - m) / root + b for x in channel]
    return [_normed(x, s, b, m, root) for x in channel]
