"""How PyTorch computes what a definition does: its function, the tensors, the settings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from conventions import (
    Window,
    folded_batch_norm,
    folded_batch_norm_training,
    mask_of,
    window_of,
    with_biases,
)

from block_cases import Case
from funcnn import AffineWeights, Elementwise, leaves, relu
from funcnn.algebra.vectors import shape


class Call(NamedTuple):
    """A function of torch, or a module and its parameters; and how its outputs are ours."""

    function: str
    arguments: Sequence[Any]
    settings: Mapping[str, Any] = {}
    parameters: Mapping[str, Any] = {}
    read: Callable[[Any], Any] = lambda outputs: outputs


type Pair = tuple[Case, Call] | None
"""A case, its settings PyTorch's where we have more than it, and the call; None if it has none."""


def tensor(value: Any) -> dict[str, Any] | None:
    """What becomes a tensor."""
    return None if value is None else {"tensor": value}


def first(outputs: Any) -> Any:
    """Of a batch of one."""
    return outputs[0]


def epsilon(case: Case) -> float:
    """PyTorch has other defaults."""
    given: float = case.settings.get("epsilon", 1e-5)
    return given


def function(name: str, **settings: Any) -> Callable[[Case], Pair]:
    return lambda case: (case, Call(name, [tensor(case.inputs)], settings))


def activation(name: str, **names: str) -> Callable[[Case], Pair]:
    """A function of one number, its settings by PyTorch's names."""

    def paired(case: Case) -> Pair:
        assert isinstance(case.definition, Elementwise)
        settings = {names[key]: value for key, value in case.definition.settings}
        return case, Call(name, [tensor(case.inputs)], settings)

    return paired


def linear(case: Case) -> Pair:
    matrix, *bias = case.weights if isinstance(case.weights, AffineWeights) else [case.weights]
    return case, Call("nn.functional.linear", [*map(tensor, (case.inputs, matrix, *bias))])


def padding_of(window: Window) -> list[int] | None:
    """PyTorch pads after an axis as before it, or not at all."""
    alike = all(before == after for before, after in window.pads)
    return [before for before, _ in window.pads] if alike else None


def convolution(name: str) -> Callable[[Case], Pair]:
    def paired(case: Case) -> Pair:
        padding = padding_of(window_of(case))
        tensors = [tensor(case.inputs), tensor(case.weights)]
        call = Call(f"nn.functional.{name}", tensors, case.settings | {"padding": padding})
        return None if padding is None else (case, call)

    return paired


def pool(name: str) -> Callable[[Case], Pair]:
    """PyTorch pads by half a window at most, and its means have no dilation."""

    def paired(case: Case) -> Pair:
        window, settings = window_of(case), dict(case.settings)
        padding, is_mean = padding_of(window), name.startswith("avg")
        if padding is None or any(2 * p > k for p, k in zip(padding, window.sizes, strict=True)):
            return None
        if is_mean and {*window.dilations} != {1}:
            return None
        for ours in ["size", "dilation"] if is_mean else ["size"]:
            settings.pop(ours, None)
        settings |= {"kernel_size": window.sizes, "padding": padding}
        return case, Call(f"nn.functional.{name}", [tensor(case.inputs)], settings)

    return paired


def of_channels(name: str) -> Callable[[Case], Pair]:
    def paired(case: Case) -> Pair:
        function = f"nn.functional.{name}{len(shape(case.inputs)) - 1}d"
        tensors = [tensor(case.inputs), 1]
        return case, Call(function, tensors, read=lambda outputs: [*leaves(outputs)])

    return paired


def layer_norm(case: Case) -> Pair:
    tensors = [*map(tensor, case.weights)]
    arguments = [tensor(case.inputs), shape(case.inputs), *tensors, epsilon(case)]
    return case, Call("nn.functional.layer_norm", arguments)


def rms_norm(case: Case) -> Pair:
    arguments = [tensor(case.inputs), shape(case.inputs), tensor(case.weights), epsilon(case)]
    return case, Call("nn.functional.rms_norm", arguments)


def batch_norm(case: Case) -> Pair:
    scale, bias, *seen = map(tensor, case.weights)
    arguments = [tensor([case.inputs]), *seen, scale, bias]
    call = Call("nn.functional.batch_norm", arguments, {"eps": epsilon(case)}, read=first)
    return case._replace(definition=folded_batch_norm), call


def batch_norm_training(case: Case) -> Pair:
    """PyTorch has none of one number."""
    arguments = [tensor(case.inputs), None, None, *map(tensor, case.weights)]
    settings = {"training": True, "eps": epsilon(case)}
    call = Call("nn.functional.batch_norm", arguments, settings)
    several = len([*leaves([x[0] for x in case.inputs])]) > 1
    return (case._replace(definition=folded_batch_norm_training), call) if several else None


def instance_norm(case: Case) -> Pair:
    """PyTorch's is batch norm, in training, of one example."""
    arguments = [tensor([case.inputs]), None, None, *map(tensor, case.weights)]
    call = Call("nn.functional.instance_norm", arguments, {"eps": epsilon(case)})
    of_one = case._replace(definition=folded_batch_norm_training, inputs=[case.inputs])
    return (of_one, call) if len([*leaves(case.inputs[0])]) > 1 else None


