"""Mutations: what a mutant is, and how one is made of a definition that is right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from funcnn.algebra.formats import Format
from funcnn.algebra.roundings import cast
from funcnn.algebra.scalars import lift
from funcnn.algebra.trees import Tree, leaves, tree_map
from funcnn.algebra.vectors import Vector
from funcnn.laws.declarations import Declaration, parse

type Definition = Callable[..., Any]
"""A function of numbers of any kind, in lists, and of settings."""

FLOAT32: Final = parse("float32")
FLOAT64: Final = parse("float64")

TF32: Final = Format("tf32", 11, -126, 127)
"""What the matrix units of graphics cards make of a float32."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong implementation of a function that looks right, and the law that must kill it.

    It returns results of the right form, over any number that the definition takes.

    >>> twice = Mutant("dot", "twice as much", lambda xs, ys: 2 * xs[0] * ys[0], "a law's name")
    >>> twice.wrong([3.0], [1.0])
    6.0
    """

    function: str
    name: str
    """The mistake, in words."""
    wrong: Definition
    law: str
    """The name of the law."""
    declaration: Declaration = FLOAT32
    """What it declares of its arithmetic, in which it is a mistake."""
    at_lengths: Callable[[int], bool] | None = None
    """At which lengths of a sum it is one, if that matters."""


def narrowed(tree: Tree, number_format: Format) -> Any:
    """Each number rounded to a format, and kept as what it is; ints are none.

    >>> narrowed(([1 / 3], 7), TF32)
    ([0.333251953125], 7)
    """

    def rounded(x: Any) -> Any:
        return x if isinstance(x, int) else lift(number_format.round(float(x)), x)

    return tree_map(rounded, tree)


def reading(number_format: Format, definition: Definition) -> Definition:
    """The definition, of numbers that are first rounded to a format.

    >>> from funcnn.algebra.vectors import dot
    >>> reading(TF32, dot)([1 / 3], [1.0])
    0.333251953125
    """

    def wrong(*arguments: Any, **settings: Any) -> Any:
        return definition(*narrowed(arguments, number_format), **settings)

    return wrong


def returning(number_format: Format, definition: Definition) -> Definition:
    """The definition, its result rounded to a format.

    >>> from funcnn.algebra.vectors import dot
    >>> returning(TF32, dot)([1 / 3], [1.0])
    0.333251953125
    """

    def wrong(*arguments: Any, **settings: Any) -> Any:
        return narrowed(definition(*arguments, **settings), number_format)

    return wrong


def computing(number_format: Format, definition: Definition) -> Definition:
    """The definition, all of it computed in a format.

    >>> from funcnn.algebra.vectors import dot
    >>> computing(TF32, dot)([2048.0, 1.0], [1.0, 1.0])
    2048.0
    """

    def wrong(*arguments: Any, **settings: Any) -> Any:
        like = next(leaf for leaf in leaves(arguments) if not isinstance(leaf, int))

        def inside(x: Any) -> Any:
            return x if isinstance(x, int) else cast(float(x), number_format)

        result = definition(*tree_map(inside, arguments), **settings)
        return tree_map(lambda y: y if isinstance(y, int) else lift(float(y), like), result)

    return wrong


def of_results(change: Callable[[Any], Any], definition: Definition) -> Definition:
    """The definition, each number of its result changed.

    >>> from funcnn.algebra.vectors import dot
    >>> of_results(abs, dot)([-2.0], [3.0])
    6.0
    """

    def wrong(*arguments: Any, **settings: Any) -> Any:
        return tree_map(change, definition(*arguments, **settings))

    return wrong


def setting(definition: Definition, **others: Any) -> Definition:
    """The definition, with other settings than those that are asked for.

    >>> from funcnn.blocks.activations import hardshrink
    >>> setting(hardshrink, threshold=2)(1.0, threshold=0)
    0.0
    """
    return lambda *arguments, **settings: definition(*arguments, **{**settings, **others})


def scaled(x: Any) -> Any:
    """A number 0.09 % too large, within the usual tolerances.

    >>> scaled(10000.0)
    10009.0
    """
    return x + x * 9 / 10000


def zero(x: Any) -> Any:
    """Zero, of the kind of a number.

    >>> zero(2.5)
    0.0
    """
    return lift(0, x)


def cut(numbers: Vector[Any], size: int) -> list[Any]:
    """The numbers, zero from a place on.

    >>> cut([1.0, 2.0, 3.0], 2)
    [1.0, 2.0, 0.0]
    """
    return [*numbers[:size], *map(zero, numbers[size:])]
