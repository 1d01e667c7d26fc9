"""Robustness: funcnn run --number interval --within R. Which inputs no small change can turn."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from math import copysign, nextafter
from typing import Any, Literal

from rich.console import Console

from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.folds import foldl
from funcnn.algebra.intervals import Interval, around, interval
from funcnn.algebra.trees import tree_map
from funcnn.blocks.linears import dense
from funcnn.calculus.pullbacks import vjp
from funcnn.exchange.datasets import Digits
from funcnn.terminal.models import Matrices, chosen, network_of
from funcnn.terminal.reports import Report, tracked

type Verdict = Literal["certified", "attacked", "open"]
"""No change can turn the class; one is known that does; neither."""


def verdict(weights: Matrices, image: Sequence[float], radius: float) -> Verdict:
    """What is known of the class of an image whose pixels may each change by up to the radius.

    >>> verdict([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0.125)
    'certified'
    >>> verdict([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0.375)
    'attacked'
    """
    cls = chosen(foldl(dense, [*image], weights))
    if cls is None:
        return "open"
    box = [around(pixel, radius) for pixel in image]
    certified = is_certain(foldl(dense, box, tree_map(interval, weights)), cls)
    attacked = is_attacked(weights, image, cls, radius)
    return "certified" if certified else "attacked" if attacked else "open"


def is_certain(outputs: Sequence[Interval[float]], cls: int) -> bool:
    """Whether the output of a class is larger than all others, wherever in their intervals.

    Source
        S. Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training
        Verifiably Robust Models", arXiv:1810.12715 (2018)

    >>> is_certain([Interval(2.0, 3.0), Interval(0.0, 1.0)], 0), is_certain([interval(1.0)] * 2, 0)
    (True, False)
    """
    rivals = [output.high for index, output in enumerate(outputs) if index != cls]
    return all(high < outputs[cls].low for high in rivals)


def is_attacked(weights: Matrices, image: Sequence[float], cls: int, radius: float) -> bool:
    """Whether a step along the signs of the gradient, toward some rival, turns the class exactly.

    Source
        I. Goodfellow, J. Shlens, C. Szegedy, "Explaining and Harnessing Adversarial Examples",
        ICLR 2015

    >>> is_attacked([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0, 0.375)
    True
    """
    outputs, back = vjp(network_of(weights), [*image], weights)
    exact_weights = tree_map(dyadic, weights)
    for rival in range(len(outputs)):
        slope = [float(index == rival) - float(index == cls) for index in range(len(outputs))]
        gradient, _ = back(slope)
        signs = zip(image, gradient, strict=True)
        moved = [step(x, copysign(radius, g)) if g else x for x, g in signs]
        exact = foldl(dense, [*map(dyadic, moved)], exact_weights)
        if max(exact) != exact[cls]:
            return True
    return False


def step(x: float, length: float) -> float:
    """x + length, or the float before it on the way where that is further.

    >>> step(1.0, 0.25), step(1.0, 0.1), 1.0 + 0.1
    (1.25, 1.0999999999999999, 1.1)
    """
    moved = x + length
    is_too_far = abs(dyadic(moved) - dyadic(x)) > dyadic(abs(length))
    return nextafter(moved, x) if is_too_far else moved


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
