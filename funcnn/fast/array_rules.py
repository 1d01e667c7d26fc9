"""Array rules: how a rule of arrays is one of batches of nested lists."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from funcnn.blocks.combinators import layer
from funcnn.fast.arrays import Array, array_of
from funcnn.fast.batch_rules import Pulled, by_definition
from funcnn.fast.cotangents import BatchRule, Cotangents


class Outputs(NamedTuple):
    """The outputs of a batch, their kind and lengths, and the pullback of such an array."""

    ys: list[Any]
    kind: type
    lengths: tuple[int, ...]
    pullback: Callable[[Array], Cotangents]


def of_arrays(definition: Callable[..., Any], rule: Callable[..., Outputs | None]) -> BatchRule:
    """A rule that gives nothing for what it is not made for; that is then the definition's.

    Its pullback takes arrays in the form of the outputs, and all else, again, is the definition's.

    >>> from funcnn.blocks.layouts import flatten
    >>> rule = of_arrays(flatten, lambda xs, w: None)
    >>> rule([[[1.0], [2.0]]], ())[0]
    [[1.0, 2.0]]
    """

    def either(xs: Sequence[Any], weights: Any, **settings: Any) -> Pulled:
        network = layer(definition, **settings)
        found = rule(xs, weights, **settings)
        if not found:
            return by_definition(network, xs, weights)

        def back(y_bars: list[Any]) -> Cotangents:
            array = array_of(y_bars)
            if array and (array.kind, array.lengths) == (found.kind, found.lengths):
                return found.pullback(array)
            return by_definition(network, xs, weights)[1](y_bars)

        return found.ys, back

    return either
