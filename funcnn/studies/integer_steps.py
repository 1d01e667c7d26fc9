"""Integer steps: gradient descent of two layers, in integers alone.

The products are of int8, and exact; what they become is shifted back to 8 bits. There is no float.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from hashlib import shake_128
from operator import sub
from struct import unpack
from typing import Final

from funcnn.algebra.dyadics import fraction
from funcnn.algebra.elementary import exp
from funcnn.algebra.enclosures import enclosure
from funcnn.algebra.folds import zip_with, zipped
from funcnn.algebra.keys import split
from funcnn.algebra.vectors import Matrix, transpose
from funcnn.blocks.quantized_linears import QuantizedWeights
from funcnn.calculus.batches import Batch
from funcnn.fast import quantized
from funcnn.fast.exact import matmul

type Integers = list[list[list[int]]]
"""The matrices of the two layers, in integers."""

type Rounding = Callable[[Matrix[int], int, int], list[list[int]]]
"""Integers over 2ˢ, rounded to integers, as a key decides."""

BATCH: Final = 32

PIXEL, OUTPUT, WEIGHT, SLOPE = 4, 4, 6, 7
"""A unit is 2⁻⁴ of a pixel, and of an output of a layer; 2⁻⁶ of a weight; and 2⁻⁷ of the slope of
the loss by an output."""

SHARES: Final = [
    round(fraction(enclosure(exp, Fraction(-d, 1 << OUTPUT)).low) * (1 << 15)) for d in range(256)
]
"""2¹⁵·e⁻ᵈ for outputs that are d units below the largest: what a softmax needs."""


def integer_step(
    weights: Integers,
    batch: Batch,
    rate: int,
    key: int,
    *,
    rounding: Rounding,
    spare: int = 0,
) -> Integers:
    """The weights after one step down the gradient of a batch's mean loss, the cross-entropy.

    The rate is an inverse power of two, and given by its exponent. Forth, `quantized_dense` and
    `quantized_linear` run on the weights' upper 8 bits.

    Maths
        w ← w − G/2ˢ                               G the sum of a batch's slopes; s makes of their
                                                   unit, over 32 and times the rate, a weight's
    Settings
        rounding   how the slopes of the hidden layer, and the steps, are rounded
        spare      how many bits more than 8 a weight has
    Order
        What is too large for its bits, as a slope of 1 or a weight of 2, becomes the largest that
        is not.
    Source
        S. Wu et al., "Training and Inference with Integers in Deep Neural Networks", ICLR 2018,
        whose scales are powers of two

    >>> start, batch = [[[64]], [[64], [64]]], Batch([[16]] * 32, [0] * 32)
    >>> integer_step(start, batch, 1, 0, rounding=to_nearest)
    [[[64]], [[80], [48]]]
    """
    one, two = layers(weights, spare)
    outputs = [*quantized.dense(batch.inputs, one)]
    slopes = zip_with(slope, quantized.linear(outputs, two), batch.targets)
    keys = split(key, 3)
    back = rounding(matmul(slopes, two.matrix), WEIGHT, keys[0])
    inner = [zip_with(_where_positive, clamped(row), ys) for row, ys in zipped(back, outputs)]
    sums = matmul(transpose(inner), batch.inputs), matmul(transpose(slopes), outputs)
    shift = SLOPE + PIXEL + (BATCH.bit_length() - 1) + rate - WEIGHT - spare
    moves = [rounding(one, shift, other) for one, other in zipped(sums, keys[1:])]
    return [
        [clamped(zip_with(sub, row, move), spare) for row, move in zipped(matrix, of)]
        for matrix, of in zipped(weights, moves)
    ]


def _where_positive(slope: int, output: int) -> int:
    """the slope by what relu takes, from that by what it gives"""
    return slope if output > 0 else 0


def layers(weights: Integers, spare: int) -> list[QuantizedWeights]:
    """The two layers in int8: the weights without the bits that they have more.

    >>> layers([[[256]]], 8)
    [QuantizedWeights(matrix=[[1]], multipliers=[1], shift=6)]
    """
    return [
        QuantizedWeights([*map(clamped, to_nearest(one, spare, 0))], [1] * len(one), WEIGHT)
        for one in weights
    ]


def slope(logits: Sequence[int], label: int) -> list[int]:
    """The slope of the cross-entropy by each logit, in int8: the shares of a softmax, less 1 at the
    label.

    >>> slope([16, 16, -200], 0)
    [-64, 64, 0]
    """
    most = max(logits)
    shares = [SHARES[min(most - y, len(SHARES) - 1)] for y in logits]
    whole = sum(shares)
    slopes = [((share << SLOPE + 1) + whole) // (2 * whole) for share in shares]
    return clamped([x - (1 << SLOPE) * (place == label) for place, x in enumerate(slopes)])


def to_nearest(rows: Sequence[Sequence[int]], shift: int, key: int) -> list[list[int]]:
    """The integers over 2ˢ, rounded to the nearest, where ties go up; whatever the key is.

    >>> to_nearest([[3, 5, 6, -6]], 2, 0)
    [[1, 1, 2, -1]]
    """
    half = 1 << shift >> 1
    return [[x + half >> shift for x in row] for row in rows]


def by_chance(rows: Sequence[Sequence[int]], shift: int, key: int) -> list[list[int]]:
    """The integers over 2ˢ, rounded up or down, so that the mean over all keys is exact.

    Maths
        ⌊(x + d)/2ˢ⌋                               d drawn from 0 … 2ˢ − 1
    Source
        S. Gupta et al., "Deep Learning with Limited Numerical Precision", ICML 2015, 3

    >>> rows = [by_chance([[1, 3, 8]], 2, key)[0] for key in range(4000)]
    >>> [round(sum(column) / 4000, 1) for column in zip(*rows, strict=True)]
    [0.3, 0.7, 2.0]
    """
    size, mask = sum(map(len, rows)), (1 << shift) - 1
    draws = iter(unpack(f"<{size}I", shake_128(f"{key}".encode()).digest(4 * size)))
    return [[x + (next(draws) & mask) >> shift for x in row] for row in rows]


def clamped(row: Sequence[int], spare: int = 0) -> list[int]:
    """The integers, or the nearest that have so many bits more than 8.

    >>> clamped([-200, 5, 200]), clamped([200], 8)
    ([-128, 5, 127], [200])
    """
    most = (128 << spare) - 1
    return [max(~most, min(most, x)) for x in row]
