"""funcnn studies: rows, one study in full, pictures, JSON, and what comes of bad input and of bad
studies."""

import json
from collections.abc import Callable
from io import StringIO
from math import isclose
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, Final
from unittest.mock import Mock

import pytest
from rich.console import Console

from funcnn.__main__ import main
from funcnn.studies.findings import Experiment, Finding, Measurement, Study
from funcnn.studies.plots import Axis, Heatmap, Plot, Series
from funcnn.terminal import studies, study_reports, study_runs
from funcnn.terminal.study_pictures import THEORY, picture
from funcnn.terminal.study_runs import Ended, Event, Progressed, told

type Captured = pytest.CaptureFixture[str]

PLOT: Final = Plot(
    "Twice as much",
    Axis("given", "m", log=True),
    Axis("come", "s"),
    (
        Series("theory", [(1.0, 2.0), (4.0, 8.0)], "dashes"),
        Series("one", [(1.0, 2.1), (4.0, 8.4)]),
        Series("two", [(1.0, 1.9), (4.0, 7.6)], "dots"),
    ),
)
GOOD: Final = Finding(
    "three rulers, key 0",
    "twice",
    "holds",
    "Since 2 is 2.",
    (Measurement("ratio", 2.0, "m/m", "2 exactly", True), Measurement("rulers", 3)),
    PLOT,
)


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def study(name: str, end: Callable[[], Finding]) -> Study:
    def experiment(*, key: int = 0) -> Experiment:
        yield 0.25
        yield 0.5
        return end()

    return Study(name, f"The claim of {name}", "A. Author (2000)", experiment, {"key": 0})


def broken() -> Finding:
    raise ArithmeticError("the ruler broke")


