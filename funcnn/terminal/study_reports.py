"""Study reports: what studies found, for people and for other programs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from math import isfinite
from textwrap import fill
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from funcnn.studies.all_studies import STUDIES
from funcnn.studies.findings import Finding, Measurement
from funcnn.terminal.study_runs import Ended

STYLES: Final = {"holds": "green", "holds with limits": "yellow", "false": "bold red"}
WIDTH: Final = 100


def as_data(ended: Ended) -> dict[str, Any]:
    """What is told of a study to other programs."""
    study, finding = STUDIES[ended.name], ended.finding
    about = {"name": study.name, "claim": study.claim, "source": study.source}
    if not isinstance(finding, Finding):
        return about | {"error": finding, "seconds": ended.seconds}
    return about | {
        "run": finding.run,
        "figure": finding.figure,
        "verdict": finding.verdict,
        "why": finding.why,
        "measurements": [
            measurement._asdict() | {"value": plain(measurement.value)}
            for measurement in finding.measurements
        ],
        "seconds": ended.seconds,
    }


def plain(value: Any) -> Any:
    """A value as JSON has it: exact numbers and those that JSON lacks are texts.

    >>> from fractions import Fraction
    >>> plain(0.5), plain(Fraction(7, 10)), plain(float("inf")), plain(True)
    (0.5, '7/10', 'inf', True)
    """
    is_plain = isinstance(value, (bool, int, str)) or isinstance(value, float) and isfinite(value)
    return value if is_plain else f"{value}"


def shown(value: Any) -> str:
    """A value as people read it: floats to four digits, from 1,000 on without decimals.

    >>> from fractions import Fraction
    >>> shown(-0.123456), shown(1234567.0), shown(28589128), shown(Fraction(7, 10)), shown("yes")
    ('−0.1235', '1,234,567', '28,589,128', '7/10', 'yes')
    """
    match value:
        case bool() | str():
            return f"{value}"
        case int():
            return f"{value:,}"
        case float() if 1000 <= abs(value) < 1e15:
            return f"{value:,.0f}".replace("-", "−")
        case float():
            return f"{value:.4g}".replace("-", "−")
        case _:
            return f"{value}"


def show_all(results: Sequence[Ended], console: Console) -> None:
    """Print a row for each study, and how many claims hold."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    for heading, ratio in (("claim", 4), ("what was run", 5), ("figure", 4)):
        table.add_column(heading, ratio=ratio)
    table.add_column("verdict", no_wrap=True)
    for ended in results:
        study, finding = STUDIES[ended.name], ended.finding
        claim = Text.assemble(study.claim, "\n", (study.name, "dim"))
        if isinstance(finding, Finding):
            verdict = Text(finding.verdict, STYLES[finding.verdict])
            table.add_row(claim, Text(finding.run), Text(finding.figure), verdict)
        else:
            table.add_row(claim, Text(finding), "", Text("failed", "bold red"))
    console.print(table, width=min(console.width, WIDTH))
    console.print(counted(results), highlight=False, soft_wrap=True)


def counted(results: Iterable[Ended]) -> str:
    """How many claims have which verdict.

    >>> counted([Ended("svd", "it broke", 0.0), Ended("svd", "it broke", 0.0)])
    'failed: 2; funcnn studies NAME tells one in full'
    """
    verdicts = Counter(
        ended.finding.verdict if isinstance(ended.finding, Finding) else "failed"
        for ended in results
    )
    told = (f"{name}: {verdicts[name]}" for name in (*STYLES, "failed") if verdicts[name])
    return f"{', '.join(told)}; funcnn studies NAME tells one in full"


def show_one(ended: Ended, console: Console) -> None:
    """Print all of a study: the claim, its source, what was run and measured, and the verdict."""
    study, finding = STUDIES[ended.name], ended.finding
    width = min(console.width, WIDTH)
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    say(fill(study.claim, width), style="bold")
    say(fill(" ".join(study.source.split()), width), style="dim")
    if not isinstance(finding, Finding):
        say(f"\nfailed: {finding}", style="bold red")
        return
    say(f"\n{fill(finding.run, width)}; {ended.seconds:.1f} s\n")
    console.print(measured(finding.measurements), width=width)
    say(f"\n{finding.verdict}: {finding.figure}", style=STYLES[finding.verdict])
    say(fill(finding.why, width))


def measured(measurements: Iterable[Measurement]) -> Table:
    """What was measured, in columns; beside it what was to be expected, where there is that."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("measured", ratio=5)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("expected", ratio=4)
    for what, value, unit, expected, met in measurements:
        told = Text(f"not met: {expected}", "bold red") if met is False else Text(expected)
        space = "" if not unit or unit.startswith("%") else " "
        table.add_row(Text(what), Text(f"{shown(value)}{space}{unit}"), told)
    return table
