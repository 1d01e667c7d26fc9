"""Least squares: over Fraction the best weights are exact, and learning comes to them."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra.bounds import bound
from funcnn.algebra.intervals import Interval
from funcnn.algebra.scalars import add
from funcnn.algebra.trees import tree_map, tree_zip_with
from funcnn.algebra.vectors import matmul, transpose
from funcnn.blocks.combinators import layer
from funcnn.blocks.linears import linear
from funcnn.calculus.batches import Batch
from funcnn.calculus.directions import inner_product
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.regression import (
    least_squares,
    pseudo_inverse,
    ridge,
    row_echelon,
    solve,
)
from funcnn.calculus.states import State
from funcnn.calculus.training import train
from strategies import fractions, matrices

ONE, ZERO = Fraction(1), Fraction(0)
SIZES = st.integers(1, 4)
GENERATOR: Any = iter([[1.0]])
FLAT: Any = [2.0]


@st.composite
def of_any_rank(draw: st.DrawFn) -> list[list[Fraction]]:
    """A product of two matrices, which makes the rank that of the thinner, or zeros."""
    rows, rank, columns = draw(SIZES), draw(st.integers(0, 4)), draw(SIZES)
    if not rank:
        return [[ZERO] * columns for _ in range(rows)]
    return matmul(draw(matrices(rows, rank, fractions)), draw(matrices(rank, columns, fractions)))


@st.composite
def regressions(draw: st.DrawFn) -> tuple[Any, Any]:
    inputs = draw(of_any_rank())
    return inputs, draw(matrices(len(inputs), draw(st.integers(1, 2)), fractions))


def identity(size: int) -> list[list[Fraction]]:
    return [[Fraction(i == j) for j in range(size)] for i in range(size)]


def plus(one: Any, scale: Any, other: Any) -> Any:
    return tree_zip_with(lambda x, y: x + scale * y, one, other)


@given(of_any_rank())
def test_the_four_equations_of_penrose_hold(a: list[list[Fraction]]) -> None:
    p = pseudo_inverse(a)
    ap, pa = matmul(a, p), matmul(p, a)
    assert matmul(ap, a) == a
    assert matmul(pa, p) == p
    assert transpose(ap) == ap
    assert transpose(pa) == pa


@given(of_any_rank())
def test_an_echelon_form_has_unit_columns_at_its_pivots_and_the_same_rows(
    a: list[list[Fraction]],
) -> None:
    rows, pivots = row_echelon(a)
    rank = len(pivots)
    assert [[row[column] for row in rows] for column in pivots] == identity(len(rows))[:rank]
    assert all(not any(row[:column]) for row, column in zip(rows, pivots, strict=False))
    assert not any(map(any, rows[rank:]))
    if rank:
        assert matmul([[row[column] for column in pivots] for row in a], rows[:rank]) == a


@given(regressions())
def test_no_weights_have_a_lower_error_or_as_low_a_one_and_are_shorter(
    regression: tuple[Any, Any],
) -> None:
    """The error is orthogonal to the inputs, and the weights are sums of inputs."""
    inputs, targets = regression
    weights = least_squares(inputs, targets)
    errors = plus(matmul(inputs, transpose(weights)), -1, targets)
    assert not any(map(any, matmul(transpose(errors), inputs)))
    assert row_echelon([*inputs, *weights]).pivots == row_echelon(inputs).pivots


@given(regressions(), st.fractions(Fraction(1, 8), 8, max_denominator=8))
def test_ridge_tends_to_least_squares(regression: tuple[Any, Any], penalty: Fraction) -> None:
    """W₀ − W_λ = λ·(XᵀX + λI)⁻¹·W₀, since W₀ are sums of inputs; and there the slope is 0."""
    inputs, targets = regression
    best, near = least_squares(inputs, targets), ridge(inputs, targets, penalty)
    square = matmul(transpose(inputs), inputs)
    penalized = plus(square, penalty, identity(len(square)))
    assert plus(best, -1, near) == tree_map(
        lambda x: penalty * x, transpose(solve(penalized, transpose(best)))
    )
    errors = plus(matmul(inputs, transpose(near)), -1, targets)
    assert not any(map(any, plus(matmul(transpose(errors), inputs), penalty, near)))


@settings(max_examples=25)
@given(regressions(), st.fractions(Fraction(1, 8), Fraction(7, 8), max_denominator=8))
def test_gradient_descent_from_0_goes_to_least_squares(
    regression: tuple[Any, Any], share: Fraction
) -> None:
    """After k steps, W − W⁺ = −W⁺·(I − rate·2/m·XᵀX)ᵏ, and shorter each time."""
    inputs, targets = regression
    best, m = least_squares(inputs, targets), len(inputs)
    square = tree_map(lambda x: 2 * x / m, matmul(transpose(inputs), inputs))
    trace = sum(row[index] for index, row in enumerate(square))
    rate = share / trace if trace else share
    shrinking = plus(identity(len(square)), -rate, square)
    start = State(tree_map(lambda _: ZERO, best))
    batches = [Batch(inputs, targets)] * 3
    expected, lengths = tree_map(lambda x: -x, best), list[Fraction]()
    for state in train(layer(linear), layer(squared_error), Sgd(rate), start, batches):
        assert plus(state.weights, -1, best) == expected
        lengths.append(inner_product(expected, expected))
        expected = matmul(expected, shrinking)
    falls = [after < before for before, after in zip(lengths, lengths[1:], strict=False)]
    assert falls == [lengths[0] > 0] * 3


def test_gradient_descent_comes_as_near_as_one_likes() -> None:
    inputs, targets = [[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]], [[1.0], [3.0]]
    start, batches = State([[0.0, 0.0, 0.0]]), [Batch(inputs, targets)] * 400
    *_, last = train(layer(linear), layer(squared_error), Sgd(0.25), start, batches)
    best = least_squares(tree_map(Fraction, inputs), tree_map(Fraction, targets))
    assert max(map(abs, plus(tree_map(Fraction, last.weights), -1, best)[0])) < 2.0**-40


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(matrices(n, n, fractions), matrices(n, 2, fractions))
    )
)
def test_a_system_is_solved_or_singular(system: tuple[Any, Any]) -> None:
    matrix, right = system
    pivots = row_echelon(matrix).pivots
    missing = [column for column in range(len(matrix)) if column not in pivots]
    if missing:
        with pytest.raises(
            ValueError, match=f"^the matrix is singular: .* column {missing[0]} dep"
        ):
            solve(matrix, right)
    else:
        assert matmul(matrix, solve(matrix, right)) == right


def test_over_floats_it_is_exact_where_nothing_rounds() -> None:
    inverse = [[0.5, 0.5, 0.0], [0.5, -0.5, 0.0]]
    assert pseudo_inverse([[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]]) == inverse


def test_over_floats_a_rank_may_be_mistaken() -> None:
    """As fractions of ten the second row is three times the first; as floats it is not."""
    tenths = [[1, 3], [3, 9]]
    assert row_echelon(tree_map(lambda n: Fraction(n, 10), tenths)).pivots == (0,)
    assert row_echelon(tree_map(lambda n: n / 10, tenths)).pivots == (0, 1)


def test_the_largest_number_of_a_column_is_the_pivot() -> None:
    """Without, 1 − 1/ε and 2 − 1/ε round to the same number, and the solution to (0, 1)."""
    assert solve([[1e-20, 1.0], [1.0, 1.0]], [[1.0], [2.0]]) == [[1.0], [1.0]]


def test_without_rows_there_is_nothing() -> None:
    assert (pseudo_inverse([]), solve([], []), row_echelon([])) == ([], [], ([], ()))


@pytest.mark.parametrize(
    ("call", "error", "reason"),
    [
        (
            lambda: pseudo_inverse([[1.0], [1.0, 2.0]]),
            ValueError,
            "row 1 has length 2, row 0",
        ),
        (lambda: pseudo_inverse([[]]), ValueError, "row 0 is empty"),
        (lambda: pseudo_inverse(GENERATOR), TypeError, "the matrix is a list_iterator, not a"),
        (
            lambda: pseudo_inverse([[1, 2]]),
            TypeError,
            "the quotient of two ints need not be an int",
        ),
        (lambda: pseudo_inverse([[0.5, ONE]]), TypeError, "numbers do not mix"),
        (lambda: solve([[1.0, 2.0]], [[1.0]]), ValueError, "the matrix is 1×2, not square"),
        (lambda: solve([[1.0]], [[1.0], [2.0]]), ValueError, "differ in length: 1 and 2"),
        (lambda: solve([[1.0]], FLAT), TypeError, "row 0 of the right side is a float, not a"),
        (lambda: least_squares([[1.0]], FLAT), TypeError, "row 0 is a float, not a list"),
        (lambda: ridge([[1.0, 1.0]], [[1.0]], 0.0), ValueError, "the matrix is singular: of its 2"),
        (lambda: ridge([[1.0]], [[1.0]], -5), ValueError, "the penalty is -5: give 0 or more"),
        (lambda: ridge([], [], 1.0), ValueError, "there is no example"),
        (lambda: least_squares([], []), ValueError, "there is no example"),
        (lambda: least_squares([[1.0]], []), ValueError, "inputs and targets differ in length: 1"),
    ],
)
def test_bad_input_is_refused(call: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        call()


def test_what_is_no_number_or_perhaps_zero_is_no_pivot() -> None:
    with pytest.raises(ValueError, match=r"^the matrix has a NaN in it$"):
        pseudo_inverse([[float("nan")]])
    with pytest.raises(
        ValueError, match=r"^it is not decided whether \[0.0, 2.0\] "
    ):
        pseudo_inverse([[Interval(-1.0, 2.0)]])
    almost = add(add(bound(0.1), bound(0.2)), -bound(0.3))
    with pytest.raises(ValueError, match=r"^it is not decided whether "):
        pseudo_inverse([[almost]])
