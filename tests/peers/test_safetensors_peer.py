"""Safetensors files beside those of the package: the same bytes written, the same numbers read."""

import re
from random import Random
from typing import Any, Final

import ml_dtypes
import numpy as np
import pytest
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from funcnn.exchange.safetensors import decode, encode, metadata_of
from hostile_files import SIZES, is_clear, right_tensors, tensors_file, wrong_tensors_files

ARRAYS: Final[dict[str, Any]] = {
    **{name: f"<{name[0].lower()}{SIZES[name]}" for name in SIZES if name[0] in "FIU"},
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "BOOL": "?",
}
READ_BY_THE_PACKAGE: Final = {
    "a header that does not start with {": r"header, byte 0: '{' belongs here",
    "a tensor whose fields are a list, or metadata of null": r"header, byte \d+: .* belongs here",
    "a name that stands twice": r"tensor .* stands twice in the header",
    "a field more": r"tensor .* is .*, not .*",
    "a dtype of its own": r"tensor .* is of dtype '(F4|C64|F8_E8M0)', none of .*",
    "more than 64 dimensions": r"tensor .*: shape .* is not a list of at most 64 whole numbers",
    "a shape beyond 2⁶³ that an earlier 0 makes empty": r"tensor .* has shape .*, too large .*",
    "lists of nothing": r"[\d,]+ lists for \d+ numbers, .*",
}
"""Why a file is refused that the package reads, and what is said then."""


def in_package(file: bytes) -> dict[str, Any] | None:
    """The entries of a file, if the package reads it."""
    try:
        return dict(deserialize(file))
    except SafetensorError:
        return None


def listed(entries: dict[str, Any], names: list[str]) -> str:
    """The tensors as lists, NaN and signs of zero included."""
    arrays = {
        name: np.frombuffer(entries[name]["data"], ARRAYS[entries[name]["dtype"]]) for name in names
    }
    return repr(
        {name: array.reshape(entries[name]["shape"]).tolist() for name, array in arrays.items()}
    )


def test_right_files_are_read_as_the_package_reads_them() -> None:
    random = Random(0)
    for index in range(500):
        file = tensors_file(*right_tensors(random))
        tensors, entries = decode(file), in_package(file)
        assert entries is not None and tensors.keys() == entries.keys(), index
        assert repr(tensors) == listed(entries, [*tensors]), index


@pytest.mark.parametrize("metadata", [None, {"format": 'é\x01\x7f\u2028"\\\n'}])
def test_the_bytes_written_are_those_of_the_package(metadata: dict[str, str] | None) -> None:
    random = Random(1)
    for index in range(200):
        dtypes = {f"é{name}": random.choice([*SIZES]) for name in range(random.randrange(8))}
        arrays = {
            name: np.array(random.choices(range(2), k=6)).reshape(2, 3).astype(ARRAYS[dtype])
            for name, dtype in dtypes.items()
        }
        tensors = {name: array.tolist() for name, array in arrays.items()}
        file = encode(tensors, dtypes, metadata)
        assert file == save(arrays, metadata), index
        assert metadata_of(file) == (metadata or {}), index


def test_thousands_of_wrong_files_are_refused_in_one_line_or_read_as_the_package_reads_them() -> (
    None
):
    right, reasons = 0, set[str]()
    for index, file in enumerate(wrong_tensors_files(5000, key=1)):
        entries = in_package(file)
        try:
            tensors = decode(file)
        except ValueError as error:
            assert is_clear(str(error)), index
            if entries is not None:
                told = READ_BY_THE_PACKAGE.items()
                why = [why for why, message in told if re.fullmatch(message, str(error))]
                assert why, (index, str(error))
                reasons |= {*why}
        else:
            right += 1
            assert entries is not None and repr(tensors) == listed(entries, [*tensors]), index
    assert right > 200 and reasons == {*READ_BY_THE_PACKAGE}
