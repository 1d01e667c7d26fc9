"""Orders: every definition, computed by numbers whose sums are taken as machines take them.

`python tests/laws/orders.py 10000` asks so many calls of each value law in each arithmetic, and
prints what was found.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, reduce
from importlib import import_module
from itertools import batched, product
from math import isfinite
from operator import add
from pkgutil import iter_modules
from typing import Any, Final, NamedTuple
from zlib import crc32

from funcnn import laws
from funcnn.algebra.elementary import absolute, greater_instance, maximum_instance, relu, sqrt
from funcnn.algebra.enclosures import ENCLOSED
from funcnn.algebra.formats import Format
from funcnn.algebra.keys import shuffled
from funcnn.algebra.roundings import Rounded, cast, fma
from funcnn.algebra.scalars import Reflected, lift_instance, lifting, ordered, total_instance
from funcnn.algebra.trees import Tree, leaves, tree_map
from funcnn.laws.declarations import parse
from funcnn.laws.findings import Law
from funcnn.laws.judging import Verdict, verdict
from funcnn.laws.machines import machine
from funcnn.laws.subjects import Subject
from funcnn.laws.values import EXACT, ROOMY, WITHIN

type Term = tuple[Rounded, ...]
"""A number, or two factors that are not multiplied yet."""


class Order(NamedTuple):
    """How terms are added, and whether functions err by an ulp or two."""

    summed: Callable[[Sequence[Term]], Rounded]
    sloppy: bool = False


def difference(x: "Ordered", y: "Ordered") -> float:
    return float(x) - float(y)


@dataclass(frozen=True, eq=False)
class Ordered(Reflected):
    """A sum that is taken in an order of its own, once it is read."""

    terms: tuple[Term, ...]
    order: Order

    @cached_property
    def value(self) -> Rounded:
        one = len(self.terms) == len(self.terms[0]) == 1
        return self.terms[0][0] if one else self.order.summed(self.terms)

    @property
    def lone(self) -> Term:
        return self.terms[0] if len(self.terms) == 1 else (self.value,)

    @lifting
    def __add__(self, other: "Ordered") -> "Ordered":
        return one(self.order.summed([self.lone, other.lone]), self)

    @lifting
    def __sub__(self, other: "Ordered") -> "Ordered":
        return self + -other

    @lifting
    def __mul__(self, other: "Ordered") -> "Ordered":
        return Ordered(((self.value, other.value),), self.order)

    @lifting
    def __truediv__(self, other: "Ordered") -> "Ordered":
        return one(self.value / other.value, self)

    def __neg__(self) -> "Ordered":
        return Ordered(tuple((-first, *rest) for first, *rest in self.terms), self.order)

    __lt__, __le__, __gt__, __ge__ = ordered(difference)

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, Ordered) else other)

    def __hash__(self) -> int:
        return hash(self.value)

    def __float__(self) -> float:
        return float(self.value)


def one(value: Rounded, like: Ordered) -> Ordered:
    return Ordered(((value,),), like.order)


def moved(x: Rounded, number: Rounded) -> Rounded:
    """A function's value at x, one ulp larger or two smaller: within three of the exact one."""
    size, number_format = abs(number.value), number.format
    if not size or not isfinite(size):
        return number
    up, down = number_format.next_up, number_format.next_down
    near = up(size) if crc32(x.value.hex().encode()) % 2 else max(down(down(size)), 0.0)
    return cast(near if number.value > 0 else -near, number_format)


def applied(function: Callable[[Any], Any]) -> Callable[[Ordered], Ordered]:
    """The function, of a number that is read."""

    def instance(x: Ordered) -> Ordered:
        value = function(x.value)
        sloppy = x.order.sloppy and function not in (sqrt, relu, absolute)
        return one(moved(x.value, value) if sloppy else value, x)

    return instance


def applied_to_two(function: Callable[[Any, Any], Any]) -> Callable[[Ordered, Ordered], Ordered]:
    return lambda x, y: one(function(x.value, y.value), x)


lift_instance.register(
    Ordered, lambda like, constant: one(lift_instance(like.terms[0][0], constant), like)
)
total_instance.register(
    Ordered,
    lambda like, numbers: Ordered(
        tuple(term for number in numbers for term in number.terms), like.order
    ),
)
function: Any
for function in (*ENCLOSED, relu, absolute):
    function.register(Ordered, applied(function))
maximum_instance.register(Ordered, applied_to_two(maximum_instance))
greater_instance.register(Ordered, applied_to_two(greater_instance))


def multiplied(term: Term) -> Rounded:
    return reduce(lambda x, y: x * y, term)


def left(terms: Sequence[Term]) -> Rounded:
    return reduce(add, map(multiplied, terms))


def right(terms: Sequence[Term]) -> Rounded:
    return left(terms[::-1])


def pairwise(terms: Sequence[Term]) -> Rounded:
    half = len(terms) // 2
    return pairwise(terms[:half]) + pairwise(terms[half:]) if half else multiplied(terms[0])


