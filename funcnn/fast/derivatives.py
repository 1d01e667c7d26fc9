"""Derivatives: of networks and of losses, forward, in full, and of the second order, over a whole
batch at once."""

from collections.abc import Sequence
from typing import Any

from funcnn.algebra.trees import Tree, filled, leaves
from funcnn.blocks.combinators import Network, layer
from funcnn.calculus import derivatives
from funcnn.calculus.derivatives import derivative_of, linearized, unit
from funcnn.fast.batching import vmap
from funcnn.fast.gradients import grad
from funcnn.fast.pullbacks import batched_vjp


def jvp(
    network: Network, xs: Sequence[Any], weights: Any, xs_dot: Sequence[Any], weights_dot: Any
) -> tuple[list[Any], list[Any]]:
    """The outputs for each of a batch, and their tangents: calculus' `jvp`, of each.

    Errors
        the definition's
    Laws
        equal to the definition's, where the numbers are exact

    >>> from funcnn.blocks.linears import linear
    >>> jvp(layer(linear), [[1.0, 2.0]], [[3.0, 4.0]], [[1.0, 0.0]], [[0.0, 10.0]])
    ([[11.0]], [[23.0]])
    """
    ys, ys_dot = derivatives.jvp(layer(vmap(network)), xs, weights, xs_dot, weights_dot)
    return ys, ys_dot


def jacobian(network: Network, xs: Sequence[Any], weights: Any) -> list[Tree]:
    """The derivative of each output by each input, for each of a batch: calculus' `jacobian`.

    One pullback of the batch for each output of one of it.

    Errors
        the definition's
    Laws
        equal to the definition's, where the numbers are exact

    >>> from funcnn.blocks.linears import linear
    >>> jacobian(layer(linear), [[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0]])
    [[[3.0, 4.0]], [[3.0, 4.0]]]
    """
    try:
        ys, pullback = batched_vjp(network, xs, weights)
        most = max((sum(1 for _ in leaves(y)) for y in ys), default=0)
        rows = [pullback([unit(y, place) for y in ys]).inputs() for place in range(most)]
        return [filled(y, [row[index] for row in rows]) for index, y in enumerate(ys)]
    except Exception:
        for x in xs:
            derivatives.jacobian(network, x, weights)  # raises the error that comes first there
        raise


def hvp(
    network: Network,
    loss: Network,
    weights: Tree,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    direction: Tree,
) -> Tree:
    """The Hessian of a batch's mean loss times a direction of the weights: calculus' `hvp`.

    Errors
        the definition's
    Laws
        equal to the definition's, where the numbers are exact

    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> batch = [[1.0, 2.0]], [[1.0]]
    >>> hvp(layer(linear), layer(squared_error), [[3.0, 4.0]], *batch, [[1.0, 0.0]])
    [[2.0, 4.0]]
    """
    _, push = linearized(lambda w: grad(network, loss, w, inputs, targets), weights)
    return push(direction)


def hessian(
    network: Network, loss: Network, weights: Tree, inputs: Sequence[Any], targets: Sequence[Any]
) -> Tree:
    """The second derivatives of a batch's mean loss: calculus' `hessian`. One hvp for each weight.

    Errors
        the definition's
    Laws
        equal to the definition's, where the numbers are exact

    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> hessian(layer(linear), layer(squared_error), [[3.0, 4.0]], [[1.0, 2.0]], [[1.0]])
    [[[[2.0, 4.0]], [[4.0, 8.0]]]]
    """
    return derivative_of(lambda w: grad(network, loss, w, inputs, targets), weights)
