"""Kernels for lists of floats or of ints, over a batch, by math.sumprod.

The law of each: where it is not the definition that runs, over ints the result is equal to the
definition's, and over floats within the certificate of any order of summation. Where the
definition raises, the kernel raises the same.
"""

from collections.abc import Sequence
from itertools import chain
from math import sumprod
from typing import Any

from funcnn.algebra import elementary, vectors
from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import Tree, is_leaf, rebuilt, tree_map
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks import linears
from funcnn.blocks.linears import AffineWeights
from funcnn.calculus import optimizers
from funcnn.calculus.rules import elementwise_rule


def matmul(left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    """The product of two matrices: algebra's `matmul`.

    >>> matmul([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.5, 1.0]])
    [[2.0, 2.0], [5.0, 4.0]]
    """
    if sumprod_takes(right):
        columns = [*zip(*right, strict=True)]
        if sumprod_takes([*left, *columns]):
            return _products(left, columns)
    return vectors.matmul(left, right)


def linear(xs: Sequence[Vector[Any]], weights: Matrix[Any]) -> list[list[Any]]:
    """The weighted sums of each of a batch of inputs: blocks' `linear` of each.

    >>> linear([[1.0, 2.0], [0.0, 1.0]], [[0.5, 0.25], [1.0, -1.0]])
    [[1.0, -1.0], [0.25, -1.0]]
    """
    if sumprod_takes([*xs, *weights]):
        return _products(xs, weights)
    return [linears.linear(x, weights) for x in xs]


def affine(xs: Sequence[Vector[Any]], weights: AffineWeights[Any]) -> list[list[Any]]:
    """The weighted sums of each of a batch of inputs, with the bias: blocks' `affine` of each.

    >>> affine([[1.0, 2.0]], AffineWeights([[0.5, 0.25], [1.0, -1.0]], [10.0, 0.0]))
    [[11.0, -1.0]]
    """
    matrix, bias = weights
    if entry_types([bias]) == entry_types(matrix) in ({float}, {int}) and len(bias) == len(matrix):
        return [[a + b for a, b in zipped(sums, bias)] for sums in linear(xs, matrix)]
    return [linears.affine(x, weights) for x in xs]


def dense(xs: Sequence[Vector[Any]], weights: Matrix[Any]) -> list[list[Any]]:
    """The weighted sums of each of a batch of inputs, kept where positive: the sketch of each.

    >>> dense([[1.0, 2.0], [0.0, 1.0]], [[0.5, 0.25], [1.0, -1.0]])
    [[1.0, 0.0], [0.25, 0.0]]
    """
    return relu(linear(xs, weights))


def relu(xs: Sequence[Any]) -> list[Any]:
    """Each of a batch, its numbers kept where they are positive.

    >>> relu([[1.0, -2.0], [-0.0, 3.0]])
    [[1.0, 0.0], [0.0, 3.0]]
    """
    if entry_types(xs) == {float}:
        return [[0.0 if number <= 0.0 else number for number in x] for x in xs]
    return [tree_map(elementary.relu, x) for x in xs]


def relu_pullback(ys: Sequence[Any], y_bars: Sequence[Any]) -> list[Any]:
    """Each of a batch's cotangents, sent back through the relu that gave ys.

    >>> relu_pullback([[1.0, 0.0]], [[5.0, 5.0]])
    [[5.0, 0.0]]
    """
    if entry_types(ys) == entry_types(y_bars) == {float}:
        return [
            [0.0 if y <= 0.0 else y_bar for y, y_bar in zipped(*pair)]
            for pair in zipped(ys, y_bars)
        ]
    return [elementwise_rule(elementary.relu, y)[1](y_bar)[0] for y, y_bar in zipped(ys, y_bars)]


def sgd(rate: Any, weights: Tree, gradient: Tree) -> Tree:
    """The weights, one step down the gradient: calculus' `sgd`, bit for bit.

    >>> sgd(0.5, [[1.0, 2.0], ()], [[2.0, -2.0], ()])
    [[0.0, 3.0], ()]
    """
    if entry_types([[rate], weights, gradient]) == {float} and len(weights) == len(gradient):
        return rebuilt(weights, [w - rate * g for w, g in zipped(weights, gradient)])
    if is_leaf(weights) or is_leaf(gradient) or len(weights) != len(gradient):
        return optimizers.sgd(rate, weights, gradient)
    return rebuilt(weights, [sgd(rate, w, g) for w, g in zipped(weights, gradient)])


def sumprod_takes(rows: Sequence[Any]) -> bool:
    """Whether sumprod of any two rows is their dot product: as long as each other, not empty, and
    all of floats or all of ints.

    >>> sumprod_takes([[1.0, 2.0], (3.0, 4.0)])
    True
    >>> sumprod_takes([[1.0], [2]]), sumprod_takes([[], []]), sumprod_takes([[1.0], [1.0, 2.0]])
    (False, False, False)
    """
    return entry_types(rows) in ({float}, {int}) and len({*map(len, rows)}) == 1


def entry_types(rows: Sequence[Any]) -> set[type]:
    """The types of the entries of a list of lists; of anything else, those of no number.

    >>> entry_types([[1.0], [2, 3]]) == {int, float}, entry_types([[1.0], 2.0]) == {object}
    (True, True)
    """
    if {*map(type, rows)} <= {list, tuple}:
        return {*map(type, chain.from_iterable(rows))}
    return {object}


def _products(xs: Matrix[Any], weights: Matrix[Any]) -> list[list[Any]]:
    return [[sumprod(x, row) for row in weights] for x in xs]
