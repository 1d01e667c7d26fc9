"""Intervals hold whatever they must hold, and, but for the last bit of a float, nothing else."""

import operator
import pickle
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import inf, isinf, ldexp, nan, nextafter
from sys import float_info
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from funcnn.algebra.duals import derivative
from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.elementary import absolute, greater, maximum, relu
from funcnn.algebra.folds import foldl
from funcnn.algebra.intervals import Interval, Undecided, around, interval, midpoint, width
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import dot, matmul, matvec
from funcnn.blocks.activations import leaky_relu
from funcnn.blocks.linears import dense
from strategies import fractions, matrices, vectors

type Box = Interval[Any]
type Extended = Fraction | float
"""A number that is exact, or else infinite."""

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
LARGEST, TINY = float_info.max, 5e-324
EXPONENTS = (-1074, -1022, -968, 0, 995, 1023)
BORDERS = (0.0, TINY, float_info.min, 2.0**-968, 2.0**-484, 1.0, 2.0**511, 2.0**995, 2.0**1023)

mantissas = st.floats(0.5, 1.0) | st.sampled_from([1.0, 1 - 2.0**-53, 0.5 + 2.0**-27])
magnitudes = (
    st.floats(0.0, 1e3)
    | st.sampled_from([*BORDERS, LARGEST])
    | st.builds(nextafter, st.sampled_from(BORDERS), st.sampled_from([0.0, inf]))
    | st.builds(ldexp, mantissas, st.integers(-1074, 1023))
)
floats = magnitudes | magnitudes.map(operator.neg)
any_fraction = fractions | floats.map(Fraction)
shares = st.builds(lambda n, d: Fraction(min(n, d), d), st.integers(0, 9), st.integers(1, 9))


def boxes(numbers: SearchStrategy[Any]) -> SearchStrategy[Box]:
    """The intervals of such ends, of which many are points."""
    wide = st.tuples(numbers, numbers).map(lambda ends: Interval(min(ends), max(ends)))
    return wide | numbers.map(interval)


def unbounded(x: Box, below: bool, above: bool) -> Box:
    return Interval(-inf if below else x.low, inf if above else x.high)


bounded = boxes(floats)
float_boxes = bounded | st.builds(unbounded, bounded, st.booleans(), st.booleans())
exact_boxes = boxes(fractions)
unit_boxes = boxes(st.floats(-2.0, 2.0))


def holds_zero(x: Box) -> bool:
    return bool(x.low <= 0 <= x.high)


def inside(x: Box, share: Fraction) -> Fraction:
    """A number so far along an interval; for an infinite end, one beyond the floats."""
    low, high = exact(x.low), exact(x.high)
    low = low if isinstance(low, Fraction) else -(Fraction(10) ** 400)
    high = high if isinstance(high, Fraction) else Fraction(10) ** 400
    return low + share * (high - low)


def part(x: Box, one: Fraction, other: Fraction) -> Box:
    """The interval between two numbers of an interval that are halves of its ends."""
    ends = sorted([inside(x, one), inside(x, other)])
    return Interval(*(max(x.low, min(x.high, float(end))) for end in ends))


def within(x: Box, y: Box) -> bool:
    return bool(y.low <= x.low and x.high <= y.high)


def exact(end: float) -> Extended:
    return end if isinf(end) else Fraction(end)


def down(number: Extended) -> float:
    """The largest float that is not above a number, found by stepping."""
    if number > LARGEST:
        return LARGEST if isinstance(number, Fraction) else inf
    if number < -LARGEST:
        return -inf
    result = float(number)
    while result > number:
        result = nextafter(result, -inf)
    while nextafter(result, inf) <= number:
        result = nextafter(result, inf)
    return result


def up(number: Extended) -> float:
    return -down(-number)


def plus(x: Extended, y: Extended) -> Extended:
    infinite = [z for z in (x, y) if abs(z) == inf]
    return infinite[0] if infinite else Fraction(x) + Fraction(y)


