"""Deep without an activation is one matrix, exactly; over floats it is that but for rounding."""

from fractions import Fraction
from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.bounds import bound
from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import foldl
from funcnn.algebra.surds import surd
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import matmul
from funcnn.blocks.linears import linear
from strategies import fractions, matrices, vectors

SIZES = st.lists(st.integers(1, 4), min_size=2, max_size=5)


@st.composite
def deep(draw: st.DrawFn, numbers: st.SearchStrategy[Any]) -> tuple[list[Any], list[Any]]:
    """Inputs, and as many matrices as go with them, one after another."""
    sizes = draw(SIZES)
    model = [draw(matrices(m, n, numbers)) for n, m in zip(sizes, sizes[1:], strict=False)]
    return draw(vectors(sizes[0], numbers)), model


def product_of(model: list[Any]) -> Any:
    """Wₙ·…·W₂·W₁: the first layer stands on the right."""
    return reduce(matmul, reversed(model))


@given(deep(fractions))
def test_deep_linear_layers_are_one_matrix(network: tuple[list[Any], list[Any]]) -> None:
    inputs, model = network
    assert foldl(linear, inputs, model) == linear(inputs, product_of(model))


@given(deep(st.floats(-1e3, 1e3)))
def test_so_they_are_over_dyadics_and_over_floats_within_both_bounds(
    network: tuple[list[float], list[Any]],
) -> None:
    inputs, model = network
    exact_inputs, exact = tree_map(dyadic, inputs), tree_map(dyadic, model)
    truth = foldl(linear, exact_inputs, exact)
    assert truth == linear(exact_inputs, product_of(exact))
    bounds, proofs = tree_map(bound, inputs), tree_map(bound, model)
    ways = (
        (foldl(linear, inputs, model), foldl(linear, bounds, proofs)),
        (linear(inputs, product_of(model)), linear(bounds, product_of(proofs))),
    )
    for floats, certificates in ways:
        for value, certificate, exact_value in zip(floats, certificates, truth, strict=True):
            assert certificate.value == exact_value and certificate.admits(value)


def test_over_floats_the_order_of_the_products_shows() -> None:
    """0.7·(0.1·0.1) and (0.7·0.1)·0.1 are two ulps of 2⁻⁶⁰ apart."""
    inputs, model = [0.1], [[[0.1]], [[0.7]]]
    [deep_output], [flat_output] = foldl(linear, inputs, model), linear(inputs, product_of(model))
    assert Fraction(deep_output) - Fraction(flat_output) == Fraction(2, 2**60)


def test_roots_need_no_rounding_either() -> None:
    """√2 and √3 among the weights: the quarter turn of two eighths, and a product of roots."""
    root: Any = sqrt(surd(2))
    eighth = [[root / 2, -root / 2], [root / 2, root / 2]]
    scale = [[sqrt(surd(3)), surd(0)], [surd(0), sqrt(surd(3))]]
    model = [eighth, eighth, scale, scale]
    inputs = [surd(1), surd(2)]
    assert foldl(linear, inputs, model) == linear(inputs, product_of(model)) == [surd(-6), surd(3)]
