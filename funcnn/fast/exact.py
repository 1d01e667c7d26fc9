"""Exact: products of matrices of ints, dyadics or floats, in lanes, where nothing rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched, chain, compress, repeat
from math import frexp, isfinite, ldexp, sumprod
from operator import mul
from struct import error, pack
from typing import Any, Final, NamedTuple

from funcnn.algebra import vectors
from funcnn.algebra.dyadics import Dyadic, dyadic, top
from funcnn.algebra.folds import zipped
from funcnn.algebra.vectors import Matrix, Vector, rectangle
from funcnn.fast.lanes import Lanes, width
from funcnn.fast.rows import entry_types, kinds_of
from funcnn.fast.tables import FEWEST, combinations

DIGIT: Final = 30
"""Bits in a digit of CPython's int. A factor of one digit costs one pass over the other factor."""

PRECISIONS: Final = (1, 8, 24, 53)
"""Bits that floats are tried with: a power of two has 1, binary32's have 24, all have 53."""

WIDEST: Final = 1 << 13
"""Bits of the largest integer that is packed: more than any floats need that share an exponent.
A larger one would make every lane as wide; it is left to the reference."""


class FixedPoint(NamedTuple):
    """The numbers integer·2^exponent, with one exponent for all."""

    integers: list[int]
    exponent: int

    def whole(self) -> list[int]:
        """The numbers, if the exponent is not negative.

        >>> FixedPoint([3], 2).whole()
        [12]
        """
        return [x << self.exponent for x in self.integers] if self.exponent else self.integers


def fixed_point(numbers: Sequence[Any]) -> FixedPoint:
    """Floats, ints or dyadics with one exponent.

    Errors
        TypeError    a number is of another kind, or infinite, or NaN

    >>> fixed_point([0.5, -3.0, 0.0])
    FixedPoint(integers=[1, -6, 0], exponent=-1)
    """
    kinds = {*map(type, numbers)}
    if kinds == {int}:
        return FixedPoint([*numbers], 0)
    if kinds == {float}:
        smallest = min(map(abs, numbers)) or min(filter(None, map(abs, numbers)), default=1.0)
        for precision in PRECISIONS:
            shift = min(precision - frexp(smallest)[1], 1023)
            scale = ldexp(1.0, shift)
            if all(map(float.is_integer, map(mul, numbers, repeat(scale)))):
                return FixedPoint([int(x * scale) for x in numbers], -shift)
    dyadics = [*map(dyadic, numbers)]
    exponent = min((x.exponent for x in dyadics if x.integer), default=0)
    integers = [x.integer << x.exponent - exponent if x.integer else 0 for x in dyadics]
    return FixedPoint(integers, exponent)


def span(numbers: Sequence[int | Dyadic]) -> int:
    """The bits of the largest integer of some numbers with one exponent.

    >>> span([Dyadic(1, 10), 3, Dyadic(0, 10**9)])
    11
    """
    dyadics = [x for x in map(dyadic, numbers) if x.integer]
    return max(map(top, dyadics)) - min(x.exponent for x in dyadics) if dyadics else 0


class Plane(NamedTuple):
    """Digits of some numbers, the exponent of their weight, and the numbers' places."""

    digits: Sequence[int]
    exponent: int
    places: Sequence[int]


def planes(numbers: Sequence[Any]) -> list[Plane]:
    """Floats, ints or dyadics as sums of digits·2^exponent, digits of 30 bits or fewer.

    Numbers of few significant bits, such as binary32's, have few digits after the first. A digit
    that is 0 is left out there.

    Errors
        TypeError    a number is of another kind, or infinite, or NaN

    >>> for plane in planes([5, -(2**40)]):
    ...     print(*plane)
    [0, -536870912] 11 range(0, 2)
    [5] 0 [0]
    """
    if {*map(type, numbers)} == {float} and all(map(isfinite, numbers)):
        largest = max(max(numbers), -min(numbers))
        if largest < 2.0**DIGIT:
            return _float_planes(numbers, max(frexp(largest)[1] - DIGIT, -1023))
    return _int_planes(*fixed_point(numbers))


def _float_planes(numbers: Sequence[float], exponent: int) -> list[Plane]:
    """from an exponent that is 0 or less: to scale by its power rounds nothing"""
    scale = ldexp(1.0, -exponent)
    scaled = [x * scale for x in numbers]
    digits = [int(x) for x in scaled]
    rest = [x - digit for x, digit in zip(scaled, digits, strict=True)]
    places = [*compress(range(len(rest)), rest)]
    later = _int_planes(*fixed_point([*filter(None, rest)])) if places else []
    return [Plane(digits, exponent, range(len(digits)))] + [
        Plane(more, exponent + below, [places[k] for k in at]) for more, below, at in later
    ]


