"""Attention: over a batch of floats, the projections of all rows at once, then a head after
another, each product of a query and a key by math.sumprod.

Each is within the bounds of its definition. On anything else the definition runs.
"""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain, islice
from math import sumprod
from operator import add
from typing import Any, Literal

from funcnn.algebra.elementary import cos, sin
from funcnn.algebra.folds import length_of, pair_of, parts_of, zipped
from funcnn.algebra.scalars import Constant
from funcnn.algebra.vectors import Matrix, rectangle
from funcnn.blocks import attention, positions
from funcnn.blocks.attention import root_of_scale
from funcnn.blocks.caches import KeyValueCache
from funcnn.blocks.heads import (
    MultiHeadWeights,
    Rotary,
    heads_of_keys,
    join_heads,
    shared_heads,
    split_heads,
)
from funcnn.blocks.linears import named
from funcnn.blocks.masks import Window, visible_keys
from funcnn.blocks.positions import Pairing, position_angles
from funcnn.fast import floats
from funcnn.fast.activations import softmax
from funcnn.fast.rows import kind_of


def scaled_dot_product_attention(
    xs: Sequence[Any],
    weights: Any = (),
    *,
    causal: bool = False,
    start: int = 0,
    window: Window = (None, None),
    scale: Constant | None = None,
    unseen: Literal["zeros", "nan"] = "zeros",
) -> list[list[list[Any]]]:
    """What the queries of each of a batch read: blocks' `scaled_dot_product_attention` of each.

    >>> queries, keys, values = [[0.0], [800.0]], [[0.0], [1.0]], [[1.0, 2.0], [3.0, 4.0]]
    >>> scaled_dot_product_attention([(queries, keys, values)])
    [[[2.0, 3.0], [3.0, 4.0]]]
    """
    length_of(xs, "xs")
    definition = attention.scaled_dot_product_attention
    settings: dict[str, Any] = {
        "causal": causal,
        "start": start,
        "window": window,
        "scale": scale,
    }
    return [
        _read(*x, **settings)
        if unseen == "zeros" and _are_floats(x)
        else definition(x, weights, unseen=unseen, **settings)
        for x in xs
    ]


def _are_floats(inputs: Any) -> bool:
    """whether queries, keys and values are of floats and go together"""
    if not isinstance(inputs, (list, tuple)) or len(inputs) not in (3, 4):
        return False
    queries, keys, values = inputs[:3]
    kinds = [kind_of(queries, keys), kind_of(values)]
    return kinds == [float, float] and len(keys) == len(values) and bool(queries)


def _read(
    queries: Any, keys: Any, values: Any, mask: Any = None, *, scale: Any = None, **settings: Any
) -> list[list[float]]:
    visible = visible_keys(len(queries), len(keys), mask, **settings)
    root = root_of_scale(scale, queries[0])
    queries, keys = ([[root * x for x in row] for row in rows] for rows in (queries, keys))
    width = len(values[0])
    return [
        _attend(query, _picked(keys, seen), _picked(values, seen)) if seen else [0.0] * width
        for query, seen in zip(queries, visible, strict=True)
    ]


def _picked(rows: list[Any], places: Sequence[int]) -> list[Any]:
    if isinstance(places, range):
        return rows[places.start : places.stop]
    return [rows[place] for place in places]


def _attend(query: list[float], keys: Matrix[float], values: Matrix[float]) -> list[float]:
    shares = softmax([sumprod(query, key) for key in keys])
    return [sumprod(shares, column) for column in zip(*values, strict=True)]


def grouped_query_attention(
    xs: Sequence[Any], weights: Any = (), **settings: Any
) -> list[list[list[list[Any]]]]:
    """What the heads of each of a batch read: blocks' `grouped_query_attention` of each.

    >>> queries, keys, values = [[[1.0]], [[-1.0]]], [[[0.0], [800.0]]], [[[1.0], [2.0]]]
    >>> grouped_query_attention([(queries, keys, values)])
    [[[[2.0]], [[1.0]]]]
    """
    length_of(xs, "xs")
    return [scaled_dot_product_attention(shared_heads(x), **settings) for x in xs]


