"""Repetition: the law that the same call has the same answer."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from funcnn.algebra.trees import leaves
from funcnn.laws.calls import Answer, Broken, Call, Refused, Returned
from funcnn.laws.declarations import Declaration
from funcnn.laws.draws import ones_like
from funcnn.laws.findings import Ask, Fails, Finding, Holds, Law, outline
from funcnn.laws.subjects import Subject
from funcnn.laws.values import everywhere, numbers_of_all_sizes

TWICE: Final = 36
"""How many calls are asked twice, at most: so few show what changes from one call to the next."""


def again(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """A call has the same answer, bit for bit, when another has been asked in between.

    >>> from itertools import count
    >>> from funcnn.algebra.vectors import dot
    >>> subject, call = Subject("dot", dot, ()), Call("dot", ([1.0], [2.0]))
    >>> again(subject, Declaration(), lambda call: Returned([2.0]), call).entries
    1
    >>> draws = count()
    >>> again(subject, Declaration(), lambda call: Returned([next(draws) / 4]), call)
    Fails(why='0.0 at first, and 0.5 when asked again', share=None, place=0)
    """
    first = ask(call)
    if isinstance(first, Broken):
        return Fails(first.why)
    ask(replace(call, arguments=ones_like(call.arguments)))
    findings = (compared(first, ask(call)) for _ in range(2))
    failures = (one for one in findings if isinstance(one, Fails))
    return next(failures, compared(first, first))


def compared(first: Answer, other: Answer) -> Finding:
    """Whether two answers are the same.

    >>> compared(Returned([0.0]), Returned([-0.0])).why
    '0.0 at first, and -0.0 when asked again'
    """
    match first, other:
        case _, Broken(why):
            return Fails(why)
        case Returned(one), Returned(another) if outline(one) == outline(another):
            pairs = enumerate(zip(leaves(one), leaves(another), strict=True))
            differing = ((place, x, y) for place, (x, y) in pairs if repr(x) != repr(y))
            for place, x, y in differing:
                return Fails(f"{x} at first, and {y} when asked again", place=place)
            return Holds(entries=sum(1 for _ in leaves(one)))
        case _ if told(first) != told(other):
            return Fails(f"{told(first)} at first, and {told(other)} when asked again")
        case _:
            return Holds()


def told(answer: Answer) -> str:
    """An answer, but for its numbers.

    >>> told(Returned([1.0, 2.0])), told(Refused("ValueError", "no"))
    ('the form 2', 'ValueError')
    """
    match answer:
        case Returned(value):
            return f"the form {outline(value)}"
        case Refused(kind):
            return kind
        case Broken(why):
            return why


def few(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """Some of the calls with numbers of each style.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.subjects import Variant
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),), sums="k")
    >>> len([*few(subject, Declaration(), 0, 1000)])
    36
    """
    return numbers_of_all_sizes(subject, declaration, key, min(size, TWICE))


AGAIN: Final = Law("the same when asked again", everywhere, few, again)
