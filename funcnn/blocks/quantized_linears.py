"""Quantized linears: the layers of int8 networks, in integer arithmetic alone.

A number is an integer times a scale. Where scales meet, their quotient is an integer multiplier
over a power of two.
"""

from operator import index
from struct import error, pack, unpack
from typing import Final, NamedTuple

from funcnn.algebra.folds import length_of, zip_with
from funcnn.algebra.scalars import shown
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks.linears import linear

SHIFTS: Final = range(63)
"""With these, no step leaves 64 bits: |m·Σ| ≤ 2⁶², and half a unit is at most 2⁶¹."""

CODES: Final = {"int8": ("b", 1 << 7), "int32": ("i", 1 << 31)}
"""struct's codes of integers, and the least size that is too large."""


class QuantizedWeights(NamedTuple):
    """The weights of `quantized_linear`: an int8 matrix m×n, m int32 multipliers, and a shift.

    They stand for the real matrix of wᵢⱼ·mᵢ/2ˢ, times the inputs' scale and over the outputs'.
    """

    matrix: Matrix[int]
    multipliers: Vector[int]
    shift: int


def quantized_linear(inputs: Vector[int], weights: QuantizedWeights) -> list[int]:
    """The weighted sums of int8 inputs, in the scale of the outputs.

    Maths
        yᵢ = ⌊mᵢ·(Σⱼ wᵢⱼ·xⱼ)/2ˢ + ½⌋              (mᵢ·Σ + (1 << s >> 1)) >> s
    Shapes
        inputs n, weights (m×n, m, a shift)  →  m      n ≥ 1
    Order
        Sums are exact, in 32 bits, and their multiples in 64. Then one rounding, to the nearest
        integer, of two as near to the larger one; none of shift 0.
    Errors
        ValueError       a row is longer or shorter than the inputs, or empty; or there is not a
                         multiplier for each row; or an integer has too many bits
        TypeError        an entry is no integer, or a row no list, or the weights are not three
        OverflowError    a sum leaves int32
    Source
        B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference", CVPR 2018; ONNX 1.16, QLinearMatMul, of zero point 0,
        which rounds half to even

    >>> quantized_linear([100, -2], QuantizedWeights([[1, 0], [3, 100]], [5, 1], 1))
    [250, 50]
    >>> quantized_linear([100, 200], QuantizedWeights([[1, 2]], [5], 1))
    Traceback (most recent call last):
    ValueError: the inputs, entry 1: 200 is no int8
    """
    matrix, multipliers, shift = checked(weights)
    sums = linear(checked_integers("int8", inputs, "the inputs"), matrix)
    for row, weighted_sum in enumerate(sums):
        if not -(1 << 31) <= weighted_sum < 1 << 31:
            raise OverflowError(f"row {row}: the sum {weighted_sum} leaves int32; sum fewer terms")
    half = 1 << shift >> 1
    return zip_with(
        lambda weighted_sum, multiplier: (multiplier * weighted_sum + half) >> shift,
        sums,
        multipliers,
        ("rows of weights", "multipliers"),
    )


def quantized_dense(inputs: Vector[int], weights: QuantizedWeights) -> list[int]:
    """The weighted sums of int8 inputs, each kept where it is from 0 to 127: relu, in int8.

    Maths
        yᵢ = min(127, max(0, ⌊mᵢ·(Σⱼ wᵢⱼ·xⱼ)/2ˢ + ½⌋))
    Shapes
        inputs n, weights (m×n, m, a shift)  →  m      n ≥ 1
    Order
        That of `quantized_linear`.
    Errors
        those of `quantized_linear`
    Laws
        quantized_dense(x, W) == [min(127, max(0, y)) for y in quantized_linear(x, W)]
    Source
        B. Jacob et al., CVPR 2018, 2.4

    >>> quantized_dense([100, -2], QuantizedWeights([[1, 0], [3, 100], [-1, 0]], [5, 1, 1], 1))
    [127, 50, 0]
    """
    return [min(127, max(0, y)) for y in quantized_linear(inputs, weights)]


def checked(weights: QuantizedWeights) -> QuantizedWeights:
    """The weights, in lists of Python's integers, once they are known to be int8 and int32.

    Errors
        ValueError   an integer has too many bits
        TypeError    an entry is no integer, or a row no list, or the weights are not three

    >>> checked(QuantizedWeights([(1, 2)], (True,), 0))
    QuantizedWeights(matrix=[[1, 2]], multipliers=[1], shift=0)
    >>> checked(QuantizedWeights([[1, 0.5]], [1], 0))
    Traceback (most recent call last):
    TypeError: row 0, entry 1: 0.5 is no integer; quantized_network makes integers of floats
    """
    if length_of(weights, "weights (matrix, multipliers, shift)") != 3:
        raise TypeError(f"weights (matrix, multipliers, shift) are three, not {len(weights)}")
    matrix, multipliers, shift = weights
    length_of(matrix, "the matrix")
    if checked_integers("int8", [shift], "the shift")[0] not in SHIFTS:
        raise ValueError(f"the shift is {shift}, not one of 0 to {SHIFTS[-1]}")
    return QuantizedWeights(
        [checked_integers("int8", row, f"row {number}") for number, row in enumerate(matrix)],
        checked_integers("int32", multipliers, "the multipliers"),
        index(shift),
    )


def checked_integers(kind: str, numbers: Vector[int], place: str) -> list[int]:
    """The numbers as Python's integers, once they are known to be int8 or int32.

    Errors
        ValueError   one has too many bits; `place` says where
        TypeError    one is no integer, or they are no list

    >>> checked_integers("int8", (-128, True), "row 0")
    [-128, 1]
    >>> checked_integers("int32", [2**31], "the multipliers")
    Traceback (most recent call last):
    ValueError: the multipliers, entry 0: 2147483648 is no int32
    """
    code, limit = CODES[kind]
    try:
        layout = f"={length_of(numbers, place)}{code}"
        return [*unpack(layout, pack(layout, *numbers))]
    except error:
        for entry, number in enumerate(numbers):
            if not hasattr(number, "__index__"):
                told = f"{shown(number)} is no integer; quantized_network makes integers of floats"
                raise TypeError(f"{place}, entry {entry}: {told}") from None
            if not -limit <= number < limit:
                raise ValueError(f"{place}, entry {entry}: {shown(number)} is no {kind}") from None
        raise
