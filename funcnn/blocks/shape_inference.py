"""Shape inference: the forms of what a network gives, without running it."""

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, Final

from funcnn.algebra.folds import foldl, length_of, map_accum_l, pair_of, zipped
from funcnn.algebra.trees import Tree
from funcnn.blocks.activations import log_softmax, softmax
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.caches import attention_step
from funcnn.blocks.combinators import (
    Branch,
    Each,
    Elementwise,
    Layer,
    Network,
    Parallel,
    Scan,
    Serial,
    Tied,
    add_pair,
    at_layer,
    no_network,
    part,
    placed,
)
from funcnn.blocks.convolutions import channel_bias, conv, conv1d, conv2d, conv3d
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.embeddings import embedding
from funcnn.blocks.encoder_decoders import (
    additive_attention,
    attentive_step,
    join_directions,
    multiplicative_attention,
    split_directions,
    stacked_step,
)
from funcnn.blocks.forms import Form, item
from funcnn.blocks.gates import geglu, glu, swiglu
from funcnn.blocks.graphs import edge_attention, gat, gat_head, gcn, message_passing
from funcnn.blocks.heads import (
    grouped_query_attention,
    join_heads,
    multi_head_attention,
    projected_heads,
    self_attention,
    split_heads,
)
from funcnn.blocks.layouts import (
    channels_first,
    channels_last,
    concatenate,
    flatten,
    reshape,
    reverse,
)
from funcnn.blocks.linears import affine, dense, layer_scale, linear, project
from funcnn.blocks.norms import (
    Moments,
    batch_norm,
    batch_norm_training,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
    running_statistics,
)
from funcnn.blocks.pooling import (
    average_pool,
    average_pool1d,
    average_pool2d,
    average_pool3d,
    global_average_pool,
    global_max_pool,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from funcnn.blocks.positions import learned_positions, rotary, rotate, sinusoidal_positions
from funcnn.blocks.quantized_convolutions import quantized_conv2d
from funcnn.blocks.quantized_linears import quantized_dense, quantized_linear
from funcnn.blocks.recurrence import gru_step, lstm_step, peephole_lstm_step, rnn_step
from funcnn.blocks.rule_arrays import rule_array, rule_row
from funcnn.blocks.transposed_convolutions import (
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from funcnn.blocks.windows import Padding, PerAxis, pads_of, per_axis, places_of


def output_form(network: Network, inputs: Tree, weights: Tree) -> Tree:
    """The form of what a network gives, from the forms of its inputs and weights.

    Errors
        ValueError   they do not fit, where the outputs' form depends on it
        TypeError    a definition has no entry in FORMS
    Laws
        output_form(f, form_of(x), form_of(w)) == form_of(f(x, w))

    >>> from funcnn.blocks.combinators import each, elementwise, layer, serial
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.algebra.elementary import relu
    >>> network = each(serial(layer(linear), elementwise(relu)))
    >>> str(output_form(network, Form((5, 3)), [Form((4, 3)), ()]))
    '5×4'
    """
    match network:
        case Layer(definition, settings):
            return _rule(definition)(inputs, weights, **dict(settings))
        case Elementwise():
            return inputs
        case Serial(layers):
            steps = enumerate(zipped(layers, weights, ("layers", "weights")))
            return foldl(lambda x, step: at_layer(output_form, step, x), inputs, steps)
        case Each(inner):
            return _many(inputs, output_form(inner, item(inputs), weights))
        case Scan(cell):
            state, xs = pair_of(inputs, "inputs (state, sequence)")
            after, y = output_form(cell, (state, item(xs)), weights)
            return after, _many(xs, y)
        case Parallel(networks):
            parts = [*zipped(networks, weights, ("networks", "weights"))]
            pairs = zipped(parts, inputs, ("networks", "inputs"))
            return tuple(output_form(inner, x, w) for (inner, w), x in pairs)
        case Branch(networks):
            return output_form(Parallel(networks), (inputs,) * len(networks), weights)
        case Tied(inner, places):
            return output_form(inner, inputs, placed(weights, places))
        case _:
            raise no_network(network)


def _many(sequence: Tree, form: Tree) -> Tree:
    """as many of a form as the sequence has items"""
    count = len(sequence) if isinstance(sequence, list) else sequence.lengths[0]
    return Form((count, *form.lengths)) if isinstance(form, Form) else [form] * count


def _rule(definition: Callable[..., Any]) -> Callable[..., Tree]:
    if definition in FORMS:
        return FORMS[definition]
    name = getattr(definition, "__name__", repr(definition))
    raise TypeError(f"no form for {name}: give it one in funcnn.blocks.shape_inference.FORMS")


def _same(inputs: Tree, weights: Tree, **settings: Any) -> Tree:
    return inputs


def _lengths(form: Tree, axes: int, name: str) -> tuple[int, ...]:
    """the lengths of a form with so many axes"""
    if not isinstance(form, Form):
        raise TypeError(f"{name}: a form is needed, not a {type(form).__name__}")
    if len(form.lengths) != axes:
        raise ValueError(f"{name}: the form is {form}, which has not {axes} axes")
    return form.lengths


def _rows(weights: Tree) -> int:
    """the rows of a matrix, with a bias or without"""
    matrix = weights[0] if isinstance(weights, tuple) and weights else weights
    return _lengths(matrix, 2, "weights")[0]


def _projected(inputs: Form, weights: Tree, **settings: Any) -> Form:
    return Form((_rows(weights),))


def _channels(inputs: Form, weights: Tree) -> Form:
    return Form(inputs.lengths[:1])


def _conv(
    inputs: Form,
    weights: Form,
    *,
    rank: int,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    **settings: int,
) -> Form:
    kernels, _, *sizes = _lengths(weights, 2 + rank, "weights")
    _, *lengths = _lengths(inputs, 1 + rank, "inputs")
    places = _places(lengths, sizes, stride, padding, dilation, name="kernels")
    return Form((kernels, *places))


def _conv_transpose(
    inputs: Form,
    weights: Form,
    *,
    rank: int,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Form:
    _, kernels, *sizes = _lengths(weights, 2 + rank, "weights")
    _, *places = _lengths(inputs, 1 + rank, "inputs")
    more = per_axis(output_padding, rank, "output_padding", 0)
    steps, spreads = per_axis(stride, rank, "stride"), per_axis(dilation, rank, "dilation")
    axes = zip(places, sizes, steps, spreads, more, pads_of(padding, rank), strict=True)
    lengths = [(n - 1) * s + (k - 1) * d + 1 + o - sum(p) for n, k, s, d, o, p in axes]
    if min(lengths) < 1:
        raise ValueError(f"without its padding, {padding}, nothing is left: {lengths}")
    return Form((kernels * groups, *lengths))


def _pool(
    inputs: Form,
    weights: Tree,
    *,
    rank: int,
    size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    **settings: Any,
) -> Form:
    channels, *lengths = _lengths(inputs, 1 + rank, "inputs")
    sizes = per_axis(size, rank, "size")
    step = sizes if stride is None else stride
    return Form((channels, *_places(lengths, sizes, step, padding, dilation, ceil_mode=ceil_mode)))


def _places(
    lengths: Sequence[int],
    sizes: Sequence[int],
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    **settings: Any,
) -> tuple[int, ...]:
    rank = len(lengths)
    steps, spreads = per_axis(stride, rank, "stride"), per_axis(dilation, rank, "dilation")
    return places_of(lengths, sizes, steps, spreads, pads_of(padding, rank), **settings)


def _reshape(inputs: Form, weights: Tree, *, shape: Sequence[int]) -> Form:
    lengths = per_axis(shape, length_of(shape, "shape"), "shape")
    if inputs.size != prod(lengths):
        raise ValueError(f"inputs have {inputs.size} numbers, shape {lengths} has {prod(lengths)}")
    return Form(lengths)


def _concatenate(inputs: Tree, weights: Tree) -> Form:
    """of several forms, or of a list of like ones, which is one form"""
    parts = [item(inputs)] * inputs.lengths[0] if isinstance(inputs, Form) else inputs
    if len({item(part) for part in parts}) != 1:
        raise ValueError(f"the entries of the inputs differ: {', '.join(map(str, parts))}")
    return Form((sum(part.lengths[0] for part in parts), *parts[0].lengths[1:]))


def _running_statistics(inputs: Form, weights: Tree, **settings: Any) -> Tree:
    return Moments(Form(inputs.lengths[1:2]), Form(inputs.lengths[1:2]))


def _split_heads(inputs: Form, weights: Tree, *, heads: int) -> Form:
    rows, width = _lengths(inputs, 2, "inputs")
    return Form((heads, rows, width // heads))


def _join_heads(inputs: Form, weights: Tree) -> Form:
    heads, rows, width = _lengths(inputs, 3, "inputs")
    return Form((rows, heads * width))


def _attention(inputs: Sequence[Form], weights: Tree, **settings: Any) -> Form:
    """as many as the queries, as wide as the values"""
    queries, _, values, *_ = inputs
    return Form((*queries.lengths[:-1], values.lengths[-1]))


def _multi_head(inputs: Sequence[Form], weights: Tree, **settings: Any) -> Form:
    return Form((inputs[0].lengths[0], _rows(weights[3])))


def _projected_heads(inputs: Form, weights: Tree, *, heads: int, **settings: Any) -> Form:
    return Form((heads, inputs.lengths[0], _rows(weights) // heads))


def _attention_step(inputs: Tree, weights: Tree, **settings: Any) -> Tree:
    cache, _ = inputs
    rows = cache[0].lengths[0] + 1
    keys, values = (Form((rows, _rows(projection))) for projection in weights[1:3])
    return type(cache)(keys, values), _projected(Form(()), weights[3])


def _stacked_step(inputs: Tree, weights: Tree, *, cells: Sequence[Network]) -> Tree:
    def climb(y: Tree, step: tuple[tuple[Network, Tree], Tree]) -> tuple[Tree, Tree]:
        (cell, state), of_cell = step
        after, y = output_form(cell, (state, y), of_cell)
        return y, after

    y, states = map_accum_l(
        climb, inputs[1], zip(zip(cells, inputs[0], strict=True), weights, strict=True)
    )
    return tuple(states), y


def _attentive_step(
    inputs: Tree, weights: Tree, *, attention: Network, cell: Network
) -> tuple[Tree, Tree]:
    (state, memory), x = inputs
    hidden = state if isinstance(state, Form) else state[0]
    context = output_form(attention, (hidden, memory), weights[0])
    state, y = output_form(cell, (state, Form((x.size + context.size,))), weights[1])
    return (state, memory), y


def _join_directions(inputs: Tree, weights: Tree) -> Tree:
    (one, ys), (other, zs) = inputs
    return (one, other), Form((ys.lengths[0], ys.lengths[1] + zs.lengths[1]))


def _gat(inputs: Tree, weights: Sequence[Tree], *, concat: bool = True, **settings: Any) -> Form:
    heads, width = len(weights), _rows(weights[0])
    return Form((inputs[0].lengths[0], heads * width if concat else width))


FORMS: Final[dict[Callable[..., Any], Callable[..., Tree]]] = {
    **dict.fromkeys([linear, affine, dense, project], _projected),
    **dict.fromkeys([quantized_linear, quantized_dense], _projected),
    quantized_conv2d: lambda inputs, weights, **settings: _conv(
        inputs, weights[0], rank=2, **settings
    ),
    **dict.fromkeys([softmax, log_softmax, layer_scale, reverse, dropout], _same),
    conv: _conv,
    conv1d: partial(_conv, rank=1),
    conv2d: partial(_conv, rank=2),
    conv3d: partial(_conv, rank=3),
    conv_transpose: _conv_transpose,
    conv_transpose1d: partial(_conv_transpose, rank=1),
    conv_transpose2d: partial(_conv_transpose, rank=2),
    conv_transpose3d: partial(_conv_transpose, rank=3),
    channel_bias: _same,
    **dict.fromkeys([max_pool, average_pool], _pool),
    **dict.fromkeys([max_pool1d, average_pool1d], partial(_pool, rank=1)),
    **dict.fromkeys([max_pool2d, average_pool2d], partial(_pool, rank=2)),
    **dict.fromkeys([max_pool3d, average_pool3d], partial(_pool, rank=3)),
    **dict.fromkeys([global_max_pool, global_average_pool], _channels),
    **dict.fromkeys([layer_norm, rms_norm, group_norm, instance_norm], _same),
    **dict.fromkeys([batch_norm, batch_norm_training, rule_row], _same),
    running_statistics: _running_statistics,
    add_pair: lambda inputs, weights: inputs[0],
    part: lambda inputs, weights, *, index: inputs[index],
    flatten: lambda inputs, weights: Form((inputs.size,)),
    concatenate: _concatenate,
    reshape: _reshape,
    channels_last: lambda inputs, weights: Form((*item(inputs).lengths, inputs.lengths[0])),
    channels_first: lambda inputs, weights: Form((inputs.lengths[-1], *inputs.lengths[:-1])),
    **dict.fromkeys([rnn_step, gru_step], lambda inputs, weights, **settings: (inputs[0],) * 2),
    **dict.fromkeys(
        [lstm_step, peephole_lstm_step],
        lambda inputs, weights, **settings: (inputs[0], inputs[0][0]),
    ),
    stacked_step: _stacked_step,
    attentive_step: _attentive_step,
    split_directions: lambda inputs, weights: tuple((state, inputs[1]) for state in inputs[0]),
    join_directions: _join_directions,
    **dict.fromkeys(
        [additive_attention, multiplicative_attention],
        lambda inputs, weights: Form(inputs[1].lengths[1:]),
    ),
    **dict.fromkeys([learned_positions, sinusoidal_positions, rotary], _same),
    rotate: lambda inputs, weights, **settings: inputs[0],
    **dict.fromkeys([scaled_dot_product_attention, grouped_query_attention], _attention),
    edge_attention: _attention,
    split_heads: _split_heads,
    join_heads: _join_heads,
    multi_head_attention: _multi_head,
    self_attention: lambda inputs, weights, **settings: _multi_head((inputs,), weights),
    projected_heads: _projected_heads,
    attention_step: _attention_step,
    glu: lambda inputs, weights: Form((inputs.lengths[0] // 2,)),
    **dict.fromkeys(
        [swiglu, geglu], lambda inputs, weights, **settings: Form((_rows(weights[2]),))
    ),
    embedding: lambda inputs, weights: Form((*inputs.lengths, weights.lengths[1])),
    **dict.fromkeys(
        [message_passing, gcn, gat_head],
        lambda inputs, weights, **settings: Form((inputs[0].lengths[0], _rows(weights))),
    ),
    gat: _gat,
    rule_array: lambda inputs, weights, **settings: Form((1 + _rows(weights), *inputs.lengths)),
}
