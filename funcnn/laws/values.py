"""Values: the laws that say which numbers a right implementation may return.

Where no order of a sum rounds, there is one such number. Elsewhere the definition, run on bounds,
tells how far from the exact value rounding alone may lead.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from math import inf
from typing import Any, Final

from funcnn.algebra.bounds import Bound, NoInformation
from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.grids import Grid, Inexact
from funcnn.algebra.intervals import Undecided
from funcnn.algebra.keys import fold_in
from funcnn.algebra.trees import Tree, leaves, tree_map
from funcnn.laws.calls import Call
from funcnn.laws.declarations import Declaration, Grade
from funcnn.laws.draws import LENGTHS, Numbers, call_of, calls, styled, summable
from funcnn.laws.findings import Ask, Fails, Finding, Holds, Law, Silent, over, read
from funcnn.laws.signatures import names
from funcnn.laws.subjects import Algorithm, Subject


def exact(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """Where no order of a sum rounds, the result is the exact one, cast to the outputs' format.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.calls import Returned
    >>> subject, call = Subject("dot", dot, ()), Call("dot", ([3.0, 1.0], [1.0, 1.0]))
    >>> exact(subject, Declaration(), lambda call: Returned(4.0), call)
    Holds(share=0.0, ulps=0.0, entries=1, rounded=1, grade='componentwise')
    >>> exact(subject, Declaration(), lambda call: Returned(4.1), call)
    Fails(why='4.1 for 4.0', share=inf, place=0)
    """
    try:
        result = expected(subject, declaration, call)
    except (Inexact, NoInformation) as why:
        return Silent(f"{why}")
    returned = read(ask(call), result, declaration)
    if not isinstance(returned, list):
        return returned
    pairs = enumerate(zip(returned, leaves(result), strict=True))
    for place, (number, one) in pairs:
        if number != one:
            return Fails(f"{number} for {one}", share=inf, place=place)
    return Holds(entries=len(returned), rounded=len(returned))


def expected(subject: Subject, declaration: Declaration, call: Call) -> Tree:
    """The one result of a call of which every order of every sum is exact.

    Errors
        Inexact          some order may round
        NoInformation    what is returned may overflow

    >>> from funcnn.algebra.vectors import dot
    >>> expected(Subject("dot", dot, ()), Declaration(), Call("dot", ([3.0, 1.0], [1.0, 1.0])))
    4.0
    """
    result = run(subject.definition, cache(declaration.read_exactly), call)
    return tree_map(lambda x: declaration.expected(x) if isinstance(x, Grid) else x, result)


def exact_or_graded(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """What `exact` says; but where a fast algorithm may round, as Strassen's, it may.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.calls import Returned
    >>> subject, call = Subject("dot", dot, ()), Call("dot", ([3.0, 1.0], [1.0, 1.0]))
    >>> exact_or_graded(subject, Declaration(), lambda call: Returned(4.1), call).why
    '4.1 for 4.0'
    """
    found = exact(subject, declaration, ask, call)
    if not isinstance(found, Fails) or found.place is None:
        return found
    returned = read(ask(call), expected(subject, declaration, call), declaration)
    if not isinstance(returned, list):
        return found
    for algorithm in subject.algorithms:
        bounds = radii(algorithm, declaration, call) if algorithm.grade == "normwise" else None
        worst = max(map(share, bounds, returned)) if bounds else inf
        if bounds and worst <= 1:
            return measured(bounds, returned, worst, declaration, "normwise")
    return found


def exact_as_graded(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """What `exact` says; or `exact_or_graded`, of those who declare to be right normwise.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.calls import Returned
    >>> subject, call = Subject("dot", dot, ()), Call("dot", ([3.0, 1.0], [1.0, 1.0]))
    >>> exact_as_graded(subject, Declaration(), lambda call: Returned(4.0), call).rounded
    1
    """
    law = exact_or_graded if declaration.grade == "normwise" else exact
    return law(subject, declaration, ask, call)


def within(subject: Subject, declaration: Declaration, ask: Ask, call: Call) -> Finding:
    """The result is no further from the exact one than rounding may lead.

    It may be by the definition, or by one of the other algorithms: by that which proves the best
    grade, all its numbers.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.calls import Returned
    >>> subject, call = Subject("dot", dot, ()), Call("dot", ([0.1, 1.0], [0.1, 1.0]))
    >>> within(subject, Declaration(), lambda call: Returned(1.01), call).share < 1
    True
    >>> within(subject, Declaration(), lambda call: Returned(1.0100000000000005), call).why
    '1.0100000000000005, which is 2.0149 times as far off as it may be'
    """
    try:
        result = run(subject.definition, declaration.read, call)
        certificates = [*leaves(tree_map(partial(_returned, declaration), result))]
    except (NoInformation, Undecided) as why:
        return Silent(f"{why}")
    returned = read(ask(call), result, declaration)
    if not isinstance(returned, list):
        return returned
    shares = [*map(share, certificates, returned)]
    if max(shares, default=0.0) <= 1:
        return measured(certificates, returned, max(shares, default=0.0), declaration)
    unproven = None
    for algorithm in subject.algorithms:
        others = radii(algorithm, declaration, call)
        worst = inf if others is None else max(map(share, others, returned))
        if worst <= 1:
            return measured(certificates, returned, worst, declaration, algorithm.grade)
        unproven = algorithm.name if others is None else unproven
    if unproven:
        return Silent(f"nothing is proven of another algorithm: {unproven}")
    place = shares.index(max(shares))
    times = f"{shares[place]:.5g} times as far off as it may be"
    return Fails(f"{returned[place]}, which is {times}", shares[place], place)


def run(definition: Callable[..., Any], number: Callable[[float], Any], call: Call) -> Tree:
    """What a definition gives, over another number.

    >>> from funcnn.algebra.vectors import dot
    >>> run(dot, str, Call("dot", ([0.5], [2.0])))
    Traceback (most recent call last):
    TypeError: ...
    """
    return definition(*over(number, call.arguments), **call.settings)


def _returned(declaration: Declaration, x: Any) -> Any:
    if not isinstance(x, Bound):
        return x
    cast = declaration.returned(x)
    return replace(cast, inherited=cast.radius, terms=1, products=0)


def radii(algorithm: Algorithm, declaration: Declaration, call: Call) -> list[Any] | None:
    """The bounds of a result by another algorithm, all as wide as the widest if that is its grade;
    None where nothing is proven.

    >>> from funcnn.algebra.vectors import dot
    >>> call = Call("dot", ([0.1, 1.0], [0.1, 1.0]))
    >>> [*map(str, radii(Algorithm("as defined", dot), Declaration(), call))]
    ['1.01 ± 2.2e-16']
    """
    try:
        result = run(algorithm.definition, declaration.read, call)
        bounds = [*leaves(tree_map(partial(_returned, declaration), result))]
    except (NoInformation, Undecided, ValueError):
        return None
    widest = max((one.inherited for one in bounds if isinstance(one, Bound)), default=Dyadic(0))
    if algorithm.grade == "componentwise":
        return bounds
    return [replace(one, inherited=widest) if isinstance(one, Bound) else one for one in bounds]


def share(certificate: Any, number: Any) -> float:
    """The error ÷ its bound: 0 for what is exact, ∞ for what is not finite, or no such int.

    >>> share(Declaration().read(0.5), 0.5), share(3, 4)
    (0.0, inf)
    """
    if isinstance(certificate, Bound):
        return certificate.share(number)
    return 0.0 if certificate == number else inf


def measured(
    certificates: Sequence[Any],
    returned: Sequence[Any],
    worst: float,
    declaration: Declaration,
    grade: Grade = "componentwise",
) -> Holds:
    """What is told of a result that is right.

    >>> measured([Declaration().read(1.0)], [1.0 + 2**-52], 0.5, Declaration())
    Holds(share=0.5, ulps=1.0, entries=1, rounded=0, grade='componentwise')
    """
    outputs, pairs = declaration.outputs, [*zip(certificates, returned, strict=True)]
    numbers = [(x.value, y) for x, y in pairs if isinstance(x, Bound)]
    ulps = [float(abs(dyadic(y) - x)) / outputs.ulp(outputs.round(x)) for x, y in numbers]
    rounded = sum(outputs.round(x) == y for x, y in numbers)
    return Holds(worst, max(ulps, default=0.0), len(numbers), rounded, grade)


def numbers_of_all_sizes(
    subject: Subject, declaration: Declaration, key: int, size: int
) -> Iterator[Call]:
    """Calls with numbers of each style.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.subjects import Variant
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),), sums="k")
    >>> len([*numbers_of_all_sizes(subject, Declaration(), 0, 20)])
    20
    """
    inputs, styles = declaration.inputs, subject.styles
    return calls(subject, key, size, lambda index, new: styled(index, new, styles, inputs))


def integers(
    share_of_bits: Fraction, places: int, subject: Subject, declaration: Declaration
) -> Callable[[int, int], Numbers]:
    """Numbers whose sums are exact in any order, of an index and a key: integers, times 2ᵏ.

    Their sizes add up to so large a share of the bits that the sums' format has.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.signatures import tensor
    >>> numbers = integers(Fraction(1), 32, Subject("dot", dot, (), sums="k"), Declaration())
    >>> row = numbers(0, 5)(5, 0, tensor("k"), {"k": 3})
    >>> all(number.is_integer() for number in row)
    True
    """
    sums, inputs = declaration.sums, declaration.inputs
    lows = [one.emin - (0 if one.flush_inputs else one.precision - 1) for one in (sums, inputs)]
    least, top = max(lows), min(one.emax for one in (sums, inputs, declaration.outputs)) - 1
    bits = min(int(share_of_bits * (sums.precision - 1)), top - least)
    most = top - bits
    scales = [min(scale, most) for scale in (0, least, most, (least + most) // 3)]

    def numbers(index: int, new: int) -> Numbers:
        turn = index // (len(subject.variants) or 1)
        room, scale = bits - turn % 2, scales[turn // 2 % len(scales)]
        return summable(turn, subject, room, places, scale, inputs)

    return numbers


def full(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """Calls whose exact sums need all bits of the format.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.calls import Returned
    >>> from funcnn.laws.subjects import Variant
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),), sums="k")
    >>> call = next(full(subject, Declaration(), 0, 20))
    >>> exact(subject, Declaration(), lambda call: Returned(dot(*call.arguments)), call).share
    0.0
    """
    return calls(subject, key, size, integers(Fraction(1), 32, subject, declaration))


def roomy(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """Calls whose exact sums need two thirds of the bits: a fast algorithm too has room for its
    sums of weights.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.subjects import Variant
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),), sums="k")
    >>> len([*roomy(subject, Declaration(), 0, 20)])
    20
    """
    return calls(subject, key, size, integers(Fraction(2, 3), 2, subject, declaration))


def at_lengths(subject: Subject, declaration: Declaration, key: int, size: int) -> Iterator[Call]:
    """Calls with one number of all bits, the last, for each of LENGTHS, whatever the size.

    All other axes are of length 1, so that there is no faster algorithm.

    >>> from funcnn.algebra.vectors import dot
    >>> from funcnn.laws.subjects import Variant
    >>> subject = Subject("dot", dot, (Variant(("k", "k")),), sums="k")
    >>> [next(at_lengths(subject, Declaration(), key, 20)) for key in (0, 1)]
    [dot([...], [...]), dot([...], [...])]
    """
    numbers = integers(Fraction(1), 1, subject, declaration)
    for index, length in enumerate(LENGTHS):
        variant, new = subject.variants[index % len(subject.variants)], fold_in(key, index)
        axes, sums = names(variant.templates), subject.sums.split()
        sizes = {axis: length if axis in sums else 1 for axis in axes}
        call = call_of(subject, variant, sizes, new, numbers(index, new))
        if call:
            yield call


def everywhere(subject: Subject, declaration: Declaration) -> bool:
    """A law of every function.

    >>> everywhere(Subject("exp", abs, ()), Declaration())
    True
    """
    return True


def without_rounding(subject: Subject, declaration: Declaration) -> bool:
    """A law of functions that are exact somewhere: at ones, if anywhere.

    >>> from funcnn.algebra.elementary import exp, relu
    >>> from funcnn.laws.subjects import Variant
    >>> once = (Variant(("",)),)
    >>> [without_rounding(Subject("", f, once), Declaration()) for f in (relu, exp)]
    [True, False]
    """
    return any(_exact_at_ones(subject, declaration, call) for call in ones(subject))


def ones(subject: Subject) -> Iterator[Call]:
    """Calls of each variant, some of each, all their numbers 1.

    >>> from funcnn.laws.subjects import Variant
    >>> next(ones(Subject("abs", abs, (Variant(("",)),))))
    abs(1.0)
    """
    return calls(
        subject,
        0,
        8 * len(subject.variants),
        lambda index, new: lambda key, place, axes, sizes: [1.0] * axes.count(sizes),
    )


def _exact_at_ones(subject: Subject, declaration: Declaration, call: Call) -> bool:
    try:
        expected(subject, declaration, call)
    except (Inexact, NoInformation):
        return False
    return True


def of_any_length(subject: Subject, declaration: Declaration) -> bool:
    """A law of sums of any length.

    >>> of_any_length(Subject("exp", abs, ()), Declaration())
    False
    """
    return subject.at_lengths


EXACT: Final = Law("exact on integers, any order", without_rounding, full, exact_or_graded)
ROOMY: Final = Law("exact with room to spare", without_rounding, roomy, exact_as_graded)
AT_LENGTHS: Final = Law("exact at lengths to 65,537", of_any_length, at_lengths, exact)
WITHIN: Final = Law("within the proven rounding bound", everywhere, numbers_of_all_sizes, within)
VALUES: Final = (EXACT, ROOMY, AT_LENGTHS, WITHIN)
