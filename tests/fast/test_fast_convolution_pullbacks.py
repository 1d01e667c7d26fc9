"""The pullback of a batch of convolutions is the definition's: the same numbers, or its error."""

from fractions import Fraction
from functools import partial
from math import inf, nan
from random import Random
from typing import Any, Final

import pytest

from batch_pullbacks import (
    Number,
    batch,
    cotangent,
    eighths,
    forbid_the_definition,
    is_the_definition_s,
    whole,
)
from block_cases import Case, tensor
from cases_convolutions import CASES
from funcnn import elementwise, fast, interval, layer, relu, serial, value_and_grad
from funcnn.blocks.convolutions import channel_bias, conv1d, conv2d
from funcnn.blocks.layouts import flatten
from funcnn.blocks.linears import linear
from funcnn.blocks.pooling import max_pool2d
from funcnn.blocks.transposed_convolutions import conv_transpose1d, conv_transpose2d
from funcnn.calculus.losses import squared_error
from funcnn.fast.convolution_pullbacks import RULES


@pytest.mark.parametrize("number", [float, whole, Fraction, eighths])
@pytest.mark.parametrize("name", CASES)
def test_a_pullback_is_the_definition_s(
    name: str, number: Number, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The floats are so short that no sum of theirs rounds."""
    forbid_the_definition(monkeypatch)
    for seed in range(10):
        draw = Random(f"{name} {seed}")
        case, xs = batch(draw, CASES[name](draw), number)
        bars = partial(cotangent, number=number)
        assert is_the_definition_s(RULES, case, xs, bars), seed


def test_where_a_kernel_meets_nothing_there_are_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that see the padding alone, and numbers that no kernel reaches."""
    forbid_the_definition(monkeypatch)
    draw = Random(0)
    image, kernel = tensor(draw, 1, 1, 2), tensor(draw, 1, 1, 3, 3)
    assert is_the_definition_s(RULES, Case(conv2d, {"padding": 1}, image, kernel), [image])
    image, kernel = tensor(draw, 1, 7), tensor(draw, 1, 1, 1)
    assert is_the_definition_s(RULES, Case(conv1d, {"stride": 3}, image, kernel), [image])
    settings = {"stride": 10**8, "dilation": 10**20}
    assert is_the_definition_s(RULES, Case(conv1d, settings, image, kernel), [image])


ROW: Final = [[1.0, 2.0, 3.0]]
KERNEL: Final = [[[0.5, -1.0]]]
STRANGE: Final[list[tuple[list[Any], Any]]] = [
    ([ROW, [[1.0, 2.0]]], KERNEL),
    ([ROW, [[1, 2.0, 3]]], KERNEL),
    ([ROW, [[1, 2, 3]]], KERNEL),
    ([ROW], [[[1, 2]]]),
    ([(tuple(ROW[0]),), ROW], (((0.5, -1.0),),)),
    ([ROW, [[nan, 2.0, 3.0]]], KERNEL),
    ([ROW], [[[inf, 1.0]]]),
    ([[[*map(interval, ROW[0])]]], [[[*map(interval, KERNEL[0][0])]]]),
]


@pytest.mark.parametrize("definition", [conv1d, conv_transpose1d])
@pytest.mark.parametrize(("xs", "weights"), STRANGE)
def test_on_strange_numbers_it_is_the_definition_s(definition: Any, xs: Any, weights: Any) -> None:
    number = interval if "Interval" in repr(xs) else float
    bars = partial(cotangent, number=number)
    for settings in ({}, {"padding": 1}):
        assert is_the_definition_s(RULES, Case(definition, settings, xs[0], weights), xs, bars)


BARS: Final[list[Any]] = [
    [[[1, 2]], [[3, 4]]],
    [[[1, 2.0]], [[3.0, 4.0]]],
    [[[inf, 2.0]], [[3.0, 4.0]]],
    [(((1.0, 2.0)),), [[3.0, 4.0]]],
    [[[1.0, 2.0]]],
    [[[1.0, 2.0, 3.0]], [[3.0, 4.0, 5.0]]],
    [[1.0, 2.0], [3.0, 4.0]],
]


@pytest.mark.parametrize("bars", BARS, ids=repr)
def test_a_strange_cotangent_goes_back_as_by_the_definition(bars: Any) -> None:
    for case in (
        Case(conv1d, {}, ROW, KERNEL),
        Case(conv_transpose1d, {}, [[1.0]], KERNEL),
        Case(channel_bias, {}, [[1.0, 2.0]], [3.0]),
    ):
        assert is_the_definition_s(RULES, case, [case.inputs] * 2, lambda _: bars)


@pytest.mark.parametrize(
    "settings",
    [
        {"stride": 0},
        {"stride": (1, 2, 3)},
        {"padding": -1},
        {"padding": 1.5},
        {"dilation": 9},
        {"groups": 0},
        {"groups": 3},
        {"groups": 2.0},
    ],
    ids=repr,
)
def test_what_a_definition_refuses_is_refused(settings: Any) -> None:
    draw = Random(0)
    image, kernels = tensor(draw, 2, 3, 3), tensor(draw, 2, 2, 2, 2)
    for definition in (conv2d, conv_transpose2d):
        case = Case(definition, settings, image, kernels)
        assert is_the_definition_s(RULES, case, [image] * 2)
        assert is_the_definition_s(RULES, case._replace(settings={}), [image[:1]])
        assert is_the_definition_s(RULES, case._replace(settings={}), [image[0]])
    for bias in ([1.0], [1.0, Fraction(1)], [[1.0], [2.0]], 1.0):
        assert is_the_definition_s(RULES, Case(channel_bias, {}, image, bias), [image])


def test_a_network_of_images_has_the_gradient_of_the_definition() -> None:
    network = serial(
        layer(conv2d, padding=1),
        layer(channel_bias),
        elementwise(relu),
        layer(max_pool2d, size=2),
        layer(flatten),
        layer(linear),
    )
    draw = Random(0)
    weights = [tensor(draw, 2, 1, 3, 3), tensor(draw, 2), (), (), (), tensor(draw, 1, 8)]
    inputs, targets = tensor(draw, 4, 1, 4, 4), tensor(draw, 4, 1)
    arguments: Any = network, layer(squared_error), weights, inputs, targets
    assert fast.value_and_grad(*arguments) == value_and_grad(*arguments)
