"""How fast funcnn is beside something else, in ratios, which travel from machine to machine.

    uv run --group peers python tests/peers/ratios.py

Each round runs every contestant once, one after another, with the garbage collector off, and gives
one figure for each row of the table: the ratio of the processor times of two of them for one
example. What is printed is the median of the rounds, the least and the greatest, and the target,
which nothing has to meet. That contestants compute the same is asserted first. It takes two minutes
and a Unix. The rows:

definition ÷ for loops
    foldl(dense, digit, weights) for each digit held out, beside the same network as for loops.
definition ÷ vmap
    The same, beside vmap of the network over all of these digits at once.
vmap ÷ sumprod alone
    That, beside two comprehensions of math.sumprod and relu, which check nothing.
Fraction ÷ Dyadic
    foldl(dense, digit, weights) for 20 digits held out, exactly, over either.
micrograd ÷ training
    A step of gradient descent on 32 digits, forth, back and update, for the squared error of
    64 → 32, relu → 10: micrograd's, beside that of fast.value_and_grad and fast.sgd. Ours has no
    biases; micrograd's stay 0, 42 additions beside 2,368 multiplications.
the same, collecting
    That with the garbage collector on, as programs run: an example's graph is 40,000 objects to
    micrograd, and the collector goes over all of them again and again as they get more.
import funcnn − pass
    Starting Python to import funcnn, less starting it for nothing, in milliseconds.
"""

import gc
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from math import isclose, sumprod
from operator import truediv
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import process_time
from typing import Any, Final, NamedTuple

from micrograd.engine import Value
from micrograd.nn import MLP

from funcnn import (
    Batch,
    dense,
    dyadic,
    fast,
    foldl,
    he_normal,
    layer,
    linear,
    serial,
    squared_error,
    train,
    tree_map,
)
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights

type Model = list[list[list[float]]]
type Row = tuple[str, Callable[[float, float], float], str, str, str]

ROUNDS: Final = 20
STEPS: Final = 20
BATCH: Final = 32
RATE: Final = 0.01


class Contestant(NamedTuple):
    """What is to be timed, for how many examples a run of it is, and how."""

    run: Callable[[], Any]
    examples: int = 1
    clock: Callable[[], float] = process_time
    collecting: bool = False


def loops(digit: Sequence[float], weights: Model) -> Sequence[float]:
    """A network of dense layers on one digit."""
    for matrix in weights:
        outputs: list[float] = []
        for row in matrix:
            weighted_sum = 0.0
            for x, weight in zip(digit, row):
                weighted_sum += x * weight
            outputs.append(weighted_sum if weighted_sum > 0.0 else 0.0)
        digit = outputs
    return digit


def bare(digits: Sequence[list[float]], weights: Model) -> list[list[float]]:
    """A network of two dense layers on all digits."""
    one, two = weights
    hidden = [[y if (y := sumprod(x, row)) > 0.0 else 0.0 for row in one] for x in digits]
    return [[y if (y := sumprod(x, row)) > 0.0 else 0.0 for row in two] for x in hidden]


def training(weights: Model, batch: Batch, steps: int) -> float:
    """Our steps on one batch, and the mean loss before the last."""
    network, loss = serial(layer(dense), layer(linear)), layer(squared_error)
    update, rule = partial(fast.sgd, RATE), fast.value_and_grad
    *_, last = train(network, loss, weights, [batch] * steps, update=update, value_and_grad=rule)
    return float(last.loss)


def in_micrograd(weights: Model) -> MLP:
    """The network of these weights, with relu after each layer but the last."""
    network = MLP(len(weights[0][0]), [len(matrix) for matrix in weights])
    for peer, matrix in zip(network.layers, weights, strict=True):
        for neuron, row in zip(peer.neurons, matrix, strict=True):
            neuron.w = [Value(weight) for weight in row]
    return network


def micrograd(network: MLP, batch: Batch) -> float:
    """micrograd's step on a batch, and the mean loss before it."""
    losses = [
        sum((y - t) ** 2 for y, t in zip(network(x), target, strict=True))
        for x, target in zip(*batch, strict=True)
    ]
    loss = sum(losses) * (1 / len(losses))
    network.zero_grad()
    loss.backward()
    for weight in [w for peer in network.layers for neuron in peer.neurons for w in neuron.w]:
        weight.data -= RATE * weight.grad
    return float(loss.data)


