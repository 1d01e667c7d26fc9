"""Pullbacks: reverse mode, over a whole batch at once."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from toolz import groupby

from funcnn.algebra.folds import foldl1, length_of, map_accum_l, map_accum_r, pair_of, zipped
from funcnn.algebra.trees import Tree, rebuilt, zeros_like
from funcnn.blocks.combinators import (
    Branch,
    Each,
    Elementwise,
    Layer,
    Network,
    Parallel,
    Scan,
    Serial,
    Tied,
    add_pair,
    no_network,
    part,
    placed,
)
from funcnn.fast import (
    activation_pullbacks,
    attention_pullbacks,
    batch_norm_pullbacks,
    convolution_pullbacks,
    floats,
    gate_pullbacks,
    head_pullbacks,
    layout_pullbacks,
    linear_pullbacks,
    lookup_pullbacks,
    norm_pullbacks,
    pooling_pullbacks,
    recurrence_pullbacks,
)
from funcnn.fast.batch_rules import Pulled, by_definition, of_sequences
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule, Cotangents


def batched_vjp(network: Network, xs: Sequence[Any], weights: Any) -> Pulled:
    """The outputs for each of a batch, and the pullback of all.

    Haskell
        [a] -> ([b], [b] -> ([a], w))
    Errors
        one, where the definition has any
    Laws
        the cotangents are those of vjp(each(network), xs, weights), where the numbers are exact

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> ys, pullback = batched_vjp(layer(linear), [[1.0, 2.0], [0.0, 1.0]], [[3.0, 4.0]])
    >>> x_bars, w_bar = pullback([[1.0], [10.0]])
    >>> ys, x_bars(), w_bar
    ([[11.0], [4.0]], [[3.0, 4.0], [30.0, 40.0]], [[1.0, 12.0]])
    """
    if not length_of(xs, "xs"):
        return [], lambda y_bars: Cotangents(list, zeros_like(weights))
    match network:
        case Layer(definition, settings) | Elementwise(definition, settings):
            rule = BATCH_RULES.get((type(network), definition))
            if rule:
                return rule(xs, weights, **dict(settings))
            return by_definition(network, xs, weights)
        case Serial(layers):
            return _serial(layers, xs, weights)
        case Each(inner):
            return of_sequences(partial(batched_vjp, inner), xs, weights)
        case Scan(cell):
            return _scan(cell, xs, weights)
        case Parallel(networks):
            parts = [[item for item, _ in zipped(x, networks)] for x in xs]
            return _parallel(networks, [*zip(*parts, strict=True)], weights, len(xs))
        case Branch(networks):
            return _branch(networks, xs, weights)
        case Tied(inner, places):
            return _tied(inner, places, xs, weights)
        case _:
            raise no_network(network)


def _serial(layers: Sequence[Network], xs: Sequence[Any], weights: Any) -> Pulled:
    """mapAccumR carries the function that gives a layer's cotangents; the layer below calls it"""
    steps = zipped(layers, weights)
    ys, pullbacks = map_accum_l(lambda x, step: batched_vjp(step[0], x, step[1]), [*xs], steps)

    def back(y_bars: list[Any]) -> Cotangents:
        return Cotangents(
            *map_accum_r(lambda bars, pullback: pullback(bars()), lambda: y_bars, pullbacks)
        )

    return ys, back


def _parallel(
    networks: Sequence[Network], columns: Sequence[Sequence[Any]], weights: Any, count: int
) -> Pulled:
    """each network on its column of the batch"""
    steps = zipped(networks, [*zipped(columns, weights)])
    pulled = [batched_vjp(network, column, w) for network, (column, w) in steps]

    def back(y_bars: list[Any]) -> Cotangents:
        bars = [pullback([bar[i] for bar in y_bars]) for i, (_, pullback) in enumerate(pulled)]
        return Cotangents(
            lambda: _rows([x_bars() for x_bars, _ in bars], count), [w_bar for _, w_bar in bars]
        )

    return _rows([ys for ys, _ in pulled], count), back


def _rows(columns: Sequence[Sequence[Any]], count: int) -> list[tuple[Any, ...]]:
    """a tuple for each of so many of a batch, even if there is no column"""
    return [tuple(column[index] for column in columns) for index in range(count)]


def _branch(networks: Sequence[Network], xs: Sequence[Any], weights: Any) -> Pulled:
    """parallel's, the inputs' cotangents added"""
    ys, pullback = _parallel(networks, [xs] * len(networks), weights, len(xs))

    def back(y_bars: list[Any]) -> Cotangents:
        x_bars, w_bar = pullback(y_bars)
        return Cotangents(lambda: [_total(x, bars) for x, bars in zipped(xs, x_bars())], w_bar)

    return ys, back


