"""Convolution: linear, the same at every place of an image, and ONNX's; transposed, the transposed
map; and what does not fit is refused where it stands."""

from collections.abc import Callable
from fractions import Fraction
from math import inf, isnan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over, tensor
from cases_convolutions import conv_case, each_axis, transposed_case
from funcnn import (
    Dual,
    around,
    bfloat16,
    bound,
    cast,
    dot,
    dyadic,
    elementwise,
    int8,
    layer,
    layer_shapes,
    leaves,
    lift,
    quantize,
    relu,
    render,
    serial,
    shape,
    tree_map,
    tree_zip_with,
)
from funcnn.algebra.duals import derivative
from funcnn.blocks.convolutions import channel_bias, conv, conv2d
from funcnn.blocks.windows import padded, pads_of, sliced, spaced
from strategies import fractions, vectors

HALF = Fraction(1, 2)
IMAGE: Any = [[[1, 2, 3], [4, 5, 6]]]
KERNELS: Any = [[[[1]]]]


def tensors(sizes: tuple[int, ...], numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    strategy = numbers
    for size in reversed(sizes):
        strategy = vectors(size, strategy)
    return strategy


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, Any, int]:
    """An image, kernels that fit it, and the padding."""
    sizes = st.integers(1, 3)
    channels, count, padding = draw(sizes), draw(sizes), draw(st.integers(0, 2))
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    rows = draw(st.integers(1, min(3, height + 2 * padding)))
    columns = draw(st.integers(1, min(3, width + 2 * padding)))
    image = draw(tensors((channels, height, width), fractions))
    return image, draw(tensors((count, channels, rows, columns), fractions)), padding


@given(cases(), fractions, st.data())
def test_it_is_linear_in_the_image_and_in_the_kernels(
    case: tuple[Any, Any, int], a: Fraction, data: st.DataObject
) -> None:
    image, kernels, padding = case

    def mixed(xs: Any, ys: Any) -> Any:
        return tree_zip_with(lambda x, y: a * x + y, xs, ys)

    outputs = conv2d(image, kernels, padding=padding)
    other = data.draw(tensors(shape(image), fractions))
    others = data.draw(tensors(shape(kernels), fractions))
    assert conv2d(mixed(image, other), kernels, padding=padding) == mixed(
        outputs, conv2d(other, kernels, padding=padding)
    )
    assert conv2d(image, mixed(kernels, others), padding=padding) == mixed(
        outputs, conv2d(image, others, padding=padding)
    )


@given(cases())
def test_what_is_shifted_before_is_shifted_after(case: tuple[Any, Any, int]) -> None:
    image, kernels, padding = case
    shifted = [[[0] * (len(channel[0]) + 1), *([0, *row] for row in channel)] for channel in image]
    outputs = conv2d(shifted, kernels, padding=padding)
    assert [[row[1:] for row in channel[1:]] for channel in outputs] == conv2d(
        image, kernels, padding=padding
    )


@given(cases())
def test_padding_is_zeros_around_the_image(case: tuple[Any, Any, int]) -> None:
    image, kernels, padding = case
    side, edge = [0] * padding, [[0] * (len(image[0][0]) + 2 * padding)] * padding
    padded = [[*edge, *([*side, *row, *side] for row in channel), *edge] for channel in image]
    assert conv2d(padded, kernels) == conv2d(image, kernels, padding=padding)


def test_a_kernel_is_not_turned_around() -> None:
    assert conv2d(IMAGE, [[[[1, 0], [0, 10]]]]) == [[[51, 62]]]
    assert conv2d(IMAGE, [[[[0, 1, 0]]], [[[1, 0, 0]]]]) == [[[2], [5]], [[1], [4]]]


def test_channels_are_added_up() -> None:
    image = [[[1, 2]], [[30, 40]]]
    assert conv2d(image, [[[[1]], [[1]]], [[[0]], [[2]]]]) == [[[31, 42]], [[60, 80]]]


def test_a_sum_goes_from_the_left_channel_by_channel_and_row_by_row() -> None:
    ones = [[[[1.0, 1.0], [1.0, 1.0]]]]
    assert conv2d([[[1e16, 1.0], [1.0, -1e16]]], ones) == [[[0.0]]]
    assert conv2d([[[1e16, -1e16], [1.0, 1.0]]], ones) == [[[2.0]]]
    assert conv2d([[[1e16]], [[-1e16]], [[1.0]]], [[[[1.0]]] * 3]) == [[[1.0]]]
    assert conv2d([[[1e16]], [[1.0]], [[-1e16]]], [[[[1.0]]] * 3]) == [[[0.0]]]


