"""Judging: somebody's function, held to a law on many calls."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from funcnn.laws.calls import Answer, Broken, Call
from funcnn.laws.declarations import Declaration, Grade
from funcnn.laws.findings import Ask, Fails, Holds, Law, Silent
from funcnn.laws.shrinking import smallest
from funcnn.laws.subjects import Subject

type Word = Literal["right", "wrong", "no information"]

EXAMPLES: Final = 200
"""How many calls a law asks of a function, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A call on which a law fails, what was answered, and what is wrong with it."""

    call: Call
    answer: Answer
    failure: Fails


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a law says of a function: `right`, `wrong`, or that it has no information.

    `wrong` is proven by the counterexample. `right` says that no mistake was found that the law
    would have shown on so many inputs.
    """

    function: str
    law: str
    word: Word
    inputs: int
    """On how many calls the law said something."""
    share: float = 0.0
    """The error ÷ its bound, at its worst."""
    ulps: float = 0.0
    rounded: float = 1.0
    """The share of numbers that were the exact ones, correctly rounded."""
    grade: Grade = "componentwise"
    reason: str = ""
    counterexample: Counterexample | None = None


def verdict(
    ask: Ask, subject: Subject, declaration: Declaration, law: Law, key: int, size: int = EXAMPLES
) -> Verdict:
    """A function, held to one law until it fails.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.machines import machine
    >>> from funcnn.laws.subjects import Variant
    >>> from funcnn.laws.values import WITHIN
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),), sums="k")
    >>> verdict(machine(dot, Declaration()), subject, Declaration(), WITHIN, 0).word
    'right'
    >>> wrong = machine(lambda xs, ys: dot(xs, ys) * 1.0009, Declaration())
    >>> found = verdict(wrong, subject, Declaration(), WITHIN, 0)
    >>> found.word, found.counterexample.call
    ('wrong', dot([1.0], [1.0]))
    """
    holds: list[Holds] = []
    silent: Counter[str] = Counter()
    for call in law.calls(subject, declaration, key, size):
        match law.finding(subject, declaration, ask, call):
            case Holds() as found:
                holds.append(found)
            case Silent(why):
                silent[why] += 1
            case Fails() as failure:
                inputs = len(holds) + 1
                example = counterexample(ask, subject, declaration, law, call, failure)
                share, why = example.failure.share or 0.0, example.failure.why
                return Verdict(
                    subject.name,
                    law.name,
                    "wrong",
                    inputs,
                    share,
                    reason=why,
                    counterexample=example,
                )
    return summary(subject, law, holds, silent)


def summary(subject: Subject, law: Law, holds: Sequence[Holds], silent: Counter[str]) -> Verdict:
    """The verdict on a function that nowhere failed.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.values import WITHIN
    >>> summary(Subject("dot", dot, ()), WITHIN, [], Counter(["it may overflow"])).word
    'no information'
    """
    if not holds:
        reason = silent.most_common(1)[0][0] if silent else "nothing could be asked"
        return Verdict(subject.name, law.name, "no information", 0, reason=reason)
    entries = sum(found.entries for found in holds) or 1
    graded = any(found.grade == "normwise" for found in holds)
    return Verdict(
        subject.name,
        law.name,
        "right",
        len(holds),
        max(found.share for found in holds),
        max(found.ulps for found in holds),
        sum(found.rounded for found in holds) / entries,
        "normwise" if graded else "componentwise",
    )


def counterexample(
    ask: Ask, subject: Subject, declaration: Declaration, law: Law, call: Call, failure: Fails
) -> Counterexample:
    """The smallest call found on which the law fails.

    What does not answer at all is asked no further.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.calls import Returned
    >>> from funcnn.laws.values import WITHIN
    >>> call = Call("dot", ([5.5, 2.0], [1.0, 3.0]), {}, ("k", "k"), {"k": 2})
    >>> def ask(call):
    ...     return Returned(7.0)
    >>> subject, failure = Subject("dot", dot, ()), Fails("wrong")
    >>> counterexample(ask, subject, Declaration(), WITHIN, call, failure).call
    dot([0.0], [0.0])
    """
    least = Counterexample(call, ask(call), failure)

    def fails(candidate: Call) -> bool:
        nonlocal least
        asked = list[tuple[Call, Answer]]()

        def recorded(other: Call) -> Answer:
            asked.append((other, ask(other)))
            return asked[-1][1]

        found = law.finding(subject, declaration, recorded, candidate)
        if isinstance(found, Fails) and not any(isinstance(one, Broken) for _, one in asked):
            own = [one for other, one in asked if other.arguments is candidate.arguments]
            least = Counterexample(candidate, own[-1] if own else ask(candidate), found)
        return least.call is candidate

    if not isinstance(least.answer, Broken):
        smallest(subject, call, fails)
    return least
