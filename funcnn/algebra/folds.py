"""Folds: the part of Haskell's prelude that networks are made of, strict and typed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any


def foldl[S, A](function: Callable[[S, A], S], start: S, items: Iterable[A]) -> S:
    """What is left in the accumulator once every item, from the left, has gone into it.

    Haskell
        foldl
    Maths
        foldl f s [a, b, c] = f (f (f s a) b) c

    >>> foldl(lambda total, digit: 10 * total + digit, 0, [1, 2, 3])
    123
    """
    return reduce(function, items, start)


def foldl1[A](function: Callable[[A, A], A], items: Sequence[A]) -> A:
    """A left fold that starts from the first item.

    Haskell
        foldl1
    Errors
        ValueError   there is no item to start from
        TypeError    the items are no sequence

    >>> foldl1(max, [3, 1, 2])
    3
    >>> foldl1(max, [])
    Traceback (most recent call last):
    ValueError: a fold without a start needs at least one item
    """
    if not length_of(items, "items"):
        raise ValueError("a fold without a start needs at least one item")
    return reduce(function, items)


def foldr[S, A](function: Callable[[A, S], S], start: S, items: Sequence[A]) -> S:
    """What is left in the accumulator once every item, from the right, has gone into it.

    Haskell
        foldr        (here strict: it always reaches the left end)
    Maths
        foldr f s [a, b, c] = f a (f b (f c s))

    >>> foldr(lambda item, rest: [item, *rest], [], [1, 2, 3])
    [1, 2, 3]
    """
    length_of(items, "items")
    return reduce(lambda state, item: function(item, state), reversed(items), start)


def scanl[S, A](function: Callable[[S, A], S], start: S, items: Iterable[A]) -> Iterator[S]:
    """Every state that a left fold passes through, the start first.

    Haskell
        scanl
    Laws
        the last of scanl(f, s, xs) == foldl(f, s, xs)

    >>> list(scanl(lambda total, item: total + item, 0, [1, 2, 3]))
    [0, 1, 3, 6]
    """
    state = start
    yield state
    for item in items:
        state = function(state, item)
        yield state


def map_accum_l[S, A, B](
    function: Callable[[S, A], tuple[S, B]], start: S, items: Iterable[A]
) -> tuple[S, list[B]]:
    """A left fold that also keeps what each step puts out.

    Haskell
        mapAccumL

    >>> map_accum_l(lambda total, item: (total + item, total * item), 0, [1, 2, 3])
    (6, [0, 2, 9])
    """
    state, outputs = start, list[B]()
    for item in items:
        state, output = function(state, item)
        outputs.append(output)
    return state, outputs


def map_accum_r[S, A, B](
    function: Callable[[S, A], tuple[S, B]], start: S, items: Sequence[A]
) -> tuple[S, list[B]]:
    """A right fold that also keeps what each step puts out, in the order of the items.

    Haskell
        mapAccumR

    >>> map_accum_r(lambda total, item: (total + item, total * item), 0, [1, 2, 3])
    (6, [5, 6, 0])
    """
    length_of(items, "items")
    state, outputs = map_accum_l(function, start, reversed(items))
    return state, outputs[::-1]


def zipped[A, B](
    xs: Sequence[A], ys: Sequence[B], names: tuple[str, str] = ("xs", "ys")
) -> Iterator[tuple[A, B]]:
    """The pairs of two sequences of one length.

    Haskell
        zip          (Haskell's stops at the shorter; this one raises)
    Errors
        ValueError   the lengths differ; `names` says whose
        TypeError    an argument is no sequence

    >>> list(zipped([1, 2], [3, 4]))
    [(1, 3), (2, 4)]
    >>> list(zipped([1, 2], [3], ("layers", "weights")))
    Traceback (most recent call last):
    ValueError: layers and weights differ in length: 2 and 1
    """
    one, other = names
    if length_of(xs, one) != length_of(ys, other):
        raise ValueError(f"{one} and {other} differ in length: {len(xs)} and {len(ys)}")
    return zip(xs, ys, strict=True)


def zip_with[A, B, C](
    function: Callable[[A, B], C],
    xs: Sequence[A],
    ys: Sequence[B],
    names: tuple[str, str] = ("xs", "ys"),
) -> list[C]:
    """The results of a function of two arguments on each pair.

    Haskell
        zipWith      (Haskell's stops at the shorter; this one raises)
    Errors
        ValueError   the lengths differ; `names` says whose
        TypeError    an argument is no sequence

    >>> zip_with(max, [1, 5], [4, 2])
    [4, 5]
    >>> zip_with(max, [1, 5], [4])
    Traceback (most recent call last):
    ValueError: xs and ys differ in length: 2 and 1
    """
    return [function(x, y) for x, y in zipped(xs, ys, names)]


def length_of(items: object, name: str) -> int:
    """The length of a sequence. A text is none.

    Errors
        TypeError    it is none: a generator, say, which one reading would use up

    >>> length_of([1, 2], "inputs")
    2
    >>> length_of(iter([1, 2]), "inputs")
    Traceback (most recent call last):
    TypeError: inputs is a list_iterator, not a list
    >>> length_of("ab", "inputs")
    Traceback (most recent call last):
    TypeError: inputs is a str, not a list
    """
    if isinstance(items, (list, tuple)):  # found faster
        return len(items)
    if isinstance(items, Sequence) and not isinstance(items, (str, bytes, bytearray)):
        return len(items)
    raise TypeError(f"{name} is a {type(items).__name__}, not a list")


def pair_of(value: Any, names: str) -> tuple[Any, Any]:
    """The two parts of a pair.

    Errors
        TypeError    it is none

    >>> pair_of((1, 2), "inputs (state, x)")
    (1, 2)
    >>> pair_of(None, "inputs (state, x)")
    Traceback (most recent call last):
    TypeError: inputs (state, x) are a pair, not a NoneType
    >>> pair_of([1, 2, 3], "inputs (state, x)")
    Traceback (most recent call last):
    TypeError: inputs (state, x) are a pair, not a list of length 3
    """
    if not isinstance(value, Sequence):
        raise TypeError(f"{names} are a pair, not a {type(value).__name__}")
    if len(value) != 2:
        raise TypeError(f"{names} are a pair, not a {type(value).__name__} of length {len(value)}")
    return value[0], value[1]


def parts_of(value: Any, names: str, *counts: int) -> list[Any]:
    """The parts of a tuple that has one of some lengths.

    Errors
        TypeError    it has another

    >>> parts_of(("q", "k"), "inputs (sequence, memory[, mask])", 2, 3)
    ['q', 'k']
    >>> parts_of(("q",), "inputs (sequence, memory[, mask])", 2, 3)
    Traceback (most recent call last):
    TypeError: inputs (sequence, memory[, mask]) are 2 or 3, not 1
    """
    found = length_of(value, names)
    if found not in counts:
        raise TypeError(f"{names} are {' or '.join(map(str, counts))}, not {found}")
    return [*value]


def int_of(value: object, name: str, least: int | None = None) -> int:
    """The value of a setting that is an int.

    Errors
        ValueError   it is less than the least
        TypeError    it is no int, or a bool

    >>> int_of(3, "heads", 1)
    3
    >>> int_of(0, "heads", 1)
    Traceback (most recent call last):
    ValueError: heads is 0: give 1 or more
    >>> int_of(2.0, "heads", 1)
    Traceback (most recent call last):
    TypeError: heads is a float, not an int
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is a {type(value).__name__}, not an int")
    if least is not None and value < least:
        raise ValueError(f"{name} is {value}: give {least} or more")
    return value


def bool_of(value: object, name: str) -> bool:
    """The value of a setting that is a bool.

    Errors
        TypeError    it is none: a text that says "no", say, which counts as true

    >>> bool_of(True, "causal")
    True
    >>> bool_of("no", "causal")
    Traceback (most recent call last):
    TypeError: causal is a str, not a bool
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} is a {type(value).__name__}, not a bool")
    return value
