"""funcnn studies: the claims that this project grew from, each put to the test now."""

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from funcnn.studies.all_studies import STUDIES
from funcnn.studies.findings import Finding
from funcnn.terminal.plots import format_of
from funcnn.terminal.study_pictures import picture
from funcnn.terminal.study_reports import as_data, show_all, show_one
from funcnn.terminal.study_runs import Ended, Event, events

SMALL: Final = "\nsmall sizes: what is found at them is no verdict; leave --quick out for that"


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    listed = f"one of {', '.join(STUDIES)}; all, if none is named"
    parser.epilog = "0: each figure is as expected; 1: one is not; 2: bad input"
    parser.add_argument("names", nargs="*", metavar="STUDY", help=listed)
    parser.add_argument("--key", type=int, metavar="K", default=0, help="decides every draw; 0")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, in seconds")
    parser.add_argument("--jobs", type=int, metavar="N", help="how many at once; as many as cores")
    parser.add_argument(
        "--plot", type=Path, metavar="DIR", help="draw a picture of each there; needs matplotlib"
    )
    parser.add_argument("--json", action="store_true", help="print the figures for other programs")


def command(arguments: Namespace, console: Console) -> int:
    """Run the studies, and show what they found. 0: as expected, 1: a figure is not, or one failed.

    Errors
        ValueError   there is no such study, or no matplotlib to draw by
        OSError      a picture cannot be written
    """
    runs = settings(arguments.names, arguments.key, quick=arguments.quick)
    jobs = os.cpu_count() or 1 if arguments.jobs is None else arguments.jobs
    if jobs < 1:
        raise ValueError(f"--jobs {jobs}: at least one is needed")
    directory = arguments.plot
    if directory:
        format_of(directory / "picture.png")
        directory.mkdir(parents=True, exist_ok=True)
    results: dict[str, Ended] = {}
    try:
        for ended in progressing(events(runs.items(), jobs), [*runs], console):
            results[ended.name] = ended
            if directory and isinstance(ended.finding, Finding):
                drawn = picture(ended.finding.plot, ended.finding.run)
                drawn.savefig(directory / f"{ended.name}.png")
    finally:
        show([results[name] for name in runs if name in results], arguments, console)
    return int(not all(map(is_as_expected, results.values())))


def settings(names: Sequence[str], key: int, *, quick: bool) -> dict[str, Mapping[str, Any]]:
    """The studies of names, or all if there are none, in their order, and the settings of each.

    Errors
        ValueError   there is none of a name

    >>> settings(["distances"], 3, quick=False)
    {'distances': {'key': 3}}
    >>> settings(["distance"], 3, quick=False)
    Traceback (most recent call last):
    ValueError: no study is called 'distance': did you mean distances?
    """
    for name in names:
        if name not in STUDIES:
            near = get_close_matches(name, STUDIES, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(STUDIES)}"
            raise ValueError(f"no study is called {name!r:.40}: {hint}")
    return {
        name: {**(study.reduced if quick else {}), "key": key}
        for name, study in STUDIES.items()
        if name in (names or STUDIES)
    }


def progressing(events: Iterable[Event], names: Sequence[str], console: Console) -> Iterator[Ended]:
    """The ends of studies, with bars of progress on a terminal: of each that runs, and of all."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.file.isatty(),
    ) as progress:
        what = "1 study" if len(names) == 1 else f"{len(names)} studies"
        whole = progress.add_task(what, total=len(names))
        tasks = {}
        for event in events:
            if event.name not in tasks:
                tasks[event.name] = progress.add_task(event.name, total=1.0)
            match event:
                case Ended():
                    progress.remove_task(tasks[event.name])
                    progress.advance(whole)
                    yield event
                case _:
                    progress.update(tasks[event.name], completed=event.share)


def show(results: Sequence[Ended], arguments: Namespace, console: Console) -> None:
    """Print the findings: as JSON, one study in full, or several, a row each."""
    if arguments.json:
        told = {"key": arguments.key, "quick": arguments.quick}
        studies = [as_data(ended) for ended in results]
        console.out(json.dumps({**told, "studies": studies}, indent=2), highlight=False)
    elif len(arguments.names) == 1:
        for ended in results:
            show_one(ended, console)
    elif results:
        show_all(results, console)
    if arguments.quick and results and not arguments.json:
        console.print(SMALL, highlight=False, soft_wrap=True)
    if arguments.plot and results and not arguments.json:
        console.out(f"drawn in {str(arguments.plot)!r}", highlight=False)


def is_as_expected(ended: Ended) -> bool:
    """Whether a study came to its end, with every figure that was to be expected."""
    return isinstance(ended.finding, Finding) and all(
        measurement.met is not False for measurement in ended.finding.measurements
    )
