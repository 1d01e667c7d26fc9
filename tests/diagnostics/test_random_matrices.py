"""Random matrices are of the ensemble, and as likely positive definite as the closed forms say."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import permutations
from math import factorial, pi
from statistics import fmean

import pytest

from funcnn.algebra.surds import enclosed, power
from funcnn.algebra.vectors import transpose
from funcnn.diagnostics import random_matrices
from funcnn.diagnostics.random_matrices import (
    gaussian_orthogonal_matrices,
    positive_definite_probability,
)

type Ensemble = Callable[[int, int, int], list[list[list[float]]]]


def is_orthogonal_ensemble(ensemble: Ensemble, count: int = 4000) -> bool:
    """The variances are 2 on the diagonal and 1 beside it, to within five standard errors."""
    matrices = ensemble(0, 2, count)
    error = 5 * (2 / count) ** 0.5
    on = fmean(m[0][0] ** 2 + m[1][1] ** 2 for m in matrices) / 2
    beside = fmean(m[0][1] ** 2 for m in matrices)
    return (
        abs(on - 2) < 2 * error
        and abs(beside - 1) < error
        and all(m == transpose(m) for m in matrices)
    )


def equal_variances(key: int, size: int, count: int) -> list[list[list[float]]]:
    matrices = gaussian_orthogonal_matrices(key, size, count)
    return [
        [[x / 2**0.5 if i == j else x for j, x in enumerate(r)] for i, r in enumerate(m)]
        for m in matrices
    ]


def not_symmetric(key: int, size: int, count: int) -> list[list[list[float]]]:
    return [[[x, y], [-y, z]] for (x, y), (_, z) in gaussian_orthogonal_matrices(key, 2, count)]


def test_random_matrices_are_of_the_ensemble() -> None:
    assert is_orthogonal_ensemble(gaussian_orthogonal_matrices)
    assert not is_orthogonal_ensemble(equal_variances)
    assert not is_orthogonal_ensemble(not_symmetric)
    with pytest.raises(ValueError, match="the size is 0"):
        gaussian_orthogonal_matrices(0, 0)


def test_the_ensemble_does_not_change_as_the_axes_turn() -> None:
    """45°: the entry beside the diagonal becomes half the difference of those on it."""
    matrices = gaussian_orthogonal_matrices(1, 2, 4000)
    turned = fmean(((c - a) / 2) ** 2 for (a, _), (_, c) in matrices)
    assert abs(turned - 1) < 5 * (2 / 4000) ** 0.5


def test_the_probabilities_are_the_closed_forms() -> None:
    one, two, three = (positive_definite_probability(size) for size in (1, 2, 3))
    exact = enclosed((2 - power(2, Fraction(1, 2))) / 4, 80)
    assert one.low <= 0.5 <= one.high and one.high - one.low < 1e-15
    assert two.low <= exact.low and exact.high <= two.high and two.high - two.low < 1e-14
    assert (
        three.low <= (pi - 2 * 2**0.5) / (4 * pi) <= three.high and three.high - three.low < 1e-14
    )


def test_with_equal_variances_the_probability_would_be_another() -> None:
    """The quoted figures of both, from 20,000 matrices of each: 0.1465 and 0.1158."""
    share = [
        sum(m[0][0] > 0 < m[0][0] * m[1][1] - m[0][1] ** 2 for m in draw(3, 2, 20_000)) / 20_000
        for draw in (gaussian_orthogonal_matrices, equal_variances)
    ]
    assert share == pytest.approx([0.1465, 0.1158], abs=0.01)
    assert share[1] not in positive_definite_probability(2)


def test_the_pfaffian_squared_is_the_determinant() -> None:
    numbers = iter(range(2, 20))
    upper = {(i, j): Fraction(next(numbers)) for i in range(6) for j in range(i + 1, 6)}
    rows = [
        [upper.get((i, j), -upper.get((j, i), Fraction(0))) for j in range(6)] for i in range(6)
    ]
    signs = {
        order: (-1) ** sum(a > b for k, a in enumerate(order) for b in order[k + 1 :])
        for order in permutations(range(6))
    }
    assert len(signs) == factorial(6)

    def term(order: Sequence[int]) -> Fraction:
        product_of = Fraction(1)
        for i, j in enumerate(order):
            product_of *= rows[i][j]
        return product_of

    determinant = sum(sign * term(order) for order, sign in signs.items())
    assert random_matrices._pfaffian(rows) ** 2 == determinant != 0
