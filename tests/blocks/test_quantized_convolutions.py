"""Convolutions in int8 are exact but for one rounding; networks of them are near to those of
floats."""

from fractions import Fraction
from functools import partial
from math import floor, inf, nan, sumprod
from operator import add, eq
from random import Random
from typing import Any

import numpy as np
import pytest
from cases_quantized import CASES
from hypothesis import given
from hypothesis import strategies as st

from funcnn import (
    affine,
    dense,
    each,
    elementwise,
    layer,
    leaves,
    linear,
    relu,
    serial,
    shape,
    tanh,
    tree_map,
)
from funcnn.algebra.dyadics import dyadic, fraction
from funcnn.blocks.combinators import Network
from funcnn.blocks.convolution_matrices import conv_matrix
from funcnn.blocks.convolutions import channel_bias, conv2d
from funcnn.blocks.layouts import flatten
from funcnn.blocks.linears import AffineWeights
from funcnn.blocks.pooling import average_pool2d, max_pool2d
from funcnn.blocks.quantized_convolutions import quantized_conv2d, rescaled_planes
from funcnn.blocks.quantized_linears import (
    QuantizedWeights,
    quantized_linear,
    rescaled,
    saturate,
)
from funcnn.blocks.quantized_networks import (
    QuantizedModel,
    error_bounds,
    possible_matrices,
    quantized_inputs,
    quantized_model,
    quantized_network,
    quantized_outputs,
)
from funcnn.blocks.windows import pads_of, per_axis
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.fast import vmap
from funcnn.fast.quantized_convolutions import saturate as fast_saturate
from onnx_operators import onnx_outputs

SEEDS = range(200)
SIXTEENTH = Fraction(1, 16)


def refused(function: Any, *arguments: Any, **settings: Any) -> str:
    """The error of a call."""
    with pytest.raises((OverflowError, TypeError, ValueError)) as caught:
        function(*arguments, **settings)
    return f"{caught.type.__name__}: {caught.value}"


def drawn(seed: int) -> Any:
    return CASES["quantized_conv2d"](Random(seed))


def test_it_is_quantized_linear_by_the_matrix_of_the_convolution() -> None:
    for seed in SEEDS:
        case = drawn(seed)
        (kernels, multipliers, shift), outputs = case.weights, case.run()
        matrix = conv_matrix(kernels, shape(case.inputs)[1:], **case.settings)
        places = len(matrix) // len(kernels)
        for_rows = [m for m in multipliers for _ in range(places)]
        weights = QuantizedWeights(matrix, for_rows, shift)
        assert flatten(outputs) == quantized_linear(flatten(case.inputs), weights), seed


def test_but_for_the_larger_of_two_as_near_it_is_onnx_s_operator() -> None:
    ties = 0
    for seed in SEEDS:
        case = drawn(seed)
        (kernels, multipliers, shift), settings = case.weights, case.settings
        found = onnx_outputs(
            "QLinearConv",
            {
                "x": np.array([case.inputs], np.int8),
                "x_scale": np.float32(1),
                "x_zero_point": np.int8(0),
                "w": np.array(kernels, np.int8),
                "w_scale": np.array([m / 2**shift for m in multipliers], np.float32),
                "w_zero_point": np.int8(0),
                "y_scale": np.float32(1),
                "y_zero_point": np.int8(0),
            },
            strides=per_axis(settings.get("stride", 1), 2, "stride"),
            pads=[*np.transpose(pads_of(settings.get("padding", 0), 2)).ravel().tolist()],
            dilations=per_axis(settings.get("dilation", 1), 2, "dilation"),
            group=settings.get("groups", 1),
        )[0][0]
        sums = conv2d(case.inputs, kernels, **settings)
        outputs = case.run()
        assert shape(outputs) == found.shape, seed
        triples = zip(multipliers, sums, outputs, found.tolist(), strict=True)
        for multiplier, *planes in triples:
            for total, output, other in zip(*map(leaves, planes), strict=True):
                exact = Fraction(multiplier * total, 2**shift)
                assert output == floor(exact + Fraction(1, 2)), seed
                assert other == saturate(round(exact)), seed
                ties += output != round(exact)
    assert ties


