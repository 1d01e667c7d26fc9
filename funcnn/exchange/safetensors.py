"""Safetensors: named tensors in a file, read and written; its header is checked before all else.

A length of 8 bytes, a header in JSON, `{"name": {"dtype": …, "shape": …, "data_offsets": …}, …}`,
and the raw bytes of the tensors, little end first, one after another without a gap.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from funcnn.algebra.trees import Tree, leaves
from funcnn.algebra.vectors import shape
from funcnn.exchange.tensors import (
    DTYPES,
    Dtype,
    bytes_of,
    check_lists,
    dtype_of,
    nested,
    numbers_of,
    packed,
    pieces_of,
)

LENGTH: Final = 8
LONGEST_HEADER: Final = 100_000_000
METADATA: Final = "__metadata__"

SPACE: Final = r"[ \t\n\r]*+"
ESCAPE: Final = (
    r'["\\/bfnrt]|u(?![Dd][89A-Fa-f])[0-9A-Fa-f]{4}'
    r"|u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}"
)
TEXT: Final = rf'"(?:[^"\\\x00-\x1F]|\\(?:{ESCAPE}))*+"'
PAIR: Final = f"{SPACE}{TEXT}{SPACE}:{SPACE}{TEXT}{SPACE}"
FIELD: Final = rf'{SPACE}({TEXT}){SPACE}:{SPACE}({TEXT}|\[[^]"]*+]){SPACE}'
WHOLE: Final = rf"{SPACE}(?:0|[1-9][0-9]{{0,18}}){SPACE}"

EMPTY: Final = re.compile(f"{{{SPACE}}}{SPACE}".encode())
ENTRY: Final = re.compile(
    f'{SPACE}({TEXT}){SPACE}:{SPACE}({{(?:[^{{}}"]|{TEXT})*+}}){SPACE}'.encode()
    + rf"(,|}}{SPACE}\Z)".encode()
)
FIELDS: Final = re.compile(f"{{{FIELD},{FIELD},{FIELD}}}".encode())
ONE_FIELD: Final = re.compile(FIELD.encode())
PAIRS: Final = re.compile(f"{{(?:{SPACE}|{PAIR}(?:,{PAIR})*+)}}".encode())
NUMBERS: Final = re.compile(rf"\[(?:{SPACE}|{WHOLE}(?:,{WHOLE}){{0,63}})]".encode())
SHOWN: Final = '"name": {"dtype": …, "shape": …, "data_offsets": …}'


class Entry(NamedTuple):
    """What a header says of a tensor: its numbers lie from one byte of the data to another."""

    dtype: Dtype
    shape: Sequence[int]
    begin: int
    end: int


class Header(NamedTuple):
    """What stands before the data: the tensors, and the JSON of the metadata."""

    length: int
    entries: dict[str, Entry]
    metadata: bytes


def decode(data: bytes) -> dict[str, Tree]:
    """The tensors in the bytes of a file, by name, in the header's order.

    A tensor is nested lists of floats, ints or bools; of no dimension, a number.

    Errors
        ValueError   the header is no right one (the message says where), or does not fit the data
    Laws
        decode(encode(tensors, dtype)) == tensors     of numbers that the dtype has
    Source
        Hugging Face, "Safetensors", 2022. What its package reads and this does not: headers that
        do not start with {, repeat a name, or hold other than the fields above; dtypes of 4 and 6
        bits, F8_E8M0, …FNUZ and C64; more than 64 dimensions; lists of nothing (`check_lists`)

    >>> file = encode({"weight": [[1.0, -0.5]], "bias": [2.0], "scale": 0.25}, "F16")
    >>> decode(file)
    {'bias': [2.0], 'scale': 0.25, 'weight': [[1.0, -0.5]]}
    >>> decode(file[:-1])
    Traceback (most recent call last):
    ValueError: 7 bytes of data, of which the tensors take 8: the file is cut, or too long
    """
    length, entries, _ = header_of(data)
    view = memoryview(data)[LENGTH + length :]
    return {
        name: nested(numbers_of(pieces_of(view[begin:end]), dtype), sizes)
        for name, (dtype, sizes, begin, end) in entries.items()
    }


def encode(
    tensors: Mapping[str, Tree],
    dtype: str | Mapping[str, str] = "F64",
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a file that holds tensors, in one dtype, or in one for each name.

    The tensors lie in the order of DTYPES and then of their names, as in the files of the package.

    Order
        each float is rounded once, to the nearest of its dtype, of two as near to the even one
    Errors
        ValueError   a number is too large for its dtype, a tensor is ragged, or a name is none
        TypeError    an entry is no number of its dtype's kind

    >>> encode({"a": [1, 2]}, "U8")
    b'8\\x00...{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   \\x01\\x02'
    >>> encode({"a": [1.0, 1e6]}, "F16")
    Traceback (most recent call last):
    ValueError: tensor 'a', entry 1: 1000000.0 is too large for F16
    """
    dtypes = {
        name: dtype_of(dtype if isinstance(dtype, str) else f"{dtype.get(name)}", _place(name))
        for name in tensors
    }
    order = sorted(tensors, key=lambda name: ([*DTYPES].index(dtypes[name].name), name))
    bodies = [_packed(tensors[name], dtypes[name], _place(name)) for name in order]
    ends = pairwise(accumulate(map(len, bodies), initial=0))
    entries = {
        name: {"dtype": dtypes[name].name, "shape": shape(tensors[name]), "data_offsets": offsets}
        for name, offsets in zip(order, ends, strict=True)
    }
    header = ({} if metadata is None else {METADATA: {**metadata}}) | entries
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    head = text.encode("utf-8", "surrogatepass")
    head += b" " * (-len(head) % LENGTH)
    file = b"".join([len(head).to_bytes(LENGTH, "little"), head, *bodies])
    header_of(file)
    return file


def _packed(tensor: Tree, dtype: Dtype, place: str) -> bytes:
    try:
        shape(tensor)
    except ValueError as error:
        raise ValueError(f"{place} is {error}") from None
    words = list[bytes]()
    for number in leaves(tensor):
        try:
            words.append(packed(number, dtype))
        except (TypeError, ValueError) as error:
            raise type(error)(f"{place}, entry {len(words)}: {error}") from None
    return b"".join(words)


def metadata_of(data: bytes) -> dict[str, str]:
    """The texts that the header of a file keeps beside the tensors.

    Errors
        ValueError   as `decode`; or a text repeats a name

    >>> metadata_of(encode({"a": 1.0}, metadata={"format": "pt"})), metadata_of(encode({"a": 1.0}))
    ({'format': 'pt'}, {})
    """
    pairs = json.loads(header_of(data).metadata, object_pairs_hook=list)
    texts = dict(pairs)
    if len(texts) != len(pairs):
        raise ValueError(f"{METADATA} repeats a name")
    return texts


def header_of(data: bytes) -> Header:
    """The header of a file, once it is known to be right and to fit the data.

    Errors
        ValueError   it is not; the message says where

    >>> header_of(encode({"a": [1.0, 2.0]}, "F32")).entries["a"]
    Entry(dtype=Dtype(name='F32', code='f', size=4, format=None), shape=[2], begin=0, end=8)
    >>> header_of(b"PK")
    Traceback (most recent call last):
    ValueError: 2 bytes are no safetensors file: the length of its header alone takes 8
    """
    if len(data) < LENGTH:
        raise ValueError(
            f"{len(data)} bytes are no safetensors file: the length of its header alone takes 8"
        )
    length, rest = int.from_bytes(data[:LENGTH], "little"), len(data) - LENGTH
    if length > min(LONGEST_HEADER, rest):
        raise ValueError(
            f"the header of {length:,} bytes is longer than "
            + (f"the {rest:,} left: the file is cut" if length > rest else f"{LONGEST_HEADER:,}")
        )
    head = data[LENGTH : LENGTH + length]
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"header, byte {error.start}: not UTF-8 text") from None
    header = Header(length, *parsed(head))
    check_offsets(header.entries, rest - length)
    check_lists({name: entry.shape for name, entry in header.entries.items()})
    return header


