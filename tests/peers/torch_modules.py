"""PyTorch's modules of several definitions, and the networks of ours that they are."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from block_cases import Case
from block_cases import tensor as drawn
from funcnn import AffineWeights, layer, scan, tree_map
from funcnn.blocks.attention import MultiHeadWeights, multi_head_attention
from funcnn.blocks.encoder_decoders import bidirectional, stacked_step
from funcnn.blocks.recurrence import RecurrentWeights, gru_step, lstm_step
from funcnn.blocks.sequence_models import transformer_block
from torch_calls import Call, first, tensor


def affine(draw: Random, rows: int, columns: int) -> AffineWeights[float]:
    return AffineWeights(drawn(draw, rows, columns), drawn(draw, rows))


def cell_weights(draw: Random, rows: int, n: int, m: int) -> RecurrentWeights[float]:
    return RecurrentWeights(affine(draw, rows, n), affine(draw, rows, m))


def cell_parameters(weights: RecurrentWeights[Any], name: str) -> dict[str, Any]:
    """A cell's weights by PyTorch's names, whose end says of which layer and way they are."""
    (of_input, input_bias), (of_state, state_bias) = weights
    return {
        f"weight_ih_{name}": tensor(of_input),
        f"weight_hh_{name}": tensor(of_state),
        f"bias_ih_{name}": tensor(input_bias),
        f"bias_hh_{name}": tensor(state_bias),
    }


def bidirectional_lstm(draw: Random) -> tuple[Case, Call]:
    n, m, steps = (draw.randint(1, 3) for _ in range(3))
    ways = [cell_weights(draw, 4 * m, n, m) for _ in range(2)]
    states = tuple((drawn(draw, m), drawn(draw, m)) for _ in range(2))
    xs, cell = drawn(draw, steps, n), layer(lstm_step, gates="ifco")
    start = [tensor([*parts]) for parts in zip(*states, strict=True)]

    def read(outputs: Any) -> Any:
        ys, ends = outputs
        return tuple(zip(*ends, strict=True)), ys

    parameters = cell_parameters(ways[0], "l0") | cell_parameters(ways[1], "l0_reverse")
    settings = {"input_size": n, "hidden_size": m, "bidirectional": True}
    call = Call("nn.LSTM", [tensor(xs), start], settings, parameters, read)
    return Case(bidirectional(cell, cell), {}, (states, xs), [(), ways, ()]), call


def stacked_gru(draw: Random) -> tuple[Case, Call]:
    n, m, steps = (draw.randint(1, 3) for _ in range(3))
    weights = [cell_weights(draw, 3 * m, n, m), cell_weights(draw, 3 * m, m, m)]
    states, xs = (drawn(draw, m), drawn(draw, m)), drawn(draw, steps, n)
    cell = layer(gru_step, gates="rzh", reset="after")
    parameters = cell_parameters(weights[0], "l0") | cell_parameters(weights[1], "l1")
    settings = {"input_size": n, "hidden_size": m, "num_layers": 2}
    arguments = [tensor(xs), tensor([*states])]
    read = lambda outputs: (tuple(outputs[1]), outputs[0])
    call = Call("nn.GRU", arguments, settings, parameters, read)
    return Case(scan(layer(stacked_step, cells=(cell, cell))), {}, (states, xs), weights), call


def attention_parameters(weights: MultiHeadWeights[Any]) -> dict[str, Any]:
    """The three matrices of what is read are one."""
    query, key, value, output = weights
    return {
        "in_proj_weight": tensor([*query.matrix, *key.matrix, *value.matrix]),
        "in_proj_bias": tensor([*query.bias, *key.bias, *value.bias]),
        "out_proj.weight": tensor(output.matrix),
        "out_proj.bias": tensor(output.bias),
    }


def multi_head(draw: Random) -> tuple[Case, Call]:
    """PyTorch's mask says what is hidden. A query that sees nothing is left out."""
    heads, size, n, m = (draw.randint(1, 3) for _ in range(4))
    width = heads * size
    weights = MultiHeadWeights(*(affine(draw, width, width) for _ in range(4)))
    xs, memory = drawn(draw, n, width), drawn(draw, m, width)
    mask = [[draw.random() < 0.7 for _ in memory[1:]] + [True] for _ in xs]
    hidden = [[not seen for seen in row] for row in mask]
    tensors = [tensor(xs), tensor(memory), tensor(memory), None, False, tensor(hidden)]
    settings = {"embed_dim": width, "num_heads": heads}
    parameters = attention_parameters(weights)
    call = Call("nn.MultiheadAttention", tensors, settings, parameters, first)
    return Case(multi_head_attention, {"heads": heads}, (xs, memory, mask), weights), call


def encoder_layer(draw: Random) -> tuple[Case, Call]:
    heads, size, hidden, length = (draw.randint(1, 3) for _ in range(4))
    width, pre_norm, causal = heads * size + heads, draw.random() < 0.5, draw.random() < 0.5
    settings: dict[str, Any] = {"pre_norm": pre_norm, "causal": causal}
    model = transformer_block(width, heads, hidden, **settings)
    weights: Any = tree_map(lambda form: drawn(draw, *form.lengths), model.weights)
    (norm, attention), (other, (up, _, down)) = [half(part, pre_norm) for part in weights]
    parameters = {
        **{f"self_attn.{k}": value for k, value in attention_parameters(attention).items()},
        **{"linear1.weight": tensor(up.matrix), "linear1.bias": tensor(up.bias)},
        **{"linear2.weight": tensor(down.matrix), "linear2.bias": tensor(down.bias)},
        **{"norm1.weight": tensor(norm.scale), "norm1.bias": tensor(norm.bias)},
        **{"norm2.weight": tensor(other.scale), "norm2.bias": tensor(other.bias)},
    }
    xs = drawn(draw, length, width)
    hidden_keys = [[causal and j > i for j in range(length)] for i in range(length)]
    settings = {
        "d_model": width,
        "nhead": heads,
        "dim_feedforward": hidden,
        "dropout": 0.0,
        "activation": "gelu",
        "norm_first": pre_norm,
    }
    name = "nn.TransformerEncoderLayer"
    call = Call(name, [tensor(xs), tensor(hidden_keys)], settings, parameters)
    return Case(model.network, {}, xs, weights), call


def half(weights: Any, pre_norm: bool) -> tuple[Any, Any]:
    """The norm's weights, and those of what is added."""
    if pre_norm:
        ([_, [norm, inner]], _) = weights
    else:
        ([[_, inner], _], norm) = weights
    return norm, inner


MODULES: Final[dict[str, Callable[[Random], tuple[Case, Call]]]] = {
    "LSTM, bidirectional": bidirectional_lstm,
    "GRU of two layers": stacked_gru,
    "MultiheadAttention": multi_head,
    "TransformerEncoderLayer": encoder_layer,
}
