"""The checks that are programs: types, the stubs of toolz, and the order of the rooms."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]


def run(*module: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MYPYPATH": str(ROOT / "typestubs")}
    return subprocess.run(
        [sys.executable, "-m", *module], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def test_every_type_is_right() -> None:
    result = run("mypy")
    assert result.returncode == 0, result.stdout


def test_the_stubs_of_toolz_say_what_toolz_is() -> None:
    result = run("mypy.stubtest", "toolz", "--ignore-missing-stub", "--ignore-positional-only")
    assert result.returncode == 0, result.stdout


def test_a_room_imports_only_rooms_below_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def test_nothing_is_silenced() -> None:
    silencers = ["type: " + "ignore", "no" + "qa", "pragma: no " + "cover"]
    sources = [
        path for room in ("funcnn", "tests", "typestubs") for path in (ROOT / room).rglob("*.py*")
    ]
    silenced = [
        path
        for path in sources
        if path.suffix in (".py", ".pyi")
        and any(word in path.read_text("utf-8") for word in silencers)
    ]
    assert sources and not silenced
