"""Embeddings: what turns tokens into numbers."""

from collections.abc import Sequence
from typing import Any

from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.vectors import Matrix, rectangle


def embedding[T](inputs: int | Sequence[int], weights: Matrix[T]) -> list[Any]:
    """The row of a table that stands for a token, or the rows for a list of tokens.

    PyTorch's Embedding, ONNX's Gather along axis 0, which also takes tokens from −v to −1, as
    Python's indices: here they are refused.

    The way back, from features to a score for each token, is `linear` with a table of this form;
    it may be the same table (`tied`).

    Haskell
        embedding t w = w !! t
    Maths
        y = Wᵀ·eₜ                                  the row t of W
    Shapes
        inputs a token, weights v×d  →  d
        inputs n tokens, weights v×d  →  n×d       v, d ≥ 1
    Order
        It rounds nothing.
    Errors
        ValueError   a token is not one of 0 to v − 1, or the table is ragged
        TypeError    a token is not an int, or the table or a row of it is not a list
    Laws
        embedding(t, W) == matvec(transpose(W), onehot(t))           over Fraction
    Source
        Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin, "A Neural Probabilistic Language Model",
        JMLR 3 (2003)

    >>> table = [[0.5, 1.0], [2.0, -1.0], [0.0, 4.0]]
    >>> embedding(1, table), embedding([2, 0], table)
    ([2.0, -1.0], [[0.0, 4.0], [0.5, 1.0]])
    >>> embedding([0, 3], table)
    Traceback (most recent call last):
    ValueError: token 3 is out of range: the table has 3 rows
    >>> embedding(-1, table)
    Traceback (most recent call last):
    ValueError: token -1 is out of range: the table has 3 rows
    """
    table = rectangle(weights, "row {} of the table".format, "the table")
    if isinstance(inputs, int):
        return [*table[_place(inputs, len(table))]]
    length_of(inputs, "inputs")
    return [[*table[_place(token, len(table))]] for token in inputs]


def _place(token: int, rows: int) -> int:
    if not 0 <= int_of(token, "a token") < rows:
        raise ValueError(f"token {token} is out of range: the table has {rows} rows")
    return token