def times(x: Extended, y: Extended) -> Extended:
    if not x or not y:
        return Fraction(0)
    if inf in (abs(x), abs(y)):
        return inf if (x > 0) == (y > 0) else -inf
    return Fraction(x) * Fraction(y)


def over(x: Extended, y: Extended) -> Extended:
    return times(x, Fraction(0) if abs(y) == inf else 1 / Fraction(y))


def corners(operation: Callable[[Extended, Extended], Extended], x: Box, y: Box) -> list[Extended]:
    ends = product((x.low, x.high), (y.low, y.high))
    return [operation(exact(one), exact(other)) for one, other in ends]


def outward(numbers: Iterable[Extended]) -> Box:
    numbers = list(numbers)
    return Interval(down(min(numbers)), up(max(numbers)))


thorough = settings(max_examples=1000)
operations = pytest.mark.parametrize("operation", [add, subtract, multiply, divide])
comparisons = pytest.mark.parametrize(
    "compare", [operator.lt, operator.le, operator.gt, operator.ge]
)
every_operation = pytest.mark.parametrize(
    "operation", [add, subtract, multiply, divide, maximum, greater]
)


@thorough
@given(float_boxes, float_boxes)
def test_the_ends_of_a_sum_are_rounded_outward_and_no_further(x: Box, y: Box) -> None:
    low, high = plus(exact(x.low), exact(y.low)), plus(exact(x.high), exact(y.high))
    assert x + y == Interval(down(low), up(high))
    assert x - y == x + -y
    assert -y == Interval(-y.high, -y.low)


@thorough
@given(float_boxes, float_boxes)
@example(interval(2.0**1000), interval(2.0**-500 * (1 + 2.0**-52)))
def test_the_ends_of_a_product_are_rounded_outward_and_no_further(x: Box, y: Box) -> None:
    assert x * y == outward(corners(times, x, y))


@thorough
@given(float_boxes, float_boxes.filter(lambda y: not holds_zero(y)))
def test_the_ends_of_a_quotient_are_rounded_outward_and_no_further(x: Box, y: Box) -> None:
    assert x / y == outward(corners(over, x, y))


@thorough
@given(mantissas, mantissas, st.integers(-1074, 1023), st.sampled_from(EXPONENTS))
def test_a_product_near_a_border_is_as_tight(
    one: float, other: float, exponent: int, border: int
) -> None:
    for total in range(border - 2, border + 3):
        x, y = ldexp(one, exponent), ldexp(other, max(-1074, min(total - exponent, 1023)))
        assert interval(x) * interval(y) == outward([Fraction(x) * Fraction(y)])
        assert interval(-x) * interval(y) == outward([-Fraction(x) * Fraction(y)])


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (interval(1.0) + interval(1.0), (2.0, 2.0)),
        (interval(1.0) + interval(TINY), (1.0, 1 + 2.0**-52)),
        (interval(1.0) - interval(TINY), (1 - 2.0**-53, 1.0)),
        (interval(LARGEST) + interval(LARGEST), (LARGEST, inf)),
        (interval(-LARGEST) - interval(LARGEST), (-inf, -LARGEST)),
        (interval(LARGEST) * interval(-2.0), (-inf, -LARGEST)),
        (interval(LARGEST) + interval(TINY), (LARGEST, inf)),
        (interval(LARGEST) - interval(LARGEST), (0.0, 0.0)),
        (interval(TINY) * interval(TINY), (0.0, TINY)),
        (interval(TINY) * interval(-0.5), (-TINY, 0.0)),
        (interval(TINY) * interval(2.0), (2 * TINY, 2 * TINY)),
        (interval(1.0) / interval(TINY), (LARGEST, inf)),
        (interval(TINY) / interval(-2.0), (-TINY, 0.0)),
        (interval(1.0) / interval(3.0), (0.3333333333333333, 0.33333333333333337)),
        (interval(-0.0) * interval(5.0), (0.0, 0.0)),
        (interval(0.0) * Interval(-inf, inf), (0.0, 0.0)),
        (Interval(-0.0, 1.0) * Interval(2.0, inf), (0.0, inf)),
        (Interval(-inf, 0.0) * Interval(-inf, 0.0), (0.0, inf)),
        (Interval(1.0, inf) / Interval(1.0, inf), (0.0, inf)),
        (Interval(-inf, inf) + Interval(-inf, inf), (-inf, inf)),
        (Interval(-1.0, 2.0) * Interval(-3.0, 4.0), (-6.0, 8.0)),
    ],
)
def test_the_borders_of_the_floats(result: Box, expected: tuple[float, float]) -> None:
    assert (result.low, result.high) == expected