def multi_head_attention(
    xs: Sequence[Any],
    weights: MultiHeadWeights[Any],
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Rotary | None = None,
    start: int = 0,
    **settings: Any,
) -> list[list[list[Any]]]:
    """What each of a batch reads in several heads: blocks' `multi_head_attention` of each.

    >>> unit = [[1.0, 0.0], [0.0, 1.0]]
    >>> weights = MultiHeadWeights(unit, unit, unit, [[1.0, 1.0]])
    >>> multi_head_attention([([[800.0, 0.0]], [[1.0, 1.0], [0.0, 2.0]])], weights, heads=2)
    [[[2.5]]]
    """
    length_of(xs, "xs")
    parts = [parts_of(x, "inputs (sequence, memory[, mask])", 2, 3) for x in xs]
    query, key, value, output = parts_of(weights, "weights (query, key, value, output)", 4)
    shared = heads_of_keys(heads, key_value_heads)
    sequences, memories = [part[0] for part in parts], [part[1] for part in parts]
    queries = named("query", _projected_heads, sequences, query, heads, rotary, start)
    keys = named("key", _projected_heads, memories, key, shared, rotary)
    values = named("value", _projected_heads, memories, value, shared)
    masks = [part[2:] for part in parts]
    reads = [(q, k, v, *m) for q, k, v, m in zip(queries, keys, values, masks, strict=True)]
    outputs = grouped_query_attention(reads, start=start, **settings)
    return named("output", _projected, [join_heads(head) for head in outputs], output)


def _projected_heads(
    sequences: Sequence[Any], weights: Any, heads: int, turn: Rotary | None = None, start: int = 0
) -> list[list[Any]]:
    """of each of a batch what blocks' `projected_heads` gives"""
    batch = [split_heads(rows, heads=heads) for rows in _projected(sequences, weights)]
    if turn is None:
        return batch
    turned = iter(rotary([*chain.from_iterable(batch)], start=start, **asdict(turn)))
    return [[*islice(turned, heads)] for _ in batch]


def _projected(sequences: Sequence[Any], weights: Any) -> list[list[list[Any]]]:
    """all rows of a batch of sequences at once"""
    place = "row {} of the sequence".format
    rows = [*chain.from_iterable(rectangle(x, place, "the sequence") for x in sequences)]
    outputs = iter(floats.project(rows, weights))
    return [[*islice(outputs, len(sequence))] for sequence in sequences]


def self_attention(
    xs: Sequence[Any], weights: MultiHeadWeights[Any], **settings: Any
) -> list[list[list[Any]]]:
    """What the rows of each of a batch read from one another: blocks' `self_attention` of each.

    >>> weights = MultiHeadWeights([[800.0]], [[1.0]], [[1.0]], [[1.0]])
    >>> self_attention([[[1.0], [2.0]], [[3.0]]], weights, heads=1)
    [[[2.0], [2.0]], [[3.0]]]
    """
    length_of(xs, "xs")
    return multi_head_attention([(x, x) for x in xs], weights, **settings)


def attention_step(
    xs: Sequence[Any],
    weights: MultiHeadWeights[Any],
    **settings: Any,
) -> list[tuple[KeyValueCache[Any], list[Any]]]:
    """A step of each of a batch: blocks' `attention_step` of each.

    All at once if their caches are equally long, else one at a time.

    >>> weights = MultiHeadWeights([[800.0]], [[1.0]], [[1.0]], [[1.0]])
    >>> attention_step([(KeyValueCache([[3.0]], [[3.0]]), [2.0])], weights, heads=1)
    [(KeyValueCache(keys=[[3.0], [2.0]], values=[[3.0], [2.0]]), [3.0])]
    """
    length_of(xs, "xs")
    parts = [pair_of(x, "inputs (cache, x)") for x in xs]
    caches = [pair_of(cache, "the cache (keys, values)") for cache, _ in parts]
    starts = {length_of(keys, "the cache's keys") for keys, _ in caches}
    for _, values in caches:
        length_of(values, "the cache's values")
    if len(starts) != 1:
        return [attention_step([x], weights, **settings)[0] for x in xs]
    return _steps(caches, [[x] for _, x in parts], weights, start=starts.pop(), **settings)


