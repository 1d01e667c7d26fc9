"""Tables: sums of multiples of packed rows, by scalars of 8 bits or fewer, from tables of sums.

A bit of eight scalars says which of eight rows are added. There are 256 such sums; with a table of
them, a sum of eight multiples by scalars of b bits takes b additions, and no multiplication.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import batched
from operator import getitem
from struct import pack
from typing import Final

from funcnn.algebra.vectors import Matrix

FEWEST: Final = 192
"""Sums from which on the tables pay."""


def combinations(scalars: Matrix[int], rows: Sequence[int], bits: int) -> list[int]:
    """For each row of scalars, the sum of its multiples of the rows.

    Maths
        yᵢ = Σₖ sᵢₖ·rₖ,  −2^(bits − 1) ≤ sᵢₖ < 2^(bits − 1),  bits ≤ 8
    Source
        V. Arlazarov, E. Dinic, M. Kronrod, I. Faradžev, "On Economical Construction of the
        Transitive Closure of a Directed Graph", Doklady Akademii Nauk SSSR 194 (1970)

    >>> combinations([[1, -2], [3, 0]], [10, 1000], bits=3)
    [-1990, 30]
    """
    count, spare = len(rows), -len(rows) % 8
    raw = b"".join([pack(f"<{count}b{spare}x", *row) for row in scalars])
    codes, size = transposed_bits(raw), count + spare
    tables = [_sums(group) for group in batched(rows, 8)]
    return [_by_bits(codes[at : at + size], tables, bits) for at in range(0, len(codes), size)]


def _by_bits(codes: bytes, tables: Sequence[Sequence[int]], bits: int) -> int:
    """from the sign bit, which counts negatively, down"""
    sums = [sum(map(getitem, tables, codes[bit::8])) for bit in range(bits)]
    return reduce(lambda high, low: 2 * high + low, reversed(sums[:-1]), -sums[-1])


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
