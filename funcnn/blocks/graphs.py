"""Graphs: layers whose nodes hear from those that have an edge to them.

A graph is the features of its nodes, a row each, and a list of edges (source, target), which name
nodes by their number, from 0. An edge that stands there twice counts twice.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

from funcnn.algebra.elementary import maximum, sqrt
from funcnn.algebra.folds import bool_of, foldl1, int_of, length_of, pair_of, parts_of
from funcnn.algebra.scalars import Constant, Num, alike, divide, lift, total
from funcnn.algebra.trees import zeros_like
from funcnn.algebra.vectors import Matrix, Vector, dot, rectangle, transpose
from funcnn.blocks.activations import leaky_relu, softmax
from funcnn.blocks.attention import going_together, scaled_dot_product_attention
from funcnn.blocks.linears import Projection, linear, project, weighted_sum
from funcnn.blocks.norms import mean

type Edges = Sequence[tuple[int, int]]
type Graph[T] = tuple[Matrix[T], Edges]
type Aggregate = Literal["sum", "mean", "max"]


def incoming(edges: Edges, count: int) -> list[list[int]]:
    """For each of so many nodes, the sources of the edges to it, in the order of the edges.

    Errors
        ValueError   an edge names a node that there is not
        TypeError    an edge is not a pair of ints, or they are not a list

    >>> incoming([(0, 1), (2, 1), (1, 0)], 3)
    [[1], [0, 2], []]
    >>> incoming([(0, 1), (1, 3)], 3)
    Traceback (most recent call last):
    ValueError: edge 1: node 3 is out of range: there are 3 nodes
    """
    length_of(edges, "edges")
    sources = [list[int]() for _ in range(count)]
    for index, edge in enumerate(edges):
        source, target = pair_of(edge, f"edge {index}: (source, target)")
        for node in (source, target):
            if not 0 <= int_of(node, f"edge {index}: a node") < count:
                told = f"node {node} is out of range: there are {count} nodes"
                raise ValueError(f"edge {index}: {told}")
        sources[target].append(source)
    return sources


def with_loops(sources: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each node, its sources, and last the node itself.

    >>> with_loops([[1], [0, 2], []])
    [[1, 0], [0, 2, 1], [2]]
    """
    return [[*js, i] for i, js in enumerate(sources)]


def _graph(inputs: Any) -> tuple[Matrix[Any], list[list[int]]]:
    """the nodes, their numbers all of one kind, and the sources of the edges to each"""
    features, edges = pair_of(inputs, "inputs (nodes, edges)")
    nodes = alike(rectangle(features, "node {}".format, "nodes"), "node {}".format)
    return nodes, incoming(edges, len(nodes))


AGGREGATES: Final[dict[Aggregate, Callable[[Sequence[Any]], Any]]] = {
    "sum": total,
    "mean": mean,
    "max": partial(foldl1, maximum),
}
"""What may become of the messages to a node, feature by feature."""


def message_passing[T: Num](
    inputs: Graph[T], weights: Projection[T], *, aggregate: Aggregate = "sum"
) -> list[list[T]]:
    """For each node the sum, or the mean or the maximum, of the messages along the edges to it.

    A message is the projection of its source's features. A node that no edge leads to gets zeros,
    whatever the aggregate, as in PyTorch Geometric.

    Haskell
        messagePassing (x, e) w = [foldl1 (zipWith (+)) [project (x !! j) w | (j, k) <- e, k == i]
                                  | i <- [0 .. length x - 1]]
    Maths
        yᵢ = Σ_{(j,i) ∈ E} (W·xⱼ + b)              Y = A·X·Wᵀ, where aᵢⱼ counts the edges (j, i)
    Shapes
        inputs (n×d, edges), weights m×d or (m×d, m)  →  n×m         d ≥ 1
    Settings
        aggregate   "sum", "mean" or "max", of each feature; PyTorch Geometric's aggr
    Order
        Messages to a node in the order of the edges; a mean is their sum, divided by their number.
    Errors
        ValueError   an edge names a node that there is not, or the nodes are ragged, or do not fit
                     the weights, or the aggregate is not sum, mean or max
        TypeError    an edge is not a pair of ints, or numbers mix, or an entry is not a number
    Laws
        of nodes in another order, and edges that name them so, the outputs are those in that order
        the order of the edges does not matter                       over Fraction
    Source
        J. Gilmer, S. Schoenholz, P. Riley, O. Vinyals, G. Dahl, "Neural Message Passing for Quantum
        Chemistry", ICML 2017

    >>> nodes, edges = [[1.0, 2.0], [3.0, 5.0], [10.0, 0.0]], [(0, 1), (2, 1), (1, 0)]
    >>> message_passing((nodes, edges), [[1.0, 0.0], [0.0, 1.0]])
    [[3.0, 5.0], [11.0, 2.0], [0.0, 0.0]]
    >>> message_passing((nodes, edges), [[1.0, 1.0]], aggregate="mean")
    [[8.0], [6.5], [0.0]]
    >>> message_passing((nodes, [(0, 1, 2)]), [[1.0, 1.0]])
    Traceback (most recent call last):
    TypeError: edge 0: (source, target) are a pair, not a tuple of length 3
    """
    if aggregate not in (*AGGREGATES,):
        raise ValueError(f"aggregate is {aggregate!r}, not one of {', '.join(AGGREGATES)}")
    nodes, sources = _graph(inputs)
    messages = [project(node, weights) for node in nodes]
    aggregated = AGGREGATES[aggregate]
    return [
        [aggregated(column) for column in zip(*(messages[j] for j in neighbors), strict=True)]
        if neighbors
        else zeros_like(messages[i])
        for i, neighbors in enumerate(sources)
    ]


