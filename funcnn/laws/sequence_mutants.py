"""Sequence mutants: wrong attention, positions and recurrent steps."""

from collections.abc import Callable
from fractions import Fraction
from math import inf
from typing import Any, Final

from funcnn.algebra.elementary import relu, sigmoid, sqrt, tanh
from funcnn.algebra.formats import bfloat16
from funcnn.algebra.scalars import divide, lift
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, Vector, matmul, transpose
from funcnn.blocks.activations import softmax
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.embeddings import embedding
from funcnn.blocks.heads import MultiHeadWeights, self_attention
from funcnn.blocks.linears import project, totals
from funcnn.blocks.masks import visible_keys
from funcnn.blocks.positions import rotary
from funcnn.blocks.recurrence import (
    RecurrentWeights,
    gate_weights,
    gru_step,
    lstm_step,
    rnn_step,
)
from funcnn.laws.activation_mutants import not_shifted
from funcnn.laws.declarations import parse
from funcnn.laws.mutations import Definition, Mutant, reading, setting, zero
from funcnn.laws.values import EXACT, WITHIN

MASKED: Final = parse("float32,masked=zeros")
BLIND: Final = "a query that sees no key"


def _scored(
    unseen: float = 0.0, shares: Callable[[Matrix[Any]], Any] = lambda rows: [*map(softmax, rows)]
) -> Definition:
    """attention to all keys, those that are not visible with this score"""

    def wrong(inputs: Any, *, causal: bool = False, scale: Any = None) -> Any:
        queries, keys, values, *mask = inputs
        seen = visible_keys(len(queries), len(keys), *mask, causal=causal)
        root = lift(1 / scale, keys[0][0]) if scale else sqrt(lift(len(keys[0]), keys[0][0]))
        scores = [[divide(x, root) for x in row] for row in matmul(queries, transpose(keys))]
        rows = [
            [x if j in visible else lift(unseen, x) for j, x in enumerate(row)]
            for row, visible in zip(scores, seen, strict=True)
        ]
        return matmul(shares(rows), values)

    return wrong


def _over_queries(scores: Matrix[Any]) -> Any:
    return transpose([*map(softmax, transpose(scores))])


def _of_mask(change: Callable[[Vector[bool]], Any]) -> Definition:
    def wrong(inputs: Any, **settings: Any) -> Any:
        queries, keys, values, *masks = inputs
        changed = [[change(row) for row in mask] for mask in masks]
        return scaled_dot_product_attention((queries, keys, values, *changed), **settings)

    return wrong


def _causal_from(start: int) -> Definition:
    """the mask moved by so many places"""

    def wrong(inputs: Any, *, causal: bool = False, **settings: Any) -> Any:
        window = (None, 0 if causal else None)
        return scaled_dot_product_attention(inputs, start=start, window=window, **settings)

    return wrong


def _by_the_width(inputs: Any, *, scale: Any = None, **settings: Any) -> Any:
    scale = scale or Fraction(1, len(inputs[0][0]))
    return scaled_dot_product_attention(inputs, scale=scale, **settings)


def _values_backwards(inputs: Any, **settings: Any) -> Any:
    queries, keys, values, *mask = inputs
    return scaled_dot_product_attention((queries, keys, values[::-1], *mask), **settings)


def _heads_mixed(rows: Matrix[Any], weights: Any, *, heads: int, **settings: Any) -> Any:
    """each row's numbers to the heads in turn"""
    *reading_weights, out = weights
    dealt = [[row for head in range(heads) for row in w[head::heads]] for w in reading_weights]
    return self_attention(rows, MultiHeadWeights._make([*dealt, out]), heads=heads, **settings)


def _keys_for_queries(rows: Matrix[Any], weights: Any, **settings: Any) -> Any:
    queries, keys, *others = weights
    return self_attention(rows, MultiHeadWeights._make([keys, queries, *others]), **settings)


def _turned_back(rows: Matrix[Any], **settings: Any) -> Any:
    return [rotary([row], start=-place, **settings)[0] for place, row in enumerate(rows)]


def _other_pairs(rows: Matrix[Any], *, pairing: Any) -> Any:
    return rotary(rows, pairing="halves" if pairing == "neighbors" else "neighbors")


def _state_transposed(inputs: Any, weights: Any) -> Any:
    return rnn_step(inputs, RecurrentWeights(weights[0], transpose(weights[1])))


def _state_forgotten(inputs: Any, weights: Any) -> Any:
    hidden, x = inputs
    return rnn_step(([*map(zero, hidden)], x), RecurrentWeights(*weights))


def _lstm(forget: Definition = sigmoid, out: Definition = tanh) -> Definition:
    """lstm_step, with other functions for what is kept, and for what is put out"""

    def wrong(inputs: Any, weights: Any, *, gates: str) -> Any:
        (hidden, memory), x = inputs
        parts = gate_weights(x, hidden, weights, gates, "iofc")
        sums = [totals(project(x, part.input), project(hidden, part.state)) for part in parts]
        cells = [*zip(memory, *sums, strict=True)]
        memory = [forget(f) * m + sigmoid(i) * tanh(c) for m, i, _, f, c in cells]
        hidden = [sigmoid(o) * out(m) for (_, _, o, _, _), m in zip(cells, memory, strict=True)]
        return (hidden, memory), hidden

    return wrong


