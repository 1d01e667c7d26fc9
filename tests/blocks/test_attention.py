"""Attention: what is masked plays no part, the order of the memory neither, a cache is a scan, and
ONNX's own results lie within the bounds."""

from collections.abc import Callable
from math import inf, isnan, nan, sqrt
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over, tensor
from cases_attention import (
    bools,
    grouped,
    masked,
    seeing,
    to_itself,
    unit,
    unit_weights,
)
from funcnn import (
    Interval,
    add,
    binary16,
    cast,
    exp,
    interval,
    layer,
    leaves,
    scan,
    total,
    tree_map,
    tree_zip_with,
)
from funcnn.algebra.bounds import Bound, bound
from funcnn.blocks.attention import attend, scaled_dot_product_attention
from funcnn.blocks.caches import KeyValueCache, attention_step
from funcnn.blocks.heads import (
    MultiHeadWeights,
    Rotary,
    join_heads,
    multi_head_attention,
    self_attention,
    split_heads,
)
from funcnn.blocks.masks import visible_keys
from onnx_operators import admitted
from strategies import fractions, matrices

SEEDS = range(60)


def one_head(draw: Random, width: int) -> MultiHeadWeights[float]:
    query, key, value = tensor(draw, 3, 2, width)
    return MultiHeadWeights(query, key, value, tensor(draw, width, 2))


def meet(one: Any, other: Any) -> bool:
    """Whether the bounds of one tree may be of the same numbers as those of another."""
    pairs: list[tuple[Bound, Bound]] = [*zip(leaves(one), leaves(other), strict=True)]
    return all(abs(x.value - y.value) <= x.radius + y.radius for x, y in pairs)


def spoiled(tree: Any) -> Any:
    """The same form, of other numbers."""
    return tree_map(lambda x: x if isinstance(x, bool) else 99.0, tree)


def test_of_one_key_the_value_is_returned() -> None:
    for seed in SEEDS:
        query, key, value = (tensor(Random(seed), size) for size in (3, 3, 2))
        assert attend(query, [key], [value]) == value
        assert scaled_dot_product_attention(([query], [key], [value])) == [value]


def test_the_shares_are_those_of_the_formula() -> None:
    """With the unit matrix for values, the outputs are the shares: exp(s)/Σ exp(s)."""
    for seed in SEEDS:
        draw = Random(seed)
        n, m, d = (draw.randint(1, 4) for _ in range(3))
        queries, keys = tensor(draw, n, d), tensor(draw, m, d)
        found = over(bound, Case(scaled_dot_product_attention, {}, (queries, keys, unit(m)))).run()
        for query, shares in zip(queries, found, strict=True):
            scores = [sum(a * b for a, b in zip(query, key, strict=True)) / sqrt(d) for key in keys]
            powers = [exp(bound(score)) for score in scores]
            assert meet(shares, [power / total(powers) for power in powers])
            assert total(shares).admits(1)


def test_the_visible_keys_are_those_of_the_mask_up_to_the_query_and_in_the_window() -> None:
    for seed in SEEDS:
        draw = Random(seed)
        n, m = draw.randint(0, 5), draw.randint(1, 5)
        settings, mask = seeing(draw), draw.choice([None, bools(draw, n, m)])
        del settings["scale"]
        back, ahead = settings["window"]
        expected = [
            [
                j
                for j in range(m)
                if (not settings["causal"] or j <= i)
                and (back is None or i - j <= back)
                and (ahead is None or j - i <= ahead)
                and (mask is None or mask[i - settings["start"]][j])
            ]
            for i in range(settings["start"], settings["start"] + n)
        ]
        assert [[*seen] for seen in visible_keys(n, m, mask, **settings)] == expected


def test_what_no_query_sees_changes_nothing_whatever_it_is() -> None:
    for seed in SEEDS:
        case = masked(Random(seed))
        queries, keys, values, mask = case.inputs
        seen = {j for row in visible(case) for j in row}
        others = [
            [row if j in seen else [draw] * len(row) for j, row in enumerate(rows)]
            for rows, draw in ((keys, nan), (values, inf))
        ]
        assert case.run() == case._replace(inputs=(queries, *others, mask)).run()