def gcn[T: Num](inputs: Graph[T], weights: Projection[T]) -> list[list[T]]:
    """The projection of each node's and its neighbors' features, weighted by their degrees.

    A graph convolution. Each node has an edge to itself besides those given (PyTorch Geometric's
    GCNConv gives one only to the nodes without); its degree is the number of edges to it.

    Maths
        yᵢ = W·Σⱼ xⱼ/√(dᵢ·dⱼ) + b                  j the sources of the edges to i, and i
        Y = D^−½·(A + I)·D^−½·X·Wᵀ + 1·bᵀ
    Shapes
        inputs (n×d, edges), weights m×d or (m×d, m)  →  n×m         d ≥ 1
    Order
        Of each neighbor dᵢ·dⱼ, its root, and the reciprocal; dot's sum of the neighbors in the
        order of the edges, the node itself last; then that of `project`.
    Errors
        ValueError   an edge names a node that there is not, or the nodes are ragged, or do not fit
                     the weights
        TypeError    an edge is not a pair of ints, or numbers mix, or an entry is not a number, or
                     the features have no square root (ints, Fraction: use float, or Surd)
    Laws
        of nodes in another order, and edges that name them so, the outputs are those in that order
        without an edge, each node is projected alone
    Source
        T. Kipf, M. Welling, "Semi-Supervised Classification with Graph Convolutional Networks",
        ICLR 2017, equation 2

    >>> gcn(([[4.0], [6.0]], []), [[0.5]])
    [[2.0], [3.0]]
    >>> from funcnn.algebra.surds import surd
    >>> gcn(([[surd(4)], [surd(6)]], [(0, 1)]), [[surd(1)]])
    [[Surd(4)], [Surd(3 + 2·√2)]]
    """
    nodes, sources = _graph(inputs)
    neighbors = with_loops(sources)

    def share(i: int, j: int) -> Any:
        like = nodes[i][0]
        return divide(lift(1, like), sqrt(lift(len(neighbors[i]) * len(neighbors[j]), like)))

    return [
        project(weighted_sum([nodes[j] for j in js], [share(i, j) for j in js]), weights)
        for i, js in enumerate(neighbors)
    ]


class GatWeights[T](NamedTuple):
    """The weights of `gat_head`: a matrix m×d and a vector of attention 2m."""

    matrix: Matrix[T]
    attention: Vector[T]


def gat_head[T: Num](
    inputs: Graph[T], weights: GatWeights[T], *, slope: Constant = 0.2
) -> list[list[T]]:
    """The projections of each node's neighbors and its own, in shares that attention gives them.

    Maths
        hⱼ = W·xⱼ        eᵢⱼ = LeakyReLU(aᵀ·[hᵢ ‖ hⱼ])
        yᵢ = Σⱼ softmaxⱼ(eᵢⱼ)·hⱼ                   j the sources of the edges to i, and i
    Shapes
        inputs (n×d, edges), weights (m×d, 2m)  →  n×m               d, m ≥ 1
    Settings
        slope   LeakyReLU's, of scores below 0; PyTorch Geometric's negative_slope
    Order
        Neighbors in the order of the edges, the node itself last.
    Errors
        ValueError   an edge names a node that there is not, or the nodes are ragged, or do not fit
                     the matrix, or its rows the attention
        TypeError    an edge is not a pair of ints, or numbers mix, or an entry is not a number, or
                     the weights are not a pair
    Laws
        of nodes in another order, and edges that name them so, the outputs are those in that order
        without an edge, each node is projected alone
        where the attention is all 0, the outputs are means
    Source
        P. Veličković, G. Cucurull, A. Casanova, A. Romero, P. Liò, Y. Bengio, "Graph Attention
        Networks", ICLR 2018, equations 1 to 4

    >>> weights = GatWeights(matrix=[[2.0]], attention=[0.0, 500.0])
    >>> gat_head(([[1.0], [5.0], [3.0]], [(0, 1), (2, 0)]), weights)
    [[6.0], [10.0], [6.0]]
    >>> gat_head(([[1.0]], []), GatWeights([[2.0]], [1.0]))
    Traceback (most recent call last):
    ValueError: the attention has length 1, two nodes have 2 features
    """
    nodes, sources = _graph(inputs)
    matrix, attention = pair_of(weights, "weights (matrix, attention)")
    if length_of(attention, "the attention") != 2 * length_of(matrix, "the matrix"):
        told = f"two nodes have {2 * len(matrix)} features"
        raise ValueError(f"the attention has length {len(attention)}, {told}")
    features = [linear(node, matrix) for node in nodes]

    def score(i: int, j: int) -> Any:
        return leaky_relu(dot(attention, [*features[i], *features[j]]), slope=slope)

    return [
        weighted_sum([features[j] for j in js], softmax([score(i, j) for j in js]))
        for i, js in enumerate(with_loops(sources))
    ]