def _renamed(definition: Definition, letters: str, others: str, order: str) -> Definition:
    """some gates taken for others"""

    def wrong(inputs: Any, weights: Any, *, gates: str = order, **settings: Any) -> Any:
        stacked = gates.translate(str.maketrans(letters, others))
        return definition(inputs, weights, gates=stacked, **settings)

    return wrong


def _share_of_the_new(inputs: Any, weights: Any, *, gates: str = "zrh", **settings: Any) -> Any:
    """z for 1 − z: the weights of z with the other sign"""
    start, size = gates.index("z") * len(inputs[0]), len(inputs[0])
    turned = [
        [[-x for x in row] if start <= at < start + size else row for at, row in enumerate(rows)]
        for rows in weights
    ]
    return gru_step(inputs, RecurrentWeights(*turned), gates=gates, **settings)


def _other_reset(inputs: Any, weights: Any, *, reset: str = "before", **settings: Any) -> Any:
    other = "after" if reset == "before" else "before"
    return gru_step(inputs, weights, reset=other, **settings)


def _mutant(function: str, name: str, wrong: Definition) -> Mutant:
    return Mutant(function, name, wrong, WITHIN.name)


ATTENTION: Final = "scaled_dot_product_attention"
OF_ATTENTION: Final = (
    _mutant(ATTENTION, "scale forgotten", setting(scaled_dot_product_attention, scale=1)),
    _mutant(ATTENTION, "1/√d whatever is asked", setting(scaled_dot_product_attention, scale=None)),
    _mutant(ATTENTION, "divided by d, not by √d", _by_the_width),
    _mutant(ATTENTION, "a query sees the key after its own place", _causal_from(1)),
    _mutant(ATTENTION, "a query does not see its own place", _causal_from(-1)),
    _mutant(
        ATTENTION,
        "causal where it is not asked for",
        setting(scaled_dot_product_attention, causal=True),
    ),
    _mutant(ATTENTION, "never causal", setting(scaled_dot_product_attention, causal=False)),
    _mutant(ATTENTION, "softmax over the queries", _scored(-1e9, _over_queries)),
    _mutant(
        ATTENTION,
        "maximum not subtracted first",
        _scored(-inf, lambda rows: [*map(not_shifted, rows)]),
    ),
    _mutant(ATTENTION, "what is masked has score 0", _scored(0)),
    _mutant(ATTENTION, "what is masked has score −10", _scored(-10)),
    _mutant(ATTENTION, "mask inverted", _of_mask(lambda row: [not seen for seen in row])),
    _mutant(ATTENTION, "mask ignored", _of_mask(lambda row: [True for _ in row])),
    Mutant(
        ATTENTION,
        "a query that sees no key sees all",
        _of_mask(lambda row: row if any(row) else [True for _ in row]),
        BLIND,
        MASKED,
    ),
    Mutant(
        ATTENTION,
        "a query that sees no key gets NaN",
        setting(scaled_dot_product_attention, unseen="nan"),
        BLIND,
        MASKED,
    ),
    _mutant(ATTENTION, "values in reverse", _values_backwards),
    Mutant(
        ATTENTION,
        "inputs in bfloat16",
        reading(bfloat16, scaled_dot_product_attention),
        WITHIN.name,
    ),
    _mutant("self_attention", "one head", setting(self_attention, heads=1)),
    _mutant("self_attention", "a number to each head in turn", _heads_mixed),
    _mutant("self_attention", "queries and keys exchanged", _keys_for_queries),
    _mutant("self_attention", "never causal", setting(self_attention, causal=False)),
)
OF_POSITIONS: Final = (
    _mutant("rotary", "other pairs", _other_pairs),
    _mutant("rotary", "turned the other way", _turned_back),
    _mutant("rotary", "base 1000", setting(rotary, base=1000)),
    _mutant("rotary", "positions from 1 on", setting(rotary, start=1)),
    _mutant("rotary", "not turned", lambda rows, **settings: rows),
    Mutant(
        "embedding",
        "the row after",
        lambda tokens, table: embedding(tokens, [*table[1:], table[0]]),
        EXACT.name,
    ),
    Mutant(
        "embedding",
        "the first row cleared",
        lambda tokens, table: embedding(tokens, [tree_map(zero, table[0]), *table[1:]]),
        EXACT.name,
    ),
)
OF_STEPS: Final = (
    _mutant("rnn_step", "relu in place of tanh", setting(rnn_step, activation=relu)),
    _mutant("rnn_step", "the state's matrix transposed", _state_transposed),
    _mutant("rnn_step", "the state forgotten", _state_forgotten),
    _mutant(
        "lstm_step", "input and forget gates exchanged", _renamed(lstm_step, "if", "fi", "iofc")
    ),
    _mutant("lstm_step", "output gate for the candidate", _renamed(lstm_step, "oc", "co", "iofc")),
    _mutant("lstm_step", "the memory put out without tanh", _lstm(out=lambda memory: memory)),
    _mutant("lstm_step", "1 added to the forget gate", _lstm(forget=lambda x: sigmoid(1 + x))),
    _mutant("gru_step", "z and 1 − z exchanged", _share_of_the_new),
    _mutant("gru_step", "reset on the other side of the matrix", _other_reset),
    _mutant("gru_step", "reset and update gates exchanged", _renamed(gru_step, "zr", "rz", "zrh")),
)
MUTANTS: Final = (*OF_ATTENTION, *OF_POSITIONS, *OF_STEPS)
"""All of them."""
