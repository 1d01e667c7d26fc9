"""Linear layers: linear over Fraction, and what does not fit is refused where it stands."""

from fractions import Fraction
from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual, derivative
from funcnn.algebra.folds import foldl
from funcnn.blocks.linears import AffineWeights, affine, dense, layer_scale, linear
from strategies import finite_floats, fractions, matrices, vectors

HALF = Fraction(1, 2)
WEIGHTS: Any = [[1, 2], [3, 4]]


@st.composite
def layers[T](
    draw: st.DrawFn, numbers: st.SearchStrategy[T]
) -> tuple[list[list[T]], list[T], list[T], list[T]]:
    """Weights, two inputs and a bias."""
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    line = vectors(columns, numbers)
    matrix = draw(matrices(rows, columns, numbers))
    return matrix, draw(line), draw(line), draw(vectors(rows, numbers))


def sketch(inputs: list[float], weights: list[list[float]]) -> list[float]:
    """map sum $ map (zipWith (*) x) w, written as loops."""
    outputs = []
    for row in weights:
        output = inputs[0] * row[0]
        for j in range(1, len(inputs)):
            output += inputs[j] * row[j]
        outputs.append(output)
    return outputs


@given(layers(st.floats() | finite_floats))
def test_linear_is_the_sketch_bit_by_bit(drawn: tuple[Any, Any, Any, Any]) -> None:
    weights, inputs, _, _ = drawn
    assert repr(linear(inputs, weights)) == repr(sketch(inputs, weights))


@given(layers(finite_floats | st.just(-0.0)))
def test_dense_keeps_what_is_positive(drawn: tuple[Any, Any, Any, Any]) -> None:
    weights, inputs, _, _ = drawn
    expected = [y if y > 0 else 0.0 for y in sketch(inputs, weights)]
    assert repr(dense(inputs, weights)) == repr(expected)


def test_dense_passes_nan_and_makes_minus_zero_plain() -> None:
    assert repr(dense([1.0], [[nan], [-0.0], [-1.0], [2.0]])) == "[nan, 0.0, 0.0, 2.0]"


@given(layers(fractions), fractions)
def test_linear_is_linear_in_its_inputs(drawn: tuple[Any, ...], a: Fraction) -> None:
    weights, xs, ys, _ = drawn
    mixed = linear([a * x + y for x, y in zip(xs, ys, strict=True)], weights)
    images = zip(linear(xs, weights), linear(ys, weights), strict=True)
    assert mixed == [a * x + y for x, y in images]


@given(layers(fractions), fractions)
def test_linear_is_linear_in_its_weights(drawn: tuple[Any, ...], a: Fraction) -> None:
    weights, xs, _, _ = drawn
    scaled = linear(xs, [[a * weight for weight in row] for row in weights])
    assert scaled == [a * y for y in linear(xs, weights)]


@given(layers(fractions))
def test_a_bias_moves_every_output_by_its_own_number(drawn: tuple[Any, ...]) -> None:
    weights, xs, _, bias = drawn
    moved = affine(xs, AffineWeights(weights, bias))
    assert moved == [y + b for y, b in zip(linear(xs, weights), bias, strict=True)]
    pair: Any = (weights, bias)
    assert moved == affine(xs, pair)
    assert affine(xs, AffineWeights(weights, [Fraction(0)] * len(weights))) == linear(xs, weights)


def test_the_bias_is_added_last() -> None:
    assert affine([1.0, 1.0], AffineWeights([[1.0, 1e16]], [-1e16])) == [0.0]
    assert affine([1.0, 1.0], AffineWeights([[-1e16, 1e16]], [1.0])) == [1.0]


@given(layers(fractions), fractions.map(abs))
def test_dense_is_homogeneous(drawn: tuple[Any, ...], k: Fraction) -> None:
    weights, xs, _, _ = drawn
    assert dense([k * x for x in xs], weights) == [k * y for y in dense(xs, weights)]


def test_dense_is_not_linear() -> None:
    assert dense([-1], [[1]]) == [0] != [-y for y in dense([1], [[1]])]


@pytest.mark.parametrize("number", [0.5, HALF, Dual(0.5, 1.0)])
def test_ints_beside_any_number_are_lifted(number: Any) -> None:
    for outputs in (
        linear([number, 1], WEIGHTS),
        linear([1, 2], [[1, number], [3, 4]]),
        dense([number, 1], WEIGHTS),
        affine([1, number], AffineWeights(WEIGHTS, [1, 2])),
        affine([1, 2], AffineWeights(WEIGHTS, [number, number])),
    ):
        assert [type(output) for output in outputs] == [type(number)] * 2


