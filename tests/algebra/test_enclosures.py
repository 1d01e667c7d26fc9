"""Enclosures hold what mpmath says at many more bits; roundings are those of Fractions from it."""

import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from math import ceil, copysign, floor, inf, isfinite, isqrt, ldexp, nan, nextafter, pi, trunc
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from funcnn.algebra.dyadics import ROUNDINGS, Dyadic, Rounding, dyadic, top
from funcnn.algebra.elementary import cos, erf, exp, log, relu, sigmoid, sin, sqrt, tanh
from funcnn.algebra.enclosures import ENCLOSED, LONGEST, correctly_rounded, enclosure
from funcnn.algebra.formats import FORMATS, Format, bfloat16, binary16, binary64, float8_e4m3fn
from funcnn.algebra.intervals import Interval

Function = Callable[[Any], Any]
mp: Any = import_module("mpmath.libmp")

MARGIN = 4
"""How many of its last bits are not believed of mpmath, which means to err in the last alone."""

LARGEST = 1.7976931348623157e308
HARDEST = 6381956970095103 * 2.0**797
"""Of all binary64 numbers the nearest to a multiple of π/2 (J.-M. Muller, "Elementary Functions:
Algorithms and Implementation", 3rd ed., 2016)."""

EXTREMES = [
    *(0.0, 5e-324, 2.0**-1022, 1e-160, 2.0**-60, 1e-17, 1e-8, 1e-5, 0.5, 1.0, 2.0, 4.0, 6.0, 9.0),
    *(26.5, 30.0, 37.0, 50.0, 64.0, 709.0, 745.0, 1e5, 1e15, 1e300, HARDEST, LARGEST),
    *(1 - 2.0**-53, 1 + 2.0**-52, 1 - 2.0**-20, 1 + 2.0**-20),
    *(pi * count / 2 for count in (1, 2, 3, 4, 11, 355, 10**6, 10**15 + 1)),
]
HUGE = 10**300
HUGE_LOG = 6.931471805599454e299
NEXT_TO_1 = nextafter(1.0, 0.0)
DOWN, UP = replace(binary64, rounding="down"), replace(binary64, rounding="up")
every_function = pytest.mark.parametrize("function", ENCLOSED)


def mp_sigmoid(x: Any, bits: int) -> Any:
    below = mp.mpf_add(mp.fone, mp.mpf_exp(mp.mpf_neg(x), bits), bits)
    return mp.mpf_div(mp.fone, below, bits)


ORACLE: dict[Function, Callable[[Any, int], Any]] = {
    exp: mp.mpf_exp,
    log: mp.mpf_log,
    sqrt: mp.mpf_sqrt,
    tanh: mp.mpf_tanh,
    sigmoid: mp_sigmoid,
    erf: mp.mpf_erf,
    sin: mp.mpf_sin,
    cos: mp.mpf_cos,
}


def truth(function: Function, x: Fraction | float, bits: int) -> tuple[Dyadic, Dyadic]:
    """What mpmath says, less and plus its error; no bounded function passes ±1."""
    ratio = x.as_integer_ratio()
    number = mp.from_float(x) if isinstance(x, float) else mp.from_rational(*ratio, 2 * bits)
    sign, size, exponent, _ = ORACLE[function](number, bits)
    middle = Dyadic(-size if sign else size, exponent)
    if not x or (function is sqrt and all(isqrt(part) ** 2 == part for part in ratio)):
        return middle, middle
    error = Dyadic(size, exponent - bits + MARGIN)
    low, high = middle - error, middle + error
    if function in (exp, log, sqrt):
        return low, high
    return max(low, Dyadic(-1)), min(high, Dyadic(1))


def holds(found: Interval[Dyadic], function: Function, x: Fraction | float, bits: int) -> bool:
    """… at 200 bits more than asked, or at those of x² too, beside a limit like x of sin x."""
    for precision in (bits + 200, bits + 2400):
        low, high = truth(function, x, precision)
        if found.low <= low and high <= found.high:
            return True
    return False


def is_narrow(found: Interval[Dyadic], bits: int) -> bool:
    width = found.high - found.low
    return Dyadic(width.integer, width.exponent + bits) <= min(abs(found.low), abs(found.high))


