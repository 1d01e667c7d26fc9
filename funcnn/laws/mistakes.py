"""Mistakes: all that are known, and which of them a wrong function behaves like."""

from collections.abc import Sequence
from math import isfinite, isnan
from typing import Any, Final

from funcnn.algebra.trees import leaves
from funcnn.laws import (
    activation_mutants,
    convolution_mutants,
    diagnostic_mutants,
    gradient_mutants,
    linear_mutants,
    loss_mutants,
    norm_mutants,
    sequence_mutants,
)
from funcnn.laws.calls import Answer, Call, Refused, Returned
from funcnn.laws.declarations import Declaration
from funcnn.laws.findings import fits
from funcnn.laws.machines import machine
from funcnn.laws.mutations import Mutant
from funcnn.laws.subjects import Subject

MISTAKES: Final[tuple[Mutant, ...]] = (
    *linear_mutants.MUTANTS,
    *convolution_mutants.MUTANTS,
    *activation_mutants.MUTANTS,
    *norm_mutants.MUTANTS,
    *sequence_mutants.MUTANTS,
    *loss_mutants.MUTANTS,
    *gradient_mutants.MUTANTS,
    *diagnostic_mutants.MUTANTS,
)
"""All of them."""

FAULTS: Final = ("OverflowError", "ZeroDivisionError", "FloatingPointError")
"""What plain Python raises where arrays have ∞ or NaN."""


def behaves_like(
    subject: Subject, declaration: Declaration, failures: Sequence[tuple[Call, Answer]]
) -> str | None:
    """The known mistake that gives the same answers as a function gave on calls on which it failed.

    It is that which gives the first wrong one, and most of all: more than half, and no single one
    of several.

    >>> from funcnn.algebra.vectors import dot
    >>> calls = [Call("dot", ([3.0, x], [1.0, 1.0])) for x in (4.0, 8.0)]
    >>> dropped = [(call, Returned(3.0)) for call in calls]
    >>> behaves_like(Subject("dot", dot, ()), Declaration(), dropped)
    'last term dropped'
    """
    right = machine(subject.definition, declaration)
    wrong = [(call, answer) for call, answer in failures if not same(right(call), answer)]
    counts = [
        (sum(same(ask(call), answer) for call, answer in wrong), mutant.name)
        for mutant in MISTAKES
        if mutant.function == subject.name
        for ask in [machine(mutant.wrong, declaration)]
        if wrong and same(ask(wrong[0][0]), wrong[0][1])
    ]
    count, name = max(counts, key=lambda one: one[0], default=(0, ""))
    enough = 2 * count > len(wrong) and count >= min(2, len(wrong))
    return name if enough else None


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are the same numbers, or errors of one kind; an overflow that is raised
    is one of those that are not finite.

    >>> nan = float("nan")
    >>> same(Returned([nan, 1.0]), Returned((nan, 1.0))), same(Returned([1.0]), Returned([2.0]))
    (True, False)
    >>> same(Returned([nan]), Refused("OverflowError", "math range error"))
    True
    """
    match one, other:
        case Returned(value), Returned(result):
            return fits(value, result) and all(map(_equal, leaves(value), leaves(result)))
        case (Returned(value), Refused(kind)) | (Refused(kind), Returned(value)):
            return kind in FAULTS and not all(map(isfinite, leaves(value)))
        case Refused(kind), Refused(reason):
            return kind == reason
        case _:
            return False


def _equal(x: Any, y: Any) -> bool:
    return bool(x == y or (isnan(x) and isnan(y)))
