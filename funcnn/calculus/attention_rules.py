"""Rules of attention and of positions: a cotangent goes back to where was read, and turns back."""

from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any, Final

from funcnn.algebra.folds import foldl1, zip_with, zipped
from funcnn.algebra.scalars import add, lift, multiply, subtract, total
from funcnn.algebra.trees import Tree, tree_map, tree_zip_with
from funcnn.algebra.vectors import dot, matmul, matvec, outer, transpose
from funcnn.blocks.activations import softmax
from funcnn.blocks.attention import (
    MultiHeadWeights,
    Rotary,
    grouped_query_attention,
    join_heads,
    multi_head_attention,
    projected_heads,
    root_of_scale,
    scaled_dot_product_attention,
    self_attention,
    shared_heads,
    split_heads,
)
from funcnn.blocks.linears import AffineWeights, project
from funcnn.blocks.positions import (
    learned_positions,
    pairs_of,
    rotary,
    rotate,
    sinusoidal_positions,
    visible_keys,
)
from funcnn.calculus.tracing import Pullback


def _sinusoidal_positions(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
    """x̄ = ȳ"""
    return sinusoidal_positions(inputs, **settings), lambda y_bar: (y_bar, ())


def _learned_positions(inputs: Any, weights: Any, *, start: int = 0) -> tuple[Any, Pullback]:
    """x̄ = ȳ, and so is w̄ in the rows that were added"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        before, after = _zeros(weights[:start]), _zeros(weights[start + len(inputs) :])
        return y_bar, [*before, *y_bar, *after]

    return learned_positions(inputs, weights, start=start), back


def _rotate(inputs: Any, weights: Any, *, pairing: Any = "halves") -> tuple[Any, Pullback]:
    """x̄ = ȳ·(c − is),  c̄ + is̄ = ȳ·(a − ib)"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        rows, cosines, sines = inputs
        pairs = [pairs_of(row, len(c), pairing) for row, c in zipped(rows, cosines)]
        reals, imaginaries = [a for a, _ in pairs], [b for _, b in pairs]
        turned = rotate((y_bar, reals, tree_map(_negative, imaginaries)), pairing=pairing)
        bars = [pairs_of(row, len(c), pairing) for row, c in zipped(turned, cosines)]
        x_bar = rotate((y_bar, cosines, tree_map(_negative, sines)), pairing=pairing)
        return (x_bar, [c for c, _ in bars], [s for _, s in bars]), ()

    return rotate(inputs, pairing=pairing), back


def _rotary(inputs: Any, weights: Any, *, start: int = 0, **settings: Any) -> tuple[Any, Pullback]:
    """x̄ is ȳ turned back: as a sequence is that goes back from −start"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        return rotary(y_bar[::-1], start=1 - start - len(y_bar), **settings)[::-1], ()

    return rotary(inputs, start=start, **settings), back


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
    queries, keys, values, *mask = inputs
    visible = visible_keys(len(queries), len(keys), *mask, **settings)

    def back(y_bar: Any) -> tuple[Any, Any]:
        root = root_of_scale(scale, queries[0]) if queries else 1
        scaled_queries, scaled_keys = _scaled(root, queries), _scaled(root, keys)
        q_bar, k_bar, v_bar = _zeros(queries), _zeros(keys), _zeros(values)
        for i, seen in enumerate(visible):
            read = [scaled_keys[j] for j in seen], [values[j] for j in seen]
            if seen:
                q_bar[i], at_keys, at_values = _attended(scaled_queries[i], *read, y_bar[i])
                for j, key, value in zip(seen, at_keys, at_values, strict=True):
                    k_bar[j], v_bar[j] = _sum(k_bar[j], key), _sum(v_bar[j], value)
        return (_scaled(root, q_bar), _scaled(root, k_bar), v_bar, *_zeros(mask)), ()

    return outputs, back


def _attended(query: Any, keys: Any, values: Any, y_bar: Any) -> tuple[Any, Any, Any]:
    """q̄ = Kᵀ·s̄,  K̄ = s̄·qᵀ,  V̄ = p·ȳᵀ          s̄ⱼ = pⱼ·(p̄ⱼ − Σₖ pₖ·p̄ₖ),  p̄ = V·ȳ"""
    shares, p_bar = softmax(matvec(keys, query)), matvec(values, y_bar)
    mean = dot(shares, p_bar)
    s_bar = zip_with(lambda p, bar: multiply(p, subtract(bar, mean)), shares, p_bar)
    return matvec(transpose(keys), s_bar), outer(s_bar, query), outer(shares, y_bar)


def _grouped_query_attention(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
    """a shared head gets the sum of what comes back from all that share it"""
    heads = [_scaled_dot_product_attention(head, (), **settings) for head in shared_heads(inputs)]

    def back(y_bar: Any) -> tuple[Any, Any]:
        pairs = zipped(heads, y_bar)
        q_bar, k_bars, v_bars, *mask_bars = zip(*(back(bar)[0] for (_, back), bar in pairs))
        shared = len(heads) // len(inputs[1])
        k_bar, v_bar = ([foldl1(_sum, part) for part in batched(bars, shared)] for bars in (k_bars, v_bars))
        return ([*q_bar], k_bar, v_bar, *(bars[0] for bars in mask_bars)), ()

    return [y for y, _ in heads], back
