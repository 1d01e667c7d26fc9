"""Batches of cases: what a kernel makes of them, beside what its definition makes of each."""

from collections.abc import Callable
from functools import partial
from operator import mul
from typing import Any

from block_cases import Case, over
from funcnn import bound, leaves
from representations import outcome, same

type Kernel = Callable[..., Any]


def batch(case: Case) -> list[Case]:
    """The case, with its inputs multiplied, so that floats are rounded."""
    inputs = [over(partial(mul, by), case).inputs for by in (1, -0.3, 1.7)]
    return [case._replace(inputs=x) for x in inputs]


def kernel_outputs(kernel: Kernel, cases: list[Case]) -> Any:
    """What a kernel makes of cases that differ in their inputs."""
    first = cases[0]
    return kernel([case.inputs for case in cases], first.weights, **first.settings)


def is_the_map(kernel: Kernel, cases: list[Case]) -> bool:
    """Whether a kernel gives what the definition gives of each, in the types of its numbers too, or
    the same error."""
    expected = outcome(lambda: [case.run() for case in cases])
    actual = outcome(kernel_outputs, kernel, cases)
    if isinstance(expected, tuple) or isinstance(actual, tuple):
        return bool(actual == expected)
    return same(actual, expected)


def is_within_the_bounds(kernel: Kernel, cases: list[Case]) -> bool:
    """Whether a kernel gives, of floats, floats that the definition's bounds admit."""
    outputs = [*leaves(kernel_outputs(kernel, cases))]
    limits = [*leaves([over(bound, case).run() for case in cases])]
    return {*map(type, outputs)} <= {float} and all(
        limit.admits(y) for limit, y in zip(limits, outputs, strict=True)
    )
