"""Trees: nested sequences taken as one value, as weights and gradients are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from funcnn.algebra.folds import zipped
from funcnn.algebra.scalars import lift

type Tree = Any
"""A leaf, or a sequence of trees (a list, a tuple, a NamedTuple …), too mixed for mypy."""


def is_leaf(tree: Tree) -> bool:
    """Whether a value is no sequence; a text is none.

    >>> is_leaf(1.0), is_leaf("1.0"), is_leaf([1.0]), is_leaf(())
    (True, True, False, False)
    """
    if isinstance(tree, (int, float, str, bytes)):
        return True
    return not isinstance(tree, (list, tuple, Sequence))


def rebuilt(tree: Tree, branches: list[Tree]) -> Tree:
    """A node with other branches: a tuple for a tuple, of its own kind; a list for all else.

    >>> rebuilt((1, 2), [3, 4]), rebuilt(range(2), [3, 4])
    ((3, 4), [3, 4])
    """
    if isinstance(tree, tuple):
        return tree._make(branches) if hasattr(tree, "_make") else tuple(branches)
    return branches


def tree_map(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """The tree with the function applied to each leaf.

    Haskell
        fmap         (over a rose tree)
    Laws
        tree_map(identity, t) == t
        tree_map(f, tree_map(g, t)) == tree_map(f ∘ g, t)

    >>> tree_map(abs, [[-1.0], (2.0, -3.0), ()])
    [[1.0], (2.0, 3.0), ()]
    """
    if is_leaf(tree):
        return function(tree)
    return rebuilt(tree, [tree_map(function, branch) for branch in tree])


def tree_zip_with(function: Callable[[Any, Any], Any], tree: Tree, other: Tree) -> Tree:
    """The tree of the function's results on each pair of leaves.

    Haskell
        zipWith      (over two rose trees of one form)
    Errors
        ValueError   the trees differ in form

    >>> tree_zip_with(max, [1, (5, 2)], [4, (3, 9)])
    [4, (5, 9)]
    >>> tree_zip_with(max, [1, 2], [[1], 2])
    Traceback (most recent call last):
    ValueError: the trees differ in form: int beside list
    """
    if is_leaf(tree) and is_leaf(other):
        return function(tree, other)
    if is_leaf(tree) or is_leaf(other):
        kinds = f"{type(tree).__name__} beside {type(other).__name__}"
        raise ValueError(f"the trees differ in form: {kinds}")
    if len(tree) != len(other):
        raise ValueError(f"the trees differ in form: {len(tree)} branches beside {len(other)}")
    pairs = zipped(tree, other)
    return rebuilt(tree, [tree_zip_with(function, one, two) for one, two in pairs])


def zeros_like(tree: Tree) -> Tree:
    """The tree with a zero, of its own kind of number, for each leaf.

    >>> zeros_like([1.0, (2,)])
    [0.0, (0,)]
    """
    return tree_map(lambda number: lift(0, number), tree)


def filled(tree: Tree, values: Iterable[Any]) -> Tree:
    """A tree of this form, with these values at its leaves, from the left.

    Errors
        ValueError   the values are fewer than the leaves
    Laws
        filled(t, leaves(t)) == t

    >>> filled([0, (0, [0]), ()], [1, 2, 3])
    [1, (2, [3]), ()]
    >>> filled([0, 0], [1])
    Traceback (most recent call last):
    ValueError: the values are fewer than the leaves
    """
    rest = iter(values)

    def taken(_: Any) -> Any:
        for value in rest:
            return value
        raise ValueError("the values are fewer than the leaves")

    return tree_map(taken, tree)


def leaves(tree: Tree) -> Iterator[Any]:
    """The leaves of a tree, from the left.

    Haskell
        toList       (of a rose tree)

    >>> list(leaves([[1.0], (2.0, [3.0]), ()]))
    [1.0, 2.0, 3.0]
    """
    if is_leaf(tree):
        yield tree
    else:
        for branch in tree:
            yield from leaves(branch)
