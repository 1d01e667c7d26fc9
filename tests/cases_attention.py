"""Cases of attention: one head or several, with masks, windows, shared keys and a cache."""

from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from cases_positions import turning
from funcnn import AffineWeights
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.caches import KeyValueCache, attention_step
from funcnn.blocks.heads import (
    MultiHeadWeights,
    Rotary,
    grouped_query_attention,
    join_heads,
    multi_head_attention,
    projected_heads,
    self_attention,
    split_heads,
)


def unit(size: int) -> list[list[float]]:
    return [[float(i == j) for j in range(size)] for i in range(size)]


def unit_weights(size: int) -> MultiHeadWeights[float]:
    return MultiHeadWeights(unit(size), unit(size), unit(size), unit(size))


def lengths(draw: Random, *highest: int) -> list[int]:
    return [draw.randint(1, length) for length in highest]


def bools(draw: Random, rows: int, columns: int) -> list[list[bool]]:
    return [[draw.random() < 0.7 for _ in range(columns)] for _ in range(rows)]


def seeing(draw: Random) -> dict[str, Any]:
    """What a query may see, and the scale: a square, for ONNX takes its root in float32."""
    sides = None, 0, 1, 2
    return {
        "causal": draw.random() < 0.5,
        "start": draw.randint(-1, 2),
        "window": (draw.choice(sides), draw.choice(sides)),
        "scale": draw.choice([None, None, 0.0625, 0.25, 2.25]),
    }


def head(draw: Random) -> tuple[Any, Any, Any]:
    n, m, d, e = lengths(draw, 4, 4, 4, 3)
    return tensor(draw, n, d), tensor(draw, m, d), tensor(draw, m, e)


def whole(draw: Random) -> Case:
    return Case(scaled_dot_product_attention, {}, head(draw))


def restricted(draw: Random) -> Case:
    return Case(scaled_dot_product_attention, seeing(draw), head(draw))


def masked(draw: Random) -> Case:
    queries, keys, values = head(draw)
    mask = bools(draw, len(queries), len(keys))
    return Case(scaled_dot_product_attention, seeing(draw), (queries, keys, values, mask))


def grouped(draw: Random) -> Case:
    n, m, d, e, groups, shared = lengths(draw, 3, 3, 2, 2, 2, 2)
    queries = tensor(draw, groups * shared, n, d)
    inputs = queries, tensor(draw, groups, m, d), tensor(draw, groups, m, e), bools(draw, n, m)
    return Case(grouped_query_attention, seeing(draw), inputs)


def projection(draw: Random, rows: int, columns: int) -> Any:
    matrix = tensor(draw, rows, columns, low=-8, high=8)
    return AffineWeights(matrix, tensor(draw, rows)) if draw.random() < 0.5 else matrix


def several(draw: Random, width: int, memory: int) -> tuple[dict[str, Any], MultiHeadWeights[Any]]:
    """Settings and weights for heads of size 2, the keys perhaps turned, perhaps shared.

    The outputs may be wider than the inputs, or narrower.
    """
    heads, size = draw.choice([(1, 1), (2, 1), (2, 2)]), draw.randint(1, 2)
    queries, groups = heads
    settings = {
        "heads": queries,
        "key_value_heads": draw.choice([groups, None] if groups == queries else [groups]),
        "rotary": draw.choice([None, Rotary(**turning(draw, 2))]),
    }
    weights = MultiHeadWeights(
        projection(draw, 2 * queries, width),
        projection(draw, 2 * groups, memory),
        projection(draw, size * groups, memory),
        projection(draw, draw.randint(1, 3), size * queries),
    )
    return settings, weights


def multi_head(draw: Random) -> Case:
    n, m, width, other = lengths(draw, 3, 3, 3, 3)
    settings, weights = several(draw, width, other)
    inputs = tensor(draw, n, width), tensor(draw, m, other), bools(draw, n, m)
    return Case(multi_head_attention, settings | seeing(draw), inputs, weights)


def cross(draw: Random) -> Case:
    n, m, width, other = lengths(draw, 3, 3, 3, 3)
    settings, weights = several(draw, width, other)
    inputs = tensor(draw, n, width), tensor(draw, m, other)
    return Case(multi_head_attention, settings, inputs, weights)


def to_itself(draw: Random) -> Case:
    n, width = lengths(draw, 3, 3)
    settings, weights = several(draw, width, width)
    causal = {"causal": draw.random() < 0.7}
    return Case(self_attention, settings | causal, tensor(draw, n, width), weights)


def step(draw: Random) -> Case:
    past, width = draw.randint(0, 3), draw.randint(1, 3)
    settings, weights = several(draw, width, width)
    keys, values = (
        tensor(draw, past, len(part.matrix if isinstance(part, AffineWeights) else part))
        for part in (weights.key, weights.value)
    )
    settings["window"] = draw.choice([None, 0, 2]), None
    inputs = KeyValueCache(keys, values), tensor(draw, width)
    return Case(attention_step, settings, inputs, weights)


def projected(draw: Random) -> Case:
    """Heads of which two pairs may turn."""
    heads, size = lengths(draw, 2, 2)
    rotary = draw.choice([None, Rotary(**turning(draw, 2 * size))])
    settings = {"heads": heads, "rotary": rotary, "start": draw.randint(-2, 5)}
    inputs = tensor(draw, 2, 3)
    return Case(projected_heads, settings, inputs, projection(draw, 2 * size * heads, 3))


def split(draw: Random) -> Case:
    n, size, heads = lengths(draw, 4, 3, 3)
    return Case(split_heads, {"heads": heads}, tensor(draw, n, size * heads))


def joined(draw: Random) -> Case:
    return Case(join_heads, {}, tensor(draw, *lengths(draw, 3, 4, 3)))


CASES: Cases = {
    "scaled_dot_product_attention": whole,
    "scaled_dot_product_attention, causal or in a window": restricted,
    "scaled_dot_product_attention, masked": masked,
    "grouped_query_attention": grouped,
    "multi_head_attention": multi_head,
    "multi_head_attention, of another sequence": cross,
    "self_attention": to_itself,
    "attention_step": step,
    "projected_heads": projected,
    "split_heads": split,
    "join_heads": joined,
}
