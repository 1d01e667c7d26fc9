"""Rows: what nested lists hold, found fast."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

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
            return {*map(type, chain.from_iterable(rows))}
    return {object}


def kind_and_lengths(tensor: Any) -> tuple[type, tuple[int, ...]]:
    """The type of all entries of nested lists that are not ragged, and the lists' lengths; else
    object.

    >>> kind_and_lengths([[1.0, 2.0], (3.0, 4.0)])
    (<class 'float'>, (2, 2))
    >>> kind_and_lengths([[1.0], [2]])[0], kind_and_lengths([[1.0], []])[0]
    (<class 'object'>, <class 'object'>)
    """
    entries, lengths = [tensor], list[int]()
    while (kinds := {*map(type, entries)}) <= {list, tuple}:
        length, *others = {*map(len, entries)}
        if others or not length:
            return object, ()
        lengths.append(length)
        entries = [*chain.from_iterable(entries)]
    return kinds.pop() if len(kinds) == 1 else object, tuple(lengths)


class ImageRows(NamedTuple):
    """Images or kernels: the lengths of each, and the rows of all."""

    channels: int
    height: int
    width: int
    rows: Sequence[Sequence[Any]]


def tensor_of(nested: Any, rank: int) -> ImageRows | None:
    """Images or kernels of one or two axes; if of one, their height is 1.

    Nothing, if they are ragged, or empty, or not all of lists or tuples, or of other ranks.

    >>> tensor_of([[[1, 2]], [[3, 4]]], 1)
    ImageRows(channels=1, height=1, width=2, rows=[[1, 2], [3, 4]])
    """
    if rank not in (1, 2):
        return None
    lists, lengths = [nested], list[int]()
    for axis in range(rank + 2):
        lists = [*chain.from_iterable(lists)] if axis else lists
        found = {*map(len, lists)} if {*map(type, lists)} <= {list, tuple} else {0}
        if len(found) > 1 or 0 in found:
            return None
        lengths += found
    _, channels, *inner = lengths
    height, columns = [1, *inner][-2:]
    return ImageRows(channels, height, columns, lists)
