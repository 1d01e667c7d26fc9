"""Transposed convolutions: a kernel of weights put down at every place of an image."""

from collections.abc import Sequence
from itertools import batched
from typing import Any, Unpack

from funcnn.algebra.folds import int_of
from funcnn.algebra.scalars import Num, lift
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, shape
from funcnn.blocks.convolutions import (
    ConvSettings,
    Planes,
    Volumes,
    conv,
    of_one_kind,
    per_group,
)
from funcnn.blocks.windows import (
    Padding,
    PerAxis,
    lengths_of,
    padded,
    pads_of,
    per_axis,
    reach_of,
    sliced,
    spaced,
    unpadded,
)


class TransposedSettings(ConvSettings, total=False):
    """Those of a convolution; and `output_padding`, how many more outputs there are at the end."""

    output_padding: PerAxis


def conv_transpose(
    inputs: Sequence[Any],
    weights: Sequence[Sequence[Any]],
    *,
    rank: int,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> list[Any]:
    """The sums of each kernel put down at every place, as often as the input there says: the
    transposed map of `conv`, from its outputs to its inputs. ONNX's ConvTranspose, without bias.

    It is the convolution of the inputs, set a stride apart with zeros between, by the kernels,
    flipped. Of its outputs those where `conv` has padding are cut off.

    Maths
        y[o, i·s + a·d − p] = Σ_c Σ w[c,o,a]·x[c,i]          over all i and a of that place
    Shapes
        inputs c×n₁×…, weights c×(o/g)×k₁×…  →  o×m₁×…
        mᵢ = (nᵢ − 1)·sᵢ + (kᵢ − 1)·dᵢ + 1 + output_paddingᵢ − pᵢ − pᵢ′
    Settings
        rank             how many axes there are after the channels
        stride           s, how far apart the kernels are put down: an int, or one for each axis
        padding          p and p′, how many outputs are cut off before and after: an int, or for
                         each axis an int or a pair
        output_padding   how many more outputs there are at the end: `conv` with a stride gives as
                         many of inputs a little longer. An int, or one for each axis
        dilation         d, from one weight of a kernel to the next: an int, or one for each axis
        groups           g, into how many groups the channels and the kernels are divided
    Order
        conv's. The zeros between and around are added too.
    Errors
        those of `conv`; and
        ValueError   the output padding is as large as stride and dilation, or nothing is left
    Laws
        Σ conv(x, w)·y == Σ x·conv_transpose(y, w)                   over Fraction
    Source
        V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning",
        arXiv:1603.07285 (2016), 4

    >>> conv_transpose([[1, 10]], [[[1, 2, 3]]], rank=1)
    [[1, 12, 23, 30]]
    >>> conv_transpose([[1, 10]], [[[1, 2, 3]]], rank=1, stride=2, padding=1, output_padding=1)
    [[2, 13, 20, 30]]
    >>> conv_transpose([[1, 10]], [[[1, 2, 3]]], rank=1, output_padding=1)
    Traceback (most recent call last):
    ValueError: output_padding is 1: give less than stride 1 or dilation 1
    """
    image, kernels = of_one_kind(inputs, weights, int_of(rank, "rank", 1))
    zero, sizes = lift(0, next(leaves(image))), lengths_of(kernels[0][0], rank)
    apart = stretched(image, sizes, zero, stride, output_padding, dilation)
    kernels = flipped(kernels, groups)
    outputs = conv(apart, kernels, rank=rank, dilation=dilation, groups=groups)
    return unpadded(outputs, [(0, 0), *pads_of(padding, rank)])


def conv_transpose1d[T: Num](
    inputs: Matrix[T], weights: Sequence[Matrix[T]], **settings: Unpack[TransposedSettings]
) -> list[list[T]]:
    """The transposed map of `conv1d`. PyTorch's ConvTranspose1d.

    Shapes
        inputs c×n, weights c×(o/g)×k  →  o×m      m as for `conv_transpose`
    Settings
        those of `conv_transpose`
    Errors
        those of `conv_transpose`

    >>> conv_transpose1d([[1.0, 10.0]], [[[1.0, 2.0, 3.0]]])
    [[1.0, 12.0, 23.0, 30.0]]
    """
    return conv_transpose(inputs, weights, rank=1, **settings)


def conv_transpose2d[T: Num](
    inputs: Planes[T], weights: Sequence[Planes[T]], **settings: Unpack[TransposedSettings]
) -> list[list[list[T]]]:
    """The transposed map of `conv2d`. PyTorch's ConvTranspose2d.

    Shapes
        inputs c×h×w, weights c×(o/g)×k×l  →  o×m×n                m, n as for `conv_transpose`
    Settings
        those of `conv_transpose`
    Errors
        those of `conv_transpose`
    Source
        M. Zeiler, D. Krishnan, G. Taylor, R. Fergus, "Deconvolutional Networks", CVPR 2010

    >>> conv_transpose2d([[[1.0, 10.0]]], [[[[1.0, 2.0]]]], stride=(1, 2))
    [[[1.0, 2.0, 10.0, 20.0]]]
    """
    return conv_transpose(inputs, weights, rank=2, **settings)


def conv_transpose3d[T: Num](
    inputs: Volumes[T], weights: Sequence[Volumes[T]], **settings: Unpack[TransposedSettings]
) -> list[list[list[list[T]]]]:
    """The transposed map of `conv3d`. PyTorch's ConvTranspose3d.

    Shapes
        inputs c×n₁×n₂×n₃, weights c×(o/g)×k₁×k₂×k₃  →  o×m₁×m₂×m₃         as for `conv_transpose`
    Settings
        those of `conv_transpose`
    Errors
        those of `conv_transpose`

    >>> conv_transpose3d([[[[1.0, 10.0]]]], [[[[[1.0, 2.0]]]]])
    [[[[1.0, 12.0, 20.0]]]]
    """
    return conv_transpose(inputs, weights, rank=3, **settings)


def stretched(
    image: Sequence[Any],
    sizes: Sequence[int],
    zero: Any,
    stride: PerAxis = 1,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
) -> list[Any]:
    """The image that a transposed convolution convolves: zeros between, and as many around as a
    kernel of such sizes reaches over.

    Errors
        ValueError   the output padding is as large as the stride and the dilation, or a setting is
                     too small, or not one for each axis
        TypeError    a setting is no int

    >>> stretched([[1, 2]], [2], 0, stride=3)
    [[0, 1, 0, 0, 2, 0]]
    """
    rank = len(sizes)
    strides, dilations = per_axis(stride, rank, "stride"), per_axis(dilation, rank, "dilation")
    more = per_axis(output_padding, rank, "output_padding", 0)
    for m, s, d in zip(more, strides, dilations, strict=True):
        if m >= max(s, d):
            raise ValueError(f"output_padding is {m}: give less than stride {s} or dilation {d}")
    reach = reach_of(sizes, dilations)
    pads = [(r, r + m) for r, m in zip(reach, more, strict=True)]
    return padded(spaced(image, (1, *strides), zero), [(0, 0), *pads], zero)


def flipped(kernels: Sequence[Any], groups: int = 1) -> list[Any]:
    """The kernels of the transposed convolution: each flipped, and with channels for kernels.

    Shapes
        c×(o/g)×k₁×…  →  o×(c/g)×k₁×…
    Errors
        ValueError   the groups do not divide the channels

    >>> flipped([[[1, 2, 3], [4, 5, 6]]])
    [[[3, 2, 1]], [[6, 5, 4]]]
    """
    backwards = [slice(None), *[slice(None, None, -1)] * len(shape(kernels)[2:])]
    parts = batched(kernels, per_group(len(kernels), groups, "channels"))
    return [sliced(kernel, backwards) for part in parts for kernel in zip(*part, strict=True)]
