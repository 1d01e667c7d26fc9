"""The referee tells right from wrong, shows what is wrong, and is not stopped by what breaks."""

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from math import exp
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import funcnn
from funcnn.algebra.vectors import shape
from funcnn.laws.all_laws import LAWS
from funcnn.laws.calls import Answer, Broken, Call, Refused, Returned
from funcnn.laws.declarations import OURS, Declaration
from funcnn.laws.figures import as_data
from funcnn.laws.functions import SUBJECTS, subject
from funcnn.laws.implementations import Local, implementation
from funcnn.laws.machines import machine
from funcnn.laws.outcomes import Judged
from funcnn.laws.referee import check, judged
from funcnn.laws.reports import Report
from funcnn.laws.values import EXACT, WITHIN

BREAKING = """
import os, sys, time

counts = []

def dot(xs, ys):
    time.sleep(60)

def matvec(matrix, vector):
    os._exit(3)

def matmul(left, right):
    return "rubbish"

def linear(inputs, weights):
    return [sum(map(float.__mul__, inputs, row)) for row in weights][1:]

def outer(xs, ys):
    counts.append(0)
    return [[x * y * (1 + len(counts) % 2) for y in ys] for x in xs]

def transpose(matrix):
    return [[float("nan")] * len(matrix) for _ in matrix[0]]

def softmax(xs):
    import math
    xs[:] = [math.exp(x - max(xs)) for x in xs]
    return [x / sum(xs) for x in xs]

def absolute(tree):
    print("a word in between")
    return [*map(absolute, tree)] if isinstance(tree, list) else abs(tree)
"""


def naive(xs: list[float]) -> list[float]:
    exponentials = [exp(x) for x in xs]
    return [x / sum(exponentials) for x in exponentials]


def with_epsilon(xs: list[float]) -> list[float]:
    exponentials = [exp(x - max(xs)) for x in xs]
    return [x / (sum(exponentials) + 1e-9) for x in exponentials]


def of(function: str, made: Any, **settings: Any) -> Judged:
    """What is found of a function alone."""
    [found] = check({function: made}, **settings).report.functions
    return found


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """What is found of a file in which nearly every function breaks in a way of its own."""
    path = tmp_path_factory.mktemp("broken") / "mine.py"
    path.write_text(BREAKING)
    with implementation(str(path), time_limit=0.5) as made:
        yield check(made, examples=20).report


def test_our_own_definitions_are_right() -> None:
    report = check(funcnn, functions=["affine", "softmax", "embedding"], examples=40).report
    assert [one.outcome for one in report.functions] == ["right"] * 3
    assert report.ok and report.code == 0 and not [one for one in report.functions if one.wrong]


def test_a_softmax_without_the_maximum_is_wrong_and_shown_at_its_smallest() -> None:
    found = of("softmax", naive)
    exhibit = found.exhibits[WITHIN.name]
    [numbers] = exhibit.found.call.arguments
    assert found.outcome == "wrong" and isinstance(exhibit.found.answer, Refused)
    assert len(numbers) == 1 and numbers[0] > 709
    assert exhibit.exact and exhibit.exact.result == [1]
    lines = str(exhibit).splitlines()
    assert lines[1] == f">>> softmax({numbers})"
    assert lines[2].split("  ")[0] == "OverflowError: math range error"
    assert lines[3].split()[0] == "[1.0]" and "exact" in lines[3]


def test_a_softmax_with_epsilon_is_wrong_by_how_far_it_is_off() -> None:
    found = of("softmax", with_epsilon)
    [verdict] = [one for one in found.verdicts if one.word == "wrong"]
    assert verdict.law == WITHIN.name and verdict.share > 1e5
    answer = found.exhibits[WITHIN.name].found.answer
    assert isinstance(answer, Returned) and answer.value == with_epsilon([0.0])


def test_an_exact_value_is_a_fraction() -> None:
    found = of("dot", lambda xs, ys: 0.0)
    exhibit = found.exhibits[found.shown]
    xs, ys = exhibit.found.call.arguments
    exact = sum(Fraction(x) * Fraction(y) for x, y in zip(xs, ys, strict=True))
    assert exhibit.exact and exhibit.exact.result == exact and not exhibit.exact.is_near
    assert f"exact: {exact}/1" in str(exhibit)


