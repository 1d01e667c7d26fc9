"""Materials: what several studies learn from, and how."""

from collections.abc import Generator
from typing import Any, Final

from funcnn.algebra.trees import Tree
from funcnn.blocks.combinators import Network, layer
from funcnn.calculus.batches import Batch, batches_per_epoch, epochs
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.states import State
from funcnn.calculus.training import Optimizer
from funcnn.diagnostics.scores import accuracy
from funcnn.exchange.datasets import Digits, split_digits
from funcnn.fast.batching import vmap
from funcnn.fast.training import train

TRAINING: Final = 1437
HELD_OUT: Final = 360


def digit_batches(training: int = TRAINING, held_out: int = HELD_OUT) -> tuple[Batch, Batch]:
    """Handwritten digits to learn from, and others to be judged by; fewer of each if so asked.

    >>> [len(batch.targets) for batch in digit_batches(100)]
    [100, 360]
    """
    parts = split_digits()
    return first(parts.training, training), first(parts.held_out, held_out)


def first(digits: Digits, count: int) -> Batch:
    """The first of some digits, and their labels.

    >>> first(Digits([[0.0], [1.0]], [7, 8]), 1)
    Batch(inputs=[[0.0]], targets=[7])
    """
    return Batch(digits.images[:count], digits.labels[:count])


def learned(
    network: Network,
    optimizer: Optimizer,
    weights: Tree,
    examples: Batch,
    *,
    key: int,
    size: int = 32,
    rounds: int = 1,
    loss: Network = layer(cross_entropy),
) -> Generator[float, None, State]:
    """The state after so many epochs in batches of a size; on the way, how much is done.

    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> from funcnn.calculus.optimizers import Sgd
    >>> one = Batch([[1.0]], [[1.0]])
    >>> run = learned(layer(linear), Sgd(0.25), [[3.0]], one, key=0, loss=layer(squared_error))
    >>> next(run)
    1.0
    """
    batches = epochs(key, examples, size, rounds)
    steps = rounds * batches_per_epoch(examples, size)
    state = State(weights)
    states = train(network, loss, optimizer, state, batches)
    next(states)
    for step, state in enumerate(states, 1):
        yield step / steps
    return state


def share_right(network: Network, weights: Tree, examples: Batch) -> float:
    """The share of examples whose class the network tells.

    >>> from funcnn.blocks.linears import linear
    >>> share_right(layer(linear), [[1.0], [2.0]], Batch([[1.0], [-1.0]], [1, 1]))
    0.5
    """
    outputs: list[Any] = vmap(network)([*examples.inputs], weights)
    return accuracy(outputs, examples.targets)


def within[A](
    part: Generator[float, None, A], begin: float, end: float
) -> Generator[float, None, A]:
    """A part of an experiment that lasts from one share of the whole to another.

    >>> def half():
    ...     yield 0.5
    ...     return "done"
    >>> [*within(half(), 0.0, 0.5)]
    [0.25]
    """
    while True:
        try:
            yield begin + (end - begin) * next(part)
        except StopIteration as finished:
            result: A = finished.value
            return result
