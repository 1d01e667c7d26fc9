"""Training: a fold of one step over batches."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from math import isfinite
from typing import Any, Final, NamedTuple, Never

from funcnn.algebra.duals import Dual
from funcnn.algebra.folds import int_of, pair_of, scanl
from funcnn.algebra.intervals import Interval
from funcnn.algebra.roundings import Rounded
from funcnn.algebra.trees import Tree
from funcnn.blocks.combinators import Network
from funcnn.calculus.batches import Batch
from funcnn.calculus.evolution import EvolutionStrategies, evolution_strategies
from funcnn.calculus.mutations import PointMutation, point_mutation
from funcnn.calculus.optimizers import Adam, Momentum, Sgd, adam, momentum, sgd
from funcnn.calculus.pullbacks import mean_loss, value_and_grad
from funcnn.calculus.quasi_newton import Lbfgs, lbfgs
from funcnn.calculus.second_order import NewtonKrylov, newton_krylov
from funcnn.calculus.states import State

type Optimizer = Sgd | Momentum | Adam | Lbfgs | NewtonKrylov | EvolutionStrategies | PointMutation
type Steps = Mapping[type, Callable[[Any, State, Tree], State]]

STEPS: Final[Steps] = {Sgd: sgd, Momentum: momentum, Adam: adam, Lbfgs: lbfgs}
"""The steps of the optimizers that go by the gradient at the weights."""


class Objective(NamedTuple):
    """The mean loss of a batch, and its gradient, as functions of the weights."""

    value: Callable[[Tree], Any]
    value_and_grad: Callable[[Tree], tuple[Any, Tree]]

    def gradient(self, weights: Tree) -> Tree:
        """The gradient alone."""
        return self.value_and_grad(weights)[1]


class Diverged(ArithmeticError):
    """A loss is infinite or not a number, after so many steps."""

    def __init__(self, step: int, loss: Any) -> None:
        super().__init__(step, loss)
        self.step = step
        self.loss = loss

    def __str__(self) -> str:
        place = f"step {self.step}: the loss of its batch is {self.loss}"
        return f"{place}; lower the rate, or begin elsewhere"


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
        lambda weights: mean_loss(network, loss, weights, *batch),
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
        TypeError    the state is no State, or the optimizer none
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

    if not isinstance(state, State):
        raise TypeError(f"the state is a {type(state).__name__}: write State(weights)")

    def step(state: State, batch: Batch) -> State:
        examples = Batch(*pair_of(batch, "a batch's parts (inputs, targets)"))
        return training_step(optimizer, state, objective(network, loss, examples), steps)

    return scanl(step, state, batches)


def training_step(
    optimizer: Optimizer, state: State, objective: Objective, steps: Steps = STEPS
) -> State:
    """The state after one step of an optimizer.

    Errors
        Diverged     the loss is infinite or not a number
        TypeError    it is no optimizer

    >>> constant = Objective(sum, lambda weights: (sum(weights), [0.5]))
    >>> training_step(Sgd(1.0), State([3.0]), constant)
    State(weights=[2.5], step=1, memory=(), loss=3.0)
    """
    match optimizer:
        case Sgd() | Momentum() | Adam() | Lbfgs():
            value, gradient = objective.value_and_grad(state.weights)
            step = partial(steps[type(optimizer)], optimizer, state, gradient)
        case NewtonKrylov():
            value = objective.value(state.weights)
            by = objective.gradient, objective.value, value
            step = partial(newton_krylov, optimizer, state, *by)
        case EvolutionStrategies():
            value = objective.value(state.weights)
            step = partial(evolution_strategies, optimizer, state, objective.value)
        case PointMutation():
            value = objective.value(state.weights)
            step = partial(point_mutation, optimizer, state, objective.value, value)
        case _:
            raise no_optimizer(optimizer)
    if not is_finite(value):
        raise Diverged(state.step, value)
    return step()._replace(loss=value)


def no_optimizer(value: Never) -> TypeError:
    """The error for what stands where an optimizer should; mypy rules out that anything does.

    >>> training_step(None, State([1.0]), Objective(sum, sum))
    Traceback (most recent call last):
    TypeError: a NoneType is no optimizer: write Sgd(0.1), Adam(0.001) …
    """
    return TypeError(f"a {type(value).__name__} is no optimizer: write Sgd(0.1), Adam(0.001) …")


def is_finite(loss: Any) -> bool:
    """Whether a loss is neither infinite nor NaN, as floats and what is made of them can be.

    >>> is_finite(1.0), is_finite(float("nan")), is_finite(10**400)
    (True, False, True)
    """
    match loss:
        case float():
            return isfinite(loss)
        case Rounded() | Dual():
            return is_finite(loss.value)
        case Interval():
            return is_finite(loss.low) and is_finite(loss.high)
        case _:
            return True


def early_stopped[A](states: Iterable[A], score: Callable[[A], Any], patience: int) -> Iterator[A]:
    """The states until so many in a row score no lower than the lowest before; NaN is never lower.

    The best of them is `min(early_stopped(…), key=score)`.

    Errors
        ValueError   the patience is not positive
    Source
        I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning" (2016), algorithm 7.1

    >>> list(early_stopped([5, 3, 4, 2, 2, 3, 1], score=abs, patience=2))
    [5, 3, 4, 2, 2, 3]
    """
    int_of(patience, "patience", 1)
    lowest, waited = None, 0
    for state in states:
        yield state
        value = score(state)
        better = value == value and (lowest is None or value < lowest)
        lowest, waited = (value, 0) if better else (lowest, waited + 1)
        if waited == patience:
            return
