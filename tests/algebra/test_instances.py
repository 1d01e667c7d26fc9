"""Every function has, for every number, an instance or a declared reason why not."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import permutations, product
from math import inf, isfinite, isnan, nan, nextafter, ulp
from typing import Any, Final

import pytest

from funcnn.algebra import elementary, scalars
from funcnn.algebra.bounds import Bound, bound
from funcnn.algebra.duals import TWO_OVER_ROOT_PI, Dual
from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.elementary import sqrt
from funcnn.algebra.enclosures import ENCLOSED, enclosure
from funcnn.algebra.formats import FORMATS, binary16, binary64
from funcnn.algebra.grids import Grid, Inexact, grid
from funcnn.algebra.intervals import Interval, interval
from funcnn.algebra.quantization import Quantized, int8, quantize
from funcnn.algebra.roundings import Rounded, cast
from funcnn.algebra.scalars import NoInstance, add, divide, lift, multiply, subtract, total
from funcnn.algebra.surds import Surd, power, surd
from funcnn.algebra.traces import Traced
from funcnn.algebra.vectors import dot
from funcnn.blocks.linears import dense
from strategies import PI

HALF: Final = Fraction(1, 2)
SAMPLES: Final[dict[type, Any]] = {
    int: 2,
    float: 0.5,
    Fraction: HALF,
    Dyadic: dyadic(HALF),
    Rounded: cast(HALF, binary16),
    Quantized: quantize(HALF, replace(int8, scale=Fraction(1, 16))),
    Interval: Interval(0.25, 0.5),
    Surd: power(2, HALF),
    Dual: Dual(0.5, 1.0),
    Traced: Traced(0.5),
    Bound: bound(HALF),
    Grid: grid(HALF, binary16),
}
DISPATCHED: Final = {
    name: function
    for module in (scalars, elementary)
    for name, function in vars(module).items()
    if hasattr(function, "registry") and function.__module__ == module.__name__
}
OF_ONE: Final = {
    name: function
    for name, function in DISPATCHED.items()
    if not name.endswith("_instance") and name != "beside"
}
OF_TWO: Final = {
    "maximum": (elementary.maximum, elementary.maximum_instance),
    "greater": (elementary.greater, elementary.greater_instance),
}
ARITHMETIC: Final = (add, subtract, multiply, divide)

every_number = pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.__name__)
every_function = pytest.mark.parametrize("name", OF_ONE)


def test_these_are_all_numbers_and_all_functions() -> None:
    tests_own = ("enclosed", "orders", "tallies")
    ours = {kind for kind in scalars.lift_instance.registry if kind.__module__ not in tests_own}
    assert {*SAMPLES} == ours - {object}
    assert {*OF_ONE} == {"relu", "absolute"} | {function.__name__ for function in ENCLOSED}
    assert {*DISPATCHED} - {*OF_ONE} == {
        "lift_instance",
        "beside",
        "total_instance",
        "maximum_instance",
        "greater_instance",
    }


@every_function
@every_number
def test_a_function_of_one_number_has_an_instance_or_a_reason(name: str, kind: type) -> None:
    function = OF_ONE[name]
    declared_or_returned(function, function.registry, kind, SAMPLES[kind])


@pytest.mark.parametrize("name", OF_TWO)
@every_number
def test_a_function_of_two_numbers_has_an_instance_or_a_reason(name: str, kind: type) -> None:
    function, instances = OF_TWO[name]
    declared_or_returned(function, instances.registry, kind, SAMPLES[kind], SAMPLES[kind])


def declared_or_returned(
    function: Callable[..., Any], registry: Any, kind: type, *numbers: Any
) -> None:
    """The kind itself is registered: an instance, which keeps it, or a reason, which is told."""
    assert kind in registry
    if kind is Grid and function in ENCLOSED:
        with pytest.raises(Inexact, match=f"^{function.__name__} of .* is rounded"):
            function(*numbers)
        return
    if not isinstance(registry[kind], NoInstance):
        assert type(function(*numbers)) is kind
        return
    with pytest.raises(TypeError) as caught:
        function(*numbers)
    message = str(caught.value)
    assert message.startswith(f"{function.__name__} has no instance for {kind.__name__}: ")
    assert "use " in message or "quantize " in message


@pytest.mark.parametrize("operation", ARITHMETIC)
@every_number
def test_arithmetic_keeps_the_kind_or_says_what_to_use(
    operation: Callable[[Any, Any], Any], kind: type
) -> None:
    number = SAMPLES[kind]
    without_quotient = operation is divide and kind in (int, Dyadic, Quantized)
    if not without_quotient:
        assert type(operation(number, number)) is kind
        assert type(operation(number, 1)) is type(operation(1, number)) is kind
        return
    with pytest.raises(TypeError, match=r"^the quotient of two \w+ .*: use .*Fraction"):
        operation(number, number)


@every_number
def test_every_number_has_a_sum_a_negative_and_a_zero(kind: type) -> None:
    number = SAMPLES[kind]
    assert type(total([number, number])) is type(-number) is type(lift(0, number)) is kind


@every_number
def test_the_sketch_runs_on_every_number_unchanged(kind: type) -> None:
    number = SAMPLES[kind]
    for output in dense([number, number], [[number, -number], [number, number]]):
        assert type(output) is kind


@pytest.mark.parametrize("operation", ARITHMETIC)
@pytest.mark.parametrize(
    ("one", "other"),
    [pair for pair in permutations(SAMPLES, 2) if int not in pair],
    ids=lambda kind: kind.__name__,
)
def test_two_kinds_of_number_do_not_mix_and_both_are_named(
    operation: Callable[[Any, Any], Any], one: type, other: type
) -> None:
    if {one, other} == {float, Dual}:
        assert type(operation(SAMPLES[one], SAMPLES[other])) is Dual
        return
    with pytest.raises(TypeError, match=": numbers do not mix, convert one of them$") as caught:
        operation(SAMPLES[one], SAMPLES[other])
    names = str(caught.value).partition(":")[0].split(" beside ")
    expected = ["float" if kind is Dual else kind.__name__ for kind in (one, other)]
    assert names == expected


SPECIALS: Final = (
    nan,
    inf,
    -inf,
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    2.0**-1022,
    1e-300,
    -1e-160,
    710.0,
    -746.0,
    1e160,
    1.7976931348623157e308,
    -1.7976931348623157e308,
)
MAKERS: Final[dict[str, Callable[[float], Any]]] = {
    "int": int,
    "float": float,
    "Fraction": Fraction,
    "Dyadic": dyadic,
    "Quantized": lambda x: quantize(x, int8),
    "Interval": interval,
    "Surd": surd,
    "Dual": lambda x: Dual(x, 1.0),
    "Traced": Traced,
    "Bound": bound,
    **{form.name: partial(cast, number_format=form) for form in FORMATS},
}
ERRORS: Final = (TypeError, ValueError, ArithmeticError)


def one_line(error: Exception) -> bool:
    message = str(error)
    return 0 < len(message) <= 300 and message.isprintable()


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("x", SPECIALS)
def test_every_special_value_is_a_number_or_refused_in_a_line(maker: str, x: float) -> None:
    """NaN and the infinities are numbers where IEEE 754 has them; finite ones are everywhere."""
    ieee = maker in ("float", "Dual", "Traced", *[form.name for form in FORMATS])
    try:
        MAKERS[maker](x)
    except ERRORS as error:
        assert one_line(error) and not isfinite(x) and not ieee
    else:
        assert isfinite(x) or ieee or (maker == "Quantized" and not isnan(x))


@pytest.mark.parametrize("maker", MAKERS)
@every_function
def test_a_function_of_a_special_value_is_a_number_or_an_error_of_a_line(
    maker: str, name: str
) -> None:
    function = OF_ONE[name]
    for x in SPECIALS:
        try:
            number = MAKERS[maker](x)
        except ERRORS:
            continue
        try:
            agrees_with_float(function(number), function(x), function in ENCLOSED)
        except ERRORS as error:
            assert one_line(error), (x, error)
            declared = isinstance(function.registry[type(number)], NoInstance)
            outside = isnan(function(x)) or not isfinite(function(x))
            assert declared or outside or maker == "Surd", (x, error)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("operation", [*ARITHMETIC, elementary.maximum, elementary.greater])
def test_an_operation_on_special_values_is_a_number_or_an_error_of_a_line(
    maker: str, operation: Callable[[Any, Any], Any]
) -> None:
    for x, y in product(SPECIALS, SPECIALS):
        try:
            numbers = [MAKERS[maker](x), MAKERS[maker](y)]
        except ERRORS:
            continue
        try:
            agrees_with_float(operation(*numbers), operation(x, y), False)
        except ERRORS as error:
            assert one_line(error), (x, y, error)
            without = operation is divide and (maker in ("int", "Dyadic", "Quantized") or y == 0)
            lost = maker in ("Quantized", "Bound", "Interval")
            assert without or lost, (x, y, error)


def agrees_with_float(result: Any, expected: float, from_library: bool) -> None:
    """What is the same number over float, or holds it; a library's functions may err by an ulp."""
    match result:
        case Dual(value=value) | Traced(value=value):
            assert repr(value) == repr(expected)
        case Rounded(value=value, format=form) if form == binary64:
            slack = ulp(expected) if from_library and isfinite(expected) else 0.0
            same_zero = value != 0 or expected != 0 or repr(value) == repr(expected)
            assert same_zero and (
                isnan(value)
                and isnan(expected)
                or abs(value - expected) <= slack
                or value == expected
            )
        case Interval(low=low, high=high):
            assert nextafter(low, -inf) <= expected <= nextafter(high, inf)
        case Bound() if isfinite(expected):
            assert result.admits(expected)


