"""PyTorch's modules of several definitions, and the networks of ours that they are."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from torch_calls import Call, first, tensor

from block_cases import Case
from block_cases import tensor as drawn
from funcnn import AffineWeights, layer, scan, tree_map
from funcnn.blocks.encoder_decoders import bidirectional, stacked_step
from funcnn.blocks.heads import MultiHeadWeights, multi_head_attention
from funcnn.blocks.recurrence import RecurrentWeights, gru_step, lstm_step
from funcnn.blocks.sequence_models import transformer_block

type Drawn = tuple[Case, Callable[[Any, Any], Call]]
"""A case, and the call that has the tensors of inputs and weights, or of their cotangents."""


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


def bidirectional_lstm(draw: Random) -> Drawn:
    n, m, steps = (draw.randint(1, 3) for _ in range(3))
    weights = [(), [cell_weights(draw, 4 * m, n, m) for _ in range(2)], ()]
    states = tuple((drawn(draw, m), drawn(draw, m)) for _ in range(2))
    cell = layer(lstm_step, gates="ifco")

    def call(inputs: Any, weights: Any) -> Call:
        (forth, back), xs = inputs
        starts = [tensor([*parts]) for parts in zip(forth, back, strict=True)]
        settings = {"input_size": n, "hidden_size": m, "bidirectional": True}
        one, other = weights[1]
        parameters = cell_parameters(one, "l0") | cell_parameters(other, "l0_reverse")
        return Call("nn.LSTM", [tensor(xs), starts], settings, parameters, read)

    def read(outputs: Any) -> Any:
        ys, ends = outputs
        return tuple(zip(*ends, strict=True)), ys

    inputs = states, drawn(draw, steps, n)
    return Case(bidirectional(cell, cell), {}, inputs, weights), call


def stacked_gru(draw: Random) -> Drawn:
    n, m, steps = (draw.randint(1, 3) for _ in range(3))
    weights = [cell_weights(draw, 3 * m, n, m), cell_weights(draw, 3 * m, m, m)]
    cell = layer(gru_step, gates="rzh", reset="after")

    def call(inputs: Any, weights: Any) -> Call:
        states, xs = inputs
        settings = {"input_size": n, "hidden_size": m, "num_layers": 2}
        parameters = cell_parameters(weights[0], "l0") | cell_parameters(weights[1], "l1")
        return Call("nn.GRU", [tensor(xs), tensor([*states])], settings, parameters, read)

    def read(outputs: Any) -> Any:
        ys, ends = outputs
        return tuple(ends), ys

    inputs = (drawn(draw, m), drawn(draw, m)), drawn(draw, steps, n)
    return Case(scan(layer(stacked_step, cells=(cell, cell))), {}, inputs, weights), call


def attention_parameters(weights: Any) -> dict[str, Any]:
    """The three matrices of what is read are one."""
    query, key, value, output = weights
    return {
        "in_proj_weight": tensor([*query.matrix, *key.matrix, *value.matrix]),
        "in_proj_bias": tensor([*query.bias, *key.bias, *value.bias]),
        "out_proj.weight": tensor(output.matrix),
        "out_proj.bias": tensor(output.bias),
    }


def multi_head(draw: Random) -> Drawn:
    """PyTorch's mask says what is hidden. Each query sees the last key."""
    heads, size, n, m = (draw.randint(1, 3) for _ in range(4))
    width = heads * size
    mask = [[draw.random() < 0.7 for _ in range(m - 1)] + [True] for _ in range(n)]
    hidden = [[not seen for seen in row] for row in mask]

    def call(inputs: Any, weights: Any) -> Call:
        xs, memory = map(tensor, inputs[:2])
        arguments = [xs, memory, memory, None, False, tensor(hidden)]
        settings = {"embed_dim": width, "num_heads": heads}
        return Call(
            "nn.MultiheadAttention", arguments, settings, attention_parameters(weights), first
        )

    projections: list[Any] = [affine(draw, width, width) for _ in range(4)]
    inputs = drawn(draw, n, width), drawn(draw, m, width), mask
    return Case(
        multi_head_attention, {"heads": heads}, inputs, MultiHeadWeights(*projections)
    ), call


def encoder_layer(draw: Random) -> Drawn:
    heads, hidden, length = (draw.randint(1, 3) for _ in range(3))
    width, pre_norm, causal = heads * draw.randint(2, 4), draw.random() < 0.5, draw.random() < 0.5
    model = transformer_block(width, heads, hidden, pre_norm=pre_norm, causal=causal)
    hidden_keys = [[causal and j > i for j in range(length)] for i in range(length)]
    settings = {
        **{"d_model": width, "nhead": heads, "dim_feedforward": hidden, "norm_first": pre_norm},
        **{"activation": "gelu", "dropout": 0.0},
    }

    def call(inputs: Any, weights: Any) -> Call:
        one, other = (half(part, pre_norm) for part in weights)
        (norm, attention), (other_norm, (up, _, down)) = one, other
        names = {"linear1": up, "linear2": down, "norm1": norm, "norm2": other_norm}
        parts = attention_parameters(attention)
        parameters = {f"self_attn.{name}": value for name, value in parts.items()}
        for name, (scale, bias) in names.items():
            parameters |= {f"{name}.weight": tensor(scale), f"{name}.bias": tensor(bias)}
        tensors = [tensor(inputs), tensor(hidden_keys)]
        return Call("nn.TransformerEncoderLayer", tensors, settings, parameters)

    weights: Any = tree_map(lambda form: drawn(draw, *form.lengths), model.weights)
    return Case(model.network, {}, drawn(draw, length, width), weights), call


def half(weights: Any, pre_norm: bool) -> tuple[Any, Any]:
    """The norm's weights, and those of what is added."""
    if pre_norm:
        ([_, [norm, inner]], _) = weights
    else:
        ([[_, inner], _], norm) = weights
    return norm, inner


MODULES: Final[dict[str, Callable[[Random], Drawn]]] = {
    "LSTM, bidirectional": bidirectional_lstm,
    "GRU of two layers": stacked_gru,
    "MultiheadAttention": multi_head,
    "TransformerEncoderLayer": encoder_layer,
}
