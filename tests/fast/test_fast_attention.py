"""The kernels of attention are the maps of their definitions: floats within the bounds, all other
numbers the same, or the same error."""

from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from random import Random
from typing import Any, Final

import pytest

import cases_attention
import cases_positions
from block_cases import Case, over, tensor
from funcnn import Dual, bound, interval, leaves, tree_map
from funcnn.blocks import attention, caches, heads, positions
from funcnn.blocks.caches import KeyValueCache
from funcnn.blocks.heads import MultiHeadWeights, Rotary
from funcnn.fast.attention import (
    attention_step,
    grouped_query_attention,
    multi_head_attention,
    rotary,
    scaled_dot_product_attention,
    self_attention,
)
from representations import outcome, same

KERNELS: Final[dict[Callable[..., Any], Callable[..., Any]]] = {
    attention.scaled_dot_product_attention: scaled_dot_product_attention,
    heads.grouped_query_attention: grouped_query_attention,
    heads.multi_head_attention: multi_head_attention,
    heads.self_attention: self_attention,
    caches.attention_step: attention_step,
    positions.rotary: rotary,
}
CASES: Final = {
    name: make
    for name, make in (cases_attention.CASES | cases_positions.CASES).items()
    if make(Random(0)).definition in KERNELS
}
every_case = pytest.mark.parametrize("name", CASES)


def batches(name: str, seed: int) -> tuple[Case, list[Any]]:
    """A case of floats of many digits, and a batch of its form."""
    draw = Random(f"{name} {seed}")
    case = over(lambda x: x + draw.random() / 16, CASES[name](draw))
    count = draw.randint(0, 3)
    return case, [over(lambda _: draw.gauss(0.0, 2.0), case).inputs for _ in range(count)]


def mapped(case: Case, xs: Any) -> list[Any]:
    return [case._replace(inputs=x).run() for x in xs]


def by_kernel(case: Case, xs: Any) -> Any:
    return KERNELS[case.definition](xs, case.weights, **case.settings)


def test_every_kernel_has_cases() -> None:
    assert {make(Random(0)).definition for make in CASES.values()} == {*KERNELS}


@every_case
def test_floats_are_within_the_bounds(name: str) -> None:
    for seed in range(60):
        case, xs = batches(name, seed)
        outputs = by_kernel(case, xs)
        limits = [over(bound, case._replace(inputs=x)).run() for x in xs]
        pairs = zip(leaves(limits), leaves(outputs), strict=True)
        assert all(limit.admits(y) for limit, y in pairs), seed
        assert same(tree_map(type, outputs), tree_map(type, mapped(case, xs)))


def test_a_turn_by_position_is_the_definition_s_bit_for_bit() -> None:
    for seed in range(60):
        case, xs = batches("rotary", seed)
        assert repr(by_kernel(case, xs)) == repr(mapped(case, xs))


@every_case
@pytest.mark.parametrize(
    "number", [interval, lambda x: Dual(interval(x), interval(1.0))], ids=["interval", "dual"]
)
def test_other_numbers_are_the_definition_s(name: str, number: Callable[[float], Any]) -> None:
    for seed in range(5):
        case = over(number, CASES[name](Random(seed)))
        xs = [case.inputs, over(lambda x: x, case).inputs]
        assert by_kernel(case, xs) == mapped(case, xs)


def test_a_batch_may_have_examples_of_several_lengths() -> None:
    draw = Random(0)
    xs = [tensor(draw, n, 2) for n in (3, 0, 1, 5)]
    settings = {"heads": 1, "rotary": Rotary(), "causal": True}
    case = Case(heads.self_attention, settings, xs, WEIGHTS)
    limits = mapped(over(bound, case), over(bound, case).inputs)
    pairs = zip(leaves(limits), leaves(by_kernel(case, xs)), strict=True)
    assert all(limit.admits(y) for limit, y in pairs)
    steps = [(KeyValueCache(x, x), [1.0, 2.0]) for x in xs]
    step = Case(caches.attention_step, {"heads": 1}, steps, WEIGHTS)
    limits = mapped(over(bound, step), over(bound, step).inputs)
    pairs = zip(leaves(limits), leaves(by_kernel(step, steps)), strict=True)
    assert all(limit.admits(y) for limit, y in pairs)


UNIT: Final = [[1.0, 0.0], [0.0, 1.0]]
WEIGHTS: Final[Any] = MultiHeadWeights(UNIT, UNIT, UNIT, UNIT)
ROWS: Final[Any] = [[1.0, 2.0], [3.0, 4.0]]
HEAD: Final[Any] = (ROWS, ROWS, ROWS)


