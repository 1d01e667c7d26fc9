"""Numbers of one kind are added as Python adds them; ints are lifted; other kinds do not mix."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.scalars import (
    NoInstance,
    add,
    alike,
    divide,
    lift,
    multiply,
    subtract,
    together,
    total,
    unknown_kind,
)
from strategies import finite_floats, fractions

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
BITS = 53

integers = st.integers(-(10**6), 10**6)
Operation = Callable[[Any, Any], Any]


class Measured(float):
    """A float with another name."""


def orders(terms: list[Fraction]) -> st.SearchStrategy[tuple[list[Any], list[Any]]]:
    return st.tuples(st.just(terms), st.permutations(terms))


operations = pytest.mark.parametrize(
    ("ours", "exact"),
    [
        (add, lambda x, y: x + y),
        (subtract, lambda x, y: x - y),
        (multiply, lambda x, y: x * y),
        (divide, lambda x, y: x / y),
    ],
)
every_operation = pytest.mark.parametrize("operation", [add, subtract, multiply, divide])


@operations
@given(x=fractions, y=fractions.filter(bool))
def test_numbers_of_one_kind_keep_it(ours: Operation, exact: Operation, x: Any, y: Any) -> None:
    assert ours(x, y) == exact(x, y) and type(ours(x, y)) is Fraction
    assert ours(float(x), float(y)) == exact(float(x), float(y))


@operations
@pytest.mark.parametrize("number", [0.75, Fraction(3, 4), Dual(0.75, 2.0), Dual(HALF, THIRD)])
def test_an_int_on_either_side_is_lifted(ours: Operation, exact: Operation, number: Any) -> None:
    five = lift(5, number)
    for result in (ours(5, number), ours(number, 5)):
        assert type(result) is type(number)
    assert ours(5, number) == exact(five, number)
    assert ours(number, 5) == exact(number, five)


@every_operation
@pytest.mark.parametrize(
    ("x", "y"),
    [
        (0.5, HALF),
        (HALF, 0.5),
        (Dual(0.5, 1.0), HALF),
        (HALF, Dual(0.5, 1.0)),
        (Dual(0.5, 1.0), Dual(HALF, HALF)),
        (0.5, Decimal(1)),
        (Decimal(1), HALF),
        (1j, 0.5),
        (HALF, 1j),
    ],
)
def test_numbers_do_not_mix(operation: Operation, x: Any, y: Any) -> None:
    with pytest.raises(TypeError, match=r" beside \w+: numbers do not mix, |^lift has no "):
        operation(x, y)


def test_the_error_for_mixed_numbers_names_them_in_their_order() -> None:
    for x, y, names in ((0.5, HALF, "float beside Fraction"), (HALF, 0.5, "Fraction beside float")):
        with pytest.raises(TypeError) as caught:
            together(x, y)
        assert str(caught.value) == f"{names}: numbers do not mix, convert one of them"


@every_operation
@pytest.mark.parametrize("strange", [1j, Decimal(1), "1", None, [1]])
def test_an_int_beside_what_is_no_number_is_an_error_of_one_line(
    operation: Operation, strange: Any
) -> None:
    kind = type(strange).__name__
    for x, y in ((1, strange), (strange, 1)):
        with pytest.raises(TypeError) as caught:
            operation(x, y)
        message = str(caught.value)
        assert message.startswith(f"lift has no instance for {kind}; it has for int")
        assert "\n" not in message


@every_operation
def test_a_subclass_of_float_is_a_float(operation: Operation) -> None:
    for x, y in ((Measured(3.0), 2.0), (3.0, Measured(2.0)), (Measured(3.0), 2)):
        assert operation(x, y) == operation(3.0, 2.0)
    with pytest.raises(TypeError, match="numbers do not mix"):
        operation(Measured(3.0), HALF)


def test_a_bool_is_an_int() -> None:
    answer: Any = True
    assert add(answer, 2) == 3
    assert repr(multiply(answer, 0.5)) == "0.5"
    assert add(HALF, answer) == Fraction(3, 2)
    assert total([answer, answer, False]) == 2
    assert lift(1, answer) == 1


@pytest.mark.parametrize(("x", "y"), [(1, 3), (6, 3), (True, 1), (0, 0)])
def test_two_ints_have_no_quotient(x: int, y: int) -> None:
    with pytest.raises(TypeError, match=r"^the quotient of two ints need not be an int: use "):
        divide(x, y)


def test_a_fraction_by_zero_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        divide(Fraction(1), 0)


@pytest.mark.parametrize(
    ("x", "y", "quotient"),
    [
        (1.0, 0.0, inf),
        (1.0, -0.0, -inf),
        (-1.0, 0, -inf),
        (inf, -0.0, -inf),
        (0.0, 0.0, nan),
        (nan, 0.0, nan),
    ],
)
def test_a_float_by_zero_is_what_ieee_754_says(x: float, y: float, quotient: float) -> None:
    assert repr(divide(x, y)) == repr(quotient)


def test_an_int_of_any_size_is_lifted_to_a_fraction() -> None:
    assert add(10**400, HALF) == Fraction(2 * 10**400 + 1, 2)
    assert lift(10**400, 1) == 10**400
    with pytest.raises(TypeError, match="^a constant too large for a float; use Fraction numbers$"):
        lift(10**400, 1.0)


def test_a_text_is_no_constant() -> None:
    text: Any = "2"
    with pytest.raises(TypeError, match="^a str is no constant; use int, float or Fraction$"):
        lift(text, 1.0)


@given(integers, fractions)
def test_a_lifted_int_is_the_same_number_in_another_kind(constant: int, like: Fraction) -> None:
    kinds: list[Any] = [like, float(like), 7]
    for kind in kinds:
        assert lift(constant, kind) == constant and type(lift(constant, kind)) is type(kind)
    assert lift(constant, Dual(like, like)) == Dual(Fraction(constant), Fraction(0))


def test_a_lifted_dual_is_a_constant_as_deep() -> None:
    assert lift(3, Dual(Dual(1.0, 2.0), Dual(3.0, 4.0), 2)) == Dual(
        Dual(3.0, 0.0), Dual(0.0, 0.0), 2
    )


def test_a_constant_is_lifted_to_the_nearest_number_of_the_kind() -> None:
    assert lift(THIRD, 1.0) == 1 / 3
    assert lift(2**BITS + 1, 1.0) == 2.0**BITS
    assert lift(0.1, HALF) == Fraction(0.1) != Fraction(1, 10)
    assert repr(lift(2.0, 3)) == "2" and repr(lift(Fraction(4, 2), 3)) == "2"


@pytest.mark.parametrize("constant", [0.5, HALF, -1.5, Fraction(5, 3)])
def test_an_int_holds_no_half(constant: Any) -> None:
    with pytest.raises(TypeError) as caught:
        lift(constant, 3)
    assert str(caught.value) == f"{constant} is no int; use float or Fraction numbers"


@pytest.mark.parametrize("like", [3, HALF])
@pytest.mark.parametrize("constant", [nan, inf, -inf])
def test_exact_numbers_hold_no_nan_and_no_infinity(constant: float, like: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{constant} is no {type(like).__name__}; use float"):
        lift(constant, like)


def test_a_missing_instance_is_told_in_one_short_line() -> None:
    registry = {object: None, int: abs, float: abs, Fraction: NoInstance("exp", "irrational")}
    message = str(unknown_kind("exp", "x" * 1000, registry))
    assert message == "exp has no instance for str; it has for int, float"


def test_a_declared_lack_says_why_for_every_number_of_arguments() -> None:
    lack = NoInstance("maximum", "there is no order; use float")
    for arguments in [(1j,), (1j, 2j)]:
        with pytest.raises(TypeError) as caught:
            lack(*arguments)
        assert (
            str(caught.value) == "maximum has no instance for complex: there is no order; use float"
        )


@given(st.lists(integers, max_size=4), st.lists(st.lists(fractions, max_size=4), max_size=4))
def test_ints_beside_fractions_become_fractions(ints: list[int], rows: list[Any]) -> None:
    mixed = [ints, *rows, [HALF]]
    result = alike(mixed)
    assert result == mixed
    assert {type(number) for row in result for number in row} == {Fraction}


@pytest.mark.parametrize("number", [0.5, HALF, Dual(0.5, 1.0), Measured(0.5), 3, True])
def test_wherever_it_stands_a_number_lifts_the_ints(number: Any) -> None:
    for rows in ([[1, number], [2]], [[1], [2, number]], [[number], [1, 2]]):
        result = alike(rows)
        assert all(isinstance(x, type(lift(0, number))) for row in result for x in row)
        assert result == [[lift(x, number) if type(x) is int else x for x in row] for row in rows]


@pytest.mark.parametrize(
    ("rows", "place", "reason"),
    [
        ([[1, 0.5], [1, 2, HALF]], "vector 1, entry 2", "float beside Fraction"),
        ([[HALF, 0.5]], "vector 0, entry 1", "Fraction beside float"),
        ([[Measured(1), HALF]], "vector 0, entry 1", "float beside Fraction"),
        ([[Dual(0.5, 1.0)], [HALF]], "vector 1, entry 0", "float beside Fraction"),
        ([[1], [2, "3"]], "vector 1, entry 1", "lift has no instance for str; "),
        ([[None]], "vector 0, entry 0", "lift has no instance for NoneType; "),
        ([[0.5], [1j]], "vector 1, entry 0", "lift has no instance for complex; "),
        ([[Decimal(1)]], "vector 0, entry 0", "lift has no instance for Decimal; "),
        ([[[1.0]]], "vector 0, entry 0", "lift has no instance for list; "),
    ],
)
def test_the_place_of_a_wrong_number_is_named(rows: Any, place: str, reason: str) -> None:
    with pytest.raises(TypeError) as caught:
        alike(rows)
    assert str(caught.value).startswith(f"{place}: {reason}")
    with pytest.raises(TypeError, match=rf"^the {place.split()[1][0]}th one, entry "):
        alike(rows, "the {}th one".format)


def test_of_no_numbers_there_is_nothing_to_lift() -> None:
    assert alike([]) == [] and alike([[], []]) == [[], []]


@given(st.lists(st.floats() | finite_floats, min_size=1, max_size=12))
def test_a_total_is_the_left_fold(terms: list[float]) -> None:
    state = terms[0]
    for term in terms[1:]:
        state = state + term
    assert repr(total(terms)) == repr(state)


def test_a_total_is_not_the_compensated_builtin_and_starts_from_no_zero() -> None:
    assert total([1e16, 1.0, -1e16]) == 0.0
    assert total([1e16, -1e16, 1.0]) == 1.0
    assert repr(total([-0.0])) == repr(total([-0.0, -0.0])) == "-0.0"


@given(st.lists(fractions, min_size=1, max_size=8).flatmap(orders))
def test_a_total_of_exact_numbers_has_no_order(pair: tuple[list[Any], list[Any]]) -> None:
    terms, shuffled = pair
    assert total(terms) == total(shuffled) == sum(terms)


def test_a_total_lifts_its_ints() -> None:
    three: list[Any] = [1, 2]
    assert total([*three, HALF]) == Fraction(7, 2)
    assert repr(total([*three, 0.5])) == "3.5"
    assert repr(total([2**BITS, 1, 0.0])) == repr(2.0**BITS)
    assert total([*three, Dual(0.5, 1.0), 0.5]) == Dual(4.0, 1.0)


@pytest.mark.parametrize(
    ("terms", "error", "message"),
    [
        ((), ValueError, "a sum needs at least one term"),
        ((term for term in [1.0]), TypeError, "terms is a generator, not a list"),
        ({1.0: 2.0}, TypeError, "terms is a dict, not a list"),
        ([1, 0.5, HALF], TypeError, "terms, entry 2: float beside Fraction: numbers do not mix, "),
        (["a"], TypeError, "terms, entry 0: lift has no instance for str; it has for "),
        ([1, 1j], TypeError, "terms, entry 1: lift has no instance for complex; "),
    ],
)
def test_what_has_no_total_is_refused(terms: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        total(terms)
    assert str(caught.value).startswith(message)
