"""Windows: every patch is what stands at its places, padding is undone by a cut, and settings that
are none are refused."""

from itertools import product
from random import Random
from typing import Any

import pytest

from funcnn import leaves, shape
from funcnn.algebra.trees import tree_map
from funcnn.blocks.windows import (
    axes_of,
    padded,
    pads_of,
    per_axis,
    rows_of,
    sliced,
    spaced,
    unpadded,
    windows,
)

SEEDS = range(200)


def numbered(lengths: tuple[int, ...], start: int = 0) -> Any:
    """A tensor of its places: 0, 1, 2 …"""
    if not lengths:
        return start
    step = len([*product(*map(range, lengths[1:]))])
    return [numbered(lengths[1:], start + step * index) for index in range(lengths[0])]


def at(tensor: Any, place: tuple[int, ...]) -> Any:
    for index in place:
        tensor = tensor[index]
    return tensor


def drawn(draw: Random) -> tuple[Any, list[int], list[int], list[int]]:
    rank = draw.randint(1, 3)
    sizes, strides, dilations = ([draw.randint(1, 3) for _ in range(rank)] for _ in range(3))
    spans = [(k - 1) * d + 1 for k, d in zip(sizes, dilations, strict=True)]
    lengths = tuple(draw.randint(span, span + 3) for span in spans)
    return numbered(lengths), sizes, strides, dilations


def test_a_patch_is_what_a_window_sees() -> None:
    for seed in SEEDS:
        tensor, sizes, strides, dilations = drawn(Random(seed))
        patches = windows(tensor, sizes, strides, dilations)
        places = [
            len(range(0, n - (k - 1) * d, s))
            for n, k, s, d in zip(shape(tensor), sizes, strides, dilations, strict=True)
        ]
        for place in product(*map(range, places)):
            assert at(patches, place) == [
                at(
                    tensor,
                    tuple(j * s + a * d for j, s, a, d in zip(place, strides, entry, dilations)),
                )
                for entry in product(*map(range, sizes))
            ], seed
        assert shape(patches)[:-1] == tuple(places), seed


def test_a_stride_takes_every_so_many_th_place() -> None:
    for seed in SEEDS:
        tensor, sizes, strides, dilations = drawn(Random(seed))
        every = windows(tensor, sizes, [1] * len(sizes), dilations)
        slices = [slice(None, None, stride) for stride in strides]
        assert windows(tensor, sizes, strides, dilations) == sliced(every, slices), seed


def test_padding_is_undone() -> None:
    for seed in SEEDS:
        draw = Random(seed)
        tensor, sizes, _, _ = drawn(draw)
        pads = [(draw.randint(0, 2), draw.randint(0, 2)) for _ in sizes]
        around = padded(tensor, pads, None)
        lengths = [b + n + e for (b, e), n in zip(pads, shape(tensor), strict=True)]
        assert shape(around) == tuple(lengths), seed
        assert unpadded(around, pads) == tensor, seed
        outside = [x for x in leaves(around) if x is None]
        assert len(outside) == len([*leaves(around)]) - len([*leaves(tensor)]), seed


def test_entries_set_apart_are_every_so_many_th() -> None:
    for seed in SEEDS:
        tensor, _, strides, _ = drawn(Random(seed))
        apart = spaced(tensor, strides, None)
        assert sliced(apart, [slice(None, None, stride) for stride in strides]) == tensor, seed
        lengths = [(n - 1) * s + 1 for n, s in zip(shape(tensor), strides, strict=True)]
        assert shape(apart) == tuple(lengths), seed
        assert [x for x in leaves(apart) if x is not None] == [*leaves(tensor)], seed


def test_edges_are_lists_of_their_own() -> None:
    around = padded([[1]], [(1, 1), (0, 0)], 0)
    around[0][0] = 5
    assert around == [[5], [1], [0]]


def test_any_sequence_will_do() -> None:
    assert windows(((1, 2), (3, 4)), (1, 2), (1, 1), (1, 1)) == [[[1, 2]], [[3, 4]]]
    assert padded((range(2),), ((0, 1), (0, 1)), 9) == [[0, 1, 9], [9, 9, 9]]


@pytest.mark.parametrize(
    ("kind", "function", "arguments", "message"),
    [
        (ValueError, per_axis, ((1, 2), 3, "stride"), "stride has length 2, not 3"),
        (ValueError, per_axis, ((1, 0), 2, "stride"), "stride is 0: give 1 or more"),
        (ValueError, per_axis, (-1, 2, "stride"), "stride is -1: give 1 or more"),
        (TypeError, per_axis, (1.0, 2, "stride"), "stride is a float, not an int"),
        (TypeError, per_axis, ((1, True), 2, "stride"), "stride is a bool, not an int"),
        (TypeError, per_axis, ("11", 2, "stride"), "stride is a str, not an int"),
        (TypeError, per_axis, (((1, 2), 1), 2, "stride"), "stride is a tuple, not an int"),
        (ValueError, pads_of, ((1, 2, 3), 2), "padding has length 3, not 2"),
        (ValueError, pads_of, (((1, 2, 3), 1), 2), "padding of an axis has length 3, not 2"),
        (ValueError, pads_of, (((1, -2),), 1), "padding is -2: give 0 or more"),
        (TypeError, pads_of, (None, 1), "padding is a NoneType, not an int"),
        (ValueError, padded, ([], [(1, 1)], 0), "the tensor is empty"),
        (
            ValueError,
            unpadded,
            ([1, 2, 3], [(1, 2)]),
            "without its padding, 1 before and 2 after, no",
        ),
        (TypeError, padded, (iter([1]), [(1, 1)], 0), "the tensor is a list_iterator, not a"),
        (
            ValueError,
            windows,
            ([1, 2, 3], [2], [1], [3]),
            "the windows, 4, are larger than the tensor, 3",
        ),
        (ValueError, windows, ([1], [], [], []), "the number of axes is 0: give 1 or more"),
        (ValueError, windows, ([1, 2], [0], [1], [1]), "sizes is 0: give 1 or more"),
        (ValueError, windows, ([1, 2], [2], [0], [1]), "strides is 0: give 1 or more"),
        (ValueError, windows, ([1, 2], [2], [1], [-1]), "dilations is -1: give 1 or more"),
        (ValueError, windows, ([1, 2], [2], [], [1]), "strides has length 0, not 1"),
        (ValueError, windows, ([[1], []], [1] * 2, [1] * 2, [1] * 2), "entry 1 of the tensor is "),
        (TypeError, windows, (None, [1], [1], [1]), "the tensor is a NoneType, not a list"),
        (ValueError, rows_of, ([[1], []], "x", axes_of(1)), "channel 1 of x is empty"),
        (TypeError, rows_of, ([1], "x", axes_of(1)), "channel 0 of x is a int, not a list"),
    ],
)
def test_what_does_not_fit_is_refused(
    kind: Any, function: Any, arguments: Any, message: str
) -> None:
    with pytest.raises(kind) as caught:
        function(*arguments)
    assert str(caught.value).startswith(message)


def test_the_arguments_stay_as_they_are() -> None:
    tensor = numbered((2, 3))
    before = tree_map(lambda x: x, tensor)
    windows(padded(tensor, [(1, 1), (0, 2)], 7), [2, 2], [1, 1], [1, 2])
    assert tensor == before
