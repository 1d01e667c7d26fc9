"""Pullbacks: reverse mode. A network's outputs, and what carries a cotangent of them back.

A cotangent has the form of its value: with ȳ goes, for each number of y, how much a number at the
end of everything changes with it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from toolz import groupby

from funcnn.algebra.folds import (
    foldl1,
    length_of,
    map_accum_l,
    map_accum_r,
    pair_of,
    zipped,
)
from funcnn.algebra.scalars import add, divide, lift, total
from funcnn.algebra.trees import Tree, tree_zip_with, zeros_like
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
    at_layer,
    no_network,
    placed,
    run,
)
from funcnn.calculus.rules import elementwise_rule, rule
from funcnn.calculus.tracing import Pullback


def vjp(network: Network, inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """The outputs, and the pullback from their cotangent to the inputs' and the weights'.

    Haskell
        a -> (b, b -> (a, w))
    Maths
        y = f(x, w)                                ȳ ↦ (ȳ·∂f/∂x, ȳ·∂f/∂w)
    Errors
        TypeError    a layer has no rule: it does not run on traced numbers
        and whatever the network raises
    Laws
        Σ ȳ·ẏ == Σ x̄·ẋ + Σ w̄·ẇ, where ẏ is the tangent by duals      over Fraction
    Source
        S. Linnainmaa, "Taylor Expansion of the Accumulated Rounding Error", BIT 16 (1976)

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> y, pullback = vjp(layer(linear), [1.0, 2.0], [[3.0, 4.0]])
    >>> y, pullback([1.0])
    ([11.0], ([3.0, 4.0], [[1.0, 2.0]]))
    """
    match network:
        case Layer(definition, settings):
            return rule(definition)(inputs, weights, **dict(settings))
        case Elementwise(function, settings):
            return elementwise_rule(partial(function, **dict(settings)), inputs)
        case Serial(layers):
            return _serial(layers, inputs, weights)
        case Each(inner):
            return _each(inner, inputs, weights)
        case Scan(cell):
            return _scan(cell, inputs, weights)
        case Parallel(networks):
            return _parallel(networks, inputs, weights)
        case Branch(networks):
            return _branch(networks, inputs, weights)
        case Tied(inner, places):
            return _tied(inner, places, inputs, weights)
        case _:
            raise no_network(network)


def _serial(layers: Sequence[Network], inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """mapAccumL forth, mapAccumR back"""
    steps = enumerate(zipped(layers, weights, ("layers", "weights")))
    outputs, pullbacks = map_accum_l(lambda x, step: at_layer(vjp, step, x), inputs, steps)
    return outputs, lambda y_bar: map_accum_r(lambda bar, pullback: pullback(bar), y_bar, pullbacks)


def _each(network: Network, inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """parallel's, the weights' cotangents added"""
    count = length_of(inputs, "inputs")
    outputs, pullback = _parallel([network] * count, inputs, [weights] * count)

    def back(y_bars: Any) -> tuple[Any, Any]:
        x_bars, w_bars = pullback(y_bars)
        return [*x_bars], tree_total(weights, w_bars)

    return [*outputs], back


def _scan(cell: Network, inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """mapAccumL forth, mapAccumR back; the weights' cotangents are added"""

    def forth(state: Any, x: Any) -> tuple[Any, tuple[Any, Pullback]]:
        outputs, pullback = vjp(cell, (state, x), weights)
        after, y = pair_of(outputs, "what a cell gives (state, y)")
        return after, (y, pullback)

    def step_back(after_bar: Any, step: Any) -> tuple[Any, tuple[Any, Any]]:
        (_, pullback), y_bar = step
        (before_bar, x_bar), w_bar = pullback((after_bar, y_bar))
        return before_bar, (x_bar, w_bar)

    start, xs = pair_of(inputs, "inputs (state, sequence)")
    length_of(xs, "the sequence")
    end, steps = map_accum_l(forth, start, xs)

    def back(bars: Any) -> tuple[Any, Any]:
        end_bar, y_bars = bars
        start_bar, outs = map_accum_r(step_back, end_bar, [*zipped(steps, y_bars)])
        w_bar = tree_total(weights, [w_bar for _, w_bar in outs])
        return (start_bar, [x_bar for x_bar, _ in outs]), w_bar

    return (end, [y for y, _ in steps]), back


