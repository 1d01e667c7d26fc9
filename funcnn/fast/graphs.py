"""Graphs: layers on each of a batch of graphs of floats, their sums by sumprod.

On anything else the definition runs. Where the definition raises, so does the kernel.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf, sqrt, sumprod
from typing import Any, Final

from funcnn.algebra.folds import length_of
from funcnn.algebra.scalars import Constant, lift
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks import graphs
from funcnn.blocks.graphs import (
    AGGREGATES,
    Aggregate,
    GatWeights,
    Graph,
    incoming,
    with_loops,
)
from funcnn.blocks.linears import Projection
from funcnn.fast import floats
from funcnn.fast.activations import softmax
from funcnn.fast.rows import kind_of


def _mean(terms: Sequence[float]) -> float:
    return sum(terms) / len(terms)


OF_FLOATS: Final[dict[Aggregate, Callable[[Sequence[float]], float]]] = {
    "sum": sum,
    "mean": _mean,
    "max": AGGREGATES["max"],
}


def message_passing(
    xs: Sequence[Graph[Any]], weights: Projection[Any], *, aggregate: Aggregate = "sum"
) -> list[Matrix[Any]]:
    """What the nodes of each of a batch of graphs hear: blocks' `message_passing` of each.

    >>> message_passing([([[1.0], [2.0]], [(0, 1), (1, 1)]), ([[3.0]], [])], [[10.0]])
    [[[0.0], [30.0]], [[0.0]]]
    """
    length_of(xs, "xs")
    return [_heard(x, weights, aggregate) for x in xs]


def _heard(x: Graph[Any], weights: Projection[Any], aggregate: Aggregate) -> Matrix[Any]:
    if _is_of_floats(x) and aggregate in (*OF_FLOATS,):
        nodes, sources = x[0], incoming(x[1], len(x[0]))
        messages = floats.project(nodes, weights)
        if kind_of(messages) is float:
            aggregated = OF_FLOATS[aggregate]
            nothing = [0.0] * len(messages[0])
            return [
                [*map(aggregated, zip(*(messages[j] for j in js), strict=True))] or [*nothing]
                for js in sources
            ]
    return graphs.message_passing(x, weights, aggregate=aggregate)


def _is_of_floats(x: Any) -> bool:
    return isinstance(x, (tuple, list)) and len(x) == 2 and kind_of(x[0]) is float


def gcn(xs: Sequence[Graph[Any]], weights: Projection[Any]) -> list[Matrix[Any]]:
    """The convolution of each of a batch of graphs: blocks' `gcn` of each.

    >>> gcn([([[4.0], [6.0]], []), ([[1.0]], [(0, 0), (0, 0), (0, 0)])], [[0.5]])
    [[[2.0], [3.0]], [[0.5]]]
    """
    length_of(xs, "xs")
    return [
        floats.project(_convolved(x), weights) if _is_of_floats(x) else graphs.gcn(x, weights)
        for x in xs
    ]


def _convolved(x: Graph[float]) -> Matrix[float]:
    """the features of each node and its neighbors, weighted by their degrees"""
    nodes, neighbors = x[0], with_loops(incoming(x[1], len(x[0])))
    degrees = [*map(len, neighbors)]
    return [
        _mixed([1.0 / sqrt(degrees[i] * degrees[j]) for j in js], [nodes[j] for j in js])
        for i, js in enumerate(neighbors)
    ]


def _mixed(shares: Vector[float], rows: Matrix[float]) -> list[float]:
    return [sumprod(shares, column) for column in zip(*rows, strict=True)]


def gat_head(
    xs: Sequence[Graph[Any]], weights: GatWeights[Any], *, slope: Constant = 0.2
) -> list[Matrix[Any]]:
    """One head of attention on each of a batch of graphs: blocks' `gat_head` of each.

    >>> weights = GatWeights(matrix=[[2.0]], attention=[0.0, 500.0])
    >>> gat_head([([[1.0], [5.0], [3.0]], [(0, 1), (2, 0)])], weights)
    [[[6.0], [10.0], [6.0]]]
    """
    length_of(xs, "xs")
    return [_read(x, weights, slope) for x in xs]


def _read(x: Graph[Any], weights: GatWeights[Any], slope: Any) -> Matrix[Any]:
    finite = isinstance(slope, (int, float, Fraction)) and -inf < slope < inf
    if not finite or not _is_of_floats(x) or not _is_head_of_floats(weights):
        return graphs.gat_head(x, weights, slope=slope)
    (matrix, attention), neighbors = weights, with_loops(incoming(x[1], len(x[0])))
    features = floats.linear(x[0], matrix)
    own = [sumprod(attention[: len(matrix)], row) for row in features]
    others = [sumprod(attention[len(matrix) :], row) for row in features]
    return [
        _mixed(
            _shares([own[i] + others[j] for j in js], lift(slope, 0.0)), [features[j] for j in js]
        )
        for i, js in enumerate(neighbors)
    ]


def _is_head_of_floats(weights: Any) -> bool:
    if not isinstance(weights, GatWeights):
        return False
    matrix, attention = weights
    kinds = kind_of(matrix), kind_of([attention])
    return kinds == (float, float) and len(attention) == 2 * len(matrix)


def _shares(scores: list[float], slope: float) -> list[float]:
    """their softmax, after LeakyReLU"""
    return softmax([score if score > 0 else slope * score for score in scores])
