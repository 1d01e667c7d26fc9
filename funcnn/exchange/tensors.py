"""Tensors: nested lists from raw bytes, and back, of a size that is known beforehand.

Read from a file, whoever made it, they take no more memory than 48 bytes a number or character, 96
a list, and ten times the file, which pays for the lists where rows have 4 numbers and more. Once,
the table of bfloat16 takes 2 MB.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, batched, chain, islice
from math import isfinite, isnan, prod
from operator import mul
from struct import error, pack, unpack
from typing import Any, Final, NamedTuple

from funcnn.algebra.formats import Format, bfloat16, float8_e4m3fn, float8_e5m2
from funcnn.algebra.trees import Tree

type Shape = Sequence[int]

PIECE: Final = 1 << 13
"""How many bytes are decoded at a time; every size of a number divides it."""

LISTS_A_NUMBER: Final = 4
LISTS_MORE: Final = 1000


class Dtype(NamedTuple):
    """How a number is kept: as struct's code says, or as a pattern of a format."""

    name: str
    code: str
    size: int
    format: Format | None = None


DTYPES: Final = {
    dtype.name: dtype
    for dtype in (
        Dtype("U64", "Q", 8),
        Dtype("I64", "q", 8),
        Dtype("F64", "d", 8),
        Dtype("F32", "f", 4),
        Dtype("U32", "I", 4),
        Dtype("I32", "i", 4),
        Dtype("BF16", "H", 2, bfloat16),
        Dtype("F16", "e", 2),
        Dtype("U16", "H", 2),
        Dtype("I16", "h", 2),
        Dtype("F8_E4M3", "B", 1, float8_e4m3fn),
        Dtype("F8_E5M2", "B", 1, float8_e5m2),
        Dtype("I8", "b", 1),
        Dtype("U8", "B", 1),
        Dtype("BOOL", "?", 1),
    )
}
"""By name; the longest first, so that in this order each lies where its size divides the place."""


def dtype_of(name: str, place: str) -> Dtype:
    """The dtype of a name.

    Errors
        ValueError   there is none

    >>> dtype_of("F32", "tensor 'a'").size
    4
    >>> dtype_of("F4", "tensor 'a'")
    Traceback (most recent call last):
    ValueError: tensor 'a' is of dtype 'F4', none of U64 I64 F64 F32 U32 I32 BF16 F16 U16 I16 ...
    """
    if name not in DTYPES:
        raise ValueError(f"{place} is of dtype {name!r:.40}, none of {' '.join(DTYPES)}")
    return DTYPES[name]


def bytes_of(shape: Shape, dtype: Dtype, place: str) -> int:
    """How many bytes the numbers of a shape take.

    Errors
        ValueError   they are 2⁶³ or more, or were, if dimensions of 0 were 1

    >>> bytes_of([2, 3], DTYPES["F32"], "tensor 'a'")
    24
    >>> bytes_of([0, 2**40, 2**40], DTYPES["F32"], "tensor 'a'")
    Traceback (most recent call last):
    ValueError: tensor 'a' has shape [0, 1099511627776, 1099511627776], too large for any memory
    """
    if prod(length or 1 for length in shape) * dtype.size >= 1 << 63:
        raise ValueError(f"{place} has shape {[*shape]!s:.80}, too large for any memory")
    return prod(shape) * dtype.size


def lists_of(shape: Shape) -> int:
    """How many lists a tensor of a shape is made of.

    >>> lists_of([]), lists_of([3]), lists_of([2, 3]), lists_of([2, 3, 4]), lists_of([10**12, 0])
    (0, 1, 3, 9, 1000000000001)
    """
    return sum(accumulate(shape[:-1], mul, initial=1)) if shape else 0


def check_lists(shapes: Mapping[str, Shape]) -> None:
    """Nothing, unless tensors are lists of nothing: a few bytes may ask for any number of those.

    Errors
        ValueError   there are more lists than 4 a number, of an empty tensor 4, and 1,000

    >>> check_lists({"kernels": [512, 256, 1, 1], "empty": [512, 0]})
    >>> check_lists({"kernels": [16, 3, 1, 1], "empty": [10**12, 0]})
    Traceback (most recent call last):
    ValueError: 1,000,000,000,114 lists for 49 numbers, most in 'empty' of shape [1000000000000, ...
    """
    lists = sum(map(lists_of, shapes.values()))
    numbers = sum(max(prod(shape), 1) for shape in shapes.values())
    if lists > LISTS_A_NUMBER * numbers + LISTS_MORE:
        worst = max(shapes, key=lambda name: lists_of(shapes[name]))
        raise ValueError(
            f"{lists:,} lists for {numbers:,} numbers, "
            f"most in {worst!r:.40} of shape {[*shapes[worst]]!s:.80}: "
            f"no more than {LISTS_A_NUMBER} a number are read, and {LISTS_MORE:,}"
        )