def test_the_zeros_around_are_multiplied_and_added_too() -> None:
    [[[value]]] = conv2d([[[1.0]]], [[[[inf, 1.0, 1.0], [1.0] * 3, [1.0] * 3]]], padding=1)
    assert isnan(value)
    assert repr(conv2d([[[-1.0]]], [[[[0.0]]]])) == "[[[-0.0]]]"
    assert repr(conv2d([[[-1.0]]], [[[[0.0, 0.0, 0.0]] * 3]], padding=1)) == "[[[0.0]]]"


@pytest.mark.parametrize(
    "x",
    [
        3,
        1.5,
        HALF,
        dyadic(0.5),
        cast(0.3, bfloat16),
        quantize(5, int8),
        around(0.5, 0.25),
        Dual(0.5, 1.0),
        bound(0.1),
    ],
    ids=lambda x: type(x).__name__,
)
def test_any_number_will_do(x: Any) -> None:
    zero, y = lift(0, x), -x
    assert conv2d([[[x, y], [y, y]]], [[[[x, y]]]]) == [
        [[dot([x, y], [x, y])], [dot([y, y], [x, y])]]
    ]
    padded = conv2d([[[x]]], [[[[x, y]]]], padding=1)
    assert padded[0][1] == [dot([zero, x], [x, y]), dot([x, zero], [x, y])]
    assert {*map(type, leaves(padded))} == {type(x)}
    for image, kernels in (([[[x, 2]]], [[[[1, 3]]]]), ([[[1, 2]]], [[[[3, x]]]])):
        assert [*map(type, leaves(conv2d(image, kernels)))] == [type(x)]


def test_floats_stay_in_the_bound_of_the_exact_sums() -> None:
    image, kernels = [[[0.1, 0.2], [1e16, 0.7]]], [[[[0.3, -1e-9], [1.0, 1e16]]]]
    outputs = conv2d(image, kernels, padding=1)
    bounds = conv2d(tree_map(bound, image), tree_map(bound, kernels), padding=1)
    assert all(certificate.admits(y) for certificate, y in zip(leaves(bounds), leaves(outputs)))


def test_a_slope_goes_through_it() -> None:
    def corner(x: Any) -> Any:
        return conv2d([[[x, 2]]], [[[[3, 4]]]])[0][0][0]

    assert derivative(corner, HALF) == 3


def test_it_is_a_layer() -> None:
    network = serial(layer(conv2d, padding=1), elementwise(relu), layer(conv2d))
    edges: Any = [[[[1, 0, -1]] * 3], [[[1] * 3, [0] * 3, [-1] * 3]]]
    weights = [edges, (), [[[[1]], [[1]]]]]
    assert render(network) == "conv2d(padding=1) >>> relu >>> conv2d"
    assert network == serial(layer(conv2d, padding=1), elementwise(relu), layer(conv2d))
    assert {layer(conv2d, stride=(1, 2), padding=((0, 1), 2))} == {
        layer(conv2d, padding=((0, 1), 2), stride=(1, 2))
    }
    assert layer_shapes(network, IMAGE, weights) == [(1, 2, 3), (2, 2, 3), (2, 2, 3), (1, 2, 3)]


SEEDS = range(60)
RANKS = pytest.mark.parametrize("rank", [1, 2, 3])


def exact(draw: Callable[[Random, int], Case], seed: int, rank: int) -> tuple[Case, Any]:
    """A case over Fraction, and its settings in full."""
    case = over(Fraction, draw(Random(seed), rank))
    full: Any = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1} | case.settings
    return case, full


@RANKS
def test_a_stride_takes_every_so_many_th_place(rank: int) -> None:
    for seed in SEEDS:
        case, settings = exact(conv_case, seed, rank)
        every = conv(case.inputs, case.weights, rank=rank, **settings | {"stride": 1})
        slices = [slice(None, None, stride) for stride in each_axis(settings["stride"], rank)]
        assert case.run() == sliced(every, [slice(None), *slices]), seed


@RANKS
def test_a_dilation_sets_the_weights_apart(rank: int) -> None:
    for seed in SEEDS:
        case, settings = exact(conv_case, seed, rank)
        dilations = each_axis(settings.pop("dilation"), rank)
        kernels = spaced(case.weights, (1, 1, *dilations), Fraction(0))
        assert case.run() == conv(case.inputs, kernels, rank=rank, **settings), seed


