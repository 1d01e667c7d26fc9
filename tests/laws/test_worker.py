"""The worker: what it takes for functions, for numbers, and for tensors; and its protocol."""

import json
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from math import exp, inf, isnan, nan
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from funcnn.laws import worker
from funcnn.laws.worker import Rubbish, decoded, encoded, numbers, offer_of, public


def talked(target: str, *requests: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """What is answered to some requests."""
    lines = "".join(json.dumps({"id": at} | request) + "\n" for at, request in enumerate(requests))
    words = [sys.executable, str(worker.__file__), target]
    done = subprocess.run(words, input=lines, capture_output=True, text=True, cwd=folder)
    return [json.loads(line) for line in done.stdout.splitlines()]


FUNCTIONS: dict[str, Any] = {"function": "functions"}


def asked(function: str, *arguments: Any, **more: Any) -> dict[str, Any]:
    return {"function": function, "arguments": arguments, "settings": {}} | more


@pytest.mark.parametrize("value", [0.1, -0.0, 1e16, 5e-324, -2.5, inf, -inf, nan, 3, True])
def test_a_number_comes_through_the_protocol_as_it_is(value: Any) -> None:
    line = encoded({"result": [[value]]})
    strict = json.loads(line, parse_constant=lambda word: pytest.fail(word))
    assert strict and repr(decoded(line)) == repr({"result": [[value]]})


def test_a_setting_that_is_a_function_is_told_by_its_name() -> None:
    assert decoded(encoded({"activation": exp, "slope": Fraction(1, 4)})) == {
        "activation": "exp",
        "slope": 0.25,
    }


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ([1.0, 2.0], "float"),
        ([[1], [2.5]], "float"),
        ([1, 2], "int"),
        ([], "float"),
        (np.ones(2), "float64"),
        ([np.float32(1), np.float32(2)], "float32"),
        ((np.ones(2, np.float32), [np.zeros(1, np.float16)]), "float16 and float32"),
        (np.ones(2, ml_dtypes.bfloat16), "bfloat16"),
        (np.ones(2, np.int64), "int64"),
    ],
)
def test_the_kind_of_numbers_is_told(result: Any, kind: str) -> None:
    values, found = numbers(result)
    assert found == kind and decoded(encoded(values)) == values


class Strange:
    """Whose text is long."""

    def __repr__(self) -> str:
        return "strange\n" * 100


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("abc", "returned a str: 'abc'"),
        (None, "returned None"),
        ([1.0, None], "returned None"),
        ([True], "returned a bool: True"),
        (np.ones(1, bool), "returned numbers of bool"),
        ([Fraction(1, 3)], "returned a Fraction: Fraction(1, 3)"),
        (Decimal("0.5"), "returned a Decimal: Decimal('0.5')"),
        (1j, "returned a complex: 1j"),
        (np.ones(1, complex), "returned numbers of complex128"),
        (np.array([Fraction(1)]), "returned numbers of object"),
        ({"a": 1.0}, "returned a dict: {'a': 1.0}"),
        ((x for x in [1.0]), "returned a generator"),
        (Strange(), "returned a Strange: " + ("strange " * 8)[:60] + "…"),
    ],
)
def test_what_is_no_nested_list_of_numbers_is_called_by_its_name(result: Any, words: str) -> None:
    with pytest.raises(Rubbish) as rubbish:
        numbers(result)
    assert str(rubbish.value) == words


def test_lists_in_themselves_are_rubbish() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Rubbish, match="too deep"):
        numbers(endless)


def changing(x: Any) -> Any:
    x[1] += 1
    return x


@pytest.mark.parametrize("arrays", ["lists", "numpy"])
def test_a_change_of_the_arguments_is_told(arrays: str) -> None:
    ours = {"changing": changing, "keeping": lambda x: x}
    answers = offer_of(ours, arrays).answers
    request = asked("", [nan, 2.0], templates=["n"])
    assert answers["changing"](request)["changed"]
    assert "changed" not in answers["keeping"](request)
    assert isnan(request["arguments"][0][0])


def test_tensors_are_made_as_their_templates_say() -> None:
    seen: list[Any] = []
    tensors = [[1.0, 2.0], ([[3.0]], 1), [True]]
    request = asked("", *tensors, templates=["k", ("k n", "< v"), "k ?"])
    for form in ("float32", "float64"):
        offer_of({"seeing": lambda *x: seen.append(x)}, "numpy", form).answers["seeing"](request)
    (one, (two, three), four), (wide, _, _) = seen
    kinds = [x.dtype.name for x in (one, two, three, four, wide)]
    assert kinds == ["float32", "float32", "int64", "bool", "float64"]
    assert [x.shape for x in (one, two, three, four)] == [(2,), (1, 1), (), (1,)]


@pytest.mark.parametrize(
    ("arrays", "form", "words"),
    [("numpy", "bfloat16", "no format"), ("sets", "float32", "give lists")],
)
def test_a_format_that_is_unknown_is_refused(arrays: str, form: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        offer_of({}, arrays, form)


def test_functions_are_what_is_public_and_callable_and_not_borrowed(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        "import math\nfrom math import exp\nfrom functools import partial\n"
        "def softmax(x): pass\ndef _helper(x): pass\nclass Kind: pass\nsize = 3\n"
        "double = partial(lambda by, x: by * x, 2)\nrelu = lambda x: x\n"
    )
    (answer,) = talked("code.py", FUNCTIONS, folder=tmp_path)
    assert answer["result"] == ["softmax", "double", "relu"]
    of_all = SimpleNamespace(__all__=["b", "a"], a=abs, b=abs, c=abs)
    assert [*public(of_all)] == ["b", "a"]


MODULE = """
import sys
ARRAYS, PROFILE = "numpy", "flush"
print("printed at import")
class kernels:
    def double(x):
        print("printed", file=sys.stdout)
        return x + x
    def read(x):
        return input()
    def fail(x):
        raise ArithmeticError("first line\\nsecond line")
"""


def test_a_namespace_in_a_submodule_is_served_and_its_prints_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "mypkg").mkdir()
    (tmp_path / "mypkg" / "fast.py").write_text(MODULE)
    requests = [asked(name, [1.5], templates=["n"]) for name in ("double", "read", "fail", "no")]
    first, *answers = talked("mypkg.fast:kernels", FUNCTIONS, *requests, folder=tmp_path)
    said = {"arrays": "numpy", "own": [], "profile": "flush"}
    assert first == {"id": 0, "result": ["double", "read", "fail"]} | said
    errors = [(answer["error"], answer["message"]) for answer in answers[1:]]
    assert answers[0] == {"id": 1, "result": [3.0], "kind": "float32"}
    assert errors == [
        ("EOFError", "EOF when reading a line"),
        ("ArithmeticError", "first line"),
        ("AttributeError", "there is no function no"),
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("def softmax(x)\n", "SyntaxError"),
        ("raise SystemExit('no kernel')", "SystemExit"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why(tmp_path: Path, text: str, error: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    (answer,) = talked("mine.py", FUNCTIONS, folder=tmp_path)
    assert answer["id"] == 0 and answer["error"] == error and answer["message"]


def test_the_worker_needs_nothing_of_funcnn() -> None:
    script = "import sys, runpy; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    words = [sys.executable, "-I", "-c", script, str(worker.__file__)]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in loaded if name.split(".")[0] in ("funcnn", "numpy", "toolz")]
