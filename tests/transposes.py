"""The law of pullbacks on one case: Σ ȳ·ẏ = Σ x̄·ẋ + Σ w̄·ẇ, where ẏ is the tangent by duals."""

from collections.abc import Callable
from fractions import Fraction
from inspect import isfunction
from random import Random
from typing import Any, Final, NamedTuple

from block_cases import Case, over
from enclosed import Ball, enclosed, is_near
from funcnn import (
    Dual,
    Network,
    layer,
    leaves,
    multiply,
    total,
    tree_map,
    tree_zip_with,
)

BITS: Final = 40
"""How narrow an irrational result is: 2⁻⁴⁰ of itself."""


class Forward(NamedTuple):
    """A case in exact numbers, and what its pullback is held to."""

    sources: tuple[Any, Any]
    outputs: Any
    tangents: tuple[Any, Any]
    cotangent: Any
    change: Any
    """Σ ȳ·ẏ"""


def is_rational(case: Case) -> bool:
    """Whether it runs over Fraction; if not, because a function has no instance."""
    try:
        over(Fraction, case).run()
    except TypeError as error:
        assert "has no instance for Fraction" in str(error)
        return False
    return True


def network_of(case: Case) -> Network:
    """The definition as a network; an activation is one already."""
    definition: Any = case.definition
    network: Network = layer(definition, **case.settings) if isfunction(definition) else definition
    return network


def numbers(tree: Any) -> list[Any]:
    return [leaf for leaf in leaves(tree) if not isinstance(leaf, int)]


def exactly(case: Case, draw: Random) -> tuple[Case, Callable[[float], Any]]:
    """The case over Fraction, or else in enclosures, and what makes its numbers.

    An enclosure does not tell whether two irrational numbers are equal, so that all numbers are
    moved a little: those that are equal no more are.
    """
    if is_rational(case):
        return over(Fraction, case), Fraction

    def moved(x: float) -> Ball:
        return enclosed(Fraction(x) * (1 + Fraction(draw.randrange(2**16), 2**24)))

    return over(moved, case), moved


def forward(case: Case, seed: object = 0) -> Forward:
    """The case run on duals, in a random direction, and what of it a random cotangent sees."""
    draw = Random(str(seed))
    exact, number = exactly(case, draw)

    def drawn(leaf: Any) -> Any:
        return 0 if isinstance(leaf, int) else number(draw.randint(-16, 16) / 8)

    sources = exact.inputs, exact.weights
    tangents = tree_map(drawn, sources)
    inputs, weights = tree_zip_with(dual, sources, tangents)
    duals = exact._replace(inputs=inputs, weights=weights).run()
    outputs = tree_map(lambda y: y.value if isinstance(y, Dual) else y, duals)
    slopes = tree_map(lambda y: y.tangent if isinstance(y, Dual) else 0, duals)
    cotangent = tree_map(drawn, outputs)
    return Forward(sources, outputs, tangents, cotangent, inner_product(cotangent, slopes))


def dual(number: Any, tangent: Any) -> Any:
    return number if isinstance(number, int) else Dual(number, tangent)


def inner_product(one: Any, other: Any) -> Any:
    """Σ xᵢ·yᵢ of all that are no ints"""
    products = numbers(
        tree_zip_with(lambda x, y: 0 if isinstance(x, int) else multiply(x, y), one, other)
    )
    return total(products) if products else 0


def assert_transposed(known: Forward, rule: Callable[..., Any]) -> None:
    """Exactly, or in enclosures of a width of 2⁻⁴⁰ relative to the result."""
    outputs, pullback = rule(*known.sources)
    for one, other in zip(leaves(outputs), leaves(known.outputs), strict=True):
        assert_equal(one, other)
    bars = pullback(known.cotangent)
    assert_equal(inner_product(known.tangents, bars), known.change)
    assert not any(
        leaves(tree_zip_with(lambda x, b: b if isinstance(x, int) else 0, known.sources, bars))
    )


def assert_equal(one: Any, other: Any) -> None:
    if isinstance(one, Ball):
        assert is_near(one, other, BITS)
    else:
        assert one == other
