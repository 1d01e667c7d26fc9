"""Signatures: which axes the arguments of a function share.

A template names the axes of one tensor, as "m k" and "k n" of a product of matrices; a tuple of
templates stands for several tensors in one argument. "2c" is twice as long as "c". Words behind the
axes say that the numbers are none of just any size: "n < v" are ints from 0 to below the length of
v, "q k ?" truth values, "c > 0" positive numbers, "n = 1" shares that add up to 1.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import prod
from typing import Any, Final, NamedTuple

from funcnn.algebra.trees import Tree
from funcnn.laws.calls import Template

SIGNS: Final = ("<", "?", ">", "=")


class Axis(NamedTuple):
    """A name, and how many times its length."""

    name: str
    times: int = 1


class Tensor(NamedTuple):
    """A template that was read: its axes, the sign behind them, and what follows it."""

    axes: tuple[Axis, ...]
    sign: str = ""
    limit: str = ""

    def lengths(self, sizes: Mapping[str, int]) -> list[int]:
        """How long each axis is.

        >>> tensor("2c x").lengths({"c": 3, "x": 5})
        [6, 5]
        """
        return [axis.times * sizes[axis.name] for axis in self.axes]

    def count(self, sizes: Mapping[str, int]) -> int:
        """How many numbers there are.

        >>> tensor("2c x").count({"c": 3, "x": 5})
        30
        """
        return prod(self.lengths(sizes))

    def among(self, names: Collection[str]) -> bool:
        """Whether one of the axes has one of these names.

        >>> tensor("o i").among(["i"]), tensor("o").among(["i"])
        (True, False)
        """
        return any(axis.name in names for axis in self.axes)


def tensor(template: str) -> Tensor:
    """A template, read.

    >>> tensor("n < v")
    Tensor(axes=(Axis(name='n', times=1),), sign='<', limit='v')
    >>> tensor("2c").axes, tensor("").axes
    ((Axis(name='c', times=2),), ())
    """
    words = template.split()
    end = next((place for place, word in enumerate(words) if word in SIGNS), len(words))
    axes = tuple(Axis(word.lstrip("0123456789"), _times(word)) for word in words[:end])
    return Tensor(axes, *words[end:])


def _times(word: str) -> int:
    name = word.lstrip("0123456789")
    return int(word[: -len(name)] or 1)


def tensors(templates: Template) -> list[str]:
    """The templates of single tensors in one of several, in order.

    >>> tensors(("i", ("o i", "o")))
    ['i', 'o i', 'o']
    """
    if isinstance(templates, str):
        return [templates]
    return [template for part in templates for template in tensors(part)]


def names(templates: Template) -> list[str]:
    """The axes, in the order in which they are first named.

    >>> names(("m k", "k n")), names(("n < v", "v w"))
    (['m', 'k', 'n'], ['n', 'v', 'w'])
    """
    found = [tensor(template) for template in tensors(templates)]
    return [*dict.fromkeys(axis.name for one in found for axis in one.axes)]


def arranged(templates: Template, numbers: Callable[[str], Iterable[Any]], sizes: Any) -> Any:
    """Arguments of these templates, of the numbers that each tensor's template is given.

    >>> arranged(("k", ("k n", "")), lambda template: range(6), {"k": 2, "n": 3})
    ([0, 1], ([[0, 1, 2], [3, 4, 5]], 0))
    """
    if isinstance(templates, tuple):
        return tuple(arranged(part, numbers, sizes) for part in templates)
    return nested(iter(numbers(templates)), tensor(templates).lengths(sizes))


def nested(numbers: Any, lengths: list[int]) -> Any:
    """The next numbers, in lists of these lengths.

    >>> nested(iter(range(6)), [2, 3])
    [[0, 1, 2], [3, 4, 5]]
    """
    if not lengths:
        return next(numbers)
    return [nested(numbers, lengths[1:]) for _ in range(lengths[0])]


def kept(templates: Template, tree: Tree, axis: str, places: Sequence[int], size: int) -> Tree:
    """The arguments with these places of an axis alone, in this order, of as many as its size.

    >>> kept(("m k", "k n"), ([[1, 2], [3, 4]], [[5], [6]]), "k", [1, 0], 2)
    ([[2, 1], [4, 3]], [[6], [5]])
    >>> kept("2c", [1, 2, 3, 4], "c", [0], 2)
    [1, 3]
    """
    if isinstance(templates, tuple):
        parts = zip(templates, tree, strict=True)
        return tuple(kept(part, branch, axis, places, size) for part, branch in parts)

    def chosen(branch: Tree, axes: tuple[Axis, ...]) -> Tree:
        if not axes:
            return branch
        (name, times), *rest = axes
        if name == axis:
            starts = range(0, size * times, size)
            branch = [branch[start + place] for start in starts for place in places]
        return [chosen(item, tuple(rest)) for item in branch]

    return chosen(tree, tensor(templates).axes)


def at_tensors(templates: Template, tree: Tree, function: Callable[[str, Any], Any]) -> Any:
    """What a function makes of each tensor and its template.

    >>> at_tensors(("k", ("k", "n")), ([1], ([2], [3])), lambda template, part: template)
    ('k', ('k', 'n'))
    """
    if isinstance(templates, str):
        return function(templates, tree)
    parts = zip(templates, tree, strict=True)
    return tuple(at_tensors(part, branch, function) for part, branch in parts)
