"""Linear systems: regressions over rationals, solved in every way that there is."""

from collections.abc import Callable, Generator
from fractions import Fraction
from itertools import islice
from math import ceil, log, sqrt
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import foldl1
from funcnn.algebra.keys import split, uniform
from funcnn.algebra.trees import Tree, leaves, tree_map
from funcnn.algebra.vectors import Matrix, matmul, matvec, transpose
from funcnn.blocks.combinators import layer
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.linears import linear
from funcnn.blocks.models import in_series, project_to
from funcnn.calculus.batches import Batch
from funcnn.calculus.krylov import conjugate_gradients
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.pullbacks import grad, mean_loss
from funcnn.calculus.quasi_newton import Lbfgs
from funcnn.calculus.regression import least_squares, pseudo_inverse
from funcnn.calculus.second_order import NewtonKrylov, newton_krylov
from funcnn.calculus.states import State
from funcnn.diagnostics.eigenvalues import symmetric_eigen
from funcnn.diagnostics.spectra import rank
from funcnn.studies.materials import learned, within

ERROR: Final = layer(squared_error)
ROWS, COLUMNS, RANK, TARGETS = 12, 6, 4, 2

NEAR: Final = Fraction(1, 10**10)
"""The share of the way to the solution that gradient descent has left, when it is stopped."""


def rational_matrix(key: int, rows: int, columns: int) -> list[list[Fraction]]:
    """A matrix of whole numbers from −9 to 9, kept as rationals.

    >>> rational_matrix(0, 1, 2)
    [[Fraction(...), Fraction(...)]]
    """
    draws = [uniform(part, columns) for part in split(key, rows)]
    return [[Fraction(int(19 * draw) - 9) for draw in row] for row in draws]


class Regression(NamedTuple):
    """Inputs and targets of linear regression, and the weights that are best, exactly."""

    inputs: list[list[Fraction]]
    targets: list[list[Fraction]]
    best: list[list[Fraction]]


def regression(key: int) -> Regression:
    """Inputs 12×6 of rank 4, which have many best weights, and targets that none of them meets.

    >>> found = regression(0)
    >>> len(found.inputs), len(found.best), rank(found.inputs)
    (12, 2, 4)
    """
    left, right, aims = split(key, 3)
    inputs = matmul(rational_matrix(left, ROWS, RANK), rational_matrix(right, RANK, COLUMNS))
    targets = rational_matrix(aims, ROWS, TARGETS)
    return Regression(inputs, targets, least_squares(inputs, targets))


class Exact(NamedTuple):
    """What holds exactly of a regression, and in how many steps conjugate gradients end."""

    penrose: bool
    newton: bool
    residual_is_0: bool
    steps: int
    rank: int


def exactly(problem: Regression) -> Exact:
    """Whether the pseudo-inverse is one, one step of Newton–Krylov reaches the best weights, and
    conjugate gradients, too.

    >>> exactly(regression(0))
    Exact(penrose=True, newton=True, residual_is_0=True, steps=4, rank=4)
    """
    inputs, targets, best = problem
    inverse, square = pseudo_inverse(inputs), matmul(transpose(inputs), inputs)
    start = State([[Fraction(0)] * COLUMNS] * TARGETS)

    def slope(weights: Tree) -> Tree:
        return grad(layer(linear), ERROR, weights, inputs, targets)

    right = matvec(transpose(inputs), transpose(targets)[0])
    *before, last = conjugate_gradients(lambda v: matvec(square, v), right)
    solved = last.solution == best[0] and not any(last.residual)
    one_step = newton_krylov(NewtonKrylov(damping=0), start, slope).weights
    return Exact(
        is_pseudo_inverse(inputs, inverse), one_step == best, solved, len(before), rank(inputs)
    )


def is_pseudo_inverse(matrix: Matrix[Fraction], inverse: Matrix[Fraction]) -> bool:
    """Whether the four equations hold by which R. Penrose defines it.

    >>> is_pseudo_inverse([[Fraction(2)]], [[Fraction(1, 2)]]), is_pseudo_inverse([[2]], [[0]])
    (True, False)
    """
    one, other = matmul(matrix, inverse), matmul(inverse, matrix)
    return (
        matmul(one, matrix) == matrix
        and matmul(other, inverse) == inverse
        and transpose(one) == one
        and transpose(other) == other
    )


def residual_left(matrix: Matrix[Fraction], kind: Callable[[Fraction], Any]) -> float:
    """The largest size left of 1 − A·x after as many steps of conjugate gradients as A has rows, in
    numbers of a kind; the residual itself is exact.

    >>> residual_left([[Fraction(2)]], Fraction)
    0.0
    """
    numbers = tree_map(kind, matrix)
    steps = conjugate_gradients(lambda v: matvec(numbers, v), [kind(Fraction(1))] * len(matrix))
    *_, last = islice(steps, len(matrix) + 1)
    image = matvec(matrix, tree_map(Fraction, last.solution))
    return float(max(abs(1 - x) for x in image))


class Slope(NamedTuple):
    """How gradient descent from 0 went: steps, as many as the spectrum asks for, and what is left
    of the way to A⁺·b; and the loss of a network of two linear layers, above the least."""

    steps: int
    left: float
    excess: float


def descended_to_inverse(key: int, problem: Regression) -> Generator[float, None, Slope]:
    """Gradient descent from 0, at the rate that is best by the spectrum; and two linear layers.

    Maths
        ‖W − W⁺‖ ≤ ρᵏ·‖W⁺‖                         ρ = (λ₁ − λᵣ)/(λ₁ + λᵣ), of XᵀX, rank r

    >>> next(descended_to_inverse(0, regression(0))) > 0
    True
    """
    inputs, targets, best = tree_map(float, problem)
    values = symmetric_eigen(matmul(transpose(inputs), inputs)).values[:RANK]
    largest, least = values[0], values[-1]
    steps = ceil(log(NEAR) / log((largest - least) / (largest + least))) + 1
    examples, rate = Batch(inputs, targets), ROWS / (largest + least)
    start = [[0.0] * COLUMNS] * TARGETS
    straight = learned(
        layer(linear), Sgd(rate), start, examples, key=key, size=ROWS, rounds=steps, loss=ERROR
    )
    state = yield from within(straight, 0.0, 0.5)
    off = [(w - b) ** 2 for w, b in zip(leaves(state.weights), leaves(best), strict=True)]
    left = sqrt(sum(off) / sum(b * b for b in leaves(best)))
    deep = in_series(
        project_to(COLUMNS, COLUMNS, bias=False), project_to(TARGETS, COLUMNS, bias=False)
    )
    weights = tree_map(lambda x: x / sqrt(largest), initial_weights(key, deep.weights))
    run = learned(
        deep.network, Lbfgs(), weights, examples, key=key, size=ROWS, rounds=200, loss=ERROR
    )
    two = yield from within(run, 0.5, 1.0)
    product = foldl1(lambda one, after: matmul(after, one), tree_map(Fraction, two.weights))
    losses = [
        mean_loss(layer(linear), ERROR, w, problem.inputs, problem.targets)
        for w in (product, problem.best)
    ]
    return Slope(steps, left, float(losses[0] / losses[1] - 1))
