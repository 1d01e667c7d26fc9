"""Losses of a whole batch. Of floats they are, bit for bit, the definitions'."""

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import chain
from math import exp, log
from operator import add, mul
from typing import Any, Final

from funcnn.algebra.folds import zipped
from funcnn.blocks.combinators import Layer, Network, run
from funcnn.calculus.losses import cross_entropy, sequence_loss, squared_error
from funcnn.calculus.pullbacks import vjp
from funcnn.fast.batch_rules import grouped
from funcnn.fast.rows import are_float_lists

type Losses = tuple[list[Any], Callable[[list[Any]], list[Any]]]
"""The losses, and what sends a cotangent of each back to its output."""


def batched_loss(
    loss: Network, ys: Sequence[Any], targets: Sequence[Any]
) -> tuple[list[Any], Callable[[Any], list[Any]]]:
    """The loss of each of a batch's outputs, and what sends one cotangent of them all back.

    Errors
        where the loss has one for any of them, that one

    >>> from funcnn.blocks.combinators import layer
    >>> losses, pullback = batched_loss(layer(squared_error), [[1.0], [5.0]], [[0.0], [3.0]])
    >>> losses, pullback(0.5)
    ([1.0, 4.0], [[1.0], [2.0]])
    """
    found = _of_floats(loss, ys, targets)
    if found is not None:
        losses, pullback = found
        return losses, lambda bar: pullback([bar] * len(losses))
    pairs = [vjp(loss, y, target) for y, target in zipped(ys, targets)]
    return [value for value, _ in pairs], lambda bar: [back(bar)[0] for _, back in pairs]


def losses_of(loss: Network, ys: Sequence[Any], targets: Sequence[Any]) -> list[Any]:
    """The loss of each of a batch's outputs, alone.

    >>> from funcnn.blocks.combinators import layer
    >>> losses_of(layer(squared_error), [[1.0], [5.0]], [[0.0], [3.0]])
    [1.0, 4.0]
    """
    found = _of_floats(loss, ys, targets)
    return found[0] if found else [run(loss, y, target) for y, target in zipped(ys, targets)]


def _of_floats(loss: Network, ys: Sequence[Any], targets: Sequence[Any]) -> Losses | None:
    if isinstance(loss, Layer) and loss.definition in RULES:
        return RULES[loss.definition](ys, targets, **dict(loss.settings))
    return None


def _squared_error(
    ys: Sequence[Any], targets: Sequence[Any], *, reduction: str = "sum"
) -> Losses | None:
    if reduction not in REDUCTIONS or not are_float_lists([*ys, *targets]) or not all(ys):
        return None
    names = ("outputs", "target")
    pairs = [zipped(y, target, names) for y, target in zipped(ys, targets)]
    differences = [[y - t for y, t in pair] for pair in pairs]
    losses = [_reduced([*map(mul, row, row)], reduction) for row in differences]

    def back(bars: list[Any]) -> list[Any]:
        shares = [_share(bar, len(row), reduction) for bar, row in zipped(bars, differences)]
        return [[2 * share * d for d in row] for share, row in zipped(shares, differences)]

    return losses, back


def _cross_entropy(ys: Sequence[Any], targets: Sequence[Any]) -> Losses | None:
    if not are_float_lists(ys) or not are_classes(ys, targets):
        return None
    shifted = [[z - largest for z in y] for y, largest in zipped(ys, [*map(max, ys)])]
    exponentials = [[*map(exp, row)] for row in shifted]
    wholes = [reduce(add, row) for row in exponentials]
    picked = [row[target] for row, target in zipped(shifted, targets)]
    losses = [-(z - log(whole)) for z, whole in zipped(picked, wholes)]

    def back(bars: list[Any]) -> list[Any]:
        shares = [[e / whole for e in row] for row, whole in zipped(exponentials, wholes)]
        for row, target in zipped(shares, targets):
            row[target] -= 1.0
        return [[bar * share for share in row] for bar, row in zipped(bars, shares)]

    return losses, back


def are_classes(ys: Sequence[Any], targets: Sequence[Any]) -> bool:
    """Whether each target is the number of a class of its logits.

    >>> are_classes([[0.5, 0.5]], [1]), are_classes([[0.5, 0.5]], [2]), are_classes([[0.5]], [0.0])
    (True, False, False)
    """
    return {*map(type, targets)} == {int} and all(
        0 <= target < len(y) for y, target in zipped(ys, targets)
    )


def _sequence_loss(
    ys: Sequence[Any], targets: Sequence[Any], *, loss: Network, reduction: str = "sum"
) -> Losses | None:
    """the losses of all items of all sequences at once"""
    sequences = {*map(type, [*ys, *targets])} <= {list, tuple}
    if reduction not in REDUCTIONS or not sequences or not all(ys):
        return None
    lengths = [len(y) for y in ys]
    if lengths != [len(target) for target in targets]:
        return None
    found = _of_floats(loss, [*chain.from_iterable(ys)], [*chain.from_iterable(targets)])
    if found is None:
        return None
    losses, pullback = found

    def back(bars: list[Any]) -> list[Any]:
        shares = ([_share(bar, n, reduction)] * n for bar, n in zipped(bars, lengths))
        return grouped(pullback([*chain.from_iterable(shares)]), lengths)

    return [_reduced(part, reduction) for part in grouped(losses, lengths)], back


REDUCTIONS: Final = ("sum", "mean")


def _reduced(terms: list[float], reduction: str) -> float:
    whole = reduce(add, terms)
    return whole / len(terms) if reduction == "mean" else whole


def _share(bar: Any, count: int, reduction: str) -> Any:
    return bar * (1.0 / count) if reduction == "mean" else bar


RULES: Final[dict[Callable[..., Any], Callable[..., Losses | None]]] = {
    squared_error: _squared_error,
    cross_entropy: _cross_entropy,
    sequence_loss: _sequence_loss,
}
"""From a loss to its rule over a batch of floats, which gives nothing for all else."""
