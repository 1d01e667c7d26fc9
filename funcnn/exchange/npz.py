"""Npz: NumPy's file of several arrays, a zip of .npy files, read without NumPy and without trust.

What its members declare is checked before it is unpacked, piece by piece and no further than that.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from funcnn.algebra.trees import Tree
from funcnn.exchange.npy import Header, array_of, exactly, header_of
from funcnn.exchange.tensors import check_lists

STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06")
IN_DIRECTORY: Final = b"PK\x01\x02"
SMALLEST_MEMBER: Final = 100
MEMBER_HEADER: Final = 30
ENCRYPTED: Final = 1
BROKEN: Final = (BadZipFile, EOFError, NotImplementedError, OverflowError, zlib.error)


def decode(data: bytes) -> dict[str, Tree]:
    r"""The arrays in the bytes of a .npz file, by name, in the order of the file.

    An array is nested lists of floats, ints or bools; of no dimension, a number or a text.

    Errors
        ValueError   it is no zip file, or a broken one; a member is no array that `npy.decode`
                     reads, is encrypted, packed by another method than deflate, or has not the
                     bytes that it declares; members have the same name or lie over one another
    Source
        NumPy, numpy.load; what it reads and this does not is told in `npy.decode`, and two members
        of one name, members that are no arrays, and bytes behind an array

    >>> header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"
    >>> array = b"\x93NUMPY\1\0" + bytes([len(header), 0]) + header + bytes([7, 8])
    >>> file = BytesIO()
    >>> with ZipFile(file, "w") as archive:
    ...     archive.writestr("a.npy", array)
    >>> decode(file.getvalue())
    {'a': [7, 8]}
    >>> decode(b"PK")
    Traceback (most recent call last):
    ValueError: no .npz file: it does not start as a zip file does
    """
    if not data.startswith(STARTS):
        raise ValueError("no .npz file: it does not start as a zip file does")
    count = data.count(IN_DIRECTORY)
    if count * SMALLEST_MEMBER > len(data):
        raise ValueError(f"{count} members in {len(data)} bytes: no array is so small")
    with told("the zip file"):
        archive = ZipFile(BytesIO(data))
    members = named(archive.infolist())
    check_places(archive.infolist())
    headers = {name: header_in(archive, member) for name, member in members.items()}
    check_lists({name: header.shape for name, header in headers.items()})
    return {name: array_in(archive, members[name], headers[name]) for name in members}


def named(members: list[ZipInfo]) -> dict[str, ZipInfo]:
    """The members of a zip file by their names without .npy.

    Errors
        ValueError   two have the same; one is encrypted, or packed in another way than by deflate

    >>> [*named([ZipInfo("a.npy"), ZipInfo("b")])]
    ['a', 'b']
    >>> named([ZipInfo("a.npy"), ZipInfo("a")])
    Traceback (most recent call last):
    ValueError: two members are called 'a'
    """
    arrays = dict[str, ZipInfo]()
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name in arrays:
            raise ValueError(f"two members are called {name!r:.40}")
        if member.flag_bits & ENCRYPTED:
            raise ValueError(f"member {name!r:.40} is encrypted")
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ValueError(
                f"member {name!r:.40} is packed by method {member.compress_type}, "
                "not by deflate as numpy.savez_compressed does"
            )
        arrays[name] = member
    return arrays


def check_places(members: list[ZipInfo]) -> None:
    """Nothing, if each member starts behind the one before.

    Errors
        ValueError   it starts in another, or before the file does

    >>> with ZipFile(BytesIO(), "w") as archive:
    ...     archive.writestr("a", "0123")
    ...     archive.writestr("b", "4567")
    ...     archive.getinfo("b").header_offset = 20
    ...     check_places(archive.infolist())
    Traceback (most recent call last):
    ValueError: member 'b' starts at byte 20, before byte 34: the file is cut, or members overlap
    """
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise ValueError(
                f"member {member.filename!r:.40} starts at byte {member.header_offset}, "
                f"before byte {end}: the file is cut, or members overlap"
            )
        end = member.header_offset + MEMBER_HEADER + member.compress_size


def header_in(archive: ZipFile, member: ZipInfo) -> Header:
    """The header of a member, which is right and fits the bytes that the zip file says it has.

    Errors
        ValueError   it is not

    >>> with ZipFile(BytesIO(), "w") as archive:
    ...     archive.writestr("notes", "to do")
    ...     header_in(archive, archive.getinfo("notes"))
    Traceback (most recent call last):
    ValueError: member 'notes': no .npy file: it does not start with b'...NUMPY' and a version
    """
    with told(f"member {member.filename!r:.40}"), archive.open(member) as stream:
        return header_of(stream, member.file_size)


def array_in(archive: ZipFile, member: ZipInfo, header: Header) -> Tree:
    r"""The array of a member whose header is known.

    Up to one byte more than the member declares is unpacked, so that bytes too many are seen.

    Errors
        ValueError   the member has other bytes than it declares

    >>> from funcnn.exchange.tensors import DTYPES
    >>> member = ZipInfo("a.npy")
    >>> with ZipFile(BytesIO(), "w") as archive:
    ...     archive.writestr(member, b"\1\2")
    ...     array_in(archive, member, Header(DTYPES["U8"], "<", [1], False, False, 1, 1))
    [2]
    """
    longer = copy(member)
    longer.file_size += 1
    with told(f"member {member.filename!r:.40}"), archive.open(longer) as stream:
        exactly(stream, header.start)
        return array_of(stream, header)


@contextmanager
def told(place: str) -> Iterator[None]:
    """A block whose errors, zipfile's and those of values, are told as one of values.

    >>> with told("member 'a'"):
    ...     raise BadZipFile("Bad CRC-32")
    Traceback (most recent call last):
    ValueError: member 'a' is broken: Bad CRC-32
    """
    try:
        yield
    except BROKEN as error:
        raise ValueError(f"{place} is broken: {str(error) or 'cut':.100}") from None
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
