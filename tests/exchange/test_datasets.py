"""The digits are those of the file, the split is a partition, a bad table says where it is bad."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.exchange.datasets import SPLIT_KEY, digits, number, parsed, rows, split_digits

DIGITS = digits()


def test_every_image_is_64_sixteenths() -> None:
    assert len(DIGITS.images) == len(DIGITS.labels) == 1797
    assert {len(image) for image in DIGITS.images} == {64}
    pixels = {pixel for image in DIGITS.images for pixel in image}
    assert sorted(pixels) == [count / 16 for count in range(17)]


def test_every_digit_is_there_as_often_as_its_authors_say() -> None:
    counts = Counter(DIGITS.labels)
    assert [counts[digit] for digit in range(10)] == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
    ]  # fmt: skip


def test_the_last_digit_is_the_last_of_the_file() -> None:
    assert DIGITS.labels[-3:] == [8, 9, 8]
    assert [16 * pixel for pixel in DIGITS.images[-1][:8]] == [0, 0, 10, 14, 8, 1, 0, 0]


def test_the_split_is_a_partition() -> None:
    training, held_out = split_digits()
    assert [len(part.images) for part in (training, held_out)] == [1437, 360]
    together = Counter(
        (tuple(image), label)
        for part in (training, held_out)
        for image, label in zip(part.images, part.labels, strict=True)
    )
    assert together == Counter(zip(map(tuple, DIGITS.images), DIGITS.labels, strict=True))


def test_no_image_is_in_both_parts() -> None:
    training, held_out = split_digits()
    assert not set(map(tuple, training.images)) & set(map(tuple, held_out.images))


def test_the_key_decides_the_split() -> None:
    assert split_digits() == split_digits(SPLIT_KEY)
    assert split_digits(0).held_out != split_digits(1).held_out


def test_every_digit_is_held_out_often_enough_to_be_judged() -> None:
    counts = Counter(split_digits().held_out.labels)
    assert min(counts[digit] for digit in range(10)) >= 25


@pytest.mark.parametrize("count", [0, 1, 1797])
def test_any_number_can_be_held_out(count: int) -> None:
    training, held_out = split_digits(held_out=count)
    assert (len(training.labels), len(held_out.labels)) == (1797 - count, count)


@pytest.mark.parametrize("count", [-1, 1798])
def test_more_than_all_cannot_be_held_out(count: int) -> None:
    with pytest.raises(ValueError, match=rf"^{count} of 1797 digits cannot be held out$"):
        split_digits(held_out=count)


finite = st.floats(allow_nan=False)
tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(finite, min_size=width, max_size=width), min_size=1)
)


@given(tables)
def test_a_written_table_is_read_back(table: list[list[float]]) -> None:
    assert parsed("\n".join(",".join(map(repr, numbers)) for numbers in table), "") == table


def test_a_file_of_any_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pixels.csv"
    path.write_bytes(b'\xef\xbb\xbf\r\n1, 2 ,"3"\r\n \t\r\n-4,5e0,inf\r\n\r\n')
    assert rows(path) == [[1.0, 2.0, 3.0], [-4.0, 5.0, float("inf")]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1,2\n\n3,abc\n", ", line 3, field 2: 'abc' is not a number"),
        (b"pixel0,pixel1\n3,4\n", ", line 1, field 1: 'pixel0' is not a number"),
        (b"1,2\n3,4,\n", ", line 2, field 3: '' is not a number"),
        (b"1,2\n" + b"x" * 100_000, f", line 2, field 1: {'x' * 100!r:.40} is not a number"),
        (b"\n1,2\n3,4\n5\n", ", line 4: a row of 1, not of 2 as in line 2"),
        (b'1,2\n3,"4\n5,6\n', ", line 2: unexpected end of data"),
        (b"1," + b"2" * 200_000, ", line 1: field larger than field limit (131072)"),
        (b"", ": no numbers"),
        (b"\n \n", ": no numbers"),
        (b"1,2\n\xff\xfe", ", byte 4: not UTF-8 text"),
    ],
)
def test_a_bad_file_is_refused_where_it_is_bad(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "pixels.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        rows(path)
    assert str(caught.value) == f"{path}{message}"


def test_only_a_newline_ends_a_line() -> None:
    with pytest.raises(ValueError, match="^pixels.csv, line 2, field 2: 'x' is not a number$"):
        parsed("1,2\x0c\n3,x\n", "pixels.csv")


def test_a_number_with_underscores_is_none() -> None:
    with pytest.raises(ValueError, match="^line 1, field 1: '1_0' is not a number$"):
        number("1_0", "line 1, field 1")
