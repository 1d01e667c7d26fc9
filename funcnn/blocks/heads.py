"""Heads: attention several times at once, each its own way, between projections."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, NamedTuple

from funcnn.algebra.folds import int_of, length_of, parts_of
from funcnn.algebra.scalars import Constant
from funcnn.algebra.vectors import Matrix, rectangle
from funcnn.blocks import positions
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.linears import Projection, named, project
from funcnn.blocks.positions import Pairing, pairs_of, positive


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

    query: Projection[T]
    key: Projection[T]
    value: Projection[T]
    output: Projection[T]


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
