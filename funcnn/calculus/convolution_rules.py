"""Convolution rules: the pullback of a convolution is the transposed one, and of that the first."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import batched
from math import prod
from typing import Any, Final

from toolz import partition

from funcnn.algebra.scalars import lift, total
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import matvec, shape, transpose
from funcnn.blocks.convolutions import (
    channel_bias,
    conv,
    conv1d,
    conv2d,
    conv3d,
    patches,
)
from funcnn.blocks.layouts import flatten, reshape
from funcnn.blocks.transposed_convolutions import (
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from funcnn.blocks.windows import Padding, PerAxis, pads_of, per_axis, reach_of, sliced
from funcnn.calculus.tracing import Pullback, Rule, fitting


def _conv(
    inputs: Any, weights: Any, *, rank: int, groups: int = 1, **settings: Any
) -> tuple[Any, Pullback]:
    """x̄ = conv_transpose(ȳ, w),  w̄[o] = Σⱼ ȳ[o,j]·patch[j]"""
    outputs = conv(inputs, weights, rank=rank, groups=groups, **settings)
    (_, *lengths), (_, _, *sizes) = shape(inputs), shape(weights)

    def back(y_bar: Any) -> tuple[Any, Any]:
        y_bar = fitting(outputs, y_bar)
        more = _unread(lengths, sizes, **settings)
        x_bar = conv_transpose(
            y_bar, weights, rank=rank, output_padding=more, groups=groups, **settings
        )
        return x_bar, _kernels_bar(inputs, y_bar, sizes, groups=groups, **settings)

    return outputs, back


def _unread(
    lengths: Sequence[int],
    sizes: Sequence[int],
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> list[int]:
    """how many inputs at the end of each axis no kernel reaches, for the stride"""
    rank = len(sizes)
    reach = reach_of(sizes, per_axis(dilation, rank, "dilation"))
    strides, pads = per_axis(stride, rank, "stride"), pads_of(padding, rank)
    axes = zip(lengths, pads, reach, strides, strict=True)
    return [(n + before + after - r - 1) % s for n, (before, after), r, s in axes]


def _kernels_bar(
    image: Any, y_bar: Any, sizes: Sequence[int], groups: int = 1, **settings: Any
) -> list[Any]:
    """of each kernel, the patches that it saw, each times the cotangent there, added up"""
    lengths = (len(image) // groups, *sizes)
    seen = patches(image, sizes, lift(0, next(leaves(image))), groups=groups, **settings)
    places = [slice(length) for length in shape(y_bar)[1:]]
    vectors = ([*batched(leaves(sliced(group, places)), prod(lengths))] for group in seen)
    return [
        reshape(matvec(transpose(patch), flatten(bar)), shape=lengths)
        for patch, part in zip(vectors, partition(len(y_bar) // groups, y_bar), strict=True)
        for bar in part
    ]


def _conv_transpose(
    inputs: Any, weights: Any, *, rank: int, output_padding: PerAxis = 0, **settings: Any
) -> tuple[Any, Pullback]:
    """x̄ = conv(ȳ, w),  w̄[c] = Σᵢ x[c,i]·patch[i] of ȳ"""
    outputs = conv_transpose(inputs, weights, rank=rank, output_padding=output_padding, **settings)

    def back(y_bar: Any) -> tuple[Any, Any]:
        y_bar = fitting(outputs, y_bar)
        x_bar = conv(y_bar, weights, rank=rank, **settings)
        read = [slice(length) for length in shape(inputs)]
        return sliced(x_bar, read), _kernels_bar(y_bar, inputs, shape(weights)[2:], **settings)

    return outputs, back


def _channel_bias(inputs: Any, bias: Any) -> tuple[Any, Pullback]:
    """x̄ = ȳ,  b̄[c] = Σⱼ ȳ[c,j]"""
    outputs = channel_bias(inputs, bias)

    def back(y_bar: Any) -> tuple[Any, Any]:
        x_bar = fitting(outputs, y_bar)
        return x_bar, [total([*leaves(channel)]) for channel in x_bar]

    return outputs, back


RULES: Final[dict[Callable[..., Any], Rule]] = {
    conv: _conv,
    conv1d: partial(_conv, rank=1),
    conv2d: partial(_conv, rank=2),
    conv3d: partial(_conv, rank=3),
    conv_transpose: _conv_transpose,
    conv_transpose1d: partial(_conv_transpose, rank=1),
    conv_transpose2d: partial(_conv_transpose, rank=2),
    conv_transpose3d: partial(_conv_transpose, rank=3),
    channel_bias: _channel_bias,
}
