"""Cases of layers on graphs: some nodes with no edge to them, some edges twice, some to oneself."""

from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from cases_linears import matrix_and_bias
from funcnn.blocks.graphs import GatWeights, edge_attention, gat, gat_head, gcn, message_passing


def graph(draw: Random) -> tuple[Any, list[tuple[int, int]]]:
    count = draw.randint(1, 4)
    return tensor(draw, count, draw.randint(1, 3)), edges_among(draw, count)


def edges_among(draw: Random, count: int) -> list[tuple[int, int]]:
    return [(draw.randrange(count), draw.randrange(count)) for _ in range(draw.randint(0, 8))]


def convolving(definition: Any, **settings: Any) -> Any:
    """With a bias or without."""

    def drawn(draw: Random) -> Case:
        inputs = graph(draw)
        weights = matrix_and_bias(draw, draw.randint(1, 3), len(inputs[0][0]))
        return Case(definition, settings, inputs, draw.choice([weights, weights.matrix]))

    return drawn


def head(draw: Random, rows: int, columns: int) -> GatWeights[float]:
    return GatWeights(tensor(draw, rows, columns), tensor(draw, 2 * rows))


def one_head(draw: Random) -> Case:
    inputs = graph(draw)
    weights = head(draw, draw.randint(1, 3), len(inputs[0][0]))
    return Case(gat_head, {"slope": draw.randint(0, 8) / 8}, inputs, weights)


def heads(concat: bool) -> Any:
    def drawn(draw: Random) -> Case:
        inputs, rows = graph(draw), draw.randint(1, 2)
        weights = tuple(head(draw, rows, len(inputs[0][0])) for _ in range(draw.randint(1, 2)))
        settings = {"concat": concat, "slope": draw.randint(0, 8) / 8}
        return Case(gat, settings, inputs, weights)

    return drawn


def attending(draw: Random) -> Case:
    """Of a width that scales exactly, so that intervals know which scores are equal."""
    count, height, width = draw.randint(1, 4), draw.randint(1, 3), draw.choice([1, 16])
    queries, keys = tensor(draw, count, width), tensor(draw, count, width)
    values = tensor(draw, count, height)
    return Case(edge_attention, {}, (queries, keys, values, edges_among(draw, count)))


CASES: Cases = {
    **{
        f"message_passing, {aggregate}": convolving(message_passing, aggregate=aggregate)
        for aggregate in ("sum", "mean", "max")
    },
    "gcn": convolving(gcn),
    "gat_head": one_head,
    "gat": heads(concat=True),
    "gat, averaged": heads(concat=False),
    "edge_attention": attending,
}
