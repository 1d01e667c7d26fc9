"""Formats hold what NumPy and ml_dtypes hold, and round to it, once, as exact oracles say."""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import inf, isnan, nan
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from funcnn.algebra.dyadics import ROUNDINGS, Dyadic, Rounding, dyadic
from funcnn.algebra.formats import (
    FORMATS,
    Format,
    Overflow,
    bfloat16,
    binary16,
    binary32,
    binary64,
    float8_e4m3fn,
)
from funcnn.algebra.quantization import int8

Floats = NDArray[np.float64]
Patterns = NDArray[np.int64]

finfo: Callable[[Any], Any] = ml_dtypes.finfo
COUNT = 200_000
HUGE = 10**300
DTYPES: dict[str, Any] = {
    "binary32": np.float32,
    "binary16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
}
SHAPES = [(2, 0, 0), (2, -3, -1), (3, -1, 1), (3, -1, 2), (4, 5, 10), (3, -7, 8)]
TOYS = [
    *(Format(f"toy {shape}", *shape) for shape in SHAPES),
    *(Format(f"finite {shape}", *shape, infinities=False, overflow="nan") for shape in SHAPES),
]


def of_each(formats: Sequence[Format]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("form", formats, ids=[form.name for form in formats])


every_format = of_each(FORMATS)
every_narrower = of_each(FORMATS[1:])
every_narrow = of_each(FORMATS[2:])
every_rounding = pytest.mark.parametrize("rounding", ROUNDINGS)


def beyond(form: Format) -> float:
    """What would come after the largest, were there room."""
    return form.largest + form.ulp(form.largest)


def at(form: Format, patterns: Patterns) -> Floats:
    """The numbers at patterns that are not negative, what is beyond the largest after it."""
    unsigned = patterns.astype(f"u{form.bits // 8}")
    numbers: Floats = unsigned.view(DTYPES[form.name]).astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, beyond(form))


def pattern(form: Format, number: float) -> int:
    """The pattern of a number, as others have it."""
    return int(np.array(number).astype(DTYPES[form.name]).view(f"u{form.bits // 8}"))


def table(form: Format) -> Floats:
    """All finite numbers that are not negative, ascending."""
    return at(form, np.arange(pattern(form, form.largest) + 1))


def limits(form: Format) -> dict[Overflow, float]:
    """What may stand for a number that is too large."""
    finite: dict[Overflow, float] = {"nan": nan, "saturate": form.largest}
    return {**finite, "infinity": inf} if form.infinities else finite


def patterns_below(form: Format, sizes: Floats) -> Patterns:
    """The pattern of the largest number that is not above: by bisection, or by NumPy's cast."""
    if form.bits < 32:
        below = np.searchsorted(table(form), sizes, side="right") - 1
    else:
        nearest = sizes.astype(np.float32)
        below = nearest.view(np.uint32).astype(np.int64) - (nearest > sizes)
    return np.minimum(below, pattern(form, form.largest))


def oracle(form: Format, values: Floats) -> Floats:
    """Each value rounded to one of its two neighbors, from which their middle parts it exactly."""
    with np.errstate(all="ignore"):
        sizes, negative = np.abs(values), np.signbit(values)
        patterns = patterns_below(form, sizes)
        below, above = at(form, patterns), at(form, patterns + 1)
        middle = (below + above) / 2
        nearer, tie = sizes > middle, sizes == middle
        outward = {
            "nearest even": nearer | (tie & (patterns % 2 == 1)),
            "nearest away": nearer | tie,
            "toward zero": np.zeros_like(tie),
            "away from zero": np.ones_like(tie),
            "up": ~negative,
            "down": negative,
        }[form.rounding]
        rounded = np.where(outward & (sizes != below), above, below)
    limit = limits(form)[form.overflow]
    rounded[(rounded > form.largest) | np.isinf(values)] = limit
    rounded[np.isnan(values)] = nan
    return np.copysign(rounded, values)


