"""The reference matmul is held to algebra over Fraction, and every law tells a mutant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import dot, matmul, matvec, outer
from funcnn.laws import (
    agrees,
    associativity,
    distributivity,
    identity,
    index_formula,
    mutants,
    transposition,
)
from networks import matrices

SIZES = st.integers(1, 4)


@st.composite
def chains(draw: st.DrawFn) -> tuple[Any, Any, Any, Any]:
    """A m×n, B and B′ n×p, C p×q, over Fraction."""
    m, n, p, q = (draw(SIZES) for _ in range(4))
    return draw(matrices(m, n)), draw(matrices(n, p)), draw(matrices(n, p)), draw(matrices(p, q))


@given(chains())
def test_the_reference_obeys_the_algebra_of_matrices(chain: tuple[Any, Any, Any, Any]) -> None:
    a, b, other, c = chain
    assert identity(matmul, a)
    assert associativity(matmul, a, b, c)
    assert distributivity(matmul, a, b, other)
    assert transposition(matmul, a, b)
    assert index_formula(matmul, a, b)


@given(chains())
def test_a_vector_is_a_matrix_of_one_column(chain: tuple[Any, Any, Any, Any]) -> None:
    a, b, _, _ = chain
    column = [row[0] for row in b]
    assert [[y] for y in matvec(a, column)] == matmul(a, [[x] for x in column])
    assert matmul([a[0]], [[x] for x in column]) == [[dot(a[0], column)]]
    assert outer(column, a[0]) == matmul([[x] for x in column], [a[0]])


def skewed(a: Any, b: Any) -> Any:
    """A·B with a₀₀·b₀₀ added to each entry."""
    return [[entry + a[0][0] * b[0][0] for entry in row] for row in matmul(a, b)]


def bent(a: Any, b: Any) -> Any:
    """A·B, each entry squared."""
    return [[entry * entry for entry in row] for row in matmul(a, b)]


A, B, C = [[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 1], [2, 3]]


@pytest.mark.parametrize("wrong", [skewed, bent, mutants.last_negated, mutants.batch_swapped])
def test_each_law_of_algebra_tells_something_wrong(wrong: Any) -> None:
    assert not identity(wrong, A)
    assert not index_formula(wrong, A, B)


def test_associativity_distributivity_and_transposition_tell_something_wrong() -> None:
    assert not associativity(skewed, A, B, C)
    assert not distributivity(bent, A, B, C)
    assert not transposition(mutants.batch_swapped, A, B)


@pytest.mark.parametrize(
    ("a", "b"),
    [([[1]], [[1], [2]]), ([[1, 2], [3]], [[1], [2]]), ([["1"]], [[1]]), ([[]], [])],
)
def test_agreement_is_also_of_errors(a: Any, b: Any) -> None:
    assert agrees(matmul, a, b)
    assert not agrees(lambda a, b: [[1]], a, b)


def test_what_raises_where_the_definition_does_not_disagrees() -> None:
    def raising(a: Any, b: Any) -> Any:
        raise ValueError("no")

    assert not agrees(raising, [[1]], [[1]])


@pytest.mark.parametrize(
    "result", [[[True]], [[2.0, 0.0]], [[2.0], [0.0]], [2.0], 2.0, [["2"]], [[2.0], []]]
)
def test_a_result_of_another_shape_or_number_disagrees(result: Any) -> None:
    assert agrees(lambda a, b: [[2.0]], [[1.0]], [[2]])
    assert not agrees(lambda a, b: result, [[1.0]], [[2]])


def tuples(a: Any, b: Any) -> Any:
    return tuple(map(tuple, matmul(a, b)))


@pytest.mark.parametrize("numbers", [[[1, 2]], [[1.0, 2.0]], [(1, 2)], [[1, 0.5]]])
def test_a_result_in_tuples_is_as_right_as_one_in_lists(numbers: Any) -> None:
    right: Any = [[3], [4]]
    assert agrees(tuples, numbers, right) and agrees(matmul, numbers, right)


def test_the_laws_of_algebra_take_tuples() -> None:
    pairs: Any = [(1, 2), (3, 4)]
    for product in (matmul, tuples):
        assert identity(product, pairs) and index_formula(product, pairs, pairs)
        assert associativity(product, pairs, pairs, pairs) and transposition(product, pairs, pairs)


def test_an_int_for_a_float_of_that_value_is_right() -> None:
    assert agrees(lambda a, b: [[1, 0.5]], [[1]], [[1, 0.5]])
    assert not agrees(lambda a, b: [[10**400]], [[1.0]], [[1.0]])


def test_an_implementation_cannot_change_what_it_is_held_to() -> None:
    def cheating(a: Any, b: Any) -> Any:
        for row in a:
            row[:] = [0.0] * len(row)
        return [[0.0 for _ in b[0]] for _ in a]

    a = [[1.0, 2.0]]
    assert not agrees(cheating, a, [[3.0], [4.0]])
    assert a == [[1.0, 2.0]]


def test_an_error_may_be_of_a_finer_type_but_has_to_be_raised() -> None:
    class ShapeError(ValueError):
        pass

    def finer(a: Any, b: Any) -> Any:
        raise ShapeError

    def coarser(a: Any, b: Any) -> Any:
        raise Exception

    ragged = [[1, 2], [3]]
    assert agrees(finer, ragged, [[1], [2]])
    assert not agrees(coarser, ragged, [[1], [2]])
    assert not agrees(lambda a, b: ValueError, ragged, [[1], [2]])


def raising(a: Any, b: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("strange", [lambda a, b: None, lambda a, b: "1", lambda a, b: 1, raising])
def test_what_is_no_matrix_obeys_no_law(strange: Any) -> None:
    assert not identity(strange, A)
    assert not associativity(strange, A, B, C)
    assert not distributivity(strange, A, B, C)
    assert not transposition(strange, A, B)
    assert not index_formula(strange, A, B)
    assert not agrees(strange, A, B)


def test_an_error_of_another_type_disagrees() -> None:
    def refusing(a: Any, b: Any) -> Any:
        raise TypeError("no")

    assert not agrees(refusing, [[1]], [[1], [2]])


def test_identity_is_from_either_side() -> None:
    assert not identity(lambda a, b: a, A)
    assert not identity(lambda a, b: b, A)


def test_a_result_of_another_kind_of_number_disagrees() -> None:
    assert not agrees(lambda a, b: [[2.0]], [[1]], [[2]])
    assert not identity(lambda a, b: [[1.0]], [[1]])


def test_no_law_lets_an_implementation_change_its_matrices() -> None:
    def wiping(a: Any, b: Any) -> Any:
        product = matmul(a, b)
        for row in [*a, *b]:
            row[:] = [0] * len(row)
        return product

    matrix = [[1, 2], [3, 4]]
    assert identity(wiping, matrix) and associativity(wiping, matrix, matrix, matrix)
    assert matrix == [[1, 2], [3, 4]]


@pytest.mark.parametrize("constant", [[5], [[1], [2, 3]], [[[1]]], None])
def test_a_constant_that_is_no_matrix_is_not_associative(constant: Any) -> None:
    assert not associativity(lambda a, b: constant, [[1]], [[1]], [[1]])


def test_an_int_beside_floats_has_to_be_the_exact_one() -> None:
    big = 2**53 + 1
    assert agrees(lambda a, b: [[big * big, big * 0.5]], [[big]], [[big, 0.5]])
    assert not agrees(lambda a, b: [[big * big + 1, big * 0.5]], [[big]], [[big, 0.5]])
