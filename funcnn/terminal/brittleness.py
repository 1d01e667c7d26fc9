"""Brittleness: funcnn run --number interval --within R. Which inputs no small change can turn."""

from collections.abc import Sequence
from functools import partial
from math import copysign
from typing import Any, NamedTuple

from rich.console import Console

from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.folds import foldl
from funcnn.algebra.intervals import Interval, around, interval
from funcnn.algebra.trees import tree_map
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.linears import dense
from funcnn.calculus.pullbacks import vjp
from funcnn.exchange.datasets import Digits
from funcnn.terminal.models import Matrices, chosen
from funcnn.terminal.reports import Report, tracked


class Verdict(NamedTuple):
    """Whether a class is proven to stay, and whether an attack has turned it."""

    proven: bool
    fooled: bool


def verdict(weights: Matrices, image: Sequence[float], radius: float) -> Verdict:
    """What is known of the class of an image whose pixels may each change by up to the radius.

    >>> verdict([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0.125)
    Verdict(proven=True, fooled=False)
    >>> verdict([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0.375)
    Verdict(proven=False, fooled=True)
    """
    cls = chosen(foldl(dense, [*image], weights))
    if cls is None:
        return Verdict(proven=False, fooled=False)
    box = [around(pixel, radius) for pixel in image]
    boxes = foldl(dense, box, tree_map(interval, weights))
    return Verdict(is_sure(boxes, cls), is_fooled(weights, image, cls, radius))


def is_sure(boxes: Sequence[Interval[float]], cls: int) -> bool:
    """Whether the output of a class is larger than all others, wherever in their intervals.

    >>> is_sure([Interval(2.0, 3.0), Interval(0.0, 1.0)], 0), is_sure([interval(1.0)] * 2, 0)
    (True, False)
    """
    rivals = [box.high for index, box in enumerate(boxes) if index != cls]
    return all(high < boxes[cls].low for high in rivals)


def is_fooled(weights: Matrices, image: Sequence[float], cls: int, radius: float) -> bool:
    """Whether, for some rival, a step of the radius along the sign of the gradient turns the class.

    Source
        I. Goodfellow, J. Shlens, C. Szegedy, "Explaining and Harnessing Adversarial Examples",
        ICLR 2015
    """
    network = serial(*[layer(dense)] * len(weights))
    outputs, back = vjp(network, [*image], weights)
    rivals = [rival for rival in range(len(outputs)) if rival != cls]
    exact_weights = tree_map(dyadic, weights)
    for rival in rivals:
        slope = [float(index == rival) - float(index == cls) for index in range(len(outputs))]
        gradient, _ = back(slope)
        moved = [x + copysign(radius, g) if g else x for x, g in zip(image, gradient, strict=True)]
        exact = foldl(dense, [*map(dyadic, moved)], exact_weights)
        if max(exact) != exact[cls]:
            return True
    return False


def digits_within(radius: float, digits: Digits, weights: Matrices, console: Console) -> Report:
    """For how many digits no change of each pixel by up to the radius can turn the class."""
    images = tracked(digits.images, "proving …", console)
    verdicts = [verdict(weights, image, radius) for image in images]
    figures = {
        "within": radius,
        "digits": len(verdicts),
        "proven": sum(known.proven for known in verdicts),
        "fooled": sum(known.fooled for known in verdicts),
    }
    figures["open"] = figures["digits"] - figures["proven"] - figures["fooled"]
    return Report(figures, partial(show_digits, figures))


def show_digits(figures: dict[str, Any], console: Console) -> None:
    """Print for how many digits what is known."""
    for line in (
        f"{figures['digits']} digits, each pixel changed by up to {figures['within']:g} of its range",
        f"proven   {figures['proven']:4}   no such change turns the class",
        f"fooled   {figures['fooled']:4}   a step along the gradient's signs turns it",
        f"open     {figures['open']:4}",
    ):
        console.print(line, highlight=False)


def rows_within(radius: float, inputs: Sequence[Sequence[float]], weights: Matrices) -> Report:
    """For which rows no change of each number by up to the radius can turn the class."""
    verdicts = [verdict(weights, row, radius) for row in inputs]
    results = [known._asdict() for known in verdicts]
    return Report({"within": radius, "rows": results}, partial(show_rows, verdicts))


def show_rows(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print what is known of each row."""
    for number, known in enumerate(verdicts, 1):
        what = "proven" if known.proven else "fooled" if known.fooled else "open"
        console.out(f"row {number}   {what}", highlight=False)