def visible(case: Case) -> Any:
    queries, keys, _, mask = case.inputs
    settings = {name: value for name, value in case.settings.items() if name != "scale"}
    return visible_keys(len(queries), len(keys), mask, **settings)


def test_what_a_query_sees_may_be_said_by_a_mask_as_well() -> None:
    for seed in SEEDS:
        case = masked(Random(seed))
        queries, keys, values, _ = case.inputs
        mask = [[j in seen for j in range(len(keys))] for seen in visible(case)]
        other = Case(
            scaled_dot_product_attention,
            {"scale": case.settings["scale"]},
            (queries, keys, values, mask),
        )
        assert case.run() == other.run()


def test_the_order_of_the_memory_is_of_no_account() -> None:
    for seed in SEEDS:
        case = over(bound, masked(draw := Random(seed)))
        queries, keys, values, mask = case.inputs
        case = case._replace(settings={"scale": case.settings["scale"]})
        order = draw.sample(range(len(keys)), len(keys))
        parts = [[rows[j] for j in order] for rows in (keys, values)]
        columns = [[row[j] for j in order] for row in mask]
        assert meet(case.run(), case._replace(inputs=(queries, *parts, columns)).run())


def test_a_query_that_sees_no_key_gets_zeros_or_nan() -> None:
    inputs = [[1.0]], [[1.0], [2.0]], [[3.0, 4.0], [5.0, 6.0]], [[False, False]]
    assert scaled_dot_product_attention(inputs) == [[0.0, 0.0]]
    assert all(isnan(y) for y in scaled_dot_product_attention(inputs, unseen="nan")[0])
    assert scaled_dot_product_attention(inputs[:3], causal=True, start=-1) == [[0.0, 0.0]]
    boxes = tree_map(lambda x: x if isinstance(x, bool) else interval(x), inputs)
    assert scaled_dot_product_attention(boxes) == [[interval(0.0)] * 2]
    with pytest.raises(TypeError, match="^nan is no constant of an interval"):
        scaled_dot_product_attention(boxes, unseen="nan")
    seeing = *boxes[:3], [[True, True]]
    assert scaled_dot_product_attention(seeing, unseen="nan") == scaled_dot_product_attention(
        seeing
    )


def test_over_intervals_what_is_masked_may_be_unbounded() -> None:
    anything = Interval(-inf, inf)
    keys, values = [[interval(1.0)], [anything]], [[Interval(2.0, 3.0)], [anything]]
    inputs = [[interval(1.0)]], keys, values, [[True, False]]
    assert scaled_dot_product_attention(inputs) == [[Interval(2.0, 3.0)]]


def test_to_scale_the_products_lies_within_the_bounds() -> None:
    for seed in SEEDS:
        draw = Random(seed)
        n, m, d, e = (draw.randint(1, high) for high in (3, 4, 20, 2))
        queries, keys, values = tensor(draw, n, d), tensor(draw, m, d), tensor(draw, m, e)
        scale = draw.choice([None, 0.3, 0.5, 2.25])
        products = np.array(queries) @ np.array(keys).T * (1 / sqrt(d) if scale is None else scale)
        powers = np.exp(products - products.max(axis=1, keepdims=True))
        expected = powers / powers.sum(axis=1, keepdims=True) @ np.array(values)
        case = Case(scaled_dot_product_attention, {"scale": scale}, (queries, keys, values))
        assert admitted(case, expected), seed


@given(st.integers(0, 4), st.integers(1, 3), st.integers(1, 3), st.data())
def test_heads_split_and_joined_are_the_rows(n: int, size: int, heads: int, data: Any) -> None:
    rows = data.draw(matrices(n, size * heads, fractions))
    parts = split_heads(rows, heads=heads)
    assert join_heads(parts) == rows
    assert split_heads(join_heads(parts), heads=heads) == parts


def test_shared_heads_are_heads_given_as_often_as_they_are_shared() -> None:
    for seed in SEEDS:
        case = grouped(Random(seed))
        queries, keys, values, mask = case.inputs
        shared = len(queries) // len(keys)
        repeated = [[part for part in parts for _ in range(shared)] for parts in (keys, values)]
        assert case.run() == case._replace(inputs=(queries, *repeated, mask)).run()


