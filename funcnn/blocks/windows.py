"""Windows: what a window sees of a tensor at each of its places; convolution and pooling are made
of them."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.trees import is_leaf, tree_map
from funcnn.algebra.vectors import rectangle

type PerAxis = int | Sequence[int]
"""A setting: one for all axes, or one for each."""

type Padding = int | Sequence[int | Sequence[int]]
"""How many entries are put around: as many on all sides, or for each axis as many, or for each axis
a pair of how many before and after."""


def windows(
    tensor: Sequence[Any], sizes: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> list[Any]:
    """What a window sees at each of its places, as one vector: a patch.

    A stride is how far it is from one place of the window to the next, a dilation how far from one
    entry in it to the next.

    Maths
        p[j₁,…,jᵣ] = (x[j₁·s₁ + a₁·d₁, …, jᵣ·sᵣ + aᵣ·dᵣ] | 0 ≤ aᵢ < kᵢ)     the last a fastest
    Shapes
        tensor n₁×…×nᵣ, sizes, strides, dilations r  →  m₁×…×mᵣ patches of k₁·…·kᵣ entries
        mᵢ = ⌊(nᵢ − (kᵢ − 1)·dᵢ − 1)/sᵢ⌋ + 1
    Errors
        ValueError   a window is larger than the tensor, or the tensor is ragged or empty, or a
                     size, a stride or a dilation is less than 1, or there is not one for each axis
        TypeError    one is no int, or what should be a list is not one
    Laws
        windows(x, k, s, d) is windows(x, k, 1, d) at every s-th place

    >>> windows([1, 2, 3, 4, 5], [2], [1], [3])
    [[1, 4], [2, 5]]
    >>> windows([[1, 2, 3], [4, 5, 6]], [2, 2], [1, 1], [1, 1])
    [[[1, 2, 4, 5], [2, 3, 5, 6]]]
    >>> windows([1, 2, 3], [2], [1], [3])
    Traceback (most recent call last):
    ValueError: the windows, 4, are larger than the tensor, 3
    """
    rank = int_of(length_of(sizes, "sizes"), "the number of axes", 1)
    sizes, strides = per_axis(sizes, rank, "sizes"), per_axis(strides, rank, "strides")
    rows_of(tensor, "the tensor", ["entry"] * (rank - 1))
    return _windows(tensor, sizes, strides, per_axis(dilations, rank, "dilations"))


def _windows(
    tensor: Sequence[Any], sizes: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> list[Any]:
    if not sizes:
        return [tensor]
    size, stride, dilation = sizes[0], strides[0], dilations[0]
    inner = [_windows(entry, sizes[1:], strides[1:], dilations[1:]) for entry in tensor]
    span = (size - 1) * dilation + 1
    starts = range(0, len(inner) - span + 1, stride)
    if not starts:
        raise ValueError(f"the windows, {span}, are larger than the tensor, {len(inner)}")
    return [_joined(inner[at : at + span : dilation], len(sizes) - 1) for at in starts]


def _joined(tensors: Sequence[Any], rank: int) -> list[Any]:
    """the tensors' patches at each place, one after another"""
    if not rank:
        return [*chain.from_iterable(tensors)]
    return [_joined(parts, rank - 1) for parts in zip(*tensors, strict=True)]


