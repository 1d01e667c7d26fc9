"""Batches: examples to learn from, some at a time, in an order drawn from a key."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from toolz import partition_all

from funcnn.algebra.folds import int_of, length_of, zipped
from funcnn.algebra.keys import shuffled, split


class Batch(NamedTuple):
    """Examples, and a target for each."""

    inputs: Sequence[Any]
    targets: Sequence[Any]


def epoch(key: int, examples: Batch, size: int) -> Iterator[Batch]:
    """All examples once, in an order drawn from the key, in batches; the last may be smaller.

    Errors
        ValueError   inputs and targets differ in number, or the size is not positive
        TypeError    the size is no int

    >>> [len(batch.inputs) for batch in epoch(0, Batch([5, 6, 7, 8, 9], [1, 2, 3, 4, 5]), 2)]
    [2, 2, 1]
    """
    pairs = shuffled(int_of(key, "key"), [*zipped(*examples, ("inputs", "targets"))])
    parts = partition_all(min(int_of(size, "size", 1), len(pairs) + 1), pairs)
    return (Batch([x for x, _ in part], [target for _, target in part]) for part in parts)


def epochs(key: int, examples: Batch, size: int, count: int, *, start: int = 0) -> Iterator[Batch]:
    """The batches of so many epochs, each in an order of its own, from the start-th on.

    Settings
        start   how many batches were taken before: a state's step
    Errors
        ValueError   count or start is negative
        TypeError    one of them is no int
        and those of `epoch`

    >>> examples = Batch([5, 6, 7], [1, 2, 3])
    >>> everything = [*epochs(0, examples, 2, 3)]
    >>> len(everything), [*epochs(0, examples, 2, 3, start=4)] == everything[4:]
    (6, True)
    """
    per_epoch = max(1, batches_per_epoch(examples, size))
    passed, rest = divmod(int_of(start, "start", 0), per_epoch)
    keys = split(int_of(key, "key"), int_of(count, "count", 0))
    of_each = (epoch(part, examples, size) for part in keys[passed:])
    return islice(chain.from_iterable(of_each), rest, None)


def batches_per_epoch(examples: Batch, size: int) -> int:
    """How many batches hold all examples.

    Errors
        ValueError   the size is not positive

    >>> batches_per_epoch(Batch([5, 6, 7], [1, 2, 3]), 2)
    2
    """
    return -(-length_of(examples.inputs, "inputs") // int_of(size, "size", 1))
