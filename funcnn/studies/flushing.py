"""Flushing: numbers of binary32 that are divided by 2¹²⁵ and multiplied by it, and what they lose.

½/2¹²⁵ is the smallest normal number, 2⁻¹²⁶. A quotient below it is flushed to 0 where tininess is
decided before rounding: the exact quotient needs no more bits than x. So what is left is x or 0,
hardshrink at ½. Under gradual underflow such a quotient is rounded to a multiple of 2⁻¹⁴⁹, so that
it errs by 2⁻¹⁵⁰ at most; times 2¹²⁵ that is 2⁻²⁵, and nothing more is rounded.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any, Final

from funcnn.algebra.formats import Format, binary32
from funcnn.algebra.roundings import Rounded, cast
from funcnn.algebra.trees import Tree, tree_map
from funcnn.blocks.activations import down_and_up, hardshrink
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import affine

GRADUAL: Final = binary32
FLUSHED: Final = replace(binary32, flush_results=True, tininess="before rounding")
LINEAR: Final = serial(layer(affine), elementwise(down_and_up), layer(affine))

MANTISSAS: Final = (0, 1, 2**22, 2**23 - 1)
NEIGHBORS: Final = 200


def singles() -> list[float]:
    """Numbers of binary32: four of every exponent and sign, and 200 next to ½ and −½ either way.

    >>> len(singles()), 0.5 in singles(), -0.5 + 2**-25 in singles()
    (2833, True, True)
    """
    half = binary32.encode(0.5)
    patterns = [exponent << 23 | mantissa for exponent, mantissa in product(range(255), MANTISSAS)]
    near = range(half - NEIGHBORS, half + NEIGHBORS)
    sizes = [binary32.decode(pattern) for pattern in (*patterns, *near)]
    return sorted({sign * size for size in sizes for sign in (1, -1)})


def flushed_after_rounding(x: Rounded) -> Rounded:
    """x/2¹²⁵·2¹²⁵ of a machine that rounds to the subnormal numbers first, then flushes them.

    >>> flushed_after_rounding(cast(0.5 - 2**-25, binary32)).value
    0.5
    """
    quotient = cast(x.value, GRADUAL) / 2**125
    kept = quotient.value if abs(quotient.value) >= GRADUAL.smallest_normal else 0.0
    return cast(kept, GRADUAL) * 2**125


def mismatches(function: Callable[[Rounded], Rounded], number_format: Format) -> int:
    """Of how many of the singles a function is not hardshrink at ½.

    >>> mismatches(lambda x: hardshrink(x, inclusive=True), binary32)
    0
    """
    xs = [Rounded(value, number_format) for value in singles()]
    return sum(function(x).value != hardshrink(x, inclusive=True).value for x in xs)


def largest_error() -> Fraction:
    """By how much down_and_up under gradual underflow is off the number, at most, of the singles.

    >>> largest_error() == Fraction(1, 2**25)
    True
    """
    pairs = [(x, down_and_up(Rounded(x, GRADUAL)).value) for x in singles()]
    return max(abs(Fraction(x) - Fraction(y)) for x, y in pairs)


def outputs_over(number_format: Format, inputs: Sequence[Any], weights: Tree) -> list[list[float]]:
    """What the network that is linear but for rounding gives over a format.

    >>> weights = [([[1.0]], [0.0]), (), ([[1.0]], [0.0])]
    >>> [outputs_over(kind, [[0.25], [0.5]], weights) for kind in (FLUSHED, GRADUAL)]
    [[[0.0], [0.5]], [[0.25], [0.5]]]
    """
    numbers = tree_map(lambda w: cast(w, number_format), (inputs, weights))
    return [[y.value for y in LINEAR(x, numbers[1])] for x in numbers[0]]
