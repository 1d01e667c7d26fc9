"""Batching: a network over a whole batch at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched as chunks
from itertools import chain, islice
from typing import Any, Final

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import foldl, length_of, map_accum_l, pair_of, zipped
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
    no_network,
    placed,
    run,
)
from funcnn.blocks.convolutions import channel_bias, conv, conv1d, conv2d
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.embeddings import embedding
from funcnn.blocks.gates import geglu, glu, swiglu
from funcnn.blocks.graphs import gat_head, gcn, message_passing
from funcnn.blocks.heads import grouped_query_attention, multi_head_attention, self_attention
from funcnn.blocks.linears import affine, dense, linear, project
from funcnn.blocks.norms import batch_norm, batch_norm_training, layer_norm, rms_norm
from funcnn.blocks.pooling import average_pool2d, max_pool2d
from funcnn.blocks.positions import learned_positions, rotary
from funcnn.blocks.quantized_convolutions import quantized_conv2d
from funcnn.blocks.quantized_linears import quantized_dense, quantized_linear, saturate
from funcnn.blocks.recurrence import gru_step, lstm_step, rnn_step
from funcnn.blocks.transposed_convolutions import (
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
)
from funcnn.fast import (
    activations,
    attention,
    convolutions,
    floats,
    gates,
    graphs,
    lookups,
    norms,
    pooling,
    quantized,
    quantized_convolutions,
    recurrence,
)

type Primitive = tuple[type[Layer | Elementwise], Callable[..., Any]]

KERNELS: Final[dict[Primitive, Callable[..., Sequence[Any]]]] = {
    **{
        (Elementwise, function): partial(activations.elementwise, function)
        for function, _ in activations.INSTANCES
    },
    (Elementwise, relu): floats.relu,
    (Elementwise, saturate): quantized_convolutions.saturate,
    (Layer, add_pair): floats.add_pair,
    (Layer, linear): floats.linear,
    (Layer, affine): floats.affine,
    (Layer, dense): floats.dense,
    (Layer, project): floats.project,
    (Layer, conv): convolutions.conv,
    (Layer, conv1d): convolutions.conv1d,
    (Layer, conv2d): convolutions.conv2d,
    (Layer, conv_transpose): convolutions.conv_transpose,
    (Layer, conv_transpose1d): convolutions.conv_transpose1d,
    (Layer, conv_transpose2d): convolutions.conv_transpose2d,
    (Layer, channel_bias): convolutions.channel_bias,
    (Layer, max_pool2d): pooling.max_pool2d,
    (Layer, average_pool2d): pooling.average_pool2d,
    (Layer, layer_norm): norms.layer_norm,
    (Layer, rms_norm): norms.rms_norm,
    (Layer, batch_norm): norms.batch_norm,
    (Layer, batch_norm_training): norms.batch_norm_training,
    (Layer, rnn_step): recurrence.rnn_step,
    (Layer, lstm_step): recurrence.lstm_step,
    (Layer, gru_step): recurrence.gru_step,
    (Layer, learned_positions): attention.learned_positions,
    (Layer, rotary): attention.rotary,
    (Layer, scaled_dot_product_attention): attention.scaled_dot_product_attention,
    (Layer, grouped_query_attention): attention.grouped_query_attention,
    (Layer, multi_head_attention): attention.multi_head_attention,
    (Layer, self_attention): attention.self_attention,
    (Layer, attention_step): attention.attention_step,
    (Layer, glu): gates.glu,
    (Layer, swiglu): gates.swiglu,
    (Layer, geglu): gates.geglu,
    (Layer, embedding): lookups.embedding,
    (Layer, dropout): lookups.dropout,
    (Layer, message_passing): graphs.message_passing,
    (Layer, gcn): graphs.gcn,
    (Layer, gat_head): graphs.gat_head,
    (Layer, quantized_dense): quantized.dense,
    (Layer, quantized_linear): quantized.linear,
    (Layer, quantized_conv2d): quantized_convolutions.conv2d,
}
"""From a layer's definition, or an elementwise function, to kernel(xs, weights, **settings)."""


type Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""What maps a function over pieces of a batch: an executor's map, whose workers may be processes,
as all that is handed to it is picklable."""

PIECES: Final = 8
"""Of a batch that is mapped, at most: so many that a few workers end at about the same time."""


def pieces[T](batch: Sequence[T], map: Map | None) -> list[Sequence[T]]:
    """The batch as a whole, or in pieces if there is a map for them.

    >>> pieces(range(12), None), pieces([1, 2, 3], map)
    ([range(0, 12)], [[1], [2], [3]])
    """
    if map is None:
        return [batch]
    size = -(-len(batch) // PIECES) or 1
    return [[*piece] for piece in chunks(batch, size)]


@dataclass(frozen=True, slots=True)
class vmap:
    """A network as a function of a batch of inputs and of weights.

    A map, such as the one of a concurrent.futures.ProcessPoolExecutor, takes pieces of the batch.

    Haskell
        vmap f xs w = map (\\x -> f x w) xs
    Shapes
        xs a list of what the network takes  →  a list of what it gives
    Order
        Sums of floats by sumprod; all else the definition's, or exact.
    Errors
        the definition's for the first of xs that has one
    Laws
        vmap(f)(xs, w) == [f(x, w) for x in xs], where the numbers are exact
        vmap(f)(xs, w) is within the certificate of each sum of floats
        vmap(f)(xs, w, map=map) == vmap(f)(xs, w)
    Source
        J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs" (2018)

    >>> from funcnn.blocks.combinators import layer, serial
    >>> network = serial(layer(dense), layer(dense))
    >>> vmap(network)([[1.0, 2.0], [0.0, 1.0]], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])
    [[2.0], [0.5]]
    """

    network: Network

    def __call__(self, xs: Sequence[Any], weights: Any, *, map: Map | None = None) -> list[Any]:
        if not length_of(xs, "xs"):
            return []
        if map:
            outputs = map(partial(self, weights=weights), pieces(xs, map))
            return [*chain.from_iterable(outputs)]
        try:
            return [*batched(self.network, xs, weights)]
        except Exception:
            for x in xs:
                run(self.network, x, weights)  # raises the error that comes first there
            raise


def batched(network: Network, xs: Sequence[Any], weights: Any) -> Sequence[Any]:
    """The outputs of a network for each of a batch, a layer after another over the whole batch.

    Errors
        one, where the network has any on any of the batch

    >>> from funcnn.blocks.combinators import each, layer
    >>> batched(each(layer(linear)), [[[1.0], [2.0]], [[3.0]]], [[10.0]])
    [[[10.0], [20.0]], [[30.0]]]
    """
    if not len(xs):
        return []
    match network:
        case Layer(definition, settings) | Elementwise(definition, settings):
            kernel = KERNELS.get((type(network), definition))
            if kernel:
                return kernel(xs, weights, **dict(settings))
            return [network(x, weights) for x in xs]
        case Serial(layers):
            steps = zipped(layers, weights)
            return foldl(lambda ys, step: batched(step[0], ys, step[1]), [*xs], steps)
        case Each(inner):
            lengths = [length_of(x, "inputs") for x in xs]
            ys = iter(batched(inner, [*chain.from_iterable(xs)], weights))
            return [[*islice(ys, length)] for length in lengths]
        case Scan(cell):
            return _scan(cell, xs, weights)
        case Parallel(networks):
            parts = [[part for part, _ in zipped(x, networks)] for x in xs]
            columns = [[part[place] for part in parts] for place in range(len(networks))]
            return _side_by_side(networks, columns, weights, len(xs))
        case Branch(networks):
            return _side_by_side(networks, [xs] * len(networks), weights, len(xs))
        case Tied(inner, places):
            return batched(inner, xs, placed(weights, places))
        case _:
            raise no_network(network)


def _side_by_side(
    networks: Sequence[Network], columns: Sequence[Sequence[Any]], weights: Any, count: int
) -> list[Any]:
    """each network on its column of the batch; then a tuple for each of the batch"""
    steps = zipped(networks, [*zipped(columns, weights)])
    outputs = [batched(network, column, w) for network, (column, w) in steps]
    return [tuple(column[index] for column in outputs) for index in range(count)]


def _scan(cell: Network, xs: Sequence[Any], weights: Any) -> list[Any]:
    """the cell on all sequences at once, a time step after another, if all are as long"""
    pairs = [pair_of(x, "inputs (state, sequence)") for x in xs]
    states, sequences = [state for state, _ in pairs], [sequence for _, sequence in pairs]
    if len({length_of(sequence, "the sequence") for sequence in sequences}) != 1:
        return [Scan(cell)(x, weights) for x in xs]

    def step(states: Sequence[Any], column: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        results = batched(cell, [*zipped(states, column)], weights)
        return [state for state, _ in results], [y for _, y in results]

    ends, outputs = map_accum_l(step, states, [*zip(*sequences, strict=True)])
    return [(end, [ys[index] for ys in outputs]) for index, end in enumerate(ends)]
