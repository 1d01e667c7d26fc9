"""Schedules: hyper-parameters that change from step to step.

A schedule is a function of the step; where one may stand, a number may, which is always the same.
Steps are counted from 0: a schedule refuses an earlier one with a ValueError.
"""

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Any

from funcnn.algebra.elementary import cos
from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract, together

type Schedule = Any | Callable[[int], Any]
"""A number, or from the step to a number."""


def at(schedule: Schedule, step: int) -> Any:
    """The number at a step.

    >>> at(0.1, 1000), at(ExponentialDecay(0.1, 0.5), 1)
    (0.1, 0.05)
    """
    return schedule(step) if callable(schedule) else schedule


@dataclass(frozen=True, slots=True)
class ExponentialDecay:
    """A number that is multiplied by a factor every so many steps. PyTorch's StepLR.

    Maths
        start·factorⁿ                              n = ⌊step/every⌋
    Order
        The power by squaring, then one rounding for the product.
    Errors
        ValueError   every is not positive

    >>> from fractions import Fraction
    >>> [ExponentialDecay(8, Fraction(1, 2), every=2)(step) for step in (0, 1, 2, 4)]
    [Fraction(8, 1), Fraction(8, 1), Fraction(4, 1), Fraction(2, 1)]
    """

    start: Any
    factor: Any
    every: int = 1

    def __post_init__(self) -> None:
        int_of(self.every, "every", 1)

    def __call__(self, step: int) -> Any:
        return multiply(self.start, _power(self.factor, int_of(step, "step", 0) // self.every))


def _power(x: Any, exponent: int) -> Any:
    if exponent == 0:
        return lift(1, x)
    half = _power(multiply(x, x), exponent // 2)
    return multiply(half, x) if exponent % 2 else half


@dataclass(frozen=True, slots=True)
class LinearDecay:
    """A number that goes straight to its end, in so many steps, and stays there.

    Maths
        start·(1 − t) + end·t                      t = min(1, step/steps)
    Errors
        ValueError   steps is not positive
        TypeError    start and end mix numbers, or both are ints

    >>> [LinearDecay(0.5, 0, 4)(step) for step in (0, 1, 4, 9)]
    [0.5, 0.375, 0.0, 0.0]
    """

    start: Any
    end: Any
    steps: int

    def __post_init__(self) -> None:
        int_of(self.steps, "steps", 1)

    def __call__(self, step: int) -> Any:
        start, end = together(self.start, self.end)
        return _between(start, end, _share(step, self.steps, start))


@dataclass(frozen=True, slots=True)
class CosineDecay:
    """A number that goes to its end, in so many steps, as the cosine falls; it stays there.

    Maths
        start·(1 − t) + end·t                      t = ½·(1 − cos(π·min(1, step/steps)))
    Errors
        ValueError   steps is not positive
        TypeError    start and end mix numbers, or have no cosine
    Source
        I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR
        2017, equation 5

    >>> [round(CosineDecay(1.0, 0, 4)(step), 3) for step in (0, 1, 2, 4, 9)]
    [1.0, 0.854, 0.5, 0.0, 0.0]
    """

    start: Any
    end: Any
    steps: int

    def __post_init__(self) -> None:
        int_of(self.steps, "steps", 1)

    def __call__(self, step: int) -> Any:
        start, end = together(self.start, self.end)
        angle = multiply(lift(pi, start), _share(step, self.steps, start))
        return _between(start, end, divide(subtract(1, cos(angle)), 2))


def _share(step: int, steps: int, like: Any) -> Any:
    """how much of so many steps is done"""
    return divide(lift(min(int_of(step, "step", 0), steps), like), steps)


def _between(start: Any, end: Any, share: Any) -> Any:
    return add(multiply(start, subtract(1, share)), multiply(end, share))


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A schedule after so many steps that rise to its start in equal parts, the first of one part.

    Maths
        s(0)·(step + 1)/(steps + 1)  before step `steps`, then s(step − steps)
    Errors
        ValueError   steps is negative
    Source
        P. Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour",
        arXiv:1706.02677 (2017), section 2.2

    >>> [WarmUp(3, LinearDecay(0.5, 0, 4))(step) for step in (0, 1, 2, 3, 4, 7)]
    [0.125, 0.25, 0.375, 0.5, 0.375, 0.0]
    """

    steps: int
    schedule: Schedule

    def __post_init__(self) -> None:
        int_of(self.steps, "steps", 0)

    def __call__(self, step: int) -> Any:
        if int_of(step, "step", 0) >= self.steps:
            return at(self.schedule, step - self.steps)
        start = at(self.schedule, 0)
        return multiply(start, _share(step + 1, self.steps + 1, start))


@dataclass(frozen=True, slots=True)
class Piecewise:
    """Schedules one after another, each from its boundary on, where it begins with its step 0.

    Errors
        ValueError   the boundaries do not rise from 1 or more, or are not one less than schedules
        TypeError    a boundary is no int

    >>> halves = Piecewise((2, 5), (0.5, ExponentialDecay(0.25, 0.5), 0.0))
    >>> [halves(step) for step in range(6)]
    [0.5, 0.5, 0.25, 0.125, 0.0625, 0.0]
    >>> Piecewise((2,), (0.5,))
    Traceback (most recent call last):
    ValueError: 1 boundaries of 1 schedules: give one less
    """

    boundaries: tuple[int, ...]
    schedules: tuple[Schedule, ...]

    def __post_init__(self) -> None:
        count = length_of(self.schedules, "schedules")
        if length_of(self.boundaries, "boundaries") != count - 1:
            raise ValueError(
                f"{len(self.boundaries)} boundaries of {count} schedules: give one less"
            )
        before = 0
        for boundary in self.boundaries:
            before = int_of(boundary, "a boundary", before + 1)

    def __call__(self, step: int) -> Any:
        index = bisect(self.boundaries, int_of(step, "step", 0))
        return at(self.schedules[index], step - (0, *self.boundaries)[index])
