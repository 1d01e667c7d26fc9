"""Image models: convolutional networks, old and new."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from funcnn.algebra.elementary import relu, tanh
from funcnn.algebra.folds import int_of, length_of, zipped
from funcnn.blocks.activations import gelu
from funcnn.blocks.combinators import add_pair, branch, elementwise, layer
from funcnn.blocks.forms import form
from funcnn.blocks.layouts import channels_first, channels_last, flatten
from funcnn.blocks.linears import layer_scale
from funcnn.blocks.models import (
    Model,
    activation,
    at_each,
    convolve,
    in_series,
    normalize,
    project_to,
    residually,
)
from funcnn.blocks.norms import BatchNormWeights, batch_norm
from funcnn.blocks.pooling import average_pool2d, global_average_pool

EPSILON: Final = 1e-6
"""Of ConvNeXt's layer norms."""


def lenet(
    classes: int = 10,
    *,
    activation: Callable[..., Any] = tanh,
    pool: Callable[..., Any] = average_pool2d,
) -> Model:
    """LeNet-5, for digits of 28×28: two convolutions, each averaged by 2×2; three affine layers.

    Settings
        activation   the function of one number after each layer but the last; today's is relu
        pool         the pooling after each convolution; today's is max_pool2d
    Source
        Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document
        Recognition", Proc. IEEE 86 (1998), whose second convolution sees a part of the channels,
        whose subsampling has a weight and a bias per map, whose image is 32×32 and whose last layer
        is of radial basis functions

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(lenet().weights)
    61706
    """
    bend, shrink = Model(elementwise(activation)), Model(layer(pool, size=2))
    return in_series(
        *(*convolve(6, 1, 5, padding=2), bend, shrink),
        *(*convolve(16, 6, 5), bend, shrink, Model(layer(flatten))),
        *(project_to(120, 16 * 5 * 5), bend),
        *(project_to(84, 120), bend),
        project_to(classes, 84),
        inputs=form(1, 28, 28),
    )


def resnet_block(inputs: int = 64, outputs: int = 128, stride: int = 2, size: int = 56) -> Model:
    """Two convolutions of 3×3, each with its batch norm, added to what came in, then relu.

    Where the channels or the size change, what came in is convolved by 1×1.

    Settings
        inputs, outputs   the channels that come in, and those that go out
        stride            of the first convolution; 2 halves the image
        size              the height and width of the image that comes in
    Source
        K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, figure 2

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(resnet_block(64, 64, 1).weights) - 2 * 2 * 64        # without running statistics
    73984
    """
    body = in_series(
        *_normalized(outputs, inputs, 3, stride=stride, padding=1),
        activation(relu),
        *_normalized(outputs, outputs, 3, padding=1),
    )
    image = form(inputs, size, size)
    if (inputs, stride) == (outputs, 1):
        return in_series(residually(body), activation(relu), inputs=image)
    shortcut = in_series(*_normalized(outputs, inputs, 1, stride=stride))
    joined = Model(branch(shortcut.network, body.network), [shortcut.weights, body.weights])
    return in_series(joined, Model(layer(add_pair)), activation(relu), inputs=image)


def _normalized(channels: int, takes: int, width: int, **settings: Any) -> list[Model]:
    """a convolution and its batch norm"""
    ones, zeros = form(channels, fill="ones"), form(channels, fill="zeros")
    norm = Model(layer(batch_norm), BatchNormWeights(ones, zeros, zeros, ones))
    return [*convolve(channels, takes, width, bias=False, **settings), norm]


def convnext_block(width: int = 96, size: int = 56) -> Model:
    """A convolution of 7×7 of each channel alone, then two affine layers at each place, scaled;
    added to what came in.

    Settings
        width   the channels, of which there are four times as many between the two layers
        size    the height and width of the image
    Source
        Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022, figure 4

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(convnext_block(96).weights)
    79296
    """
    at_a_place = in_series(
        normalize(width, epsilon=EPSILON),
        project_to(4 * width, width),
        activation(gelu),
        project_to(width, 4 * width),
        Model(layer(layer_scale), form(width, fill="ones")),
    )
    depthwise = convolve(width, width, 7, padding=3, groups=width)
    body = in_series(*depthwise, *_at_places(at_a_place))
    return replace(residually(body), inputs=form(width, size, size))


def _at_places(model: Model) -> list[Model]:
    """a model of a vector, on the vector at each place of an image"""
    return [Model(layer(channels_last)), at_each(at_each(model)), Model(layer(channels_first))]


def _normalized_places(width: int) -> list[Model]:
    return _at_places(normalize(width, epsilon=EPSILON))


def convnext(
    depths: Sequence[int] = (3, 3, 9, 3),
    widths: Sequence[int] = (96, 192, 384, 768),
    classes: int = 1000,
) -> Model:
    """ConvNeXt, by default its tiny one: four stages of blocks, each half as high and wide.

    Settings
        depths, widths   for each stage how many blocks it has, and how many channels
        classes          how many numbers come out
    Errors
        ValueError   there is no stage, or there are more or fewer depths than widths
    Source
        Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022, table 9

    >>> from funcnn.blocks.shapes import parameters
    >>> f"{parameters(convnext().weights):,}"
    '28,589,128'
    """
    int_of(length_of(widths, "widths"), "the number of stages", 1)
    stem = [*convolve(widths[0], 3, 4, stride=4), *_normalized_places(widths[0])]
    halvings = [
        [*_normalized_places(takes), *convolve(gives, takes, 2, stride=2)]
        for takes, gives in pairwise(widths)
    ]
    sizes = [*zipped(depths, widths, ("depths", "widths"))]
    stages = [
        in_series(*shrink, *[replace(convnext_block(width), inputs=())] * depth)
        for shrink, (depth, width) in zipped([stem, *halvings], sizes)
    ]
    mean = Model(layer(global_average_pool))
    norm = normalize(widths[-1], epsilon=EPSILON)
    return in_series(*stages, mean, norm, project_to(classes, widths[-1]), inputs=form(3, 224, 224))