@given(st.integers(-300, 300), st.integers(-300, 300), st.integers(-300, 300))
def test_what_saturates_is_the_nearest_of_a_range(x: int, low: int, high: int) -> None:
    low, high = sorted((low, high))
    assert saturate(x, low=low, high=high) == min(range(low, high + 1), key=lambda k: abs(k - x))
    assert saturate(x) == saturate(x, low=-128, high=127)


def test_dense_in_int8_is_linear_that_saturates() -> None:
    for seed in SEEDS:
        case = CASES["quantized_dense"](Random(seed))
        sums = quantized_linear(case.inputs, case.weights)
        assert case.run() == [saturate(y, low=0) for y in sums]


ONE: Any = ([[[[1]]]], [1], 0)
NO_INTEGER = "is no integer; quantized_network makes integers of floats"
FIRST = "row 0 of channel 0 of"


@pytest.mark.parametrize(
    ("inputs", "weights", "settings", "error"),
    [
        ([[[128]]], ONE, {}, f"ValueError: {FIRST} inputs, entry 0: 128 is no int8"),
        ([[[0, 1.0]]], ONE, {}, f"TypeError: {FIRST} inputs, entry 1: 1.0 {NO_INTEGER}"),
        ([[1]], ONE, {}, f"TypeError: {FIRST} inputs is a int, not a list"),
        (iter([[[1]]]), ONE, {}, "TypeError: inputs is a list_iterator, not a list"),
        ([], ONE, {}, "ValueError: inputs is empty"),
        (
            [[[1]]],
            ([[[[1]]], [[[-129]]]], [1, 1], 0),
            {},
            f"ValueError: {FIRST} kernel 1 of weights, entry 0: -129 is no int8",
        ),
        ([[[1]]], (5, [1], 0), {}, "TypeError: weights is a int, not a list"),
        ([[[1]]], ONE[:2], {}, "TypeError: weights (kernels, multipliers, shift) are 3, not 2"),
        (
            [[[1]]],
            None,
            {},
            "TypeError: weights (kernels, multipliers, shift) is a NoneType, not a list",
        ),
        (
            [[[1]]],
            (ONE[0], [1, 2], 0),
            {},
            "ValueError: kernels and multipliers differ in length: 1 and 2",
        ),
        (
            [[[1]]],
            (ONE[0], [2**31], 0),
            {},
            "ValueError: the multipliers, entry 0: 2147483648 is no int32",
        ),
        ([[[1]]], (ONE[0], [1], 63), {}, "ValueError: the shift is 63, not one of 0 to 62"),
        ([[[1]]] * 2, ONE, {}, "ValueError: inputs and kernels differ in channels: 2 and 1"),
        ([[[1]]] * 2, ONE, {"groups": 2}, "ValueError: 2 groups do not divide 1 kernels"),
        ([[[1]]], ONE, {"stride": 0}, "ValueError: stride is 0: give 1 or more"),
        ([[[1]]], ONE, {"padding": 0.5}, "TypeError: padding is a float, not an int"),
    ],
)
def test_what_is_no_convolution_of_int8_is_refused(
    inputs: Any, weights: Any, settings: Any, error: str
) -> None:
    assert refused(quantized_conv2d, inputs, weights, **settings) == error


@pytest.mark.parametrize("limit", [2**31 - 1, -(2**31)])
def test_sums_are_of_32_bits(limit: int) -> None:
    assert rescaled_planes([[[limit, 0]]], [-(2**31)], 62) == [
        [[floor(Fraction(-limit, 2**31) + Fraction(1, 2)), 0]]
    ]
    beyond = limit + (1 if limit > 0 else -1)
    with pytest.raises(OverflowError, match=f"^kernel 1: the sum {beyond} leaves int32; sum fewer"):
        rescaled_planes([[[limit]], [[0], [beyond]]], [1, 1], 0)


def test_what_does_not_saturate_is_refused() -> None:
    half: Any = 0.5
    nothing: Any = None
    assert refused(saturate, 1, low=2, high=0) == "ValueError: there is no integer from 2 to 0"
    told = "TypeError: saturate is of integers, not of a float: it has no derivative"
    assert refused(saturate, half) == told
    assert refused(saturate, 1, high=half) == "TypeError: high is a float, not an int"
    with pytest.raises(TypeError, match="^low is a NoneType, not an int$"):
        fast_saturate([[1]], low=nothing)
    with pytest.raises(ValueError, match="^the number of sums of row 0 is 0: give 1 or more$"):
        rescaled([], 1, 0, "row 0")
    with pytest.raises(ValueError, match="^the shift is -1: give 0 or more$"):
        rescaled([1], 1, -1, "row 0")


