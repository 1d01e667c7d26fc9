"""Shrinking: the smallest call on which a law fails."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import frexp, isfinite, ldexp
from typing import Any, Final

from funcnn.algebra.trees import Tree, filled, is_leaf, leaves, rebuilt
from funcnn.algebra.vectors import shape
from funcnn.laws.calls import Call, Template
from funcnn.laws.draws import ones_like
from funcnn.laws.signatures import at_tensors, kept, names, tensor, tensors
from funcnn.laws.subjects import LIKE, Subject

PATIENCE: Final = 200_000
"""How many numbers a search may hand over, and calls."""


def smallest(subject: Subject, call: Call, fails: Callable[[Call], bool]) -> Call:
    """A call on which a law still fails, with axes as short and numbers as simple as can be found.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.subjects import Variant
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),))
    >>> call = Call("dot", ([5.5, 1.0, 7.25], [3.0, 2.0, 0.0]), {}, ("k", "k"), {"k": 3})
    >>> smallest(subject, call, lambda call: any(x > 5 for x in call.arguments[0]))
    dot([8.0], [0.0])
    """
    for simpler in (partial(shorter, subject), rounder):
        call = simplest(call, simpler, fails)
    return call


def simplest(
    call: Call, simpler: Callable[[Call], Iterator[Call]], fails: Callable[[Call], bool]
) -> Call:
    """The end of a chain of calls, each of which fails and is simpler than the one before.

    >>> call = Call("", ([5.5, 7.25],))
    >>> simplest(call, rounder, lambda call: call.arguments[0][1] > 5)
    ([0.0, 8.0])
    """
    patience = PATIENCE
    while True:
        for candidate in simpler(call):
            patience -= 1 + sum(1 for _ in leaves(candidate.arguments))
            if patience < 0:
                return call
            if fails(candidate):
                call = candidate
                break
        else:
            return call


def shorter(subject: Subject, call: Call) -> Iterator[Call]:
    """The call with part of an axis cut out: halves first, single places last.

    >>> call = Call("", ([1.0, 2.0, 3.0],), {}, ("k",), {"k": 3})
    >>> [*shorter(Subject("", sum, ()), call)]
    [([2.0, 3.0]), ([1.0, 3.0]), ([1.0, 2.0])]
    """
    shares = [template for template in tensors(call.templates) if tensor(template).sign == "="]
    for axis, size in call.sizes.items():
        if any(axis in names(template) for template in shares):
            continue
        for part in parts(size):
            places = [*range(size)]
            del places[part]
            cut = without(subject, call, axis, places) if places else None
            if cut:
                yield cut


def without(subject: Subject, call: Call, axis: str, places: list[int]) -> Call | None:
    """The call with these places of an axis alone; None if the definition does not take it.

    >>> from funcnn.algebra.vectors import dot
    >>> call = Call("dot", ([1.0, 2.0], [3.0, 4.0]), {}, ("k", "k"), {"k": 2})
    >>> without(Subject("dot", dot, ()), call, "k", [1])
    dot([2.0], [4.0])
    """
    sizes = {**call.sizes, axis: len(places)}
    given = tuple(template for template in call.templates if template != LIKE)
    old = call.arguments[: len(given)]
    try:
        arguments = kept(given, old, axis, places, call.sizes[axis])
        if blind(given, arguments):
            return None
        if subject.forward:
            form = subject.forward(*ones_like(arguments), **call.settings)
            arguments = (*arguments, cropped(call.arguments[-1], form))
            form = subject.definition(*arguments, **call.settings)
        else:
            form = subject.definition(*ones_like(arguments), **call.settings)
    except (ValueError, IndexError):
        return None
    lengths = () if isinstance(form, tuple) else shape(form)
    return replace(call, arguments=arguments, sizes=sizes, lengths=lengths)


def blind(templates: Template, arguments: Tree) -> bool:
    """Whether a row of a mask has nothing to see: what it then gets is a convention.

    >>> blind(("q k", "q k ?"), ([[1.0]], [[False]])), blind(("k",), ([0.0],))
    (True, False)
    """

    def unseen(template: str, part: Any) -> bool:
        return template.endswith("?") and not all(map(any, part))

    found = at_tensors(templates, arguments, unseen)
    return any(leaves(found))


def cropped(tree: Tree, form: Tree) -> Tree:
    """The first entries of a tree, as many as a form has.

    >>> cropped([[1, 2], [3, 4]], [[0]])
    [[1]]
    """
    if is_leaf(form):
        return tree
    return rebuilt(form, [cropped(part, to) for part, to in zip(tree, form, strict=False)])


def rounder(call: Call) -> Iterator[Call]:
    """The call with some of its numbers 0 or 1, halves of them first; or with one of them simpler.

    >>> from itertools import islice
    >>> [*islice(rounder(Call("dot", ([5.5], [2.0]))), 4)]
    [dot([0.0], [0.0]), dot([1.0], [1.0]), dot([0.0], [2.0]), dot([1.0], [2.0])]
    """
    numbers, signs = [*leaves(call.arguments)], signs_of(call)
    for part in parts(len(numbers)):
        for constant in (0.0, 1.0):
            pairs = zip(numbers[part], signs[part], strict=True)
            alike = [*numbers]
            alike[part] = [constant if may_be(constant, x, sign) else x for x, sign in pairs]
            if sum(map(complexity, alike)) < sum(map(complexity, numbers)):
                yield replace(call, arguments=filled(call.arguments, alike))
    for place, (number, sign) in enumerate(zip(numbers, signs, strict=True)):
        for simple in simpler_numbers(number) if isinstance(number, float) else []:
            if may_be(simple, number, sign):
                changed = [*numbers[:place], simple, *numbers[place + 1 :]]
                yield replace(call, arguments=filled(call.arguments, changed))


def signs_of(call: Call) -> list[str]:
    """The sign behind the axes of each number's tensor.

    >>> signs_of(Call("", ([1.0], 2.0), templates=("n > 0", "")))
    ['>', '']
    """
    if not call.templates:
        return ["" for _ in leaves(call.arguments)]

    def signs(template: str, part: Any) -> list[str]:
        return [tensor(template).sign for _ in leaves(part)]

    return [*leaves(at_tensors(call.templates, call.arguments, signs))]


def may_be(simple: float, number: Any, sign: str) -> bool:
    """Whether a number may take the place of another: not of a share, nor 0 where it is positive.

    >>> may_be(0.0, 0.5, ""), may_be(0.0, 0.5, ">"), may_be(1.0, 0.5, "=")
    (True, False, False)
    """
    return isinstance(number, float) and (not sign or (sign == ">" and simple > 0))


def parts(size: int) -> Iterator[slice]:
    """All, halves, quarters … and single places, of so many.

    >>> [*parts(3)]
    [slice(0, 3, None), slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)]
    """
    length = size
    while length:
        yield from (slice(start, min(start + length, size)) for start in range(0, size, length))
        length //= 2


def simpler_numbers(number: float) -> list[float]:
    """Simpler numbers, the simplest first: fewer bits, of a size nearer 1.

    >>> simpler_numbers(-6.5)
    [0.0, 1.0, 6.5, -8.0, -6.0, -1.625, -3.25]
    """
    if not isfinite(number):
        return [0.0, 1.0]
    part, exponent = frexp(number)
    bits = part.as_integer_ratio()[1].bit_length()
    fewer = [ldexp(round(ldexp(part, kept)), exponent - kept) for kept in (1, bits // 2, bits - 2)]
    nearer = [ldexp(part, exponent // 2), ldexp(part, exponent - (1 if exponent > 0 else -1))]
    candidates = dict.fromkeys([0.0, 1.0, abs(number), *fewer, *nearer])
    return [x for x in candidates if complexity(x) < complexity(number)]


def complexity(number: float) -> float:
    """How much there is to read in a number.

    >>> complexity(0.0) < complexity(1.0) < complexity(2.0) < complexity(-2.0) < complexity(0.3)
    True
    """
    if not isfinite(number):
        return 1000
    if not number:
        return 0
    part, exponent = frexp(number)
    bits = abs(part).as_integer_ratio()[0].bit_length()
    return bits + abs(exponent - 1) / 8 + (number < 0) / 16
