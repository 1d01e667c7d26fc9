"""Attention pullbacks: of queries, keys and values of floats, a head after another, sums by
math.sumprod."""

from collections.abc import Callable, Sequence
from itertools import batched, chain
from math import sumprod
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import foldl1, parts_of, zipped
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks import attention, heads
from funcnn.blocks.attention import root_of_scale
from funcnn.blocks.combinators import Layer
from funcnn.blocks.heads import shared_heads
from funcnn.blocks.masks import visible_keys
from funcnn.fast import floats
from funcnn.fast.activations import softmax
from funcnn.fast.batch_rules import Pulled, of_floats
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.rows import kind_of
from funcnn.fast.sparse import Gather, gathering

type Head = tuple[list[list[float]], Callable[[Matrix[float]], tuple[Any, ...]]]
"""What the queries of one head read, and what sends the cotangent of it back to these, to the keys
and to the values."""


class Sight(NamedTuple):
    """Which keys each query sees, and what picks their rows; and for each key, what picks the rows
    of the queries that see it, and of all shares, from the first query's on, those that are its."""

    visible: list[Sequence[int]]
    keys: list[Gather]
    queries: list[Gather]
    shares: list[Gather]


def _sight(queries: int, keys: int, mask: Any = None, **settings: Any) -> Sight:
    visible = visible_keys(queries, keys, mask, **settings)
    seeing: list[list[tuple[int, int]]] = [[] for _ in range(keys)]
    pairs = ((query, key) for query, seen in enumerate(visible) for key in seen)
    for place, (query, key) in enumerate(pairs):
        seeing[key].append((query, place))
    return Sight(
        visible,
        [_picking(seen) for seen in visible],
        [_picking([query for query, _ in pairs]) for pairs in seeing],
        [_picking([place for _, place in pairs]) for pairs in seeing],
    )


def _picking(places: Sequence[int]) -> Gather:
    return gathering(tuple(places)) if places else lambda _: ()


def _scaled_dot_product_attention(
    xs: Sequence[Any], weights: Any = (), **settings: Any
) -> Pulled | None:
    """that of a single head"""
    parts = [parts_of(x, "inputs (queries, keys, values[, mask])", 3, 4) for x in xs]
    single = [([q], [k], [v], *mask) for q, k, v, *mask in parts]
    found = _grouped_query_attention(single, (), **settings)
    if found is None:
        return None
    ys, pullback = found

    def inputs_bar(y_bars: list[Any]) -> list[Any]:
        bars = pullback([[bar] for bar in y_bars]).inputs()
        return [(q, k, v, *mask) for (q,), (k,), (v,), *mask in bars]

    return [y for (y,) in ys], lambda y_bars: Cotangents(lambda: inputs_bar(y_bars), ())


def _grouped_query_attention(
    xs: Sequence[Any],
    weights: Any = (),
    *,
    scale: Any = None,
    unseen: str = "zeros",
    **settings: Any,
) -> Pulled | None:
    """a shared head gets the sum of what comes back from all that share it"""
    batch = [shared_heads(x) for x in xs]
    if unseen != "zeros" or not all(map(_are_floats, batch)):
        return None
    reads = [_heads(parts, scale, **settings) for parts in batch]

    def sent_back(x: Any, read: list[Head], y_bar: Any) -> tuple[Any, ...]:
        bars = [back(bar) for (_, back), bar in zipped(read, y_bar)]
        q_bar, *others = zip(*bars, strict=True)
        shared = len(read) // len(x[1])
        k_bar, v_bar = ([*map(_total, batched(parts, shared))] for parts in others)
        return [*q_bar], k_bar, v_bar, *tree_map(lambda _: 0, tuple(x[3:]))

    return [[y for y, _ in read] for read in reads], lambda y_bars: Cotangents(
        lambda: [sent_back(*triple) for triple in zip(xs, reads, y_bars, strict=True)], ()
    )


def _are_floats(parts: Sequence[Any]) -> bool:
    """whether queries, keys and values are of floats, and of one size in all heads, and not none"""
    queries, keys, values = zip(*(part[:3] for part in parts), strict=True)
    if {kind_of(*queries, *keys), kind_of(*values)} != {float}:
        return False
    (size, *others) = {(len(q), len(k), len(v)) for q, k, v, *_ in parts}
    return not others and size[0] > 0 and size[1] == size[2]


def _heads(parts: Sequence[Any], scale: Any, **settings: Any) -> list[Head]:
    queries, keys, _, *mask = parts[0]
    sight = _sight(len(queries), len(keys), *mask, **settings)
    root = root_of_scale(scale, queries[0])
    return [_head(q, k, v, sight, root) for q, k, v, *_ in parts]


def _head(queries: Any, keys: Any, values: Any, sight: Sight, root: float) -> Head:
    """yᵢ = Σⱼ pᵢⱼ·vⱼ and s̄ᵢⱼ = pᵢⱼ·(p̄ᵢⱼ − Σₖ pᵢₖ·p̄ᵢₖ), p̄ᵢⱼ = vⱼ·ȳᵢ, over the visible keys j"""
    queries, keys = _scaled(root, queries), _scaled(root, keys)
    shares = [softmax(row) if row else row for row in _products(queries, keys, sight)]

    def back(y_bar: Matrix[float]) -> tuple[Any, ...]:
        s_bar = [*map(_through_softmax, shares, _products(y_bar, values, sight))]
        q_bar = _mixed(s_bar, keys, sight.keys)
        k_bar = _mixed(_by_key(s_bar, sight), queries, sight.queries)
        v_bar = _mixed(_by_key(shares, sight), y_bar, sight.queries)
        return _scaled(root, q_bar), _scaled(root, k_bar), v_bar

    return _mixed(shares, values, sight.keys), back


def _products(rows: Matrix[float], others: Matrix[float], sight: Sight) -> list[list[float]]:
    """of each query's row those with the rows of the keys that it sees"""
    return [
        [sumprod(row, others[key]) for key in seen]
        for row, seen in zip(rows, sight.visible, strict=True)
    ]


def _through_softmax(shares: Vector[float], p_bar: Vector[float]) -> list[float]:
    mean = sumprod(shares, p_bar)
    return [share * (bar - mean) for share, bar in zip(shares, p_bar, strict=True)]


def _mixed(
    shares: Matrix[float], rows: Matrix[float], picking: Sequence[Gather]
) -> list[list[float]]:
    """sums of the rows that are picked, each times its share; of none, zeros"""
    columns = [*zip(*rows, strict=True)]
    return [
        [sumprod(some, picked(column)) for column in columns] if some else [0.0] * len(columns)
        for some, picked in zip(shares, picking, strict=True)
    ]


def _by_key(shares: Matrix[float], sight: Sight) -> list[Sequence[float]]:
    """for each key, the shares that the queries who see it have in it"""
    numbers = [*chain.from_iterable(shares)]
    return [picked(numbers) for picked in sight.shares]


def _scaled(scale: float, rows: Matrix[float]) -> list[list[float]]:
    return [[scale * x for x in row] for row in rows]


def _total(heads: Sequence[Any]) -> Any:
    return foldl1(lambda one, other: floats.add_pair([(one, other)])[0], heads)


grouped_query_attention: Final = of_floats(heads.grouped_query_attention, _grouped_query_attention)
"""The rule of `grouped_query_attention` over a batch."""

RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, attention.scaled_dot_product_attention): of_floats(
        attention.scaled_dot_product_attention, _scaled_dot_product_attention
    ),
    (Layer, heads.grouped_query_attention): grouped_query_attention,
}