def numbers(draw: Random, *lengths: int) -> Any:
    """Of one size, or of many."""
    if not lengths:
        return draw.choice([0.0, draw.uniform(-1, 1), draw.gauss(0, 1)])
    return [numbers(draw, *lengths[1:]) for _ in range(lengths[0])]


def drawn_network(draw: Random) -> tuple[Network, list[Any], list[Any]]:
    """Convolutions and linear layers in series, weights, and a batch of images 2×4×4."""
    first: list[tuple[Network, Any]] = [
        (layer(conv2d, padding=draw.randrange(2)), numbers(draw, 4, 2, 2, 2)),
        (layer(channel_bias), numbers(draw, 4)),
        (elementwise(relu), ()),
    ]
    second: list[tuple[Network, Any]] = [
        (layer(max_pool2d, size=2, stride=1), ()),
        (layer(conv2d, groups=2, stride=2), numbers(draw, 4, 2, 2, 2)),
        (layer(channel_bias), numbers(draw, 4)),
    ]
    optional = [one for one in (*first[1:], *second) if draw.random() < 0.6]
    xs = numbers(draw, 3, 2, 4, 4)
    steps = [first[0], *optional]
    seen = xs[0]
    for one, weights in steps:
        seen = one(seen, weights)
    size, wide = len(flatten(seen)), draw.randint(1, 3)
    matrix = numbers(draw, wide, size)
    hidden: tuple[Network, Any] = draw.choice(
        [
            (layer(affine), AffineWeights(matrix, numbers(draw, wide))),
            (layer(dense), matrix),
            (layer(linear), matrix),
        ]
    )
    steps += [(layer(flatten), ()), hidden, (layer(linear), numbers(draw, 2, wide))]
    steps = steps[: len(steps) - draw.randrange(4)]
    network = serial(*(one for one, _ in steps))
    return network, [weights for _, weights in steps], xs


def bounded(network: Network, weights: Any, model: QuantizedModel, inputs: Any) -> list[Any]:
    """The outputs of an int8 network with their bounds, once these are known to hold."""
    exact = leaves(network(tree_map(dyadic, inputs), tree_map(dyadic, weights)))
    outputs = quantized_outputs(inputs, model)
    bounds = error_bounds(inputs, model)
    assert shape(bounds) == shape(outputs)
    triples = [*zip(leaves(outputs), exact, leaves(bounds), strict=True)]
    for output, truth, bound in triples:
        assert abs(output - fraction(truth)) <= Fraction(bound)
    return triples


def test_no_error_is_above_its_bound() -> None:
    """Also where inputs are larger than any seen, and saturate."""
    for seed in range(40):
        network, weights, xs = drawn_network(Random(seed))
        model = quantized_model(network, weights, xs)
        for further in (0, seed / 10):
            bounded(network, weights, model, tree_map(partial(add, further), xs[0]))


def test_weights_and_biases_are_possible_of_which_int8_is_made() -> None:
    for seed in range(40):
        network, weights, xs = drawn_network(Random(seed))
        model = quantized_model(network, weights, xs)
        possible = possible_matrices(model)
        pairs = zip(leaves(tree_map(dyadic, weights)), leaves(possible), strict=True)
        assert all(number in box for number, box in pairs), seed


def test_what_is_in_series_in_series_is_as_if_it_were_not() -> None:
    for seed in range(20):
        network, weights, xs = drawn_network(Random(seed))
        nested, within = serial(serial(), network, serial(serial())), [[], weights, [[]]]
        assert quantized_model(nested, within, xs) == quantized_model(network, weights, xs)


