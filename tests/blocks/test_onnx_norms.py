"""Norms are ONNX's: its results lie within the bounds of the definitions."""

from fractions import Fraction
from random import Random
from typing import Any

import onnx
from hypothesis import given, settings
from hypothesis import strategies as st

from block_cases import Case
from funcnn import add, divide, each, layer, lift, multiply, sqrt, subtract, surd, tree_map
from funcnn.blocks.layouts import flatten
from funcnn.blocks.norms import (
    BatchNormWeights,
    Moments,
    NormWeights,
    batch_norm,
    batch_norm_training,
    group_norm,
    instance_norm,
    layer_norm,
    mean,
    moments,
    reciprocal_root,
    rms_norm,
    running_statistics,
)
from onnx_operators import admitted, onnx_outputs
from strategies import vectors

EPSILON = 2.0**-10
eighths = st.integers(-16, 16).map(lambda n: surd(Fraction(n, 8)))


def numbers(draw: Random, *lengths: int) -> Any:
    if not lengths:
        return draw.gauss(0.5, 2.0)
    return [numbers(draw, *lengths[1:]) for _ in range(lengths[0])]


def mapped(definition: Any, axes: int) -> Any:
    """Over so many leading axes."""
    network: Any = definition
    for _ in range(axes):
        network = each(network)
    return network


def lengths(draw: Random, least: int, most: int) -> list[int]:
    return [draw.randint(1, 3) for _ in range(draw.randint(least, most))]


def test_layer_normalization_is_onnx_s() -> None:
    for seed in range(200):
        draw = Random(seed)
        shape = lengths(draw, 1, 4)
        axis = draw.randrange(len(shape))
        x, scale, bias = (numbers(draw, *part) for part in (shape, shape[axis:], shape[axis:]))
        given: dict[str, Any] = {"X": x, "Scale": scale, "B": bias}
        if draw.random() < 0.2:
            given["B"], bias = None, tree_map(lambda _: 0.0, bias)
        expected = onnx_outputs(
            "LayerNormalization",
            given,
            axis=draw.choice([axis, axis - len(shape)]),
            epsilon=EPSILON,
        )
        network = mapped(layer(layer_norm, epsilon=EPSILON), axis)
        assert admitted(Case(network, {}, x, NormWeights(scale, bias)), expected[0]), seed


def test_the_moments_of_a_layer_normalization_are_onnx_s() -> None:
    for seed in range(200):
        draw = Random(seed)
        x = numbers(draw, draw.randint(1, 3), draw.randint(1, 6))
        scale = [1.0] * len(x[0])
        names = "Y", "Mean", "InvStdDev"
        _, means, inverses = onnx_outputs(
            "LayerNormalization", {"X": x, "Scale": scale}, names, epsilon=EPSILON
        )

        def definition(inputs: Any, weights: Any) -> Any:
            middle, spread = moments(inputs)
            return [middle], [reciprocal_root(spread, EPSILON)]

        for row, middle, inverse in zip(x, means, inverses, strict=True):
            assert admitted(Case(definition, {}, row), (middle, inverse)), seed


def test_rms_normalization_is_onnx_s() -> None:
    for seed in range(200):
        draw = Random(seed)
        shape = lengths(draw, 1, 4)
        axis = draw.randrange(len(shape))
        x, scale = numbers(draw, *shape), numbers(draw, *shape[axis:])
        given = {"X": x, "scale": scale}
        expected = onnx_outputs("RMSNormalization", given, axis=axis, epsilon=EPSILON)
        network = mapped(layer(rms_norm, epsilon=EPSILON), axis)
        assert admitted(Case(network, {}, x, scale), expected[0]), seed


def test_instance_normalization_is_onnx_s() -> None:
    for seed in range(200):
        draw = Random(seed)
        batch, channels, *places = lengths(draw, 3, 4)
        x, scale, bias = (
            numbers(draw, *part) for part in ((batch, channels, *places), (channels,), (channels,))
        )
        given = {"X": x, "scale": scale, "B": bias}
        expected = onnx_outputs("InstanceNormalization", given, epsilon=EPSILON)
        network = each(layer(instance_norm, epsilon=EPSILON))
        assert admitted(Case(network, {}, x, NormWeights(scale, bias)), expected[0]), seed