@operations
@given(data=st.data(), one=shares, other=shares)
def test_an_operation_holds_the_results_of_the_numbers_within(
    operation: Any, data: DataObject, one: Fraction, other: Fraction
) -> None:
    x = data.draw(float_boxes)
    y = data.draw(float_boxes.filter(lambda y: operation is not divide or not holds_zero(y)))
    assert operation(inside(x, one), inside(y, other)) in operation(x, y)


@given(float_boxes, float_boxes, shares, shares, fractions)
def test_a_function_holds_the_values_of_the_numbers_within(
    x: Box, y: Box, one: Fraction, other: Fraction, slope: Fraction
) -> None:
    point, beside = inside(x, one), inside(y, other)
    assert relu(point) in relu(x) and absolute(point) in absolute(x) == abs(x)
    assert maximum(point, beside) in maximum(x, y) and greater(point, beside) in greater(x, y)
    assert leaky_relu(point) in leaky_relu(x)
    assert leaky_relu(point, slope=slope) in leaky_relu(x, slope=slope)


@pytest.mark.parametrize(
    "numbers", [unit_boxes, float_boxes, exact_boxes], ids=["unit", "wide", "exact"]
)
@given(data=st.data())
def test_a_network_holds_the_results_of_the_numbers_within(
    numbers: SearchStrategy[Box], data: DataObject
) -> None:
    inputs = data.draw(vectors(3, numbers))
    weights = [data.draw(matrices(2, 3, numbers)), data.draw(matrices(2, 2, numbers))]
    points: list[Fraction] = tree_map(lambda x: inside(x, data.draw(shares)), inputs)
    rows: list[list[list[Fraction]]] = tree_map(lambda x: inside(x, data.draw(shares)), weights)
    boxes, results = foldl(dense, inputs, weights), foldl(dense, points, rows)
    assert all(result in box for box, result in zip(boxes, results, strict=True))


@given(vectors(2, unit_boxes), matrices(2, 2, unit_boxes), shares, shares, fractions)
def test_what_a_smaller_interval_gives_lies_in_what_the_larger_gives(
    inputs: list[Box], weights: list[list[Box]], one: Fraction, other: Fraction, slope: Fraction
) -> None:
    def results(pair: list[Box], matrix: list[list[Box]]) -> list[Box]:
        x, y = pair
        quotients = [] if holds_zero(inputs[1]) else [x / y]
        functions = [x + y, x - y, x * y, abs(x), relu(x), maximum(x, y), greater(x, y)]
        return [*dense(pair, matrix), *quotients, *functions, leaky_relu(x, slope=slope)]

    smaller = tree_map(lambda x: part(x, one, other), [inputs, weights])
    assert all(map(within, results(*smaller), results(inputs, weights)))


@given(exact_boxes, exact_boxes)
def test_exact_ends_are_not_rounded(x: Box, y: Box) -> None:
    assert x + y == Interval(x.low + y.low, x.high + y.high)
    assert x - y == Interval(x.low - y.high, x.high - y.low)
    products = corners(times, x, y)
    assert x * y == Interval(min(products), max(products))
    if not holds_zero(y):
        quotients = [one / other for one, other in product((x.low, x.high), (y.low, y.high))]
        assert x / y == Interval(min(quotients), max(quotients))


