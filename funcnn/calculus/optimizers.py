"""Optimizers: steps down a gradient.

An optimizer is a value, its hyper-parameters; its step is a function of them, of the state, and of
the gradient there. A hyper-parameter is a number of the weights' kind or an int, or a schedule of
such. What a step keeps for the next is the state's memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from funcnn.algebra.elementary import exceeds, sqrt
from funcnn.algebra.folds import bool_of, length_of
from funcnn.algebra.scalars import add, divide, multiply, shown, subtract
from funcnn.algebra.trees import Tree, tree_map, tree_zip_with, zeros_like
from funcnn.calculus.directions import moved
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
        weights=moved(state.weights, -at(hyper.rate, state.step), gradient),
        step=state.step + 1,
    )


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

    PyTorch's convention: a step's rate is multiplied with the whole velocity, also with what
    earlier gradients gave. In Sutskever's, each gradient keeps the rate of its own step. While the
    rate does not change, plain momentum is the same in both, and the weights of Nesterov's are here
    the points θ + μ·v at which Sutskever's takes the gradients. Memory: the velocity.

    Maths
        v ← μ·v + g                                v = 0 at first
        w ← w − rate·v                             Nesterov's: w ← w − rate·(μ·v + g)
    Errors
        ValueError   the gradient has not the weights' form, or the memory is another optimizer's
        TypeError    numbers mix
    Laws
        with μ = 0 the weights are sgd's
    Source
        B. Polyak, "Some Methods of Speeding up the Convergence of Iteration Methods", USSR
        Computational Mathematics and Mathematical Physics 4 (1964); Y. Nesterov, "A Method of
        Solving a Convex Programming Problem with Convergence Rate O(1/k²)", Soviet Mathematics
        Doklady 27 (1983), in the form of Y. Bengio, N. Boulanger-Lewandowski, R. Pascanu, "Advances
        in Optimizing Recurrent Networks", ICASSP 2013; I. Sutskever, J. Martens, G. Dahl,
        G. Hinton, "On the Importance of Initialization and Momentum in Deep Learning", ICML 2013

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

    velocity = onward(*remembered(state, zeros_like(state.weights)))
    slope = onward(velocity) if hyper.nesterov else velocity
    weights = moved(state.weights, -at(hyper.rate, state.step), slope)
    return state._replace(weights=weights, step=state.step + 1, memory=(velocity,))


def remembered(state: State, *starts: Tree) -> Sequence[Any]:
    """The state's memory, a part for each start and of its form; at first, the starts.

    Errors
        ValueError   the memory has other parts, or parts of another form
        TypeError    the memory is no list

    >>> remembered(State([1.0]), [0.0], 1)
    ([0.0], 1)
    >>> remembered(State([1.0], memory=([2.0], 5)), [0.0], 1)
    ([2.0], 5)
    >>> remembered(State([1.0], memory=([2.0], 5)), [0.0], [0.0])
    Traceback (most recent call last):
    ValueError: the memory is another optimizer's: the trees differ in form: int beside list
    """
    if not length_of(state.memory, "the memory"):
        return starts
    try:
        tree_zip_with(lambda part, _: part, state.memory, starts)
    except ValueError as error:
        raise ValueError(f"the memory is another optimizer's: {error}") from None
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

    Both are moving means that start at 0, and so are biased towards it; the bias correction divides
    them by the weight that the gradients have in them. The decay is AdamW's: it pulls the weights
    themselves, and is in neither mean. Memory: the two means, and the bias of each, which is the
    weight that the start still has in it.

    Maths
        m ← β₁·m + (1 − β₁)·g                      m = 0 at first
        v ← β₂·v + (1 − β₂)·g²                     v = 0 at first
        w ← w − rate·(m̂/(√v̂ + ε) + decay·w)        m̂ = m/(1 − ∏ₜ β₁),  v̂ = v/(1 − ∏ₜ β₂)
    Order
        In float, with ε = 0, a weight becomes NaN whose gradients were all 0.
    Errors
        ValueError   the gradient has not the weights' form, or the memory is another optimizer's,
                     or a β is below 0, or 1 or more
        TypeError    numbers mix, or have no root: of Fractions, Surds have
    Laws
        without a decay the first step is rate·g/(|g| + ε): rate, up or down, while ε is small
            beside g
    Source
        D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1;
        I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2,
        but that the decay is, as in PyTorch, times the rate

    >>> state = adam(Adam(0.5, 0.5, 0.75, 0.0), State([1.0, 2.0]), [4.0, -0.25])
    >>> state.weights, state.memory
    ([0.5, 2.5], ([2.0, -0.125], [4.0, 0.015625], 0.5, 0.75))
    """
    names = ("rate", "beta1", "beta2", "epsilon", "weight_decay")
    rate, beta1, beta2, epsilon, decay = (at(getattr(hyper, name), state.step) for name in names)
    zeros = zeros_like(state.weights)
    mean, square, bias1, bias2 = remembered(state, zeros, zeros, 1, 1)
    mean = moving_mean(beta1, mean, gradient)
    square = moving_mean(beta2, square, tree_map(lambda g: multiply(g, g), gradient))
    bias1, bias2 = decayed_bias(bias1, beta1, "beta1"), decayed_bias(bias2, beta2, "beta2")

    def direction(m: Any, v: Any) -> Any:
        root = sqrt(divide(v, subtract(1, bias2)))
        return divide(divide(m, subtract(1, bias1)), add(root, epsilon))

    slope = moved(tree_zip_with(direction, mean, square), decay, state.weights)
    weights = moved(state.weights, -rate, slope)
    return state._replace(weights=weights, step=state.step + 1, memory=(mean, square, bias1, bias2))


def moving_mean(beta: Any, mean: Tree, gradient: Tree) -> Tree:
    """The mean with a new gradient in it, which weighs 1 − β, and the rest β.

    >>> moving_mean(0.75, [1.0], [5.0])
    [2.0]
    """
    share = subtract(1, beta)
    return tree_zip_with(lambda m, g: add(multiply(beta, m), multiply(share, g)), mean, gradient)


def decayed_bias(bias: Any, beta: Any, name: str) -> Any:
    """The weight of a moving mean's start, after one more step: 1 before the first.

    Errors
        ValueError   β is below 0, or 1 or more: the mean would never change

    >>> decayed_bias(0.5, 0.5, "beta1")
    0.25
    >>> decayed_bias(1, 1.0, "beta1")
    Traceback (most recent call last):
    ValueError: beta1 is 1.0: give 0 or more, but less than 1
    """
    if exceeds(0, beta) or not exceeds(1, beta):
        raise ValueError(f"{name} is {shown(beta)}: give 0 or more, but less than 1")
    return multiply(bias, beta)
