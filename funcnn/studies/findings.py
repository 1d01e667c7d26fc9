"""Findings: what a study says, how it is run, and what it found."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from funcnn.studies.plots import Heatmap, Plot

type Verdict = Literal["holds", "holds with limits", "false"]

type Experiment = Generator[float, None, "Finding"]
"""What is run: it yields how much of it is done, from 0 to 1, and returns what it found."""


class Measurement(NamedTuple):
    """A figure that a run computed; where one was to be expected, which, and whether it is met."""

    what: str
    value: Any
    """A number, or a few words."""
    unit: str = ""
    expected: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run found."""

    run: str
    """What was run, on how much, in a line."""
    figure: str
    """The figure that decides, in a few words."""
    verdict: Verdict
    why: str
    """Why the verdict is that, and where its limits are, in sentences made of what was measured."""
    measurements: tuple[Measurement, ...]
    plot: Plot | Heatmap


@dataclass(frozen=True, slots=True)
class Study:
    """A claim, and the experiment that tells whether it holds."""

    name: str
    claim: str
    source: str
    experiment: Callable[..., Experiment]
    """Of settings that have defaults: of the size that `funcnn studies` runs."""
    reduced: Mapping[str, Any]
    """The settings of its test, which takes a few seconds."""


def found[A](experiment: Generator[float, None, A]) -> A:
    """What an experiment found, or a part of one, once it is run to its end.

    >>> def nothing():
    ...     yield 0.5
    ...     return "nothing"
    >>> found(nothing())
    'nothing'
    """
    while True:
        try:
            next(experiment)
        except StopIteration as end:
            result: A = end.value
            return result
