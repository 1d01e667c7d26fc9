"""Modular addition: a table of sums with gaps, which a feature machine is to fill."""

from collections.abc import Callable, Sequence
from itertools import product
from math import fsum
from typing import Final, NamedTuple

from funcnn.algebra.folds import zip_with
from funcnn.algebra.keys import shuffled, split, uniform
from funcnn.algebra.vectors import Matrix, transpose
from funcnn.calculus.batches import Batch
from funcnn.diagnostics.kernel_machines import KernelMachine, outputs
from funcnn.diagnostics.scores import accuracy
from funcnn.diagnostics.spectra import spectral_norm
from funcnn.fast.floats import matmul

DRAWS: Final = 3
"""Of circulant blocks."""


class Table(NamedTuple):
    """Sums that are told, and the others, with what each is."""

    told: Batch
    asked: Sequence[list[float]]
    answers: Sequence[int]


class Filled(NamedTuple):
    """The share of the sums asked that a machine has right, and how far its metric is circulant."""

    right: float
    deviation: float
    """Of its lower block, the share that is not circulant."""
    mirrored: float
    """And of that block mirrored."""


def table_of_sums(key: int, modulus: int, share: float) -> Table:
    """All sums of two numbers below the modulus, a share of them told, the others asked.

    A sum's input is a one in the place of one number, and a one in that of the other.

    >>> told, asked, answers = table_of_sums(0, 2, 0.75)
    >>> len(told.inputs), len(asked), answers
    (3, 1, [1])
    """
    pairs = shuffled(key, [*product(range(modulus), repeat=2)])
    count = int(share * len(pairs))
    inputs = [_one_hot(a, modulus) + _one_hot(b, modulus) for a, b in pairs]
    sums = [(a + b) % modulus for a, b in pairs]
    targets = [_one_hot(s, modulus) for s in sums[:count]]
    return Table(Batch(inputs[:count], targets), inputs[count:], sums[count:])


def _one_hot(place: int, count: int) -> list[float]:
    return [float(index == place) for index in range(count)]


def filled_by(machine: KernelMachine, table: Table) -> Filled:
    """How a machine fills in a table of sums.

    >>> from funcnn.diagnostics.kernel_machines import Quadratic
    >>> table, unit = table_of_sums(0, 2, 0.75), [[0.0] * 4] * 4
    >>> filled_by(KernelMachine(Quadratic(), unit, table.asked, [[0.0, 1.0]]), table)
    Filled(right=0.0, deviation=0.0, mirrored=0.0)
    """
    block = lower_block(machine.metric)
    deviations = circulant_deviation(block), circulant_deviation(mirrored(block))
    return Filled(share_filled(machine, table), *deviations)


def share_filled(machine: KernelMachine, table: Table) -> float:
    """The share of the sums asked that a machine has right.

    >>> from funcnn.diagnostics.kernel_machines import Quadratic
    >>> table, unit = table_of_sums(0, 2, 0.75), [[1.0, 0.0, 0.0, 0.0]] * 4
    >>> machine = KernelMachine(Quadratic(), unit, table.asked, [[0.0, 1.0]])
    >>> outputs(machine, table.asked), share_filled(machine, table)
    ([[0.0, 4.0]], 1.0)
    """
    return accuracy(outputs(machine, table.asked, product=matmul), table.answers)


def circulant_deviation(matrix: Matrix[float]) -> float:
    """How much of a square matrix is not circulant: the share of its squares.

    Maths
        Σᵢₛ (mᵢ,ᵢ₊ₛ − m̄ₛ)²/Σᵢⱼ mᵢⱼ²                m̄ₛ the mean of the mᵢ,ᵢ₊ₛ, i + s modulo n;
                                                   of a matrix of zeros, 0
    Source
        N. Mallinar et al., "Emergence in Non-Neural Models: Grokking Modular Arithmetic via Average
        Gradient Outer Product", arXiv:2407.20199; there of variances, n times less

    >>> circulant_deviation([[3.0, 4.0], [4.0, 3.0]]), circulant_deviation([[3.0, 4.0], [4.0, 5.0]])
    (0.0, 0.030303030303030304)
    """
    rows = [[*row[index:], *row[:index]] for index, row in enumerate(matrix)]
    means = [fsum(column) / len(column) for column in transpose(rows)]
    squares = fsum(x * x for row in rows for x in row)
    off = [(x - mean) ** 2 for row in rows for x, mean in zip(row, means, strict=True)]
    return fsum(off) / squares if squares else 0.0


def lower_block(metric: Matrix[float]) -> list[list[float]]:
    """What a metric makes of the second number's places with the first's.

    >>> lower_block([[1.0, 2.0], [3.0, 4.0]])
    [[3.0]]
    """
    half = len(metric) // 2
    return [[*row[:half]] for row in metric[half:]]


def mirrored(matrix: Matrix[float]) -> list[list[float]]:
    """The matrix with its columns in the other order: of a circulant one, constant where a + b is.

    >>> mirrored([[1.0, 2.0], [3.0, 4.0]])
    [[2.0, 1.0], [4.0, 3.0]]
    """
    return [[*row[::-1]] for row in matrix]


def random_circulant(key: int, size: int) -> list[list[float]]:
    """A circulant matrix whose first row is drawn, less its mean, of spectral norm 1.

    >>> circulant_deviation(random_circulant(0, 5)) < 1e-30
    True
    """
    draws = uniform(key, size)
    mean = fsum(draws) / size
    row = [x - mean for x in draws]
    rows = [[*row[size - index :], *row[: size - index]] for index in range(size)]
    norm = spectral_norm(rows)
    return [[x / norm for x in row] for row in rows]


def block_metric(block: Matrix[float]) -> list[list[float]]:
    """A metric of two numbers' places that is positive semidefinite for a block of norm 1.

    Maths
        M = (A Bᵀ; B A),  A = I − 1·1ᵀ/n

    >>> block_metric([[0.0]])
    [[0.0, 0.0], [0.0, 0.0]]
    """
    size = len(block)
    own = [[float(i == j) - 1 / size for j in range(size)] for i in range(size)]
    return [
        *zip_with(lambda left, right: [*left, *right], own, transpose(block)),
        *zip_with(lambda left, right: [*left, *right], block, own),
    ]


def with_circulants(
    key: int, table: Table, fit: Callable[[Matrix[float]], KernelMachine]
) -> tuple[float, float]:
    """The mean share of sums filled in by metrics of circulant blocks drawn, and of them mirrored.

    >>> from functools import partial
    >>> from funcnn.diagnostics.kernel_machines import Gaussian, fitted
    >>> table = table_of_sums(0, 3, 0.5)
    >>> fit = partial(fitted, Gaussian(), examples=table.told, penalty=1.0)
    >>> all(0 <= share <= 1 for share in with_circulants(0, table, fit))
    True
    """
    blocks = [random_circulant(part, len(table.told.targets[0])) for part in split(key, DRAWS)]
    as_drawn, turned = (
        [share_filled(fit(block_metric(turn(block))), table) for block in blocks]
        for turn in (list, mirrored)
    )
    return fsum(as_drawn) / DRAWS, fsum(turned) / DRAWS
