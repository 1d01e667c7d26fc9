"""What `import funcnn` brings along, and what its rooms answer to."""

import subprocess
import sys
from functools import cache
from importlib import import_module

import pytest

import funcnn

EXTRAS = ("hypothesis", "matplotlib", "numpy", "pytest", "rich")


@cache
def modules_after(statement: str) -> frozenset[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    words = [sys.executable, "-c", script]
    printed = subprocess.run(words, capture_output=True, check=True, text=True).stdout
    return frozenset(printed.split())


def test_importing_the_library_imports_no_extra_and_nothing_for_the_terminal() -> None:
    assert modules_after("import funcnn").isdisjoint({*EXTRAS, "funcnn.terminal"})


def test_importing_the_library_leaves_the_other_rooms_until_they_are_used() -> None:
    rooms = {f"funcnn.{room}" for room in ("calculus", *funcnn.ROOMS)}
    assert modules_after("import funcnn").isdisjoint(rooms)
    assert modules_after("import funcnn; funcnn.fast") >= {"funcnn.fast"}
    assert modules_after("from funcnn import vjp") >= {"funcnn.calculus"}


@pytest.mark.parametrize("room", funcnn.ROOMS)
def test_a_room_is_a_name_of_the_library(room: str) -> None:
    assert getattr(funcnn, room) is import_module(f"funcnn.{room}")


def test_a_misspelt_room_is_named_in_the_error() -> None:
    with pytest.raises(AttributeError, match="^funcnn has no name 'fasst'$"):
        getattr(funcnn, "fasst")