@given(bounded, bounded)
def test_dyadic_ends_are_as_exact_and_have_no_quotient(x: Box, y: Box) -> None:
    dyadics = [Interval(dyadic(z.low), dyadic(z.high)) for z in (x, y)]
    rationals = [Interval(Fraction(z.low), Fraction(z.high)) for z in (x, y)]
    operations: list[Any] = [add, subtract, multiply, maximum, greater]
    for operation in operations:
        result, expected = operation(*dyadics), operation(*rationals)
        assert result == Interval(dyadic(expected.low), dyadic(expected.high))
    with pytest.raises(TypeError, match="^the quotient of two dyadics need not be a dyadic"):
        interval(Dyadic(1)) / interval(Dyadic(3))


def test_int_ends_stay_ints_and_have_no_quotient() -> None:
    result = Interval(-1, 2) * Interval(-3, 4) + 1
    assert repr(result) == "Interval(low=-5, high=9)"
    with pytest.raises(TypeError, match="^the quotient of two ints need not be an int"):
        interval(1) / interval(3)


grid = [Interval(low, high) for low, high in combinations_with_replacement(range(-2, 3), 2)]


def numbers_of(x: Box) -> range:
    return range(x.low, x.high + 1)


def test_a_function_gives_the_least_interval_that_holds_its_values() -> None:
    for x in grid:
        for function in (relu, absolute, abs, operator.neg):
            values = [function(number) for number in numbers_of(x)]
            assert function(x) == Interval(min(values), max(values))
    for x, y in product(grid, grid):
        for operation in (add, subtract, multiply, maximum, greater):
            values = [operation(*numbers) for numbers in product(numbers_of(x), numbers_of(y))]
            assert operation(x, y) == Interval(min(values), max(values))


@comparisons
def test_a_comparison_is_decided_when_all_numbers_decide_alike(compare: Any) -> None:
    for x, y in product(grid, grid):
        decisions = {compare(*numbers) for numbers in product(numbers_of(x), numbers_of(y))}
        if len(decisions) == 1:
            assert compare(x, y) is decisions.pop()
        else:
            with pytest.raises(Undecided):
                compare(x, y)


@comparisons
def test_unbounded_intervals_compare_where_they_are_bounded(compare: Any) -> None:
    below, above = Interval(-inf, 0.0), Interval(1.0, inf)
    assert compare(below, above) is compare(0, 1) and compare(above, below) is compare(1, 0)
    for x, y in ((Interval(0.0, inf), above), (below, Interval(-inf, -1.0)), (above, above)):
        with pytest.raises(Undecided):
            compare(x, y)


def test_the_error_of_an_undecided_comparison_says_which_and_what_to_use() -> None:
    with pytest.raises(Undecided) as caught:
        Interval(0.0, 2.0) < Interval(1.0, 3.0)
    assert str(caught.value) == (
        "[0.0, 2.0] < [1.0, 3.0] is undecided: they overlap; split them, or use relu, absolute, "
        "maximum or greater, which enclose both cases"
    )
    with pytest.raises(ArithmeticError, match=r"^\[-1/2, 1/3\] >= \[0, 0\] is undecided: "):
        Interval(-HALF, THIRD) >= 0


@pytest.mark.parametrize("kind", [int, Fraction, Dyadic])
def test_the_errors_do_not_write_out_thousands_of_digits(kind: Any) -> None:
    end = kind(10**5000)
    x, name = Interval(-end, end), f"an? {kind.__name__} of many digits"
    with pytest.raises(Undecided, match=rf"^\[{name}, {name}\] < .* is undecided: "):
        x < x
    with pytest.raises(ZeroDivisionError, match=rf"/ \[{name}, {name}\]: the divisor holds 0"):
        x / x
    with pytest.raises(ValueError, match=f"^no number lies from {name} to {name}: "):
        Interval(end, -end)


