"""Lanes hold what is put into them; products in lanes are the reference's; where it raises, so do
they."""

import pickle
from fractions import Fraction
from math import inf, nan
from operator import mul
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy import ones

from factors import factors
from funcnn import dense, foldl, layer, linear, matmul, matvec, serial, transpose, tree_map
from funcnn.algebra.dyadics import Dyadic, dyadic, fraction
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.fast import exact, floats, tables, vmap
from funcnn.fast.exact import absolute_matmul, exact_matmul, to_lanes
from funcnn.fast.lanes import Lanes, width
from funcnn.fast.planes import fixed_point, planes, span
from representations import EXAMPLES, integers, outcome, products, same

WIDTHS = st.integers(1, 20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def lane_rows(draw: st.DrawFn) -> tuple[Lanes, list[int], list[int]]:
    """Lanes, two rows that fit, and the limits of a lane among their integers."""
    lanes = Lanes(draw(st.integers(1, 9)), draw(WIDTHS))
    limit = 1 << 8 * lanes.width - 1
    entries = st.sampled_from([-limit, limit - 1, 0, -1]) | st.integers(-limit, limit - 1)
    rows = st.lists(entries, min_size=lanes.count, max_size=lanes.count)
    return lanes, draw(rows), draw(rows)


@given(lane_rows())
def test_what_is_packed_is_unpacked(case: tuple[Lanes, list[int], list[int]]) -> None:
    lanes, row, _ = case
    assert lanes.unpack(lanes.pack(row)) == row
    assert lanes.pack(row) == sum(x << 8 * lanes.width * j for j, x in enumerate(row))
    assert lanes.load(lanes.dump(lanes.pack(row))) == lanes.pack(row)


@given(lane_rows(), st.integers(), st.integers())
def test_packing_carries_sums_and_multiples_over(
    case: tuple[Lanes, list[int], list[int]], a: int, b: int
) -> None:
    lanes, x, y = case
    wide = Lanes(lanes.count, width(max(map(abs, x + y)) * max(1, abs(a) + abs(b))))
    sums = [a * one + b * other for one, other in zip(x, y, strict=True)]
    assert wide.unpack(a * wide.pack(x) + b * wide.pack(y)) == sums


@given(st.integers(0, 1 << 300))
def test_a_width_is_enough_for_either_sign(largest: int) -> None:
    lanes = Lanes(2, width(largest))
    assert lanes.unpack(lanes.pack([largest, -largest])) == [largest, -largest]


@given(st.lists(FLOATS, min_size=1, max_size=9) | st.lists(st.integers(), min_size=1, max_size=9))
@example([2.0**1000, 5e-324])
@example([5e-324, -5e-324])
@example([-(2**30), 2**60, -1])
def test_planes_and_fixed_points_are_the_numbers(numbers: list[Any]) -> None:
    integers, exponent = fixed_point(numbers)
    expected = [*map(fraction, numbers)]
    assert [fraction(Dyadic(x, exponent)) for x in integers] == expected
    sums = [Fraction(0)] * len(numbers)
    for digits, exponent, places in planes(numbers):
        assert all(abs(digit) <= 2**30 for digit in digits)
        for digit, place in zip(digits, places, strict=True):
            sums[place] += fraction(Dyadic(digit, exponent))
    assert sums == expected


@pytest.mark.parametrize("number", [nan, inf, Fraction(1, 3), "1", None])
def test_a_number_that_is_no_dyadic_is_refused(number: Any) -> None:
    for refusing in (fixed_point, planes):
        with pytest.raises(TypeError, match="is no Dyadic"):
            refusing([1.0, number])
    with pytest.raises(TypeError, match="is no Dyadic"):
        exact_matmul([[1.0, number]], [[1.0], [1.0]])


def packed(matrix: Any) -> Any:
    """The matrix in lanes, if its numbers do not lie too far apart."""
    far = any(span(row) > exact.WIDEST for row in matrix)
    return matrix if far else to_lanes(matrix)


@settings(max_examples=EXAMPLES)
@given(products(integers | st.builds(dyadic, FLOATS)))
@example(([[0]], [[2**200]]))
@example(([[2**200]], [[0]]))
def test_products_of_ints_and_dyadics_are_the_reference_s(pair: Any) -> None:
    left, right = pair
    expected = matmul(left, right)
    assert same(exact.matmul(left, right), expected)
    assert same(floats.matmul(packed(left), right), expected)


@settings(max_examples=EXAMPLES // 2)
@given(products(integers | st.builds(dyadic, FLOATS)))
def test_a_vector_s_product_in_lanes_is_the_reference_s(pair: Any) -> None:
    left, right = pair
    for vector in transpose(right)[:2]:
        assert same(matvec(packed(left), vector), matvec(left, vector))


@given(factors())
def test_what_lanes_do_not_hold_is_left_to_the_reference(pair: Any) -> None:
    left, right = pair
    assert same(outcome(exact.matmul, left, right), outcome(matmul, left, right))
    try:
        in_lanes = to_lanes(left)
    except (TypeError, ValueError):
        return
    assert same(outcome(matmul, in_lanes, right), outcome(matmul, left, right))
    for vector in right:
        assert same(outcome(matvec, in_lanes, vector), outcome(matvec, left, vector))


@settings(max_examples=EXAMPLES)
@given(products(FLOATS))
@example(([[0.0]], [[1e300, 1e-300]]))
@example(([[1.0] * 300], [[1.0]] * 300))
def test_a_product_of_floats_is_exact(pair: Any) -> None:
    left, right = pair
    expected = matmul(tree_map(fraction, left), tree_map(fraction, right))
    integers, exponents = exact_matmul(left, right)
    rows = zip(integers, exponents, strict=True)
    assert [[fraction(Dyadic(x, e)) for x in row] for row, e in rows] == expected


@given(products(FLOATS))
def test_a_product_of_absolute_values_takes_no_signs(pair: Any) -> None:
    absolute = exact_matmul(*[tree_map(abs, factor) for factor in pair])
    assert absolute_matmul(*pair) == absolute


@settings(max_examples=EXAMPLES // 10)
@given(st.data())
def test_tables_give_the_sums_of_multiples(data: st.DataObject) -> None:
    rows = data.draw(st.lists(integers, min_size=1, max_size=20))
    scalars = st.lists(st.integers(-128, 127), min_size=len(rows), max_size=len(rows))
    matrix = data.draw(st.lists(scalars, max_size=3))
    expected = [sum(s * x for s, x in zip(row, rows, strict=True)) for row in matrix]
    in_bytes = [bytes(s & 255 for s in row) for row in matrix]
    assert tables.sums_by_tables(in_bytes, rows) == expected


@pytest.mark.parametrize("entry", [127, -128])
def test_many_rows_are_multiplied_by_tables(entry: int) -> None:
    terms = range(tables.TERMS + 3)
    left = [[(entry * i + k) % 256 - 128 for k in terms] for i in range(tables.FEWEST)]
    right = [[entry, k % 128] for k in terms]
    columns = transpose(right)
    expected = [[sum(map(mul, row, column)) for column in columns] for row in left]
    assert exact.matmul(left, right) == expected


def refuse(*arguments: Any) -> Any:
    raise AssertionError("not meant to run")


@pytest.mark.parametrize("far", [Dyadic(1, 10**5), 1 << 10**5], ids=["dyadic", "int"])
def test_numbers_too_far_apart_for_lanes_are_left_to_the_reference(
    far: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = to_lanes([[1, 3]])
    with pytest.raises(ValueError, match="^row 1: .* use no lanes$"):
        to_lanes([[1, 1], [far, 1]])
    monkeypatch.setattr(exact, "Lanes", refuse)
    assert exact.matmul([[far, 1]], [[3], [1]]) == [[3 * far + 1]]
    assert exact.matmul([[3, 1]], [[far], [1]]) == [[3 * far + 1]]
    assert exact.matmul([[3]], [[far, 1]]) == [[3 * far, 3]]
    monkeypatch.setattr(exact, "planes", refuse)
    assert matvec(small, [far, Dyadic(1)]) == [far + 3]


def test_exponents_may_be_far_from_0() -> None:
    far = Dyadic(1, 10**300)
    assert exact.matmul([[far]], [[far, far]]) == [[far * far, far * far]]
    assert matvec(to_lanes([[far], [Dyadic(3, -(10**300))]]), [far]) == [far * far, 3]


def test_lanes_do_not_need_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("funcnn.algebra.vectors._dot", refuse)
    monkeypatch.setattr("funcnn.blocks.linears.linear", refuse)
    for number in (3, Dyadic(1, -1)):
        assert exact.matmul([[number, 2]], [[4], [1]]) == [[number * 4 + 2]]
        assert floats.linear([[number, number]], [[number, number]]) == [[number * number * 2]]


def test_a_network_runs_on_lanes_as_on_lists() -> None:
    digits = tree_map(dyadic, split_digits().held_out.images[:5])
    weights = tree_map(dyadic, digit_weights())
    in_lanes = [to_lanes(matrix) for matrix in weights]
    expected = [foldl(dense, digit, weights) for digit in digits]
    assert [foldl(dense, digit, in_lanes) for digit in digits] == expected
    network = serial(layer(dense), layer(linear))
    expected = [network(digit, weights) for digit in digits]
    assert vmap(network)(digits, weights) == vmap(network)(digits, in_lanes) == expected


@pytest.mark.parametrize(
    ("matrix", "error"),
    [
        ([[1, 0.5]], "row 0, entry 1: lanes hold no float; convert it with dyadic"),
        ([[1], ["1"]], "row 1, entry 0: lanes hold no str; convert it with dyadic"),
        ([[1], [1, 2]], "row 1 has length 2, row 0 has length 1"),
        ([[]], "row 0 is empty"),
        (iter([[1]]), "a matrix is a list_iterator, not a list"),
    ],
)
def test_what_lanes_do_not_hold_is_refused(matrix: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{error}$"):
        to_lanes(matrix)


def test_lanes_are_a_sequence_of_rows_that_crosses_to_another_process() -> None:
    matrix = to_lanes([[1, Dyadic(1, -1)], [3, 4]])
    assert [*matrix] == [[1, Dyadic(1, -1)], [3, 4]] and len(matrix) == 2
    assert pickle.loads(pickle.dumps(matrix)) == matrix
    assert matvec(to_lanes([]), [1]) == []
    assert hash(matrix) == hash(to_lanes([[1, Dyadic(1, -1)], [3, 4]]))
    for row in (matrix[0], matrix[:1][0], [*matrix][0]):
        row[0] = 9
    assert matrix[0] == [1, Dyadic(1, -1)]


def test_no_list_and_no_real_number_is_multiplied() -> None:
    array: Any = ones((2, 2))
    with pytest.raises(TypeError, match="^left is a ndarray, not a list$"):
        exact.matmul(array, array)
    with pytest.raises(TypeError, match="^absolute has no instance for complex"):
        absolute_matmul([[3 + 4j]], [[1]])
