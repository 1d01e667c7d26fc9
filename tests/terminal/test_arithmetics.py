"""The digits, or one's own rows, over every kind of number; small changes that turn no class."""

import json
from fractions import Fraction
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from funcnn import dense, foldl
from funcnn.__main__ import main
from funcnn.algebra.formats import bfloat16
from funcnn.algebra.intervals import around, interval
from funcnn.algebra.quantization import Quantized
from funcnn.algebra.roundings import Rounded, cast
from funcnn.algebra.trees import tree_map
from funcnn.exchange.datasets import Split, picked, split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.terminal import run
from funcnn.terminal.arithmetics import ARITHMETICS, digits_over, error, outputs, scaled
from funcnn.terminal.robustness import digits_within

WEIGHTS = digit_weights()
DIGITS = split_digits()
QUIET = Console(quiet=True)
EXACT = ("fraction", "dyadic", "surd")


def few(count: int) -> Split:
    return Split(DIGITS.training, picked(DIGITS.held_out, range(count)))


def told(name: str, count: int) -> dict[str, Any]:
    return digits_over(name, few(count), WEIGHTS, QUIET).figures


@pytest.mark.parametrize("name", ARITHMETICS)
def test_the_shipped_network_runs_over_every_number(name: str) -> None:
    figures = told(name, 12)
    assert figures["number"] == name and figures["digits"] == 12
    assert figures["accuracy"] == figures["correct"] / 12
    assert (figures["worst_error"] == 0) == (name in EXACT)
    if not name.startswith("float8"):
        assert figures["as_exact"] == 12
        assert figures["worst_error"] < 0.03
    assert figures["worst_error"] < 0.5 and figures["microseconds_per_digit"] > 0


def test_narrow_formats_stay_near_the_accuracy_of_floats() -> None:
    """On these 50 of the 360 digits; that it holds of all is seen by running the command."""
    correct = told("float", 50)["correct"]
    for name in ("binary16", "bfloat16", "int8"):
        assert told(name, 50)["correct"] >= correct - 1


def test_float8_is_furthest_and_wider_formats_are_nearer() -> None:
    names = ("float8_e5m2", "float8_e4m3fn", "bfloat16", "binary16", "binary32", "float")
    errors = [told(name, 6)["worst_error"] for name in names]
    assert errors == sorted(errors, reverse=True) and errors[-1] > 0
    assert told("binary64", 6)["worst_error"] == errors[-1]


def test_layers_of_int8_read_int8_and_sum_in_int32() -> None:
    network = ARITHMETICS["int8"].prepare(WEIGHTS, DIGITS.training.images[:50])
    image = DIGITS.held_out.images[0]
    numbers = network.reads[0](image)
    hidden = dense(numbers, network.weights[0])
    for value in (*numbers, *network.reads[1](hidden), *network.weights[0][0]):
        assert isinstance(value, Quantized) and value.format.name == "int8"
    assert {y.format.name for y in hidden} == {"int32"}
    assert max(w.integer for row in network.weights[0] for w in row) <= 127
    assert max(abs(w.integer) for row in network.weights[1] for w in row) == 127
    assert outputs(network, image) == dense(network.reads[1](hidden), network.weights[1])


def test_the_scale_of_nothing_but_zeros_is_that_of_one() -> None:
    assert scaled([[0.0, -0.0]]).scale == Fraction(1, 127) == scaled([0.5, -1.0]).scale


def test_an_error_counts_the_radius_and_is_nan_where_a_value_is() -> None:
    exact = [Fraction(1), Fraction(-4)]
    intervals = [around(1.0, 0.5), interval(-4.0)]
    assert error(ARITHMETICS["interval"], intervals, exact) == 0.125
    assert repr(error(ARITHMETICS["float"], [nan, 1.0], exact)) == "nan"
    assert repr(error(ARITHMETICS["float"], [inf, 1.0], exact)) == "nan"
    assert error(ARITHMETICS["float"], [0.5], [Fraction(0)]) == 0.5


