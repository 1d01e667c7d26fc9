"""Data sets: 1,797 handwritten digits that come with the library, and a reader for one's own.

The digits are the test set of E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits",
UCI Machine Learning Repository, 1998, doi:10.24432/C50P49, licensed under CC BY 4.0.
"""

import csv
import gzip
from collections.abc import Iterable
from importlib.resources import files
from math import isinf
from pathlib import Path
from typing import Final, NamedTuple

from funcnn.algebra.keys import shuffled

SPLIT_KEY: Final = 0


class Digits(NamedTuple):
    """Images of digits, and the digit that each one shows."""

    images: list[list[float]]
    labels: list[int]


class Split(NamedTuple):
    """Digits to learn from, and others to be judged by."""

    training: Digits
    held_out: Digits


def digits() -> Digits:
    """The 1,797 digits, in the order of their file; a pixel is a sixteenth of its count.

    Shapes
        images [1797][64]    labels [1797]
    Units
        a pixel is 0 (blank) to 1 (full), in steps of 1/16; an image is its 8 rows of 8 pixels
    Source
        E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
        Repository, 1998, doi:10.24432/C50P49 (CC BY 4.0)

    >>> images, labels = digits()
    >>> len(images), images[0][:8], labels[:10]
    (1797, [0.0, 0.0, 0.3125, 0.8125, 0.5625, 0.0625, 0.0, 0.0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    packed = files("funcnn.exchange").joinpath("data", "digits.csv.gz").read_bytes()
    table = parsed(gzip.decompress(packed).decode(), "digits.csv")
    return Digits(
        [[count / 16 for count in counts] for *counts, _ in table],
        [int(label) for *_, label in table],
    )


def split_digits(key: int = SPLIT_KEY, held_out: int = 360) -> Split:
    """The digits in two parts drawn from the key, 0 unless told; no digit is in both.

    Shapes
        training [1797 − held_out]    held_out [held_out]
    Errors
        ValueError   fewer than 0 or more than 1,797 are to be held out

    >>> training, held_out = split_digits()
    >>> len(training.images), len(held_out.images)
    (1437, 360)
    >>> split_digits(held_out=2000)
    Traceback (most recent call last):
    ValueError: 2000 of 1797 digits cannot be held out
    """
    everything = digits()
    order = shuffled(key, range(len(everything.labels)))
    if not 0 <= held_out <= len(order):
        raise ValueError(f"{held_out} of {len(order)} digits cannot be held out")
    return Split(picked(everything, order[held_out:]), picked(everything, order[:held_out]))


def rows(path: str | Path) -> list[list[float]]:
    """The rows of a CSV file of numbers, as Python's float reads them; blank lines are skipped.

    Errors
        ValueError   a field is no number, or the rows differ in length (the message says where);
                     there is no row, or the file is not UTF-8 text
        OSError      the file cannot be read

    >>> rows("nowhere.csv")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.csv'
    """
    try:
        text = Path(path).read_bytes().decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}, byte {error.start}: not UTF-8 text") from None
    return parsed(text, str(path))


def parsed(text: str, name: str) -> list[list[float]]:
    """The rows of a text of comma-separated numbers; errors speak of it by its name.

    Errors
        ValueError   a field is no number, the rows differ in length, or there is none

    >>> parsed('1, 2.5\\n\\n"-3",4e-1\\n', "pixels.csv")
    [[1.0, 2.5], [-3.0, 0.4]]
    >>> parsed("1,2\\n\\n1,abc\\n", "pixels.csv")
    Traceback (most recent call last):
    ValueError: pixels.csv, line 3, field 2: 'abc' is not a number
    >>> parsed("1,2\\n1,2,3\\n", "pixels.csv")
    Traceback (most recent call last):
    ValueError: pixels.csv, line 2: a row of 3, not of 2 as in line 1
    >>> parsed("", "pixels.csv")
    Traceback (most recent call last):
    ValueError: pixels.csv: no numbers
    """
    table = {
        line: row(content, f"{name}, line {line}")
        for line, content in enumerate(text.split("\n"), 1)
        if content.strip()
    }
    if not table:
        raise ValueError(f"{name}: no numbers")
    first = min(table)
    for line, numbers in table.items():
        if len(numbers) != len(table[first]):
            raise ValueError(
                f"{name}, line {line}: a row of {len(numbers)}, "
                f"not of {len(table[first])} as in line {first}"
            )
    return list(table.values())


def row(line: str, place: str) -> list[float]:
    """The numbers of one line.

    Errors
        ValueError   a field is no number, or a quotation mark stands alone

    >>> row("1,,3", "line 1")
    Traceback (most recent call last):
    ValueError: line 1, field 2: '' is not a number
    """
    try:
        [fields] = csv.reader([line], strict=True)
    except csv.Error as error:
        raise ValueError(f"{place}: {error}") from None
    return [number(field, f"{place}, field {index}") for index, field in enumerate(fields, 1)]


def number(field: str, place: str) -> float:
    """The number in a field.

    Errors
        ValueError   it holds none, or one too large for a float

    >>> number("0.5", "line 1, field 1")
    0.5
    >>> number("1e400", "line 1, field 1")
    Traceback (most recent call last):
    ValueError: line 1, field 1: '1e400' is too large for a float
    """
    try:
        result = float(field.replace("_", "no digit"))
    except ValueError:
        raise ValueError(f"{place}: {field!r:.40} is not a number") from None
    if isinf(result) and "inf" not in field.lower():
        raise ValueError(f"{place}: {field!r:.40} is too large for a float")
    return result


def picked(source: Digits, indices: Iterable[int]) -> Digits:
    """Some of the digits, in the order of the indices.

    >>> picked(Digits([[0.0], [1.0]], [7, 8]), [1])
    Digits(images=[[1.0]], labels=[8])
    """
    pairs = [(source.images[index], source.labels[index]) for index in indices]
    return Digits([image for image, _ in pairs], [label for _, label in pairs])
