"""Quantized: int8 layers over a batch, two outputs of all examples by one sumprod of ints.

A column of the batch is one int, an example a lane. A scalar joins the weights of two outputs, and
so each lane their sums. Slices pick the bytes of what these become, and tables of bytes clamp it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, starmap
from struct import Struct, error
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import length_of, zipped
from funcnn.algebra.vectors import Vector
from funcnn.blocks.quantized_linears import (
    SHIFTS,
    QuantizedWeights,
    checked_integers,
    quantized_dense,
    quantized_linear,
)
from funcnn.fast.exact import weighted_rows
from funcnn.fast.lanes import Lanes, integers, spread, width

BYTES: Final = bytes(range(256))

POSITIVE: Final = bytes(byte if byte < 128 else 0 for byte in BYTES)
"""From int8, in two's complement, to how far it is above 0."""

NEGATIVE: Final = bytes(256 - byte if byte >= 128 else 0 for byte in BYTES)
"""From int8, in two's complement, to how far it is below 0."""

OFFSET: Final = bytes(byte ^ 128 for byte in BYTES)
"""From the highest byte of a number in two's complement to that of it plus half, and back."""

TOO_LARGE: Final = bytes(255 if byte > 128 else 0 for byte in BYTES)
"""From the high byte of y + 2¹⁵: all bits, if y > 255."""

NOT_NEGATIVE: Final = bytes(255 if byte >= 128 else 0 for byte in BYTES)
"""From the high byte of y + 2¹⁵: all bits, if y ≥ 0."""

CLAMPED: Final = bytes(min(byte, 127) for byte in BYTES)
"""From a byte to the int8 nearest to it."""


@dataclass(frozen=True, slots=True)
class Columns(Sequence[list[int]]):
    """A batch of lists of integers from 0 to 127, kept by column, as the next layer takes it.

    >>> batch = Columns(bytes([1, 2, 10, 20]), length=2)
    >>> len(batch), batch[1], list(batch)
    (2, [2, 20], [[1, 10], [2, 20]])
    """

    flat: bytes
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [*self][index]
        return [*self.flat[range(self.length)[index] :: self.length]]

    def __iter__(self) -> Iterator[list[int]]:
        return map(list, zip(*batched(self.flat, self.length), strict=True))


def dense(xs: Sequence[Vector[int]], weights: QuantizedWeights) -> Sequence[list[int]]:
    """The clamped weighted sums of each of a batch of int8 inputs: `quantized_dense` of each.

    >>> list(dense([[100, -2], [1, 1]], QuantizedWeights([[1, 0], [3, 100]], [5, 1], 1)))
    [[127, 50], [3, 52]]
    """
    length_of(xs, "xs")
    operands = _operands(xs, weights)
    if operands is None:
        return [quantized_dense(x, weights) for x in xs]
    if operands.bits > 16:
        return [[min(127, max(0, y)) for y in row] for row in linear(xs, weights)]
    raw = _outputs(operands, 2)
    low, high = raw[::2], raw[1::2]
    large, kept = _packed(high.translate(TOO_LARGE)), _packed(high.translate(NOT_NEGATIVE))
    cut = ((_packed(low) | large) & kept).to_bytes(len(low), "little")
    return Columns(cut.translate(CLAMPED), len(xs))


def linear(xs: Sequence[Vector[int]], weights: QuantizedWeights) -> list[list[int]]:
    """The weighted sums of each of a batch of int8 inputs: blocks' `quantized_linear` of each.

    >>> linear([[100, -2], [1, 1]], QuantizedWeights([[1, 0], [3, 100]], [5, 1], 1))
    [[250, 50], [3, 52]]
    """
    length_of(xs, "xs")
    operands = _operands(xs, weights)
    if operands is None:
        return [quantized_linear(x, weights) for x in xs]
    size = width((1 << operands.bits - 1) - 1)
    raw = bytearray(_outputs(operands, size))
    raw[size - 1 :: size] = raw[size - 1 :: size].translate(OFFSET)
    return [*map(list, zip(*batched(integers(raw, size), len(xs)), strict=True))]


class _Operands(NamedTuple):
    """int8 inputs by column and weights by row, and the bits of the largest sum and output"""

    columns: bytes
    length: int
    rows: list[bytes]
    multipliers: list[int]
    shift: int
    sum_bits: int
    bits: int


