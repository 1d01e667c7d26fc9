"""The kernels of int8 convolutions are the maps of their definitions: the same integers, or the
same error."""

from random import Random
from typing import Any

import pytest
from cases_quantized import CASES
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn import elementwise, layer, relu, serial, tree_map
from funcnn.blocks.convolutions import conv2d
from funcnn.blocks.layouts import flatten
from funcnn.blocks.pooling import max_pool2d
from funcnn.blocks.quantized_convolutions import QuantizedKernels, quantized_conv2d
from funcnn.blocks.quantized_linears import saturate
from funcnn.blocks.quantized_networks import quantized_inputs, quantized_model
from funcnn.exchange.datasets import split_digits
from funcnn.fast import quantized_convolutions as fast
from funcnn.fast import vmap
from representations import outcome


def mapped(xs: Any, weights: Any, **settings: Any) -> Any:
    return [quantized_conv2d(x, weights, **settings) for x in xs]


def test_the_kernel_is_the_definition_of_each() -> None:
    for seed in range(200):
        draw = Random(seed)
        case = CASES["quantized_conv2d"](draw)
        pool = draw.choice([[-128, 127], [0], [-128], range(128), range(-128, 128)])
        xs = [case.inputs, *(tree_map(lambda _: draw.choice(pool), case.inputs) for _ in "ab")]
        found = fast.conv2d(xs, case.weights, **case.settings)
        assert repr(found) == repr(mapped(xs, case.weights, **case.settings)), seed


@settings(max_examples=300)
@given(st.integers(0, 99), st.data())
def test_what_the_definition_refuses_or_takes_so_does_the_kernel(
    seed: int, data: st.DataObject
) -> None:
    case = CASES["quantized_conv2d"](Random(seed))
    parts: list[Any] = [case.inputs, *case.weights]
    place = data.draw(st.integers(0, 3))
    parts[place] = data.draw(spoiled(parts[place]))
    arguments = [parts[0]], QuantizedKernels(*parts[1:])
    assert outcome(fast.conv2d, *arguments) == outcome(mapped, *arguments)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """The nested lists with something else somewhere in them."""
    if not isinstance(value, list) or not value or draw(st.booleans()):
        others: list[Any] = [None, "1", 0.5, True, 127, -129, 2**31, [], [1], [[1, 2]], b"1"]
        if isinstance(value, list):
            others += [value[1:], [*value, *value[:1]], tuple(value)]
        return draw(st.sampled_from(others))
    index = draw(st.integers(0, len(value) - 1))
    return [*value[:index], draw(spoiled(value[index])), *value[index + 1 :]]


@pytest.mark.parametrize("weight", [-128, 127])
def test_sums_as_large_as_they_can_be_are_exact(weight: int) -> None:
    image, kernels = [[[-128] * 7] * 7] * 9, [[[[weight] * 5] * 5] * 9]
    weights = QuantizedKernels(kernels, [2**31 - 1], 0)
    for padding in (0, 2):
        xs = [image, tree_map(lambda x: -x - 1, image)]
        assert fast.conv2d(xs, weights, padding=padding) == mapped(xs, weights, padding=padding)


def test_a_sum_that_leaves_int32_is_refused() -> None:
    image = [[[-128] * 8] * 8] * 2048
    weights = QuantizedKernels([image], [1], 0)
    with pytest.raises(OverflowError, match="^kernel 0: the sum 2147483648 leaves int32; sum "):
        fast.conv2d([image], weights)


def test_images_of_several_sizes_and_none() -> None:
    weights = QuantizedKernels([[[[3, -1]]]], [1], 1)
    xs = [[[[1, 2, 3]]], [[[4, 5], [6, 7]]]]
    assert fast.conv2d(xs, weights) == mapped(xs, weights)
    assert fast.conv2d([], weights) == []
    generator: Any = iter(xs)
    with pytest.raises(TypeError, match="^xs is a list_iterator, not a list$"):
        fast.conv2d(generator, weights)


@pytest.mark.parametrize("limits", [{}, {"low": 0}, {"high": 6}, {"low": 3, "high": 2}])
@pytest.mark.parametrize(
    "xs",
    [
        [],
        [[1, 9], [-9]],
        [5, [200, -200], [[7, 128], [-129, 127]], [-128, 0, True]],
        [(300, -300), [(1, 2**99)]],
        [[1.0]],
        [[1, None]],
        [[]],
    ],
)
def test_what_saturates_is_what_saturates_by_the_definition(xs: Any, limits: Any) -> None:
    def each(xs: Any) -> Any:
        return [elementwise(saturate, **limits)(x, ()) for x in xs]

    def kernel(xs: Any) -> Any:
        return fast.saturate(xs, **limits)

    assert repr(outcome(kernel, xs)) == repr(outcome(each, xs))


def test_a_network_over_a_batch_of_digits_is_the_map() -> None:
    draw = Random(0)
    kernels = [[[[draw.uniform(-1, 1) for _ in range(3)] for _ in range(3)]] for _ in range(4)]
    others = [[[[draw.uniform(-1, 1)]] for _ in range(4)] for _ in range(2)]
    network = serial(
        *(layer(conv2d, padding=1), elementwise(relu), layer(max_pool2d, size=2)),
        *(layer(conv2d), layer(flatten)),
    )
    pixels = split_digits().held_out.images[:12]
    images = [[[image[at : at + 8] for at in range(0, 64, 8)]] for image in pixels]
    model = quantized_model(network, [kernels, (), (), others, ()], images[:6])
    xs = [quantized_inputs(image, model.scales[0]) for image in images]
    outputs = vmap(model.network)(xs, model.weights)
    assert outputs == [model.network(x, model.weights) for x in xs]
    assert len({*map(str, outputs)}) == len(xs)
