"""Floats: kernels over a batch of them by math.sumprod; ints and dyadics go in lanes.

Each is equal to its definition over ints and dyadics, and over floats within the certificate of any
order of summation. A representation of the weights multiplies in its own way. On anything else the
definition runs. Where the definition raises, the kernel raises.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from math import nan, sumprod
from operator import add
from typing import Any, Final

from funcnn.algebra import elementary, vectors
from funcnn.algebra.duals import Dual
from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.folds import length_of, pair_of, zipped
from funcnn.algebra.trees import Tree, rebuilt, tree_map
from funcnn.algebra.vectors import Matrix, Vector, transpose
from funcnn.blocks import combinators, linears
from funcnn.blocks.linears import AffineWeights, Projection
from funcnn.calculus.rules import elementwise_rule
from funcnn.fast import duals, exact
from funcnn.fast.rows import are_float_lists, is_representation, kind_of
from funcnn.fast.trees import at_float_lists

KINDS: Final = (int, float, Fraction, Dyadic)
"""The numbers of which all in a batch are of one kind if their types are one."""


def matmul(left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    """The product of two matrices: algebra's `matmul`.

    >>> matmul([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.5, 1.0]])
    [[2.0, 2.0], [5.0, 4.0]]
    """
    if is_representation(left):
        return vectors.matmul(left, right)
    kinds = {kind_of(left), kind_of(right)}
    if kinds <= {float, Dual} and len(left[0]) == len(right):
        columns = [*zip(*right, strict=True)]
        found = _products(left, columns) if kinds == {float} else duals.products(left, columns)
        if found is not None:
            return found
    return exact.matmul(left, right)


def linear(xs: Sequence[Vector[Any]], weights: Matrix[Any]) -> list[list[Any]]:
    """The weighted sums of each of a batch of inputs: blocks' `linear` of each.

    >>> linear([[1.0, 2.0], [0.0, 1.0]], [[0.5, 0.25], [1.0, -1.0]])
    [[1.0, -1.0], [0.25, -1.0]]
    """
    kind = kind_of(xs, weights)
    if kind is float:
        return _products(xs, weights)
    found = duals.products(xs, weights)
    if found is not None:
        return found
    packs = kind in (int, Dyadic) or (is_representation(weights) and kind_of(xs) in KINDS)
    if packs and len(xs) and len(weights):
        return transpose(matmul(weights, transpose(xs)))
    length_of(xs, "xs")
    return [linears.linear(x, weights) for x in xs]


def affine(xs: Sequence[Vector[Any]], weights: AffineWeights[Any]) -> list[list[Any]]:
    """The weighted sums of each of a batch of inputs, with the bias: blocks' `affine` of each.

    >>> affine([[1.0, 2.0]], AffineWeights([[0.5, 0.25], [1.0, -1.0]], [10.0, 0.0]))
    [[11.0, -1.0]]
    """
    matrix, bias = pair_of(weights, "weights (matrix, bias)")
    if kind_of(xs) is not object:
        return biased(linear(xs, matrix), bias)
    length_of(xs, "xs")
    return [linears.affine(x, weights) for x in xs]


def project(xs: Sequence[Vector[Any]], weights: Projection[Any]) -> list[list[Any]]:
    """The weighted sums of each of a batch of inputs: blocks' `project` of each.

    >>> project([[1.0, 2.0], [0.0, 1.0]], [[0.5, 0.25]])
    [[1.0], [0.25]]
    """
    if isinstance(weights, AffineWeights):
        return affine(xs, weights)
    return linear(xs, weights)


def biased(sums: Matrix[Any], bias: Vector[Any]) -> list[list[Any]]:
    """Each of a batch of sums with the bias: blocks' `biased` of each.

    >>> biased([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0])
    [[11.0, 22.0], [13.0, 24.0]]
    """
    if kind_of([bias], sums) in (float, int):
        return [[*map(add, row, bias)] for row in sums]
    return [linears.biased(row, bias) for row in sums]


def dense(xs: Sequence[Vector[Any]], weights: Matrix[Any]) -> list[list[Any]]:
    """The weighted sums of each of a batch of inputs, kept where positive: the sketch of each.

    >>> dense([[1.0, 2.0], [0.0, 1.0]], [[0.5, 0.25], [1.0, -1.0]])
    [[1.0, 0.0], [0.25, 0.0]]
    """
    return relu(linear(xs, weights))


def relu(xs: Sequence[Any], weights: Any = ()) -> list[Any]:
    """Each of a batch, its numbers kept where they are positive.

    >>> relu([[1.0, -2.0], [-0.0, 3.0]])
    [[1.0, 0.0], [0.0, 3.0]]
    """
    return [_kept(x) for x in xs]


def _kept(tree: Tree) -> Tree:
    if type(tree) is not list:
        return tree_map(elementary.relu, tree)
    if {*map(type, tree)} == {float}:
        return [0.0 if number <= 0.0 else number for number in tree]
    return [_kept(branch) for branch in tree]


def relu_pullback(ys: Sequence[Any], y_bars: Sequence[Any]) -> list[Any]:
    """Each of a batch's cotangents, sent back through the relu that gave ys.

    >>> relu_pullback([[1.0, 0.0]], [[5.0, 5.0]])
    [[5.0, 0.0]]
    """
    nested = partial(at_float_lists, _where_positive, _relu_sent_back)
    sent = _where_positive if are_float_lists([*ys, *y_bars]) else nested
    return [sent(y, y_bar) for y, y_bar in zipped(ys, y_bars)]


def _where_positive(y: Sequence[float], y_bar: Sequence[float]) -> list[float]:
    return [
        bar if number > 0.0 else bar * (0.0 if number <= 0.0 else nan)
        for number, bar in zip(y, y_bar, strict=True)
    ]


def _relu_sent_back(y: Tree, y_bar: Tree) -> Tree:
    return elementwise_rule(elementary.relu, y)[1](y_bar)[0]


def add_pair(xs: Sequence[Any], weights: Any = ()) -> list[Any]:
    """The sum of each of a batch of pairs, number by number: blocks' `add_pair` of each.

    >>> add_pair([([[1.0], [2.0]], [[10.0], [20.0]]), ([3.0], [4.0])])
    [[[11.0], [22.0]], [7.0]]
    """
    length_of(xs, "xs")
    return [_added(*pair_of(x, "inputs")) for x in xs]


def _added(one: Tree, other: Tree) -> Tree:
    if type(one) is type(other) and isinstance(one, (list, tuple)) and len(one) == len(other):
        if {*map(type, one), *map(type, other)} == {float}:
            return rebuilt(one, [*map(add, one, other)])
        return rebuilt(one, [*map(_added, one, other)])
    return combinators.add_pair((one, other))


def _products(xs: Matrix[Any], rows: Matrix[Any]) -> list[list[Any]]:
    return [[sumprod(x, row) for row in rows] for x in xs]