def pieces_of(data: memoryview) -> Iterator[memoryview]:
    """The bytes, a piece after the other.

    >>> [len(piece) for piece in pieces_of(memoryview(bytes(20_000)))]
    [8192, 8192, 3616]
    """
    return (data[start : start + PIECE] for start in range(0, len(data), PIECE))


def numbers_of(
    pieces: Iterable[bytes | memoryview], dtype: Dtype, order: str = "<"
) -> Iterator[Any]:
    """The numbers that pieces of raw bytes spell, in the byte order < (little) or > (big).

    >>> [*numbers_of([b"\\x80\\x3f\\x00\\x00"], DTYPES["BF16"])]
    [1.0, 0.0]
    >>> [*numbers_of([b"\\x3f\\x80\\x00\\x00"], DTYPES["F32"], ">")]
    [1.0]
    """
    return chain.from_iterable(_unpacked(piece, dtype, order) for piece in pieces)


def _unpacked(piece: bytes | memoryview, dtype: Dtype, order: str) -> Iterable[Any]:
    words = unpack(f"{order}{len(piece) // dtype.size}{dtype.code}", piece)
    if not dtype.format:
        return words
    return map(_values(dtype.format).__getitem__, words)


@lru_cache(maxsize=8)
def _values(number_format: Format) -> tuple[float, ...]:
    return tuple(map(number_format.decode, range(1 << number_format.bits)))


def nested(numbers: Iterator[Any], shape: Shape) -> Tree:
    """The nested lists of a shape whose numbers come with the last index fastest (C's order).

    >>> nested(iter(range(6)), [2, 3]), nested(iter([0.5]), []), nested(iter([]), [2, 0])
    ([[0, 1, 2], [3, 4, 5]], 0.5, [[], []])
    """
    if not shape:
        return next(numbers)
    length, *inner = shape
    if not inner:
        return [*islice(numbers, length)]
    return [nested(numbers, inner) for _ in range(length)]


def nested_by_columns(numbers: Iterator[Any], shape: Shape) -> Tree:
    """The nested lists of a shape whose numbers come with the first index fastest (Fortran's).

    >>> nested_by_columns(iter(range(6)), [2, 3])
    [[0, 2, 4], [1, 3, 5]]
    """
    if not shape or 0 in shape:
        return nested(numbers, shape)
    rows = [list[Any]() for _ in range(prod(shape[:-1]))]
    for column in batched(numbers, len(rows)):
        for row, number in zip(rows, column, strict=True):
            row.append(number)
    return nested_by_columns(iter(rows), shape[:-1])


def packed(number: Any, dtype: Dtype) -> bytes:
    """The bytes of a number, little end first; a float that has none becomes the nearest that has.

    Order
        one rounding, to the nearest, of two as near to the even one; a whole number is a float
        before
    Errors
        ValueError   the number is too large, or a whole one outside of the dtype's range
        TypeError    it is no number, or of another kind: BOOL is for True and False, and a dtype
                     of whole numbers for those alone

    >>> packed(0.1, DTYPES["F32"]).hex(), packed(-2, DTYPES["I8"]).hex()
    ('cdcccc3d', 'fe')
    >>> packed(1e5, DTYPES["F16"])
    Traceback (most recent call last):
    ValueError: 100000.0 is too large for F16
    >>> packed(0.5, DTYPES["U8"])
    Traceback (most recent call last):
    TypeError: 0.5 is of type float, which U8 does not keep
    """
    if type(number) not in _kinds(dtype):
        kind = f"of type {type(number).__name__}"
        raise TypeError(f"{number!r:.40} is {kind}, which {dtype.name} does not keep")
    try:
        word = _pattern(number, dtype.format) if dtype.format else number
        return pack(f"<{dtype.code}", word)
    except (error, OverflowError):
        raise ValueError(f"{number!r:.40} is too large for {dtype.name}") from None


def _kinds(dtype: Dtype) -> tuple[type, ...]:
    if dtype.format or dtype.code in "dfe":
        return (int, float)
    return (bool,) if dtype.code == "?" else (int,)


def _pattern(number: int | float, number_format: Format) -> int:
    rounded = number_format.round(number)
    if isfinite(number) > isfinite(rounded) or isnan(number) < isnan(rounded):
        raise OverflowError
    return number_format.encode(rounded)