def gat[T: Num](
    inputs: Graph[T],
    weights: Sequence[GatWeights[T]],
    *,
    slope: Constant = 0.2,
    concat: bool = True,
) -> list[list[T]]:
    """The outputs of one or more heads of graph attention, side by side, or their mean.

    PyTorch Geometric's GATConv, without its bias; but that gives a node one edge to itself, however
    many are given, and here each edge given counts besides.

    Maths
        yᵢ = ‖ₖ headₖ(x)ᵢ, or 1/K·Σₖ headₖ(x)ᵢ
    Shapes
        inputs (n×d, edges), weights K of (m×d, 2m)  →  n×K·m, or n×m            K ≥ 1
    Settings
        slope    `gat_head`'s
        concat   whether the heads stand side by side; else their mean. As in PyTorch Geometric
    Errors
        ValueError   there is no head, or the heads of a mean differ in width
        TypeError    concat is not a bool
        and those of `gat_head`
    Source
        P. Veličković et al., ICLR 2018, equations 5 and 6

    >>> graph, head = ([[1.0], [5.0]], [(0, 1)]), GatWeights([[2.0]], [0.0, 500.0])
    >>> gat(graph, (head, GatWeights([[4.0]], [0.0, 500.0])))
    [[2.0, 4.0], [10.0, 20.0]]
    >>> gat(graph, (head, GatWeights([[4.0]], [0.0, 500.0])), concat=False)
    [[3.0], [15.0]]
    """
    if not length_of(weights, "weights"):
        raise ValueError("weights is empty: give one head or more")
    heads = [gat_head(inputs, head, slope=slope) for head in weights]
    if bool_of(concat, "concat"):
        return [[*chain(*parts)] for parts in zip(*heads, strict=True)]
    columns = [transpose(rectangle(parts, "head {}".format)) for parts in zip(*heads, strict=True)]
    return [[*map(mean, column)] for column in columns]


def edge_attention[T: Num](
    inputs: tuple[Matrix[T], Matrix[T], Matrix[T], Edges], weights: Any = ()
) -> list[list[T]]:
    """For each node the values of the edges' sources, in shares of their keys' fit to its query.

    Over all edges there can be, each node's to itself among them, it is the attention of a
    transformer; over the edges (j, i) of j ≤ i, causal attention. A node that no edge leads to gets
    zeros.

    Maths
        yᵢ = Σⱼ softmaxⱼ(qᵢ·kⱼ/√d)·vⱼ              j the sources of the edges to i
    Shapes
        inputs (queries n×d, keys n×d, values n×m, edges), weights ()  →  n×m    d, m ≥ 1
    Errors
        ValueError   an edge names a node that there is not, or queries, keys and values differ in
                     number or are ragged, or queries and keys differ in length
        TypeError    an edge is not a pair of ints, or numbers mix, or an entry is not a number, or
                     the inputs are not four
    Laws
        of nodes in another order, and edges that name them so, the outputs are those in that order
        over all edges it is scaled_dot_product_attention((q, k, v)); over those of j ≤ i, the same
        with causal=True
    Source
        A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, equation 1; of edges, Y. Shi
        et al., "Masked Label Prediction: Unified Message Passing Model for Semi-Supervised
        Classification", IJCAI 2021: PyTorch Geometric's TransformerConv

    >>> nodes = [[1.0], [30.0], [80.0]]
    >>> edge_attention((nodes, nodes, nodes, [(0, 2), (1, 2), (2, 0)]))
    [[80.0], [0.0], [30.0]]
    """
    *parts, edges = parts_of(inputs, "inputs (queries, keys, values, edges)", 4)
    queries, keys, values = going_together(*parts)
    if len(queries) != len(keys):
        raise ValueError(f"queries and keys differ in length: {len(queries)} and {len(keys)}")

    def read(i: int, seen: Sequence[int]) -> list[T]:
        rows = [queries[i]], [keys[j] for j in seen], [values[j] for j in seen]
        return scaled_dot_product_attention(rows)[0]

    return [
        read(i, seen) if seen else zeros_like([*values[i]])
        for i, seen in enumerate(incoming(edges, len(keys)))
    ]
