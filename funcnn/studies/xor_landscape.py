"""Xor landscape: the critical points of a small network on XOR, found from random starts."""

from collections.abc import Generator, Sequence
from math import sumprod
from typing import Final, NamedTuple

from funcnn.algebra.elementary import tanh
from funcnn.algebra.keys import fold_in, normal
from funcnn.algebra.trees import filled, leaves
from funcnn.algebra.vectors import matmul
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import affine
from funcnn.calculus.directions import moved
from funcnn.calculus.losses import squared_error
from funcnn.calculus.regression import plus_identity, solve
from funcnn.diagnostics.landscapes import critical_index, hessian_matrix
from funcnn.fast.derivatives import hessian
from funcnn.fast.gradients import value_and_grad

NETWORK: Final = serial(layer(affine), elementwise(tanh), layer(affine))
FORM: Final = [([[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0]), (), ([[0.0, 0.0]], [0.0])]
XOR: Final = ([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [[-1.0], [1.0], [1.0], [-1.0]])

DECAY: Final = 0.01
"""Half the squared length of the weights, times this, is part of the loss: it sets critical points
apart, which without it lie in lines and planes, or at infinity."""

DESCENTS: Final = (0, 20, 60, 200, 600)
"""Steps of gradient descent before a search for a critical point, in turn."""

RATE: Final = 0.1
LEVEL: Final = 1e-9
"""A gradient no longer than this is taken for 0, and losses no farther apart for one."""


class LevelPoint(NamedTuple):
    """A critical point of the network: its loss, and in how many directions the loss falls."""

    loss: float
    directions: int


def level_points(key: int, searches: int) -> Generator[float, None, list[LevelPoint]]:
    """The critical points where searches end, each after a descent; on the way, how much is done.

    What ends where the gradient is not 0 is left out.

    >>> from funcnn.studies.findings import found
    >>> found(level_points(0, 1))
    [LevelPoint(loss=1.0..., directions=...)]
    """
    points = []
    for search in range(searches):
        weights = normal(fold_in(key, search), sum(1 for _ in leaves(FORM)))
        for _ in range(DESCENTS[search % len(DESCENTS)]):
            weights = moved(weights, -RATE, _loss_and_slope(weights)[1])
        weights = levelled(weights)
        loss, slope = _loss_and_slope(weights)
        if sumprod(slope, slope) <= LEVEL**2:
            points.append(LevelPoint(loss, critical_index(_curvature(weights))))
        yield (search + 1) / searches
    return points


def levelled(weights: list[float], steps: int = 60) -> list[float]:
    """Weights at which the network's gradient is 0, or as near as so many steps come.

    Maths
        w ← w − (H·H + ‖g‖²·I)⁻¹·H·g               Levenberg and Marquardt's, for least ‖g‖²
    Source
        N. Yamashita, M. Fukushima, "On the Rate of Convergence of the Levenberg–Marquardt Method",
        Computing Supplement 15 (2001), for the damping

    >>> from math import hypot
    >>> hypot(*_loss_and_slope(levelled([0.1] * 9))[1]) <= LEVEL
    True
    """
    for _ in range(steps):
        _, slope = _loss_and_slope(weights)
        length = sumprod(slope, slope)
        if length <= LEVEL**2:
            break
        curvature = _curvature(weights)
        square = plus_identity(matmul(curvature, curvature), length)
        step = solve(square, matmul(curvature, [[g] for g in slope]))
        weights = moved(weights, -1.0, [entry for (entry,) in step])
    return weights


def _loss_and_slope(weights: list[float]) -> tuple[float, list[float]]:
    """the network's loss with its decay, and the gradient, in a list as the weights are"""
    loss, gradient = value_and_grad(NETWORK, layer(squared_error), filled(FORM, weights), *XOR)
    slope: list[float] = moved([*leaves(gradient)], DECAY, weights)
    return loss + DECAY / 2 * sumprod(weights, weights), slope


def _curvature(weights: list[float]) -> list[list[float]]:
    """the Hessian of the loss with its decay"""
    tree = filled(FORM, weights)
    matrix = hessian_matrix(NETWORK, layer(squared_error), tree, *XOR, hessian=hessian)
    return plus_identity(matrix, DECAY)


def worse_minima(points: Sequence[LevelPoint]) -> float:
    """Of the times that a minimum was found, the share of those when it was not the best.

    >>> worse_minima([LevelPoint(0.5, 0), LevelPoint(1.0, 0), LevelPoint(2.0, 3)])
    0.5
    """
    losses = [point.loss for point in points if not point.directions]
    return sum(loss > min(losses) + LEVEL for loss in losses) / max(1, len(losses))
