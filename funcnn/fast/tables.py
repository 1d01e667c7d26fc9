"""Tables: sums of multiples of packed rows by scalars of a byte, with no multiplication.

One bit of each of eight scalars says which of eight rows are added. There are 256 such sums. With a
table of them, eight multiples take eight additions, one for each bit.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import batched
from operator import getitem
from typing import Final

FEWEST: Final = 256
"""Sums from which on making the tables pays: a tenth to a quarter of the time, with 128 lanes."""

TERMS: Final = 256
"""Rows whose tables are used at a time: those of more leave the cache, and cost twice as much."""


def sums_by_tables(scalars: Sequence[bytes], rows: Sequence[int]) -> list[int]:
    """For each row of scalars, in two's complement a byte each, the sum of its multiples of rows.

    Maths
        yᵢ = Σₖ sᵢₖ·rₖ = −2⁷·Σₖ bit₇(sᵢₖ)·rₖ + Σ_b<7 2ᵇ·Σₖ bit_b(sᵢₖ)·rₖ
    Source
        V. Arlazarov, E. Dinic, M. Kronrod, I. Faradžev, "On Economical Construction of the
        Transitive Closure of a Directed Graph", Doklady Akademii Nauk SSSR 194 (1970)

    >>> sums_by_tables([bytes([1, 254]), bytes([3, 0])], [10, 1000])
    [-1990, 30]
    """
    parts = [
        _part_sums([row[at : at + TERMS] for row in scalars], rows[at : at + TERMS])
        for at in range(0, len(rows), TERMS)
    ]
    return [sum(sums) for sums in zip(*parts, strict=True)]


def _part_sums(scalars: Sequence[bytes], rows: Sequence[int]) -> list[int]:
    tables = [_subset_sums(eight) for eight in batched(rows, 8)]
    size = 8 * len(tables)
    codes = transposed_bits(b"".join([row.ljust(size, b"\0") for row in scalars]))
    return [_by_bits(codes[at : at + size], tables) for at in range(0, len(codes), size)]


def _by_bits(codes: bytes, tables: Sequence[Sequence[int]]) -> int:
    high, *lower = (sum(map(getitem, tables, codes[bit::8])) for bit in range(7, -1, -1))
    return reduce(lambda sums, more: 2 * sums + more, lower, -high)


def _subset_sums(rows: Sequence[int]) -> list[int]:
    """for each number of as many bits as there are rows, the sum of those whose bit is set"""
    sums = [0]
    for row in rows:
        sums += [other + row for other in sums]
    return sums


def transposed_bits(raw: bytes) -> bytes:
    """Each eight bytes as a matrix of eight rows of bits, transposed.

    Every shift is masked, so that no bit comes to other bytes than its eight.

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
