"""Scores: how often outputs are right, and how likely they make what is."""

from collections.abc import Sequence
from math import fsum
from typing import Any

from funcnn.algebra.folds import length_of, zipped
from funcnn.calculus.losses import cross_entropy


def predicted(outputs: Sequence[Any]) -> int | None:
    """The class with the largest output, the first of several; None if one is NaN.

    Errors
        ValueError   there is no output
        TypeError    the outputs have no order, as duals

    >>> predicted([1.0, 3.0, 3.0]), predicted([1.0, float("nan")])
    (1, None)
    """
    if not length_of(outputs, "outputs"):
        raise ValueError("there is no output: give 1 or more")
    if any(output != output for output in outputs):
        return None
    return outputs.index(max(outputs))


def accuracy(outputs: Sequence[Any], labels: Sequence[int]) -> float:
    """The share of outputs whose largest number is the label's.

    Errors
        ValueError   there are no outputs, or not as many as labels

    >>> accuracy([[0.0, 1.0], [2.0, 1.0]], [1, 1])
    0.5
    """
    right = [predicted(y) == label for y, label in zipped(outputs, labels, ("outputs", "labels"))]
    if not right:
        raise ValueError("there is no output: give 1 or more")
    return sum(right) / len(right)


def nats(outputs: Sequence[Any], targets: Sequence[Sequence[int]]) -> float:
    """How unlikely the targets are by the logits for them, in nats for each.

    Errors
        ValueError   there is no target, or logits and targets differ in number
        and those of `cross_entropy`

    >>> round(nats([[[0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]], [[0], [1, 0]]), 6)
    0.693147
    """
    names = ("outputs", "targets")
    pairs = [pair for ys, ts in zipped(outputs, targets, names) for pair in zipped(ys, ts, names)]
    if not pairs:
        raise ValueError("there is no target: give 1 or more")
    return fsum(cross_entropy(logits, target) for logits, target in pairs) / len(pairs)
