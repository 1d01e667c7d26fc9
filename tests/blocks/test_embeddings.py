"""Embeddings: a row for a token, as the product with a one-hot vector; ONNX's Gather; errors."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, tensor
from funcnn import each, layer, linear, matvec, serial, tied, transpose
from funcnn.blocks.embeddings import embedding
from onnx_operators import admitted, onnx_outputs
from strategies import fractions, matrices

TABLE = [[1, 2], [3, 4], [5, 6]]


@st.composite
def lookups(draw: st.DrawFn) -> tuple[list[int], Any]:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    tokens = draw(st.lists(st.integers(0, rows - 1), max_size=4))
    return tokens, draw(matrices(rows, columns, fractions))


@given(lookups())
def test_a_token_is_a_one_hot_vector(drawn: tuple[list[int], Any]) -> None:
    tokens, table = drawn
    vectors = [[int(row == token) for row in range(len(table))] for token in tokens]
    assert embedding(tokens, table) == [matvec(transpose(table), vector) for vector in vectors]
    assert embedding(tokens, table) == [embedding(token, table) for token in tokens]
    assert embedding(tuple(tokens), table) == each(layer(embedding))(tokens, table)


def test_the_rows_returned_are_new_lists() -> None:
    one, other = embedding((1, 1), [(1, 2), (3, 4)])
    assert one == other == [3, 4] and one is not other
    assert embedding(1, TABLE) == TABLE[1] and embedding(1, TABLE) is not TABLE[1]


def test_a_table_tied_to_a_linear_layer_scores_the_tokens() -> None:
    network = tied(serial(layer(embedding), layer(linear)), [0, 0])
    assert network(1, [TABLE]) == [11, 25, 39]


def test_it_is_onnx_s_gather() -> None:
    for seed in range(200):
        draw = Random(seed)
        table = tensor(draw, draw.randint(1, 6), draw.randint(1, 4))
        token = draw.randrange(len(table))
        tokens = [draw.randrange(len(table)) for _ in range(draw.randint(1, 5))]
        for inputs in (token, tokens):
            [y] = onnx_outputs("Gather", {"data": table, "indices": inputs}, axis=0)
            assert admitted(Case(embedding, {}, inputs, table), y), seed


@pytest.mark.parametrize(
    ("inputs", "table", "error", "message"),
    [
        (3, TABLE, ValueError, "token 3 is out of range: the table has 3 rows"),
        (-1, TABLE, ValueError, "token -1 is out of range: the table has 3 rows"),
        ([0, -3], TABLE, ValueError, "token -3 is out of range: the table has 3 rows"),
        (0, [], ValueError, "token 0 is out of range: the table has 0 rows"),
        ([0, 1.0], TABLE, TypeError, "a token is a float, not an int"),
        ([[0]], TABLE, TypeError, "a token is a list, not an int"),
        (True, TABLE, TypeError, "a token is a bool, not an int"),
        (1.0, TABLE, TypeError, "inputs is a float, not a list"),
        (iter([0]), TABLE, TypeError, "inputs is a list_iterator, not a list"),
        (0, [[1, 2], [3]], ValueError, "row 1 of the table has length 1, row 0 of the table has"),
        (0, [[], []], ValueError, "row 0 of the table is empty"),
        (0, [1, 2], TypeError, "row 0 of the table is a int, not a list"),
        (0, (row for row in TABLE), TypeError, "the table is a generator, not a list"),
    ],
)
def test_what_does_not_fit_is_refused(
    inputs: Any, table: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        embedding(inputs, table)
    assert str(caught.value).startswith(message)