def differing(ours: list[float], theirs: Floats, values: Floats) -> list[tuple[float, float]]:
    """Where two roundings are not bit for bit the same, NaN for NaN."""
    ours_ = np.array(ours)
    nans = np.isnan(ours_) & np.isnan(theirs)
    unlike = (ours_.view(np.int64) != theirs.view(np.int64)) & ~nans
    return list(zip(values[unlike].tolist(), ours_[unlike].tolist(), strict=True))


def moved(values: Floats, places: Patterns) -> Floats:
    """Positive floats, so many floats further up."""
    return (values.view(np.int64) + places).view(np.float64)


def drawn(form: Format, count: int) -> Floats:
    """Any bits; and numbers, ties and what is next to them: subnormal, any, and near overflow."""
    random = np.random.default_rng(form.precision)
    any_bits = random.integers(0, 2**64, count // 5, dtype=np.uint64).view(np.float64)
    size = count - len(any_bits)
    last = pattern(form, form.largest)
    small = random.integers(0, 1 << form.precision, size)
    kinds = [random.integers(0, last + 1, size), small, last - small]
    patterns = np.choose(random.integers(0, 3, size), kinds)
    below, above = at(form, patterns), at(form, patterns + 1)
    anchors = np.choose(random.integers(0, 3, size), [(below + above) / 2, below, above])
    steps = random.choice([-1, 0, 1], size) << random.choice([0, 0, 1, 20, 40, 51], size)
    near = np.where(random.integers(0, 4, size) > 0, moved(anchors, steps), anchors)
    between = below + (above - below) * random.random(size)
    sizes = np.where(random.integers(0, 4, size) > 0, near, between)
    return np.concatenate([any_bits, sizes * random.choice([-1.0, 1.0], size)])


def same(one: float, other: float) -> bool:
    return one.hex() == other.hex() or (isnan(one) and isnan(other))


def unpacked(form: Format, pattern: int) -> float:
    """What `struct`, or else ml_dtypes, reads."""
    if form is binary16:
        number: float = struct.unpack("<e", struct.pack("<H", pattern))[0]
    elif form is bfloat16:
        number = struct.unpack("<f", struct.pack("<I", pattern << 16))[0]
    else:
        number = float(np.array(pattern, np.uint8).view(DTYPES[form.name]))
    return number


@every_narrow
def test_every_pattern_is_decoded_and_encoded_as_others_do(form: Format) -> None:
    for bits in range(1 << form.bits):
        number = form.decode(bits)
        assert same(number, unpacked(form, bits)), hex(bits)
        assert number in form
        assert form.encode(number) == (pattern(form, nan) if isnan(number) else bits)


@pytest.mark.parametrize(("form", "codes"), [(binary64, "dQ"), (binary32, "fI")])
@given(st.integers(0, 2**64 - 1))
def test_wide_patterns_are_decoded_and_encoded_as_struct_does(
    form: Format, codes: str, bits: int
) -> None:
    kept = bits >> (64 - form.bits)
    for chosen in (kept, kept % (1 << form.precision), (1 << form.bits) - 1 - kept % 4):
        expected: float = struct.unpack(codes[0], struct.pack(codes[1], chosen))[0]
        number = form.decode(chosen)
        assert same(number, expected)
        assert isnan(number) or form.encode(number) == chosen


@of_each(TOYS)
def test_every_format_has_a_pattern_for_each_of_its_numbers(form: Format) -> None:
    numbers = [form.decode(bits) for bits in range(1 << form.bits)]
    assert all(number in form for number in numbers)
    assert form.largest in numbers and (inf in numbers) == form.infinities and isnan(numbers[-1])
    assert sum(number == inf for number in numbers) == form.infinities
    for bits, number in enumerate(numbers):
        assert isnan(number) or form.encode(number) == bits
    assert isnan(form.decode(form.encode(nan)))


@every_format
def test_what_is_no_pattern_or_no_number_is_refused(form: Format) -> None:
    for bits in (-1, 1 << form.bits):
        with pytest.raises(ValueError, match=rf"^-?0x\w+ is no pattern of {form.bits} bits$"):
            form.decode(bits)
    strange = [form.largest * 2] if form is not binary64 else []
    strange += [1 + 2.0**-form.precision] if form is not binary64 else []
    strange += [] if form.infinities else [inf, -inf, 480.0]
    for number in strange:
        for function in (form.encode, form.next_up, form.next_down):
            with pytest.raises(ValueError, match=rf"is no number of {form.name}: round it first$"):
                function(number)


@every_narrower
def test_limits_are_those_that_numpy_knows(form: Format) -> None:
    known: Any = finfo(DTYPES[form.name])
    assert form.largest == float(known.max)
    assert form.smallest_normal == float(known.smallest_normal)
    assert form.smallest_subnormal == float(known.smallest_subnormal)
    assert form.ulp(1.0) == float(known.eps)
    assert form.bits == known.bits


def test_the_limits_of_binary64_are_those_of_python() -> None:
    known: Any = finfo(np.float64)
    assert (binary64.largest, binary64.smallest_normal) == (known.max, known.smallest_normal)
    assert (binary64.smallest_subnormal, binary64.ulp(1.0)) == (5e-324, known.eps)


@every_rounding
@every_narrower
def test_every_float_is_rounded_as_an_exact_oracle_says(form: Format, rounding: Rounding) -> None:
    directed = replace(form, rounding=rounding)
    values = drawn(form, COUNT)
    assert len(values) >= COUNT
    ours = [directed.round(value) for value in values.tolist()]
    assert not differing(ours, oracle(directed, values), values)


@every_narrower
def test_floats_are_rounded_as_numpy_and_ml_dtypes_do_where_they_round_once(form: Format) -> None:
    """NumPy casts a float once; ml_dtypes goes through binary32, so it is given numbers of that."""
    values = drawn(form, COUNT)
    with np.errstate(all="ignore"):
        if form not in (binary32, binary16):
            values = np.concatenate([drawn(binary32, COUNT), values]).astype(np.float32)
        theirs = values.astype(DTYPES[form.name]).astype(np.float64)
    exact = values.astype(np.float64)
    assert not differing([form.round(value) for value in exact.tolist()], theirs, exact)


@every_rounding
@every_narrower
def test_overflow_is_as_the_format_says(form: Format, rounding: Rounding) -> None:
    values = np.concatenate([drawn(form, 3000), [inf, -inf, nan, 1e308, -1e308]])
    for overflow in limits(form):
        changed = replace(form, overflow=overflow, rounding=rounding)
        ours = [changed.round(value) for value in values.tolist()]
        assert not differing(ours, oracle(changed, values), values)


@pytest.mark.parametrize(
    ("value", "dtype", "form", "once", "twice"),
    [
        (-431.99999999999994, ml_dtypes.float8_e4m3fn, float8_e4m3fn, -416.0, -448.0),
        (1 + 2**-8 + 2**-40, ml_dtypes.bfloat16, bfloat16, 1.0078125, 1.0),
    ],
)
def test_a_float_is_not_rounded_twice_as_ml_dtypes_does(
    value: float, dtype: Any, form: Format, once: float, twice: float
) -> None:
    """github.com/jax-ml/ml_dtypes/pull/401; a later release may mend it."""
    assert form.round(value) == once
    assert form.round(binary32.round(value)) == twice
    assert float(np.array([value]).astype(dtype)[0]) in (once, twice)


@pytest.mark.parametrize(
    "scale", [Fraction(1), Fraction(1, 16), Fraction(4), Fraction(1, 10), Fraction(3, 7)]
)
def test_floats_are_rounded_to_int8_as_an_exact_oracle_says(scale: Fraction) -> None:
    """Each middle of two numbers becomes the least float from which on the larger is nearer."""
    form = replace(int8, scale=scale)
    random = np.random.default_rng(8)
    least = []
    for integer in range(-128, 127):
        middle = (integer + Fraction(1, 2)) * scale
        nearest = float(middle)
        enters = nearest > middle or (nearest == middle and integer % 2 == 1)
        least.append(nearest if enters else math.nextafter(nearest, inf))
    anchors = np.array(least * 500)
    places = random.integers(-3, 4, anchors.size)
    values = np.concatenate(
        [
            moved(np.abs(anchors), places) * np.sign(anchors),
            random.uniform(-150, 150, 50_000) * float(scale),
            random.integers(0, 2**64, 25_000, dtype=np.uint64).view(np.float64),
            [0.0, -0.0, inf, -inf],
        ]
    )
    values = values[~np.isnan(values)]
    assert len(values) >= COUNT
    truth = np.searchsorted(np.array(least), values, side="right") - 128
    assert [form.round(value) for value in values.tolist()] == truth.tolist()


def even(form: Format, number: float) -> bool:
    return form.encode(number) % 2 == 0


fractions = st.builds(
    lambda x, y, n, odd: (Fraction(x) + n * Fraction(y) / 2) * (1 + Fraction(odd, 3**20)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, 5e-324, 2.0**-149, 2.0**-25, 2.0**-10, 2.0**-17, 1.0]),
    st.integers(-1000, 1000),
    st.sampled_from([0, 0, 1, -1]),
)


