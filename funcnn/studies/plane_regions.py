"""Plane regions: a network of two inputs, small enough that all about it is known exactly."""

from collections.abc import Generator
from fractions import Fraction
from typing import Any, Final, NamedTuple

from funcnn.algebra.elementary import relu
from funcnn.algebra.intervals import around, interval
from funcnn.algebra.keys import fold_in, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Vector
from funcnn.blocks.forms import form
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import activation, in_series, project_to
from funcnn.calculus.batches import Batch
from funcnn.calculus.optimizers import Adam
from funcnn.diagnostics.regions import linear_regions, nearest_change
from funcnn.diagnostics.relaxations import Layers, is_proven, preactivations
from funcnn.diagnostics.robustness import largest_radius
from funcnn.diagnostics.scores import predicted
from funcnn.studies.materials import learned, within

SQUARE: Final[Any] = tree_map(Fraction, [[-1, -1], [1, -1], [1, 1], [-1, 1]])
EXAMPLES: Final = 400
EPOCHS: Final = 20
HALVINGS: Final = 6


class Plane(NamedTuple):
    """Of a network of two inputs, its regions in the square, and what is known of some points."""

    regions: int
    points: list[tuple[Fraction, Fraction]]
    """By lines the largest radius tried that is proven; exactly, how far the nearest change is."""


def plane_network(key: int, units: int, points: int) -> Generator[float, None, Plane]:
    """A network learns whether two numbers are of one sign, and is then taken apart exactly.

    >>> next(plane_network(0, 2, 1)) < 0.01
    True
    """
    inputs = [[2 * x - 1 for x in uniform(fold_in(key, index), 2)] for index in range(EXAMPLES)]
    examples = Batch(inputs, [int(x * y > 0) for x, y in inputs])
    model = in_series(project_to(units, 2), activation(relu), project_to(2, units), inputs=form(2))
    start = initial_weights(key, model.weights)
    training = learned(model.network, Adam(0.02), start, examples, key=key, rounds=EPOCHS)
    state = yield from within(training, 0.0, 0.5)
    layers: Layers = tree_map(Fraction, state.weights[::2])
    known = list[tuple[Fraction, Fraction]]()
    for index, point in enumerate(tree_map(Fraction, inputs[:points])):
        yield 0.5 + 0.5 * index / points
        change = nearest_change(point, layers, SQUARE)
        if change:
            known.append((certified(point, layers), change.distance))
    return Plane(len(linear_regions(layers, SQUARE)), known)


def certified(point: Vector[Fraction], layers: Layers) -> Fraction:
    """The largest radius tried within which a network is proven to give a point's class.

    >>> certified([Fraction(1), Fraction(0)], tree_map(Fraction, [[[1, 0], [0, 1]]]))
    Fraction(31, 64)
    """
    proving = tree_map(interval, layers)
    cls = predicted(preactivations(point, layers)[-1])
    return largest_radius(
        lambda radius: is_proven([around(x, radius) for x in point], proving, cls or 0),
        Fraction(1),
        HALVINGS,
    )
