"""Robustness: funcnn run --number interval --within R. Which inputs no small change can turn."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from rich.console import Console

from funcnn.diagnostics.robustness import Verdict, verdict
from funcnn.exchange.datasets import Digits
from funcnn.terminal.models import Matrices
from funcnn.terminal.reports import Report, tracked


def digits_within(radius: float, digits: Digits, weights: Matrices, console: Console) -> Report:
    """For how many digits no change of each pixel by up to the radius can turn the class."""
    images = tracked(digits.images, "proving …", console)
    counts = Counter(verdict(weights, image, radius) for image in images)
    known = {name: counts[name] for name in ("certified", "attacked", "open")}
    figures = {"within": radius, "digits": len(digits.labels), **known}
    return Report(figures, partial(show_digits, figures))


def show_digits(figures: dict[str, Any], console: Console) -> None:
    """Print for how many digits what is known."""
    for line in (
        f"{figures['digits']} digits, each pixel to change by up to {figures['within']:g}",
        f"certified {figures['certified']:4}   no such change can turn the class",
        f"attacked  {figures['attacked']:4}   a step along the signs of the gradient turns it",
        f"open      {figures['open']:4}",
    ):
        console.print(line, highlight=False)


def rows_within(radius: float, inputs: Sequence[Sequence[float]], weights: Matrices) -> Report:
    """For which rows no change of each number by up to the radius can turn the class."""
    verdicts = [verdict(weights, row, radius) for row in inputs]
    return Report({"within": radius, "rows": verdicts}, partial(show_rows, verdicts))


def show_rows(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print what is known of each row."""
    for number, known in enumerate(verdicts, 1):
        console.out(f"row {number}   {known}", highlight=False)
