"""Folds go the way their names say, one item at a time, and never past the shorter list."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from operator import add
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.folds import (
    bool_of,
    foldl,
    foldl1,
    foldr,
    length_of,
    map_accum_l,
    map_accum_r,
    scanl,
    zip_with,
    zipped,
)

items = st.lists(st.integers(0, 9), max_size=8)
MANY = 100_000
START: Any = "start"


def pair(one: Any, other: Any) -> Any:
    return (one, other)


def moved(state: int, item: int) -> tuple[int, int]:
    return 3 * state + item, state - item


class Steps(Sequence[int]):
    """A sequence that is neither a list nor a tuple."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: Any) -> Any:
        return range(3)[index]


def test_a_left_fold_leans_left_and_a_right_fold_right() -> None:
    assert foldl(pair, START, "abc") == (((START, "a"), "b"), "c")
    assert foldl1(pair, [START, "b", "c"]) == ((START, "b"), "c")
    assert foldr(pair, START, [*"abc"]) == ("a", ("b", ("c", START)))


def test_of_nothing_a_fold_is_its_start() -> None:
    assert foldl(pair, 0, []) == foldr(pair, 0, []) == 0
    assert map_accum_l(moved, 7, []) == map_accum_r(moved, 7, []) == (7, [])
    assert list(scanl(pair, 0, [])) == [0]


def test_a_fold_of_one_item_does_not_call_the_function() -> None:
    assert foldl1(pair, ["a"]) == "a"


@pytest.mark.parametrize("nothing", [[], ()])
def test_a_fold_without_a_start_needs_an_item(nothing: Sequence[str]) -> None:
    with pytest.raises(ValueError, match=r"^a fold without a start needs at least one item$"):
        foldl1(pair, nothing)


@given(items)
def test_a_right_fold_is_a_left_fold_of_the_mirror_image(xs: list[int]) -> None:
    assert foldr(pair, 0, xs) == foldl(lambda state, x: pair(x, state), 0, xs[::-1])


@given(items)
def test_a_scan_is_the_folds_of_all_beginnings(xs: list[int]) -> None:
    beginnings = [xs[:length] for length in range(len(xs) + 1)]
    assert list(scanl(pair, 0, xs)) == [foldl(pair, 0, beginning) for beginning in beginnings]


@given(items, st.integers())
def test_an_accumulating_map_keeps_the_outputs_of_a_scan(xs: list[int], start: int) -> None:
    states = list(scanl(lambda state, x: moved(state, x)[0], start, xs))
    outputs = [state - x for state, x in zip(states, xs, strict=False)]
    assert map_accum_l(moved, start, xs) == (states[-1], outputs)


@given(items, st.integers())
def test_from_the_right_outputs_stand_in_the_order_of_the_items(xs: list[int], start: int) -> None:
    state, outputs = map_accum_l(moved, start, xs[::-1])
    assert map_accum_r(moved, start, xs) == (state, outputs[::-1])


def test_a_scan_takes_only_what_is_asked_for() -> None:
    numbers = count(1)
    states = scanl(lambda state, x: state + x, 0, numbers)
    assert list(islice(states, 4)) == [0, 1, 3, 6]
    assert next(numbers) == 4


def test_many_items_do_not_grow_the_stack() -> None:
    xs = range(MANY)
    whole = MANY * (MANY - 1) // 2
    assert foldl(add, 0, xs) == foldl1(add, xs) == foldr(add, 0, xs) == whole
    for map_accum in (map_accum_l, map_accum_r):
        assert map_accum(lambda state, x: (state + x, x), 0, xs) == (whole, list(xs))


@given(items, items)
def test_zips_are_strict_and_name_both_lengths(xs: list[int], ys: list[int]) -> None:
    if len(xs) == len(ys):
        assert zip_with(pair, xs, ys) == list(zipped(xs, ys)) == list(zip(xs, ys, strict=True))
        return
    with pytest.raises(ValueError, match=rf"^xs and ys differ in length: {len(xs)} and {len(ys)}$"):
        zip_with(pair, xs, ys)
    lengths = f"{len(xs)} and {len(ys)}"
    with pytest.raises(ValueError, match=f"^cats and dogs differ in length: {lengths}$"):
        zipped(xs, ys, ("cats", "dogs"))


def test_zip_with_calls_nothing_before_the_lengths_agree() -> None:
    calls: list[tuple[int, int]] = []
    with pytest.raises(ValueError):
        zip_with(lambda x, y: calls.append((x, y)), [1, 2], [3])
    assert calls == []


@pytest.mark.parametrize(
    ("refusing", "name"),
    [
        (lambda xs: length_of(xs, "weights"), "weights"),
        (lambda xs: zipped(xs, [1]), "xs"),
        (lambda ys: zipped([1], ys), "ys"),
        (lambda xs: zip_with(pair, xs, [1]), "xs"),
        (lambda ys: zip_with(pair, [1], ys), "ys"),
        (lambda xs: foldl1(pair, xs), "items"),
        (lambda xs: foldr(pair, 0, xs), "items"),
        (lambda xs: map_accum_r(moved, 0, xs), "items"),
    ],
)
def test_a_generator_is_refused_by_name(refusing: Callable[[Any], Any], name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name} is a generator, not a list$"):
        refusing(x for x in [1])


@pytest.mark.parametrize("whole", [{1}, {1: 2}, 3, None, "ab", b"ab", bytearray(b"ab")])
def test_what_is_no_sequence_has_no_size(whole: Any) -> None:
    with pytest.raises(TypeError, match=rf"^xs is a {type(whole).__name__}, not a list$"):
        length_of(whole, "xs")


@pytest.mark.parametrize("xs", [[0, 1, 2], (0, 1, 2), range(3), Steps()])
def test_any_sequence_has_a_size(xs: Sequence[Any]) -> None:
    assert length_of(xs, "xs") == 3
    assert len(zip_with(pair, xs, xs)) == 3


def test_folds_that_read_once_take_generators() -> None:
    def digits() -> Iterator[int]:
        yield from (1, 2, 3)

    assert foldl(pair, 0, digits()) == foldl(pair, 0, [1, 2, 3])
    assert map_accum_l(moved, 0, digits()) == map_accum_l(moved, 0, [1, 2, 3])


@pytest.mark.parametrize("setting", [3, 1, None, "no", "False"])
def test_what_is_no_bool_is_refused(setting: Any) -> None:
    with pytest.raises(TypeError, match=rf"^causal is a {type(setting).__name__}, not a bool$"):
        bool_of(setting, "causal")
    assert bool_of(True, "causal") is True and bool_of(False, "causal") is False