def test_equality_is_that_of_the_ends() -> None:
    x = Interval(0.0, 1.0)
    assert x == Interval(-0.0, 1.0) == Interval(0, 1) and hash(x) == hash(Interval(-0.0, 1.0))
    assert x != Interval(0.0, 2.0)
    number: Any = 1.0
    assert interval(1.0) != number
    assert pickle.loads(pickle.dumps(x)) == x


class Measured(float):
    """A float with another name."""


@pytest.mark.parametrize(
    ("low", "high", "error", "message"),
    [
        (1.0, 0.0, ValueError, "no number lies from 1.0 to 0.0: an interval has low <= "),
        (nan, 0.0, ValueError, "no number lies from nan to 0.0: "),
        (0.0, nan, ValueError, "no number lies from 0.0 to nan: "),
        (inf, inf, ValueError, "no number lies from inf to inf: "),
        (-inf, -inf, ValueError, "no number lies from -inf to -inf: "),
        (HALF, THIRD, ValueError, "no number lies from 1/2 to 1/3: "),
        (Dyadic(1), Dyadic(1, -1), ValueError, "no number lies from Dyadic(1, 0) to Dyadic("),
        (0, 1.0, TypeError, "an interval from int to float: both ends are float, or both int, "),
        (0.0, HALF, TypeError, "an interval from float to Fraction: "),
        ("a", "b", TypeError, "an interval from str to str: "),
        (Decimal(0), Decimal(1), TypeError, "an interval from Decimal to Decimal: "),
        (Measured(0), Measured(1), TypeError, "an interval from Measured to Measured: "),
        (False, True, TypeError, "an interval from bool to bool: "),
        (interval(1.0), interval(1.0), TypeError, "an interval from Interval to Interval: "),
    ],
)
def test_ends_that_make_no_interval_are_refused(
    low: Any, high: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        Interval(low, high)
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "divisor", [Interval(-1.0, 1.0), Interval(-0.0, 1.0), Interval(-1.0, 0.0), Interval(-1, 1), 0]
)
def test_there_is_no_quotient_by_an_interval_that_holds_zero(divisor: Any) -> None:
    with pytest.raises(ZeroDivisionError, match=r"^\[1.0, 1.0\] / \[.*\]: the divisor holds 0, "):
        interval(1.0) / divisor


@given(any_fraction, any_fraction)
def test_around_a_number_are_the_numbers_no_further_than_the_radius(
    x: Fraction, y: Fraction
) -> None:
    radius = abs(y)
    assert around(x, radius) == Interval(x - radius, x + radius)
    number, size = Fraction(float(x)), Fraction(float(radius))
    result = around(float(x), float(radius))
    assert result == Interval(down(number - size), up(number + size))


def test_what_is_around_no_number_is_refused() -> None:
    assert around(1, 0.25) == Interval(0.75, 1.25) and around(0.0, inf) == Interval(-inf, inf)
    for number, radius in ((0.0, -1.0), (0.0, nan), (nan, 1.0), (inf, 1.0)):
        with pytest.raises(ValueError, match="^no number lies from "):
            around(number, radius)
    mixed: Any = HALF
    with pytest.raises(TypeError, match="^intervals of float beside Fraction: numbers do not mix"):
        around(0.5, mixed)


@given(float_boxes)
def test_the_width_is_rounded_up(x: Box) -> None:
    assert width(x) == up(plus(exact(x.high), -exact(x.low)))


@given(float_boxes | exact_boxes)
def test_the_midpoint_lies_inside(x: Box) -> None:
    assert midpoint(x) in x
    if isinstance(x.low, Fraction):
        assert midpoint(x) == (x.low + x.high) / 2


