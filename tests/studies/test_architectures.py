from collections.abc import Generator, Iterator
from statistics import mean

import pytest

from funcnn.diagnostics.confidence import binomial_interval
from funcnn.studies.architectures import (
    ARCHITECTURES,
    STUDY,
    Contest,
    Trained,
    contest,
    decided,
    trained,
)
from funcnn.studies.findings import Finding
from funcnn.studies.materials import digit_batches
from funcnn.studies.plots import Plot
from funcnn.studies.small_models import designs, of_design
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def of_digits(*counts: int, digits: int = 100) -> Trained:
    """a model that tells the first so many digits right, with each key"""
    return Trained(1378, [[index < count for index in range(digits)] for count in counts])


def ended(run: Generator[float, None, Trained]) -> Trained:
    """what a training gives at last"""
    results = list[Trained]()

    def kept() -> Iterator[float]:
        results.append((yield from run))

    assert all(0 < share <= 1 for share in kept())
    return results[0]


def measured(finding: Finding, what: str) -> float:
    [value] = [one.value for one in finding.measurements if one.what.startswith(what)]
    assert isinstance(value, float)
    return value


def test_no_measurement_is_unmet_and_the_weights_are_as_many(finding: Finding) -> None:
    met = {one.what: one.met for one in finding.measurements if one.met is not None}
    assert met == {"weights": True, "weights along the tricks": True}


def test_the_figure_names_all_three(finding: Finding) -> None:
    assert len(finding.figure) <= 40
    assert all(name.split()[0] in finding.figure for name in ARCHITECTURES)


def test_steps_lead_from_the_residual_network_to_convnext(finding: Finding) -> None:
    *tricks, last = [f"+ {name}" for name in designs()][1:]
    start, end = measured(finding, "ResNet: told right"), measured(finding, f"{last}: told right")
    steps = [measured(finding, f"{name}: step, ") for name in (*tricks, last)]
    assert start + sum(steps) == pytest.approx(end)


def test_the_plot_has_every_network_and_every_key(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    bars, dots = (series.points for series in finding.plot.series)
    names = len(designs()) + len(ARCHITECTURES) - 1
    assert len(finding.plot.x.names) == len(bars) == names
    assert len(dots) == names + len(ARCHITECTURES) * (STUDY.reduced["keys"] - 1)
    for place, height in bars:
        assert height == pytest.approx(mean(y for x, y in dots if x == place))


def test_a_contest_counts_the_digits_that_more_keys_tell() -> None:
    one, other = of_digits(90, 80), of_digits(80, 60)
    ahead = contest(one, other)
    assert (ahead.wins, ahead.losses) == (30, 0)
    assert ahead.margins == pytest.approx([10.0, 20.0])
    assert contest(other, one).losses == 30
    assert contest(one, one).share == (0.0, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (of_digits(90, 80), of_digits(80, 60), "holds"),
        (of_digits(80, 60), of_digits(90, 80), "false"),
        (of_digits(90, 80), of_digits(90, 80), "holds with limits"),
        (of_digits(90, 80), of_digits(80, 81), "holds with limits"),
        (of_digits(82, 82), of_digits(80, 80), "holds with limits"),
    ],
)
def test_the_verdict_follows_from_what_is_told(one: Trained, other: Trained, verdict: str) -> None:
    """Better by far and with each key; worse; as good; not with each key; by two digits only."""
    assert decided(contest(one, other)) == verdict


def test_the_verdict_needs_both_the_digits_and_the_keys() -> None:
    assert decided(Contest(9, 1, (0.6, 0.9), [1.0, 0.0])) == "holds with limits"
    assert decided(Contest(1, 9, (0.1, 0.4), [-1.0, 0.0])) == "holds with limits"


def test_a_trained_network_tells_more_than_chance() -> None:
    model, parts = of_design(designs()["patchify stem"]), digit_batches(100, 60)
    [rights] = ended(trained(model, *parts, keys=[1], size=4)).rights
    low, _ = binomial_interval(sum(rights), len(rights), 0.95)
    assert len(rights) == 60
    assert low > 0.1
