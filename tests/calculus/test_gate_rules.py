"""The rules of projections and gated units are the derivative by duals: exactly over Fraction, and
enclosed over intervals."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from block_cases import Case, over
from cases_gates import CASES as GATES
from cases_linears import CASES as LINEARS
from funcnn import (
    AffineWeights,
    Dual,
    interval,
    leaves,
    multiply,
    subtract,
    total,
    tree_map,
    tree_zip_with,
)
from funcnn.blocks.gates import GatedWeights, glu, swiglu
from funcnn.blocks.linears import linear
from funcnn.calculus.rules import RULES


def inner_product(one: Any, other: Any) -> Any:
    return total([*leaves(tree_zip_with(multiply, one, other))])


def forth_and_back(case: Case, number: Callable[[float], Any], draw: Random) -> tuple[Any, Any]:
    """Σ ȳ·ẏ, and Σ x̄·ẋ + Σ w̄·ẇ."""

    def drawn(_: Any) -> Any:
        return number(draw.randint(-16, 16) / 8)

    sources = over(number, case).inputs, over(number, case).weights
    y, pullback = RULES[case.definition](*sources, **case.settings)
    assert y == over(number, case).run()
    tangents, y_bar = tree_map(drawn, sources), tree_map(drawn, y)
    duals = case.definition(*tree_zip_with(Dual, sources, tangents), **case.settings)
    y_dot = tree_map(lambda dual: dual.tangent, duals)
    return inner_product(y_bar, y_dot), inner_product(pullback(y_bar), tangents)


@pytest.mark.parametrize("name", ["linear", "affine", "dense", "project", "project with a bias"])
def test_a_projection_has_the_dual_derivative(name: str) -> None:
    for seed in range(50):
        draw = Random(seed)
        forth, back = forth_and_back(LINEARS[name](draw), Fraction, draw)
        assert forth == back


@pytest.mark.parametrize("name", ["glu", "swiglu", "geglu", "geglu by tanh"])
def test_a_gated_unit_has_the_dual_derivative(name: str) -> None:
    for seed in range(50):
        draw = Random(seed)
        gap = subtract(*forth_and_back(GATES[name](draw), interval, draw))
        assert gap.low <= 0 <= gap.high and gap.high - gap.low < 2.0**-40, seed


def test_the_cotangents_of_weights_have_their_types() -> None:
    weights = GatedWeights([[0.0]], AffineWeights([[3.0]], [1.0]), [[2.0]])
    _, pullback = RULES[swiglu]([5.0], weights)
    _, w_bar = pullback([1.0])
    assert repr(w_bar).startswith("GatedWeights(gate=[[80.0]], up=AffineWeights(matrix=[[")


def test_what_a_definition_refuses_its_rule_refuses() -> None:
    with pytest.raises(ValueError, match="^inputs has length 3: it has no two halves$"):
        RULES[glu]([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="^up: row 0 has length 2, the vector has length 1$"):
        RULES[swiglu]([1.0], GatedWeights([[1.0]], [[1.0, 2.0]], [[1.0]]))


def test_an_int_beside_a_float_sends_back_what_the_float_does() -> None:
    assert RULES[glu]([1.0, 2], ())[1]([1.0]) == RULES[glu]([1.0, 2.0], ())[1]([1.0])


def test_a_projection_without_rows_sends_nothing_back() -> None:
    assert RULES[linear]([1.0, 2.0], [])[1]([]) == ([0.0, 0.0], [])
