"""Outcomes: what all the laws together say of a function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from funcnn.laws.calls import Broken
from funcnn.laws.exhibits import Exhibit
from funcnn.laws.judging import Verdict
from funcnn.laws.repetition import AGAIN
from funcnn.laws.values import VALUES, WITHIN

type Outcome = Literal["right", "wrong", "known", "no information"]

TELLING: Final = {law.name for law in VALUES}
"""The laws that a function has to be right by: others also hold of functions that are not ours."""

ALL: Final = "all its laws"
"""What the laws by which a function is right are called together."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A function, and what each law says of it; of the laws it breaks, what shows it.

    `known` says of some laws why they are known not to hold, and `mistake` what the function fails
    as.
    """

    function: str
    verdicts: tuple[Verdict, ...]
    exhibits: Mapping[str, Exhibit] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    mistake: str = ""

    @property
    def outcome(self) -> Outcome:
        """Wrong by any law, but for what is known; or else right by a law of its values.

        >>> Judged("dot", (Verdict("dot", WITHIN.name, "right", 200),)).outcome
        'right'
        >>> Judged("dot", (Verdict("dot", "the same when asked again", "right", 36),)).outcome
        'no information'
        """
        if self.wrong:
            return "wrong"
        if self.known:
            return "known"
        if any(one.word == "right" and one.law in TELLING for one in self.verdicts):
            return "right"
        return "no information"

    @property
    def telling(self) -> list[Verdict]:
        """The verdicts that say something; all, if the law of every function does not, and nothing
        is wrong.

        >>> silent = Verdict("exp", "exact", "no information", 0)
        >>> Judged("exp", (silent, Verdict("exp", WITHIN.name, "right", 200))).telling[0].law
        'within the proven rounding bound'
        """
        words = {one.law: one.word for one in self.verdicts}
        is_silent = words.get(WITHIN.name, "no information") == "no information"
        is_open = is_silent and self.outcome != "wrong"
        return [one for one in self.verdicts if is_open or one.word != "no information"]

    @property
    def as_one(self) -> Verdict:
        """What the laws by which it is right say together."""
        right = [one for one in self.verdicts if one.word == "right"]
        graded = any(one.grade == "normwise" for one in right)
        return Verdict(
            self.function,
            ALL,
            "right",
            sum(one.inputs for one in right),
            max(one.share for one in right),
            grade="normwise" if graded else "componentwise",
        )

    @property
    def wrong(self) -> list[str]:
        """The laws that it breaks, but for those of which that is known.

        >>> wrong = (Verdict("dot", WITHIN.name, "wrong", 9),)
        >>> Judged("dot", wrong).wrong, Judged("dot", wrong, known={WITHIN.name: "TF32"}).wrong
        (['within the proven rounding bound'], [])
        """
        words = ((one.law, one.word) for one in self.verdicts)
        return [law for law, word in words if word == "wrong" and law not in self.known]

    @property
    def shown(self) -> str:
        """The law whose exhibit is shown: the first it breaks, but that it has one answer at all.

        >>> broken = Verdict("dot", WITHIN.name, "wrong", 1), Verdict("dot", AGAIN.name, "wrong", 1)
        >>> Judged("dot", broken).shown
        'the same when asked again'
        """
        again = [law for law in self.wrong if law == AGAIN.name and self._is_answered(law)]
        return (again or self.wrong)[0]

    def _is_answered(self, law: str) -> bool:
        exhibit = self.exhibits.get(law)
        return not exhibit or not isinstance(exhibit.found.answer, Broken)