def _total(form: Tree, trees: Sequence[Tree]) -> Tree:
    """calculus' tree_total"""
    if not trees:
        return zeros_like(form)
    return foldl1(lambda one, other: floats.add_pair([(one, other)])[0], trees)


def _tied(network: Network, places: Sequence[int], xs: Sequence[Any], weights: Any) -> Pulled:
    """what comes back from a weight's places is added"""
    ys, pullback = batched_vjp(network, xs, placed(weights, places))

    def back(y_bars: list[Any]) -> Cotangents:
        x_bars, bars = pullback(y_bars)
        by_place = groupby(lambda pair: pair[0], zipped(places, bars))
        return Cotangents(
            x_bars,
            [
                _total(weight, [bar for _, bar in by_place[place]])
                for place, weight in enumerate(weights)
            ],
        )

    return ys, back


def _scan(cell: Network, xs: Sequence[Any], weights: Any) -> Pulled:
    """all sequences a step at a time, the longest first, so that those that go on are the first"""
    lengths = [length_of(pair_of(x, "inputs (state, sequence)")[1], "the sequence") for x in xs]
    order = sorted(range(len(xs)), key=lambda index: -lengths[index])

    def forth(states: list[Any], column: list[Any]) -> tuple[list[Any], Any]:
        going, ended = states[: len(column)], states[len(column) :]
        outputs, pullback = batched_vjp(cell, [*zipped(going, column)], weights)
        after, ys = _halves(outputs, "what a cell gives (state, y)")
        return after + ended, (ys, pullback)

    def step_back(after_bars: list[Any], step: Any) -> tuple[list[Any], Any]:
        (_, pullback), column = step
        going, ended = after_bars[: len(column)], after_bars[len(column) :]
        bars, w_bar = pullback([*zipped(going, column)])
        before_bars, x_bars = _halves(bars(), "the cotangent (state, x)")
        return before_bars + ended, (x_bars, w_bar)

    ends, steps = map_accum_l(forth, *_by_step(xs, order))

    def back(y_bars: list[Any]) -> Cotangents:
        end_bars, columns = _by_step(y_bars, order)
        start_bars, outs = map_accum_r(step_back, end_bars, [*zipped(steps, columns)])
        bars = _by_example(start_bars, [x_bars for x_bars, _ in outs], order)
        return Cotangents(lambda: bars, _total(weights, [w_bar for _, w_bar in outs]))

    return _by_example(ends, [ys for ys, _ in steps], order), back


def _halves(pairs: Sequence[Any], names: str) -> tuple[list[Any], list[Any]]:
    """the first of each pair, and the second"""
    parts = [pair_of(pair, names) for pair in pairs]
    return [one for one, _ in parts], [other for _, other in parts]


def _by_step(pairs: Sequence[Any], order: Sequence[int]) -> tuple[list[Any], list[list[Any]]]:
    """of states and sequences, the states, and of each time step what those have that go on"""
    states, sequences = _halves([pairs[index] for index in order], "(state, sequence)")
    steps = range(max(map(len, sequences)))
    return states, [[part[time] for part in sequences if time < len(part)] for time in steps]


def _by_example(
    states: Sequence[Any], columns: Sequence[Sequence[Any]], order: Sequence[int]
) -> list[Any]:
    """states and sequences again, in the batch's order"""
    found = {
        index: (states[rank], [column[rank] for column in columns if rank < len(column)])
        for rank, index in enumerate(order)
    }
    return [found[index] for index in range(len(order))]


def _add_pair(xs: Sequence[Any], weights: Any = ()) -> Pulled:
    """the cotangent goes both ways"""
    return floats.add_pair(xs), lambda y_bars: Cotangents(lambda: [*zipped(y_bars, y_bars)], ())


def _part(xs: Sequence[Any], weights: Any = (), *, index: int) -> Pulled:
    """zeros for the other parts"""

    def sent_back(x: Sequence[Any], y_bar: Any) -> Any:
        zeros = [*map(zeros_like, x)]
        return rebuilt(x, [*zeros[:index], y_bar, *zeros[index + 1 :]])

    return [part(x, index=index) for x in xs], lambda y_bars: Cotangents(
        lambda: [sent_back(x, y_bar) for x, y_bar in zipped(xs, y_bars)], ()
    )


BATCH_RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, add_pair): _add_pair,
    (Layer, part): _part,
    **linear_pullbacks.RULES,
    **activation_pullbacks.RULES,
    **convolution_pullbacks.RULES,
    **pooling_pullbacks.RULES,
    **norm_pullbacks.RULES,
    **batch_norm_pullbacks.RULES,
    **layout_pullbacks.RULES,
    **recurrence_pullbacks.RULES,
    **gate_pullbacks.RULES,
    **lookup_pullbacks.RULES,
    **attention_pullbacks.RULES,
    **head_pullbacks.RULES,
}
"""From a layer's definition, or an elementwise function, to its rule over a batch."""
