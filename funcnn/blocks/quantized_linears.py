"""Quantized linears: the layers of int8 networks, in integer arithmetic alone.

A number is an integer times a scale. Where scales meet, their quotient is an integer multiplier
over a power of two.
"""

from operator import index
from struct import error, pack, unpack
from typing import Final, NamedTuple

from funcnn.algebra.folds import int_of, length_of, parts_of, zipped
from funcnn.algebra.scalars import shown
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks.linears import linear

SHIFTS: Final = range(63)
"""With these, no step leaves 64 bits: |q·Σ| ≤ 2⁶², and half a unit is at most 2⁶¹."""

CODES: Final = {"int8": ("b", 1 << 7), "int32": ("i", 1 << 31)}
"""struct's codes of integers, and the least size that is too large."""


class QuantizedWeights(NamedTuple):
    """The weights of `quantized_linear`: an int8 matrix m×n, m int32 multipliers, and a shift.

    They stand for the real matrix of wᵢⱼ·qᵢ/2ᵗ, times the inputs' scale and over the outputs'.
    """

    matrix: Matrix[int]
    multipliers: Vector[int]
    shift: int


def quantized_linear(inputs: Vector[int], weights: QuantizedWeights) -> list[int]:
    """The weighted sums of int8 inputs, in the scale of the outputs.

    Maths
        yᵢ = ⌊qᵢ·(Σⱼ wᵢⱼ·xⱼ)/2ᵗ + ½⌋              (qᵢ·Σ + (1 << t >> 1)) >> t
    Shapes
        inputs n, weights (m×n, m, a shift t)  →  m    n ≥ 1
    Order
        Sums are exact, in 32 bits, and their multiples in 64. Then one rounding, to the nearest
        integer, where ties go up; none of shift 0.
    Errors
        ValueError       a row is longer or shorter than the inputs, or empty; or there is not a
                         multiplier for each row; or an integer has too many bits
        TypeError        an entry is no integer, or a row is not a list, or the weights are not 3
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
    pairs = enumerate(zipped(sums, multipliers, ("rows of weights", "multipliers")))
    return [y for row, (s, q) in pairs for y in rescaled([s], q, shift, f"row {row}")]


def quantized_dense(inputs: Vector[int], weights: QuantizedWeights) -> list[int]:
    """The weighted sums of int8 inputs, each kept where it is from 0 to 127: relu, in int8.

    Maths
        yᵢ = min(127, max(0, ⌊qᵢ·(Σⱼ wᵢⱼ·xⱼ)/2ᵗ + ½⌋))
    Shapes
        inputs n, weights (m×n, m, a shift t)  →  m    n ≥ 1
    Order
        That of `quantized_linear`.
    Errors
        those of `quantized_linear`
    Laws
        quantized_dense(x, W) == [saturate(y, low=0) for y in quantized_linear(x, W)]
    Source
        B. Jacob et al., CVPR 2018, 2.4

    >>> quantized_dense([100, -2], QuantizedWeights([[1, 0], [3, 100], [-1, 0]], [5, 1, 1], 1))
    [127, 50, 0]
    """
    return [saturate(y, low=0) for y in quantized_linear(inputs, weights)]


def saturate(x: int, *, low: int = -128, high: int = 127) -> int:
    """The integer, or the nearest one from low to high: by default, of those of int8.

    What `quantized_conv2d` and `quantized_linear` give is int8 after it. With a low of 0, it is
    relu in int8, and with a high of 6 over the scale, relu6.

    Maths
        min(high, max(low, x))
    Errors
        ValueError   low is above high
        TypeError    one is no int

    >>> saturate(200), saturate(-200), saturate(-200, low=0), saturate(5)
    (127, -128, 0, 5)
    """
    if int_of(low, "low") > int_of(high, "high"):
        raise ValueError(f"there is no integer from {low} to {high}")
    if not hasattr(x, "__index__"):
        kind = type(x).__name__
        raise TypeError(f"saturate is of integers, not of a {kind}: it has no derivative")
    return min(high, max(low, index(x)))


def rescaled(sums: Vector[int], multiplier: int, shift: int, place: str) -> list[int]:
    """The sums times a multiplier and over 2ᵗ, rounded to the nearest integer, where ties go up.

    Errors
        ValueError       there are no sums, or the shift is less than 0
        OverflowError    a sum leaves int32; `place` says of what

    >>> rescaled([1, 3, -1, 4], 1, 1, "kernel 0")
    [1, 2, 0, 2]
    >>> rescaled([1 << 31], 1, 0, "row 0")
    Traceback (most recent call last):
    OverflowError: row 0: the sum 2147483648 leaves int32; sum fewer terms
    """
    int_of(length_of(sums, place), f"the number of sums of {place}", 1)
    for most in (max(sums), min(sums)):
        if not -(1 << 31) <= most < 1 << 31:
            raise OverflowError(f"{place}: the sum {most} leaves int32; sum fewer terms")
    half = 1 << int_of(shift, "the shift", 0) >> 1
    return [(multiplier * y + half) >> shift for y in sums]


def checked(weights: QuantizedWeights) -> QuantizedWeights:
    """The weights, in lists of Python's integers, once they are known to be int8 and int32.

    Errors
        ValueError   an integer has too many bits
        TypeError    an entry is no integer, or a row is not a list, or the weights are not 3

    >>> checked(QuantizedWeights([(1, 2)], (True,), 0))
    QuantizedWeights(matrix=[[1, 2]], multipliers=[1], shift=0)
    >>> checked(QuantizedWeights([[1, 0.5]], [1], 0))
    Traceback (most recent call last):
    TypeError: row 0, entry 1: 0.5 is no integer; quantized_network makes integers of floats
    """
    matrix, multipliers, shift = parts_of(weights, "weights (matrix, multipliers, shift)", 3)
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
        TypeError    one is no integer, or they are not a list

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
