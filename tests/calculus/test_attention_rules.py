"""The pullbacks of attention and of positions are the transposes of their derivatives: exactly
where numbers are exact, else within the bounds of both."""

import json
from collections.abc import Callable
from fractions import Fraction
from math import nan
from random import Random
from typing import Any, Final

import pytest

import cases_attention
import cases_positions
from block_cases import Case, over, tensor
from funcnn import AffineWeights, Dual, bound, leaves, multiply, total, tree_map, tree_zip_with
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.heads import (
    MultiHeadWeights,
    Rotary,
    grouped_query_attention,
    multi_head_attention,
    self_attention,
)
from funcnn.blocks.positions import learned_positions, rotate
from funcnn.calculus import traced
from funcnn.calculus.attention_rules import RULES

CASES: Final = {
    name: make
    for name, make in (cases_attention.CASES | cases_positions.CASES).items()
    if make(Random(0)).definition in RULES
}
every_case = pytest.mark.parametrize("name", CASES)


def number_of(case: Case) -> Callable[[float], Any]:
    """Fractions where the definition takes them."""
    linear = case.definition in (rotate, learned_positions)
    return Fraction if linear else bound


def cotangent(draw: Random, number: Callable[[float], Any], tree: Any) -> Any:
    """A tree of that form, 0 for what is no number."""
    return tree_map(lambda x: 0 if isinstance(x, int) else number(draw.randint(-16, 16) / 8), tree)


def products(one: Any, other: Any) -> Any:
    terms = tree_zip_with(lambda x, y: None if isinstance(x, int) else multiply(x, y), one, other)
    return [term for term in leaves(terms) if term is not None]


def meet(one: Any, other: Any) -> bool:
    """Whether two numbers are one, or two bounds may be of one."""
    if isinstance(one, (int, Fraction)):
        return bool(one == other)
    return bool(abs(one.value - other.value) <= one.radius + other.radius)


def test_every_rule_has_cases() -> None:
    assert {make(Random(0)).definition for make in CASES.values()} == {*RULES}


@every_case
def test_the_pullback_is_the_transpose_of_the_dual_derivative(name: str) -> None:
    """Σ ȳ·ẏ = Σ x̄·ẋ + Σ w̄·ẇ"""
    for seed in range(20):
        case = CASES[name](draw := Random(f"{name} {seed}"))
        number = number_of(case)
        case = over(number, case)
        sources = case.inputs, case.weights
        tangents = cotangent(draw, number, sources)
        x, w = tree_zip_with(
            lambda x, t: x if isinstance(x, int) else Dual(x, t), sources, tangents
        )
        y_dot = tree_map(lambda y: y.tangent, case._replace(inputs=x, weights=w).run())
        y, pullback = RULES[case.definition](*sources, **case.settings)
        y_bar = cotangent(draw, number, y)
        assert y == case.run()
        forth, back = products(y_bar, y_dot), products(pullback(y_bar), tangents)
        assert meet(total([number(0), *forth]), total([number(0), *back])), seed


@every_case
def test_it_is_the_traced_pullback(name: str) -> None:
    for seed in range(10):
        case = CASES[name](draw := Random(f"{name} {seed}"))
        case = over(number_of(case), case)
        rules = RULES[case.definition], traced(case.definition)
        (y, closed), (_, trace) = (
            rule(case.inputs, case.weights, **case.settings) for rule in rules
        )
        y_bar = cotangent(draw, number_of(case), y)
        bars = closed(y_bar), trace(y_bar)
        assert tree_map(lambda _: 0, bars[0]) == tree_map(lambda _: 0, bars[1])
        assert all(map(meet, leaves(bars[0]), leaves(bars[1]))), seed


def test_what_no_query_sees_sends_nothing_back_and_spoils_nothing() -> None:
    queries, keys, values = [[1.0], [2.0]], [[0.5], [nan]], [[1.0], [nan]]
    mask = [[True, False], [False, False]]
    inputs = queries, keys, values, mask
    _, pullback = RULES[scaled_dot_product_attention](inputs, ())
    (q_bar, k_bar, v_bar, mask_bar), _ = pullback([[3.0], [5.0]])
    assert (q_bar, k_bar, v_bar) == ([[0.0], [0.0]], [[0.0], [0.0]], [[3.0], [0.0]])
    assert mask_bar == [[0, 0], [0, 0]]


def test_without_rows_there_is_nothing_to_send_back() -> None:
    matrix = [[1.0, 0.0], [0.0, 1.0]]
    weights = MultiHeadWeights(matrix, AffineWeights(matrix, [1.0, 1.0]), matrix, matrix)
    outputs, pullback = RULES[self_attention]([], weights, heads=1, rotary=Rotary())
    assert (outputs, pullback([])) == ([], ([], tree_map(lambda _: 0.0, weights)))


@pytest.mark.parametrize(
    ("inputs", "weights", "message"),
    [
        (([[1.0]],), (), "inputs .* are 2 or 3, not 1"),
        (([[1.0]], [[1.0]]), (), "weights .* are 4, not 0"),
    ],
)
def test_what_the_definition_refuses_its_rule_refuses(
    inputs: Any, weights: Any, message: str
) -> None:
    for function in (multi_head_attention, RULES[multi_head_attention]):
        with pytest.raises(TypeError, match=f"^{message}"):
            function(inputs, weights, heads=1)


def test_a_turn_sends_back_what_its_angles_are_to_blame_for() -> None:
    row, angles = tensor(Random(0), 1, 4), ([[1.0]], [[0.0]])
    _, pullback = RULES[rotate]((row, *angles), (), pairing="neighbors")
    (row_bar, c_bar, s_bar), _ = pullback([[1.0, 2.0, 3.0, 4.0]])
    a, b = row[0][:2]
    assert row_bar == [[1.0, 2.0, 3.0, 4.0]]
    assert (c_bar, s_bar) == ([[a + 2 * b]], [[2 * a - b]])


@pytest.mark.parametrize(
    ("definition", "inputs", "y_bar"),
    [
        (scaled_dot_product_attention, (((1.0,),), ((3.0,), (2.0,)), ((5.0,), (1.0,))), [[1.0]]),
        (scaled_dot_product_attention, ([[1]], [[3.0], [2]], [[5.0], [1]]), [[1.0]]),
        (grouped_query_attention, ([[[1, 2.0]]], (((3.0, 1),),), (((5.0,),),)), [[[1.0]]]),
    ],
)
def test_tuples_and_ints_send_back_what_lists_of_floats_do(
    definition: Any, inputs: Any, y_bar: Any
) -> None:
    floats = json.loads(json.dumps(tree_map(float, inputs)))
    (bars, _), (expected, _) = (RULES[definition](x, ())[1](y_bar) for x in (inputs, floats))
    assert [*leaves(bars)] == [*leaves(expected)]


def test_no_mask_has_no_cotangent_but_zero() -> None:
    ones, none = [[1.0]], None
    bars = RULES[scaled_dot_product_attention]((ones, ones, ones, none), ())[1](ones)[0]
    assert bars == ([[0.0]], [[0.0]], [[1.0]], 0)
