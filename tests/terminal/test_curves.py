"""A curve is a line of bars as high as its numbers are, and a picture of all that is known."""

import json
import sys
from math import isclose
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.__main__ import main
from funcnn.terminal.curves import LEVELS, Curves, epoch_means, picture, sparkline
from funcnn.terminal.tasks import ACCURACY
from trainings import words

CURVES = Curves(
    "softmax on digits",
    "64 → 10",
    [8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.125],
    2,
    [0.5, 0.75, 0.875],
    ACCURACY,
    0.8,
    {"the commonest class": 0.1, "another network": 0.9},
)


@given(st.lists(st.floats(1.0, 5.0), min_size=1, max_size=40))
def test_bars_rise_as_their_numbers_do(numbers: list[float]) -> None:
    line = sparkline(numbers)
    assert len(line) == len(numbers)
    pairs = sorted(zip(numbers, map(LEVELS.index, line), strict=True))
    assert [level for _, level in pairs] == sorted(level for _, level in pairs)
    if max(numbers) > min(numbers):
        assert pairs[0][1] == 0 and pairs[-1][1] == len(LEVELS) - 1


@given(st.lists(st.floats(0, 1e6), max_size=500), st.integers(1, 60))
def test_no_more_bars_than_there_is_room_for(numbers: list[float], width: int) -> None:
    assert (len(sparkline(numbers, width)) > 0) == (len(numbers) > 0)
    assert len(sparkline(numbers, width)) <= width


def test_numbers_far_apart_are_shown_by_their_logarithms() -> None:
    assert sparkline([1.0, 10.0, 100.0, 1000.0]) == "▁▃▆█"
    assert sparkline([0.0, 10.0, 100.0]) == "▁▂█"


def test_an_epoch_that_was_begun_has_a_mean_too() -> None:
    assert epoch_means(CURVES.losses, 2) == [6.0, 1.5, 0.375, 0.125]


def test_the_picture_has_every_number() -> None:
    upper, lower = picture(CURVES).axes
    batches, means = ([*zip(*line.get_data(), strict=True)] for line in upper.lines)
    assert batches == [(index / 2 + 0.25, loss) for index, loss in enumerate(CURVES.losses)]
    assert means == [(0.5, 6.0), (1.5, 1.5), (2.5, 0.375), (3.25, 0.125)]
    assert upper.get_yscale() == "log"
    checked, held_out, *others = ([*zip(*line.get_data(), strict=True)] for line in lower.lines)
    assert checked == [(1, 0.5), (2, 0.75), (3, 0.875)] and held_out == [(3.5, 0.8)]
    assert [{y for _, y in line} for line in others] == [{0.1}, {0.9}]


def test_what_is_far_off_without_a_network_is_not_drawn() -> None:
    near = CURVES._replace(checked=[0.97, 0.98], held_out=0.98)
    assert len(picture(near).axes[1].lines) == 2


def test_each_line_is_named_beside_its_end_and_no_name_hides_another() -> None:
    figure = picture(CURVES)
    figure.canvas.draw()
    upper, lower = figure.axes
    assert [text.get_text() for text in upper.texts] == ["loss, 0.125"]
    labels = {text.get_text(): text for text in lower.texts}
    assert {*labels} == {
        "the commonest class, 10%",
        "held out, 80%",
        "validation",
        "another network, 90%",
    }
    boxes = [text.get_window_extent() for text in labels.values()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    inside = figure.bbox.padded(1)
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)


def test_losses_near_one_another_are_drawn_as_they_are() -> None:
    upper, _ = picture(CURVES._replace(losses=[2.0, 1.9, 1.8])).axes
    assert upper.get_yscale() == "linear"


def test_the_picture_is_drawn_in_the_file(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "curve.png"
    assert main([*words(tmp_path, "--plot", str(path)), "--json"]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert isclose(len(json.loads(capsys.readouterr().out)["losses"]), 6)


def test_without_matplotlib_there_is_no_picture_and_no_training(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(words(tmp_path, "--plot", str(tmp_path / "curve.png"))) == 2
    why = "funcnn: --plot needs matplotlib: pip install 'funcnn[plot]'\n"
    assert capsys.readouterr() == ("", why)
