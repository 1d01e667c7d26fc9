"""Bits: ±1 weights, a bit each of an int, so that a row's product is a count of bits that differ.

A bit is the sign: 0 of 1, and 1 of −1. The first number of a row has the highest bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sumprod
from struct import error, pack, unpack
from typing import Any, Final, NamedTuple

from funcnn.algebra import vectors
from funcnn.algebra.elementary import absolute
from funcnn.algebra.scalars import alike, divide, shown, total
from funcnn.algebra.vectors import Matrix, Vector, rectangle, transpose
from funcnn.fast.rows import kind_of

NUMERALS: Final = [bytes(48 + (byte >> bit & 1) for byte in range(256)) for bit in range(8)]
"""From bytes to the numerals, 0 or 1, of one of their bits."""

SIGN: Final = NUMERALS[7]
"""From bytes to the numerals of their sign bits, in two's complement."""

ONES: Final = bytes.maketrans(b"01", b"\x01\xff")
"""From the numerals of sign bits to the bytes of 1 and −1."""


@dataclass(frozen=True, slots=True)
class SignVector(Sequence[int]):
    """A vector of the ints 1 and −1, packed to be multiplied with Signs. `to_sign_vector` makes it.

    >>> vector = to_sign_vector([1, -1, -1])
    >>> vector, vector[0], list(vector)
    (SignVector(bits=3, length=3), 1, [1, -1, -1])
    """

    bits: int
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        return _unpacked(self.bits, self.length)[index]

    def __iter__(self) -> Iterator[int]:
        return iter(_unpacked(self.bits, self.length))


@dataclass(frozen=True, slots=True)
class Signs(Sequence[list[int]]):
    """A matrix of the ints 1 and −1, a row an int. `to_signs` makes one.

    Its product with a SignVector, with ±1 or with bytes (ints from −128 to 127, or from 0 to 255)
    counts bits. With other ints and with floats it is sumprod's, with all else the reference's.

    Maths
        w·x = n − 2·|{j : wⱼ ≠ xⱼ}|                for xⱼ = ±1, n columns
        w·x = Σⱼ xⱼ − 2·Σⱼ xⱼ·[wⱼ = −1]            a bit of all xⱼ at a time
    Source
        M. Rastegari, V. Ordonez, J. Redmon, A. Farhadi, "XNOR-Net: ImageNet Classification Using
        Binary Convolutional Neural Networks", ECCV 2016; M. Courbariaux et al., "Binarized Neural
        Networks", NIPS 2016

    >>> signs = to_signs([[1, -1, 1], [-1, -1, 1]])
    >>> signs[1], len(signs)
    ([-1, -1, 1], 2)
    >>> vectors.matvec(signs, [1, -1, -1]), vectors.matvec(signs, to_sign_vector([1, -1, -1]))
    ([1, -1], [1, -1])
    >>> vectors.matvec(signs, [0, 16, 255]), vectors.matvec(signs, [0.5, 0.25, 0.125])
    ([239, 239], [0.375, -0.625])
    """

    rows: tuple[int, ...]
    width: int

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [_unpacked(row, self.width) for row in self.rows[index]]
        return _unpacked(self.rows[index], self.width)


def _unpacked(bits: int, length: int) -> list[int]:
    return [*unpack(f"{length}b", f"{bits:0{length}b}".encode().translate(ONES))]


def to_sign_vector(vector: Vector[int]) -> SignVector:
    """A vector of the ints 1 and −1, packed.

    Errors
        ValueError   it is empty, or an entry is neither
        TypeError    it is no list

    >>> to_sign_vector([1, -1]) == SignVector(bits=0b01, length=2)
    True
    >>> to_sign_vector([1, 0])
    Traceback (most recent call last):
    ValueError: the vector, entry 1: 0 is neither of the ints 1 and -1; binarized takes signs
    """
    rectangle([vector], lambda _: "the vector")
    return SignVector(_packed(vector, "the vector"), len(vector))


def to_signs(matrix: Matrix[int]) -> Signs:
    """A matrix of the ints 1 and −1, packed to be a network's weights.

    Errors
        ValueError   an entry is neither; or the rows' lengths differ, or are 0
        TypeError    the matrix or a row is no list

    >>> from funcnn.blocks.linears import dense
    >>> dense([5, 3], to_signs([[1, -1], [-1, 1]]))
    [2, 0]
    >>> to_signs([[1, -1], [1, 0.5]])
    Traceback (most recent call last):
    ValueError: row 1, entry 1: 0.5 is neither of the ints 1 and -1; binarized takes signs
    """
    rows = rectangle(matrix, "row {}".format)
    packed = tuple(_packed(row, f"row {index}") for index, row in enumerate(rows))
    return Signs(packed, len(rows[0]) if rows else 0)


