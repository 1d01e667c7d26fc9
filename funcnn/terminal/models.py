"""Models from files: weights [[[number]]], checked before they run.

They are JSON, hex words, or the matrices in a .safetensors or .npz file, in the natural order of
their names: layer.2 stands before layer.10. A bias has no place in foldl(dense, inputs, weights).
"""

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from math import inf, isinf
from pathlib import Path
from typing import Any, Final

from funcnn.algebra.trees import Tree
from funcnn.algebra.vectors import rectangle, shape
from funcnn.blocks.combinators import Network, layer, serial
from funcnn.blocks.linears import dense
from funcnn.blocks.shapes import parameters
from funcnn.exchange import npz, safetensors
from funcnn.exchange.hex_words import decode

type Matrices = list[list[list[float]]]


class Numeral(str):
    """A number as JSON spells it; it may be too large for a float."""


KINDS: Final = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    list: "a list",
    Numeral: "a number",
    str: "a string",
    type(None): "null",
}


def read_weights(path: Path) -> Matrices:
    """The matrices in a file, each taking what the one before gives.

    Errors
        ValueError   they are no such matrices (the message says where), or the file is not UTF-8
                     text
        OSError      the file cannot be read
    """
    try:
        return checked(unpacked(path.read_bytes(), path.suffix))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}, byte {error.start}: not UTF-8 text") from None
    except RecursionError:
        raise ValueError(f"{path}: nested too deeply for weights, [[[number]]]") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def unpacked(content: bytes, suffix: str = "") -> Any:
    """What the bytes of a file spell, as they start themselves or else as its suffix says.

    Errors
        ValueError   they spell nothing; the message says where

    >>> unpacked(b"[[[0x3C00]]]"), unpacked(safetensors.encode({"a": [[1.0]]}))
    ([[[1.0]]], [[[1.0]]])
    >>> unpacked(b"[[[0x3C00]]]", ".npz")
    Traceback (most recent call last):
    ValueError: no .npz file: it does not start as a zip file does
    """
    match kind_of(content) or suffix:
        case ".npz":
            return matrices(npz.decode(content))
        case ".safetensors":
            return matrices(safetensors.decode(content))
        case _:
            return parsed(content.decode("utf-8").removeprefix("\ufeff"))


def kind_of(content: bytes) -> str:
    """The suffix for a file that starts as .npz or .safetensors files do, else nothing.

    >>> kind_of(b"PK\\3\\4 ..."), kind_of(b"\\2\\0\\0\\0\\0\\0\\0\\0{}"), kind_of(b"[[[1.0]]]")
    ('.npz', '.safetensors', '')
    """
    if content.startswith(npz.STARTS):
        return ".npz"
    return ".safetensors" if content[7:9] == b"\0{" else ""


def matrices(tensors: Mapping[str, Tree]) -> list[Tree]:
    """The tensors in the natural order of their names; texts beside them are left out.

    Errors
        ValueError   one is no matrix

    >>> matrices({"layer.10": [[1.0]], "layer.2": [[2.0]], "config": "two layers"})
    [[[2.0]], [[1.0]]]
    >>> matrices({"0.weight": [[1.0]], "0.bias": [0.5]})
    Traceback (most recent call last):
    ValueError: tensor '0.bias' has shape (1,), not that of a matrix; run takes the matrices of ...
    """
    arrays = {name: tensor for name, tensor in tensors.items() if not isinstance(tensor, str)}
    for name, tensor in arrays.items():
        if len(shape(tensor)) != 2:
            raise ValueError(
                f"tensor {name!r:.40} has shape {shape(tensor)}, not that of a matrix; run takes "
                "the matrices of foldl(dense, inputs, weights), relu(W·x) each, without a bias"
            )
    return [arrays[name] for name in sorted(arrays, key=natural)]


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """A key by which names are sorted as people do: their numbers by size.

    >>> sorted(["b", "a10", "a2", "a", "a02"], key=natural)
    ['a', 'a02', 'a2', 'a10', 'b']
    """
    parts = re.split("0*([0-9]+)", name)
    return [(len(part) if index % 2 else 0, part) for index, part in enumerate(parts)], name