@every_format
@given(fractions)
def test_a_fraction_is_rounded_to_one_of_its_two_neighbors(form: Format, x: Fraction) -> None:
    x = x if abs(x) <= form.largest else x / 2 ** (2 * (form.emax + 2))
    assume(abs(x) <= form.largest)
    found = {rounding: replace(form, rounding=rounding).round(x) for rounding in ROUNDINGS}
    low, high = found["down"], found["up"]
    assert low <= x <= high and (low == x == high or form.next_up(low) == high)
    inward, outward = (low, high) if x > 0 else (high, low)
    middle = (Fraction(low) + Fraction(high)) / 2
    assert (found["toward zero"], found["away from zero"]) == (inward, outward)
    nearest = inward if abs(x) < abs(middle) else outward
    assert found["nearest away"] == nearest
    if x == middle and low != high:
        nearest = inward if even(form, inward) else outward
    assert found["nearest even"] == nearest


@every_format
@given(fractions)
def test_a_number_is_rounded_alike_in_every_kind(form: Format, x: Fraction) -> None:
    for exact in (Fraction(x.numerator), Fraction(float(x) if abs(x) < 1e308 else 0.0)):
        number = dyadic(exact)
        other = Dyadic(number.integer << 2000, number.exponent - 2000)
        expected = form.round(exact)
        assert same(form.round(number), expected) and same(form.round_dyadic(other), expected)
        if exact.denominator == 1:
            assert same(form.round(exact.numerator), expected)
        if exact:
            assert same(form.round_dyadic(-other), -expected)


