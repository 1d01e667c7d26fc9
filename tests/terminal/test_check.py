"""funcnn check: what a person sees, what programs read, and the exit codes."""

import json
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from funcnn.laws.functions import SUBJECTS
from funcnn.terminal import check

MINE = """
from math import exp

def outer(xs, ys):
    return [[x * y for y in ys] for x in xs]

def softmax(xs):
    exponentials = [exp(x) for x in xs]
    return [x / sum(exponentials) for x in exponentials]

def helper(x):
    return x
"""

PROGRAM = """
import json, sys

for line in sys.stdin:
    asked = json.loads(line)
    result = ["relu"] if asked["function"] == "functions" else None
    if result is None:
        relu = lambda x: [*map(relu, x)] if isinstance(x, list) else max(x, 0.0)
        result = relu(*asked["arguments"])
    print(json.dumps({"id": asked["id"], "result": result}), flush=True)
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with a file in it, and that is where the user is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


def told(*words: str, width: int = 80) -> tuple[int, str]:
    """The exit code of the command, and what it prints."""
    parser, printed = ArgumentParser(), StringIO()
    check.configure(parser)
    code = check.command(parser.parse_args(words), Console(file=printed, width=width))
    return code, printed.getvalue()


def figures(*words: str) -> tuple[int, dict[str, Any]]:
    code, text = told(*words, "--json")
    data: dict[str, Any] = json.loads(text)
    return code, data


def test_a_person_sees_what_is_judged_what_is_wrong_and_why(mine: Path) -> None:
    code, text = told("mine.py", "--key", "7", "--examples", "40")
    lines = text.splitlines()
    assert code == 1 and max(map(len, lines)) <= 80
    assert lines[0] == "mine.py: outer, softmax; helper (not ours: left alone)"
    assert lines[1].startswith("assumed: float64 in, summed and out; exp within 3 ulps")
    assert lines[4].split() == ["function", "law", "inputs", "verdict", "error", "÷", "bound"]
    table = [line.split() for line in lines[5 : lines.index("", 5)]]
    assert ["outer", "exact", "on", "integers,"] in [row[:4] for row in table]
    assert [row for row in table if row[-2:] == ["WRONG", "raises"] and row[0] == "softmax"]
    at = lines.index("WRONG  softmax: smallest input that shows it")
    assert lines[at + 1 : at + 4] == [
        "    >>> from mine import softmax",
        "    >>> softmax([1024.0])",
        "    OverflowError: math range error         yours",
    ]
    assert lines[at + 4].startswith("    [1.0]                                   exact: ")
    assert any(line.startswith("outer right · softmax wrong · ") for line in lines)
    assert "repeat with --key 7" in text


def test_programs_read_the_same(mine: Path) -> None:
    code, data = figures("mine.py", "--key", "7", "--profile", "exp=1", "--examples", "40")
    assert code == 1 and data["name"] == "mine.py" and data["left_alone"] == ["helper"]
    assert data["functions"] == {"outer": "right", "softmax": "wrong"}
    assert data["profile"] == "float64,exp=1" and data["key"] == 7 and data["examples"] == 40
    wrong = [one for one in data["verdicts"] if one["verdict"] == "wrong"]
    assert [one["counterexample"]["call"]["arguments"] for one in wrong] == [[[1024.0]]]


def test_a_function_alone_is_right(mine: Path) -> None:
    code, data = figures("mine.py", "--function", "outer", "--examples", "20")
    assert code == 0 and data["functions"] == {"outer": "right"}


def test_nothing_known_is_no_pass(mine: Path) -> None:
    words = ["mine.py", "--function", "softmax", "--profile", "exp=99999999999999999999"]
    code, text = told(*words, "--examples", "5")
    assert code == 2 and "softmax no information" in text and "the divisor may be 0" in text


def test_what_is_known_to_be_wrong_is_no_failure(mine: Path) -> None:
    (mine / "known.txt").write_text("softmax # until 2.0\n")
    code, text = told("mine.py", "--known", "known.txt", "--examples", "40")
    assert code == 0 and "WRONG" not in text and "softmax known" in text
    assert "until 2.0" in text


def test_a_program_is_judged_too(mine: Path) -> None:
    import sys

    (mine / "program.py").write_text(PROGRAM)
    code, data = figures("--program", f"{sys.executable} program.py", "--examples", "20")
    assert code == 0 and data["functions"] == {"relu": "right"}


def test_more_is_told_if_it_is_asked_for(mine: Path) -> None:
    _, short = told("mine.py", "--function", "outer", "--examples", "20")
    _, full = told("mine.py", "--function", "outer", "--examples", "20", "-v", width=100)
    [line] = [line for line in full.splitlines() if "exact on integers" in line]
    assert line.split()[-4:] == ["0", "0", "100", "%"] and "ulps" in full
    assert "ulps  rounded" not in short


def test_of_many_functions_what_is_right_is_a_row(mine: Path) -> None:
    code, text = told("funcnn.blocks.activations", "--examples", "2", width=100)
    rows = [line.split() for line in text.splitlines() if "all its laws" in line]
    assert code == 0 and len(rows) > 8 and {row[-2] for row in rows} == {"right"}


def test_all_that_is_judged_is_listed() -> None:
    code, text = told("--list")
    assert code == 0 and all(f"{name}(" in text for name in SUBJECTS)
    assert "affine(i, (o×i, o))\n" in text and max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "nothing to judge: give FILE.py"),
        (["nothing.py"], "nothing.py: no such file"),
        (["mine.py", "--function", "sofmax"], "no law is about 'sofmax': is softmax meant"),
        (["mine.py", "--function", "relu"], "mine.py has no function 'relu': it has outer, so"),
        (["mine.py", "--profile", "float23"], "no word 'float23'"),
        (["mine.py", "--examples", "0"], "0 examples: at least one is needed"),
        (["mine.py", "--time-limit", "0"], "--time-limit 0.0: give a number of seconds above 0"),
        (["mine.py", "--program", "cat"], "mine.py: a --program is judged alone: leave it out"),
        (["--program", "cat", "--python", "p"], "--python p: a --program is judged alone"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line(words: list[str], why: str, mine: Path) -> None:
    with pytest.raises(ValueError) as error:
        told(*words)
    assert why in str(error.value) and "\n" not in str(error.value)


def test_known_deviations_need_a_reason(mine: Path) -> None:
    (mine / "known.txt").write_text("# ours\nsoftmax\n")
    with pytest.raises(ValueError, match="known.txt, line 2: 'softmax' has no reason: add it"):
        told("mine.py", "--known", "known.txt")
