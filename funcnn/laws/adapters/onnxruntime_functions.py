"""ONNX Runtime by our names: one operator a function, in float32."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnxruntime
from onnx import NodeProto, helper

ARRAYS = "numpy"
OPSET = 23


def _run(
    operator: str, *inputs: Any, outputs: Sequence[str] = ("Y",), **attributes: Any
) -> list[Any]:
    """an operator's outputs; inputs of None are left out, and so are outputs without a name"""
    names = ["" if value is None else f"X{place}" for place, value in enumerate(inputs)]
    feeds = {name: np.asarray(x) for name, x in zip(names, inputs, strict=True) if name}
    node = helper.make_node(operator, names, outputs, **attributes)
    types = tuple((name, x.dtype.name, x.ndim) for name, x in feeds.items())
    return [*_session(node.SerializeToString(), types).run(None, feeds)]


@cache
def _session(node: bytes, types: tuple[tuple[str, str, int], ...]) -> Any:
    made = NodeProto.FromString(node)
    value = helper.make_tensor_value_info
    kinds = [
        (name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), rank) for name, kind, rank in types
    ]
    graph = helper.make_graph(
        [made],
        made.op_type,
        [value(name, kind, [None] * rank) for name, kind, rank in kinds],
        [value(name, kinds[0][1], None) for name in made.output if name],
    )
    imports = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    return onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def _operator(operator: str, **attributes: Any) -> Callable[..., Any]:
    """an operator of one output, as a function of its inputs"""

    def run(*inputs: Any) -> Any:
        return _run(operator, *inputs, **attributes)[0]

    return run


relu = _operator("Relu")
sigmoid = _operator("Sigmoid")
absolute = _operator("Abs")
exp = _operator("Exp")
log = _operator("Log")
sqrt = _operator("Sqrt")
tanh = _operator("Tanh")
erf = _operator("Erf")
sin = _operator("Sin")
cos = _operator("Cos")
dot = _operator("MatMul")
matvec = _operator("MatMul")
matmul = _operator("MatMul")
transpose = _operator("Transpose", perm=[1, 0])
softmax = _operator("Softmax", axis=-1)
log_softmax = _operator("LogSoftmax", axis=-1)


def leaky_relu(x: Any, *, slope: float = 0.01) -> Any:
    """ONNX's LeakyRelu."""
    return _run("LeakyRelu", x, alpha=slope)[0]


def gelu(x: Any, *, approximate: str = "none") -> Any:
    """ONNX's Gelu."""
    return _run("Gelu", x, approximate=approximate)[0]


def linear(inputs: Any, weights: Any) -> Any:
    """ONNX's Gemm."""
    return _run("Gemm", inputs[None], weights, transB=1)[0][0]


def affine(inputs: Any, weights: Any) -> Any:
    """ONNX's Gemm with C."""
    return _run("Gemm", inputs[None], *weights, transB=1)[0][0]


def _each(setting: Any, rank: int) -> list[int]:
    """one for each axis"""
    return [setting] * rank if isinstance(setting, int) else [*setting]


def _pads(padding: Any, rank: int) -> list[int]:
    """those before all axes, then those after them"""
    pads = [padding] * rank if isinstance(padding, int) else padding
    pairs = [(pad, pad) if isinstance(pad, int) else pad for pad in pads]
    return [pad for side in zip(*pairs, strict=True) for pad in side]


