"""The law on a matmul that none of us wrote: that of more_itertools."""

from fractions import Fraction
from typing import Any

import more_itertools
import pytest
from hypothesis import assume, given

from factors import factors
from funcnn import matmul
from funcnn.laws import agrees
from funcnn.laws.properties import Raised, outcome


def theirs(a: Any, b: Any) -> Any:
    """Their matmul, its rows as lists. A zip inside it is strict, and so is math.sumprod."""
    return [[*row] for row in more_itertools.matmul(a, b)]


def by_their_dotproduct(a: Any, b: Any) -> Any:
    """A matmul of their dotproduct, which ends where the shorter vector does."""
    return [[more_itertools.dotproduct(row, column) for column in zip(*b)] for row in a]


def kinds(*factors: Any) -> set[type]:
    """The types of all entries of matrices, or of rows that are no lists."""
    rows = [row for factor in factors for row in factor]
    return {type(x) for row in rows for x in (row if isinstance(row, list) else [row])}


@given(factors())
def test_it_agrees_on_numbers_of_one_kind(pair: tuple[Any, Any]) -> None:
    """Rows too short or too long raise the same; NaN, ±∞ and sums that cancel come out right."""
    assume(pair[1] and all(isinstance(row, list) for factor in pair for row in factor))
    assume(len(kinds(*pair)) <= 1)
    assert agrees(theirs, *pair)


@pytest.mark.parametrize("left", [[], [[]], [[1]]])
def test_it_takes_no_matrix_without_rows_on_the_right(left: Any) -> None:
    """The definition has a product for no rows by no rows, and a ValueError else."""
    assert outcome(theirs, left, []) == Raised(IndexError)
    assert outcome(matmul, left, []) == ([] if left == [] else Raised(ValueError))


def test_it_does_not_lift_ints_beside_floats() -> None:
    """An entry made of ints alone stays one: its value is right, and the law lets it be."""
    left: list[list[float]] = [[1], [0.5]]
    assert repr(theirs(left, [[2]])) == "[[2], [1.0]]"
    assert repr(matmul(left, [[2]])) == "[[2.0], [1.0]]"
    assert agrees(theirs, left, [[2]])


def test_it_mixes_fractions_with_floats() -> None:
    pair = [[Fraction(1, 3)]], [[1.0]]
    assert theirs(*pair) == [[1 / 3]] and outcome(matmul, *pair) == Raised(TypeError)


def test_it_does_not_look_at_what_it_need_not_multiply() -> None:
    assert theirs([], [["1"]]) == [] and outcome(matmul, [], [["1"]]) == Raised(TypeError)


def test_its_dotproduct_truncates() -> None:
    """The law tells: right on vectors of one length, wrong on others."""
    assert agrees(by_their_dotproduct, [[0.1, 0.2, 0.3]], [[3.0], [2.0], [1.0]])
    assert not agrees(by_their_dotproduct, [[1, 2, 3]], [[1], [2]])
