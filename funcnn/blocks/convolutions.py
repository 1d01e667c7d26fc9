"""Convolutions: one kernel of weights at every place of an image."""

from collections.abc import Sequence
from itertools import batched
from typing import Any, TypedDict, Unpack

from funcnn.algebra.folds import int_of, length_of, zip_with
from funcnn.algebra.scalars import Num, add, alike, lift
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, Vector, matvec
from funcnn.blocks.layouts import flatten, mapped, nested, shape_of
from funcnn.blocks.windows import (
    Padding,
    PerAxis,
    axes_of,
    lengths_of,
    padded,
    pads_of,
    per_axis,
    places_of,
    rows_of,
    windows,
)

type Planes[T] = Sequence[Matrix[T]]
"""An image: one or more channels, each a matrix, all of one size."""

type Volumes[T] = Sequence[Planes[T]]
"""One or more channels, each of planes."""


class ConvSettings(TypedDict, total=False):
    """How kernels lie on inputs: `stride` from one place to the next, `padding` with zeros around,
    `dilation` from one weight to the next; and in how many `groups` the channels are."""

    stride: PerAxis
    padding: Padding
    dilation: PerAxis
    groups: int


def conv(
    inputs: Sequence[Any],
    weights: Sequence[Sequence[Any]],
    *,
    rank: int,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> list[Any]:
    """The dot products of each kernel with every patch of the inputs, along so many axes as `rank`
    says. ONNX's Conv, without bias.

    It is a cross-correlation: the kernel is not turned around. Each group of kernels sees a group
    of the channels; if each channel is a group, it is a depthwise convolution.

    Haskell
        conv x w = [[map (dot kernel) row | row <- patches x] | kernel <- w]
    Maths
        y[o,j] = Σ_c Σ_a w[o,c,a]·x[c, j·s + a·d − p]        j, a, s, d, p one for each axis;
                                                             x = 0 outside of the inputs
    Shapes
        inputs c×n₁×…, weights o×(c/g)×k₁×…  →  o×m₁×…
        mᵢ = ⌊(nᵢ + pᵢ + pᵢ′ − (kᵢ − 1)·dᵢ − 1)/sᵢ⌋ + 1
    Settings
        rank       how many axes there are after the channels
        stride     s, from one place of a kernel to the next: an int, or one for each axis
        padding    p and p′, how many zeros stand before and after: an int, or for each axis an int
                   or a pair. ONNX's pads are all befores, then all afters
        dilation   d, from one weight of a kernel to the next: an int, or one for each axis
        groups     g, into how many groups the channels and the kernels are divided. ONNX's group
    Order
        dot's: a channel after another, in each a row after another. The zeros around are added too.
    Errors
        ValueError   the inputs or the weights are ragged or empty, or differ in channels, or the
                     groups do not divide the channels and the kernels, or the kernels are larger
                     than the padded inputs, or a setting is too small, or not one for each axis
        TypeError    numbers mix, or an entry is no number, or a setting no int, or what should
                     be a list is not one
    Laws
        conv(a·x + y, w) == a·conv(x, w) + conv(y, w)                over Fraction
        conv(x, w), flattened, == matvec(conv_matrix(w, lengths), x flattened)
        conv(x, w, stride=s) is conv(x, w) at every s-th place
        conv(x, w, dilation=d) is conv(x, w with d − 1 zeros between its weights)
        conv(x, w, groups=g) is conv of each group of channels by its kernels
        conv of shifted inputs is conv of the inputs, shifted
    Source
        V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning",
        arXiv:1603.07285 (2016)

    >>> conv([[1, 2, 4]], [[[1, -1]]], rank=1, stride=2, padding=((0, 1),))
    [[-1, 4]]
    >>> conv([[1, 2], [3, 4]], [[[10]], [[1]]], rank=1, groups=2)
    [[10, 20], [3, 4]]
    >>> conv([[1, 2], [3, 4]], [[[10]], [[1]]], rank=1, groups=3)
    Traceback (most recent call last):
    ValueError: 3 groups do not divide 2 channels
    """
    image, kernels = of_one_kind(inputs, weights, int_of(rank, "rank", 1))
    per_group(len(image), groups, "channels")
    if len(image) != groups * len(kernels[0]):
        channels = f"{len(image)} and {groups * len(kernels[0])}"
        raise ValueError(f"inputs and kernels differ in channels: {channels}")
    parts = batched(kernels, per_group(len(kernels), groups, "kernels"))
    zero, sizes = lift(0, next(leaves(image))), lengths_of(kernels[0][0], rank)
    seen = patches(image, sizes, zero, stride, padding, dilation, groups)
    return [
        _dots(flatten(kernel), places, rank)
        for part, places in zip(parts, seen, strict=True)
        for kernel in part
    ]


def conv1d[T: Num](
    inputs: Matrix[T], weights: Sequence[Matrix[T]], **settings: Unpack[ConvSettings]
) -> list[list[T]]:
    """The dot products of each kernel with every patch of a sequence: `conv` along one axis.
    PyTorch's Conv1d.

    Shapes
        inputs c×n, weights o×(c/g)×k  →  o×m      m as for `conv`
    Settings
        those of `conv`
    Errors
        those of `conv`

    >>> conv1d([[1.0, 2.0, 4.0]], [[[-1.0, 1.0]]])
    [[1.0, 2.0]]
    >>> conv1d([[1.0, 2.0, 4.0]], [[[-1.0, 1.0]]], dilation=2, padding=1)
    [[2.0, 3.0, -2.0]]
    """
    return conv(inputs, weights, rank=1, **settings)


def conv2d[T: Num](
    inputs: Planes[T], weights: Sequence[Planes[T]], **settings: Unpack[ConvSettings]
) -> list[list[list[T]]]:
    """The dot products of each kernel with every patch of an image: `conv` along two axes.
    PyTorch's Conv2d.

    Maths
        y[o,i,j] = Σ_c Σ_a Σ_b w[o,c,a,b]·x[c, i·s + a·d − p, j·s′ + b·d′ − p′]
    Shapes
        inputs c×h×w, weights o×(c/g)×k×l  →  o×m×n                m, n as for `conv`
    Settings
        those of `conv`
    Errors
        those of `conv`
    Source
        Y. LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition", Neural
        Computation 1 (1989); F. Yu, V. Koltun, "Multi-Scale Context Aggregation by Dilated
        Convolutions", ICLR 2016 (dilation); A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet
        Classification with Deep Convolutional Neural Networks", NIPS 2012 (groups)

    >>> image = [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]
    >>> conv2d(image, [[[[1.0, 0.0], [0.5, -1.0]]]])
    [[[-2.0, -1.5]]]
    >>> conv2d(image, [[[[1.0]]]], stride=(1, 2))
    [[[1.0, 3.0], [4.0, 6.0]]]
    >>> conv2d([[[5]]], [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], padding=1)
    [[[25]]]
    >>> conv2d(image, [[[[1.0]], [[2.0]]]])
    Traceback (most recent call last):
    ValueError: inputs and kernels differ in channels: 1 and 2
    """
    return conv(inputs, weights, rank=2, **settings)


def conv3d[T: Num](
    inputs: Volumes[T], weights: Sequence[Volumes[T]], **settings: Unpack[ConvSettings]
) -> list[list[list[list[T]]]]:
    """The dot products of each kernel with every patch of a volume: `conv` along three axes.
    PyTorch's Conv3d.

    Shapes
        inputs c×n₁×n₂×n₃, weights o×(c/g)×k₁×k₂×k₃  →  o×m₁×m₂×m₃           as for `conv`
    Settings
        those of `conv`
    Errors
        those of `conv`

    >>> conv3d([[[[1.0, 2.0, 4.0]]]], [[[[[-1.0, 1.0]]]]])
    [[[[1.0, 2.0]]]]
    """
    return conv(inputs, weights, rank=3, **settings)


def channel_bias[T: Num](inputs: Sequence[Any], bias: Vector[T]) -> list[Any]:
    """The inputs, each channel's with its bias added. PyTorch's Conv2d, and ONNX's Conv with B, are
    a convolution and this.

    Maths
        y[c,j] = x[c,j] + b[c]
    Shapes
        inputs c×n₁×…, bias c  →  c×n₁×…
    Errors
        ValueError   the inputs are empty or ragged, or the bias has not a number for each channel
        TypeError    numbers mix, or an entry is no number
    Laws
        channel_bias(conv(x, w), b) == conv(x with a channel of ones, w with b), without padding

    >>> channel_bias([[1.0, 2.0], [3.0, 4.0]], [10.0, 0.5])
    [[11.0, 12.0], [3.5, 4.5]]
    >>> channel_bias([[1.0, 2.0], [3.0, 4.0]], [10.0])
    Traceback (most recent call last):
    ValueError: channels and bias differ in length: 2 and 1
    """
    lengths = shape_of(inputs, "inputs")
    if length_of(bias, "bias") != lengths[0]:
        raise ValueError(f"channels and bias differ in length: {lengths[0]} and {len(bias)}")
    numbers, numbers_of_bias = alike([flatten(inputs), bias], ("inputs", "bias").__getitem__)

    def raised(channel: Any, b: T) -> Any:
        return mapped(lambda x: add(x, b), channel)

    return zip_with(raised, nested(numbers, lengths), numbers_of_bias)


def patches(
    image: Sequence[Any],
    sizes: Sequence[int],
    zero: Any,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> list[Any]:
    """What a kernel of each group sees of an image at each place, as one vector. PyTorch's Unfold.

    It is the window over the channels of a group and a kernel's size, which goes on by a group.

    Shapes
        image c×n₁×…, sizes r  →  g×m₁×… patches of (c/g)·k₁·… entries
    Errors
        ValueError   a kernel is larger than the padded image, or a setting does not fit
        TypeError    a setting is no int

    >>> patches([[1, 2, 3], [4, 5, 6]], [2], 0)
    [[[1, 2, 4, 5], [2, 3, 5, 6]]]
    >>> patches([[1, 2, 3], [4, 5, 6]], [2], 0, groups=2, stride=2, padding=((1, 0),))
    [[[0, 1], [2, 3]], [[0, 4], [5, 6]]]
    """
    rank, channels = len(sizes), per_group(len(image), groups, "channels")
    strides, dilations = per_axis(stride, rank, "stride"), per_axis(dilation, rank, "dilation")
    pads = pads_of(padding, rank)
    around = padded(image, [(0, 0), *pads], zero)
    places_of(lengths_of(image[0], rank), sizes, strides, dilations, pads, name="kernels")
    return windows(around, (channels, *sizes), (channels, *strides), (1, *dilations))


def per_group(count: int, groups: int, name: str) -> int:
    """How many channels, or kernels, are in each group.

    Errors
        ValueError   there is no group, or they do not divide the channels
        TypeError    groups is no int

    >>> per_group(6, 2, "channels")
    3
    >>> per_group(4, 3, "channels")
    Traceback (most recent call last):
    ValueError: 3 groups do not divide 4 channels
    """
    if count % int_of(groups, "groups", 1):
        raise ValueError(f"{groups} groups do not divide {count} {name}")
    return count // groups


def of_one_kind(inputs: Any, weights: Any, rank: int) -> tuple[list[Any], list[Any]]:
    """Inputs and kernels, once all their numbers are of one kind.

    Errors
        ValueError   the inputs or the weights are ragged or empty
        TypeError    numbers mix, or an entry is no number, or what should be a list is not one

    >>> of_one_kind([[1, 2]], [[[0.5]]], 1)
    ([[1.0, 2.0]], [[[0.5]]])
    """
    image, places = rows_of(inputs, "inputs", axes_of(rank))
    kernels, others = rows_of(weights, "weights", ("kernel", *axes_of(rank)))
    rows = alike([*image, *kernels], [*places, *others].__getitem__)
    ours, theirs = rows[: len(image)], rows[len(image) :]
    lengths, sizes = lengths_of(inputs, rank), lengths_of(weights, rank + 1)
    return nested(ours, lengths), nested(theirs, sizes)


def _dots(kernel: Vector[Any], places: Any, rank: int) -> list[Any]:
    """map (dot kernel), so many axes deep"""
    if rank == 1:
        return matvec(places, kernel)
    return [_dots(kernel, row, rank - 1) for row in places]
