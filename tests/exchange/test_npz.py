"""Npz files are read as NumPy reads them, or refused; hostile ones take no memory for it."""

import io
import re
import warnings
import zipfile
import zlib
from random import Random
from typing import Any, Final

import numpy as np
import pytest

from funcnn.exchange import npy
from funcnn.exchange.npz import decode
from hostile_files import (
    DESCRIPTIONS,
    SHAPES,
    allowed,
    in_directory,
    is_clear,
    npy_file,
    read,
    right_npy,
    wrong_npz_files,
    zip_file,
)

OVERLAP: Final = "members that overlap, which zipfile does not see before Python 3.12.2"
READ_BY_NUMPY: Final = {
    "two members of one name": r"two members are called '[^']*'",
    "a member that is no array": r"member .*: no \.npy file: .*",
    "numbers of another kind, or one that numpy.save does not write": r"member .*: dtype .*",
    "bytes behind an array": r"member .*: \d+ bytes follow the header, shape .* takes \d+",
    "bytes behind those declared": r"member .* is broken: Bad CRC-32 for file .*",
    OVERLAP: r"member .*: the file is cut, or members overlap",
    "lists of nothing": r"[\d,]+ lists for \d+ numbers, .*",
}
"""Why a file is refused that NumPy reads, and what is said then."""


def in_numpy(file: bytes) -> dict[str, Any] | None:
    """The arrays of a file, if NumPy reads it."""
    with warnings.catch_warnings(action="ignore"):
        try:
            with np.load(io.BytesIO(file)) as arrays:
                return dict(arrays)
        except Exception:
            return None


def listed(arrays: dict[str, Any]) -> str:
    """The arrays as lists, NaN and signs of zero included."""
    return repr({name: array.tolist() for name, array in arrays.items()})


def saved(save: Any, arrays: dict[str, Any]) -> bytes:
    """What NumPy writes."""
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_kind_of_number_and_shape_is_read_as_numpy_reads_it(save: Any) -> None:
    random, arrays = Random(0), dict[str, Any]()
    for descr in DESCRIPTIONS:
        for shape in SHAPES:
            array = np.lib.format.read_array(io.BytesIO(right_npy(random, shape, descr)))
            arrays[f"{descr}{shape}"] = array
    assert any(array.ndim > 1 and array.flags.f_contiguous for array in arrays.values())
    assert repr(decode(saved(save, arrays))) == listed(arrays)


def test_arrays_without_names_have_those_that_numpy_gives_them() -> None:
    file = io.BytesIO()
    np.savez(file, np.eye(2), np.float32(0.5))
    assert decode(file.getvalue()) == {"arr_0": [[1.0, 0.0], [0.0, 1.0]], "arr_1": 0.5}


@pytest.mark.parametrize("text", ["", "añ\U00010000", "a\nb", '{"layers": 2}', "a\0b"])
def test_a_text_alone_is_read(text: str) -> None:
    arrays = {"config": np.array(text), "big": np.array(text, ">U20")}
    assert repr(decode(saved(np.savez_compressed, arrays))) == listed(arrays)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_a_header_is_read(version: tuple[int, int]) -> None:
    file, array = io.BytesIO(), np.asfortranarray(np.arange(24.0).reshape(2, 3, 4))
    np.lib.format.write_array(file, array, version)
    assert npy.decode(file.getvalue()) == array.tolist()


def test_a_zip_of_64_bits_is_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        with archive.open("a.npy", "w", force_zip64=True) as member:
            member.write(npy_file("'<i2'", False, (2,), b"\1\0\2\0"))
    assert decode(file.getvalue()) == {"a": [1, 2]}


def test_a_member_may_be_called_anything() -> None:
    array = npy_file("'|u1'", False, (), b"\1")
    names = ["a/b.npy", "c", "é\n.npy", ".npy"]
    assert decode(zip_file([(name, array) for name in names])) == {
        "a/b": 1,
        "c": 1,
        "é\n": 1,
        "": 1,
    }


