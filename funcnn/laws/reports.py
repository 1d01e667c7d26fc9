"""Reports: what is found of an implementation, and how people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf
from textwrap import fill, indent
from typing import Final

from funcnn.laws.calls import Broken, Refused, Returned
from funcnn.laws.declarations import Declaration, described
from funcnn.laws.deviations import Deviation
from funcnn.laws.exhibits import why
from funcnn.laws.judging import Verdict
from funcnn.laws.outcomes import ALL, TELLING, Judged

HEADINGS: Final = ("function", "law", "inputs", "verdict", "error ÷ bound")
LONG: Final = (*HEADINGS, "ulps", "rounded")
WIDTH: Final = 80

FEW: Final = 8
"""Of how many functions each law is told of."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is found of an implementation: in text, as figures, and as an exit code."""

    name: str
    declaration: Declaration
    functions: tuple[Judged, ...]
    left_alone: tuple[str, ...] = ()
    unmatched: tuple[Deviation, ...] = ()
    examples: int = 0
    key: int = 0
    seconds: float = 0.0
    caught: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of the known mistakes in each function, how many these laws catch, and how many there are."""

    @property
    def verdicts(self) -> list[Verdict]:
        """What each law says of each function."""
        return [verdict for judged in self.functions for verdict in judged.verdicts]

    @property
    def code(self) -> int:
        """1 if a function is wrong; else 2 if nothing is known of one; else 0.

        >>> Report("mine", Declaration(), (Judged("dot", ()),)).code
        2
        """
        outcomes = {judged.outcome for judged in self.functions}
        return 1 if "wrong" in outcomes else 2 if "no information" in outcomes else 0

    @property
    def ok(self) -> bool:
        """Whether all functions are right, or known not to be."""
        return self.code == 0

    def __str__(self) -> str:
        shown = map(accusation, wrong(self))
        return "\n\n".join([heading(self), table(self), *remarks(self), *shown, conclusion(self)])

    @property
    def against(self) -> str:
        """The same, what is wrong first: a test is summed up by its first line."""
        shown = [*map(accusation, wrong(self)), *remarks(self)]
        return "\n\n".join([*shown, heading(self), table(self), conclusion(self)])


def heading(report: Report) -> str:
    """What is judged, and in what arithmetic.

    >>> made = Report("mine.py", Declaration(), (Judged("dot", ()),), ("helper",))
    >>> print(heading(made))
    mine.py: dot; helper (not ours: left alone)
    assumed: float64 in, summed and out; exp within 3 ulps, sigmoid 8; ...
    """
    functions = listed([judged.function for judged in report.functions], 60)
    others = f"; {listed(report.left_alone, 8)} (not ours: left alone)"
    what = f"{report.name}: {functions}{others if report.left_alone else ''}"
    return f"{_filled(what)}\n{_filled(f'assumed: {described(report.declaration)}')}"


def listed(names: Sequence[str], most: int) -> str:
    """Names, but no more than so many.

    >>> listed(["a", "b"], 8), listed(["a", "b", "c"], 2)
    ('a, b', 'a, b and 1 more')
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def rows(report: Report, *, is_long: bool = False) -> list[list[str]]:
    """A row for each function and law; of many functions, one for all laws of each that is right.

    A long row says the ulps, too, and how many numbers were the exact ones, correctly rounded.

    >>> from funcnn.laws.values import WITHIN
    >>> verdict = Verdict("dot", WITHIN.name, "right", 1200, ulps=0.5, rounded=0.75)
    >>> judged = Judged("dot", (verdict,))
    >>> rows(Report("mine.py", Declaration(), (judged,)), is_long=True)[0][2:]
    ['1,200', 'right', '0', '0.5', '75 %']
    >>> rows(Report("mine.py", Declaration(), (judged,) * 9))[0]
    ['dot', 'all its laws', '1,200', 'right', '0']
    """
    if is_long:
        return [
            [*row(one, judged), *more(one)]
            for judged in report.functions
            for one in judged.verdicts
        ]
    is_many = len(report.functions) > FEW
    return [
        row(one, judged)
        for judged in report.functions
        for one in ([judged.as_one] if is_many and judged.outcome == "right" else judged.telling)
    ]


