"""Rotations: Jacobi's, which turn rows of a matrix into each other until they are at rest.

Over numbers that round, float and Rounded; over Surd only where every root met is kept exactly.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import singledispatch
from itertools import combinations
from typing import Any, Final

from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.elementary import absolute, exceeds, maximum, sqrt
from funcnn.algebra.folds import foldl, foldl1
from funcnn.algebra.formats import NEAREST, Format
from funcnn.algebra.roundings import Rounded
from funcnn.algebra.scalars import alike, divide, lift, shown, unknown_kind
from funcnn.algebra.surds import Surd
from funcnn.algebra.vectors import Matrix, rectangle

SWEEPS: Final = 60
"""Of rotations through all pairs: what converges does so quadratically, in ten or so."""


@singledispatch
def unit_roundoff(like: Any) -> Fraction:
    """How far an operation on such numbers can be off, relative to its result. It is 0 if exact.

    Maths
        u = 2^−p                                   p bits, rounded to the nearest
        u = 2^(1 − p)                              rounded in any other way
    Errors
        TypeError    nobody has said it of such numbers
    Source
        N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, 2.1

    >>> unit_roundoff(1.0) == Fraction(1, 2**53), unit_roundoff(Fraction(1, 3))
    (True, Fraction(0, 1))
    """
    raise unknown_kind("unit_roundoff", like, unit_roundoff.registry)


unit_roundoff.register(float, lambda _: Fraction(1, 2**53))
unit_roundoff.register(Rounded, lambda like: _of_format(like.format))
unit_roundoff.register(int, lambda _: Fraction(0))
unit_roundoff.register(Fraction, lambda _: Fraction(0))
unit_roundoff.register(Dyadic, lambda _: Fraction(0))
unit_roundoff.register(Surd, lambda _: Fraction(0))


def _of_format(number_format: Format) -> Fraction:
    """2^−p, twice that if it is not the nearest that is rounded to"""
    whole = Fraction(1, 2 ** (number_format.precision - 1))
    return whole / 2 if number_format.rounding in NEAREST else whole


def finite(matrix: Matrix[Any], whole: str = "the matrix") -> Matrix[Any]:
    """The matrix, once it is known to have entries, finite and of one kind.

    Errors
        ValueError   it is empty, or ragged, or has an infinity or a NaN in it
        TypeError    numbers mix, or an entry is no number, or `unit_roundoff` knows none like it

    >>> finite([[1, 0.5]])
    [[1.0, 0.5]]
    >>> finite([[1.0, float("inf")]])
    Traceback (most recent call last):
    ValueError: row 0, entry 1: inf is not finite
    """
    rows = alike(rectangle(matrix, "row {}".format, whole), "row {}".format)
    if not rows:
        raise ValueError(f"{whole} is empty")
    unit_roundoff(rows[0][0])
    for index, row in enumerate(rows):
        for entry, number in enumerate(row):
            if number - number != 0:
                raise ValueError(f"row {index}, entry {entry}: {shown(number)} is not finite")
    return rows


def unit_matrix(size: int, like: Any) -> list[list[Any]]:
    """The unit matrix, of numbers of a kind.

    >>> unit_matrix(2, 0.5)
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return [[lift(int(row == column), like) for column in range(size)] for row in range(size)]


def scaled(matrix: Matrix[Any]) -> tuple[Any, list[list[Any]]]:
    """A power of two, and the matrix divided by it: its largest size is 1 then, or less than 2.

    Errors
        TypeError    the numbers have no quotients, as ints

    >>> scaled([[5.0, -6.0]])
    (4.0, [[1.25, -1.5]])
    """
    size = foldl1(maximum, [absolute(number) for row in matrix for number in row])
    scale, two = lift(1, size), lift(2, size)
    while exceeds(scale, size) and exceeds(size, 0):
        scale = divide(scale, two)
    while not exceeds(two, divide(size, scale)):
        scale = scale * two
    return scale, [[number / scale for number in row] for row in matrix]


def rotation(x: Any, y: Any, between: Any) -> tuple[Any, Any]:
    """The cosine and the sine of the smaller angle that makes the entry between x and y 0.

    Maths
        (c s; −s c)·(x b; b y)·(c −s; s c) is diagonal             |s| ≤ c
        s/c = ±1/(|r| + √(1 + r²)), r = (x − y)/2b                 |r| for √(1 + r²) if r² overflows
    Source
        G. Golub, C. Van Loan, "Matrix Computations", 4th ed., Johns Hopkins 2013, 8.5.2

    >>> rotation(0.0, 1.5, 1.0)
    (0.8944271909999159, -0.4472135954999579)
    """
    one, ratio = lift(1, between), (x - y) / (between + between)
    size, square = absolute(ratio), ratio * ratio
    tangent = one / (size + (sqrt(one + square) if square - square == 0 else size))
    cosine = one / sqrt(one + tangent * tangent)
    return cosine, cosine * (-tangent if exceeds(0, ratio) else tangent)


def rotated(matrix: Matrix[Any], p: int, q: int, angle: tuple[Any, Any]) -> list[list[Any]]:
    """The matrix with two rows turned into each other by an angle, of which the cosine and the sine
    are given.

    Maths
        c·p + s·q and c·q − s·p, for the rows p and q

    >>> rotated([[1.0, 2.0], [3.0, 4.0]], 0, 1, (0.0, 1.0))
    [[3.0, 4.0], [-1.0, -2.0]]
    """
    (cosine, sine), pairs = angle, [*zip(matrix[p], matrix[q], strict=True)]
    one, other = (
        [cosine * x + sine * y for x, y in pairs],
        [cosine * y - sine * x for x, y in pairs],
    )
    return replaced(matrix, p, q, (one, other))


def replaced[A](items: Sequence[A], p: int, q: int, others: tuple[Any, Any]) -> list[Any]:
    """The items, with others in two places.

    >>> replaced("abcd", 1, 3, ("B", "D"))
    ['a', 'B', 'c', 'D']
    """
    result: list[Any] = [*items]
    result[p], result[q] = others
    return result


def at_rest[S](turned: Callable[[S, tuple[int, int]], S], start: S, count: int) -> S:
    """What is left once no pair of so many rows turns any more, in a sweep through all of them.

    Haskell
        until (\\state -> sweep state == state) sweep start  where  sweep s = foldl turned s pairs
    Errors
        ValueError   after 60 sweeps some pair still turns

    >>> def in_order(items, pair):
    ...     one, other = (items[place] for place in pair)
    ...     return items if one <= other else replaced(items, *pair, (other, one))
    >>> at_rest(in_order, [3, 1, 2], 3)
    [1, 2, 3]
    """
    state, pairs = start, [*combinations(range(count), 2)]
    for _ in range(SWEEPS):
        before, state = state, foldl(turned, state, pairs)
        if state is before:
            return state
    raise ValueError(f"the rotations have not come to rest after {SWEEPS} sweeps")
