"""ONNX's operators by its own reference evaluator, and what a definition's bounds say of them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from block_cases import Case, over
from funcnn import leaves
from funcnn.algebra.bounds import Bound, bound
from funcnn.algebra.vectors import shape

OPSET: Final = 25


def onnx_outputs(
    operator: str, inputs: Mapping[str, Any], outputs: Sequence[str] = ("Y",), **attributes: Any
) -> list[Any]:
    """The operator's outputs on arrays, or on nested lists: of floats in float64, else in int64 or
    bool. An input of None is left out, and so is an output without a name."""
    names = [name if value is not None else "" for name, value in inputs.items()]
    feeds = {name: np.asarray(value) for name, value in inputs.items() if value is not None}
    types = {name: onnx.helper.np_dtype_to_tensor_dtype(feed.dtype) for name, feed in feeds.items()}
    node = onnx.helper.make_node(operator, names, outputs, **attributes)
    model = _evaluator(node.SerializeToString(), tuple(types.items()), tuple(outputs))
    return [*model.run(None, feeds)]


@cache
def _evaluator(
    node: bytes, types: tuple[tuple[str, int], ...], outputs: tuple[str, ...]
) -> ReferenceEvaluator:
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.NodeProto.FromString(node)],
        "operator",
        [value(name, kind, None) for name, kind in types],
        [value(name, onnx.TensorProto.UNDEFINED, None) for name in outputs if name],
    )
    imports = [onnx.helper.make_opsetid("", OPSET)]
    return ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=imports))


def admitted(case: Case, expected: Any) -> bool:
    """Whether the definition, run on bounds, admits every number of an array, or of several."""
    return admits(over(bound, case).run(), expected)


def admits(bounds: Any, expected: Any) -> bool:
    """Whether a tree of bounds has the shape of an array, and admits every number in it."""
    if isinstance(bounds, tuple):
        pairs = zip(bounds, expected, strict=True)
        return all(admits(part, array) for part, array in pairs)
    if shape(bounds) != np.shape(expected):
        return False
    numbers = np.asarray(expected).ravel().tolist()
    return all(
        one.admits(number) if isinstance(one, Bound) else one == number
        for one, number in zip(leaves(bounds), numbers, strict=True)
    )
