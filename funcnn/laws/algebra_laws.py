"""Algebra: what holds between several results of one function, whatever its definition.

Each law is asked on integers with room to spare, where no order of a sum rounds: both sides of an
equation are then one number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import inf
from typing import Any, Final

from funcnn.algebra.bounds import NoInformation
from funcnn.algebra.folds import zip_with
from funcnn.algebra.grids import Inexact
from funcnn.algebra.trees import Tree, filled, leaves, tree_map
from funcnn.algebra.vectors import shape, transpose
from funcnn.laws.calls import Call
from funcnn.laws.declarations import Declaration
from funcnn.laws.draws import calls as drawn
from funcnn.laws.findings import Ask, Fails, Finding, Holds, Law, Silent, read
from funcnn.laws.signatures import kept
from funcnn.laws.subjects import Subject
from funcnn.laws.values import ROOMY, expected, integers

SUMMED: Final = ("dot", "matmul", "matvec", "linear")
BILINEAR: Final = (*SUMMED, "outer", "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d")
AVERAGES: Final = ("average_pool1d", "average_pool2d", "global_average_pool")
HOMOGENEOUS: Final = (
    *BILINEAR,
    *AVERAGES,
    *("dense", "relu", "leaky_relu", "absolute"),
    *("max_pool1d", "max_pool2d", "global_max_pool"),
)

SUMS: Final = ("k", "i")
"""The axes that are summed over."""

ROWS: Final = ("m", "o")
"""The axes of rows, of which each gives a row of the result."""

type Calls = Callable[[Subject, Declaration, int, int], Iterator[Call]]
"""Those of a law."""

type Answers = Callable[[Call], list[Any]]
"""The numbers that somebody returns; raises Unknown where there are none to compare."""

type Equation = Callable[[Answers, Call], tuple[Sequence[Any], Sequence[Any]]]
"""Both sides of what has to be equal."""


class Unknown(Exception):
    """One side of an equation is not known, and what the law finds therefore."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding


def equal(
    name: str,
    equation: Equation,
    subject: Subject,
    declaration: Declaration,
    ask: Ask,
    call: Call,
) -> Finding:
    """Whether both sides are equal.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.machines import machine
    >>> subject, call = Subject("dot", dot, ()), Call("dot", ([3.0, 1.0], [1.0, 1.0]))
    >>> twice = partial(equal, "f(2·x) = 2·f(x)", doubled)
    >>> twice(subject, Declaration(), machine(dot, Declaration()), call).entries
    1
    >>> wrong = machine(lambda xs, ys: dot(xs, ys) + 1, Declaration())
    >>> twice(subject, Declaration(), wrong, call).why
    'f(2·x) = 2·f(x): 9.0 on one side, 10.0 on the other'
    """

    def answers(asked: Call) -> list[Any]:
        try:
            form = expected(subject, declaration, asked)
        except (Inexact, NoInformation) as why:
            raise Unknown(Silent(f"{why}")) from None
        returned = read(ask(replace(asked, lengths=shape(form))), form, declaration)
        if not isinstance(returned, list):
            raise Unknown(returned)
        return returned

    try:
        left, right = equation(answers, call)
    except Unknown as unknown:
        return unknown.finding
    for one, other in zip(left, right, strict=True):
        if one != other:
            return Fails(f"{name}: {one} on one side, {other} on the other", inf)
    return Holds(entries=len(left), rounded=len(left))


def doubled(answers: Answers, call: Call) -> tuple[Sequence[Any], Sequence[Any]]:
    """f(2·x, w) = 2·f(x, w), if f is homogeneous in its first argument.

    >>> from funcnn.algebra.vectors import dot
    >>> doubled(lambda call: [dot(*call.arguments)], Call("dot", ([1.0, 2.0], [3.0, 4.0])))
    ([22.0], [22.0])
    """
    first, *others = call.arguments
    twice = replace(call, arguments=(tree_map(lambda x: 2 * x, first), *others))
    return answers(twice), [2 * number for number in answers(call)]


def added(answers: Answers, call: Call) -> tuple[Sequence[Any], Sequence[Any]]:
    """f(x + y, w) = f(x, w) + f(y, w), if f is linear in its first argument; y is x backwards.

    >>> from funcnn.algebra.vectors import dot
    >>> added(lambda call: [dot(*call.arguments)], Call("dot", ([1.0, 2.0], [3.0, 4.0])))
    ([21.0], [21.0])
    """
    first, *others = call.arguments
    numbers = [*leaves(first)]
    sums = zip_with(_plus, numbers, numbers[::-1])
    trees = [filled(first, values) for values in (numbers[::-1], sums)]
    other, both = (answers(replace(call, arguments=(tree, *others))) for tree in trees)
    return both, zip_with(_plus, answers(call), other)


def _plus(one: Any, other: Any) -> Any:
    return one + other


def backwards(answers: Answers, call: Call) -> tuple[Sequence[Any], Sequence[Any]]:
    """Σᵢ xᵢ·wᵢ is the same from the last term to the first.

    >>> call = Call("dot", ([1.0, 2.0], [3.0, 4.0]), {}, ("k", "k"), {"k": 2})
    >>> backwards(lambda call: [repr(call)], call)
    (['dot([2.0, 1.0], [4.0, 3.0])'], ['dot([1.0, 2.0], [3.0, 4.0])'])
    """
    axis = first_of(call, SUMS)
    return answers(at_places(call, axis, [*range(call.sizes[axis])][::-1])), answers(call)


def alone(answers: Answers, call: Call) -> tuple[Sequence[Any], Sequence[Any]]:
    """A row of a result is the one that its row of weights or inputs gives alone: the first, the
    middle one and the last.

    >>> from funcnn.algebra.vectors import matvec
    >>> call = Call("matvec", ([[1.0], [2.0]], [3.0]), {}, ("o i", "i"), {"o": 2, "i": 1})
    >>> alone(lambda call: matvec(*call.arguments), call)
    ([3.0, 6.0], [3.0, 6.0])
    """
    axis = first_of(call, ROWS)
    size, whole = call.sizes[axis], answers(call)
    width, places = len(whole) // size, {0, size // 2, size - 1}
    rows = [number for place in places for number in answers(at_places(call, axis, [place]))]
    return rows, [number for place in places for number in whole[width * place :][:width]]


def first_of(call: Call, axes: Sequence[str]) -> str:
    """The first of some axes that a call has.

    >>> first_of(Call("dot", (), sizes={"k": 2}), SUMS)
    'k'
    """
    return next(axis for axis in axes if axis in call.sizes)


def at_places(call: Call, axis: str, places: Sequence[int]) -> Call:
    """The call with these places of an axis alone, in this order.

    >>> at_places(Call("dot", ([1.0, 2.0], [3.0, 4.0]), {}, ("k", "k"), {"k": 2}), "k", [1])
    dot([2.0], [4.0])
    """
    arguments = kept(call.templates, call.arguments, axis, places, call.sizes[axis])
    return replace(call, arguments=arguments, sizes={**call.sizes, axis: len(places)})


def grouped(answers: Answers, call: Call) -> tuple[Sequence[Any], Sequence[Any]]:
    """(A·B)·Bᵀ = A·(B·Bᵀ).

    >>> from funcnn.algebra.vectors import matmul
    >>> grouped(lambda call: [*leaves(matmul(*call.arguments))], Call("matmul", ([[2.0]], [[3.0]])))
    ([18.0], [18.0])
    """
    left, right = call.arguments
    turned = transpose(right)

    def product(one: Tree, other: Tree) -> Any:
        form = [[0.0] * len(other[0])] * len(one)
        return filled(form, answers(replace(call, arguments=(one, other))))

    first = product(product(left, right), turned)
    return [*leaves(first)], [*leaves(product(left, product(right, turned)))]


def of(*names: str) -> Callable[[Subject, Declaration], bool]:
    """Whether a law is of a function: of these, if each number is to be right by itself, and is
    returned as it was computed.

    >>> from funcnn.algebra.vectors import dot
    >>> of("dot", "matmul")(Subject("dot", dot, ()), Declaration())
    True
    """

    def applies(subject: Subject, declared: Declaration) -> bool:
        is_cast = declared.outputs != declared.sums
        return subject.name in names and declared.grade == "componentwise" and not is_cast

    return applies


def some(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """A quarter as many calls: each asks the implementation several times.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.subjects import Variant
    >>> len([*some(Subject("dot", dot, (Variant(("k", "k")),), sums="k"), Declaration(), 0, 40)])
    11
    """
    return ROOMY.calls(subject, declaration, key, size // 4 + 1)


def few_bits(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """As many calls, of so small integers that products of three have room to spare.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.subjects import Variant
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),), sums="k")
    >>> len([*few_bits(subject, Declaration(), 0, 40)])
    11
    """
    numbers = integers(Fraction(1, 4), 2, subject, declaration)
    return drawn(subject, key, size // 4 + 1, lambda index, new: numbers(0, new))


def law(name: str, equation: Equation, functions: Sequence[str], calls: Calls = some) -> Law:
    """An equation of these functions, as a law.

    >>> law("f(2·x) = 2·f(x)", doubled, ["dot"]).name
    'f(2·x) = 2·f(x)'
    """
    return Law(name, of(*functions), calls, partial(equal, name, equation))


ALGEBRA: Final = (
    law("f(2·x) = 2·f(x)", doubled, HOMOGENEOUS),
    law("f(x + y) = f(x) + f(y)", added, (*BILINEAR, *AVERAGES)),
    law("a sum backwards is the same", backwards, (*SUMMED, "affine", "dense")),
    law("each row alone is the same", alone, ("matmul", "matvec", "linear", "affine", "dense")),
    law("(A·B)·Bᵀ = A·(B·Bᵀ)", grouped, ("matmul",), few_bits),
)
"""All of them."""
