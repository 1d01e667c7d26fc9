"""Vectors and matrices: products fold from the left, and what has no product says where."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import nan, sumprod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.vectors import dot, matmul, matvec, outer, rectangle, shape, transpose
from strategies import finite_floats, fractions, matrices, vectors

HALF = Fraction(1, 2)
sizes = st.integers(1, 4)


class Rows(Sequence[Any]):
    """A sequence that is neither a list nor a tuple."""

    def __init__(self, *rows: Any) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]


class Unwritten(Sequence[Any]):
    """A matrix n×n of ones that are nowhere written down."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        return [1] * self.size


def in_order(xs: Sequence[float], ys: Sequence[float]) -> float:
    result = xs[0] * ys[0]
    for i in range(1, len(xs)):
        result = result + xs[i] * ys[i]
    return result


@st.composite
def pairs[T](draw: st.DrawFn, numbers: st.SearchStrategy[T]) -> tuple[list[T], list[T]]:
    size = draw(sizes)
    return draw(vectors(size, numbers)), draw(vectors(size, numbers))


@st.composite
def systems[T](
    draw: st.DrawFn, numbers: st.SearchStrategy[T]
) -> tuple[list[list[T]], list[T], list[T]]:
    """A matrix, and two vectors that it may multiply."""
    rows, columns = draw(sizes), draw(sizes)
    line = vectors(columns, numbers)
    return draw(matrices(rows, columns, numbers)), draw(line), draw(line)


@given(pairs(st.floats() | finite_floats))
def test_a_dot_product_rounds_from_the_left(pair: tuple[list[float], list[float]]) -> None:
    assert repr(dot(*pair)) == repr(in_order(*pair))


def test_a_dot_product_is_neither_compensated_nor_started_from_zero() -> None:
    xs, ones = [1e16, 1.0, -1e16], [1.0, 1.0, 1.0]
    assert dot(xs, ones) == 0.0 != sumprod(xs, ones)
    assert repr(dot([-0.0], [1.0])) == repr(dot([-0.0, 0.0], [1.0, -1.0])) == "-0.0"


@given(pairs(finite_floats))
def test_a_dot_product_commutes_even_in_floats(pair: tuple[list[float], list[float]]) -> None:
    xs, ys = pair
    assert repr(dot(xs, ys)) == repr(dot(ys, xs))


@given(pairs(fractions), pairs(fractions), fractions)
def test_a_dot_product_is_exact_over_fractions(
    pair: tuple[list[Fraction], list[Fraction]], other: tuple[Any, Any], scale: Fraction
) -> None:
    xs, ys = pair
    assert dot(xs, ys) == sum(x * y for x, y in zip(xs, ys, strict=True))
    assert dot([scale * x for x in xs], ys) == scale * dot(xs, ys)
    assert dot(xs + other[0], ys + other[1]) == dot(xs, ys) + dot(*other)


@given(systems(fractions), fractions)
def test_a_matrix_times_a_vector_is_linear(system: tuple[Any, Any, Any], a: Fraction) -> None:
    matrix, xs, ys = system
    left = matvec(matrix, [a * x + y for x, y in zip(xs, ys, strict=True)])
    images = zip(matvec(matrix, xs), matvec(matrix, ys), strict=True)
    assert left == [a * x + y for x, y in images]


@given(systems(st.floats()))
def test_a_matrix_times_a_vector_is_each_row_s_dot_product(system: tuple[Any, Any, Any]) -> None:
    matrix, xs, _ = system
    assert repr(matvec(matrix, xs)) == repr([in_order(row, xs) for row in matrix])


@given(pairs(fractions), pairs(fractions))
def test_an_outer_product_has_every_product_once(
    one: tuple[list[Fraction], Any], other: tuple[list[Fraction], Any]
) -> None:
    xs, ys = one[0], other[0]
    products = outer(xs, ys)
    assert shape(products) == (len(xs), len(ys))
    for i, x in enumerate(xs):
        for j, y in enumerate(ys):
            assert products[i][j] == x * y


def test_of_nothing_products_are_empty_or_an_error() -> None:
    assert matvec([], [1]) == [] == matmul([], [[1]])
    assert outer([], [1]) == [] and outer([1, 2], []) == [[], []]
    assert transpose([]) == []


def test_a_nan_spreads_to_its_row_and_no_further() -> None:
    assert repr(matvec([[nan, 0.0], [1.0, 2.0]], [0.0, 1.0])) == "[nan, 2.0]"
    assert repr(matmul([[1.0, 0.0]], [[0.0, 1.0], [nan, 1.0]])) == "[[nan, 1.0]]"


@pytest.mark.parametrize("whole", [lambda *xs: list(xs), lambda *xs: xs, Rows])
@pytest.mark.parametrize("row", [lambda *xs: list(xs), lambda *xs: xs, Rows])
def test_any_sequences_go_in_and_lists_come_out(whole: Any, row: Any) -> None:
    matrix, line = whole(row(1, 2), row(3, 4)), row(1, 2)
    results = [
        (matvec(matrix, line), [5, 11]),
        (matmul(matrix, matrix), [[7, 10], [15, 22]]),
        (transpose(matrix), [[1, 3], [2, 4]]),
        (outer(line, line), [[1, 2], [2, 4]]),
    ]
    for result, expected in results:
        assert repr(result) == repr(expected)
    assert dot(line, line) == 5
    assert shape(matrix) == (2, 2)


