"""Norm mutants: wrong means, variances and roots."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import zip_with
from funcnn.algebra.formats import bfloat16
from funcnn.algebra.scalars import add, divide, lift, multiply, total
from funcnn.algebra.vectors import Vector
from funcnn.blocks.norms import (
    BatchNormWeights,
    NormWeights,
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    moments,
    reciprocal_root,
    rms_norm,
)
from funcnn.laws.mutations import Mutant, narrowed, reading, setting, zero
from funcnn.laws.values import WITHIN

EPSILON: Final = 1e-5


def _normed(inverse: Callable[[Any, int, Any], Any]) -> Callable[..., Any]:
    """layer_norm, by what takes the place of 1/√(v + ε), of v and how many numbers there are"""

    def wrong(x: Vector[Any], weights: Any, *, epsilon: Any = EPSILON) -> Any:
        middle, variance = moments(x)
        factor = inverse(variance, len(x), epsilon)
        return _moved([(one - middle) * factor for one in x], weights)

    return wrong


def _moved(normal: Vector[Any], weights: Any) -> Any:
    scale, bias = weights
    return zip_with(add, zip_with(multiply, normal, scale), bias)


def _by_all_but_one(variance: Any, count: int, epsilon: Any) -> Any:
    return reciprocal_root(variance * lift(Fraction(count, max(count - 1, 1)), variance), epsilon)


def _root_plus_epsilon(variance: Any, count: int, epsilon: Any) -> Any:
    return divide(lift(1, variance), sqrt(variance) + lift(epsilon, variance))


def _by_the_variance(variance: Any, count: int, epsilon: Any) -> Any:
    return divide(lift(1, variance), variance + lift(epsilon, variance))


def _in_bfloat16(variance: Any, count: int, epsilon: Any) -> Any:
    return narrowed(reciprocal_root(variance, epsilon), bfloat16)


def _scaled_before(x: Vector[Any], weights: Any, **settings: Any) -> Any:
    scaled = zip_with(multiply, x, weights[0])
    return layer_norm(scaled, NormWeights([lift(1, one) for one in x], weights[1]), **settings)


def _not_centered(x: Vector[Any], weights: Any, **settings: Any) -> Any:
    return zip_with(add, rms_norm(x, weights[0], **settings), weights[1])


def _square(x: Vector[Any]) -> Any:
    return total(zip_with(multiply, x, x))


def _by_the_sum(x: Vector[Any], scale: Any = (), *, epsilon: Any = EPSILON) -> Any:
    return _scaled([one * reciprocal_root(_square(x), epsilon) for one in x], scale)


def _root_plus(x: Vector[Any], scale: Any = (), *, epsilon: Any = EPSILON) -> Any:
    square = _square(x)
    inverse = _root_plus_epsilon(divide(square, lift(len(x), square)), len(x), epsilon)
    return _scaled([one * inverse for one in x], scale)


def _scaled(normal: Vector[Any], scale: Any) -> Any:
    return zip_with(multiply, normal, scale) if scale else normal


def _centered(x: Vector[Any], scale: Any = (), **settings: Any) -> Any:
    middle = moments(x).mean
    return rms_norm([one - middle for one in x], scale, **settings)


def _scaled_by_one_more(x: Vector[Any], scale: Any = (), **settings: Any) -> Any:
    return rms_norm(x, [s + 1 for s in scale] if scale else (), **settings)


def _of_statistics(change: Callable[[Any, Any, Any, Any], tuple[Any, Any, Any, Any]]) -> Any:
    """batch_norm, with its weights changed"""
    return lambda x, weights: batch_norm(x, BatchNormWeights(*change(*weights)))


def _dealt(x: Any, weights: Any, *, groups: int) -> Any:
    """each channel to another group than the one before"""
    size = len(x) // groups
    order = [place for first in range(groups) for place in range(first, len(x), groups)]
    parts = ([part[place] for place in order] for part in (x, *weights))
    normed = group_norm(next(parts), NormWeights(*parts), groups=groups)
    return [normed[at % groups * size + at // groups] for at in range(len(x))]


def _mutant(function: str, name: str, wrong: Any) -> Mutant:
    return Mutant(function, name, wrong, WITHIN.name)


MUTANTS: Final = (
    _mutant("layer_norm", "ε forgotten", setting(layer_norm, epsilon=0)),
    _mutant("layer_norm", "ε of 1e-5 whatever is asked", setting(layer_norm, epsilon=1e-5)),
    _mutant("layer_norm", "ε of 1e-6", setting(layer_norm, epsilon=1e-6)),
    _mutant("layer_norm", "ε added to the root", _normed(_root_plus_epsilon)),
    _mutant("layer_norm", "the variance by n − 1", _normed(_by_all_but_one)),
    _mutant("layer_norm", "divided by the variance", _normed(_by_the_variance)),
    _mutant("layer_norm", "the root's reciprocal in bfloat16", _normed(_in_bfloat16)),
    _mutant("layer_norm", "mean not subtracted", _not_centered),
    _mutant("layer_norm", "scaled before it is normed", _scaled_before),
    _mutant(
        "layer_norm",
        "bias forgotten",
        lambda x, w, **settings: layer_norm(x, NormWeights(w[0], [*map(zero, w[1])]), **settings),
    ),
    Mutant("layer_norm", "inputs in bfloat16", reading(bfloat16, layer_norm), WITHIN.name),
    _mutant("rms_norm", "ε of 1e-5 whatever is asked", setting(rms_norm, epsilon=1e-5)),
    _mutant("rms_norm", "ε forgotten", setting(rms_norm, epsilon=0)),
    _mutant("rms_norm", "ε added to the root", _root_plus),
    _mutant("rms_norm", "the sum in place of the mean", _by_the_sum),
    _mutant("rms_norm", "mean subtracted", _centered),
    _mutant("rms_norm", "scaled by one more", _scaled_by_one_more),
    _mutant("batch_norm", "ε forgotten", setting(batch_norm, epsilon=0)),
    _mutant(
        "batch_norm",
        "divided by the variance",
        _of_statistics(lambda s, b, m, v: (s, b, m, [x * x for x in v])),
    ),
    _mutant(
        "batch_norm",
        "mean forgotten",
        _of_statistics(lambda s, b, m, v: (s, b, [*map(zero, m)], v)),
    ),
    _mutant(
        "batch_norm", "scale and bias exchanged", _of_statistics(lambda s, b, m, v: (b, s, m, v))
    ),
    _mutant(
        "batch_norm",
        "the variance of the channel before",
        _of_statistics(lambda s, b, m, v: (s, b, m, [v[-1], *v[:-1]])),
    ),
    _mutant("group_norm", "each channel alone", lambda x, w, *, groups: instance_norm(x, w)),
    _mutant("group_norm", "all channels together", setting(group_norm, groups=1)),
    _mutant("group_norm", "a channel to each group in turn", _dealt),
    _mutant("instance_norm", "all channels together", lambda x, w: group_norm(x, w, groups=1)),
    _mutant("instance_norm", "ε of 1e-3", setting(instance_norm, epsilon=1e-3)),
)
"""All of them."""