@every_rounding
@every_format
def test_numbers_with_huge_exponents_are_rounded_at_once(form: Format, rounding: Rounding) -> None:
    directed = replace(form, rounding=rounding)
    large = 3**1000 << 5000
    for sign, outward, inward in ((1, "up", "down"), (-1, "down", "up")):
        leaves = rounding not in ("toward zero", inward)
        limit = limits(form)[form.overflow] if leaves else form.largest
        assert same(directed.round(large * sign), limit * sign)
        for number in (Dyadic(1, HUGE), Dyadic(large, HUGE), Dyadic(large)):
            assert same(directed.round(number * sign), limit * sign), number
        least = form.smallest_subnormal if rounding in ("away from zero", outward) else 0.0
        for number in (Dyadic(1, -HUGE), Dyadic(large, -HUGE)):
            assert same(directed.round(number * sign), least * sign), number
        assert same(directed.round(Fraction(sign, 10**5000)), least * sign)


@every_format
def test_every_zero_is_zero_and_only_a_float_has_its_sign(form: Format) -> None:
    zeros: list[Any] = [0, False, Fraction(0), *(Dyadic(0, e) for e in (0, 99, HUGE, -HUGE))]
    assert {repr(form.round(zero)) for zero in [*zeros, 0.0]} == {"0.0"}
    assert repr(form.round(-0.0)) == "-0.0"
    assert form.holds(Dyadic(0, HUGE))
    assert replace(form, flush_results=True).holds(Dyadic(0, -HUGE))


@every_format
def test_special_values_are_kept_or_are_as_overflow_says(form: Format) -> None:
    for overflow, limit in limits(form).items():
        changed = replace(form, overflow=overflow)
        for function in (changed.round, changed.special):
            assert same(function(inf), limit) and same(function(-inf), -limit)
            assert isnan(function(nan)) and repr(function(-0.0)) == "-0.0"


