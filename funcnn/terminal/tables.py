"""Tables: rows of a CSV file to learn from, the last column what is to be told from the others."""

import csv
import re
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path
from statistics import fmean, pstdev
from typing import Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import Tree
from funcnn.algebra.vectors import dot, transpose
from funcnn.blocks.linears import AffineWeights
from funcnn.exchange.datasets import number

LARGEST: Final = 1e150
"""What can be squared and added up."""

WHOLE: Final = re.compile(r"([+-]?[0-9]{1,400})(\.0*)?")
DECIMAL: Final = re.compile(r"[+-]?([0-9]*\.?[0-9]*|nan|inf|infinity)", re.IGNORECASE)


class Table(NamedTuple):
    """Rows of numbers, a target for each, and the names of the classes that targets are, if any."""

    rows: list[list[float]]
    targets: list[int] | list[list[float]]
    classes: list[str]


class Scaling(NamedTuple):
    """The means of columns and their standard deviations, 1 where they hardly change, or never."""

    means: list[float]
    deviations: list[float]


def read_table(path: Path, regress: bool) -> Table:
    """The table in a CSV file: its last column holds classes or, to regress on, numbers.

    Errors
        ValueError   it is none; the message says where
        OSError      the file cannot be read
    """
    try:
        text = path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}, byte {error.start}: not UTF-8 text") from None
    return parsed(text, str(path), regress)


def parsed(text: str, name: str, regress: bool = False) -> Table:
    """The table that a text spells; errors speak of it by its name.

    Errors
        ValueError   a field is no finite number, the rows differ in length or have but one field,
                     the last is no class, or there is one class alone

    >>> parsed("1,2,cat\\n3,4,dog\\n\\n5,6,cat\\n", "pets.csv")
    Table(rows=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], targets=[0, 1, 0], classes=['cat', 'dog'])
    >>> parsed("1,2,0.5\\n", "pets.csv", regress=True).targets
    [[0.5]]
    >>> parsed("1,2,cat\\n3,cat\\n", "pets.csv")
    Traceback (most recent call last):
    ValueError: pets.csv, line 2: a row of 2, not of 3 as in line 1
    >>> parsed("height,cat\\n1,cat\\n", "pets.csv")
    Traceback (most recent call last):
    ValueError: pets.csv, line 1, field 1: 'height' is not a number; leave a heading out
    """
    lines = {
        line: fields(content, f"{name}, line {line}")
        for line, content in enumerate(text.split("\n"), 1)
        if content.strip()
    }
    if not lines:
        raise ValueError(f"{name}: no rows")
    first = min(lines)
    for line, row in lines.items():
        if len(row) != len(lines[first]):
            told = f"a row of {len(row)}, not of {len(lines[first])} as in line {first}"
            raise ValueError(f"{name}, line {line}: {told}")
    if len(lines[first]) < 2:
        raise ValueError(f"{name}: rows of 1 field; commas part the numbers and what is to be told")
    rows = [
        [finite(text, f"{name}, line {line}, field {i}") for i, text in enumerate(row[:-1], 1)]
        for line, row in lines.items()
    ]
    places = {f"{name}, line {line}, field {len(row)}": row[-1] for line, row in lines.items()}
    if regress:
        return Table(rows, [[finite(text, place)] for place, text in places.items()], [])
    labels = [label(text.strip(), place) for place, text in places.items()]
    classes = sorted({*labels}, key=by_number)
    if len(classes) < 2:
        raise ValueError(f"{name}: all rows are of the class {classes[0]!r:.40}; give two or more")
    return Table(rows, [classes.index(text) for text in labels], classes)


def fields(line: str, place: str) -> list[str]:
    """The fields of a line.

    Errors
        ValueError   a quotation mark stands alone

    >>> fields('1,"a, b"', "line 1")
    ['1', 'a, b']
    """
    try:
        [row] = csv.reader([line], strict=True)
    except csv.Error as error:
        raise ValueError(f"{place}: {error}") from None
    return row


