"""Curves: how a training went, as a line of text and as a picture drawn by matplotlib."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import batched
from math import ceil, log
from statistics import fmean
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.terminal.plots import GRID, INK, LEADER, apart
from funcnn.terminal.tasks import Merit

LEVELS: Final = "▁▂▃▄▅▆▇█"
SPAN: Final = 10.0
"""From how many times the least on the greatest is shown on a logarithmic scale."""

LOSS: Final = "#0072B2"
PALE: Final = "#B3D4E8"
CHECKED: Final = "#D55E00"
HELD_OUT: Final = "#000000"
BASELINE: Final = "#999999"


class Curves(NamedTuple):
    """What is drawn of a training."""

    title: str
    how: str
    losses: Sequence[float]
    """Of each batch, before its step."""
    steps: int
    """How many an epoch has."""
    checked: Sequence[float]
    """The figure on the validation examples after each epoch."""
    merit: Merit
    held_out: float
    baselines: Mapping[str, float]


def sparkline(numbers: Sequence[float], width: int = 40) -> str:
    """Numbers as a line of bars, several of them in one where the width demands it.

    >>> sparkline([1.0, 2.0, 3.0, 8.0]), sparkline([5.0, 5.0]), sparkline([1.0, 10.0, 100.0])
    ('▁▂▃█', '▁▁', '▁▅█')
    """
    if not numbers:
        return ""
    size = ceil(len(numbers) / width)
    heights = [*map(fmean, batched(numbers, size))]
    if 0 < min(heights) * SPAN < max(heights):
        heights = [*map(log, heights)]
    lowest, span = min(heights), max(heights) - min(heights)
    top = len(LEVELS) - 1
    return "".join(LEVELS[round((height - lowest) / (span or 1) * top)] for height in heights)


def epoch_means(losses: Sequence[float], steps: int) -> list[float]:
    """The mean loss of each epoch that was begun.

    >>> epoch_means([4.0, 2.0, 1.0], 2)
    [3.0, 1.0]
    """
    return [fmean(part) for part in batched(losses, steps)]


def picture(curves: Curves) -> Any:
    """matplotlib's figure of a training: the losses, and below them the figure it is judged by."""
    figure = import_module("matplotlib.figure").Figure(figsize=(8.5, 5.5), dpi=200)
    upper = figure.add_axes((0.085, 0.42, 0.66, 0.42))
    lower = figure.add_axes((0.085, 0.09, 0.66, 0.25), sharex=upper)
    draw_losses(upper, curves)
    draw_figures(lower, curves)
    for axes in (upper, lower):
        axes.grid(axis="y", color=GRID, linewidth=0.8)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelsize=9, labelcolor=INK)
        axes.minorticks_off()
        axes.margins(x=0.01)
    upper.tick_params(labelbottom=False)
    lower.set_xlabel("epochs", size=9, color=INK)
    lower.xaxis.get_major_locator().set_params(integer=True)
    figure.text(0.02, 0.94, curves.title, size=14, weight="bold", parse_math=False)
    figure.text(0.02, 0.9, curves.how, size=9, color=INK, parse_math=False)
    return figure


def draw_losses(axes: Any, curves: Curves) -> None:
    """The loss of each batch, pale, and the mean of each epoch."""
    means = epoch_means(curves.losses, curves.steps)
    if 0 < min(means) * SPAN < max(means):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    places = [(index + 0.5) / curves.steps for index in range(len(curves.losses))]
    middles = [fmean(part) for part in batched(places, curves.steps)]
    axes.plot(places, curves.losses, color=PALE, linewidth=0.6)
    axes.plot(middles, means, color=LOSS, linewidth=2.2)
    name(axes, {f"loss, {means[-1]:.3g}": (means[-1], LOSS)})


def draw_figures(axes: Any, curves: Curves) -> None:
    """The figure on the validation examples after each epoch, that on those held out, and what is
    reached without a network, where that is not far off."""
    tick, last = curves.merit.tick, len(curves.losses) / curves.steps
    axes.plot(range(1, len(curves.checked) + 1), curves.checked, color=CHECKED, linewidth=2.2)
    axes.plot([last], [curves.held_out], "o", color=HELD_OUT, markersize=5.5, clip_on=False)
    axes.yaxis.set_major_formatter(lambda y, _: tick(y))
    ends = {"validation": (curves.checked[-1], CHECKED)} if curves.checked else {}
    ends[f"held out, {tick(curves.held_out)}"] = (curves.held_out, HELD_OUT)
    low, high = axes.get_ylim()
    for label, height in curves.baselines.items():
        if low - 2 * (high - low) < height < high + 2 * (high - low):
            axes.axhline(height, color=BASELINE, linewidth=1, linestyle="--")
            ends[f"{label}, {tick(height)}"] = (height, BASELINE)
    name(axes, ends)


def name(axes: Any, ends: Mapping[str, tuple[float, str]]) -> None:
    """Labels at the right, each at its height, or as near as its neighbors let it."""
    axes.autoscale_view()
    place = axes.transData + axes.transAxes.inverted()
    heights = {label: place.transform((0, y))[1] for label, (y, _) in ends.items()}
    order = sorted(heights, key=heights.__getitem__)
    gap = 0.026 / axes.get_position().height
    for label, height in zipped(order, apart([heights[label] for label in order], gap)):
        color = ends[label][1]
        axes.annotate(
            label,
            (1, heights[label]),
            (1.03, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=color,
            size=9,
            verticalalignment="center",
            annotation_clip=False,
            arrowprops=LEADER | {"color": color},
        )
