"""Training: a fold of one step over batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from toolz import partition_all

from funcnn.algebra.folds import scanl, zipped
from funcnn.algebra.keys import shuffled
from funcnn.algebra.trees import Tree
from funcnn.blocks.combinators import Network


class Batch(NamedTuple):
    """Examples, and a target for each."""

    inputs: Sequence[Any]
    targets: Sequence[Any]


class State(NamedTuple):
    """Weights, and the mean loss of the last batch, before its step; None at the start."""

    weights: Tree
    loss: Any = None


def train(
    network: Network,
    loss: Network,
    weights: Tree,
    batches: Iterable[Batch],
    *,
    update: Callable[[Tree, Tree], Tree],
    value_and_grad: Callable[..., tuple[Any, Tree]],
) -> Iterator[State]:
    """The states that the weights pass through, the start first, one more for each batch.

    Haskell
        scanl step (State weights Nothing) batches
    Errors
        whatever update (from weights and gradient to weights) and value_and_grad raise

    >>> from functools import partial
    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> from funcnn.calculus.optimizers import sgd
    >>> from funcnn.calculus.pullbacks import value_and_grad
    >>> parts = layer(linear), layer(squared_error), [[3.0]], [Batch([[1.0]], [[1.0]])] * 2
    >>> list(train(*parts, update=partial(sgd, 0.25), value_and_grad=value_and_grad))[1:]
    [State(weights=[[2.0]], loss=4.0), State(weights=[[1.5]], loss=1.0)]
    """

    def step(state: State, batch: Batch) -> State:
        value, gradient = value_and_grad(network, loss, state.weights, *batch)
        return State(update(state.weights, gradient), value)

    return scanl(step, State(weights), batches)


def epoch(key: int, examples: Batch, size: int) -> Iterator[Batch]:
    """All examples once, in an order drawn from the key, in batches; the last may be smaller.

    Errors
        ValueError   inputs and targets differ in number, or the size is not positive

    >>> [len(batch.inputs) for batch in epoch(0, Batch([5, 6, 7, 8, 9], [1, 2, 3, 4, 5]), 2)]
    [2, 2, 1]
    """
    if size < 1:
        raise ValueError(f"a batch of {size} examples: at least 1 is needed")
    pairs = shuffled(key, [*zipped(*examples, ("inputs", "targets"))])
    parts = partition_all(size, pairs)
    return (Batch([x for x, _ in part], [target for _, target in part]) for part in parts)