def test_each_way_to_break_has_words_of_its_own(broken: Report) -> None:
    shown = {one.function: one.exhibits[one.shown] for one in broken.functions if one.wrong}
    whys = {name: exhibit.found.failure.why for name, exhibit in shown.items()}
    assert whys["dot"] == "no answer within 0.5 s"
    assert whys["matvec"].startswith("ended with exit code 3")
    assert "rubbish" in whys["matmul"]
    assert whys["linear"].startswith("the form ")
    assert "when asked again" in whys["outer"]
    assert whys["softmax"] == "changes its arguments"
    assert "NaN everywhere" in str(broken) and len(shown) == 7


def test_what_breaks_does_not_stop_the_run(broken: Report) -> None:
    outcomes = {one.function: one.outcome for one in broken.functions}
    assert outcomes.pop("absolute") == "right"
    assert {*outcomes.values()} == {"wrong"} and broken.code == 1


def test_what_hangs_is_asked_once(broken: Report) -> None:
    [dot] = [one for one in broken.functions if one.function == "dot"]
    first, *others = dot.verdicts
    assert first.word == "wrong" and len(others) > 3
    assert {one.reason for one in others} == {"not asked: no answer within 0.5 s"}
    assert {one.word for one in others} == {"no information"}
    assert "not asked: no answer" not in str(broken)


def test_numbers_of_another_kind_are_wrong() -> None:
    def softmax(xs: list[float]) -> SimpleNamespace:
        shares = naive([x - max(xs) for x in xs])
        return SimpleNamespace(dtype="float32", tolist=lambda: shares)

    found = of("softmax", softmax)
    assert found.exhibits[found.shown].found.failure.why == "numbers of float32 for float64"


def test_a_crash_is_no_smaller_case_of_a_wrong_number() -> None:
    class Fragile(Local):
        def answer(self, call: Call) -> Answer:
            xs, _ = call.arguments
            return Broken("ended by SIGSEGV") if 1.0 in xs else Returned(0.0)

    found = judged(Fragile("mine", {"dot": max}), SUBJECTS["dot"], Declaration(), 3, 100)
    exhibit = found.exhibits[EXACT.name]
    assert isinstance(exhibit.found.answer, Returned) and exhibit.found.failure.place == 0
    assert 1.0 not in exhibit.found.call.arguments[0]


def test_being_the_same_again_is_not_being_right() -> None:
    report = check({"softmax": naive}, profile="exp=99999999999999999999", examples=20).report
    [found] = report.functions
    assert [one.word for one in found.verdicts][-1] == "right"
    assert found.outcome == "no information" and report.code == 2 and not report.ok
    assert "the divisor may be 0 (softmax)" in " ".join(str(report).split())


def test_the_known_mistake_is_named_and_what_the_laws_catch_is_told() -> None:
    report = check({"softmax": naive}).report
    assert report.functions[0].mistake == "maximum not subtracted first"
    assert '  Fails as the known mistake "maximum not subtracted first" does.' in str(report)
    found, known = report.caught["softmax"]
    assert 0 < found <= known
    assert f"These laws catch {found} of {known} known mistakes in softmax." in str(report)
    assert "These laws" not in str(check({"softmax": naive}, examples=199))


def test_mistakes_that_the_smallest_input_does_not_tell_apart_are_told_by_others() -> None:
    def last_dropped(xs: list[float], ys: list[float]) -> float:
        return sum(map(float.__mul__, xs[:-1], ys[:-1]))

    zero, dropped = of("dot", lambda xs, ys: 0.0), of("dot", last_dropped)
    inputs = [one.exhibits[one.shown].found.call.arguments for one in (zero, dropped)]
    assert inputs == [([1.0], [1.0])] * 2
    assert [zero.mistake, dropped.mistake] == ["zero", "last term dropped"]


def test_what_is_like_no_known_mistake_is_said_to_be_like_none() -> None:
    assert of("softmax", lambda xs: [0.25] * len(xs)).mistake == ""