@pytest.mark.parametrize("number", ["1", None, 1j])
def test_what_is_no_number_is_not_rounded(number: Any) -> None:
    with pytest.raises(TypeError, match=r"^a \w+ is no Dyadic; use int, float or Fraction$"):
        binary16.round(number)


@every_narrow
def test_underflow_is_gradual(form: Format) -> None:
    unit = form.smallest_subnormal
    count = int(form.smallest_normal / unit)
    assert count == 2 ** (form.precision - 1)
    for k in range(count):
        exact = [form.round(k * unit), form.round((k + 0.5) * unit), form.round((k + 0.75) * unit)]
        assert exact == [k * unit, (k + k % 2) * unit, (k + 1) * unit]


@every_rounding
@every_format
def test_tiny_results_are_flushed_before_or_after_rounding(
    form: Format, rounding: Rounding
) -> None:
    """To p bits, between 2^emin and the number of p bits below it, half decides: a tie is even."""
    before = replace(form, rounding=rounding, flush_results=True, tininess="before rounding")
    after = replace(before, tininess="after rounding")
    least, step = Fraction(form.smallest_normal), Fraction(form.smallest_normal) / 2**form.precision
    for sign, outward in ((1, "up"), (-1, "down")):
        directed = rounding in ("away from zero", outward)
        zero, normal = repr(sign * 0.0), repr(sign * form.smallest_normal)
        for part in (0, 1, Fraction(1, 2), Fraction(3, 4), Fraction(1, 4), Fraction(1, 10**50), 2):
            x = sign * (least - part * step)
            carried = part < 1 and (directed or ("nearest" in rounding and part <= Fraction(1, 2)))
            assert repr(before.round(x)) == (zero if part else normal)
            assert repr(after.round(x)) == (normal if carried or not part else zero)
            assert repr(before.flushed(float(x))) == repr(float(x))
    for tiny in (Fraction(form.smallest_subnormal), Fraction(1, 10**400)):
        assert repr(before.round(-tiny)) == repr(after.round(-tiny)) == "-0.0"
    assert after.round(form.next_up(form.smallest_normal)) > form.smallest_normal


def test_the_two_kinds_of_tininess_are_told_apart_by_one_number() -> None:
    """A product of two numbers: (1 + 2⁻²³)·(1 − 2⁻²³)·2⁻¹²⁶, a quarter unit of 24 bits below."""
    flushing = replace(binary32, flush_results=True)
    number = Fraction(1, 2**126) - Fraction(1, 2**172)
    assert replace(flushing, tininess="before rounding").round(number) == 0
    assert replace(flushing, tininess="after rounding").round(number) == 2.0**-126
    below = binary32.next_down(2.0**-126)
    assert replace(flushing, tininess="before rounding").round(below) == 0
    assert replace(flushing, tininess="after rounding").round(below) == 0
    assert binary32.round(below) == below != 0


@every_narrow
def test_subnormal_inputs_alone_are_flushed(form: Format) -> None:
    flushing = replace(form, flush_inputs=True)
    for number in table(form).tolist():
        read = number if number >= form.smallest_normal else 0.0
        assert repr(flushing.flushed(number)) == repr(read)
        assert repr(flushing.flushed(-number)) == repr(-read)
        assert form.flushed(number) == number == flushing.round(number)
    assert isnan(flushing.flushed(nan)) and flushing.flushed(-inf) == -inf


@given(st.floats())
def test_the_ulp_and_the_next_of_binary64_are_those_of_python(x: float) -> None:
    assert same(binary64.ulp(x), math.ulp(x))
    assert same(binary64.next_up(x), math.nextafter(x, inf))
    assert same(binary64.next_down(x), math.nextafter(x, -inf))


def test_the_ulp_and_the_next_of_special_floats_are_those_of_python() -> None:
    tiny, large = binary64.smallest_normal, binary64.largest
    for size in (0.0, 5e-324, tiny, math.nextafter(tiny, 0), 1.0, large, inf, nan):
        for x in (size, -size):
            assert same(binary64.ulp(x), math.ulp(x))
            assert same(binary64.next_up(x), math.nextafter(x, inf))
            assert same(binary64.next_down(x), math.nextafter(x, -inf))


