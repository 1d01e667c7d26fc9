"""Translations: the sketch for someone who has never seen any Haskell."""

from collections.abc import Sequence
from inspect import getsource
from itertools import pairwise
from typing import Final, NamedTuple

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import scanl, zip_with, zipped
from funcnn.algebra.scalars import multiply, total
from funcnn.algebra.trees import Tree, is_leaf
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks.linears import dense
from funcnn.terminal.definitions import without_docstring


class Word(NamedTuple):
    """A word of Haskell, what it means, and the Python that says the same."""

    haskell: str
    meaning: str
    python: str


WORDS: Final = (
    Word("layer x w = …", "a function of x and w, whose result is …", "lambda x, w: …"),
    Word("f $ g $ x", "g of x first, then f of that: $ saves brackets", "f(g(x))"),
    Word("map f xs", "f of each item of a list", "[f(x) for x in xs]"),
    Word("relu", "a number where it is positive, else 0", "lambda x: 0.0 if x <= 0 else x"),
    Word("sum xs", "the numbers of a list, added up", "reduce(add, xs)"),
    Word(
        "zipWith f xs ys",
        "f of the two lists' first items, of their second items, and so on",
        "[f(x, y) for x, y in zip(xs, ys)]",
    ),
    Word("(*)", "multiplication, as a function of two numbers", "lambda x, y: x * y"),
    Word(
        "zipWith (*) x",
        "a function that still waits for its second list, a row of weights",
        "lambda row: [a * b for a, b in zip(x, row)]",
    ),
    Word(
        "foldl f x ws",
        "x, put through f with the first of ws, the result with the second, and so on",
        "reduce(f, ws, x)",
    ),
    Word(
        "foldl layer",
        "a function that still waits for the inputs and the list of the layers' weights",
        "lambda x, ws: reduce(layer, ws, x)",
    ),
)

READING: Final = (
    "x is a list of inputs; w is a list of rows of weights, a row for each output. Read from the "
    "right: each row times x, item by item; the sum of each; and relu of each sum."
)

EXAMPLE: Final = [1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]


def dense_by_loops(
    inputs: list[float],
    weights: list[list[float]],
) -> list[float]:
    """`dense` of floats, as one writes it first.

    Laws
        dense_by_loops(x, W) == dense(x, W), bit for bit

    >>> dense_by_loops([1.0, 2.0], [[0.5, 0.25], [1.0, -1.0]])
    [1.0, 0.0]
    """
    outputs = []
    for row in weights:
        weighted_sum = 0.0
        for j in range(len(inputs)):
            weighted_sum = weighted_sum + inputs[j] * row[j]
        if weighted_sum < 0:
            weighted_sum = 0.0
        outputs.append(weighted_sum)
    return outputs


def loops() -> str:
    """The code of `dense_by_loops`."""
    return without_docstring(getsource(dense_by_loops))


def worked(inputs: Vector[float], network: Sequence[Matrix[float]]) -> str:
    """The fold of `dense` over a network's weights, term by term.

    >>> print(worked([1.0, 2.0], [[[0.5, -1.0]]]))
    layer 1: inputs [1, 2], weights [[0.5, −1]]
        row 1: 1·0.5 + 2·(−1) = 0.5 + (−2) = −1.5 → relu → 0
        outputs [0]
    """
    steps = zipped(network, [*pairwise(scanl(dense, inputs, network))])
    return "\n".join(
        line
        for index, (weights, (before, after)) in enumerate(steps, 1)
        for line in [
            f"layer {index}: inputs {_shown(before)}, weights {_shown(weights)}",
            *(f"    row {number}: {_row(before, row)}" for number, row in enumerate(weights, 1)),
            f"    outputs {_shown(after)}",
        ]
    )


def _row(inputs: Vector[float], row: Vector[float]) -> str:
    products = zip_with(multiply, inputs, row)
    weighted_sum = total(products)
    terms = " + ".join(f"{_term(x)}·{_term(w)}" for x, w in zipped(inputs, row))
    sums = " + ".join(map(_term, products))
    return f"{terms} = {sums} = {_shown(weighted_sum)} → relu → {_shown(relu(weighted_sum))}"


def _term(number: float) -> str:
    return f"({_shown(number)})" if number < 0 else _shown(number)


def _shown(value: Tree) -> str:
    if is_leaf(value):
        return f"{value}".removesuffix(".0").replace("-", "−")
    return f"[{', '.join(map(_shown, value))}]"
