"""In pytest, a check is a test for each of its functions, failing with a verdict alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KERNELS = """
from math import exp

def outer(xs, ys):
    return [[x * y for y in ys] for x in xs]

def softmax(xs):
    exponentials = [exp(x) for x in xs]
    return [x / sum(exponentials) for x in exponentials]

def helper(x):
    return x
"""

TESTS = """
import kernels
from funcnn.laws.referee import check

test_ours = check(kernels, examples=20)
test_other = check("kernels.py", functions=["softmax"], known="known.txt", examples=20)
quietly = check("nothing.py")
"""

PLUGIN = ["-p", "no:funcnn", "-p", "funcnn.terminal.plugin", "-p", "no:cacheprovider"]
NAMED = ["--pyargs", "funcnn.laws", "--funcnn-implementation"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder: a package, a test file, and settings of their own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "mypkg").mkdir()
    for place in ("mypkg/kernels.py", "kernels.py"):
        (tmp_path / place).write_text(KERNELS)
    (tmp_path / "known.txt").write_text("softmax within* # until 2.0\ngelu # never\n")
    return tmp_path


def pytested(folder: Path, *words: str) -> tuple[int, str]:
    """The exit code of pytest in a folder, and what it prints."""
    here = os.pathsep.join(sys.path)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": here, "PYTEST_ADDOPTS": "", "COLUMNS": "80"},
        capture_output=True,
        text=True,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_a_check_in_a_test_file_is_a_test_for_each_function(folder: Path) -> None:
    (folder / "test_kernels.py").write_text(TESTS)
    code, told = pytested(folder, "-v", "-rx")
    assert code == 1 and "1 failed, 1 passed, 1 xfailed" in told
    assert "test_kernels.py::test_ours[outer] PASSED" in told
    assert "test_kernels.py::test_ours[softmax] FAILED" in told
    assert "XFAIL test_kernels.py::test_other[softmax] - until 2.0" in told
    assert "known.txt, line 2: 'gelu' matches nothing that is wrong" in told
    assert "WRONG  softmax: smallest input that shows it\n    >>> from kernels import" in told
    assert "assumed: float64 in, summed and out" in told
    assert "Traceback" not in told and "raise Against" not in told


def test_an_implementation_that_is_named_is_judged(folder: Path) -> None:
    options = ["--funcnn-examples", "20", "--funcnn-key", "7", "--funcnn-profile", "exp=1"]
    code, told = pytested(folder, *NAMED, "mypkg.kernels", *options)
    assert code == 1 and "1 failed, 1 passed" in told
    assert "FAILED mypkg.kernels::softmax - WRONG  softmax: smallest input" in told
    assert "funcnn: mypkg.kernels; assumed: float64 in, summed and out; exp within 1 ulp" in told
    assert "    >>> from mypkg.kernels import softmax\n" in told and "repeat with --key 7" in told


def test_an_implementation_whose_deviations_are_known_passes(folder: Path) -> None:
    options = ["--funcnn-known", "known.txt", "--funcnn-examples", "20"]
    code, told = pytested(folder, *NAMED, "mypkg.kernels", *options)
    assert code == 0 and "1 passed, 1 xfailed" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["mypkg.nothing"], "mypkg.nothing: ModuleNotFoundError"),
        (["mypkg.kernels", "--funcnn-profile", "float23"], "no word 'float23'"),
        (["mypkg.kernels", "--funcnn-known", "nothing.txt"], "nothing.txt"),
    ],
)
def test_what_cannot_be_judged_is_told_in_a_line(words: list[str], why: str, folder: Path) -> None:
    code, told = pytested(folder, *NAMED, *words)
    assert code == 4 and why in told and "Traceback" not in told


def test_where_no_implementation_is_named_nothing_is_judged(folder: Path) -> None:
    assert pytested(folder, "--pyargs", "funcnn.laws")[0] == 5