def test_an_int_stands_among_quantized_numbers() -> None:
    x = quantize(3, int8)
    mixed: list[Any] = [1, 2]
    assert dot([x, x], mixed) == 9 and dense([x, x], [mixed]) == [9]


def test_equality_is_that_of_values_where_the_operators_are() -> None:
    """Of intervals and bounds it is that of their fields, of traced numbers their identity, as
    their docstrings say."""
    for kind, number in SAMPLES.items():
        one = lift(1, number)
        if kind not in (Interval, Bound, Dual, Traced):
            assert one == 1 and hash(one) == hash(1) and one != 2
            assert bool(one) and not lift(0, number)
    not_a_number = cast(nan, binary16)
    assert not_a_number != not_a_number and not not_a_number <= not_a_number
    assert cast(1, binary16) != cast(1, binary64)


def test_the_slope_of_erf_is_enclosed_too() -> None:
    root_pi = enclosure(sqrt, 1 / Fraction(PI), 150)
    [low, high] = [2 * Fraction(*end.as_integer_ratio()) for end in (root_pi.low, root_pi.high)]
    slope = elementary.erf(Dual(Interval(0.0, 0.0), Interval(1.0, 1.0))).tangent
    assert Fraction(slope.low) < low < high < Fraction(slope.high)
    assert slope.high == nextafter(slope.low, inf)
    assert abs(TWO_OVER_ROOT_PI - low) < Fraction(1, 10**45)


