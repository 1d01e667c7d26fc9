"""The study of features: what is drawn is what was measured, and its tasks are what they say."""

from fractions import Fraction
from functools import partial
from itertools import islice
from math import sumprod

import pytest

from funcnn.algebra.keys import split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import transpose
from funcnn.diagnostics.eigenvalues import symmetric_eigen
from funcnn.diagnostics.kernel_machines import Quadratic, fitted, recursive_feature_machine
from funcnn.studies.feature_learning import MACHINES, STUDY, Figures, verdict
from funcnn.studies.findings import Finding
from funcnn.studies.low_rank_task import low_rank_examples
from funcnn.studies.modular_addition import (
    block_metric,
    circulant_deviation,
    lower_block,
    mirrored,
    random_circulant,
    table_of_sums,
    with_circulants,
)
from funcnn.studies.plots import Plot
from quick_runs import quick

FIGURES = Figures(0.7, 0.9, 0.6, 1.5, 0.0, 0.8)
UNIT = [[float(i == j) for j in range(6)] for i in range(6)]


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def values(finding: Finding, what: str, unit: str = "") -> list[float]:
    return [m.value for m in finding.measurements if what in m.what and unit in m.unit]


def test_nothing_is_unmet(finding: Finding) -> None:
    assert [m.what for m in finding.measurements if m.met is False] == []
    assert all(-1 <= value <= 1 for value in values(finding, "WᵀW"))


def test_what_is_drawn_and_judged_is_what_was_measured(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    digits, mixed, untrained = finding.plot.series
    assert [y for _, y in digits.points] == values(finding, "AGOP^½, true", "correlation")
    assert [y for _, y in mixed.points] == values(finding, "AGOP^½, shuffled", "correlation")
    assert {y for _, y in untrained.points} == {digits.points[0][1]} == {mixed.points[0][1]}
    before, *_, after = (share / 100 for share in values(finding, "step", "of 10"))
    [gain] = values(finding, "error before by that after")
    trained, shuffled = digits.points[-1][1], mixed.points[-1][1]
    figures = Figures(digits.points[0][1], trained, shuffled, gain, before, after)
    assert finding.verdict == verdict(figures)
    assert finding.figure == f"r = {trained:.2f}; shuffled labels: r = {shuffled:.2f}"


def test_the_verdict_follows_from_each_of_its_figures() -> None:
    assert verdict(FIGURES) == "holds"
    assert verdict(FIGURES._replace(shuffled=0.75)) == "holds with limits"
    for changed in (
        FIGURES._replace(trained=0.7),
        FIGURES._replace(gain=1.0),
        FIGURES._replace(after=0.0),
    ):
        assert verdict(changed) == "false"


def test_the_low_rank_task_hangs_on_three_inputs_alone() -> None:
    inputs, targets = low_rank_examples(0, 400)
    assert all(y == x[0] * x[1] * (x[5] > 0) for x, [y] in zip(inputs, targets, strict=True))
    squares = sum(sumprod(x, x) for x in inputs) / (20 * 400)
    assert abs(squares - 0.25) < 4 * 0.25 * (2 / 8000) ** 0.5


def test_a_table_has_each_sum_once_told_or_asked() -> None:
    told, asked, answers = table_of_sums(3, 5, 0.6)
    assert len(told.inputs) == 15 and len(asked) == len(answers) == 10
    sums = [*[target.index(1.0) for target in told.targets], *answers]
    pairs = [(x[:5].index(1.0), x[5:].index(1.0)) for x in [*told.inputs, *asked]]
    assert all(sum(x) == 2.0 for x in [*told.inputs, *asked])
    assert len({*pairs}) == 25 and sums == [(a + b) % 5 for a, b in pairs]


def test_what_is_circulant_is_told_from_its_mirror_image_and_from_noise() -> None:
    block = random_circulant(1, 7)
    assert circulant_deviation(block) < 1e-30 and circulant_deviation(mirrored(block)) > 0.999
    assert all(block[i][j] == block[(i + 1) % 7][(j + 1) % 7] for i in range(7) for j in range(7))
    noise = [[x - 0.5 for x in uniform(key, 60)] for key in split(2, 60)]
    deviation = circulant_deviation(noise)
    assert abs(deviation - (1 - 1 / 60)) < 4 * (2 / 60) ** 0.5 / 60


def test_a_deviation_is_the_distance_from_the_nearest_circulant_matrix() -> None:
    """The mean over all shifts of both indices is the nearest: a projection."""
    matrix = [[4.0, 1.0, -2.0], [0.5, 3.0, 7.0], [-1.0, 2.0, 0.25]]
    exact = [[Fraction(x) for x in row] for row in matrix]
    mean = [
        [
            sum((exact[(i + s) % 3][(j + s) % 3] for s in range(3)), Fraction(0)) / 3
            for j in range(3)
        ]
        for i in range(3)
    ]
    places = [(i, j) for i in range(3) for j in range(3)]
    off = sum(((exact[i][j] - mean[i][j]) ** 2 for i, j in places), Fraction(0))
    squares = sum((x * x for row in exact for x in row), Fraction(0))
    assert abs(Fraction(circulant_deviation(matrix)) - off / squares) < Fraction(1, 10**15)


def test_the_metric_of_a_circulant_block_is_one() -> None:
    block = random_circulant(5, 6)
    metric = block_metric(block)
    assert metric == transpose(metric) and lower_block(metric) == block
    assert symmetric_eigen(metric).values[-1] > -1e-14


def test_circulant_features_fill_in_a_table_at_once_and_their_mirror_image_does_not() -> None:
    """Of 11 × 11 sums, four fifths told: 25 are asked, of which chance has 2 or 3 right."""
    table = table_of_sums(0, 11, 0.8)
    fit = partial(fitted, Quadratic(), examples=table.told, penalty=1e-9)
    drawn, turned = with_circulants(0, table, partial(fit, **MACHINES.keywords))
    assert drawn > 0.3 > 0.1 > turned


def test_faster_machines_are_the_definition_s_exactly() -> None:
    """Over Fraction, where the AGOP itself becomes the metric."""
    unit, told = tree_map(Fraction, (UNIT, table_of_sums(0, 3, 0.7).told))
    plain, fast = (
        [*islice(run(Quadratic(), unit, told, Fraction(1, 9), reshaped=list), 3)]
        for run in (recursive_feature_machine, MACHINES)
    )
    assert plain == fast
