"""Weights from files are matrices of floats that go together, or are refused where they do not."""

from io import BytesIO
from itertools import pairwise
from math import inf, isnan
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.__main__ import main
from funcnn.exchange import safetensors
from funcnn.exchange.hex_words import encode
from funcnn.terminal.models import checked, natural, parsed, read_weights, unpacked
from strategies import matrices

HUGE = "1" + 400 * "0"
DEEP = 100_000


@st.composite
def models(draw: st.DrawFn) -> list[list[list[float]]]:
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    numbers = st.floats(allow_nan=False)
    return [draw(matrices(after, before, numbers)) for before, after in pairwise(sizes)]


@given(models())
def test_weights_come_back_from_json_and_from_hex_words(weights: list[list[list[float]]]) -> None:
    assert checked(parsed(repr(weights).replace("inf", "Infinity"))) == weights
    assert checked(parsed(encode(weights, 64))) == weights


def test_whole_numbers_become_floats_and_nan_and_infinity_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text("\ufeff[[[1, NaN, -Infinity]]]", "utf-8")
    [[[one, nan, infinity]]] = read_weights(path)
    assert type(one) is float and one == 1 and isnan(nan) and infinity == -inf


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[[1, 2], [3]]]", "layer 0, row 1 has length 1, layer 0, row 0 has length 2"),
        ("[[[1, 2]], [[3, 4]]]", "layer 1 takes 2 numbers, layer 0 gives 1"),
        ("[[[1], [2]], [[3]]]", "layer 1 takes 1 numbers, layer 0 gives 2"),
        ('[[[1]], [["2"]]]', "layer 1, row 0, entry 0 is a string, not a number"),
        ("[[[1], [null]]]", "layer 0, row 1, entry 0 is null, not a number"),
        ("[[[1, true]]]", "layer 0, row 0, entry 1 is true or false, not a number"),
        ("[[[1, [2]]]]", "layer 0, row 0, entry 1 is a list, not a number"),
        ("[[[{}]]]", "layer 0, row 0, entry 0 is an object, not a number"),
        ("[[[1, 1e400]]]", "layer 0, row 0, entry 1 is 1e400, too large for a float"),
        (f"[[[{HUGE}]]]", f"layer 0, row 0, entry 0 is {HUGE[:40]}, too large for a float"),
        (f"[[[{HUGE * 20}]]]", f"layer 0, row 0, entry 0 is {HUGE[:40]}, too large for a float"),
        ("[]", "the model is an empty list, not a list of layers"),
        ("[[]]", "layer 0 is an empty list, not a list of rows"),
        ("[[[1], []]]", "layer 0, row 1 is an empty list, not a list of numbers"),
        ("{}", "the model is an object, not a list of layers"),
        ("1", "the model is a number, not a list of layers"),
        ("[1, 2]", "layer 0 is a number, not a list of rows"),
        ("[[1, 2]]", "layer 0, row 0 is a number, not a list of numbers"),
        ("[[NaN]]", "layer 0, row 0 is a number, not a list of numbers"),
        ('["ab"]', "layer 0 is a string, not a list of rows"),
        ('[["ab"]]', "layer 0, row 0 is a string, not a list of numbers"),
        (
            "[[[0x3C00, 1]]]",
            "line 1, column 12: '1' is not a hex word: 0x and 4, 8 or 16 hex digits",
        ),
        (
            "[[[0x3C00],\n  [0x3G00]]]",
            "line 2, column 4: '0x3G00' is not a hex word: 0x and 4, 8 or 16 hex digits",
        ),
        ("[[[0x3C00", "line 1, column 10: the end of the text where ',' or ']' belongs"),
        ("[[[[0x3C00]]]]", "layer 0, row 0, entry 0 is a list, not a number"),
        (
            "",
            "line 1, column 1: Expecting value; weights are [[[number]]], in JSON or hex words",
        ),
        (
            "[[[1,\n 2]]",
            "line 2, column 5: Expecting ',' delimiter; "
            "weights are [[[number]]], in JSON or hex words",
        ),
        ("[" * DEEP, "nested too deeply for weights, [[[number]]]"),
        ("[" * DEEP + "]" * DEEP, "nested too deeply for weights, [[[number]]]"),
        (
            "[" * 9999 + "0x3C00" + "]" * 9999,
            "layer 0, row 0, entry 0 is a list, not a number",
        ),
    ],
    ids=lambda text: text[:20],
)
def test_bad_weights_are_refused_in_one_line_that_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    weights, rows = tmp_path / "weights", tmp_path / "rows.csv"
    weights.write_text(content, "utf-8")
    rows.write_text("1,2")
    assert main(["run", str(weights), str(rows)]) == 2
    assert capsys.readouterr() == ("", f"funcnn: {weights}: {message}\n")


