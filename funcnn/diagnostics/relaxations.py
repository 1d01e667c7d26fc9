"""Relaxations: between which lines a ReLU network lies, on a box of inputs.

A ReLU network is given by its layers, matrices or AffineWeights, with relu between them. Over
intervals of floats what is found is proven, as every rounding goes outward; over intervals of
Fractions it is exact as well.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from funcnn.algebra.elementary import exceeds, relu
from funcnn.algebra.folds import foldl, foldr, int_of, length_of, scanl, zip_with, zipped
from funcnn.algebra.intervals import Interval, intersection
from funcnn.algebra.scalars import divide, lift, multiply, subtract
from funcnn.algebra.vectors import Vector, dot, matmul, rectangle
from funcnn.blocks.linears import AffineWeights, Projection, affine, biased, project

type Layers = Sequence[Projection[Any]]
"""Of a ReLU network, one at least."""

type Box = Vector[Interval[Any]]
"""Between which numbers each input may be."""


def preactivations(inputs: Vector[Any], layers: Layers) -> list[list[Any]]:
    """What each layer of a ReLU network gives before relu; over intervals, where that must lie.

    Haskell
        scanl (\\y w -> project (map relu y) w) (project inputs w) ws
                                                   w:ws = layers
    Source
        S. Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training
        Verifiably Robust Models", arXiv:1810.12715 (2018), equation 6

    >>> preactivations([1.0, 2.0], [[[1.0, -1.0], [1.0, 1.0]], [[1.0, 2.0]]])
    [[-1.0, 3.0], [6.0]]
    """
    first, *others = some_layers(layers)
    start = project(inputs, first)
    return [*scanl(lambda ys, weights: project([*map(relu, ys)], weights), start, others)]


def some_layers(layers: Layers) -> Layers:
    """The layers, once they are known to be a list with one at least.

    >>> some_layers([])
    Traceback (most recent call last):
    ValueError: there is no layer: give 1 or more
    """
    if not length_of(layers, "layers"):
        raise ValueError("there is no layer: give 1 or more")
    return layers


class Lines(NamedTuple):
    """Two lines that relu lies between: one through zero, and one above with an offset."""

    below: Any
    above: Any
    offset: Any


def relu_lines(low: Any, high: Any) -> Lines:
    """The lines between which relu lies from one number to another.

    The one above is relu's chord. Of those below, it is the one of slope 0 or 1 that leaves less
    between.

    Maths
        λ·z ≤ relu(z) ≤ κ·z + β                    low ≤ z ≤ high
        κ = high/(high − low), β = −κ·low, λ = [high > −low]                 low < 0 < high
    Source
        H. Zhang et al., "Efficient Neural Network Robustness Certification with General Activation
        Functions", NeurIPS 2018, arXiv:1811.00866, section 3.2

    >>> relu_lines(-1.0, 3.0), relu_lines(1.0, 3.0)
    (Lines(below=1.0, above=0.75, offset=0.75), Lines(below=1.0, above=1.0, offset=0.0))
    """
    zero, one = lift(0, low), lift(1, low)
    if not exceeds(high, 0):
        return Lines(zero, zero, zero)
    if not exceeds(0, low):
        return Lines(one, one, zero)
    slope = divide(high, subtract(high, low))
    return Lines(one if exceeds(high, -low) else zero, slope, -multiply(slope, low))


def minorant(layers: Layers, bounds: Sequence[Box]) -> AffineWeights[Any]:
    """An affine function of the inputs that the outputs of a ReLU network are nowhere below.

    Each hidden layer's relu is replaced by the line below where its coefficient is positive, by the
    line above where it is negative, from the last to the first. The bounds are those between which
    the preactivations of each hidden layer lie.

    Maths
        A·relu(z) ≥ (A⁺·λ − A⁻·κ)·z − A⁻·β         A = A⁺ − A⁻,  z = W·x + b
    Errors
        ValueError   there is not a bound for each preactivation
        TypeError    numbers mix, or are ints
    Laws
        minorant(f)(x) ≤ f(x) for all x whose preactivations lie within the bounds
    Source
        H. Zhang et al., "Efficient Neural Network Robustness Certification with General Activation
        Functions", NeurIPS 2018, arXiv:1811.00866, theorem 3.2; G. Singh et al., "An Abstract
        Domain for Certifying Neural Networks", POPL 2019

    >>> minorant([[[1.0]], [[-2.0]]], [[Interval(-1.0, 3.0)]])
    AffineWeights(matrix=[[-1.5]], bias=[-1.5])
    """
    *hidden, last = some_layers(layers)
    return foldr(_before, _with_bias(last), [*zipped(hidden, bounds, ("hidden layers", "bounds"))])


def _before(step: tuple[Projection[Any], Box], after: AffineWeights[Any]) -> AffineWeights[Any]:
    """what a function after a layer and its relu is of what the layer reads, at least"""
    layer, box = step
    like = after.bias[0]
    lines = [relu_lines(lift(x.low, like), lift(x.high, like)) for x in intervals(box)]
    rises = [[relu(a) for a in row] for row in after.matrix]
    falls = [[relu(-a) for a in row] for row in after.matrix]
    offsets = [dot(row, [-line.offset for line in lines]) for row in falls]
    matrix = [zip_with(_sloped, [*zipped(*pair)], lines) for pair in zipped(rises, falls)]
    return composed(AffineWeights(matrix, biased(after.bias, offsets)), layer)


def _sloped(parts: tuple[Any, Any], line: Lines) -> Any:
    rise, fall = parts
    return subtract(multiply(rise, line.below), multiply(fall, line.above))


def composed(after: Projection[Any], before: Projection[Any]) -> AffineWeights[Any]:
    """The affine function that is one after another.

    Maths
        A·(W·x + b) + c = A·W·x + (A·b + c)

    >>> composed(AffineWeights([[2.0]], [1.0]), AffineWeights([[3.0]], [5.0]))
    AffineWeights(matrix=[[6.0]], bias=[11.0])
    """
    (outer, bias), (inner, offset) = map(_with_bias, (after, before))
    return AffineWeights(matmul(outer, inner), affine(offset, AffineWeights(outer, bias)))


def _with_bias(layer: Projection[Any]) -> AffineWeights[Any]:
    if isinstance(layer, AffineWeights):
        return layer
    if not (rows := rectangle(layer, "row {}".format, "a layer")):
        raise ValueError("a layer has no row")
    return AffineWeights(layer, [lift(0, row[0]) for row in rows])


def intervals(box: Box) -> Box:
    """The box, once it is known to be one.

    Errors
        TypeError    a side of it is no Interval

    >>> intervals([0.5])
    Traceback (most recent call last):
    TypeError: side 0 of the box is a float, not an Interval
    """
    length_of(box, "the box")
    for index, side in enumerate(box):
        if not isinstance(side, Interval):
            raise TypeError(f"side {index} of the box is a {type(side).__name__}, not an Interval")
    return box


def least(function: AffineWeights[Any], box: Box) -> list[Any]:
    """The least values of an affine function on a box.

    Maths
        A⁺·low − A⁻·high + b

    >>> least(AffineWeights([[2.0, -1.0]], [0.5]), [Interval(0.0, 1.0), Interval(1.0, 3.0)])
    [-2.5]
    """
    like, sides = function.bias[0], intervals(box)
    ends = [lift(x.low, like) for x in sides] + [-lift(x.high, like) for x in sides]
    parts = [[*map(relu, row), *(relu(-a) for a in row)] for row in function.matrix]
    return project(ends, AffineWeights(parts, function.bias))


def tightened(box: Box, layers: Layers) -> list[list[Interval[Any]]]:
    """Where the preactivations of each layer must lie, by boxes and by lines: in what both say.

    Shapes
        box n, weights intervals too  →  a box for each layer
    Errors
        TypeError    a side of the box is no Interval, or a weight none
    Laws
        each lies in that of preactivations(box, layers)
    Source
        as of `minorant`

    >>> one = Interval(1.0, 1.0)
    >>> layers = [[[one], [-one]], [[one, one]]]
    >>> for method in preactivations, tightened:
    ...     print(*method([Interval(-1.0, 1.0)], layers)[-1])
    [0.0, 2.0]
    [0.0, 1.0]
    """

    def step(bounds: list[list[Interval[Any]]], depth: int) -> list[list[Interval[Any]]]:
        *before, last = layers[: depth + 1]
        if not before:
            return [project(intervals(box), last)]
        by_boxes = project([*map(relu, bounds[-1])], last)
        lows, highs = (least(minorant([*before, way], bounds), box) for way in _both_ways(last))
        by_lines = [Interval(low.low, (-high).high) for low, high in zipped(lows, highs)]
        return [*bounds, zip_with(intersection, by_boxes, by_lines)]

    return foldl(step, [], range(length_of(layers, "layers")))


def _both_ways(layer: Projection[Any]) -> tuple[Projection[Any], Projection[Any]]:
    matrix, bias = _with_bias(layer)
    return layer, AffineWeights([[-w for w in row] for row in matrix], [-b for b in bias])


def margins(layer: Projection[Any], cls: int) -> AffineWeights[Any]:
    """By how much the output of a class is larger than each other, as a layer in place of the last.

    Maths
        y_c − yⱼ                                   j ≠ c
    Errors
        ValueError   no output is the class's, or the layer is empty, or ragged
        TypeError    the class is no int

    >>> margins([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]], 0)
    AffineWeights(matrix=[[1.0, -1.0], [-1.0, -2.0]], bias=[0.0, 0.0])
    """
    rows = [[*row, b] for row, b in zipped(*_with_bias(layer))]
    if int_of(cls, "the class", 0) >= len(rows):
        raise ValueError(f"class {cls} is none of the {len(rows)} outputs")
    others = [zip_with(subtract, rows[cls], row) for j, row in enumerate(rows) if j != cls]
    return AffineWeights([row[:-1] for row in others], [row[-1] for row in others])


def is_proven(box: Box, layers: Layers, cls: int) -> bool:
    """Whether a class has a larger output than every other, for all inputs of a box, provably.

    Shapes
        box n, weights intervals too
    Errors
        those of `tightened` and of `margins`; and ValueError, if there is no layer
    Source
        as of `minorant`

    >>> layers = [[[Interval(1.0, 1.0)], [Interval(0.0, 0.0)]]]
    >>> is_proven([Interval(0.5, 2.0)], layers, 0), is_proven([Interval(0.0, 2.0)], layers, 0)
    (True, False)
    """
    *hidden, last = some_layers(layers)
    bounds, differences = tightened(intervals(box), hidden), margins(last, cls)
    by_boxes = project([*map(relu, bounds[-1])] if bounds else box, differences)
    open_ones = [i for i, margin in enumerate(by_boxes) if not margin.low > 0]
    left = AffineWeights(*([part[i] for i in open_ones] for part in differences))
    by_lines = least(minorant([*hidden, left], bounds), box) if open_ones else []
    return all(margin.low > 0 for margin in by_lines)
