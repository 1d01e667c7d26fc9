"""Lookup pullbacks: of what picks numbers, over a batch: embedding, learned positions, dropout."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from toolz import groupby

from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import Tree, tree_map, zeros_like
from funcnn.blocks import dropouts, embeddings
from funcnn.blocks import positions as blocks
from funcnn.blocks.combinators import Layer
from funcnn.fast import attention, lookups
from funcnn.fast.batch_rules import Pulled
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents
from funcnn.fast.linear_pullbacks import column_sums


def _embedding(xs: Sequence[Any], weights: Any) -> Pulled:
    """W̄ₜ = Σ ȳ over all places of token t; a token has no cotangent, but 0"""

    def back(y_bars: list[Any]) -> Cotangents:
        places = chain.from_iterable(_places(*pair) for pair in zipped(xs, y_bars))
        table_bar = _rows_summed(weights, places)
        return Cotangents(lambda: tree_map(lambda _: 0, [*xs]), table_bar)

    return lookups.embedding(xs, weights), back


def _places(x: Any, y_bar: Any) -> Iterable[tuple[int, Any]]:
    """the tokens, and the cotangent of each"""
    return [(x, y_bar)] if isinstance(x, int) else zipped(x, y_bar)


def _learned_positions(xs: Sequence[Any], weights: Any, *, start: int = 0) -> Pulled:
    """X̄ = Ȳ, and of each position the sum is W̄'s row"""

    def back(y_bars: list[Any]) -> Cotangents:
        positions = [range(start, start + len(x)) for x in xs]
        places = chain.from_iterable(zipped(*pair) for pair in zipped(positions, y_bars))
        return Cotangents(lambda: y_bars, _rows_summed(weights, places))

    return attention.learned_positions(xs, weights, start=start), back


def _rows_summed(table: Any, places: Iterable[tuple[int, Any]]) -> list[Any]:
    """for each row of a table, the sum of the rows whose place it is"""
    sums = [zeros_like([*row]) for row in table]
    for place, pairs in groupby(lambda pair: pair[0], places).items():
        sums[place] = column_sums([row for _, row in pairs])
    return sums


def _dropout(xs: Sequence[Tree], weights: Tree = (), *, rate: Any) -> Pulled:
    """x̄ is the dropout of ȳ by the same mask, whose own cotangent is 0"""
    return lookups.dropout(xs, weights, rate=rate), lambda y_bars: Cotangents(
        lambda: lookups.dropout(y_bars, weights, rate=rate), tree_map(lambda _: 0, weights)
    )


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, embeddings.embedding): _embedding,
    (Layer, blocks.learned_positions): _learned_positions,
    (Layer, dropouts.dropout): _dropout,
}