@RANKS
@pytest.mark.parametrize("draw", [conv_case, transposed_case])
def test_groups_are_each_alone(draw: Any, rank: int) -> None:
    for seed in SEEDS:
        case, settings = exact(draw, seed, rank)
        groups = settings.pop("groups")
        outputs = []
        for group in range(groups):
            inputs, weights = (
                part[group * len(part) // groups : (group + 1) * len(part) // groups]
                for part in (case.inputs, case.weights)
            )
            outputs += case.definition(inputs, weights, **settings)
        assert case.run() == outputs, seed


@RANKS
def test_more_axes_of_length_one_change_nothing(rank: int) -> None:
    for seed in SEEDS:
        case, settings = exact(conv_case, seed, rank)
        for name, value in (("stride", 2), ("dilation", 3), ("padding", (0, 0))):
            settings[name] = (value, *each_axis(settings[name], rank))
        flat = [[channel] for channel in case.inputs]
        kernels = [[[channel] for channel in kernel] for kernel in case.weights]
        outputs = conv(flat, kernels, rank=rank + 1, **settings)
        assert case.run() == [channel for [channel] in outputs], seed


def test_conv_is_told_its_rank() -> None:
    for seed in SEEDS:
        for rank in (1, 2, 3):
            case = conv_case(Random(seed), rank)
            assert conv(case.inputs, case.weights, rank=rank, **case.settings) == case.run(), seed


def nested(x: Any, rank: int) -> Any:
    """A number as a tensor of length 1 along so many axes."""
    return [nested(x, rank - 1)] if rank else x


@RANKS
def test_a_bias_is_the_weight_of_a_channel_of_ones(rank: int) -> None:
    """Of ones that have no zeros around them: the inputs are padded before."""
    for seed in SEEDS:
        case, settings = exact(conv_case, seed, rank)
        if settings["groups"] == 1:
            biases = tree_map(Fraction, tensor(Random(seed), len(case.weights)))
            pads = [(0, 0), *pads_of(settings.pop("padding"), rank)]
            image = padded(case.inputs, pads, Fraction(0))
            image += [tree_map(lambda _: Fraction(1), image[0])]
            ends = [(0, size - 1) for size in shape(case.weights)[2:]]
            corners = [padded(nested(b, rank), ends, Fraction(0)) for b in biases]
            kernels = [[*kernel, c] for kernel, c in zip(case.weights, corners, strict=True)]
            outputs = conv(image, kernels, rank=rank, **settings)
            assert channel_bias(case.run(), biases) == outputs, seed


@pytest.mark.parametrize(
    ("inputs", "weights", "message"),
    [
        ([], KERNELS, "inputs is empty"),
        ([[]], KERNELS, "channel 0 of inputs is empty"),
        ([[[]]], KERNELS, "row 0 of channel 0 of inputs is empty"),
        (IMAGE, [], "weights is empty"),
        (IMAGE, [[]], "kernel 0 of weights is empty"),
        (IMAGE, [[[]]], "channel 0 of kernel 0 of weights is empty"),
        ([[[1]], [[1], [2]]], KERNELS, "channel 1 of inputs has length 2, channel 0 of inputs"),
        ([[[1], [1, 2]]], KERNELS, "row 1 of channel 0 of inputs has length 2, row 0 of channel 0"),
        ([[[1]], [[1, 2]]], KERNELS, "row 0 of channel 1 of inputs has length 2, row 0 of chan"),
        (IMAGE, [[[[1]]], [[[1]], [[1]]]], "kernel 1 of weights has length 2, kernel 0 of weights"),
        (
            IMAGE,
            [[[[1]]], [[[1], [2, 3]]]],
            "channel 0 of kernel 1 of weights has length 2, channel 0 of kernel 0 of weights has",
        ),
        (
            IMAGE,
            [[[[1]]], [[[1, 2]]]],
            "row 0 of channel 0 of kernel 1 of weights has length 2, row 0 of channel 0 of kernel",
        ),
        (IMAGE, [[[[1]], [[1]]]], "inputs and kernels differ in channels: 1 and 2"),
        ([[[1]], [[1]]], KERNELS, "inputs and kernels differ in channels: 2 and 1"),
        (IMAGE, [[[[1]] * 3]], "the kernels, 3×1, are larger than the padded inputs, 2×3"),
        (IMAGE, [[[[1] * 4]]], "the kernels, 1×4, are larger than the padded inputs, 2×3"),
    ],
)
def test_what_has_not_the_shape_is_refused(inputs: Any, weights: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        conv2d(inputs, weights)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("inputs", "weights", "message"),
    [
        (iter(IMAGE), KERNELS, "inputs is a list_iterator, not a list"),
        ([iter(IMAGE[0])], KERNELS, "channel 0 of inputs is a list_iterator, not a list"),
        ([[1, 2]], KERNELS, "row 0 of channel 0 of inputs is a int, not a list"),
        (IMAGE, iter(KERNELS), "weights is a list_iterator, not a list"),
        (IMAGE, [[iter([[1]])]], "channel 0 of kernel 0 of weights is a list_iterator, not a list"),
        ([[[1, "2"]]], KERNELS, "row 0 of channel 0 of inputs, entry 1: lift has no instance for"),
        ([[[0.5]]], [[[[HALF]]]], "row 0 of channel 0 of kernel 0 of weights, entry 0: float besi"),
        ([[[0.5], [HALF]]], KERNELS, "row 1 of channel 0 of inputs, entry 0: float beside Fractio"),
    ],
)
def test_what_is_no_list_or_no_number_is_refused(inputs: Any, weights: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        conv2d(inputs, weights)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (TypeError, {"padding": 0.5}, "padding is a float, not an int"),
        (ValueError, {"padding": -1}, "padding is -1: give 0 or more"),
        (ValueError, {"padding": (1, 1, 1)}, "padding has length 3, not 2"),
        (TypeError, {"stride": True}, "stride is a bool, not an int"),
        (ValueError, {"stride": (1, 0)}, "stride is 0: give 1 or more"),
        (ValueError, {"dilation": (1,)}, "dilation has length 1, not 2"),
        (
            ValueError,
            {"dilation": (1, 9), "padding": 1},
            "the kernels, 1×19, are larger than the",
        ),
        (ValueError, {"groups": 0}, "groups is 0: give 1 or more"),
        (TypeError, {"groups": 1.0}, "groups is a float, not an int"),
        (ValueError, {"groups": 3}, "3 groups do not divide 4 channels"),
        (ValueError, {"groups": 1}, "inputs and kernels differ in channels: 4 and 2"),
    ],
)
def test_settings_that_do_not_fit_are_refused(kind: Any, settings: Any, message: str) -> None:
    image, kernels = [[[1, 2, 3], [4, 5, 6]]] * 4, [[[[1, 2, 3]], [[1, 2, 3]]]] * 2
    assert conv2d(image, kernels, groups=2) == [[[28], [64]], [[28], [64]]]
    with pytest.raises(kind) as caught:
        conv2d(image, kernels, **{"groups": 2} | settings)
    assert str(caught.value).startswith(message)
    with pytest.raises(ValueError, match="^2 groups do not divide 1 kernels$"):
        conv2d(image, kernels[:1], groups=2)


