"""The certificate admits every order of summation, and little else."""

from fractions import Fraction
from itertools import permutations
from math import inf, isnan, nan, nextafter, sumprod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import dot
from funcnn.exchange import nearest
from funcnn.laws import admits, dot_certificate

FLOATS = st.floats(-1e100, 1e100) | st.sampled_from([1e16, -1e16, 5e-324, -0.0, 1e-160])
TERMS = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=4)


def unzipped(terms: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in terms], [y for _, y in terms]


@given(TERMS)
def test_every_order_of_the_terms_is_admitted(terms: list[tuple[float, float]]) -> None:
    certificate = dot_certificate(*unzipped(terms))
    for order in permutations(terms):
        assert certificate.admits(dot(*unzipped([*order])))
    assert certificate.admits(sumprod(*unzipped(terms)))


@given(TERMS)
def test_terms_added_in_pairs_are_admitted(terms: list[tuple[float, float]]) -> None:
    products = [x * y for x, y in terms]
    while len(products) > 1:
        products = [sum(products[i : i + 2]) for i in range(0, len(products), 2)]
    assert admits(*unzipped(terms), products[0])


@given(TERMS)
def test_the_bound_is_n_roundings_of_the_terms_sizes(terms: list[tuple[float, float]]) -> None:
    exact, bound = dot_certificate(*unzipped(terms))
    size = sum(abs(Fraction(x) * Fraction(y)) for x, y in terms)
    assert exact == sum(Fraction(x) * Fraction(y) for x, y in terms)
    count = len(terms)
    assert bound >= count * size / 2**53
    assert bound <= count * size / 2**53 + count * Fraction(1, 2**1074)


def test_the_next_float_beyond_the_bound_is_refused() -> None:
    exact, bound = dot_certificate([1.0, 1.0], [1.0, 1.0])
    assert exact == 2 and bound > Fraction(1, 2**51)
    assert admits([1.0, 1.0], [1.0, 1.0], 2.0 + 2**-51)
    assert not admits([1.0, 1.0], [1.0, 1.0], nextafter(2.0 + 2**-51, 3.0))


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
