"""Head pullbacks: of attention between projections, over a batch, all rows projected at once."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from funcnn.algebra.folds import parts_of, zipped
from funcnn.algebra.vectors import Vector
from funcnn.blocks import heads as blocks
from funcnn.blocks import positions
from funcnn.blocks.combinators import Layer
from funcnn.blocks.heads import MultiHeadWeights, Rotary, heads_of_keys, join_heads, split_heads
from funcnn.blocks.positions import Pairing
from funcnn.fast import attention, floats
from funcnn.fast.attention_pullbacks import grouped_query_attention
from funcnn.fast.batch_rules import Pulled, of_sequences
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.linear_pullbacks import project


def _multi_head_attention(
    xs: Sequence[Any],
    weights: Any,
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Rotary | None = None,
    start: int = 0,
    **settings: Any,
) -> Pulled:
    """the definition's steps, the last first"""
    parts = [parts_of(x, "inputs (sequence, memory[, mask])", 2, 3) for x in xs]
    query, key, value, output = parts_of(weights, "weights (query, key, value, output)", 4)
    sequences, memories = [part[0] for part in parts], [part[1] for part in parts]
    shared = heads_of_keys(heads, key_value_heads)
    q, q_pullback = _projected_heads(sequences, query, heads=heads, rotary=rotary, start=start)
    k, k_pullback = _projected_heads(memories, key, heads=shared, rotary=rotary)
    v, v_pullback = _projected_heads(memories, value, heads=shared)
    inputs = [(*three, *part[2:]) for *three, part in zip(q, k, v, parts, strict=True)]
    reads, read_pullback = grouped_query_attention(inputs, (), start=start, **settings)
    rows = [join_heads(read) for read in reads]
    ys, output_pullback = of_sequences(project, rows, output)

    def back(y_bars: list[Any]) -> Cotangents:
        row_bars, output_bar = output_pullback(y_bars)
        bars = read_pullback([split_heads(bar, heads=heads) for bar in row_bars()]).inputs()
        x_bars, query_bar = q_pullback([bar[0] for bar in bars])
        m_bars, key_bar = k_pullback([bar[1] for bar in bars])
        n_bars, value_bar = v_pullback([bar[2] for bar in bars])

        def inputs_bar() -> list[Any]:
            memory_bars = floats.add_pair([*zipped(m_bars(), n_bars())])
            triples = zip(x_bars(), memory_bars, bars, strict=True)
            return [(x, memory, *bar[3:]) for x, memory, bar in triples]

        weights_bar = MultiHeadWeights(query_bar, key_bar, value_bar, output_bar)
        return Cotangents(inputs_bar, weights_bar)

    return ys, back


def _projected_heads(
    xs: Sequence[Any],
    weights: Any,
    *,
    heads: int,
    rotary: Rotary | None = None,
    start: int = 0,
) -> Pulled:
    """turned back, joined, and back through the projection"""
    rows, pullback = of_sequences(project, xs, weights)
    parts = [split_heads(x, heads=heads) for x in rows]
    turn = partial(_rotary, start=start, **asdict(rotary)) if rotary else _unturned
    turned, turn_pullback = of_sequences(turn, parts, ())

    def back(y_bars: list[Any]) -> Cotangents:
        return pullback([join_heads(part) for part in turn_pullback(y_bars).inputs()])

    return turned, back


def _unturned(xs: Sequence[Any], weights: Any) -> Pulled:
    return [*xs], lambda y_bars: Cotangents(lambda: y_bars, ())


def _rotary(
    xs: Sequence[Any],
    weights: Any = (),
    *,
    pairing: Pairing = "halves",
    width: int | None = None,
    **settings: Any,
) -> Pulled:
    """x̄ is ȳ turned back: with the two of each pair swapped, turned on, and swapped again"""

    def turn(batch: Sequence[Any]) -> list[Any]:
        return attention.rotary(batch, pairing=pairing, width=width, **settings)

    def swap(batch: Sequence[Any]) -> list[Any]:
        return [[_swapped(row, pairing, width or len(row)) for row in rows] for rows in batch]

    return turn(xs), lambda y_bars: Cotangents(lambda: swap(turn(swap(y_bars))), ())


def _swapped(row: Vector[Any], pairing: Pairing, width: int) -> list[Any]:
    near = pairing == "neighbors"
    firsts = slice(0, width, 2) if near else slice(0, width // 2)
    seconds = slice(1, width, 2) if near else slice(width // 2, width)
    swapped = [*row]
    swapped[firsts], swapped[seconds] = row[seconds], row[firsts]
    return swapped


def _self_attention(xs: Sequence[Any], weights: Any, **settings: Any) -> Pulled:
    """x̄ from both, the sequence and the memory"""
    ys, pullback = _multi_head_attention([(x, x) for x in xs], weights, **settings)

    def back(y_bars: list[Any]) -> Cotangents:
        bars, weights_bar = pullback(y_bars)
        return Cotangents(lambda: floats.add_pair(bars()), weights_bar)

    return ys, back


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, blocks.projected_heads): _projected_heads,
    (Layer, blocks.multi_head_attention): _multi_head_attention,
    (Layer, blocks.self_attention): _self_attention,
    (Layer, positions.rotary): _rotary,
}
