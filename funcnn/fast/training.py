"""Training, fast: calculus' `train`, whose gradients and steps are those of batches."""

from collections.abc import Iterable, Iterator
from functools import partial

from funcnn.blocks.combinators import Network
from funcnn.calculus import training
from funcnn.calculus.batches import Batch
from funcnn.calculus.states import State
from funcnn.calculus.training import Objective, Optimizer
from funcnn.fast.batching import Map
from funcnn.fast.gradients import mean_loss, value_and_grad
from funcnn.fast.optimizers import STEPS


def objective(
    network: Network, loss: Network, batch: Batch, *, map: Map | None = None
) -> Objective:
    """The mean loss of a batch, and its gradient, as functions of the weights.

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> of_one = objective(layer(linear), layer(squared_error), Batch([[1.0]], [[1.0]]))
    >>> of_one.value([[3.0]]), of_one.value_and_grad([[3.0]])
    (4.0, (4.0, [[4.0]]))
    """
    return Objective(
        lambda weights: mean_loss(network, loss, weights, *batch, map=map),
        lambda weights: value_and_grad(network, loss, weights, *batch, map=map),
    )


def train(
    network: Network,
    loss: Network,
    optimizer: Optimizer,
    state: State,
    batches: Iterable[Batch],
    *,
    map: Map | None = None,
) -> Iterator[State]:
    """The states that training passes through: calculus' `train`.

    Settings
        map   as vmap's, takes pieces of a batch
    Order
        that of `value_and_grad`
    Errors
        the definition's
    Laws
        equal to the definition's, where the numbers are exact

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> from funcnn.calculus.optimizers import Sgd
    >>> batches = [Batch([[1.0]], [[1.0]])] * 2
    >>> states = train(layer(linear), layer(squared_error), Sgd(0.25), State([[3.0]]), batches)
    >>> [(state.weights, state.loss) for state in states]
    [([[3.0]], None), ([[2.0]], 4.0), ([[1.5]], 1.0)]
    """
    by_batch = partial(objective, map=map)
    return training.train(network, loss, optimizer, state, batches, objective=by_batch, steps=STEPS)