def floats(function: Function, count: int, seed: int) -> list[float]:
    """Numbers of the domain: the extremes, then by turns 64 random bits and a middling size."""
    random = Random(f"{function.__name__} {seed}")
    drawn = [*EXTREMES, *(-x for x in EXTREMES)] if count > 100 else []
    while len(drawn) < count:
        drawn += struct.unpack("d", random.randbytes(8))
        drawn.append(random.uniform(-2, 2) * 2.0 ** random.randint(-30, 10))
    real = [x for x in drawn if isfinite(x)]
    if function in (log, sqrt):
        real = [abs(x) for x in real if x or function is sqrt]
    return real


@every_function
def test_an_enclosure_holds_the_value_and_is_narrow(function: Function) -> None:
    numbers = floats(function, 20_200, seed=0)
    assert len(numbers) >= 20_000
    for x in numbers:
        found = enclosure(function, x)
        assert holds(found, function, x, 100) and is_narrow(found, 100), x


@every_function
@pytest.mark.parametrize(("bits", "count"), [(1, 1000), (10, 1000), (1000, 200)])
def test_an_enclosure_is_as_narrow_as_asked(function: Function, bits: int, count: int) -> None:
    for x in floats(function, count, seed=bits):
        found = enclosure(function, x, bits)
        assert holds(found, function, x, bits) and is_narrow(found, bits), x


@every_function
@given(st.fractions(-50, 50), st.integers(-200, 200), st.integers(1, 300))
def test_an_enclosure_of_a_fraction_holds_the_value(
    function: Function, x: Fraction, exponent: int, bits: int
) -> None:
    """A Fraction reaches mpmath with twice the bits, so that no function here magnifies its error
    to what is not believed."""
    number = x if function in (sin, cos, exp, erf) else x * Fraction(2) ** exponent
    if function in (log, sqrt):
        number = abs(number) or Fraction(1)
    found = enclosure(function, number, bits)
    assert holds(found, function, number, bits) and is_narrow(found, bits)


@pytest.mark.parametrize(
    ("function", "x", "value"),
    [
        (exp, 0, Dyadic(1)),
        (log, 1, Dyadic(0)),
        (log, Dyadic(4, -2), Dyadic(0)),
        (tanh, -0.0, Dyadic(0)),
        (sigmoid, 0, Dyadic(1, -1)),
        (erf, 0, Dyadic(0)),
        (sin, 0, Dyadic(0)),
        (cos, Fraction(0), Dyadic(1)),
        (sqrt, 0, Dyadic(0)),
        (sqrt, Fraction(9, 16), Dyadic(3, -2)),
        (sqrt, Dyadic(18, 1), Dyadic(6)),
        (sqrt, (2**60 + 1) ** 2, Dyadic(2**60 + 1)),
        (sqrt, Dyadic(9, 2 * HUGE), Dyadic(3, HUGE)),
        (sqrt, Dyadic(9, -2 * HUGE), Dyadic(3, -HUGE)),
    ],
)
@pytest.mark.parametrize("bits", [1, 100])
def test_a_dyadic_value_is_exact(function: Function, x: Any, value: Dyadic, bits: int) -> None:
    assert enclosure(function, x, bits) == Interval(value, value)


@given(st.fractions(min_value=0), st.integers(1, 200))
def test_the_root_of_a_square_is_exact_if_and_only_if_it_is_dyadic(x: Fraction, bits: int) -> None:
    root = enclosure(sqrt, x * x, bits)
    numerator, denominator = x.as_integer_ratio()
    if denominator & (denominator - 1):
        assert root.low * denominator < numerator < root.high * denominator
    else:
        assert root.low == root.high == dyadic(x)


def test_numbers_of_any_size_have_enclosures() -> None:
    one = Dyadic(1)
    for tiny in (Dyadic(1, -HUGE), Dyadic(-1, -HUGE)):
        for function, limit in ((exp, one), (cos, one), (sin, tiny), (tanh, tiny)):
            ends = enclosure(function, tiny)
            assert limit in (ends.low, ends.high) and is_narrow(ends, 100)
        assert is_narrow(enclosure(erf, tiny), 100) and top(enclosure(erf, tiny).low) == 1 - HUGE
        assert abs(enclosure(sigmoid, tiny).low - Dyadic(1, -1)) < Dyadic(1, -100)
    for function in (tanh, sigmoid, erf):
        assert enclosure(function, Dyadic(1, HUGE)).high == one
    twos, single = enclosure(log, Dyadic(1, HUGE), 200), enclosure(log, 2, 200)
    assert twos.low < single.high * HUGE and single.low * HUGE < twos.high
    root = enclosure(sqrt, Dyadic(2, 2 * HUGE))
    assert root.low.exponent - HUGE == enclosure(sqrt, 2).low.exponent
    assert enclosure(exp, -(10**308)).high < Dyadic(1, -HUGE)


