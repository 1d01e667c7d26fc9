"""The kernels of embedding and dropout are the maps of their definitions, or raise as they do."""

from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from random import Random
from typing import Any, Final

import pytest
from batches import batch, is_the_map, is_within_the_bounds

from block_cases import Case, over
from cases_lookups import CASES
from funcnn import Dual
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.embeddings import embedding
from funcnn.fast import lookups

KERNELS: Final[dict[Callable[..., Any], Callable[..., Any]]] = {
    embedding: lookups.embedding,
    dropout: lookups.dropout,
}
TABLE: Final = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_map(name: str) -> None:
    for seed in range(50):
        cases = batch(CASES[name](Random(seed)))
        kernel = KERNELS[cases[0].definition]
        assert is_within_the_bounds(kernel, cases), seed
        for number in (float, Fraction, lambda x: Dual(x, 1.0)):
            assert is_the_map(kernel, [over(number, case) for case in cases]), seed


@pytest.mark.parametrize(
    "xs",
    [
        [[0, 1], [1], []],
        [[0, 1], 1],
        [[0], [2]],
        [[0], [-1]],
        [[1], [1.0]],
        [[1, 1.0]],
        [[True, 0]],
        [[0], [[0]]],
        [(0, 1), [1]],
        [1.0],
    ],
)
@pytest.mark.parametrize("table", [TABLE, [(1, 2), [3, 4]], [[1.0], [2.0, 3.0]], [], 5])
def test_whatever_it_is_given_it_is_the_map(xs: Any, table: Any) -> None:
    assert is_the_map(lookups.embedding, [Case(embedding, {}, x, table) for x in xs])


NEARLY_ONE = 1 - Fraction(1, 10**20)


@pytest.mark.parametrize(
    "xs",
    [
        [[1.0, 2.0], [inf, nan]],
        [[1.0, 2.0], [3, 4.0]],
        [[1.0, 2.0], (3.0, 4.0)],
        [[1.0, 2.0], [3.0]],
        [[[1.0], [2.0]]],
        [["1", 2.0]],
        [1.0],
    ],
)
@pytest.mark.parametrize("rate", [0, 0.5, Fraction(1, 3), NEARLY_ONE, 1, -1, nan, "0.5"])
def test_whatever_it_is_given_to_drop_it_is_the_map(xs: Any, rate: Any) -> None:
    for mask in ([True, False], (False, True), (), [], [1, 0], [[True], [False]], None):
        assert is_the_map(lookups.dropout, [Case(dropout, {"rate": rate}, x, mask) for x in xs])


def test_rows_are_copied() -> None:
    [[one, other]] = lookups.embedding([[0, 0]], TABLE)
    assert one == other == TABLE[0] and one is not other and one is not TABLE[0]
    xs = [[1.0, 2.0]]
    assert lookups.dropout(xs, rate=0.5) == xs and lookups.dropout(xs, rate=0.5)[0] is not xs[0]


def test_a_batch_of_nothing_gives_nothing_and_a_generator_is_refused() -> None:
    generator: Any = (token for token in [0])
    assert lookups.embedding([], TABLE) == lookups.dropout([], (), rate=0.5) == []
    with pytest.raises(TypeError, match="^xs is a generator, not a list$"):
        lookups.embedding(generator, TABLE)
    with pytest.raises(TypeError, match="^xs is a generator, not a list$"):
        lookups.dropout(generator, (), rate=0.5)
