"""The kernels of layers on graphs are the maps of their definitions: floats within the bounds,
other numbers equal, or the same error."""

from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from random import Random
from typing import Any, Final

import pytest
from batches import batch, is_the_map, is_within_the_bounds

from block_cases import Case, over
from cases_graphs import CASES, edges_among
from funcnn import AffineWeights, Dual, interval
from funcnn.blocks.graphs import GatWeights, gat_head, gcn, message_passing
from funcnn.fast import graphs

KERNELS: Final[dict[Callable[..., Any], Callable[..., Any]]] = {
    message_passing: graphs.message_passing,
    gcn: graphs.gcn,
    gat_head: graphs.gat_head,
}
NAMES: Final = [name for name, case in CASES.items() if case(Random(0)).definition in KERNELS]

every_block = pytest.mark.parametrize("name", NAMES)


def graph_batch(case: Case, draw: Random) -> list[Case]:
    """Of other features, other edges, and other numbers of nodes."""
    others = []
    for one in batch(case):
        nodes, _ = one.inputs
        kept = nodes[: draw.randint(1, len(nodes))]
        others.append(one._replace(inputs=(kept, edges_among(draw, len(kept)))))
    return [case, *others]


@every_block
def test_floats_lie_within_the_bounds(name: str) -> None:
    for seed in range(50):
        draw = Random(seed)
        case = CASES[name](draw)
        assert is_within_the_bounds(KERNELS[case.definition], graph_batch(case, draw)), seed


@every_block
@pytest.mark.parametrize("number", [Fraction, interval, lambda x: Dual(x, 1.0)])
def test_on_other_numbers_it_is_the_definition(name: str, number: Any) -> None:
    for seed in range(5):
        draw = Random(seed)
        cases = [over(number, case) for case in graph_batch(CASES[name](draw), draw)]
        assert is_the_map(KERNELS[cases[0].definition], cases)


NODES: Final = [[1.0, 2.0], [3.0, 4.0]]
GRAPHS: Final[list[Any]] = [
    (NODES, [(0, 1), (1, 1), (0, 1)]),
    [NODES, [[0, 1]]],
    (NODES, [(0, 2)]),
    (NODES, [(0, 1, 1)]),
    (NODES, [(0, 0.5)]),
    (NODES, iter([])),
    (NODES, [], []),
    ([[1.0, 2.0], [3.0]], []),
    ([[1.0, 2.0], [3, 4.0]], [(0, 1)]),
    ([[1.0, 2.0], ["3", 4.0]], []),
    ([], []),
    ([], [(0, 0)]),
    NODES,
    None,
]
MATRICES: Final[list[Any]] = [
    [[1.0, 0.5]],
    [[1, 2]],
    [[1.0]],
    [],
    AffineWeights([[1.0, 0.5]], [1.0]),
    AffineWeights([[1.0, 0.5]], []),
    [[Dual(1.0, 1.0), Dual(2.0, 0.0)]],
    [[Fraction(1), Fraction(2)]],
    None,
]
HEADS: Final[list[Any]] = [
    GatWeights([[1.0, 0.5]], [1.0, 0.0]),
    GatWeights([[1.0, 0.5]], [1.0]),
    GatWeights([[1.0, 0.5]], [1, -1]),
    GatWeights([[1.0]], [1.0, -1.0]),
    GatWeights([[1, 2]], [1.0, -1.0]),
    GatWeights([[Fraction(1), Fraction(2)]], [1.0, -1.0]),
    ([[1.0, 0.5]], [1.0, -1.0]),
    ([[1.0, 0.5]],),
    None,
]
"""Of these a node has one, two or four neighbors, all with the same share: no float is rounded."""


AGGREGATES: Final[list[Any]] = ["sum", "mean", "max", "median", []]


@pytest.mark.parametrize("graph", GRAPHS)
def test_whatever_it_is_given_it_is_the_map(graph: Any) -> None:
    for weights in MATRICES:
        assert is_the_map(graphs.gcn, [Case(gcn, {}, graph, weights)])
        for aggregate in AGGREGATES:
            case = Case(message_passing, {"aggregate": aggregate}, graph, weights)
            assert is_the_map(graphs.message_passing, [case])
    for weights in HEADS:
        for slope in (Fraction(1, 4), nan, inf, "0.25", None):
            case = Case(gat_head, {"slope": slope}, graph, weights)
            assert is_the_map(graphs.gat_head, [case])


def test_a_batch_of_nothing_gives_nothing_and_a_generator_is_refused() -> None:
    for kernel in KERNELS.values():
        assert kernel([], None) == []
        with pytest.raises(TypeError, match="^xs is a list_iterator, not a list$"):
            kernel(iter([]), None)
