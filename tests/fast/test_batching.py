"""A network over a batch is the map of it, with ==, and raises what the map raises."""

import pickle
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from fractions import Fraction
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import given

from funcnn import (
    Dual,
    Layer,
    affine,
    branch,
    dense,
    each,
    elementwise,
    int8,
    layer,
    linear,
    parallel,
    quantize,
    relu,
    scan,
    serial,
    tied,
    tree_map,
)
from funcnn.fast import KERNELS, floats, to_lanes, to_signs, to_sparse, vmap
from funcnn.fast.batching import batched
from networks import Case, cases


def counted(inputs: Any, weights: Any) -> Any:
    """A cell that takes whatever adds up."""
    return inputs[0] + inputs[1], inputs[0]


RAISING: list[tuple[Any, list[Any], Any]] = [
    (layer(linear), [[1.0, 2.0], [1.0]], [[1.0, 2.0]]),
    (layer(linear), [[1.0, 2.0]], [[1.0, 2.0], [3.0]]),
    (layer(linear), [[1.0, Fraction(1)]], [[1.0, 2.0]]),
    (layer(dense), [[1.0, "2"]], [[1.0, 2.0]]),
    (layer(linear), [[]], [[]]),
    (serial(layer(linear), layer(linear)), [[1.0]], [[[1.0]]]),
    (serial(layer(linear)), [[1.0]], [[[1.0]], [[1.0]]]),
    (serial(layer(dense), layer(dense)), [[1.0], [1.0, 2.0]], [[[1.0]], [[1.0, 2.0]]]),
    (each(layer(linear)), [{1.0}], [[1.0]]),
    (parallel(layer(linear), layer(linear)), [([1.0],)], [[[1.0]], [[1.0]]]),
    (parallel(layer(linear)), [([1.0], [2.0])], [[[1.0]]]),
    (branch(layer(linear)), [[1.0]], []),
    (scan(layer(linear)), [([1.0], 5)], [[1.0]]),
    (layer(relu), [[1.0]], ()),
    (scan(parallel(serial(), serial())), [([1.0], {2.0})], [[], []]),
    (each(elementwise(relu)), [{1.0}], ()),
    (layer(linear, bias=True), [[1.0]], [[1.0]]),
    (elementwise(relu, slope=1), [[1.0]], ()),
    (tied(serial(layer(linear)), [0]), [[1.0]], [[[1.0]], [[2.0]]]),
    (serial(layer(dense), layer(dense)), [[1.0], ["1"]], [[[1.0]], [[1.0, 2.0]]]),
    (elementwise(linear), [[1.0]], [[1.0]]),
    (scan(layer(linear)), [([1.0], [[1.0]])], [[1.0]]),
    (scan(layer(counted)), [{0: None, (1, 2): None}], ()),
]


@given(cases())
def test_over_fractions_a_batch_is_the_map(case: Case) -> None:
    network, weights, xs = case
    expected = [network(x, weights) for x in xs]
    assert batched(network, xs, weights) == vmap(network)(xs, weights) == expected


@given(cases())
def test_over_floats_that_do_not_round_a_batch_is_the_map(case: Case) -> None:
    """A few products and sums of eighths are floats."""
    network = case.network
    weights, xs = tree_map(lambda number: round(number * 8) / 8, (case.weights, case.inputs))
    assert batched(network, xs, weights) == [network(x, weights) for x in xs]


