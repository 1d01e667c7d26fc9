"""How ONNX computes what a definition does: the operator, its inputs, its attributes."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import ge
from typing import Any, Final, NamedTuple

import numpy as np
from conventions import (
    Window,
    folded_batch_norm,
    folded_batch_norm_training,
    mask_of,
    reflected_sigmoid,
    window_of,
    with_biases,
)

from block_cases import Case
from funcnn import AffineWeights, Elementwise, elementwise, relu
from funcnn.algebra.vectors import shape


class Node(NamedTuple):
    """An operator with its inputs and attributes; and how its outputs are ours."""

    operator: str
    inputs: Mapping[str, Any]
    attributes: Mapping[str, Any] = {}
    outputs: Sequence[str] = ("Y",)
    read: Callable[..., Any] = lambda y: y


type Pair = tuple[Case, Node] | None
"""A case, its settings ONNX's where we have more than it, and the node; None if it has none."""


def first(y: Any) -> Any:
    """Of a batch of one."""
    return y[0]


def epsilon(case: Case) -> dict[str, float]:
    """ONNX's attributes are float32."""
    return {"epsilon": float(np.float32(case.settings.get("epsilon", 1e-5)))}


def function(operator: str, **attributes: Any) -> Callable[[Case], Pair]:
    return lambda case: (case, Node(operator, {"X": case.inputs}, attributes))


def activation(operator: str, **names: str) -> Callable[[Case], Pair]:
    """A function of one number, its settings by ONNX's names."""

    def paired(case: Case) -> Pair:
        assert isinstance(case.definition, Elementwise)
        attributes = {names[key]: value for key, value in case.definition.settings}
        return case, Node(operator, {"X": case.inputs}, attributes)

    return paired


def sigmoid(case: Case) -> Pair:
    pair = activation("Sigmoid")(case)
    assert pair
    return case._replace(definition=elementwise(reflected_sigmoid)), pair[1]


def linear(case: Case) -> Pair:
    matrix, *bias = case.weights if isinstance(case.weights, AffineWeights) else [case.weights]
    inputs = {"A": [case.inputs], "B": matrix} | ({"C": bias[0]} if bias else {})
    return case, Node("Gemm", inputs, {"transB": 1}, read=first)


def attributes_of(window: Window) -> dict[str, Any]:
    """The pads are those before all axes, then those after them."""
    pads = [*chain(*zip(*window.pads, strict=True))]
    return {"strides": window.strides, "dilations": window.dilations, "pads": pads}


def convolution(case: Case) -> Pair:
    """ONNX Runtime has no output padding of a stride and more."""
    window, operator = window_of(case), "Conv"
    attributes = attributes_of(window) | {"group": case.settings.get("groups", 1)}
    if "transpose" in case.definition.__name__:
        operator, attributes = (
            "ConvTranspose",
            attributes | {"output_padding": window.output_padding},
        )
    if any(map(ge, window.output_padding, window.strides)):
        return None
    return case, Node(operator, {"X": [case.inputs], "W": case.weights}, attributes, read=first)


def pool(operator: str) -> Callable[[Case], Pair]:
    """ONNX Runtime has no padding of a kernel's size and more, though it be dilated."""

    def paired(case: Case) -> Pair:
        window = window_of(case)
        attributes = attributes_of(window) | {"kernel_shape": window.sizes}
        names = [name for name in ("ceil_mode", "count_include_pad") if name in case.settings]
        attributes |= {name: int(case.settings[name]) for name in names}
        if any(max(pads) >= size for pads, size in zip(window.pads, window.sizes, strict=True)):
            return None
        return case, Node(operator, {"X": [case.inputs]}, attributes, read=first)

    return paired


def of_channels(operator: str) -> Callable[[Case], Pair]:
    """ONNX keeps the axes, each of length 1."""

    def paired(case: Case) -> Pair:
        return case, Node(operator, {"X": [case.inputs]}, read=lambda y: y.ravel())

    return paired


def norm(operator: str, *weights: str, **attributes: Any) -> Callable[[Case], Pair]:
    def paired(case: Case) -> Pair:
        values = [case.weights] if len(weights) == 1 else case.weights
        inputs = {"X": [case.inputs], **dict(zip(weights, values, strict=True))}
        more = {"num_groups": case.settings["groups"]} if "groups" in case.settings else {}
        node = Node(operator, inputs, attributes | more | epsilon(case), read=first)
        return case._replace(settings=case.settings | epsilon(case)), node

    return paired


def batch_norm(case: Case) -> Pair:
    pair = norm("BatchNormalization", "scale", "bias", "mean", "variance")(case)
    assert pair
    return pair[0]._replace(definition=folded_batch_norm), pair[1]


def instance_norm(case: Case) -> Pair:
    pair = norm("InstanceNormalization", "scale", "bias")(case)
    assert pair
    of_one = pair[0]._replace(definition=folded_batch_norm_training, inputs=[case.inputs])
    return of_one, pair[1]._replace(read=lambda y: y)


