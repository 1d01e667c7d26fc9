"""Plots: what a picture shows, as a value. The terminal draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from funcnn.algebra.vectors import Matrix

type Style = Literal["line", "dashes", "dots", "bars"]
"""A curve; one that is theory, or a reference; points; columns."""


class Axis(NamedTuple):
    """What an axis measures and in which unit, whether by its logarithm; or names along it."""

    label: str
    unit: str = ""
    log: bool = False
    names: tuple[str, ...] = ()
    """Of the places 0, 1, 2 … where they are kinds and no numbers."""


class Series(NamedTuple):
    """Points of one kind, and what they are called."""

    label: str
    points: Sequence[tuple[float, float]]
    style: Style = "line"


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves, points and columns over two axes, with the one message that they have.

    >>> line = Series("measured", [(1.0, 2.0), (2.0, 4.0)])
    >>> Plot("Twice as much", Axis("what is given"), Axis("what comes", "s"), (line,)).y.unit
    's'
    """

    message: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Heatmap:
    """A matrix as a picture, with its message; the unit is that of its numbers.

    >>> Heatmap("Only the diagonal", Axis("column"), Axis("row"), [[1.0, 0.0], [0.0, 1.0]]).unit
    ''
    """

    message: str
    x: Axis
    y: Axis
    rows: Matrix[float]
    unit: str = ""
