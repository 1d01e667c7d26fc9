"""Lanes: integers side by side in one int, so that one sumprod is a whole row of a product.

To pack a row is to evaluate, at a power of two, the polynomial whose coefficients are its integers.
Sums and multiples of packed rows are the packed sums and multiples: only what is unpacked has to
fit its lane.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import error, pack, unpack
from typing import Final


@dataclass(frozen=True, slots=True)
class Lanes:
    """`count` signed integers side by side in one int, each in `width` bytes.

    Maths
        pack(x) = Σⱼ xⱼ·2^(8·width·j)
    Errors
        OverflowError   a row has an integer for which a lane is too small; but those of 8 bytes or
                        fewer are cut, not checked
    Laws
        pack(a·x + b·y) == a·pack(x) + b·pack(y)
        unpack(pack(x)) == x, where −2^(8·width − 1) ≤ xⱼ < 2^(8·width − 1)

    >>> lanes = Lanes(3, 2)
    >>> lanes.unpack(lanes.pack([1, -2, 3]) - 100 * lanes.pack([0, 1, 0]))
    [1, -102, 3]
    """

    count: int
    width: int

    def pack(self, row: Sequence[int]) -> int:
        """The integers, each in its lane."""
        try:
            return self.load(pack(f"<{len(row)}q", *row))
        except error:
            return self.load(b"".join([x.to_bytes(self.width, "little", signed=True) for x in row]))

    def unpack(self, packed: int, largest: int | None = None) -> list[int]:
        """The integer in each lane; sooner, if it is known how large they are at most."""
        size = self.width if largest is None else min(self.width, width(largest))
        return integers(spread(self.dump(packed), self.count, size), size)

    def load(self, raw: bytes) -> int:
        """Integers in little-endian two's complement, all of one size, packed.

        With s their sign bits, (u ^ s) − s reads the unsigned u as signed.
        """
        signs = _signs(self, min(len(raw) // self.count, self.width))
        return (int.from_bytes(spread(raw, self.count, self.width), "little") ^ signs) - signs

    def dump(self, packed: int) -> bytes:
        """The lanes' integers in little-endian two's complement.

        With s added no lane is negative, and none borrows from the next.
        """
        signs = _signs(self, self.width)
        return ((packed + signs) ^ signs).to_bytes(self.count * self.width, "little")


@lru_cache(maxsize=8)
def _signs(lanes: Lanes, size: int) -> int:
    """the sign bits of integers of so many bytes, one in each lane"""
    lane = (1 << 8 * size - 1).to_bytes(lanes.width, "little")
    return int.from_bytes(lane * lanes.count, "little")


def spread(raw: bytes | bytearray, count: int, width: int) -> bytes | bytearray:
    """`count` integers in little-endian, each cut or filled up with zeros to `width` bytes.

    >>> bytes(spread(bytes([1, 2, 3, 4]), count=2, width=3))
    b'\\x01\\x02\\x00\\x03\\x04\\x00'
    """
    size = len(raw) // count
    if size == width:
        return raw
    wide = bytearray(count * width)
    for byte in range(min(size, width)):
        wide[byte::width] = raw[byte::size]
    return wide


SIGNS: Final = bytes(128) + b"\xff" * 128
"""The byte that goes on before each byte, in two's complement."""

CODES: Final = {1: "b", 2: "h", 4: "i", 8: "q"}
"""struct's codes of integers, by their size."""


def integers(raw: bytes | bytearray, width: int) -> list[int]:
    """The integers of little-endian two's complement, `width` bytes each.

    >>> integers(b"\\x01\\x00\\x00\\xff\\xff\\xff", width=3)
    [1, -1]
    """
    if width > 8:
        pieces = unpack(f"{width}s" * (len(raw) // width), raw)
        return [int.from_bytes(piece, "little", signed=True) for piece in pieces]
    count, size = len(raw) // width, 1 << (width - 1).bit_length()
    if size > width:
        wide, signs = bytearray(spread(raw, count, size)), raw[width - 1 :: width].translate(SIGNS)
        for byte in range(width, size):
            wide[byte::size] = signs
        raw = wide
    return [*unpack(f"<{count}{CODES[size]}", raw)]


def width(largest: int) -> int:
    """The bytes of a lane for integers up to a size, of either sign.

    >>> [width(largest) for largest in (127, 128, 2**23 - 1, 2**64)]
    [1, 2, 3, 9]
    """
    return (largest.bit_length() + 8) // 8
