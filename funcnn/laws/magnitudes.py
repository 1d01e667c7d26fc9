"""Magnitudes: numbers of a format, drawn to hurt.

A style names the sizes that the numbers of one tensor have. `STYLES` are for the proven bound: any
numbers of the format. `sparse` is for sums that are exact in any order: few numbers of many bits,
among zeros and ones.
"""

from collections.abc import Callable
from functools import wraps
from math import ldexp
from typing import Final

from funcnn.algebra.formats import Format
from funcnn.algebra.keys import fold_in, uniform

type Style = Callable[[int, int, Format], list[float]]
"""So many numbers, from a key, in a format."""


def rounded(style: Style) -> Style:
    """The style, its numbers rounded to the format, and none too large for it.

    >>> from funcnn.algebra.formats import binary16
    >>> rounded(lambda key, count, number_format: [1e99])(0, 1, binary16)
    [65504.0]
    """

    @wraps(style)
    def drawn(key: int, count: int, number_format: Format) -> list[float]:
        largest = number_format.largest
        numbers = style(key, count, number_format)
        return [number_format.round(min(max(x, -largest), largest)) for x in numbers]

    return drawn


def below(key: int, count: int, limit: int) -> list[int]:
    """Ints from 0 to below a limit.

    >>> set(below(0, 100, 3))
    {0, 1, 2}
    """
    return [int(draw * limit) for draw in uniform(key, count)]


def signs(key: int, count: int) -> list[int]:
    """Draws of 1 and −1.

    >>> sorted(set(signs(0, 100)))
    [-1, 1]
    """
    return [1 - 2 * draw for draw in below(key, count, 2)]


def scaled(key: int, count: int, low: int, high: int) -> list[float]:
    """Numbers of 53 bits and of either sign, their exponents from low to high.

    >>> all(0.25 <= abs(x) < 4 for x in scaled(0, 100, -2, 1))
    True
    """
    exponents = below(fold_in(key, 0), count, high - low + 1)
    bits, either = uniform(fold_in(key, 1), count), signs(fold_in(key, 2), count)
    parts = zip(exponents, bits, either, strict=True)
    return [sign * ldexp(1 + part, low + exponent) for exponent, part, sign in parts]


def bell(key: int, count: int) -> list[float]:
    """Draws of mean 0 and variance 1, by + and − alone: the same on every machine.

    >>> draws = bell(0, 1000)
    >>> abs(sum(draws)) < 100, max(map(abs, draws)) < 6
    (True, True)
    """
    draws = uniform(key, 12 * count)
    return [sum(draws[at : at + 12], start=-6.0) for at in range(0, len(draws), 12)]


@rounded
def normals(key: int, count: int, number_format: Format) -> list[float]:
    """Nearly of the normal distribution: the sums of twelve uniform draws, less 6.

    >>> from funcnn.algebra.formats import binary16
    >>> sum(x < 0 for x in normals(0, 100, binary16)) in range(40, 60)
    True
    """
    return bell(key, count)


@rounded
def positives(key: int, count: int, number_format: Format) -> list[float]:
    """From ¼ to 4: no sum cancels.

    >>> from funcnn.algebra.formats import binary16
    >>> all(0.25 <= x <= 4 for x in positives(0, 100, binary16))
    True
    """
    return [abs(x) for x in scaled(key, count, -2, 1)]


@rounded
def cancelling(key: int, count: int, number_format: Format) -> list[float]:
    """Of two sizes a few places apart and of either sign: most of a sum cancels.

    >>> from funcnn.algebra.formats import binary16
    >>> sizes = {abs(x) for x in cancelling(0, 100, binary16)}
    >>> len(sizes), max(sizes) - min(sizes) < 0.01
    (2, True)
    """
    base = scaled(key, 1, 0, 0)[0]
    near = [base, base + number_format.ulp(base) * (1 + below(fold_in(key, 1), 1, 8)[0])]
    picked, either = below(fold_in(key, 2), count, 2), signs(fold_in(key, 3), count)
    return [sign * near[one] for one, sign in zip(picked, either, strict=True)]