def parsed(head: bytes) -> tuple[dict[str, Entry], bytes]:
    """The tensors of a header by name, and the JSON of the metadata.

    Errors
        ValueError   it is not the JSON of a header, or repeats a name

    >>> parsed(b'{"__metadata__": {"made": "today"}}')
    ({}, b'{"made": "today"}')
    """
    entries, metadata = dict[str, Entry](), b""
    for name, value in members(head):
        place = _place(name)
        if name in entries or name == METADATA and metadata:
            raise ValueError(f"{place} stands twice in the header")
        if name != METADATA:
            entries[name] = entry(value, place)
        elif PAIRS.fullmatch(metadata := value) is None:
            raise ValueError(f"{METADATA} is not texts by name")
    return entries, metadata or b"{}"


def members(head: bytes) -> Iterator[tuple[str, bytes]]:
    """The names in a header, each with the JSON of its object, which holds no other.

    Errors
        ValueError   the header is something else, from a byte on

    >>> [*members(b'{"a": {"dtype": "F32"}, "b": {}}')]
    [('a', b'{"dtype": "F32"}'), ('b', b'{}')]
    >>> [*members(b'{"a": {}, "b": 1}')]
    Traceback (most recent call last):
    ValueError: header, byte 9: '"name": {"dtype": …, "shape": …, "data_offsets": …}' belongs here
    """
    if not head.startswith(b"{"):
        raise ValueError("header, byte 0: '{' belongs here")
    place, ended = 1, EMPTY.fullmatch(head) is not None
    while not ended:
        found = ENTRY.match(head, place)
        if not found:
            raise ValueError(f"header, byte {place}: {SHOWN!r} belongs here")
        yield json.loads(found[1]), found[2]
        place, ended = found.end(), found[3] != b","


