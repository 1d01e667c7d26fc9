"""Depth: without relu it is one matrix, exactly; with it, XOR is learned."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.vectors import matmul
from funcnn.blocks.combinators import run
from funcnn.blocks.linears import AffineWeights, affine
from funcnn.diagnostics.spectra import rank
from funcnn.studies.findings import Finding
from funcnn.studies.linear_depth import (
    ALTERNATING,
    BY_RELU,
    CORNERS,
    STUDY,
    XOR,
    Trained,
    collapse,
    collapsed,
    deep,
    judged,
    separable_labelings,
    verdict,
)
from funcnn.studies.linear_systems import rational_matrix
from funcnn.studies.plots import Plot
from quick_runs import quick
from strategies import fractions, matrices, vectors


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_what_is_exact_is_met(finding: Finding) -> None:
    assert [m.what for m in finding.measurements if m.met is False] == []
    assert (finding.verdict, finding.figure) == ("holds", "XOR solved: linear 0%, relu 100%")
    figures = {m.what: m.value for m in finding.measurements}
    assert figures["outputs that equal those of one layer"] == 100
    ranks = [value for what, value in figures.items() if what.startswith("rank of the product")]
    assert ranks == [6, 5, 3, 3, 3]
    assert figures["least squared error of an affine map on XOR"] == "1/4"
    assert figures["labelings of the 4 corners that an affine map can make"] == 14
    assert figures["lowest squared error learned without relu"] >= 0.25


def test_the_plot_shows_linear_networks_at_a_quarter(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    linear, activated, least = finding.plot.series
    assert [y for _, y in least.points] == [0.25] * 3
    assert all(y >= 0.25 for _, y in linear.points)
    assert [y < 0.01 for _, y in activated.points] == [False, True, True]


@given(st.data())
def test_layers_collapse_to_one_whose_rank_is_no_greater_than_any_of_theirs(
    data: st.DataObject,
) -> None:
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    weights = [
        AffineWeights(
            data.draw(matrices(gives, takes, fractions)), data.draw(vectors(gives, fractions))
        )
        for takes, gives in zip(sizes, sizes[1:], strict=False)
    ]
    x, one = data.draw(vectors(sizes[0], fractions)), collapsed(weights)
    assert run(deep(sizes, activated=False).network, x, weights) == affine(x, one)
    assert rank(one.matrix) <= min(rank(layer.matrix) for layer in weights)


def test_with_relu_between_them_layers_do_not_collapse() -> None:
    weights: list[Any] = [BY_RELU[0], BY_RELU[2]]
    assert affine(CORNERS[0], collapsed(weights)) == [2]
    assert judged(deep((2, 2, 1), activated=True), BY_RELU) == Trained(Fraction(0), 4)
    assert judged(deep((2, 2, 1), activated=False), weights).right < 4


def test_no_affine_map_tells_xor() -> None:
    """Its values at the corners, with XOR's signs, add up to 0; those of XOR would to less."""
    rows = [[*corner, Fraction(1)] for corner in CORNERS]
    assert matmul([ALTERNATING], rows) == [[0, 0, 0]]
    labels = tuple(label == 1 for label in XOR)
    assert [sign < 0 for sign in ALTERNATING] == [*labels]
    others = tuple(not label for label in labels)
    assert not {labels, others} & separable_labelings(CORNERS)


def test_a_collapse_is_of_as_many_layers_as_there_are() -> None:
    assert collapse(3, (4, 2, 4, 4), 7) == (3, 7, 7, 2, 2)
    assert rational_matrix(1, 2, 3) == rational_matrix(1, 2, 3)
    entries = {x for row in rational_matrix(1, 40, 40) for x in row}
    assert entries == {Fraction(n) for n in range(-9, 10)}


def test_the_verdict_is_that_of_the_figures() -> None:
    assert verdict(True, 3, 1) == "holds"
    assert verdict(True, 3, 0) == "holds with limits"
    assert verdict(True, 4, 1) == "false"
    assert verdict(False, 3, 1) == "false"
