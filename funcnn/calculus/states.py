"""States: what training carries from one step to the next."""

from typing import Any, NamedTuple

from funcnn.algebra.trees import Tree


class State(NamedTuple):
    """Weights, and how they came about.

    `memory` is what the optimizer keeps: `()` before its first step, and then a tuple of trees, of
    the weights' form each, or of numbers. `loss` is the mean loss of the last batch, before its
    step.

    >>> State([[1.0]])
    State(weights=[[1.0]], step=0, memory=(), loss=None)
    """

    weights: Tree
    step: int = 0
    memory: Any = ()
    loss: Any = None
