"""Attention: the rows of a sequence read from those of a memory, most from those that match."""

from collections.abc import Sequence
from itertools import chain, islice
from math import nan
from typing import Any, Literal

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import parts_of, zipped
from funcnn.algebra.scalars import Constant, Num, alike, divide, lift, multiply
from funcnn.algebra.vectors import Matrix, Vector, matvec, rectangle
from funcnn.blocks.activations import softmax
from funcnn.blocks.linears import weighted_sum
from funcnn.blocks.masks import Window, visible_keys
from funcnn.blocks.positions import positive


def attend[T: Num](query: Vector[T], keys: Matrix[T], values: Matrix[T]) -> list[T]:
    """The mean of values, weighted by the softmax of how well their keys match a query.

    Haskell
        attend q ks vs = weightedSum vs (softmax (map (dot q) ks))
    Maths
        y = Σⱼ pⱼ·vⱼ                               p = softmax(K·q)
    Shapes
        query d, keys m×d, values m×e  →  e        m ≥ 1
    Errors
        those of `matvec` and `softmax`
    Laws
        attend(q, [k], [v]) == v
    Source
        M.-T. Luong, H. Pham, C. Manning, "Effective Approaches to Attention-based Neural Machine
        Translation", EMNLP 2015

    >>> attend([1.0], [[0.0], [0.0]], [[1.0, 2.0], [3.0, 4.0]])
    [2.0, 3.0]
    """
    return weighted_sum(values, softmax(matvec(keys, query)))


def scaled_dot_product_attention(
    inputs: Sequence[Any],
    weights: Any = (),
    *,
    causal: bool = False,
    start: int = 0,
    window: Window = (None, None),
    scale: Constant | None = None,
    unseen: Literal["zeros", "nan"] = "zeros",
) -> list[list[Any]]:
    """For each query, the mean of the values, weighted by how well their keys match it.

    What a query may not see is left out: it is nowhere multiplied by 0.

    Haskell
        attention qs ks vs = map (\\q -> attend q ks vs) qs             (scaled, all keys visible)
    Maths
        yᵢ = Σⱼ pᵢⱼ·vⱼ,  pᵢ = softmax(scale·qᵢ·kⱼ)                  over the visible keys j
        softmax(scale·Q·Kᵀ)·V
    Shapes
        inputs (n×d, m×d, m×e) or (n×d, m×d, m×e, bools n×m), weights ()  →  n×e
    Settings
        causal   whether a query sees no key that stands after it
        start    at which of the keys the first query stands: at 0 in PyTorch, whose causal mask
                 begins in the top left corner, and in ONNX without a cache; after the cache in ONNX
                 with one
        window   (back, ahead): how many keys before its own place a query sees, and how many after;
                 all of them if None
        scale    what the products are multiplied by; by default 1/√d, as in PyTorch and ONNX
        unseen   what a query that sees no key gets: "zeros", as in ONNX and in PyTorch since 2.5,
                 or "nan", as in PyTorch before
    Order
        Queries and keys are both multiplied by √scale, as in ONNX; to multiply their products by
        the scale lies within the bounds of this order.
    Errors
        ValueError   queries, keys, values and mask do not go together, or one is ragged, or there
                     is no key, or the scale is not above 0; and those of `visible_keys`
        TypeError    numbers mix, or have no exponential, or the inputs are not three or four, or
                     the scale is not a number
    Laws
        permuted keys, with their values and their columns of the mask, change nothing but roundings
        what no query may see changes nothing
        of one key, the value is returned
    Source
        A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, eq. 1; the window: I. Beltagy,
        M. Peters, A. Cohan, "Longformer: The Long-Document Transformer", arXiv:2004.05150 (2020).
        PyTorch's scaled_dot_product_attention; ONNX's Attention

    >>> queries, keys, values = [[0.0], [800.0]], [[0.0], [1.0]], [[1.0, 2.0], [3.0, 4.0]]
    >>> scaled_dot_product_attention((queries, keys, values))
    [[2.0, 3.0], [3.0, 4.0]]
    >>> scaled_dot_product_attention((queries, keys, values), causal=True)
    [[1.0, 2.0], [3.0, 4.0]]
    >>> scaled_dot_product_attention((queries, keys, values, [[True, False], [False, False]]))
    [[1.0, 2.0], [0.0, 0.0]]
    >>> scaled_dot_product_attention((queries, [[0.0, 1.0]], [[1.0]]))
    Traceback (most recent call last):
    ValueError: queries and keys differ in width: 1 and 2
    """
    queries, keys, values, *mask = parts_of(inputs, "inputs (queries, keys, values[, mask])", 3, 4)
    queries, keys, values = going_together(queries, keys, values)
    sizes = len(queries), len(keys)
    visible = visible_keys(*sizes, *mask, causal=causal, start=start, window=window)
    if unseen not in ("zeros", "nan"):
        raise ValueError(f"unseen is {unseen!r}: give 'zeros' or 'nan'")
    if scale is not None:
        positive(scale, "scale")
    if not queries:
        return []
    root = root_of_scale(scale, queries[0])
    queries, keys = ([[multiply(root, x) for x in row] for row in rows] for rows in (queries, keys))
    nothing, width = nan if unseen == "nan" else 0, len(values[0])
    return [
        attend(query, [keys[j] for j in seen], [values[j] for j in seen])
        if seen
        else [lift(nothing, root)] * width
        for query, seen in zipped(queries, visible)
    ]


def going_together(
    queries: Matrix[Any], keys: Matrix[Any], values: Matrix[Any]
) -> list[list[Vector[Any]]]:
    """Queries, keys and values, their ints lifted, once they are known to fit one another.

    Errors
        ValueError   there are not as many values as keys, or there is no key, or queries and keys
                     differ in width, or one is ragged
        TypeError    numbers mix, or an entry is not a number, or one is not a list

    >>> going_together([[1, 2.0]], [[3, 4]], [[5]])
    [[[1.0, 2.0]], [[3.0, 4.0]], [[5.0]]]
    >>> going_together([[1, 2.0]], [[3, 4]], [])
    Traceback (most recent call last):
    ValueError: keys and values differ in length: 1 and 0
    """
    names, parts = ("queries", "keys", "values"), (queries, keys, values)
    for name, part in zipped(names, parts):
        rectangle(part, f"row {{}} of {name}".format, name)
    if len(keys) != len(values):
        raise ValueError(f"keys and values differ in length: {len(keys)} and {len(values)}")
    if queries and not keys:
        raise ValueError("keys is empty")
    if queries and len(queries[0]) != len(keys[0]):
        widths = f"{len(queries[0])} and {len(keys[0])}"
        raise ValueError(f"queries and keys differ in width: {widths}")
    places = [f"row {i} of {name}" for name, part in zipped(names, parts) for i in range(len(part))]
    rows = iter(alike([*chain(*parts)], places.__getitem__))
    return [[*islice(rows, len(part))] for part in parts]


def root_of_scale[T: Num](scale: Constant | None, query: Vector[T]) -> T:
    """What queries and keys are both multiplied by, so that their products are scaled.

    Maths
        √scale                                     scale = 1/√d if none is given
    Errors
        ValueError   the scale is not above 0
        TypeError    it is not a number

    >>> root_of_scale(None, [3.0] * 16), root_of_scale(4, [3.0])
    (0.5, 2.0)
    """
    like = query[0]
    if scale is None:
        return sqrt(divide(lift(1, like), sqrt(lift(len(query), like))))
    return sqrt(lift(positive(scale, "scale"), like))
