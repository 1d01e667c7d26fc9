"""The bench tells what it has timed and nothing else; contestants that differ are not timed."""

import gc
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, Final, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from funcnn.__main__ import main
from funcnn.algebra.trees import tree_map
from funcnn.terminal import bench, timing
from funcnn.terminal.bench import EVENTS, Event, curves
from funcnn.terminal.contests import are_admitted, exact, int8, is_product
from funcnn.terminal.network_contests import definition, in_micrograd
from funcnn.terminal.plots import LINES, apart, picture
from funcnn.terminal.timing import (
    PEERS,
    Contest,
    Contestant,
    Figure,
    Peers,
    Spread,
    Times,
    installed,
    measured,
)

type Captured = pytest.CaptureFixture[str]
type Patch = pytest.MonkeyPatch

SMALL: Final = ("digits", "definition", "fractions", "lenet", "training")
TINY: Final = {"import": 1} | dict.fromkeys(SMALL, 2)
TIMES: Final = {"ours": [0.5, 0.25, 0.75], "theirs": [1.0, 2.0, 1.5]}
WARM: Final = 1.0


def sums(_size: int, _peers: Peers) -> Contest:
    """A contest whose clock tells the times above, after one that is not told."""

    def watch(times: list[float]) -> Callable[[Any], float]:
        ticks = iter([WARM, *times])

        def tell(run: Callable[[], Any]) -> float:
            run()
            return next(ticks)

        return tell

    contestants = {
        name: Contestant(lambda: 1 + 1, (2).__eq__, work, watch(times))
        for work, (name, times) in enumerate(TIMES.items(), 1)
    }
    return Contest("sums", "sum", contestants, [Figure("theirs", "ours", "≥ 3")])


def lonely(size: int, peers: Peers) -> Contest:
    """One whose peers are not here."""
    contest = sums(size, peers)
    return contest._replace(figures=[Figure("NumPy", "ours"), Figure("sympy", "ours")])


def never(*_: Any) -> NoReturn:
    raise AssertionError("timed")


@pytest.fixture
def quick(monkeypatch: Patch) -> None:
    """No run is timed more than once at a time."""
    monkeypatch.setattr(timing, "SHORTEST", 1e-9)


@pytest.fixture
def alone(monkeypatch: Patch) -> None:
    """No peer is installed."""
    monkeypatch.setattr(bench, "installed", dict)


@pytest.fixture
def scripted(alone: None, monkeypatch: Patch) -> None:
    monkeypatch.setattr(bench, "EVENTS", (Event("sums", sums, 2), Event("lonely", lonely, 2)))


