"""PyTorch's operators, modules and gradients in float64, held to the bounds of our definitions.

PyTorch runs as a program beside the tests, in an interpreter that has a small wheel of it.
"""

import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib.util import find_spec
from itertools import islice
from math import ulp
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen
from typing import Any, Final

import pytest

from block_cases import Case, over
from cases import CASES
#from conventions import layer_norm_pullback
from funcnn import Network, bound, layer, layer_norm, leaves, tree_map, vjp
from onnx_operators import admits, admitted
from torch_calls import CALLS, Call, tensor
from torch_modules import MODULES

COUNT: Final = 50
PROGRAM: Final = str(Path(__file__).with_name("torch_program.py"))
BESIDE: Final = "uv run --no-project --python 3.11 --with torch==2.13.0 --with numpy python".split()

type Torch = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def torch() -> Iterator[Torch]:
    """What PyTorch makes of a call."""
    command = [sys.executable] if find_spec("torch") else BESIDE
    with Popen([*command, PROGRAM], stdin=PIPE, stdout=PIPE, text=True) as program:
        words, answers = program.stdin, program.stdout
        assert words and answers

        def results(call: Call, **more: Any) -> dict[str, Any]:
            words.write(json.dumps(call._replace(read=None)._asdict() | more) + "\n")
            words.flush()
            found: dict[str, Any] = json.loads(answers.readline())
            assert "error" not in found, (call, found)
            return found

        yield results
        words.close()


def drawn(name: str) -> list[tuple[Case, Call]]:
    """Cases that PyTorch takes."""
    pairs = (CALLS[name](CASES[name](Random(seed))) for seed in range(20 * COUNT))
    found = [*islice((pair for pair in pairs if pair), COUNT)]
    assert len(found) == COUNT
    return found


@pytest.mark.parametrize("name", CALLS)
def test_an_operator_lies_within_the_bounds(torch: Torch, name: str) -> None:
    for case, call in drawn(name):
        results = torch(call)
        expected = call.read(results["state" if call.parameters else "outputs"])
        assert admitted(case, expected), (case, expected)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_lies_within_the_bounds(torch: Torch, name: str) -> None:
    for seed in range(COUNT):
        case, call = MODULES[name](Random(seed))
        assert admitted(case, call.read(torch(call)["outputs"])), seed


def test_a_root_is_less_than_an_ulp_off(torch: Torch) -> None:
    """The wheel's Math Kernel Library rounds some to the second nearest float, √2 for one."""
    numbers = [n / 8 for n in range(1, 1001)]
    for x, root in zip(numbers, torch(Call("sqrt", [tensor(numbers)]))["outputs"], strict=True):
        assert (Fraction(root) - Fraction(ulp(root))) ** 2 < x
        assert (Fraction(root) + Fraction(ulp(root))) ** 2 > x
