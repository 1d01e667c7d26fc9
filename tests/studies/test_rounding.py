"""The rounding study, reduced: what is exact is met, mutants of flushing are not hardshrink."""

from collections.abc import Generator
from fractions import Fraction

import pytest

from funcnn.algebra.roundings import Rounded
from funcnn.blocks.activations import down_and_up, hardshrink
from funcnn.calculus.optimizers import Momentum
from funcnn.studies.findings import Finding
from funcnn.studies.flushing import (
    FLUSHED,
    GRADUAL,
    flushed_after_rounding,
    largest_error,
    mismatches,
    singles,
)
from funcnn.studies.plots import Plot
from funcnn.studies.rounding import STUDY, Figures, verdict
from funcnn.studies.shrinkage import Told, is_ahead, xor_learned
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_what_is_exact_is_met(finding: Finding) -> None:
    assert not [m for m in finding.measurements if m.met is False]
    values = {m.what: m.value for m in finding.measurements if m.expected.endswith("exactly")}
    assert [*values.values()] == [0, 2, 2.0**-25, 0]
    learned = {m.what: m.value for m in finding.measurements if m.what.startswith("XOR")}
    assert learned["XOR by evolution, 16 units"] == STUDY.reduced["starts"]


def test_flushing_is_hardshrink_and_what_is_not_is_found_out() -> None:
    assert mismatches(down_and_up, FLUSHED) == 0
    assert mismatches(down_and_up, GRADUAL) > 100
    assert mismatches(flushed_after_rounding, GRADUAL) == 2
    assert mismatches(lambda x: down_and_up(x, scale=2**124), FLUSHED) > 100
    assert mismatches(lambda x: hardshrink(x, inclusive=False), FLUSHED) == 2


def test_the_numbers_are_of_binary32_and_hold_what_flushing_and_rounding_do_worst() -> None:
    numbers = singles()
    assert len({*numbers}) == len(numbers)
    assert all(GRADUAL.round(x) == x for x in numbers)
    assert {0.5, -0.5, 0.5 - 2**-25, 2.0**-149, 2.0**127, 0.0} <= {*numbers}
    assert largest_error() == Fraction(1, 2**25)


def test_no_start_tells_xor_by_gradual_underflow() -> None:
    def told() -> Generator[float, None, None]:
        learned = yield from xor_learned(range(3), 16, lambda _: Momentum(0.02), 150)
        assert learned.flushed == 3 and learned.gradual == 0

    assert [*told()] == [0.0, 1 / 3, 2 / 3]


def test_the_verdict_follows_from_the_figures() -> None:
    most, few, some = (0.6, 0.9), (0.1, 0.5), (0.2, 0.8)
    assert verdict(Figures(0, most, most, True, True)) == "holds"
    for limited in ((True, False), (False, True), (False, False)):
        assert verdict(Figures(0, most, most, *limited)) == "holds with limits"
    assert verdict(Figures(0, some, most, True, True)) == "holds with limits"
    for failed in (
        Figures(1, most, most, True, True),
        Figures(0, few, most, True, True),
        Figures(0, most, few, True, True),
    ):
        assert verdict(failed) == "false"


def test_one_network_is_ahead_if_surely_most_of_what_one_alone_tells_is_its() -> None:
    def compared(ours: int, theirs: int) -> bool:
        one, other = [True] * ours + [False] * theirs, [False] * ours + [True] * theirs
        return is_ahead(Told("", [*one, True]), Told("", [*other, True]))

    assert compared(6, 0) and not compared(5, 0)
    assert compared(20, 6) and not compared(20, 15) and not compared(0, 6)
    assert not is_ahead(Told("", [True]), Told("", [True]))


def test_the_plot_shows_the_jump_of_the_flushed_and_a_line_for_the_gradual(
    finding: Finding,
) -> None:
    assert isinstance(finding.plot, Plot)
    curves = {series.label: dict(series.points) for series in finding.plot.series}
    assert curves["flushed"][0.5] == 0.5 and curves["flushed"][0.5 - 2**-25] == 0.0
    assert all(abs(y - x) <= 2**-25 for x, y in curves["gradual"].items())
    assert all(
        y == Rounded(hardshrink(x, inclusive=True), FLUSHED).value
        for x, y in curves["flushed"].items()
    )
