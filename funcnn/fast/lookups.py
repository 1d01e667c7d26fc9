"""Lookups: embedding and dropout over a batch: what is looked up for one is looked up once for all.

Otherwise, and for every error, the definition runs.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from funcnn.algebra.folds import length_of
from funcnn.algebra.scalars import divide
from funcnn.algebra.trees import Tree
from funcnn.algebra.vectors import Matrix, rectangle
from funcnn.blocks import dropouts, embeddings
from funcnn.fast.rows import are_float_lists, entry_types


def embedding(xs: Sequence[Any], weights: Matrix[Any]) -> list[list[Any]]:
    """The rows of a table for each of a batch of tokens, or of lists: blocks' `embedding` of each.

    >>> embedding([[0, 1], [1]], [[0.5, 1.0], [2.0, -1.0]])
    [[[0.5, 1.0], [2.0, -1.0]], [[2.0, -1.0]]]
    """
    length_of(xs, "xs")
    if entry_types(xs) == {int}:
        table = rectangle(weights, "row {} of the table".format, "the table")
        tokens = {token for x in xs for token in x}
        if 0 <= min(tokens) and max(tokens) < len(table):
            return [[[*table[token]] for token in x] for x in xs]
    return [embeddings.embedding(x, weights) for x in xs]


def dropout(xs: Sequence[Tree], weights: Tree = (), *, rate: Any) -> list[Tree]:
    """What a mask keeps of each of a batch: blocks' `dropout` of each.

    >>> dropout([[1.0, 2.0], [3.0, 4.0]], [True, False], rate=0.5)
    [[2.0, 0.0], [6.0, 0.0]]
    """
    length_of(xs, "xs")
    if are_float_lists(xs) and isinstance(rate, (int, float, Fraction)) and 0 <= rate < 1:
        if weights == ():
            return [[*x] for x in xs]
        if entry_types([weights]) == {bool} and {*map(len, xs)} == {len(weights)}:
            scale = divide(1.0, 1.0 - float(rate))
            return [
                [number * scale if keep else 0.0 for number, keep in zip(x, weights, strict=True)]
                for x in xs
            ]
    return [dropouts.dropout(x, weights, rate=rate) for x in xs]