def test_a_slope_goes_through_a_layer() -> None:
    def first(x: Any) -> Any:
        return dense([x, HALF], [[3, 4], [-5, 1]])[0]

    assert derivative(first, HALF) == 3
    assert derivative(first, Fraction(-5)) == 0


def test_a_layer_of_no_rows_has_no_outputs() -> None:
    assert linear([1.0], []) == dense([1.0], []) == affine([1.0], AffineWeights([], [])) == []


def test_affine_weights_are_a_pair() -> None:
    weights = AffineWeights([[1]], [2])
    assert [*weights] == [weights.matrix, weights.bias] == [[[1]], [2]]


def test_many_layers_do_not_grow_the_stack() -> None:
    assert foldl(dense, [1], [[[1]]] * 10_000) == [1]


def one_more(inputs: Any, weights: Any) -> Any:
    return affine(inputs, AffineWeights(weights, [1, 1]))


every_layer = pytest.mark.parametrize("layer", [linear, dense, one_more])


@every_layer
@pytest.mark.parametrize(
    ("inputs", "weights", "error", "message"),
    [
        ([1, 2], [[1, 2], [3]], ValueError, "row 1 has length 1, the vector has length 2"),
        ([1], [[1], [2, 3]], ValueError, "row 1 has length 2, the vector has length 1"),
        ([], [[]], ValueError, "the vector is empty"),
        ([1], [[1], []], ValueError, "row 1 is empty"),
        ([1.0], [[HALF]], TypeError, "row 0, entry 0: float beside Fraction: numbers do not mix"),
        ([1], [["2"]], TypeError, "row 0, entry 0: lift has no instance for str; it has"),
        ([None], [[1]], TypeError, "the vector, entry 0: lift has no instance for NoneType"),
        ([1], [1.0], TypeError, "row 0 is a float, not a list"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(
    layer: Any, inputs: Any, weights: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        layer(inputs, weights)
    assert str(caught.value).startswith(message)


@every_layer
def test_generators_are_refused_by_name(layer: Any) -> None:
    with pytest.raises(TypeError, match=r"^the vector is a generator, not a list$"):
        layer((x for x in [1, 2]), WEIGHTS)
    with pytest.raises(TypeError, match=r"^the matrix is a generator, not a list$"):
        layer([1, 2], (row for row in WEIGHTS))
    with pytest.raises(TypeError, match=r"^row 1 is a generator, not a list$"):
        layer([1, 2], [[1, 2], (weight for weight in [3, 4])])


@pytest.mark.parametrize("bias", [[], [1], [1, 2, 3]])
def test_a_bias_longer_or_shorter_than_the_rows_is_refused(bias: list[int]) -> None:
    with pytest.raises(ValueError, match=rf"bias differ in length: 2 and {len(bias)}$"):
        affine([1, 2], AffineWeights(WEIGHTS, bias))


def test_a_generator_of_biases_is_refused_by_name() -> None:
    bias: Any = (number for number in [1, 2])
    with pytest.raises(TypeError, match=r"^bias is a generator, not a list$"):
        affine([1, 2], AffineWeights(WEIGHTS, bias))


@pytest.mark.parametrize("bias", [[0.5, HALF], [HALF, 0.5]])
def test_numbers_do_not_mix_in_a_bias(bias: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"numbers do not mix, convert one of them$"):
        affine([1, 2], AffineWeights(WEIGHTS, bias))


def test_the_place_of_a_wrong_bias_is_named() -> None:
    bias: list[Any] = [0.5, "2"]
    with pytest.raises(TypeError, match=r"^bias, entry 1: "):
        affine([1.0, 2.0], AffineWeights(WEIGHTS, bias))


def test_affine_weights_that_are_no_pair_are_refused() -> None:
    triple: Any = (WEIGHTS, [1, 2], [3, 4])
    generator: Any = (part for part in (WEIGHTS, [1, 2]))
    for weights, kind in ((triple, "tuple of length 3"), (generator, "generator")):
        with pytest.raises(TypeError) as caught:
            affine([1, 2], weights)
        assert str(caught.value) == f"weights (matrix, bias) are a pair, not a {kind}"


def test_a_text_is_no_number_to_scale() -> None:
    texts: Any = ["a"]
    with pytest.raises(TypeError, match="^inputs, entry 0: lift has no instance for str; "):
        layer_scale(texts, texts)
