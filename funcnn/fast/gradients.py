"""Gradients: of a batch's mean loss, over the whole batch at once."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import Tree
from funcnn.blocks.combinators import Network
from funcnn.calculus import pullbacks
from funcnn.calculus.pullbacks import mean, share, tree_total
from funcnn.fast.batching import Map, pieces, vmap
from funcnn.fast.losses import batched_loss, losses_of
from funcnn.fast.pullbacks import batched_vjp


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
    >>> from funcnn.blocks.linears import linear
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


def grad(
    network: Network,
    loss: Network,
    weights: Tree,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    map: Map | None = None,
) -> Tree:
    """The gradient of a batch's mean loss by the weights: the second part of value_and_grad.

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> grad(layer(linear), layer(squared_error), [[3.0]], [[1.0], [2.0]], [[1.0], [0.0]])
    [[14.0]]
    """
    return value_and_grad(network, loss, weights, inputs, targets, map=map)[1]


def mean_loss(
    network: Network,
    loss: Network,
    weights: Tree,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    map: Map | None = None,
) -> Any:
    """The mean loss of a batch: calculus' `mean_loss`. A map, as vmap's, takes pieces of the batch.

    Errors
        the definition's
    Laws
        equal to the first part of value_and_grad

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> mean_loss(layer(linear), layer(squared_error), [[3.0]], [[1.0], [2.0]], [[1.0], [0.0]])
    20.0
    """
    try:
        ys = vmap(network)(inputs, weights, map=map)
        return mean(losses_of(loss, ys, targets))
    except Exception:
        pullbacks.mean_loss(network, loss, weights, inputs, targets)  # raises its own error
        raise