wrongly: Any = "1"
wrong_scale: Any = 0.1
eighth: Any = int8
half_format: Any = binary16


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: cast(1, eighth), "is no Format; for int8 there is quantize"),
        (lambda: quantize(1, half_format), "is no IntegerFormat; for formats there is cast"),
        (lambda: bound(wrongly), "a str is no Bound; use int, float or Fraction"),
        (lambda: replace(int8, scale=wrong_scale), "int8: the scale is to be a Fraction, not 0.1"),
    ],
)
def test_the_wrong_kind_is_refused_in_a_line(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        wrong()
    assert str(caught.value).endswith(message)


def test_plain_python_keeps_within_its_own_profile() -> None:
    for index in range(-400, 400):
        x = index / 16
        for function in ENCLOSED:
            y = abs(x) + 0.01 if function in (elementary.log, sqrt) else x
            assert function(bound(y)).admits(function(y)), (function.__name__, y)
    assert elementary.sigmoid(bound(-712.0)).admits(elementary.sigmoid(-712.0))
    assert elementary.sigmoid(-712.0) > 0


def test_comparisons_flush_where_inputs_are_flushed() -> None:
    flushing = replace(binary64, flush_inputs=True)
    tiny, zero = cast(5e-324, flushing), cast(0, flushing)
    assert not tiny > zero and tiny <= zero and elementary.greater(tiny, zero) == 0


def test_a_logarithm_next_to_1_is_enclosed_at_once() -> None:
    near = enclosure(elementary.log, 1 + Fraction(1, 2**30_000), 53)
    assert near.high <= Dyadic(1, -30_000) and near.low > Dyadic(1, -30_001)
    assert enclosure(elementary.log, 1 - Fraction(1, 2**70), 53).low < -Dyadic(1, -70)
