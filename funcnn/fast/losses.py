"""Losses of a whole batch. Of floats they are, bit for bit, the definitions'."""

from collections.abc import Callable, Sequence
from functools import reduce
from math import exp, log
from operator import add, mul
from typing import Any

from funcnn.algebra.folds import zipped
from funcnn.blocks.combinators import Layer, Network
from funcnn.calculus.losses import cross_entropy, squared_error
from funcnn.calculus.pullbacks import vjp
from funcnn.fast.rows import are_float_lists

type Losses = tuple[list[Any], Callable[[Any], list[Any]]]
"""The losses, and what sends one cotangent of them all back to the outputs."""


def batched_loss(loss: Network, ys: Sequence[Any], targets: Sequence[Any]) -> Losses:
    """The loss of each of a batch's outputs, and their pullback.

    Errors
        where the loss has one for any of them, that one

    >>> from funcnn.blocks.combinators import layer
    >>> losses, pullback = batched_loss(layer(squared_error), [[1.0], [5.0]], [[0.0], [3.0]])
    >>> losses, pullback(0.5)
    ([1.0, 4.0], [[1.0], [2.0]])
    """
    if loss == Layer(squared_error) and are_float_lists([*ys, *targets]) and all(ys):
        return _squared_error(ys, targets)
    if loss == Layer(cross_entropy) and are_float_lists(ys) and are_classes(ys, targets):
        return _cross_entropy(ys, targets)
    pairs = [vjp(loss, y, target) for y, target in zipped(ys, targets)]
    return [value for value, _ in pairs], lambda bar: [back(bar)[0] for _, back in pairs]


def _squared_error(ys: Sequence[Any], targets: Sequence[Any]) -> Losses:
    names = ("outputs", "target")
    pairs = [zipped(y, target, names) for y, target in zipped(ys, targets)]
    differences = [[y - t for y, t in pair] for pair in pairs]
    losses = [reduce(add, map(mul, row, row)) for row in differences]
    return losses, lambda bar: [[2 * bar * difference for difference in row] for row in differences]


def _cross_entropy(ys: Sequence[Any], targets: Sequence[Any]) -> Losses:
    shifted = [[z - largest for z in y] for y, largest in zipped(ys, [*map(max, ys)])]
    exponentials = [[*map(exp, row)] for row in shifted]
    wholes = [reduce(add, row) for row in exponentials]
    picked = [row[target] for row, target in zipped(shifted, targets)]
    losses = [-(z - log(whole)) for z, whole in zipped(picked, wholes)]

    def back(bar: Any) -> list[Any]:
        shares = [[e / whole for e in row] for row, whole in zipped(exponentials, wholes)]
        for row, target in zipped(shares, targets):
            row[target] -= 1.0
        return [[bar * share for share in row] for row in shares]

    return losses, back


def are_classes(ys: Sequence[Any], targets: Sequence[Any]) -> bool:
    """Whether each target is the number of a class of its logits.

    >>> are_classes([[0.5, 0.5]], [1]), are_classes([[0.5, 0.5]], [2]), are_classes([[0.5]], [0.0])
    (True, False, False)
    """
    return {*map(type, targets)} == {int} and all(
        0 <= target < len(y) for y, target in zipped(ys, targets)
    )
