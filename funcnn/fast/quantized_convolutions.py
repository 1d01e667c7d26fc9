"""Quantized convolutions: those of int8 over a batch, sums in lanes, and each rescaled."""

from collections.abc import Sequence
from typing import Any, Unpack

from funcnn.algebra.folds import length_of
from funcnn.algebra.trees import tree_map
from funcnn.blocks import quantized_linears
from funcnn.blocks.convolutions import ConvSettings, Planes
from funcnn.blocks.quantized_convolutions import (
    QuantizedKernels,
    checked_image,
    checked_kernels,
    rescaled_planes,
)
from funcnn.fast import convolutions


def conv2d(
    xs: Sequence[Planes[int]], weights: QuantizedKernels, **settings: Unpack[ConvSettings]
) -> list[list[list[list[int]]]]:
    """The int8 convolutions of each of a batch of images: `quantized_conv2d` of each.

    >>> conv2d([[[[100, -2, 3]]], [[[1, 1]]]], QuantizedKernels([[[[1, 2]]]], [5], 1))
    [[[[240, 10]]], [[[8]]]]
    """
    if not length_of(xs, "xs"):
        return []
    kernels, multipliers, shift = checked_kernels(weights)
    sums = convolutions.conv2d([*map(checked_image, xs)], kernels, **settings)
    return [rescaled_planes(planes, multipliers, shift) for planes in sums]


def saturate(
    xs: Sequence[Any], weights: Any = (), *, low: int = -128, high: int = 127
) -> list[Any]:
    """The integers of a batch, or the nearest ones from low to high: `saturate` of each.

    >>> saturate([[[200, -200]], [[5]]])
    [[[127, -128]], [[5]]]
    """
    return [_saturated(x, low, high) for x in xs]


def _saturated(tree: Any, low: int, high: int) -> Any:
    if not isinstance(tree, list):
        return tree_map(lambda x: quantized_linears.saturate(x, low=low, high=high), tree)
    if {*map(type, [low, high, *tree])} == {int} and tree and low <= high:
        return [low if x < low else high if x > high else x for x in tree]
    return [_saturated(branch, low, high) for branch in tree]
