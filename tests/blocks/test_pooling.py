"""Pooling: its laws over fractions, its edges, and ONNX's operators."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import copysign, inf, isnan, nan, prod
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, tensor
from cases_pooling import window
from funcnn import each, layer, leaves, shape, tree_map, tree_zip_with
from funcnn.blocks.layouts import flatten
from funcnn.blocks.pooling import (
    average_pool,
    average_pool1d,
    average_pool2d,
    global_average_pool,
    global_max_pool,
    max_pool,
    max_pool1d,
    max_pool2d,
)
from funcnn.blocks.windows import padded
from onnx_operators import admitted, onnx_outputs
from strategies import fractions

MAX = {1: max_pool1d, 2: max_pool2d}
AVERAGE = {1: average_pool1d, 2: average_pool2d}
seeds = st.integers(0, 2**32)
ranks = st.integers(1, 2)


def drawn(seed: int, rank: int, number: Any = Fraction) -> tuple[Any, dict[str, Any]]:
    """Channels of numbers, and settings."""
    draw = Random(seed)
    settings, lengths = window(draw, rank)
    return tree_map(number, tensor(draw, draw.randint(1, 2), *lengths)), settings


@given(seeds, ranks, fractions.map(abs), fractions)
def test_the_largest_of_a_rising_line(seed: int, rank: int, slope: Any, shift: Any) -> None:
    x, settings = drawn(seed, rank)
    line = tree_map(lambda number: slope * number + shift, x)
    expected = tree_map(lambda number: slope * number + shift, MAX[rank](x, **settings))
    assert MAX[rank](line, **settings) == expected


@given(seeds, ranks, fractions, st.booleans())
def test_averages_are_linear(seed: int, rank: int, factor: Any, counted: bool) -> None:
    x, settings = drawn(seed, rank)
    other = tree_map(lambda number: number * number + factor, x)
    pool: Any = partial(AVERAGE[rank], count_include_pad=counted, **settings)
    both = tree_zip_with(lambda one, two: factor * one + two, x, other)
    assert pool(both) == tree_zip_with(lambda one, two: factor * one + two, pool(x), pool(other))


@given(seeds, ranks, fractions)
def test_padding_that_does_not_count_leaves_equal_numbers_as_they_are(
    seed: int, rank: int, number: Fraction
) -> None:
    x, settings = drawn(seed, rank)
    equal = tree_map(lambda _: number, x)
    for y in (
        MAX[rank](equal, **settings),
        AVERAGE[rank](equal, count_include_pad=False, **settings),
    ):
        assert {*leaves(y)} == {number}


@given(seeds, ranks)
def test_padding_is_what_never_wins_and_zeros_that_count_or_do_not(seed: int, rank: int) -> None:
    x, settings = drawn(seed, rank)
    bare = {**settings, "padding": 0, "ceil_mode": False}
    around = [(0, 0), *settings["padding"]]
    settings["ceil_mode"] = False
    lowest = min(leaves(x)) - 1
    assert MAX[rank](x, **settings) == MAX[rank](padded(x, around, lowest), **bare)
    counted = AVERAGE[rank](padded(x, around, Fraction(0)), **bare)
    assert AVERAGE[rank](x, **settings) == counted
    inside = padded(tree_map(lambda _: Fraction(1), x), around, Fraction(0))
    shares = AVERAGE[rank](inside, **bare)
    uncounted = AVERAGE[rank](x, count_include_pad=False, **settings)
    assert tree_zip_with(lambda mean, share: mean * share, uncounted, shares) == counted


@given(seeds, ranks)
def test_a_window_of_all_places_is_global(seed: int, rank: int) -> None:
    x, _ = drawn(seed, rank)
    size = shape(x)[1:]
    assert flatten(MAX[rank](x, size=size)) == global_max_pool(x)
    assert flatten(AVERAGE[rank](x, size=size)) == global_average_pool(x)
    assert global_max_pool(x) == [max(leaves(channel)) for channel in x]
    assert global_average_pool(x) == [sum(leaves(channel)) / prod(size) for channel in x]


@given(seeds, st.integers(1, 3))
def test_a_window_of_one_place_takes_every_so_many(seed: int, stride: int) -> None:
    x, _ = drawn(seed, 1)
    assert max_pool1d(x, size=1, stride=stride) == [channel[::stride] for channel in x]
    assert average_pool1d(x, size=1, stride=stride) == [channel[::stride] for channel in x]


def test_along_one_axis_and_two_it_is_that_of_any_rank() -> None:
    x = [[[1.0, 5.0], [2.0, 4.0]]]
    assert max_pool(x, rank=2, size=2) == max_pool2d(x, size=2) == [[[5.0]]]
    assert average_pool(x, rank=2, size=2) == average_pool2d(x, size=2) == [[[3.0]]]
    assert max_pool([x], rank=3, size=(1, 2, 1)) == [[[[2.0, 5.0]]]]
    assert average_pool([x], rank=3, size=(1, 2, 1)) == [[[[1.5, 4.5]]]]


def test_one_window_more_overhangs_unless_it_begins_in_the_padding() -> None:
    """PyTorch's rule, and ONNX's: of 5 places, windows of 2 begin at 0, 3, and not at 6 − 1."""
    x = [[1, 2, 3, 4, 5]]
    assert max_pool1d(x, size=2) == [[2, 4]]
    assert max_pool1d(x, size=2, ceil_mode=True) == [[2, 4, 5]]
    assert max_pool1d(x, size=2, stride=3, padding=1, ceil_mode=True) == [[1, 4]]
    assert max_pool1d([[1, 2]], size=3, stride=2, ceil_mode=True) == [[2]]
    assert max_pool1d([[1, 2, 3]], size=2, padding=1, ceil_mode=True) == [[1, 3]]
    assert max_pool1d([[1, 2, 3, 4]], size=2, padding=1, ceil_mode=True) == [[1, 3, 4]]


def test_what_overhangs_does_not_count_though_the_padding_does() -> None:
    x = [[6.0, 6.0, 6.0]]
    assert average_pool1d(x, size=2, ceil_mode=True) == [[6.0, 6.0]]
    padded_once: Any = {"size": 3, "stride": 3, "padding": 1, "ceil_mode": True}
    assert average_pool1d(x, **padded_once) == [[4.0, 3.0]]
    assert average_pool1d(x, count_include_pad=False, **padded_once) == [[6.0, 6.0]]
    assert average_pool1d([[6.0]], size=2, padding=((0, 1),)) == [[3.0]]


def test_padding_that_counts_may_be_all_that_a_window_sees() -> None:
    straddling: Any = {"size": 2, "dilation": 2, "padding": 1}
    assert average_pool1d([[6.0]], **straddling) == [[0.0]]
    with pytest.raises(ValueError, match="^a window sees padding alone$"):
        average_pool1d([[6.0]], count_include_pad=False, **straddling)
    with pytest.raises(ValueError, match="^a window sees padding alone$"):
        max_pool1d([[6.0]], **straddling)


def test_nan_wins_and_a_zero_is_larger_than_minus_zero() -> None:
    for strange in ([nan, 1.0], [1.0, nan], [inf, nan]):
        assert isnan(max_pool1d([strange], size=2)[0][0]) and isnan(global_max_pool([strange])[0])
    for zeros in ([-0.0, 0.0], [0.0, -0.0]):
        assert copysign(1.0, max_pool1d([zeros], size=2)[0][0]) == 1.0
    assert copysign(1.0, global_max_pool([[-0.0, -0.0]])[0]) == -1.0
    assert max_pool1d([[-inf, -inf]], size=2, padding=1) == [[-inf, -inf]]


def test_the_largest_of_ints_is_an_int_and_their_mean_is_refused() -> None:
    assert max_pool2d([[[1, 2], [3, 4]]], size=2) == [[[4]]]
    assert max_pool1d([[1, 2.5]], size=1) == [[1.0, 2.5]]
    assert {*map(type, leaves(max_pool1d([[1, 2.5]], size=1)))} == {float}
    for definition in (partial(average_pool1d, size=2), global_average_pool):
        with pytest.raises(TypeError, match="^the quotient of two ints need not be an int"):
            definition([[1, 2]])


def test_tuples_and_ranges_are_lists_too() -> None:
    assert max_pool1d((range(4), (7, 6, 5, 4)), size=[2], padding=[[0, 0]]) == [[1, 3], [7, 5]]
    assert global_max_pool((range(4), (7, 6, 5, 4))) == [3, 7]


ROW: Any = [[1.0, 2.0, 3.0]]
pools = pytest.mark.parametrize("pool", [max_pool1d, average_pool1d])


@pools
@pytest.mark.parametrize(
    ("inputs", "settings", "message"),
    [
        (ROW, {"size": 4}, "the windows, 4, are larger than the padded inputs, 3"),
        (ROW, {"size": 2, "dilation": 3}, "the windows, 4, are larger than the padded inputs, 3"),
        (ROW, {"size": 2, "padding": 2}, "padding is 2: give less than the window, 2"),
        (ROW * 2, {"size": 9, "padding": 9}, "padding is 9: give less than the window, 9"),
        (ROW, {"size": 0}, "size is 0: give 1 or more"),
        (ROW, {"size": (2, 2)}, "size has length 2, not 1"),
        (ROW, {"size": 2, "stride": 0}, "stride is 0: give 1 or more"),
        (ROW, {"size": 2, "dilation": 0}, "dilation is 0: give 1 or more"),
        (ROW, {"size": 2, "padding": -1}, "padding is -1: give 0 or more"),
        (ROW, {"size": 2, "padding": (1, 1)}, "padding has length 2, not 1"),
        ([], {"size": 1}, "inputs is empty: its shape is (0,)"),
        ([[], []], {"size": 1}, "inputs is empty: its shape is (2, 0)"),
        ([1.0, 2.0], {"size": 1}, "inputs have shape (2,): give channels of places"),
        ([ROW], {"size": 1}, "inputs have shape (1, 1, 3): give channels of places, 2 axes"),
        ([[1.0], [1.0, 2.0]], {"size": 1}, "ragged: entry 1 has shape (2,), entry 0 has shape (1"),
    ],
)
def test_what_does_not_fit_is_refused(
    pool: Any, inputs: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        pool(inputs, **settings)
    assert str(caught.value).startswith(message)


@pools
@pytest.mark.parametrize(
    ("inputs", "settings", "message"),
    [
        (1.0, {"size": 1}, "inputs is a float, not a list"),
        (iter(ROW), {"size": 1}, "inputs is a list_iterator, not a list"),
        (ROW, {"size": 2.0}, "size is a float, not an int"),
        (ROW, {"size": 2, "ceil_mode": "no"}, "ceil_mode is a str, not a bool"),
        (ROW, {"size": 2, "padding": 0.5}, "padding is a float, not an int"),
        ([[1.0, "2"]], {"size": 1}, "inputs, entry 1: lift has no instance for str"),
        ([[1.0], [Fraction(1)]], {"size": 1}, "inputs, entry 1: float beside Fraction: numbers "),
    ],
)
def test_what_is_of_a_wrong_kind_is_refused(
    pool: Any, inputs: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        pool(inputs, **settings)
    assert str(caught.value).startswith(message)


def test_whether_the_padding_counts_is_a_bool() -> None:
    wrong: Any = 1
    with pytest.raises(TypeError, match="^count_include_pad is a int, not a bool$"):
        average_pool1d(ROW, size=1, count_include_pad=wrong)


@pytest.mark.parametrize("pool", [global_max_pool, global_average_pool])
def test_global_pools_need_channels_of_places(pool: Callable[[Any], Any]) -> None:
    with pytest.raises(
        ValueError, match=r"^inputs have shape \(2,\): give channels of places, 2 or more axes$"
    ):
        pool([1.0, 2.0])
    with pytest.raises(ValueError, match=r"^inputs is empty: its shape is \(1, 0\)$"):
        pool([[]])
    with pytest.raises(TypeError, match="^inputs is a float, not a list$"):
        pool(1.0)


def numbers(draw: Random, *lengths: int) -> Any:
    if not lengths:
        return draw.gauss(0.5, 2.0)
    return [numbers(draw, *lengths[1:]) for _ in range(lengths[0])]


def attributes(settings: dict[str, Any]) -> dict[str, Any]:
    """As ONNX names the settings; and as many as it lets be left out, if they are the default."""
    before, after = zip(*settings["padding"], strict=True)
    strides = settings["stride"] or settings["size"]
    named = {
        "pads": [*before, *after] if any(before + after) else None,
        "strides": None if {*strides} == {1} else strides,
        "dilations": None if {*settings["dilation"]} == {1} else settings["dilation"],
        "ceil_mode": int(settings["ceil_mode"]),
    }
    given = {name: value for name, value in named.items() if value is not None}
    return {"kernel_shape": settings["size"], **given}


def test_max_pool_is_onnx_s() -> None:
    """But where all strides and dilations are 1: its evaluator misreads the padding then."""
    for seed in range(200):
        draw = Random(seed)
        settings, lengths = window(draw, draw.randint(1, 2))
        given = attributes(settings)
        if "pads" in given and not {"strides", "dilations"} & {*given}:
            settings["stride"] = 2
            given["strides"] = [2 for _ in lengths]
        x = numbers(draw, draw.randint(1, 2), draw.randint(1, 3), *lengths)
        (expected,) = onnx_outputs("MaxPool", {"X": x}, **given)
        network = each(layer(MAX[len(lengths)], **settings))
        assert admitted(Case(network, {}, x), expected), seed


def test_average_pool_is_onnx_s() -> None:
    """But where two places or more overhang: its evaluator shifts the windows by half of them."""
    for seed in range(200):
        draw = Random(seed)
        settings, lengths = window(draw, draw.randint(1, 2))
        if settings["ceil_mode"]:
            settings["stride"] = tuple(draw.randint(1, 2) for _ in lengths)
        counted = draw.random() < 0.5
        x = numbers(draw, draw.randint(1, 2), draw.randint(1, 3), *lengths)
        (expected,) = onnx_outputs(
            "AveragePool", {"X": x}, count_include_pad=int(counted), **attributes(settings)
        )
        network = each(layer(AVERAGE[len(lengths)], count_include_pad=counted, **settings))
        assert admitted(Case(network, {}, x), expected), seed


def test_global_pools_are_onnx_s() -> None:
    """GlobalMaxPool along two axes: along one, its evaluator takes the channels for places."""
    for seed in range(200):
        draw = Random(seed)
        rank = draw.randint(1, 2)
        x = numbers(draw, *[draw.randint(1, 4) for _ in range(2 + rank)])
        outer = shape(x)[:2]
        (means,) = onnx_outputs("GlobalAveragePool", {"X": x})
        assert means.shape == (*outer, *[1] * rank)
        assert admitted(Case(each(layer(global_average_pool)), {}, x), means.reshape(outer)), seed
        if rank == 2:
            (largest,) = onnx_outputs("GlobalMaxPool", {"X": x})
            assert admitted(Case(each(layer(global_max_pool)), {}, x), largest.reshape(outer)), seed
