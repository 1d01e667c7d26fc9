"""Digit radii: within which change of each pixel an answer is known to stay, or to turn."""

from math import inf
from typing import Any, Final, NamedTuple

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import foldl, zipped
from funcnn.algebra.intervals import Interval, around, interval
from funcnn.algebra.scalars import divide
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Vector
from funcnn.blocks.linears import dense
from funcnn.diagnostics.relaxations import is_proven, least, margins, minorant, preactivations
from funcnn.diagnostics.robustness import (
    Matrices,
    attacks,
    is_attacked,
    largest_radius,
    lipschitz_bound,
    lipschitz_radius,
)
from funcnn.diagnostics.scores import predicted

LIMIT: Final = 0.25
"""The largest radius that is tried; a pixel is from 0 to 1."""
HALVINGS: Final = 7
UNIT: Final = LIMIT / 2**HALVINGS


class Subject(NamedTuple):
    """A network foldl(dense, inputs, weights), as proofs read it."""

    weights: Matrices
    hidden: Matrices
    last: Any
    """Without its relu, which is as if one more output were 0: so it has one."""
    lipschitz: float


def subject(weights: Matrices) -> Subject:
    """A network as proofs read it.

    >>> subject([[[2.0]], [[1.0], [3.0]]]).last
    [[1.0], [3.0], [0.0]]
    """
    *hidden, last = weights
    return Subject(weights, hidden, [*last, [0.0] * len(last[0])], lipschitz_bound(weights))


class Radii(NamedTuple):
    """Of one digit: radii at which it is right, provably, and one at which an attack turns it."""

    norms: float
    boxes: float
    lines: float
    attack: float
    """Infinite, if none is found."""


def radii(network: Subject, image: Vector[float], label: int) -> Radii:
    """What is known of a digit; of one that is told wrongly as it is, all radii are 0.

    >>> radii(subject([[[1.0, 0.0], [0.0, 1.0]]]), [1.0, 0.75], 0)
    Radii(norms=0.124999..., boxes=0.123046875, lines=0.123046875, attack=0.126953125)
    """
    if predicted(foldl(dense, [*image], network.weights)) != label:
        return Radii(0.0, 0.0, 0.0, 0.0)
    boxes = by_boxes(network, image, label)
    lines = max(boxes, by_lines(network, image, label))
    return Radii(by_norms(network, image, label), boxes, lines, attacked(network, image, label))


def by_norms(network: Subject, image: Vector[float], label: int) -> float:
    """The radius of a cube in the ball in which the norms of the weights leave the class as it is.

    >>> by_norms(subject([[[1.0, 0.0], [0.0, 1.0]]]), [1.0, 0.5], 0)
    0.249999...
    """
    outputs = preactivations([*map(interval, image)], proving(network, label))[-1]
    margin = interval(min(output.low for output in outputs))
    ball = lipschitz_radius(margin, interval(network.lipschitz))
    cube: Interval[float] = divide(ball, sqrt(interval(float(len(image)))))
    return max(0.0, cube.low)


def proving(network: Subject, label: int) -> list[Any]:
    """The layers as intervals, which give by how much a class's output exceeds each other.

    >>> proving(subject([[[2.0]], [[1.0], [3.0]]]), 1)[-1].matrix[0]
    [Interval(low=2.0, high=2.0)]
    """
    hidden, last = tree_map(interval, (network.hidden, network.last))
    return [*hidden, margins(last, label)]


def by_boxes(network: Subject, image: Vector[float], label: int) -> float:
    """The largest radius tried within which the boxes of the margins prove the class.

    >>> by_boxes(subject([[[1.0, 0.0], [0.0, 1.0]]]), [1.0, 0.5], 0)
    0.248046875
    """
    layers = proving(network, label)

    def holds(radius: float) -> bool:
        outputs = preactivations([around(x, radius) for x in image], layers)[-1]
        return all(output.low > 0 for output in outputs)

    return largest_radius(holds, LIMIT, HALVINGS)


def by_lines(network: Subject, image: Vector[float], label: int) -> float:
    """The largest radius tried at which lines over floats have it, if over intervals it is proven.

    >>> by_lines(subject([[[1.0, 0.0], [0.0, 1.0]]]), [1.0, 0.5], 0)
    0.248046875
    """
    hidden, last = tree_map(interval, (network.hidden, network.last))
    layers = [*network.hidden, margins(network.last, label)]

    def seems(radius: float) -> bool:
        box = [around(x, radius) for x in image]
        bounds = preactivations(box, hidden) if hidden else []
        return all(margin > 0 for margin in least(minorant(layers, bounds), box))

    radius = largest_radius(seems, LIMIT, HALVINGS)
    box = [around(x, radius) for x in image]
    return radius if is_proven(box, [*hidden, last], label) else 0.0


def attacked(network: Subject, image: Vector[float], label: int) -> float:
    """The least radius tried at which a step along the gradient's signs turns the class, exactly.

    >>> attacked(subject([[[1.0, 0.0], [0.0, 1.0]]]), [1.0, 0.5], 0)
    inf
    """
    ways = attacks(network.weights, image, label)

    def stays(radius: float) -> bool:
        moved = ([x + radius * sign for x, sign in zipped(image, signs)] for signs in ways)
        return all(predicted(foldl(dense, xs, network.weights)) == label for xs in moved)

    radius = largest_radius(stays, LIMIT, HALVINGS) + UNIT
    found = radius <= LIMIT and is_attacked(network.weights, image, label, radius)
    return radius if found else inf
