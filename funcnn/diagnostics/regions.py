"""Regions: the pieces of a polygon on which a ReLU network is affine, counted exactly.

The network reads two numbers. Over Fraction each corner is exact, and nothing is lost between
pieces; over float a sliver may be.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import comb
from typing import Any, Final, Literal, NamedTuple

from funcnn.algebra.elementary import absolute, exceeds, maximum
from funcnn.algebra.folds import foldl, foldl1, int_of, zip_with, zipped
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract
from funcnn.algebra.vectors import Vector, dot, transpose
from funcnn.blocks.linears import AffineWeights, Projection, affine
from funcnn.diagnostics.relaxations import Layers, composed, margins, preactivations, some_layers
from funcnn.diagnostics.rotations import finite

type Point = Vector[Any]
type Corners = Sequence[Point]
"""Of a convex polygon, in their order around it."""

type Norm = Literal["max", "euclidean"]

NORMS: Final = Norm.__value__.__args__


class Region(NamedTuple):
    """A convex polygon, which hidden units are active in it, and what the network is there."""

    corners: Corners
    active: tuple[bool, ...]
    outputs: AffineWeights[Any]


def linear_regions(layers: Layers, corners: Corners) -> list[Region]:
    """The pieces into which a ReLU network cuts a convex polygon, by which hidden units are active.

    A unit that is 0 all over a piece is not active in it. Two pieces side by side may have the same
    outputs, where a later layer does not read what changes between them.

    Shapes
        layers 2→…→k, corners m×2                  m ≥ 3, and they span an area
    Errors
        ValueError   the layers do not go together, or the corners are less than 3, or not of two
                     finite numbers each, or span no area
        TypeError    numbers mix, or are ints
    Laws
        one hidden layer in general position, whose lines all meet inside: as many as most_regions
    Source
        G. Montúfar, R. Pascanu, K. Cho, Y. Bengio, "On the Number of Linear Regions of Deep Neural
        Networks", NeurIPS 2014

    >>> square = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
    >>> layers = [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0]]]
    >>> [region.active for region in linear_regions(layers, square)]
    [(True, True), (True, False), (False, True), (False, False)]
    """
    *hidden, last = some_layers(layers)
    one = lift(1, _polygon(corners)[0][0])
    zero = subtract(one, one)
    start = Region(corners, (), AffineWeights([[one, zero], [zero, one]], [zero, zero]))
    regions = foldl(_cut_by_layer, [start], hidden)
    return [region._replace(outputs=composed(last, region.outputs)) for region in regions]


def _polygon(corners: Corners) -> Corners:
    """the corners, once they are known to span an area"""
    first, *others = finite(corners, "the polygon")
    if len(first) != 2:
        raise ValueError(f"a corner is of 2 numbers, not of {len(first)}")
    ways = [_way(first, other) for other in others]
    if all(a * d == b * c for (a, b), (c, d) in pairwise(ways)):
        raise ValueError("the corners span no area: give 3 or more, not on one line")
    return corners


def _cut_by_layer(regions: Sequence[Region], layer: Projection[Any]) -> list[Region]:
    return [piece for region in regions for piece in _pieces(region, layer)]


def _pieces(region: Region, layer: Projection[Any]) -> list[Region]:
    """a region cut along the lines where a unit of the next layer is 0"""
    sums = composed(layer, region.outputs)
    whole: list[Part] = [(region.corners, ())]
    return [
        Region(corners, (*region.active, *active), _masked(sums, active))
        for corners, active in foldl(_cut, whole, zipped(*sums))
    ]


type Part = tuple[Corners, tuple[bool, ...]]


def _cut(parts: list[Part], unit: tuple[Vector[Any], Any]) -> list[Part]:
    row, bias = unit
    pieces = list[Part]()
    for corners, active in parts:
        values = [add(dot(row, corner), bias) for corner in corners]
        above = any(exceeds(value, 0) for value in values)
        if above:
            pieces.append((clipped(corners, values), (*active, True)))
        if not above or any(exceeds(0, value) for value in values):
            pieces.append((clipped(corners, [-value for value in values]), (*active, False)))
    return pieces


def _masked(sums: AffineWeights[Any], active: Sequence[bool]) -> AffineWeights[Any]:
    """relu where it is known which of its units are active"""
    rows = [[*row, bias] for row, bias in zipped(*sums)]
    kept = [[x if on else lift(0, x) for x in row] for row, on in zipped(rows, active)]
    return AffineWeights([row[:-1] for row in kept], [row[-1] for row in kept])


def clipped(corners: Corners, values: Vector[Any]) -> list[Point]:
    """The part of a convex polygon where an affine function, given at its corners, is not negative.

    Source
        I. Sutherland, G. Hodgman, "Reentrant Polygon Clipping", Communications of the ACM 17 (1974)

    >>> clipped([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]], [-1.0, 3.0, 3.0])
    [[1.0, 0.0], [4.0, 0.0], [0.0, 4.0], [0.0, 1.0]]
    """
    result, ends = list[Point](), [*zipped(corners, values)]
    for (p, at_p), (q, at_q) in zipped(ends, [*ends[1:], *ends[:1]]):
        if not exceeds(0, at_p):
            result.append(p)
        if exceeds(0, multiply(at_p, at_q)):
            result.append(_between(p, q, divide(at_p, subtract(at_p, at_q))))
    return result


def _between(p: Point, q: Point, share: Any) -> list[Any]:
    return zip_with(lambda x, y: add(x, multiply(share, subtract(y, x))), p, q)


def most_regions(hyperplanes: int, dimension: int) -> int:
    """Into how many pieces so many hyperplanes cut a space, if they are in general position.

    Maths
        Σₖ C(n, k)                                 k = 0, …, d
    Errors
        ValueError   a number is negative
        TypeError    it is no int
    Source
        T. Zaslavsky, "Facing up to Arrangements", Memoirs of the American Mathematical Society 154
        (1975)

    >>> most_regions(3, 2), most_regions(3, 5)
    (7, 8)
    """
    count, most = int_of(hyperplanes, "hyperplanes", 0), int_of(dimension, "dimension", 0)
    return sum(comb(count, k) for k in range(most + 1))


class Change(NamedTuple):
    """The nearest point at which another class is as likely: how far it is, and which class."""

    distance: Any
    """By the Euclidean norm, its square, which is rational."""
    point: Point
    cls: int


def nearest_change(
    inputs: Point, layers: Layers, corners: Corners, *, norm: Norm = "max"
) -> Change | None:
    """The nearest point of a convex polygon where another output is as large as the inputs' class.

    The inputs are in the polygon. None if there is no such point, as of a single output. It is
    looked for in each linear region: there it is one of an edge of the part where the other output
    is not smaller.

    Settings
        norm   "max" for the largest change of a number, "euclidean" for the square of its length
    Errors
        ValueError   there is no such norm, or an input, or an output, is not finite
        and those of `linear_regions`
    Laws
        certified radius ≤ nearest_change.distance, by "max"; no other change is nearer

    >>> square = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
    >>> nearest_change([0.5, 0.0], [[[1.0, 0.0], [0.0, 1.0]]], square)
    Change(distance=0.25, point=[0.25, 0.25], cls=1)
    """
    if norm not in NORMS:
        raise ValueError(f"no norm {norm!r}: use one of {NORMS}")
    (point,) = finite([inputs], "the inputs")
    (outputs,) = finite([preactivations(point, layers)[-1]], "the outputs")
    regions, cls = linear_regions(layers, corners), outputs.index(max(outputs))
    for other, output in enumerate(outputs):
        if other != cls and not exceeds(outputs[cls], output):
            return Change(subtract(output, output), inputs, other)
    changes = [change for region in regions for change in _changes(inputs, region, cls, norm)]
    return min(changes, key=lambda change: change.distance, default=None)


def _changes(inputs: Point, region: Region, cls: int, norm: Norm) -> Iterator[Change]:
    """the nearest point on each edge of the parts of a region where another class is as likely"""
    differences = margins(region.outputs, cls)
    if not differences.bias:
        return
    columns = transpose([affine(corner, differences) for corner in region.corners])
    for place, column in enumerate(columns):
        part = clipped(region.corners, [-value for value in column])
        for p, q in zipped(part, [*part[1:], *part[:1]]):
            point = min(_candidates(inputs, p, q, norm), key=lambda y: _size(inputs, y, norm))
            yield Change(_size(inputs, point, norm), point, place + (place >= cls))


def _candidates(inputs: Point, p: Point, q: Point, norm: Norm) -> list[Point]:
    """the ends of an edge, and the points between at which its distance may be least"""
    (x, y), way = _way(inputs, p), _way(p, q)
    a, b = way
    quotients = [(-dot([x, y], way), dot(way, way))]
    if norm == "max":
        quotients = [(subtract(y, x), subtract(a, b)), (-add(x, y), add(a, b))]
    shares = [divide(n, d) for n, d in quotients if d != 0]
    inner = [share for share in shares if exceeds(share, 0) and exceeds(1, share)]
    return [p, q, *(_between(p, q, share) for share in inner)]


def _way(p: Point, q: Point) -> list[Any]:
    return zip_with(subtract, q, p)


def _size(p: Point, q: Point, norm: Norm) -> Any:
    way = _way(p, q)
    return dot(way, way) if norm == "euclidean" else foldl1(maximum, [*map(absolute, way)])
