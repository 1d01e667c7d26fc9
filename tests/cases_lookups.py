"""Cases of embedding and dropout."""

from fractions import Fraction
from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from funcnn import tree_map
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.embeddings import embedding


def token(draw: Random) -> Case:
    rows = draw.randint(1, 6)
    return Case(embedding, {}, draw.randrange(rows), tensor(draw, rows, draw.randint(1, 4)))


def tokens(draw: Random) -> Case:
    case = token(draw)
    count = draw.randint(1, 6)
    return case._replace(inputs=[draw.randrange(len(case.weights)) for _ in range(count)])


def dropped(draw: Random) -> Case:
    rate: Any = draw.choice([0, Fraction(1, 4), Fraction(1, 2), 0.75])
    inputs = tensor(draw, *(draw.randint(1, 4) for _ in range(draw.randint(1, 3))))
    mask = tree_map(lambda _: draw.random() >= rate, inputs)
    return Case(dropout, {"rate": rate}, inputs, mask)


def undropped(draw: Random) -> Case:
    return dropped(draw)._replace(weights=())


CASES: Cases = {
    "embedding of a token": token,
    "embedding of tokens": tokens,
    "dropout": dropped,
    "dropout without a mask": undropped,
}
