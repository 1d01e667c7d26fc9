"""No false pass: every mutant is killed by the law that it names; every law kills one."""

from collections.abc import Sequence
from itertools import islice
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from funcnn.algebra.formats import binary32
from funcnn.laws import kills
from funcnn.laws.all_laws import LAWS
from funcnn.laws.calls import Answer, Broken, Call, Refused, Returned
from funcnn.laws.declarations import Declaration, parse
from funcnn.laws.findings import fits
from funcnn.laws.functions import SUBJECTS, subject
from funcnn.laws.judging import EXAMPLES
from funcnn.laws.kills import (
    TOLERANCES,
    asked,
    bite,
    is_killed,
    law_of,
    lengths_survived,
    machines,
    row,
    table,
)
from funcnn.laws.machines import machine
from funcnn.laws.mistakes import MISTAKES, behaves_like, same
from funcnn.laws.mutations import Mutant
from funcnn.laws.repetition import AGAIN

TABLE = Path(kills.__file__).with_name("KILLS.md")
SOME = MISTAKES[::18]


def named(mutant: Mutant) -> str:
    return f"{mutant.function}: {mutant.name}"


def mistake(function: str, name: str) -> Mutant:
    return next(m for m in MISTAKES if (m.function, m.name) == (function, name))


def test_there_are_more_than_two_hundred_and_no_two_of_one_name() -> None:
    assert len({(mutant.function, mutant.name) for mutant in MISTAKES}) == len(MISTAKES) > 200


def test_every_function_that_is_judged_has_a_mutant_or_its_gradient_has() -> None:
    wrong = {mutant.function for mutant in MISTAKES}
    assert {name for name in SUBJECTS if not name.endswith("_vjp")} <= wrong


def test_every_mutant_is_killed_by_the_law_that_it_names() -> None:
    assert [named(mutant) for mutant in MISTAKES if not is_killed(mutant)] == []


def test_every_law_kills_a_mutant() -> None:
    assert {law.name for law in LAWS} == {mutant.law for mutant in MISTAKES}


def test_a_mutant_that_names_no_law_of_its_function_is_told() -> None:
    lost = Mutant("relu", "lost", abs, "a sum backwards is the same")
    with pytest.raises(ValueError, match="no law 'a sum backwards is the same' is about relu"):
        law_of(lost)


def test_a_mutant_dies_at_each_length_of_a_sum_at_which_it_is_one() -> None:
    sensitive = [mutant for mutant in MISTAKES if mutant.at_lengths]
    assert len(sensitive) > 5
    assert [lengths_survived(mutant) for mutant in sensitive] == [[]] * len(sensitive)


@pytest.mark.parametrize("mutant", SOME, ids=named)
def test_so_many_calls_show_a_mistake_that_it_is_missed_once_in_a_thousand_runs(
    mutant: Mutant,
) -> None:
    assert (1 - bite(mutant)) ** EXAMPLES < 1e-3


@pytest.mark.parametrize("mutant", MISTAKES[::3], ids=named)
def test_a_mutant_has_the_form_and_the_numbers_of_the_definition(mutant: Mutant) -> None:
    wrong, right = machines(mutant)
    for call in asked(mutant, size=3, longest=40):
        match wrong(call), right(call):
            case Returned(value), Returned(result):
                assert fits(value, result)
            case _, refused:
                assert isinstance(refused, Refused)
                assert mutant.law in ("lengths that differ", "the sum of nothing")


@pytest.mark.parametrize("mutant", [one for one in SOME if one.law != AGAIN.name], ids=named)
def test_the_kill_table_says_what_is_found(mutant: Mutant) -> None:
    """What one finds that remembers its calls depends on how many there were."""
    assert row(mutant) in TABLE.read_text("utf-8")


def test_the_kill_table_has_every_mutant_in_order() -> None:
    lines = TABLE.read_text("utf-8").splitlines()
    rows = [line.split(" | ") for line in lines[lines.index("") :] if line.count("|") > 8][2:]
    wanted = [(mutant.function, mutant.law) for mutant in MISTAKES]
    assert [(line[0].removeprefix("| "), line[2]) for line in rows] == wanted


def test_a_table_of_few_mutants_counts_them() -> None:
    few = [mistake("softmax", "1e-6 added to the sum"), mistake("relu", "NaN swallowed")]
    text = table(few)
    assert "| the law that is named | 2 of 2 | 2 | 0 of" in text
    assert text.splitlines()[-1].endswith("| – | – | – | – |")


@pytest.mark.parametrize("close", [0.0, 3e-8, 1.5e-7, 1e-6, 1e-3, nan])
@pytest.mark.parametrize("size", [0.0, 1.0, -250.0])
def test_the_tolerances_are_numpys_own(close: float, size: float) -> None:
    actual, expected = [size + close * (abs(size) or 1.0), 1.0], [size, 1.0]
    theirs, plain = TOLERANCES[:2]
    try:
        np.testing.assert_allclose(actual, expected)
        rejected = False
    except AssertionError:
        rejected = True
    assert theirs.rejects(actual, expected, binary32) == rejected
    assert plain.rejects(actual, expected, binary32) == (not np.allclose(actual, expected))


def failures(mutant: Mutant, declaration: Declaration) -> list[tuple[Call, Answer]]:
    ask = machine(mutant.wrong, declaration)
    calls = islice(kills.kills(mutant, asked(mutant)), 3)
    return [(call, ask(call)) for call in calls]


def test_a_function_with_a_known_mistake_behaves_like_it() -> None:
    """A mutant fails as itself, or as another that is the same on the calls on which it fails."""
    for mutant in SOME:
        found = failures(mutant, mutant.declaration)
        name = behaves_like(subject(mutant.function), mutant.declaration, found)
        known = [one for one in MISTAKES if (one.function, one.name) == (mutant.function, name)]
        answers = [
            machine(one.wrong, mutant.declaration)(call) for one in known for call, _ in found
        ]
        agree = [same(one, other) for one, (_, other) in zip(answers, found, strict=False)]
        assert sum(agree) > len(found) / 2 or mutant.law == "the same when asked again"


def test_an_overflow_that_is_raised_is_one_that_is_not_finite() -> None:
    raised = Refused("OverflowError", "math range error")
    found = [(Call("softmax", ([x],)), raised) for x in (710.0, 1000.0)]
    name = behaves_like(subject("softmax"), parse("float64"), found)
    assert name == "maximum not subtracted first"


@pytest.mark.parametrize(
    "answers", [[], [Broken("no answer")], [Returned(0.25)], [Returned(6.0), Returned(7.0)]]
)
def test_what_no_known_mistake_explains_behaves_like_none(answers: Sequence[Answer]) -> None:
    call = Call("dot", ([3.0, 4.0], [1.0, 2.0]))
    assert behaves_like(subject("dot"), parse("float64"), [(call, one) for one in answers]) is None


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Returned([nan]), Returned([nan]), True),
        (Returned([0.0]), Returned([-0.0]), True),
        (Returned([1.0]), Returned([[1.0]]), False),
        (Refused("ValueError", "a"), Refused("ValueError", "b"), True),
        (Refused("ValueError", "a"), Refused("TypeError", "a"), False),
        (Returned([nan]), Refused("ValueError", ""), False),
        (Refused("ZeroDivisionError", ""), Returned([nan]), True),
        (Broken("a"), Broken("a"), False),
    ],
)
def test_answers_are_the_same(one: Any, other: Any, alike: bool) -> None:
    assert same(one, other) == alike
