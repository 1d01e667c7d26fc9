"""A positive definite system is solved as any other, and what is none is refused."""

from math import sumprod
from typing import Any, Final

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra.vectors import matmul, transpose
from funcnn.calculus.definite_systems import positive_definite_solve
from funcnn.calculus.regression import plus_identity, solve
from strategies import fractions, matrices

SIZES: Final = st.integers(1, 4)
UNIT: Final = [[1.0, 0.0], [0.0, 1.0]]


@settings(max_examples=50)
@given(st.data(), SIZES, SIZES)
def test_it_is_solved_as_any_other_exactly(data: st.DataObject, size: int, columns: int) -> None:
    root = data.draw(matrices(size, size, fractions))
    square = plus_identity(matmul(root, transpose(root)), 1)
    right = data.draw(matrices(size, columns, fractions))
    assert positive_definite_solve(square, right) == solve(square, right)


def test_of_floats_it_is_numpy_s_solution_by_either_sum_of_products() -> None:
    rows = [[1.0 / (i + j + 1) + 2.0 * (i == j) for j in range(12)] for i in range(12)]
    right = [[float(i), 1.0] for i in range(12)]
    expected = numpy.linalg.solve(rows, right)
    for found in (
        positive_definite_solve(rows, right),
        positive_definite_solve(rows, right, dot=sumprod),
    ):
        assert abs(numpy.array(found) - expected).max() <= 1e-13


@pytest.mark.parametrize(
    ("matrix", "right", "message"),
    [
        ([], [], "the matrix is empty"),
        ([[1.0, 2.0]], [[1.0]], "the matrix is 1×2, not square"),
        (UNIT, [[1.0]], "the matrix and the right side differ in length: 2 and 1"),
        ([[1.0, 1.0], [1.0, 1.0]], UNIT, "the matrix is not positive definite: pivot 1 is 0.0"),
        ([[1.0, 0.0], [0.0, -1.0]], UNIT, "the matrix is not positive definite: pivot 1 is -1.0"),
    ],
)
def test_what_is_none_is_refused(matrix: Any, right: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        positive_definite_solve(matrix, right)
    assert str(caught.value) == message
