"""Caches: what generation keeps of the rows before, so that each new row is one step of a scan."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from funcnn.algebra.folds import length_of, pair_of, parts_of
from funcnn.algebra.vectors import Vector
from funcnn.blocks.heads import (
    MultiHeadWeights,
    Rotary,
    grouped_query_attention,
    heads_of_keys,
    join_heads,
    projected_heads,
    split_heads,
)
from funcnn.blocks.linears import named, project


class KeyValueCache[T](NamedTuple):
    """What `attention_step` remembers: of each row so far, its keys and its values in all heads.

    Before the first row it is KeyValueCache([], []).
    """

    keys: Sequence[Vector[T]]
    values: Sequence[Vector[T]]


def attention_step(
    inputs: tuple[KeyValueCache[Any], Vector[Any]],
    weights: MultiHeadWeights[Any],
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Rotary | None = None,
    **settings: Any,
) -> tuple[KeyValueCache[Any], list[Any]]:
    """A row's causal self-attention, its keys and values put beside those of the rows before it.

    It stands after those rows: that is its `start`.

    Haskell
        selfAttention xs = snd (mapAccumL attentionStep ([], []) xs)
    Shapes
        inputs ((p×(g·d), p×(g·e)), w), weights as MultiHeadWeights says
        →  (((p+1)×(g·d), (p+1)×(g·e)), u)
    Settings
        heads             how many heads of queries
        key_value_heads   how many of keys and of values; by default as many
        rotary            a Rotary, if queries and keys are turned by their positions
        those of `scaled_dot_product_attention`, but start
    Errors
        ValueError   the cache is not what this step made of the rows before
        TypeError    there is a start
        and those of `multi_head_attention`
    Laws
        scan(layer(attention_step, heads=h))((([], []), xs), w)[1]
            == self_attention(xs, w, heads=h, causal=True)
    Source
        R. Pope et al., "Efficiently Scaling Transformer Inference", MLSys 2023; ONNX's Attention
        with past_key and past_value

    >>> weights = MultiHeadWeights([[800.0]], [[1.0]], [[1.0]], [[1.0]])
    >>> attention_step((KeyValueCache([[3.0]], [[3.0]]), [2.0]), weights, heads=1)
    (KeyValueCache(keys=[[3.0], [2.0]], values=[[3.0], [2.0]]), [3.0])
    """
    cache, x = pair_of(inputs, "inputs (cache, x)")
    before, past = pair_of(cache, "the cache (keys, values)")
    query, key, value, output = parts_of(weights, "weights (query, key, value, output)", 4)
    if "start" in settings:
        raise TypeError("start is how many rows the cache has: give none")
    shared, start = heads_of_keys(heads, key_value_heads), length_of(before, "the cache's keys")
    length_of(past, "the cache's values")
    turn = {"rotary": rotary, "start": start}
    queries = named("query", projected_heads, [x], query, heads=heads, **turn)
    new = named("key", projected_heads, [x], key, heads=shared, **turn)
    keys, values = [*before, *join_heads(new)], [*past, named("value", project, x, value)]
    read = queries, split_heads(keys, heads=shared), split_heads(values, heads=shared)
    outputs = grouped_query_attention(read, start=start, **settings)
    return KeyValueCache(keys, values), named("output", project, join_heads(outputs)[0], output)