def group_norm(case: Case) -> Pair:
    """PyTorch has none of one number."""
    tensors, groups = [*map(tensor, case.weights)], case.settings["groups"]
    arguments = [tensor([case.inputs]), groups, *tensors, epsilon(case)]
    call = Call("nn.functional.group_norm", arguments, read=first)
    return (case, call) if len([*leaves(case.inputs)]) > groups else None


def running_statistics(case: Case) -> Pair:
    """Of a module that has seen a batch, what it remembers; its variances are the unbiased ones."""
    channels, *places = shape(case.inputs)[1:]
    mean, variance = map(tensor, case.weights)
    counted = {"running_mean": mean, "running_var": variance, "num_batches_tracked": tensor(0)}
    settings = {"momentum": case.settings["momentum"], "affine": False, "num_features": channels}
    name, names = f"nn.BatchNorm{max(1, len(places))}d", ("running_mean", "running_var")
    call = Call(
        name,
        [tensor(case.inputs)],
        settings,
        counted,
        read=lambda state: tuple(state[name] for name in names),
    )
    return (case, call) if case.settings["unbiased"] else None


def tensors_of_cell(weights: Any) -> list[Any]:
    """Two matrices, then two biases."""
    parts = with_biases(weights)
    return [*map(tensor, (*(part.matrix for part in parts), *(part.bias for part in parts)))]


def rnn(case: Case) -> Pair:
    hidden, x = case.inputs
    name = "rnn_relu_cell" if case.settings["activation"] is relu else "rnn_tanh_cell"
    arguments = [tensor([x]), tensor([hidden]), *tensors_of_cell(case.weights)]
    return case, Call(name, arguments, read=lambda outputs: (outputs[0], outputs[0]))


def lstm(case: Case) -> Pair:
    """PyTorch's order of the gates is its only one."""
    (hidden, memory), x = case.inputs
    state = [tensor([hidden]), tensor([memory])]
    call = Call(
        "lstm_cell",
        [tensor([x]), state, *tensors_of_cell(case.weights)],
        read=lambda outputs: ((outputs[0][0], outputs[1][0]), outputs[0][0]),
    )
    return case._replace(settings={"gates": "ifco"}), call


def gru(case: Case) -> Pair:
    """PyTorch's order of the gates is its only one, and its reset gate works after the matrix."""
    hidden, x = case.inputs
    call = Call(
        "gru_cell",
        [tensor([x]), tensor([hidden]), *tensors_of_cell(case.weights)],
        read=lambda outputs: (outputs[0], outputs[0]),
    )
    return case._replace(settings={"gates": "rzh", "reset": "after"}), call


def attention(case: Case) -> Pair:
    """PyTorch has one mask for all that hides a key."""
    settings = {
        "attn_mask": tensor(mask_of(case)),
        "scale": case.settings.get("scale"),
        "enable_gqa": len(shape(case.inputs[0])) > 2,
    }
    tensors = [*map(tensor, case.inputs[:3])]
    return case, Call("nn.functional.scaled_dot_product_attention", tensors, settings)


def causal_attention(case: Case) -> Pair:
    name, tensors = "nn.functional.scaled_dot_product_attention", [*map(tensor, case.inputs)]
    return case._replace(settings={"causal": True}), Call(name, tensors, {"is_causal": True})


def embedding(case: Case) -> Pair:
    """An empty list has no type."""
    tensors = [tensor(case.inputs), tensor(case.weights)]
    return (case, Call("nn.functional.embedding", tensors)) if case.inputs != [] else None


CALLS: Final[dict[str, Callable[[Case], Pair]]] = {
    "linear": linear,
    "affine": linear,
    "softmax": function("softmax", dim=-1),
    "log_softmax": function("log_softmax", dim=-1),
    "relu": activation("relu"),
    "leaky_relu": activation("nn.functional.leaky_relu", slope="negative_slope"),
    "absolute": activation("abs"),
    "sigmoid": activation("sigmoid"),
    "tanh": activation("tanh"),
    "erf": activation("erf"),
    "exp": activation("exp"),
    "log": activation("log"),
    "sin": activation("sin"),
    "cos": activation("cos"),
    "silu": activation("nn.functional.silu"),
    "gelu": activation("nn.functional.gelu"),
    "gelu by tanh": activation("nn.functional.gelu", approximate="approximate"),
    "glu": function("nn.functional.glu", dim=-1),
    **{f"conv{rank}d": convolution(f"conv{rank}d") for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": convolution(f"conv_transpose{rank}d") for rank in (1, 2, 3)},
    **{f"max_pool{rank}d": pool(f"max_pool{rank}d") for rank in (1, 2)},
    **{f"average_pool{rank}d": pool(f"avg_pool{rank}d") for rank in (1, 2)},
    "global_max_pool": of_channels("adaptive_max_pool"),
    "global_average_pool": of_channels("adaptive_avg_pool"),
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "batch_norm": batch_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "batch_norm_training": batch_norm_training,
    "running_statistics": running_statistics,
    "rnn_step": rnn,
    "lstm_step": lstm,
    "gru_step, reset after": gru,
    "scaled_dot_product_attention": causal_attention,
    "scaled_dot_product_attention, causal or in a window": attention,
    "scaled_dot_product_attention, masked": attention,
    "grouped_query_attention": attention,
    "embedding of tokens": embedding,
}
"""By the names of `cases.CASES`."""