def _parallel(networks: Sequence[Network], inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """each part's cotangent goes back alone"""
    parts = [*zipped(networks, weights, ("networks", "weights"))]
    pairs = [vjp(n, x, w) for (n, w), x in zipped(parts, inputs, ("networks", "inputs"))]

    def back(y_bars: Any) -> tuple[Any, Any]:
        bars = [pullback(bar) for (_, pullback), bar in zipped(pairs, y_bars)]
        return tuple(x_bar for x_bar, _ in bars), [w_bar for _, w_bar in bars]

    return tuple(y for y, _ in pairs), back


def _branch(networks: Sequence[Network], inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """parallel's, the inputs' cotangents added"""
    outputs, pullback = _parallel(networks, (inputs,) * len(networks), weights)

    def back(y_bars: Any) -> tuple[Any, Any]:
        x_bars, w_bars = pullback(y_bars)
        return tree_total(inputs, x_bars), w_bars

    return outputs, back


def _tied(
    network: Network, places: Sequence[int], inputs: Any, weights: Any
) -> tuple[Any, Pullback]:
    """what comes back from a weight's places is added"""
    outputs, pullback = vjp(network, inputs, placed(weights, places))

    def back(y_bar: Any) -> tuple[Any, Any]:
        x_bar, bars = pullback(y_bar)
        by_place = groupby(lambda pair: pair[0], zipped(places, bars))
        return x_bar, [
            tree_total(weight, [bar for _, bar in by_place[place]])
            for place, weight in enumerate(weights)
        ]

    return outputs, back


def tree_total(form: Tree, trees: Sequence[Tree]) -> Tree:
    """The sum of trees of one form; of none, the zeros of that form.

    >>> tree_total([1.0, (2.0,)], [[1.0, (3.0,)], [2.0, (4.0,)]])
    [3.0, (7.0,)]
    >>> tree_total([1.0, (2.0,)], [])
    [0.0, (0.0,)]
    """
    if not trees:
        return zeros_like(form)
    return foldl1(partial(tree_zip_with, add), trees)


def mean_loss(
    network: Network, loss: Network, weights: Tree, inputs: Sequence[Any], targets: Sequence[Any]
) -> Any:
    """The mean loss of a batch.

    Maths
        1/n · Σᵢ loss(network(xᵢ, w), tᵢ)
    Errors
        ValueError   the batch is empty, or inputs and targets differ in number

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> mean_loss(layer(linear), layer(squared_error), [[3.0]], [[1.0], [2.0]], [[1.0], [0.0]])
    20.0
    """
    examples = zipped(inputs, targets, ("inputs", "targets"))
    return mean([run(loss, run(network, x, weights), target) for x, target in examples])


def value_and_grad(
    network: Network, loss: Network, weights: Tree, inputs: Sequence[Any], targets: Sequence[Any]
) -> tuple[Any, Tree]:
    """The mean loss of a batch, and its gradient by the weights.

    Maths
        L = 1/n · Σᵢ loss(network(xᵢ, w), tᵢ)      and ∂L/∂w
    Shapes
        inputs n examples, targets n, one for each       n ≥ 1
    Errors
        ValueError   the batch is empty, or inputs and targets differ in number
        TypeError    a layer has no rule

    >>> from fractions import Fraction
    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> batch = [[Fraction(1)], [Fraction(2)]], [[Fraction(1)], [Fraction(0)]]
    >>> value_and_grad(layer(linear), layer(squared_error), [[Fraction(3)]], *batch)
    (Fraction(20, 1), [[Fraction(14, 1)]])
    """
    examples = zipped(inputs, targets, ("inputs", "targets"))
    pairs = [(vjp(network, x, weights), target) for x, target in examples]
    losses = [vjp(loss, y, target) for (y, _), target in pairs]
    value = mean([value for value, _ in losses])
    y_bars = [back(share(value, len(losses)))[0] for _, back in losses]
    gradients = [back(y_bar)[1] for ((_, back), _), y_bar in zipped(pairs, y_bars)]
    return value, tree_total(weights, gradients)


def grad(
    network: Network, loss: Network, weights: Tree, inputs: Sequence[Any], targets: Sequence[Any]
) -> Tree:
    """The gradient of a batch's mean loss by the weights: the second part of value_and_grad.

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> grad(layer(linear), layer(squared_error), [[3.0]], [[1.0], [2.0]], [[1.0], [0.0]])
    [[14.0]]
    """
    return value_and_grad(network, loss, weights, inputs, targets)[1]


def mean(losses: Sequence[Any]) -> Any:
    """The mean of a batch's losses.

    Errors
        ValueError   there is none

    >>> mean([1.0, 2.0])
    1.5
    """
    if not losses:
        raise ValueError("a batch needs at least one example")
    return divide(total(losses), len(losses))


def share(loss: Any, count: int) -> Any:
    """The derivative of the mean of so many losses by one of them.

    >>> share(1.5, 2)
    0.5
    """
    return divide(lift(1, loss), count)
