"""Dyadics are the Fractions whose denominators are powers of two, whatever their size."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, inf, nan, trunc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.dyadics import (
    ROUNDINGS,
    Dyadic,
    Rounding,
    dyadic,
    order,
    rounded,
    shifted,
    to_odd,
    top,
)
from funcnn.algebra.elementary import (
    TRANSCENDENTAL,
    absolute,
    greater,
    maximum,
    relu,
    sqrt,
)
from funcnn.algebra.folds import foldl
from funcnn.algebra.formats import FORMATS, Format, binary64
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract, total
from funcnn.blocks.linears import dense
from strategies import matrices, vectors

HUGE = 10**300
HALF = Fraction(1, 2)
ORACLE: dict[Rounding, Callable[[Fraction], int]] = {
    "nearest even": round,
    "nearest away": lambda x: trunc(x + (HALF if x > 0 else -HALF)),
    "toward zero": trunc,
    "away from zero": lambda x: ceil(x) if x > 0 else floor(x),
    "up": ceil,
    "down": floor,
}

small = st.builds(Dyadic, st.integers(-9, 9), st.integers(-4, 4))
dyadics = small | st.builds(Dyadic, st.integers(), st.integers(-200, 200))
finite = st.floats(allow_nan=False, allow_infinity=False)
every_rounding = pytest.mark.parametrize("rounding", ROUNDINGS)
every_operation = pytest.mark.parametrize("operation", [add, subtract, multiply, divide])


def exact(x: Dyadic) -> Fraction:
    return x.integer * Fraction(2) ** x.exponent


def power_of_two_below(size: Fraction) -> Fraction:
    """The largest power of two that is not above a positive number."""
    power = Fraction(2) ** (size.numerator.bit_length() - size.denominator.bit_length())
    return power if power <= size else power / 2


def to_precision(x: Fraction, precision: int, rounding: Rounding) -> Fraction:
    unit = 2 * power_of_two_below(abs(x)) / 2**precision if x else Fraction(1)
    return ORACLE[rounding](x / unit) * unit


@given(dyadics, dyadics)
def test_arithmetic_is_that_of_fractions(x: Dyadic, y: Dyadic) -> None:
    for result, truth in (
        (x + y, exact(x) + exact(y)),
        (x - y, exact(x) - exact(y)),
        (x * y, exact(x) * exact(y)),
        (-x, -exact(x)),
        (abs(x), abs(exact(x))),
    ):
        assert type(result) is Dyadic and exact(result) == truth


@given(dyadics, dyadics)
def test_the_order_is_that_of_fractions(x: Dyadic, y: Dyadic) -> None:
    p, q = exact(x), exact(y)
    assert (x < y, x <= y, x == y) == (p < q, p <= q, p == q)
    assert (x > y, x >= y, x != y) == (p > q, p >= q, p != q)
    assert (order(x, y) > 0, order(x, y) < 0, bool(x)) == (p > q, p < q, bool(p))


@given(dyadics, st.integers(0, 100))
def test_a_number_written_in_another_way_is_equal_and_has_the_hash_of_a_fraction(
    x: Dyadic, places: int
) -> None:
    other = Dyadic(x.integer << places, x.exponent - places)
    assert x == other and not x < other and not x > other
    assert hash(x) == hash(other) == hash(exact(x))
    assert x.as_integer_ratio() == other.as_integer_ratio() == exact(x).as_integer_ratio()
    assert float(x) == float(other) == float(exact(x))


def test_the_hash_is_that_of_a_fraction_where_the_modulus_matters() -> None:
    modulus = 2**61 - 1
    for integer in (modulus, modulus + 1, -modulus, -modulus - 1, -1, 1, 0):
        for exponent in (-61, -60, -1, 0, 1, 61):
            x = Dyadic(integer, exponent)
            assert hash(x) == hash(exact(x)), x
    assert {Dyadic(4, -1): "two"}[Dyadic(1, 1)] == "two"
    assert Dyadic(12, -2) in {3}


@given(dyadics, st.integers())
def test_an_int_may_stand_on_either_side(x: Dyadic, n: int) -> None:
    p = exact(x)
    for result, truth in ((x + n, p + n), (n + x, p + n), (x - n, p - n), (n - x, n - p)):
        assert type(result) is Dyadic and exact(result) == truth
    assert exact(x * n) == exact(n * x) == p * n
    assert (x < n, x <= n, x == n, x >= n, x > n) == (p < n, p <= n, p == n, p >= n, p > n)
    assert (n < x, n <= x, n == x, n >= x, n > x) == (n < p, n <= p, n == p, n >= p, n > p)
    assert order(x, n) == 0 or (order(x, n) > 0) == (p > n)


@given(finite)
def test_every_finite_float_is_a_dyadic_and_comes_back(x: float) -> None:
    assert exact(dyadic(x)) == Fraction(x) and float(dyadic(x)) == x
    assert dyadic(dyadic(x)) == dyadic(Fraction(x)) == dyadic(x)


@given(finite, finite)
def test_dyadics_are_ordered_as_their_floats(x: float, y: float) -> None:
    assert (dyadic(x) < dyadic(y), dyadic(x) == dyadic(y)) == (x < y, x == y)


def test_zero_has_no_sign() -> None:
    assert repr(dyadic(-0.0)) == "Dyadic(0, 0)" and repr(float(dyadic(-0.0))) == "0.0"
    assert Dyadic(0, HUGE) == Dyadic(0, -HUGE) == 0 == dyadic(-0.0)
    assert hash(Dyadic(0, HUGE)) == 0 and not Dyadic(0, 7)
    assert Dyadic(0, -HUGE).as_integer_ratio() == Dyadic(0, HUGE).as_integer_ratio() == (0, 1)


def test_numbers_of_very_different_size_are_compared_at_once() -> None:
    ascending = [
        *(Dyadic(-3, HUGE), Dyadic(-1, HUGE), Dyadic(-1), Dyadic(-3, -HUGE), Dyadic(-1, -HUGE)),
        *(Dyadic(0, HUGE), Dyadic(1, -HUGE), Dyadic(3, -HUGE), Dyadic(1), Dyadic(1, HUGE)),
    ]
    for i, x in enumerate(ascending):
        for j, y in enumerate(ascending):
            assert (x < y, x == y, x > y) == (i < j, i == j, i > j), (x, y)
    assert Dyadic(4, HUGE) == Dyadic(1, HUGE + 2) and Dyadic(4, HUGE) > Dyadic(3, HUGE)
    assert Dyadic(4, -HUGE) == Dyadic(1, 2 - HUGE) and Dyadic(-4, -HUGE) < Dyadic(-3, -HUGE)
    assert hash(Dyadic(1, HUGE)) == pow(2, HUGE, 2**61 - 1)
    assert Dyadic(1, HUGE) * Dyadic(3, -HUGE) == 3 and top(Dyadic(1, HUGE)) == HUGE + 1


def test_a_float_of_any_dyadic_is_the_nearest_at_once() -> None:
    tiny = [Dyadic(1, -HUGE), Dyadic(2**2000, -HUGE), Dyadic(1, -1075), Dyadic(-1, -HUGE)]
    assert [repr(float(x)) for x in tiny] == ["0.0", "0.0", "0.0", "-0.0"]
    assert float(Dyadic(3, -1076)) == float(Dyadic(3 << 2000, -3076)) == 5e-324
    assert float(Dyadic(1 << 3000, -2999)) == 2.0 and float(Dyadic(1, 1023)) == 2.0**1023
    for x in (Dyadic(1, 1024), Dyadic(1, HUGE), Dyadic(-(1 << 3000), HUGE)):
        assert float(x) == (inf if x > 0 else -inf)


@given(dyadics.filter(bool))
def test_a_number_lies_under_its_top_by_less_than_one_binade(x: Dyadic) -> None:
    assert Fraction(2) ** (top(x) - 1) <= abs(exact(x)) < Fraction(2) ** top(x)


@every_rounding
def test_a_shift_rounds_to_an_integer(rounding: Rounding) -> None:
    for integer in range(-70, 71):
        for places in range(-3, 12):
            truth = ORACLE[rounding](integer * Fraction(2) ** -places)
            assert shifted(integer, places, rounding) == truth, (integer, places)


@every_rounding
@given(integer=st.integers(), odd=st.integers(), places=st.integers(-50, 200))
def test_a_shift_of_any_size_rounds_to_an_integer(
    rounding: Rounding, integer: int, odd: int, places: int
) -> None:
    half = 1 << max(places, 1) - 1
    for number in (integer, half * odd, half * odd + 1, half * odd - 1):
        truth = ORACLE[rounding](number * Fraction(2) ** -places)
        assert shifted(number, places, rounding) == truth


def test_a_shift_by_a_huge_number_of_places_is_done_at_once() -> None:
    for integer in (-5, -1, 0, 1, 5):
        found = [shifted(integer, HUGE, rounding) for rounding in ROUNDINGS]
        sign = (integer > 0) - (integer < 0)
        assert found == [0, 0, 0, sign, max(sign, 0), min(sign, 0)]


@every_rounding
@given(x=dyadics, precision=st.integers(1, 70))
def test_a_number_is_rounded_to_significant_bits(
    rounding: Rounding, x: Dyadic, precision: int
) -> None:
    assert exact(rounded(x, precision, rounding)) == to_precision(exact(x), precision, rounding)


@every_rounding
def test_ties_and_their_neighbors_are_rounded_to_significant_bits(rounding: Rounding) -> None:
    for integer in range(-300, 301):
        for precision in range(1, 6):
            found = rounded(Dyadic(integer, -3), precision, rounding)
            assert exact(found) == to_precision(Fraction(integer, 8), precision, rounding)
    assert rounded(Dyadic(15, HUGE), 3, rounding) in (Dyadic(7, HUGE + 1), Dyadic(8, HUGE + 1))


@given(st.integers(), st.integers().filter(bool), st.integers(1, 60))
def test_a_quotient_to_odd_is_exact_or_odd_and_the_next_to_it(
    numerator: int, denominator: int, precision: int
) -> None:
    x, truth = to_odd(numerator, denominator, precision), Fraction(numerator, denominator)
    error = abs(exact(x) - truth)
    assert not error or (error < Fraction(2) ** x.exponent and x.integer % 2 == 1)
    assert not truth or x.integer.bit_length() >= precision


@every_rounding
@given(numerator=st.integers(), denominator=st.integers(1), precision=st.integers(1, 60))
def test_a_quotient_to_odd_is_rounded_as_if_once(
    rounding: Rounding, numerator: int, denominator: int, precision: int
) -> None:
    found = rounded(to_odd(numerator, denominator, precision + 2), precision, rounding)
    assert exact(found) == to_precision(Fraction(numerator, denominator), precision, rounding)


@every_rounding
def test_quotients_near_ties_are_rounded_as_if_once(rounding: Rounding) -> None:
    """A tie of three bits is an odd number of sixteenths; 1/1000 beside it decides."""
    for sixteenths in range(8, 17):
        for aside in (-1, 0, 1):
            truth = Fraction(sixteenths, 16) + Fraction(aside, 3000)
            for x in (truth, -truth):
                found = rounded(to_odd(*x.as_integer_ratio(), 5), 3, rounding)
                assert exact(found) == to_precision(x, 3, rounding)


def test_a_quotient_by_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        to_odd(1, 0, 4)


def test_an_unknown_rounding_is_refused() -> None:
    unknown: Any = "nearest"
    with pytest.raises(ValueError, match=r"^no rounding 'nearest': use one of \('nearest even', "):
        shifted(3, 1, unknown)


@every_operation
@pytest.mark.parametrize("strange", [0.5, HALF, Decimal(1), 1j])
def test_mixed_kinds_are_refused_and_named(operation: Callable[..., Any], strange: Any) -> None:
    kind = type(strange).__name__
    for x, y, names in (
        (Dyadic(1), strange, f"Dyadic beside {kind}"),
        (strange, Dyadic(1), f"{kind} beside Dyadic"),
    ):
        with pytest.raises(TypeError) as caught:
            operation(x, y)
        assert str(caught.value) == f"{names}: numbers do not mix, convert one of them"


@pytest.mark.parametrize("strange", [0.5, HALF, "1", None])
def test_python_s_operators_refuse_them_too(strange: Any) -> None:
    one = Dyadic(1)
    operations: list[Callable[[], Any]] = [
        lambda: one + strange,
        lambda: strange + one,
        lambda: one - strange,
        lambda: strange - one,
        lambda: one * strange,
        lambda: one < strange,
        lambda: strange <= one,
        lambda: one > strange,
        lambda: strange >= one,
    ]
    for operation in operations:
        with pytest.raises(TypeError, match="Dyadic"):
            operation()
    assert one != strange and not one == strange


def test_there_is_no_quotient() -> None:
    quotients: list[Callable[[], Any]] = [
        lambda: Dyadic(1) / Dyadic(2),
        lambda: Dyadic(1) / 2,
        lambda: 1 / Dyadic(2),
        lambda: divide(1, Dyadic(3)),
        lambda: divide(Dyadic(3), 3),
    ]
    for quotient in quotients:
        with pytest.raises(TypeError) as caught:
            quotient()
        message = "the quotient of two dyadics need not be a dyadic: use Fraction numbers"
        assert str(caught.value) == message


FRACTION = "a Fraction whose denominator is no power of two is no Dyadic; use Fraction numbers"


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (nan, "nan is no Dyadic; use float numbers"),
        (inf, "inf is no Dyadic; use float numbers"),
        (-inf, "-inf is no Dyadic; use float numbers"),
        (Fraction(1, 3), FRACTION),
        (Fraction(5, 6), FRACTION),
        (Fraction(1, 3**10_000), FRACTION),
        ("1", "a str is no Dyadic; use int, float or Fraction"),
        (None, "a NoneType is no Dyadic; use int, float or Fraction"),
        (1j, "a complex is no Dyadic; use int, float or Fraction"),
    ],
)
def test_what_is_no_dyadic_is_refused_in_one_line(number: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        dyadic(number)
    assert str(caught.value) == message


def test_a_constant_is_lifted_if_it_is_a_dyadic() -> None:
    one = Dyadic(1)
    assert [lift(constant, one) for constant in (3, 0.75, Fraction(-5, 8), True)] == [
        Dyadic(3),
        Dyadic(3, -2),
        Dyadic(-5, -3),
        one,
    ]
    assert type(lift(3, one)) is Dyadic
    with pytest.raises(TypeError, match=f"^{FRACTION}$"):
        lift(Fraction(1, 3), one)


@given(dyadics, dyadics)
def test_relu_maximum_absolute_and_greater_are_those_of_fractions(x: Dyadic, y: Dyadic) -> None:
    p, q = exact(x), exact(y)
    pairs: list[tuple[Dyadic, Fraction]] = [
        (relu(x), relu(p)),
        (maximum(x, y), maximum(p, q)),
        (absolute(x), absolute(p)),
        (greater(x, y), greater(p, q)),
    ]
    for result, truth in pairs:
        assert type(result) is Dyadic and exact(result) == truth
    one: Any = 1
    assert exact(maximum(x, one)) == max(p, 1) and greater(one, x) == (1 > p)


def test_of_two_as_large_the_maximum_is_the_first() -> None:
    one, same = Dyadic(2, 0), Dyadic(1, 1)
    assert maximum(one, same) is one and maximum(same, one) is same


def test_functions_with_irrational_values_have_no_instance() -> None:
    for function in (*TRANSCENDENTAL, sqrt):
        with pytest.raises(TypeError, match=r"^\w+ has no instance for Dyadic: its value "):
            function(Dyadic(1))


@given(st.lists(dyadics, min_size=1).flatmap(lambda x: st.tuples(st.just(x), st.permutations(x))))
def test_a_total_has_no_order(pair: tuple[list[Dyadic], list[Dyadic]]) -> None:
    terms, shuffled = pair
    truth = sum((exact(x) for x in terms), Fraction(0))
    assert total(terms) == total(shuffled) and exact(total(terms)) == truth


@given(vectors(3, dyadics), matrices(2, 3, dyadics), matrices(4, 2, dyadics))
def test_a_network_of_dyadics_is_that_of_fractions(
    inputs: list[Dyadic], first: list[list[Dyadic]], second: list[list[Dyadic]]
) -> None:
    weights = [first, second]
    fractions = [[[exact(x) for x in row] for row in matrix] for matrix in weights]
    truth = foldl(dense, [exact(x) for x in inputs], fractions)
    result = foldl(dense, inputs, weights)
    assert [exact(x) for x in result] == truth
    assert {type(x) for x in result} == {Dyadic}


@given(vectors(3, dyadics), matrices(2, 3, st.integers(-9, 9)))
def test_weights_that_are_ints_are_lifted(inputs: list[Any], weights: list[list[Any]]) -> None:
    lifted = [[Dyadic(weight) for weight in row] for row in weights]
    result = dense(inputs, weights)
    assert result == dense(inputs, lifted) and {type(x) for x in result} == {Dyadic}


@pytest.mark.parametrize("form", FORMATS, ids=[form.name for form in FORMATS])
def test_an_exact_sum_rounded_once_is_not_led_astray_by_a_tie(form: Format) -> None:
    """Half a unit above 1 is a tie; 2⁻³⁰⁰ more is none, but for who rounds to a float first."""
    tie = Dyadic(1) + Dyadic(1, -form.precision)
    above, below = tie + Dyadic(1, -300), tie - Dyadic(1, -300)
    after_one = 1 + 2.0 ** (1 - form.precision)
    assert [form.round(x) for x in (below, tie, above)] == [1.0, 1.0, after_one]
    assert [form.round(-x) for x in (below, tie, above)] == [-1.0, -1.0, -after_one]
    assert form.round(exact(above)) == after_one
    assert form.round(binary64.round(above)) == (after_one if form is binary64 else 1.0)


@given(vectors(4, finite), vectors(4, finite))
def test_a_dot_product_is_rounded_once_from_its_exact_value(
    xs: list[float], ys: list[float]
) -> None:
    terms = [dyadic(x) * dyadic(y) for x, y in zip(xs, ys, strict=True)]
    truth = sum((Fraction(x) * Fraction(y) for x, y in zip(xs, ys, strict=True)), Fraction(0))
    for form in FORMATS:
        assert repr(form.round(total(terms))) == repr(form.round(truth))