def told(capsys: Captured, *words: str) -> str:
    """What the bench prints."""
    assert main(["bench", "--rounds", "3", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.usefixtures("scripted")
def test_the_figures_are_medians_of_what_was_timed(capsys: Captured) -> None:
    answer = json.loads(told(capsys, "sums", "--json"))
    seconds = {"ours": TIMES["ours"], "theirs": [time / 2 for time in TIMES["theirs"]]}
    ratios = [two / one for one, two in zip(*seconds.values(), strict=True)]
    assert answer["rounds"] == 3 and answer["missing"] == []
    [contest] = answer["contests"]
    assert contest["seconds"] == {name: told_of(times) for name, times in seconds.items()}
    assert contest["figures"] == [
        {"name": "theirs ÷ ours", "target": "≥ 3", **told_of(ratios)},
    ]
    assert (contest["contest"], contest["title"], contest["unit"]) == ("sums", "sums", "sum")
    assert contest["on_a_part"] == ["ours"] and not contest["collecting"]


def told_of(numbers: list[float]) -> dict[str, float]:
    return {"median": median(numbers), "least": min(numbers), "greatest": max(numbers)}


@pytest.mark.usefixtures("scripted")
def test_the_table_has_the_figures_their_spread_and_the_target(capsys: Captured) -> None:
    lines = told(capsys).splitlines()
    assert lines[0].startswith(bench.python()) and "3 rounds" in lines[0]
    assert lines[2].split() == ["median", "least", "greatest", "target"]
    assert [line.split() for line in lines[3:6]] == [
        ["sums"],
        ["theirs", "÷", "ours", "1.00", "1.00", "4.00", "≥", "3"],
        ["(ours:", "a", "part", "of", "it,", "scaled)"],
    ]
    assert lines[-1] == "not installed: NumPy, sympy; uv run --group peers funcnn bench"
    assert len(lines) == 8


@pytest.mark.usefixtures("scripted")
def test_only_the_contests_that_are_named_are_timed(capsys: Captured) -> None:
    assert "lonely" not in told(capsys, "sums") and "NumPy" in told(capsys, "lonely", "lonely")


def test_json_says_which_peers_are_missing(scripted: None, capsys: Captured) -> None:
    answer = json.loads(told(capsys, "--json"))
    assert answer["missing"] == ["NumPy", "sympy"]
    assert [contest["figures"] != [] for contest in answer["contests"]] == [True, False]


def test_contestants_take_turns() -> None:
    turns: list[str] = []

    def turn(name: str) -> Contestant:
        return Contestant(lambda: turns.append(name), lambda _: True, watch=long)

    contestants = {name: turn(name) for name in "abc"}
    times = measured(Contest("turns", "turn", contestants, []), range(3))
    assert turns == [*"abc"] * 5 and {*times.seconds} == {*"abc"}


def long(run: Callable[[], Any]) -> float:
    run()
    return 1.0


@pytest.mark.parametrize(("once", "repeats"), [(2.0, 1), (0.005, 1), (0.002, 3), (0.0, 10_000)])
def test_what_is_too_short_for_the_clock_is_timed_many_times_at_once(
    once: float, repeats: int
) -> None:
    runs: list[int] = []
    before: list[int] = []

    def watch(run: Callable[[], Any]) -> float:
        before.append(len(runs))
        run()
        return once * (len(runs) - before[-1])

    contestant = Contestant(lambda: runs.append(1), lambda _: True, work=2, watch=watch)
    times = measured(Contest("runs", "run", {"it": contestant}, []), range(1))
    assert len(runs) - before[-1] == repeats
    assert times.seconds["it"] == [pytest.approx(once / 2)]


@pytest.mark.parametrize("was_enabled", [True, False])
@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_as_it_should_be_and_then_as_it_was(
    was_enabled: bool, collecting: bool
) -> None:
    seen: list[bool] = []

    def watch(_: object) -> float:
        seen.append(gc.isenabled())
        if len(seen) == 3:
            raise KeyboardInterrupt
        return 1.0

    contest = Contest("", "", {"it": Contestant(list, lambda _: True, watch=watch)}, [])
    contest = contest.collected() if collecting else contest
    (gc.enable if was_enabled else gc.disable)()
    try:
        with pytest.raises(KeyboardInterrupt):
            measured(contest, range(2))
        assert gc.isenabled() is was_enabled
    finally:
        gc.enable()
    assert seen == [collecting] * 3


@pytest.mark.usefixtures("alone")
def test_an_event_with_the_collector_on_says_so(monkeypatch: Patch, capsys: Captured) -> None:
    monkeypatch.setattr(bench, "EVENTS", (Event("sums", sums, 2, collecting=True),))
    [contest] = json.loads(told(capsys, "--json"))["contests"]
    assert contest["collecting"] and contest["title"] == "sums, collecting"


@pytest.mark.usefixtures("alone")
def test_contestants_that_differ_are_not_timed(monkeypatch: Patch, capsys: Captured) -> None:
    def wrong(size: int, peers: Peers) -> Contest:
        contest = sums(size, peers)
        other = contest.contestants["theirs"]._replace(run=lambda: 3, watch=never)
        return contest._replace(contestants={**contest.contestants, "theirs": other})

    monkeypatch.setattr(bench, "EVENTS", (Event("wrong", wrong, 2),))
    assert main(["bench"]) == 2
    why = "sums: theirs computes something else, so nothing was timed"
    assert capsys.readouterr() == ("", f"funcnn: {why}\n")


@cache
def tiny(event: Event, alone: bool = False) -> Contest:
    return event.build(TINY.get(event.contest, 8), {} if alone else installed())


def corrupted(result: Any) -> Any:
    """A result like another, with other numbers."""
    if isinstance(result, (list, tuple)):
        return tree_map(lambda number: number + 1, result)
    return -result if isinstance(result, float) else result + result


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.build.__name__)
def test_every_contest_can_be_held_and_every_figure_told(event: Event) -> None:
    contest = tiny(event)
    times = measured(contest, range(1))
    assert {*times.seconds} == {*contest.contestants} and contest.missing == [
        name for name in contest.missing if name in PEERS.keys() - installed().keys()
    ]
    assert all(second > 0 for seconds in times.seconds.values() for second in seconds)
    assert len([*times.figures()]) == len(
        [figure for figure in contest.figures if not {*figure[:2]} & {*contest.missing}]
    )


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.build.__name__)
def test_no_contestant_may_compute_anything_else(event: Event) -> None:
    for name, contestant in tiny(event).contestants.items():
        result = contestant.run()
        assert contestant.is_right(result) and contestant.is_right(contestant.run()), name
        assert not contestant.is_right(corrupted(result)), name


