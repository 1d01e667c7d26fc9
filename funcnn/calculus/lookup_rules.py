"""Lookup rules: the pullbacks of what only picks numbers: embedding, and dropout."""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.folds import zip_with, zipped
from funcnn.algebra.scalars import add
from funcnn.algebra.trees import tree_map, zeros_like
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.embeddings import embedding
from funcnn.calculus.tracing import Pullback, Rule


def _embedding(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """W̄ₜ = Σ ȳᵢ over the places i of token t; a token has no cotangent, but 0"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        table_bar = [zeros_like([*row]) for row in weights]
        pairs = [(inputs, y_bar)] if isinstance(inputs, int) else zipped(inputs, y_bar)
        for token, bar in pairs:
            table_bar[token] = zip_with(add, table_bar[token], bar)
        return tree_map(lambda _: 0, inputs), table_bar

    return embedding(inputs, weights), back


def _dropout(inputs: Any, weights: Any = (), *, rate: Any) -> tuple[Any, Pullback]:
    """x̄ is the dropout of ȳ by the same mask, whose own cotangent is 0"""
    return dropout(inputs, weights, rate=rate), lambda y_bar: (
        dropout(y_bar, weights, rate=rate),
        tree_map(lambda _: 0, weights),
    )


RULES: Final[dict[Callable[..., Any], Rule]] = {embedding: _embedding, dropout: _dropout}
