"""The main job tells the digits apart, three ways that agree; one's own rows run the same way."""

import json
import re
from contextlib import redirect_stdout
from fractions import Fraction
from io import StringIO
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from funcnn import dense, foldl
from funcnn.__main__ import main
from funcnn.algebra.dyadics import Dyadic, fraction
from funcnn.diagnostics.scores import predicted
from funcnn.exchange import safetensors
from funcnn.exchange.datasets import Digits, Split, picked, split_digits
from funcnn.exchange.hex_words import encode
from funcnn.exchange.pretrained import digit_weights
from funcnn.terminal import run, three_ways

MODEL = [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]
ZERO = Fraction(0)
WEIGHTS = digit_weights()
HELD_OUT = split_digits().held_out
MISTAKES = [
    index
    for index, (image, label) in enumerate(zip(*HELD_OUT, strict=True))
    if predicted(foldl(dense, image, WEIGHTS)) != label
]


COUNT = 60


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    """What is told of the first of the digits; test_readme runs the command on all."""
    few = Split(Digits([], []), picked(HELD_OUT, range(COUNT)))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(run, "split_digits", lambda: few)
        assert main(["run", "--json"]) == 0
    told: dict[str, Any] = json.loads(printed.getvalue())
    return told


def shown(indices: list[int], monkeypatch: pytest.MonkeyPatch, *options: str) -> list[str]:
    """The lines of the main job on some of the digits held out."""
    few = Split(Digits([], []), picked(HELD_OUT, indices))
    monkeypatch.setattr(run, "split_digits", lambda: few)
    with redirect_stdout(StringIO()) as printed:
        assert main([*options]) == 0
    return printed.getvalue().splitlines()


def test_at_least_96_of_100_digits_held_out_are_told_rightly(summary: dict[str, Any]) -> None:
    assert 1 - len(MISTAKES) / 360 >= 0.96
    assert summary["digits"] == COUNT and summary["weights"] == 32 * 64 + 10 * 32
    mistakes = sum(index < COUNT for index in MISTAKES)
    for way in summary["ways"]:
        assert way["accuracy"] == way["correct"] / COUNT
        assert way["correct"] == COUNT - mistakes


def test_all_three_ways_choose_the_same_class_for_every_digit(summary: dict[str, Any]) -> None:
    assert [way["name"] for way in summary["ways"]] == ["definition", "fast", "exact"]
    assert summary["agree"] == COUNT


def test_only_the_exact_way_has_no_error(summary: dict[str, Any]) -> None:
    definition, fast, exact = (way["worst_error_ulp"] for way in summary["ways"])
    assert 0 < definition < 64 and 0 < fast < 64 and exact == 0


def test_the_float_ways_stay_in_their_proven_bound(summary: dict[str, Any]) -> None:
    definition, fast, exact = (way["share_of_bound"] for way in summary["ways"])
    assert 0 < fast < definition <= 1 and exact == 0


def test_every_way_takes_time(summary: dict[str, Any]) -> None:
    assert all(way["microseconds_per_digit"] > 0 for way in summary["ways"])


def test_the_ways_are_the_fold_the_batch_and_the_fold_over_fractions() -> None:
    digits = picked(HELD_OUT, range(3))
    definition, fast, exact = three_ways.three_ways(digits, WEIGHTS, Console(quiet=True))
    assert definition.outputs == [foldl(dense, image, WEIGHTS) for image in digits.images]
    for some, others in zip(fast.outputs, definition.outputs, strict=True):
        assert some == pytest.approx(others, rel=1e-12)
    assert {type(value) for outputs in exact.outputs for value in outputs} == {Dyadic}
    image = [Fraction(pixel) for pixel in digits.images[0]]
    for matrix in WEIGHTS:
        image = [
            max(sum((Fraction(w) * x for w, x in zip(row, image, strict=True)), ZERO), ZERO)
            for row in matrix
        ]
    assert [*map(fraction, exact.outputs[0])] == image


def test_an_error_is_measured_in_units_of_the_largest_output() -> None:
    exact = [Fraction(1, 3), Fraction(100)]
    assert three_ways.error_in_ulps([1 / 3, 100 + 2**-45], exact) == 2**-45 / 2**-46


def test_a_way_that_chooses_another_class_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def never_right(network: object) -> object:
        return lambda images, weights: [[0.0] * 9 + [1.0]] * len(images)

    monkeypatch.setattr(three_ways, "vmap", never_right)
    nines = [index for index, label in enumerate(HELD_OUT.labels) if label == 9]
    others = [index for index in range(20) if index not in [*nines, *MISTAKES]]
    lines = shown([nines[0], *others[:4]], monkeypatch)
    assert "All three choose the same class for 1 of 5 digits." in lines
    assert ["1/5" in line for line in lines if line.startswith("fast")] == [True]


