"""Convolution mutants: kernels and windows laid a little wrong."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from funcnn.algebra.elementary import absolute, maximum, relu
from funcnn.algebra.folds import foldl1
from funcnn.algebra.scalars import divide, lift, total
from funcnn.algebra.trees import leaves, tree_map
from funcnn.blocks.convolutions import channel_bias, conv1d, conv2d
from funcnn.blocks.layouts import flatten
from funcnn.blocks.pooling import (
    average_pool1d,
    average_pool2d,
    global_average_pool,
    global_max_pool,
    max_pool1d,
    max_pool2d,
)
from funcnn.blocks.transposed_convolutions import conv_transpose1d, conv_transpose2d
from funcnn.blocks.windows import padded, pads_of
from funcnn.laws.mutations import TF32, Definition, Mutant, of_results, reading, zero
from funcnn.laws.values import EXACT, WITHIN


def _turned(kernels: Any, deep: int) -> Any:
    """the kernels, turned around along their last axes but for the first so many"""
    if not isinstance(kernels, Sequence):
        return kernels
    return [_turned(part, deep - 1) for part in (kernels if deep > 0 else kernels[::-1])]


def _of_kernels(definition: Definition, change: Callable[[Any], Any]) -> Definition:
    return lambda x, w, **settings: definition(x, change(w), **settings)


def _of_inputs(definition: Definition, change: Callable[[Any], Any]) -> Definition:
    return lambda x, *weights, **settings: definition(change(x), *weights, **settings)


def _padded_with(definition: Definition, rank: int, value: float) -> Definition:
    def wrong(x: Any, *weights: Any, padding: Any = 0, **settings: Any) -> Any:
        pads = [(0, 0), *pads_of(padding, rank)]
        around = padded(x, pads, lift(value, next(leaves(x))))
        return definition(around, *weights, **settings)

    return wrong


def _padded_otherwise(
    definition: Definition, rank: int, change: Callable[[int, int], Any]
) -> Definition:
    def wrong(x: Any, *weights: Any, padding: Any = 0, **settings: Any) -> Any:
        pads = [change(*pair) for pair in pads_of(padding, rank)]
        return definition(x, *weights, padding=pads, **settings)

    return wrong


def _interleaved(definition: Definition) -> Definition:
    """a channel to each group in turn"""

    def wrong(x: Any, w: Any, *, groups: int = 1, **settings: Any) -> Any:
        dealt = [channel for group in range(groups) for channel in x[group::groups]]
        return definition(dealt, w, groups=groups, **settings)

    return wrong


def _moved(rows: Any) -> Any:
    """the numbers of each row one place to the left, the last of them 0"""
    return [[*row[1:], zero(row[0])] if _is_row(row) else _moved(row) for row in rows]


def _is_row(row: Any) -> bool:
    return not isinstance(row[0], Sequence)


def _last_cleared(part: Any) -> Any:
    """the last number, or row, or plane, 0"""
    return [*part[:-1], tree_map(zero, part[-1])]


def _last_of_each_cleared(definition: Definition) -> Definition:
    """of the result, the last place of each channel"""
    return lambda *arguments, **settings: [*map(_last_cleared, definition(*arguments, **settings))]


def _exchanged(kernels: Any) -> Any:
    """rows for columns, if the kernels are square"""
    height, width = len(kernels[0][0]), len(kernels[0][0][0])
    square = height == width
    return [[[*zip(*k, strict=True)] if square else k for k in kernel] for kernel in kernels]


def _counted_otherwise(definition: Definition) -> Definition:
    def wrong(x: Any, *, count_include_pad: bool = True, **settings: Any) -> Any:
        return definition(x, count_include_pad=not count_include_pad, **settings)

    return wrong


def _negative(tree: Any) -> Any:
    return tree_map(lambda x: -x, tree)


def _smallest(definition: Definition) -> Definition:
    return lambda x, **settings: _negative(definition(_negative(x), **settings))


def _averages_of_one_more(x: Any) -> list[Any]:
    channels = map(flatten, x)
    return [divide(total(c), lift(len(c) + 1, c[0])) for c in channels]


CONVOLUTIONS: Final = (
    Mutant(
        "conv1d",
        "the kernel turned around",
        _of_kernels(conv1d, lambda w: _turned(w, 2)),
        EXACT.name,
    ),
    Mutant("conv1d", "every window one place late", _of_inputs(conv1d, _moved), EXACT.name),
    Mutant("conv1d", "padded with ones", _padded_with(conv1d, 1, 1.0), EXACT.name),
    Mutant(
        "conv1d",
        "all padding at the end",
        _padded_otherwise(conv1d, 1, lambda b, e: (0, b + e)),
        EXACT.name,
    ),
    Mutant("conv1d", "a channel to each group in turn", _interleaved(conv1d), EXACT.name),
    Mutant("conv1d", "the channels in reverse", _of_inputs(conv1d, lambda x: x[::-1]), EXACT.name),
    Mutant(
        "conv1d",
        "the last channel left out",
        _of_kernels(conv1d, lambda w: [*map(_last_cleared, w)]),
        EXACT.name,
    ),
    Mutant("conv1d", "the last place left out", _last_of_each_cleared(conv1d), EXACT.name),
    Mutant(
        "conv2d",
        "the kernel turned around",
        _of_kernels(conv2d, lambda w: _turned(w, 2)),
        EXACT.name,
    ),
    Mutant(
        "conv2d",
        "the kernel turned around from left to right",
        _of_kernels(conv2d, lambda w: _turned(w, 3)),
        EXACT.name,
    ),
    Mutant("conv2d", "rows of the kernel for columns", _of_kernels(conv2d, _exchanged), EXACT.name),
    Mutant(
        "conv2d",
        "padding before and after exchanged",
        _padded_otherwise(conv2d, 2, lambda b, e: (e, b)),
        EXACT.name,
    ),
    Mutant("conv2d", "a channel to each group in turn", _interleaved(conv2d), EXACT.name),
    Mutant("conv2d", "the last row left out", _last_of_each_cleared(conv2d), EXACT.name),
    Mutant(
        "conv2d",
        "the last kernel left out",
        lambda x, w, **settings: _last_cleared(conv2d(x, w, **settings)),
        EXACT.name,
    ),
    Mutant("conv2d", "inputs in TF32", reading(TF32, conv2d), EXACT.name),
    Mutant(
        "conv_transpose1d",
        "the kernel turned around",
        _of_kernels(conv_transpose1d, lambda w: _turned(w, 2)),
        EXACT.name,
    ),
    Mutant(
        "conv_transpose1d",
        "the last place left out",
        _last_of_each_cleared(conv_transpose1d),
        EXACT.name,
    ),
    Mutant(
        "conv_transpose2d",
        "the kernel turned around",
        _of_kernels(conv_transpose2d, lambda w: _turned(w, 2)),
        EXACT.name,
    ),
    Mutant(
        "conv_transpose2d",
        "the channels in reverse",
        _of_inputs(conv_transpose2d, lambda x: x[::-1]),
        EXACT.name,
    ),
    Mutant(
        "channel_bias",
        "the bias of the channel before",
        lambda x, b: channel_bias(x, [b[-1], *b[:-1]]),
        EXACT.name,
    ),
    Mutant(
        "channel_bias",
        "at the first place alone",
        lambda x, b: [[channel_bias([c[0]], [s])[0], *c[1:]] for c, s in zip(x, b, strict=True)],
        EXACT.name,
    ),
)
POOLING: Final = (
    Mutant("max_pool1d", "padded with zeros", _padded_with(max_pool1d, 1, 0.0), EXACT.name),
    Mutant("max_pool1d", "never below 0", of_results(relu, max_pool1d), EXACT.name),
    Mutant("max_pool1d", "the smallest", _smallest(max_pool1d), EXACT.name),
    Mutant("max_pool2d", "padded with zeros", _padded_with(max_pool2d, 2, 0.0), EXACT.name),
    Mutant(
        "max_pool2d",
        "the largest without its sign",
        _of_inputs(max_pool2d, lambda x: tree_map(absolute, x)),
        EXACT.name,
    ),
    Mutant("max_pool2d", "every window one place late", _of_inputs(max_pool2d, _moved), EXACT.name),
    Mutant("global_max_pool", "never below 0", of_results(relu, global_max_pool), EXACT.name),
    Mutant(
        "global_max_pool",
        "the last row left out",
        lambda x: [foldl1(maximum, flatten(c[:-1] or c)) for c in x],
        EXACT.name,
    ),
    Mutant(
        "average_pool1d",
        "padding counted otherwise",
        _counted_otherwise(average_pool1d),
        WITHIN.name,
    ),
    Mutant("average_pool1d", "padded with ones", _padded_with(average_pool1d, 1, 1.0), WITHIN.name),
    Mutant(
        "average_pool1d",
        "the sum",
        lambda x, *, size, **settings: of_results(lambda y: y * size, average_pool1d)(
            x, size=size, **settings
        ),
        EXACT.name,
    ),
    Mutant(
        "average_pool2d",
        "padding counted otherwise",
        _counted_otherwise(average_pool2d),
        WITHIN.name,
    ),
    Mutant(
        "average_pool2d",
        "divided by the rows of the window alone",
        lambda x, *, size, **settings: of_results(lambda y: y * size, average_pool2d)(
            x, size=size, **settings
        ),
        EXACT.name,
    ),
    Mutant("global_average_pool", "divided by one more", _averages_of_one_more, WITHIN.name),
    Mutant(
        "global_average_pool",
        "the last row left out",
        lambda x: global_average_pool([c[:-1] or c for c in x]),
        WITHIN.name,
    ),
)
MUTANTS: Final = (*CONVOLUTIONS, *POOLING)
"""All of them."""
