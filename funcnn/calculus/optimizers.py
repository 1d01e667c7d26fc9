"""Optimizers: steps down a gradient.

An optimizer is a value, its hyper-parameters; its step is a function of them, of the state, and of
the gradient there. A hyper-parameter is a number of the weights' kind or an int, or a schedule of
such. What a step keeps for the next is the state's memory.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched, pairwise
from typing import Any, Final, NamedTuple

from funcnn.algebra.elementary import absolute, maximum, sqrt
from funcnn.algebra.folds import bool_of, foldl, int_of, length_of, map_accum_r, zipped
from funcnn.algebra.scalars import add, divide, multiply, shown, subtract, total
from funcnn.algebra.trees import Tree, leaves, tree_map, tree_zip_with, zeros_like
from funcnn.calculus.directions import exceeds, inner_product, moved
from funcnn.calculus.schedules import Schedule, at
from funcnn.calculus.states import State


@dataclass(frozen=True, slots=True)
class Sgd:
    """Gradient descent; stochastic, as the gradient is that of a batch."""

    rate: Schedule


def sgd(hyper: Sgd, state: State, gradient: Tree) -> State:
    """The state one step down the gradient.

    Maths
        w ← w − rate·g
    Errors
        ValueError   the gradient has not the weights' form
        TypeError    numbers mix
    Source
        H. Robbins, S. Monro, "A Stochastic Approximation Method", Annals of Mathematical
        Statistics 22 (1951)

    >>> sgd(Sgd(0.5), State([[1.0, 2.0], ()]), [[2.0, -2.0], ()])
    State(weights=[[0.0, 3.0], ()], step=1, memory=(), loss=None)
    """
    return state._replace(
        weights=descended(state.weights, at(hyper.rate, state.step), gradient),
        step=state.step + 1,
    )


def descended(weights: Tree, rate: Any, slope: Tree) -> Tree:
    """The weights less their slope times the rate.

    Errors
        ValueError   the slope has not the weights' form
        TypeError    numbers mix

    >>> descended([1.0, ()], 0.5, [4.0, ()])
    [-1.0, ()]
    """
    return tree_zip_with(lambda w, g: subtract(w, multiply(rate, g)), weights, slope)


@dataclass(frozen=True, slots=True)
class Momentum:
    """Gradient descent with a velocity."""

    rate: Schedule
    momentum: Schedule = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        bool_of(self.nesterov, "nesterov")


def momentum(hyper: Momentum, state: State, gradient: Tree) -> State:
    """The state one step along a velocity, to which each gradient adds, and which dies down.

    PyTorch's convention: a rate is multiplied with the whole velocity, also with what gradients
    before it gave. In Sutskever's, whose velocity is −rate times ours, each gradient keeps the rate
    of its own step: the same, while the rate is. Memory: the velocity.

    Maths
        v ← μ·v + g                                v = 0 at first
        w ← w − rate·v                             Nesterov's: w ← w − rate·(μ·v + g)
    Errors
        ValueError   the gradient has not the weights' form, or the memory is another optimizer's
        TypeError    numbers mix
    Laws
        with μ = 0 it is sgd
    Source
        B. Polyak, "Some Methods of Speeding up the Convergence of Iteration Methods", USSR
        Computational Mathematics and Mathematical Physics 4 (1964), equation 9; Y. Nesterov, "A
        Method of Solving a Convex Programming Problem with Convergence Rate O(1/k²)", Soviet
        Mathematics Doklady 27 (1983), in the form of I. Sutskever, J. Martens, G. Dahl, G. Hinton,
        "On the Importance of Initialization and Momentum in Deep Learning", ICML 2013

    >>> first = momentum(Momentum(1.0, 0.5), State([4.0]), [1.0])
    >>> first
    State(weights=[3.0], step=1, memory=([1.0],), loss=None)
    >>> momentum(Momentum(1.0, 0.5), first, [1.0]).weights
    [1.5]
    >>> momentum(Momentum(1.0, 0.5, nesterov=True), State([4.0]), [1.0]).weights
    [2.5]
    """
    kept = at(hyper.momentum, state.step)

    def onward(velocity: Tree) -> Tree:
        return tree_zip_with(lambda v, g: add(multiply(kept, v), g), velocity, gradient)

    velocity = onward(*remembered(state, zeros_like))
    slope = onward(velocity) if hyper.nesterov else velocity
    weights = descended(state.weights, at(hyper.rate, state.step), slope)
    return state._replace(weights=weights, step=state.step + 1, memory=(velocity,))


def remembered(state: State, *starts: Callable[[Tree], Any]) -> Sequence[Any]:
    """What an optimizer keeps: the state's memory; before there is any, what the weights start it.

    Errors
        ValueError   the memory has more or fewer parts than that

    >>> remembered(State([1.0]), zeros_like, len)
    [[0.0], 1]
    >>> remembered(State([1.0], memory=([2.0], 5)), zeros_like, len)
    ([2.0], 5)
    >>> remembered(State([1.0], memory=([2.0], 5)), zeros_like)
    Traceback (most recent call last):
    ValueError: the memory has length 2, not 1: it is another optimizer's
    """
    if not length_of(state.memory, "the memory"):
        return [start(state.weights) for start in starts]
    if len(state.memory) != len(starts):
        lengths = f"length {len(state.memory)}, not {len(starts)}"
        raise ValueError(f"the memory has {lengths}: it is another optimizer's")
    memory: Sequence[Any] = state.memory
    return memory


@dataclass(frozen=True, slots=True)
class Adam:
    """Adaptive moments; with a weight decay, AdamW."""

    rate: Schedule = 0.001
    beta1: Schedule = 0.9
    beta2: Schedule = 0.999
    epsilon: Schedule = 1e-8
    weight_decay: Schedule = 0


def adam(hyper: Adam, state: State, gradient: Tree) -> State:
    """The state one step along the gradients' mean, divided by the root of their squares' mean.

    Both are moving means, that start at 0; divided by what they have weighed so far, they are
    unbiased. The decay is AdamW's: it pulls the weights themselves, and is in neither mean. Memory:
    the two means, and what is left in each of the weight of its start.

    Maths
        m ← β₁·m + (1 − β₁)·g                      m = 0 at first
        v ← β₂·v + (1 − β₂)·g²                     v = 0 at first
        w ← w − rate·(m̂/(√v̂ + ε) + decay·w)        m̂ = m/(1 − ∏ₜ β₁),  v̂ = v/(1 − ∏ₜ β₂)
    Errors
        ValueError   the gradient has not the weights' form, or the memory is another optimizer's,
                     or a β is not less than 1
        TypeError    numbers mix, or have no root: of Fractions, Surds have
    Laws
        the first step is rate·g/(|g| + ε): rate, up or down, while ε is small beside g
    Source
        D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1;
        I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2,
        where the decay is PyTorch's, times the rate

    >>> state = adam(Adam(0.5, 0.5, 0.75, 0.0), State([1.0, 2.0]), [4.0, -0.25])
    >>> state.weights, state.memory
    ([0.5, 2.5], ([2.0, -0.125], [4.0, 0.015625], 0.5, 0.75))
    """
    names = ("rate", "beta1", "beta2", "epsilon", "weight_decay")
    rate, beta1, beta2, epsilon, decay = (at(getattr(hyper, name), state.step) for name in names)
    mean, square, left1, left2 = remembered(state, zeros_like, zeros_like, whole, whole)
    mean = moving_mean(beta1, mean, gradient)
    square = moving_mean(beta2, square, tree_map(lambda g: multiply(g, g), gradient))
    left1, left2 = left_of(left1, beta1, "beta1"), left_of(left2, beta2, "beta2")

    def direction(m: Any, v: Any) -> Any:
        root = sqrt(divide(v, subtract(1, left2)))
        return divide(divide(m, subtract(1, left1)), add(root, epsilon))

    slope = moved(tree_zip_with(direction, mean, square), decay, state.weights)
    weights = descended(state.weights, rate, slope)
    return state._replace(weights=weights, step=state.step + 1, memory=(mean, square, left1, left2))


def whole(weights: Tree) -> int:
    """What is left of the weight of a moving mean's start, before there is a gradient in it: all.

    >>> whole([2.0])
    1
    """
    return 1


def moving_mean(beta: Any, mean: Tree, gradient: Tree) -> Tree:
    """The mean with a new gradient in it, which weighs 1 − β, and the rest β.

    >>> moving_mean(0.75, [1.0], [5.0])
    [2.0]
    """
    share = subtract(1, beta)
    return tree_zip_with(lambda m, g: add(multiply(beta, m), multiply(share, g)), mean, gradient)


def left_of(left: Any, beta: Any, name: str) -> Any:
    """What is left in a moving mean, after one more step, of the weight of its start.

    Errors
        ValueError   β is not less than 1: it would weigh nothing else

    >>> left_of(0.5, 0.5, "beta1")
    0.25
    >>> left_of(1, 1.0, "beta1")
    Traceback (most recent call last):
    ValueError: beta1 is 1.0: give less than 1
    """
    if not exceeds(1, beta):
        raise ValueError(f"{name} is {shown(beta)}: give less than 1")
    return multiply(left, beta)


@dataclass(frozen=True, slots=True)
class Lbfgs:
    """Limited-memory BFGS, without a line search."""

    rate: Schedule = 1
    history: int = 10

    def __post_init__(self) -> None:
        int_of(self.history, "history", 1)


class Curvature(NamedTuple):
    """A step between two points, how the gradient changed with it, and the two's inner product."""

    step: Tree
    change: Tree
    product: Any


