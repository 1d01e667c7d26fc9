"""The brittleness study, reduced: proofs and attacks agree, and its verdict follows its figures."""

from math import inf

import pytest

from funcnn.diagnostics.confidence import error_bound
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.studies.digit_radii import UNIT, Radii, radii, subject
from funcnn.studies.findings import Finding
from funcnn.studies.guarantees import LABELS, STUDY, Figures, verdict
from funcnn.studies.plots import Plot
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_what_is_exact_is_met(finding: Finding) -> None:
    assert not [m for m in finding.measurements if m.met is False]
    exact = {m.what: m.value for m in finding.measurements if m.expected == "0, exactly"}
    assert len(exact) == 3 and not any(exact.values())


def test_the_verdict_is_that_of_its_figures(finding: Finding) -> None:
    figures = {m.what: m.value for m in finding.measurements}
    assert finding.verdict == verdict(
        Figures(
            figures["wrong under an attack of ±0.1"] / 100,
            figures["proven, linear relaxation, at ±0.01"] / 100,
            figures["error on digits drawn alike, at most, with 95% confidence"] / 100,
            figures["error by norms and margins, at most"],
        )
    )
    errors, held_out = figures["errors on held-out digits"], STUDY.reduced["held_out"]
    assert errors == round((1 - figures["right as they are"] / 100) * held_out)
    bound = error_bound(errors, held_out, 0.95)
    told = figures["error on digits drawn alike, at most, with 95% confidence"]
    assert told == 100 * bound > 100 * errors / held_out


def test_other_figures_have_other_verdicts() -> None:
    assert verdict(Figures(0.5, 0.0, 1.0, 5.0)) == "false"
    assert verdict(Figures(0.6, 0.0, 1.0, 5.0)) == "holds"
    for guaranteed in (
        Figures(0.6, 0.6, 1.0, 5.0),
        Figures(0.6, 0.0, 0.1, 5.0),
        Figures(0.6, 0.0, 1.0, 0.4),
    ):
        assert verdict(guaranteed) == "holds with limits"


def test_the_curves_of_proofs_lie_below_that_of_the_attack_and_fall(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    curves = {series.label: [y for _, y in series.points] for series in finding.plot.series}
    assert [*curves] == ["random", *LABELS.values()]
    attacked, lines, boxes, _ = LABELS.values()
    for upper, lower in ((attacked, lines), (lines, boxes)):
        assert all(x >= y for x, y in zip(curves[upper], curves[lower], strict=True))
    for name, curve in curves.items():
        assert curve == sorted(curve, reverse=True) or name == "random"


def test_of_a_digit_that_is_told_wrongly_nothing_is_proven() -> None:
    images, labels = split_digits().held_out
    network = subject(digit_weights())
    assert radii(network, images[0], (labels[0] + 1) % 10) == Radii(0.0, 0.0, 0.0, 0.0)
    known = radii(network, images[0], labels[0])
    assert 0 < known.norms < known.boxes < known.lines < known.attack < inf
    assert known.attack / UNIT == int(known.attack / UNIT)
