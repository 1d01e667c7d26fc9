"""Pooling: the largest, or the mean, of what a window sees at each of its places."""

from collections.abc import Sequence
from itertools import batched
from math import prod
from typing import Any, Required, TypedDict, Unpack

from funcnn.algebra.elementary import maximum
from funcnn.algebra.folds import bool_of, foldl1, int_of
from funcnn.algebra.scalars import alike, lift
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import shape
from funcnn.blocks.layouts import flatten, reshape, shape_of
from funcnn.blocks.norms import mean
from funcnn.blocks.windows import (
    Padding,
    PerAxis,
    padded,
    pads_of,
    per_axis,
    places_of,
    reach_of,
    windows,
)


class PoolSettings(TypedDict, total=False):
    """How windows lie on inputs: how many places of each axis, the `size`, they see, `stride` from
    one window to the next, `padding` around, `dilation` from one place to the next; and whether
    one more may overhang, `ceil_mode`."""

    size: Required[PerAxis]
    stride: PerAxis | None
    padding: Padding
    dilation: PerAxis
    ceil_mode: bool


class AveragePoolSettings(PoolSettings, total=False):
    """And whether the padding counts."""

    count_include_pad: bool


def max_pool(
    inputs: Sequence[Any],
    weights: Any = (),
    *,
    rank: int,
    size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> list[Any]:
    """The largest number that each window sees of each channel, along so many axes as `rank` says.
    ONNX's MaxPool.

    The padding never wins: it is left out.

    Haskell
        maxPool = map (map (foldl1 max) . windows)
    Maths
        y[c,j] = max_a x[c, j·s + a·d − p]         j, a, s, d, p one for each axis; 0 ≤ a < k
    Shapes
        inputs c×n₁×…, weights ()  →  c×m₁×…
        mᵢ = ⌊(nᵢ + pᵢ + pᵢ′ − (kᵢ − 1)·dᵢ − 1)/sᵢ⌋ + 1              ⌈ ⌉ in ceil_mode
    Settings
        rank        how many axes there are after the channels
        size        k, how many places a window sees: an int, or one for each axis. ONNX's
                    kernel_shape
        stride      s, from one window to the next: an int, or one for each axis. None, the default,
                    is the size, as in PyTorch; ONNX's default is 1
        padding     p and p′, how many places are added before and after: an int, or for each axis
                    an int or a pair. ONNX's pads are all befores, then all afters
        dilation    d, from one place in a window to the next: an int, or one for each axis
        ceil_mode   whether one window more may overhang the end of an axis, unless it begins in the
                    padding there
    Errors
        ValueError   the inputs are empty or ragged or of another rank, or a window is larger than
                     the padded inputs, or sees padding alone, or the padding is not less than the
                     window is long, or a setting is too small, or not one for each axis
        TypeError    numbers mix, or an entry is no number, or a setting no int or no bool
    Laws
        max_pool(k·x + b) == k·max_pool(x) + b for k ≥ 0             over Fraction
        max_pool(x, size=(n₁, …)), flattened, == global_max_pool(x)
    Source
        M. Ranzato et al., "Unsupervised Learning of Invariant Feature Hierarchies with Applications
        to Object Recognition", CVPR 2007

    >>> max_pool([[1.0, 3.0, 2.0, -5.0]], rank=1, size=2)
    [[3.0, 2.0]]
    >>> max_pool([[-1, -2, -3]], rank=1, size=2, ceil_mode=True)
    [[-1, -3]]
    >>> max_pool([[1.0, 3.0]], rank=1, size=3)
    Traceback (most recent call last):
    ValueError: the windows, 3, are larger than the padded inputs, 2
    """
    patches, places = pool_patches(inputs, rank, size, stride, padding, dilation, ceil_mode)
    return reshape([foldl1(maximum, patch) for patch in patches], shape=places)


def max_pool1d(
    inputs: Sequence[Any], weights: Any = (), **settings: Unpack[PoolSettings]
) -> list[Any]:
    """The largest number that each window sees of each channel of a sequence: `max_pool` along one
    axis. PyTorch's MaxPool1d, whose padding is half of a window at most.

    Shapes
        inputs c×n, weights ()  →  c×m             m as for `max_pool`
    Settings
        those of `max_pool`
    Errors
        those of `max_pool`

    >>> max_pool1d([[1.0, 3.0, 2.0, -5.0]], size=2, stride=1)
    [[3.0, 3.0, 2.0]]
    """
    return max_pool(inputs, rank=1, **settings)


def max_pool2d(
    inputs: Sequence[Any], weights: Any = (), **settings: Unpack[PoolSettings]
) -> list[Any]:
    """The largest number that each window sees of each channel of an image: `max_pool` along two
    axes. PyTorch's MaxPool2d, whose padding is half of a window at most.

    Shapes
        inputs c×h×w, weights ()  →  c×m×n         m, n as for `max_pool`
    Settings
        those of `max_pool`
    Errors
        those of `max_pool`

    >>> max_pool2d([[[-1, -2], [-3, -4]]], size=2, stride=1, padding=1)
    [[[-1, -1, -2], [-1, -1, -2], [-3, -3, -4]]]
    >>> max_pool2d([[-1, -2], [-3, -4]], size=2)
    Traceback (most recent call last):
    ValueError: inputs have shape (2, 2): give channels of places, 3 axes
    """
    return max_pool(inputs, rank=2, **settings)


def max_pool3d(
    inputs: Sequence[Any], weights: Any = (), **settings: Unpack[PoolSettings]
) -> list[Any]:
    """The largest number that each window sees of each channel of a volume: `max_pool` along three
    axes. PyTorch's MaxPool3d, whose padding is half of a window at most.

    Shapes
        inputs c×n₁×n₂×n₃, weights ()  →  c×m₁×m₂×m₃                 as for `max_pool`
    Settings
        those of `max_pool`
    Errors
        those of `max_pool`

    >>> max_pool3d([[[[-1, -2], [-3, -4]]]], size=(1, 2, 1))
    [[[[-1, -2]]]]
    """
    return max_pool(inputs, rank=3, **settings)


def average_pool(
    inputs: Sequence[Any],
    weights: Any = (),
    *,
    rank: int,
    size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> list[Any]:
    """The mean of what each window sees of each channel, along so many axes as `rank` says. ONNX's
    AveragePool.

    Haskell
        averagePool = map (map mean . windows)
    Maths
        y[c,j] = Σ_a x[c, j·s + a·d − p]/n         n the number of terms
    Shapes
        as for `max_pool`
    Settings
        rank, size, stride, padding, dilation, ceil_mode   as in `max_pool`
        count_include_pad   whether the padding counts as zeros, or else is left out: True as in
                            PyTorch; ONNX's default is 0. What overhangs never counts
    Order
        Zeros of the padding that count are added too. The sum is divided by n.
    Errors
        those of `max_pool`
        TypeError    of ints, whose mean need not be one
    Laws
        average_pool(a·x + y) == a·average_pool(x) + average_pool(y) over Fraction
        average_pool(x, size=(n₁, …)), flattened, == global_average_pool(x)
        average_pool of equal numbers is that number, if the padding does not count
    Source
        Y. LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 86
        (1998), its subsampling

    >>> average_pool([[4.0, 8.0]], rank=1, size=2, padding=1)
    [[2.0, 4.0]]
    >>> average_pool([[4.0, 8.0]], rank=1, size=2, padding=1, count_include_pad=False)
    [[4.0, 8.0]]
    """
    windows = size, stride, padding, dilation, ceil_mode
    patches, places = pool_patches(inputs, rank, *windows, counted=count_include_pad)
    return reshape([mean(patch) for patch in patches], shape=places)


def average_pool1d(
    inputs: Sequence[Any], weights: Any = (), **settings: Unpack[AveragePoolSettings]
) -> list[Any]:
    """The mean of what each window sees of each channel of a sequence: `average_pool` along one
    axis. PyTorch's AvgPool1d, which has no dilation.

    Shapes
        inputs c×n, weights ()  →  c×m             m as for `max_pool`
    Settings
        those of `average_pool`
    Errors
        those of `average_pool`

    >>> average_pool1d([[1.0, 3.0, 2.0, -5.0]], size=2)
    [[2.0, -1.5]]
    """
    return average_pool(inputs, rank=1, **settings)


def average_pool2d(
    inputs: Sequence[Any], weights: Any = (), **settings: Unpack[AveragePoolSettings]
) -> list[Any]:
    """The mean of what each window sees of each channel of an image: `average_pool` along two axes.
    PyTorch's AvgPool2d, which has no dilation.

    Shapes
        inputs c×h×w, weights ()  →  c×m×n         m, n as for `max_pool`
    Settings
        those of `average_pool`
    Errors
        those of `average_pool`

    >>> average_pool2d([[[1.0, 3.0], [2.0, -5.0]]], size=(2, 1))
    [[[1.5, -1.0]]]
    """
    return average_pool(inputs, rank=2, **settings)


def average_pool3d(
    inputs: Sequence[Any], weights: Any = (), **settings: Unpack[AveragePoolSettings]
) -> list[Any]:
    """The mean of what each window sees of each channel of a volume: `average_pool` along three
    axes. PyTorch's AvgPool3d, which has no dilation.

    Shapes
        inputs c×n₁×n₂×n₃, weights ()  →  c×m₁×m₂×m₃                 as for `max_pool`
    Settings
        those of `average_pool`
    Errors
        those of `average_pool`

    >>> average_pool3d([[[[1.0, 3.0], [2.0, -5.0]]]], size=(1, 2, 1))
    [[[[1.5, -1.0]]]]
    """
    return average_pool(inputs, rank=3, **settings)


def global_max_pool(inputs: Sequence[Any], weights: Any = ()) -> list[Any]:
    """The largest number of each channel.

    Maths
        y_c = max_i,j x[c,i,j]
    Shapes
        inputs c×n₁×…, weights ()  →  c             ONNX's keeps the axes, each of length 1
    Errors
        ValueError   the inputs are empty or ragged or a vector
        TypeError    numbers mix, or an entry is no number
    Laws
        global_max_pool(x) == max_pool(x, size=(n₁, …)), flattened
    Source
        ONNX's GlobalMaxPool, PyTorch's AdaptiveMaxPool2d(1)

    >>> global_max_pool([[[1.0, 2.0], [3.0, 4.0]], [[-1.0, -2.0], [-3.0, -4.0]]])
    [4.0, -1.0]
    """
    return [foldl1(maximum, flatten(channel)) for channel in _channels(inputs)]


def global_average_pool(inputs: Sequence[Any], weights: Any = ()) -> list[Any]:
    """The mean of each channel.

    Maths
        y_c = Σᵢ Σⱼ x[c,i,j]/n                     n the number of places
    Shapes
        inputs c×n₁×…, weights ()  →  c             ONNX's keeps the axes, each of length 1
    Order
        From the left, the last axis fastest; the sum is divided by n.
    Errors
        ValueError   the inputs are empty or ragged or a vector
        TypeError    numbers mix, or an entry is no number, or of ints, whose mean need not be one
    Laws
        global_average_pool(x) == average_pool(x, size=(n₁, …)), flattened
    Source
        M. Lin, Q. Chen, S. Yan, "Network in Network", ICLR 2014; ONNX's GlobalAveragePool,
        PyTorch's AdaptiveAvgPool2d(1)

    >>> global_average_pool([[[1.0, 2.0], [3.0, 4.0]], [[-1.0, -2.0], [-3.0, -4.0]]])
    [2.5, -2.5]
    """
    return [mean(flatten(channel)) for channel in _channels(inputs)]


def pool_patches(
    inputs: Sequence[Any],
    rank: int,
    size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    counted: bool = False,
) -> tuple[list[list[Any]], tuple[int, ...]]:
    """What a window sees of each channel at each of its places, and the shape of the places.

    Zeros stand in the padding if it is counted; else it is left out.

    Errors
        those of `max_pool`

    >>> pool_patches([[1, 2, 3]], 1, size=2, padding=((0, 1),))
    ([[1, 2], [3]], (1, 2))
    >>> pool_patches([[1, 2, 3]], 1, size=2, padding=2)
    Traceback (most recent call last):
    ValueError: padding is 2: give less than the window, 2
    """
    channels = _channels(inputs, int_of(rank, "rank", 1))
    sizes, dilations = per_axis(size, rank, "size"), per_axis(dilation, rank, "dilation")
    strides = sizes if stride is None else per_axis(stride, rank, "stride")
    zero = lift(0, next(leaves(channels)))
    pads, edge = pads_of(padding, rank), zero if bool_of(counted, "count_include_pad") else None
    lengths, ceil_mode = shape(channels)[1:], bool_of(ceil_mode, "ceil_mode")
    places = places_of(lengths, sizes, strides, dilations, pads, ceil_mode=ceil_mode)
    axes = zip(places, lengths, reach_of(sizes, dilations), strides, pads, strict=True)
    ends = [(0, _overhang(*axis)) for axis in axes]
    spread = padded(padded(channels, [(0, 0), *pads], edge), [(0, 0), *ends], None)
    seen = windows(spread, (1, *sizes), (1, *strides), (1, *dilations))
    patches = [[x for x in patch if x is not None] for patch in batched(flatten(seen), prod(sizes))]
    if not all(patches):
        raise ValueError("a window sees padding alone")
    return patches, (len(channels), *places)


def _overhang(places: int, length: int, reach: int, stride: int, pads: tuple[int, int]) -> int:
    """how far the last window reaches beyond the padding of an axis"""
    if max(pads) > reach:
        raise ValueError(f"padding is {max(pads)}: give less than the window, {reach + 1}")
    return max(0, (places - 1) * stride + reach + 1 - length - sum(pads))


def _channels(inputs: Sequence[Any], rank: int | None = None) -> list[Any]:
    """the inputs, their numbers of one kind, with so many axes after the channels"""
    lengths = shape_of(inputs, "inputs")
    if len(lengths) < 2 or rank not in (None, len(lengths) - 1):
        axes = 1 + rank if rank else "2 or more"
        raise ValueError(f"inputs have shape {lengths}: give channels of places, {axes} axes")
    (numbers,) = alike([flatten(inputs)], lambda _: "inputs")
    return reshape(numbers, shape=lengths)