def entry(value: bytes, place: str) -> Entry:
    """What the JSON of an object says of a tensor.

    Errors
        ValueError   it says something else, or the tensor's bytes are not as many as its numbers
                     take

    >>> entry(b'{"shape": [2, 3], "dtype": "F16", "data_offsets": [0, 12]}', "tensor 'a'").shape
    [2, 3]
    >>> entry(b'{"dtype": "F16", "shape": [-1], "data_offsets": [0, 2]}', "tensor 'a'")
    Traceback (most recent call last):
    ValueError: tensor 'a': shape '[-1]' is not a list of at most 64 whole numbers
    >>> entry(b'{"dtype": "F16", "shape": [2], "data_offsets": [0, 2]}', "tensor 'a'")
    Traceback (most recent call last):
    ValueError: tensor 'a' of shape [2] takes 4 bytes in F16, its data_offsets are [0, 2]
    """
    match dict(ONE_FIELD.findall(value)) if FIELDS.fullmatch(value) else {}:
        case {b'"dtype"': name, b'"shape"': lengths, b'"data_offsets"': offsets}:
            dtype = dtype_of(name.decode().strip('"'), place)
            sizes = whole_numbers(lengths, f"{place}: shape")
            ends = whole_numbers(offsets, f"{place}: data_offsets")
        case _:
            raise ValueError(f"{place} is {value.decode()!r:.80}, not {SHOWN[8:]!r}")
    begin, end = ends if len(ends) == 2 else (0, -1)
    if end - begin != bytes_of(sizes, dtype, place):
        raise ValueError(
            f"{place} of shape {sizes!s:.80} takes {bytes_of(sizes, dtype, place)} bytes "
            f"in {dtype.name}, its data_offsets are {ends!s:.80}"
        )
    return Entry(dtype, sizes, begin, end)


def whole_numbers(text: bytes, place: str) -> list[int]:
    """The numbers in the JSON of a list.

    Errors
        ValueError   it is something else, or a list of more than 64, or of too many digits

    >>> whole_numbers(b"[2, 30]", "shape"), whole_numbers(b"[]", "shape")
    ([2, 30], [])
    >>> whole_numbers(b"[2.0, -1]", "shape")
    Traceback (most recent call last):
    ValueError: shape '[2.0, -1]' is not a list of at most 64 whole numbers
    """
    if not NUMBERS.fullmatch(text):
        raise ValueError(f"{place} {text.decode()!r:.40} is not a list of at most 64 whole numbers")
    return [int(digits) for digits in re.findall(rb"[0-9]+", text)]


def check_offsets(entries: Mapping[str, Entry], size: int) -> None:
    """Nothing, if the tensors lie one after another and fill all the bytes of the data.

    Errors
        ValueError   there is a gap, an overlap, or data that no tensor has

    >>> one, other = Entry(DTYPES["I8"], [4], 0, 4), Entry(DTYPES["I8"], [4], 3, 7)
    >>> check_offsets({"a": one}, 4)
    >>> check_offsets({"a": one, "b": other}, 7)
    Traceback (most recent call last):
    ValueError: tensor 'b' starts at byte 3 of the data, the one before ends at 4
    """
    end = 0
    for name in sorted(entries, key=lambda name: entries[name][2:]):
        if entries[name].begin != end:
            raise ValueError(
                f"{_place(name)} starts at byte {entries[name].begin} of the data, "
                f"the one before ends at {end}"
            )
        end = entries[name].end
    if end != size:
        raise ValueError(
            f"{size} bytes of data, of which the tensors take {end}: the file is cut, or too long"
        )


def _place(name: str) -> str:
    return f"tensor {name!r:.40}"
