"""The pullback of a batch of pools is the definition's: the same numbers, or its error."""

from fractions import Fraction
from functools import partial
from math import inf, nan
from random import Random
from typing import Any, Final

import pytest

from batch_pullbacks import (
    Number,
    batch,
    cotangent,
    eighths,
    forbid_the_definition,
    is_the_definition_s,
    is_within_the_bounds,
    whole,
)
from block_cases import Case, tensor
from cases_pooling import CASES
from funcnn import tree_map
from funcnn.blocks.pooling import (
    average_pool2d,
    global_average_pool,
    global_max_pool,
    max_pool1d,
    max_pool2d,
)
from funcnn.fast.pooling_pullbacks import RULES

EXACT: Final = {"max": (float, whole, Fraction, eighths), "average": (Fraction,)}


@pytest.mark.parametrize("name", CASES)
def test_a_pullback_is_the_definition_s(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_the_definition(monkeypatch)
    numbers: tuple[Number, ...] = EXACT["max" if "max" in name else "average"]
    for seed in range(8):
        draw = Random(f"{name} {seed}")
        for number in numbers:
            case, xs = batch(draw, CASES[name](draw), number)
            bars = partial(cotangent, number=number)
            assert is_the_definition_s(RULES, case, xs, bars), seed


@pytest.mark.parametrize("name", [name for name in CASES if "average" in name])
def test_means_of_floats_are_within_the_bounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_the_definition(monkeypatch)
    for seed in range(5):
        draw = Random(f"{name} {seed}")
        case, xs = batch(draw, CASES[name](draw), lambda x: draw.gauss(x, 0.5))
        assert is_within_the_bounds(RULES, case, xs), seed


def test_of_numbers_as_large_the_first_gets_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_the_definition(monkeypatch)
    for seed in range(20):
        draw = Random(seed)
        case = CASES["max_pool2d"](draw)
        xs = tree_map(lambda _: draw.choice([0.0, -0.0, 1.0]), [case.inputs] * 3)
        assert is_the_definition_s(RULES, case, xs)
        case = Case(global_max_pool, {}, case.inputs)
        assert is_the_definition_s(RULES, case, xs)


def test_a_window_may_see_zeros_of_the_padding_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_the_definition(monkeypatch)
    settings = {"size": (2, 1), "stride": 1, "padding": ((3, 2), (0, 0)), "dilation": 4}
    image = [[[Fraction(3)], [Fraction(5)]]]
    case = Case(average_pool2d, settings, image)
    assert is_the_definition_s(RULES, case, [image], partial(cotangent, number=Fraction))


STRANGE: Final[list[Any]] = [
    [[[[1.0, nan], [2.0, 3.0]]]],
    [[[[1.0, -inf], [2.0, 3.0]]], [[[1.0, 2.0], [3.0, 4.0]]]],
    [[[[1.0, 2.0]]], [[[3.0], [4.0]]]],
    [[[[1.0, 2], [3, 4]]]],
    [[[[1, 2], [3, 4]]]],
    [((((1.0, 2.0)), (3.0, 4.0)),)],
    [[[[True, False]]]],
    [[[["1"]]]],
    [[[[[1.0]]], [[[2.0]]]]],
    [[[]]],
    [[1.0]],
    [1.0],
]


@pytest.mark.parametrize("xs", STRANGE, ids=repr)
def test_strange_numbers_give_what_the_definition_gives(xs: Any) -> None:
    for sized in (max_pool2d, average_pool2d):
        assert is_the_definition_s(RULES, Case(sized, {"size": 1}, xs[0]), xs)
    for whole_pool in (global_max_pool, global_average_pool):
        assert is_the_definition_s(RULES, Case(whole_pool, {}, xs[0]), xs)


@pytest.mark.parametrize("bars", [[[[[inf]]]], [[[[1]]]], [[[[1.0, 2.0]]]], [[[1.0]]]], ids=repr)
def test_a_strange_cotangent_goes_back_as_by_the_definition(bars: Any) -> None:
    image = [[[1.0, 2.0], [3.0, 4.0]]]
    for definition in (max_pool2d, average_pool2d):
        case = Case(definition, {"size": 2}, image)
        assert is_the_definition_s(RULES, case, [image], lambda _: bars)


@pytest.mark.parametrize(
    "settings",
    [
        {"size": 0},
        {"size": 2.0},
        {"size": (1, 2, 3)},
        {"size": (5, 1)},
        {"size": 2, "stride": 0},
        {"size": 2, "dilation": -1},
        {"size": 2, "padding": 2},
        {"size": 2, "ceil_mode": 1},
        {"size": (2, 1), "padding": (3, 0), "dilation": 4},
    ],
    ids=repr,
)
def test_what_a_definition_refuses_is_refused(settings: Any) -> None:
    x = tensor(Random(0), 1, 1 if settings.get("dilation") == 4 else 3, 3)
    for definition in (max_pool1d, max_pool2d, average_pool2d):
        assert is_the_definition_s(RULES, Case(definition, settings, x), [x])