def conv1d(
    inputs: Any,
    weights: Any,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """ONNX's Conv."""
    rank = inputs.ndim - 1
    attributes: dict[str, Any] = {
        "strides": _each(stride, rank),
        "dilations": _each(dilation, rank),
        "pads": _pads(padding, rank),
        "group": groups,
    }
    return _run("Conv", inputs[None], weights, **attributes)[0][0]


conv2d = conv1d


def _pool(operator: str) -> Callable[..., Any]:
    def pool(
        inputs: Any,
        *,
        size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        **more: Any,
    ) -> Any:
        rank = inputs.ndim - 1
        sizes = _each(size, rank)
        attributes: dict[str, Any] = {
            "kernel_shape": sizes,
            "strides": sizes if stride is None else _each(stride, rank),
            "pads": _pads(padding, rank),
            "dilations": _each(dilation, rank),
            "ceil_mode": int(ceil_mode),
        }
        return _run(operator, inputs[None], **attributes, **more)[0][0]

    return pool


max_pool1d = max_pool2d = _pool("MaxPool")
_average_pool = _pool("AveragePool")


def average_pool1d(inputs: Any, *, count_include_pad: bool = True, **settings: Any) -> Any:
    """ONNX's AveragePool."""
    return _average_pool(inputs, count_include_pad=int(count_include_pad), **settings)


average_pool2d = average_pool1d


def global_max_pool(inputs: Any) -> Any:
    """ONNX's GlobalMaxPool."""
    return _run("GlobalMaxPool", inputs[None])[0].ravel()


def global_average_pool(inputs: Any) -> Any:
    """ONNX's GlobalAveragePool."""
    return _run("GlobalAveragePool", inputs[None])[0].ravel()


def layer_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """ONNX's LayerNormalization."""
    return _run("LayerNormalization", inputs, *weights, axis=0, epsilon=epsilon)[0]


def rms_norm(inputs: Any, weights: Any = (), *, epsilon: float = 1e-5) -> Any:
    """ONNX's RMSNormalization, which has a scale."""
    scale = np.ones_like(inputs) if isinstance(weights, tuple) else weights
    return _run("RMSNormalization", inputs, scale, axis=0, epsilon=epsilon)[0]


def batch_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """ONNX's BatchNormalization."""
    return _run("BatchNormalization", inputs[None], *weights, epsilon=epsilon)[0][0]


def group_norm(inputs: Any, weights: Any, *, groups: int, epsilon: float = 1e-5) -> Any:
    """ONNX's GroupNormalization."""
    tensors = inputs[None], *weights
    return _run("GroupNormalization", *tensors, num_groups=groups, epsilon=epsilon)[0][0]


def instance_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """ONNX's InstanceNormalization."""
    return _run("InstanceNormalization", inputs[None], *weights, epsilon=epsilon)[0][0]


def scaled_dot_product_attention(
    inputs: Any, *, causal: bool = False, scale: float | None = None
) -> Any:
    """ONNX's Attention."""
    queries, keys, values, *mask = inputs
    tensors = [part[None, None] for part in (queries, keys, values)]
    scaled: dict[str, Any] = {} if scale is None else {"scale": scale}
    return _run("Attention", *tensors, *mask, is_causal=int(causal), **scaled)[0][0, 0]


def _of_cell(weights: Any, gates: str, order: str) -> list[Any]:
    """two matrices, and both biases as one, or none; the gates in ONNX's order"""

    def ordered(part: Any) -> Any:
        parts = np.split(part, len(gates))
        return np.concatenate([parts[gates.index(gate)] for gate in order])

    matrices = [part[0] if isinstance(part, tuple) else part for part in weights]
    zeros = np.zeros(len(matrices[0]), matrices[0].dtype)
    biases = [part[1] if isinstance(part, tuple) else zeros for part in weights]
    bias = np.concatenate([*map(ordered, biases)])
    return [*(ordered(matrix)[None] for matrix in matrices), bias[None]]


def _name(function: Any) -> str:
    """of a function, or of one that is told by it"""
    return str(getattr(function, "__name__", function))


def rnn_step(inputs: Any, weights: Any, *, activation: Any = "tanh") -> Any:
    """ONNX's RNN, of one step."""
    hidden, x = inputs
    tensors = x[None, None], *_of_cell(weights, "h", "h"), None, hidden[None, None]
    settings = {
        "hidden_size": len(hidden),
        "activations": ["Relu" if _name(activation) == "relu" else "Tanh"],
    }
    hidden = _run("RNN", *tensors, outputs=["", "H"], **settings)[0][0, 0]
    return hidden, hidden


def lstm_step(inputs: Any, weights: Any, *, gates: str = "iofc") -> Any:
    """ONNX's LSTM, of one step."""
    (hidden, memory), x = inputs
    states = hidden[None, None], memory[None, None]
    tensors = x[None, None], *_of_cell(weights, gates, "iofc"), None, *states
    ends = _run("LSTM", *tensors, outputs=["", "H", "C"], hidden_size=len(hidden))
    hidden, memory = (end[0, 0] for end in ends)
    return (hidden, memory), hidden


def gru_step(inputs: Any, weights: Any, *, gates: str = "zrh", reset: str = "before") -> Any:
    """ONNX's GRU, of one step."""
    hidden, x = inputs
    tensors = x[None, None], *_of_cell(weights, gates, "zrh"), None, hidden[None, None]
    settings = {"hidden_size": len(hidden), "linear_before_reset": int(reset == "after")}
    hidden = _run("GRU", *tensors, outputs=["", "H"], **settings)[0][0, 0]
    return hidden, hidden


def embedding(inputs: Any, weights: Any) -> Any:
    """ONNX's Gather."""
    return _run("Gather", weights, inputs, axis=0)[0]