def in_blocks(terms: Sequence[Term]) -> Rounded:
    return reduce(add, map(left, batched(terms, 4)))


def in_lanes(terms: Sequence[Term]) -> Rounded:
    return reduce(add, [fused(terms[at::4]) for at in range(min(4, len(terms)))])


def mixed_up(terms: Sequence[Term]) -> Rounded:
    return left(shuffled(len(terms), terms))


def fused(terms: Sequence[Term]) -> Rounded:
    """From the left, each product added in one rounding."""

    def added(whole: Rounded, term: Term) -> Rounded:
        return fma(*term, whole) if len(term) == 2 else whole + term[0]

    return reduce(added, terms[1:], multiplied(terms[0]))


def fused_from_right(terms: Sequence[Term]) -> Rounded:
    return fused(terms[::-1])


def compensated(terms: Sequence[Term]) -> Rounded:
    """Kahan's sum."""
    whole, *others = map(multiplied, terms)
    lost = whole * 0
    for x in others:
        step = x - lost
        larger = whole + step
        lost, whole = (larger - whole) - step, larger
    return whole


def correctly_rounded(terms: Sequence[Term]) -> Rounded:
    """One rounding in all, the products exact: a long accumulator."""
    if not all(isfinite(number.value) for term in terms for number in term):
        return left(terms)
    number_format = terms[0][0].format
    read = [[Fraction(number_format.flushed(x.value)) for x in term] for term in terms]
    return cast(sum(reduce(lambda x, y: x * y, term) for term in read), number_format)


def sum_correctly_rounded(terms: Sequence[Term]) -> Rounded:
    """One rounding of the sum, as of math.fsum, once the products are rounded."""
    return correctly_rounded([(multiplied(term),) for term in terms])


ORDERS: Final = (
    *map(Order, (left, right, pairwise, in_blocks, in_lanes, mixed_up, fused, fused_from_right)),
    *map(Order, (compensated, correctly_rounded, sum_correctly_rounded)),
    *(Order(summed, sloppy=True) for summed in (left, mixed_up, fused)),
)

ARITHMETICS: Final = (
    "float32",
    "float16",
    "bfloat16",
    "bfloat16,sums=float32",
    "float16,sums=float32,outputs=float32",
    "float32,flush",
)

SUBJECTS: Final[tuple[Subject, ...]] = tuple(
    replace(subject, at_lengths=False)
    for module in iter_modules(laws.__path__)
    if module.name.endswith("_subjects")
    for subject in import_module(f"{laws.__name__}.{module.name}").SUBJECTS
)
"""All that are judged."""

LAWS: Final = (EXACT, ROOMY, WITHIN)


def in_some_order(subject: Subject, number_format: Format) -> Callable[..., Tree]:
    """The definition or one of the other algorithms, in an order: each drawn from the arguments."""
    formulas = [subject.definition, *(algorithm.definition for algorithm in subject.algorithms)]

    def computed(*arguments: Tree, **settings: Any) -> Tree:
        draw = crc32(repr([*map(float, leaves(arguments))]).encode())
        order = ORDERS[draw % len(ORDERS)]
        formula = formulas[draw // len(ORDERS) % (2 * len(formulas)) % len(formulas)]
        return formula(*wrapped(arguments, order, number_format), **settings)

    return computed


def wrapped(arguments: Tree, order: Order, number_format: Format) -> Any:
    def number(leaf: Any) -> Any:
        if isinstance(leaf, int):
            return leaf
        return Ordered(((cast(leaf, number_format),),), order)

    return tree_map(number, arguments)


def judged(subject: Subject, arithmetic: str, law: Law, key: int, size: int) -> Verdict:
    """What a law says of a function that is right, in some order and by some algorithm."""
    declaration = parse(arithmetic)
    ask = machine(in_some_order(subject, declaration.sums), declaration)
    return verdict(ask, subject, declaration, law, key, size)


def table(count: int) -> Iterator[str]:
    """A line for each arithmetic and law, then one for each false alarm."""
    for arithmetic, law in product(ARITHMETICS, LAWS):
        asked = [subject for subject in SUBJECTS if law.applies(subject, parse(arithmetic))]
        size = -(-count // len(asked))
        found = [judged(subject, arithmetic, law, 7, size) for subject in asked]
        alarms = [one for one in found if one.word == "wrong"]
        told, share = sum(one.inputs for one in found), max(one.share for one in found)
        silent = [one.function for one in found if one.word == "no information"]
        yield f"{arithmetic:36}  {law.name:31}  {size * len(asked):6,} asked  {told:6,} told  "
        yield f"share {share:.4f}  alarms {len(alarms)}  silent: {', '.join(silent) or 'none'}\n"
        for alarm in alarms:
            yield f"    {alarm.function}: {alarm.reason}: {alarm.counterexample}\n"


if __name__ == "__main__":
    for line in table(int(sys.argv[1])):
        print(line, end="", flush=True)