def test_the_int8_network_has_the_layers_of_the_float_one() -> None:
    network = serial(
        *(layer(conv2d, padding=1), layer(channel_bias), elementwise(relu)),
        *(layer(max_pool2d, size=2), layer(flatten), layer(dense), layer(affine)),
    )
    draw = Random(0)
    weights = [numbers(draw, 3, 1, 3, 3), numbers(draw, 3), (), (), ()]
    weights += [numbers(draw, 4, 12), AffineWeights(numbers(draw, 2, 4), numbers(draw, 2))]
    model = quantized_model(network, weights, numbers(draw, 5, 1, 4, 4), Fraction(1, 32))
    clamped = elementwise(saturate)
    assert model.network == serial(
        *(layer(quantized_conv2d, padding=1), layer(channel_bias), elementwise(relu)),
        *(layer(max_pool2d, size=2), layer(flatten), clamped),
        *(layer(quantized_linear), elementwise(relu), clamped),
        *(layer(quantized_linear), layer(channel_bias)),
    )
    assert model.scales[0] == Fraction(1, 32) and len(model.scales) == 4


def test_a_bias_is_kept_in_30_bits() -> None:
    network = serial(layer(linear), layer(channel_bias))
    model = quantized_model(network, [[[1e-9]], [3.0]], [[1.0]])
    [_, [bias]], scale = model.weights, model.scales[1]
    assert scale == Fraction(3, 127 << 23) and bias == 127 << 23
    assert 0 < error_bounds([1.0], model)[0] < 1e-8


@pytest.mark.parametrize(("bias", "largest"), [(-0.5, 0.75), (0.5, 1.25)])
def test_a_bias_of_the_inputs_is_one_in_their_scale(bias: float, largest: float) -> None:
    """Which fits the inputs, and what they are with the bias."""
    network = serial(layer(channel_bias), layer(linear))
    model = quantized_model(network, [[bias, bias], [[1.0, 1.0]]], [[0.75, 0.25]])
    assert model.scales[0] == Fraction(largest) / 127
    assert model.weights[0] == [round(bias / largest * 127)] * 2
    assert model.network.layers[1] == elementwise(saturate)


def test_trained_digits_give_as_convolutions_what_they_give_as_matrices() -> None:
    """A matrix of 64 columns is so many kernels of 8×8, and one of 32 columns kernels of 1×1."""
    first, second = digit_weights()
    kernels = [[[row[at : at + 8] for at in range(0, 64, 8)]] for row in first]
    pixels = [[[[weight]] for weight in row] for row in second]
    network = serial(layer(conv2d), elementwise(relu), layer(conv2d), layer(flatten))
    training, held_out = split_digits()
    seen, images = training.images[:40], held_out.images[:40]
    matrices = quantized_network([first, second], seen, SIXTEENTH)
    model = quantized_model(network, [kernels, (), pixels, ()], [*map(as_image, seen)], SIXTEENTH)
    for image in images:
        outputs = quantized_outputs(as_image(image), model)
        assert outputs == quantized_outputs(image, matrices)
    assert error_bounds(as_image(images[0]), model) == error_bounds(images[0], matrices)


def as_image(pixels: list[float]) -> list[list[list[float]]]:
    return [[pixels[at : at + 8] for at in range(0, 64, 8)]]


