"""Arrays: nested lists that are not ragged, of finite numbers of one kind, as a list of these."""

from collections.abc import Iterable, Sequence
from itertools import batched, chain
from math import isfinite, prod
from typing import Any, NamedTuple

from funcnn.fast.floats import KINDS
from funcnn.fast.rows import kind_and_lengths


class Array(NamedTuple):
    """The kind of nested lists' numbers, the lists' lengths, and the numbers, the last axis
    fastest."""

    kind: type
    lengths: tuple[int, ...]
    numbers: list[Any]


def array_of(tensor: Any) -> Array | None:
    """Nested lists as an array; nothing, if they are ragged or empty, or hold what is no number, or
    numbers of several kinds, or infinities or NaN.

    >>> array_of([[1.0, 2.0]])
    Array(kind=<class 'float'>, lengths=(1, 2), numbers=[1.0, 2.0])
    >>> array_of([[1.0], [2]]), array_of([float("inf")]), array_of([[1], [2, 3]]), array_of(1.0)
    (None, None, None, None)
    """
    kind, lengths = kind_and_lengths(tensor)
    if kind not in KINDS or not lengths:
        return None
    for _ in lengths[1:]:
        tensor = chain.from_iterable(tensor)
    array = Array(kind, lengths, [*tensor])
    return array if kind is not float or isfinite(sum(array.numbers)) else None


def array_of_lists(tensor: Any) -> Array | None:
    """Nested lists as an array, if there are no tuples among them: to tuples go tuples.

    >>> array_of_lists([[1.0, 2.0]]) == array_of([[1.0, 2.0]]), array_of_lists([(1.0, 2.0)])
    (True, None)
    """
    array = array_of(tensor)
    return array if array and in_lists(array.numbers, array.lengths) == tensor else None


def in_lists(numbers: Iterable[Any], lengths: Sequence[int]) -> list[Any]:
    """The numbers in nested lists of such lengths.

    Laws
        in_lists(array.numbers, array.lengths) == x for array = array_of(x)

    >>> in_lists([1, 2, 3, 4, 5, 6], (3, 2))
    [[1, 2], [3, 4], [5, 6]]
    """
    for length in reversed(lengths[1:]):
        numbers = map(list, batched(numbers, length))
    return [*numbers]


def parts(array: Array) -> list[Array]:
    """Each of the first axis, as an array.

    >>> parts(array_of([[1, 2], [3, 4]]))[1]
    Array(kind=<class 'int'>, lengths=(2,), numbers=[3, 4])
    """
    kind, (_, *lengths), numbers = array
    return [Array(kind, (*lengths,), [*part]) for part in batched(numbers, prod(lengths))]


def planes(images: Array) -> list[tuple[Any, ...]]:
    """The numbers of each channel of each image.

    >>> planes(array_of([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]))
    [(1, 2), (3, 4), (5, 6), (7, 8)]
    """
    return [*batched(images.numbers, prod(images.lengths[2:]))]


def channels(images: Array) -> list[list[Any]]:
    """The numbers of each channel, in all images.

    >>> channels(array_of([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]))
    [[1, 2, 5, 6], [3, 4, 7, 8]]
    """
    columns = zip(*batched(planes(images), images.lengths[1]), strict=True)
    return [[*chain.from_iterable(column)] for column in columns]


def images_of(channels: Iterable[Sequence[Any]], lengths: Sequence[int]) -> list[Any]:
    """Images in nested lists of such lengths, from the numbers of each channel in all of them.

    Laws
        images_of(channels(images), images.lengths) == x for images = array_of(x)

    >>> images_of([[1, 2, 5, 6], [3, 4, 7, 8]], (2, 2, 2))
    [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    """
    size = prod(lengths[2:])
    rows = zip(*(batched(channel, size) for channel in channels), strict=True)
    return in_lists(chain.from_iterable(chain.from_iterable(rows)), lengths)
