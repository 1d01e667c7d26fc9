"""Layouts: each is undone by another, and is ONNX's."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import tensor
from funcnn import leaves, shape, tree_map
from funcnn.blocks.layouts import (
    channels_first,
    channels_last,
    concatenate,
    flatten,
    reshape,
    reverse,
    shape_of,
)
from onnx_operators import onnx_outputs

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def counted(lengths: list[int]) -> Any:
    """A tensor whose numbers are all different."""
    return np.arange(np.prod(lengths)).reshape(lengths).tolist()


@given(shapes)
def test_flattened_and_shaped_again_it_is_the_same(lengths: list[int]) -> None:
    x = counted(lengths)
    assert flatten(x) == [*leaves(x)] == [*range(len(flatten(x)))]
    assert reshape(flatten(x), shape=tuple(lengths)) == x
    assert reshape(x, shape=(1, len(flatten(x)), 1)) == [[[number] for number in flatten(x)]]


@given(shapes)
def test_channels_first_and_last_undo_each_other(lengths: list[int]) -> None:
    x = counted(lengths)
    assert channels_first(channels_last(x)) == channels_last(channels_first(x)) == x
    assert shape(channels_last(x)) == (*lengths[1:], lengths[0])
    assert shape(channels_first(x)) == (lengths[-1], *lengths[:-1])


def test_the_place_of_a_number_turns() -> None:
    x = counted([2, 3, 4])
    turned = channels_last(x)
    assert all(turned[i][j][c] == x[c][i][j] for c in range(2) for i in range(3) for j in range(4))


@given(st.lists(st.lists(st.integers()), max_size=4))
def test_what_is_concatenated_is_read_in_order(parts: list[list[int]]) -> None:
    assert concatenate(tuple(parts)) == sum(parts, [])
    assert reverse(concatenate(parts)) == concatenate([reverse(part) for part in reverse(parts)])


def test_all_is_lists_whatever_the_sequences() -> None:
    assert flatten(((1, 2), range(2))) == [1, 2, 0, 1]
    assert reshape(range(4), shape=(2, 2)) == [[0, 1], [2, 3]]
    assert channels_last(((1, 2), (3, 4))) == channels_first(((1, 2), (3, 4))) == [[1, 3], [2, 4]]
    assert channels_last((1, 2)) == reverse((2, 1)) == concatenate(((1,), range(2, 3))) == [1, 2]


@pytest.mark.parametrize("definition", [flatten, channels_last, channels_first])
def test_what_is_no_tensor_is_refused(definition: Any) -> None:
    with pytest.raises(ValueError, match=r"^inputs is empty: its shape is \(2, 0\)$"):
        definition([[], []])
    with pytest.raises(ValueError, match=r"^ragged: entry 1 has shape \(1,\), entry 0 has shape "):
        definition([[1, 2], [3]])
    with pytest.raises(TypeError, match="^inputs is a generator, not a list$"):
        definition(x for x in [1, 2])


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((2, 2), r"^inputs have 6 numbers, shape \(2, 2\) has 4$"),
        ((), "^shape is empty: give one length or more$"),
        ((-2, -3), "^shape is -2: give 1 or more$"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused(lengths: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reshape([[1, 2, 3], [4, 5, 6]], shape=lengths)


def test_what_is_of_a_wrong_kind_is_refused() -> None:
    once: Any = (x for x in [1, 2])
    strange: list[tuple[Any, str]] = [
        ((2.0, 3), "shape is a float, not an int"),
        ((True, 6), "shape is a bool, not an int"),
        (6, "shape is a int, not a list"),
    ]
    for wrong, message in strange:
        with pytest.raises(TypeError, match=f"^{message}$"):
            reshape([[1, 2, 3], [4, 5, 6]], shape=wrong)
    with pytest.raises(TypeError, match="^inputs is a generator, not a list$"):
        reverse(once)
    with pytest.raises(TypeError, match="^scale is a float, not a list$"):
        shape_of(1.0, "scale")


def test_what_differs_in_shape_is_not_concatenated() -> None:
    mixed: list[Any] = [[], [[1.0]], [[2.0]], [2.0]]
    message = r"^the entries of input 2 have shape \(1,\), those of input 3 have \(\)$"
    with pytest.raises(ValueError, match=message):
        concatenate(mixed)
    assert concatenate(mixed[:3]) == [[1.0], [2.0]] and concatenate([[], []]) == []


def test_layouts_are_onnx_s() -> None:
    for seed in range(200):
        draw = Random(seed)
        lengths = [draw.randint(1, 3) for _ in range(draw.randint(2, 4))]
        x, others = tensor(draw, *lengths), range(1, len(lengths))
        parts = [tensor(draw, draw.randint(1, 3), *lengths[1:]) for _ in range(3)]
        target = (lengths[-1], *lengths[:-1])
        expected = {
            "Flatten": onnx_outputs("Flatten", {"X": [x]}, axis=1)[0][0],
            "Transpose": onnx_outputs("Transpose", {"X": x}, perm=[*others, 0])[0],
            "and back": onnx_outputs(
                "Transpose", {"X": x}, perm=[len(others), *range(len(others))]
            )[0],
            "Reshape": onnx_outputs("Reshape", {"X": x, "shape": target})[0],
            "Concat": onnx_outputs("Concat", dict(zip("abc", parts, strict=True)), axis=0)[0],
        }
        actual = {
            "Flatten": flatten(x),
            "Transpose": channels_last(x),
            "and back": channels_first(x),
            "Reshape": reshape(x, shape=target),
            "Concat": concatenate(parts),
        }
        assert tree_map(float, [*actual.values()]) == [y.tolist() for y in expected.values()], seed


def test_a_reversed_sequence_is_onnx_s() -> None:
    for seed in range(200):
        draw = Random(seed)
        x = tensor(draw, draw.randint(1, 4), draw.randint(1, 4), draw.randint(1, 3))
        given = {"X": x, "sequence_lens": [len(x[0])] * len(x)}
        (expected,) = onnx_outputs("ReverseSequence", given, batch_axis=0, time_axis=1)
        assert [reverse(sequence) for sequence in x] == expected.tolist(), seed
