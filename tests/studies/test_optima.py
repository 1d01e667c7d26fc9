"""Optima: the figures that theory foretells are met, and a network has bad minima all the same."""

from itertools import product

import pytest

from funcnn.algebra.intervals import Interval
from funcnn.diagnostics.multimodal import mean_loss_line, rastrigin_critical_points
from funcnn.diagnostics.random_matrices import gaussian_orthogonal_matrices
from funcnn.studies import optima
from funcnn.studies.findings import Finding
from funcnn.studies.optima import (
    SIZES,
    STUDY,
    definite_matrices,
    mean_losses,
    sampled_loss,
    verdict,
)
from funcnn.studies.plots import Plot
from funcnn.studies.xor_landscape import LevelPoint, worse_minima
from quick_runs import quick

POINTS = rastrigin_critical_points()


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_what_theory_foretells_is_met(finding: Finding) -> None:
    told = {one.what: one for one in finding.measurements}
    assert all(one.met is not False for one in finding.measurements)
    assert round(told["Rastrigin: mean loss/n of the minima"].value, 4) == 9.9495
    assert round(told["Rastrigin: rise from them to the maxima"].value, 4) == 18.3425
    assert sum(one.met is True for one in finding.measurements) == 5 + len(STUDY.reduced["sizes"])


def test_the_claim_has_limits(finding: Finding) -> None:
    assert finding.verdict == "holds with limits"
    told = {one.what: one for one in finding.measurements}
    assert told["searches ending in a minimum that end in a worse one than the best"].value > 0
    assert told["losses of the minima found"].value.startswith("0.0615")


def test_every_search_ends_where_the_gradient_is_0(finding: Finding) -> None:
    told = {one.what: one for one in finding.measurements}
    ended = told["searches on XOR that end where the gradient is 0"]
    assert ended.unit == f"of {ended.value}" == f"of {STUDY.reduced['searches']}"


def test_the_verdict_follows_from_the_figures(finding: Finding) -> None:
    theory = [one for one in finding.measurements if one.met]
    assert verdict(theory, 1, 0.0) == "holds"
    assert verdict(theory, 1, 0.1) == verdict(theory, 2, 0.0) == "holds with limits"
    for place, one in enumerate(theory):
        unmet = [*theory[:place], one._replace(met=False), *theory[place + 1 :]]
        assert verdict(unmet, 1, 0.0) == "false"


def test_other_variances_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 1 on the diagonal too, of 10,000 matrices 2×2 too few are positive definite."""

    def halved(key: int, size: int, count: int) -> list[list[list[float]]]:
        return [
            [[x / 2**0.5 if i == j else x for j, x in enumerate(row)] for i, row in enumerate(one)]
            for one in gaussian_orthogonal_matrices(key, size, count)
        ]

    monkeypatch.setattr("funcnn.studies.optima.gaussian_orthogonal_matrices", halved)
    sizes = {2: 10_000}
    counts = found_counts(sizes)
    assert [one.met for one in optima._matrices(counts, sizes)] == [False, True]


def found_counts(sizes: dict[int, int]) -> dict[int, int]:
    experiment = definite_matrices(0, sizes)
    while True:
        try:
            next(experiment)
        except StopIteration as end:
            counts: dict[int, int] = end.value
            return counts


def test_another_line_is_found_out() -> None:
    start, rise = mean_loss_line(POINTS)
    means, sample = (
        [mean_losses(POINTS, 1)],
        [sampled_loss(tenth, POINTS, tenth * 10, 100, 10) for tenth in optima.TENTHS],
    )
    assert [one.met for one in optima._lattice((start, rise), means, sample)] == [True] * 4
    flat = rise / 2
    assert [one.met for one in optima._lattice((start, flat), means, sample)] == [
        True,
        False,
        False,
        False,
    ]


def test_every_critical_point_is_visited() -> None:
    few = [POINTS[9], POINTS[10], POINTS[12]]
    means = mean_losses(few, 2)
    values: list[list[float]] = [[], [], []]
    for one, other in product(few, repeat=2):
        values[one.is_maximum + other.is_maximum].append(one.value.low + other.value.low)
    assert [mean.low for mean in means] == pytest.approx([sum(v) / len(v) / 2 for v in values])
    assert all(isinstance(mean, Interval) for mean in means)


def test_minima_are_told_from_saddles() -> None:
    assert worse_minima([LevelPoint(0.1, 0), LevelPoint(0.9, 1)]) == 0
    assert (
        worse_minima([LevelPoint(0.1, 0), LevelPoint(0.1 + 1e-15, 0), LevelPoint(0.9, 0)]) == 1 / 3
    )


def test_the_points_lie_on_the_theorys_line(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    theory, visited, sample = finding.plot.series
    (_, low), (_, high) = theory.points
    assert theory.style == "dashes" and len(sample.points) == 11
    assert [y for _, y in visited.points] == pytest.approx(
        [low + x * (high - low) for x, _ in visited.points]
    )


def test_the_sizes_are_those_of_the_issue() -> None:
    assert [*SIZES] == [2, 3, 4, 5, 6]