def finite(text: str, place: str) -> float:
    """The finite number in a field.

    Errors
        ValueError   it holds none

    >>> finite("nan", "line 2, field 1")
    Traceback (most recent call last):
    ValueError: line 2, field 1: 'nan' is no finite number: nothing is learned from it
    """
    try:
        value = number(text, place)
    except ValueError as error:
        hint = "; leave a heading out" if ", line 1," in place else ""
        raise ValueError(f"{error}{hint}") from None
    if not isfinite(value):
        raise ValueError(f"{place}: {text!r:.40} is no finite number: nothing is learned from it")
    if abs(value) > LARGEST:
        raise ValueError(f"{place}: {text!r:.40} is too large to learn from; take a larger unit")
    return value


def label(text: str, place: str) -> str:
    """A class: a word, or a whole number as Python writes it.

    Errors
        ValueError   it is empty, or another number

    >>> label("cat", "line 1"), label("7.0", "line 1"), label("1e5", "line 1")
    ('cat', '7', '1e5')
    >>> label("0.5", "line 1")
    Traceback (most recent call last):
    ValueError: line 1: '0.5' is no class: a word or a whole number; --regress learns numbers
    """
    whole = WHOLE.fullmatch(text)
    if whole:
        return str(int(whole[1]))
    if DECIMAL.fullmatch(text):
        hint = "a word or a whole number; --regress learns numbers"
        raise ValueError(f"{place}: {text!r:.40} is no class: {hint}")
    return text


def by_number(text: str) -> tuple[float, str]:
    """A key by which classes are sorted: numbers by size, then words.

    >>> sorted(["b", "10", "a", "9"], key=by_number)
    ['9', '10', 'a', 'b']
    """
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def scaling_of(rows: Sequence[Sequence[float]]) -> Scaling:
    """The scaling by which the columns of these rows have mean 0 and standard deviation 1.

    >>> scaling_of([[1.0, 5.0], [3.0, 5.0]])
    Scaling(means=[2.0, 5.0], deviations=[1.0, 1.0])
    """
    columns = transpose(rows)
    return Scaling(
        [*map(fmean, columns)],
        [sd if (sd := pstdev(column)) > 1 / LARGEST else 1.0 for column in columns],
    )


def scaled(rows: Iterable[Sequence[float]], scaling: Scaling) -> list[list[float]]:
    """The rows, each number as how many standard deviations it lies above its column's mean.

    >>> scaled([[1.0, 5.0]], Scaling([2.0, 5.0], [1.0, 1.0]))
    [[-1.0, 0.0]]
    """
    columns = [*zipped(*scaling)]
    return [[(x - mean) / sd for x, (mean, sd) in zipped(row, columns)] for row in rows]


def folded(weights: Sequence[Tree], inputs: Scaling, outputs: Scaling | None = None) -> list[Tree]:
    """The weights of a network that takes rows as they are, of one that takes them scaled.

    The scaling goes into the first layer, and that of what is told, if any, into the last.

    Maths
        W·((x − μ)/σ) + b = W′·x + b′              W′ = W/σ,  b′ = b − W′·μ
        τ·(W·x + b) + ν = (τ·W)·x + (τ·b + ν)

    >>> folded([AffineWeights([[3.0, 4.0]], [1.0])], Scaling([2.0, 0.0], [3.0, 1.0]))
    [AffineWeights(matrix=[[1.0, 4.0]], bias=[-1.0])]
    """
    matrix, bias = weights[0]
    own = [[w / sd for w, sd in zipped(row, inputs.deviations)] for row in matrix]
    moved = [b - dot(row, inputs.means) for row, b in zipped(own, bias)]
    *layers, (matrix, bias) = [AffineWeights(own, moved), *weights[1:]]
    if outputs:
        [mean], [sd] = outputs
        matrix, bias = [[sd * w for w in row] for row in matrix], [sd * b + mean for b in bias]
    return [*layers, AffineWeights(matrix, bias)]
