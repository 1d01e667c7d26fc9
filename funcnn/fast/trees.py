"""Trees of floats: what is done to nested lists, a list of floats at a time."""

from collections.abc import Callable
from typing import Any

from funcnn.algebra.trees import Tree


def at_float_lists(
    kernel: Callable[..., list[Any]], definition: Callable[..., Tree], *trees: Tree
) -> Tree:
    """A kernel's results on the lists of floats in trees of one form; on all else, a definition's.

    >>> at_float_lists(lambda xs: [x + 1 for x in xs], repr, [[1.0, 2.0], (3.0,), [4, 5.0]])
    [[2.0, 3.0], '(3.0,)', '[4, 5.0]']
    """
    if {*map(type, trees)} == {list}:
        kinds = {type(branch) for tree in trees for branch in tree}
        if kinds == {float}:
            return kernel(*trees)
        if list in kinds:
            branches = zip(*trees, strict=True)
            return [at_float_lists(kernel, definition, *branch) for branch in branches]
    return definition(*trees)
