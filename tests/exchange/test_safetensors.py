"""Safetensors files are read and written bit by bit; wrong ones are refused before all else."""

import json
from itertools import pairwise
from math import inf, nan, prod
from random import Random
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.exchange.safetensors import decode, encode, metadata_of
from hostile_files import SIZES, allowed, is_clear, read, tensors_file, wrong_tensors_files

ARRAYS: dict[str, Any] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "BOOL": "?",
} | {name: f"<{name[0].lower()}{SIZES[name]}" for name in SIZES if name[0] in "IU"}
FLOATS = [name for name in SIZES if "F" in name]
MATRIX = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}


@pytest.fixture(autouse=True, scope="module")
def tables() -> None:
    """The tables of the small formats, which are made once and are no memory of one file."""
    decode(encode({name: 1.0 for name in FLOATS}, {name: name for name in FLOATS}))


def one(dtype: str, shape: list[int], body: bytes) -> bytes:
    """A file of one tensor."""
    entry = {"dtype": dtype, "shape": shape, "data_offsets": [0, len(body)]}
    return tensors_file({"a": entry}, body)


def in_numpy(file: bytes) -> dict[str, Any]:
    """What the bytes of each tensor are by its header, if that is right."""
    start = 8 + int.from_bytes(file[:8], "little")
    header = json.loads(file[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        body = np.frombuffer(file[start + begin : start + end], ARRAYS[entry["dtype"]])
        arrays[name] = body.reshape(entry["shape"])
    return arrays


def listed(arrays: dict[str, Any]) -> str:
    """The arrays as lists, NaN and signs of zero included."""
    return repr({name: array.tolist() for name, array in arrays.items()})


def test_a_file_is_what_the_format_says() -> None:
    header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  '
    file = b"\x38\0\0\0\0\0\0\0" + header + bytes.fromhex("0000803f000000c0")
    assert decode(file) == {"a": [1.0, -2.0]}
    assert encode({"a": [1, -2.0]}, "F32") == file


@pytest.mark.parametrize("dtype", SIZES)
def test_every_dtype_is_read_as_numpy_reads_it(dtype: str) -> None:
    size = SIZES[dtype]
    every = range(256**size) if size <= 2 else ()
    body = b"".join(pattern.to_bytes(size, "little") for pattern in every)
    body = body or Random(0).randbytes(5000 * size)
    file = one(dtype, [len(body) // size], body)
    assert repr(decode(file)) == listed(in_numpy(file))


@pytest.mark.parametrize("dtype", SIZES)
def test_what_is_read_is_written_again(dtype: str) -> None:
    random = Random(1)
    for shape in ([], [7], [2, 3], [3, 1], [2, 1, 3], [0], [2, 0]):
        body = random.randbytes(prod(shape) * SIZES[dtype])
        tensors = decode(one(dtype, shape, body))
        assert repr(decode(encode(tensors, dtype))) == repr(tensors)


@pytest.mark.parametrize("dtype", FLOATS)
@given(st.lists(st.floats(width=32) | st.floats(-600, 600) | st.floats(-2e-5, 2e-5)))
def test_floats_are_rounded_to_the_nearest_or_are_too_large(
    dtype: str, numbers: list[float]
) -> None:
    if not isinstance(ARRAYS[dtype], str):
        numbers = np.array(numbers, "f4").tolist()  # which ml_dtypes does before it rounds
    with np.errstate(over="ignore"):
        expected = np.array(numbers).astype(ARRAYS[dtype])
    lost = np.isfinite(numbers) & ~np.isfinite(expected.astype(float))
    lost |= np.isinf(numbers) & (dtype == "F8_E4M3")
    if lost.any():
        with pytest.raises(ValueError, match=rf"^tensor 'a', entry \d+: .* too large for {dtype}$"):
            encode({"a": numbers}, dtype)
    else:
        assert listed({"a": expected}) == repr(decode(encode({"a": numbers}, dtype)))


def test_a_float_is_rounded_but_once() -> None:
    file = encode({"a": [1 + 2**-8 + 2**-40, 1 + 2**-9]}, "BF16")
    assert decode(file) == {"a": [1 + 2**-7, 1.0]}


def test_the_largest_dtypes_lie_first_so_that_all_are_aligned() -> None:
    tensors: dict[str, Any] = {dtype: [True] if dtype == "BOOL" else [1] for dtype in SIZES}
    file = encode(tensors, {dtype: dtype for dtype in SIZES}, {"b": "é", "a": ""})
    length = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + length])
    assert length % 8 == 0 and [*header].index("__metadata__") == 0
    del header["__metadata__"]
    assert all(SIZES[one] >= SIZES[other] for one, other in pairwise(header))
    assert decode(file) == tensors and metadata_of(file) == {"b": "é", "a": ""}


@pytest.mark.parametrize(
    ("header", "body", "message"),
    [
        (b"", b"", "header, byte 0: '{' belongs here"),
        (b"[]", b"", "header, byte 0: '{' belongs here"),
        (b' {"a": 1}', b"", "header, byte 0: '{' belongs here"),
        (b"{", b"", "header, byte 1: {entry} belongs here"),
        (b'{"a": 1}', b"", "header, byte 1: {entry} belongs here"),
        (b"{}\0", b"", "header, byte 1: {entry} belongs here"),
        (b'{"a": {}', b"", "header, byte 1: {entry} belongs here"),
        (b'{"a": {"b": {}}}', b"", "header, byte 1: {entry} belongs here"),
        (b'{"a": ' + b"[" * 10**5, b"", "header, byte 1: {entry} belongs here"),
        (b'{"\xff": {}}', b"", "header, byte 2: not UTF-8 text"),
        (b'{"\\ud800": {}}', b"", "header, byte 1: {entry} belongs here"),
        (b'{"__metadata__":{"a":"\\uDc00"}}', b"", "header, byte 1: {entry} belongs here"),
        (
            {"a": MATRIX | {"data_offsets": [10**18] * 64}},
            b"",
            "tensor 'a' of shape [2, 2] takes 16 ",
        ),
        (b'{"a": {}}', b"", "tensor 'a' is '{}', not {fields}"),
        ({"a": MATRIX | {"more": 1}}, b"", 'tensor \'a\' is \'{"dtype": "F32", "shape": [2, 2]'),
        ({"a": MATRIX | {"dtype": "F4"}}, b"", "tensor 'a' is of dtype 'F4', none of U64 I64 F64"),
        ({"a": MATRIX | {"dtype": [4]}}, b"", "tensor 'a' is of dtype '[4]', none of U64 I64 F64"),
        ({"a": MATRIX | {"shape": [2.0]}}, b"", "tensor 'a': shape '[2.0]' is not a list of at "),
        ({"a": MATRIX | {"shape": [True]}}, b"", "tensor 'a': shape '[true]' is not a list of at"),
        ({"a": MATRIX | {"shape": [nan]}}, b"", "tensor 'a': shape '[NaN]' is not a list of at "),
        ({"a": MATRIX | {"shape": [1] * 65}}, b"", "tensor 'a': shape '[1, 1, 1, 1, 1, 1, 1, 1, 1"),
        (
            {"a": MATRIX | {"shape": "4"}},
            b"",
            "tensor 'a': shape '\"4\"' is not a list of at most ",
        ),
        (
            {"a": MATRIX | {"shape": [2**62, 2]}},
            bytes(16),
            "tensor 'a' has shape [4611686018427387904, 2], too large for any memory",
        ),
        (
            {"a": MATRIX | {"shape": [10**12, 0], "data_offsets": [0, 0]}},
            b"",
            "1,000,000,000,001 lists for 1 numbers, most in 'a' of shape [1000000000000, 0]: "
            "no more than 4 a number are read, and 1,000",
        ),
        (
            {"a": MATRIX | {"shape": [3, 2]}},
            bytes(16),
            "tensor 'a' of shape [3, 2] takes 24 bytes in F32, its data_offsets are [0, 16]",
        ),
        (
            {"a": MATRIX | {"data_offsets": [0]}},
            bytes(16),
            "tensor 'a' of shape [2, 2] takes 16 bytes in F32, its data_offsets are [0]",
        ),
        ({"a": MATRIX, "b": MATRIX}, bytes(16), "tensor 'b' starts at byte 0 of the data, the one"),
        (
            {"a": MATRIX | {"data_offsets": [4, 20]}},
            bytes(20),
            "tensor 'a' starts at byte 4 of the data, the one before ends at 0",
        ),
        (
            {"a": MATRIX},
            bytes(15),
            "15 bytes of data, of which the tensors take 16: the file is cut, or too long",
        ),
        (
            {"a": MATRIX},
            bytes(17),
            "17 bytes of data, of which the tensors take 16: the file is cut, or too long",
        ),
        ({"__metadata__": {"a": 1}}, b"", "__metadata__ is not texts by name"),
        (b'{"__metadata__":{},"__metadata__":{}}', b"", "tensor '__metadata__' stands twice in "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_header_is_refused_where_it_goes_wrong(
    header: Any, body: bytes, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        decode(tensors_file(header, body))
    fields = '{"dtype": …, "shape": …, "data_offsets": …}'
    entry = f"'\"name\": {fields}'"
    assert is_clear(str(caught.value))
    assert str(caught.value).startswith(
        message.replace("{entry}", entry).replace("{fields}", repr(fields))
    )


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "0 bytes are no safetensors file: the length of its header alone takes 8"),
        (b"\3\0\0\0\0\0\0\0{}", "the header of 3 bytes is longer than the 2 left: the file is cut"),
        (
            b"\xff" * 8 + b"{}",
            "the header of 18,446,744,073,709,551,615 bytes is longer than the 2 left: "
            "the file is cut",
        ),
        (
            (10**8 + 1).to_bytes(8, "little") + bytes(10**8 + 1),
            "the header of 100,000,001 bytes is longer than 100,000,000",
        ),
    ],
    ids=len,
)
def test_an_absurd_length_is_refused(file: bytes, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode(file)
    assert str(caught.value) == message


def test_a_name_may_be_any_text() -> None:
    tensors = {
        name: 1.0 for name in ("", "a\n\0\x7f", "\U00010000é\u2028", '"\\{}[]:,', "a" * 5000)
    }
    file = encode(tensors, metadata=dict.fromkeys(tensors, "{"))
    assert decode(file) == tensors and metadata_of(file) == dict.fromkeys(tensors, "{")
    entry = '": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}}'
    assert decode(tensors_file(f'{{"\\ud800\\uDC00\\/{entry}'.encode(), b"\2")) == {
        "\U00010000/": 2
    }


def test_a_name_that_stands_twice_is_refused() -> None:
    twice = json.dumps({"a": MATRIX, "b": MATRIX}).replace('"b"', '"\\u0061"').encode()
    with pytest.raises(ValueError, match="^tensor 'a' stands twice in the header$"):
        decode(tensors_file(twice, bytes(16)))
    with pytest.raises(ValueError, match="^__metadata__ repeats a name$"):
        metadata_of(tensors_file(b'{"__metadata__": {"a": "", "a": ""}}', b""))


@pytest.mark.parametrize(
    ("tensor", "dtype", "error", "message"),
    [
        ([1.0, inf], "F8_E4M3", ValueError, "tensor 'a', entry 1: inf is too large for F8_E4M3"),
        ([65520.0], "F16", ValueError, "tensor 'a', entry 0: 65520.0 is too large for F16"),
        ([10**400], "BF16", ValueError, f"tensor 'a', entry 0: 1{'0' * 39} is too large for BF16"),
        ([-1], "U64", ValueError, "tensor 'a', entry 0: -1 is too large for U64"),
        ([[1], [1, 2]], "U8", ValueError, "tensor 'a' is ragged: entry 1 has shape (2,), entry 0"),
        (
            [1.0],
            "I8",
            TypeError,
            "tensor 'a', entry 0: 1.0 is of type float, which I8 does not keep",
        ),
        ([1], "BOOL", TypeError, "tensor 'a', entry 0: 1 is of type int, which BOOL does not keep"),
        (
            [True],
            "F32",
            TypeError,
            "tensor 'a', entry 0: True is of type bool, which F32 does not keep",
        ),
        (
            ["1"],
            "F32",
            TypeError,
            "tensor 'a', entry 0: '1' is of type str, which F32 does not keep",
        ),
        ([1], "f32", ValueError, "tensor 'a' is of dtype 'f32', none of U64 I64 F64 F32 U32 I32 "),
        ([[]] * 2000, "F32", ValueError, "2,001 lists for 1 numbers, most in 'a' of shape [2000, "),
    ],
    ids=str,
)
def test_what_no_file_holds_is_refused(
    tensor: Any, dtype: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        encode({"a": tensor}, dtype)
    assert str(caught.value).startswith(message)


def test_names_and_texts_that_no_header_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="^header, byte 2: not UTF-8 text$"):
        encode({"\ud800": 1.0})
    with pytest.raises(ValueError, match="^tensor 'b' is of dtype 'None', none of "):
        encode({"a": 1.0, "b": 1.0}, {"a": "F32"})
    with pytest.raises(ValueError, match="^__metadata__ is not texts by name$"):
        encode({"__metadata__": 1.0})


def test_thousands_of_wrong_files_are_refused_in_one_line_or_read_as_numpy_reads_them() -> None:
    right = 0
    for index, file in enumerate(wrong_tensors_files(2000)):
        result, memory = read(decode, file)
        assert memory <= allowed(file, result), index
        if isinstance(result, str):
            assert is_clear(result), index
        else:
            right += 1
            assert repr(result) == listed(in_numpy(file)), index
    assert 100 < right < 500


@pytest.mark.parametrize("width", [1, 4, 20_000])
@pytest.mark.parametrize("dtype", ["F64", "I64", "F16", "BF16", "U8"])
def test_memory_is_48_bytes_a_number_96_a_list_and_ten_times_the_file(
    dtype: str, width: int
) -> None:
    body = Random(0).randbytes(20_000 * SIZES[dtype])
    file = one(dtype, [20_000 // width, width], body)
    tensors, memory = read(decode, file)
    assert memory <= allowed(file, tensors)
    assert width < 4 or memory <= 48 * 20_000 + 10 * len(file)


@pytest.mark.parametrize(
    "header",
    [
        ",".join(f'"{i:x}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}' for i in range(5000)),
        ",".join(f'"{i}":{{"dtype":"U8","shape":[],"data_offsets":[{i},0]}}' for i in range(5000)),
        '"__metadata__":{' + ",".join(f'"{i:x}":""' for i in range(20_000)) + "}",
        '"a":{"dtype":"U8","shape":[' + "1," * 50_000 + '],"data_offsets":[0,1]}',
        '"a":{"shape":[' + "[]," * 50_000,
        '"' + "\\n" * 50_000 + '":{}',
        '"' + "\U00010000" * 50_000 + '":{}',
    ],
    ids=lambda header: header[:30],
)
def test_no_header_takes_more_memory_than_ten_times_its_bytes(header: str) -> None:
    file = tensors_file(f"{{{header}}}".encode(), b"")
    tensors, memory = read(decode, file)
    assert memory <= allowed(file, tensors)