def test_a_file_that_is_no_text_is_refused_at_its_first_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"[[\xff")
    with pytest.raises(ValueError) as caught:
        read_weights(path)
    assert str(caught.value) == f"{path}, byte 2: not UTF-8 text"


def npz(**arrays: Any) -> bytes:
    """What NumPy writes of arrays."""
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@given(models())
def test_weights_come_back_from_safetensors_and_from_npz_in_the_order_of_their_names(
    weights: list[list[list[float]]],
) -> None:
    names = [f"layer.{index}.weight" for index in range(8, 8 + len(weights))]
    tensors = dict(Random(0).sample([*zip(names, weights, strict=True)], len(weights)))
    assert checked(unpacked(safetensors.encode(tensors))) == weights
    assert checked(unpacked(npz(**tensors, __config__='{"layers": 2}'))) == weights


def test_whole_numbers_in_tensors_become_floats(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(npz(a=np.array([[1, 2**53 + 1]])))
    [[row]] = read_weights(path)
    assert row == [1.0, 2.0**53] and {*map(type, row)} == {float}


def test_names_are_sorted_as_people_sort_them() -> None:
    names = ["", "0", "1", "a", "a0.b2", "a0.b10", "a2", "a02.x", "a10", "b", f"b{'9' * 5000}"]
    assert sorted(Random(0).sample(names, len(names)), key=natural) == names


@pytest.mark.parametrize(
    ("content", "suffix", "message"),
    [
        (b"", ".npz", "no .npz file: it does not start as a zip file does"),
        (b"PK\3\4", "", "the zip file is broken: File is not a zip file"),
        (b"[[[1]]]", ".safetensors", "7 bytes are no safetensors file: the length of its header "),
        (b"\2\0\0\0\0\0\0\0{}", "", "the model is an empty list, not a list of layers"),
        (b"\2\0\0\0\0\0\0\0{", ".npz", "the header of 2 bytes is longer than the 1 left: the"),
        (
            npz(a=np.zeros((2, 3)), b=np.zeros((1, 3))),
            "",
            "layer 1 takes 3 numbers, layer 0 gives ",
        ),
        (npz(a=np.zeros((2, 0))), "", "layer 0, row 0 is an empty list, not a list of numbers"),
        (npz(a=np.ones((1, 1), bool)), "", "layer 0, row 0, entry 0 is true or false, not a numb"),
        (npz(a=np.array("text")), "", "the model is an empty list, not a list of layers"),
        (
            safetensors.encode({"0.weight": [[1.0], [2.0]], "0.bias": [0.5, 1.0]}),
            "",
            "tensor '0.bias' has shape (2,), not that of a matrix; run takes the matrices of "
            "foldl(dense, inputs, weights), relu(W·x) each, without a bias",
        ),
        (npz(a=3.0), "", "tensor 'a' has shape (), not that of a matrix; run takes the matrices "),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bad_tensors_are_refused_in_one_line_that_says_where(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    suffix: str,
    message: str,
) -> None:
    weights, rows = tmp_path / f"weights{suffix}", tmp_path / "rows.csv"
    weights.write_bytes(content)
    rows.write_text("1,2")
    assert main(["run", str(weights), str(rows)]) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1
    assert error.startswith(f"funcnn: {weights}: {message}")