def test_a_mistake_is_shown_beside_a_sure_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(shown([0, MISTAKES[0]], monkeypatch))
    label = HELD_OUT.labels[MISTAKES[0]]
    assert text.count("labeled") == 2 and text.count("←") == 1
    assert f"labeled {label} (the worst mistake)" in text
    assert "All three choose the same class for all 2 digits." in text


def test_without_a_mistake_none_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(shown([0, 1], monkeypatch))
    assert text.count("labeled") == 1 and "←" not in text and "mistake" not in text


def test_everything_fits_60_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = shown([0, MISTAKES[0]], monkeypatch)
    assert max(map(len, lines)) <= 60
    heads = ("definition  foldl over float", "fast        vmap, Σ", "exact       foldl over Dya")
    rows = [line for head in heads for line in lines if line.startswith(head)]
    assert [line.split()[-1] for line in rows] == ["ulp", "ulp", "none"]


def test_a_pipe_gets_no_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(line.isprintable() for line in shown([0, MISTAKES[0]], monkeypatch))


def test_json_stays_json_where_color_is_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert json.loads("".join(shown([0, 1], monkeypatch, "--json")))["agree"] == 2


def test_a_terminal_gets_no_color_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    escapes = {*re.findall("\x1b\\[(.*?)m", "".join(shown([0], monkeypatch)))}
    assert escapes == {"1", "0"}


def ran(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], weights: str, rows: str, *options: str
) -> str:
    """What a run of these weights on these rows prints."""
    (tmp_path / "weights").write_text(weights)
    (tmp_path / "rows.csv").write_text(rows)
    assert main(["run", str(tmp_path / "weights"), str(tmp_path / "rows.csv"), *options]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("weights", [repr(MODEL), encode(MODEL, 16), encode(MODEL, 64)])
def test_own_weights_run_on_own_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], weights: str
) -> None:
    assert ran(tmp_path, capsys, weights, "1,2\n0,1\n") == (
        "row 1   class 0   2\nrow 2   class 0   0.5\n"
    )
    told = json.loads(ran(tmp_path, capsys, weights, "1,2\n0,1\n", "--json"))
    assert told == {"rows": [{"class": 0, "outputs": [2.0]}, {"class": 0, "outputs": [0.5]}]}


@pytest.mark.parametrize("number", [None, "fraction", "bounds", "binary16", "int8"])
def test_tensors_run_as_the_same_weights_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str | None
) -> None:
    options = ["--json"] if number is None else ["--json", "--number", number]
    expected = ran(tmp_path, capsys, repr(MODEL), "1,2\n0,1\n", *options)
    tensors: dict[str, Any] = {f"{2 * index}.weight": matrix for index, matrix in enumerate(MODEL)}
    np.savez(tmp_path / "weights.npz", **tensors)
    (tmp_path / "weights.safetensors").write_bytes(safetensors.encode(tensors, "F16"))
    for name in ("weights.npz", "weights.safetensors"):
        assert main(["run", str(tmp_path / name), str(tmp_path / "rows.csv"), *options]) == 0
        assert capsys.readouterr() == (expected, "")


def test_the_class_is_the_place_of_the_largest_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = "[[[1, 0], [0, 1], [1, 1]]]"
    told = json.loads(ran(tmp_path, capsys, weights, "1,-2\n-1,2\n1,2", "--json"))
    assert [row["class"] for row in told["rows"]] == [0, 1, 2]


def test_nan_and_infinity_pass_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = "[[[NaN], [Infinity]]]"
    [row] = json.loads(ran(tmp_path, capsys, weights, "1", "--json"))["rows"]
    assert row["class"] is None and repr(row["outputs"]) == repr([nan, inf])
    assert ran(tmp_path, capsys, weights, "1") == "row 1   class None   nan  inf\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1" + b",1" * 62, ": 63 numbers a row, the first layer takes 64"),
        (b"1,2\n3\n", ", line 2: a row of 1, not of 2 as in line 1"),
        (b"1,2\n3,four\n", ", line 2, field 2: 'four' is not a number"),
        (b"", ": no numbers"),
        (b"1,\xff", ", byte 2: not UTF-8 text"),
    ],
)
def test_bad_rows_are_refused_in_one_line_that_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    weights, rows = tmp_path / "weights", tmp_path / "rows.csv"
    weights.write_text(repr([[[0.5] * 64]]))
    rows.write_bytes(content)
    assert main(["run", str(weights), str(rows)]) == 2
    assert capsys.readouterr() == ("", f"funcnn: {rows}{message}\n")


def test_weights_without_rows_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "weights.json"]) == 2
    why = "weights need rows to run on: funcnn run WEIGHTS ROWS.csv"
    assert capsys.readouterr() == ("", f"funcnn: {why}\n")