@pytest.mark.parametrize(("network", "xs", "weights"), RAISING)
def test_where_the_map_raises_so_does_the_batch(network: Any, xs: list[Any], weights: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as expected:
        [network(x, weights) for x in xs]
    with pytest.raises(expected.type) as actual:
        vmap(network)(xs, weights)
    assert str(actual.value) == str(expected.value)


def test_a_generator_of_inputs_is_refused() -> None:
    inputs: Any = (x for x in [[1.0]])
    with pytest.raises(TypeError, match="^xs is a generator, not a list$"):
        vmap(layer(linear))(inputs, [[1.0]])


def test_a_batched_network_crosses_to_another_process() -> None:
    network = vmap(serial(layer(dense), layer(dense)))
    copy = pickle.loads(pickle.dumps(network))
    assert copy == network
    assert copy([[1.0]], [[[2.0]], [[3.0]]]) == [[6.0]]


def test_a_definition_without_a_kernel_is_mapped() -> None:
    def doubled(inputs: Any, weights: Any) -> Any:
        return [2 * x for x in inputs]

    assert vmap(layer(doubled))([[1], [2]], ()) == [[2], [4]]


@pytest.mark.parametrize("weights", [zip([1.0], [2.0]), {(1.0, 2.0): 0}, iter([[1.0, 2.0]])])
def test_weights_that_are_no_list_are_refused(weights: Any) -> None:
    with pytest.raises(TypeError, match="^the matrix is a .*, not a list$"):
        vmap(layer(linear))([[1.0, 2.0], [3.0, 4.0]], weights)


@pytest.mark.parametrize("kernel", [floats.linear, floats.dense])
def test_a_kernel_refuses_a_generator_of_inputs(kernel: Any) -> None:
    with pytest.raises(TypeError, match="^xs is a list_iterator, not a list$"):
        kernel(iter([[1.0]]), [[2.0]])


def test_a_tuple_stays_a_tuple() -> None:
    xs: Any = [(1.0, -2.0), [1.0, -2.0]]
    assert vmap(elementwise(relu))(xs, ()) == [elementwise(relu)(x, ()) for x in xs]
    assert floats.relu_pullback(xs, xs) == [(1.0, -0.0), [1.0, -0.0]]


def test_a_kernel_that_fails_where_the_definition_does_not_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(xs: Any, weights: Any) -> Any:
        raise IndexError("broken")

    monkeypatch.setitem(KERNELS, (Layer, linear), broken)
    with pytest.raises(IndexError, match="^broken$"):
        vmap(layer(linear))([[1.0]], [[1.0]])
    with pytest.raises(ValueError, match="^row 0 has length 2, the vector has length 1$"):
        vmap(layer(linear))([[1.0]], [[1.0, 2.0]])


def test_a_batch_through_no_layer_is_a_new_list() -> None:
    xs = ([1.0], [2.0])
    assert vmap(serial())(xs, []) == [[1.0], [2.0]]
    assert batched(parallel(), [(), ()], []) == [(), ()]


@pytest.mark.parametrize("weights", [[], 5, None])
def test_no_inputs_give_no_outputs_whatever_the_weights(weights: Any) -> None:
    for network in (serial(layer(linear)), layer(affine), tied(serial(layer(linear)), [0])):
        assert vmap(network)([], weights) == []


@given(cases())
def test_a_batch_in_pieces_is_the_batch(case: Case) -> None:
    network, weights, xs = case
    many = xs * 5
    assert vmap(network)(many, weights, map=map) == vmap(network)(many, weights)


def test_processes_take_pieces_of_a_batch() -> None:
    network, weights = serial(layer(dense), layer(linear)), [[[1.0, -2.0]], [[0.5], [2.0]]]
    xs = [[float(index), 1.0] for index in range(20)]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert vmap(network)(xs, weights, map=pool.map) == [network(x, weights) for x in xs]
        with pytest.raises(ValueError, match="^layer 0: .* length 2, the vector has length 1$"):
            vmap(network)([*xs, [1.0], [1.0, 2.0, 3.0]], weights, map=pool.map)


@pytest.mark.parametrize("network", [each(layer(affine)), each(serial(layer(linear)))])
def test_where_there_is_nothing_to_run_on_weights_are_not_looked_at(network: Any) -> None:
    assert vmap(network)([[], []], None) == [network([], None)] * 2 == [[], []]


@pytest.mark.parametrize("keep", [to_lanes, to_signs, to_sparse])
@pytest.mark.parametrize(
    "xs",
    [
        [[Dual(1, 0)], [Dual(0.5, 0.0)]],
        [[quantize(0.5, replace(int8, scale=Fraction(1, scale)))] for scale in (10, 16)],
        [[1], [Fraction(1, 2)], [0.5]],
    ],
)
def test_examples_of_several_kinds_do_not_mix(keep: Any, xs: Any) -> None:
    network, weights = layer(linear), keep([[1]])
    expected = [network(x, weights) for x in xs]
    assert repr(vmap(network)(xs, weights)) == repr(expected)


def test_a_sequence_that_cannot_be_sliced_is_taken_in_pieces() -> None:
    xs = deque([[1.0], [2.0]])
    assert vmap(layer(linear))(xs, [[2.0]], map=map) == [[2.0], [4.0]]