def contestants() -> dict[str, Contestant]:
    """All of them, by name, each found to compute what those beside it do."""
    (images, labels), (digits, _) = split_digits()
    weights = digit_weights()
    vmapped = fast.vmap(serial(layer(dense), layer(dense)))
    assert all(foldl(dense, digit, weights) == loops(digit, weights) for digit in digits)
    assert vmapped(digits, weights) == bare(digits, weights)
    start = [he_normal(1, 32, 64), he_normal(2, 10, 32)]
    targets = [[float(label == k) for k in range(10)] for label in labels[:BATCH]]
    batch = Batch(images[:BATCH], targets)
    network = in_micrograd(start)
    for steps in (1, 2):
        assert isclose(micrograd(network, batch), training(start, batch, steps))
    count = len(digits)
    ours = Contestant(lambda: training(start, batch, STEPS), STEPS * BATCH)
    theirs = Contestant(lambda: micrograd(network, batch), BATCH)
    return {
        "loops": Contestant(lambda: [loops(digit, weights) for digit in digits], count),
        "definition": Contestant(lambda: [foldl(dense, digit, weights) for digit in digits], count),
        "vmap": Contestant(lambda: [vmapped(digits, weights) for _ in range(5)], 5 * count),
        "bare": Contestant(lambda: [bare(digits, weights) for _ in range(5)], 5 * count),
        "Dyadic": exact(dyadic, digits[:20], weights),
        "Fraction": exact(Fraction, digits[:20], weights),
        "training": ours,
        "micrograd": theirs,
        "training collecting": ours._replace(collecting=True),
        "micrograd collecting": theirs._replace(collecting=True),
        "import": Contestant(started("import funcnn"), clock=children_time),
        "pass": Contestant(started("pass"), clock=children_time),
    }


def exact(number: Any, digits: Sequence[list[float]], weights: Model) -> Contestant:
    """The network over numbers that round nothing."""
    images, matrices = tree_map(number, digits), tree_map(number, weights)
    return Contestant(lambda: [foldl(dense, image, matrices) for image in images], len(digits))


def children_time() -> float:
    """The processor time of the programs that this one has started."""
    return sum(getrusage(RUSAGE_CHILDREN)[:2])


def started(program: str) -> Callable[[], Any]:
    """A Python that runs a program and ends."""
    return partial(subprocess.run, [sys.executable, "-c", program], check=True)


def seconds(contestant: Contestant) -> float:
    """How long an example takes, once the garbage of before is gone."""
    gc.collect()
    if not contestant.collecting:
        gc.disable()
    start = contestant.clock()
    contestant.run()
    duration = contestant.clock() - start
    gc.enable()
    return duration / contestant.examples


ROWS: Final[list[Row]] = [
    ("definition ÷ for loops", truediv, "definition", "loops", "≤ 2"),
    ("definition ÷ vmap", truediv, "definition", "vmap", "≥ 4"),
    ("vmap ÷ sumprod alone", truediv, "vmap", "bare", "≤ 1.25"),
    ("Fraction ÷ Dyadic", truediv, "Fraction", "Dyadic", "> 1"),
    ("micrograd ÷ training", truediv, "micrograd", "training", "≥ 100"),
    ("the same, collecting", truediv, "micrograd collecting", "training collecting", "≥ 100"),
    ("import funcnn − pass, ms", lambda one, two: 1e3 * (one - two), "import", "pass", "≤ 120"),
]
"""What is printed: a name, what makes a figure of two contestants' times, these, and the target."""


def main() -> None:
    """Measure everything, and print the table."""
    field = contestants()
    rounds = []
    for index in range(ROUNDS):
        print(f"round {index + 1} of {ROUNDS}", end="\r", file=sys.stderr, flush=True)
        rounds.append({name: seconds(contestant) for name, contestant in field.items()})
    print(f"{'':26}{'median':>9}{'least':>9}{'greatest':>10}{'target':>10}")
    for name, figure, one, other, target in ROWS:
        figures = [figure(times[one], times[other]) for times in rounds]
        numbers = f"{median(figures):9.2f}{min(figures):9.2f}{max(figures):10.2f}"
        print(f"{name:26}{numbers}{target:>10}")


if __name__ == "__main__":
    main()
