"""Findings: what a law says of one call, and laws as values."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from funcnn.algebra.scalars import shown
from funcnn.algebra.trees import Tree, is_leaf, leaves, tree_map
from funcnn.laws.calls import Answer, Broken, Call, Refused, Returned
from funcnn.laws.declarations import Declaration, Grade, named
from funcnn.laws.subjects import Subject

type Ask = Callable[[Call], Answer]
"""Somebody's functions."""


@dataclass(frozen=True, slots=True)
class Holds:
    """The law holds, by this much."""

    share: float = 0.0
    """The error ÷ its bound, at its worst."""
    ulps: float = 0.0
    entries: int = 0
    rounded: int = 0
    """How many entries are the exact value, correctly rounded."""
    grade: Grade = "componentwise"


@dataclass(frozen=True, slots=True)
class Fails:
    """The law does not hold."""

    why: str
    share: float | None = None
    place: int | None = None
    """Which of the result's numbers is wrong, counted from the left."""


@dataclass(frozen=True, slots=True)
class Silent:
    """The law says nothing of this call, and why."""

    why: str


type Finding = Holds | Fails | Silent


class Law(NamedTuple):
    """A law: of which functions, on which calls, and what it finds of somebody's answer to one."""

    name: str
    applies: Callable[[Subject, Declaration], bool]
    calls: Callable[[Subject, Declaration, int, int], Iterator[Call]]
    """Of a subject, a declaration, a key and a number of calls."""
    finding: Callable[[Subject, Declaration, Ask, Call], Finding]


def read(answer: Answer, expected: Tree, declaration: Declaration) -> list[Any] | Fails | Silent:
    """The numbers of an answer, if it has the form that is expected, and numbers as declared.

    An implementation that raises NotImplementedError does not have what is asked: no law judges
    that.

    >>> read(Returned([1.0, 2.0]), (1, 2), Declaration()), read(Returned([]), [1], Declaration())
    ([1.0, 2.0], Fails(why='the form 0 for 1', share=None, place=None))
    """
    match answer:
        case Refused("NotImplementedError", message):
            return Silent(f"not implemented: {message}")
        case Refused(kind, _):
            return Fails(f"raises {kind}")
        case Broken(why):
            return Fails(why)
        case Returned(value, kind, changed):
            if changed:
                return Fails("changes its arguments")
            if not fits(value, expected):
                return Fails(f"the form {outline(value)} for {outline(expected)}")
            return strange(kind, leaves(value), declaration) or [*leaves(value)]


def strange(kind: str, numbers: Iterable[Any], declaration: Declaration) -> Fails | None:
    """What is wrong with the kind of the numbers, if anything is.

    >>> strange("float64", [0.5], Declaration()), strange("Decimal", [0.5], Declaration())
    (None, Fails(why='numbers of Decimal for float64', share=None, place=None))
    """
    outputs = declaration.outputs
    own = named(outputs)
    if kind not in ("float", "int", own):
        return Fails(f"numbers of {kind} for {own}")
    for place, number in enumerate(numbers):
        is_large = isinstance(number, int) and abs(number) > outputs.largest
        if is_large or (isinstance(number, float) and number not in outputs):
            return Fails(f"{shown(number)}, which is no {own}", place=place)
    return None


def fits(value: Tree, expected: Tree) -> bool:
    """Whether two trees have the same form, in lists or tuples.

    >>> fits([(1, 2)], ([0, 0],)), fits([1], [[1]])
    (True, False)
    """
    if is_leaf(value) or is_leaf(expected):
        return is_leaf(value) and is_leaf(expected)
    return len(value) == len(expected) and all(map(fits, value, expected))


def outline(value: Tree) -> str:
    """The form of a tree, told.

    >>> outline([[1, 2], [3, 4]]), outline(5), outline(([1, 2], 3)), outline([[1], [2, 3]])
    ('2 × 2', 'one number', '(2, one number)', '(1, 2)')
    """
    if is_leaf(value):
        return "one number"
    parts = [outline(part) for part in value]
    if not parts or {*parts} == {"one number"}:
        return f"{len(parts)}"
    same = not isinstance(value, tuple) and len({*parts}) == 1 and "(" not in parts[0]
    return f"{len(parts)} × {parts[0]}" if same else f"({', '.join(parts)})"


def over(number: Callable[[float], Any], arguments: Any) -> Any:
    """The arguments with each float made another number; ints and truth values are none.

    >>> over(Fraction, ([0.5], 3, True))
    ([Fraction(1, 2)], 3, True)
    """
    return tree_map(lambda leaf: number(leaf) if isinstance(leaf, float) else leaf, arguments)


def exactly(definition: Callable[..., Any], call: Call) -> list[Any] | None:
    """The numbers of the result as fractions, if the definition has any.

    >>> from funcnn.algebra.vectors import dot
    >>> exactly(dot, Call("dot", ([0.5, 1.0], [1.0, 0.25])))
    [Fraction(3, 4)]
    """
    try:
        return [*leaves(definition(*over(Fraction, call.arguments), **call.settings))]
    except (TypeError, ArithmeticError):
        return None
