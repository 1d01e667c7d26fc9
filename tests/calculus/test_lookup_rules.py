"""The rules of embedding and dropout: each cotangent goes where its number came from."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from block_cases import over
from cases_lookups import CASES
from funcnn import Dual, leaves, multiply, total, traced, tree_map, tree_zip_with
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.embeddings import embedding
from funcnn.calculus.lookup_rules import RULES


def inner_product(one: Any, other: Any) -> Any:
    return total([Fraction(0), *leaves(tree_zip_with(multiply, one, other))])


@pytest.mark.parametrize("name", CASES)
def test_a_rule_is_the_dual_derivative_and_the_traced_rule(name: str) -> None:
    """Σ ȳ·ẏ = Σ x̄·ẋ + Σ w̄·ẇ, where tokens and masks have no tangent."""
    for seed in range(50):
        draw = Random(seed)

        def drawn(number: Any) -> Any:
            return 0 if isinstance(number, int) else Fraction(draw.randint(-9, 9), 4)

        case = over(Fraction, CASES[name](draw))
        sources = case.inputs, case.weights
        y, pullback = RULES[case.definition](*sources, **case.settings)
        tangents, y_bar = tree_map(drawn, sources), tree_map(drawn, y)
        bars = pullback(y_bar)
        expected, traced_pullback = traced(case.definition)(*sources, **case.settings)
        assert (y, bars) == (expected, traced_pullback(y_bar))
        inputs, weights = tree_zip_with(dual, sources, tangents)
        y_dot = tree_map(lambda y: y.tangent, case._replace(inputs=inputs, weights=weights).run())
        assert inner_product(y_bar, y_dot) == inner_product(bars, tangents)


def dual(number: Any, tangent: Any) -> Any:
    return number if isinstance(number, int) else Dual(number, tangent)


def test_a_token_that_stands_twice_gets_both_cotangents() -> None:
    _, pullback = RULES[embedding]([2, 0, 2], [[1, 1], [2, 2], [3, 3]])
    assert pullback([[1, 0], [5, 6], [10, 20]]) == ([0, 0, 0], [[5, 6], [0, 0], [11, 20]])


def test_the_cotangent_passes_where_the_number_did() -> None:
    _, pullback = RULES[dropout]([1.0, 2.0], [True, False], rate=0.5)
    assert pullback([3.0, 5.0]) == ([6.0, 0.0], [0, 0])
    _, pullback = RULES[dropout]([1.0, 2.0], rate=0.5)
    assert pullback([3.0, 5.0]) == ([3.0, 5.0], ())


def test_what_a_definition_refuses_its_rule_refuses() -> None:
    with pytest.raises(ValueError, match="^token 1 is out of range: the table has 1 rows$"):
        RULES[embedding](1, [[1.0]])
    with pytest.raises(ValueError, match="^rate is 1: give 0 or more, and less than 1$"):
        RULES[dropout]([1.0], (), rate=1)


@pytest.mark.parametrize("y_bar", [[[1]], [[1], [2], [3]]])
def test_more_or_fewer_cotangents_than_tokens_are_refused(y_bar: Any) -> None:
    _, pullback = RULES[embedding]([0, 0], [[1]])
    with pytest.raises(ValueError, match=f"differ in length: 2 and {len(y_bar)}$"):
        pullback(y_bar)