def test_no_digit_may_be_wrong_not_even_the_last() -> None:
    for name, contestant in definition(6, {}).contestants.items():
        outputs = contestant.run()
        outputs[-1][0] += 2.0**-20
        assert not contestant.is_right(outputs), name


def test_without_peers_every_contest_is_still_held() -> None:
    missing = [tiny(event, alone=True).missing for event in EVENTS]
    assert {name for names in missing for name in names} == {*PEERS}


def test_what_cannot_be_imported_is_not_installed(monkeypatch: Patch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert "NumPy" not in installed()


@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 9))
def test_a_product_that_is_wrong_in_one_place_is_none(row: int, column: int, error: int) -> None:
    left = [[1, 2], [3, 4], [5, 6], [7, 8]]
    right = [[1, 2, 3, 4], [5, 6, 7, 8]]
    product = [[sum(a * b for a, b in zip(r, c)) for c in zip(*right)] for r in left]
    is_right = is_product(left, right)
    assert is_right(product)
    product[row][column] += error
    assert not is_right(product)


@pytest.mark.parametrize(("relu_last", "nonlin"), [(True, [True, True]), (False, [True, False])])
def test_micrograd_gets_the_same_network(relu_last: bool, nonlin: list[bool]) -> None:
    def network(_inputs: int, sizes: list[int]) -> Any:
        """As micrograd makes it: no relu in the last layer."""
        parts = [
            SimpleNamespace(neurons=[SimpleNamespace(nonlin=index == 0) for _ in range(size)])
            for index, size in enumerate(sizes)
        ]
        return SimpleNamespace(layers=parts)

    nn, weights = (
        SimpleNamespace(MLP=network, Value=str),
        [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]],
    )
    layers = in_micrograd(nn, weights, relu_last).layers
    neurons = [layer.neurons for layer in layers]
    assert tree_map(lambda neuron: neuron.w, neurons) == tree_map(str, weights)
    assert [{neuron.nonlin for neuron in layer} for layer in neurons] == [{one} for one in nonlin]


def test_rounding_explains_a_last_place_and_no_more() -> None:
    rows, columns = [[0.1, 0.2]] * 40, [[0.3, 0.4]] * 3
    product = [[0.11] * 3 for _ in rows]
    assert are_admitted(rows, columns, product)
    assert are_admitted(rows, columns, tree_map(lambda x: x + 2**-56, product))
    assert not are_admitted(rows, columns, tree_map(lambda x: x + 2**-50, product))
    assert not are_admitted(rows, columns, [[0.12] * 3, *product[1:]])


