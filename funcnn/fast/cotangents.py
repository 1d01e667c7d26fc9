"""Cotangents: what the pullback of a batch gives."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Cotangents(NamedTuple):
    """A batch's cotangents. Those of the inputs are a function, since the first layer's are never
    asked for; those of the weights are summed."""

    inputs: Callable[[], list[Any]]
    weights: Any


type BatchPullback = Callable[[list[Any]], Cotangents]

type BatchRule = Callable[..., tuple[list[Any], BatchPullback]]
"""From a batch of inputs, and the weights, to the outputs of each and the pullback of all."""