@pytest.mark.parametrize(
    ("inputs", "settings"),
    [
        (HEAD, {"unseen": "nan", "start": -5, "causal": True}),
        (HEAD, {"unseen": "none"}),
        (HEAD, {"scale": 0}),
        (HEAD, {"window": (-1, 1)}),
        (HEAD, {"start": 0.5}),
        (HEAD, {"masked": True}),
        ((*HEAD, [[True, False], [False, False]]), {}),
        ((*HEAD, [[True, 1.0], [False, False]]), {}),
        ((*HEAD, [[True]]), {}),
        ((*HEAD, [], []), {}),
        (HEAD[:2], {}),
        (None, {}),
        (([[1, 2]], ROWS, ROWS), {}),
        (([[1, 2]], [[3, 4]], [[5]]), {}),
        ((ROWS, ROWS, [[Fraction(1)]] * 2), {}),
        ((ROWS, ROWS, [[1.0]]), {}),
        ((ROWS, [[1.0]], [[1.0]]), {}),
        ((ROWS, [[1.0, 2.0], [1.0]], ROWS), {}),
        ((ROWS, [], []), {}),
        (([], ROWS, ROWS), {}),
        (((tuple(ROWS[0]),), ROWS[:1], tuple(ROWS[:1])), {}),
        ((iter(ROWS), ROWS, ROWS), {}),
        (([[nan, 1.0]], ROWS, ROWS), {}),
        (([[inf, 1.0]], ROWS, ROWS), {}),
        (([[-inf, 0.0]], ROWS, ROWS), {}),
        (([[1e200, 1e200]], [[1e200, 1e200], [-1e200, -1e200]], ROWS), {}),
        ((ROWS, ROWS, [[inf, nan], [1.0, 2.0]]), {}),
    ],
)
def test_where_the_definition_does_not_take_floats_the_kernel_does_as_it(
    inputs: Any, settings: dict[str, Any]
) -> None:
    expected = outcome(lambda: [attention.scaled_dot_product_attention(inputs, **settings)])
    actual = outcome(lambda: scaled_dot_product_attention([inputs], **settings))
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


@pytest.mark.parametrize(
    ("inputs", "weights", "settings"),
    [
        (ROWS, WEIGHTS, {"heads": 0}),
        (ROWS, WEIGHTS, {"heads": 3}),
        (ROWS, WEIGHTS, {"heads": 1, "key_value_heads": 2}),
        (ROWS, WEIGHTS, {"heads": 2, "rotary": Rotary()}),
        (ROWS, WEIGHTS, {"heads": 1, "key_value_heads": 0}),
        (ROWS, WEIGHTS, {"heads": 1, "rotary": Rotary(width=4)}),
        (ROWS, WEIGHTS[:3], {"heads": 1}),
        (ROWS, WEIGHTS._replace(output=[[1.0]]), {"heads": 1}),
        ([[1.0]], WEIGHTS, {"heads": 1}),
        ([[1.0, 2.0], [1.0]], WEIGHTS, {"heads": 1}),
        ([[1.0, Fraction(2)]], WEIGHTS, {"heads": 1}),
        ([[Fraction(1), Fraction(2)]], WEIGHTS, {"heads": 1}),
        ([[1, 2]], WEIGHTS, {"heads": 1}),
        ([], WEIGHTS, {"heads": 1}),
        (iter(ROWS), WEIGHTS, {"heads": 1}),
        (None, WEIGHTS, {"heads": 1}),
    ],
)
def test_where_self_attention_raises_so_does_the_kernel(
    inputs: Any, weights: Any, settings: dict[str, Any]
) -> None:
    expected = outcome(lambda: [heads.self_attention(inputs, weights, **settings)])
    actual = outcome(lambda: self_attention([inputs], weights, **settings))
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


@pytest.mark.parametrize(
    ("inputs", "settings"),
    [
        ([[1.0, 2.0, 3.0]], {}),
        ([[1.0, 2.0, 3.0]], {"width": 2}),
        (ROWS, {"width": 2.0}),
        (ROWS, {"width": 4}),
        (ROWS, {"width": 0}),
        (ROWS, {"pairing": "both"}),
        (ROWS, {"base": 0}),
        (ROWS, {"base": Fraction(1, 10**300)}),
        (ROWS, {"start": 0.5}),
        ([[1.0, 2.0], [1.0]], {}),
        ([[1, 2.0]], {}),
        ([[1, 2]], {}),
        ([], {}),
        (tuple(ROWS), {"pairing": "neighbors"}),
        ([[inf, nan]], {"start": 1}),
        (iter(ROWS), {}),
    ],
)
def test_where_rotary_raises_so_does_the_kernel(inputs: Any, settings: dict[str, Any]) -> None:
    expected = outcome(lambda: [positions.rotary(inputs, **settings)])
    actual = outcome(lambda: rotary([inputs], **settings))
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


@pytest.mark.parametrize("kernel", KERNELS.values())
def test_a_batch_is_a_list(kernel: Callable[..., Any]) -> None:
    needed = {} if kernel in (rotary, scaled_dot_product_attention) else {"heads": 1}
    needed = {} if kernel is grouped_query_attention else needed
    with pytest.raises(TypeError, match="^xs is a list_iterator, not a list"):
        kernel(iter([ROWS]), WEIGHTS, **needed)
