"""Operation counts: how many operations a definition takes, from the forms of what it takes.

They are those of the definition, whose sums take in the zeros around an image too: an
implementation may do with fewer. To look up, to move and to compare counts nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from funcnn.algebra.traces import Traced, cotangents
from funcnn.algebra.trees import Tree
from funcnn.blocks.activations import gelu, log_softmax, silu, softmax
from funcnn.blocks.combinators import add_pair, part
from funcnn.blocks.convolutions import channel_bias, conv, conv1d, conv2d, conv3d
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.embeddings import embedding
from funcnn.blocks.forms import Form
from funcnn.blocks.gates import geglu, glu, swiglu
from funcnn.blocks.layouts import (
    channels_first,
    channels_last,
    concatenate,
    flatten,
    reshape,
    reverse,
)
from funcnn.blocks.linears import affine, dense, layer_scale, linear, project
from funcnn.blocks.norms import (
    batch_norm,
    batch_norm_training,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
    running_statistics,
)
from funcnn.blocks.pooling import (
    average_pool,
    average_pool1d,
    average_pool2d,
    average_pool3d,
    global_average_pool,
    global_max_pool,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from funcnn.blocks.shapes import parameters
from funcnn.blocks.transposed_convolutions import (
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from funcnn.blocks.windows import Padding, PerAxis, pads_of, per_axis


@dataclass(frozen=True, slots=True)
class Work:
    """Multiply-adds, all other operations, and the numbers that layers put out.

    A multiply-add is one term of a sum of products of two unlike vectors, as in a matrix product.
    The others are + − × ÷, the maximum of two numbers, and the elementary functions.

    >>> Work(6, 1) + 2 * Work(10, 0, 5)
    Work(multiply_adds=26, others=1, outputs=10)
    """

    multiply_adds: int = 0
    others: int = 0
    outputs: int = 0

    def __add__(self, more: "Work") -> "Work":
        multiply_adds, others = self.multiply_adds + more.multiply_adds, self.others + more.others
        return Work(multiply_adds, others, self.outputs + more.outputs)

    def __rmul__(self, times: int) -> "Work":
        return Work(times * self.multiply_adds, times * self.others, times * self.outputs)


type Count = Callable[..., Work]
"""From the forms of inputs, weights and outputs, and the settings, to the work."""


def steps(function: Callable[..., Any], **settings: Any) -> int:
    """Of how many operations a function of one number is made: traced, it tells them.

    What only a comparison sees is no part of what comes out, and not counted.

    Errors
        TypeError    the function does not run on traced numbers

    >>> from funcnn.algebra.elementary import relu
    >>> from funcnn.blocks.activations import leaky_relu
    >>> steps(relu), steps(leaky_relu), steps(gelu), steps(gelu, approximate="tanh")
    (1, 5, 6, 9)
    """
    return operations_of([function(Traced(0.5), **settings)])


def operations_of(numbers: Iterable[Traced[float]]) -> int:
    """Of how many operations traced numbers are made, all together: a sum of n terms has n − 1.

    >>> x, y = Traced(2.0), Traced(3.0)
    >>> operations_of([x * y + x, y])
    2
    """
    made = cotangents((number, 1.0) for number in numbers)
    return sum(max(1, len(number.parts) - 1) for number in made if number.parts)


def of_projection(weights: Tree) -> Work:
    """The work of a projection of one vector, by a matrix, or by a matrix and a bias.

    >>> of_projection(Form((3, 4))), of_projection((Form((3, 4)), Form((3,))))
    (Work(multiply_adds=12, others=0, outputs=0), Work(multiply_adds=12, others=3, outputs=0))
    """
    matrix, *bias = weights if isinstance(weights, tuple) else (weights,)
    return Work(matrix.size, sum(form.size for form in bias))


def each_output(operations: int) -> Count:
    """The rule of so many operations for each number put out.

    >>> each_output(2)(Form((4,)), (), Form((3,)))
    Work(multiply_adds=0, others=6, outputs=0)
    """
    return lambda inputs, weights, outputs, **settings: Work(0, operations * outputs.size)


def _conv(inputs: Form, weights: Form, outputs: Form, **settings: Any) -> Work:
    return Work(outputs.size * prod(weights.lengths[1:]))


def _conv_transpose(
    inputs: Form,
    weights: Form,
    outputs: Form,
    *,
    padding: Padding = 0,
    groups: int = 1,
    **settings: Any,
) -> Work:
    """a convolution of inputs set apart, of whose outputs the padding is cut off at last"""
    channels, _, *sizes = weights.lengths
    kernels, *lengths = outputs.lengths
    axes = zip(lengths, pads_of(padding, len(lengths)), strict=True)
    places = kernels * prod(length + sum(pads) for length, pads in axes)
    return Work(places * channels // groups * prod(sizes))


def _seen(
    inputs: Form,
    outputs: Form,
    *,
    size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    counted: bool = False,
    **settings: Any,
) -> int:
    """how many numbers the windows see, all together"""
    rank = len(inputs.lengths) - 1
    sizes, spreads = per_axis(size, rank, "size"), per_axis(dilation, rank, "dilation")
    strides = sizes if stride is None else per_axis(stride, rank, "stride")
    lengths = inputs.lengths[1:], outputs.lengths[1:]
    axes = zip(*lengths, sizes, strides, spreads, pads_of(padding, rank), strict=True)
    seen = [
        sum(
            -before * counted <= place * step - before + entry * spread < length + after * counted
            for place in range(places)
            for entry in range(entries)
        )
        for length, places, entries, step, spread, (before, after) in axes
    ]
    return int(inputs.lengths[0] * prod(seen))


def _max_pool(inputs: Form, weights: Tree, outputs: Form, **settings: Any) -> Work:
    return Work(0, _seen(inputs, outputs, **settings) - outputs.size)


def _average_pool(
    inputs: Form, weights: Tree, outputs: Form, *, count_include_pad: bool = True, **settings: Any
) -> Work:
    return Work(0, _seen(inputs, outputs, counted=count_include_pad, **settings))


def _rms_norm(inputs: Form, weights: Tree, outputs: Form, **settings: Any) -> Work:
    return Work(0, 3 * inputs.size + 3 + parameters(weights))


def _by_channel(operations: int) -> Count:
    """two operations for each channel, besides those for each number"""
    return lambda inputs, weights, outputs, **settings: Work(
        0, operations * inputs.size + 2 * inputs.lengths[0]
    )


def _batch_norm_training(inputs: Form, weights: Tree, outputs: Form, **settings: Any) -> Work:
    return Work(0, 8 * inputs.size + 2 * prod(inputs.lengths[:2]))


def _running_statistics(inputs: Form, weights: Tree, outputs: Tree, **settings: Any) -> Work:
    return Work(0, 4 * inputs.size + 8 * inputs.lengths[1])


def _dropout(inputs: Form, weights: Tree, outputs: Form, **settings: Any) -> Work:
    """all numbers may be kept"""
    return Work(0, 3 * parameters(weights))


def _gated(function: Callable[..., Any]) -> Count:
    """two projections, of which one gates the other, and one down"""

    def count(inputs: Form, weights: Any, outputs: Form, **settings: Any) -> Work:
        gate, up, down = map(of_projection, weights)
        hidden = (weights[1][0] if isinstance(weights[1], tuple) else weights[1]).lengths[0]
        return gate + up + down + Work(0, hidden * (1 + steps(function, **settings)))

    return count


COUNTS: Final[dict[Callable[..., Any], Count]] = {
    **dict.fromkeys(
        [linear, affine, project], lambda inputs, weights, outputs: of_projection(weights)
    ),
    dense: lambda inputs, weights, outputs: Work(weights.size, outputs.size),
    **dict.fromkeys([layer_scale, channel_bias, add_pair], each_output(1)),
    **dict.fromkeys([conv, conv1d, conv2d, conv3d], _conv),
    **dict.fromkeys(
        [conv_transpose, conv_transpose1d, conv_transpose2d, conv_transpose3d], _conv_transpose
    ),
    **dict.fromkeys([max_pool, max_pool1d, max_pool2d, max_pool3d], _max_pool),
    **dict.fromkeys([average_pool, average_pool1d, average_pool2d, average_pool3d], _average_pool),
    global_max_pool: lambda inputs, weights, outputs: Work(0, inputs.size - outputs.size),
    global_average_pool: lambda inputs, weights, outputs: Work(0, inputs.size),
    softmax: lambda inputs, weights, outputs: Work(0, 5 * inputs.size - 2),
    log_softmax: lambda inputs, weights, outputs: Work(0, 5 * inputs.size - 1),
    layer_norm: lambda inputs, weights, outputs, **settings: Work(0, 8 * inputs.size + 3),
    rms_norm: _rms_norm,
    batch_norm: _by_channel(4),
    **dict.fromkeys([group_norm, instance_norm], _by_channel(8)),
    batch_norm_training: _batch_norm_training,
    running_statistics: _running_statistics,
    dropout: _dropout,
    glu: each_output(2),
    swiglu: _gated(silu),
    geglu: _gated(gelu),
    **dict.fromkeys(
        [part, flatten, concatenate, reshape, reverse, channels_first, channels_last, embedding],
        lambda inputs, weights, outputs, **settings: Work(),
    ),
}
"""From a definition to its rule."""