def test_a_format_gives_what_the_definition_gives_over_it() -> None:
    image = DIGITS.held_out.images[3]
    weights = tree_map(lambda w: cast(w, bfloat16), WEIGHTS)
    expected = foldl(dense, [cast(x, bfloat16) for x in image], weights)
    assert outputs(ARITHMETICS["bfloat16"].prepare(WEIGHTS, [image]), image) == expected
    assert {type(y) for y in expected} == {Rounded}


def test_an_output_that_is_nan_has_no_class_and_no_error() -> None:
    huge = [[[1e30] * 64] * 32, WEIGHTS[1]]
    figures = digits_over("float8_e4m3fn", few(2), huge, QUIET).figures
    assert repr(figures["worst_error"]) == "nan" and figures["correct"] == 0


MODEL = "[[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]"


def ran(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    (tmp_path / "w.json").write_text(MODEL)
    (tmp_path / "x.csv").write_text("1,2\n0,1\n")
    assert main(["run", *options, str(tmp_path / "w.json"), str(tmp_path / "x.csv")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("name", ARITHMETICS)
def test_own_rows_run_over_every_number(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(ran(tmp_path, capsys, "--number", name, "--json"))["rows"]
    assert [row["class"] for row in rows] == [0, 0]
    for row, exact in zip(rows, (2.0, 0.5), strict=True):
        assert abs(row["outputs"][0] - exact) <= (0.02 if name == "int8" else 0)
        assert ("radii" in row) == (name in ("interval", "bounds"))


def test_rows_over_intervals_and_bounds_show_their_radius(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ran(tmp_path, capsys, "--number", "interval").splitlines()
    assert lines == ["row 1   class 0   2 ± 0", "row 2   class 0   0.5 ± 0"]
    assert ran(tmp_path, capsys, "--number", "dyadic").splitlines() == [
        "row 1   class 0   2",
        "row 2   class 0   0.5",
    ]


def test_the_digits_over_a_number_are_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "split_digits", lambda: few(3))
    assert main(["run", "--number", "bfloat16"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=1) == ["bfloat16", ARITHMETICS["bfloat16"].what]
    assert "3 of 3" in lines[1] and "of a digit's largest output" in "".join(lines)
    assert main(["run", "--number", "dyadic"]) == 0
    assert "none" in capsys.readouterr().out


def test_most_digits_are_certified() -> None:
    figures = digits_within(0.01, few(40).held_out, WEIGHTS, QUIET).figures
    assert figures["certified"] >= 0.8 * 40
    assert figures["certified"] + figures["attacked"] + figures["open"] == 40


def test_rows_within_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w").write_text("[[[1, 0], [0, 1]]]")
    (tmp_path / "x").write_text("1,0.5\n1,0.9\n")
    words = ["run", "--number", "interval", "--within", "0.125"]
    assert main([*words, str(tmp_path / "w"), str(tmp_path / "x")]) == 0
    assert capsys.readouterr().out.splitlines() == ["row 1   certified", "row 2   attacked"]
    assert main([*words, str(tmp_path / "w"), str(tmp_path / "x"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "within": 0.125,
        "rows": ["certified", "attacked"],
    }


def test_the_digits_within_are_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "split_digits", lambda: few(2))
    assert main(["--number", "interval", "--within", "0.01"]) == 0
    first, certified, *_ = capsys.readouterr().out.splitlines()
    assert first == "2 digits, each pixel to change by up to 0.01"
    assert certified.split()[:2] == ["certified", "2"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--within", "0.1"], "--within R is for --number interval: add it"),
        (["--number", "float", "--within", "0.1"], "--within R is for --number interval: add it"),
        (["--number", "interval", "--within", "0"], "--within 0.0: give a number above 0"),
        (["--number", "interval", "--within", "-1"], "--within -1.0: give a number above 0"),
        (["--number", "interval", "--within", "inf"], "--within inf: give a number above 0"),
        (["--number", "interval", "--within", "nan"], "--within nan: give a number above 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr() == ("", f"funcnn: {message}\n")


def test_an_unknown_number_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--number", "binary128"]) == 2
    err = capsys.readouterr().err
    assert "invalid choice: 'binary128'" in err and "bfloat16" in err and err.count("\n") == 1
