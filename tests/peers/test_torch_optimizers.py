"""PyTorch's optimizers in float64: after each of ten steps, our weights but for rounding."""

import json
import sys
from importlib.util import find_spec
from itertools import batched
from pathlib import Path
from random import Random
from subprocess import run
from typing import Any, Final

import pytest
from test_torch import BESIDE

from funcnn import matmul, matvec, transpose
from funcnn.calculus.optimizers import Adam, Momentum, Sgd
from funcnn.calculus.quasi_newton import Lbfgs
from funcnn.calculus.states import State
from funcnn.calculus.training import STEPS
from strategies import roundings

PROGRAM: Final = str(Path(__file__).with_name("torch_optimizers.py"))
STEP_COUNT: Final = 10
ROUNDINGS: Final = 60
"""In a step, at most, of both sides: 14 for the gradient, and twice so many for lbfgs' products."""

OPTIMIZERS: Final[list[tuple[str, dict[str, Any], Any]]] = [
    ("SGD", {"lr": 0.1}, Sgd(0.1)),
    ("SGD", {"lr": 0.1, "momentum": 0.9}, Momentum(0.1)),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, Momentum(0.1, nesterov=True)),
    ("Adam", {"lr": 0.1}, Adam(0.1)),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.2}, Adam(0.1, weight_decay=0.2)),
    ("LBFGS", {"lr": 0.5, "max_iter": 1, "history_size": 3}, Lbfgs(0.5, 3)),
]


def problem(draw: Random) -> dict[str, Any]:
    """½·w·A·w − b·w, A = RᵀR/8 + I, and where to begin."""
    root = [[draw.randint(-8, 8) / 8 for _ in range(4)] for _ in range(4)]
    square = matmul(transpose(root), root)
    matrix = [[entry / 8 + (i == j) for j, entry in enumerate(row)] for i, row in enumerate(square)]
    target, weights = ([draw.randint(-8, 8) / 8 for _ in range(4)] for _ in range(2))
    return {"matrix": matrix, "target": target, "weights": weights, "steps": STEP_COUNT}


PROBLEMS: Final = [problem(Random(seed)) for seed in range(8)]


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Any]]:
    """PyTorch's weights after each step, of each problem, by optimizer."""
    command = [sys.executable] if find_spec("torch") else BESIDE
    cases = [
        json.dumps(case | {"optimizer": name, "settings": settings})
        for name, settings, _ in OPTIMIZERS
        for case in PROBLEMS
    ]
    words = "\n".join(cases)
    printed = run([*command, PROGRAM], input=words, capture_output=True, check=True, text=True)
    found = batched(map(json.loads, printed.stdout.splitlines()), len(PROBLEMS))
    return {repr(hyper): [*of_all] for (*_, hyper), of_all in zip(OPTIMIZERS, found, strict=True)}


@pytest.mark.parametrize("hyper", [hyper for *_, hyper in OPTIMIZERS], ids=repr)
def test_ten_steps_are_pytorch_s(answers: dict[str, list[Any]], hyper: Any) -> None:
    """Where all curvatures are about 1, no step enlarges what roundings before it did."""
    slack = roundings(STEP_COUNT * ROUNDINGS)
    for case, steps in zip(PROBLEMS, answers[repr(hyper)], strict=True):
        state = State(case["weights"])
        for theirs in steps:
            images = matvec(case["matrix"], state.weights)
            slope = [y - b for y, b in zip(images, case["target"], strict=True)]
            state = STEPS[type(hyper)](hyper, state, slope)
            errors = [abs(w - t) for w, t in zip(state.weights, theirs, strict=True)]
            assert max(errors) <= slack * max(1.0, *map(abs, theirs))