def recurrent(operator: str, outputs: Sequence[str], **settings: str) -> Callable[[Case], Pair]:
    """One step; ONNX's order of the gates is its only one."""

    def paired(case: Case) -> Pair:
        state, x = case.inputs
        hidden, *memory = state if operator == "LSTM" else (state,)
        of_input, of_state = with_biases(case.weights[:2])
        inputs = {
            "X": [[x]],
            "W": [of_input.matrix],
            "R": [of_state.matrix],
            "B": [[*of_input.bias, *of_state.bias]],
            "sequence_lens": None,
            "initial_h": [[hidden]],
            "initial_c": [memory] if memory else None,
            "P": [*case.weights[2:]] or None,
        }
        attributes: dict[str, Any] = {"hidden_size": len(hidden)}
        if operator == "RNN":
            relus = case.settings["activation"] is relu
            attributes |= {"activations": ["Relu" if relus else "Tanh"]}
        if operator == "GRU":
            attributes |= {"linear_before_reset": int(case.settings["reset"] == "after")}
        fed = {name: inputs[name] for name in [*inputs][: {"RNN": 6, "GRU": 6}.get(operator, 8)]}
        node = Node(operator, fed, attributes, outputs, read=read)
        return case._replace(settings=case.settings | settings), node

    def read(*ends: Any) -> Any:
        states = [end[0, 0].tolist() for end in ends]
        return (tuple(states) if len(states) > 1 else states[0]), states[0]

    return paired


def attention(case: Case) -> Pair:
    """ONNX has one mask for all that hides a key."""
    several, scale = len(shape(case.inputs[0])) > 2, case.settings.get("scale")
    queries, keys, values = ([part] if several else [[part]] for part in case.inputs[:3])
    inputs = {"Q": queries, "K": keys, "V": values, "attn_mask": mask_of(case)}
    node = Node("Attention", inputs, {} if scale is None else {"scale": scale})
    return case, node._replace(read=first if several else lambda y: y[0][0])


def causal_attention(case: Case) -> Pair:
    pair = attention(case)
    assert pair
    causal = pair[1]._replace(attributes={"is_causal": 1})
    return case._replace(settings={"causal": True}), causal


def rotate(case: Case) -> Pair:
    rows, cosines, sines = case.inputs
    inputs = {"X": [[rows]], "cos_cache": [cosines], "sin_cache": [sines]}
    interleaved = int(case.settings["pairing"] == "neighbors")
    attributes = {"interleaved": interleaved, "rotary_embedding_dim": 2 * len(cosines[0])}
    return case, Node("RotaryEmbedding", inputs, attributes, read=lambda y: y[0][0])


def embedding(case: Case) -> Pair:
    tokens = np.asarray(case.inputs, dtype=np.int64)
    return case, Node("Gather", {"table": case.weights, "tokens": tokens}, {"axis": 0})


NODES: Final[dict[str, Callable[[Case], Pair]]] = {
    "linear": linear,
    "affine": linear,
    "softmax": function("Softmax", axis=-1),
    "log_softmax": function("LogSoftmax", axis=-1),
    "relu": activation("Relu"),
    "leaky_relu": activation("LeakyRelu", slope="alpha"),
    "absolute": activation("Abs"),
    "sigmoid": sigmoid,
    "tanh": activation("Tanh"),
    "erf": activation("Erf"),
    "exp": activation("Exp"),
    "log": activation("Log"),
    "sqrt": activation("Sqrt"),
    "sin": activation("Sin"),
    "cos": activation("Cos"),
    "gelu": activation("Gelu"),
    "gelu by tanh": activation("Gelu", approximate="approximate"),
    **{f"conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": convolution for rank in (1, 2, 3)},
    "max_pool": pool("MaxPool"),
    "average_pool": pool("AveragePool"),
    "global_max_pool": of_channels("GlobalMaxPool"),
    "global_average_pool": of_channels("GlobalAveragePool"),
    "layer_norm": norm("LayerNormalization", "scale", "bias", axis=1, stash_type=11),
    "rms_norm": norm("RMSNormalization", "scale", axis=1, stash_type=11),
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "group_norm": norm("GroupNormalization", "scale", "bias", stash_type=11),
    "rnn_step": recurrent("RNN", ["", "Y_h"]),
    "lstm_step": recurrent("LSTM", ["", "Y_h", "Y_c"], gates="iofc"),
    "peephole_lstm_step": recurrent("LSTM", ["", "Y_h", "Y_c"], gates="iofc"),
    "gru_step, reset before": recurrent("GRU", ["", "Y_h"], gates="zrh"),
    "gru_step, reset after": recurrent("GRU", ["", "Y_h"], gates="zrh"),
    "scaled_dot_product_attention": causal_attention,
    "scaled_dot_product_attention, causal or in a window": attention,
    "scaled_dot_product_attention, masked": attention,
    "grouped_query_attention": attention,
    "rotate": rotate,
    "embedding of tokens": embedding,
}
"""By the names of `cases.CASES`."""
