"""The pullbacks of norms are the transposes of their derivatives, over exact roots."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import Dual, leaves, multiply, surd, total, tree_map, tree_zip_with
from funcnn.blocks.norms import NormWeights, layer_norm, rms_norm
from funcnn.calculus import traced
from funcnn.calculus.norm_rules import RULES

eighths = st.integers(-16, 16).map(lambda n: surd(Fraction(n, 8)))
EPSILON = Fraction(1, 2)
FORMS: list[Any] = [[0.0], [0.0, 0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]]


def like(data: st.DataObject, tree: Any) -> Any:
    return tree_map(lambda _: data.draw(eighths), tree)


def inner_product(one: Any, other: Any) -> Any:
    return total([*leaves(tree_zip_with(multiply, one, other))])


def of_form(definition: Any, form: Any) -> Any:
    """Inputs and weights of a norm, as trees to be filled."""
    return form, NormWeights(form, form) if definition is layer_norm else form


norms = pytest.mark.parametrize("definition", [layer_norm, rms_norm])


@norms
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_the_pullback_is_the_transpose_of_the_dual_derivative(
    definition: Any, data: st.DataObject, form: Any
) -> None:
    """Σ ȳ·ẏ = Σ x̄·ẋ + Σ w̄·ẇ"""
    x, w = like(data, of_form(definition, form))
    x_dot, w_dot = like(data, (x, w))
    outputs, pullback = RULES[definition](x, w, epsilon=EPSILON)
    y_bar = like(data, outputs)
    x_bar, w_bar = pullback(y_bar)
    duals = definition(
        tree_zip_with(Dual, x, x_dot), tree_zip_with(Dual, w, w_dot), epsilon=EPSILON
    )
    y_dot = tree_map(lambda dual: dual.tangent, duals)
    assert outputs == definition(x, w, epsilon=EPSILON) and type(w_bar) is type(w)
    assert inner_product(y_bar, y_dot) == inner_product(x_bar, x_dot) + inner_product(w_bar, w_dot)


@norms
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_it_is_the_traced_pullback(definition: Any, data: st.DataObject, form: Any) -> None:
    x, w = like(data, of_form(definition, form))
    y_bar = like(data, form)
    closed, trace = (
        rule(x, w, epsilon=EPSILON)[1](y_bar) for rule in (RULES[definition], traced(definition))
    )
    assert closed == trace


@norms
def test_what_the_definition_refuses_its_rule_refuses(definition: Any) -> None:
    w = of_form(definition, [1.0])[1]
    with pytest.raises(ValueError, match=r"^inputs and scale differ in shape: \(2,\) and \(1,\)$"):
        RULES[definition]([1.0, 2.0], w)


def test_a_layer_norm_sends_nothing_back_along_a_shift_of_its_inputs() -> None:
    _, pullback = RULES[layer_norm]([1.0, 3.0], NormWeights([1.0, 1.0], [0.0, 0.0]), epsilon=0)
    assert pullback([1.0, 1.0]) == ([0.0, 0.0], ([-1.0, 1.0], [1.0, 1.0]))


@norms
def test_a_cotangent_of_another_form_is_refused(definition: Any) -> None:
    _, pullback = RULES[definition]([1.0, 2.0], of_form(definition, [1.0, 2.0])[1])
    with pytest.raises(ValueError, match="^outputs and the cotangent: the trees differ in form: "):
        pullback([[1.0, 2.0]])
