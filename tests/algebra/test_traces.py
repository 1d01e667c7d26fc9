"""What a number was made of leads back to its derivatives, exactly, however deep."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import (
    Dual,
    Interval,
    Traced,
    absolute,
    cos,
    cotangents,
    derivative,
    divide,
    erf,
    exp,
    lift,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
    total,
)
from strategies import finite_floats, fractions


@given(fractions, fractions, fractions)
def test_the_cotangents_are_the_derivatives_by_duals(x: Fraction, y: Fraction, z: Fraction) -> None:
    def rational(x: Any, y: Any) -> Any:
        numerator = total([x * y, -x, maximum(x, y) * relu(y), absolute(x - y), abs(x)])
        return divide(numerator, y * y + 1)

    sources = Traced(x), Traced(y)
    bars = cotangents([(rational(*sources), z)])
    duals = [
        rational(*[Dual(number, Fraction(place == other)) for other, number in enumerate((x, y))])
        for place in range(2)
    ]
    assert [bars[source] for source in sources] == [z * dual.tangent for dual in duals]


@pytest.mark.parametrize(
    "function",
    [exp, log, sqrt, tanh, sigmoid, erf, sin, cos],
    ids=lambda function: function.__name__,
)
@given(x=st.floats(0.125, 4))
def test_every_function_has_the_slope_of_its_dual(function: Callable[[Any], Any], x: float) -> None:
    source = Traced(x)
    assert cotangents([(function(source), 3.0)])[source] == 3.0 * derivative(function, x)


@given(finite_floats)
def test_a_number_used_many_times_gathers_what_comes_back(x: float) -> None:
    source = Traced(x)
    assert cotangents([(total([source] * 5), 1.0)])[source] == 5.0
    assert cotangents([(source, 1.0), (source, 2.0)])[source] == 3.0


def test_a_chain_of_any_length_is_swept_without_recursion() -> None:
    source = Traced(Fraction(1))
    number = source
    for _ in range(20_000):
        number = number + source
    assert cotangents([(number, Fraction(1))])[source] == 20_001


def test_what_is_shared_by_paths_of_unlike_length_is_complete_before_it_goes_on() -> None:
    source = Traced(2.0)
    shared = source * source
    longer = shared * shared + 1
    assert cotangents([(longer * shared, 1.0)])[source] == 3 * 16.0 * 4.0 + 4.0


def test_values_of_any_kind_are_traced() -> None:
    box = Traced(Interval(1.0, 2.0))
    assert cotangents([(box * box, lift(1, box.value))])[box] == Interval(2.0, 4.0)
    second = Traced(Dual(Fraction(3), Fraction(1)))
    cube = second * second * second
    assert cotangents([(cube, lift(1, second.value))])[second].tangent == 18


def test_traced_numbers_are_equal_only_if_they_are_one() -> None:
    one = Traced(1.0)
    assert one == one and one != Traced(1.0) and len({one, Traced(1.0)}) == 2
