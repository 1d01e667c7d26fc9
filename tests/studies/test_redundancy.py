"""The study of a convolution's matrix: exact figures, and a verdict that follows from them."""

from fractions import Fraction

import pytest

from funcnn.blocks.convolution_matrices import conv_matrix
from funcnn.studies import redundancy
from funcnn.studies.findings import Finding
from funcnn.studies.redundancy import STUDY, agreeing, decided
from quick_runs import quick

FREE = [Fraction(9, 256), Fraction(9, 4096)]


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_every_figure_that_has_to_be_is_met(finding: Finding) -> None:
    assert [one.what for one in finding.measurements if one.met is False] == []
    assert sum(one.met is True for one in finding.measurements) == 7


def test_the_exact_figures(finding: Finding) -> None:
    values = {one.what: one.value for one in finding.measurements}
    assert values["8×8: entries in all, not 0, free"] == "4,096, 484, 9"
    assert values["8×8: multiply-adds of the matrix"] == 64 / 9
    assert values["kernels 2×1×3×3 on 6×6: entries not 0"] == 288
    assert values["kernels 2×1×3×3 on 6×6: entries free"] == 18
    assert finding.figure == "9 of 4,096 matrix entries are free"


def test_the_verdict_follows_from_the_figures(finding: Finding) -> None:
    times = [one.value for one in finding.measurements if "matrix, batch" in one.what]
    assert finding.verdict == decided(True, FREE, times)
    assert decided(True, FREE, [1.5, 9.0]) == "holds"
    assert decided(True, FREE, [0.3, 9.0]) == "holds with limits"
    assert decided(False, FREE, [1.5, 9.0]) == "false"
    assert decided(True, [Fraction(1)], [1.5]) == "false"


def test_a_convolution_that_is_another_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    image = [[index / 16 for index in range(64)]]
    assert agreeing(image, 0) == (5, 5)
    monkeypatch.setattr(
        redundancy,
        "conv_matrix",
        lambda w, n, **settings: conv_matrix([[*w[0]], *w[:0:-1]], n, **settings),
    )
    equal, asked = agreeing(image, 0)
    assert equal < asked == 5
