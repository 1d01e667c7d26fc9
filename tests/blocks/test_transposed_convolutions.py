"""Transposed convolution: the transposed map of convolution; and what does not fit is refused."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from block_cases import over, tensor
from cases_convolutions import conv_case, each_axis, transposed_case
from funcnn import dot, leaves, shape, tree_map
from funcnn.blocks.transposed_convolutions import conv_transpose, conv_transpose2d

SEEDS = range(60)
RANKS = pytest.mark.parametrize("rank", [1, 2, 3])


def inner(xs: Any, ys: Any) -> Any:
    """Σ x·y of two tensors of one shape."""
    assert shape(xs) == shape(ys)
    return dot([*leaves(xs)], [*leaves(ys)])


@RANKS
def test_it_is_the_transposed_map(rank: int) -> None:
    """The output padding is so much as the inputs are longer than what the kernels reach."""
    for seed in SEEDS:
        case = over(Fraction, conv_case(Random(seed), rank))
        outputs = case.run()
        y = tree_map(Fraction, tensor(Random(seed), *shape(outputs)))
        whole = conv_transpose(y, case.weights, rank=rank, **case.settings | {"padding": 0})
        pads = each_axis(case.settings.get("padding", 0), rank)
        lengths = zip(shape(case.inputs)[1:], shape(whole)[1:], pads, strict=True)
        more = tuple(n + sum(each_axis(pad, 2)) - reached for n, reached, pad in lengths)
        back = conv_transpose(y, case.weights, rank=rank, output_padding=more, **case.settings)
        assert inner(outputs, y) == inner(case.inputs, back), seed


@RANKS
def test_output_padding_takes_back_padding_at_the_end(rank: int) -> None:
    for seed in SEEDS:
        case = over(Fraction, transposed_case(Random(seed), rank))
        more = each_axis(case.settings.pop("output_padding", 0), rank)
        pads = [each_axis(pad, 2) for pad in each_axis(case.settings.get("padding", 0), rank)]
        padding = tuple((before, after + m) for (before, after), m in zip(pads, more, strict=True))
        settings = case.settings | {"padding": padding, "output_padding": more}
        assert case.definition(case.inputs, case.weights, **settings) == case.run(), seed


@RANKS
def test_output_padding_is_zeros_where_no_kernel_reaches(rank: int) -> None:
    for seed in SEEDS:
        case = over(Fraction, transposed_case(Random(seed), rank))
        settings = case.settings | {"padding": 0, "output_padding": 0}
        inside = case.definition(case.inputs, case.weights, **settings)
        settings["output_padding"] = case.settings.get("output_padding", 0)
        around = case.definition(case.inputs, case.weights, **settings)
        assert sum(leaves(around)) == sum(leaves(inside)), seed
        kept = [*leaves(around)]
        assert len(kept) - kept.count(0) == len([x for x in leaves(inside) if x]), seed


def test_a_kernel_is_put_down_at_every_place() -> None:
    kernels = [[[[1, 2], [3, 4]]]]
    assert conv_transpose2d([[[1, 0], [0, 10]]], kernels) == [[[1, 2, 0], [3, 14, 20], [0, 30, 40]]]
    assert conv_transpose2d([[[1, 10]]], kernels, stride=2) == [[[1, 2, 10, 20], [3, 4, 30, 40]]]
    assert conv_transpose2d([[[1, 10]]], kernels, dilation=(1, 2)) == [
        [[1, 10, 2, 20], [3, 30, 4, 40]]
    ]


def test_padding_may_be_larger_than_what_a_kernel_reaches() -> None:
    outputs = conv_transpose([[1, 2, 3]], [[[10]]], rank=1, stride=2, padding=((1, 2),))
    assert outputs == [[0, 20]]


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (
            ValueError,
            {"output_padding": 1},
            "output_padding is 1: give less than stride 1 or di",
        ),
        (ValueError, {"output_padding": -1}, "output_padding is -1: give 0 or more"),
        (TypeError, {"output_padding": 1.0}, "output_padding is a float, not an int"),
        (ValueError, {"output_padding": (0, 1, 0)}, "output_padding has length 3, not 2"),
        (
            ValueError,
            {"padding": 2},
            "without its padding, 2 before and 2 after, nothing is lef",
        ),
        (ValueError, {"padding": -1}, "padding is -1: give 0 or more"),
        (ValueError, {"stride": 0}, "stride is 0: give 1 or more"),
        (ValueError, {"dilation": 0}, "dilation is 0: give 1 or more"),
        (ValueError, {"groups": 0}, "groups is 0: give 1 or more"),
        (ValueError, {"groups": 3}, "3 groups do not divide 2 channels"),
    ],
)
def test_settings_that_do_not_fit_are_refused(kind: Any, settings: Any, message: str) -> None:
    image, kernels = [[[1, 2], [3, 4]]] * 2, [[[[1, 2], [3, 4]]]] * 2
    with pytest.raises(kind) as caught:
        conv_transpose2d(image, kernels, **settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("kind", "inputs", "weights", "message"),
    [
        (ValueError, [[[1]]], [[[[1]]], [[[1]]]], "inputs and kernels differ in channels: 1 and 2"),
        (ValueError, [], [[[[1]]]], "inputs is empty"),
        (ValueError, [[[1]]], [[[[]]]], "row 0 of channel 0 of kernel 0 of weights is empty"),
        (ValueError, [[[1], [1, 2]]], [[[[1]]]], "row 1 of channel 0 of inputs has length 2, row"),
        (
            TypeError,
            [[[0.5]]],
            [[[[Fraction(1)]]]],
            "row 0 of channel 0 of kernel 0 of weights, e",
        ),
        (TypeError, [[1]], [[[[1]]]], "row 0 of channel 0 of inputs is a int, not a list"),
    ],
)
def test_what_does_not_fit_is_refused(kind: Any, inputs: Any, weights: Any, message: str) -> None:
    with pytest.raises(kind) as caught:
        conv_transpose2d(inputs, weights)
    assert str(caught.value).startswith(message)
