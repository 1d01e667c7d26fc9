"""Cases of blocks: a definition with random settings, and inputs and weights that it takes.

All numbers are floats that every kind of number holds: small multiples of 1/8. What is an int or a
bool is no number but an index, a mask or an edge.
"""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from funcnn import tree_map


class Case(NamedTuple):
    """What a definition takes."""

    definition: Callable[..., Any]
    settings: dict[str, Any]
    inputs: Any
    weights: Any = ()

    def run(self) -> Any:
        return self.definition(self.inputs, self.weights, **self.settings)


type Cases = dict[str, Callable[[Random], Case]]
"""By name, what draws a case."""


def tensor(draw: Random, *lengths: int, low: int = -16, high: int = 16) -> Any:
    """A nested list of multiples of 1/8."""
    if not lengths:
        return draw.randint(low, high) / 8
    return [tensor(draw, *lengths[1:], low=low, high=high) for _ in range(lengths[0])]


def over(number: Callable[[float], Any], case: Case) -> Case:
    """The case with each of its floats made another number."""

    def converted(leaf: Any) -> Any:
        return number(leaf) if isinstance(leaf, float) else leaf

    inputs, weights = tree_map(converted, (case.inputs, case.weights))
    return case._replace(inputs=inputs, weights=weights)