def test_the_midpoint_of_floats_next_to_each_other_and_far_apart() -> None:
    smallest = [n * TINY for n in range(-9, 10)]
    for low, high in combinations_with_replacement(smallest, 2):
        assert low <= midpoint(Interval(low, high)) <= high
    assert midpoint(Interval(-inf, inf)) == midpoint(Interval(-LARGEST, LARGEST)) == 0.0
    assert midpoint(interval(LARGEST)) == LARGEST and midpoint(interval(TINY)) == TINY
    with pytest.raises(TypeError, match="is no int; use float or Fraction numbers$"):
        midpoint(Interval(1, 2))


kinds: list[Callable[[Any], Any]] = [Fraction, float, dyadic]


@given(boxes(any_fraction.map(float)), any_fraction.map(float))
def test_whether_a_number_lies_inside_is_decided_exactly(x: Box, number: float) -> None:
    held = x.low <= number <= x.high
    for kind, other in product(kinds, kinds):
        assert (kind(number) in Interval(other(x.low), other(x.high))) is held


def test_a_number_beside_an_end_is_not_inside() -> None:
    third = around(1 / 3, 0.0)
    assert THIRD not in third and THIRD in lift(THIRD, third)
    assert Fraction(LARGEST) + 1 not in Interval(0.0, LARGEST) and 10**400 in Interval(0.0, inf)
    assert Dyadic(1, 10**30) in Interval(0.0, inf) and Dyadic(1, -(10**30)) not in interval(0.0)
    assert 0.5 in Interval(Dyadic(-1, 10**30), Dyadic(1, 10**30))
    assert all(number not in Interval(-inf, inf) for number in (nan, inf, -inf))
    with pytest.raises(TypeError, match="^an interval holds no str: ask for a number$"):
        "a" in third


@given(any_fraction | st.integers() | floats, bounded)
def test_a_constant_is_lifted_to_the_floats_around_it(constant: Any, like: Box) -> None:
    assert lift(constant, like) == Interval(down(Fraction(constant)), up(Fraction(constant)))


def test_a_constant_beyond_the_floats_is_lifted_to_the_last_and_infinity() -> None:
    like = interval(0.0)
    assert lift(10**400, like) == Interval(LARGEST, inf)
    assert lift(-(10**400), like) == Interval(-inf, -LARGEST)
    assert lift(Fraction(10**400, 3), like) == Interval(LARGEST, inf)
    assert lift(2**53 + 1, like) == Interval(2.0**53, 2.0**53 + 2)


@pytest.mark.parametrize("constant", [nan, inf, -inf])
@pytest.mark.parametrize("end", [0.5, HALF, Dyadic(1), 1])
def test_no_infinity_is_a_constant_of_an_interval(constant: float, end: Any) -> None:
    with pytest.raises(TypeError, match=f"^{constant} is no "):
        lift(constant, interval(end))


def test_a_constant_is_lifted_to_exact_ends_as_their_kind_lifts_it() -> None:
    assert lift(0.5, interval(THIRD)) == interval(HALF)
    assert lift(0.5, interval(Dyadic(3))) == interval(Dyadic(1, -1))
    with pytest.raises(TypeError, match="is no Dyadic; use Fraction numbers$"):
        lift(THIRD, interval(Dyadic(3)))
    with pytest.raises(TypeError, match="is no int; use float or Fraction numbers$"):
        lift(0.5, interval(3))


@every_operation
@given(x=exact_boxes, n=st.integers(1, 9))
def test_an_int_or_an_interval_of_ints_is_lifted(operation: Any, x: Box, n: int) -> None:
    for like in (x, Interval(float(x.low), float(x.high))):
        assert operation(like, n) == operation(like, interval(n)) == operation(like, lift(n, like))
        if operation is not divide or not holds_zero(x):
            expected = operation(lift(n, like), like)
            assert operation(n, like) == operation(interval(n), like) == expected


