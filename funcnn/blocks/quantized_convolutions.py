"""Quantized convolutions: those of int8 networks, in integer arithmetic alone."""

from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple, Unpack

from funcnn.algebra.folds import length_of, zipped
from funcnn.algebra.vectors import Vector
from funcnn.blocks.convolutions import ConvSettings, Planes, conv2d
from funcnn.blocks.quantized_linears import QuantizedWeights, checked, checked_integers
from funcnn.blocks.windows import axes_of


class QuantizedKernels(NamedTuple):
    """The weights of `quantized_conv2d`: int8 kernels o×c×k×l, o int32 multipliers, and a shift.

    They stand for the real kernels of w[o,c,a,b]·m_o/2ˢ, times the inputs' scale and over the
    outputs'.
    """

    kernels: Sequence[Planes[int]]
    multipliers: Vector[int]
    shift: int


def quantized_conv2d(
    inputs: Planes[int], weights: QuantizedKernels, **settings: Unpack[ConvSettings]
) -> list[list[list[int]]]:
    """The dot products of int8 kernels with every patch of an int8 image, in the scale of the
    outputs: `quantized_linear` of each patch.

    Maths
        y[o,i,j] = ⌊m_o·Σ/2ˢ + ½⌋                  (m_o·Σ + (1 << s >> 1)) >> s
        Σ = Σ_c Σ_a Σ_b w[o,c,a,b]·x[c, i·s + a·d − p, j·s′ + b·d′ − p′]           `conv2d`'s
    Shapes
        inputs c×h×w, weights (o×(c/g)×k×l, o, a shift)  →  o×m×n          m, n as for `conv`
    Order
        That of `quantized_linear`: sums are exact, then one rounding.
    Errors
        ValueError       those of `conv2d`; or there is not a multiplier for each kernel; or an
                         integer has too many bits
        TypeError        an entry is no integer, or a setting no int, or what should be a list is
                         none, or the weights are not three
        OverflowError    a sum leaves int32
    Laws
        quantized_conv2d(x, (w, m, s)), flattened, == quantized_linear(x flattened,
        (conv_matrix(w, lengths), each multiplier for all places of its kernel, s))
    Source
        B. Jacob et al., CVPR 2018; ONNX 1.16, QLinearConv, of zero point 0 and no bias, which
        rounds half to even, and then does as `saturate`

    >>> weights = QuantizedKernels([[[[1, 2]]], [[[-1, 0]]]], [5, 1], 1)
    >>> quantized_conv2d([[[100, -2, 3]]], weights)
    [[[240, 10]], [[-50, 1]]]
    >>> quantized_conv2d([[[100, -2, 3]]], weights, stride=2, padding=((0, 0), (0, 1)))
    [[[240, 8]], [[-50, -1]]]
    >>> quantized_conv2d([[[100, 200, 3]]], weights)
    Traceback (most recent call last):
    ValueError: row 0 of channel 0 of inputs, entry 1: 200 is no int8
    """
    kernels, multipliers, shift = checked_kernels(weights)
    sums = conv2d(checked_image(inputs), kernels, **settings)
    return rescaled(sums, multipliers, shift)


def saturate(x: int, *, low: int = -128, high: int = 127) -> int:
    """The integer, or the nearest one from low to high: by default, of those of int8.

    What `quantized_conv2d` and `quantized_linear` give is int8 after it. With a low of 0, it is
    relu in int8, and with a high of 6 over the scale, relu6.

    Maths
        min(high, max(low, x))
    Errors
        ValueError   low is above high
        TypeError    it is no integer
    Laws
        quantized_dense(x, W) == [saturate(y, low=0) for y in quantized_linear(x, W)]

    >>> saturate(200), saturate(-200), saturate(-200, low=0), saturate(5)
    (127, -128, 0, 5)
    """
    if low > high:
        raise ValueError(f"there is no integer from {low} to {high}")
    return min(high, max(low, index(x)))


def checked_image(inputs: Planes[int]) -> list[list[list[int]]]:
    """An image, in lists of Python's integers, once they are known to be int8.

    Errors
        ValueError   an integer has too many bits
        TypeError    an entry is no integer, or what should be a list is none

    >>> checked_image([[(1, True)]])
    [[[1, 1]]]
    """
    return _int8s(inputs, "inputs", axes_of(2))


def checked_kernels(weights: QuantizedKernels) -> QuantizedKernels:
    """The weights, in lists of Python's integers, once they are known to be int8 and int32.

    Errors
        ValueError   an integer has too many bits
        TypeError    an entry is no integer, or what should be a list is none, or the weights are
                     not three

    >>> checked_kernels(QuantizedKernels([[[(1, 2)]]], (True,), 0))
    QuantizedKernels(kernels=[[[[1, 2]]]], multipliers=[1], shift=0)
    >>> checked_kernels(QuantizedKernels([[[[1, 128]]]], [1], 0))
    Traceback (most recent call last):
    ValueError: row 0 of channel 0 of kernel 0 of weights, entry 1: 128 is no int8
    """
    if length_of(weights, "weights (kernels, multipliers, shift)") != 3:
        raise TypeError(f"weights (kernels, multipliers, shift) are three, not {len(weights)}")
    kernels, multipliers, shift = weights
    _, multipliers, shift = checked(QuantizedWeights([], multipliers, shift))
    return QuantizedKernels(_int8s(kernels, "weights", ("kernel", *axes_of(2))), multipliers, shift)


def rescaled(sums: Planes[int], multipliers: Vector[int], shift: int) -> list[list[list[int]]]:
    """The sums of each kernel times its multiplier and over 2ˢ, rounded to the nearest integer, of
    two as near to the larger one.

    Errors
        ValueError       there is not a multiplier for each kernel
        OverflowError    a sum leaves int32

    >>> rescaled([[[1, 3], [-1, 4]]], [1], 1)
    [[[1, 2], [0, 2]]]
    """
    for kernel, channel in enumerate(sums):
        for most in (max(map(max, channel)), min(map(min, channel))):
            if not -(1 << 31) <= most < 1 << 31:
                raise OverflowError(
                    f"kernel {kernel}: the sum {most} leaves int32; sum fewer terms"
                )
    half = 1 << shift >> 1
    pairs = zipped(sums, multipliers, ("kernels", "multipliers"))
    return [[[(m * y + half) >> shift for y in row] for row in channel] for channel, m in pairs]


def _int8s(tensor: Any, place: str, axes: Sequence[str]) -> list[Any]:
    """the tensor in lists of Python's integers; axes name all but the innermost"""
    if not axes:
        return checked_integers("int8", tensor, place)
    length_of(tensor, place)
    axis, *inner = axes
    return [_int8s(part, f"{axis} {at} of {place}", inner) for at, part in enumerate(tensor)]
