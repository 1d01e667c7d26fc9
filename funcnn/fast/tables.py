"""Tables: sums of multiples of packed rows by scalars of a byte, with no multiplication.

One bit of each of eight scalars says which of eight rows are added. There are 256 such sums. With a
table of them, eight multiples take eight additions, one for each bit.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import batched
from operator import getitem
from typing import Final

FEWEST: Final = 192
"""Sums from which on the tables pay."""


def combinations(scalars: Sequence[bytes], rows: Sequence[int]) -> list[int]:
    """For each row of scalars, in two's complement a byte each, the sum of its multiples of rows.

    Maths
        yᵢ = Σₖ sᵢₖ·rₖ = −2⁷·Σₖ bit₇(sᵢₖ)·rₖ + Σ_b<7 2ᵇ·Σₖ bit_b(sᵢₖ)·rₖ
    Source
        V. Arlazarov, E. Dinic, M. Kronrod, I. Faradžev, "On Economical Construction of the
        Transitive Closure of a Directed Graph", Doklady Akademii Nauk SSSR 194 (1970)

    >>> combinations([bytes([1, 254]), bytes([3, 0])], [10, 1000])
    [-1990, 30]
    """
    tables = [_sums(group) for group in batched(rows, 8)]
    size = 8 * len(tables)
    codes = transposed_bits(b"".join([row.ljust(size, b"\0") for row in scalars]))
    return [_by_bits(codes[at : at + size], tables) for at in range(0, len(codes), size)]


def _by_bits(codes: bytes, tables: Sequence[Sequence[int]]) -> int:
    high, *lower = (sum(map(getitem, tables, codes[bit::8])) for bit in range(7, -1, -1))
    return reduce(lambda sums, more: 2 * sums + more, lower, -high)


def _sums(rows: Sequence[int]) -> list[int]:
    """the sum of the rows that are the bits of each number"""
    sums = [0]
    for row in rows:
        sums += [other + row for other in sums]
    return sums


def transposed_bits(raw: bytes) -> bytes:
    """Each eight bytes as a matrix of eight rows of bits, transposed.

    Source
        H. Warren, "Hacker's Delight", 2nd ed., Addison-Wesley 2012, section 7-3

    >>> transposed_bits(bytes([1, 1, 0, 0, 0, 0, 0, 128])).hex()
    '0300000000000080'
    """
    words = int.from_bytes(raw, "little")
    for shift, mask in ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0xF0F0F0F0)):
        masks = int.from_bytes(mask.to_bytes(8, "little") * (len(raw) // 8), "little")
        swapped = (words ^ words >> shift) & masks
        words ^= swapped ^ swapped << shift
    return words.to_bytes(len(raw), "little")
