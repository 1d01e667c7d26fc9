"""Shapes: each kind of network as text, and the forms of what goes through it."""

from array import array
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.elementary import relu
from funcnn.blocks.activations import leaky_relu, softmax
from funcnn.blocks.combinators import (
    Network,
    branch,
    each,
    elementwise,
    layer,
    parallel,
    residual,
    scan,
    serial,
    tied,
)
from funcnn.blocks.linears import AffineWeights, affine, dense, linear
from funcnn.blocks.shapes import layer_shapes, parameters, render

ONE, TWO = layer(linear), layer(dense)


def running_total(inputs: Any, weights: Any) -> Any:
    return inputs[0] + inputs[1], inputs[0]


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (ONE, "linear"),
        (layer(softmax, scale=0.5, axis="rows"), "softmax(axis='rows', scale=0.5)"),
        (elementwise(relu), "relu"),
        (elementwise(leaky_relu, slope=0.5), "leaky_relu(slope=0.5)"),
        (serial(), "identity"),
        (serial(ONE), "linear"),
        (serial(ONE, TWO, ONE), "linear >>> dense >>> linear"),
        (serial(serial(ONE, TWO), ONE), "(linear >>> dense) >>> linear"),
        (serial(ONE, serial(TWO, ONE)), "linear >>> (dense >>> linear)"),
        (serial(serial(), serial(ONE)), "identity >>> linear"),
        (each(serial(ONE, TWO)), "each(linear >>> dense)"),
        (scan(each(ONE)), "scan(each(linear))"),
        (parallel(ONE, serial(TWO, ONE)), "(linear *** (dense >>> linear))"),
        (branch(ONE, serial(), TWO), "(linear &&& identity &&& dense)"),
        (branch(branch(ONE, TWO), ONE), "((linear &&& dense) &&& linear)"),
        (tied(ONE, [0, 1, 0]), "tied(linear, places=[0, 1, 0])"),
        (tied(serial(ONE, TWO), [0, 0]), "tied(linear >>> dense, places=[0, 0])"),
        (residual(TWO), "(identity &&& dense) >>> add_pair"),
    ],
)
def test_every_kind_of_network_is_written_in_its_signs(network: Network, text: str) -> None:
    assert render(network) == text


def test_what_is_no_network_is_not_written() -> None:
    function: Any = max
    with pytest.raises(TypeError, match="is no network"):
        render(function)


def test_what_has_no_name_is_written_as_python_writes_it() -> None:
    nameless = partial(max, 0)
    assert render(layer(nameless, axis=1)) == f"{nameless!r}(axis=1)"
    assert render(elementwise(nameless)) == repr(nameless)


@given(st.lists(st.lists(st.integers(), max_size=4), max_size=4), st.integers(0, 3))
def test_parameters_are_counted_wherever_they_stand(rows: list[list[int]], depth: int) -> None:
    tree: Any = rows
    for _ in range(depth):
        tree = ((), [tree], [])
    assert parameters(tree) == sum(map(len, rows))


def test_parameters_of_a_network_count_a_tied_weight_once() -> None:
    matrix = [[1.0, 2.0], [3.0, 4.0]]
    assert parameters([matrix, (), AffineWeights(matrix, [5.0, 6.0])]) == 10
    network = tied(serial(ONE, ONE), [0, 0])
    assert network([1.0, 1.0], [matrix]) == [17.0, 37.0]
    assert parameters([matrix]) == 4


def test_shapes_are_those_of_the_inputs_and_after_each_layer() -> None:
    network = serial(ONE, elementwise(relu), layer(affine))
    weights: Any = [[[1.0, 2.0]] * 3, (), AffineWeights([[1.0] * 3] * 4, [0.0] * 4)]
    assert layer_shapes(network, [1.0, 2.0], weights) == [(2,), (3,), (3,), (4,)]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_shapes_of_a_chain_are_the_widths_it_was_built_from(widths: list[int]) -> None:
    weights = [[[1] * n for _ in range(m)] for n, m in zip(widths, widths[1:], strict=False)]
    network = serial(*[TWO for _ in weights])
    assert layer_shapes(network, [1] * widths[0], weights) == [(width,) for width in widths]


def test_the_identity_has_the_shape_of_its_inputs_alone() -> None:
    assert layer_shapes(serial(), [[1.0], [2.0]], []) == [(2, 1)]


def test_what_is_not_serial_is_one_layer() -> None:
    assert layer_shapes(each(TWO), [[1, 2], [3, 4], [5, 6]], [[1, 1]]) == [(3, 2), (3, 1)]


def test_of_a_tuple_it_is_the_tuple_of_shapes() -> None:
    network = serial(branch(TWO, serial()), parallel(serial(), elementwise(relu)))
    weights: Any = [[[[1, 1], [2, 2], [3, 3]], []], [[], ()]]
    assert layer_shapes(network, [4, 5], weights) == [(2,), ((3,), (2,)), ((3,), (2,))]
    assert layer_shapes(scan(layer(running_total)), (0, [1, 2, 3]), ()) == [((), (3,)), ((), (3,))]


@pytest.mark.parametrize(
    ("network", "inputs", "weights", "message"),
    [
        (serial(ONE), [1], [], "layers and weights differ in length: 1 and 0"),
        (serial(ONE), [1], [[[1]], [[1]]], "layers and weights differ in length: 1 and 2"),
        (serial(ONE), [1], [[[1, 2]]], "layer 0: row 0 has length 2, the vector has length 1"),
        (ONE, [1], [[1, 2]], "row 0 has length 2, the vector has length 1"),
        (serial(), [[1], [2, 3]], [], "ragged: entry 1 has shape (2,), entry 0 has shape (1,)"),
        (serial(), ([1], [[1], 2]), [], "ragged: entry 1 has shape (), entry 0 has shape (1,)"),
    ],
)
def test_what_does_not_fit_is_refused(
    network: Network, inputs: Any, weights: Any, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        layer_shapes(network, inputs, weights)
    assert str(caught.value) == message


def test_any_sequence_of_numbers_counts() -> None:
    assert parameters([array("d", [1.0, 2.0]), range(3), (4.0,)]) == 6


def test_a_vector_may_be_a_tuple() -> None:
    shapes = layer_shapes(serial(layer(linear)), (1.0, 2.0), [[[1.0, 2.0]]])
    assert shapes == [(2,), (1,)]
