"""Exact: products of matrices of ints, dyadics or floats, in lanes, where nothing rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched, chain
from math import sumprod
from struct import error, pack
from typing import Any, Final, NamedTuple

from funcnn.algebra import vectors
from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.elementary import absolute
from funcnn.algebra.folds import zipped
from funcnn.algebra.vectors import Matrix, Vector, rectangle
from funcnn.fast.lanes import Lanes, width
from funcnn.fast.planes import DIGIT, FixedPoint, Plane, fixed_point, planes, span
from funcnn.fast.rows import entry_types
from funcnn.fast.tables import FEWEST, sums_by_tables

WIDEST: Final = 200
"""Bits of an integer up to which lanes pay, since all are as wide. The rest is the reference's."""


def weighted_sum(
    scalars: Sequence[Plane], rows: Sequence[int], lanes: Lanes, largest: int
) -> FixedPoint:
    """The sum of multiples of packed rows, unpacked: by planes of the scalars, of which each is
    unpacked alone. The rows' largest integer is given.

    >>> lanes = Lanes(2, 10)
    >>> weighted_sum(planes([2**40, -1]), [lanes.pack([1, 2]), lanes.pack([5, 0])], lanes, 5)
    FixedPoint(integers=[1099511627771, 2199023255552], exponent=0)
    """
    (digits, exponent, _), *later = scalars
    sums = FixedPoint(lanes.unpack(weighted_rows(digits, rows)), exponent)
    for digits, exponent, places in later:
        packed = weighted_rows(digits, [rows[k] for k in places])
        part = lanes.unpack(packed, sum(map(abs, digits)) * largest)
        sums = _sum(sums, FixedPoint(part, exponent))
    return sums


def weighted_rows(scalars: Sequence[int], rows: Sequence[int]) -> int:
    """The sum of multiples of packed rows.

    >>> weighted_rows([2, 3], [10, 1000])
    3020
    """
    return int(sumprod(scalars, rows))


def _sum(one: FixedPoint, other: FixedPoint) -> FixedPoint:
    shift = one.exponent - other.exponent
    pairs = zip(one.integers, other.integers, strict=True)
    return FixedPoint([(x << shift) + y for x, y in pairs], other.exponent)


class FixedRows(NamedTuple):
    """A matrix of the numbers integer·2^exponent, with an exponent for each row."""

    integers: list[list[int]]
    exponents: list[int]


def exact_matmul(left: Matrix[Any], right: Matrix[Any]) -> FixedRows:
    """The exact product of two matrices of floats, ints or dyadics.

    Shapes
        left m×n, right n×p  →  integers m×p, exponents m          n, p ≥ 1
    Order
        Nothing rounds. The farther the exponents lie apart, the wider are all lanes.
    Errors
        ValueError   the factors do not go together
        TypeError    an entry is no float, int or dyadic, or infinite, or NaN; or a row is no list

    >>> exact_matmul([[0.5, 1e16]], [[2.0], [1.0]])
    FixedRows(integers=[[20000000000000002]], exponents=[-1])
    """
    rows, others = vectors.factors(left, right)
    if not rows:
        return FixedRows([], [])
    entries, exponent = fixed_point([*chain.from_iterable(others)])
    scalars, entry = [planes(row) for row in rows], largest([entries])
    most = max(sum(map(abs, plane.digits)) for row in scalars for plane in row)
    lanes = Lanes(len(others[0]), width(max(1, most) * entry))
    packed = [lanes.pack(row) for row in batched(entries, lanes.count)]
    sums = [weighted_sum(row, packed, lanes, entry) for row in scalars]
    return FixedRows([row.integers for row in sums], [row.exponent + exponent for row in sums])


def absolute_matmul(left: Matrix[Any], right: Matrix[Any]) -> FixedRows:
    """The exact product of two matrices' absolute values, of which bounds of rounding are made.

    Maths
        |A|·|B|

    >>> absolute_matmul([[1, -2]], [[-3], [4]])
    FixedRows(integers=[[11]], exponents=[0])
    """
    factors = vectors.factors(left, right)
    return exact_matmul(*([[absolute(x) for x in row] for row in factor] for factor in factors))


