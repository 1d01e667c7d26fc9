"""A table is read as it stands, or refused at its first wrong place; scalings go into weights."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import AffineWeights, affine, elementwise, layer, relu, serial
from funcnn.terminal.tables import Scaling, folded, parsed, read_table, scaled, scaling_of

FRACTIONS = st.builds(Fraction, st.integers(-9, 9), st.integers(1, 9))
WIDE, NARROW = layer(affine), serial(layer(affine), elementwise(relu), layer(affine))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "t.csv: no rows"),
        ("\n \n", "t.csv: no rows"),
        ("a\nb\n", "t.csv: rows of 1 field; commas part the numbers and what is to be told"),
        ("1,2,a\n\n1,b\n", "t.csv, line 3: a row of 2, not of 3 as in line 1"),
        ("1,2,a\n1,x,b\n", "t.csv, line 2, field 2: 'x' is not a number"),
        ("x,2,a\n1,2,b\n", "t.csv, line 1, field 1: 'x' is not a number; leave a heading out"),
        ("1,,a\n", "t.csv, line 1, field 2: '' is not a number; leave a heading out"),
        (
            "1,2,a\n1,nan,b\n",
            "t.csv, line 2, field 2: 'nan' is no finite number: nothing is learned",
        ),
        ("1,-inf,a\n", "t.csv, line 1, field 2: '-inf' is no finite number: nothing is learned"),
        ("1,2,a\n1,1e400,b\n", "t.csv, line 2, field 2: '1e400' is too large for a float"),
        ("1,2,a\n3,4,a\n", "t.csv: all rows are of the class 'a'; give two or more"),
        ("1,2,a\n3,4,\n", "t.csv, line 2, field 3: '' is no class: a word or a whole number"),
        ("1,2,0\n3,4,0.5\n", "t.csv, line 2, field 3: '0.5' is no class: a word or a whole number"),
        ("1,2,nan\n", "t.csv, line 1, field 3: 'nan' is no class: a word or a whole number"),
        ('1,2,"a\n', "t.csv, line 1: unexpected end of data"),
    ],
)
def test_a_table_that_is_none_is_refused_at_its_place(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        parsed(text, "t.csv")
    assert f"{refused.value}".startswith(why)


@pytest.mark.parametrize("field", ["a", "nan", "inf", "1e400", ""])
def test_what_is_no_number_is_not_regressed_on(field: str) -> None:
    with pytest.raises(ValueError, match=r"^t\.csv, line 2, field 2: '"):
        parsed(f"1,2\n1,{field}\n", "t.csv", regress=True)


def test_classes_are_sorted_numbers_first_and_written_as_python_does() -> None:
    rows, targets, classes = parsed("1,10\n2,9.0\n3,b\n4,10.0\n5, a\n", "t.csv")
    assert classes == ["9", "10", "a", "b"] and targets == [1, 0, 3, 1, 2]
    assert rows == [[1.0], [2.0], [3.0], [4.0], [5.0]]


def test_a_file_that_is_no_text_is_refused_at_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"1,2,\xff\n")
    with pytest.raises(ValueError) as refused:
        read_table(path, regress=False)
    assert f"{refused.value}" == f"{path}, byte 4: not UTF-8 text"
    path.write_bytes("\ufeff1,2,é\r\n3,4,b\r\n".encode())
    assert read_table(path, regress=False).classes == ["b", "é"]


def test_a_scaling_has_the_mean_and_the_deviation_of_each_column() -> None:
    """Of 2 4 4 4 5 5 7 9 they are 5 and 2."""
    rows = [[float(x), 3.0] for x in (2, 4, 4, 4, 5, 5, 7, 9)]
    assert scaling_of(rows) == Scaling([5.0, 3.0], [2.0, 1.0])
    assert scaled(rows[:2], scaling_of(rows)) == [[-1.5, 0.0], [-0.5, 0.0]]


def vectors(length: int, numbers: st.SearchStrategy[Fraction]) -> st.SearchStrategy[list[Fraction]]:
    return st.lists(numbers, min_size=length, max_size=length)


def matrices(rows: int, columns: int) -> st.SearchStrategy[list[list[Fraction]]]:
    row = vectors(columns, FRACTIONS)
    return st.lists(row, min_size=rows, max_size=rows)


def scalings(count: int) -> st.SearchStrategy[Any]:
    deviations = FRACTIONS.filter(bool)
    return st.builds(Scaling, *(vectors(count, kind) for kind in (FRACTIONS, deviations)))


@given(
    matrices(3, 2), matrices(2, 2), matrices(1, 2), vectors(2, FRACTIONS), scalings(2), scalings(1)
)
def test_weights_with_the_scalings_in_them_take_rows_as_they_are(
    rows: Any, first: Any, last: Any, bias: Any, inputs: Any, outputs: Any
) -> None:
    weights = [AffineWeights(first, bias), (), AffineWeights(last, bias[:1])]
    own: Any = folded(weights, inputs, outputs)
    [mean], [deviation] = outputs
    told = [[deviation * NARROW(x, weights)[0] + mean] for x in scaled(rows, inputs)]
    assert [NARROW(x, own) for x in rows] == told


def test_of_one_layer_both_scalings_go_into_it() -> None:
    inputs, outputs = Scaling([2.0, 0.0], [4.0, 1.0]), Scaling([10.0], [8.0])
    weights = [AffineWeights([[4.0, 1.0]], [1.0])]
    own = folded(weights, inputs, outputs)
    assert own == [AffineWeights([[8.0, 8.0]], [2.0])]
    assert WIDE([6.0, 3.0], own[0]) == [8.0 * WIDE([1.0, 3.0], weights[0])[0] + 10.0]


def test_classes_that_look_alike_are_not_one() -> None:
    labels = ["1_0", "10", "9007199254740993", "9007199254740992", "1e5", "100000"]
    table = parsed("".join(f"1,{text}\n" for text in labels), "t.csv")
    assert len({*table.targets}) == len(labels) and {*table.classes} == {*labels}


@pytest.mark.parametrize("number", ["1e151", "-2e300"])
def test_a_number_too_large_to_be_squared_is_refused_at_its_place(number: str) -> None:
    with pytest.raises(ValueError, match=r"^t\.csv, line 2, field 1: .* is too large to learn "):
        parsed(f"1,cat\n{number},dog\n", "t.csv")
