"""Convolution: linear, the product with a structured matrix, the same at every place of an image;
and what does not fit is refused where it stands."""

from fractions import Fraction
from math import inf, isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    matvec,
    quantize,
    relu,
    render,
    serial,
    shape,
    tree_map,
    tree_zip_with,
)
from funcnn.algebra.duals import derivative
from funcnn.blocks.convolutions import conv2d
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


def structured(image: Any, kernels: Any, padding: int) -> list[list[Fraction]]:
    """A row for each output, and in it the weight by which it takes each entry of the image."""
    (channels, height, width), (_, _, rows, columns) = shape(image), shape(kernels)

    def weight(kernel: Any, c: int, i: int, j: int) -> Any:
        return kernel[c][i][j] if 0 <= i < rows and 0 <= j < columns else Fraction(0)

    return [
        [
            weight(kernel, c, i - top + padding, j - left + padding)
            for c in range(channels)
            for i in range(height)
            for j in range(width)
        ]
        for kernel in kernels
        for top in range(height + 2 * padding - rows + 1)
        for left in range(width + 2 * padding - columns + 1)
    ]


@given(cases())
def test_it_is_the_product_with_a_structured_matrix(case: tuple[Any, Any, int]) -> None:
    image, kernels, padding = case
    outputs = conv2d(image, kernels, padding=padding)
    assert [*leaves(outputs)] == matvec(structured(image, kernels, padding), [*leaves(image)])
    (_, height, width), (count, _, rows, columns) = shape(image), shape(kernels)
    assert shape(outputs) == (
        count,
        height + 2 * padding - rows + 1,
        width + 2 * padding - columns + 1,
    )


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
    assert layer_shapes(network, IMAGE, weights) == [(1, 2, 3), (2, 2, 3), (2, 2, 3), (1, 2, 3)]


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


def test_padding_that_counts_no_rows_is_refused() -> None:
    half: Any = 0.5
    with pytest.raises(TypeError, match="^padding is a float, not an int$"):
        conv2d(IMAGE, KERNELS, padding=half)
    with pytest.raises(ValueError, match="^padding is -1: give 0 or more$"):
        conv2d(IMAGE, KERNELS, padding=-1)


def test_the_arguments_stay_as_they_are() -> None:
    image, kernels = ((((1, 0.5),),), ([[[1]]],))
    outputs = conv2d(image, kernels, padding=1)
    assert outputs == [[[0.0] * 4, [0.0, 1.0, 0.5, 0.0], [0.0] * 4]]
    assert image == ((((1, 0.5),),)) and kernels == ([[[1]]],)
