"""Binomial intervals: against exact tails, and the coverage that they promise, exactly."""

from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from math import comb, nan, nextafter, sqrt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.diagnostics import confidence
from funcnn.diagnostics.confidence import binomial_interval, error_bound

mpmath: Any = import_module("mpmath")

type Ends = Callable[[int, int, Fraction], tuple[float, float]]

CONFIDENCE: Final = Fraction(9, 10)
RATES: Final = [Fraction(i, 64) for i in range(65)]


def chance(count: int, trials: int, rate: Fraction) -> Fraction:
    """Of exactly so many successes."""
    return comb(trials, count) * rate**count * (1 - rate) ** (trials - count)


def at_most(count: int, trials: int, rate: Fraction) -> Fraction:
    return sum((chance(k, trials, rate) for k in range(count + 1)), Fraction(0))


def covers(ends: Ends, trials: int, confidence: Fraction = CONFIDENCE) -> bool:
    """Whether the interval of a sample holds the true rate often enough, whichever that is."""
    intervals = [[*map(Fraction, ends(k, trials, confidence))] for k in range(trials + 1)]
    held = [
        sum(chance(k, trials, p) for k, (low, high) in enumerate(intervals) if low <= p <= high)
        for p in [*RATES, *(end for ends in intervals for end in ends)]
    ]
    return min(held) >= confidence


def below(errors: int, trials: int, confidence: Fraction) -> tuple[float, float]:
    """What a one-sided bound says, as an interval."""
    return 0.0, error_bound(errors, trials, confidence)


def of_wald(successes: int, trials: int, confidence: Fraction) -> tuple[float, float]:
    """By the normal distribution: nothing is sure about the rate where there are no errors."""
    rate = successes / trials
    spread = 1.645 * sqrt(rate * (1 - rate) / trials)
    return max(rate - spread, 0.0), min(rate + spread, 1.0)


def of_one_tail(successes: int, trials: int, confidence: Fraction) -> tuple[float, float]:
    """Each end with the whole risk."""
    return binomial_interval(successes, trials, 2 * confidence - 1)


def of_one_less(successes: int, trials: int, confidence: Fraction) -> tuple[float, float]:
    """P(X < k) where P(X ≤ k) is meant."""
    return 0.0, error_bound(max(successes - 1, 0), trials, confidence)


@pytest.mark.parametrize("trials", [1, 2, 5, 12])
@pytest.mark.parametrize("ends", [binomial_interval, below])
def test_of_all_samples_enough_have_intervals_with_the_true_rate(ends: Ends, trials: int) -> None:
    assert covers(ends, trials)
    assert covers(ends, trials, Fraction(1, 3))


@pytest.mark.parametrize("mutant", [of_wald, of_one_tail, of_one_less])
def test_wrong_intervals_do_not_cover(mutant: Ends) -> None:
    assert not covers(mutant, 12)


@given(st.integers(1, 30), st.data())
def test_each_end_is_proven_and_the_next_float_is_not(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    sure = data.draw(st.fractions(Fraction(1, 100), Fraction(99, 100)))
    low, high = binomial_interval(successes, trials, sure)
    tail = (1 - sure) / 2
    assert 0 <= low <= successes / trials <= high <= 1
    if successes:
        ends = [Fraction(x) for x in (low, nextafter(low, 1))]
        first, second = (1 - at_most(successes - 1, trials, p) for p in ends)
        assert first <= tail < second
    if successes < trials:
        ends = [Fraction(x) for x in (high, nextafter(high, 0))]
        first, second = (at_most(successes, trials, p) for p in ends)
        assert first <= tail < second
    assert error_bound(successes, trials, (1 + sure) / 2) == high


@pytest.mark.parametrize(("precision", "spare"), [(10, 0), (20, 18), (128, 126)])
def test_with_fewer_bits_an_end_is_farther_and_still_proven(
    precision: int, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = [error_bound(k, 60, CONFIDENCE) for k in range(60)]
    monkeypatch.setattr(confidence, "PRECISION", precision)
    monkeypatch.setattr(confidence, "SPARE", spare)
    far = [error_bound(k, 60, CONFIDENCE) for k in range(60)]
    assert all(at_most(k, 60, Fraction(p)) <= 1 - CONFIDENCE for k, p in enumerate(far))
    assert all(p <= q for p, q in zip(near, far, strict=True)) and near != far


@given(st.integers(0, 40), st.integers(1, 40))
def test_failures_are_the_successes_of_the_other_side(successes: int, more: int) -> None:
    trials = successes + more
    low, high = map(Fraction, binomial_interval(successes, trials, 0.95))
    other_low, other_high = map(Fraction, binomial_interval(more, trials, 0.95))
    assert abs(low - (1 - other_high)) < 2**-52 and abs(high - (1 - other_low)) < 2**-52


def at_least(count: int, trials: int, rate: float) -> Any:
    """The chance of so many successes or more, to 40 digits: of its two sums, the shorter."""
    many, p = 2 * count > trials, mpmath.mpf(rate)
    counts = range(count, trials + 1) if many else range(count)
    terms = [mpmath.binomial(trials, k) * p**k * (1 - p) ** (trials - k) for k in counts]
    return mpmath.fsum(terms) if many else 1 - mpmath.fsum(terms)


@pytest.mark.parametrize(
    ("successes", "trials"), [(7, 360), (500, 1000), (19_000, 20_000), (3, 100_000)]
)
def test_of_large_samples_too_each_end_is_the_last_float(successes: int, trials: int) -> None:
    low, high = binomial_interval(successes, trials, 0.95)
    with mpmath.workdps(40):
        tail = (1 - mpmath.mpf(0.95)) / 2
        first, second = (at_least(successes, trials, p) for p in (low, nextafter(low, 1)))
        assert first <= tail < second
        first, second = (1 - at_least(successes + 1, trials, p) for p in (high, nextafter(high, 0)))
        assert first <= tail < second


def test_without_errors_the_bound_is_a_root() -> None:
    for trials in (1, 10, 360):
        assert error_bound(0, trials, 0.95) == pytest.approx(1 - 0.05 ** (1 / trials), rel=1e-12)
    assert binomial_interval(5, 5, 0.5)[1] == 1.0 and binomial_interval(0, 5, 0.5)[0] == 0.0


def test_what_is_no_sample_is_refused_in_a_line() -> None:
    wrongly: Any = 0.5
    for sure in (0, 1, 95, nan):
        with pytest.raises(ValueError, match=r"^the confidence is \S+: give one between 0 and 1$"):
            binomial_interval(1, 2, sure)
    with pytest.raises(ValueError, match=r"^3 of 2: there are not as many trials$"):
        binomial_interval(3, 2, 0.95)
    with pytest.raises(ValueError, match=r"^trials is 0: give 1 or more$"):
        error_bound(0, 0, 0.95)
    with pytest.raises(ValueError, match=r"^successes is -1: give 0 or more$"):
        error_bound(-1, 2, 0.95)
    with pytest.raises(TypeError, match=r"^successes is a float, not an int$"):
        error_bound(wrongly, 2, 0.95)


@pytest.mark.parametrize("wrong", ["0.9", None, 0.5j])
def test_a_confidence_that_is_no_number_is_refused_in_a_line(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^the confidence is a \w+: give a float or Fraction$"):
        binomial_interval(1, 2, wrong)
