"""Study pictures: a study's plot, drawn by matplotlib."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from textwrap import fill
from typing import Any, Final

from funcnn.studies.plots import Axis, Heatmap, Plot
from funcnn.terminal.curves import name
from funcnn.terminal.plots import GRID, INK

COLORS: Final = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
THEORY: Final = "#777777"
STYLES: Final[Mapping[str, dict[str, Any]]] = {
    "line": {"linewidth": 2.2, "marker": "o", "markersize": 3.5},
    "dashes": {"linewidth": 1.3, "linestyle": "--", "zorder": 3},
    "dots": {"linestyle": "none", "marker": "o", "markersize": 4.5, "alpha": 0.7},
}
MOST_LEVEL: Final = 5
"""How many names stand beside one another; more of them are slanted."""

TOP: Final = {"verticalalignment": "top", "parse_math": False}


def picture(plot: Plot | Heatmap, how: str) -> Any:
    """matplotlib's figure of a plot, under its message and how it was made.

    Source
        M. Okabe, K. Ito, "Color Universal Design" (2008): colors that all eyes tell apart
    """
    figure = import_module("matplotlib.figure").Figure(figsize=(8.5, 5.5), dpi=200)
    slanted = isinstance(plot, Plot) and len(plot.x.names) > MOST_LEVEL
    bottom = 0.26 if slanted else 0.115
    axes = figure.add_axes((0.09, bottom, 0.66, 0.77 - bottom))
    match plot:
        case Plot():
            draw_series(axes, plot)
        case Heatmap():
            draw_heatmap(figure, axes, plot)
    axes.set_xlabel(titled(plot.x), size=9, color=INK)
    axes.set_title(titled(plot.y), size=9, color=INK, loc="left", pad=10)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)
    message = fill(plot.message, 70)
    below = 0.965 - 0.04 * len(message.splitlines())
    figure.text(0.02, 0.97, message, size=13, weight="bold", **TOP)
    figure.text(0.02, below, fill(how, 115), size=8.5, color=INK, **TOP)
    return figure


def titled(axis: Axis) -> str:
    """What an axis measures, and its unit.

    >>> titled(Axis("time", "s")), titled(Axis("share right"))
    ('time, s', 'share right')
    """
    return ", ".join(filter(None, [axis.label, axis.unit]))


def draw_series(axes: Any, plot: Plot) -> None:
    """Curves and points named at their ends; over kinds, where columns are, in a legend."""
    for axis, measured in ((axes.xaxis, plot.x), (axes.yaxis, plot.y)):
        scale(axis, measured)
    colors = colored(plot)
    columns = [series.label for series in plot.series if series.style == "bars"]
    for label, points, style in plot.series:
        xs, ys = zip(*points, strict=True)
        if style == "bars":
            width = 0.8 / len(columns)
            shift = width * (columns.index(label) - (len(columns) - 1) / 2)
            axes.bar([x + shift for x in xs], ys, width, color=colors[label], label=label)
        else:
            axes.plot(xs, ys, color=colors[label], label=label, **STYLES[style])
    places = {x for series in plot.series for x, _ in series.points}
    if not (plot.x.log or plot.x.names) and all(map(float.is_integer, map(float, places))):
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    if plot.x.names or columns:
        place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
        axes.legend(frameon=False, fontsize=9, labelcolor=INK, **place)
    else:
        name(axes, {label: (max(points)[1], colors[label]) for label, points, _ in plot.series})


def colored(plot: Plot) -> dict[str, str]:
    """A color for each series; theory is gray."""
    free = iter(COLORS)
    return {
        series.label: THEORY if series.style == "dashes" else next(free) for series in plot.series
    }


def scale(axis: Any, measured: Axis) -> None:
    """Names where an axis has them, else plain numbers, by their logarithm if so asked."""
    if measured.names:
        set_names(axis, measured.names)
        return
    if measured.log:
        set_scale = {"x": axis.axes.set_xscale, "y": axis.axes.set_yscale}[axis.axis_name]
        set_scale("log", subs=())
        axis.get_major_locator().set_params(subs=(1, 2, 5))
    axis.set_major_formatter(lambda value, _: f"{value:,.6g}".replace("-", "−"))


def set_names(axis: Any, names: Sequence[str]) -> None:
    """Names at the places 0, 1, 2 …, slanted if they are many."""
    slanted = len(names) > MOST_LEVEL
    axis.set_ticks(range(len(names)), names if slanted else [fill(name, 15) for name in names])
    if slanted:
        for label in axis.get_ticklabels():
            label.set(rotation=35, ha="right", rotation_mode="anchor")


def draw_heatmap(figure: Any, axes: Any, plot: Heatmap) -> None:
    """A matrix, each number a color, and what the colors mean; zero is white if signs differ."""
    numbers = [number for row in plot.rows for number in row]
    least, greatest = min(numbers), max(numbers)
    reach = max(-least, greatest)
    signed = least < 0 < greatest
    colors: dict[str, Any] = (
        {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach} if signed else {"cmap": "Greys"}
    )
    image = axes.imshow(plot.rows, aspect="equal", interpolation="nearest", **colors)
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=9, labelcolor=INK)
    bar.set_label(plot.unit, size=9, color=INK)
