"""ReLU networks of small rational weights, boxes, and points in them: of a key, always the same."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from funcnn.algebra.intervals import Interval, around, interval
from funcnn.algebra.keys import fold_in, normal, split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.blocks.linears import AffineWeights

type Network = list[AffineWeights[Any]]
type Box = list[Interval[Any]]


def eighths(key: int, count: int) -> list[Fraction]:
    return [Fraction(round(8 * draw), 8) for draw in normal(key, count)]


def drawn(key: int, *sizes: int) -> Network:
    """Layers that take and give so many numbers."""
    layers = list[AffineWeights[Any]]()
    for index, (takes, gives) in enumerate(pairwise(sizes)):
        one, other = split(fold_in(key, index))
        numbers = eighths(one, takes * gives)
        rows = [numbers[start : start + takes] for start in range(0, takes * gives, takes)]
        layers.append(AffineWeights(rows, eighths(other, gives)))
    return layers


def box_of(key: int, size: int, radius: Fraction) -> Box:
    return [around(x, radius) for x in eighths(key, size)]


def proving(layers: Any) -> Any:
    """The weights as intervals."""
    return tree_map(interval, layers)


def square(side: int) -> list[list[Fraction]]:
    half = Fraction(side, 2)
    return [[-half, -half], [half, -half], [half, half], [-half, half]]


def points_of(box: Box, key: int = 0, count: int = 20) -> Iterator[list[Fraction]]:
    """All corners, the middle, and some points that are drawn."""
    yield from map(list, product(*((x.low, x.high) for x in box)))
    yield [(x.low + x.high) / 2 for x in box]
    for index in range(count):
        shares = uniform(fold_in(key, index), len(box))
        yield [
            x.low + Fraction(share) * (x.high - x.low) for x, share in zip(box, shares, strict=True)
        ]
