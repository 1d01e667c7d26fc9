"""Mutants: wrong matmuls that look right. A law counts if it tells them from the true one.

Each returns a result of the right shape and, of numbers of one kind, of that kind; it raises where
the reference raises (but for `rows_truncated`, whose mistake it is not to), and has one known
mistake.
"""

from functools import wraps
from typing import Any, Final

from funcnn.algebra.elementary import maximum
from funcnn.algebra.folds import foldl1, zip_with
from funcnn.algebra.scalars import lift, multiply
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, Vector, matmul, transpose
from funcnn.exchange.hex_words import nearest
from funcnn.laws.properties import Matmul


def plausible(mutant: Matmul) -> Matmul:
    """The mutant where the reference gives a result with entries; else what the reference does."""

    @wraps(mutant)
    def guarded(a: Matrix[Any], b: Matrix[Any]) -> Any:
        return mutant(a, b) if matmul(a, b) else []

    return guarded


@plausible
def last_term_dropped(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """The sum stops one short: an index one too low."""
    return matmul([[*row[:-1], row[-1] * 0] for row in a], b)


@plausible
def first_term_twice(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """The accumulator starts with the first term, and the loop adds it again."""
    return matmul([[row[0] * 2, *row[1:]] for row in a], b)


@plausible
def zeros(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """Nothing is computed."""
    return tree_map(lambda x: lift(0, x), matmul(a, b))


@plausible
def scaled(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """Every float is 0.09 % too large, within the usual tolerances; an int by a whole 1111th."""
    return tree_map(
        lambda x: x + x // 1111 if isinstance(x, int) else x + x * 9 / 10000, matmul(a, b)
    )


@plausible
def right_turned(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """The right matrix is read column by column where it is stored row by row."""
    entries = iter([entry for column in transpose(b) for entry in column])
    return matmul(a, [[next(entries) for _ in row] for row in b])


@plausible
def batch_swapped(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """The rows come back in the wrong order."""
    return matmul(a, b)[::-1]


@plausible
def columns_rotated(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """Every row's results are one place off."""
    return [[*row[1:], row[0]] for row in matmul(a, b)]


@plausible
def row_leaked(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """From the second on, a row is that of the example before."""
    return matmul([*a[:1], *a[:-1]], b)


@plausible
def sign_lost(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """Negative weights count as positive."""
    return matmul(a, tree_map(abs, b))


@plausible
def last_negated(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """The very last result has the wrong sign."""
    *rows, last = matmul(a, b)
    return [*rows, [*last[:-1], -last[-1]]]


@plausible
def largest_taken(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """The largest product in place of the sum of all."""

    def largest(row: Vector[Any], column: Vector[Any]) -> Any:
        return foldl1(maximum, zip_with(multiply, row, column))

    return [[largest(row, column) for column in transpose(b)] for row in a]


@plausible
def weights_narrowed(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """The right matrix is kept in 32 bits."""
    return matmul(a, tree_map(lambda x: nearest(x, 32) if isinstance(x, float) else x, b))


@plausible
def nan_swallowed(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """What is not a number comes back as zero."""
    return tree_map(lambda x: lift(0, x) if x != x else x, matmul(a, b))


def rows_truncated(a: Matrix[Any], b: Matrix[Any]) -> Any:
    """Where lengths differ, the shorter decides, as in Haskell's zipWith."""
    size = min(map(len, [b, *a]))
    return matmul([row[:size] for row in a], b[:size])


MUTANTS: Final[tuple[Matmul, ...]] = (
    last_term_dropped,
    first_term_twice,
    zeros,
    scaled,
    right_turned,
    batch_swapped,
    columns_rotated,
    row_leaked,
    sign_lost,
    last_negated,
    largest_taken,
    weights_narrowed,
    nan_swallowed,
    rows_truncated,
)
"""All of them."""
