"""The study of likelihoods: its figures are the library's, and its verdict follows from them."""

from math import inf, isclose, log
from statistics import pstdev

import pytest

from funcnn.algebra.keys import normal
from funcnn.calculus.ngrams import best_smoothing, ngram_counts, ngram_cross_entropy
from funcnn.exchange.first_names import split_names, to_tokens
from funcnn.studies.findings import Finding
from funcnn.studies.likelihoods import STUDY, Ahead, Reached, above_pairs, ahead, verdict
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


def test_networks_learn_but_128_names_do_not_show_them_ahead_of_pairs(finding: Finding) -> None:
    figures = [one.value for one in finding.measurements if not one.expected]
    counts, (table, *deep) = figures[1:6], figures[6:]
    assert max(table, *deep) < log(27)
    assert len(counts) == 5 and finding.verdict == "false"


def test_the_verdict_needs_the_best_counts_beaten_beyond_chance() -> None:
    shown, not_shown, behind = Ahead(0.2, 0.05), Ahead(0.2, 0.1), Ahead(-0.2, 0.05)
    assert verdict(shown, shown) == "holds"
    assert verdict(shown, not_shown) == verdict(shown, behind) == "holds with limits"
    assert verdict(not_shown, not_shown) == verdict(behind, behind) == "false"


def test_how_far_one_is_ahead_is_judged_name_by_name() -> None:
    """Of names of one length its error is that of the mean of the gaps, but for n for n − 1."""
    lengths, gaps = [2] * 400, [2 + 2 * x for x in normal(5, 400)]
    one = Reached(0.0, [3.0] * 400, lengths)
    gap = ahead(one, Reached(0.0, [3.0 + x for x in gaps], lengths))
    assert isclose(gap.nats, sum(gaps) / 800)
    assert isclose(gap.error, pstdev(gaps) / 2 / 20, rel_tol=1e-12)
    assert ahead(one, one) == (0.0, 0.0)
