"""Enclosures: the elementary functions of exact numbers, to any precision, and rounded once."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from math import isfinite, isnan, isqrt
from typing import Any, Final, NamedTuple

from funcnn.algebra import elementary
from funcnn.algebra.dyadics import Dyadic, shifted, top
from funcnn.algebra.elementary import cos, erf, exp, log, sigmoid, sin, sqrt, tanh
from funcnn.algebra.formats import Format
from funcnn.algebra.intervals import Interval
from funcnn.algebra.scalars import Constant, shown

type Function = Callable[[Any], Any]


def enclosure(function: Function, x: Constant | Dyadic, bits: int = 100) -> Interval[Dyadic]:
    """Two dyadics between which the value of an elementary function lies, as near as asked.

    They are equal where the value is known to be a dyadic; elsewhere it is neither of them. (That
    erf of a rational number is irrational, but for erf 0, is believed and not proven.)

    Maths
        low ≤ f(x) ≤ high                          high − low ≤ 2^−bits·|f(x)|
    Errors
        TypeError    the function is none of ENCLOSED, or x is no exact number
        ValueError   f has no value at x, x has over LONGEST bits before the point, or bits < 1

    >>> enclosure(exp, 0), enclosure(sqrt, Fraction(9, 4))
    (Interval(low=Dyadic(1, 0), high=Dyadic(1, 0)), Interval(low=Dyadic(3, -1), high=Dyadic(3, -1)))
    >>> enclosure(sqrt, 2, 1)
    Interval(low=Dyadic(185362, -17), high=Dyadic(185364, -17))
    >>> enclosure(log, -1)
    Traceback (most recent call last):
    ValueError: log(-1) is not real: give numbers > 0
    """
    if function not in ENCLOSED:
        name, known = getattr(function, "__name__", function), [f.__name__ for f in ENCLOSED]
        raise TypeError(f"no enclosure of {name} is known; there is one of {', '.join(known)}")
    if bits < 1:
        raise ValueError(f"an enclosure to {bits} bits: ask for at least one")
    number = _ratio(x)
    demand_real(function, x, number.integer)
    return _near_a_limit(function, number, bits) or _narrow(BALLS[function], number, bits)


def correctly_rounded(function: Function, x: Constant | Dyadic, number_format: Format) -> float:
    """The value of an elementary function, rounded once.

    The enclosure is narrowed until all that lies strictly between its ends is rounded alike. Both
    ends are whole multiples of a unit, of precision + 2 bits or more; so are the numbers of the
    format and the ties between them. None of these lies less than a unit inside an end: it is
    enough to round the points half a unit inside, and an end that is never reached, as 1 is by
    tanh, is never rounded.

    Maths
        round(f(x))                                f(−0.0) = f(0)
    Errors
        those of `enclosure`
    Source
        A. Ziv, "Fast Evaluation of Elementary Mathematical Functions with Correctly Rounded Last
        Bit", ACM Trans. Mathematical Software 17 (1991)

    >>> from dataclasses import replace
    >>> from funcnn.algebra.formats import binary64
    >>> correctly_rounded(exp, 1, binary64), correctly_rounded(tanh, 1e300, binary64)
    (2.718281828459045, 1.0)
    >>> correctly_rounded(tanh, 1e300, replace(binary64, rounding="down"))
    0.9999999999999999
    """
    bits = number_format.precision + 10
    while True:
        low, high = _just_inside(enclosure(function, x, bits))
        result, other = number_format.round(low), number_format.round(high)
        if result == other or (isnan(result) and isnan(other)):
            return result
        bits *= 2


def _just_inside(x: Interval[Dyadic]) -> tuple[Dyadic, Dyadic]:
    half, low, high = int(x.low < x.high), x.low, x.high
    inward = Dyadic(2 * low.integer + half, low.exponent - 1)
    return inward, Dyadic(2 * high.integer - half, high.exponent - 1)


def quarters(x: float) -> int:
    """How many whole quarter turns a finite angle has: decided, since 0 alone is a multiple of π/2.

    Maths
        ⌊x/(π/2)⌋
    Units
        x in radians

    >>> quarters(1.5), quarters(1.6), quarters(-1.5), quarters(0.0)
    (0, 1, -1, 0)
    """
    places = 64
    while x:
        count, rest = _reduced(_ratio(x), HALF_PI, places)
        if abs(rest) > 2:
            return count - (rest < 0)
        places *= 2
    return 0


LEAST: Final[dict[Function, str]] = {log: "> 0", sqrt: ">= 0"}
AT_ZERO: Final[dict[Function, Dyadic]] = {exp: Dyadic(1), cos: Dyadic(1), sigmoid: Dyadic(1, -1)}
LN_2, HALF_PI = 0, 1
LONGEST: Final = 1 << 14
"""How many bits before the point a number may have that ln 2 or π/2 is to reduce."""


class _Ratio(NamedTuple):
    """integer·2^exponent / denominator"""

    integer: int
    exponent: int
    denominator: int


class _Ball(NamedTuple):
    """what is less than error·2^exponent away from integer·2^exponent, or equal to it for 0"""

    integer: int
    error: int
    exponent: int


def _ratio(x: object) -> _Ratio:
    if isinstance(x, Dyadic):
        return _Ratio(x.integer, x.exponent, 1)
    if not isinstance(x, (int, float, Fraction)):
        raise TypeError(f"a {type(x).__name__} is not exact; use int, float, Fraction or Dyadic")
    if isinstance(x, float) and not isfinite(x):
        raise ValueError(f"{x} is no real number: give a finite one")
    numerator, denominator = x.as_integer_ratio()
    twos = (denominator & -denominator).bit_length() - 1
    return _Ratio(numerator, -twos, denominator >> twos)


def demand_real(function: Function, x: object, least: float) -> None:
    """Refuse numbers, the least of which is given, where a function has no real value.

    Errors
        ValueError   log of 0 or less, sqrt of less

    >>> demand_real(sqrt, -2, -2)
    Traceback (most recent call last):
    ValueError: sqrt(-2) is not real: give numbers >= 0
    """
    if function in LEAST and (least < 0 or (function is log and not least)):
        name = function.__name__
        raise ValueError(f"{name}({shown(x)}) is not real: give numbers {LEAST[function]}")


def _top(x: _Ratio) -> int:
    """|x| < 2^top ≤ 4·|x|"""
    return x.integer.bit_length() + x.exponent + 1 - x.denominator.bit_length()


def _floor(x: _Ratio, places: int) -> int:
    """⌊x·2^places⌋"""
    return shifted(x.integer, -x.exponent - places, "down") // x.denominator


def _square(x: _Ratio) -> _Ratio:
    return _Ratio(x.integer**2, 2 * x.exponent, x.denominator**2)


def _sign(x: _Ratio) -> int:
    return (x.integer > 0) - (x.integer < 0)


def _times(factor: int, x: _Ratio) -> _Ratio:
    return _Ratio(factor * x.integer, x.exponent, x.denominator)


def _narrow(ball: Callable[[_Ratio, int], _Ball], x: _Ratio, bits: int) -> Interval[Dyadic]:
    places = bits + 16
    while True:
        integer, error, exponent = ball(x, places)
        if error << (bits + 1) <= abs(integer) - error:
            return Interval(Dyadic(integer - error, exponent), Dyadic(integer + error, exponent))
        places *= 2


def _near_a_limit(function: Function, x: _Ratio, bits: int) -> Interval[Dyadic] | None:
    """where the value is a dyadic, or lies between one and the next of bits + 2 bits or more"""
    limit, side, nearness = _limit(function, x)
    if not side:
        return Interval(limit, limit)
    places = max(0, bits + 2 - limit.integer.bit_length())
    integer, exponent = limit.integer << places, limit.exponent - places
    if nearness < integer.bit_length():
        return None
    low, high = sorted((integer, integer + side))
    return Interval(Dyadic(low, exponent), Dyadic(high, exponent))


def _limit(function: Function, x: _Ratio) -> tuple[Dyadic, int, int]:
    """A dyadic d, a side s, an n: the value is d if s = 0, else d + s·δ, 0 < δ < |d|/2ⁿ if n > 0.

    For |x| < 2ᵗ ≤ ½: |eˣ − 1| < 2|x|, |2σ(x) − 1| < |x|/2, 1 − cos x < x²/2,
    1 − sin(x)/x < x²/6 and 1 − tanh(x)/x < x²/3. For x ≥ 1: 1 − tanh x < 2e⁻²ˣ < 2⁻ˣ,
    1 − σ(x) < e⁻ˣ < 2⁻ˣ and 1 − erf x < exp(−x²) < 2^(−x²).
    """
    t, sign = _top(x), _sign(x)
    match function:
        case elementary.log if x.denominator == 1 and _top(x) in (0, 1, 2):
            return _limit_of_log(Dyadic(x.integer, x.exponent) - 1)
        case _ if not sign:
            return AT_ZERO.get(function, Dyadic(0)), 0, 0
        case elementary.exp if t < 0:
            return Dyadic(1), sign, -1 - t
        case elementary.sigmoid if t < 0:
            return Dyadic(1, -1), sign, 1 - t
        case elementary.cos if t < 0:
            return Dyadic(1), -1, 1 - 2 * t
        case elementary.sin | elementary.tanh if t < 0 and x.denominator == 1:
            return Dyadic(x.integer, x.exponent), -sign, 1 - 2 * t
        case elementary.sigmoid if sign > 0:
            return Dyadic(1), -1, _whole(x)
        case elementary.tanh:
            return Dyadic(sign), -sign, _whole(_times(sign, x))
        case elementary.erf:
            return Dyadic(sign), -sign, _whole(_square(x))
        case _:
            return Dyadic(1), 1, 0


def _limit_of_log(y: Dyadic) -> tuple[Dyadic, int, int]:
    """y − y² < ln(1 + y) < y for 0 < |y| < ½; n is 0, so that there is no limit, for other y"""
    return y, -int(y != 0), max(0, -top(y))


def _whole(x: _Ratio) -> int:
    """⌊x⌋ for x > 0, or less where that is more than 2⁶⁴"""
    return _floor(x, 0) if _top(x) <= 66 else 1 << 64


def _series(
    y: int, places: int, ratio: Callable[[int], tuple[int, int]], sign: int = 1
) -> tuple[int, int]:
    """Σ signⁿ·tₙ in units of 2^−places, where t₀ = 1 and tₙ/tₙ₋₁ = y·p/q with (p, q) = ratio(n).

    The terms until one is 0, and what was lost. Each floor takes less than a unit from tₙ, and with
    it from all terms after the same share: in all 1 + tₙ₊₁/tₙ + …, which is less than 2 for ratios
    below ½ (all but erf's), and no more than the sum itself for ratios that fall (erf's).
    """
    term = total = 1 << places
    n = 0
    while term:
        n += 1
        p, q = ratio(n)
        term = term * y * p // q >> places
        total += term * sign**n
    return total, 2 * n


@cache
def _constants(places: int) -> tuple[int, int]:
    """ln 2 = 2·artanh ⅓ and (Machin, 1706) π/2 = 8·arctan ⅕ − 2·arctan 1/239, to within 2 units"""
    guard = places.bit_length() + 8

    def inverse(k: int, sign: int) -> int:
        """arctan 1/k for sign −1, artanh 1/k for 1: Σ signⁿ/(k²ⁿ⁺¹·(2n + 1)) loses few units"""
        one = 1 << (places + guard)
        return _series(one // k**2, places + guard, lambda n: (2 * n - 1, 2 * n + 1), sign)[0] // k

    return 2 * inverse(3, 1) >> guard, 8 * inverse(5, -1) - 2 * inverse(239, -1) >> guard


def _constant(index: int, places: int) -> int:
    block = (places | 255) + 1
    return _constants(block)[index] >> (block - places)


def _reduced(x: _Ratio, index: int, places: int) -> tuple[int, int]:
    """The nearest integer k to x/c, and x − kc in units of 2^−places, less than 2 from it.

    Before the last floor x errs by less than 1 unit and k·c by less than 2k; 2k + 1 < 2³·2ᵗ, so
    that this is less than 1 unit after it, and the floor takes another.
    """
    t = max(_top(x), 0)
    if t > LONGEST:
        raise ValueError(f"a number of over {LONGEST} bits before the point: give a smaller one")
    deep = places + t + 3
    number, constant = _floor(x, deep), _constant(index, deep)
    count = (2 * number + constant) // (2 * constant)
    return count, number - count * constant >> (deep - places)


def _exp(x: _Ratio, places: int) -> _Ball:
    """eˣ = 2ᵏ·eʳ and eʳ = Σ rⁿ/n!, where |r| ≤ ½·ln 2, so that eʳ < √2 errs √2 times as r does."""
    count, rest = _reduced(x, LN_2, places)
    power, lost = _series(abs(rest), places, lambda n: (1, n), -1 if rest < 0 else 1)
    return _Ball(power, lost + 3, count - places)


def _log(x: _Ratio, places: int) -> _Ball:
    """ln x = k·ln 2 + 2·artanh z, where z = (m − 1)/(m + 1) and m = x/2ᵏ is from ⅔ to 4/3.

    artanh z = z·Σ z²ⁿ/(2n + 1) and |z| ≤ ⅕: the floors of z, z² and the product cost less than 4
    units, those of k·ln 2 less than 3.
    """
    count = x.integer.bit_length() - x.denominator.bit_length()
    above, below = x.integer << max(-count, 0), x.denominator << max(count, 0)
    if 3 * above > 4 * below:
        count, below = count + 1, 2 * below
    elif 3 * above < 2 * below:
        count, above = count - 1, 2 * above
    z = (abs(above - below) << places) // (above + below)
    series, lost = _series(z * z >> places, places, lambda n: (2 * n - 1, 2 * n + 1))
    rest = 2 * z * series >> places
    count += x.exponent
    twos = count * _constant(LN_2, places + count.bit_length()) >> count.bit_length()
    return _Ball(twos + (rest if above > below else -rest), lost + 7, -places)


def _sqrt(x: _Ratio, places: int) -> _Ball:
    """√x where it is a dyadic, else from the root of ⌊x·2²ʰ⌋ to one more, in units of 2^−h."""
    even = x.integer << x.exponent % 2
    if x.denominator == 1 and isqrt(even) ** 2 == even:
        return _Ball(isqrt(even), 0, x.exponent >> 1)
    half = places - _top(x) // 2
    return _Ball(2 * isqrt(_floor(x, 2 * half)) + 1, 1, -half - 1)


def _sigmoid(x: _Ratio, places: int) -> _Ball:
    """σ(x) = 1/(1 + e^−|x|), times e^−|x| for x < 0.

    a/b with a < 2 and b ≥ 1 errs at most 2·(α + 2β) where a errs by α and b by β ≤ ½ (for
    16 places or more).
    """
    power, error, exponent = _exp(_times(-_sign(x), x), places)
    below = (1 << places) + shifted(power, -exponent - places, "down")
    above, exponent = (power, exponent) if x.integer < 0 else (1 << places, -places)
    return _Ball((above << places) // below, 6 * error + 5, exponent)


def _tanh(x: _Ratio, places: int) -> _Ball:
    """tanh |x| = 2·σ(2|x|) − 1"""
    half, error, exponent = _sigmoid(_times(2 * _sign(x), x), places)
    return _Ball(_sign(x) * (2 * half - (1 << places)), 2 * error, exponent)


def _erf(x: _Ratio, places: int) -> _Ball:
    """erf x = 2/√π · x · exp(−x²) · Σ (2x²)ⁿ/(2n + 1)!! (Abramowitz and Stegun, 1964, 7.1.6)

    The factors err, relative to themselves, by less than 2, 5, 2 · error and lost + 1 units; a
    product by less than twice their sum, which is far below 1, since x² < bits + 3 here: for more,
    `_near_a_limit` has answered. (Σ errs by a unit of 2x², since dΣ/d(2x²) ≤ Σ.)
    """
    square = _square(x)
    power, error, exponent = _exp(_times(-1, square), places)
    series, lost = _series(_floor(square, places + 1), places, lambda n: (1, 2 * n + 1))
    constant = isqrt((2 << 3 * places) // _constant(HALF_PI, places))
    size = _floor(_times(_sign(x), x), places - _top(x))
    product = constant * size * power * series >> 3 * places
    units = (2 * (2 + 5 + 2 * error + lost + 1) * product >> places) + 2
    return _Ball(_sign(x) * product, units, exponent + _top(x))


def _sin(x: _Ratio, places: int, quarter: int = 0) -> _Ball:
    """sin(x + q·π/2) = ± sin r or ± cos r by k + q mod 4, where x = k·π/2 + r and |r| ≤ π/4.

    sin r = r·Σ (−r²)ⁿ/(2n + 1)! and cos r = Σ (−r²)ⁿ/(2n)!, where r errs by less than 2 units, and
    the floors of r² and the product cost one each at most.
    """
    count, rest = _reduced(x, HALF_PI, places)
    square = rest * rest >> places
    if (count + quarter) % 2:
        value, lost = _series(square, places, lambda n: (1, (2 * n - 1) * 2 * n), -1)
    else:
        series, lost = _series(square, places, lambda n: (1, 2 * n * (2 * n + 1)), -1)
        value = series * rest >> places
    return _Ball(-value if (count + quarter) % 4 > 1 else value, lost + 4, -places)


BALLS: Final[dict[Function, Callable[[_Ratio, int], _Ball]]] = {
    exp: _exp,
    log: _log,
    sqrt: _sqrt,
    tanh: _tanh,
    sigmoid: _sigmoid,
    erf: _erf,
    sin: _sin,
    cos: partial(_sin, quarter=1),
}

ENCLOSED: Final = tuple(BALLS)
"""The functions that have an enclosure."""
