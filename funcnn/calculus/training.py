"""Training: a fold of one step over batches."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from math import isfinite
from typing import Any, NamedTuple

from toolz import partition_all

from funcnn.algebra.folds import length_of, scanl, zipped
from funcnn.algebra.keys import shuffled, split
from funcnn.algebra.trees import Tree
from funcnn.blocks.combinators import Network, run
from funcnn.calculus.evolution import EvolutionStrategies, evolution_strategies
from funcnn.calculus.mutations import PointMutation, point_mutation
from funcnn.calculus.optimizers import STEPS, Adam, Lbfgs, Momentum, Sgd
from funcnn.calculus.pullbacks import mean, value_and_grad
from funcnn.calculus.second_order import NewtonKrylov, newton_krylov
from funcnn.calculus.states import State

type Optimizer = Sgd | Momentum | Adam | Lbfgs | NewtonKrylov | EvolutionStrategies | PointMutation
type Steps = Mapping[type, Callable[[Any, State, Tree], State]]


class Batch(NamedTuple):
    """Examples, and a target for each."""

    inputs: Sequence[Any]
    targets: Sequence[Any]


class Objective(NamedTuple):
    """The mean loss of a batch, and its gradient, as functions of the weights."""

    value: Callable[[Tree], Any]
    value_and_grad: Callable[[Tree], tuple[Any, Tree]]


class Diverged(ArithmeticError):
    """A loss is infinite or not a number; `step` says how many steps were taken before."""

    def __init__(self, step: int, loss: float) -> None:
        super().__init__(f"step {step}: the loss is {loss}; lower the rate, or begin elsewhere")
        self.step = step
        self.loss = loss


def mean_loss(network: Network, loss: Network, weights: Tree, batch: Batch) -> Any:
    """The mean loss of a batch.

    Maths
        1/n · Σᵢ loss(network(xᵢ, w), tᵢ)
    Errors
        ValueError   the batch is empty, or inputs and targets differ in number

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> batch = Batch([[1.0], [2.0]], [[1.0], [0.0]])
    >>> mean_loss(layer(linear), layer(squared_error), [[3.0]], batch)
    20.0
    """
    examples = zipped(*batch, ("inputs", "targets"))
    return mean([run(loss, run(network, x, weights), target) for x, target in examples])


def objective(network: Network, loss: Network, batch: Batch) -> Objective:
    """The objective of a batch, by the definitions.

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> of_one = objective(layer(linear), layer(squared_error), Batch([[1.0]], [[1.0]]))
    >>> of_one.value([[3.0]]), of_one.value_and_grad([[3.0]])
    (4.0, (4.0, [[4.0]]))
    """
    return Objective(
        lambda weights: mean_loss(network, loss, weights, batch),
        lambda weights: value_and_grad(network, loss, weights, *batch),
    )


def train(
    network: Network,
    loss: Network,
    optimizer: Optimizer,
    state: State,
    batches: Iterable[Batch],
    *,
    objective: Callable[[Network, Network, Batch], Objective] = objective,
    steps: Steps = STEPS,
) -> Iterator[State]:
    """The states that training passes through, the start first, one more for each batch.

    It goes on from any state: from the last one of a run, as that run would have.

    Haskell
        scanl (step optimizer) state batches
    Settings
        objective   what makes a batch's mean loss, and its gradient, functions of the weights
        steps       the steps of the optimizers that go by a gradient
    Errors
        Diverged     a batch's mean loss is infinite or not a number
        and whatever the network, the loss and the optimizer raise
    Laws
        states(batches + others) == states(batches), and then those of others from the last of them

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> batches = [Batch([[1.0]], [[1.0]])] * 2
    >>> states = train(layer(linear), layer(squared_error), Sgd(0.25), State([[3.0]]), batches)
    >>> [(state.weights, state.loss) for state in states]
    [([[3.0]], None), ([[2.0]], 4.0), ([[1.5]], 1.0)]
    """

    def step(state: State, batch: Batch) -> State:
        return improved(optimizer, state, objective(network, loss, batch), steps)

    return scanl(step, state, batches)


def improved(
    optimizer: Optimizer, state: State, objective: Objective, steps: Steps = STEPS
) -> State:
    """The state after one step of an optimizer.

    Errors
        Diverged     the loss is infinite or not a number

    >>> improved(Sgd(1.0), State([3.0]), Objective(sum, lambda weights: (sum(weights), [0.5])))
    State(weights=[2.5], step=1, memory=(), loss=3.0)
    """
    match optimizer:
        case Sgd() | Momentum() | Adam() | Lbfgs():
            value, gradient = objective.value_and_grad(state.weights)
            by = partial(steps[type(optimizer)], optimizer, state, gradient)
        case NewtonKrylov():
            value = objective.value(state.weights)
            gradient = lambda weights: objective.value_and_grad(weights)[1]
            by = partial(newton_krylov, optimizer, state, gradient, objective.value)
        case EvolutionStrategies():
            value = objective.value(state.weights)
            by = partial(evolution_strategies, optimizer, state, objective.value)
        case PointMutation():
            value = objective.value(state.weights)
            by = partial(point_mutation, optimizer, state, objective.value)
    if isinstance(value, float) and not isfinite(value):
        raise Diverged(state.step, value)
    return by()._replace(loss=value)


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


def epochs(key: int, examples: Batch, size: int, count: int, *, start: int = 0) -> Iterator[Batch]:
    """The batches of so many epochs, each in an order of its own, from the start-th on.

    Settings
        start   how many batches were taken before: a state's step
    Errors
        ValueError   those of `epoch`

    >>> examples = Batch([5, 6, 7], [1, 2, 3])
    >>> everything = [*epochs(0, examples, 2, 3)]
    >>> len(everything), [*epochs(0, examples, 2, 3, start=4)] == everything[4:]
    (6, True)
    """
    passed, rest = divmod(start, batches_per_epoch(examples, size))
    of_each = (epoch(part, examples, size) for part in split(key, count)[passed:])
    return islice(chain.from_iterable(of_each), rest, None)


def batches_per_epoch(examples: Batch, size: int) -> int:
    """How many batches hold all examples; 1 of none.

    >>> batches_per_epoch(Batch([5, 6, 7], [1, 2, 3]), 2)
    2
    """
    return -(-length_of(examples.inputs, "inputs") // max(1, size)) or 1


def early_stopped[A](states: Iterable[A], score: Callable[[A], Any], patience: int) -> Iterator[A]:
    """The states until so many in a row score no lower than the lowest before; the best is there.

    Errors
        ValueError   the patience is not positive
    Source
        L. Prechelt, "Early Stopping – But When?", Neural Networks: Tricks of the Trade (1998)

    >>> list(early_stopped([5, 3, 4, 2, 2, 3, 1], score=abs, patience=2))
    [5, 3, 4, 2, 2, 3]
    """
    if patience < 1:
        raise ValueError(f"a patience of {patience}: at least 1 is needed")
    lowest, waited = None, 0
    for state in states:
        yield state
        value = score(state)
        lowest, waited = (value, 0) if lowest is None or value < lowest else (lowest, waited + 1)
        if waited == patience:
            return
