"""Quantized linears: int8 networks in integer arithmetic alone, made of float ones, with proof.

A number is an integer times a scale. Scales meet in the quotient of two, an integer multiplier over
a power of two; the weights are quantized so that this quotient is exact.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from operator import index
from struct import error, pack, unpack
from typing import Any, Final, NamedTuple

from funcnn.algebra.dyadics import fraction
from funcnn.algebra.folds import foldl, length_of, zip_with, zipped
from funcnn.algebra.intervals import Interval, interval
from funcnn.algebra.quantization import int8
from funcnn.algebra.scalars import Num, lift, shown
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks.linears import dense, linear

SHIFTS: Final = range(63)
"""With int32 sums and multipliers, these leave every step in 64 bits."""

CODES: Final = {"int8": ("b", 1 << 7), "int32": ("i", 1 << 31)}
"""struct's codes of integers, and the least size that is too large."""

LARGEST_MULTIPLIER: Final = 255
"""Of those that `quantized_network` chooses."""


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


class QuantizedNetwork(NamedTuple):
    """An int8 network: the weights of `quantized_dense` layers and of a last `quantized_linear`.

    Its scales are those of the inputs and of each layer's outputs: an integer times its scale is
    the number that it stands for.
    """

    weights: list[QuantizedWeights]
    scales: list[Fraction]


def float_network[T: Num](inputs: Vector[T], matrices: Sequence[Matrix[T]]) -> list[T]:
    """The outputs of `dense` layers and a last `linear` one: what `quantized_network` quantizes.

    Haskell
        linear (foldl dense x (init ws)) (last ws)

    >>> float_network([1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], [[-2.0, 3.0]]])
    [-2.0]
    """
    *hidden, last = matrices
    return linear(foldl(dense, inputs, hidden), last)


def quantized_network(
    matrices: Sequence[Matrix[Any]],
    xs: Sequence[Vector[Any]],
    input_scale: Fraction | None = None,
) -> QuantizedNetwork:
    """The int8 network for a network of floats; a batch of inputs shows how large numbers become.

    Maths
        the inputs' scale = the largest of the batch / 127, if it is not given
        an output's scale = the largest of the batch / 127, or what makes a multiplier 255 if that
            is larger, as it is for the last layer
        row i's scale = mᵢ/2ˢ·(the outputs' scale)/(the inputs') ≥ maxⱼ |Wᵢⱼ|/127, mᵢ the least such
        wᵢⱼ = the integer nearest to Wᵢⱼ/(row i's scale)
    Order
        What of the inputs and the hidden outputs is larger than any in the batch saturates; no
        weight does.
    Errors
        ValueError      there are no matrices, or no numbers in one or in the batch; or NaN
        OverflowError   a number is infinite
        and those of `dense`

    >>> network = quantized_network([[[0.5, 0.25], [1.0, -1.0]], [[-2.0, 3.0]]], [[1.0, 2.0]])
    >>> network.scales[0], network.weights[0].matrix
    (Fraction(2, 127), [[126, 63], [126, -126]])
    """
    if not length_of(matrices, "matrices"):
        raise ValueError("there are no matrices: a network has a layer or more")
    length_of(xs, "xs")
    hidden = accumulate(
        matrices[:-1], lambda ys, matrix: [dense(y, matrix) for y in ys], initial=xs
    )
    first, *seen = map(largest_scale, hidden)
    scales = [replace(int8, scale=input_scale or first or Fraction(1)).scale]
    for matrix, scale in zipped(matrices, [*seen, Fraction(0)]):
        finest = scales[-1] * (largest_scale(matrix) or 1) / LARGEST_MULTIPLIER
        scales.append(max(scale, finest))
    ratios = [one / other for one, other in pairwise(scales)]
    return QuantizedNetwork(zip_with(quantized_weights, matrices, ratios), scales)


def largest_scale(numbers: Any) -> Fraction:
    """The scale in which the largest of some numbers is 127.

    Errors
        ValueError   there is no number

    >>> largest_scale([[0.5, -1.0]])
    Fraction(1, 127)
    """
    sizes = [*map(abs, leaves(numbers))]
    if not sizes:
        raise ValueError("there is no number to fit a scale to")
    return fraction(max(sizes)) / 127


