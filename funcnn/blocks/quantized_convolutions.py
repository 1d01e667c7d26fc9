"""Quantized convolutions: those of int8 networks, in integer arithmetic alone."""

from collections.abc import Sequence
from itertools import batched, chain
from typing import Any, NamedTuple, Unpack

from funcnn.algebra.folds import length_of, parts_of, zipped
from funcnn.algebra.vectors import Vector
from funcnn.blocks.convolutions import ConvSettings, Planes, conv2d
from funcnn.blocks.quantized_linears import QuantizedWeights, checked, checked_integers, rescaled
from funcnn.blocks.windows import axes_of


class QuantizedKernels(NamedTuple):
    """The weights of `quantized_conv2d`: int8 kernels o×c×k×l, o int32 multipliers, and a shift.

    They stand for the real kernels of w[o,c,a,b]·qₒ/2ᵗ, times the inputs' scale and over the
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
        y[o,i,j] = ⌊qₒ·Σ/2ᵗ + ½⌋                   (qₒ·Σ + (1 << t >> 1)) >> t
        Σ = Σ_c Σ_a Σ_b w[o,c,a,b]·x[c, i·s + a·d − p, j·s′ + b·d′ − p′]           `conv2d`'s
    Shapes
        inputs c×h×w, weights (o×(c/g)×k×l, o, a shift t)  →  o×m×n        m, n as for `conv`
    Settings
        those of `conv`
    Order
        That of `quantized_linear`: sums are exact, then one rounding.
    Errors
        ValueError       those of `conv2d`; or there is not a multiplier for each kernel; or an
                         integer has too many bits
        TypeError        an entry is no integer, or a setting no int, or what should be a list is
                         not one, or the weights are not 3
        OverflowError    a sum leaves int32
    Laws
        quantized_conv2d(x, (w, q, t)), flattened, == quantized_linear(x flattened,
        (conv_matrix(w, lengths), each multiplier for all places of its kernel, t))
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
    return rescaled_planes(sums, multipliers, shift)


def checked_image(inputs: Planes[int]) -> list[list[list[int]]]:
    """An image, in lists of Python's integers, once they are known to be int8.

    Errors
        ValueError   an integer has too many bits
        TypeError    an entry is no integer, or what should be a list is not one

    >>> checked_image([[(1, True)]])
    [[[1, 1]]]
    """
    return _int8s(inputs, "inputs", axes_of(2))


def checked_kernels(weights: QuantizedKernels) -> QuantizedKernels:
    """The weights, in lists of Python's integers, once they are known to be int8 and int32.

    Errors
        ValueError   an integer has too many bits
        TypeError    an entry is no integer, or what should be a list is not one, or the weights
                     are not 3

    >>> checked_kernels(QuantizedKernels([[[(1, 2)]]], (True,), 0))
    QuantizedKernels(kernels=[[[[1, 2]]]], multipliers=[1], shift=0)
    >>> checked_kernels(QuantizedKernels([[[[1, 128]]]], [1], 0))
    Traceback (most recent call last):
    ValueError: row 0 of channel 0 of kernel 0 of weights, entry 1: 128 is no int8
    """
    kernels, multipliers, shift = parts_of(weights, "weights (kernels, multipliers, shift)", 3)
    _, multipliers, shift = checked(QuantizedWeights([], multipliers, shift))
    return QuantizedKernels(_int8s(kernels, "weights", ("kernel", *axes_of(2))), multipliers, shift)


def rescaled_planes(
    sums: Planes[int], multipliers: Vector[int], shift: int
) -> list[list[list[int]]]:
    """The sums of each kernel, `rescaled` by its multiplier.

    Errors
        ValueError       there is not a multiplier for each kernel
        OverflowError    a sum leaves int32

    >>> rescaled_planes([[[1, 3], [-1, 4]]], [1], 1)
    [[[1, 2], [0, 2]]]
    """
    width, planes = len(sums[0][0]), list[list[list[int]]]()
    for kernel, (plane, multiplier) in enumerate(
        zipped(sums, multipliers, ("kernels", "multipliers"))
    ):
        numbers = rescaled([*chain.from_iterable(plane)], multiplier, shift, f"kernel {kernel}")
        planes.append([*map(list, batched(numbers, width))])
    return planes


def _int8s(tensor: Any, place: str, axes: Sequence[str]) -> list[Any]:
    """the tensor in lists of Python's integers; axes name all but the innermost"""
    if not axes:
        return checked_integers("int8", tensor, place)
    length_of(tensor, place)
    axis, *inner = axes
    return [_int8s(part, f"{axis} {at} of {place}", inner) for at, part in enumerate(tensor)]
