"""Files of tensors made wrong, thousands from a key, and how much memory reading one may take."""

import io
import json
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import prod
from random import Random
from typing import Any, Final

from funcnn.algebra.trees import Tree, is_leaf, leaves

SIZES: Final = {
    **dict.fromkeys(("F64", "I64", "U64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("BF16", "F16", "I16", "U16"), 2),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "I8", "U8", "BOOL"), 1),
}
SHAPES: Final[Sequence[list[int]]] = (
    [],
    [1],
    [4],
    [2, 3],
    [3, 1],
    [2, 2, 2],
    [0],
    [0, 3],
    [3, 0],
    [1, 1, 1, 2],
)
LENGTHS: Final = (-1, 0, 1, 2, 3, 2**31, 2**32, 10**12, 2**62, 2**63, 2**64, 1.0, 1.5, True)
DESCRIPTIONS: Final = ("|b1", "|i1", "|u1") + tuple(
    f"{order}{kind}" for order in "<>" for kind in ("f2 f4 f8 i2 i4 i8 u2 u4 u8").split()
)


def tensors_file(header: Any, body: bytes) -> bytes:
    """A safetensors file, right or wrong, of a header (JSON, or what is dumped as that)."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + body


def right_tensors(random: Random) -> tuple[dict[str, Any], bytes]:
    """The header and the data of a right file: of each shape one tensor or none."""
    names = [f"layer.{index}" for index in range(random.randrange(1, 6))]
    entries = [(random.choice([*SIZES]), random.choice(SHAPES)) for _ in names]
    ends = [*accumulate((SIZES[dtype] * prod(shape) for dtype, shape in entries), initial=0)]
    header: dict[str, Any] = {
        name: {"dtype": dtype, "shape": [*shape], "data_offsets": [*offsets]}
        for name, (dtype, shape), offsets in zip(names, entries, pairwise(ends), strict=True)
    }
    extra = {"__metadata__": {"format": "pt"}} if random.random() < 0.5 else {}
    return extra | header, random.randbytes(ends[-1])


def wrong_header(random: Random) -> bytes:
    """A file whose header says one thing that is not so."""
    header, body = right_tensors(random)
    name = random.choice([key for key in header if key != "__metadata__"])
    entry, value = header[name], random.choice(LENGTHS)
    field = random.choice(("dtype", "shape", "data_offsets"))
    match random.randrange(13):
        case 0:
            entry["shape"] = [*entry["shape"], value]
        case 1:
            entry["shape"] = [value, 0] if random.random() < 0.5 else [0, value]
        case 2:
            entry["shape"] = [1] * random.choice((63, 64, 65, 1000))
        case 3:
            entry["data_offsets"][random.randrange(2)] = value
        case 4:
            entry["data_offsets"] = header[random.choice([*header])].get("data_offsets", [0])
        case 5:
            entry["dtype"] = random.choice([*SIZES, "F4", "f32", "C64", "", "F8_E8M0", 4, None])
        case 6:
            entry[random.choice([field, "more"])] = random.choice([None, [], {}, "F32", [1, 2, 3]])
        case 7:
            del entry[field]
        case 8:
            header["__metadata__"] = random.choice([None, {}, {"a": 1}, [], {"a": {}}, {"é": "…"}])
        case 9:
            whole = json.dumps(header)
            double = whole.replace(f'"{name}"', f'"{random.choice([*header])}"')
            return tensors_file(double.encode(), body)
        case 10:
            text = json.dumps(header).replace(
                "[", random.choice(("[NaN", "[" * 500, "[1e3,", "[ "))
            )
            return tensors_file(text.encode(), body)
        case 11:
            length = random.choice((0, 1, 7, 2**31, 10**8 + 1, 2**63, 2**64 - 1))
            return length.to_bytes(8, "little") + tensors_file(header, body)[8:]
        case _:
            around = random.choice((b" %b", b"%b  ", b"%b\n", b"%b\0", b"\xef\xbb\xbf%b", b"[%b]"))
            return tensors_file(around % json.dumps(header).encode(), body)
    return tensors_file(header, body)


def right_npy(random: Random, shape: Sequence[int], descr: str = "") -> bytes:
    """A right .npy file of a shape, of a kind of number, or of any."""
    descr = descr or random.choice(DESCRIPTIONS)
    body = random.randbytes(prod(shape) * int(descr[2:]))
    return npy_file(repr(descr), random.random() < 0.3, (*shape,), body)


def npy_file(
    descr: str, by_columns: Any, shape: Any, body: bytes, version: bytes = b"\1\0"
) -> bytes:
    """A .npy file, right or wrong."""
    head = f"{{'descr': {descr}, 'fortran_order': {by_columns}, 'shape': {shape}, }}".encode()
    head += b" " * (-len(head) % 16) + b"\n"
    length = len(head).to_bytes(2 if version == b"\1\0" else 4, "little")
    return b"\x93NUMPY" + version + length + head + body


def zip_file(members: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip file of members, which may have one name."""
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def method(random: Random) -> int:
    return random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))


def right_npz(random: Random) -> bytes:
    """A right .npz file: of each shape one array or none."""
    shapes = random.choices(SHAPES, k=random.randrange(1, 4))
    members = [(f"arr_{index}.npy", right_npy(random, shape)) for index, shape in enumerate(shapes)]
    return zip_file([*members, ("text.npy", TEXT)][random.randrange(2) :], method(random))


TEXT: Final = npy_file("'<U3'", False, (), "añ\0".encode("utf-32-le"))


