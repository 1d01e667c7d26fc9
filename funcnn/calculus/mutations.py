"""Mutations: learning without a gradient, for weights that have none, as they are choices."""

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from funcnn.algebra.folds import bool_of, int_of, length_of
from funcnn.algebra.keys import fold_in, uniform
from funcnn.algebra.scalars import shown
from funcnn.algebra.trees import Tree, filled, is_leaf, leaves, rebuilt
from funcnn.calculus.states import State


@dataclass(frozen=True, slots=True)
class PointMutation:
    """Single-point mutation: what a weight may be, and whether neutral moves are kept."""

    values: Sequence[Any] = (0, 1)
    neutral: bool = True
    key: int = 0

    def __post_init__(self) -> None:
        length_of(self.values, "values")
        bool_of(self.neutral, "neutral")
        int_of(self.key, "key")


def point_mutation(
    hyper: PointMutation, state: State, loss: Callable[[Tree], Any], value: Any = None
) -> State:
    """The state after one weight is made another value, if the loss is not higher for it.

    Which weight and which value is drawn from the key and the step. A neutral move, which leaves
    the loss as it is, opens other moves; without them there are weights, none of them the best,
    that none leads on from. `value` is the loss of the state's weights, where it is known already.

    Haskell
        scanl (\\state _ -> pointMutation hyper state loss) start [1 ..]     (training)
    Maths
        w ← w′ if L(w′) ≤ L(w)                     if L(w′) < L(w), where no move is neutral
    Errors
        ValueError   those of `mutated`
    Laws
        L(point_mutation(hyper, state, L).weights) ≤ L(state.weights)
    Source
        S. Wolfram, "What's Really Going On in Machine Learning? Some Minimal Models" (2024)

    >>> from funcnn.algebra.folds import foldl
    >>> step = lambda state, _: point_mutation(PointMutation(), state, lambda w: abs(sum(w) - 2))
    >>> foldl(step, State([0, 0, 0, 0]), range(20))
    State(weights=[0, 0, 1, 1], step=20, memory=(), loss=None)
    """
    weights = mutated(fold_in(hyper.key, state.step), state.weights, hyper.values)
    before, after = loss(state.weights) if value is None else value, loss(weights)
    kept = after < before or (hyper.neutral and after == before)
    return state._replace(weights=weights if kept else state.weights, step=state.step + 1)


def mutated(key: int, weights: Tree, values: Sequence[Any] = (0, 1)) -> Tree:
    """The weights, one of them made another of the values; which one and which, the key decides.

    Errors
        ValueError   there are no weights, or not two values, or the weight is none of them
        TypeError    the values are no list

    >>> mutated(0, [[0, 0], ([0], 0)]), mutated(3, [1, 1, 1], (1, -1))
    ([[0, 0], ([1], 0)], [1, 1, -1])
    >>> mutated(0, [0.5])
    Traceback (most recent call last):
    ValueError: a weight is 0.5: give two or more values, that among them
    """
    places = _size(weights)
    if not places:
        raise ValueError("there are no weights to mutate")
    place, draw = uniform(key, 2)

    def other(leaf: Any) -> Any:
        others = _others(leaf, values)
        return others[int(draw * len(others))]

    return _changed(weights, int(place * places), other)


def change_map(loss: Callable[[Tree], Any], weights: Tree, values: Sequence[Any] = (0, 1)) -> Tree:
    """What the loss becomes if a weight alone is changed, for each of them: their derivative.

    Of more than two values, it is the lowest that the loss becomes.

    Maths
        mᵢ = min L(w with v for wᵢ)                over all values v ≠ wᵢ
    Shapes
        weights of any form  →  that form
    Errors
        ValueError   there are not two values, or a weight is none of them
        TypeError    the values are no list
    Laws
        where none is less than L(w), no point_mutation of w lowers the loss
    Source
        S. Wolfram, "What's Really Going On in Machine Learning? Some Minimal Models" (2024)

    >>> change_map(lambda weights: abs(sum(weights) - 2), [0, 1, 0])
    [0, 2, 0]
    """

    def lowest(place: int, leaf: Any) -> Any:
        others = _others(leaf, values)
        return min(loss(_changed(weights, place, lambda _: value)) for value in others)

    return filled(weights, (lowest(place, leaf) for place, leaf in enumerate(leaves(weights))))


def _others(leaf: Any, values: Sequence[Any]) -> list[Any]:
    """the values that a weight has not"""
    known = length_of(values, "values")
    others = [value for value in values if value != leaf]
    if not 0 < len(others) < known:
        raise ValueError(f"a weight is {shown(leaf)}: give two or more values, that among them")
    return others


def _size(tree: Tree) -> int:
    """how many leaves there are; of a list of ints, found at once"""
    if is_leaf(tree):
        return 1
    return len(tree) if {*map(type, tree)} == {int} else sum(map(_size, tree))


def _changed(tree: Tree, place: int, change: Callable[[Any], Any]) -> Tree:
    """the tree with the leaf at a place, counted from the left, changed"""
    if is_leaf(tree):
        return change(tree)
    starts = [*accumulate(map(_size, tree), initial=0)]
    index = bisect(starts, place) - 1
    branch = _changed(tree[index], place - starts[index], change)
    return rebuilt(tree, [*tree[:index], branch, *tree[index + 1 :]])