SPREADS: Final = {8: Spread(2e-9, 1e-9, 4e-9), 16: Spread(5e-9, 5e-9, 6e-9)}


def test_the_picture_shows_what_was_timed() -> None:
    figure = picture({line: SPREADS for line in LINES.values()}, "three rounds")
    [axes] = figure.axes
    labels = {line.label for line in LINES.values()}
    assert {line.get_label() for line in axes.lines} == labels
    assert {text.get_text() for text in axes.texts} == labels
    dashed = {line.get_label() for line in axes.lines if line.get_linestyle() == "--"}
    assert dashed == {line.label for line in LINES.values() if line.rounds}
    for line in axes.lines:
        assert [*line.get_xdata()] == [8, 16]
        assert [*line.get_ydata()] == pytest.approx([2, 5])
    for band in axes.collections:
        corners = {(round(x), round(y)) for x, y in band.get_paths()[0].vertices}
        assert corners == {(8, 1), (8, 4), (16, 5), (16, 6)}
    assert "three rounds" in {text.get_text() for text in figure.texts}
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["8", "16"]


def test_lines_that_end_together_are_named_apart() -> None:
    figure = picture({line: SPREADS for line in LINES.values()}, "")
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    [axes] = figure.axes
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    extents = sorted((box.y0, box.y1) for box in boxes)
    assert len(boxes) == len(LINES)
    assert all(lower[1] <= upper[0] for lower, upper in zip(extents, extents[1:]))
    assert max(box.x1 for box in boxes) < figure.bbox.x1


def test_no_two_lines_look_the_same() -> None:
    assert len({(line.color, line.rounds) for line in LINES.values()}) == len(LINES)


@given(st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=9), st.integers(0, 3))
def test_labels_move_no_more_than_they_must(heights: list[float], gap: int) -> None:
    rising = sorted(heights)
    places = apart(rising, gap)
    steps = [upper - lower for lower, upper in zip(places, places[1:])]
    assert all(step >= gap - 1e-9 for step in steps)
    assert sum(places) == pytest.approx(sum(rising))
    if all(upper - lower >= gap for lower, upper in zip(rising, rising[1:])):
        assert places == pytest.approx(rising)


def test_the_curves_are_of_the_sizes_that_were_timed(monkeypatch: Patch) -> None:
    events = [Event("exact", exact, 2), Event("int8", int8, 2), Event("exact", exact, 4)]
    monkeypatch.setattr(bench, "CURVES", events)
    contest = sums(0, {})
    seconds = {"funcnn": [1.0, 3.0, 2.0], "someone": [1.0]}
    results = {event: Times(contest, seconds) for event in events}
    ours, bytewise = LINES["exact", "funcnn"], LINES["int8", "funcnn"]
    of_each = Spread(2.0, 1.0, 3.0)
    assert curves(results) == {ours: {2: of_each, 4: of_each}, bytewise: {2: of_each}}