def as_any(x: object) -> Any:
    return x


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: enclosure(log, 0), ValueError, "log(0) is not real: give numbers > 0"),
        (lambda: enclosure(log, -0.5), ValueError, "log(-0.5) is not real: give numbers > 0"),
        (lambda: enclosure(sqrt, -1), ValueError, "sqrt(-1) is not real: give numbers >= 0"),
        (lambda: enclosure(exp, nan), ValueError, "nan is no real number: give a finite one"),
        (lambda: enclosure(exp, -inf), ValueError, "-inf is no real number: give a finite one"),
        (lambda: enclosure(exp, 1, 0), ValueError, "an enclosure to 0 bits: ask for at least one"),
        (
            lambda: enclosure(exp, Dyadic(1, HUGE)),
            ValueError,
            f"a number of over {LONGEST} bits before the point: give a smaller one",
        ),
        (
            lambda: enclosure(relu, 1),
            TypeError,
            "no enclosure of relu is known; there is one of "
            "exp, log, sqrt, tanh, sigmoid, erf, sin, cos",
        ),
        (
            lambda: enclosure(exp, as_any("1")),
            TypeError,
            "a str is not exact; use int, float, Fraction or Dyadic",
        ),
        (
            lambda: log(Interval(-1.0, 2.0)),
            ValueError,
            "log([-1.0, 2.0]) is not real: give numbers > 0",
        ),
        (
            lambda: log(Interval(0.0, 0.0)),
            ValueError,
            "log([0.0, 0.0]) is not real: give numbers > 0",
        ),
        (
            lambda: sqrt(Interval(-inf, 2.0)),
            ValueError,
            "sqrt([-inf, 2.0]) is not real: give numbers >= 0",
        ),
        (
            lambda: exp(Interval(Fraction(1), Fraction(2))),
            TypeError,
            "exp of Fraction ends: give floats, or use enclosure(exp, end, bits)",
        ),
        (
            lambda: cos(Interval(Dyadic(1), Dyadic(2))),
            TypeError,
            "cos of Dyadic ends: give floats, or use enclosure(cos, end, bits)",
        ),
    ],
)
def test_what_has_no_value_is_refused(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


TO_INTEGERS: dict[str, Callable[[Fraction], int]] = {
    "nearest even": round,
    "nearest away": lambda x: floor(abs(x) + Fraction(1, 2)) * (1 if x > 0 else -1),
    "toward zero": trunc,
    "away from zero": lambda x: ceil(abs(x)) * (1 if x > 0 else -1),
    "up": ceil,
    "down": floor,
}


def rounded_by_fractions(x: Dyadic, to: Format) -> float:
    """The definition: x in units of its last place, to an integer. (2 places show what is tiny.)"""
    sign = 1 if x.integer > 0 else -1
    quantum = max(top(x) - 1, to.emin) - to.precision + 1
    places = max(x.exponent - quantum, -2 - x.integer.bit_length())
    units = Fraction(x.integer << places) if places > 0 else Fraction(x.integer, 1 << -places)
    integer = TO_INTEGERS[to.rounding](units)
    if integer.bit_length() + quantum <= to.emax + 1:
        return copysign(ldexp(integer, quantum), sign)
    stays = ("toward zero", "down" if sign > 0 else "up")
    return copysign(to.largest if to.rounding in stays else inf, sign)


def ends(function: Function, x: float, bits: int) -> tuple[Dyadic, Dyadic]:
    """What mpmath says, less and plus its error: 1, not reached but at 0, as what is next to it."""
    next_to_one = Dyadic((1 << bits) - 1, -bits)
    low, high = truth(function, x, bits)
    if x and function not in (exp, log, sqrt):
        low, high = max(low, -next_to_one), min(high, next_to_one)
    return low, high


def rounded_alike(low: Dyadic, high: Dyadic, to: Format) -> float:
    if not high:
        return 0.0
    result, other = rounded_by_fractions(low, to), rounded_by_fractions(high, to)
    assert result == other, f"what is from {low} to {high} is undecided"
    return result


def oracle(function: Function, x: float, to: Format, bits: int) -> float:
    """What mpmath says, rounded."""
    return rounded_alike(*ends(function, x, bits), to)


@pytest.mark.parametrize("number_format", [binary16, bfloat16], ids=lambda to: to.name)
@pytest.mark.parametrize("function", [exp, log, sqrt, tanh, sigmoid, erf])
def test_every_number_of_16_bits_has_its_value_rounded_once(
    function: Function, number_format: Format
) -> None:
    numbers = [number_format.decode(pattern) for pattern in range(1 << 16)]
    positive = function in (log, sqrt)
    real = [x for x in numbers if isfinite(x) and (x > 0 or not positive)]
    assert len(real) > (31_000 if positive else 63_000)
    for x in real:
        expected = oracle(function, x, number_format, 60)
        assert correctly_rounded(function, x, number_format) == expected, x


@every_function
def test_binary64_is_rounded_correctly_in_every_rounding(function: Function) -> None:
    formats = [replace(binary64, rounding=rounding) for rounding in ROUNDINGS]
    for x in floats(function, 160, seed=1):
        low, high = ends(function, x, 2400)
        for to in formats:
            expected, found = rounded_alike(low, high, to), correctly_rounded(function, x, to)
            assert found == expected and copysign(1, found) == copysign(1, expected), (x, to)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("odd", [2**53 + 1, 2**53 + 3, 2**54 - 1])
def test_a_root_between_two_numbers_is_a_tie_only_where_it_is_exact(
    odd: int, rounding: Rounding
) -> None:
    """An odd integer of 54 bits is half-way; its square less or more by 1 has a root beside it."""
    to = replace(binary64, rounding=rounding)
    for square, scale in ((odd**2, 1), (Dyadic(odd**2, -2000), 2**1000), (Fraction(odd**2, 4), 2)):
        assert correctly_rounded(sqrt, square, to) * scale == to.round(odd)
    for step in (-1, 1):
        beside = Fraction(odd) + Fraction(step, 4 * odd)
        assert correctly_rounded(sqrt, odd**2 + step, to) == to.round(beside)


@pytest.mark.parametrize(
    ("function", "x", "down", "nearest", "up"),
    [
        (tanh, 1e300, NEXT_TO_1, 1.0, 1.0),
        (tanh, -1e300, -1.0, -1.0, -NEXT_TO_1),
        (tanh, 20.0, NEXT_TO_1, 1.0, 1.0),
        (tanh, 5e-324, 0.0, 5e-324, 5e-324),
        (tanh, -5e-324, -5e-324, -5e-324, -0.0),
        (erf, 1e300, NEXT_TO_1, 1.0, 1.0),
        (erf, -6.0, -1.0, -1.0, -NEXT_TO_1),
        (sigmoid, 1e300, NEXT_TO_1, 1.0, 1.0),
        (sigmoid, -1e300, 0.0, 0.0, 5e-324),
        (sigmoid, 5e-324, 0.5, 0.5, nextafter(0.5, 1.0)),
        (sigmoid, -5e-324, nextafter(0.5, 0.0), 0.5, 0.5),
        (exp, 1e300, LARGEST, inf, inf),
        (exp, -1e300, 0.0, 0.0, 5e-324),
        (exp, 5e-324, 1.0, 1.0, nextafter(1.0, 2.0)),
        (exp, -5e-324, NEXT_TO_1, 1.0, 1.0),
        (sin, 5e-324, 0.0, 5e-324, 5e-324),
        (cos, 5e-324, NEXT_TO_1, 1.0, 1.0),
        (sin, Dyadic(1, -HUGE), 0.0, 0.0, 5e-324),
        (exp, Dyadic(-1, -HUGE), NEXT_TO_1, 1.0, 1.0),
        (tanh, Dyadic(1, HUGE), NEXT_TO_1, 1.0, 1.0),
        (log, Dyadic(1, HUGE), nextafter(HUGE_LOG, 0.0), HUGE_LOG, HUGE_LOG),
        (sqrt, Dyadic(2, 2 * HUGE), LARGEST, inf, inf),
        (sqrt, Dyadic(2, -2 * HUGE), 0.0, 0.0, 5e-324),
    ],
)
def test_a_limit_that_is_not_reached_is_not_rounded_to_from_beyond(
    function: Function, x: float | Dyadic, down: float, nearest: float, up: float
) -> None:
    roundings: list[tuple[Rounding, float]] = [
        ("down", down),
        ("nearest even", nearest),
        ("nearest away", nearest),
        ("up", up),
        ("toward zero", down if nearest > 0 or up > 0 else up),
        ("away from zero", up if nearest > 0 or up > 0 else down),
    ]
    for rounding, expected in roundings:
        found = correctly_rounded(function, x, replace(binary64, rounding=rounding))
        assert repr(found) == repr(expected), rounding


def test_overflow_and_flushing_are_the_formats() -> None:
    assert repr(correctly_rounded(exp, 7, float8_e4m3fn)) == "nan"
    saturating = replace(float8_e4m3fn, overflow="saturate")
    assert correctly_rounded(exp, 7, saturating) == 448.0
    flushing = replace(binary16, flush_results=True)
    assert correctly_rounded(exp, -9.75, binary16) == binary16.round(exp(-9.75)) > 0
    assert correctly_rounded(exp, -9.75, flushing) == 0
    assert repr(correctly_rounded(tanh, Dyadic(-1, -15), flushing)) == "-0.0"
    largest_tiny = Dyadic(2**30 - 1, -44)
    before = replace(flushing, tininess="before rounding")
    assert correctly_rounded(sin, largest_tiny, flushing) == 2.0**-14
    assert correctly_rounded(sin, largest_tiny, before) == 0


def test_fractions_round_in_every_format() -> None:
    for to in FORMATS:
        assert correctly_rounded(sqrt, Fraction(1, 9), to) == to.round(Fraction(1, 3))
        assert correctly_rounded(sqrt, Fraction(4, 9), to) == to.round(Fraction(2, 3))
        assert correctly_rounded(cos, 0, to) == 1.0


any_end = st.floats(allow_nan=False, allow_infinity=False)
near_zero = st.floats(-50, 50)


@every_function
@given(st.one_of(any_end, near_zero), st.one_of(any_end, near_zero), st.floats(0, 1))
def test_an_interval_has_the_values_of_its_numbers(
    function: Function, one: float, other: float, share: float
) -> None:
    if function in (log, sqrt):
        one, other = abs(one), abs(other)
    low, high = sorted((one, other))
    middle = min(max(low * (1 - share) + high * share, low), high)
    assume(high > 0 or function is not log)
    values = function(Interval(low, high))
    for x in (low, middle, high):
        if x or function is not log:
            assert values.low <= correctly_rounded(function, x, DOWN)
            assert correctly_rounded(function, x, UP) <= values.high


@pytest.mark.parametrize("function", [exp, log, sqrt, tanh, sigmoid, erf])
@given(near_zero, near_zero)
def test_the_ends_of_a_monotone_function_are_rounded_once_and_outward(
    function: Function, one: float, other: float
) -> None:
    low, high = sorted((abs(one), abs(other)) if function in (log, sqrt) else (one, other))
    assume(low > 0 or function is not log)
    values = function(Interval(low, high))
    assert values.low == oracle(function, low, DOWN, 2400)
    assert values.high == oracle(function, high, UP, 2400)


@pytest.mark.parametrize(("function", "first"), [(sin, Fraction(1, 2)), (cos, Fraction(0))])
@given(st.floats(-1e4, 1e4), st.floats(0, 7), st.integers(0, 900))
def test_a_wave_reaches_1_where_a_peak_is_between_the_ends_and_only_there(
    function: Function, first: Fraction, low: float, width: float, doublings: int
) -> None:
    """Peaks are at (2k + first)·π, and troughs one π further."""
    low = low * 2.0**doublings
    high = low + width
    half_turn = Fraction(mp.pi_fixed(2400), 1 << 2400)
    values, ends = function(Interval(low, high)), [enclosure(function, x) for x in (low, high)]
    for turned, reached, rounded_to in (
        (first, values.high == 1, max(end.high for end in ends) > dyadic(NEXT_TO_1)),
        (first + 1, values.low == -1, min(end.low for end in ends) < dyadic(-NEXT_TO_1)),
    ):
        after, before = ((Fraction(x) / half_turn - turned) / 2 for x in (low, high))
        assert reached == (ceil(after) <= floor(before) or rounded_to)


def test_a_wave_over_what_is_unbounded_is_from_minus_1_to_1() -> None:
    for function in (sin, cos):
        for x in (Interval(-inf, 0.0), Interval(1e300, inf), Interval(0.0, 7.0)):
            assert function(x) == Interval(-1.0, 1.0)


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (exp, Interval(0.0, inf)),
        (tanh, Interval(-1.0, 1.0)),
        (sigmoid, Interval(0.0, 1.0)),
        (erf, Interval(-1.0, 1.0)),
    ],
)
def test_an_infinite_end_gives_the_limit(function: Function, values: Interval[float]) -> None:
    assert function(Interval(-inf, inf)) == values
    for positive in (log, sqrt):
        assert positive(Interval(0.0, inf)) == Interval(positive(0.0), inf)
