"""ONNX Runtime's kernels, held to the bounds of our definitions: in float64 where it has such ones,
else in float32, which has every number that is drawn."""

from functools import partial
from itertools import islice
from random import Random
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
import pytest
from conventions import centered_sigmoid
from onnx_nodes import NODES, Node

from block_cases import over
from cases import CASES
from funcnn import Profile, binary32, binary64, bound
from funcnn.blocks import recurrence
from onnx_operators import OPSET, admits

COUNT: Final = 50
SINGLE: Final = [
    *(name for name in NODES if "conv" in name or "attention" in name or "_step" in name),
    *("average_pool", "global_average_pool", "global_max_pool", "instance_norm", "rotate"),
    *("erf", "gelu", "gelu by tanh", "leaky_relu", "sin", "cos"),
]


def outputs_of(node: Node, floats: type) -> list[Any]:
    """What ONNX Runtime makes of an operator, its floats of this type."""
    arrays = {name: np.asarray(value) for name, value in node.inputs.items() if value is not None}
    feeds = {k: x.astype(floats) if x.dtype.kind == "f" else x for k, x in arrays.items()}
    names = [name if name in feeds else "" for name in node.inputs]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(node.operator, names, node.outputs, **node.attributes)],
        node.operator,
        [
            onnx.helper.make_tensor_value_info(
                name, onnx.helper.np_dtype_to_tensor_dtype(x.dtype), x.shape
            )
            for name, x in feeds.items()
        ],
        [onnx.ValueInfoProto(name=name) for name in node.outputs if name],
    )
    imports = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=imports, ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    results: list[Any] = session.run(None, feeds)
    return results


@pytest.mark.parametrize("name", NODES)
def test_an_operator_lies_within_the_bounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrence, "sigmoid", centered_sigmoid)
    single = name in SINGLE
    number = partial(bound, profile=Profile(binary32 if single else binary64))
    drawn = (NODES[name](CASES[name](Random(seed))) for seed in range(20 * COUNT))
    pairs = [*islice((pair for pair in drawn if pair), COUNT)]
    assert len(pairs) == COUNT
    for case, node in pairs:
        expected = node.read(*outputs_of(node, np.float32 if single else np.float64))
        assert admits(over(number, case).run(), expected), (case, expected)
