"""Cases of norms: of vectors and images, with each epsilon that there is."""

from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from funcnn.blocks.norms import (
    BatchNormWeights,
    Moments,
    NormWeights,
    batch_norm,
    batch_norm_training,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
    running_statistics,
)


def epsilon(draw: Random) -> dict[str, Any]:
    return draw.choice([{}, {"epsilon": 2**-10}, {"epsilon": 0.5}])


def lengths(draw: Random, least: int, most: int) -> list[int]:
    return [draw.randint(1, 4) for _ in range(draw.randint(least, most))]


def scaled(draw: Random, *shape: int) -> NormWeights[Any]:
    return NormWeights(tensor(draw, *shape), tensor(draw, *shape))


def layer_normed(draw: Random) -> Case:
    shape = lengths(draw, 1, 3)
    return Case(layer_norm, epsilon(draw), tensor(draw, *shape), scaled(draw, *shape))


def rms_normed(draw: Random) -> Case:
    """By a scale that is a list or a tuple: only an empty tuple is none."""
    shape, kind = lengths(draw, 1, 2), draw.choice([list, tuple])
    return Case(rms_norm, epsilon(draw), tensor(draw, *shape), kind(tensor(draw, *shape)))


def rms_normed_alone(draw: Random) -> Case:
    return rms_normed(draw)._replace(weights=())


def batch_normed(draw: Random) -> Case:
    channels, *places = lengths(draw, 1, 3)
    seen = tensor(draw, channels), tensor(draw, channels, low=1)
    weights = BatchNormWeights(*scaled(draw, channels), *seen)
    return Case(batch_norm, epsilon(draw), tensor(draw, channels, *places), weights)


def group_normed(draw: Random) -> Case:
    groups, size = draw.randint(1, 3), draw.randint(1, 2)
    inputs = tensor(draw, groups * size, *lengths(draw, 0, 2))
    settings = {"groups": groups, **epsilon(draw)}
    return Case(group_norm, settings, inputs, scaled(draw, groups * size))


def instance_normed(draw: Random) -> Case:
    channels, *places = lengths(draw, 2, 3)
    inputs = tensor(draw, channels, *places)
    return Case(instance_norm, epsilon(draw), inputs, scaled(draw, channels))


def batch_normed_in_training(draw: Random) -> Case:
    batch, channels, *places = lengths(draw, 2, 4)
    inputs = tensor(draw, batch, channels, *places)
    return Case(batch_norm_training, epsilon(draw), inputs, scaled(draw, channels))


def running(draw: Random) -> Case:
    channels, *places = lengths(draw, 1, 3)
    unbiased = draw.random() < 0.5
    settings = {"unbiased": unbiased, "momentum": draw.choice([0, 1, 0.25, 0.5])}
    inputs = tensor(draw, draw.randint(1 + unbiased, 3), channels, *places)
    weights = Moments(tensor(draw, channels), tensor(draw, channels, low=0))
    return Case(running_statistics, settings, inputs, weights)


CASES: Cases = {
    "layer_norm": layer_normed,
    "rms_norm": rms_normed,
    "rms_norm without a scale": rms_normed_alone,
    "batch_norm": batch_normed,
    "group_norm": group_normed,
    "instance_norm": instance_normed,
    "batch_norm_training": batch_normed_in_training,
    "running_statistics": running,
}
