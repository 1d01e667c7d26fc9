"""A mutant looks right: it gives the reference's shape, in the reference's kind of number."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from funcnn import leaves, matmul, shape, tree_map
from funcnn.laws import MUTANTS
from funcnn.laws.mutants import rows_truncated
from funcnn.laws.properties import Matmul, outcome
from networks import matrices

KINDS = [int, float, Fraction]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mutant", MUTANTS)
@settings(max_examples=5)
@given(left=matrices(3, 2), right=matrices(2, 4))
def test_a_mutant_has_the_shape_and_the_numbers_of_the_reference(
    mutant: Matmul, kind: Any, left: Any, right: Any
) -> None:
    a, b = tree_map(kind, (left, right))
    result = mutant(a, b)
    assert shape(result) == shape(matmul(a, b))
    assert {*map(type, leaves(result))} == {kind}


def test_there_are_ten_and_more() -> None:
    assert len({*MUTANTS}) >= 10


@pytest.mark.parametrize("mutant", [mutant for mutant in MUTANTS if mutant is not rows_truncated])
@pytest.mark.parametrize(
    ("a", "b"), [([], []), ([], [[1]]), ([[1, 2]], [[1]]), ([[1], [2, 3]], [[1]]), ([["1"]], [[1]])]
)
def test_a_mutant_gives_nothing_away_where_there_is_nothing_to_compute(
    mutant: Matmul, a: Any, b: Any
) -> None:
    assert outcome(mutant, a, b) == outcome(matmul, a, b)