def wrong_npz(random: Random) -> bytes:
    """A file of which a member or the directory says one thing that is not so: a bomb, say."""
    shape, value = random.choice(SHAPES), random.choice(LENGTHS)
    array = right_npy(random, shape)
    match random.randrange(10):
        case 0:
            sizes = random.choice(
                [(value, 0), (0, value), (value,), (True,), (*shape, value), value]
            )
            array = npy_file("'<f4'", False, sizes, random.choice((b"", bytes(4))))
        case 1:
            array = npy_file("'<f4'", False, (1,) * random.choice((32, 64, 65)), bytes(4))
        case 2:
            descr = random.choice(("'|O'", "'<c8'", "'|S4'", "'<M8[s]'", "'<U1'", "[('a', '<f4')]"))
            array = npy_file(descr, False, random.choice([(), (1,), (2,)]), bytes(16))
        case 3:
            descr = random.choice(("'=f4'", "'f4'", "'|f4'", "'<i1'", "'<f16'", "'float32'", "4"))
            array = npy_file(descr, random.choice([False, 0, None]), (1,), bytes(4))
        case 4:
            array = npy_file(
                "'<f4'", False, (4,), bytes(16), random.choice((b"\2\0", b"\3\0", b"\4\0"))
            )
        case 5:
            bomb = npy_file("'<f8'", False, random.choice([(4,), (2**40,)]), bytes(1 << 16))
            return zip_file([("arr_0.npy", bomb)], zipfile.ZIP_DEFLATED)
        case 6:
            names = random.choice((("a.npy", "a.npy"), ("a", "a.npy"), ("a/b.npy", "a\n.npy")))
            return zip_file([(name, right_npy(random, shape)) for name in names], method(random))
        case 7:
            cut = array[: random.randrange(len(array))]
            array = random.choice((b"", b"\x80\x04N.", b"{}", cut))
        case 8:
            file = zip_file([("arr_0.npy", array + b"more")], zipfile.ZIP_DEFLATED)
            file = in_directory(file, 16, zlib.crc32(array).to_bytes(4, "little"))
            return in_directory(file, 24, len(array).to_bytes(4, "little"))
        case _:
            return wrong_directory(random, zip_file([("arr_0.npy", array)], method(random)))
    return zip_file([("arr_0.npy", array)], method(random))


def wrong_directory(random: Random, file: bytes) -> bytes:
    """The zip file with another number in its directory, or with hundreds of members."""
    if random.random() < 0.2:
        start = file.index(b"PK\1\2")
        return file[:start] + file[start:-22] * 200 + file[-22:]
    place, width = random.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (42, 4)))
    most = (1 << 8 * width) - 1
    value = random.choice((0, 1, 8, 12, 14, 99, len(file), most))
    return in_directory(file, place, value.to_bytes(width, "little"))


def in_directory(file: bytes, place: int, value: bytes) -> bytes:
    """The zip file with other bytes at a place in the first entry of its directory."""
    start = file.index(b"PK\1\2") + place
    return file[:start] + value + file[start + len(value) :]


def broken(random: Random, file: bytes, other: bytes) -> bytes:
    """A file cut, with bits or bytes changed, or with a part of another in it."""
    place, length = random.randrange(len(file)), random.randrange(1, 40)
    match random.randrange(5):
        case 0:
            return file[:place]
        case 1:
            return (
                file[:place] + bytes([file[place] ^ 1 << random.randrange(8)]) + file[place + 1 :]
            )
        case 2:
            return file[:place] + random.randbytes(1) + file[place + 1 :]
        case 3:
            return file[:place] + file[place + length :]
        case _:
            start = random.randrange(len(other))
            return file[:place] + other[start : start + length] + file[place:]


def wrong_tensors_files(count: int, key: int = 0) -> Iterator[bytes]:
    """As many safetensors files from a key, few of them right."""
    return _wrong(
        count, Random(key), lambda random: tensors_file(*right_tensors(random)), wrong_header
    )


def wrong_npz_files(count: int, key: int = 0) -> Iterator[bytes]:
    """As many npz files from a key, few of them right."""
    return _wrong(count, Random(key), right_npz, wrong_npz)


def _wrong(
    count: int,
    random: Random,
    right: Callable[[Random], bytes],
    wrong: Callable[[Random], bytes],
) -> Iterator[bytes]:
    for index in range(count):
        yield wrong(random) if index % 2 else broken(random, right(random), right(random))


def read[T](decode: Callable[[bytes], T], file: bytes) -> tuple[T | str, int]:
    """What a reader makes of a file, or the message of its error, and how much memory it takes."""
    tracemalloc.start()
    try:
        result: T | str = decode(file)
    except ValueError as error:
        result = str(error)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return result, most


def allowed(file: bytes, tensors: dict[str, Tree] | str) -> int:
    """The bytes of memory that reading a file may take, with these tensors in the end, or none."""
    trees = [] if isinstance(tensors, str) else [*tensors.values()]
    numbers, lists = sum(map(_numbers_in, trees)), sum(map(_lists_in, trees))
    return 48 * numbers + 96 * lists + 10 * len(file) + CONSTANT


CONSTANT: Final = 100_000


def _numbers_in(tensor: Tree) -> int:
    return sum(len(leaf) if isinstance(leaf, str) else 1 for leaf in leaves(tensor))


def _lists_in(tensor: Tree) -> int:
    return 0 if is_leaf(tensor) else 1 + sum(map(_lists_in, tensor))


def is_clear(message: str) -> bool:
    """Whether a message is a line that a terminal shows, no longer than three of its lines."""
    return message.isprintable() and 20 < len(message) < 300