def row(verdict: Verdict, judged: Judged) -> list[str]:
    """A verdict on a function in a table.

    >>> row(Verdict("dot", "exact", "right", 9), Judged("dot", ()))
    ['dot', 'exact', '9', 'right', '']
    """
    told = word(verdict, is_known=verdict.law in judged.known)
    return [verdict.function, verdict.law, f"{verdict.inputs:,}", told, measure(verdict)]


def more(verdict: Verdict) -> list[str]:
    """The ulps of a verdict, and the share of numbers correctly rounded, if it is about numbers.

    >>> from funcnn.laws.values import WITHIN
    >>> more(Verdict("dot", WITHIN.name, "right", 9, ulps=0.51, rounded=0.98))
    ['0.51', '98 %']
    """
    if not is_measured(verdict):
        return ["", ""]
    return [f"{verdict.ulps:.3g}", f"{100 * verdict.rounded:.0f} %"]


def is_measured(verdict: Verdict) -> bool:
    """Whether its figures say how near the numbers are.

    >>> from funcnn.laws.values import WITHIN
    >>> is_measured(Verdict("dot", WITHIN.name, "wrong", 9))
    False
    """
    return verdict.word == "right" and verdict.law in (*TELLING, ALL)


def word(verdict: Verdict, *, is_known: bool = False) -> str:
    """A verdict in a table.

    >>> wrong = Verdict("dot", "exact", "wrong", 1)
    >>> word(wrong), word(wrong, is_known=True)
    ('WRONG', 'known')
    """
    if verdict.word == "wrong":
        return "known" if is_known else "WRONG"
    return "right, normwise" if verdict.grade == "normwise" else verdict.word


def measure(verdict: Verdict) -> str:
    """The error ÷ its bound, or why there is none.

    >>> from funcnn.laws.values import WITHIN
    >>> measure(Verdict("dot", WITHIN.name, "right", 9, share=0.214))
    '0.21'
    """
    match verdict.counterexample:
        case None:
            return f"{verdict.share:.2g}" if is_measured(verdict) else ""
        case found if isinstance(found.answer, Refused):
            return "raises"
        case found if isinstance(found.answer, Broken):
            return "no answer"
        case found if why(found) == "NaN everywhere":
            return "NaN"
        case found:
            share = found.failure.share
            return "" if share is None else "∞" if isinf(share) else f"{share:.2g}"