def quantized_weights(matrix: Matrix[Any], ratio: Fraction) -> QuantizedWeights:
    """The int8 weights of a layer whose inputs' scale is so many times that of its outputs.

    >>> quantized_weights([[1.0, 0.5]], Fraction(1, 8))
    QuantizedWeights(matrix=[[126, 63]], multipliers=[130], shift=17)
    """
    needed = [max(map(fraction, map(abs, row))) * ratio / 127 for row in matrix]
    largest = max(needed)
    fitting = (s for s in reversed(SHIFTS) if largest * (1 << s) <= LARGEST_MULTIPLIER)
    shift = next(fitting, 0)
    multipliers = [max(1, ceil(scale * (1 << shift))) for scale in needed]
    formats = [replace(int8, scale=m / ratio / (1 << shift)) for m in multipliers]
    rows = [[*map(form.round, row)] for form, row in zipped(formats, matrix)]
    return checked(QuantizedWeights(rows, multipliers, shift))


def quantized_inputs(inputs: Vector[Any], scale: Fraction) -> list[int]:
    """The int8 inputs of a network for others, each rounded once; what is too large saturates.

    Errors
        ValueError   an input is NaN, or the scale not positive
        TypeError    an input is no number, or the scale no Fraction

    >>> quantized_inputs([0.5, -1.0, 1e9], Fraction(1, 16))
    [8, -16, 127]
    """
    return [*map(replace(int8, scale=scale).round, inputs)]


def quantized_outputs(inputs: Vector[Any], network: QuantizedNetwork) -> list[Fraction]:
    """The numbers that the outputs of an int8 network stand for.

    >>> network = quantized_network([[[0.5, 0.25], [1.0, -1.0]], [[-2.0, 3.0]]], [[1.0, 2.0]])
    >>> [float(y) for y in quantized_outputs([1.0, 2.0], network)]
    [-2.0...]
    """
    (*hidden, last), (scale, *_, output_scale) = network.weights, network.scales
    read = foldl(quantized_dense, quantized_inputs(inputs, scale), hidden)
    return [y * output_scale for y in quantized_linear(read, last)]


def possible_matrices(network: QuantizedNetwork) -> list[list[list[Interval[float]]]]:
    """The matrices of every network of floats that becomes this int8 network, as intervals.

    Maths
        (wᵢⱼ ± ½)·(row i's scale)                  rounded outward
    Laws
        W lies in possible_matrices(quantized_network(W, …))

    >>> network = quantized_network([[[0.5, 0.25]]], [[1.0, 2.0]])
    >>> [[[half, quarter]]] = possible_matrices(network)
    >>> 0.5 in half, 0.25 in quarter, 0.26 in quarter
    (True, True, False)
    """
    ratios = [one / other for one, other in pairwise(network.scales)]
    return zip_with(_possible, network.weights, ratios)


def _possible(weights: QuantizedWeights, ratio: Fraction) -> list[list[Interval[float]]]:
    matrix, multipliers, shift = checked(weights)
    scales = [lift(m / ratio / (1 << shift), interval(0.0)) for m in multipliers]
    return [
        [Interval(w - 0.5, w + 0.5) * scale for w in row] for row, scale in zipped(matrix, scales)
    ]


def error_bounds(inputs: Vector[float], network: QuantizedNetwork) -> list[float]:
    """How far each output of an int8 network may be from that of any network that became it.

    The bound is proven by the weights in int8 alone: `float_network` runs over intervals that hold
    all weights they may have been.

    Maths
        max |yᵢ − f|, f from the least to the largest that float_network(x, possible_matrices) holds
    Laws
        |quantized_outputs(x, N)ᵢ − float_network(x, Ws)ᵢ| ≤ error_bounds(x, N)ᵢ, of exact numbers,
        for N = quantized_network(Ws, …)

    >>> network = quantized_network([[[0.5, 0.25]]], [[1.0, 2.0]])
    >>> error_bounds([1.0, 2.0], network)
    [0.0098...]
    """
    possible = float_network([*map(interval, inputs)], possible_matrices(network))
    outputs = quantized_outputs(inputs, network)
    return [abs(ys - lift(y, ys)).high for y, ys in zipped(outputs, possible)]
