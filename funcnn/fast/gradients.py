"""Gradients: the pullback of a network over a whole batch at once."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import map_accum_l, map_accum_r, pair_of, zipped
from funcnn.algebra.scalars import total
from funcnn.algebra.trees import Tree
from funcnn.algebra.vectors import transpose
from funcnn.blocks.combinators import Each, Elementwise, Layer, Network, Serial
from funcnn.blocks.linears import AffineWeights, affine, dense, linear
from funcnn.calculus import pullbacks
from funcnn.calculus.pullbacks import mean, share, tree_total, vjp
from funcnn.fast import floats
from funcnn.fast.batching import Map, Primitive, pieces
from funcnn.fast.cotangents import BatchPullback, Cotangents
from funcnn.fast.losses import batched_loss


def value_and_grad(
    network: Network,
    loss: Network,
    weights: Tree,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    map: Map | None = None,
) -> tuple[Any, Tree]:
    """The mean loss of a batch, and its gradient by the weights: calculus' `value_and_grad`.

    A map, as vmap's, takes pieces of the batch.

    Order
        Sums of floats by sumprod; else the definition's, but with a map by pieces.
    Errors
        the definition's
    Laws
        equal to the definition's, where the numbers are exact

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.calculus.losses import squared_error
    >>> batch = [[1.0], [2.0]], [[1.0], [0.0]]
    >>> value_and_grad(layer(linear), layer(squared_error), [[3.0]], *batch)
    (20.0, [[14.0]])
    """
    zipped(inputs, targets, ("inputs", "targets"))
    function = partial(_losses_and_gradient, network, loss, weights, len(inputs))
    batches = [*zipped(pieces(inputs, map), pieces(targets, map))]
    try:
        parts = [*map(function, batches)] if map else [function(batch) for batch in batches]
        losses = [*chain.from_iterable(losses for losses, _ in parts)]
        return mean(losses), tree_total(weights, [gradient for _, gradient in parts])
    except Exception:
        pullbacks.value_and_grad(network, loss, weights, inputs, targets)  # raises its own error
        raise


def _losses_and_gradient(
    network: Network, loss: Network, weights: Tree, count: int, batch: tuple[Any, Any]
) -> tuple[list[Any], Tree]:
    """of a piece of a batch of so many examples, of whose mean loss the gradient is a part"""
    inputs, targets = batch
    ys, pullback = batched_vjp(network, inputs, weights)
    losses, loss_pullback = batched_loss(loss, ys, targets)
    return losses, pullback(loss_pullback(share(mean(losses), count))).weights


def batched_vjp(
    network: Network, xs: Sequence[Any], weights: Any
) -> tuple[list[Any], BatchPullback]:
    """The outputs for each of a batch of one or more, and the pullback of all.

    Laws
        the cotangents are those of vjp(each(network), xs, weights), where the numbers are exact

    >>> from funcnn.blocks.combinators import layer
    >>> ys, pullback = batched_vjp(layer(linear), [[1.0, 2.0], [0.0, 1.0]], [[3.0, 4.0]])
    >>> x_bars, w_bar = pullback([[1.0], [10.0]])
    >>> ys, x_bars(), w_bar
    ([[11.0], [4.0]], [[3.0, 4.0], [30.0, 40.0]], [[1.0, 12.0]])
    """
    match network:
        case Layer(f, ()) | Elementwise(f, ()) if (type(network), f) in BATCH_RULES:
            return BATCH_RULES[type(network), f](xs, weights)
        case Serial(layers):
            return _serial(layers, xs, weights)
        case _:
            return _each(network, xs, weights)


def _serial(
    layers: Sequence[Network], xs: Sequence[Any], weights: Any
) -> tuple[list[Any], BatchPullback]:
    """mapAccumR carries the function that gives a layer's cotangents; the layer below calls it"""
    steps = zipped(layers, weights)
    ys, pullbacks = map_accum_l(lambda x, step: batched_vjp(step[0], x, step[1]), [*xs], steps)

    def back(y_bars: list[Any]) -> Cotangents:
        return Cotangents(
            *map_accum_r(lambda bars, pullback: pullback(bars()), lambda: y_bars, pullbacks)
        )

    return ys, back


def _each(network: Network, xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    """the definition, on one of the batch after another"""
    ys, pullback = vjp(Each(network), xs, weights)

    def back(y_bars: list[Any]) -> Cotangents:
        x_bars, w_bar = pullback(y_bars)
        return Cotangents(lambda: x_bars, w_bar)

    return ys, back


def _linear(xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    """X̄ = Ȳ·W,  W̄ = Ȳᵀ·X, with an example a row"""
    return floats.linear(xs, weights), lambda y_bars: Cotangents(
        lambda: floats.matmul(y_bars, weights),
        floats.matmul(transpose(y_bars), xs),
    )


def _affine(xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    """b̄ = the sum of Ȳ's rows, and the rest as for linear"""
    matrix, bias = pair_of(weights, "weights (matrix, bias)")
    sums, pullback = _linear(xs, matrix)

    def back(y_bars: list[Any]) -> Cotangents:
        x_bars, matrix_bar = pullback(y_bars)
        bias_bar = [total(column) for column in transpose(y_bars)]
        return Cotangents(x_bars, AffineWeights(matrix_bar, bias_bar))

    return floats.biased(sums, bias), back


def _dense(xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    """linear's after relu's"""
    sums, pullback = _linear(xs, weights)
    ys = floats.relu(sums)
    return ys, lambda y_bars: pullback(floats.relu_pullback(ys, y_bars))


def _relu(xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    ys = floats.relu(xs)
    return ys, lambda y_bars: Cotangents(lambda: floats.relu_pullback(ys, y_bars), ())


BATCH_RULES: Final[dict[Primitive, Callable[..., tuple[list[Any], BatchPullback]]]] = {
    (Layer, linear): _linear,
    (Layer, affine): _affine,
    (Layer, dense): _dense,
    (Elementwise, relu): _relu,
}
"""From a layer's definition, or an elementwise function, to its rule over a batch."""
