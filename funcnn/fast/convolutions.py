"""Convolutions: those of a batch, of floats by math.sumprod, of ints and dyadics in lanes."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import batched, chain, cycle, repeat
from typing import Any, Unpack

from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.folds import length_of
from funcnn.algebra.scalars import lift
from funcnn.blocks import convolutions, transposed_convolutions
from funcnn.blocks.convolutions import ConvSettings
from funcnn.blocks.transposed_convolutions import TransposedSettings, flipped, stretched
from funcnn.blocks.windows import Padding, PerAxis, pads_of, unpadded
from funcnn.fast.images import convolved, layout_of
from funcnn.fast.rows import entry_types, tensor_of


def conv(
    xs: Sequence[Any],
    weights: Sequence[Any],
    *,
    rank: int,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> list[Any]:
    """The convolutions of each of a batch: blocks' `conv` of each, faster along one or two axes.

    What is not of one kind or size as a batch may be so alone: then each is convolved alone.

    >>> conv([[[1, 2, 3]], [[4, 5, 6]]], [[[10, 1]]], rank=1)
    [[[12, 23]], [[45, 56]]]
    """
    settings: Any = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    images, kernels = tensor_of(xs, rank), tensor_of(weights, rank)
    layout = layout_of(rank, **settings)
    if images and kernels and layout:
        outputs = convolved(images, kernels, layout)
        if outputs:
            return outputs if rank == 2 else [[row for [row] in image] for image in outputs]
    if length_of(xs, "xs") > 1:
        return [conv([x], weights, rank=rank, **settings)[0] for x in xs]
    return [convolutions.conv(x, weights, rank=rank, **settings) for x in xs]


def conv1d(
    xs: Sequence[Any], weights: Sequence[Any], **settings: Unpack[ConvSettings]
) -> list[Any]:
    """The convolutions of each of a batch of sequences: blocks' `conv1d` of each.

    >>> conv1d([[[1.0, 2.0, 4.0]]], [[[-1.0, 1.0]]])
    [[[1.0, 2.0]]]
    """
    return conv(xs, weights, rank=1, **settings)


def conv2d(
    xs: Sequence[Any], weights: Sequence[Any], **settings: Unpack[ConvSettings]
) -> list[Any]:
    """The convolutions of each of a batch of images: blocks' `conv2d` of each.

    >>> conv2d([[[[1, 2, 3]]], [[[4, 5, 6]]]], [[[[10, 1]]]])
    [[[[12, 23]]], [[[45, 56]]]]
    >>> conv2d([[[[1.0, 2.0]]]], [[[[0.5]]], [[[-1.0]]]])
    [[[[0.5, 1.0]], [[-1.0, -2.0]]]]
    """
    return conv(xs, weights, rank=2, **settings)


def conv_transpose(
    xs: Sequence[Any],
    weights: Sequence[Any],
    *,
    rank: int,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> list[Any]:
    """The transposed convolutions of each of a batch: blocks' `conv_transpose` of each, by `conv`.

    Where that raises, each is convolved alone, and at last by its definition.

    >>> conv_transpose([[[1, 10]], [[2, 0]]], [[[1, 2, 3]]], rank=1)
    [[[1, 12, 23, 30]], [[2, 4, 6, 0]]]
    """
    images, kernels = tensor_of(xs, rank), tensor_of(weights, rank)
    if images and kernels:
        with suppress(ValueError, TypeError):
            zero, sizes = lift(0, images.rows[0][0]), (kernels.height, kernels.width)[-rank:]
            apart = [stretched(x, sizes, zero, stride, output_padding, dilation) for x in xs]
            around = [(0, 0), *pads_of(padding, rank)]
            kernel = flipped(weights, groups)
            ys = conv(apart, kernel, rank=rank, dilation=dilation, groups=groups)
            return [unpadded(y, around) for y in ys]
    settings: Any = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    settings["output_padding"] = output_padding
    if length_of(xs, "xs") > 1:
        return [conv_transpose([x], weights, rank=rank, **settings)[0] for x in xs]
    return [transposed_convolutions.conv_transpose(x, weights, rank=rank, **settings) for x in xs]


def conv_transpose1d(
    xs: Sequence[Any], weights: Sequence[Any], **settings: Unpack[TransposedSettings]
) -> list[Any]:
    """The transposed convolutions of each of a batch of sequences: blocks' `conv_transpose1d`.

    >>> conv_transpose1d([[[1.0, 10.0]]], [[[1.0, 2.0]]])
    [[[1.0, 12.0, 20.0]]]
    """
    return conv_transpose(xs, weights, rank=1, **settings)


def conv_transpose2d(
    xs: Sequence[Any], weights: Sequence[Any], **settings: Unpack[TransposedSettings]
) -> list[Any]:
    """The transposed convolutions of each of a batch of images: blocks' `conv_transpose2d`.

    >>> conv_transpose2d([[[[1.0, 10.0]]]], [[[[1.0, 2.0]]]])
    [[[[1.0, 12.0, 20.0]]]]
    """
    return conv_transpose(xs, weights, rank=2, **settings)


def channel_bias(xs: Sequence[Any], bias: Sequence[Any]) -> list[Any]:
    """Each of a batch with its channels' biases: blocks' `channel_bias` of each.

    >>> channel_bias([[[1.0, 2.0], [3.0, 4.0]]], [10.0, 0.5])
    [[[11.0, 12.0], [3.5, 4.5]]]
    """
    for rank in (1, 2):
        images = tensor_of(xs, rank)
        if images and entry_types(images.rows, [bias]) in ({float}, {int}, {Dyadic}):
            if len(bias) == images.channels:
                biases = cycle(chain.from_iterable(repeat(b, images.height) for b in bias))
                rows = [[x + b for x in row] for row, b in zip(images.rows, biases)]
                channels = rows if rank == 1 else [*map(list, batched(rows, images.height))]
                return [*map(list, batched(channels, images.channels))]
    length_of(xs, "xs")
    return [convolutions.channel_bias(x, bias) for x in xs]
