"""PyTorch's operators, modules and gradients in float64, held to the bounds of our definitions.

PyTorch runs as a program beside the tests, in an interpreter of its own unless this one has it.
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
from conventions import layer_norm_cotangents
from torch_calls import CALLS, Call, tensor
from torch_modules import MODULES

from block_cases import Case, over
from cases import CASES
from funcnn import Elementwise, bound, layer, leaves, tree_map, vjp
from funcnn.algebra.bounds import Bound
from funcnn.blocks.combinators import Scan, Serial
from onnx_operators import admits, admitted

COUNT: Final = 50
FEW: Final = 12
PROGRAM: Final = str(Path(__file__).with_name("torch_program.py"))
BESIDE: Final = "uv run --no-project --python 3.11 --with torch==2.13.0 --with numpy python".split()

NO_GRADIENT: Final = [
    *("batch_norm", "running_statistics", "layer_norm", "MultiheadAttention"),
    *(name for name in CALLS if name.split(",")[0].endswith("_step")),
]
"""What was seen in training has none in PyTorch. Layer norm's is in another order, the memory's of
attention in two parts; and cells are held to those of modules."""

type Torch = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def torch() -> Iterator[Torch]:
    """What PyTorch makes of a call."""
    command = [sys.executable] if find_spec("torch") else BESIDE
    with Popen([*command, PROGRAM], stdin=PIPE, stdout=PIPE, text=True) as program:
        words, answers = program.stdin, program.stdout
        assert words and answers

        def results(call: Call, **more: Any) -> dict[str, Any]:
            words.write(json.dumps(call._asdict() | {"read": None} | more) + "\n")
            words.flush()
            found: dict[str, Any] = json.loads(answers.readline())
            assert "error" not in found, (call, found)
            return found

        yield results
        words.close()


def drawn(name: str, count: int) -> list[tuple[Case, Call]]:
    """Cases that PyTorch takes."""
    pairs = (CALLS[name](CASES[name](Random(seed))) for seed in range(20 * count))
    found = [*islice((pair for pair in pairs if pair), count)]
    assert len(found) == count
    return found


@pytest.mark.parametrize("name", CALLS)
def test_an_operator_lies_within_the_bounds(torch: Torch, name: str) -> None:
    for case, call in drawn(name, COUNT):
        results = torch(call)
        expected = call.read(results["state" if call.parameters else "outputs"])
        assert admitted(case, expected), (case, expected)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_lies_within_the_bounds(torch: Torch, name: str) -> None:
    for seed in range(COUNT):
        case, call_of = MODULES[name](Random(seed))
        call = call_of(case.inputs, case.weights)
        assert admitted(case, call.read(torch(call)["outputs"])), seed


def test_a_root_is_less_than_an_ulp_off(torch: Torch) -> None:
    """The wheel's Math Kernel Library rounds some to the second nearest float, √2 for one."""
    numbers = [n / 8 for n in range(1, 1001)]
    for x, root in zip(numbers, torch(Call("sqrt", [tensor(numbers)]))["outputs"], strict=True):
        assert (Fraction(root) - Fraction(ulp(root))) ** 2 < x
        assert (Fraction(root) + Fraction(ulp(root))) ** 2 > x


def cotangents(case: Case, y_bar: Any) -> Any:
    """Those of the inputs and of the weights, on bounds."""
    network, bounds = case.definition, over(bound, case)
    if not isinstance(network, Elementwise | Scan | Serial):
        network = layer(network, **case.settings)
    return vjp(network, bounds.inputs, bounds.weights)[1](tree_map(bound, y_bar))


def random_bars(draw: Random, outputs: Any) -> Any:
    return tree_map(lambda _: draw.randint(-16, 16) / 8, outputs)


@pytest.mark.parametrize("name", [name for name in CALLS if name not in NO_GRADIENT])
def test_a_gradient_lies_within_the_bounds(torch: Torch, name: str) -> None:
    for seed, (case, call) in enumerate(drawn(name, FEW)):
        bars = random_bars(Random(seed), torch(call)["outputs"])
        found = torch(call, cotangents=[*leaves(bars)])["gradients"]
        given = leaves((case.inputs, case.weights))
        pairs = zip(leaves(cotangents(case, call.read(bars))), given, strict=True)
        bounds = [one for one, x in pairs if isinstance(x, float)]
        assert admits(bounds, [*leaves(found)]), (case, bars)


@pytest.mark.parametrize("name", [name for name in MODULES if name not in NO_GRADIENT])
def test_a_gradient_of_a_module_lies_within_the_bounds(torch: Torch, name: str) -> None:
    for seed in range(FEW):
        case, call_of = MODULES[name](Random(seed))
        call = call_of(case.inputs, case.weights)
        bars = random_bars(Random(seed), torch(call)["outputs"])
        found = torch(call, cotangents=[*leaves(bars)])["gradients"]
        ours = call_of(*cotangents(case, call.read(bars)))
        assert admits([*numbers_of(ours)], [*leaves(found)]), seed


def test_a_gradient_of_a_layer_norm_lies_within_the_bounds_of_its_order(torch: Torch) -> None:
    for seed, (case, call) in enumerate(drawn("layer_norm", FEW)):
        bars = random_bars(Random(seed), case.inputs)
        found = torch(call, cotangents=[*leaves(bars)])["gradients"]
        numbers = [[*map(bound, leaves(part))] for part in (case.inputs, case.weights.scale, bars)]
        ours = *layer_norm_cotangents(*numbers, **case.settings), numbers[-1]
        assert admits(ours, [[*leaves(part)] for part in found]), (case, bars)


def numbers_of(value: Any) -> Iterator[Any]:
    """The bounds among a call's tensors, in order."""
    match value:
        case Bound():
            yield value
        case Call():
            yield from numbers_of([value.arguments, value.parameters])
        case dict():
            yield from numbers_of([*value.values()])
        case list() | tuple():
            for part in value:
                yield from numbers_of(part)
        case _:
            pass
