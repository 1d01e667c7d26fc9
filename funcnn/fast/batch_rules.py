"""Batch rules: how the rule of a whole batch is made of another."""

from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Any

from funcnn.algebra.folds import length_of, zipped
from funcnn.algebra.trees import Tree, zeros_like
from funcnn.blocks.combinators import Each, Network, layer
from funcnn.calculus.pullbacks import vjp
from funcnn.fast.cotangents import BatchPullback, BatchRule, Cotangents

type Pulled = tuple[list[Any], BatchPullback]
"""The outputs of a batch, and its pullback."""


def by_definition(network: Network, xs: Sequence[Any], weights: Any) -> Pulled:
    """The rule of every network: the definition's, of one of the batch after another.

    >>> from funcnn.blocks.linears import linear
    >>> ys, pullback = by_definition(layer(linear), [[1.0], [2.0]], [[3.0]])
    >>> x_bars, w_bar = pullback([[1.0], [10.0]])
    >>> ys, x_bars(), w_bar
    ([[3.0], [6.0]], [[3.0], [30.0]], [[21.0]])
    """
    ys, pullback = vjp(Each(network), xs, weights)

    def back(y_bars: list[Any]) -> Cotangents:
        x_bars, w_bar = pullback(y_bars)
        return Cotangents(lambda: x_bars, w_bar)

    return ys, back


def of_floats(definition: Callable[..., Any], rule: Callable[..., Pulled | None]) -> BatchRule:
    """A rule that takes floats alone, and gives nothing for all else, which is the definition's.

    Its pullback takes floats in the form of the outputs, and all else, again, is the definition's.

    >>> of_floats(lambda x, w: x, lambda xs, w: None)([1.0, 2.0], ())[0]
    [1.0, 2.0]
    """

    def either(xs: Sequence[Any], weights: Any, **settings: Any) -> Pulled:
        network = layer(definition, **settings)
        found = rule(xs, weights, **settings)
        if found is None:
            return by_definition(network, xs, weights)
        ys, pullback = found

        def back(y_bars: list[Any]) -> Cotangents:
            if _fit(ys, y_bars):
                return pullback(y_bars)
            return by_definition(network, xs, weights)[1](y_bars)

        return ys, back

    return either


def _fit(one: Tree, other: Tree) -> bool:
    """whether a tree is of the form of another, and of floats as that is"""
    if type(one) is float:
        return type(other) is float
    if type(other) not in (list, tuple) or len(one) != len(other):
        return False
    if {type(branch) for branch in other} == {float}:
        return type(one[0]) is float
    return all(map(_fit, one, other))


def of_sequences(
    rule: Callable[[Sequence[Any], Any], Pulled], xs: Sequence[Any], weights: Any
) -> Pulled:
    """The rule of `each` of a network, from that of the network: all items of all sequences are one
    batch.

    >>> from functools import partial
    >>> from funcnn.blocks.linears import linear
    >>> doubling = partial(by_definition, layer(linear))
    >>> ys, pullback = of_sequences(doubling, [[[1.0], [5.0]], [], [[3.0]]], [[2.0]])
    >>> ys, pullback([[[1.0], [0.0]], [], [[1.0]]]).weights
    ([[[2.0], [10.0]], [], [[6.0]]], [[4.0]])
    """
    lengths = [length_of(x, "inputs") for x in xs]
    if not any(lengths):
        empty = [list[Any]() for _ in xs]
        return empty, lambda y_bars: Cotangents(lambda: empty, zeros_like(weights))
    ys, pullback = rule([*chain.from_iterable(xs)], weights)
    outputs = grouped(ys, lengths)

    def back(y_bars: list[Any]) -> Cotangents:
        pairs = chain.from_iterable(zipped(y, y_bar) for y, y_bar in zipped(outputs, y_bars))
        x_bars, w_bar = pullback([bar for _, bar in pairs])
        return Cotangents(lambda: grouped(x_bars(), lengths), w_bar)

    return outputs, back


def grouped(items: Sequence[Any], lengths: Sequence[int]) -> list[list[Any]]:
    """The items in lists of such lengths.

    >>> grouped([1, 2, 3], [2, 0, 1])
    [[1, 2], [], [3]]
    """
    rest = iter(items)
    return [[*islice(rest, length)] for length in lengths]
