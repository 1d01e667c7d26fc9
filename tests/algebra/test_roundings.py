"""Roundings: what machines compute, operation by operation."""

import operator
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from importlib import import_module
from itertools import pairwise, permutations, product
from math import inf, isfinite, isnan, nan
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from funcnn.algebra.dyadics import ROUNDINGS, Dyadic, Rounding
from funcnn.algebra.elementary import (
    absolute,
    cos,
    erf,
    exp,
    greater,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.folds import foldl
from funcnn.algebra.formats import (
    FORMATS,
    Format,
    bfloat16,
    binary16,
    binary32,
    binary64,
    float8_e4m3fn,
    float8_e5m2,
)
from funcnn.algebra.quantization import int8, quantize
from funcnn.algebra.roundings import Rounded, cast, fma
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract
from funcnn.algebra.vectors import dot
from funcnn.blocks.linears import dense

Operation = Callable[[Any, Any], Any]
Floats = NDArray[np.float64]
mpmath: Any = import_module("mpmath")

COUNT = 100_000
HALF = 0.5
BEFORE = replace(binary32, flush_results=True, tininess="before rounding")
AFTER = replace(binary32, flush_results=True, tininess="after rounding")
OPERATIONS: list[Operation] = [operator.add, operator.sub, operator.mul, operator.truediv]
FUNCTIONS: dict[Callable[[Any], Any], Callable[[Any], Any]] = {
    exp: mpmath.exp,
    log: mpmath.log,
    sqrt: mpmath.sqrt,
    tanh: mpmath.tanh,
    sigmoid: lambda x: 1 / (1 + mpmath.exp(-x)),
    erf: mpmath.erf,
    sin: mpmath.sin,
    cos: mpmath.cos,
}
SPECIAL = [0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 5e-324, -5e-324, 2.0**-126, 2.0**-149, -3.5e38]

names = [form.name for form in FORMATS]
every_format = pytest.mark.parametrize("form", FORMATS, ids=names)
every_rounding = pytest.mark.parametrize("rounding", ROUNDINGS)
every_operation = pytest.mark.parametrize("operation", OPERATIONS)
every_function = pytest.mark.parametrize("function", FUNCTIONS)


def same(one: float, other: float) -> bool:
    return one.hex() == other.hex() or (isnan(one) and isnan(other))


def rounded(numbers: list[float], form: Format) -> list[Rounded]:
    return [Rounded(number, form) for number in numbers]


def computed(operation: Callable[..., Any], form: Format, *columns: Any) -> list[float]:
    """What we compute of columns of numbers."""
    values = [[float(x) for x in column.tolist()] for column in columns]
    rows = zip(*[rounded(column, form) for column in values], strict=True)
    return [operation(*row).value for row in rows]


def differing(ours: list[float], theirs: Any) -> list[tuple[int, float]]:
    """Where they are not bit for bit the same, NaN for NaN."""
    expected = theirs.astype(np.float64).tolist()
    pairs = enumerate(zip(ours, expected, strict=True))
    return [(index, one) for index, (one, other) in pairs if not same(one, other)]


def drawn(kind: Any, columns: int, seed: int) -> list[Any]:
    """Any bits; numbers of like size; numbers whose products are near underflow or overflow."""
    random, bits = np.random.default_rng(seed), np.dtype(kind).itemsize * 8
    info: Any = np.finfo(kind)
    part = COUNT // 3
    least, most = int(info.minexp) - int(info.nmant), int(info.maxexp)
    signs = random.choice([-1.0, 1.0], (3, 2, part)) * (1 + random.random((3, 2, part)))
    base = random.integers(least, most, part)
    like = [base, base + random.integers(-3, 4, part), base + random.integers(-30, 31, part)]
    border = random.choice([least, int(info.minexp), most], part) + random.integers(-2, 3, part)
    edge = [base, border - base, border + random.integers(-30, 31, part)]
    special = np.array(list(product(SPECIAL, repeat=columns))).T
    with np.errstate(all="ignore"):
        return [
            np.concatenate(
                [
                    random.integers(0, 1 << bits, COUNT - 2 * part, dtype=f"u{bits // 8}").view(
                        kind
                    ),
                    np.ldexp(signs[column, 0], like[column]).astype(kind),
                    np.ldexp(signs[column, 1], edge[column]).astype(kind),
                    special[column].astype(kind),
                ]
            )
            for column in range(columns)
        ]


@every_operation
def test_binary32_is_numpy_s_float32(operation: Operation) -> None:
    x, y = drawn(np.float32, 2, seed=32)
    assert len(x) >= COUNT
    with np.errstate(all="ignore"):
        theirs = operation(x, y)
    assert theirs.dtype == np.float32
    assert not differing(computed(operation, binary32, x, y), theirs)


@every_operation
def test_binary64_is_python_s_float(operation: Operation) -> None:
    x, y = (column[::4] for column in drawn(np.float64, 2, seed=64))
    truth = divide if operation is operator.truediv else operation
    theirs = [truth(one, other) for one, other in zip(x.tolist(), y.tolist(), strict=True)]
    assert not differing(computed(operation, binary64, x, y), np.array(theirs))


@every_operation
def test_binary16_is_numpy_s_float16(operation: Operation) -> None:
    """NumPy rounds to binary32 first, which is innocuous: its 24 bits are two more than twice 11
    (S. Figueroa, "When is Double Rounding Innocuous?", ACM SIGNUM Newsletter 30, 1995). Among
    subnormals, where a sum or a product is exact in binary32: a quotient X/Y of 11 bits each that
    is no tie M of 11 is at least 1/MY > 2⁻²² of itself away from it."""
    x, y = drawn(np.float16, 2, seed=16)
    with np.errstate(all="ignore"):
        theirs = operation(x, y)
    assert theirs.dtype == np.float16
    assert not differing(computed(operation, binary16, x, y), theirs)


@every_operation
@pytest.mark.parametrize("form", [float8_e4m3fn, float8_e5m2], ids=names[4:])
def test_all_pairs_of_8_bits_are_rounded_once(form: Format, operation: Operation) -> None:
    """As above, a float is twice as long and more, so that its rounding does no harm."""
    numbers = [form.decode(pattern) for pattern in range(256)]
    truth = divide if operation is operator.truediv else operation
    operands = rounded(numbers, form)
    for (x, one), (y, other) in product(zip(numbers, operands, strict=True), repeat=2):
        assert same(operation(one, other).value, form.round(truth(x, y))), (x, y)


def test_the_fused_multiply_add_of_binary32_is_rounded_once() -> None:
    """A float64 holds the product; the sum's error, by Knuth's TwoSum, makes its last bit odd, and
    then it is rounded as if once (S. Boldo, G. Melquiond, IEEE Trans. Computers 57, 2008)."""
    x, y, z = drawn(np.float32, 3, seed=3)
    random = np.random.default_rng(4)
    with np.errstate(all="ignore"):
        cancels = (-(x * y)).view(np.int32) + random.integers(-2, 3, len(x), dtype=np.int32)
        z = np.where(random.integers(0, 3, len(x)) == 0, cancels.view(np.float32), z)
        exact, term = x.astype(np.float64) * y.astype(np.float64), z.astype(np.float64)
        total = exact + term
        shadow = total - exact
        error = (exact - (total - shadow)) + (term - shadow)
        even = (total.view(np.int64) % 2 == 0) & (error != 0) & np.isfinite(total)
        outward = np.where((error > 0) == (total > 0), 1, -1)
        odd = np.where(even, total.view(np.int64) + outward, total.view(np.int64))
        theirs = odd.view(np.float64).astype(np.float32)
    assert len(x) >= COUNT and np.count_nonzero(even) > COUNT / 10
    assert not differing(computed(fma, binary32, x, y, z), theirs)


def any_number(form: Format, random: Random) -> float:
    """Any number of a format, one of four at an end of its range, subnormal or large."""
    patterns = 1 << (form.bits - 1)
    edge = min(patterns - 1, 1 << form.precision)
    pattern = random.choice(
        [
            random.randrange(patterns),
            random.randrange(patterns),
            random.randrange(edge),
            patterns - 1 - random.randrange(edge),
        ]
    )
    return form.decode(pattern + random.choice([0, patterns]))


def near(x: float, form: Format, random: Random) -> float:
    """Its negative, a number of like size, or any."""
    like = form.round(x * random.uniform(-2, 2))
    return random.choice([-x, like, any_number(form, random)])


EXACT: dict[Operation, Callable[[Fraction, Fraction], Fraction]] = {
    operator.add: lambda x, y: x + y,
    operator.sub: lambda x, y: x - y,
    operator.mul: lambda x, y: x * y,
    operator.truediv: lambda x, y: x / y,
}


@every_rounding
@every_format
def test_every_operation_is_exact_and_rounded_once(form: Format, rounding: Rounding) -> None:
    """Zeros, infinities and NaN are the float's, but for a sum of unlike zeros that goes down."""
    directed = replace(form, rounding=rounding)
    random = Random(f"{form.name} {rounding}")
    for _ in range(400):
        x = any_number(form, random)
        y = near(x, form, random)
        for operation, exact in EXACT.items():
            found = operation(Rounded(x, directed), Rounded(y, directed))
            assert found.format == directed
            floats = divide if operation is operator.truediv else operation
            finite = isfinite(x) and isfinite(y) and (y or operation is not operator.truediv)
            truth = exact(Fraction(x), Fraction(y)) if finite else Fraction(0)
            if truth:
                expected = directed.round(truth)
            elif finite and x and operation in (operator.add, operator.sub):
                expected = -0.0 if rounding == "down" else 0.0
            else:
                expected = directed.round(floats(x, y)) if x or y else found.value
            assert same(found.value, expected), (x, y, operation)


@every_rounding
@every_format
def test_a_fused_multiply_add_is_exact_and_rounded_once(form: Format, rounding: Rounding) -> None:
    directed = replace(form, rounding=rounding)
    random = Random(f"{rounding} {form.name}")
    for _ in range(300):
        x, y, z = (any_number(form, random) for _ in range(3))
        if isfinite(x * y) and random.random() < 0.5:
            z = form.round(-x * y)
        numbers = [number for number in (x, y, z) if isfinite(number)]
        found = fma(*rounded([x, y, z], directed)).value
        if len(numbers) < 3:
            special = x * y if not isfinite(x) or not isfinite(y) else 0.0
            assert same(found, directed.round(special + z)), (x, y, z)
        elif truth := Fraction(x) * Fraction(y) + Fraction(z):
            assert same(found, directed.round(truth)), (x, y, z)
        elif x and y:
            assert repr(found) == ("-0.0" if rounding == "down" else "0.0")


@every_rounding
@every_format
def test_an_exact_zero_is_negative_where_everything_goes_down(
    form: Format, rounding: Rounding
) -> None:
    """IEEE 754-2019, 6.3: zeros of the same sign keep it."""
    directed = replace(form, rounding=rounding)
    one, zero, minus = (Rounded(x, directed) for x in (1.0, 0.0, -0.0))
    unlike = "-0.0" if rounding == "down" else "0.0"
    for found in (
        *(one - one, -one + one, zero + minus, minus + zero, zero - zero, minus - minus),
        *(fma(one, one, -one), fma(zero, one, minus), fma(minus, one, zero)),
        fma(minus, minus, minus),
    ):
        assert repr(found.value) == unlike
    for found in (zero + zero, zero - minus, minus * minus, fma(minus, minus, zero), zero / one):
        assert repr(found.value) == "0.0"
    for found in (minus + minus, minus - zero, zero * minus, fma(zero, minus, minus), minus / one):
        assert repr(found.value) == "-0.0"


@every_format
def test_a_division_by_zero_is_infinite_or_what_overflow_says(form: Format) -> None:
    one, zero = Rounded(1.0, form), Rounded(0.0, form)
    for numerator, denominator, quotient in (
        *((one, zero, inf), (-one, zero, -inf), (one, -zero, -inf), (-one, -zero, inf)),
        *((zero, zero, nan), (-zero, zero, nan), (Rounded(nan, form), zero, nan)),
    ):
        for found in (numerator / denominator, divide(numerator, denominator)):
            assert same(found.value, form.special(quotient))
    saturating = replace(form, overflow="saturate")
    assert (Rounded(-1.0, saturating) / 0).value == -form.largest
    assert (1 / Rounded(-0.0, form)).value == -inf if form.infinities else True


def test_results_and_inputs_are_flushed() -> None:
    tiny, small, one = 2.0**-130, 2.0**-126, 1.0
    for changed, results in (
        (binary32, [tiny, 1.5 * 2**-130, small - tiny, tiny * 4]),
        (replace(binary32, flush_results=True), [0.0, 0.0, 0.0, 0.0]),
        (replace(binary32, flush_inputs=True), [0.0, 0.0, small, 0.0]),
    ):
        t, s, x = (Rounded(number, changed) for number in (tiny, small, one))
        found = [t * x, fma(t, x, t * Rounded(HALF, changed)), s - t, t / Rounded(0.25, changed)]
        assert [number.value for number in found] == results
        assert repr((-t * x).value) == repr(-results[0])
    quarter = replace(binary32, flush_results=True)
    assert (Rounded(small, quarter) - Rounded(HALF * small, quarter)).value == 0.0
    reading = replace(binary32, flush_inputs=True)
    t, s, x = rounded([tiny, small, one], reading)
    assert fma(x, s, t) == fma(x, t, s) == fma(t, x, s) == s
    assert (1 / Rounded(tiny, reading)).value == inf and log(Rounded(tiny, reading)).value == -inf
    assert exp(Rounded(-tiny, reading)).value == 1.0
    assert repr(sin(Rounded(-tiny, reading)).value) == "-0.0"
    assert sin(Rounded(tiny, replace(binary32, flush_results=True))).value == 0.0
    assert sin(Rounded(tiny, binary32)).value == tiny


def test_tininess_decides_what_a_product_near_the_smallest_normal_gives() -> None:
    """(1 − 2⁻²³)·(1 + 2⁻²³)·2⁻¹²⁶ is a quarter of a unit, or less, below 2⁻¹²⁶."""
    for changed, expected in ((BEFORE, 0.0), (AFTER, 2.0**-126)):
        below, above = (Rounded((1 + sign * 2.0**-23) * 2.0**-63, changed) for sign in (-1, 1))
        assert (below * above).value == expected


@every_operation
def test_an_infinity_is_read_as_it_is_and_saturates_in_the_result(operation: Operation) -> None:
    floats = divide if operation is operator.truediv else operation
    for changed in (replace(float8_e5m2, overflow="saturate"), replace(binary16, overflow="nan")):
        for x, y in product([inf, -inf, 2.0, -0.5, nan], repeat=2):
            found = operation(Rounded(x, changed), Rounded(y, changed))
            assert same(found.value, changed.round(floats(x, y))), (x, y)
            fused = fma(*rounded([x, 1.0, y], changed)).value
            assert same(fused, changed.round(x + y))


@every_operation
def test_mixed_formats_are_refused_and_named(operation: Operation) -> None:
    for one, other in permutations([cast(1, form) for form in FORMATS], 2):
        names = f"{one.format.name} beside {other.format.name}"
        with pytest.raises(TypeError) as caught:
            operation(one, other)
        assert str(caught.value) == f"{names}: numbers do not mix, cast one of them"


def test_mixed_formats_are_refused_wherever_two_numbers_meet() -> None:
    x, y = cast(1, binary16), cast(1, bfloat16)
    meetings: list[Callable[[], Any]] = [
        *(lambda: x < y, lambda: x <= y, lambda: x > y, lambda: x >= y),
        *(lambda: maximum(x, y), lambda: greater(x, y), lambda: dot([x], [y])),
        *(lambda: fma(x, y, x), lambda: fma(x, x, y)),
    ]
    for meeting in meetings:
        with pytest.raises(TypeError, match="^binary16 beside bfloat16: numbers do not mix, cast "):
            meeting()
    with pytest.raises(TypeError, match="numbers do not mix"):
        x + cast(1, replace(binary16, rounding="up"))
    assert (x + cast(2, Format("binary16", 11, -14, 15))).value == 3


@pytest.mark.parametrize("operation", [add, subtract, multiply, divide])
@pytest.mark.parametrize("strange", [HALF, Fraction(1, 2), Dyadic(1), quantize(1, int8)])
def test_other_kinds_are_refused_and_named(operation: Operation, strange: Any) -> None:
    x, kind = cast(1, binary16), type(strange).__name__
    for one, other, kinds in (
        (x, strange, f"Rounded beside {kind}"),
        (strange, x, f"{kind} beside Rounded"),
    ):
        with pytest.raises(TypeError) as caught:
            operation(one, other)
        assert str(caught.value) == f"{kinds}: numbers do not mix, convert one of them"


@every_operation
@pytest.mark.parametrize("strange", [HALF, Fraction(1, 2), Dyadic(1), "1", None])
def test_python_s_operators_refuse_them_too(operation: Operation, strange: Any) -> None:
    x = cast(1, binary16)
    for one, other in ((x, strange), (strange, x)):
        with pytest.raises(TypeError):
            operation(one, other)


@every_operation
@every_format
def test_an_int_on_either_side_is_lifted_and_so_rounded(form: Format, operation: Operation) -> None:
    for value, n in product((1.5, -0.25, 0.0), (3, 0, -1, 2**60 + 1, True)):
        x, lifted = Rounded(value, form), cast(n, form)
        assert same(operation(x, n).value, operation(x, lifted).value)
        assert same(operation(n, x).value, operation(lifted, x).value)
        assert repr(lift(n, x)) == repr(lifted)
        assert (x < n, x <= n, x > n, x >= n) == (
            value < lifted.value,
            value <= lifted.value,
            value > lifted.value,
            value >= lifted.value,
        )
        assert (n < x) == (lifted.value < value) and (n >= x) == (lifted.value >= value)
    constants: list[Any] = [0.1, Fraction(1, 3), 10**400]
    for constant in constants:
        assert same(lift(constant, Rounded(1.0, form)).value, form.round(constant))


@pytest.mark.parametrize("form", [binary64, binary16, float8_e5m2], ids=["64", "16", "8"])
def test_what_rounds_nothing_is_as_of_floats(form: Format) -> None:
    values = [0.0, -0.0, inf, -inf, nan, 1.0, -1.5, form.smallest_subnormal, -form.largest]
    for x in values:
        one = Rounded(x, form)
        for function in (relu, absolute):
            assert same(function(one).value, function(x)) and function(one).format is form
        assert same((-one).value, -x) and same(abs(one).value, abs(x)) and same(float(one), x)
        for y in values:
            other = Rounded(y, form)
            for meet in (maximum, greater):
                assert same(meet(one, other).value, meet(x, y)) and meet(one, other).format is form
            assert (one < other, one <= other) == (x < y, x <= y)
            assert (one > other, one >= other) == (x > y, x >= y)


def test_a_number_is_cast_from_every_kind() -> None:
    kinds: list[Any] = [5, 5.0, Fraction(5), Dyadic(5, 0), cast(5, float8_e4m3fn), True + 4]
    assert {cast(number, binary16) for number in kinds} == {Rounded(5.0, binary16)}
    assert cast(cast(Fraction(1, 3), binary16), float8_e5m2).value == 0.3125
    assert repr(cast(cast(-0.0, bfloat16), binary16).value) == "-0.0"
    assert isnan(cast(cast(inf, binary32), float8_e4m3fn).value)
    for strange in ("1", None, 1j, [1.0]):
        unknown: Any = strange
        with pytest.raises(TypeError, match=r"^a \w+ is no Dyadic; use int, float or Fraction$"):
            cast(unknown, binary16)
    number: Any = cast(1, binary16)
    with pytest.raises(FrozenInstanceError):
        number.value = 2.0


@every_function
@every_format
def test_elementary_functions_at_special_values_are_the_float_s(
    form: Format, function: Callable[[Any], Any]
) -> None:
    values = [0.0, -0.0, nan] + ([inf, -inf] if form.infinities else [])
    values += [-1.0, -form.smallest_subnormal] if function in (log, sqrt) else []
    for rounding in ROUNDINGS:
        directed = replace(form, rounding=rounding)
        for x in values:
            found = function(Rounded(x, directed))
            assert same(found.value, directed.round(function(x))), x
            assert found.format is directed


@every_function
@every_format
def test_elementary_functions_are_correctly_rounded(
    form: Format, function: Callable[[Any], Any]
) -> None:
    """What mpmath says at 300 bits, rounded: of 8 bits all numbers, else a sample."""
    random = Random(form.name)
    patterns = (
        range(1 << form.bits)
        if form.bits == 8
        else [
            form.encode(form.round(random.uniform(-1, 1) * 2.0 ** random.randint(-20, 10)))
            for _ in range(100)
        ]
    )
    tried = 0
    for x in map(form.decode, patterns):
        if not x or not isfinite(x) or (x < 0 and function in (log, sqrt)):
            continue
        with mpmath.workprec(300):
            exact = Fraction(*mpmath.libmp.to_rational(FUNCTIONS[function](mpmath.mpf(x))._mpf_))
        assert same(function(Rounded(x, form)).value, form.round(exact)), x
        tried += 1
    assert tried > 30


def test_elementary_functions_overflow_and_underflow_as_the_format_says() -> None:
    for form, limit in ((float8_e4m3fn, nan), (float8_e5m2, inf), (binary16, inf), (binary64, inf)):
        large = Rounded(form.largest, form)
        assert same(exp(large).value, limit) and repr(exp(-large).value) == "0.0"
        saturating, up, down = (
            replace(form, overflow="saturate"),
            replace(form, rounding="up"),
            replace(form, rounding="down"),
        )
        assert exp(Rounded(form.largest, saturating)).value == form.largest
        assert exp(Rounded(form.largest, down)).value == form.largest
        assert exp(Rounded(-form.largest, up)).value == form.smallest_subnormal
        assert same(log(Rounded(0.0, form)).value, -limit)
        assert tanh(large).value == 1.0 == erf(large).value == sigmoid(large).value
        below = tanh(Rounded(form.largest, replace(form, rounding="toward zero"))).value
        assert below == form.next_down(1.0)


@given(st.integers(0, 2**32))
def test_a_network_of_binary32_is_what_a_machine_computes_in_the_order_stated(seed: int) -> None:
    random = np.random.default_rng(seed)
    sizes = [int(size) for size in random.integers(1, 20, 4)]
    weights = [
        (random.normal(size=(m, n)) * 2.0 ** random.integers(-4, 4)).astype(np.float32)
        for n, m in pairwise(sizes)
    ]
    inputs = random.normal(size=sizes[0]).astype(np.float32)
    activations = inputs
    for matrix in weights:
        total = matrix[:, 0] * activations[0]
        for column in range(1, matrix.shape[1]):
            total = total + matrix[:, column] * activations[column]
        activations = np.where(total > 0, total, np.float32(0))
    ours = foldl(
        dense,
        rounded(inputs.tolist(), binary32),
        [[rounded(row, binary32) for row in matrix.tolist()] for matrix in weights],
    )
    assert not differing([x.value for x in ours], activations)


def test_the_order_stated_is_no_other() -> None:
    """2²⁴ + 1 + 1: from the left both ones are lost."""
    terms = rounded([2.0**24, 1.0, 1.0], binary32)
    ones = rounded([1.0] * 3, binary32)
    assert dense(terms, [ones]) == rounded([2.0**24], binary32)
    assert dense(terms[::-1], [ones]) == rounded([2.0**24 + 2], binary32)


def test_only_what_leaves_the_format_is_an_infinity() -> None:
    large = cast(448, float8_e4m3fn)
    assert isnan((large + large).value) and (large + 16).value == 448.0
    assert isnan((large + 32).value) and isnan((large * 2).value)
    saturating = Rounded(448.0, replace(float8_e4m3fn, overflow="saturate"))
    assert (saturating * 2).value == 448.0 and (-saturating - saturating).value == -448.0
    half = Rounded(65504.0, binary16)
    assert (half + 15).value == 65504.0 and (half + 16).value == inf == (half * half).value
    toward = replace(binary16, rounding="toward zero")
    assert (Rounded(65504.0, toward) * 2).value == 65504.0
    tiny = Rounded(2.0**-24, binary16)
    assert repr((-tiny * tiny).value) == repr((tiny / -half).value) == "-0.0"
