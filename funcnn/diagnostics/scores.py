"""Scores: how often outputs are right, and how likely they make what is."""

from collections.abc import Sequence
from math import fsum, isnan
from typing import Any

from funcnn.algebra.folds import zipped
from funcnn.blocks.activations import log_softmax


def predicted(outputs: Sequence[Any]) -> int | None:
    """The class with the largest output, the first of several; None if one is NaN.

    >>> predicted([1.0, 3.0, 3.0]), predicted([1.0, float("nan")])
    (1, None)
    """
    if any(isinstance(output, float) and isnan(output) for output in outputs):
        return None
    return outputs.index(max(outputs))


def accuracy(outputs: Sequence[Any], labels: Sequence[int]) -> float:
    """The share of outputs whose largest number is the label's.

    >>> accuracy([[0.0, 1.0], [2.0, 1.0]], [1, 1])
    0.5
    """
    return sum(predicted(y) == label for y, label in zipped(outputs, labels)) / len(labels)


def nats(outputs: Sequence[Any], targets: Sequence[Sequence[int]]) -> float:
    """How unlikely the targets are by the logits for them, in nats for each.

    >>> round(nats([[[0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]], [[0], [1, 0]]), 6)
    0.693147
    """
    pairs = [pair for ys, ts in zipped(outputs, targets) for pair in zipped(ys, ts)]
    return fsum(-log_softmax(logits)[target] for logits, target in pairs) / len(pairs)