@every_narrow
def test_the_ulp_and_the_next_of_narrow_numbers_walk_the_table(form: Format) -> None:
    changed = replace(form, rounding="down", flush_results=True, flush_inputs=True)
    for x, y in pairwise(table(form).tolist()):
        assert form.next_up(x) == y and form.next_up(-y) == -x
        assert form.ulp(x) == form.ulp(-x) == y - x
        if form.bits == 8 or y <= form.smallest_normal:
            assert changed.next_up(x) == y and changed.next_up(-y) == -x
            assert changed.next_down(y) == x and changed.next_down(-x) == -y
    past = inf if form.infinities else nan
    assert same(form.next_up(form.largest), past) and same(form.next_down(-form.largest), -past)
    assert repr(form.next_up(-form.smallest_subnormal)) == "-0.0"
    assert form.ulp(1e300) == 2.0 ** (996 - form.precision + 1) and isnan(form.next_up(nan))
    if form.infinities:
        assert (form.next_up(inf), form.next_down(inf)) == (inf, form.largest)
        assert (form.next_down(-inf), form.next_up(-inf)) == (-inf, -form.largest)
    assert replace(form, overflow="saturate").next_up(form.largest) == form.largest


@every_narrow
def test_a_format_holds_its_numbers_and_nothing_between(form: Format) -> None:
    flushing = replace(form, flush_results=True)
    for x, y in pairwise(table(form).tolist()):
        between = (x + y) / 2
        for sign in (1, -1):
            assert sign * x in form and sign * x in flushing and sign * between not in form
            assert form.holds(dyadic(sign * x)) and not form.holds(dyadic(sign * between))
            assert flushing.holds(dyadic(sign * x)) == (x == 0 or x >= form.smallest_normal)
    assert nan in form and (inf in form) == (-inf in form) == form.infinities
    for number in (beyond(form), -beyond(form), 1e308, 5e-324):
        assert number not in form and not form.holds(dyadic(number))
    assert not form.holds(Dyadic(1, HUGE)) and not form.holds(Dyadic(-1, -HUGE))


def test_formats_are_values() -> None:
    same_again = Format("binary16", 11, -14, 15)
    assert same_again == binary16 and hash(same_again) == hash(binary16)
    assert len({form.largest for form in FORMATS}) == len(set(FORMATS)) == 6
    assert replace(binary16, rounding="up") != binary16


@pytest.mark.parametrize(
    "shape",
    [(1, -1, 1), (54, 0, 1), (53, -1023, 0), (3, -1073, 0), (3, 0, 1024), (3, 1, 0), (0, 0, 0)],
)
def test_what_a_float_cannot_hold_is_no_format(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError) as caught:
        Format("toy", *shape)
    assert str(caught.value) == (
        "a float cannot hold toy: 2 ≤ precision ≤ 53, emin - precision ≥ -1075, emin ≤ emax ≤ 1023"
    )


def test_the_widest_and_the_narrowest_formats_are_held() -> None:
    assert Format("p", 53, -1022, 1023) in {replace(binary64, name="p")}
    for shape in ((2, -1073, -1073), (2, 1023, 1023), (3, -1072, 1023)):
        form = Format("toy", *shape)
        assert form.round(form.largest) == form.largest < inf
        assert 0 < form.smallest_subnormal in form


def test_a_format_without_infinities_says_what_overflow_gives() -> None:
    with pytest.raises(ValueError) as caught:
        replace(float8_e4m3fn, overflow="infinity")
    message = 'float8_e4m3fn has no infinity: let overflow be "nan" or "saturate"'
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"rounding": "nearest"}, "no Rounding 'nearest': use one of ('nearest even', "),
        ({"overflow": "inf"}, "no Overflow 'inf': use one of ('infinity', 'nan', 'saturate')"),
        ({"tininess": "before"}, "no Tininess 'before': use one of ('before rounding', "),
    ],
)
def test_a_misspelt_setting_is_refused(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        replace(binary16, **setting)
    assert str(caught.value).startswith(message)
