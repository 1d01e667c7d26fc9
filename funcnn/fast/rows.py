"""Rows: what lists of rows hold, found at the speed of C, and their division among workers."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, Final

from funcnn.algebra import vectors


def kind_of(*matrices: Sequence[Any]) -> type:
    """The type of all entries of matrices whose rows are lists of one length, not empty; else
    object.

    >>> kind_of([[1.0, 2.0]], [(3.0, 4.0), [5.0, 6.0]])
    <class 'float'>
    >>> {kind_of([[1.0], [2]]), kind_of([[], []]), kind_of([[1], [1, 2]])}
    {<class 'object'>}
    """
    kind, *others = kinds_of(*matrices) or {object}
    one = kind is not object and not others and len({*map(len, chain.from_iterable(matrices))}) == 1
    return kind if one else object


def kinds_of(*matrices: Sequence[Any]) -> set[type]:
    """The types of all entries of matrices, if they are lists of lists; else {object}.

    >>> kinds_of([[1.0]], [[2, 3], [4.0]]) == {int, float}, kinds_of([[1.0]], [2.0]) == {object}
    (True, True)
    """
    if {*map(type, matrices)} <= {list, tuple}:
        return entry_types([*chain.from_iterable(matrices)])
    return {object}


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


def entry_types(rows: Sequence[Any]) -> set[type]:
    """The types of the entries of a list of lists; {object} of anything else.

    >>> entry_types([[1.0], [2, 3]]) == {int, float}, entry_types([[1.0], 2.0]) == {object}
    (True, True)
    """
    if {*map(type, rows)} <= {list, tuple}:
        return {type(entry) for row in rows for entry in row}
    return {object}


type Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""What maps a function over pieces of a batch: an executor's map, whose workers may be processes,
as all that is handed to it is picklable."""

PIECES: Final = 8
"""Pieces of a batch that is mapped, so that a few workers end at about the same time."""


def pieces[T](batch: Sequence[T], map: Map | None) -> list[Sequence[T]]:
    """The batch as a whole, or in pieces if there is a map for them.

    >>> pieces(range(12), None), pieces([1, 2, 3], map)
    ([range(0, 12)], [[1], [2], [3]])
    """
    if map is None:
        return [batch]
    size = -(-len(batch) // PIECES) or 1
    return [batch[start : start + size] for start in range(0, len(batch), size)]
