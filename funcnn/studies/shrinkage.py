"""Shrinkage: what is learned with hardshrink for an activation, beside what others learn."""

from collections.abc import Callable, Generator, Sequence
from typing import Final, NamedTuple

from funcnn.algebra.elementary import relu
from funcnn.algebra.trees import Tree
from funcnn.blocks.activations import hardshrink
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.forms import form
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.linears import affine, linear
from funcnn.blocks.models import Model, activation, in_series, project_to
from funcnn.calculus.batches import Batch, batches_per_epoch
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Adam
from funcnn.calculus.regression import ridge
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.states import State
from funcnn.calculus.training import Optimizer
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.scores import predicted
from funcnn.fast.batching import vmap
from funcnn.fast.training import train
from funcnn.studies.flushing import FLUSHED, GRADUAL, outputs_over
from funcnn.studies.materials import learned, within

XOR: Final = Batch([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[-1.0], [1.0], [1.0], [-1.0]])

CONFIDENCE: Final = 0.95
PENALTY: Final = 2.0**-20
"""Of the squared weights: so small that least squares are what is left."""


def shrinking(inputs: int, hidden: int, outputs: int) -> Model:
    """Two affine layers, with hardshrink between them.

    >>> from funcnn.blocks.shapes import render
    >>> render(shrinking(2, 16, 1).network)
    'affine >>> hardshrink(inclusive=True) >>> affine'
    """
    return in_series(
        project_to(hidden, inputs),
        activation(hardshrink, inclusive=True),
        project_to(outputs, hidden),
        inputs=form(inputs),
    )


def right(outputs: Sequence[Sequence[float]]) -> int:
    """Of how many of XOR's four inputs an output has the sign of the target.

    >>> right([[-1.0], [1.0], [1.0], [1.0]])
    3
    """
    return sum((y > 0) == (t > 0) for [y], [t] in zip(outputs, XOR.targets, strict=True))


class Learned(NamedTuple):
    """Of so many starts, how many the linear network tells XOR from, by its arithmetic."""

    flushed: int
    gradual: int


def xor_learned(
    keys: Sequence[int],
    hidden: int,
    optimizer: Callable[[int], Optimizer],
    steps: int,
    *,
    stops: bool = False,
) -> Generator[float, None, Learned]:
    """How many starts learn XOR through hardshrink, as the linear network over binary32 tells it.

    The optimizer of a start is that of its key.

    >>> from funcnn.calculus.optimizers import Momentum
    >>> next(xor_learned([0], 2, lambda _: Momentum(0.02), 1))
    0.0
    """
    model, flushed, gradual = shrinking(2, hidden, 1), 0, 0
    for done, key in enumerate(keys):
        yield done / len(keys)
        weights = trained(model, key, optimizer(key), steps, stops=stops)
        flushed += right(outputs_over(FLUSHED, XOR.inputs, weights)) == 4
        gradual += right(outputs_over(GRADUAL, XOR.inputs, weights)) == 4
    return Learned(flushed, gradual)


def trained(model: Model, key: int, optimizer: Optimizer, steps: int, *, stops: bool) -> Tree:
    """The weights from the start of a key after so many steps on XOR, or once they tell it.

    >>> from funcnn.calculus.optimizers import Momentum
    >>> len(trained(shrinking(2, 2, 1), 0, Momentum(0.02), 1, stops=False))
    3
    """
    state = State(initial_weights(key, model.weights))
    for state in train(model.network, layer(squared_error), optimizer, state, [XOR] * steps):
        if stops and right(vmap(model.network)([*XOR.inputs], state.weights)) == 4:
            break
    return state.weights


class Told(NamedTuple):
    """Of each held-out digit, whether a network tells it."""

    name: str
    right: list[bool]

    @property
    def share(self) -> float:
        """The share that it tells.

        >>> Told("relu", [True, False]).share
        0.5
        """
        return sum(self.right) / len(self.right)


def told(name: str, outputs: Sequence[Sequence[float]], labels: Sequence[int]) -> Told:
    """Which digits are told, by the outputs for them.

    >>> told("relu", [[1.0, 2.0], [1.0, 2.0]], [1, 0])
    Told(name='relu', right=[True, False])
    """
    return Told(name, [predicted(y) == label for y, label in zip(outputs, labels, strict=True)])


def is_ahead(one: Told, other: Told) -> bool:
    """Whether, of the digits that only one of two networks tells, most are the first's, with a
    confidence of 95%.

    >>> is_ahead(Told("", [True] * 20), Told("", [False] * 20))
    True
    >>> is_ahead(Told("", [True, False]), Told("", [False, True]))
    False
    """
    pairs = [pair for pair in zip(one.right, other.right, strict=True) if pair[0] != pair[1]]
    ours = sum(first for first, _ in pairs)
    return bool(pairs) and binomial_interval(ours, len(pairs), CONFIDENCE)[0] > 0.5


def digits_told(
    key: int, learnt: Batch, asked: Batch, rounds: int, over_format: int
) -> Generator[float, None, list[Told]]:
    """Which digits each network tells: two that are linear, two that are not, and the last of them
    without its hardshrink, and with underflow instead of it.

    >>> from funcnn.studies.materials import digit_batches
    >>> next(digits_told(0, *digit_batches(32, 2), 1, 1)) < 0.3
    True
    """
    one = [[*x, 1.0] for x in asked.inputs]
    squares = vmap(layer(linear))(one, squared_weights(learnt))
    found, begin = [told("least squares", squares, asked.targets)], 0.0
    hidden = in_series(project_to(32, 64), activation(relu), project_to(10, 32), inputs=form(64))
    plans = (
        ("softmax regression", project_to(10, 64), 5 * rounds, 0.15),
        ("relu", hidden, rounds, 0.3),
        ("hardshrink", shrinking(64, 32, 10), rounds, 0.95),
    )
    weights: Tree = ()
    for name, model, epochs, end in plans:
        every = max(1, epochs * batches_per_epoch(learnt, 32) // 12)
        optimizer, start = (
            Adam(ExponentialDecay(0.02, 0.8, every)),
            initial_weights(key, model.weights),
        )
        training = learned(model.network, optimizer, start, learnt, key=key, rounds=epochs)
        weights = (yield from within(training, begin, end)).weights
        found.append(told(name, vmap(model.network)([*asked.inputs], weights), asked.targets))
        begin = end
    first, _, last = weights
    lines = vmap(serial(layer(affine), layer(affine)))([*asked.inputs], [first, last])
    found.append(told("hardshrink left out", lines, asked.targets))
    ys = list[list[float]]()
    for image in asked.inputs[:over_format]:
        yield 0.95 + 0.05 * len(ys) / over_format
        ys += outputs_over(FLUSHED, [image], weights)
    return [*found, told("flushed over binary32", ys, asked.targets[:over_format])]


def squared_weights(learnt: Batch) -> list[list[float]]:
    """The weights, and biases, whose squared error on digits is least, but for a tiny penalty.

    >>> from funcnn.studies.materials import digit_batches
    >>> len(squared_weights(digit_batches(20)[0]))
    10
    """
    inputs = [[*x, 1.0] for x in learnt.inputs]
    targets = [[float(digit == label) for digit in range(10)] for label in learnt.targets]
    return ridge(inputs, targets, PENALTY)