def _int_planes(rest: list[int], exponent: int) -> list[Plane]:
    places: Sequence[int] = range(len(rest))
    found = list[Plane]()
    while places:
        cut = max(0, max(map(abs, rest)).bit_length() - DIGIT)
        found.append(Plane([x >> cut for x in rest], exponent + cut, places))
        rest = [x & (1 << cut) - 1 for x in rest]
        places = [*compress(places, rest)]
        rest = [*filter(None, rest)]
    return found


def combination(
    scalars: Sequence[Plane], rows: Sequence[int], lanes: Lanes, largest: int
) -> FixedPoint:
    """The sum of multiples of packed rows, unpacked: the scalars by planes, and the rows' largest
    integer.

    >>> lanes = Lanes(2, 10)
    >>> combination(planes([2**40, -1]), [lanes.pack([1, 2]), lanes.pack([5, 0])], lanes, 5)
    FixedPoint(integers=[1099511627771, 2199023255552], exponent=0)
    """
    (digits, exponent, _), *later = scalars
    sums = FixedPoint(lanes.unpack(multiples(digits, rows)), exponent)
    for digits, exponent, places in later:
        packed = multiples(digits, [rows[k] for k in places])
        part = lanes.unpack(packed, sum(map(abs, digits)) * largest)
        sums = _sum(sums, FixedPoint(part, exponent))
    return sums


def multiples(scalars: Sequence[int], rows: Sequence[int]) -> int:
    """The sum of multiples of packed rows.

    >>> multiples([2, 3], [10, 1000])
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
        left m×n, right n×p  →  (m×p, m)           n, p ≥ 1
    Order
        Nothing rounds.
    Errors
        ValueError   the factors do not go together
        TypeError    an entry is no float, int or dyadic, or infinite, or NaN; or a row is no list

    >>> exact_matmul([[0.5, 1e16]], [[2.0], [0.25]])
    FixedRows(integers=[[...]], exponents=[...])
    """
    rows, others = vectors.factors(left, right)
    if not rows:
        return FixedRows([], [])
    entries, exponent = fixed_point([*chain.from_iterable(others)])
    entry = largest([entries])
    lanes = Lanes(len(others[0]), width(len(others) * (1 << DIGIT) * entry))
    packed = [lanes.pack(row) for row in batched(entries, lanes.count)]
    sums = [combination(planes(row), packed, lanes, entry) for row in rows]
    return FixedRows([row.integers for row in sums], [row.exponent + exponent for row in sums])


def absolute_matmul(left: Matrix[Any], right: Matrix[Any]) -> FixedRows:
    """The exact product of two matrices' absolute values, of which bounds of rounding are made.

    Maths
        |A|·|B|

    >>> absolute_matmul([[1, -2]], [[-3], [4]])
    FixedRows(integers=[[11]], exponents=[0])
    """
    sizes = ([[abs(x) for x in row] for row in matrix] for matrix in vectors.factors(left, right))
    return exact_matmul(*sizes)


def matmul(left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    """The product of two matrices: algebra's `matmul`, faster if they hold ints or dyadics.

    >>> matmul([[1, 2], [3, 4]], [[1, 0], [5, 1]])
    [[11, 2], [23, 4]]
    """
    kinds = kinds_of(left, right)
    if not left or not kinds <= {int, Dyadic}:
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
        return [*map(lanes.unpack, combinations(bytewise, packed))]
    if scalar < 1 << DIGIT:
        return [lanes.unpack(multiples(row, packed)) for row in left]
    return [combination(planes(row), packed, lanes, entry).whole() for row in left]


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
    multiples of them. `to_lanes` makes one.

    >>> matrix = to_lanes([[1, 2], [3, 4]])
    >>> matrix[1], len(matrix), vectors.matvec(matrix, [10, 1])
    ([3, 4], 2, [12, 34])
    """

    rows: list[list[Any]]
    columns: list[int]
    lanes: Lanes
    largest: int
    """Of the integers in the columns."""
    exponents: list[int]
    """Of the integers of each row."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]


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
    rows = [[*row] for row in rectangle(matrix, "row {}".format)]
    for index, row in enumerate(rows):
        _check(row, f"row {index}")
    fixed = [fixed_point(numbers) for numbers in rows]
    integers = [numbers.integers for numbers in fixed]
    entry = largest(integers) if rows else 0
    columns = [*zip(*integers, strict=True)]
    lanes = Lanes(len(rows), width(len(columns) * (1 << DIGIT) * entry))
    exponents = [numbers.exponent for numbers in fixed]
    return Packed(rows, [*map(lanes.pack, columns)], lanes, entry, exponents)


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
    sums = combination(planes(vector), matrix.columns, matrix.lanes, matrix.largest)
    if kinds | entry_types(matrix.rows) == {int}:
        return sums.whole()
    pairs = zipped(sums.integers, matrix.exponents)
    return [Dyadic(x, sums.exponent + e) for x, e in pairs]


def _matmul(matrix: Packed, right: Matrix[Any]) -> list[list[Any]]:
    return matmul(matrix.rows, right)


vectors.matvec.register(Packed, _matvec)
vectors.matmul.register(Packed, _matmul)