def test_one_head_with_unit_matrices_is_attention_itself() -> None:
    for seed in SEEDS:
        draw = Random(seed)
        n, m, width = (draw.randint(1, 4) for _ in range(3))
        x, memory, mask = tensor(draw, n, width), tensor(draw, m, width), bools(draw, n, m)
        weights = unit_weights(width)
        settings = seeing(draw)
        assert multi_head_attention(
            (x, memory, mask), weights, heads=1, **settings
        ) == scaled_dot_product_attention((x, memory, memory, mask), **settings)


def test_each_head_reads_in_its_own_way() -> None:
    """Of two heads, each with projections of its own, the output adds what both read."""
    for seed in SEEDS[:30]:
        draw = Random(seed)
        n, m, width = (draw.randint(1, 3) for _ in range(3))
        inputs = tensor(draw, n, width), tensor(draw, m, width)
        one, other = one_head(draw, width), one_head(draw, width)
        query, key, value = ([*a, *b] for a, b in zip(one[:3], other[:3], strict=True))
        output = [[*a, *b] for a, b in zip(one.output, other.output, strict=True)]
        both = MultiHeadWeights(query, key, value, output)
        y, z, sums = (
            over(bound, Case(multi_head_attention, {"heads": heads}, inputs, weights)).run()
            for heads, weights in ((1, one), (1, other), (2, both))
        )
        assert meet(sums, tree_zip_with(add, y, z)), seed


def test_self_attention_has_the_sequence_for_its_memory() -> None:
    for seed in SEEDS:
        case = to_itself(Random(seed))
        inputs = case.inputs, case.inputs
        assert case.run() == multi_head_attention(inputs, case.weights, **case.settings)


def test_causal_outputs_say_nothing_of_what_comes_later() -> None:
    for seed in SEEDS:
        case = to_itself(draw := Random(seed))
        case.settings["causal"] = True
        kept = draw.randint(0, len(case.inputs))
        changed = [*case.inputs[:kept], *spoiled(case.inputs[kept:])]
        assert case._replace(inputs=changed).run()[:kept] == case.run()[:kept]
        assert case._replace(inputs=case.inputs[:kept]).run() == case.run()[:kept]


def test_turned_heads_know_distances_alone() -> None:
    """A sequence and a memory that both start later: the same but for rounding."""
    for seed in SEEDS[:30]:
        draw = Random(seed)
        rotary = Rotary(draw.choice([10, 10000]), draw.choice(["neighbors", "halves"]))
        memory, x, weights = tensor(draw, 3, 3), tensor(draw, 2, 3), one_head(draw, 3)
        settings = {"heads": 1, "rotary": rotary, "window": (1, 0)}
        case = Case(multi_head_attention, settings, (x, memory), weights)
        hidden = [[j > 0 for j in range(4)]] * 2
        inputs = x, [[1.0] * 3, *memory], hidden
        later = Case(multi_head_attention, settings | {"start": 1}, inputs, weights)
        assert meet(over(bound, case).run(), over(bound, later).run()), seed


@pytest.mark.parametrize("number", [float, lambda x: cast(x, binary16)], ids=["float", "binary16"])
def test_with_a_cache_a_scan_gives_what_causal_attention_gives(
    number: Callable[[float], Any],
) -> None:
    for seed in SEEDS:
        case = over(number, to_itself(draw := Random(seed)))
        settings = case.settings | {"window": (draw.choice([None, 0, 1]), None)}
        del settings["causal"]
        start = KeyValueCache[Any]([], [])
        cache, ys = scan(layer(attention_step, **settings))((start, case.inputs), case.weights)
        assert ys == self_attention(case.inputs, case.weights, causal=True, **settings), seed
        assert len(cache.keys) == len(cache.values) == len(case.inputs)


def test_settings_are_values() -> None:
    one, other = (layer(self_attention, heads=2, rotary=Rotary(base=100)) for _ in range(2))
    assert one == other and hash(one) == hash(other)
    assert one != layer(self_attention, heads=2, rotary=Rotary(base=10))


def test_without_queries_there_are_no_outputs() -> None:
    weights = unit_weights(2)
    assert scaled_dot_product_attention(([], [], [])) == []
    assert scaled_dot_product_attention(([], [[1.0]], [[1.0]], [])) == []
    assert self_attention([], weights, heads=2, rotary=Rotary(width=None)) == []