def _steps(
    caches: list[Any],
    rows: list[list[Any]],
    weights: MultiHeadWeights[Any],
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Rotary | None = None,
    start: int,
    **settings: Any,
) -> list[tuple[KeyValueCache[Any], list[Any]]]:
    """of a batch of caches of one length and sequences of one row"""
    query, key, value, output = parts_of(weights, "weights (query, key, value, output)", 4)
    shared = heads_of_keys(heads, key_value_heads)
    queries = named("query", _projected_heads, rows, query, heads, rotary, start)
    new_keys = named("key", _projected_heads, rows, key, shared, rotary, start)
    new_values = named("value", _projected, rows, value)
    new = zip(caches, map(join_heads, new_keys), new_values, strict=True)
    kept = [KeyValueCache([*old[0], *keys], [*old[1], *values]) for old, keys, values in new]
    reads = [
        (q, split_heads(cache.keys, heads=shared), split_heads(cache.values, heads=shared))
        for q, cache in zip(queries, kept, strict=True)
    ]
    outputs = grouped_query_attention(reads, start=start, **settings)
    ys = named("output", _projected, [join_heads(head) for head in outputs], output)
    return [(cache, y) for cache, (y,) in zip(kept, ys, strict=True)]


def learned_positions(xs: Sequence[Any], weights: Any, *, start: int = 0) -> list[list[list[Any]]]:
    """The rows of each of a batch, each with its position's: blocks' `learned_positions` of each.

    >>> learned_positions([[[1.0], [2.0]], [[3.0]]], [[10.0], [20.0]])
    [[[11.0], [22.0]], [[13.0]]]
    """
    length_of(xs, "xs")
    if kind_of(weights, *xs) is float and type(start) is int:
        if 0 <= start <= len(weights) - max(map(len, xs)):
            return [
                [[*map(add, *pair)] for pair in zipped(x, weights[start : start + len(x)])]
                for x in xs
            ]
    return [positions.learned_positions(x, weights, start=start) for x in xs]


def rotary(
    xs: Sequence[Any],
    weights: Any = (),
    *,
    pairing: Pairing = "halves",
    width: int | None = None,
    **settings: Any,
) -> list[list[list[Any]]]:
    """The rows of each of a batch, turned by their positions: blocks' `rotary`, bit for bit.

    >>> rotary([[[1.0, 0.0], [1.0, 0.0]]])
    [[[1.0, 0.0], [0.5403023058681398, 0.8414709848078965]]]
    """
    length_of(xs, "xs")
    size = len(next(chain.from_iterable(xs))) if kind_of(*xs) is float else 0
    turning = size if width is None else width
    if turning not in range(2, size + 1, 2) or pairing not in ("neighbors", "halves"):
        return [positions.rotary(x, weights, pairing=pairing, width=width, **settings) for x in xs]
    angles = position_angles(max(map(len, xs)), turning, 0.0, **settings)
    waves = [([*map(cos, row)], [*map(sin, row)]) for row in angles]
    half, step = (1, 2) if pairing == "neighbors" else (turning // 2, 1)
    ends = slice(0, turning if step == 2 else half, step), slice(half, turning, step)
    return [
        [_turned(row, *wave, *ends) for row, wave in zip(x, waves[: len(x)], strict=True)]
        for x in xs
    ]


def _turned(
    row: Sequence[float], cosines: list[float], sines: list[float], firsts: slice, seconds: slice
) -> list[float]:
    """the pairs of what stands at two slices of a row, turned"""
    turned = [*row]
    pairs = [*zip(row[firsts], row[seconds], cosines, sines, strict=True)]
    turned[firsts] = [c * a - s * b for a, b, c, s in pairs]
    turned[seconds] = [s * a + c * b for a, b, c, s in pairs]
    return turned
