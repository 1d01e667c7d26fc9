"""Spectra at the ends of the range, in few bits, of sums of many terms, and of what is refused."""

import math
from fractions import Fraction
from typing import Any, Final

import pytest

from funcnn.algebra.duals import Dual
from funcnn.algebra.formats import Format, binary16, binary32
from funcnn.algebra.intervals import interval
from funcnn.algebra.roundings import cast
from funcnn.algebra.trees import tree_map
from funcnn.diagnostics.eigenvalues import (
    Inertia,
    inertia,
    matrix_sqrt,
    power_iteration,
    symmetric_eigen,
)
from funcnn.diagnostics.spectra import rank, svd
from funcnn.laws.spectral_properties import is_svd

LARGEST: Final = math.nextafter(math.inf, 0.0)


def test_numbers_near_the_ends_of_the_range_keep_their_signs_and_their_rank() -> None:
    for size in (LARGEST, 5e-324):
        assert inertia([[size, size], [size, 0.0]]) == Inertia(1, 1, 0)
        assert rank([[size, size], [size, size]]) == 1
    rows = [[3.7e299, 1.2e300, -7.7e299], [1.2e300, 1.7e300, -4.7e299], [-7.7e299, -4.7e299, 1e299]]
    exact = tree_map(Fraction, rows)
    assert inertia(rows) == inertia(exact)


def test_ints_are_refused_as_they_have_no_quotients() -> None:
    for function in (svd, symmetric_eigen, inertia, rank):
        with pytest.raises(TypeError, match=r"^the quotient of two ints need not be an int"):
            function([[2, 1], [1, 2]])


def test_numbers_of_an_unknown_rounding_are_named() -> None:
    for number in (interval(1.0), Dual(1.0, 1.0)):
        with pytest.raises(TypeError, match=r"^unit_roundoff has no instance for (Interval|Dual)"):
            svd([[number]])


@pytest.mark.parametrize("number_format", [binary16, binary32])
def test_rotations_come_to_rest_where_the_square_of_a_ratio_overflows(
    number_format: Format,
) -> None:
    rows = [[1.0, -1.0, -1.0], [-1.0, 0.0, 1.0], [0.0, 1.0, -1.0]]
    matrix = tree_map(lambda x: cast(x, number_format), rows)
    assert is_svd(matrix, svd(matrix))


def test_a_root_of_a_sum_of_many_terms_allows_for_their_roundings() -> None:
    matrix = [[1.0, 1.0 + 1e-14], [1.0 + 1e-14, 1.0]]
    with pytest.raises(ValueError, match=r"^the matrix has the eigenvalue -"):
        matrix_sqrt(matrix)
    assert matrix_sqrt(matrix, terms=1000)[0] == pytest.approx([0.5**0.5] * 2)


@pytest.mark.parametrize(
    ("matrix", "start", "message"),
    [
        ([[1.0], [2.0]], [1.0], "the matrix is 2×1, not square"),
        ([[math.nan]], [1.0], "row 0, entry 0: nan is not finite"),
        ([[1.0]], [math.inf], "row 0, entry 0: inf is not finite"),
    ],
)
def test_power_iteration_refuses_what_it_would_stop_at(
    matrix: Any, start: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        next(power_iteration(matrix, start))
