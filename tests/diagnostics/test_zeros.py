"""The zeros of a function in an interval, all of them, and which critical points there are not."""

from fractions import Fraction
from math import pi
from typing import Any

import pytest

from funcnn.algebra.elementary import sin as sine
from funcnn.algebra.intervals import Interval
from funcnn.algebra.surds import enclosed, power
from funcnn.diagnostics.multimodal import critical_points_of_index, rastrigin_critical_points, zeros
from funcnn.diagnostics.random_matrices import gaussian_orthogonal_matrices


def test_zeros_are_enclosed_and_all_found() -> None:
    found = zeros(sine, Interval(-10.0, 10.0))
    assert len(found) == 7
    assert all(zero.low <= k * pi <= zero.high for k, zero in enumerate(found, -3))
    assert zeros(lambda x: x * x + 1, Interval(-3.0, 3.0)) == []
    assert zeros(lambda x: 4 * x - 2 * x + 1, Interval(0.0, 1.0)) == []
    roots = zeros(lambda x: x * x - 2, Interval(-3.0, 3.0))
    exact = enclosed(power(2, Fraction(1, 2)), 80)
    assert len(roots) == 2 and roots[1].low <= exact.low and exact.high <= roots[1].high


def test_zeros_that_are_not_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="a zero is not told from two"):
        zeros(lambda x: x * x, Interval(-1.0, 1.0))
    with pytest.raises(ValueError, match="whether 1.0 is a zero is not decided"):
        zeros(lambda x: x - 1, Interval(0.0, 1.0))
    with pytest.raises(TypeError, match="is no interval of floats"):
        exact: Any = Interval(Fraction(-1), Fraction(1))
        zeros(lambda x: x, exact)


def test_an_interval_is_searched_however_long_it_is() -> None:
    low, high = zeros(lambda x: x * x - 2, Interval(-1e150, 1e150))
    assert low.high < -1.4 and 1.4 < high.low
    with pytest.raises(ValueError, match=r"a zero is not told from two$"):
        zeros(lambda x: x - x, Interval(1e300, 2e300))


def test_indices_and_counts_that_there_are_not_are_refused() -> None:
    points = rastrigin_critical_points(1.0)
    with pytest.raises(ValueError, match=r"^dimensions - index is -1: give 0 or more$"):
        critical_points_of_index(points, 2, 3)
    with pytest.raises(ValueError, match=r"^the count is -1: give 0 or more$"):
        gaussian_orthogonal_matrices(0, 2, -1)