def places_of(
    lengths: Sequence[int],
    sizes: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    pads: Sequence[tuple[int, int]],
    *,
    ceil_mode: bool = False,
    name: str = "windows",
) -> tuple[int, ...]:
    """How many places windows have on each axis of a tensor that is padded.

    In ceil_mode one more may overhang at the end of an axis, unless it begins in the padding there.

    Maths
        mᵢ = ⌊(nᵢ + pᵢ + pᵢ′ − (kᵢ − 1)·dᵢ − 1)/sᵢ⌋ + 1              ⌈ ⌉ in ceil_mode
    Errors
        ValueError   they have none: `name` says what is larger than the padded inputs

    >>> places_of([5], [2], [2], [1], [(0, 0)])
    (2,)
    >>> places_of([5], [2], [2], [1], [(0, 0)], ceil_mode=True)
    (3,)
    >>> places_of([1, 2], [3, 3], [1, 1], [1, 1], [(0, 0), (1, 1)], name="kernels")
    Traceback (most recent call last):
    ValueError: the kernels, 3×3, are larger than the padded inputs, 1×4
    """
    spans = [reach + 1 for reach in reach_of(sizes, dilations)]
    rooms = [length + sum(pad) for length, pad in zip(lengths, pads, strict=True)]
    last = [(room - span) // s for room, span, s in zip(rooms, spans, strides, strict=True)]
    if ceil_mode:
        axes = zip(rooms, spans, strides, pads, strict=True)
        last = [min(-((span - room) // s), (room - e - 1) // s) for room, span, s, (_, e) in axes]
    if min(last) < 0:
        window, room = ("×".join(map(str, axes)) for axes in (spans, rooms))
        raise ValueError(f"the {name}, {window}, are larger than the padded inputs, {room}")
    return tuple(place + 1 for place in last)


def reach_of(sizes: Sequence[int], dilations: Sequence[int]) -> list[int]:
    """How far, on each axis, the last entry of a window is from the first.

    >>> reach_of([3, 2], [1, 4])
    [2, 4]
    """
    return [(size - 1) * dilation for size, dilation in zip(sizes, dilations, strict=True)]


def padded(tensor: Sequence[Any], pads: Sequence[tuple[int, int]], value: Any) -> list[Any]:
    """The tensor with a value around it, so often before and after on each axis.

    Shapes
        tensor n₁×…×nᵣ, pads r  →  (b₁ + n₁ + e₁)×…×(bᵣ + nᵣ + eᵣ)
    Errors
        ValueError   the tensor is empty
    Laws
        unpadded(padded(x, pads, value), pads) == x

    >>> padded([[1, 2]], [(1, 0), (0, 2)], 0)
    [[0, 0, 0, 0], [1, 2, 0, 0]]
    """
    if not length_of(tensor, "the tensor"):
        raise ValueError("the tensor is empty")
    (before, after), *inner = pads
    entries = [padded(entry, inner, value) for entry in tensor] if inner else [*tensor]
    edges = [tree_map(lambda _: value, entries[0]) for _ in range(before + after)]
    return [*edges[:before], *entries, *edges[before:]]


def unpadded(tensor: Sequence[Any], pads: Sequence[tuple[int, int]]) -> list[Any]:
    """The tensor without so many entries before and after on each axis.

    Shapes
        tensor (b₁ + n₁ + e₁)×…×(bᵣ + nᵣ + eᵣ), pads r  →  n₁×…×nᵣ
    Errors
        ValueError   nothing is left
    Laws
        unpadded(padded(x, pads, value), pads) == x

    >>> unpadded([[0, 0, 0, 0], [1, 2, 0, 0]], [(1, 0), (0, 2)])
    [[1, 2]]
    >>> unpadded([1, 2, 3], [(1, 2)])
    Traceback (most recent call last):
    ValueError: without its padding, 1 before and 2 after, nothing is left of 3
    """
    (before, after), *inner = pads
    if before + after >= len(tensor):
        sides = f"{before} before and {after} after"
        raise ValueError(f"without its padding, {sides}, nothing is left of {len(tensor)}")
    entries = [*tensor[before : len(tensor) - after]]
    return [unpadded(entry, inner) for entry in entries] if inner else entries


def spaced(tensor: Sequence[Any], strides: Sequence[int], value: Any) -> list[Any]:
    """The tensor with a value between its entries, which then stand a stride apart.

    Shapes
        tensor n₁×…×nᵣ, strides r  →  ((n₁ − 1)·s₁ + 1)×…×((nᵣ − 1)·sᵣ + 1)
    Laws
        sliced(spaced(x, strides, value), (slice(None, None, s₁), …)) == x

    >>> spaced([[1, 2], [3, 4]], [1, 3], 0)
    [[1, 0, 0, 2], [3, 0, 0, 4]]
    """
    stride, *inner = strides
    entries = [spaced(entry, inner, value) for entry in tensor] if inner else [*tensor]
    blocks = (padded([entry], [(0, stride - 1)], value) for entry in entries[:-1])
    return [*chain.from_iterable(blocks), *entries[-1:]]


def sliced(tensor: Sequence[Any], slices: Sequence[slice]) -> list[Any]:
    """The part of a tensor in a slice of each axis.

    Shapes
        tensor n₁×…×nᵣ, slices r  →  m₁×…×mᵣ

    >>> sliced([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [slice(1, 3), slice(None, None, 2)])
    [[4, 6], [7, 9]]
    """
    first, *inner = slices
    entries = [*tensor[first]]
    return [sliced(entry, inner) for entry in entries] if inner else entries


def per_axis(setting: PerAxis, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """A setting for each axis.

    Errors
        ValueError   there are more or fewer than axes, or one is less than the least
        TypeError    one is no int

    >>> per_axis(2, 3, "stride"), per_axis([1, 2], 2, "stride")
    ((2, 2, 2), (1, 2))
    >>> per_axis((1, 2, 3), 2, "stride")
    Traceback (most recent call last):
    ValueError: stride has length 3, not 2
    >>> per_axis(0, 2, "stride")
    Traceback (most recent call last):
    ValueError: stride is 0: give 1 or more
    """
    return tuple(int_of(value, name, least) for value in _for_each(setting, rank, name))


def pads_of(padding: Padding, rank: int) -> tuple[tuple[int, int], ...]:
    """How many entries are put before and after on each axis.

    Errors
        ValueError   there are more or fewer than axes, or no pairs, or one is less than 0
        TypeError    one is no int

    >>> pads_of(1, 2), pads_of((1, 2), 2), pads_of(((0, 1), 2), 2)
    (((1, 1), (1, 1)), ((1, 1), (2, 2)), ((0, 1), (2, 2)))
    >>> pads_of(-1, 2)
    Traceback (most recent call last):
    ValueError: padding is -1: give 0 or more
    """
    pairs = [_for_each(pad, 2, "padding of an axis") for pad in _for_each(padding, rank, "padding")]
    return tuple((int_of(b, "padding", 0), int_of(e, "padding", 0)) for b, e in pairs)


def _for_each(setting: Any, count: int, name: str) -> tuple[Any, ...]:
    values = (setting,) * count if is_leaf(setting) else tuple(setting)
    if len(values) != count:
        raise ValueError(f"{name} has length {len(values)}, not {count}")
    return values


def lengths_of(tensor: Sequence[Any], rank: int) -> tuple[int, ...]:
    """The lengths along the first axes, so many as the rank, of a tensor that is not ragged.

    >>> lengths_of([[[1, 2, 3]]], 2)
    (1, 1)
    """
    return (len(tensor), *lengths_of(tensor[0], rank - 1)) if rank else ()


def rows_of(tensor: Any, name: str, axes: Sequence[str]) -> tuple[list[Any], list[str]]:
    """The innermost lists of a tensor, and how an error names them.

    Errors
        ValueError   the tensor is ragged, or empty somewhere
        TypeError    what should be a list is not one

    >>> rows_of([[[1, 2], [3, 4]]], "inputs", ["channel", "row"])
    ([[1, 2], [3, 4]], ['row 0 of channel 0 of inputs', 'row 1 of channel 0 of inputs'])
    >>> rows_of([[[1, 2], [3]]], "inputs", ["channel", "row"])
    Traceback (most recent call last):
    ValueError: row 1 of channel 0 of inputs has length 1, row 0 of channel 0 of inputs has length 2
    """
    lists, places = [tensor], [name]
    for axis in axes:
        rectangle(lists, places.__getitem__)
        lists, length = [*chain.from_iterable(lists)], len(lists[0])
        places = [f"{axis} {index} of {place}" for place in places for index in range(length)]
    rectangle(lists, places.__getitem__)
    return lists, places


def axes_of(rank: int) -> tuple[str, ...]:
    """How an error names the axes of channels of so many axes, but for the innermost.

    >>> axes_of(1), axes_of(2), axes_of(3)
    (('channel',), ('channel', 'row'), ('channel', 'plane', 'row'))
    """
    return ("channel", *["plane"] * (rank - 2), "row")[:rank]
