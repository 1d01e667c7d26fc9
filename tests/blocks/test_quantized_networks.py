"""Networks of int8 are near to those of floats that became them, by a proven bound."""

from fractions import Fraction
from functools import cache, partial
from itertools import pairwise
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import dense, foldl, leaves, tree_map
from funcnn.algebra.dyadics import dyadic, fraction
from funcnn.blocks.quantized_linears import (
    checked,
)
from funcnn.blocks.quantized_networks import (
    QuantizedNetwork,
    error_bounds,
    float_network,
    possible_matrices,
    quantized_inputs,
    quantized_network,
    quantized_outputs,
)
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights
from strategies import matrices, vectors

SIXTEENTH = Fraction(1, 16)
ONE_BESIDE_TWO = "has length 1, the vector has length 2"
TWO_BESIDE_ONE = "has length 2, the vector has length 1"
NO_SCALE = "there is no scale for NaN: take it out of the batch or the weights"


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Any], list[list[float]]]:
    """Matrices of floats, and a batch of inputs."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    numbers = draw(st.sampled_from([st.floats(-4, 4), st.floats(-1e9, 1e9), st.just(0.0)]))
    weights = [draw(matrices(m, n, numbers)) for n, m in pairwise(sizes)]
    return weights, draw(st.lists(vectors(sizes[0], st.floats(-9, 9)), min_size=1, max_size=3))


@given(networks())
def test_weights_are_quantized_to_half_a_scale(drawn: Any) -> None:
    weights, xs = drawn
    network = quantized_network(weights, xs)
    ratios = [one / other for one, other in pairwise(network.scales)]
    for matrix, layer, ratio in zip(weights, network.weights, ratios, strict=True):
        assert layer == checked(layer) and max(layer.multipliers) <= 2**31 - 1
        for row, integers, multiplier in zip(*(matrix, *layer[:2]), strict=True):
            scale = multiplier / ratio / 2**layer.shift
            for weight, integer in zip(row, integers, strict=True):
                assert abs(integer) <= 127
                assert abs(Fraction(weight) - integer * scale) <= scale / 2
    assert network.weights[-1].shift == 0 or not any(leaves(weights[-1]))


@given(networks())
def test_the_largest_numbers_seen_fit(drawn: Any) -> None:
    """Exactly, unless a multiplier is as large as one may be."""
    weights, xs = drawn
    network = quantized_network(weights, xs)
    for before, scale in enumerate(network.scales[:-1]):
        largest = max(map(abs, leaves([foldl(dense, x, weights[:before]) for x in xs])))
        assert largest <= 127 * scale
        assert largest == 0 or largest == 127 * scale or max(network.weights[before - 1][1]) == 255
    assert quantized_network(weights, xs, SIXTEENTH).scales[0] == SIXTEENTH


@given(networks(), st.floats(-99, 99))
def test_no_error_is_above_its_bound(drawn: Any, further: float) -> None:
    """Also where inputs are larger than any seen, and saturate."""
    weights, xs = drawn
    network = quantized_network(weights, xs)
    bounded(weights, network, [x + further for x in xs[0]])


def bounded(
    weights: Any, network: QuantizedNetwork, inputs: list[float]
) -> list[tuple[Fraction, Fraction]]:
    """The outputs of an int8 network with their bounds, once these are known to hold."""
    exact = float_network(tree_map(dyadic, inputs), tree_map(dyadic, weights))
    bounds = [*map(Fraction, error_bounds(inputs, network))]
    outputs = quantized_outputs(inputs, network)
    for output, truth, bound in zip(outputs, exact, bounds, strict=True):
        assert abs(output - fraction(truth)) <= bound
    return [*zip(outputs, bounds, strict=True)]


@given(networks())
def test_possible_weights_are_those_that_are_quantized_alike(drawn: Any) -> None:
    weights, xs = drawn
    network = quantized_network(weights, xs)
    possible = possible_matrices(network)
    pairs = zip(leaves(tree_map(dyadic, weights)), leaves(possible), strict=True)
    assert all(weight in weight_box for weight, weight_box in pairs)


def test_a_weight_of_another_integer_is_not_possible() -> None:
    network = quantized_network([[[127.0, 1.0]]], [[1.0, 1.0]])
    [layer], [[[_, one]]] = network.weights, possible_matrices(network)
    scale = Fraction(127, layer.matrix[0][0])
    assert abs(one.high - one.low - scale) < scale / 100
    assert 1.0 in one and 2.0 not in one and 0.0 not in one


@cache
def digits_network() -> QuantizedNetwork:
    return quantized_network(digit_weights(), split_digits().training.images[:300], SIXTEENTH)


def test_digits_are_told_apart_in_int8_as_by_floats() -> None:
    network, weights = digits_network(), digit_weights()
    images, labels = split_digits().held_out
    found = [quantized_outputs(image, network) for image in images]
    exact = [float_network(image, weights) for image in images]
    classes = [outputs.index(max(outputs)) for outputs in found]
    assert sum(cls == label for cls, label in zip(classes, labels, strict=True)) >= 354 - 3
    as_float = [cls == ys.index(max(ys)) for cls, ys in zip(classes, exact, strict=True)]
    assert sum(as_float) >= 357
    assert [x * SIXTEENTH for x in quantized_inputs(images[0], SIXTEENTH)] == images[0]


def test_of_nine_digits_in_ten_the_class_is_certain_by_the_weights_in_int8_alone() -> None:
    """No network of floats that becomes this one, the trained one among them, says another."""
    network, weights = digits_network(), digit_weights()
    images = split_digits().held_out.images[::9]
    certain = 0
    for image in images:
        intervals = [(y - bound, y + bound) for y, bound in bounded(weights, network, image)]
        best = intervals.index(max(intervals))
        others = [high for _, high in intervals[:best] + intervals[best + 1 :]]
        if intervals[best][0] > max(others):
            certain += 1
            exact = float_network(image, weights)
            assert exact.index(max(exact)) == best
    assert certain >= 0.9 * len(images)


@pytest.mark.parametrize(
    ("weights", "xs", "error"),
    [
        ([], [[1.0]], ValueError("there are no matrices: a network has a layer or more")),
        ([[[1.0]]], [], ValueError("there is no number to fit a scale to")),
        ([[[nan]]], [[1.0]], ValueError(NO_SCALE)),
        ([[[1.0, nan]]], [[1.0, 1.0]], ValueError(NO_SCALE)),
        ([[[1.0, 1.0]]], [[1.0, nan]], ValueError(NO_SCALE)),
        (
            [[[1.0, 2.0], [1.0]]],
            [[1.0, 2.0]],
            ValueError(f"row 1 {ONE_BESIDE_TWO}"),
        ),
        ([[[1.0, 2.0]]], [[1.0]], ValueError(f"row 0 {TWO_BESIDE_ONE}")),
        (
            [[[1.0]], [[1.0, 2.0]]],
            [[1.0]],
            ValueError(f"row 0 {TWO_BESIDE_ONE}"),
        ),
        ([[[1.0]]], [1.0], TypeError("the vector is a float, not a list")),
        ([[[inf]]], [[1.0]], OverflowError("cannot convert Infinity to integer ratio")),
        (iter([]), [[1.0]], TypeError("matrices is a list_iterator, not a list")),
        ([[[1.0]]], iter([[1.0]]), TypeError("xs is a list_iterator, not a list")),
    ],
)
def test_what_cannot_be_quantized_is_refused(weights: Any, xs: Any, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        quantized_network(weights, xs)
    assert str(caught.value) == str(error)


@pytest.mark.parametrize("scale", [Fraction(0), Fraction(-1)])
def test_a_scale_that_is_given_is_positive(scale: Fraction) -> None:
    with pytest.raises(ValueError, match="needs 2 bits or more, and a scale above 0$"):
        quantized_network([[[1.0]]], [[1.0]], scale)


def test_bounds_take_exact_inputs_and_no_generator() -> None:
    network = quantized_network([[[0.5, 0.25]]], [[1.0, 2.0]])
    expected = error_bounds([0.5, 2.0], network)
    assert error_bounds([Fraction(1, 2), 2], network) == expected
    assert error_bounds([dyadic(0.5), dyadic(2)], network) == expected
    generator: Any = iter([0.5, 2.0])
    with pytest.raises(TypeError, match="^the inputs is a list_iterator, not a list$"):
        error_bounds(generator, network)


def test_what_is_no_network_is_refused() -> None:
    network, nothing = quantized_network([[[0.5, 0.25]]], [[1.0, 2.0]]), list[Any]()
    functions: list[Any] = [possible_matrices, partial(quantized_outputs, [1.0, 2.0])]
    for function in functions:
        with pytest.raises(ValueError, match="^layers and scales of their outputs differ in leng"):
            function(network=network._replace(scales=network.scales[:1]))
        with pytest.raises(TypeError, match="^a QuantizedNetwork or QuantizedModel, not a NoneTyp"):
            function(network=None)
    with pytest.raises(ValueError, match="^the number of matrices is 0: give 1 or more$"):
        float_network([1.0], nothing)
