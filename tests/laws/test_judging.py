"""A verdict is proven: by a smallest call, on which the law fails; and a hang is asked no more."""

from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest

from funcnn.algebra.vectors import dot, matmul
from funcnn.laws.calls import Answer, Broken, Call, Refused, Returned
from funcnn.laws.declarations import DECLARATION, Declaration, parse
from funcnn.laws.findings import Fails, Holds, Law, read
from funcnn.laws.functions import SUBJECTS, subject
from funcnn.laws.judging import verdict
from funcnn.laws.machines import machine
from funcnn.laws.values import AT_LENGTHS, EXACT, ROOMY, WITHIN

DOT, MATMUL = subject("dot"), subject("matmul")
SINGLE = parse("float32")


def smallest_call(wrong: Any, law: Law, name: str) -> Call:
    found = verdict(machine(wrong, DECLARATION), subject(name), DECLARATION, law, 3)
    assert found.word == "wrong" and found.counterexample
    return found.counterexample.call


def test_the_smallest_call_of_a_forgotten_term_has_one_term() -> None:
    def forgetful(xs: Any, ys: Any) -> Any:
        return dot([*xs[:-1], 0 * xs[-1]], ys)

    assert smallest_call(forgetful, EXACT, "dot").arguments == ([1.0], [1.0])


def test_the_smallest_call_keeps_what_is_needed_to_fail() -> None:
    """A tail is forgotten of lengths that are no multiple of 8, above 8."""

    def blocked(xs: Any, ys: Any) -> Any:
        whole = len(xs) // 8 * 8 or len(xs)
        return dot(xs[:whole], ys[:whole])

    call = smallest_call(blocked, AT_LENGTHS, "dot")
    assert call.sizes == {"k": 9}
    assert [*call.arguments[0]] == [0.0] * 8 + [1.0]


def test_rows_that_get_mixed_up_need_two_rows() -> None:
    call = smallest_call(lambda a, b: matmul(a, b)[::-1], ROOMY, "matmul")
    assert call.sizes == {"m": 2, "k": 1, "n": 1}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Returned([1.0]), "the form 1 for one number"),
        (Returned(0.1), "0.1, which is no float32"),
        (Returned(0.5, "float64"), "numbers of float64 for float32"),
        (Returned(0.5, changed=True), "changes its arguments"),
        (Refused("OverflowError", "math range error"), "raises OverflowError"),
        (Broken("no answer within 10 s"), "no answer within 10 s"),
    ],
)
def test_what_is_no_result_is_told(answer: Answer, why: str) -> None:
    found = verdict(lambda call: answer, DOT, SINGLE, WITHIN, 0)
    assert found.word == "wrong" and found.reason == why and found.inputs == 1


def test_where_the_terms_are_too_many_there_is_no_information() -> None:
    """With 3 bits, 8 additions may err by as much as the sizes of all terms."""
    long = replace(DOT, sizes={"k": 1}, longest=1)
    low = parse("float8_e5m2")

    def lengthy(name: Any, declaration: Declaration, key: int, size: int) -> Any:
        yield from (Call("dot", ([1.0] * 9, [1.25] * 9)) for _ in range(size))

    law = WITHIN._replace(calls=lengthy)
    found = verdict(machine(dot, low), long, low, law, 0, 5)
    assert found.word == "no information" and found.inputs == 0
    assert "8 roundings" in found.reason


def test_what_may_overflow_gives_no_information() -> None:
    call = Call("dot", ([1e200, 1e200], [1e200, -1e200]))
    found = WITHIN.finding(DOT, DECLARATION, machine(dot, DECLARATION), call)
    assert not isinstance(found, Holds | Fails) and "overflow" in found.why


def test_nan_for_a_number_is_wrong() -> None:
    found = verdict(lambda call: Returned(nan), DOT, DECLARATION, WITHIN, 0)
    assert found.word == "wrong" and found.share == inf


def test_what_is_not_implemented_is_not_judged() -> None:
    answer = Refused("NotImplementedError", "no groups")
    found = verdict(lambda call: answer, DOT, SINGLE, WITHIN, 0)
    assert (found.word, found.reason) == ("no information", "not implemented: no groups")


def test_an_int_that_is_the_value_is_a_number() -> None:
    assert read(Returned([1, 2.5], "float"), [0.0, 0.0], DECLARATION) == [1, 2.5]


def test_a_verdict_tells_how_good_a_right_function_is() -> None:
    found = verdict(machine(dot, SINGLE), DOT, SINGLE, WITHIN, 0)
    assert found.word == "right" and 0 < found.share <= 1
    assert found.ulps >= 0.5 and 0.3 < found.rounded < 1
    exact = verdict(machine(dot, SINGLE), DOT, SINGLE, EXACT, 0)
    assert (exact.share, exact.ulps, exact.rounded) == (0, 0, 1)


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_same_key_asks_the_same_calls(name: str) -> None:
    for law in (ROOMY, WITHIN):
        one, same, other = (
            [*map(repr, law.calls(SUBJECTS[name], SINGLE, key, 2))] for key in (1, 1, 2)
        )
        assert one == same and one != other
