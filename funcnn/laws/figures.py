"""Figures: a report, for other programs.

One object of JSON: the implementation's `name`, the `profile` as --profile takes it, `key`,
`examples`, `seconds`; what was `left_alone`; the patterns that were `unmatched`; and `functions`,
the outcome of each by name. `mistakes` says what functions fail as, `caught` how many of the known
mistakes in each these laws catch, and how many there are. Of each of the `verdicts`:

    function, law, verdict     "right", "wrong" or "no information", and the reason
    inputs                     on how many of them the law said something
    share, ulps                the error ÷ its bound, and in ulps, at its worst
    rounded, grade             the share of numbers correctly rounded; componentwise or normwise
    known                      why it is known to be wrong, or null
    counterexample             null, if it is not wrong; else

    call                       what a program is asked: function, arguments, settings …
    snippet                    the call as a person would run it
    answer                     {"result", "kind", "changed"}, {"error", "message"} or {"broken"}
    place                      which number of the result is wrong, counted from the left, or null
    exact                      null; or all numbers of the exact result, from the left: "fractions",
                               as "p/q", whether they are only "near", and "floats"
    why                        what is wrong, in a few words

Arguments and results are nested lists; beside each stands "hex", its floats from the left, in
hexadecimals. What is no finite number is "NaN", "Infinity" or "-Infinity".
"""

import json
from math import inf
from typing import Any

from funcnn.algebra.trees import Tree, leaves
from funcnn.laws.calls import Answer, Broken, Refused, Returned
from funcnn.laws.declarations import spelled
from funcnn.laws.exhibits import Exact, Exhibit, why
from funcnn.laws.judging import Verdict
from funcnn.laws.outcomes import Judged
from funcnn.laws.reports import Report
from funcnn.laws.snippets import request_of
from funcnn.laws.worker import encoded


def as_data(report: Report) -> dict[str, Any]:
    """A report as JSON has it.

    >>> from funcnn.laws.declarations import Declaration
    >>> as_data(Report("mine.py", Declaration(), (), key=7))["profile"]
    'float64'
    """
    functions = report.functions
    told = {
        "name": report.name,
        "profile": spelled(report.declaration),
        "key": report.key,
        "examples": report.examples,
        "seconds": report.seconds,
        "left_alone": report.left_alone,
        "unmatched": [one.pattern for one in report.unmatched],
        "functions": {judged.function: judged.outcome for judged in functions},
        "mistakes": {judged.function: judged.mistake for judged in functions if judged.mistake},
        "caught": report.caught,
        "verdicts": [_verdict(one, judged) for judged in functions for one in judged.verdicts],
    }
    data: dict[str, Any] = json.loads(encoded(told))
    return data


def _verdict(verdict: Verdict, judged: Judged) -> dict[str, Any]:
    exhibit = judged.exhibits.get(verdict.law)
    return {
        "function": verdict.function,
        "law": verdict.law,
        "verdict": verdict.word,
        "reason": verdict.reason,
        "inputs": verdict.inputs,
        "share": verdict.share,
        "ulps": verdict.ulps,
        "rounded": verdict.rounded,
        "grade": verdict.grade,
        "known": judged.known.get(verdict.law),
        "counterexample": exhibit and _exhibit(exhibit),
    }


def _exhibit(exhibit: Exhibit) -> dict[str, Any]:
    found = exhibit.found
    return {
        "call": {**request_of(found.call), "hex": _hex(found.call.arguments)},
        "snippet": exhibit.snippet,
        "answer": _answer(found.answer),
        "place": found.failure.place,
        "exact": exhibit.exact and _exact(exhibit.exact),
        "why": why(found),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    match answer:
        case Returned(value, kind, changed):
            return {"result": value, "hex": _hex(value), "kind": kind, "changed": changed}
        case Refused(kind, message):
            return {"error": kind, "message": message}
        case Broken(why):
            return {"broken": why}


def _exact(exact: Exact) -> dict[str, Any]:
    numbers = [*leaves(exact.result)]
    fractions = ["/".join(map(str, number.as_integer_ratio())) for number in numbers]
    return {"fractions": fractions, "near": exact.is_near, "floats": [*map(_float, numbers)]}


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def _hex(tree: Tree) -> list[str]:
    return [x.hex() for x in leaves(tree) if isinstance(x, float)]