def matmul(left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    """The product of two matrices: algebra's `matmul`, faster if they hold ints or dyadics.

    >>> matmul([[1, 2], [3, 4]], [[1, 0], [5, 1]])
    [[11, 2], [23, 4]]
    """
    kinds = entry_types(left, right)
    if not kinds <= {int, Dyadic} or not left:
        return vectors.matmul(left, right)
    rows, others = vectors.factors(left, right)
    if kinds == {int}:
        return _int_matmul(rows, others)
    if max(map(span, [*rows, [*chain.from_iterable(others)]])) > WIDEST:
        return vectors.matmul(left, right)
    integers, exponents = exact_matmul(rows, others)
    return [[Dyadic(x, e) for x in row] for row, e in zipped(integers, exponents)]


def _int_matmul(left: Matrix[int], right: Matrix[int]) -> list[list[int]]:
    bytewise, scalar = in_bytes(left)
    entries, entry = in_bytes(right)
    if max(scalar, entry).bit_length() > WIDEST:
        return vectors.matmul(left, right)
    lanes = Lanes(len(right[0]), width(len(right) * max(1, min(scalar, 1 << DIGIT)) * entry))
    packed = [*map(lanes.load, entries)] if entries else [*map(lanes.pack, right)]
    if bytewise and len(left) >= FEWEST:
        return [*map(lanes.unpack, sums_by_tables(bytewise, packed))]
    if scalar < 1 << DIGIT:
        return [lanes.unpack(weighted_rows(row, packed)) for row in left]
    return [weighted_sum(planes(row), packed, lanes, entry).whole() for row in left]


ABSOLUTE: Final = bytes(min(byte, 256 - byte) for byte in range(256))
"""The absolute value of each byte in two's complement."""


def in_bytes(matrix: Matrix[int]) -> tuple[list[bytes], int]:
    """The rows of a matrix of ints in two's complement, a byte each, if they fit, and the largest
    absolute value.

    >>> in_bytes([[1, -5]]), in_bytes([[-1000]])
    (([b'\\x01\\xfb'], 5), ([], 1000))
    """
    try:
        rows = [pack(f"<{len(row)}b", *row) for row in matrix]
    except error:
        return [], largest(matrix)
    return rows, max(b"".join(rows).translate(ABSOLUTE))


def largest(matrix: Matrix[int]) -> int:
    """The largest absolute value in a matrix of ints.

    >>> largest([[1, -5], [3, 2]])
    5
    """
    return max(max(map(max, matrix)), -min(map(min, matrix)))


@dataclass(frozen=True, slots=True)
class Packed(Sequence[list[Any]]):
    """A matrix of ints or dyadics, its columns packed: its product with a vector is one sum of
    multiples of them. `to_lanes` makes one. With a matrix, it is the rows' product.

    >>> matrix = to_lanes([[1, 2], [3, 4]])
    >>> matrix[1], len(matrix), vectors.matvec(matrix, [10, 1])
    ([3, 4], 2, [12, 34])
    """

    rows: tuple[tuple[Any, ...], ...]
    columns: tuple[int, ...]
    lanes: Lanes
    largest: int
    """Of the integers in the columns."""
    exponents: tuple[int, ...]
    """Row i holds its integers times 2^exponents[i]."""
    kinds: frozenset[type]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        rows = self.rows[index]
        return [*map(list, rows)] if isinstance(index, slice) else [*rows]


def to_lanes(matrix: Matrix[Any]) -> Packed:
    """A matrix of ints or dyadics, packed to be a network's weights.

    Errors
        ValueError   the rows' lengths differ, or are 0; or a row's numbers lie too far apart
        TypeError    an entry is no int and no dyadic

    >>> from funcnn.blocks.linears import dense
    >>> dense([1, 2], to_lanes([[3, 4], [-5, 0]]))
    [11, 0]
    >>> to_lanes([[0.5]])
    Traceback (most recent call last):
    TypeError: row 0, entry 0: lanes hold no float; convert it with dyadic
    """
    rows = tuple(map(tuple, rectangle(matrix, "row {}".format)))
    for index, row in enumerate(rows):
        _check(row, f"row {index}")
    fixed = [fixed_point(numbers) for numbers in rows]
    integers = [numbers.integers for numbers in fixed]
    entry = largest(integers) if rows else 0
    columns = [*zip(*integers, strict=True)]
    lanes = Lanes(len(rows), width(len(columns) * (1 << DIGIT) * entry))
    exponents = tuple(numbers.exponent for numbers in fixed)
    kinds = frozenset(entry_types(rows))
    return Packed(rows, tuple(map(lanes.pack, columns)), lanes, entry, exponents, kinds)


def _check(row: Sequence[Any], place: str) -> None:
    for entry, number in enumerate(row):
        if type(number) not in (int, Dyadic):
            kind = type(number).__name__
            raise TypeError(f"{place}, entry {entry}: lanes hold no {kind}; convert it with dyadic")
    if span(row) > WIDEST:
        raise ValueError(f"{place}: one of its numbers needs more than {WIDEST} bits; use no lanes")


def _matvec(matrix: Packed, vector: Vector[Any]) -> list[Any]:
    kinds = entry_types([vector])
    unfit = not kinds or not kinds <= {int, Dyadic} or len(vector) != len(matrix.columns)
    if unfit or span(vector) > WIDEST:
        return vectors.matvec(matrix.rows, vector)
    sums = weighted_sum(planes(vector), matrix.columns, matrix.lanes, matrix.largest)
    if kinds | matrix.kinds == {int}:
        return sums.whole()
    pairs = zipped(sums.integers, matrix.exponents)
    return [Dyadic(x, sums.exponent + e) for x, e in pairs]


def _matmul(matrix: Packed, right: Matrix[Any]) -> list[list[Any]]:
    return matmul(matrix.rows, right)


vectors.matvec.register(Packed, _matvec)
vectors.matmul.register(Packed, _matmul)