def parsed(text: str) -> Any:
    """What a text of hex words or of JSON spells, the numbers of JSON as numerals.

    Errors
        ValueError   it is neither; the message says where

    >>> parsed("[[[0x3C00]]]"), parsed("[[[1, NaN]]]")
    ([[[1.0]]], [[['1', nan]]])
    >>> parsed("[[[1, 2]]")
    Traceback (most recent call last):
    ValueError: line 1, column 10: Expecting ',' delimiter; weights are [[[number]]], in JSON or ...
    """
    if "0x" in text:
        return decode(text)
    try:
        return json.loads(text, parse_int=Numeral, parse_float=Numeral)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"line {error.lineno}, column {error.colno}: {error.msg}; "
            "weights are [[[number]]], in JSON or hex words"
        ) from None


def checked(weights: Any) -> Matrices:
    """The weights, once they are known to be matrices that go together.

    Errors
        ValueError   they are none; the message says where

    >>> checked(parsed("[[[1, 2]], [[0.5]]]"))
    [[[1.0, 2.0]], [[0.5]]]
    >>> checked(parsed("[[[1, 2]], [[0.5, 1]]]"))
    Traceback (most recent call last):
    ValueError: layer 1 takes 2 numbers, layer 0 gives 1
    """
    layers = [
        checked_matrix(layer, f"layer {index}")
        for index, layer in enumerate(filled(weights, "the model", "layers"))
    ]
    for index, (before, after) in enumerate(pairwise(layers)):
        takes, gives = len(after[0]), len(before)
        if takes != gives:
            numbers = f"takes {takes} numbers, layer {index} gives {gives}"
            raise ValueError(f"layer {index + 1} {numbers}")
    return layers


def checked_matrix(matrix: Any, place: str) -> list[list[float]]:
    """The matrix, once it is known to be one.

    Errors
        ValueError   it is none; the message says where

    >>> checked_matrix([[0.5], [None]], "layer 0")
    Traceback (most recent call last):
    ValueError: layer 0, row 1, entry 0 is null, not a number
    """
    rows = [
        filled(row, f"{place}, row {index}", "numbers")
        for index, row in enumerate(filled(matrix, place, "rows"))
    ]
    return [
        [number(value, f"{place}, row {index}, entry {entry}") for entry, value in enumerate(row)]
        for index, row in enumerate(rectangle(rows, f"{place}, row {{}}".format))
    ]


def filled(value: Any, place: str, content: str) -> list[Any]:
    """The value, once it is known to be a list that is not empty.

    Errors
        ValueError   it is none

    >>> filled([], "layer 0", "rows")
    Traceback (most recent call last):
    ValueError: layer 0 is an empty list, not a list of rows
    """
    if not isinstance(value, list):
        raise ValueError(f"{place} is {KINDS[type(value)]}, not a list of {content}")
    if not value:
        raise ValueError(f"{place} is an empty list, not a list of {content}")
    return value


def number(value: Any, place: str) -> float:
    """The float that a value is or spells.

    Errors
        ValueError   it is no number, or too large

    >>> number(Numeral("0.5"), "row 0")
    0.5
    >>> number(Numeral("1e400"), "row 0")
    Traceback (most recent call last):
    ValueError: row 0 is 1e400, too large for a float
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Numeral)):
        raise ValueError(f"{place} is {KINDS[type(value)]}, not a number")
    result = float(value)
    if isinf(result) and isinstance(value, Numeral):
        raise ValueError(f"{place} is {value:.40}, too large for a float")
    return result


def described(weights: Matrices) -> str:
    """The sizes of the layers, and how many weights there are.

    >>> described([[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])
    '2 → 2 → 1, relu; 6 weights'
    """
    sizes = " → ".join(str(size) for size in [len(weights[0][0]), *map(len, weights)])
    return f"{sizes}, relu; {parameters(weights):,} weights"


def network_of(weights: Matrices) -> Network:
    """The network of a list of matrices: foldl(dense, inputs, weights).

    >>> network_of([[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])([1.0, 2.0], [[[1.0, 1.0]], [[2.0]]])
    [6.0]
    """
    return serial(*[layer(dense)] * len(weights))


def as_float(number: Any) -> float:
    """A real number as a float: ±∞ where it is too large.

    >>> as_float(0.5), as_float(-(10**400))
    (0.5, -inf)
    """
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf
