"""Frozen: cases that other languages judge by, the same bytes on every machine.

A case is a call, and for each number of its result the least and the largest one that is right: so
a loop that compares needs no Python, and rounds nothing. contract/README.md, which goes with the
cases, is for those who write such loops.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice, takewhile
from math import prod
from typing import Any, Final, NamedTuple

from funcnn.algebra.bounds import Bound, NoInformation
from funcnn.algebra.dyadics import fraction
from funcnn.algebra.formats import Format, binary64
from funcnn.algebra.grids import Inexact
from funcnn.algebra.trees import Tree, leaves
from funcnn.algebra.vectors import shape
from funcnn.laws.calls import Call
from funcnn.laws.declarations import Declaration, Grade
from funcnn.laws.findings import Law, exactly
from funcnn.laws.subjects import Algorithm, Subject
from funcnn.laws.values import AT_LENGTHS, EXACT, ROOMY, VALUES, WITHIN, expected, radii, run

VERSION: Final = 1
"""Of the cases and their form: raised whenever a byte of them changes."""

MARK: Final = f"funcnn cases, version {VERSION}"
"""What the first line of each file says."""

KEY: Final = 0
EXAMPLES: Final = 13

LONGEST: Final = 257
"""The longest sum that is asked at every length."""

MIXED: Final = "numbers of several kinds"

STYLES: Final[Mapping[str, str]] = {
    "normal": "ordinary numbers: what is further off than rounding leads",
    "positive": "no sum cancels: a term that is left out or narrowed",
    "cancelling": "most of a sum cancels: inputs that are narrowed, and products",
    "graded": "each number twice the last, or half: small terms beside large ones",
    "wide": "any exponents: what overflows or vanishes on the way",
    "tiny": "subnormal numbers: flushed to zero, undeclared",
    "small": "products are subnormal: flushed to zero, undeclared",
    "large": "products near the largest number: sums that overflow on the way",
    "tied": "many numbers are equal: which of them counts",
    "spread": "up to 1,000: an exponential that overflows though its quotient does not",
    "logarithms": "numbers whose exponentials the format holds: an exp that ends too early",
    "shifted": "near one large number: exponentials that overflow, and differences of squares",
    "zeros": "half are zero, of either sign: a division by one",
}
"""What the numbers of each style are, and the mistake that they show."""


class Right(NamedTuple):
    """One tensor of a result: the lengths of its axes, and columns of its numbers.

    What is right is from low to high. `exact` is None where a value may be irrational; `nearest` is
    it, rounded; `bound` is how far from the exact value what is right may be. Of fast algorithms,
    as Strassen's, what is right only as a whole is from `normwise_low` to `normwise_high`.
    """

    lengths: tuple[int, ...]
    columns: Mapping[str, Sequence[Any]]


class Case(NamedTuple):
    """A call, what it is for, and what is right."""

    number: int
    law: str
    purpose: str
    call: Call
    rights: list[Right]


def frozen(subject: Subject, declaration: Declaration, examples: int = EXAMPLES) -> Iterator[Case]:
    """The cases of a function in an arithmetic: about so many of each law of values.

    Laws
        the same on every machine
        what a law admits is right

    >>> from funcnn.laws.declarations import parse
    >>> from funcnn.laws.functions import subject
    >>> case = next(frozen(subject("relu"), parse("float32")))
    >>> case.law, case.rights[0].columns["low"] == case.rights[0].columns["high"]
    ('exact on integers, any order', True)
    """
    number = 0
    for law in VALUES:
        if law.applies(subject, declaration):
            calls = asked(law, subject, declaration, examples)
            told = purposes(law, subject, declaration, calls, examples)
            for purpose, call in zip(told, calls, strict=True):
                rights = judged(law, subject, declaration, call)
                if rights:
                    number += 1
                    yield Case(number, law.name, purpose, call, rights)


def asked(law: Law, subject: Subject, declaration: Declaration, examples: int) -> list[Call]:
    """The calls of a law, but for the longest.

    >>> from funcnn.laws.declarations import parse
    >>> from funcnn.laws.functions import subject
    >>> max(call.sizes["k"] for call in asked(AT_LENGTHS, subject("dot"), parse("float32"), 1))
    257
    """
    calls = law.calls(subject, declaration, KEY, examples)
    if law is AT_LENGTHS:
        calls = takewhile(lambda call: max(call.sizes.values()) <= LONGEST, calls)
    return [*calls]


def purposes(
    law: Law, subject: Subject, declaration: Declaration, calls: Sequence[Call], examples: int
) -> list[str]:
    """What each of a law's calls is for.

    >>> from funcnn.laws.declarations import parse
    >>> from funcnn.laws.functions import subject
    >>> purposes(EXACT, subject("dot"), parse("float32"), [Call("dot", ())], 1)
    ['sums of up to 24 bits: inputs, products or sums that are narrowed']
    """
    if law is WITHIN:
        in_turn = subject.styles if len(calls) == examples else ()
        return [*[STYLES[style] for style in in_turn], *[MIXED] * len(calls)][: len(calls)]
    if law is AT_LENGTHS:
        lengths = [max(call.sizes.values()) for call in calls]
        return [f"a sum of {length} terms: those at the end of a loop" for length in lengths]
    if law is ROOMY:
        return ["bits to spare, so that fast algorithms are exact, too: any mistake"] * len(calls)
    bits = f"up to {declaration.sums.precision} bits"
    what = f"sums of {bits}: inputs, products or sums" if subject.sums else f"{bits}: numbers"
    return [f"{what} that are narrowed"] * len(calls)


def judged(law: Law, subject: Subject, declaration: Declaration, call: Call) -> list[Right]:
    """What is right, of each tensor of a call's result; nothing, where a law says nothing.

    >>> from funcnn.laws.declarations import parse
    >>> from funcnn.laws.functions import subject
    >>> call = Call("relu", ([1.0, -1.0],))
    >>> judged(WITHIN, subject("relu"), parse("float32"), call)[0].columns["high"]
    [1.0, 0.0]
    """
    outputs = declaration.outputs
    graded = admitted(law, subject, declaration, call)
    if not graded["componentwise"]:
        return []
    first = graded["componentwise"][0]
    fractions = exactly(subject.definition, call)
    values = fractions or [_value(one) for one in first]
    columns: dict[str, list[Any]] = {
        "exact": fractions or [None for _ in first],
        "nearest": [outputs.round(value) + 0.0 for value in values],
        "bound": [*map(_bound, values, *graded["componentwise"])],
        **_ends("", graded["componentwise"], outputs),
        **_ends("normwise_", graded["normwise"], outputs),
    }
    forms = tensors(run(subject.definition, float, call))
    return split(columns, [lengths for lengths, _ in forms])


def admitted(
    law: Law, subject: Subject, declaration: Declaration, call: Call
) -> dict[Grade, list[list[Any]]]:
    """The bounds of a result by each algorithm, or the one result that is right; by grades.

    There are none where nothing is proven of one algorithm.

    >>> from funcnn.laws.declarations import parse
    >>> from funcnn.laws.functions import subject
    >>> call = Call("matmul", ([[3.0]], [[2.0]]))
    >>> admitted(ROOMY, subject("matmul"), parse("float32"), call)
    {'componentwise': [[6.0]], 'normwise': []}
    """
    graded: dict[Grade, list[list[Any]]] = {"componentwise": [], "normwise": []}
    algorithms = [Algorithm("as defined", subject.definition), *subject.algorithms]
    if law is not WITHIN:
        try:
            graded["componentwise"] = [[*leaves(expected(subject, declaration, call))]]
        except (Inexact, NoInformation):
            return graded
        fast = [one for one in algorithms if one.grade == "normwise"]
        algorithms = fast if law is EXACT else []
    for algorithm in algorithms:
        found = radii(algorithm, declaration, call)
        if found is not None:
            graded[algorithm.grade].append(found)
        elif law is WITHIN:
            return {"componentwise": [], "normwise": []}
    return graded


def _ends(
    prefix: str, algorithms: Sequence[Sequence[Any]], outputs: Format
) -> dict[str, list[float]]:
    """the least and the largest numbers of a format that one of the algorithms may give"""
    up, down = (replace(outputs, rounding=rounding) for rounding in ("up", "down"))

    def low(*bounds: Any) -> float:
        return min(_end(one, up, -1) for one in bounds)

    def high(*bounds: Any) -> float:
        return max(_end(one, down, 1) for one in bounds)

    if not algorithms:
        return {}
    return {f"{prefix}low": [*map(low, *algorithms)], f"{prefix}high": [*map(high, *algorithms)]}


def _end(certificate: Any, inward: Format, side: int) -> float:
    """one end of what is right; −0.0 is 0.0"""
    if not isinstance(certificate, Bound):
        return float(certificate) + 0.0
    return inward.round_dyadic(certificate.value + certificate.radius * side) + 0.0


def _value(certificate: Any) -> Fraction:
    return fraction(certificate.value if isinstance(certificate, Bound) else certificate)


def _bound(value: Fraction, *certificates: Any) -> float:
    """how far from a value any of them leads, rounded up"""
    far = [
        abs(_value(one) - value) + (fraction(one.radius) if isinstance(one, Bound) else 0)
        for one in certificates
    ]
    return replace(binary64, rounding="up").round(max(far))


def tensors(tree: Tree) -> list[tuple[tuple[int, ...], list[Any]]]:
    """The tensors in tuples, from the left: the lengths of their axes, and their numbers.

    >>> tensors(([1, 2], ([[3]], 4)))
    [((2,), [1, 2]), ((1, 1), [3]), ((), [4])]
    """
    if isinstance(tree, tuple):
        return [found for branch in tree for found in tensors(branch)]
    return [(shape(tree), [*leaves(tree)])]


def split(columns: Mapping[str, Sequence[Any]], forms: Sequence[tuple[int, ...]]) -> list[Right]:
    """The columns of a whole result as those of its tensors.

    >>> [right.columns for right in split({"low": [1, 2, 3]}, [(2,), (1, 1)])]
    [{'low': [1, 2]}, {'low': [3]}]
    """
    parts = {name: iter(column) for name, column in columns.items()}

    def right(lengths: tuple[int, ...]) -> Right:
        return Right(lengths, {name: [*islice(parts[name], prod(lengths))] for name in parts})

    return [*map(right, forms)]
