"""Sequence counts: how many operations cells, attention, positions and graphs take."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from funcnn.algebra.elementary import tanh
from funcnn.algebra.trees import Tree
from funcnn.blocks.activations import leaky_relu
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.caches import attention_step
from funcnn.blocks.encoder_decoders import (
    additive_attention,
    join_directions,
    multiplicative_attention,
    split_directions,
)
from funcnn.blocks.forms import Form, item
from funcnn.blocks.graphs import edge_attention, gat, gat_head, gcn, message_passing
from funcnn.blocks.heads import (
    Rotary,
    grouped_query_attention,
    heads_of_keys,
    join_heads,
    multi_head_attention,
    projected_heads,
    self_attention,
    split_heads,
)
from funcnn.blocks.masks import visible_keys
from funcnn.blocks.positions import learned_positions, rotary, rotate, sinusoidal_positions
from funcnn.blocks.recurrence import gru_step, lstm_step, peephole_lstm_step, rnn_step
from funcnn.diagnostics.operation_counts import Count, Work, each_output, of_projection, steps


def _cell(operations: int) -> Count:
    """two projections, and so many operations for each number of the state"""

    def count(inputs: Tree, weights: Tree, outputs: Tree, **settings: Any) -> Work:
        of_input, of_state = map(of_projection, weights[:2])
        return of_input + of_state + Work(0, operations * outputs[1].size)

    return count


def _rnn_step(
    inputs: Tree, weights: Tree, outputs: Tree, *, activation: Callable[..., Any] = tanh
) -> Work:
    return _cell(1 + steps(activation))(inputs, weights, outputs)


def _softmaxes(seen: Sequence[int]) -> int:
    """the operations of softmaxes of so many numbers each"""
    return 5 * sum(seen) - 2 * sum(map(bool, seen))


def _attention(
    inputs: Sequence[Form],
    weights: Tree = (),
    outputs: Tree = (),
    *,
    scale: Any = None,
    unseen: str = "zeros",
    **seeing: Any,
) -> Work:
    """queries by keys, shares by values; what a mask alone hides counts as seen"""
    queries, keys, values, *_ = inputs
    if not queries.lengths[0]:
        return Work()
    seen = [*map(len, visible_keys(queries.lengths[0], keys.lengths[0], **seeing))]
    of_scale = (3 if scale is None else 1) + queries.size + keys.size
    widths = keys.lengths[1] + values.lengths[1]
    return Work(sum(seen) * widths, of_scale + _softmaxes(seen))


def _grouped(
    inputs: Sequence[Form], weights: Tree = (), outputs: Tree = (), **settings: Any
) -> Work:
    return inputs[0].lengths[0] * _attention([*map(item, inputs[:3])], **settings)


def _rows(weights: Tree) -> int:
    """the rows of a projection"""
    matrix: Form = weights[0] if isinstance(weights, tuple) else weights
    return matrix.lengths[0]


def _rotary(
    inputs: Form, weights: Tree = (), outputs: Tree = (), *, width: int | None = None, **_: Any
) -> Work:
    """a logarithm; a frequency for each pair; in each row the angle, its waves, and the turn"""
    rows, whole = inputs.lengths
    pairs = (whole if width is None else width) // 2
    return Work(0, 1 + 2 * pairs + 9 * rows * pairs if rows else 0)


def _sinusoidal(inputs: Form, weights: Tree, outputs: Form, **settings: Any) -> Work:
    rows, width = inputs.lengths
    angles = (width + 1) // 2
    return Work(0, 1 + 2 * angles + 3 * rows * angles + inputs.size if rows else 0)


def _projected_heads(
    rows: int, weights: Tree, heads: int, rotary: Rotary | None = None
) -> tuple[Form, Work]:
    """the form of the heads, and the work"""
    form, work = Form((heads, rows, _rows(weights) // heads)), rows * of_projection(weights)
    if rotary is None:
        return form, work
    return form, work + heads * _rotary(item(form), width=rotary.width)


def _read(
    rows: int,
    among: int,
    new: int,
    weights: Sequence[Tree],
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Rotary | None = None,
    **settings: Any,
) -> Work:
    """attention in heads between projections, of so many rows, and of new ones among those read"""
    query, key, value, output = weights
    shared = heads_of_keys(heads, key_value_heads)
    queries, of_queries = _projected_heads(rows, query, heads, rotary)
    _, of_keys = _projected_heads(new, key, shared, rotary)
    keys, values = (_projected_heads(among, part, shared)[0] for part in (key, value))
    read = _grouped([queries, keys, values], **settings)
    return of_queries + of_keys + new * of_projection(value) + read + rows * of_projection(output)


def _multi_head(
    inputs: Sequence[Form], weights: Sequence[Tree], outputs: Form, **settings: Any
) -> Work:
    rows, among = (form.lengths[0] for form in inputs[:2])
    return _read(rows, among, among, weights, **settings)


def _attention_step(inputs: Tree, weights: Sequence[Tree], outputs: Tree, **settings: Any) -> Work:
    before = inputs[0][0].lengths[0]
    return _read(1, before + 1, 1, weights, start=before, **settings)


def _additive_attention(inputs: Tree, weights: Tree, outputs: Form) -> Work:
    """each state of the memory projected, bent, scored, and weighted"""
    memory: Form = inputs[1]
    states, width = memory.lengths
    of_query, of_memory, score = weights
    scored = of_projection(of_memory) + Work(score.size + width, 2 * score.size)
    return of_projection(of_query) + states * scored + Work(0, _softmaxes([states]))


def _multiplicative_attention(inputs: Tree, weights: Form, outputs: Form) -> Work:
    memory: Form = inputs[1]
    states, width = memory.lengths
    scored = Work(weights.size + inputs[0].size + width)
    return states * scored + Work(0, _softmaxes([states]))


def _graph(inputs: Sequence[Form]) -> tuple[int, int, int]:
    """how many nodes, how many edges, and how many numbers a node has"""
    nodes, edges = inputs
    return nodes.lengths[0], edges.lengths[0], nodes.lengths[1]


def _message_passing(inputs: Tree, weights: Tree, outputs: Form, **settings: Any) -> Work:
    """an operation for each number of a message: for a sum or a maximum, at most"""
    count, edges, _ = _graph(inputs)
    return count * of_projection(weights) + Work(0, edges * _rows(weights))


def _gcn(inputs: Tree, weights: Tree, outputs: Form) -> Work:
    count, edges, width = _graph(inputs)
    neighbors = edges + count
    return Work(neighbors * width, 2 * neighbors) + count * of_projection(weights)


def _gat_head(inputs: Tree, weights: Tree, outputs: Tree = (), *, slope: Any = 0.2) -> Work:
    count, edges, _ = _graph(inputs)
    matrix, attention = weights
    neighbors = edges + count
    scored = (5 + steps(leaky_relu, slope=slope)) * neighbors - 2 * count
    read = Work(neighbors * (attention.size + matrix.lengths[0]), scored)
    return count * of_projection(matrix) + read


def _gat(
    inputs: Tree, weights: Sequence[Tree], outputs: Form, *, slope: Any = 0.2, concat: bool = True
) -> Work:
    work = Work(0, 0 if concat else len(weights) * outputs.size)
    for head in weights:
        work += _gat_head(inputs, head, slope=slope)
    return work


def _edge_attention(inputs: Sequence[Form], weights: Tree, outputs: Form) -> Work:
    """each edge to a node of its own, as far as there are nodes: at most so many others"""
    queries, keys, values, edges = inputs
    (nodes, width), count = queries.lengths, edges.lengths[0]
    read = Work(count * (width + values.lengths[1]), count * (width + 5))
    return read + Work(0, min(nodes, count) * (width + 1))


COUNTS: Final[dict[Callable[..., Any], Count]] = {
    rnn_step: _rnn_step,
    lstm_step: _cell(13),
    peephole_lstm_step: _cell(19),
    gru_step: _cell(11),
    **dict.fromkeys(
        [split_heads, join_heads, split_directions, join_directions],
        lambda inputs, weights, outputs, **settings: Work(),
    ),
    additive_attention: _additive_attention,
    multiplicative_attention: _multiplicative_attention,
    scaled_dot_product_attention: _attention,
    grouped_query_attention: _grouped,
    multi_head_attention: _multi_head,
    self_attention: lambda inputs, weights, outputs, **settings: _multi_head(
        (inputs, inputs), weights, outputs, **settings
    ),
    projected_heads: lambda inputs, weights, outputs, *, heads, rotary=None, start=0: (
        _projected_heads(inputs.lengths[0], weights, heads, rotary)[1]
    ),
    attention_step: _attention_step,
    learned_positions: each_output(1),
    sinusoidal_positions: _sinusoidal,
    rotary: _rotary,
    rotate: lambda inputs, weights, outputs, **settings: Work(0, 6 * inputs[1].size),
    message_passing: _message_passing,
    gcn: _gcn,
    gat_head: _gat_head,
    gat: _gat,
    edge_attention: _edge_attention,
}
"""From a definition to its rule."""
