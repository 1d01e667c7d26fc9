"""Quantized networks: int8 networks made of those of floats, and how far they may be from them."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from typing import Any, Final, NamedTuple

from funcnn.algebra.dyadics import fraction
from funcnn.algebra.folds import foldl, length_of, zip_with, zipped
from funcnn.algebra.intervals import Interval, interval
from funcnn.algebra.quantization import int8
from funcnn.algebra.scalars import Num, lift
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks.linears import dense, linear
from funcnn.blocks.quantized_linears import (
    SHIFTS,
    QuantizedWeights,
    checked,
    quantized_dense,
    quantized_linear,
)

LARGEST_MULTIPLIER: Final = 255
"""Of those that `quantized_network` chooses: a scale is at most 1/128 above what its row needs."""


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
        the outputs' scale = max(the largest of the batch / 127, (the inputs')·max |W|/(127·255))
        the last layer's = (its inputs')·max |W|/(127·255), so that its shift is 0
        row i's scale = mᵢ/2ˢ·(the outputs')/(the inputs') ≥ maxⱼ |Wᵢⱼ|/127, mᵢ the least such, and
            s the greatest shift that leaves all mᵢ ≤ 255
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
    batches = [*accumulate(matrices, lambda ys, matrix: [dense(y, matrix) for y in ys], initial=xs)]
    first, *seen = map(largest_scale, batches[:-1])
    scale = (first or Fraction(1)) if input_scale is None else input_scale
    scales = [replace(int8, scale=scale).scale]
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
    if any(size != size for size in sizes):
        raise ValueError("there is no scale for NaN: take it out of the batch or the weights")
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
    length_of(inputs, "the inputs")
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
    """Intervals that hold the matrices of every network of floats that becomes this int8 network.

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


def error_bounds(inputs: Vector[Any], network: QuantizedNetwork) -> list[float]:
    """How far each output of an int8 network may be from that of any network that became it.

    The bound is proven by the weights in int8 alone: `float_network` runs over intervals that hold
    all weights they may have been, since none saturates. It holds for these inputs, and if they or
    hidden outputs saturate, too: what they are compared with is the int8 network's own result.

    Maths
        max |yᵢ − f|, f from the least to the largest that float_network(x, possible_matrices) holds
    Shapes
        inputs n  →  a bound for each of the m outputs
    Laws
        |quantized_outputs(x, N)ᵢ − float_network(x, Ws)ᵢ| ≤ error_bounds(x, N)ᵢ, of exact numbers,
        for N = quantized_network(Ws, …)

    >>> network = quantized_network([[[0.5, 0.25]]], [[1.0, 2.0]])
    >>> error_bounds([1.0, 2.0], network)
    [0.0098...]
    """
    outputs = quantized_outputs(inputs, network)
    exact = [lift(fraction(x), interval(0.0)) for x in inputs]
    possible = float_network(exact, possible_matrices(network))
    return [abs(ys - lift(y, ys)).high for y, ys in zipped(outputs, possible)]
