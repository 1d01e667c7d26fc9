"""ONNX's Attention lies within the bounds of ours, with heads in any layout, and after a cache."""

from random import Random
from typing import Any

import numpy as np

from block_cases import Case, over, tensor
from cases_attention import (
    bools,
    grouped,
    unit,
)
from funcnn.algebra.bounds import bound
from funcnn.blocks.caches import KeyValueCache, attention_step
from funcnn.blocks.heads import (
    MultiHeadWeights,
    grouped_query_attention,
    join_heads,
    split_heads,
)
from onnx_operators import admits, admitted, onnx_outputs

ONNX_SEEDS = range(200)


def attributes_of(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings in ONNX's words."""
    sides = zip(("left_window_size", "right_window_size"), settings["window"], strict=True)
    attributes = {name: -1 if side is None else side for name, side in sides}
    attributes["is_causal"] = int(settings["causal"])
    if settings["scale"] is not None:
        attributes["scale"] = settings["scale"]
    return attributes


def test_onnx_s_attention_is_grouped_query_attention() -> None:
    for seed in ONNX_SEEDS:
        case = grouped(draw := Random(seed))
        case.settings["start"] = 0
        queries, keys, values, mask = case.inputs
        if draw.random() < 0.5:
            mask, case = None, case._replace(inputs=(queries, keys, values))
        inputs = {"Q": [queries], "K": [keys], "V": [values], "mask": mask}
        (found,) = onnx_outputs("Attention", inputs, **attributes_of(case.settings))
        assert admitted(case, found[0]), seed


def flat(inputs: Any, weights: Any = (), *, heads: tuple[int, int], **settings: Any) -> Any:
    """Heads side by side in each row."""
    queries, keys, values, mask = inputs
    parts = (
        split_heads(rows, heads=count)
        for rows, count in ((queries, heads[0]), (keys, heads[1]), (values, heads[1]))
    )
    return join_heads(grouped_query_attention((*parts, mask), **settings))


def test_onnx_s_attention_of_heads_in_rows_splits_and_joins_them() -> None:
    for seed in ONNX_SEEDS:
        case = grouped(Random(seed))
        queries, keys, values, mask = case.inputs
        heads, settings = (len(queries), len(keys)), case.settings | {"start": 0}
        rows = [join_heads(part) for part in (queries, keys, values)]
        (found,) = onnx_outputs(
            "Attention",
            {"Q": [rows[0]], "K": [rows[1]], "V": [rows[2]], "mask": mask},
            q_num_heads=heads[0],
            kv_num_heads=heads[1],
            **attributes_of(settings),
        )
        assert admitted(Case(flat, settings | {"heads": heads}, (*rows, mask)), found[0]), seed


def test_onnx_s_attention_after_a_cache_starts_at_its_end() -> None:
    for seed in ONNX_SEEDS:
        case = grouped(draw := Random(seed))
        queries, keys, values, _ = case.inputs
        past, (width, depth) = draw.randint(0, 3), (len(keys[0][0]), len(values[0][0]))
        before = tensor(draw, len(keys), past, width), tensor(draw, len(keys), past, depth)
        kept = [
            [[*old, *new] for old, new in zip(*pair, strict=True)]
            for pair in zip(before, (keys, values), strict=True)
        ]
        mask = bools(draw, len(queries[0]), past + len(keys[0]))
        arrays = [
            np.reshape(part, (1, len(keys), past, size))
            for part, size in zip(before, (width, depth), strict=True)
        ]
        names = "Q", "K", "V", "mask", "past_key", "past_value"
        given_all = dict(zip(names, ([queries], [keys], [values], mask, *arrays), strict=True))
        outputs = "Y", "present_key", "present_value"
        settings = case.settings | {"start": past}
        found = onnx_outputs("Attention", given_all, outputs, **attributes_of(settings))
        case = case._replace(settings=settings, inputs=(queries, *kept, mask))
        assert admitted(case, found[0][0]), seed
        assert [present[0].tolist() for present in found[1:]] == kept


def test_onnx_s_attention_of_one_row_after_a_cache_is_a_step() -> None:
    for seed in ONNX_SEEDS:
        draw = Random(seed)
        groups, shared, size, past = (draw.randint(1, high) for high in (2, 2, 3, 3))
        heads = groups * shared
        width = heads * size
        key, value = tensor(draw, groups * size, width), unit(width)[: groups * size]
        weights = MultiHeadWeights(unit(width), key, value, unit(width))
        x, rows = tensor(draw, width), [tensor(draw, past, groups * size) for _ in range(2)]
        settings: dict[str, Any] = {"heads": heads, "key_value_heads": groups}
        cache = KeyValueCache(*rows)
        after, _ = attention_step((cache, x), weights, **settings)
        new = [[part[-1]] for part in after]
        found = onnx_outputs(
            "Attention",
            {
                "Q": [[x]],
                "K": [[new[0][0]]],
                "V": [[new[1][0]]],
                "mask": None,
                "past_key": [split_heads(rows[0], heads=groups)],
                "past_value": [split_heads(rows[1], heads=groups)],
            },
            ("Y", "", ""),
            q_num_heads=heads,
            kv_num_heads=groups,
            is_causal=1,
        )
        _, y = over(bound, Case(attention_step, settings, (cache, x), weights)).run()
        assert admits(y, found[0][0, 0]), seed
