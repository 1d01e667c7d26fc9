"""Attention: the rows of a sequence read from those of a memory, most from those that match."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from math import nan
from typing import Any, Literal, NamedTuple

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import int_of, length_of, parts_of, zipped
from funcnn.algebra.scalars import Constant, Num, alike, divide, lift, multiply
from funcnn.algebra.vectors import Matrix, Vector, matvec, rectangle
from funcnn.blocks import positions
from funcnn.blocks.activations import softmax
from funcnn.blocks.linears import AffineWeights, named, project, weighted_sum
from funcnn.blocks.masks import Window, visible_keys
from funcnn.blocks.positions import Pairing, pairs_of, positive


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


def grouped_query_attention(
    inputs: Sequence[Any], weights: Any = (), **settings: Any
) -> list[list[list[Any]]]:
    """Attention in several heads; as many of queries in turn share one of keys and values.

    Maths
        y[i] = attention(Q[i], K[⌊i·g/h⌋], V[⌊i·g/h⌋])             of h heads of queries, g of keys
    Shapes
        inputs (h×n×d, g×m×d, g×m×e) or with a mask n×m, weights ()  →  h×n×e
    Settings
        those of `scaled_dot_product_attention`
    Errors
        those of `shared_heads` and of `scaled_dot_product_attention`
    Laws
        each key and value given as often as it is shared: the same outputs
    Source
        J. Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head
        Checkpoints", EMNLP 2023; of one head of keys: N. Shazeer, "Fast Transformer Decoding: One
        Write-Head is All You Need", arXiv:1911.02150 (2019); ONNX's Attention

    >>> queries, keys, values = [[[1.0]], [[-1.0]]], [[[0.0], [800.0]]], [[[1.0], [2.0]]]
    >>> grouped_query_attention((queries, keys, values))
    [[[2.0]], [[1.0]]]
    >>> grouped_query_attention((queries, keys * 3, values * 3))
    Traceback (most recent call last):
    ValueError: 3 heads of keys do not divide 2 heads of queries
    """
    return [scaled_dot_product_attention(head, **settings) for head in shared_heads(inputs)]


def shared_heads(inputs: Sequence[Any]) -> list[tuple[Any, ...]]:
    """For each head of queries, these, its keys and values, and the mask if there is one.

    Errors
        ValueError   the heads of keys and values differ in number, or do not divide the queries',
                     or there are none

    >>> shared_heads((["q0", "q1", "q2", "q3"], ["k0", "k1"], ["v0", "v1"]))
    [('q0', 'k0', 'v0'), ('q1', 'k0', 'v0'), ('q2', 'k1', 'v1'), ('q3', 'k1', 'v1')]
    """
    queries, keys, values, *mask = parts_of(inputs, "inputs (queries, keys, values[, mask])", 3, 4)
    if length_of(keys, "keys") != length_of(values, "values"):
        raise ValueError(f"keys and values differ in heads: {len(keys)} and {len(values)}")
    if not length_of(queries, "queries"):
        raise ValueError("queries is empty: give one head or more")
    if not keys or len(queries) % len(keys):
        shares = f"{len(keys)} heads of keys do not divide {len(queries)} heads of queries"
        raise ValueError(shares)
    shared = len(queries) // len(keys)
    return [(q, keys[h // shared], values[h // shared], *mask) for h, q in enumerate(queries)]


def split_heads[T](inputs: Matrix[T], weights: Any = (), *, heads: int) -> list[list[Any]]:
    """The rows of a sequence cut into heads: of each head, its part of each row.

    Haskell
        splitHeads = transpose . map (chunksOf d)
    Shapes
        inputs n×(h·d), weights ()  →  h×n×d
    Settings
        heads   how many
    Errors
        ValueError   the heads do not divide the width, or are less than 1, or the rows are ragged
        TypeError    the heads are not an int
    Laws
        join_heads(split_heads(x, heads=h)) == x, a list of lists
    Source
        what ONNX's Attention does where its inputs have three axes, not four

    >>> split_heads([[1.0, 2.0, 3.0, 4.0]], heads=2)
    [[[1.0, 2.0]], [[3.0, 4.0]]]
    >>> split_heads([[1.0, 2.0, 3.0, 4.0]], heads=3)
    Traceback (most recent call last):
    ValueError: 3 heads do not divide a width of 4
    """
    rows = rectangle(inputs, "row {}".format, "inputs")
    width = len(rows[0]) if rows else 0
    if width % int_of(heads, "heads", 1):
        raise ValueError(f"{heads} heads do not divide a width of {width}")
    size = width // heads
    return [[row[h * size : (h + 1) * size] for row in rows] for h in range(heads)]


def join_heads[T](inputs: Sequence[Matrix[T]], weights: Any = ()) -> list[list[T]]:
    """The rows of a sequence, each of the parts that its heads have of it.

    Haskell
        joinHeads = map concat . transpose
    Shapes
        inputs h×n×d, weights ()  →  n×(h·d)
    Errors
        ValueError   there is no head, or the heads differ in length, or their rows do
    Laws
        split_heads(join_heads(x), heads=len(x)) == x, a list of lists of lists
    Source
        what ONNX's Attention does where its inputs have three axes, not four

    >>> join_heads([[[1.0, 2.0]], [[3.0, 4.0]]])
    [[1.0, 2.0, 3.0, 4.0]]
    """
    if not length_of(inputs, "inputs"):
        raise ValueError("inputs is empty: give one head or more")
    lengths = [length_of(part, f"head {h}") for h, part in enumerate(inputs)]
    if len({*lengths}) > 1:
        raise ValueError(f"heads differ in length: {', '.join(map(str, lengths))}")
    rectangle([*chain(*inputs)], "row {} of all heads".format)
    return [[*chain(*parts)] for parts in zip(*inputs, strict=True)]


class MultiHeadWeights[T](NamedTuple):
    """The projections of `multi_head_attention`: matrices, or AffineWeights for those with a bias.

    (h·d)×w, (g·d)×v, (g·e)×v and u×(h·e) for h heads of queries, g of keys and values, where a row
    of the sequence has w numbers, of the memory v, of the outputs u.
    """

    query: Matrix[T] | AffineWeights[T]
    key: Matrix[T] | AffineWeights[T]
    value: Matrix[T] | AffineWeights[T]
    output: Matrix[T] | AffineWeights[T]


@dataclass(frozen=True, slots=True)
class Rotary:
    """The settings of `rotary` as one setting of attention, which sets `start` itself.

    Errors
        those of `rotary` for its settings

    >>> Rotary(pairing="quarters")
    Traceback (most recent call last):
    ValueError: pairing is 'quarters': give 'neighbors' or 'halves'
    """

    base: Constant = 10000
    pairing: Pairing = "halves"
    width: int | None = None

    def __post_init__(self) -> None:
        positive(self.base, "base")
        pairs_of((), 0, self.pairing)
        if self.width is not None:
            int_of(self.width, "width", 2)


def heads_of_keys(heads: int, key_value_heads: int | None) -> int:
    """How many heads of keys and values there are: as many as of queries, if not said.

    Errors
        ValueError   one of the two is less than 1, or there is not a whole number of queries each
        TypeError    one of the two is not an int

    >>> heads_of_keys(4, None), heads_of_keys(4, 2)
    (4, 2)
    >>> heads_of_keys(4, 3)
    Traceback (most recent call last):
    ValueError: 3 heads of keys do not divide 4 heads of queries
    """
    int_of(heads, "heads", 1)
    shared = heads if key_value_heads is None else int_of(key_value_heads, "key_value_heads", 1)
    if heads % shared:
        raise ValueError(f"{shared} heads of keys do not divide {heads} heads of queries")
    return shared


def multi_head_attention(
    inputs: Sequence[Any],
    weights: MultiHeadWeights[Any],
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Rotary | None = None,
    start: int = 0,
    **settings: Any,
) -> list[list[Any]]:
    """What the rows of a sequence read from those of a memory, in several heads, each its own way.

    The memory is the sequence itself, or another's: that is cross-attention.

    Maths
        y = Wₒ·(head₁ ⧺ … ⧺ headₕ)                 of attention(W_q·x, W_k·m, W_v·m)
    Shapes
        inputs (n×w, m×v) or with a mask n×m, weights as MultiHeadWeights says  →  n×u
    Settings
        heads             how many heads of queries
        key_value_heads   how many of keys and of values, each shared by as many of queries; by
                          default none is shared
        rotary            a Rotary, if queries and keys are turned by their positions
        start             where in the memory the sequence starts
        those of `scaled_dot_product_attention`
    Errors
        TypeError    the weights are not four, or the inputs not two or three
        and those of `heads_of_keys`, `grouped_query_attention`, and, saying by which of the
        weights, `projected_heads` and `project`
    Laws
        with one head and unit matrices it is scaled_dot_product_attention((x, m, m))
    Source
        A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, 3.2.2; PyTorch's
        MultiheadAttention

    >>> unit = [[1.0, 0.0], [0.0, 1.0]]
    >>> weights = MultiHeadWeights(unit, unit, unit, [[1.0, 1.0]])
    >>> multi_head_attention(([[800.0, 0.0]], [[1.0, 1.0], [0.0, 2.0]]), weights, heads=2)
    [[2.5]]
    >>> multi_head_attention(([[8.0, 0.0]], [[1.0, 1.0]]), weights, heads=0)
    Traceback (most recent call last):
    ValueError: heads is 0: give 1 or more
    """
    sequence, memory, *mask = parts_of(inputs, "inputs (sequence, memory[, mask])", 2, 3)
    query, key, value, output = parts_of(weights, "weights (query, key, value, output)", 4)
    shared, turn = heads_of_keys(heads, key_value_heads), {"rotary": rotary}
    queries = named("query", projected_heads, sequence, query, heads=heads, start=start, **turn)
    keys = named("key", projected_heads, memory, key, heads=shared, **turn)
    values = named("value", projected_heads, memory, value, heads=shared)
    outputs = grouped_query_attention((queries, keys, values, *mask), start=start, **settings)
    return [named("output", project, row, output) for row in join_heads(outputs)]


def projected_heads(
    inputs: Matrix[Any], weights: Any, *, heads: int, rotary: Rotary | None = None, start: int = 0
) -> list[list[Any]]:
    """The rows of a sequence projected, split into heads and, where `rotary` is given, turned.

    Shapes
        inputs n×w, weights (h·d)×w  →  h×n×d
    Settings
        heads    how many
        rotary   a Rotary, if the rows are turned by their positions
        start    the position of the first row
    Errors
        those of `project`, `split_heads` and `rotary`

    >>> projected_heads([[1.0]], [[1.0], [2.0]], heads=2)
    [[[1.0]], [[2.0]]]
    """
    rows = rectangle(inputs, "row {} of the sequence".format, "the sequence")
    parts = split_heads([project(row, weights) for row in rows], heads=heads)
    if rotary is None:
        return parts
    return [positions.rotary(part, start=start, **asdict(rotary)) for part in parts]


def self_attention(
    inputs: Matrix[Any], weights: MultiHeadWeights[Any], **settings: Any
) -> list[list[Any]]:
    """What the rows of a sequence read from one another: attention whose memory is the sequence.

    With a mask: multi_head_attention((x, x, mask), weights).

    Haskell
        selfAttention x = multiHeadAttention (x, x)
    Shapes
        inputs n×w, weights as MultiHeadWeights says, of v = w  →  n×u
    Settings
        those of `multi_head_attention`
    Errors
        those of `multi_head_attention`
    Laws
        self_attention(x, w, heads=h) == multi_head_attention((x, x), w, heads=h)
        if causal, a row says nothing of the rows after it

    >>> weights = MultiHeadWeights([[800.0]], [[1.0]], [[1.0]], [[1.0]])
    >>> self_attention([[1.0], [2.0], [3.0]], weights, heads=1)
    [[3.0], [3.0], [3.0]]
    >>> self_attention([[1.0], [2.0], [3.0]], weights, heads=1, causal=True)
    [[1.0], [2.0], [3.0]]
    """
    return multi_head_attention((inputs, inputs), weights, **settings)
