"""Layers on graphs: what adjacency matrices make of them, nodes in another order, and errors.

And a transformer is a complete graph.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from block_cases import tensor
from funcnn import (
    AffineWeights,
    add,
    divide,
    dot,
    exp,
    interval,
    leaky_relu,
    leaves,
    linear,
    matmul,
    multiply,
    power,
    subtract,
    surd,
    total,
    transpose,
    tree_map,
    tree_zip_with,
)
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.graphs import (
    GatWeights,
    edge_attention,
    gat,
    gat_head,
    gcn,
    message_passing,
)
from funcnn.blocks.heads import MultiHeadWeights, self_attention
from funcnn.blocks.linears import biased, project
from strategies import fractions, matrices, vectors

type Edges = list[tuple[int, int]]


SIZES: Final = st.integers(1, 4)
WEIGHTS: Final[Any] = [[1, -2], [3, 2], [-1, 1]]
HEADS: Final = GatWeights(WEIGHTS, [1, -1, 2, 0, -2, 1]), GatWeights(WEIGHTS[::-1], [1] * 6)
"""Ints, which stand beside any number."""


@st.composite
def edges_among(draw: st.DrawFn, count: int) -> Edges:
    node = st.integers(0, count - 1)
    return draw(st.lists(st.tuples(node, node), max_size=8))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Any, Edges, Any]:
    """Nodes, edges, and a matrix with a bias."""
    count, width, rows = draw(SIZES), draw(SIZES), draw(SIZES)
    weights = AffineWeights(draw(matrices(rows, width, fractions)), draw(vectors(rows, fractions)))
    return draw(matrices(count, width, fractions)), draw(edges_among(count)), weights


def adjacency(edges: Edges, count: int) -> list[list[int]]:
    """How many edges there are to a node, its row, from another, its column."""
    return [[edges.count((j, i)) for j in range(count)] for i in range(count)]


@given(graphs())
def test_the_sum_of_messages_is_the_product_with_the_adjacency_matrix(graph: Any) -> None:
    nodes, edges, weights = graph
    matrix, bias = weights
    counts = adjacency(edges, len(nodes))
    plain = matmul(counts, matmul(nodes, transpose(matrix)))
    assert message_passing((nodes, edges), matrix) == plain
    with_bias = matmul(counts, [project(node, weights) for node in nodes])
    assert message_passing((nodes, edges), weights) == with_bias


@given(graphs())
def test_the_mean_is_the_sum_over_the_degree(graph: Any) -> None:
    nodes, edges, weights = graph
    degrees = map(sum, adjacency(edges, len(nodes)))
    sums = message_passing((nodes, edges), weights)
    expected = [[y / max(d, 1) for y in row] for row, d in zip(sums, degrees, strict=True)]
    assert message_passing((nodes, edges), weights, aggregate="mean") == expected


@given(graphs())
def test_the_maximum_is_over_the_neighbors_and_zero_without(graph: Any) -> None:
    nodes, edges, weights = graph
    messages = [project(node, weights) for node in nodes]
    for i, row in enumerate(message_passing((nodes, edges), weights, aggregate="max")):
        for feature, y in enumerate(row):
            heard = [messages[j][feature] for j, target in edges if target == i]
            assert y == max(heard, default=0)


@given(graphs())
def test_gcn_is_the_product_with_the_normalized_adjacency_matrix(graph: Any) -> None:
    """D^−½·(A + I)·D^−½·X·Wᵀ, exactly, over Surd."""
    nodes, edges, weights = tree_map(lambda x: surd(x) if isinstance(x, Fraction) else x, graph)
    counts = adjacency(edges, len(nodes))
    looped = [[c + (i == j) for j, c in enumerate(row)] for i, row in enumerate(counts)]
    roots = [power(sum(row), Fraction(-1, 2)) for row in looped]
    normalized = [
        [root * surd(count) * roots[j] for j, count in enumerate(row)]
        for root, row in zip(roots, looped, strict=True)
    ]
    products = matmul(matmul(normalized, nodes), transpose(weights.matrix))
    assert gcn((nodes, edges), weights) == [biased(row, weights.bias) for row in products]
    assert gcn((nodes, edges), weights.matrix) == products


def boxed(tree: Any) -> Any:
    return tree_map(lambda x: interval(x) if isinstance(x, float) else x, tree)


def meet(one: Any, other: Any) -> bool:
    """Whether two trees of intervals may be of the same numbers; all are narrow."""
    gaps = leaves(tree_zip_with(subtract, one, other))
    return all(gap.low <= 0 <= gap.high and gap.high - gap.low < 2.0**-40 for gap in gaps)


@given(st.randoms(use_true_random=False))
def test_gat_is_the_product_with_the_matrix_of_shares(draw: Random) -> None:
    """The scores are exact, so that it is known which are above 0."""
    (nodes, edges), (matrix, attention) = boxed((drawn_graph(draw), HEADS[0]))
    features, size = [linear(node, matrix) for node in nodes], len(matrix)
    own = [dot(attention[:size], row) for row in features]
    others = [dot(attention[size:], row) for row in features]
    odds = [
        [
            multiply(count + (i == j), exp(leaky_relu(add(own[i], others[j]), slope=0.25)))
            for j, count in enumerate(row)
        ]
        for i, row in enumerate(adjacency(edges, len(nodes)))
    ]
    shares = [[divide(o, total(row)) for o in row] for row in odds]
    outputs = gat_head((nodes, edges), GatWeights(matrix, attention), slope=0.25)
    assert meet(outputs, matmul(shares, features))


LAYERS: Final[dict[str, Callable[[Any], Any]]] = {
    "sum": lambda graph: message_passing(graph, WEIGHTS),
    "mean": lambda graph: message_passing(graph, WEIGHTS, aggregate="mean"),
    "max": lambda graph: message_passing(graph, WEIGHTS, aggregate="max"),
    "gcn": lambda graph: gcn(graph, WEIGHTS),
    "gat_head": lambda graph: gat_head(graph, HEADS[0]),
    "gat": lambda graph: gat(graph, HEADS),
    "averaged": lambda graph: gat(graph, HEADS, concat=False),
    "edge_attention": lambda graph: edge_attention((graph[0], graph[0], graph[0], graph[1])),
}

every_layer = pytest.mark.parametrize("name", LAYERS)


def drawn_graph(draw: Random) -> tuple[Any, Edges]:
    count = draw.randint(1, 5)
    ends = range(count)
    edges = [(draw.choice(ends), draw.choice(ends)) for _ in range(draw.randint(0, 9))]
    return tensor(draw, count, 2), edges


@every_layer
@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_nodes_in_another_order_have_their_outputs_in_that_order(name: str, draw: Random) -> None:
    nodes, edges = drawn_graph(draw)
    places = draw.sample(range(len(nodes)), len(nodes))
    moved = [nodes[place] for place in places]
    renamed = [(places.index(source), places.index(target)) for source, target in edges]
    outputs = LAYERS[name]((nodes, edges))
    assert LAYERS[name]((moved, renamed)) == [outputs[place] for place in places]


@every_layer
@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_edges_is_but_that_of_the_sums(name: str, draw: Random) -> None:
    nodes, edges = boxed(drawn_graph(draw))
    shuffled = draw.sample(edges, len(edges))
    assert meet(LAYERS[name]((nodes, edges)), LAYERS[name]((nodes, shuffled)))


@every_layer
def test_a_node_that_no_edge_leads_to_hears_of_itself_or_of_nothing(name: str) -> None:
    nodes = [[1.0, 2.0], [-3.0, 0.5]]
    alone = [linear(node, WEIGHTS) for node in nodes]
    zeros = [[0.0] * len(WEIGHTS)] * 2
    expected = {
        "gcn": alone,
        "gat_head": alone,
        "gat": [[*row, *row[::-1]] for row in alone],
        "averaged": [[(y + z) / 2 for y, z in zip(row, row[::-1], strict=True)] for row in alone],
        "edge_attention": [[0.0, 0.0]] * 2,
    }
    assert LAYERS[name]((nodes, [])) == expected.get(name, zeros)
    assert LAYERS[name](([], [])) == []


@given(st.randoms(use_true_random=False))
def test_attention_of_zeros_is_a_mean(draw: Random) -> None:
    nodes, edges = boxed(drawn_graph(draw))
    looped = [*edges, *((i, i) for i in range(len(nodes)))]
    means = message_passing((nodes, looped), WEIGHTS, aggregate="mean")
    assert meet(gat_head((nodes, edges), GatWeights(WEIGHTS, [0] * 6)), means)


@pytest.mark.parametrize("slope", [0, 0.5, 1])
def test_of_one_head_gat_is_the_head(slope: float) -> None:
    for seed in range(10):
        graph = drawn_graph(Random(seed))
        head = gat_head(graph, HEADS[0], slope=slope)
        assert head == gat(graph, HEADS[:1], slope=slope)
        assert head == gat(graph, HEADS[:1], slope=slope, concat=False)


@every_layer
def test_edges_may_be_lists_and_nodes_tuples(name: str) -> None:
    nodes, edges = [[1.0, 2.0], [-3.0, 0.5]], [(0, 1), (1, 1)]
    others: Any = (tuple(map(tuple, nodes)), tuple(map(list, edges)))
    assert LAYERS[name](others) == LAYERS[name]((nodes, edges))


def complete(count: int) -> Edges:
    return [*product(range(count), range(count))]


def causal(count: int) -> Edges:
    return [(j, i) for j, i in complete(count) if j <= i]


@given(st.randoms(use_true_random=False))
def test_a_transformer_is_a_complete_graph(draw: Random) -> None:
    """Its attention is message passing over all edges; causal attention, over those from before."""
    count, width = draw.randint(1, 5), draw.randint(1, 4)
    sequence = tensor(draw, count, width)
    weights = MultiHeadWeights(*(tensor(draw, width, width) for _ in range(4)))
    projected: Any = [[linear(x, matrix) for x in sequence] for matrix in weights[:3]]
    for edges, is_causal in ((complete(count), False), (causal(count), True)):
        heard: Any = edge_attention((*projected, edges))
        outputs = [linear(row, weights.output) for row in heard]
        assert outputs == self_attention(sequence, weights, heads=1, causal=is_causal)


@given(st.randoms(use_true_random=False))
def test_a_mask_is_a_graph(draw: Random) -> None:
    count = draw.randint(1, 5)
    queries, keys, values = tensor(draw, count, 3), tensor(draw, count, 3), tensor(draw, count, 2)
    mask = [[draw.random() < 0.5 for _ in range(count)] for _ in range(count)]
    edges = [(j, i) for j, i in complete(count) if mask[i][j]]
    expected = scaled_dot_product_attention((queries, keys, values, mask))
    assert edge_attention((queries, keys, values, edges)) == expected


NODES: Final = [[1.0, 2.0], [3.0, 4.0]]
UNLIKE: Final = HEADS[0], GatWeights([[1, 1]], [1, 1])


@every_layer
@pytest.mark.parametrize(
    ("nodes", "edges", "error", "message"),
    [
        (NODES, [(0, 1), (2, 1)], ValueError, "edge 1: node 2 is out of range: there are 2 nodes"),
        (NODES, [(0, -1)], ValueError, "edge 0: node -1 is out of range: there are 2 nodes"),
        (
            NODES,
            [(0,)],
            TypeError,
            r"edge 0: \(source, target\) are a pair, not a tuple of length 1",
        ),
        (NODES, [0, 1], TypeError, r"edge 0: \(source, target\) are a pair, not a int"),
        (NODES, [(0, 1.0)], TypeError, "edge 0: a node is a float, not an int"),
        (NODES, [(0, True)], TypeError, "edge 0: a node is a bool, not an int"),
        (NODES, iter([(0, 1)]), TypeError, "edges is a list_iterator, not a list"),
        ([[1.0, 2.0], [3.0]], [], ValueError, "(node 1|row 1 of queries) has length 1, "),
        ([[], []], [], ValueError, "(node 0|row 0 of queries) is empty"),
        ([1.0, 2.0], [], TypeError, "(node 0|row 0 of queries) is a float, not a list"),
        (iter(NODES), [], TypeError, "(nodes|queries) is a list_iterator, not a list"),
        (
            [[1.0, Fraction(2)]],
            [(0, 0)],
            TypeError,
            "(node|row) 0.*, entry 1: float beside Fraction",
        ),
    ],
)
def test_what_is_no_graph_is_refused(
    name: str, nodes: Any, edges: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        LAYERS[name]((nodes, edges))


def call(definition: Any, *arguments: Any, **settings: Any) -> Callable[[], Any]:
    return lambda: definition(*arguments, **settings)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (
            call(message_passing, (NODES, []), WEIGHTS, aggregate="median"),
            ValueError,
            "aggregate is 'median', not one of sum, mean, max",
        ),
        (
            call(message_passing, (NODES, []), WEIGHTS, aggregate=[]),
            ValueError,
            "aggregate is [], not one of sum, mean, max",
        ),
        (
            call(message_passing, (NODES, [], []), WEIGHTS),
            TypeError,
            "inputs (nodes, edges) are a pair, not a tuple of length 3",
        ),
        (
            call(gcn, (NODES, []), [[1.0]]),
            ValueError,
            "row 0 has length 1, the vector has length 2",
        ),
        (
            call(gcn, ([[1, 2]], []), [[1, 2]]),
            TypeError,
            "sqrt has no instance for int: its value may be irrational; use float, or Surd",
        ),
        (
            call(gat_head, (NODES, []), GatWeights([[1.0, 2.0]], [1.0])),
            ValueError,
            "the attention has length 1, two nodes have 2 features",
        ),
        (
            call(gat_head, (NODES, []), ([[1.0]], [1.0], [1.0])),
            TypeError,
            "weights (matrix, attention) are a pair, not a tuple of length 3",
        ),
        (call(gat, (NODES, []), ()), ValueError, "weights is empty: give one head or more"),
        (
            call(gat, (NODES, []), UNLIKE, concat=False),
            ValueError,
            "head 1 has length 1, head 0 has length 3",
        ),
        (
            call(edge_attention, (NODES, NODES, [])),
            TypeError,
            "inputs (queries, keys, values, edges) are 4, not 3",
        ),
        (
            call(edge_attention, (NODES, NODES[:1], NODES[:1], [])),
            ValueError,
            "queries and keys differ in length: 2 and 1",
        ),
        (
            call(edge_attention, (NODES, NODES, NODES * 2, [])),
            ValueError,
            "keys and values differ in length: 2 and 4",
        ),
        (
            call(edge_attention, ([*NODES[:1], [Fraction(1)] * 2], NODES, NODES, [])),
            TypeError,
            "row 1 of queries, entry 0: float beside Fraction: numbers do not mix, "
            "convert one of them",
        ),
        (
            call(gat, (NODES, []), UNLIKE, concat="no"),
            TypeError,
            "concat is a str, not a bool",
        ),
        (
            call(edge_attention, (NODES, [[1.0], [2.0]], NODES, [])),
            ValueError,
            "queries and keys differ in width: 2 and 1",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    wrong: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        wrong()
    assert str(caught.value) == message
