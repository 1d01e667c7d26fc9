"""The pullback of a cell is that of its steps and the transpose of its duals, exactly."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over
from cases_recurrence import CASES
from funcnn import Dual, leaves, relu, tanh, tree_map, tree_zip_with
from funcnn.blocks.recurrence import RecurrentWeights
from funcnn.calculus.recurrence_rules import RULES
from funcnn.calculus.tracing import traced

seeds = st.integers(0, 2**32).map(Random)


def drawn(draw: Random) -> Case:
    """An RNN of relus, of fractions."""
    return over(Fraction, CASES["rnn_step"](draw)._replace(settings={"activation": relu}))


def like(draw: Random, tree: Any) -> Any:
    return tree_map(lambda _: Fraction(draw.randint(-9, 9), 4), tree)


def product(one: Any, other: Any) -> Any:
    return sum(leaves(tree_zip_with(lambda x, y: x * y, one, other)))


@given(seeds)
def test_it_is_the_pullback_of_its_steps(draw: Random) -> None:
    definition, settings, inputs, weights = drawn(draw)
    y, back = RULES[definition](inputs, weights, **settings)
    z, trace_back = traced(definition)(inputs, weights, **settings)
    bars = like(draw, y)
    assert (y, back(bars)) == (z, trace_back(bars))


@given(seeds)
def test_it_is_the_transpose_of_the_duals(draw: Random) -> None:
    definition, settings, inputs, weights = drawn(draw)
    y, back = RULES[definition](inputs, weights, **settings)
    sources, bars = (inputs, weights), like(draw, y)
    tangents = like(draw, sources)
    duals = definition(*tree_zip_with(Dual, sources, tangents), **settings)
    slopes = tree_map(lambda dual: dual.tangent, duals)
    assert product(bars, slopes) == product(back(bars), tangents)


def test_by_default_it_goes_back_through_tanh() -> None:
    weights = RecurrentWeights([[0.0]], [[0.0]])
    for definition, rule in RULES.items():
        outputs, back = rule(([0.0], [3.0]), weights)
        assert outputs == definition(([0.0], [3.0]), weights) == ([0.0], [0.0])
        assert back(([1.0], [0.5])) == (([0.0], [0.0]), ([[4.5]], [[0.0]]))
        assert rule(([0.0], [3.0]), weights, activation=tanh)[0] == outputs


def test_it_refuses_what_the_cell_refuses() -> None:
    for definition, rule in RULES.items():
        with pytest.raises(ValueError) as expected:
            definition(([1.0], [1.0]), ([[1.0]] * 2, [[1.0]]))
        with pytest.raises(ValueError) as actual:
            rule(([1.0], [1.0]), ([[1.0]] * 2, [[1.0]]))
        assert str(actual.value) == str(expected.value)