def lbfgs(hyper: Lbfgs, state: State, gradient: Tree) -> State:
    """The state one step down the gradient, times an inverse of the Hessian that past steps tell.

    The gradients are to be those of one function: of all examples, not of a batch each. There is no
    line search: the step is the rate times the direction; while no curvature is known, it is
    PyTorch's first, no longer than the rate. Memory: the last points and their gradients, in turn.

    Maths
        w ← w − rate·H·g                           w ← w − rate·g/max(1, Σ|gᵢ|) at first
        H of the steps s between points, and the gradients' changes y; pairs with s·y ≤ 0 are left
        out
    Errors
        ValueError   the gradient has not the weights' form
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
    points = [*batched(state.memory, 2), (state.weights, gradient)][-hyper.history - 1 :]
    pairs = curvatures(points)
    rate = at(hyper.rate, state.step)
    sizes = [absolute(number) for number in leaves(gradient)]
    if sizes and not pairs:
        rate = divide(rate, maximum(1, total(sizes)))
    weights = descended(state.weights, rate, inverse_product(pairs, gradient))
    memory = tuple(tree for point in points[-hyper.history :] for tree in point)
    return state._replace(weights=weights, step=state.step + 1, memory=memory)


def curvatures(points: Iterable[tuple[Tree, ...]]) -> list[Curvature]:
    """What each two points in a row, with their gradients, tell; left out where that is no positive
    curvature.

    >>> curvatures([([0.0], [1.0]), ([2.0], [5.0]), ([3.0], [4.0])])
    [Curvature(step=[2.0], change=[4.0], product=8.0)]
    """
    differences = [
        [tree_zip_with(subtract, x, y) for x, y in zipped(after, before)]
        for before, after in pairwise(points)
    ]
    pairs = [Curvature(step, change, inner_product(step, change)) for step, change in differences]
    return [pair for pair in pairs if exceeds(pair.product, 0)]


def inverse_product(pairs: Sequence[Curvature], gradient: Tree) -> Tree:
    """The inverse of a Hessian that has these curvatures, times a gradient: the two-loop recursion.

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
        Computation 35 (1980), section 4

    >>> inverse_product([Curvature([2.0, 0.0], [4.0, 0.0], 8.0)], [4.0, 1.0])
    [2.0, 0.5]
    """

    def forth(slope: Tree, pair: Curvature) -> tuple[Tree, Any]:
        share = divide(inner_product(pair.step, slope), pair.product)
        return moved(slope, -share, pair.change), share

    def back(slope: Tree, of_pair: tuple[Curvature, Any]) -> Tree:
        pair, share = of_pair
        other = divide(inner_product(pair.change, slope), pair.product)
        return moved(slope, subtract(share, other), pair.step)

    if not pairs:
        return gradient
    slope, shares = map_accum_r(forth, gradient, pairs)
    last = pairs[-1]
    scale = divide(last.product, inner_product(last.change, last.change))
    return foldl(back, tree_map(lambda g: multiply(scale, g), slope), zipped(pairs, shares))


STEPS: Final[dict[type, Callable[[Any, State, Tree], State]]] = {
    Sgd: sgd,
    Momentum: momentum,
    Adam: adam,
    Lbfgs: lbfgs,
}
"""From the class of an optimizer to its step, of those that go by the gradient at the weights."""
