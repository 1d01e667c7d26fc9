"""Evolution: steps down a slope that is felt, from losses alone, without a derivative."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from funcnn.algebra.elementary import exceeds
from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.keys import fold_in, normal, split
from funcnn.algebra.scalars import divide, lift, multiply, shown, subtract
from funcnn.algebra.trees import Tree, filled, leaves, tree_map
from funcnn.calculus.directions import moved
from funcnn.calculus.pullbacks import tree_total
from funcnn.calculus.schedules import Schedule, at
from funcnn.calculus.states import State


@dataclass(frozen=True, slots=True)
class EvolutionStrategies:
    """Antithetic evolution strategies: each step tries so many pairs of weights, on either side of
    the state's, at normal draws of this deviation."""

    rate: Schedule
    deviation: Schedule
    pairs: int
    key: int = 0

    def __post_init__(self) -> None:
        int_of(self.pairs, "pairs", 1)
        int_of(self.key, "key")


def evolution_strategies(
    hyper: EvolutionStrategies, state: State, loss: Callable[[Tree], Any]
) -> State:
    """The state one step down an estimate of the gradient, drawn from the key and the step.

    The loss is a function of the weights; it need not have a derivative.

    Maths
        w ← w − rate·ĝ                             ĝ of `antithetic_gradient`, ε ~ N(0, 1)
    Errors
        ValueError   the deviation is not positive
        TypeError    numbers mix
    Source
        T. Salimans, J. Ho, X. Chen, S. Sidor, I. Sutskever, "Evolution Strategies as a Scalable
        Alternative to Reinforcement Learning", arXiv:1703.03864 (2017), algorithm 1

    >>> state, climber = State([3.0]), EvolutionStrategies(0.1, 0.01, pairs=20)
    >>> for _ in range(50):
    ...     state = evolution_strategies(climber, state, lambda w: w[0] * w[0])
    >>> abs(state.weights[0]) < 0.01
    True
    """
    keys = split(fold_in(hyper.key, state.step), hyper.pairs)
    draws = [gaussian(key, state.weights) for key in keys]
    deviation = at(hyper.deviation, state.step)
    slope = antithetic_gradient(loss, state.weights, draws, deviation)
    weights = moved(state.weights, -at(hyper.rate, state.step), slope)
    return state._replace(weights=weights, step=state.step + 1)


def antithetic_gradient(
    loss: Callable[[Tree], Any], weights: Tree, draws: Sequence[Tree], deviation: Any
) -> Tree:
    """An estimate of the gradient: the mean of directions, each times the slope that is felt along
    it, from one loss on either side.

    Maths
        ĝ = 1/n · Σᵢ (L(w + σ·εᵢ) − L(w − σ·εᵢ))/2σ · εᵢ
    Shapes
        draws n trees of the weights' form  →  a tree of that form       n ≥ 1
    Errors
        ValueError   there is no draw, or one has not the weights' form; or the deviation is not
                     positive
        TypeError    numbers mix
    Laws
        of a linear loss a·w it is 1/n · Σᵢ (a·εᵢ)·εᵢ, whatever w and σ: its mean is a
        of all n unit vectors, times n, it is the symmetric difference, of a quadratic the gradient

    >>> antithetic_gradient(lambda w: w[0] * w[1], [3.0, 5.0], [[1.0, 0.0], [0.0, 1.0]], 0.5)
    [2.5, 1.5]
    """
    if not length_of(draws, "draws"):
        raise ValueError("an estimate needs at least one draw")
    if not exceeds(deviation, 0):
        raise ValueError(f"the deviation is {shown(deviation)}: give more than 0")
    width = multiply(2 * len(draws), deviation)

    def share(draw: Tree) -> Tree:
        above, below = (loss(moved(weights, way, draw)) for way in (deviation, -deviation))
        slope = divide(subtract(above, below), width)
        return tree_map(lambda number: multiply(slope, number), draw)

    return tree_total(weights, [share(draw) for draw in draws])


def gaussian(key: int, weights: Tree) -> Tree:
    """A draw from the normal distribution for each of the weights, in their form and numbers.

    >>> gaussian(0, [1.0, (2.0, ())]) == gaussian(0, [3.0, (4.0, ())])
    True
    """
    numbers = [*leaves(weights)]
    return filled(weights, map(lift, normal(key, len(numbers)), numbers))
