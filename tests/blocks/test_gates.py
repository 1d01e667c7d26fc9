"""Gated units: what an open gate passes, a half open and a shut one; and their errors."""

from fractions import Fraction
from math import inf, isnan, nan
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import AffineWeights, affine, binary16, cast, each, gelu, layer, linear, sigmoid, silu
from funcnn.blocks.gates import GatedWeights, geglu, glu, swiglu
from strategies import matrices, vectors

EIGHTHS: Final = st.integers(-16, 16).map(lambda count: count / 8)
SIZES: Final = st.integers(1, 4)

every_unit = pytest.mark.parametrize("unit", [swiglu, geglu])


@given(SIZES.flatmap(lambda n: st.tuples(vectors(n, EIGHTHS), vectors(n, EIGHTHS))))
def test_glu_multiplies_the_first_half_by_the_sigmoids_of_the_second(halves: Any) -> None:
    values, gates = halves
    expected = [x * sigmoid(gate) for x, gate in zip(values, gates, strict=True)]
    assert glu([*values, *gates]) == glu((*values, *gates)) == expected


def test_glu_passes_all_through_an_open_gate_and_nothing_through_a_shut_one() -> None:
    assert glu([3.0, 5.0, 7.0, 1000.0, 0.0, -1000.0]) == [3.0, 2.5, 0.0]
    assert isnan(glu([nan, 0.0])[0]) and isnan(glu([0.0, nan])[0]) and glu([inf, 1.0]) == [inf]


def test_ints_are_lifted_beside_other_numbers() -> None:
    assert glu([1, 2.0, 3, 4]) == glu([1.0, 2.0, 3.0, 4.0])
    one: Any = cast(1, binary16)
    assert {*map(type, glu([one, 3, 3, one]))} == {type(one)}


@every_unit
@given(st.data())
def test_gates_that_are_open_or_shut_make_a_unit_linear(unit: Any, data: st.DataObject) -> None:
    """Of 1000 and 0, silu and gelu are 1000 and 0; of −1000 they are 0. Nothing is rounded."""
    inner, hidden, outer = (data.draw(SIZES) for _ in range(3))
    x = data.draw(vectors(inner, EIGHTHS))
    up, down = (
        data.draw(matrices(hidden, inner, EIGHTHS)),
        data.draw(matrices(outer, hidden, EIGHTHS)),
    )
    bias, out = data.draw(vectors(hidden, EIGHTHS)), data.draw(vectors(outer, EIGHTHS))
    states = data.draw(vectors(hidden, st.sampled_from([1000.0, 0.0, -1000.0])))
    gate = AffineWeights([[0.0] * inner] * hidden, states)
    weights: Any = GatedWeights(gate, AffineWeights(up, bias), AffineWeights(down, out))
    passed = [max(0.0, state) for state in states]
    raised = zip(passed, affine(x, AffineWeights(up, bias)), strict=True)
    expected = affine([p * u for p, u in raised], AffineWeights(down, out))
    assert unit(x, weights) == expected
    plain = GatedWeights(gate, up, down)
    hollow = zip(passed, linear(x, up), strict=True)
    assert unit(x, plain) == linear([p * u for p, u in hollow], down)


@given(st.floats(-20, 20))
def test_a_unit_of_ones_is_its_gate(x: float) -> None:
    weights = GatedWeights([[1.0]], AffineWeights([[0.0]], [1.0]), [[1.0]])
    assert swiglu([x], weights) == [silu(x)]
    assert geglu([x], weights) == [gelu(x)]
    assert geglu([x], weights, approximate="tanh") == [gelu(x, approximate="tanh")]


def test_a_unit_at_each_place_of_a_sequence_is_the_layer_of_a_transformer() -> None:
    weights = GatedWeights([[1.0, 0.0]], [[0.0, 1.0]], [[2.0], [-1.0]])
    outputs = each(layer(swiglu))([[1000.0, 3.0], [0.0, 5.0]], weights)
    assert outputs == [[6000.0, -3000.0], [0.0, 0.0]]


NAMED: Final[Any] = {"gate": [[1.0, 2.0]], "up": [[3.0, 4.0]], "down": [[5.0]]}


@every_unit
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gate": [[1.0]]}, "gate: row 0 has length 1, the vector has length 2"),
        ({"up": [[1.0]]}, "up: row 0 has length 1, the vector has length 2"),
        ({"down": [[1.0, 2.0]]}, "down: row 0 has length 2, the vector has length 1"),
        ({"gate": [[1.0, 2.0]] * 2}, "the gate's rows and up's differ in length: 2 and 1"),
    ],
)
def test_a_projection_that_does_not_fit_is_named(unit: Any, changed: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        unit([1.0, 2.0], GatedWeights(**NAMED | changed))
    assert str(caught.value) == message


@every_unit
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (([[1.0]], [[1.0]]), "weights (gate, up, down) are 3, not 2"),
        (([[1.0]],) * 4, "weights (gate, up, down) are 3, not 4"),
        (iter([]), "weights (gate, up, down) is a list_iterator, not a list"),
        (([[1.0]], [["1"]], [[1.0]]), "up: row 0, entry 0: lift has no instance for str; it has"),
        (([[1.0]], [[Fraction(1)]], [[1.0]]), "up: row 0, entry 0: float beside Fraction: "),
    ],
)
def test_wrong_weights_are_refused(unit: Any, weights: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        unit([1.0], weights)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([], ValueError, "inputs has length 0: it has no two halves"),
        ([1.0, 2.0, 3.0], ValueError, "inputs has length 3: it has no two halves"),
        ((x for x in [1.0, 2.0]), TypeError, "inputs is a generator, not a list"),
        ([1.0, Fraction(1)], TypeError, "inputs, entry 1: float beside Fraction: numbers"),
        ([1.0, "1"], TypeError, "inputs, entry 1: lift has no instance for str"),
    ],
)
def test_what_has_no_halves_is_refused(inputs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        glu(inputs)
    assert str(caught.value).startswith(message)


def test_an_approximation_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="^approximate is 'fast', neither 'none' nor 'tanh'$"):
        geglu([1.0, 2.0], GatedWeights(**NAMED), approximate="fast")