def _packed(numbers: Vector[int], place: str) -> int:
    for entry, number in enumerate(numbers):
        if type(number) is not int or number not in (1, -1):
            problem = f"{shown(number)} is neither of the ints 1 and -1; binarized takes signs"
            raise ValueError(f"{place}, entry {entry}: {problem}")
    return int(pack(f"{len(numbers)}b", *numbers).translate(SIGN), 2)


class Binarized(NamedTuple):
    """The signs of a matrix, and a scale for each row."""

    signs: Signs
    scales: list[Any]


def binarized(matrix: Matrix[Any]) -> Binarized:
    """The signs of a matrix's numbers, and the scale at which each row of them is nearest to it.

    The sign of 0 is 1.

    Maths
        s = sign(w),  α = ‖w‖₁/n                   of all s ∈ {±1}ⁿ and α, those of least ‖w − αs‖
    Shapes
        matrix m×n  →  signs m×n, scales m         n ≥ 1
    Errors
        ValueError   the rows' lengths differ, or are 0
        TypeError    numbers mix, or are ints, whose mean need not be one; or a row is no list
    Source
        M. Rastegari, V. Ordonez, J. Redmon, A. Farhadi, "XNOR-Net: ImageNet Classification Using
        Binary Convolutional Neural Networks", ECCV 2016, equation 6

    >>> signs, scales = binarized([[0.5, -1.5, 0.0, 1.0]])
    >>> signs[0], scales
    ([1, -1, 1, 1], [0.75])
    """
    rows = alike(rectangle(matrix, "row {}".format), "row {}".format)
    signs = to_signs([[-1 if number < 0 else 1 for number in row] for row in rows])
    return Binarized(signs, [divide(total([*map(absolute, row)]), len(row)) for row in rows])


def _matvec(matrix: Signs, vector: Vector[Any]) -> list[Any]:
    if matrix.rows and type(vector) in (list, tuple, SignVector) and len(vector) == matrix.width:
        products = _products(matrix, [vector])
        if products:
            return products[0]
    return vectors.matvec([*matrix], vector)


def _matmul(matrix: Signs, right: Matrix[Any]) -> list[list[Any]]:
    columns = transpose(rectangle(right, "row {} of right".format, "right"))
    if len(right) == matrix.width:
        products = _products(matrix, columns)
        if products:
            return transpose(products)
    return vectors.matmul([*matrix], right)


def _products(matrix: Signs, columns: Sequence[Vector[Any]]) -> list[list[Any]]:
    """of each column with all rows; none where only the reference can make them"""
    counted = [_counted(matrix, column) for column in columns]
    if all(counted):
        return counted
    if kind_of(columns) not in (float, int):
        return []
    rows = [*matrix]
    return [[sumprod(row, column) for row in rows] for column in columns]


def _counted(matrix: Signs, vector: Vector[Any]) -> list[Any]:
    """the products with a vector of ±1 or of bytes; none with any other"""
    if isinstance(vector, SignVector):
        return _compared(matrix, vector.bits)
    for code, highest in (("b", -128), ("B", 128)):
        try:
            raw, whole = pack(f"{len(vector)}{code}", *vector), sum(vector)
        except (error, TypeError):
            continue
        if type(whole) is not int:
            return []
        if highest < 0 and not raw.translate(None, b"\x01\xff"):
            return _compared(matrix, int(raw.translate(SIGN), 2))
        return _weighed(matrix, raw, highest, whole)
    return []


def _compared(matrix: Signs, bits: int) -> list[int]:
    products = _products_by_count(matrix.width)
    return [products[(row ^ bits).bit_count()] for row in matrix.rows]


@lru_cache(maxsize=8)
def _products_by_count(width: int) -> tuple[int, ...]:
    """n − 2k for each k: found, not computed, it takes a tenth less time"""
    return tuple(range(width, -width - 1, -2))


def _weighed(matrix: Signs, raw: bytes, highest: int, whole: int) -> list[Any]:
    """the sum of all bytes, less twice what those with a weight of −1 add to it"""
    bits = max(max(raw), 1).bit_length()
    planes = [int(raw.translate(numerals), 2) for numerals in NUMERALS[:bits]]
    weights = [1, 2, 4, 8, 16, 32, 64, highest][:bits]
    counts = [[(row & plane).bit_count() for row in matrix.rows] for plane in planes]
    return [whole - 2 * sumprod(weights, column) for column in zip(*counts, strict=True)]


vectors.matvec.register(Signs, _matvec)
vectors.matmul.register(Signs, _matmul)
