"""The low-rank task: of twenty inputs three count, and who learns is not told which."""

from math import fsum
from typing import Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import normal, split
from funcnn.calculus.batches import Batch
from funcnn.diagnostics.kernel_machines import KernelMachine, outputs
from funcnn.fast.floats import matmul

INPUTS: Final = 20
THAT_COUNT: Final = (0, 1, 5)


class Fit(NamedTuple):
    """How far a machine is off on other examples, and how much of its metric is where it counts."""

    error: float
    """The mean squared error."""
    share: float
    """Of the metric's trace, what is on the inputs that count."""


def low_rank_examples(key: int, count: int) -> Batch:
    """So many draws of twenty inputs, and their targets.

    Maths
        y = x₀·x₁·[x₅ > 0]                         xᵢ ~ N(0, ¼)

    >>> [x], [[y]] = low_rank_examples(4, 1)
    >>> len(x), y == x[0] * x[1] * (x[5] > 0)
    (20, True)
    """
    inputs = [[x / 2 for x in normal(part, INPUTS)] for part in split(key, count)]
    return Batch(inputs, [[x[0] * x[1] * (x[5] > 0)] for x in inputs])


def fit_of(machine: KernelMachine, asked: Batch) -> Fit:
    """How well a machine does on examples.

    >>> from funcnn.diagnostics.kernel_machines import Quadratic
    >>> unit = [[float(i == j) for j in range(INPUTS)] for i in range(INPUTS)]
    >>> fit_of(KernelMachine(Quadratic(), unit, unit, [[0.0]] * INPUTS), Batch(unit, [[1.0]] * 20))
    Fit(error=1.0, share=0.15)
    """
    pairs = zipped(outputs(machine, asked.inputs, product=matmul), asked.targets)
    errors = [(y - target) ** 2 for [y], [target] in pairs]
    diagonal = [row[index] for index, row in enumerate(machine.metric)]
    on_those = fsum(diagonal[index] for index in THAT_COUNT)
    return Fit(fsum(errors) / len(errors), on_those / fsum(diagonal))
