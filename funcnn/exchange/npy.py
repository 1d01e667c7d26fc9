r"""Npy: the bytes of NumPy's file of one array, read without NumPy; nothing in them is ever run.

A magic text, a version, a header, `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`,
and the raw bytes of the numbers.
"""

import re
from io import BytesIO
from typing import IO, Final, NamedTuple

from funcnn.algebra.trees import Tree
from funcnn.exchange.tensors import (
    DTYPES,
    PIECE,
    Dtype,
    bytes_of,
    check_lists,
    nested,
    nested_by_columns,
    numbers_of,
)

MAGIC: Final = b"\x93NUMPY"
VERSIONS: Final = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}
"""How many bytes the length of the header takes."""

LONGEST_HEADER: Final = 2048
KINDS: Final = {"f": "F", "i": "I", "u": "U"}
DESCRIPTIONS: Final = {"'|b1'": DTYPES["BOOL"], "'|i1'": DTYPES["I8"], "'|u1'": DTYPES["U8"]} | {
    f"'{order}{kind}{size}'": DTYPES[f"{name}{8 * size}"]
    for order in "<>"
    for kind, name in KINDS.items()
    for size in (2, 4, 8)
}
TEXT: Final = re.compile("'[<>]U([1-9][0-9]{0,17})'")
KEYS: Final = ("descr", "fortran_order", "shape")
SHOWN: Final = "{'descr': …, 'fortran_order': …, 'shape': …, }"

SPACE: Final = r"[ \t\n\r]*+"
VALUE: Final = r"'[^'\\]*'|\[[^]]*]|True|False|\([^)]*\)"
FIELD: Final = rf"{SPACE}'([a-z_]+)'{SPACE}:{SPACE}({VALUE}){SPACE}"
FIELDS: Final = re.compile(rf"{SPACE}{{{FIELD},{FIELD},{FIELD}(?:,{SPACE})?}}{SPACE}")
WHOLE: Final = rf"{SPACE}(?:0|[1-9][0-9]{{0,18}}){SPACE}"
SHAPE: Final = re.compile(
    rf"\((?:{SPACE}|{WHOLE},{SPACE}|{WHOLE}(?:,{WHOLE}){{1,63}}(?:,{SPACE})?)\)"
)


class Header(NamedTuple):
    """What the numbers are and how many bytes they take; those of a text are its characters'."""

    dtype: Dtype
    order: str
    shape: list[int]
    by_columns: bool
    is_text: bool
    start: int
    size: int


def decode(data: bytes) -> Tree:
    r"""The array in the bytes of a .npy file: nested lists of floats, ints or bools; or one text.

    Errors
        ValueError   the header is no right one, or does not fit the data; the numbers are of
                     another dtype: objects, records, complex ones, several texts
    Source
        R. Kern, "A Simple File Format for NumPy Arrays", NEP 1, 2007; numpy.lib.format

    >>> header = b"{'descr': '<f2', 'fortran_order': True, 'shape': (2, 2), }"
    >>> decode(b"\x93NUMPY\1\0" + bytes([len(header), 0]) + header + bytes([0, 0, 0, 60] * 2))
    [[0.0, 0.0], [1.0, 1.0]]
    """
    stream = BytesIO(data)
    header = header_of(stream, len(data))
    check_lists({"the array": header.shape})
    return array_of(stream, header)


def header_of(stream: IO[bytes], size: int) -> Header:
    r"""The header of a file of so many bytes, once it is known to be right and to fit them.

    Errors
        ValueError   it is not

    >>> header_of(BytesIO(b"PK"), 2)
    Traceback (most recent call last):
    ValueError: no .npy file: it does not start with b'\x93NUMPY' and a version
    """
    magic, version = stream.read(len(MAGIC)), stream.read(2)
    if magic != MAGIC or len(version) < 2:
        raise ValueError(f"no .npy file: it does not start with {MAGIC!r} and a version")
    if version not in VERSIONS:
        raise ValueError(f"version {version[0]}.{version[1]} of .npy, not 1.0, 2.0 or 3.0")
    length = int.from_bytes(exactly(stream, VERSIONS[version]), "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"a header of {length:,} bytes, more than {LONGEST_HEADER:,}")
    start = len(MAGIC) + len(version) + VERSIONS[version] + length
    return parsed(exactly(stream, length).decode("latin-1"), start, size)


def parsed(text: str, start: int, size: int) -> Header:
    """What a header says of a file of so many bytes, whose numbers start at one of them.

    Errors
        ValueError   it says nothing, something that is not read here, or another number of bytes

    >>> text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    >>> parsed(text, 128, 152).shape
    [2, 3]
    >>> parsed(text, 128, 10**6)
    Traceback (most recent call last):
    ValueError: 999872 bytes follow the header, shape [2, 3] takes 24
    >>> parsed(text.replace("<f4", "|O"), 128, 152)
    Traceback (most recent call last):
    ValueError: dtype '|O' of shape [2, 3] is none that is read: one as '<f4' '>i8' '|u1' ...
    """
    found = dict(re.findall(FIELD, text)) if FIELDS.fullmatch(text) else {}
    description, by_columns, lengths = (found.get(key, "") for key in KEYS)
    if not description or by_columns not in ("True", "False") or not SHAPE.fullmatch(lengths):
        raise ValueError(f"header {text!r:.80} is not {SHOWN}")
    shape = [int(digits) for digits in re.findall("[0-9]+", lengths)]
    dtype, characters = DESCRIPTIONS.get(description), TEXT.fullmatch(description)
    if characters and not shape:
        dtype, shape = DTYPES["U32"], [int(characters[1])]
    if not dtype:
        raise ValueError(
            f"dtype {description:.40} of shape {shape!s:.80} is none that is read: "
            "one as '<f4' '>i8' '|u1' '|b1', or a text, '<U8' of shape []"
        )
    follow, takes = size - start, bytes_of(shape, dtype, "the array")
    if follow != takes:
        raise ValueError(f"{follow} bytes follow the header, shape {shape!s:.80} takes {takes}")
    order = ">" if ">" in description else "<"
    return Header(dtype, order, shape, by_columns == "True", bool(characters), start, takes)


def array_of(stream: IO[bytes], header: Header) -> Tree:
    r"""The array whose numbers come next in a stream, and nothing after them.

    Errors
        ValueError   there are fewer bytes, or more; a number is no character's

    >>> header = parsed("{'descr': '<u2', 'fortran_order': False, 'shape': (1,), }", 66, 68)
    >>> array_of(BytesIO(b"\1\2"), header)
    [513]
    >>> array_of(BytesIO(b"\1"), header)
    Traceback (most recent call last):
    ValueError: cut: 1 bytes where 2 belong
    """
    counts = (min(PIECE, header.size - start) for start in range(0, header.size, PIECE))
    pieces = (exactly(stream, count) for count in counts)
    if header.is_text:
        codec = "utf-32-le" if header.order == "<" else "utf-32-be"
        array: Tree = b"".join(pieces).decode(codec, "surrogatepass").rstrip("\0")
    else:
        build = nested_by_columns if header.by_columns else nested
        array = build(numbers_of(pieces, header.dtype, header.order), header.shape)
    if stream.read(1):
        raise ValueError(f"more than the {header.size} bytes that the header declares")
    return array


def exactly(stream: IO[bytes], count: int) -> bytes:
    """The next bytes of a stream, as many as are asked for.

    Errors
        ValueError   there are fewer

    >>> exactly(BytesIO(b"abc"), 2)
    b'ab'
    """
    data = stream.read(count)
    if len(data) < count:
        raise ValueError(f"cut: {len(data)} bytes where {count} belong")
    return data
