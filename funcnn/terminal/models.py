"""Models from files: weights [[[number]]] as JSON or as hex words, checked before they run."""

import json
from math import isnan
from pathlib import Path
from typing import Any

from funcnn.algebra.scalars import alike
from funcnn.algebra.vectors import rectangle
from funcnn.exchange.hex_words import decode

type Matrices = list[list[list[Any]]]


def read_weights(path: Path) -> Matrices:
    """The matrices in a file, each taking what the one before gives.

    Errors
        ValueError, TypeError    they are no such matrices; it says where
        OSError                  the file cannot be read
    """
    try:
        text = path.read_text("utf-8")
        return checked(decode(text) if "0x" in text else json.loads(text))
    except RecursionError:
        raise ValueError(f"{path}: nested too deeply to be [[[number]]]") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None


def checked(weights: Any) -> Matrices:
    """The weights, once they are known to be matrices that go together.

    >>> checked([[[1, 2]], [[0.5]]])
    [[[1.0, 2.0]], [[0.5]]]
    >>> checked([[[1, 2]], [[0.5, 1]]])
    Traceback (most recent call last):
    ValueError: layer 1 takes 2 numbers, layer 0 gives 1
    """
    if not isinstance(weights, list) or not weights:
        raise ValueError("weights are a list of matrices, [[[number]]]")
    places = []
    for index, matrix in enumerate(weights):
        if not isinstance(matrix, list) or not matrix:
            raise ValueError(f"layer {index} is no matrix, [[number]]")
        rectangle(matrix, f"layer {index}, row {{}}".format)
        places += [f"layer {index}, row {row}" for row in range(len(matrix))]
        if index and len(matrix[0]) != len(weights[index - 1]):
            takes, gives = len(matrix[0]), len(weights[index - 1])
            raise ValueError(f"layer {index} takes {takes} numbers, layer {index - 1} gives {gives}")
    numbers = iter(alike([row for matrix in weights for row in matrix], places.__getitem__))
    return [[[*next(numbers)] for _ in matrix] for matrix in weights]


def chosen(outputs: list[Any]) -> int | None:
    """The class with the largest output, the first of several; None if one is NaN.

    >>> chosen([1.0, 3.0, 3.0]), chosen([1.0, float("nan")])
    (1, None)
    """
    if any(isnan(output) for output in outputs):
        return None
    return outputs.index(max(outputs))