def test_python_s_operators_take_an_int_on_either_side() -> None:
    x = Interval(1.0, 2.0)
    assert x + 1 == 1 + x == Interval(2.0, 3.0) and x * 2 == 2 * x == Interval(2.0, 4.0)
    assert (x - 1, 1 - x) == (Interval(0.0, 1.0), Interval(-1.0, 0.0))
    assert x / 2 == 1 / x == Interval(0.5, 1.0)
    assert x >= 1 and x > 0 and not x < 1 and 3 > x


def test_an_interval_of_large_ints_is_lifted_outward() -> None:
    assert interval(2**53 + 1) + interval(0.0) == Interval(2.0**53, 2.0**53 + 2)
    assert interval(1.0) * interval(10**400) == Interval(LARGEST, inf)


@every_operation
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (interval(0.5), 0.5, "Interval beside float: numbers do not mix"),
        (0.5, interval(0.5), "float beside Interval: numbers do not mix"),
        (interval(0.5), HALF, "Interval beside Fraction: numbers do not mix"),
        (interval(0.5), interval(HALF), "intervals of float beside Fraction: numbers do not mix"),
        (interval(Dyadic(1)), interval(0.5), "intervals of Dyadic beside float: numbers do "),
    ],
)
def test_an_interval_and_a_number_of_another_kind_do_not_mix(
    operation: Any, x: Any, y: Any, message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        operation(x, y)
    assert str(caught.value).startswith(message)


def test_python_s_operators_refuse_another_kind() -> None:
    x: Any = interval(0.5)
    for operation in (operator.add, operator.mul, operator.sub, operator.truediv, operator.lt):
        for y in (0.5, HALF, "a"):
            for one, other in ((x, y), (y, x)):
                with pytest.raises(TypeError):
                    operation(one, other)


def test_the_place_of_a_float_among_intervals_is_named() -> None:
    row: list[Any] = [interval(0.5), 0.5]
    with pytest.raises(TypeError, match="^row 0, entry 1: Interval beside float: numbers do not "):
        matvec([row], [interval(1.0), interval(2.0)])


def test_a_dot_product_is_rounded_outward_from_the_left() -> None:
    xs, ys = [0.1, 0.2, 0.3], [0.7, 0.5, 3.0]
    result = dot(list(map(interval, xs)), list(map(interval, ys)))
    first, second, third = (interval(x) * interval(y) for x, y in zip(xs, ys, strict=True))
    assert result == (first + second) + third != first + (second + third)
    assert dot(list(map(Fraction, xs)), list(map(Fraction, ys))) in result
    weights: list[Any] = [2, -2]
    assert dot([interval(LARGEST)] * 2, weights) == Interval(-inf, inf)


def test_the_layers_run_on_intervals_with_ints_for_weights() -> None:
    box = [Interval(0.0, 1.0), Interval(-1.0, 0.5)]
    hidden: list[list[Any]] = [[2, -1], [0, 1]]
    last: list[list[Any]] = [[1, -1]]
    assert dense(box, hidden) == [Interval(0.0, 3.0), Interval(0.0, 0.5)]
    assert foldl(dense, box, [hidden, last]) == [Interval(0.0, 3.0)]
    column: list[list[Any]] = [[1], [2]]
    assert matmul([box], column) == [[Interval(-2.0, 2.0)]]
    assert leaky_relu(Interval(-1.0, 2.0), slope=0.5) == Interval(-0.5, 2.0)
    assert leaky_relu(interval(-3.0), slope=THIRD) == Interval(-1 - 2.0**-52, -1 + 2.0**-53)


def test_the_slopes_over_an_interval_are_enclosed() -> None:
    assert derivative(lambda x: x * x * x, Interval(1.0, 2.0)) == Interval(3.0, 12.0)
    assert derivative(relu, Interval(1.0, 2.0)) == interval(1.0)
