"""Optimizers: the steps of calculus on trees of lists of floats, bit for bit.

On anything else, and where a step has an error, the definition runs.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from math import sqrt
from typing import Any, Final

from funcnn.algebra.folds import length_of
from funcnn.algebra.trees import Tree, rebuilt, zeros_like
from funcnn.calculus import optimizers
from funcnn.calculus.optimizers import Adam, Momentum, Sgd, decayed_bias
from funcnn.calculus.quasi_newton import Lbfgs, lbfgs
from funcnn.calculus.schedules import Schedule, at
from funcnn.calculus.states import State


def sgd(hyper: Sgd, state: State, gradient: Tree) -> State:
    """The state one step down the gradient: calculus' `sgd`.

    >>> sgd(Sgd(0.5), State([[1.0, 2.0], ()]), [[2.0, -2.0], ()])
    State(weights=[[0.0, 3.0], ()], step=1, memory=(), loss=None)
    """
    try:
        (rate,) = _numbers(state.step, hyper.rate)
        ws, gs = flattened(state.weights, gradient)
    except (TypeError, ValueError):
        return optimizers.sgd(hyper, state, gradient)
    return _after(state, [w + -rate * g for w, g in zip(ws, gs, strict=True)], state.memory)


def momentum(hyper: Momentum, state: State, gradient: Tree) -> State:
    """The state one step along a velocity: calculus' `momentum`.

    >>> momentum(Momentum(1.0, 0.5), State([4.0], memory=([1.0],)), [1.0])
    State(weights=[2.5], step=1, memory=([1.5],), loss=None)
    """
    try:
        rate, kept = _numbers(state.step, hyper.rate, hyper.momentum)
        (velocity,) = _remembered(state, lambda zeros: (zeros,))
        ws, gs, vs = flattened(state.weights, gradient, velocity)
    except (TypeError, ValueError):
        return optimizers.momentum(hyper, state, gradient)
    vs = [kept * v + g for v, g in zip(vs, gs, strict=True)]
    slopes = [kept * v + g for v, g in zip(vs, gs, strict=True)] if hyper.nesterov else vs
    moved = [w + -rate * slope for w, slope in zip(ws, slopes, strict=True)]
    return _after(state, moved, (shaped(vs, velocity),))


def adam(hyper: Adam, state: State, gradient: Tree) -> State:
    """The state one step along the gradients' mean, by their squares' root: calculus' `adam`.

    >>> adam(Adam(0.5, 0.5, 0.75, 0.0), State([1.0, 2.0]), [4.0, -0.25]).weights
    [0.5, 2.5]
    """
    try:
        return _adam(hyper, state, gradient)
    except (TypeError, ValueError, ArithmeticError):
        return optimizers.adam(hyper, state, gradient)


def _adam(hyper: Adam, state: State, gradient: Tree) -> State:
    schedules = hyper.rate, hyper.beta1, hyper.beta2, hyper.epsilon, hyper.weight_decay
    rate, beta1, beta2, epsilon, decay = _numbers(state.step, *schedules)
    mean, square, bias1, bias2 = _remembered(state, lambda zeros: (zeros, zeros, 1, 1))
    bias1, bias2 = decayed_bias(bias1, beta1, "beta1"), decayed_bias(bias2, beta2, "beta2")
    share1, share2, seen1, seen2 = 1 - beta1, 1 - beta2, 1 - bias1, 1 - bias2
    ws, gs, ms, vs = flattened(state.weights, gradient, mean, square)
    ms = [beta1 * m + share1 * g for m, g in zip(ms, gs, strict=True)]
    vs = [beta2 * v + share2 * (g * g) for v, g in zip(vs, gs, strict=True)]
    moved = [
        w + -rate * (m / seen1 / (sqrt(v / seen2) + epsilon) + decay * w)
        for w, m, v in zip(ws, ms, vs, strict=True)
    ]
    return _after(state, moved, (shaped(ms, mean), shaped(vs, square), bias1, bias2))


STEPS: Final[dict[type, Callable[[Any, State, Tree], State]]] = {
    Sgd: sgd,
    Momentum: momentum,
    Adam: adam,
    Lbfgs: lbfgs,
}
"""calculus' STEPS, with the fast ones."""


def flattened(*trees: Tree) -> list[list[float]]:
    """The leaves of trees of one form, a list for each.

    Errors
        TypeError    they are not trees of lists of floats, or not of one form

    >>> flattened([[1.0], (2.0, 3.0), ()], [[4.0], (5.0, 6.0), ()])
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    >>> flattened([1.0], [1])
    Traceback (most recent call last):
    TypeError: not all leaves are floats
    """
    flats: list[list[float]] = [[] for _ in trees]
    _gather(flats, trees)
    if not set[type]().union(*(map(type, flat) for flat in flats)) <= {float}:
        raise TypeError("not all leaves are floats")
    return flats


def _gather(flats: list[list[float]], trees: Sequence[Tree]) -> None:
    """each tree's leaves into its list; those of a matrix at once"""
    if not all(issubclass(kind, (list, tuple)) for kind in {*map(type, trees)}):
        raise TypeError("not all trees are lists")
    if len({*map(len, trees)}) > 1:
        raise TypeError("the trees differ in form")
    if not trees[0] or type(trees[0][0]) is float:
        for flat, tree in zip(flats, trees, strict=True):
            flat += tree
    elif _are_matrices(trees):
        for flat, tree in zip(flats, trees, strict=True):
            flat += chain.from_iterable(tree)
    else:
        for branches in zip(*trees, strict=True):
            _gather(flats, branches)


def _are_matrices(trees: Sequence[Tree]) -> bool:
    """whether they are lists of rows, of the same lengths, that begin with a float each"""
    rows = [*chain.from_iterable(trees)]
    return (
        {*map(type, rows)} == {list}
        and len({tuple(map(len, tree)) for tree in trees}) == 1
        and all(rows)
        and {type(row[0]) for row in rows} == {float}
    )


def shaped(numbers: Iterable[float], form: Tree) -> Tree:
    """Numbers in the form of a tree of lists of floats.

    >>> shaped([1.0, 2.0, 3.0], [[0.0], (0.0, 0.0), ()])
    [[1.0], (2.0, 3.0), ()]
    """
    left = iter(numbers)

    def taken(form: Tree) -> Tree:
        if form and type(form[0]) is float:
            return rebuilt(form, [*islice(left, len(form))])
        return rebuilt(form, [*map(taken, form)])

    return taken(form)


def _remembered(state: State, start: Callable[[Tree], tuple[Any, ...]]) -> Sequence[Any]:
    """the memory, of whatever form; at first, what starts at zeros like the weights"""
    memory: Sequence[Any] = state.memory
    return memory if length_of(memory, "the memory") else start(zeros_like(state.weights))


def _numbers(step: int, *schedules: Schedule) -> list[Any]:
    """the hyper-parameters at a step, if all are floats or ints"""
    found = [at(schedule, step) for schedule in schedules]
    if not {*map(type, found)} <= {int, float}:
        raise TypeError("not all hyper-parameters are floats")
    return found


def _after(state: State, weights: Iterable[float], memory: Any) -> State:
    return state._replace(
        weights=shaped(weights, state.weights), step=state.step + 1, memory=memory
    )