def _operands(xs: Sequence[Any], weights: QuantizedWeights) -> _Operands | None:
    """none, where the definition is to run, or to raise"""
    try:
        matrix, multipliers, shift = weights
        size = len(matrix[0])
        flat = _int8s(matrix, size)
        rows = [flat[at : at + size] for at in range(0, len(flat), size)]
        columns = xs.flat if isinstance(xs, Columns) else _turned(_int8s(xs, size), size)
        multipliers = checked_integers("int32", multipliers, "the multipliers")
        [shift] = checked_integers("int8", [shift], "the shift")
    except (LookupError, TypeError, ValueError, error):
        return None
    sums = _largest_sums(columns, rows)
    fits = len(columns) == size * len(xs) and shift in SHIFTS and max(sums) < 1 << 31
    if not fits or len(multipliers) != len(rows) or not isinstance(weights, (list, tuple)):
        return None
    outputs = [most * abs(multiplier) for most, multiplier in zipped(sums, multipliers)]
    sum_bits, bits = (most.bit_length() + 1 for most in (max(sums), (max(outputs) >> shift) + 1))
    return _Operands(columns, len(xs), rows, multipliers, shift, sum_bits, bits)


def _int8s(matrix: Any, size: int) -> bytes:
    """the rows in two's complement, one after another"""
    if not {type(matrix), *map(type, matrix)} <= {list, tuple} or {*map(len, matrix)} != {size}:
        raise TypeError("no matrix")
    try:
        flat = b"".join(map(bytes, matrix))
        if flat.isascii():
            return flat
    except ValueError:
        pass
    return b"".join(starmap(Struct(f"{size}b").pack, matrix))


def _turned(flat: bytes, size: int) -> bytes:
    """from rows of a size to columns"""
    return b"".join([flat[at::size] for at in range(size)])


def _largest_sums(columns: bytes, rows: Sequence[bytes]) -> list[int]:
    """how large the sums of each row of weights may become"""
    parts = [(sum(row.translate(POSITIVE)), sum(row.translate(NEGATIVE))) for row in rows]
    if not columns.isascii():
        return [128 * sum(pair) for pair in parts]
    largest = next((byte for byte in range(127, 0, -1) if byte in columns), 0)
    return [largest * max(pair) for pair in parts]


def _outputs(operands: _Operands, size: int) -> bytes | bytearray:
    """the outputs by column, each plus 2^(8·size − 1), in so many bytes

    2^(t + 8·size − 1) is added before the shift by t, which makes of it 2^(8·size − 1). Then a lane
    lies from 0 to 2^(t + 8·size), and fits. Shifted, it gets t bits of the next one, above its own
    8·size bits, where it is cut.
    """
    columns, length, rows, multipliers, shift, sum_bits, _ = operands
    lanes = Lanes(length, -(-max(2 * sum_bits, shift + 8 * size) // 8))
    ones = lanes.load(b"\1" * length)
    features = _features(columns, lanes, ones)
    sums = [
        packed
        for pair in _joined(rows, sum_bits)
        for packed in _parted(weighted_rows(pair, features), ones, sum_bits)
    ]
    rounding = ones * ((1 << shift >> 1) + (1 << shift + 8 * size - 1))
    pairs = zipped(sums[: len(rows)], multipliers)
    outputs = [packed * multiplier + rounding >> shift for packed, multiplier in pairs]
    raw = b"".join([packed.to_bytes(length * lanes.width, "little") for packed in outputs])
    return spread(raw, length * len(rows), size)


def _features(columns: bytes, lanes: Lanes, ones: int) -> list[int]:
    """each column packed"""
    signed, size = not columns.isascii(), lanes.count * lanes.width
    unsigned = columns.translate(OFFSET) if signed else columns
    wide = bytes(spread(unsigned, len(columns), lanes.width))
    packed = [_packed(wide[at : at + size]) for at in range(0, len(wide), size)]
    return [feature - (ones << 7) for feature in packed] if signed else packed


def _joined(rows: Sequence[bytes], bits: int) -> Iterator[tuple[int, ...]]:
    """of each two rows the scalars a + b·2^bits, made in lanes: a third of the time"""
    firsts = b"".join(rows[::2])
    seconds = b"".join(rows[1::2]).ljust(len(firsts), b"\0")
    lanes = Lanes(len(firsts), width(256 << bits))
    scalars = lanes.unpack(lanes.load(firsts) + (lanes.load(seconds) << bits))
    return batched(scalars, len(rows[0]))


def _parted(joined: int, ones: int, bits: int) -> tuple[int, int]:
    """the lanes' a and b of a + b·2^bits: with half of 2^bits added, both lie from 0 to 2^bits"""
    half, mask = ones << bits - 1, (ones << bits) - ones
    positive = joined + half + (half << bits)
    return (positive & mask) - half, (positive >> bits & mask) - half


def _packed(raw: bytes | bytearray) -> int:
    return int.from_bytes(raw, "little")
