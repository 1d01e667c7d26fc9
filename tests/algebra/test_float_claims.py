"""Floats are not reals, and a linear network over them is not linear."""

from dataclasses import replace
from fractions import Fraction
from itertools import count
from math import isfinite
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.folds import foldl
from funcnn.algebra.formats import (
    FORMATS,
    Format,
    binary32,
)
from funcnn.algebra.roundings import Rounded, cast
from funcnn.algebra.vectors import dot
from funcnn.blocks.linears import linear

HALF = 0.5
BEFORE = replace(binary32, flush_results=True, tininess="before rounding")
AFTER = replace(binary32, flush_results=True, tininess="after rounding")
every_format = pytest.mark.parametrize("form", FORMATS, ids=[form.name for form in FORMATS])


def in_units(form: Format, *counts: int) -> list[Rounded]:
    """So many times the smallest number."""
    return [cast(dyadic(form.smallest_subnormal) * k, form) for k in counts]


def is_associative(form: Format, *counts: int) -> bool:
    a, b, c = in_units(form, *counts)
    return ((a + b) + c).value == (a + (b + c)).value


def are_held(form: Format, *counts: int) -> bool:
    return all(form.holds(dyadic(form.smallest_subnormal) * k) for k in counts)


def smallest_counter_example(form: Format, least: int) -> tuple[int, int, int]:
    """Of positive numbers, by their sum, then the first, then the second, in smallest numbers."""
    for total in count(least):
        for a in range(1, total - 1):
            for b in range(1, total - a):
                triple = (a, b, total - a - b)
                if are_held(form, *triple) and not is_associative(form, *triple):
                    return triple
    raise AssertionError("count ends")


@every_format
def test_floats_are_not_reals(form: Format) -> None:
    """The smallest counter-example to (a + b) + c = a + (b + c) is 1 + 1 + 2ᵖ units.

    Sums of up to 2ᵖ units are exact. In one of 2ᵖ + 1, a + b and b + c are such, so that both sides
    are the whole sum, rounded once. So the search begins with 2ᵖ + 2; of 8 bits, with nothing.
    """
    limit = 2**form.precision
    least = 3 if form.bits == 8 else limit + 2
    assert smallest_counter_example(form, least) == (1, 1, limit)
    a, b, c = in_units(form, 1, 1, limit)
    assert (a + (b + c)).value == c.value < ((a + b) + c).value


@every_format
@given(st.data())
def test_small_sums_are_those_of_reals(form: Format, data: st.DataObject) -> None:
    limit = 2**form.precision
    a = data.draw(st.integers(1, limit - 1))
    b = data.draw(st.integers(1, limit - a))
    c = data.draw(st.integers(1, limit + 1 - a - b)) if a + b < limit + 1 else 1
    assert is_associative(form, a, b, c)


@every_format
def test_a_dot_product_has_an_order_in_every_format(form: Format) -> None:
    xs, ones = in_units(form, 1, 1, 2**form.precision), [cast(1, form)] * 3
    assert dot(xs, ones) != dot(xs[::-1], ones)
    exact, one = [dyadic(x.value) for x in xs], [Dyadic(1)] * 3
    assert dot(exact, one) == dot(exact[::-1], one)


numbers = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6)


@given(pairs.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_a_dot_product_of_dyadics_has_no_order(
    orders: tuple[list[tuple[float, float]], list[tuple[float, float]]],
) -> None:
    one, other = (
        dot([dyadic(x) for x, _ in order], [dyadic(y) for _, y in order]) for order in orders
    )
    assert one == other


def hardshrink(x: float) -> float:
    return x if abs(x) >= HALF else 0.0


def down_and_up(x: float, form: Format) -> float:
    """A linear network of one number: divided by 2¹²⁵, and multiplied by it."""
    scale = cast(2**125, form)
    divided = (Rounded(x, form) / scale * scale).value
    weights = [[[Rounded(2.0**-125, form)]], [[scale]]]
    (through,) = foldl(linear, [Rounded(x, form)], weights)
    assert repr(through.value) == repr(divided)
    return divided


def tried() -> list[float]:
    """Zeros, subnormals, what is near ½ and at the ends, and any numbers of binary32."""
    random = Random(125)
    sizes = [0.0, 2.0**-149, 2.0**-126, 2.0**-127, 0.25, 0.75, 1.0, 2.0**125, binary32.largest]
    for edge in (HALF, 0.25, 1.0, 2.0**-25):
        for _ in range(3):
            sizes += [edge, edge := binary32.next_down(edge)]
    sizes += [binary32.next_up(HALF), binary32.next_down(binary32.largest)]
    for bits in (24, 32):
        sizes += [abs(binary32.decode(random.getrandbits(bits))) for _ in range(1000)]
    sizes += [binary32.round(random.uniform(0, 1)) for _ in range(1000)]
    return [sign * size for size in sizes if isfinite(size) for sign in (1, -1)]


def test_a_linear_network_is_not_linear_in_floating_point() -> None:
    """Flushed to zero, it is Hardshrink at ½.

    J. Foerster, "Nonlinear Computation in Deep Linear Networks", OpenAI 2017
    """
    for x in tried():
        assert down_and_up(x, BEFORE) == hardshrink(x), x
    below = binary32.next_down(HALF)
    assert below == HALF - 2.0**-25
    assert [down_and_up(x, BEFORE) for x in (HALF, below, -HALF, -below)] == [HALF, 0, -HALF, 0]


def test_the_next_below_a_half_tells_when_it_is_flushed() -> None:
    """x/2¹²⁵ has 24 bits, so that both of IEEE 754's kinds of tininess, which round to 24 bits of
    any exponent, flush it. Who rounds to the subnormals' 23 bits first meets a tie, which goes to
    2⁻¹²⁶, and has nothing left to flush."""
    below = binary32.next_down(HALF)
    assert down_and_up(below, AFTER) == down_and_up(below, BEFORE) == 0.0
    assert [x for x in tried() if down_and_up(x, AFTER) != hardshrink(x)] == []
    reading = replace(binary32, flush_inputs=True)
    assert binary32.round(Fraction(below) / 2**125) == 2.0**-126
    assert down_and_up(below, reading) == HALF
    assert (
        [x for x in tried() if down_and_up(x, reading) != hardshrink(x)]
        == [x for x in tried() if abs(x) == below]
        != []
    )


def test_with_gradual_underflow_a_linear_network_is_almost_linear() -> None:
    errors = {abs(down_and_up(x, binary32) - x) for x in tried()}
    assert max(errors) == 2.0**-25
    assert all(down_and_up(x, binary32) == x for x in tried() if abs(x) >= HALF)


def test_flushed_to_zero_products_do_not_distribute() -> None:
    """(0.4·min + 0.5·min)·(1/min), of min = 2⁻¹²⁶, as Foerster has it."""
    for form in (BEFORE, AFTER):
        least = Rounded(form.smallest_normal, form)
        a, b, inverse = cast(0.4, form), cast(0.5, form), 1 / least
        assert ((a * least + b * least) / least).value == 0.0
        assert ((a * least + b * least) * inverse).value == 0.0
        assert a * (least * inverse) + b * (least * inverse) == cast(0.9, form)