def test_a_matrix_kept_in_another_way_registers_its_own_product() -> None:
    matvec.register(Unwritten, lambda matrix, vector: [sum(vector)] * matrix.size)
    matmul.register(Unwritten, lambda left, right: [matvec(transpose(right), [1] * left.size)])
    assert matvec(Unwritten(2), [2, 3]) == [5, 5]
    assert matmul(Unwritten(2), [[2, 3], [5, 7]]) == [[7, 10]]


@pytest.mark.parametrize("number", [0.5, HALF, Dual(0.5, 1.0), Dual(HALF, HALF)])
def test_ints_beside_any_number_are_lifted(number: Any) -> None:
    zero = 0 * number
    for result in (
        [dot([2, 3], [number, 1])],
        matvec([[number, 1], [3, 4]], [2, 1]),
        *matmul([[2, 1]], [[3, number], [1, 1]]),
        *outer([1, 2], [number, 3]),
    ):
        assert {type(entry) for entry in result} == {type(number)}
    assert dot([2, 3], [number, 1]) == 2 * number + zero + 3


def test_bools_are_ints_and_subclasses_of_float_are_floats() -> None:
    class Measured(float):
        pass

    answers: list[Any] = [True, True]
    assert repr(dot(answers, [1.5, 2.0])) == "3.5"
    assert dot(answers, answers) == 2
    assert repr(matvec([[Measured(1.5), 1]], [2, Measured(0.5)])) == "[3.5]"
    with pytest.raises(TypeError, match=r"^row 0, entry 0: Fraction beside float: "):
        mixed: list[list[Any]] = [[Measured(1.5)]]
        matvec(mixed, [HALF])


STRANGE = "lift has no instance for"
FLOAT_FIRST, FRACTION_FIRST = "float beside Fraction: ", "Fraction beside float: "


