"""The study of likelihoods: its figures are the library's, and its verdict follows from them."""

from math import inf, isclose, log

import pytest

from funcnn.algebra.keys import normal
from funcnn.calculus.ngrams import best_smoothing, ngram_counts, ngram_cross_entropy
from funcnn.exchange.first_names import split_names, to_tokens
from funcnn.studies.findings import Finding
from funcnn.studies.likelihoods import STUDY, above_pairs, verdict
from funcnn.studies.plots import Plot
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_all_that_is_expected_is_met(finding: Finding) -> None:
    [gap] = [one for one in finding.measurements if one.expected]
    assert gap.met and gap.value > 0


def test_counts_are_the_librarys_on_the_names_held_out(finding: Finding) -> None:
    parts = split_names()
    own = parts.training[:128], parts.validation[:40], parts.held_out[:40]
    learnt, check, asked = ([*map(to_tokens, part)] for part in own)
    measured = [one for one in finding.measurements if one.what.startswith("counts")]
    assert finding.measurements[0].value == log(27)
    for order, one in enumerate(measured, 1):
        counts = ngram_counts(learnt, order, 27)
        smoothing = best_smoothing(counts, check)
        assert one.what == f"counts of {order}, smoothing {smoothing}"
        assert isclose(one.value, ngram_cross_entropy(counts, asked, smoothing))


def test_what_is_drawn_is_what_was_measured(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    drawn = [point for series in finding.plot.series for point in series.points]
    figures = [one.value for one in finding.measurements if not one.expected]
    assert drawn == [*enumerate(figures)] and len(finding.plot.x.names) == len(drawn) == 9


def test_the_table_of_counts_is_the_likeliest_of_all() -> None:
    some = split_names().training[:50]
    counts = ngram_counts([*map(to_tokens, some)], 2, 27).counts
    rows = [counts.get((letter,), [1] * 27) for letter in range(27)]
    table = [[log(count) if count else -inf for count in row] for row in rows]
    assert abs(above_pairs(table, some)) < 1e-12
    for key in range(5):
        other = [
            [x + 0.01 * draw for x, draw in zip(row, normal(key, 27), strict=True)] for row in table
        ]
        assert above_pairs(other, some) > 1e-6


def test_networks_learn_and_the_verdict_follows(finding: Finding) -> None:
    figures = [one.value for one in finding.measurements if not one.expected]
    counts, (table, *deep) = figures[1:6], figures[6:]
    assert max(table, *deep) < log(27)
    assert finding.verdict == verdict(counts[1], min(counts), deep)


def test_the_verdict_needs_the_best_counts_beaten() -> None:
    assert verdict(2.3, 2.0, [2.1, 1.9]) == "holds"
    assert verdict(2.3, 2.0, [2.1, 2.2]) == "holds with limits"
    assert verdict(2.3, 2.0, [2.4, 2.5]) == "false"
