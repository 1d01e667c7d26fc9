"""A sparse matrix is one like any other: the reference's products, within the certificate for
floats, or its errors."""

import pickle
from fractions import Fraction
from math import inf, isnan, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors import FLOATS, SPECIAL, perhaps_spoiled
from funcnn import (
    Dual,
    Dyadic,
    around,
    bfloat16,
    bound,
    cast,
    dense,
    foldl,
    layer,
    linear,
    matmul,
    matvec,
    serial,
    transpose,
)
from funcnn.fast import vmap
from funcnn.fast.sparse import to_sparse
from representations import EXAMPLES, are_floats, certified, integers, matrix, outcome, same

FRACTIONS = st.fractions(-9, 9, max_denominator=99)
DYADICS = st.builds(Dyadic, st.integers(-9, 9), st.integers(-3, 3))
KINDS: list[tuple[st.SearchStrategy[Any], list[Any]]] = [
    (integers, [0]),
    (FRACTIONS, [Fraction(0), 0]),
    (FRACTIONS | st.integers(-9, 9), [0]),
    (DYADICS, [Dyadic(0)]),
    (DYADICS | st.integers(-9, 9), [0, Dyadic(0, 5)]),
    (FLOATS, [0.0, -0.0]),
    (FLOATS, [0.0, 0]),
    (FLOATS | SPECIAL, [0.0]),
    (st.booleans() | st.integers(-9, 9), [0, False]),
]


@st.composite
def factors(draw: st.DrawFn) -> tuple[Any, Any]:
    """A matrix of a few patterns of zeros, and a right factor of its kind or of another."""
    rows, inner, columns = (
        draw(st.integers(0, 7)),
        draw(st.integers(1, 13)),
        draw(st.integers(1, 5)),
    )
    (numbers, zeros), (others, _) = draw(kinds())
    pool, other_pool = (draw(st.lists(kind, min_size=1, max_size=5)) for kind in (numbers, others))
    size = (rows + columns) * inner
    picks = iter(draw(st.binary(min_size=size, max_size=size)))
    masks = draw(st.lists(st.integers(0, 2**inner - 1), min_size=1, max_size=4))
    left = [
        [number if mask >> column & 1 else zeros[column % len(zeros)] for column, number in row]
        for mask, row in zip(
            [masks[index % len(masks)] for index in range(rows)],
            [[*enumerate(row)] for row in matrix(rows, inner, pool, picks)],
            strict=True,
        )
    ]
    return draw(perhaps_spoiled((left, matrix(inner, columns, other_pool, picks))))


def kinds() -> st.SearchStrategy[Any]:
    """The kinds of two factors, mostly one."""
    kind = st.sampled_from(KINDS)
    return st.one_of(*[kind.map(lambda one: (one, one))] * 3, st.tuples(kind, kind))


@settings(max_examples=EXAMPLES)
@given(factors())
def test_a_product_with_a_matrix_is_the_reference_s(pair: tuple[Any, Any]) -> None:
    left, right = pair
    sparse = outcome(to_sparse, left)
    if isinstance(sparse, tuple):
        assert sparse == outcome(transpose, left)
        return
    expected, actual = outcome(matmul, left, right), outcome(matmul, sparse, right)
    if left and are_floats(expected):
        assert certified(left, transpose(right), actual)
    else:
        assert same(actual, expected)


