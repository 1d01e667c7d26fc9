"""The kernels of int8 layers against their definitions: the same integers, or the same error."""

import pickle
from array import array
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors import spoiled
from funcnn import layer, serial, transpose
from funcnn.blocks.quantized_linears import QuantizedWeights, quantized_dense, quantized_linear
from funcnn.blocks.quantized_networks import quantized_inputs, quantized_network
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.fast import quantized, vmap
from funcnn.fast.quantized import Columns
from representations import EXAMPLES, outcome

NETWORK: Final = serial(layer(quantized_dense), layer(quantized_linear))

POOLS: Final = (
    [-128, 127],
    [127],
    [-128],
    [0],
    [0, 0, 0, 1, -1],
    [0, 1, 5, 16],
    [*range(128)],
    [*range(-128, 128)],
)
"""What integers are picked from: the extremes, those that are not negative, all."""

sizes: Final = st.sampled_from([1, 2, 3, 5, 7, 8])
int32s: Final = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([0, -(2**31), 2**31 - 1])

PAIRS: Final[list[tuple[Any, Any]]] = [
    (quantized.dense, quantized_dense),
    (quantized.linear, quantized_linear),
]


def mapped(definition: Any, xs: Any, weights: Any) -> list[Any]:
    return [definition(x, weights) for x in xs]


@st.composite
def int8_matrices(draw: st.DrawFn, rows: int, columns: int) -> list[list[int]]:
    pool = draw(st.sampled_from(POOLS))
    picks = draw(st.binary(min_size=rows * columns, max_size=rows * columns))
    entries = [pool[pick % len(pool)] for pick in picks]
    return [entries[at : at + columns] for at in range(0, len(entries), columns)]


