"""Plots: what a multiply-accumulate takes, by the size of the matrices, drawn by matplotlib."""

from collections.abc import Sequence
from importlib import import_module
from math import log10
from pathlib import Path
from statistics import mean
from typing import Any, Final, NamedTuple

from funcnn.terminal.timing import Spread

type Points = dict[int, Spread]


class Line(NamedTuple):
    """What a line is called, and how it is drawn.

    Source
        M. Okabe, K. Ito, "Color Universal Design" (2008): colors that all eyes tell apart
    """

    label: str
    color: str
    rounds: bool = False
    is_ours: bool = False


LINES: Final = {
    ("exact", "Fraction"): Line("Fraction", "#999999"),
    ("exact", "mpmath"): Line("mpmath, fdot", "#CC79A7"),
    ("exact", "sympy"): Line("sympy", "#E69F00"),
    ("exact", "sumprod"): Line("sumprod, float", "#000000", rounds=True),
    ("exact", "funcnn"): Line("funcnn, float32 exactly", "#D55E00", is_ours=True),
    ("int8", "funcnn"): Line("funcnn, int8", "#0072B2", is_ours=True),
    ("int8", "NumPy"): Line("NumPy, int64", "#56B4E9"),
    ("exact", "python-flint"): Line("python-flint", "#009E73"),
    ("exact", "NumPy"): Line("NumPy, float64", "#56B4E9", rounds=True),
}
"""By contest and contestant."""

TITLE: Final = "What a multiply-accumulate takes"
MEANING: Final = "nanoseconds against n, for n×n matrices; dashed lines round, the others are exact"
INK: Final = "#555555"
GRID: Final = "#E5E5E5"
LEADER: Final = {"arrowstyle": "-", "linewidth": 0.6, "relpos": (0, 0.5), "shrinkB": 5}
GAP: Final = 0.045
"""Between two labels, of the height of the axes."""


def format_of(path: Path) -> str:
    """The format that a file's name asks for, one that matplotlib can write.

    Errors
        ValueError   there is none, or no matplotlib
    """
    try:
        figure = import_module("matplotlib.figure").Figure()
    except ImportError:
        raise ValueError("--plot needs matplotlib: pip install 'funcnn[plot]'") from None
    formats = sorted(figure.canvas.get_supported_filetypes())
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in formats:
        raise ValueError(f"--plot {path}: name a file that ends in .{', .'.join(formats)}")
    return suffix


def picture(curves: dict[Line, Points], how: str) -> Any:
    """matplotlib's figure of nanoseconds against sizes, and how they were measured."""
    figure = import_module("matplotlib.figure").Figure(figsize=(8.5, 5.5), dpi=200)
    axes = figure.add_axes((0.075, 0.07, 0.67, 0.76), xscale="log", yscale="log")
    for line, points in curves.items():
        draw(axes, line, points)
    decorate(axes, sorted({size for points in curves.values() for size in points}))
    name(axes, curves)
    figure.text(0.02, 0.94, TITLE, size=14, weight="bold")
    figure.text(0.02, 0.9, MEANING, size=9, color=INK)
    figure.text(0.02, 0.865, how, size=9, color=INK)
    return figure


def draw(axes: Any, line: Line, points: Points) -> None:
    """The medians as a line, and a band from the least to the greatest."""
    medians, least, greatest = ([1e9 * x for x in xs] for xs in zip(*points.values(), strict=True))
    axes.plot(
        [*points],
        medians,
        color=line.color,
        linestyle="--" if line.rounds else "-",
        linewidth=2.6 if line.is_ours else 1.3,
        marker="o",
        markersize=5.5 if line.is_ours else 3.5,
        zorder=3 if line.is_ours else 2,
        label=line.label,
    )
    axes.fill_between([*points], least, greatest, color=line.color, alpha=0.15, linewidth=0)


def decorate(axes: Any, sizes: Sequence[int]) -> None:
    """A light grid, the sizes that were measured, and no frame."""
    axes.set_xticks(sizes, [f"{size}" for size in sizes])
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:,.15g}")
    axes.minorticks_off()
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)


def name(axes: Any, curves: dict[Line, Points]) -> None:
    """The label of each line at its end, away from its neighbors'."""
    bottom, top = map(log10, axes.get_ylim())
    ends = sorted((1e9 * [*points.values()][-1].median, line) for line, points in curves.items())
    heights = apart([log10(end) for end, _ in ends], GAP * (top - bottom))
    size = max(size for points in curves.values() for size in points)
    for (end, line), height in zip(ends, heights, strict=True):
        axes.annotate(
            line.label,
            (size, end),
            (1.01, 10**height),
            textcoords=axes.get_yaxis_transform(),
            color=line.color,
            size=9,
            weight="bold" if line.is_ours else "normal",
            verticalalignment="center",
            annotation_clip=False,
            arrowprops=LEADER | {"color": line.color},
        )


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """The heights nearest to rising ones, by least squares, that are at least a gap apart.

    Source
        M. Ayer et al., "An Empirical Distribution Function for Sampling with Incomplete
        Information", Annals of Mathematical Statistics 26 (1955)

    >>> apart([0.0, 5.0, 5.0], 1.0)
    [0.0, 4.5, 5.5]
    """
    blocks: list[list[float]] = []
    for index, height in enumerate(heights):
        blocks.append([height - index * gap])
        while len(blocks) > 1 and mean(blocks[-2]) > mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    level = [mean(block) for block in blocks for _ in block]
    return [height + index * gap for index, height in enumerate(level)]
