"""Equations: the linear case is exact; past it, what second order saves and costs is counted."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import transpose
from funcnn.blocks.models import project_to
from funcnn.calculus.batches import Batch
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.regression import pseudo_inverse
from funcnn.calculus.second_order import NewtonKrylov
from funcnn.calculus.training import Optimizer
from funcnn.studies.equations import (
    HILBERT,
    STUDY,
    descended,
    pooled_digits,
    thinned,
    verdict,
)
from funcnn.studies.findings import Finding, found
from funcnn.studies.linear_systems import (
    exactly,
    is_pseudo_inverse,
    regression,
    residual_left,
)
from funcnn.studies.plots import Plot
from quick_runs import quick
from strategies import fractions, matrices


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_what_is_exact_is_met(finding: Finding) -> None:
    assert [m.what for m in finding.measurements if m.met is False] == []
    met = [m for m in finding.measurements if m.met]
    assert [m.value for m in met[:4]] == [4] * 4
    figures = {m.what: m.value for m in finding.measurements}
    assert figures["residual after 8 steps on Hilbert's matrix, rationals"] == 0
    assert figures["Newton–Krylov: starts that reach 1/1 of that"] == 1
    assert finding.verdict in ("holds", "holds with limits")


def test_the_plot_goes_below_what_equations_reach(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    newton, *_, least = finding.plot.series
    (_, best), _ = least.points
    assert newton.points[-1][1] <= best < newton.points[0][1]
    assert all(x > 0 for series in finding.plot.series for x, _ in series.points)


@pytest.mark.parametrize("key", range(5))
def test_a_regression_is_solved_three_ways(key: int) -> None:
    assert exactly(regression(key)) == (True, True, True, 4, 4)


@given(st.data())
def test_no_other_matrix_is_the_pseudo_inverse(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    matrix = data.draw(matrices(rows, columns, fractions))
    inverse = pseudo_inverse(matrix)
    assert is_pseudo_inverse(matrix, inverse)
    other = data.draw(matrices(columns, rows, fractions))
    assert is_pseudo_inverse(matrix, other) == (other == inverse)


@pytest.mark.parametrize(
    "other",
    [
        [[Fraction(1), Fraction(1)], [Fraction(0), Fraction(0)]],
        [[Fraction(1), Fraction(0)], [Fraction(1), Fraction(0)]],
        [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]],
        [[Fraction(0), Fraction(0)], [Fraction(0), Fraction(0)]],
    ],
)
def test_each_of_penrose_s_equations_is_asked(other: Any) -> None:
    """Of (1 0; 0 0) they are inverses by all equations but one."""
    assert not is_pseudo_inverse([[Fraction(1), Fraction(0)], [Fraction(0), Fraction(0)]], other)
    assert is_pseudo_inverse(other, pseudo_inverse(other))


def test_float_leaves_a_residual_where_rationals_leave_none() -> None:
    assert residual_left(HILBERT, Fraction) == 0
    assert residual_left(HILBERT, float) > 1e-6


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (Sgd(0.25), [(1, 4.0), (2, 1.0), (3, 0.25)]),
        (NewtonKrylov(1.0), [(6, 4.0), (12, 4 / 9)]),
    ],
)
def test_a_descent_counts_its_gradients(optimizer: Optimizer, expected: Any) -> None:
    """Of (w − 1)² at 3: gradient descent halves the way; a step of Newton–Krylov damped by 1 goes
    two thirds of it, for two gradients, one of duals, and two losses."""
    model, batch = project_to(1, 1, bias=False), Batch([[1.0]], [[1.0]])
    run = found(descended(model, optimizer, [[3.0]], batch, expected[-1][1] * 1.001, 9))
    assert run.reached
    assert [count for count, _ in run.path] == [count for count, _ in expected]
    assert [loss for _, loss in run.path] == pytest.approx([loss for _, loss in expected])
    assert (run.steps, run.gradients) == (len(expected) - 1, expected[-1][0])
    short = found(descended(model, optimizer, [[3.0]], batch, 0.0, 1))
    assert (short.reached, short.steps) == (False, 1)


def test_a_path_thinned_has_its_ends() -> None:
    for size in (1, 2, 7, 1000):
        few = thinned([*range(size)], 6)
        assert (few[0], few[-1], len(few) <= 6) == (0, size - 1, True)


def test_digits_are_averaged_by_squares() -> None:
    inputs, targets = pooled_digits(2)
    assert [len(x) for x in inputs] == [16, 16]
    assert all(0 <= t <= 1 for (t,) in targets)
    assert tree_map(float, transpose(transpose(inputs))) == inputs


def test_the_verdict_is_that_of_the_figures() -> None:
    assert verdict(True, 20.0, 0.9) == "holds"
    assert verdict(True, 20.0, 5.0) == "holds with limits"
    assert verdict(True, 1.0, 5.0) == "false"
    assert verdict(True, float("nan"), 5.0) == "false"
    assert verdict(False, 20.0, 0.9) == "false"