@st.composite
def batches(draw: st.DrawFn) -> tuple[Any, Any]:
    """A batch of inputs and weights for them. Most outputs are of the size of int8."""
    length, rows, columns = draw(
        st.permutations([draw(sizes), draw(sizes), draw(st.integers(1, 17))])
    )
    shift = draw(st.integers(0, 20) | st.integers(0, 62))
    near = max(1, min((1 << shift) // (64 * columns), 2**31 - 1))
    multipliers = st.lists(
        draw(st.sampled_from([st.integers(-near, near), st.integers(near // 2, near), int32s])),
        min_size=rows,
        max_size=rows,
    )
    matrix = draw(int8_matrices(rows, columns))
    weights = QuantizedWeights(matrix, draw(multipliers), shift)
    return draw(int8_matrices(length, columns)), weights


@settings(max_examples=EXAMPLES)
@given(batches())
def test_kernels_are_their_definitions_bit_for_bit(drawn: Any) -> None:
    xs, weights = drawn
    sums = [quantized_linear(x, weights) for x in xs]
    clamped = [[min(127, max(0, y)) for y in row] for row in sums]
    assert repr(quantized.linear(xs, weights)) == repr(sums)
    assert repr([*quantized.dense(xs, weights)]) == repr(clamped)


@given(batches())
def test_a_network_over_a_batch_is_the_map(drawn: Any) -> None:
    xs, first = drawn
    matrix, multipliers, shift = first
    second = QuantizedWeights(transpose(matrix), multipliers[:1] * len(matrix[0]), shift)
    weights = [first, second, first]
    network = serial(layer(quantized_dense), layer(quantized_dense), layer(quantized_linear))
    assert repr(vmap(network)(xs, weights)) == repr([network(x, weights) for x in xs])


@given(batches(), st.data())
def test_what_a_definition_refuses_or_takes_so_does_its_kernel(
    drawn: Any, data: st.DataObject
) -> None:
    xs, weights = drawn
    xs, matrix = data.draw(spoiled((xs, weights.matrix)))
    for kernel, definition in PAIRS:
        expected = outcome(mapped, definition, xs, weights._replace(matrix=matrix))
        actual = outcome(kernel, xs, weights._replace(matrix=matrix))
        assert repr(expected) == repr(actual if isinstance(actual, tuple) else [*actual])


@pytest.mark.parametrize(
    ("xs", "weights"),
    [
        ([[1], [128]], ([[1]], [1], 0)),
        ([[255]], ([[1]], [1], 0)),
        ([[-129]], ([[1]], [1], 0)),
        ([[2**100]], ([[1]], [1], 0)),
        ([[-(2**100)]], ([[1]], [1], 0)),
        ([[1.0]], ([[1]], [1], 0)),
        ([[True], (False,)], (((True,), [-1]), (1, 2), True)),
        ([b"\x01"], ([[1]], [1], 0)),
        ([b"\xff"], ([[1]], [1], 0)),
        ([array("b", [-1])], ([[1]], [1], 0)),
        ([[-1]], ([array("b", [-1])], [1], 0)),
        ([{1: 2}], ([[1]], [1], 0)),
        ([1], ([[1]], [1], 0)),
        ([[1]], ({(1,): 2}, [1], 0)),
        ([[1]], ([{1: 2}], [1], 0)),
        ([[1]], {((1,),): 0, (1,): 0, 0: 0}),
        ([[1]], None),
        ([[1]], ([[1]], [1])),
        ([[1]], ([[128]], [1], 0)),
        ([[1]], ([[1]], [1], 63)),
        ([[1]], ([[1]], [1], 1.0)),
        ([[1]], ([[1]], [2**31], 0)),
        ([[1]], ([[1]], [1.0], 0)),
        ([[1]], ([[1]], [1, 2], 0)),
        ([[1]], ([[1], [1]], [1], 0)),
        ([[1]], ([], [], 0)),
        ([[1]], ([], [1], 0)),
        ([[]], ([[]], [1], 0)),
        ([[], []], ([], [], 0)),
        ([[1, 2]], ([[1]], [1], 0)),
        ([[1], [1, 2]], ([[1]], [1], 0)),
        ([], ([[1]], [1], 0)),
    ],
)
def test_what_is_hardly_a_layer_is_taken_or_refused_as_by_the_definition(
    xs: Any, weights: Any
) -> None:
    for kernel, definition in PAIRS:
        actual = outcome(kernel, xs, weights)
        expected = outcome(mapped, definition, xs, weights)
        assert repr(expected) == repr(actual if isinstance(actual, tuple) else [*actual])


def test_columns_that_do_not_fit_are_refused_as_lists_are() -> None:
    columns = quantized.dense([[1], [2]], QuantizedWeights([[1], [1]], [1, 1], 0))
    assert isinstance(columns, Columns)
    for kernel, definition in PAIRS:
        for weights in (([[1]], [1], 0), ([[1, 2, 3]], [1], 0), ([[1]] * 4, [1] * 4, 0)):
            expected = outcome(mapped, definition, columns, weights)
            assert isinstance(expected, tuple) and outcome(kernel, columns, weights) == expected


@pytest.mark.parametrize("kernel", [quantized.dense, quantized.linear])
def test_a_generator_of_inputs_is_refused(kernel: Any) -> None:
    with pytest.raises(TypeError, match=r"^xs is a list_iterator, not a list$"):
        kernel(iter([[1]]), ([[1]], [1], 0))


@pytest.mark.parametrize("columns", [131_071, 131_072])
def test_a_sum_that_leaves_int32_is_refused_and_no_other(columns: int) -> None:
    xs, weights = [[-128] * columns], QuantizedWeights([[-128] * columns], [1], 0)
    if columns << 14 < 1 << 31:
        assert quantized.linear(xs, weights) == [[columns << 14]]
        assert [*quantized.dense(xs, weights)] == [[127]]
    else:
        for kernel in (quantized.linear, quantized.dense):
            with pytest.raises(OverflowError, match=r"^row 0: the sum 2147483648 leaves int32"):
                kernel(xs, weights)


def test_digits_are_run_in_bytes_and_as_by_the_definitions() -> None:
    digits = split_digits()
    network = quantized_network(digit_weights(), digits.training.images[:300], Fraction(1, 16))
    xs = [quantized_inputs(image, network.scales[0]) for image in digits.held_out.images]
    hidden = quantized.dense(xs, network.weights[0])
    assert isinstance(hidden, Columns)
    outputs = vmap(NETWORK)(xs, network.weights)
    assert outputs == [NETWORK(x, network.weights) for x in xs]
    correct = [
        y.index(max(y)) == label for y, label in zip(outputs, digits.held_out.labels, strict=True)
    ]
    assert sum(correct) >= 354 - 3


def test_columns_are_a_sequence_of_rows() -> None:
    columns = Columns(bytes([1, 2, 3, 10, 20, 30]), length=3)
    rows = [[1, 10], [2, 20], [3, 30]]
    assert [*columns] == rows and len(columns) == 3
    assert [columns[index] for index in (0, 2, -1)] == [rows[0], rows[2], rows[2]]
    assert columns[1:] == rows[1:] and columns.index([2, 20]) == 1
    assert pickle.loads(pickle.dumps(columns)) == columns != Columns(bytes(6), 3)
    for index in (3, -4):
        with pytest.raises(IndexError):
            columns[index]
