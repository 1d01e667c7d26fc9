"""Laws of algebra and of conventions hold of funcnn, and each tells a mistake."""

from collections.abc import Callable
from dataclasses import replace
from math import nan
from typing import Any

import pytest

from funcnn.algebra.elementary import relu
from funcnn.algebra.vectors import dot, matmul, matvec
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.linears import dense
from funcnn.laws.algebra_laws import ALGEBRA
from funcnn.laws.conventions import CONVENTIONS
from funcnn.laws.declarations import OURS, Declaration
from funcnn.laws.findings import Law
from funcnn.laws.functions import SUBJECTS, subject
from funcnn.laws.judging import verdict
from funcnn.laws.machines import machine

LAWS = [*ALGEBRA, *CONVENTIONS]
COUNT = 60


def applying() -> list[tuple[str, Law]]:
    return [(name, law) for name in SUBJECTS for law in LAWS if law.applies(SUBJECTS[name], OURS)]


@pytest.mark.parametrize(("name", "law"), applying(), ids=lambda one: getattr(one, "name", one))
def test_our_definitions_obey(name: str, law: Law) -> None:
    found = verdict(machine(SUBJECTS[name].definition, OURS), SUBJECTS[name], OURS, law, 1, COUNT)
    assert found.word == "right", found


def shuffled_by_batch(a: Any, b: Any) -> Any:
    """More than one row, and the first is another's."""
    return [matmul(a, b)[-1], *matmul(a, b)[1:]]


def saturated(xs: Any, ys: Any) -> Any:
    return min(dot(xs, ys), 3 * 2.0**18)


def truncated(a: Any, b: Any) -> Any:
    size = min(map(len, [b, *a]))
    return matmul([row[:size] for row in a], b[:size])


def first_term_twice(xs: Any, ys: Any) -> Any:
    return dot(xs, ys) + xs[0]


def one_more(xs: Any, ys: Any) -> Any:
    return dot(xs, ys) + 1.0


def skewed(a: Any, b: Any) -> Any:
    """A·B with a₀₀·b₀₀ added to each entry."""
    return [[entry + a[0][0] * b[0][0] for entry in row] for row in matmul(a, b)]


def swallowed(x: Any) -> Any:
    return max(0.0, x) if isinstance(x, float) else [swallowed(part) for part in x]


def kept(x: Any) -> Any:
    return (x if x == 0 else relu(x)) if isinstance(x, float) else [kept(part) for part in x]


def unseen_is_nan(inputs: Any, **settings: Any) -> Any:
    return scaled_dot_product_attention(inputs, **settings, unseen="nan")


def of_nothing(xs: Any, ys: Any) -> Any:
    return dot(xs, ys) if xs else 0.0


@pytest.mark.parametrize(
    ("name", "wrong", "law"),
    [
        ("dot", one_more, "f(2·x) = 2·f(x)"),
        ("dot", saturated, "f(x + y) = f(x) + f(y)"),
        ("dot", first_term_twice, "a sum backwards is the same"),
        ("dense", lambda x, w: dense(x, w)[::-1], "each row alone is the same"),
        ("matvec", lambda w, x: matvec(w, x)[::-1], "each row alone is the same"),
        ("matmul", shuffled_by_batch, "each row alone is the same"),
        ("matmul", skewed, "(A·B)·Bᵀ = A·(B·Bᵀ)"),
        ("relu", swallowed, "NaN"),
        ("relu", kept, "the sign of zero"),
        ("scaled_dot_product_attention", unseen_is_nan, "a query that sees no key"),
        ("dot", of_nothing, "the sum of nothing"),
        ("matmul", truncated, "lengths that differ"),
    ],
)
def test_each_law_tells_a_mistake(name: str, wrong: Callable[..., Any], law: str) -> None:
    [judge] = [one for one in LAWS if one.name == law and one.applies(subject(name), OURS)]
    assert verdict(machine(wrong, OURS), subject(name), OURS, judge, 1, 50).word == "wrong"


@pytest.mark.parametrize("law", CONVENTIONS, ids=lambda law: law.name)
def test_a_convention_is_asked_of_those_who_declare_one(law: Law) -> None:
    asked = [one for one in SUBJECTS.values() if law.applies(one, OURS)]
    assert asked and not [one for one in asked if law.applies(one, Declaration())]


@pytest.mark.parametrize(
    ("declared", "name", "definition"),
    [
        ({"nan": "ignored"}, "relu", swallowed),
        ({"negative_zero": "kept"}, "relu", kept),
        ({"masked": "nan"}, "scaled_dot_product_attention", unseen_is_nan),
        ({"empty": "zero"}, "dot", of_nothing),
        ({"empty": "nan"}, "dot", lambda xs, ys: dot(xs, ys) if xs else nan),
    ],
)
def test_the_other_convention_is_as_right(declared: Any, name: str, definition: Any) -> None:
    declaration = replace(Declaration(), **declared)
    [law] = [one for one in CONVENTIONS if one.applies(subject(name), declaration)]
    theirs, ours = (machine(one, declaration) for one in (definition, subject(name).definition))
    assert verdict(theirs, subject(name), declaration, law, 1, COUNT).word == "right"
    assert verdict(ours, subject(name), declaration, law, 1, COUNT).word == "wrong"