@rounded
def graded(key: int, count: int, number_format: Format) -> list[float]:
    """Each about half or twice the one before, over a good many bits.

    >>> from itertools import pairwise
    >>> from funcnn.algebra.formats import binary32
    >>> [0.25 <= abs(one / other) <= 4 for one, other in pairwise(graded(0, 4, binary32))]
    [True, True, True]
    """
    reach = min(number_format.emax // 4, 2 * number_format.precision)
    up = signs(key, 1)[0]
    draws = enumerate(scaled(fold_in(key, 1), count, 0, 0))
    return [ldexp(x, up * (place % (2 * reach) - reach)) for place, x in draws]


@rounded
def wide(key: int, count: int, number_format: Format) -> list[float]:
    """Of any exponent whose square the format holds.

    >>> from funcnn.algebra.formats import binary32
    >>> draws = [abs(x) for x in wide(0, 100, binary32)]
    >>> max(draws) / min(draws) > 1e30, max(draws) ** 2 < binary32.largest
    (True, True)
    """
    return scaled(key, count, number_format.emin // 2, number_format.emax // 2 - 1)


@rounded
def tiny(key: int, count: int, number_format: Format) -> list[float]:
    """Subnormal, or a little above.

    >>> from funcnn.algebra.formats import binary16
    >>> sum(abs(x) < binary16.smallest_normal for x in tiny(0, 100, binary16)) > 50
    True
    """
    least = number_format.emin - number_format.precision + 1
    return scaled(key, count, least, number_format.emin + 1)


@rounded
def small(key: int, count: int, number_format: Format) -> list[float]:
    """Whose products are subnormal.

    >>> from funcnn.algebra.formats import binary32
    >>> all(0 < x * x < binary32.smallest_normal for x in small(0, 100, binary32))
    True
    """
    middle = (number_format.emin - number_format.precision // 2) // 2
    return scaled(key, count, middle - 2, middle + 2)


@rounded
def large(key: int, count: int, number_format: Format) -> list[float]:
    """Whose products are near the largest number.

    >>> from funcnn.algebra.formats import binary32
    >>> all(binary32.largest / 2**10 < x * x < binary32.largest for x in large(0, 100, binary32))
    True
    """
    return scaled(key, count, number_format.emax // 2 - 4, number_format.emax // 2 - 3)


@rounded
def tied(key: int, count: int, number_format: Format) -> list[float]:
    """Of three values, so that many are equal.

    >>> from funcnn.algebra.formats import binary16
    >>> len({*tied(0, 100, binary16)})
    3
    """
    values = scaled(key, 3, -1, 1)
    return [values[one] for one in below(fold_in(key, 1), count, 3)]


@rounded
def spread(key: int, count: int, number_format: Format) -> list[float]:
    """Integers and halves up to a thousand: an exponential of them may overflow or vanish.

    >>> from funcnn.algebra.formats import binary32
    >>> all((2 * x).is_integer() and abs(x) <= 1000 for x in spread(0, 100, binary32))
    True
    """
    limit = min(1000, int(number_format.largest / 4))
    return [draw / 2 - limit for draw in below(key, count, 4 * limit + 1)]


@rounded
def logarithms(key: int, count: int, number_format: Format) -> list[float]:
    """Numbers whose exponentials the format holds, subnormal ones among them.

    >>> from funcnn.algebra.formats import binary32
    >>> draws = logarithms(0, 100, binary32)
    >>> -104 < min(draws) < -90, 80 < max(draws) < 89
    (True, True)
    """
    low, high = number_format.emin - number_format.precision, number_format.emax + 1
    return [0.693 * (low + (high - low) * draw) for draw in uniform(key, count)]


@rounded
def shifted(key: int, count: int, number_format: Format) -> list[float]:
    """Near one large number, from which they differ little.

    >>> from funcnn.algebra.formats import binary32
    >>> draws = shifted(0, 100, binary32)
    >>> max(draws) - min(draws) < abs(draws[0]) / 100
    True
    """
    center = ldexp(scaled(key, 1, 0, 0)[0], number_format.precision // 2)
    return [center + x for x in bell(fold_in(key, 1), count)]


@rounded
def zeros(key: int, count: int, number_format: Format) -> list[float]:
    """Half of them zero, of either sign.

    >>> from funcnn.algebra.formats import binary16
    >>> {*map(str, zeros(0, 100, binary16))} >= {"0.0", "-0.0"}
    True
    """
    keep, draws = below(key, count, 2), scaled(fold_in(key, 1), count, -1, 1)
    return [x if one else x * 0.0 for one, x in zip(keep, draws, strict=True)]


STYLES: Final[dict[str, Style]] = {
    "normal": normals,
    "positive": positives,
    "cancelling": cancelling,
    "graded": graded,
    "wide": wide,
    "tiny": tiny,
    "small": small,
    "large": large,
    "tied": tied,
    "spread": spread,
    "logarithms": logarithms,
    "shifted": shifted,
    "zeros": zeros,
}


def sparse(key: int, count: int, bits: int, places: int = 32) -> list[int]:
    """The terms of a sum that has to be exact: integers of as many bits as there is room for, at so
    many places at most, the last among them: odd ones, none of them small; elsewhere 0 or ±1.

    Maths
        Σ|xᵢ| ≤ 2^bits

    >>> terms = sparse(0, 1000, 24)
    >>> sum(map(abs, terms)) <= 2**24, terms[-1] != 0, max(map(abs, terms)) > 2**17
    (True, True, True)
    """
    half, most = 1 << bits - 1, min(places, count, 1 << bits // 3)
    full = {count - 1, *below(fold_in(key, 0), most - 1, count)}
    room = half // most
    sizes = below(fold_in(key, 1), count, room // 4 or 1)
    ones = below(fold_in(key, 2), count, 2)
    draws = zip(sizes, ones, signs(fold_in(key, 3), count), strict=True)
    return [
        sign * ((room // 2 | 1) + 2 * size if at in full else one if at < half else 0)
        for at, (size, one, sign) in enumerate(draws)
    ]
