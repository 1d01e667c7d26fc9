"""funcnn bench: how fast it is beside others, measured now and side by side, in ratios."""

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from platform import python_implementation, python_version
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from funcnn.exchange.files import replaced
from funcnn.terminal.block_contests import images, language_model
from funcnn.terminal.contests import exact, int8, wide
from funcnn.terminal.network_contests import definition, digits, fractions, starting, training
from funcnn.terminal.plots import LINES, Line, Points, format_of, picture
from funcnn.terminal.reports import Report
from funcnn.terminal.representation_contests import convolution, signs, sparse, sparse_batch
from funcnn.terminal.timing import Contest, Peers, Times, installed, measured, spread

ROUNDS: Final = 9
SIZES: Final = (8, 16, 32, 64, 128, 256, 512)
PEERS_TOO: Final = "uv run --group peers funcnn bench"
THREADS: Final = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Event(NamedTuple):
    """A contest at a size."""

    contest: str
    build: Callable[[int, Peers], Contest]
    size: int
    collecting: bool = False
    """Whether the garbage collector is on, as where programs run."""


EVENTS: Final = (
    Event("exact", exact, 128),
    Event("exact", exact, 256),
    Event("exact", wide, 128),
    Event("int8", int8, 256),
    Event("int8", int8, 512),
    Event("convolution", convolution, 28),
    Event("signs", signs, 4096),
    Event("sparse", sparse, 512),
    Event("sparse", sparse_batch, 512),
    Event("digits", digits, 360),
    Event("digits", digits, 360, collecting=True),
    Event("definition", definition, 360),
    Event("fractions", fractions, 20),
    Event("gpt", language_model, 64),
    Event("gpt", language_model, 128),
    Event("lenet", images, 4),
    Event("training", training, 32),
    Event("training", training, 32, collecting=True),
    Event("import", starting, 1),
)
"""All that is timed."""

CURVES: Final = tuple(
    Event(contest, build, size)
    for contest, build in (("exact", exact), ("int8", int8))
    for size in SIZES
)
"""What is plotted."""


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    listed = f"one of {', '.join(names(EVENTS))}; all, if none is named"
    parser.add_argument("contests", nargs="*", metavar="CONTEST", help=listed)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often to time each")
    parser.add_argument("--json", action="store_true", help="print the figures for other programs")
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw the time of a multiply-accumulate against the size; needs matplotlib",
    )


def command(arguments: Namespace, console: Console) -> int:
    """Time the contests, then show the ratios, and draw them, if told where."""
    events = chosen(arguments.contests)
    if arguments.rounds < 1:
        raise ValueError(f"--rounds {arguments.rounds}: at least one is needed")
    os.environ.update(dict.fromkeys(THREADS, "1"))
    plot, rounds = arguments.plot, arguments.rounds
    plotted = format_of(plot) if plot else None
    with replaced(plot, f"--plot {plot}") if plot else nullcontext() as path:
        results = times([*events, *(CURVES if plot else [])], rounds, console)
        if path:
            how = f"{python()}, one thread; {rounds} rounds: median, least and greatest"
            picture(curves(results), how).savefig(path, format=plotted)
    report = reported({event: results[event] for event in events}, rounds)
    if arguments.json:
        console.out(json.dumps(report.figures, indent=2), highlight=False)
    else:
        report.show(console)
        if plot:
            console.out(f"drawn in {str(plot)!r}", highlight=False)
    return 0


def names(events: Iterable[Event]) -> list[str]:
    """The contests' names, each once."""
    return [*dict.fromkeys(event.contest for event in events)]


def chosen(contests: Sequence[str]) -> list[Event]:
    """The events of contests, or all if there are none.

    Errors
        ValueError   a contest is none of ours

    >>> [event.size for event in chosen(["int8"])]
    [256, 512]
    >>> chosen(["int9"])
    Traceback (most recent call last):
    ValueError: no contest is called 'int9'; there are exact, int8, ...
    """
    known = names(EVENTS)
    for contest in contests:
        if contest not in known:
            raise ValueError(f"no contest is called {contest!r:.40}; there are {', '.join(known)}")
    return [event for event in EVENTS if event.contest in (contests or known)]


def times(events: Iterable[Event], rounds: int, console: Console) -> dict[Event, Times]:
    """What the events take, each timed once, with a bar of progress on a terminal."""
    peers, results, once = installed(), {}, dict.fromkeys(events)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        auto_refresh=False,
        disable=not console.file.isatty(),
    ) as progress:
        task = progress.add_task("")
        for index, event in enumerate(once, 1):
            contest = event.build(event.size, peers)
            if event.collecting:
                contest = contest.collected()
            progress.reset(task, total=rounds, description=f"{index}/{len(once)} {contest.title}")
            progress.refresh()
            indices = progress.track(range(rounds), total=rounds, task_id=task)
            results[event] = measured(contest, indices)
    return results


def reported(results: Mapping[Event, Times], rounds: int) -> Report:
    """The ratios, and who was not there."""
    missing = sorted({name for each in results.values() for name in each.contest.missing})
    told = {"python": python(), "rounds": rounds, "missing": missing}
    entries = [entry(event, each) for event, each in results.items()]
    return Report({**told, "contests": entries}, partial(show, told, [*results.values()]))


def entry(event: Event, result: Times) -> dict[str, Any]:
    """What is told of a contest to other programs: seconds for a unit of work, and the figures."""
    seconds = {name: spread(each)._asdict() for name, each in result.seconds.items()}
    figures = [
        {"name": figure.label, "target": figure.target or None, **numbers._asdict()}
        for figure, numbers in result.figures()
    ]
    contest = result.contest
    return {
        "contest": event.contest,
        "title": contest.title,
        "size": event.size,
        "collecting": contest.collecting,
        "unit": contest.unit,
        "seconds": seconds,
        "on_a_part": contest.partial,
        "figures": figures,
    }


def show(told: dict[str, Any], results: Sequence[Times], console: Console) -> None:
    """Print what a person wants to see: a table of figures."""
    say = partial(console.print, highlight=False, markup=False)
    say(f"{told['python']}, {told['rounds']} rounds, processor time of one thread\n")
    say(f"{'':25}{'median':>9}{'least':>9}{'greatest':>9}{'target':>8}", style="dim")
    for result in results:
        contest, figures = result.contest, [*result.figures()]
        if figures:
            say(contest.title, style="bold")
        for figure, numbers in figures:
            columns = "".join(f"{rounded(number):>9}" for number in numbers)
            say(f"  {figure.label:23}{columns}{figure.target:>8}".rstrip())
        if contest.partial and figures:
            say(f"  ({', '.join(contest.partial)}: a part of it, scaled)", style="dim")
    if told["missing"]:
        say(f"\nnot installed: {', '.join(told['missing'])}; {PEERS_TOO}")


def rounded(number: float) -> str:
    """A figure, to two places where they matter.

    >>> rounded(1.276), rounded(1276.3)
    ('1.28', '1,276')
    """
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


def python() -> str:
    """The Python that runs this."""
    return f"{python_implementation()} {python_version()}"


def curves(results: Mapping[Event, Times]) -> dict[Line, Points]:
    """The lines of the plot: what a contestant takes for a multiply-accumulate at each size."""
    found: dict[Line, Points] = {}
    for event in CURVES:
        for name, seconds in results[event].seconds.items():
            line = LINES.get((event.contest, name))
            if line:
                found.setdefault(line, {})[event.size] = spread(seconds)
    return found