def onnx_group_norm(inputs: Any, weights: Any, *, groups: int, epsilon: Any) -> Any:
    """In ONNX's order: the variance is the mean square less the square of the mean."""

    def normed(channel: int, scale: Any, bias: Any) -> Any:
        size = len(inputs) // groups
        start = channel - channel % size
        group = flatten(inputs[start : start + size])
        middle, square = mean(group), mean([multiply(x, x) for x in group])
        spread = subtract(square, multiply(middle, middle))
        root = sqrt(add(spread, lift(epsilon, spread)))
        return tree_map(
            lambda x: add(multiply(scale, divide(subtract(x, middle), root)), bias), inputs[channel]
        )

    return [normed(*part) for part in zip(range(len(inputs)), *weights, strict=True)]


@settings(max_examples=25)
@given(vectors(8, eighths), vectors(4, eighths), vectors(4, eighths), st.sampled_from([1, 2, 4]))
def test_onnx_s_order_of_a_group_norm_is_ours_but_for_rounding(
    xs: list[Any], scale: list[Any], bias: list[Any], groups: int
) -> None:
    image = [xs[0:2], xs[2:4], xs[4:6], xs[6:8]]
    expected = onnx_group_norm(image, (scale, bias), groups=groups, epsilon=EPSILON)
    assert group_norm(image, NormWeights(scale, bias), groups=groups, epsilon=EPSILON) == expected


def test_group_normalization_is_onnx_s_in_its_order() -> None:
    for seed in range(200):
        draw = Random(seed)
        batch, groups, size, *places = lengths(draw, 4, 5)
        x = numbers(draw, batch, groups * size, *places)
        scale, bias = numbers(draw, groups * size), numbers(draw, groups * size)
        given = {"X": x, "scale": scale, "bias": bias}
        double = onnx.TensorProto.DOUBLE
        (expected,) = onnx_outputs(
            "GroupNormalization", given, num_groups=groups, epsilon=EPSILON, stash_type=double
        )
        network = each(layer(onnx_group_norm, groups=groups, epsilon=EPSILON))
        assert admitted(Case(network, {}, x, (scale, bias)), expected), seed


def test_batch_normalization_is_onnx_s_bit_for_bit() -> None:
    for seed in range(200):
        draw = Random(seed)
        batch, channels, *places = lengths(draw, 2, 4)
        x = numbers(draw, batch, channels, *places)
        weights = BatchNormWeights(*(numbers(draw, channels) for _ in range(4)))
        weights = weights._replace(variance=[abs(v) for v in weights.variance])
        given = {"X": x, **weights._asdict()}
        (expected,) = onnx_outputs("BatchNormalization", given, epsilon=EPSILON)
        network = each(layer(batch_norm, epsilon=EPSILON))
        assert admitted(Case(network, {}, x, weights), expected), seed
        assert network(x, weights) == expected.tolist(), seed


def test_batch_normalization_in_training_is_onnx_s_with_its_running_statistics() -> None:
    for seed in range(200):
        draw = Random(seed)
        batch, channels, *places = lengths(draw, 2, 4)
        x, momentum = numbers(draw, batch, channels, *places), draw.randint(0, 8) / 8
        scale, bias, middle, spread = (numbers(draw, channels) for _ in range(4))
        given = {"X": x, "scale": scale, "B": bias, "mean": middle, "var": spread}
        y, *running = onnx_outputs(
            "BatchNormalization",
            given,
            ("Y", "running_mean", "running_var"),
            epsilon=EPSILON,
            momentum=momentum,
            training_mode=1,
        )
        normed = Case(batch_norm_training, {"epsilon": EPSILON}, x, NormWeights(scale, bias))
        share = {"momentum": 1 - momentum, "unbiased": False}
        kept = Case(running_statistics, share, x, Moments(middle, spread))
        assert admitted(normed, y) and admitted(kept, running), seed