HEADER: Final = "header \"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
READ: Final = "is none that is read: one as '<f4' '>i8' '|u1' '|b1', or a text, '<U8' of shape []"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "no .npy file: it does not start with b'\\x93NUMPY' and a version"),
        (b"\x80\x04N.", "no .npy file: it does not start with b'\\x93NUMPY' and a version"),
        (b"\x93NUMPY\1", "no .npy file: it does not start with b'\\x93NUMPY' and a version"),
        (b"\x93NUMPY\4\0\0\0", "version 4.0 of .npy, not 1.0, 2.0 or 3.0"),
        (b"\x93NUMPY\1\0\1", "cut: 1 bytes where 2 belong"),
        (b"\x93NUMPY\1\0\1\1{", "cut: 1 bytes where 257 belong"),
        (b"\x93NUMPY\2\0\0\0\0\xff", "a header of 4,278,190,080 bytes, more than 2,048"),
        (
            b"\x93NUMPY\1\0\2\0{}",
            "header '{}' is not {'descr': …, 'fortran_order': …, 'shape': …, }",
        ),
        (npy_file("'|O'", False, (1,), b"N"), f"dtype '|O' of shape [1] {READ}"),
        (npy_file("'<c8'", False, (), bytes(8)), f"dtype '<c8' of shape [] {READ}"),
        (npy_file("'<U2'", False, (1,), bytes(8)), f"dtype '<U2' of shape [1] {READ}"),
        (
            npy_file("[('a', '<f4')]", False, (), bytes(4)),
            f"dtype [('a', '<f4')] of shape [] {READ}",
        ),
        (npy_file("'<f4'", 0, (2,), bytes(8)), "header "),
        (npy_file("'<f4'", "'no'", (2,), bytes(8)), "header "),
        (npy_file("'<f4'", False, (-1,), bytes(8)), "header "),
        (npy_file("'<f4'", False, (2.0,), bytes(8)), "header "),
        (npy_file("'<f4'", False, (True,), bytes(4)), "header "),
        (npy_file("'<f4'", False, 2, bytes(8)), "header "),
        (npy_file("'<f4'", False, (1,) * 65, bytes(4)), "header "),
        (npy_file("'<f4'", False, (10**30,), bytes(4)), "header "),
        (npy_file("'<f4'", False, "(2 ** 2,)", bytes(16)), "header "),
        (npy_file("'<f4'", False, "(" * 500, b""), "header "),
        (
            npy_file("'<f4'", False, (2**62,), b""),
            "the array has shape [4611686018427387904], too ",
        ),
        (npy_file("'<f4'", False, (2,), b""), "0 bytes follow the header, shape [2] takes 8"),
        (npy_file("'<f4'", False, (2,), bytes(9)), "9 bytes follow the header, shape [2] takes 8"),
        (
            npy_file("'<f4'", False, (10**12, 0), b""),
            "1,000,000,000,001 lists for 1 numbers, most ",
        ),
        (npy_file("'<U1'", False, (), b"\xff" * 4), "'utf-32-le' codec can't decode bytes in posi"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_array_is_refused_where_it_goes_wrong(file: bytes, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        npy.decode(file)
    assert is_clear(str(caught.value)) and str(caught.value).startswith(message)


ARRAY: Final = npy_file("'|u1'", False, (4,), b"abcd")
ZEROS: Final = npy_file("'|u1'", False, (1000,), bytes(1000))


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "no .npz file: it does not start as a zip file does"),
        (ARRAY, "no .npz file: it does not start as a zip file does"),
        (zip_file([("a.npy", ARRAY)])[:-5], "the zip file is broken: File is not a zip file"),
        (zip_file([("a.npy", ARRAY), ("a", ARRAY)]), "two members are called 'a'"),
        (zip_file([("a.txt", b"abc")]), "member 'a.txt': no .npy file: it does not start with "),
        (zip_file([("a.npy", ARRAY)], zipfile.ZIP_LZMA), "member 'a' is packed by method 14, not "),
        (zip_file([("a.npy", ARRAY)], zipfile.ZIP_BZIP2), "member 'a' is packed by method 12, not"),
        (in_directory(zip_file([("a.npy", ARRAY)]), 8, b"\1\0"), "member 'a' is encrypted"),
        (
            in_directory(zip_file([("a.npy", ARRAY)]), 6, b"\xff\0"),
            "the zip file is broken: zip file version 25.5",
        ),
        (zip_file([("a.npy", ARRAY)]).replace(b"abcd", b"abce"), "member 'a.npy' is broken: Bad C"),
        (zip_file([("a.npy", ARRAY)])[20:], "no .npz file: it does not start as a zip file does"),
        (
            b"PK\3\4" + zip_file([("a.npy", ARRAY)])[20:],
            "member 'a.npy' starts at byte -16, before byte 0: the file is cut, or members overlap",
        ),
        (
            in_directory(zip_file([("a.npy", ARRAY), ("b.npy", ARRAY)]), 20, b"\xff\0\0\0"),
            "member 'b.npy' starts at byte 114, before byte 285: the file is cut, or members over",
        ),
        (
            in_directory(zip_file([("a.npy", ZEROS)], 8), 24, (10**9).to_bytes(4, "little")),
            "member 'a.npy': 999999925 bytes follow the header, shape [1000] takes 1000",
        ),
        (
            in_directory(
                zip_file([("a.npy", ZEROS)], 8), 24, len(ZEROS[:-1]).to_bytes(4, "little")
            ),
            "member 'a.npy' is broken: Bad CRC-32 for file 'a.npy'",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_zip_file_is_refused(file: bytes, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode(file)
    assert is_clear(str(caught.value)) and str(caught.value).startswith(message)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("size", [8192, 10_000])
def test_bytes_behind_those_that_a_large_member_declares_are_seen(size: int, method: int) -> None:
    array = npy_file("'|u1'", False, (size,), bytes(size))
    file = zip_file([("a", array + bytes(5000))], method)
    file = in_directory(file, 16, zlib.crc32(array).to_bytes(4, "little"))
    file = in_directory(file, 24, len(array).to_bytes(4, "little"))
    assert in_numpy(file) is not None
    with pytest.raises(ValueError, match="^member 'a' is broken: Bad CRC-32 for file 'a'$"):
        decode(file)


def test_a_place_beyond_any_file_is_refused() -> None:
    file = in_directory(zip_file([("a", ARRAY)]), 42, b"\xff" * 4)
    file = in_directory(file, 30, b"\x0c\0")[:-22] + b"\1\0\x08\0" + b"\xff" * 8 + file[-22:]
    file = file[:-10] + (46 + 1 + 12).to_bytes(4, "little") + file[-6:]
    with pytest.raises(ValueError, match="^member 'a' is broken: .* too large .*$"):
        decode(file)


def test_a_directory_of_absurdly_many_members_is_refused() -> None:
    file = zip_file([("a", ARRAY)])
    start = file.index(b"PK\1\2")
    with pytest.raises(ValueError, match=r"^3000 members in 141\d{3} bytes: no array is so small$"):
        decode(file[:start] + file[start:-22] * 3000 + file[-22:])


def test_thousands_of_wrong_files_are_refused_in_one_line_or_read_as_numpy_reads_them() -> None:
    right, reasons = 0, set[str]()
    for index, file in enumerate(wrong_npz_files(2000)):
        result, memory = read(decode, file)
        assert memory <= allowed(file, result), index
        arrays = in_numpy(file)
        if not isinstance(result, str):
            right += 1
            assert arrays is not None and repr(result) == listed(arrays), index
        else:
            assert is_clear(result), index
            if arrays is not None:
                why = [why for why, told in READ_BY_NUMPY.items() if re.fullmatch(told, result)]
                assert why, (index, result)
                reasons |= {*why}
    assert 300 < right < 700 and reasons | {OVERLAP} == {*READ_BY_NUMPY}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "array",
    [
        np.full(20_000, 2**62),
        np.full((1, 20_000), 2**62),
        np.full((20_000, 1), 0.1),
        np.full((200, 100), 2**62).T,
        np.full((20, 50, 20), 2**62).T,
        np.zeros(20_000, "u1"),
        np.array("\U00010000" * 20_000),
        np.array("a" * 20_000),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_memory_is_48_bytes_a_number_96_a_list_and_ten_times_the_file(
    save: Any, array: Any
) -> None:
    file = saved(save, {"a": array})
    arrays, memory = read(decode, file)
    assert not isinstance(arrays, str) and memory <= allowed(file, arrays)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.npy", "w") as member:
            member.write(npy_file("'|u1'", False, (4,), b""))
            for _ in range(50):
                member.write(bytes(1_000_000))
    result, memory = read(decode, bomb.getvalue())
    assert result == "member 'a.npy': 50000000 bytes follow the header, shape [4] takes 4"
    assert memory < 200_000
    declared = in_directory(bomb.getvalue(), 24, (len(ARRAY)).to_bytes(4, "little"))
    result, memory = read(decode, declared)
    assert result == "member 'a.npy' is broken: Bad CRC-32 for file 'a.npy'"
    assert memory < 200_000
