"""The pullbacks of pooling and layouts are the transposes of their derivatives, with ==."""

from fractions import Fraction
from random import Random
from typing import Any, Final

import pytest

import cases_layouts
import cases_pooling
from funcnn import Dual, leaves, multiply, total, tree_map, tree_zip_with
from funcnn.blocks.layouts import channels_first, channels_last, concatenate, flatten, reverse
from funcnn.blocks.pooling import (
    average_pool1d,
    average_pool2d,
    global_average_pool,
    global_max_pool,
    max_pool1d,
)
from funcnn.calculus import layout_rules, pooling_rules, traced

CASES: Final = cases_pooling.CASES | cases_layouts.CASES
RULES: Final = pooling_rules.RULES | layout_rules.RULES


def few(draw: Random, tree: Any) -> Any:
    """Numbers of which many are equal, so that there are ties."""
    return tree_map(lambda _: Fraction(draw.randint(-2, 2), 2), tree)


def inner_product(one: Any, other: Any) -> Any:
    return total([*leaves(tree_zip_with(multiply, one, other))])


@pytest.mark.parametrize("name", CASES)
def test_the_pullback_is_the_transpose_of_the_dual_derivative_and_the_traced_one(name: str) -> None:
    """Σ ȳ·ẏ = Σ x̄·ẋ"""
    for seed in range(30):
        draw = Random(f"{name} {seed}")
        case = CASES[name](draw)
        x = few(draw, case.inputs)
        x_dot = few(draw, x)
        outputs, pullback = RULES[case.definition](x, (), **case.settings)
        y_bar = few(draw, outputs)
        x_bar, w_bar = pullback(y_bar)
        duals = case._replace(inputs=tree_zip_with(Dual, x, x_dot)).run()
        y_dot = tree_map(lambda dual: dual.tangent, duals)
        assert outputs == case._replace(inputs=x).run() and w_bar == ()
        assert inner_product(y_bar, y_dot) == inner_product(x_bar, x_dot), seed
        trace = traced(case.definition)(x, (), **case.settings)[1](y_bar)
        assert (x_bar, w_bar) == trace, seed


def test_of_two_as_large_the_first_gets_it_all() -> None:
    assert RULES[max_pool1d]([[2, 2, 1]], (), size=3)[1]([[7]]) == ([[7, 0, 0]], ())
    assert RULES[global_max_pool]([[1, 2, 2]], ())[1]([7]) == ([[0, 7, 0]], ())


def test_a_number_in_several_windows_gets_the_sum() -> None:
    _, pullback = RULES[max_pool1d]([[1, 5, 2]], (), size=2, stride=1)
    assert pullback([[10, 1]]) == ([[0, 11, 0]], ())
    _, pullback = RULES[average_pool1d]([[4.0, 8.0]], (), size=2, padding=1, stride=1)
    assert pullback([[2.0, 4.0, 8.0]]) == ([[3.0, 6.0]], ())


@pytest.mark.parametrize(
    ("definition", "inputs", "settings", "y_bar"),
    [
        (max_pool1d, [[1.0, 2.0]], {"size": 1}, [[1.0]]),
        (average_pool2d, [[[1.0, 2.0]]], {"size": 1}, [[[1.0]]]),
        (global_max_pool, [[1.0], [2.0]], {}, [1.0]),
        (global_average_pool, [[1.0], [2.0]], {}, [1.0]),
        (concatenate, ([1.0], [2.0]), {}, [1.0]),
        (flatten, [1.0, 2.0], {}, [1.0]),
        (reverse, [1.0, 2.0], {}, [1.0]),
        (channels_first, [[1.0, 2.0]], {}, [[1.0]]),
    ],
)
def test_a_cotangent_of_fewer_numbers_than_the_outputs_is_refused(
    definition: Any, inputs: Any, settings: Any, y_bar: Any
) -> None:
    _, pullback = RULES[definition](inputs, (), **settings)
    with pytest.raises(ValueError, match="^outputs and the cotangent: .* 2 branches beside 1$"):
        pullback(y_bar)


def test_the_cotangents_of_a_list_are_a_list() -> None:
    assert RULES[concatenate]([[1.0], [2.0]], ())[1]([3.0, 4.0]) == ([[3.0], [4.0]], ())


def test_what_the_definition_refuses_its_rule_refuses() -> None:
    for definition in (flatten, channels_last):
        with pytest.raises(ValueError, match="^ragged: entry 1 has shape"):
            RULES[definition]([[1], [2, 3]], ())
    with pytest.raises(ValueError, match="^padding is 2: give less than the window, 2$"):
        RULES[max_pool1d]([[1]], (), size=2, padding=2)
