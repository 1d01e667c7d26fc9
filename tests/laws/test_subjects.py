"""The tables of functions that are judged: what is asked of them, and their other formulas."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

import pytest

import funcnn
from enclosed import enclosed, is_near
from funcnn.algebra.formats import binary64
from funcnn.algebra.trees import leaves, tree_map
from funcnn.algebra.vectors import shape
from funcnn.laws import activation_subjects, convolution_subjects, linear_subjects
from funcnn.laws.algorithms import strassen, winograd
from funcnn.laws.calls import Broken, Call
from funcnn.laws.declarations import Declaration, parse
from funcnn.laws.draws import calls, styled
from funcnn.laws.findings import Law, Silent, over
from funcnn.laws.judging import verdict
from funcnn.laws.machines import machine
from funcnn.laws.subjects import Algorithm, Subject
from funcnn.laws.values import EXACT, ROOMY, WITHIN, radii

SUBJECTS: Final[tuple[Subject, ...]] = (
    *linear_subjects.SUBJECTS,
    *convolution_subjects.SUBJECTS,
    *activation_subjects.SUBJECTS,
)
ELEMENTWISE: Final = [
    subject for subject in activation_subjects.SUBJECTS if not subject.name.endswith("softmax")
]
MATMUL: Final = next(subject for subject in SUBJECTS if subject.name == "matmul")
BINARY32: Final = parse("float32")
ARITHMETICS: Final = ("float64", "float32", "float16", "bfloat16", "bfloat16,sums=float32")

IRRATIONAL: Final = {
    *("sigmoid", "tanh", "erf", "exp", "log", "sqrt", "sin", "cos"),
    *("silu", "gelu", "softmax", "log_softmax"),
}
"""Of which the exact laws say nothing: no value of theirs is computed without a rounding."""


def drawn(subject: Subject, count: int, *styles: str) -> Any:
    return calls(subject, 0, count, lambda index, new: styled(index, new, styles, binary64))


def silence(call: Call) -> Broken:
    return Broken("no answer")


def test_each_subject_is_a_function_of_funcnn_and_stands_in_one_table() -> None:
    assert len({subject.name for subject in SUBJECTS}) == len(SUBJECTS)
    for subject in SUBJECTS:
        function = getattr(funcnn, subject.name)
        assert subject.definition is function or subject in ELEMENTWISE


@pytest.mark.parametrize("subject", ELEMENTWISE, ids=lambda subject: subject.name)
def test_functions_of_a_number_are_handed_lists_of_any_depth(subject: Subject) -> None:
    function = getattr(funcnn, subject.name)
    found = [*drawn(subject, len(subject.variants), "normal")]
    assert {len(shape(*call.arguments)) for call in found} == {0, 1, 2, 3}
    for call in found:
        ours = tree_map(partial(function, **call.settings), *call.arguments)
        assert subject.definition(*call.arguments, **call.settings) == ours


@pytest.mark.parametrize("law", [EXACT, ROOMY, WITHIN], ids=lambda law: law.name)
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_a_law_says_something_of_a_quarter_of_its_calls(arithmetic: str, law: Law) -> None:
    declaration = parse(arithmetic)
    left_alone = {subject.name for subject in SUBJECTS if not law.applies(subject, declaration)}
    assert left_alone == (set() if law is WITHIN else IRRATIONAL)
    for subject in SUBJECTS:
        if subject.name not in left_alone:
            asked = [*law.calls(subject, declaration, 0, 16)]
            found = [
                law.finding(subject, declaration, lambda _: Broken(""), call) for call in asked
            ]
            assert len(asked) == 16
            assert sum(isinstance(one, Silent) for one in found) <= 12, subject.name


ALGORITHMS: Final = [
    pytest.param(subject, algorithm, id=f"{subject.name}: {algorithm.name}")
    for subject in SUBJECTS
    for algorithm in subject.algorithms
]


@pytest.mark.parametrize(("subject", "algorithm"), ALGORITHMS)
def test_another_algorithm_is_the_same_function(subject: Subject, algorithm: Algorithm) -> None:
    for call in drawn(subject, 16, "normal", "positive"):
        exact = over(enclosed, call.arguments)
        ours = leaves(subject.definition(*exact, **call.settings))
        theirs = leaves(algorithm.definition(*exact, **call.settings))
        assert all(is_near(x, y, 100) for x, y in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("least", [2, 3, 5])
@pytest.mark.parametrize("algorithm", [strassen, winograd], ids=["strassen", "winograd"])
def test_a_fast_product_is_right_and_graded_normwise(algorithm: Any, least: int) -> None:
    fast = machine(partial(algorithm, least=least), BINARY32)
    wide = replace(MATMUL, sizes={"m": 12, "k": 12, "n": 12})
    found = [verdict(fast, wide, BINARY32, law, 0, 24) for law in (EXACT, ROOMY, WITHIN)]
    assert [one.word for one in found] == ["right"] * 3
    assert found[2].grade == "normwise"


@pytest.mark.parametrize("algorithm", [strassen, winograd], ids=["strassen", "winograd"])
def test_one_certificate_is_for_products_halved_to_the_last_or_to_some_length(
    algorithm: Any,
) -> None:
    widest = {}
    for least in (2, 4, 8):
        form = Algorithm("", partial(algorithm, least=least), "normwise")
        for index, call in enumerate(drawn(MATMUL, 40, "normal", "graded", "cancelling")):
            certificate = radii(form, Declaration(), call)
            assert certificate is not None
            widest[index, least] = max(one.inherited for one in certificate)
    assert all(widest[index, least] <= widest[index, 2] for index, least in widest)
    assert any(widest[index, 4] < widest[index, 2] for index in range(40))