def test_a_function_of_single_numbers_is_right_too() -> None:
    found = of("relu", lambda x: max(x, 0.0), examples=20)
    assert found.outcome == "right" and {one.law for one in found.verdicts} > {EXACT.name}


@pytest.mark.parametrize(("profile", "form"), [("", "float32"), ("float64", "float64")])
def test_of_arrays_float32_is_assumed_unless_they_declare_else(profile: str, form: str) -> None:
    kinds: set[str] = set()

    def sqrt(x: Any) -> Any:
        kinds.add(str(x.dtype))
        return np.sqrt(x)

    made = SimpleNamespace(ARRAYS="numpy", sqrt=sqrt)
    report = check(made, profile=profile, examples=20).report
    assert report.ok and kinds == {form} and as_data(report)["profile"] == form


def test_what_is_known_does_not_count(tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("softmax within* # until 2.0\nrelu # never\n")
    report = check({"softmax": naive}, known=known).report
    [found] = report.functions
    assert found.known == {WITHIN.name: "until 2.0"} and found.outcome == "known" and report.ok
    assert [one.pattern for one in report.unmatched] == ["relu"]
    text = " ".join(str(report).split())
    assert "line 2: 'relu' matches nothing that is wrong: leave it out" in text
    assert "known: softmax, within the proven rounding bound: until 2.0" in text


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        (["softmx"], "no law is about 'softmx': is softmax meant?"),
        (["relu"], "has no function 'relu': it has softmax, helper"),
    ],
)
def test_functions_that_are_not_there_are_told(functions: list[str], message: str) -> None:
    mine = SimpleNamespace(softmax=naive, helper=max)
    with pytest.raises(ValueError, match=message):
        assert check(mine, functions=functions).names


def test_a_file_without_a_function_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="no function to judge, but helper: funcnn check"):
        assert check({"helper": max}).names


def test_nothing_is_asked_before_a_report_is(tmp_path: Path) -> None:
    lazy = check(tmp_path / "nothing.py")
    with pytest.raises(ValueError, match="no such file"):
        print(lazy.report)


def test_the_same_key_gives_the_same_report_and_another_asks_other_calls() -> None:
    def asked(key: int) -> tuple[list[list[float]], dict[str, Any]]:
        calls: list[list[float]] = []

        def softmax(xs: list[float]) -> list[float]:
            calls.append([*xs])
            return naive(xs)

        report = check({"softmax": softmax}, examples=20, key=key).report
        return calls, as_data(report) | {"seconds": 0}

    assert asked(7) == asked(7)
    calls, figures = asked(7)
    assert figures["key"] == 7 and calls != asked(8)[0]


def test_figures_are_json_and_say_all_of_a_counterexample() -> None:
    told = json.loads(json.dumps(as_data(check({"softmax": naive}).report), allow_nan=False))
    [found] = [one["counterexample"] for one in told["verdicts"] if one["verdict"] == "wrong"]
    assert told["profile"] == "float64" and told["functions"] == {"softmax": "wrong"}
    assert found["answer"] == {"error": "OverflowError", "message": "math range error"}
    assert [float.fromhex(x) for x in found["call"]["hex"]] == found["call"]["arguments"][0]
    assert found["exact"] == {"fractions": ["1/1"], "near": True, "floats": [1.0]}


@pytest.mark.parametrize("name", ["dot", "matvec", "matmul", "outer", "conv1d", "softmax_vjp"])
def test_whatever_is_asked_the_lengths_of_the_result_are_told(name: str) -> None:
    """A C function is handed an output of these lengths."""
    one = SUBJECTS[name]
    right = machine(one.definition, OURS)

    def ask(call: Call) -> Answer:
        answer = right(call)
        if isinstance(answer, Returned) and not isinstance(answer.value, tuple):
            assert call.lengths == shape(answer.value), call
        return answer

    for law in LAWS:
        if law.applies(one, OURS):
            for call in islice(law.calls(one, OURS, 0, 5), 5):
                law.finding(one, OURS, ask, call)


def test_every_subject_has_the_name_of_its_table() -> None:
    assert all(subject(name).name == name for name in SUBJECTS)
