"""Attention rules: a cotangent goes back to what was read, and turns back where rows turned."""

from collections.abc import Callable
from dataclasses import asdict
from itertools import batched
from operator import neg
from typing import Any, Final

from funcnn.algebra.folds import foldl1, parts_of, zip_with, zipped
from funcnn.algebra.scalars import add, multiply, subtract
from funcnn.algebra.trees import Tree, tree_map, tree_zip_with, zeros_like
from funcnn.algebra.vectors import dot, matvec, outer
from funcnn.blocks.activations import softmax
from funcnn.blocks.attention import going_together, root_of_scale, scaled_dot_product_attention
from funcnn.blocks.heads import (
    MultiHeadWeights,
    Rotary,
    grouped_query_attention,
    heads_of_keys,
    join_heads,
    multi_head_attention,
    projected_heads,
    self_attention,
    shared_heads,
    split_heads,
)
from funcnn.blocks.linears import named, project, weighted_sum
from funcnn.blocks.masks import visible_keys
from funcnn.blocks.positions import (
    learned_positions,
    pairs_of,
    rotary,
    rotate,
    sinusoidal_positions,
)
from funcnn.calculus.linear_rules import projections_back
from funcnn.calculus.tracing import Pullback, Rule


def _sinusoidal_positions(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
    """x̄ = ȳ"""
    return sinusoidal_positions(inputs, **settings), lambda y_bar: (y_bar, ())


def _learned_positions(inputs: Any, weights: Any, *, start: int = 0) -> tuple[Any, Pullback]:
    """x̄ = ȳ, and so is w̄ in the rows that were added"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        before, after = zeros_like(weights[:start]), zeros_like(weights[start + len(inputs) :])
        return y_bar, [*before, *y_bar, *after]

    return learned_positions(inputs, weights, start=start), back


def _rotate(inputs: Any, weights: Any, *, pairing: Any = "halves") -> tuple[Any, Pullback]:
    """x̄ = ȳ·(c − is),  c̄ + is̄ = ȳ·(a − ib)"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        rows, cosines, sines = inputs
        pairs = [pairs_of(row, len(c), pairing) for row, c in zipped(rows, cosines)]
        reals, imaginaries = [a for a, _ in pairs], [b for _, b in pairs]
        turned = rotate((y_bar, reals, tree_map(neg, imaginaries)), pairing=pairing)
        bars = [pairs_of(row, len(c), pairing) for row, c in zipped(turned, cosines)]
        x_bar = rotate((y_bar, cosines, tree_map(neg, sines)), pairing=pairing)
        return (x_bar, [c for c, _ in bars], [s for _, s in bars]), ()

    return rotate(inputs, pairing=pairing), back


def _rotary(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
    """x̄ is ȳ, turned back"""
    return rotary(inputs, **settings), lambda y_bar: (_turned_back(y_bar, **settings), ())


def _turned_back(y_bar: Any, *, start: int = 0, **settings: Any) -> list[list[Any]]:
    """turned by the positions −start, −start − 1, …: from the last on, they rise"""
    return rotary(y_bar[::-1], start=1 - start - len(y_bar), **settings)[::-1]


def _split_heads(inputs: Any, weights: Any, *, heads: int) -> tuple[Any, Pullback]:
    """x̄ is ȳ, joined"""
    return split_heads(inputs, heads=heads), lambda y_bar: (join_heads(y_bar), ())


def _join_heads(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """x̄ is ȳ, split"""
    return join_heads(inputs), lambda y_bar: (split_heads(y_bar, heads=len(inputs)), ())


def _scaled_dot_product_attention(
    inputs: Any, weights: Any, *, scale: Any = None, unseen: Any = "zeros", **settings: Any
) -> tuple[Any, Pullback]:
    """q̄ᵢ and what each key and value gets from query i: `_attended`, with all scaled by √scale"""
    outputs = scaled_dot_product_attention(inputs, scale=scale, unseen=unseen, **settings)
    queries, keys, values = going_together(*inputs[:3])
    mask = inputs[3:]
    visible = visible_keys(len(queries), len(keys), *mask, **settings)

    def back(y_bar: Any) -> tuple[Any, Any]:
        root = root_of_scale(scale, queries[0]) if queries else 1
        scaled_queries, scaled_keys = _scaled(root, queries), _scaled(root, keys)
        q_bar, k_bar, v_bar = zeros_like(queries), zeros_like(keys), zeros_like(values)
        for i, seen in enumerate(visible):
            read = [scaled_keys[j] for j in seen], [values[j] for j in seen]
            if seen:
                q_bar[i], at_keys, at_values = _attended(scaled_queries[i], *read, y_bar[i])
                for j, key, value in zip(seen, at_keys, at_values, strict=True):
                    k_bar[j], v_bar[j] = _sum(k_bar[j], key), _sum(v_bar[j], value)
        return (_scaled(root, q_bar), _scaled(root, k_bar), v_bar, *tree_map(lambda _: 0, mask)), ()

    return outputs, back


def _attended(query: Any, keys: Any, values: Any, y_bar: Any) -> tuple[Any, Any, Any]:
    """q̄ = Kᵀ·s̄,  K̄ = s̄·qᵀ,  V̄ = p·ȳᵀ          s̄ⱼ = pⱼ·(p̄ⱼ − Σₖ pₖ·p̄ₖ),  p̄ = V·ȳ"""
    shares, p_bar = softmax(matvec(keys, query)), matvec(values, y_bar)
    mean = dot(shares, p_bar)
    s_bar = zip_with(lambda p, bar: multiply(p, subtract(bar, mean)), shares, p_bar)
    return weighted_sum(keys, s_bar), outer(s_bar, query), outer(shares, y_bar)


def _grouped_query_attention(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
    """a shared head gets the sum of what comes back from all that share it"""
    heads = [_scaled_dot_product_attention(head, (), **settings) for head in shared_heads(inputs)]

    def back(y_bar: Any) -> tuple[Any, Any]:
        pairs = zipped(heads, y_bar)
        bars = zip(*(back(bar)[0] for (_, back), bar in pairs), strict=True)
        q_bar, k_bars, v_bars, *mask_bars = bars
        shared = len(heads) // len(inputs[1])
        k_bar, v_bar = (
            [foldl1(_sum, part) for part in batched(parts, shared)] for parts in (k_bars, v_bars)
        )
        return ([*q_bar], k_bar, v_bar, *(parts[0] for parts in mask_bars)), ()

    return [y for y, _ in heads], back


def _projected_heads(
    inputs: Any, weights: Any, *, heads: int, rotary: Rotary | None = None, start: int = 0
) -> tuple[Any, Pullback]:
    """turned back, joined, and back through the projection"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        if rotary is not None:
            y_bar = [_turned_back(bar, start=start, **asdict(rotary)) for bar in y_bar]
        return projections_back(inputs, weights, join_heads(y_bar))

    return projected_heads(inputs, weights, heads=heads, rotary=rotary, start=start), back


def _multi_head_attention(
    inputs: Any,
    weights: Any,
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Rotary | None = None,
    start: int = 0,
    **settings: Any,
) -> tuple[Any, Pullback]:
    """the definition's steps, the last first"""
    sequence, memory, *mask = parts_of(inputs, "inputs (sequence, memory[, mask])", 2, 3)
    query, key, value, output = parts_of(weights, "weights (query, key, value, output)", 4)
    shared, turn = heads_of_keys(heads, key_value_heads), {"rotary": rotary}
    q, q_back = named("query", _projected_heads, sequence, query, heads=heads, start=start, **turn)
    k, k_back = named("key", _projected_heads, memory, key, heads=shared, **turn)
    v, v_back = named("value", _projected_heads, memory, value, heads=shared)
    read, read_back = _grouped_query_attention((q, k, v, *mask), (), start=start, **settings)
    rows = join_heads(read)

    def back(y_bar: Any) -> tuple[Any, Any]:
        rows_bar, output_bar = projections_back(rows, output, y_bar)
        (q_bar, k_bar, v_bar, *mask_bar), _ = read_back(split_heads(rows_bar, heads=heads))
        (x_bar, query_bar), (m_bar, key_bar) = q_back(q_bar), k_back(k_bar)
        n_bar, value_bar = v_back(v_bar)
        bars = MultiHeadWeights(query_bar, key_bar, value_bar, output_bar)
        return (x_bar, _sum(m_bar, n_bar), *mask_bar), bars

    return [named("output", project, row, output) for row in rows], back


def _self_attention(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
    """x̄ from both, the sequence and the memory"""
    outputs, pullback = _multi_head_attention((inputs, inputs), weights, **settings)

    def back(y_bar: Any) -> tuple[Any, Any]:
        bars, weights_bar = pullback(y_bar)
        return _sum(*bars), weights_bar

    return outputs, back


def _sum(one: Tree, other: Tree) -> Tree:
    return tree_zip_with(add, one, other)


def _scaled(scale: Any, rows: Any) -> list[list[Any]]:
    return [[multiply(scale, x) for x in row] for row in rows]


RULES: Final[dict[Callable[..., Any], Rule]] = {
    sinusoidal_positions: _sinusoidal_positions,
    learned_positions: _learned_positions,
    rotate: _rotate,
    rotary: _rotary,
    split_heads: _split_heads,
    join_heads: _join_heads,
    scaled_dot_product_attention: _scaled_dot_product_attention,
    grouped_query_attention: _grouped_query_attention,
    projected_heads: _projected_heads,
    multi_head_attention: _multi_head_attention,
    self_attention: _self_attention,
}