EDGES: Any = [
    [[[1, 1, 1], [0, 0, 0], [-1, -1, -1]]],
    [[[-1, -1, -1], [0, 0, 0], [1, 1, 1]]],
    [[[1, 0, -1], [1, 0, -1], [1, 0, -1]]],
    [[[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]],
    [[[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]],
    [[[0, -1, -1], [1, 0, -1], [1, 1, 0]]],
    [[[1, 1, 0], [1, 0, -1], [0, -1, -1]]],
    [[[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]],
]
"""Of eight directions."""


def learned(features: list[list[float]], labels: list[int]) -> list[list[float]]:
    """By F. Rosenblatt's perceptron of several classes: each mistake moves two rows."""
    weights = [[0.0] * len(features[0]) for _ in range(10)]
    for _ in range(3):
        for x, label in zip(features, labels, strict=True):
            sums = [sumprod(row, x) for row in weights]
            guess = sums.index(max(sums))
            if guess != label:
                weights[label] = [w + v for w, v in zip(weights[label], x, strict=True)]
                weights[guess] = [w - v for w, v in zip(weights[guess], x, strict=True)]
    return weights


def test_a_convolutional_network_tells_digits_apart_in_int8_as_in_floats() -> None:
    """Edges, the largest of each four, and a last layer that has learned. Of most digits the class
    is certain by the bounds."""
    edges = tree_map(float, EDGES)
    seeing = serial(
        layer(conv2d, padding=1), elementwise(relu), layer(max_pool2d, size=2), layer(flatten)
    )
    training, held_out = split_digits()
    seen, images = (
        [*map(as_image, digits.images[:count])]
        for digits, count in ((training, 400), (held_out, 100))
    )
    features = vmap(seeing)(seen, [edges, (), (), ()])
    weights = [edges, (), (), (), learned(features, training.labels[:400])]
    network = serial(*seeing.layers, layer(linear))
    model = quantized_model(network, weights, seen[:40], SIXTEENTH)
    inputs = [quantized_inputs(image, model.scales[0]) for image in images]
    outputs, floats = vmap(model.network)(inputs, model.weights), vmap(network)(images, weights)
    classes = [[y.index(max(y)) for y in ys] for ys in (outputs, floats)]
    hits = [sum(map(eq, found, held_out.labels[:100])) for found in classes]
    assert min(hits) >= 90 and sum(map(eq, *classes)) >= 98
    certain = 0
    for image, cls in zip(images[::10], classes[0][::10], strict=True):
        bounds = bounded(network, weights, model, image)
        least = bounds[cls][0] - Fraction(bounds[cls][2])
        others = bounds[:cls] + bounds[cls + 1 :]
        certain += all(output + Fraction(bound) < least for output, _, bound in others)
    assert certain >= 6


AVERAGE = serial(serial(), serial(layer(average_pool2d, size=2)))
KNOWN = "conv2d, linear, affine, dense, channel_bias, relu, max_pool, max_pool1d, max_pool2d"
OTHERS = "max_pool3d, global_max_pool, flatten, reshape, channels_first, channels_last"
NO_LAYER = f"has no layer in int8; these have: {KNOWN}, {OTHERS}"
NO_SCALE = "there is no scale for NaN: take it out of the batch or the weights"


@pytest.mark.parametrize(
    ("network", "weights", "xs", "error"),
    [
        (elementwise(tanh), (), [[1.0]], f"TypeError: tanh {NO_LAYER}"),
        (AVERAGE, [[], [()]], [[1.0]], f"TypeError: layer 1: layer 0: average_pool2d {NO_LAYER}"),
        (
            each(layer(linear)),
            [[1.0]],
            [[[1.0]]],
            "TypeError: Each has no int8 network: give layers in series",
        ),
        (
            layer(flatten),
            (),
            [[1.0]],
            "ValueError: no layer is conv2d or linear: there is nothing to quantize",
        ),
        (
            serial(layer(linear)),
            [],
            [[1.0]],
            "ValueError: layers and weights differ in length: 1 and 0",
        ),
        (
            layer(affine),
            [[1.0]],
            [[1.0]],
            "TypeError: weights (matrix, bias) are a pair, not a list of length 1",
        ),
        (layer(linear), [[1.0]], [], "ValueError: there is no number to fit a scale to"),
        (layer(linear), [[1.0]], iter([[1.0]]), "TypeError: xs is a list_iterator, not a list"),
        (
            layer(linear),
            [[1.0]],
            [[1.0, 2.0]],
            "ValueError: row 0 has length 1, the vector has length 2",
        ),
        (
            layer(conv2d),
            ONE[0],
            [[[[1.0]]] * 2],
            "ValueError: inputs and kernels differ in channels: 2 and 1",
        ),
        (layer(conv2d), [[[[nan]]]], [[[[1.0]]]], f"ValueError: {NO_SCALE}"),
        (layer(conv2d), [[[[1.0]]]], [[[[nan]]]], f"ValueError: {NO_SCALE}"),
        (
            layer(conv2d),
            [[[[inf]]]],
            [[[[1.0]]]],
            "OverflowError: cannot convert Infinity to integer ratio",
        ),
        (
            serial(*[layer(channel_bias)] * 2, layer(linear)),
            [[1e9], [-1e9], [[1.0]]],
            [[1.0]],
            "ValueError: the bias, entry 0: 127000000000 is no int32",
        ),
    ],
)
def test_what_cannot_be_quantized_is_refused(
    network: Network, weights: Any, xs: Any, error: str
) -> None:
    assert refused(quantized_model, network, weights, xs) == error