@settings(max_examples=EXAMPLES // 4)
@given(factors(), st.sampled_from([list, tuple]))
def test_a_product_with_a_vector_is_the_reference_s(pair: tuple[Any, Any], kept: Any) -> None:
    left, right = pair
    sparse = outcome(to_sparse, left)
    if isinstance(sparse, tuple):
        return
    vector = [row[0] if isinstance(row, list) and row else row for row in right]
    expected, actual = (outcome(matvec, m, kept(vector)) for m in (left, sparse))
    if left and are_floats(expected):
        assert certified([vector], left, [actual])
    else:
        assert same(actual, expected)


@given(factors())
def test_its_rows_are_the_matrix_s(pair: tuple[Any, Any]) -> None:
    """In kind too, but for the sign of a zero."""
    left, _ = pair
    sparse = outcome(to_sparse, left)
    if isinstance(sparse, tuple):
        return
    assert same([*sparse], [[*row] for row in left])
    assert len(sparse) == len(left) and same(sparse[1:], [[*row] for row in left[1:]])
    assert same([*pickle.loads(pickle.dumps(sparse))], [*sparse])


def test_sparse_matrices_are_values() -> None:
    sparse = to_sparse([[0, 1, 2], [3, 0, 4]])
    assert pickle.loads(pickle.dumps(sparse)) == sparse == to_sparse(((0, 1, 2), (3, 0, 4)))
    assert sparse != to_sparse([[0, 1, 2], [3, 0, 5]])
    assert len({sparse, to_sparse([*sparse])}) == 1


@pytest.mark.parametrize(
    "number",
    [
        bound(0.1),
        around(0.5, 0.125),
        Dual(Fraction(1), Fraction(2)),
        cast(0.7, bfloat16),
        True,
    ],
    ids=lambda number: type(number).__name__,
)
def test_other_numbers_get_the_reference_s_result(number: Any) -> None:
    """Even a product with 0 is one of the terms, of which a Bound counts each."""
    weights = [[0, 2, 0], [0, 0, 0], [1, 0, -3]]
    expected = matvec(weights, [number] * 3)
    assert expected == matvec(to_sparse(weights), [number] * 3)
    assert [[x] for x in expected] == matmul(to_sparse(weights), [[number]] * 3)
    lifted = [[number - number, number], [0, 0]]
    assert matvec(to_sparse(lifted), [number, 1]) == matvec(lifted, [number, 1])


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_no_zero_is_left_out_beside_what_is_not_finite(value: float) -> None:
    sparse = to_sparse([[0.0, 1.0], [1.0, 0.0]])
    assert isnan(matvec(sparse, [value, 1.0])[0])
    assert isnan(matmul(sparse, [[1.0, value], [1.0, 1.0]])[0][1])


@pytest.mark.parametrize("vector", [[1.0, 2.0], [1], [], (x for x in [1]), {1: 1}, 5, "ab", [[1]]])
def test_what_does_not_go_together_is_refused_as_by_the_reference(vector: Any) -> None:
    for weights in ([[0, Fraction(1)]], []):
        for function in (matvec, matmul):
            expected = outcome(function, weights, vector)
            assert outcome(function, to_sparse(weights), vector) == expected


def test_a_matrix_of_blocks_gathers_once_for_each_row_of_blocks() -> None:
    kept = [[(row + 3 * column) % 4 == 0 for column in range(8)] for row in range(8)]
    weights = [[float(kept[i // 4][j // 4] * (i + j + 1)) for j in range(32)] for i in range(32)]
    sparse = to_sparse(weights)
    assert len(sparse.patterns) == 4 and {*map(len, sparse.patterns)} == {8}
    assert sparse.places == tuple(index // 4 % 4 for index in range(32))
    vector = [*map(float, range(32))]
    assert matvec(sparse, vector) == matvec(weights, vector)
    assert matmul(sparse, weights) == matmul(weights, weights)


def test_floats_are_summed_by_sumprod() -> None:
    sparse, column = to_sparse([[1.0, 0.0, 1.0, 1.0]]), [1e16, 5.0, 1.0, -1e16]
    assert matvec(sparse, column) == [1.0] != matvec([*sparse], column)
    assert matmul(sparse, [[x] for x in column]) == [[1.0]]


def test_a_network_of_sparse_weights_runs_unchanged() -> None:
    weights: list[Any] = [[[0.5, 0.0, 0.0], [0.0, 0.0, 2.0]], [[0.0, 3.0]]]
    sparse = [to_sparse(matrix) for matrix in weights]
    network = serial(layer(linear), layer(dense))
    xs = [[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]
    assert foldl(dense, xs[0], sparse) == foldl(dense, xs[0], weights) == [18.0]
    assert vmap(network)(xs, sparse) == [network(x, weights) for x in xs]
