"""Hardshrink; and what is linear but for underflow, which is hardshrink where that is flushed."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import inf, isnan, nan
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import derivative
from funcnn.algebra.formats import Tininess, binary32, binary64
from funcnn.algebra.intervals import Interval
from funcnn.algebra.roundings import Rounded, cast
from funcnn.blocks.activations import down_and_up, hardshrink
from funcnn.blocks.combinators import elementwise
from onnx_operators import onnx_outputs
from strategies import fractions

TININESS: Final[tuple[Tininess, ...]] = "before rounding", "after rounding"


@given(fractions, fractions.map(abs), st.booleans())
def test_it_is_the_number_or_zero_and_so_is_its_slope(
    x: Fraction, threshold: Fraction, inclusive: bool
) -> None:
    for at in (x, threshold, -threshold):
        kept = abs(at) > threshold or (inclusive and abs(at) == threshold)

        def shrunk(x: Any) -> Any:
            return hardshrink(x, threshold=threshold, inclusive=inclusive)

        assert shrunk(at) == kept * at and derivative(shrunk, at) == kept


@pytest.mark.parametrize("threshold", [0.5, 0.0, 0.125, 1.75])
def test_it_is_shrink_of_onnx_without_a_bias(threshold: float) -> None:
    xs = [x / 16 for x in range(-40, 41)]
    [ys] = onnx_outputs("Shrink", {"X": xs}, lambd=threshold, bias=0.0)
    assert elementwise(hardshrink, threshold=threshold)(xs, ()) == ys.tolist()
    [ys] = onnx_outputs("Shrink", {"X": xs})
    assert elementwise(hardshrink)(xs, ()) == ys.tolist()


@pytest.mark.parametrize("inclusive", [False, True])
def test_special_values_stay_and_an_interval_holds_both_cases(inclusive: bool) -> None:
    assert isnan(hardshrink(nan, inclusive=inclusive))
    assert [hardshrink(x, inclusive=inclusive) for x in (inf, -inf)] == [inf, -inf]
    assert hardshrink(Interval(0.25, 0.75), inclusive=inclusive) == Interval(0.0, 0.75)


def test_wrong_settings_are_refused_in_a_line() -> None:
    wrongly: Any = 1
    with pytest.raises(TypeError, match=r"^inclusive is a int, not a bool$"):
        hardshrink(0.5, inclusive=wrongly)
    with pytest.raises(TypeError, match=r"^1/2 is no int; use float or Fraction numbers$"):
        hardshrink(3)
    with pytest.raises(ValueError, match=r"^scale is 0: give another number$"):
        down_and_up(0.5, scale=0)


def singles() -> list[float]:
    """Numbers of binary32 of every exponent, and all that are next to ½."""
    draw = Random(125)
    trailing = [0, 1, 2**22, 2**23 - 1, *(draw.getrandbits(23) for _ in range(2))]
    patterns = [exponent << 23 | bits for exponent, bits in product(range(255), trailing)]
    half = binary32.encode(0.5)
    sizes = [binary32.decode(pattern) for pattern in [*patterns, *range(half - 99, half + 99)]]
    return [sign * size for size in sizes for sign in (1, -1)]


@pytest.mark.parametrize("tininess", TININESS)
@pytest.mark.parametrize("flush_inputs", [False, True])
def test_flushed_to_zero_down_and_up_is_hardshrink(tininess: Tininess, flush_inputs: bool) -> None:
    """½/2¹²⁵ is binary32's smallest normal number."""
    flushing = replace(binary32, flush_results=True, flush_inputs=flush_inputs, tininess=tininess)
    for value in singles():
        x = Rounded(value, flushing)
        assert down_and_up(x) == hardshrink(x, inclusive=True), value


def test_the_threshold_is_the_smallest_normal_number_times_the_scale() -> None:
    flushing = replace(binary32, flush_results=True)
    for exponent in (100, 126):
        threshold = Fraction(2) ** (exponent - 126)
        for value in singles()[::5]:
            x = Rounded(value, flushing)
            shrunk = hardshrink(x, threshold=threshold, inclusive=True)
            assert down_and_up(x, scale=2**exponent) == shrunk, value


def test_with_gradual_underflow_down_and_up_errs_by_half_a_unit_and_exactly_by_none() -> None:
    errors = [
        abs(down_and_up(Rounded(value, binary32)).value - value)
        for value in singles()
        if abs(value) < 2.0
    ]
    assert max(errors) == 2.0**-25
    for value in singles():
        assert down_and_up(Fraction(value)) == value
        assert down_and_up(cast(value, binary64)).value == down_and_up(value) == value


def test_duals_do_not_see_what_is_flushed() -> None:
    quarter = cast(0.25, replace(binary32, flush_results=True))
    assert down_and_up(quarter) == hardshrink(quarter) == 0
    assert derivative(down_and_up, quarter) == 1 and derivative(hardshrink, quarter) == 0
