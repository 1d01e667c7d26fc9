"""The sketch, the reference matmul, the fast path, and the property that ties them."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from factors import factors
from funcnn import dense, foldl, layer, matmul, serial, tree_map
from funcnn.fast import floats, vmap
from funcnn.laws import MUTANTS, agrees

MODEL = [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]


def test_a_network_is_a_fold() -> None:
    """layer x w = map relu $ map sum $ map (zipWith (*) x) w;  network = foldl layer"""
    assert foldl(dense, [1.0, 2.0], MODEL) == [2.0]


def test_the_number_decides_what_arithmetic_means() -> None:
    third = Fraction(1, 3)
    exact = foldl(dense, [third, 2 * third], tree_map(Fraction, MODEL))
    assert exact == [2 * third] and type(exact[0]) is Fraction


def test_the_reference_matmul() -> None:
    assert matmul([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[19, 22], [43, 50]]


@given(st.lists(st.lists(st.fractions(), min_size=2, max_size=2), max_size=3))
def test_a_batch_is_a_map(xs: list[list[Fraction]]) -> None:
    network = serial(layer(dense), layer(dense))
    exact = tree_map(Fraction, MODEL)
    assert vmap(network)(xs, exact) == [foldl(dense, x, exact) for x in xs]


@given(factors())
def test_the_fast_matmul_is_the_reference(pair: tuple[Any, Any]) -> None:
    """Shapes 0 to 17; ints, Fractions, floats that cancel, NaN, ±∞, −0.0; ragged rows."""
    assert agrees(floats.matmul, *pair)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_that_property_tells_every_mutant(mutant: Callable[[Any, Any], Any]) -> None:
    @settings(phases=[Phase.generate], max_examples=1000, database=None)
    @given(factors())
    def law(pair: tuple[Any, Any]) -> None:
        assert agrees(mutant, *pair)

    with pytest.raises(AssertionError):
        law()
