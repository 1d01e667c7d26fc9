from collections.abc import Generator, Iterator
from statistics import mean
from typing import Any

import pytest

from funcnn.calculus.batches import Batch
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.studies import architectures
from funcnn.studies.architectures import (
    ARCHITECTURES,
    STUDY,
    WELL,
    Contest,
    Trained,
    contest,
    decided,
    direction,
    trained,
)
from funcnn.studies.findings import Finding, found
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


def told(finding: Finding, name: str) -> float:
    """The accuracy along the tricks, to a decimal."""
    [words] = [one.value for one in finding.measurements if one.what.startswith(f"{name}: told")]
    return float(words.split(",")[0])


def test_no_measurement_is_unmet_and_the_weights_are_as_many(finding: Finding) -> None:
    met = {one.what: one.met for one in finding.measurements if one.met is not None}
    assert met == {"weights": True, "weights along the tricks": True}


def test_the_figure_names_all_three(finding: Finding) -> None:
    assert len(finding.figure) <= 40
    assert all(name.split()[0] in finding.figure for name in ARCHITECTURES)


def test_steps_lead_from_the_residual_network_to_convnext(finding: Finding) -> None:
    *tricks, last = [f"+ {name}" for name in designs()][1:]
    start, end = told(finding, "ResNet"), told(finding, last)
    steps = [measured(finding, f"{name}: step, ") for name in (*tricks, last)]
    assert start + sum(steps) == pytest.approx(end, abs=0.11)


def test_the_plot_has_every_network_and_every_key(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    bars, dots, line = (series.points for series in finding.plot.series)
    assert finding.plot.x.names == (*ARCHITECTURES,)
    assert len(bars) == len(ARCHITECTURES)
    assert len(dots) == len(ARCHITECTURES) * STUDY.reduced["keys"]
    assert [y for _, y in line] == [measured(finding, "softmax regression: told right")] * 3
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
    ("one", "other", "expected"),
    [
        (of_digits(90, 80), of_digits(80, 60), 1),
        (of_digits(80, 60), of_digits(90, 80), -1),
        (of_digits(90, 80), of_digits(90, 80), 0),
        (of_digits(90, 80), of_digits(80, 81), 0),
        (of_digits(82, 82), of_digits(80, 80), 0),
    ],
)
def test_one_is_ahead_only_beyond_chance(one: Trained, other: Trained, expected: int) -> None:
    """Better by far and with each key; worse; as good; not with each key; by two digits only."""
    assert direction(contest(one, other)) == expected


def test_to_be_ahead_needs_both_the_digits_and_the_keys() -> None:
    assert direction(Contest(9, 1, (0.6, 0.9), [1.0, 0.0])) == 0
    assert direction(Contest(1, 9, (0.1, 0.4), [-1.0, 0.0])) == 0
    assert direction(Contest(9, 8, (0.3, 0.7), [1.0, 1.0])) == 0


def test_the_verdict_needs_both_to_be_well_trained() -> None:
    assert [decided(ahead, [WELL, WELL]) for ahead in (1, 0, -1)] == ["holds", "holds", "false"]
    for accuracies in ([89.0, 95.0], [95.0, 89.0]):
        assert {decided(ahead, accuracies) for ahead in (1, 0, -1)} == {"holds with limits"}


def test_the_verdict_is_of_what_was_measured(finding: Finding) -> None:
    """Nothing is well trained by eight digits."""
    assert measured(finding, "attention: told right, mean") < WELL
    assert finding.verdict == "holds with limits"


def test_validation_judges_by_training_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digits held out are judges, and else the training digits that follow those learned."""
    seen = list[tuple[Batch, Batch]]()

    def nothing(_: Any, training: Batch, judges: Batch, **settings: Any) -> Any:
        seen.append((training, judges))
        yield 1.0
        return Trained(1, [[True, False]] * len(settings["keys"]))

    monkeypatch.setattr(architectures, "trained", nothing)
    everything, held_out = digit_batches(held_out=5)
    for validate in (False, True):
        seen.clear()
        found(STUDY.experiment(digits=7, digits_of_tricks=3, held_out=5, validate=validate))
        judges = Batch(everything.inputs[7:12], everything.targets[7:12]) if validate else held_out
        assert {len(training.targets) for training, _ in seen} == {7, 3}
        assert all(training.inputs[:3] == everything.inputs[:3] for training, _ in seen)
        assert all(judge == judges for _, judge in seen)


def test_a_trained_network_tells_more_than_chance() -> None:
    model, parts = of_design(designs()["patchify stem"]), digit_batches(100, 60)
    [rights] = ended(trained(model, *parts, keys=[1], size=4)).rights
    low, _ = binomial_interval(sum(rights), len(rights), 0.95)
    assert len(rights) == 60
    assert low > 0.1
