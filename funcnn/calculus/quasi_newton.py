"""Quasi-Newton: steps by a Hessian that is known only from how the gradient changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched, pairwise
from typing import Any, NamedTuple

from funcnn.algebra.elementary import absolute, exceeds, maximum
from funcnn.algebra.folds import foldl, int_of, length_of, map_accum_r, zipped
from funcnn.algebra.scalars import divide, multiply, subtract, total
from funcnn.algebra.trees import Tree, leaves, tree_map, tree_zip_with
from funcnn.calculus.directions import inner_product, moved
from funcnn.calculus.optimizers import remembered
from funcnn.calculus.schedules import Schedule, at
from funcnn.calculus.states import State


@dataclass(frozen=True, slots=True)
class Lbfgs:
    """Limited-memory BFGS, without a line search."""

    rate: Schedule = 1
    history: int = 10

    def __post_init__(self) -> None:
        int_of(self.history, "history", 1)


class CurvaturePair(NamedTuple):
    """A step between two points, how the gradient changed with it, and the two's inner product."""

    step: Tree
    change: Tree
    product: Any


def lbfgs(hyper: Lbfgs, state: State, gradient: Tree) -> State:
    """The state one step down the gradient, as an approximate inverse of the Hessian turns it.

    What is known of the Hessian is how the gradient changed in the last steps: so all gradients are
    to be of one function, of all examples, not of a batch each. There is no line search: the step
    is the rate times the direction; while no curvature is known, it is PyTorch's first, no longer
    than the rate. Memory: the last points and their gradients, in turn.

    Maths
        w ← w − rate·H·g                           w ← w − rate·g/max(1, Σ|gᵢ|) at first
        H of the steps s between points, and the gradients' changes y; pairs with s·y ≤ 0 are left
        out
    Errors
        ValueError   the gradient has not the weights' form, or the memory is another optimizer's
        TypeError    numbers mix
    Laws
        H·y == s for the last pair                                   over Fraction
    Source
        J. Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", Mathematics of
        Computation 35 (1980); D. Liu, J. Nocedal, "On the Limited Memory BFGS Method for Large
        Scale Optimization", Mathematical Programming 45 (1989), algorithm 2.1

    >>> from fractions import Fraction
    >>> first = lbfgs(Lbfgs(), State([Fraction(3)]), [Fraction(6)])      # of w², at 3
    >>> first.weights, lbfgs(Lbfgs(), first, [2 * first.weights[0]]).weights
    ([Fraction(2, 1)], [Fraction(0, 1)])
    """
    count = length_of(state.memory, "the memory")
    memory = remembered(state, *[state.weights] * (count + count % 2))
    points = [*batched(memory, 2), (state.weights, gradient)][-hyper.history - 1 :]
    pairs = curvature_pairs(points)
    rate = at(hyper.rate, state.step)
    sizes = [absolute(number) for number in leaves(gradient)]
    if sizes and not pairs:
        rate = divide(rate, maximum(1, total(sizes)))
    weights = moved(state.weights, -rate, inverse_product(pairs, gradient))
    kept = tuple(tree for point in points[-hyper.history :] for tree in point)
    return state._replace(weights=weights, step=state.step + 1, memory=kept)


def curvature_pairs(points: Iterable[tuple[Tree, ...]]) -> list[CurvaturePair]:
    """The pairs of points that follow one another, with their gradients; without those whose inner
    product is not positive.

    >>> curvature_pairs([([0.0], [1.0]), ([2.0], [5.0]), ([3.0], [4.0])])
    [CurvaturePair(step=[2.0], change=[4.0], product=8.0)]
    """
    differences = [
        [tree_zip_with(subtract, x, y) for x, y in zipped(after, before)]
        for before, after in pairwise(points)
    ]
    pairs = [
        CurvaturePair(step, change, inner_product(step, change)) for step, change in differences
    ]
    return [pair for pair in pairs if exceeds(pair.product, 0)]


def inverse_product(pairs: Sequence[CurvaturePair], gradient: Tree) -> Tree:
    """The inverse of a Hessian that has these curvatures, times a gradient, by two loops.

    Haskell
        mapAccumR over the pairs, then foldl over them and what it put out
    Maths
        H·g,  H ← (I − s·yᵀ/s·y)·H·(I − y·sᵀ/s·y) + s·sᵀ/s·y         for each pair
        H = (s·y/y·y)·I at first, of the last pair; of none, H = I
    Errors
        ValueError   the gradient has not the pairs' form
    Laws
        inverse_product(pairs, y) == s for the last pair             over Fraction
    Source
        J. Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", Mathematics of
        Computation 35 (1980); the scale s·y/y·y: D. Liu, J. Nocedal, "On the Limited Memory BFGS
        Method for Large Scale Optimization", Mathematical Programming 45 (1989)

    >>> inverse_product([CurvaturePair([2.0, 0.0], [4.0, 0.0], 8.0)], [4.0, 1.0])
    [2.0, 0.5]
    """

    def forth(slope: Tree, pair: CurvaturePair) -> tuple[Tree, Any]:
        share = divide(inner_product(pair.step, slope), pair.product)
        return moved(slope, -share, pair.change), share

    def back(slope: Tree, of_pair: tuple[CurvaturePair, Any]) -> Tree:
        pair, share = of_pair
        other = divide(inner_product(pair.change, slope), pair.product)
        return moved(slope, subtract(share, other), pair.step)

    if not pairs:
        return gradient
    slope, shares = map_accum_r(forth, gradient, pairs)
    last = pairs[-1]
    scale = divide(last.product, inner_product(last.change, last.change))
    return foldl(back, tree_map(lambda g: multiply(scale, g), slope), zipped(pairs, shares))
