"""The study of distances: cubes are as theory has them; its figures are those of the library."""

from math import isclose, log, sqrt
from statistics import stdev

import pytest

from funcnn.algebra.keys import fold_in, normal, split, uniform
from funcnn.algebra.vectors import transpose
from funcnn.diagnostics.geometry import minkowski_distance, squared_distance
from funcnn.studies.concentration import (
    STUDY,
    Estimate,
    between_uniform,
    growth,
    mean_of,
    relative_spread,
    seen,
    verdict,
    without_structure,
)
from funcnn.studies.findings import Finding, found
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_every_figure_is_as_theory_has_it(finding: Finding) -> None:
    assert len([one for one in finding.measurements if one.met]) == 1 + 5 + 1 + 2 + 3
    assert not [one for one in finding.measurements if one.met is False]


def test_digits_are_the_limit(finding: Finding) -> None:
    assert finding.verdict == "holds with limits"
    assert verdict(True, 0.4, 0.5) == "holds" and verdict(False, 0.6, 0.5) == "false"


def test_a_run_that_is_not_as_theory_has_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("funcnn.studies.concentration.uniform", normal)
    other = quick(STUDY)
    assert other.verdict == "false" and "not as theory predicts" in other.why


def test_distances_are_those_of_the_definitions() -> None:
    cube = found(between_uniform(3, 5, 20))
    for pair in range(20):
        draws = uniform(fold_in(3, pair), 10)
        x, y = draws[:5], draws[5:]
        assert isclose(cube.squared[pair], squared_distance(x, y), rel_tol=1e-14)
        for order, own in enumerate(cube.by_order(), 1):
            assert isclose(own[pair], minkowski_distance(x, y, order=order), rel_tol=1e-14)


def test_what_points_see_is_by_the_definition() -> None:
    points, others = ([uniform(k, 4) for k in split(key, 9)] for key in (1, 2))
    view = seen(points, others)
    rows = [[squared_distance(x, y) for y in others] for x in points]
    assert view.nearest == [row.index(min(row)) for row in rows]
    contrasts = sorted(sqrt(max(row) / min(row)) - 1 for row in rows)
    assert isclose(view.contrast, contrasts[4], rel_tol=1e-12)
    spread = relative_spread([square for row in rows for square in row])
    assert isclose(view.spread, spread.value, rel_tol=1e-12)


def test_points_without_structure_have_the_same_coordinates() -> None:
    points = [uniform(key, 3) for key in split(0, 50)]
    mixed = without_structure(1, points)
    assert mixed != points
    pairs = zip(transpose(mixed), transpose(points), strict=True)
    assert all(sorted(one) == sorted(other) for one, other in pairs)


def test_a_standard_error_is_how_far_estimates_are_apart() -> None:
    """Of 200 samples the deviation of the estimates is 1 ± 5·(2·200)^−½ of the errors they say."""
    for estimate in (mean_of, relative_spread):
        samples = [uniform(key, 200) for key in split(4, 200)]
        estimates = [estimate(sample) for sample in samples]
        apart = stdev(one.value for one in estimates)
        said = mean_of([one.error for one in estimates]).value
        assert abs(apart / said - 1) < 5 / 20


def test_growth_is_the_power_and_its_error_that_of_a_slope() -> None:
    places = [2.0, 4.0, 8.0]
    exact = growth(places, [Estimate(5 * place**1.5, 0.0) for place in places])
    assert isclose(exact.value, 1.5) and exact.error == 0
    rough = growth([1.0, 10.0], [Estimate(2.0, 0.1), Estimate(2.0, 0.1)])
    assert isclose(rough.error, 0.05 * sqrt(2) / log(10))
