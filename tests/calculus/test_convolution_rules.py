"""The rules of convolutions equal, over Fraction, the derivative by duals and the traced rule."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from block_cases import Case, over, tensor
from cases_convolutions import CASES
from funcnn import Dual, dot, leaves, shape, traced, tree_map, tree_zip_with
from funcnn.blocks.convolutions import channel_bias, conv1d
from funcnn.blocks.transposed_convolutions import conv_transpose1d
from funcnn.calculus.convolution_rules import RULES

SEEDS = range(40)


def drawn(name: str) -> Iterator[tuple[int, Case, Any]]:
    """Cases, with a cotangent of their outputs."""
    for seed in SEEDS:
        draw = Random(seed)
        case = over(Fraction, CASES[name](draw))
        yield seed, case, tree_map(Fraction, tensor(draw, *shape(case.run())))


def inner(xs: Any, ys: Any) -> Any:
    return dot([*leaves(xs)], [*leaves(ys)])


@pytest.mark.parametrize("name", CASES)
def test_a_pullback_is_the_derivative_by_duals(name: str) -> None:
    for seed, case, y_bar in drawn(name):
        draw = Random(seed)
        speeds = tree_map(lambda _: Fraction(draw.randint(-3, 3)), (case.inputs, case.weights))
        duals = tree_zip_with(Dual, (case.inputs, case.weights), speeds)
        moving = case._replace(inputs=duals[0], weights=duals[1]).run()
        outputs, pullback = RULES[case.definition](case.inputs, case.weights, **case.settings)
        bars = pullback(y_bar)
        assert outputs == case.run(), seed
        assert tuple(map(shape, bars)) == (shape(case.inputs), shape(case.weights)), seed
        assert inner(y_bar, tree_map(lambda y: y.tangent, moving)) == inner(bars, speeds), seed


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_traced_rule(name: str) -> None:
    for seed, case, y_bar in drawn(name):
        rules = RULES[case.definition], traced(case.definition)
        one, other = (rule(case.inputs, case.weights, **case.settings)[1] for rule in rules)
        assert one(y_bar) == other(y_bar), seed


def test_there_is_a_rule_for_each() -> None:
    assert {*RULES} == {CASES[name](Random(0)).definition for name in CASES}


@pytest.mark.parametrize(
    ("definition", "weights", "y_bar", "counts"),
    [
        (conv1d, [[[1.0]]], [[1.0]], "2 branches beside 1"),
        (conv_transpose1d, [[[1.0]]], [[1.0] * 3], "2 branches beside 3"),
        (channel_bias, [1.0], [[1.0, 2.0]] * 3, "1 branches beside 3"),
    ],
)
def test_a_cotangent_of_another_form_is_refused(
    definition: Any, weights: Any, y_bar: Any, counts: str
) -> None:
    _, pullback = RULES[definition]([[1.0, 2.0]], weights)
    with pytest.raises(ValueError, match=f"^outputs and the cotangent: .* {counts}$"):
        pullback(y_bar)


def test_a_stride_beyond_the_inputs_takes_no_time() -> None:
    _, pullback = RULES[conv1d]([[1.0, 2.0]], [[[2.0]]], stride=10**8)
    assert pullback([[3.0]]) == ([[6.0, 0.0]], [[[3.0]]])