def test_a_rank_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="^rank is 0: give 1 or more$"):
        conv([[1]], [[[1]]], rank=0)
    with pytest.raises(TypeError, match="^row 0 of channel 0 of inputs is a int, not a list$"):
        conv([[1]], [[[1]]], rank=2)
    with pytest.raises(TypeError, match=r"^channel 0 of inputs, entry 0: lift has no instance for"):
        conv([[[1]]], [[[1]]], rank=1)


def test_a_bias_that_does_not_fit_is_refused() -> None:
    one: Any = 1
    with pytest.raises(ValueError, match="^channels and bias differ in length: 1 and 2$"):
        channel_bias(IMAGE, [1, 2])
    with pytest.raises(ValueError, match="^ragged: entry 1 has shape "):
        channel_bias([[1], [1, 2]], [1, 2])
    with pytest.raises(TypeError, match="^inputs is a int, not a list$"):
        channel_bias(one, [1, 2])
    with pytest.raises(TypeError, match="^bias, entry 0: float beside Fraction: numbers"):
        channel_bias([[0.5]], [HALF])
    with pytest.raises(TypeError, match="^inputs, entry 1: float beside Fraction: numbers do not"):
        channel_bias([[0.5], [HALF]], [1, 1])
    with pytest.raises(ValueError, match=r"^inputs is empty: its shape is \(1, 0\)$"):
        channel_bias([[]], [1])


def test_a_bias_of_ints_is_lifted() -> None:
    assert repr(channel_bias([[1, 0.5]], [1])) == "[[2.0, 1.5]]"


def test_the_arguments_stay_as_they_are() -> None:
    image, kernels = ((((1, 0.5),),), ([[[1]]],))
    outputs = conv2d(image, kernels, padding=1)
    assert outputs == [[[0.0] * 4, [0.0, 1.0, 0.5, 0.0], [0.0] * 4]]
    assert image == ((((1, 0.5),),)) and kernels == ([[[1]]],)
