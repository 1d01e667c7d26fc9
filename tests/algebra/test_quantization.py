"""Quantization is integer arithmetic: exact, but for one rounding to eight bits and the limits."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.elementary import (
    TRANSCENDENTAL,
    absolute,
    greater,
    maximum,
    relu,
    sqrt,
)
from funcnn.algebra.formats import binary16
from funcnn.algebra.quantization import IntegerFormat, Quantized, int8, int32, quantize
from funcnn.algebra.roundings import cast
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract, total
from funcnn.blocks.linears import dense

TENTHS = replace(int8, scale=Fraction(1, 10))
THIRDS = replace(int8, scale=Fraction(1, 3))
MOST = 2**31 - 1

bytes_ = st.integers(-128, 127)
scales = st.sampled_from([Fraction(1), Fraction(1, 16), Fraction(1, 10), Fraction(7, 3)])
int8s = st.builds(lambda scale: replace(int8, scale=scale), scales)
int32s = st.integers(-MOST - 1, MOST)


def saturated(integer: int, most: int = 127) -> int:
    return max(-most - 1, min(integer, most))


@given(st.fractions(), int8s)
def test_a_number_is_quantized_to_the_nearest_and_of_two_to_the_even_one(
    x: Fraction, form: IntegerFormat
) -> None:
    found = quantize(x, form)
    assert found.format is form and -128 <= found.integer <= 127
    error = abs(found.value - x)
    assert error <= form.scale / 2 or found.integer == (127 if x > 0 else -128)
    if error == form.scale / 2 and abs(x) < 127 * form.scale:
        assert found.integer % 2 == 0


def test_ties_go_to_the_even_integer() -> None:
    for integer in range(-300, 300):
        even = int((integer + Decimal("0.5")).to_integral_value(ROUND_HALF_EVEN))
        for form in (int8, TENTHS, THIRDS, replace(int8, scale=Fraction(64))):
            tie = (integer + Fraction(1, 2)) * form.scale
            assert form.round(tie) == saturated(even)
            assert form.round(tie + Fraction(1, 10**30)) == saturated(integer + 1)
            assert form.round(tie - Fraction(1, 10**30)) == saturated(integer)


@pytest.mark.parametrize("exponent", [-7, 0, 3])
def test_by_powers_of_two_floats_are_quantized_as_numpy_does(exponent: int) -> None:
    random = np.random.default_rng(exponent + 7)
    values = (
        np.concatenate(
            [
                random.uniform(-200, 200, 5000),
                random.integers(-300, 300, 5000) / 2,
                [1e300, -1e300, inf, -inf, 5e-324, -0.0],
            ]
        )
        * 2.0**exponent
    )
    theirs = np.clip(np.rint(values / 2.0**exponent), -128, 127).astype(np.int8)
    form = replace(int8, scale=Fraction(2) ** exponent)
    assert [form.round(value) for value in values.tolist()] == theirs.tolist()


@given(bytes_, int8s)
def test_a_number_is_quantized_alike_in_every_kind(integer: int, form: IntegerFormat) -> None:
    value = integer * form.scale
    number = Quantized(integer, form)
    assert number.value == value and quantize(value, form) == quantize(number, form) == number
    for kind in (2 * integer + 1, float(integer) / 4, Dyadic(integer, -2), cast(1, binary16).value):
        assert form.round(kind) == form.round(Fraction(*kind.as_integer_ratio()))


def test_what_is_too_large_saturates() -> None:
    for form in (int8, TENTHS, int32, IntegerFormat("int4", 4)):
        most = 2 ** (form.bits - 1) - 1
        assert form.largest == most * form.scale == quantize(inf, form).value
        beyond = most * form.scale + 1
        for size in (beyond, 10**400, 1e300, inf, Fraction(10**40, 3), Dyadic(1, 999)):
            assert form.round(size) == most and form.round(-size) == -most - 1


def test_nan_and_what_is_no_number_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^NaN is no number of int8$"):
        quantize(nan, TENTHS)
    for strange in ("1", None, 1j):
        unknown: Any = strange
        with pytest.raises(TypeError, match=r"^a \w+ is no Dyadic; use int, float or Fraction$"):
            quantize(unknown, int8)


@pytest.mark.parametrize(("bits", "scale"), [(1, 1), (0, 1), (8, 0), (8, Fraction(-1, 2))])
def test_what_is_no_integer_format_is_refused(bits: int, scale: Fraction) -> None:
    with pytest.raises(ValueError, match=r"^i needs 2 bits or more, and a scale above 0$"):
        IntegerFormat("i", bits, Fraction(scale))
    assert IntegerFormat("i", 2).round(-9) == -2


def test_numbers_are_values() -> None:
    assert quantize(3, int8) == Quantized(3, IntegerFormat("int8", 8, Fraction(1)))
    assert quantize(3, int8) == quantize(3, TENTHS) == quantize(3, int32) == 3
    assert quantize(3, int8) != quantize(4, int8) and quantize(3, int8) != "3"
    assert len({quantize(3, int8), quantize(3, TENTHS), 3}) == 1
    assert quantize(3, int8) and not quantize(0, int8)
    number: Any = quantize(3, int8)
    with pytest.raises(FrozenInstanceError):
        number.integer = 4


@given(bytes_, bytes_, scales, scales)
def test_products_of_bytes_are_exact_and_of_32_bits(
    m: int, n: int, one: Fraction, other: Fraction
) -> None:
    x, y = (Quantized(k, replace(int8, scale=scale)) for k, scale in ((m, one), (n, other)))
    assert (x * y).integer == m * n and (x * y).format == replace(int32, scale=one * other)
    assert (x * y).value == x.value * y.value


@given(int32s, int32s, scales, st.sampled_from([8, 32]))
def test_sums_are_exact_and_of_32_bits_or_overflow(
    m: int, n: int, scale: Fraction, bits: int
) -> None:
    m, n = (m, n) if bits == 32 else (m % 128, -(n % 128))
    form = IntegerFormat(f"int{bits}", bits, scale)
    x, y = Quantized(m, form), Quantized(n, form)
    operations: list[tuple[Callable[[], Quantized], int]] = [
        *((lambda: x + y, m + n), (lambda: x - y, m - n), (lambda: y - x, n - m)),
    ]
    for operation, integer in operations:
        if -MOST - 1 <= integer <= MOST:
            assert operation() == Quantized(integer, replace(int32, scale=scale))
        else:
            with pytest.raises(OverflowError, match=rf"^{integer} leaves int32: sum fewer terms,"):
                operation()


@given(int32s, int8s, st.sampled_from([8, 32]))
def test_negatives_and_absolute_values_keep_the_format_and_saturate(
    m: int, form: IntegerFormat, bits: int
) -> None:
    form = replace(form, bits=bits)
    for integer in (m if bits == 32 else m % 256 - 128, -(2 ** (bits - 1))):
        x = Quantized(integer, form)
        assert -x == Quantized(saturated(-integer, 2 ** (bits - 1) - 1), form)
        assert abs(x) == absolute(x) == (-x if integer < 0 else x)


def test_32_bits_overflow_at_their_ends() -> None:
    most, least = Quantized(MOST, int32), Quantized(-MOST - 1, int32)
    assert (most + 0).integer == (most - 1).integer + 1 == MOST
    assert (least + 0).integer == (least + 1).integer - 1 == -MOST - 1
    assert (most + least).integer == -1 and Quantized(-1, int32) - least == most
    overflows: list[tuple[Callable[[], Any], int]] = [
        *((lambda: most + 1, MOST + 1), (lambda: 0 - least, MOST + 1)),
        *((lambda: least - 1, -MOST - 2), (lambda: least + least, -2 * MOST - 2)),
        (lambda: total([most, most]), 2 * MOST),
    ]
    for overflow, integer in overflows:
        with pytest.raises(OverflowError) as caught:
            overflow()
        message = f"{integer} leaves int32: sum fewer terms, or take a coarser scale"
        assert str(caught.value) == message


def test_a_negative_byte_is_a_byte_and_may_be_a_factor() -> None:
    least = quantize(-128, int8)
    assert -least == abs(least) == Quantized(127, int8)
    assert (0 - least).integer == 128 and (least - 127).integer == -255
    assert (least * least).integer == 128**2 and (-least * least).integer == -127 * 128


def test_what_is_not_of_eight_bits_is_no_factor() -> None:
    x = quantize(3, int8)
    for product in (lambda: x * (x * x), lambda: (x + x) * x, lambda: 2 * (x * x)):
        with pytest.raises(TypeError, match=r"^an int32 is no factor: quantize it to int8$"):
            product()
    nibble, wide = Quantized(7, IntegerFormat("int4", 4)), Quantized(7, IntegerFormat("int9", 9))
    assert (nibble * x).integer == 21
    with pytest.raises(TypeError, match=r"^an int9 is no factor"):
        x * wide


def test_terms_of_two_scales_do_not_mix() -> None:
    x, y = quantize(3, TENTHS), quantize(3, THIRDS)
    mixtures: list[tuple[Callable[[], Any], str]] = [
        *((lambda: x + y, "1/10 beside 1/3"), (lambda: y - x, "1/3 beside 1/10")),
        *((lambda: x * x + x, "1/100 beside 1/10"), (lambda: total([y, x]), "1/3 beside 1/10")),
    ]
    for mixture, places in mixtures:
        with pytest.raises(TypeError) as caught:
            mixture()
        message = f"scales {places}: terms do not mix, quantize one of them"
        assert str(caught.value) == message
    assert (x * y).value == 9


@given(int32s, int32s, scales, scales)
def test_the_order_is_that_of_the_values_of_any_scale(
    m: int, n: int, one: Fraction, other: Fraction
) -> None:
    x, y = Quantized(m, replace(int32, scale=one)), Quantized(n, replace(int32, scale=other))
    p, q = m * one, n * other
    assert (x < y, x <= y, x > y, x >= y) == (p < q, p <= q, p > q, p >= q)
    assert greater(x, y) == Quantized(int(p > q), int8)
    assert maximum(x, y) is (y if q > p else x)
    assert relu(x) == Quantized(max(m, 0), x.format)


def test_relu_keeps_the_bits_and_the_equal_keep_their_order() -> None:
    for integer in (-5, 0, 5):
        x = Quantized(integer, TENTHS)
        assert relu(x) == Quantized(max(integer, 0), TENTHS)
        assert not x < x and x <= x and not x > x and x >= x and greater(x, x).integer == 0


def test_an_int_on_either_side_is_lifted_to_the_same_scale() -> None:
    x = quantize(Fraction(3, 2), TENTHS)
    one: Any = 1
    for found, value in (
        *((x + 1, 2.5), (1 + x, 2.5), (x - 1, 0.5), (1 - x, -0.5), (x * 2, 3.0), (2 * x, 3.0)),
        *((add(one, x), 2.5), (subtract(one, x), -0.5), (multiply(x, 2 * one), 3.0)),
    ):
        assert isinstance(found, Quantized) and found.value == value and found.format.bits == 32
    assert x > 1 and x < 2 and x >= 1 and 2 >= x and 1 < x and not x <= 1
    assert lift(Fraction(-1, 2), x) == Quantized(-5, TENTHS)
    assert lift(10**9, Quantized(0, int32)) == Quantized(10**9, int32)


@pytest.mark.parametrize("constant", [13, -13, Fraction(1, 3), 0.1, inf, Fraction(1, 20)])
def test_a_constant_that_would_be_rounded_is_not_lifted(constant: Any) -> None:
    with pytest.raises(TypeError) as caught:
        lift(constant, quantize(1, TENTHS))
    message = f"{constant} is no int8 of scale 1/10; quantize it to another scale"
    assert str(caught.value) == message


def test_there_is_no_quotient_and_no_function_but_relu() -> None:
    x = quantize(1, int8)
    for quotient in (lambda: x / x, lambda: x / 2, lambda: 1 / x, lambda: divide(x, 3)):
        with pytest.raises(TypeError) as caught:
            quotient()
        message = "the quotient of two Quantized has no scale: use float or Fraction numbers"
        assert str(caught.value) == message
    for function in (*TRANSCENDENTAL, sqrt):
        with pytest.raises(TypeError, match=r"^\w+ has no instance for Quantized: its result has "):
            function(x)


@pytest.mark.parametrize("operation", [add, subtract, multiply, divide])
@pytest.mark.parametrize("strange", [0.5, Fraction(1, 2), Dyadic(1), cast(1, binary16)])
def test_other_kinds_are_refused_and_named(operation: Callable[..., Any], strange: Any) -> None:
    x, kind = quantize(1, int8), type(strange).__name__
    for one, other, kinds in (
        (x, strange, f"Quantized beside {kind}"),
        (strange, x, f"{kind} beside Quantized"),
    ):
        with pytest.raises(TypeError) as caught:
            operation(one, other)
        assert str(caught.value) == f"{kinds}: numbers do not mix, convert one of them"
    with pytest.raises(TypeError):
        x + strange
    with pytest.raises(TypeError):
        strange < x


@given(st.integers(0, 2**32))
def test_a_network_of_bytes_is_the_computation_in_integers(seed: int) -> None:
    """int8 · int8 summed in int32; between two layers one rounding to int8, and saturation."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 12, 3).tolist()
    x = random.integers(-128, 128, sizes[0]).astype(np.int8)
    first = random.integers(-128, 128, (sizes[1], sizes[0])).astype(np.int8)
    second = random.integers(-128, 128, (sizes[2], sizes[1])).astype(np.int8)
    weight, middle = replace(int8, scale=Fraction(1, 64)), replace(int8, scale=Fraction(4))

    def quantized(matrix: Any) -> list[list[Quantized]]:
        return [[Quantized(integer, weight) for integer in row] for row in matrix.tolist()]

    inputs = [Quantized(integer, TENTHS) for integer in x.tolist()]
    hidden = dense(inputs, quantized(first))
    sums = np.maximum(first.astype(np.int32) @ x.astype(np.int32), 0)
    assert hidden == [Quantized(k, replace(int32, scale=Fraction(1, 640))) for k in sums.tolist()]

    requantized = [quantize(number, middle) for number in hidden]
    integers = [min(round(Fraction(k, 640 * 4)), 127) for k in sums.tolist()]
    assert [number.integer for number in requantized] == integers

    outputs = dense(requantized, quantized(second))
    sums = np.maximum(second.astype(np.int32) @ np.array(integers, np.int32), 0)
    assert [number.integer for number in outputs] == sums.tolist()
    assert {number.format for number in outputs} == {replace(int32, scale=Fraction(1, 16))}