def table(report: Report) -> str:
    """The rows, in columns.

    >>> judged = Judged("dot", (Verdict("dot", "exact", "right", 9),))
    >>> print(table(Report("mine.py", Declaration(), (judged,))))
    function  law    inputs  verdict  error ÷ bound
    dot       exact       9  right
    """
    lines = [[*HEADINGS], *rows(report)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ends = [str.ljust, str.ljust, str.rjust, str.ljust, str.rjust]
    return "\n".join(
        "  ".join(
            end(cell, width) for end, cell, width in zip(ends, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def remarks(report: Report, *, is_long: bool = False) -> list[str]:
    """Why there is no information, and what is known to be wrong, or is not wrong any more.

    >>> silent = Judged("exp", (Verdict("exp", "exact", "no information", 0, reason="inexact"),))
    >>> remarks(Report("mine.py", Declaration(), (silent,)))
    ['no information: exact: inexact (exp)']
    """
    reasons: dict[tuple[str, str], list[str]] = {}
    for judged in report.functions:
        for one in judged.verdicts if is_long else judged.telling:
            if one.word == "no information":
                reasons.setdefault((one.law, one.reason), []).append(one.function)
    lines = [
        f"no information: {law}: {reason} ({listed(functions, 8)})"
        for (law, reason), functions in reasons.items()
    ]
    lines += [
        f"known: {judged.function}, {law}: {reason}"
        for judged in report.functions
        for law, reason in judged.known.items()
    ]
    lines += [
        f"{one.place}: {one.pattern!r} matches nothing that is wrong: leave it out"
        for one in report.unmatched
    ]
    return ["\n".join(map(_filled, lines))] if lines else []


def wrong(report: Report) -> list[Judged]:
    """The functions that are wrong.

    >>> judged = Judged("dot", (Verdict("dot", "exact", "wrong", 9),)), Judged("exp", ())
    >>> [one.function for one in wrong(Report("mine.py", Declaration(), judged))]
    ['dot']
    """
    return [judged for judged in report.functions if judged.outcome == "wrong"]


def accusation(judged: Judged) -> str:
    """What shows that a function is wrong: a call, its answer, and what is exact.

    >>> from funcnn.laws.calls import Call
    >>> from funcnn.laws.exhibits import Exhibit
    >>> from funcnn.laws.findings import Fails
    >>> from funcnn.laws.judging import Counterexample
    >>> found = Counterexample(Call("dot", ([1.0], [1.0])), Returned(0.0), Fails("0.0 for 1.0"))
    >>> exhibit = Exhibit(">>> dot([1.0], [1.0])", found, None)
    >>> verdict = Verdict("dot", "exact", "wrong", 1)
    >>> lines = accusation(Judged("dot", (verdict,), {"exact": exhibit}, mistake="zero"))
    >>> lines.splitlines()[3:]
    ['  0.0 for 1.0', '  Fails as the known mistake "zero" does.']
    """
    exhibit = judged.exhibits[judged.shown]
    lines = [
        f"WRONG  {judged.function}: smallest input that shows it",
        indent(f"{exhibit}", "    "),
    ]
    if isinstance(exhibit.found.answer, Returned):
        lines.append(f"  {why(exhibit.found)}")
    if judged.mistake:
        lines.append(f'  Fails as the known mistake "{judged.mistake}" does.')
    return "\n".join(lines)


def conclusion(report: Report) -> str:
    """How it ends: what is right and what is wrong, how long it took, and how to repeat it.

    >>> from funcnn.laws.values import WITHIN
    >>> judged = Judged("dot", (Verdict("dot", WITHIN.name, "right", 200),))
    >>> report = Report("mine", Declaration(), (judged,), seconds=1.84, caught={"dot": (9, 9)})
    >>> print(conclusion(report))
    dot right · 1.8 s · repeat with --key 0
    These laws catch 9 of 9 known mistakes in dot.
    """
    functions: dict[str, list[str]] = {}
    for judged in report.functions:
        functions.setdefault(judged.outcome, []).append(judged.function)
    counts = [
        f"{', '.join(names) if len(names) <= 3 else len(names)} {outcome}"
        for outcome, names in functions.items()
    ]
    parts = [*counts, f"{report.seconds:.1f} s", f"repeat with --key {report.key}"]
    return "\n".join([" · ".join(parts), *catches(report)])


def catches(report: Report) -> list[str]:
    """How many of the known mistakes would have been found; nothing where none is known.

    >>> catches(Report("mine", Declaration(), (), caught={"dot": (9, 9), "softmax": (6, 7)}))
    ['These laws catch 9 of 9 known mistakes in dot, 6 of 7 in softmax.']
    """
    known = {function: counts for function, counts in report.caught.items() if counts[1]}
    if len(known) > 3:
        found, all_of_them = map(sum, zip(*known.values(), strict=True))
        return [f"These laws catch {found} of {all_of_them} known mistakes in these functions."]
    parts = [f"{found} of {count} in {name}" for name, (found, count) in known.items()]
    told = ", ".join(parts).replace(" in ", " known mistakes in ", 1)
    return [_filled(f"These laws catch {told}.")] if known else []


def _filled(line: str) -> str:
    return fill(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