@pytest.mark.parametrize(
    ("product", "factors", "error", "message"),
    [
        (dot, ([1, 2], [3]), ValueError, "ys has length 1, xs has length 2"),
        (dot, ([], []), ValueError, "xs is empty"),
        (dot, ([1], []), ValueError, "ys is empty"),
        (dot, ([0.5, 1], [1, HALF]), TypeError, f"ys, entry 1: {FLOAT_FIRST}"),
        (dot, ([HALF, 0.5], [1, 1]), TypeError, f"xs, entry 1: {FRACTION_FIRST}"),
        (dot, ([1, "2"], [1, 1]), TypeError, f"xs, entry 1: {STRANGE} str; "),
        (dot, ([1, 2], [1, None]), TypeError, f"ys, entry 1: {STRANGE} NoneType; "),
        (dot, ([[1]], [[1]]), TypeError, f"xs, entry 0: {STRANGE} list; "),
        (dot, ([1j], [1j]), TypeError, f"xs, entry 0: {STRANGE} complex; "),
        (dot, ([1], 3), TypeError, "ys is a int, not a list"),
        (outer, ([1], [1, "2"]), TypeError, f"ys, entry 1: {STRANGE} str; "),
        (outer, ([0.5], [HALF]), TypeError, f"ys, entry 0: {FLOAT_FIRST}"),
        (outer, ([[1]], [1]), TypeError, f"xs, entry 0: {STRANGE} list; "),
        (outer, (None, [1]), TypeError, "xs is a NoneType, not a list"),
        (matvec, ([[1, 2], [3]], [1, 2]), ValueError, "row 1 has length 1, the vector has "),
        (matvec, ([[1], [2, 3]], [1]), ValueError, "row 1 has length 2, the vector has length 1"),
        (matvec, ([[1], []], [1]), ValueError, "row 1 is empty"),
        (matvec, ([[1]], []), ValueError, "the vector is empty"),
        (matvec, ([], []), ValueError, "the vector is empty"),
        (matvec, ([1.0], [1.0]), TypeError, "row 0 is a float, not a list"),
        (matvec, (5, [1]), TypeError, "the matrix is a int, not a list"),
        (matvec, ([[1, 0.5]], [1, HALF]), TypeError, f"row 0, entry 1: {FRACTION_FIRST}"),
        (matvec, ([[1], [HALF]], [0.5]), TypeError, f"row 1, entry 0: {FLOAT_FIRST}"),
        (matvec, ([[1, 2], [3, "4"]], [1, 2]), TypeError, f"row 1, entry 1: {STRANGE} str"),
        (matvec, ([[1]], [Decimal(1)]), TypeError, f"the vector, entry 0: {STRANGE} Decimal"),
        (matmul, ([[1], [2, 3]], [[1]]), ValueError, "row 1 of left has length 2, row 0 of "),
        (matmul, ([[1, 2]], [[1], []]), ValueError, "row 1 of right is empty"),
        (matmul, ([[1], []], [[1]]), ValueError, "row 1 of left is empty"),
        (matmul, ([[1, 2]], [[1]]), ValueError, "left has rows of length 2, right has length 1"),
        (matmul, ([[1]], []), ValueError, "left has rows of length 1, right has length 0"),
        (matmul, ([1], [[1]]), TypeError, "row 0 of left is a int, not a list"),
        (matmul, ([[1]], [1]), TypeError, "row 0 of right is a int, not a list"),
        (matmul, ([[1], ["2"]], [[1]]), TypeError, f"row 1 of left, entry 0: {STRANGE} str"),
        (matmul, ([[1]], [[1, "2"]]), TypeError, f"column 1 of right, entry 0: {STRANGE} str; "),
        (matmul, ([[0.5]], [[1, HALF]]), TypeError, f"column 1 of right, entry 0: {FLOAT_FIRST}"),
        (transpose, ([[1, 2], [3]],), ValueError, "row 1 has length 1, row 0 has length 2"),
        (transpose, ([[1], []],), ValueError, "row 1 is empty"),
        (transpose, ([[]],), ValueError, "row 0 is empty"),
        (transpose, ([[1], 2],), TypeError, "row 1 is a int, not a list"),
    ],
)
def test_what_has_no_product_says_where(
    product: Any, factors: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        product(*factors)
    assert str(caught.value).startswith(message)
    message = re.sub(", (Ordered|Ball|Tallied)", "", f"{caught.value}")
    assert "\n" not in message and len(message) <= 160


@pytest.mark.parametrize(
    ("refusing", "name"),
    [
        (lambda xs: dot(xs, [1]), "xs"),
        (lambda ys: dot([1], ys), "ys"),
        (lambda xs: outer(xs, [1]), "xs"),
        (lambda ys: outer([1], ys), "ys"),
        (lambda rows: matvec(rows, [1]), "the matrix"),
        (lambda row: matvec([[1], row], [1]), "row 1"),
        (lambda vector: matvec([[1]], vector), "the vector"),
        (lambda rows: matmul(rows, [[1]]), "left"),
        (lambda rows: matmul([[1]], rows), "right"),
        (lambda row: matmul([[1], row], [[1]]), "row 1 of left"),
        (lambda row: matmul([[1, 1]], [[1], row]), "row 1 of right"),
        (lambda rows: transpose(rows), "a matrix"),
        (lambda row: transpose([[1], row]), "row 1"),
    ],
)
def test_a_generator_is_refused_by_name(refusing: Callable[[Any], Any], name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name} is a generator, not a list$"):
        refusing(x for x in [1])


def test_arguments_are_left_as_they_were() -> None:
    matrix: list[list[Any]] = [[1, 0.5], [2, 3]]
    line = [1, 2]
    matvec(matrix, line), matmul(matrix, matrix), transpose(matrix), outer(line, line)
    assert repr(matrix) == "[[1, 0.5], [2, 3]]" and repr(line) == "[1, 2]"


def test_a_transpose_of_what_is_no_number_moves_it_too() -> None:
    strange: list[list[Any]] = [["a", None], [[1], (2,)]]
    assert transpose(strange) == [["a", [1]], [None, (2,)]]


@pytest.mark.parametrize(
    ("tensor", "lengths"),
    [
        (3, ()),
        ([], (0,)),
        ([[], []], (2, 0)),
        ((1, 2), (2,)),
        ([[[1], [2]], [[3], [4]], [[5], [6]]], (3, 2, 1)),
        ([Dual(1.0, 2.0)], (1,)),
        (Rows([1, 2], (3, 4)), (2, 2)),
    ],
)
def test_a_shape_is_the_lengths_from_the_outside_in(tensor: Any, lengths: tuple[int, ...]) -> None:
    assert shape(tensor) == lengths


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        ([1, [1]], "ragged: entry 1 has shape (1,), entry 0 has shape ()"),
        ([[], [1]], "ragged: entry 1 has shape (1,), entry 0 has shape (0,)"),
        ([[[1]], [[2]], [[3], [4]]], "ragged: entry 2 has shape (2, 1), entry 0 has shape (1, 1)"),
        ([[[1, 2], [3]]], "ragged: entry 1 has shape (1,), entry 0 has shape (2,)"),
    ],
)
def test_a_ragged_tensor_has_no_shape(tensor: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        shape(tensor)
    assert str(caught.value) == message


def test_a_text_is_one_leaf_and_not_endless() -> None:
    assert shape("ab") == () and shape(["ab", "c"]) == (2,)


@given(systems(st.integers()))
def test_a_rectangle_is_its_own_rows(system: tuple[Any, Any, Any]) -> None:
    matrix, _, _ = system
    assert rectangle(matrix, str) == matrix
    assert rectangle([tuple(row) for row in matrix], str) == [tuple(row) for row in matrix]
    assert rectangle([], str) == []
