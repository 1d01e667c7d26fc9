"""Tallies: a float that writes down what is done with it, so that a definition's costs are counted.

A term of a sum of products is a multiply-add, unless it is a square: that sum is no matrix product.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from funcnn import tree_map
from funcnn.algebra.elementary import (
    TRANSCENDENTAL,
    absolute,
    greater_instance,
    maximum_instance,
    relu,
    sqrt,
)
from funcnn.algebra.scalars import Reflected, lift_instance, lifting, total_instance
from funcnn.diagnostics.operation_counts import Work


@dataclass(frozen=True, slots=True, eq=False)
class Tallied(Reflected):
    """A number, and where it is written down what is done with it."""

    value: float
    tally: Counter[str]
    is_product: bool = False

    @lifting
    def __add__(self, other: "Tallied") -> "Tallied":
        return done(self.value + other.value, self)

    @lifting
    def __sub__(self, other: "Tallied") -> "Tallied":
        return done(self.value - other.value, self)

    @lifting
    def __mul__(self, other: "Tallied") -> "Tallied":
        product = done(self.value * other.value, self)
        return Tallied(product.value, self.tally, is_product=self is not other)

    @lifting
    def __truediv__(self, other: "Tallied") -> "Tallied":
        return done(self.value / other.value, self)

    def __neg__(self) -> "Tallied":
        return done(-self.value, self)


def done(value: float, like: Tallied) -> Tallied:
    """What an operation gives, once it is written down."""
    like.tally["others"] += 1
    return Tallied(value, like.tally)


def summed(like: Tallied, terms: Sequence[Tallied]) -> Tallied:
    """A sum; if it is one of products, these are no operations of their own any more."""
    value = sum(term.value for term in terms)
    if all(term.is_product for term in terms):
        like.tally["multiply-adds"] += len(terms)
        like.tally["others"] -= len(terms)
    else:
        like.tally["others"] += len(terms) - 1
    return Tallied(value, like.tally)


def counted(run: Callable[[Any], Any], arguments: Any) -> Work:
    """The work of what is run on these arguments, their floats tallied."""
    tally = Counter[str]()

    def number(leaf: Any) -> Any:
        return Tallied(leaf, tally) if isinstance(leaf, float) else leaf

    run(tree_map(number, arguments))
    return Work(tally["multiply-adds"], tally["others"])


def applied(function: Callable[..., Any], *numbers: Tallied) -> Tallied:
    return done(function(*(number.value for number in numbers)), numbers[0])


lift_instance.register(Tallied, lambda like, constant: Tallied(float(constant), like.tally))
total_instance.register(Tallied, summed)
function: Any
for function in (relu, absolute, sqrt, *TRANSCENDENTAL, maximum_instance):
    function.register(Tallied, partial(applied, function))
greater_instance.register(
    Tallied, lambda x, y: Tallied(greater_instance(x.value, y.value), x.tally)
)
