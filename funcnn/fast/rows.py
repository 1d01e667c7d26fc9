"""Rows: what lists of rows hold, found fast."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from funcnn.algebra import vectors


def kind_of(*matrices: Sequence[Any]) -> type:
    """The type of all entries of matrices whose rows are lists of one length, not empty; else
    object.

    >>> kind_of([[1.0, 2.0]], [(3.0, 4.0), [5.0, 6.0]])
    <class 'float'>
    >>> {kind_of([[1.0], [2]]), kind_of([[], []]), kind_of([[1], [1, 2]])}
    {<class 'object'>}
    """
    kind, *others = entry_types(*matrices) or {object}
    one = kind is not object and not others and len({*map(len, chain.from_iterable(matrices))}) == 1
    return kind if one else object


def is_representation(matrix: Any) -> bool:
    """Whether a matrix is kept in a way that has a product of its own.

    >>> is_representation([[1.0]])
    False
    """
    return vectors.matmul.dispatch(type(matrix)) is not vectors.matmul.dispatch(object)


def are_float_lists(rows: Sequence[Any]) -> bool:
    """Whether all rows are lists of floats.

    >>> are_float_lists([[1.0], []]), are_float_lists([[1.0], (2.0,)]), are_float_lists([[1]])
    (True, False, False)
    """
    return {*map(type, rows)} == {list} and entry_types(rows) == {float}


def entry_types(*matrices: Sequence[Any]) -> set[type]:
    """The types of all entries of matrices, if they are lists of lists; else {object}.

    >>> entry_types([[1.0]], [[2, 3], [4.0]]) == {int, float}, entry_types([[1.0], 2.0]) == {object}
    (True, True)
    """
    if {*map(type, matrices)} <= {list, tuple}:
        rows = [*chain.from_iterable(matrices)]
        if {*map(type, rows)} <= {list, tuple}:
            return {type(entry) for row in rows for entry in row}
    return {object}