@pytest.mark.usefixtures("quick", "alone")
@pytest.mark.parametrize(
    ("name", "start"), [("a.PNG", b"\x89PNG\r\n\x1a\n"), ("[b].svg", b"<?xml")]
)
def test_a_picture_is_drawn_in_the_format_of_its_name(
    name: str, start: bytes, tmp_path: Path, monkeypatch: Patch, capsys: Captured
) -> None:
    monkeypatch.setattr(bench, "EVENTS", (Event("exact", exact, 2),))
    small = (Event("exact", exact, 2), Event("exact", exact, 4), Event("int8", int8, 2))
    monkeypatch.setattr(bench, "CURVES", small)
    path = tmp_path / name
    lines = told(capsys, "--plot", str(path)).splitlines()
    assert lines[-1] == f"drawn in '{path}'" and "2×2" in lines[3]
    assert not [line for line in lines if "4×4" in line or "int8" in line]
    assert path.read_bytes().startswith(start) and path.stat().st_size > 5000
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.usefixtures("alone")
def test_a_contest_in_the_table_and_in_the_picture_is_timed_once(
    tmp_path: Path, monkeypatch: Patch, capsys: Captured
) -> None:
    built: list[int] = []

    def counted(size: int, peers: Peers) -> Contest:
        built.append(size)
        contest = sums(size, peers)
        return contest._replace(contestants={"funcnn": contest.contestants["ours"]})

    monkeypatch.setattr(bench, "EVENTS", (Event("exact", counted, 2),))
    monkeypatch.setattr(bench, "CURVES", (Event("exact", counted, 2), Event("exact", counted, 4)))
    told(capsys, "--plot", str(tmp_path / "a.png"), "--json")
    assert built == [2, 4]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["exakt"], "no contest is called 'exakt'; there are exact, int8, "),
        (["exact", "[b]\n"], r"no contest is called '[b]\n'; there are exact, "),
        (["--rounds", "0"], "--rounds 0: at least one is needed"),
        (["--rounds", "x"], "argument --rounds: invalid int value: 'x'; see funcnn bench --help"),
        (["--plot", "a"], "--plot a: name a file that ends in ."),
        (["--plot", "a.txt"], "--plot a.txt: name a file that ends in ."),
        (["--plot", "d/a.png"], "--plot d/a.png: No such file or directory; name a file that can "),
        (["--plot", "e/a.png"], "--plot e/a.png: Not a directory; name a file that can "),
        (["--plot", "f.png"], "--plot f.png: not a file; name one that can be written"),
        (["--plot", f"{'x' * 300}.png"], f"--plot {'x' * 300}.png: File name too long; name "),
    ],
    ids=lambda item: repr(item)[:30],
)
def test_bad_words_are_refused_in_one_line_before_anything_is_timed(
    words: list[str], why: str, tmp_path: Path, monkeypatch: Patch, capsys: Captured
) -> None:
    monkeypatch.setattr(bench, "measured", never)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "e").touch()
    (tmp_path / "f.png").mkdir()
    assert main(["bench", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"funcnn: {why}") and err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"e", "f.png"}


def test_without_matplotlib_there_is_no_plot_and_nothing_is_timed(
    tmp_path: Path, monkeypatch: Patch, capsys: Captured
) -> None:
    monkeypatch.setattr(bench, "measured", never)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["bench", "--plot", str(tmp_path / "a.png")]) == 2
    why = "--plot needs matplotlib: pip install 'funcnn[plot]'"
    assert capsys.readouterr() == ("", f"funcnn: {why}\n") and not [*tmp_path.iterdir()]


@pytest.mark.parametrize("old", [{}, {"a.png": b"old"}], ids=["new", "old"])
def test_an_interrupted_bench_leaves_all_as_it_was(
    old: dict[str, bytes], tmp_path: Path, scripted: None, monkeypatch: Patch, capsys: Captured
) -> None:
    def stop(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(bench, "measured", stop)
    assert main(["bench", "--plot", str(tmp_path / "a.png")]) == 130
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == old
    assert capsys.readouterr().err == "funcnn: stopped\n"


@pytest.mark.usefixtures("scripted")
def test_everything_fits_60_columns_and_a_pipe_gets_no_control_characters(
    monkeypatch: Patch, capsys: Captured
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = told(capsys).splitlines()
    assert max(map(len, lines)) <= 60 and all(line.isprintable() for line in lines)
    for event in EVENTS:
        contest = tiny(event, alone=True)
        contest = contest.collected() if event.collecting else contest
        assert len(contest.title) <= 56
        assert all(len(figure.label) <= 24 for figure in contest.figures)
