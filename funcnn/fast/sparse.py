"""Sparse: a matrix without the zeros of a fixed pattern, kept as a bunch of smaller vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, compress, repeat
from math import isfinite, sumprod
from operator import itemgetter
from typing import Any, Final

from toolz import groupby

from funcnn.algebra import vectors
from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.scalars import alike
from funcnn.algebra.vectors import Matrix, Vector, rectangle
from funcnn.fast.rows import entry_types

type Columns = tuple[int, ...]
type Gather = Callable[[Sequence[Any]], Sequence[Any]]

KINDS: Final = (int, float, Fraction, Dyadic)
"""The numbers whose zeros are left out: 0·x is nothing to a sum of them, if x is finite."""


@dataclass(frozen=True, slots=True)
class Sparse(Sequence[list[Any]]):
    """A matrix without most of its zeros. `to_sparse` makes one.

    Each row is a smaller vector. The entries that it is multiplied with are gathered once for all
    rows of one pattern, as the rows of a block are.

    Order
        Floats are summed by sumprod, without the zeros.
    Laws
        0·∞ is NaN: among floats that are not all finite no zero is left out, and the reference
        runs; as it does where floats stand beside ints, and on numbers of other kinds

    >>> sparse = to_sparse([[0.5, 0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, -1.0]])
    >>> sparse.patterns, sparse.places, sparse.rows
    (((0, 3), (0,)), (0, 1, 0), ((0.5, 2.0), (0.0,), (1.0, -1.0)))
    >>> sparse[2], vectors.matvec(sparse, [2.0, 5.0, 5.0, 1.0])
    ([1.0, 0.0, 0.0, -1.0], [3.0, 0.0, 1.0])
    """

    patterns: tuple[Columns, ...]
    """The columns that a row keeps, for each kind of row."""
    places: tuple[int, ...]
    """Row i has the pattern patterns[places[i]]."""
    rows: tuple[tuple[Any, ...], ...]
    width: int
    zero: Any
    """What was left out."""
    kinds: frozenset[type]
    """Of all numbers, the zeros too."""
    gathers: tuple[Gather, ...] = field(compare=False, repr=False)
    """What gathers the entries of each pattern."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        columns = self.patterns[self.places[index]]
        kept = dict(zip(columns, self.rows[index], strict=True))
        return [kept.get(column, self.zero) for column in range(self.width)]


def to_sparse(matrix: Matrix[Any]) -> Sparse:
    """A matrix without its zeros, of the type of the first of them, to be a network's weights.

    A row of zeros keeps one. −0.0 is left out like 0.0.

    Errors
        ValueError   the rows' lengths differ, or are 0
        TypeError    the matrix or a row is no list

    >>> from funcnn.blocks.linears import dense
    >>> dense([Fraction(1, 2), 3], to_sparse([[0, Fraction(1, 3)], [Fraction(4), 0], [0, 0]]))
    [Fraction(1, 1), Fraction(2, 1), Fraction(0, 1)]
    >>> to_sparse([[0, 1], [1]])
    Traceback (most recent call last):
    ValueError: row 1 has length 1, row 0 has length 2
    """
    rows = rectangle(matrix, "row {}".format)
    numbers = chain.from_iterable(rows)
    zero = next((type(n)(0) for n in numbers if type(n) in KINDS and n == 0), 0)
    width = len(rows[0]) if rows else 0
    every = [*range(width)]
    columns = [_kept(row, zero, every) for row in rows]
    patterns = {pattern: place for place, pattern in enumerate(dict.fromkeys(columns))}
    return Sparse(
        patterns=tuple(patterns),
        places=tuple(patterns[pattern] for pattern in columns),
        rows=tuple(
            tuple(gathering(pattern)(row)) for pattern, row in zip(columns, rows, strict=True)
        ),
        width=width,
        zero=zero,
        kinds=frozenset(map(type, chain.from_iterable(rows))),
        gathers=tuple(map(gathering, patterns)),
    )


def _kept(row: Vector[Any], zero: Any, places: Sequence[int]) -> Columns:
    """of all places those without a zero; they are few objects, which are found faster"""
    return tuple(compress(places, [type(n) is not type(zero) or n != 0 for n in row])) or (0,)


def gathering(columns: Columns) -> Gather:
    """The function from a vector to its entries in one or more columns, which are in order.

    >>> gathering((0, 2))([10, 11, 12, 13]), gathering((1, 2, 3))([10, 11, 12, 13])
    ((10, 12), [11, 12, 13])
    """
    first, end = columns[0], columns[-1] + 1
    neighbors = end - first == len(columns)
    return itemgetter(slice(first, end)) if neighbors else itemgetter(*columns)


def _matvec(matrix: Sparse, vector: Vector[Any]) -> list[Any]:
    factors = _factors(matrix, [vector])
    if not factors or len(vector) != matrix.width:
        return vectors.matvec([*matrix], vector)
    product, (numbers,) = factors
    entries = tuple(numbers)
    picked = [gather(entries) for gather in matrix.gathers]
    return [*map(product, matrix.rows, [picked[place] for place in matrix.places])]


def _matmul(matrix: Sparse, right: Matrix[Any]) -> list[list[Any]]:
    factors = _factors(matrix, rectangle(right, "row {} of right".format, "right"))
    if not factors or len(right) != matrix.width:
        return vectors.matmul([*matrix], right)
    product, numbers = factors
    products: dict[int, list[Any]] = {}
    for place, indices in groupby(matrix.places.__getitem__, range(len(matrix))).items():
        picked = zip(*matrix.gathers[place](numbers), strict=True)
        shared = [*picked] if len(indices) > 1 else picked
        for index in indices:
            products[index] = [*map(product, repeat(matrix.rows[index]), shared)]
    return [products[index] for index in range(len(matrix))]


def _factors(
    matrix: Sparse, others: Sequence[Vector[Any]]
) -> tuple[Callable[[Any, Any], Any], Sequence[Vector[Any]]] | None:
    """the product of a row with one of the others, and these, ints lifted; None: keep the zeros"""
    kinds = matrix.kinds | entry_types(others)
    if kinds == {int} or (kinds == {float} and all(isfinite(sum(other)) for other in others)):
        return sumprod, others
    for kind in (Fraction, Dyadic):
        if kind in kinds and kinds <= {int, kind}:
            return vectors.dot, alike([[kind(0)], *others])[1:]
    return None


vectors.matvec.register(Sparse, _matvec)
vectors.matmul.register(Sparse, _matmul)
