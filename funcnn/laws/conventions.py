"""Conventions: what the field is split about. Each is asked only of those who declare one."""

from collections.abc import Iterator
from dataclasses import replace
from math import copysign, isnan, nan
from typing import Final

from funcnn.algebra.keys import fold_in
from funcnn.algebra.trees import filled, leaves
from funcnn.laws.algebra_laws import SUMMED
from funcnn.laws.calls import Broken, Call, Refused, Returned
from funcnn.laws.declarations import Declaration
from funcnn.laws.draws import calls, styled
from funcnn.laws.findings import Ask, Fails, Finding, Holds, Law, Silent, read
from funcnn.laws.magnitudes import below
from funcnn.laws.signatures import kept
from funcnn.laws.subjects import Subject

ATTENTION: Final = "scaled_dot_product_attention"


def ordinary(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """Calls with numbers from ¼ to 4.

    >>> from funcnn.laws.subjects import Variant
    >>> [call] = ordinary(Subject("", sum, (Variant(("n",)),)), Declaration(), 0, 1)
    >>> all(0.25 <= x < 4 for x in call.arguments[0])
    True
    """
    inputs = declaration.inputs
    return calls(subject, key, size, lambda index, new: styled(0, new, ["positive"], inputs))


def with_nan(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """Calls with a NaN among their numbers.

    >>> from funcnn.laws.subjects import Variant
    >>> [call] = with_nan(Subject("", sum, (Variant(("n",)),)), Declaration(), 0, 1)
    >>> sum(map(isnan, call.arguments[0]))
    1
    """
    for index, call in enumerate(ordinary(subject, declaration, key, size)):
        numbers = [*leaves(call.arguments)]
        floats = [place for place, leaf in enumerate(numbers) if isinstance(leaf, float)]
        numbers[floats[below(fold_in(key, index), 1, len(floats))[0]]] = nan
        yield replace(call, arguments=filled(call.arguments, numbers))


def nan_seen(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """Where the definition gives NaN, so does the implementation; or, if it ignores NaN, nowhere.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.machines import machine
    >>> subject, call = Subject("dot", dot, ()), Call("dot", ([nan, 1.0], [1.0, 1.0]))
    >>> nan_seen(subject, Declaration(nan="propagates"), lambda call: Returned(1.0), call).why
    '1.0 for nan'
    """
    try:
        result = subject.definition(*call.arguments, **call.settings)
    except (ValueError, ArithmeticError) as why:
        return Silent(f"{why}")
    returned = read(ask(call), result, declaration)
    if not isinstance(returned, list):
        return returned
    propagates = declaration.nan == "propagates"
    for place, (number, one) in enumerate(zip(returned, leaves(result), strict=True)):
        if isnan(one) if propagates and not isnan(number) else isnan(number) and not propagates:
            return Fails(f"{number} for {one}", place=place)
    return Holds()


def with_negative_zero(
    subject: Subject, declaration: Declaration, key: int, size: int
) -> Iterator[Call]:
    """relu of −0.0, in lists of each depth.

    >>> from funcnn.laws.subjects import Variant
    >>> [*with_negative_zero(Subject("relu", abs, (Variant(("",)),)), Declaration(), 0, 9)]
    [relu(-0.0)]
    """
    for call in ordinary(subject, declaration, key, min(size, len(subject.variants))):
        yield replace(
            call, arguments=filled(call.arguments, [-0.0 for _ in leaves(call.arguments)])
        )


def zero_signed(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """What relu makes of −0.0 has the sign that is declared.

    >>> call, declared = Call("relu", (-0.0,)), Declaration(negative_zero="positive")
    >>> relu = Subject("relu", lambda x: x, ())
    >>> zero_signed(relu, declared, lambda call: Returned(-0.0), call).why
    '-0.0 for 0.0'
    """
    zero = -0.0 if declaration.negative_zero == "kept" else 0.0
    returned = read(ask(call), call.arguments[0], declaration)
    if not isinstance(returned, list):
        return returned
    for place, number in enumerate(returned):
        if number != 0 or copysign(1, number) != copysign(1, zero):
            return Fails(f"{number} for {zero}", place=place)
    return Holds()


def with_blind_row(
    subject: Subject, declaration: Declaration, key: int, size: int
) -> Iterator[Call]:
    """Attention with a mask by which the first query sees no key.

    >>> from funcnn.laws.functions import subject
    >>> call = next(with_blind_row(subject(ATTENTION), Declaration(), 0, 9))
    >>> any(call.arguments[0][3][0])
    False
    """
    for call in ordinary(subject, declaration, key, size):
        for queries, keys, values, *masks in call.arguments:
            if masks:
                [[first, *others]] = masks
                mask = [[False for _ in first], *others]
                yield replace(call, arguments=((queries, keys, values, mask),))


def blind_row(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """What a query gets that sees no key is zeros, or NaN, as is declared.

    >>> from funcnn.blocks.attention import scaled_dot_product_attention as attention
    >>> subject, call = Subject("", attention, ()), Call("", (([[1.0]],) * 3 + ([[False]],),))
    >>> blind_row(subject, Declaration(masked="zeros"), lambda call: Returned([[nan]]), call).why
    'nan for 0.0'
    """
    form = subject.definition(*call.arguments, **call.settings)
    returned = read(ask(call), form, declaration)
    if not isinstance(returned, list):
        return returned
    is_right = isnan if declaration.masked == "nan" else (0.0).__eq__
    for place, number in enumerate(returned[: len(form[0])]):
        if not is_right(number):
            return Fails(
                f"{number} for {'nan' if declaration.masked == 'nan' else 0.0}", place=place
            )
    return Holds()


def with_no_terms(
    subject: Subject, declaration: Declaration, key: int, size: int
) -> Iterator[Call]:
    """The dot product of two empty vectors.

    >>> [*with_no_terms(Subject("dot", sum, ()), Declaration(), 0, 9)]
    [dot([], [])]
    """
    yield Call(subject.name, ([], []), {}, ("k", "k"), {"k": 0})


def sum_of_nothing(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """The sum of nothing is 0, or NaN, or an error, as is declared.

    >>> subject, call = Subject("dot", lambda xs, ys: 0.0, ()), Call("dot", ([], []))
    >>> sum_of_nothing(subject, Declaration(empty="raises"), lambda call: Returned(0.0), call).why
    '0.0 where an error is declared'
    """
    answer = ask(call)
    match declaration.empty, answer:
        case "raises", Refused():
            return Holds()
        case "raises", Returned(value):
            return Fails(f"{value} where an error is declared")
        case "zero", Returned(0):
            return Holds()
        case "nan", Returned(float() as value) if isnan(value):
            return Holds()
        case _:
            shown = read(answer, 0.0, declaration)
            return (
                shown
                if not isinstance(shown, list)
                else Fails(f"{shown[0]} for {declaration.empty}")
            )


def with_a_term_missing(
    subject: Subject, declaration: Declaration, key: int, size: int
) -> Iterator[Call]:
    """Calls whose first argument ends before the others do.

    >>> from funcnn.laws.functions import subject
    >>> call = next(with_a_term_missing(subject("dot"), Declaration(), 0, 9))
    >>> len(call.arguments[1]) - len(call.arguments[0])
    1
    """
    for call in ordinary(subject, declaration, key, size):
        first, *others = call.arguments
        size = call.sizes[subject.sums]
        if size > 1:
            cut = kept(call.templates[0], first, subject.sums, range(size - 1), size)
            yield replace(call, arguments=(cut, *others))


def refused(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """Lengths that differ are an error.

    >>> subject, call = Subject("dot", lambda xs, ys: 0.0, ()), Call("dot", ([1.0], [1.0, 2.0]))
    >>> refused(subject, Declaration(mismatch="raises"), lambda call: Returned(1.0), call).why
    'a result where lengths differ'
    """
    match ask(call):
        case Refused():
            return Holds()
        case Broken(why):
            return Fails(why)
        case Returned():
            return Fails("a result where lengths differ")


CONVENTIONS: Final = (
    Law(
        "NaN",
        lambda subject, declared: not subject.forward and declared.nan is not None,
        with_nan,
        nan_seen,
    ),
    Law(
        "the sign of zero",
        lambda subject, declared: subject.name == "relu" and declared.negative_zero is not None,
        with_negative_zero,
        zero_signed,
    ),
    Law(
        "a query that sees no key",
        lambda subject, declared: subject.name == ATTENTION and declared.masked is not None,
        with_blind_row,
        blind_row,
    ),
    Law(
        "the sum of nothing",
        lambda subject, declared: subject.name == "dot" and declared.empty is not None,
        with_no_terms,
        sum_of_nothing,
    ),
    Law(
        "lengths that differ",
        lambda subject, declared: subject.name in SUMMED and declared.mismatch is not None,
        with_a_term_missing,
        refused,
    ),
)
"""All of them."""