UNMET: Final = Finding(
    *("run", "thrice", "false", "It is not."),
    (Measurement("ratio", float("inf"), "", "2 exactly", False),),
    PLOT,
)
FEW: Final = {
    "good": study("good", lambda: GOOD),
    "unmet": study("unmet", lambda: UNMET),
    "broken": study("broken", broken),
}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three studies, run in this process."""

    def here(runs: Any, jobs: int) -> Any:
        return (event for name, settings in runs for event in told(name, settings))

    for module in (studies, study_reports, study_runs):
        monkeypatch.setattr(module, "STUDIES", FEW)
    monkeypatch.setattr(studies, "events", here)


def test_two_studies_run_in_processes_of_their_own(capsys: Captured, tmp_path: Path) -> None:
    words = ["studies", "convolution", "distances", "--quick", "--json", "--plot", str(tmp_path)]
    assert main([*words, "--key", "3", "--jobs", "2"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["key"], figures["quick"]) == (3, True)
    assert [one["name"] for one in figures["studies"]] == ["convolution", "distances"]
    assert all(one["measurements"] and one["seconds"] > 0 for one in figures["studies"])
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == ["convolution.png", "distances.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())


@pytest.mark.usefixtures("few")
def test_each_study_is_a_row_and_one_that_fails_loses_no_other(capsys: Captured) -> None:
    assert main(["studies"]) == 1
    printed = capsys.readouterr().out
    for words in ("The claim of good", "three rulers", "twice", "holds", "false", "failed"):
        assert words in printed
    assert "ArithmeticError: the ruler broke" in " ".join(printed.split())


@pytest.mark.usefixtures("few")
def test_one_study_is_told_in_full(capsys: Captured) -> None:
    assert main(["studies", "good"]) == 0
    printed = capsys.readouterr().out
    for words in ("The claim of good", "A. Author (2000)", "three rulers, key 0", "2 m/m"):
        assert words in printed
    assert "2 exactly" in printed and "holds: twice" in printed and "Since 2 is 2." in printed
    assert "not met" not in printed


@pytest.mark.usefixtures("few")
def test_a_figure_that_is_not_as_expected_is_a_verdict_against(capsys: Captured) -> None:
    assert main(["studies", "unmet"]) == 1
    assert "not met: 2 exactly" in capsys.readouterr().out
    assert main(["studies", "unmet", "--json"]) == 1
    [told_of] = json.loads(capsys.readouterr().out)["studies"]
    [measurement] = told_of["measurements"]
    assert (measurement["value"], measurement["met"]) == ("inf", False)
    assert main(["studies", "broken", "--json"]) == 1
    [told_of] = json.loads(capsys.readouterr().out)["studies"]
    assert told_of["error"] == "ArithmeticError: the ruler broke"


@pytest.mark.usefixtures("few")
def test_what_was_found_is_shown_when_it_is_stopped(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(runs: Any, jobs: int) -> Any:
        yield Progressed("good", 0.5)
        yield Ended("good", GOOD, 1.0)
        raise KeyboardInterrupt

    monkeypatch.setattr(studies, "events", stopped)
    assert main(["studies"]) == 130
    captured = capsys.readouterr()
    assert "three rulers" in captured.out and "stopped" in captured.err


@pytest.mark.usefixtures("few")
def test_progress_is_shown_on_a_terminal() -> None:
    file = Screen()
    console = Console(file=file, force_terminal=True, width=80, legacy_windows=False)
    events: list[Event] = [Progressed("good", 0.5), Ended("good", GOOD, 1.0)]
    assert [one.name for one in studies.progressing(events, ["good"], console)] == ["good"]
    assert "1 study" in file.getvalue()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["goood"], "no study is called 'goood': did you mean good?"),
        (["zzz"], "no study is called 'zzz': there are good, unmet, broken"),
        (["--jobs", "0"], "--jobs 0: at least one is needed"),
    ],
)
@pytest.mark.usefixtures("few")
def test_bad_input_is_told_in_a_line(words: list[str], message: str, capsys: Captured) -> None:
    assert main(["studies", *words]) == 2
    assert capsys.readouterr().err == f"funcnn: {message}\n"


@pytest.mark.usefixtures("few")
def test_a_directory_that_is_a_file_is_refused_before_anything_runs(
    tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "plots"
    path.write_text("")
    assert main(["studies", "good", "--plot", str(path)]) == 2
    captured = capsys.readouterr()
    assert not captured.out and f"{path}" in captured.err


def test_a_process_that_fails_or_dies_is_told() -> None:
    [failed] = study_runs.events([("no such study", {})], 1)
    assert isinstance(failed, Ended) and failed.finding == "KeyError: 'no such study'"
    here, there = Pipe(duplex=False)
    there.close()
    dead = Ended("svd", "its process ended without a result", 0.0)
    assert study_runs.heard(here, "svd") == dead


class Context:
    """Of processes that end as they start, and are listed."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.Pipe = Pipe

    def Process(self, target: Any, args: Any, daemon: bool) -> Any:
        there, name, _ = args

        def start() -> None:
            self.started.append(name)
            there.send(Ended(name, GOOD, 0.0))

        return Mock(start=start)


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_so_many_run_at_once(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context()
    monkeypatch.setattr(study_runs, "get_context", lambda _: context)
    events = study_runs.events([(name, {}) for name in FEW], jobs)
    first = next(events)
    assert context.started == [*FEW][:jobs]
    assert [event.name for event in (first, *events)] == [*FEW]


def test_a_picture_has_every_point_its_labels_and_units() -> None:
    [axes] = picture(PLOT, "three rulers").axes
    drawn = [[*zip(*line.get_data(), strict=True)] for line in axes.lines]
    assert drawn == [[*series.points] for series in PLOT.series]
    assert axes.get_xlabel() == "given, m" and axes.get_title(loc="left") == "come, s"
    assert axes.get_xscale() == "log" and axes.get_yscale() == "linear"
    assert [text.get_text() for text in axes.texts] != []
    assert {text.get_text() for text in axes.texts} == {"theory", "one", "two"}
    assert axes.lines[0].get_color() == THEORY != axes.lines[1].get_color()


def test_columns_of_kinds_stand_side_by_side_under_their_names() -> None:
    bars = tuple(
        Series(label, [(0, 1.0), (1, height)], "bars") for label, height in [("a", 2.0), ("b", 3.0)]
    )
    [axes] = picture(Plot("Kinds", Axis("kind", names=("x", "y")), Axis("height"), bars), "").axes
    boxes = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
    assert [patch.get_height() for patch in axes.patches] == [1.0, 2.0, 1.0, 3.0]
    assert isclose(boxes[0][1], boxes[2][0], abs_tol=1e-9) and boxes[2][1] < boxes[1][0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["x", "y"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]


def test_zero_is_white_where_signs_differ() -> None:
    rows = [[-1.0, 0.0], [0.5, 3.0]]
    axes, bar = picture(Heatmap("Signs", Axis("j"), Axis("i"), rows, "weight"), "").axes
    [image] = axes.images
    assert image.get_clim() == (-3.0, 3.0) and image.get_array().tolist() == rows
    assert bar.get_ylabel() == "weight"
