"""Schedules: exact over Fraction, values that are compared and pickled, and each error."""

import pickle
from fractions import Fraction
from math import cos, pi
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.formats import bfloat16
from funcnn.algebra.roundings import cast
from funcnn.calculus.schedules import (
    CosineDecay,
    ExponentialDecay,
    LinearDecay,
    Piecewise,
    WarmUp,
    at,
)
from strategies import LIBM, fractions, roundings

COUNTS = st.integers(1, 9)
SCHEDULES: list[Any] = [
    ExponentialDecay(Fraction(1, 2), Fraction(1, 3), every=2),
    LinearDecay(Fraction(1, 2), 0, 5),
    CosineDecay(0.5, 0.25, 5),
    WarmUp(3, LinearDecay(Fraction(1, 2), 0, 5)),
    Piecewise((2, 4), (Fraction(1), LinearDecay(Fraction(1, 2), 0, 5), Fraction(0))),
]


@given(fractions, fractions, COUNTS, st.integers(0, 40))
def test_an_exponential_decay_is_a_power_of_its_factor(
    start: Fraction, factor: Fraction, every: int, step: int
) -> None:
    assert ExponentialDecay(start, factor, every)(step) == start * factor ** (step // every)


@given(fractions, fractions, COUNTS)
def test_a_linear_decay_goes_in_equal_parts_and_stays(
    start: Fraction, end: Fraction, steps: int
) -> None:
    decay = LinearDecay(start, end, steps)
    parts = [decay(step + 1) - decay(step) for step in range(steps)]
    assert parts == [(end - start) / steps] * steps
    assert (decay(0), decay(steps), decay(steps + 7)) == (start, end, end)


@given(st.floats(-9, 9), st.floats(-9, 9), COUNTS, COUNTS)
def test_a_cosine_decay_is_the_paper_s(start: float, end: float, steps: int, step: int) -> None:
    """Each of its two terms is rounded five times beside the cosine, the paper's as often."""
    decay = CosineDecay(start, end, steps)
    share = (1 + cos(pi * min(step, steps) / steps)) / 2
    slack = roundings(2 * LIBM + 10) * 2 * (abs(start) + abs(end))
    assert abs(decay(step) - (end + share * (start - end))) <= slack
    assert (decay(0), decay(steps), decay(steps + 7)) == (start, end, end)


@given(fractions, st.integers(0, 9), st.integers(0, 20))
def test_a_warm_up_rises_in_equal_parts_to_the_start_of_its_schedule(
    start: Fraction, steps: int, later: int
) -> None:
    schedule = LinearDecay(start, 0, 5)
    warm = WarmUp(steps, schedule)
    assert [warm(step) for step in range(steps + 1)] == [
        start * (step + 1) / (steps + 1) for step in range(steps + 1)
    ]
    assert warm(steps + later) == schedule(later)
    assert WarmUp(steps, start)(steps + later) == start


@given(st.lists(COUNTS, max_size=3))
def test_each_piece_begins_at_its_own_step_0(lengths: list[int]) -> None:
    boundaries = tuple(sum(lengths[: index + 1]) for index in range(len(lengths)))
    pieces = tuple(LinearDecay(Fraction(index), 0, 10) for index in range(len(lengths) + 1))
    parts = zip([*lengths, 12], pieces, strict=True)
    expected = [piece(step) for length, piece in parts for step in range(length)]
    assert [*map(Piecewise(boundaries, pieces), range(len(expected)))] == expected


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_a_schedule_is_a_value(schedule: Any) -> None:
    again = pickle.loads(pickle.dumps(schedule))
    assert again == schedule and hash(again) == hash(schedule) and again is not schedule
    assert [again(step) for step in range(9)] == [at(schedule, step) for step in range(9)]


def test_a_number_is_the_same_at_every_step() -> None:
    assert [at(0.5, step) for step in range(3)] == [0.5] * 3


def test_a_decay_rounds_as_its_numbers_do() -> None:
    third, half = cast(1 / 3, bfloat16), cast(0.5, bfloat16)
    assert ExponentialDecay(half, third)(3) == half * (third * third * third)
    assert LinearDecay(0, half, 3)(1) == half * (cast(1, bfloat16) / 3)


@pytest.mark.parametrize(
    ("kind", "settings", "error", "reason"),
    [
        (ExponentialDecay, (0.5, 0.5, 0), ValueError, "every is 0: give 1 or more"),
        (LinearDecay, (0.5, 0.0, 0), ValueError, "steps is 0: give 1 or more"),
        (CosineDecay, (0.5, 0.0, 2.0), TypeError, "steps is a float, not an int"),
        (WarmUp, (-1, 0.5), ValueError, "steps is -1: give 0 or more"),
        (Piecewise, ((2,), (1, 2, 3)), ValueError, "1 boundaries of 3 schedules: give one less"),
        (Piecewise, ((2, 2), (1, 2, 3)), ValueError, "a boundary is 2: give 3 or more"),
        (Piecewise, ((0,), (1, 2)), ValueError, "a boundary is 0: give 1 or more"),
        (Piecewise, ((1.5,), (1, 2)), TypeError, "a boundary is a float, not an int"),
    ],
)
def test_a_setting_that_says_nothing_is_refused(
    kind: Any, settings: Any, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error) as caught:
        kind(*settings)
    assert str(caught.value) == reason


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_there_is_no_step_before_0(schedule: Any) -> None:
    with pytest.raises(ValueError, match="^step is -1: give 0 or more$"):
        schedule(-1)


def test_numbers_of_a_schedule_do_not_mix() -> None:
    mixed: list[Any] = [LinearDecay(0.5, Fraction(1, 3), 4), LinearDecay(1, 0, 4)]
    reasons = ["numbers do not mix", "the quotient of two ints need not be an int"]
    for schedule, reason in zip(mixed, reasons, strict=True):
        with pytest.raises(TypeError, match=reason):
            schedule(1)
    with pytest.raises(TypeError, match="^cos has no instance for Fraction: its value is irra"):
        CosineDecay(Fraction(1, 2), 0, 4)(1)
