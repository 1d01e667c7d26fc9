"""Convolution subjects: kernels and windows, laid on sequences and images."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from funcnn.blocks.convolutions import channel_bias, conv1d, conv2d
from funcnn.blocks.pooling import (
    average_pool1d,
    average_pool2d,
    global_average_pool,
    global_max_pool,
    max_pool1d,
    max_pool2d,
)
from funcnn.blocks.transposed_convolutions import conv_transpose1d, conv_transpose2d
from funcnn.laws.algorithms import scaled_average_pool, scaled_global_average_pool, shared_mean
from funcnn.laws.subjects import Algorithm, Subject, Variant

SIZES: Final = {"x": 8, "y": 5, "k": 3, "l": 3, "c": 3, "o": 2}
"""Inputs longer than kernels, most of the time."""

LAID: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    {"stride": 2},
    {"padding": 1},
    {"dilation": 2},
    {"stride": 2, "padding": 1},
    {"stride": 2, "padding": 1, "dilation": 2},
    {"groups": 2},
)
"""The settings of a convolution, each in turn."""


def laid(image: str, kernels: str, *more: Mapping[str, Any]) -> tuple[Variant, ...]:
    """The variants of a convolution; for groups of 2, all channels are twice as many.

    >>> laid("c x", "o c k")[-1]
    Variant(templates=('2c x', '2o c k'), settings={'groups': 2})
    """
    return tuple(
        Variant(
            (f"2{image}", f"2{kernels}") if "groups" in settings else (image, kernels), settings
        )
        for settings in (*more, *LAID)
    )


def pooled(image: str, *settings: Mapping[str, Any]) -> tuple[Variant, ...]:
    """The variants of a pooling.

    >>> pooled("c x", {"size": 2})
    (Variant(templates=('c x',), settings={'size': 2}),)
    """
    return tuple(Variant((image,), setting) for setting in settings)


PADDED: Final = {"size": 3, "stride": 1, "padding": 1}
"""Windows that overlap, and reach beyond the inputs."""


def by_other_means(average: Callable[..., Any]) -> tuple[Algorithm, ...]:
    """The ways to take a mean.

    >>> [algorithm.name for algorithm in by_other_means(scaled_global_average_pool)]
    ['times 1/n', 'of each ÷ n']
    """
    shared = partial(average, mean=shared_mean)
    return Algorithm("times 1/n", average), Algorithm("of each ÷ n", shared)


SUBJECTS: Final = (
    Subject(
        "conv1d",
        conv1d,
        laid("c x", "o c k", {"padding": ((1, 2),)}),
        sums="c x k",
        longest=16,
        sizes=SIZES,
    ),
    Subject(
        "conv2d",
        conv2d,
        laid("c x y", "o c k l", {"padding": ((0, 1), (2, 0))}, {"stride": (1, 2)}),
        sums="c x y k l",
        longest=8,
        sizes=SIZES,
    ),
    Subject(
        "conv_transpose1d",
        conv_transpose1d,
        laid("c x", "c o k", {"stride": 2, "output_padding": 1}),
        sums="c x k",
        longest=16,
        sizes=SIZES,
    ),
    Subject(
        "conv_transpose2d",
        conv_transpose2d,
        laid("c x y", "c o k l", {"stride": (1, 2)}),
        sums="c x y k l",
        longest=6,
        sizes={**SIZES, "x": 4, "y": 3},
    ),
    Subject("channel_bias", channel_bias, (Variant(("c x y", "c")),)),
    Subject("max_pool1d", max_pool1d, pooled("c x", {"size": 2}, PADDED), sizes=SIZES),
    Subject("max_pool2d", max_pool2d, pooled("c x y", {"size": 2}, PADDED), sizes=SIZES),
    Subject(
        "average_pool1d",
        average_pool1d,
        pooled("c x", {"size": 2}, {"size": 4}, PADDED, {**PADDED, "count_include_pad": False}),
        sums="x",
        longest=16,
        sizes=SIZES,
        algorithms=by_other_means(partial(scaled_average_pool, rank=1)),
    ),
    Subject(
        "average_pool2d",
        average_pool2d,
        pooled("c x y", {"size": 2}, PADDED, {**PADDED, "count_include_pad": False}),
        sums="x y",
        longest=8,
        sizes=SIZES,
        algorithms=by_other_means(partial(scaled_average_pool, rank=2)),
    ),
    Subject("global_max_pool", global_max_pool, pooled("c x y", {}), sizes=SIZES),
    Subject(
        "global_average_pool",
        global_average_pool,
        pooled("c x y", {}),
        sums="x y",
        longest=16,
        algorithms=by_other_means(scaled_global_average_pool),
    ),
)
