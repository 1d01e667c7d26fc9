"""The reference matmul is held to algebra over Fraction, and every law tells a mutant."""

from itertools import permutations
from math import inf, isnan, nan, nextafter, sumprod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import dot, matmul, matvec, outer
from funcnn.exchange import nearest
from funcnn.laws import (
    admits,
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


FLOATS = st.floats(-1e100, 1e100) | st.sampled_from([1e16, -1e16, 5e-324, -0.0, 1e-160])
TERMS = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=4)


def unzipped(terms: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in terms], [y for _, y in terms]


@given(TERMS)
def test_every_order_of_the_terms_is_admitted(terms: list[tuple[float, float]]) -> None:
    for order in permutations(terms):
        assert admits(*unzipped(terms), dot(*unzipped([*order])))
    assert admits(*unzipped(terms), sumprod(*unzipped(terms)))


@given(TERMS)
def test_terms_added_in_pairs_are_admitted(terms: list[tuple[float, float]]) -> None:
    products = [x * y for x, y in terms]
    while len(products) > 1:
        products = [sum(products[i : i + 2]) for i in range(0, len(products), 2)]
    assert admits(*unzipped(terms), products[0])


def test_the_next_float_beyond_the_bound_is_refused() -> None:
    """Products by 1 are exact, so that one rounding is left: u·(1.5 + 1.25) is 2.75·2⁻⁵³."""
    assert admits([1.5, 1.25], [1.0, 1.0], 2.75)
    assert not admits([1.5, 1.25], [1.0, 1.0], nextafter(2.75, 3.0))


def test_arithmetic_in_32_bits_is_refused() -> None:
    xs, ys = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    assert not admits(xs, ys, nearest(dot(xs, ys), 32))


@pytest.mark.parametrize(
    ("xs", "ys", "value"),
    [
        ([inf], [1.0], inf),
        ([inf, 1.0], [-1.0, 5.0], -inf),
        ([inf, inf], [1.0, -1.0], nan),
        ([inf], [0.0], nan),
        ([nan, 1.0], [1.0, 1.0], nan),
    ],
)
def test_special_values_have_one_result(xs: list[float], ys: list[float], value: float) -> None:
    assert admits(xs, ys, value) and admits(xs, ys, dot(xs, ys))
    others = [other for other in (inf, -inf, nan, 1.0) if repr(other) != repr(value)]
    assert not any(admits(xs, ys, other) for other in others)


def test_of_what_may_overflow_nothing_is_known() -> None:
    assert admits([1e200, 1e200], [1e200, -1e200], nan)
    assert admits([1e200, 1e200], [1e200, -1e200], 0.0)


def test_a_finite_sum_admits_no_special_value() -> None:
    assert not admits([1.0], [1.0], nan) and not admits([1.0], [1.0], inf)


def test_the_largest_products_that_cannot_overflow_have_one_result() -> None:
    assert admits([1.7e308], [1.0], 1.7e308) and not admits([1.7e308], [1.0], -7.0)
    assert not admits([2.0**1023], [1.0], 0.0)


def test_what_overflows_leaves_special_values_special() -> None:
    assert admits([nan, 1e308], [1.0, 10.0], nan) and not admits([nan, 1e308], [1.0, 10.0], 0.0)
    assert admits([inf, 1e308], [1.0, -10.0], nan) and not admits([inf, 1e308], [1.0, 10.0], 0.0)


def test_a_product_below_the_smallest_float_may_be_rounded_to_zero_or_up() -> None:
    """5e-324 is the smallest, and half of it is as near to 0 as to itself."""
    assert admits([5e-324], [0.5], 0.0) and admits([5e-324], [0.5], 5e-324)
    assert not admits([5e-324], [0.5], 1e-323)


def test_a_sum_that_rounds_to_infinity_may_overflow() -> None:
    """The largest float and half its last place are less than 2**1024, and add up to inf."""
    largest, half_place = nextafter(inf, 0.0), 2.0**970
    assert dot([largest, half_place], [1.0, 1.0]) == inf
    assert admits([largest, half_place], [1.0, 1.0], inf)
    assert not admits([nextafter(2.0**1023, 0.0)], [1.0], inf)


def test_beside_a_special_value_finite_products_may_still_overflow() -> None:
    xs, ys = [-1e200, inf], [1e200, 1.0]
    assert isnan(dot(xs, ys)) and admits(xs, ys, nan) and admits(xs, ys, inf)


def test_what_overflows_does_not_turn_an_infinity_over() -> None:
    xs, ones = [inf, 1.7e308, 1.7e308], [1.0] * 3
    assert admits(xs, ones, inf) and admits(xs, ones, nan) and not admits(xs, ones, -inf)
