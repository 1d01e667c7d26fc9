"""Quantized layers are integer arithmetic, exact but for one rounding."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.blocks.quantized_linears import (
    QuantizedWeights,
    quantized_dense,
    quantized_linear,
)
from strategies import matrices, vectors

int8s = st.integers(-128, 127) | st.sampled_from([-128, 0, 127])
int32s = st.integers(-9, 9) | st.integers(-(2**31), 2**31 - 1)
shifts = st.integers(0, 62)


@st.composite
def layers(draw: st.DrawFn) -> tuple[list[int], QuantizedWeights]:
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    matrix = draw(matrices(rows, columns, int8s))
    weights = QuantizedWeights(matrix, draw(vectors(rows, int32s)), draw(shifts))
    return draw(vectors(columns, int8s)), weights


@given(layers())
def test_a_sum_is_scaled_and_rounded_once_to_the_nearest(drawn: Any) -> None:
    inputs, weights = drawn
    sums = [sum(w * x for w, x in zip(row, inputs, strict=True)) for row in weights.matrix]
    exact = [
        Fraction(m * y, 2**weights.shift) for m, y in zip(weights.multipliers, sums, strict=True)
    ]
    found = quantized_linear(inputs, weights)
    assert found == [floor(y + Fraction(1, 2)) if weights.shift else y for y in exact]
    assert quantized_dense(inputs, weights) == [min(127, max(0, y)) for y in found]


def test_of_two_as_near_the_larger_is_taken() -> None:
    halves = QuantizedWeights([[1], [-1]], [1, 1], 1)
    assert quantized_linear([3], halves) == [2, -1]
    assert quantized_dense([3], halves) == [2, 0]


def test_no_step_leaves_64_bits() -> None:
    count = 1 << 17
    inputs, matrix = [-128] * count, [[-128] * count]
    with pytest.raises(OverflowError, match=r"^row 0: the sum 2147483648 leaves int32; sum fewer"):
        quantized_linear(inputs, QuantizedWeights(matrix, [1], 0))
    matrix = [[127] * count]
    least = QuantizedWeights(matrix, [-(2**31)], 62)
    assert quantized_linear(inputs, least) == [floor(Fraction(127, 128) + Fraction(1, 2))]
    assert 2**31 * 2**31 + 2**61 < 2**63


@pytest.mark.parametrize(
    ("inputs", "weights", "error"),
    [
        ([128], ([[1]], [1], 0), ValueError("the inputs, entry 0: 128 is no int8")),
        ([-129], ([[1]], [1], 0), ValueError("the inputs, entry 0: -129 is no int8")),
        (
            [0, 1.0],
            ([[1, 2]], [1], 0),
            TypeError(
                "the inputs, entry 1: 1.0 is no integer; quantized_network makes integers of floats"
            ),
        ),
        ({1: 2}, ([[1]], [1], 0), TypeError("the inputs is a dict, not a list")),
        ([1], ([[1, 2]], [1], 0), ValueError("row 0 has length 2, the vector has length 1")),
        ([], ([[]], [1], 0), ValueError("the vector is empty")),
        ([1], ([[1], [200]], [1, 1], 0), ValueError("row 1, entry 0: 200 is no int8")),
        ([1], ([[10**99]], [1], 0), ValueError("row 0, entry 0: an int of many digits is no int8")),
        ([1], ([1], [1], 0), TypeError("row 0 is a int, not a list")),
        ([1], (5, [1], 0), TypeError("the matrix is a int, not a list")),
        ([1], ([[1]], [2**31], 0), ValueError("the multipliers, entry 0: 2147483648 is no int32")),
        (
            [1],
            ([[1], [2]], [1], 0),
            ValueError("rows of weights and multipliers differ in length: 2 and 1"),
        ),
        ([1], ([[1]], [1], 63), ValueError("the shift is 63, not one of 0 to 62")),
        ([1], ([[1]], [1], -1), ValueError("the shift is -1, not one of 0 to 62")),
        (
            [1],
            ([[1]], [1], 1.0),
            TypeError(
                "the shift, entry 0: 1.0 is no integer; quantized_network makes integers of floats"
            ),
        ),
        (
            [1],
            ([[1]], [1]),
            TypeError("weights (matrix, multipliers, shift) are 3, not 2"),
        ),
        (
            [1],
            None,
            TypeError("weights (matrix, multipliers, shift) is a NoneType, not a list"),
        ),
    ],
)
def test_what_is_no_layer_of_int8_is_refused(inputs: Any, weights: Any, error: Exception) -> None:
    for definition in (quantized_linear, quantized_dense):
        with pytest.raises(type(error)) as caught:
            definition(inputs, weights)
        assert str(caught.value) == str(error)
