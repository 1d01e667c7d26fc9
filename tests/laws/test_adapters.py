"""NumPy's adapter: its results in float64 lie within what the definitions admit of binary32.

So each is a function of our name in our conventions; what it rounds is for the referee to judge.
"""

from functools import partial
from random import Random
from typing import Any, Final

import numpy as np
import pytest

from block_cases import Case, over
from cases import CASES
from cases_losses import CASES as LOSSES
from funcnn import Elementwise, Profile, binary32, bound, leaves
from funcnn.algebra import vectors
from funcnn.laws.adapters import numpy_functions
from funcnn.laws.calls import Call, Returned
from funcnn.laws.implementations import Local
from onnx_operators import admits

NAMES: Final = {name: name for name in numpy_functions.__dict__ if name in CASES | LOSSES} | {
    "gelu by tanh": "gelu",
    "average_pool2d of few settings": "average_pool2d",
    "max_pool2d of few settings": "max_pool2d",
    "rms_norm without a scale": "rms_norm",
    "gru_step, reset before": "gru_step",
    "gru_step, reset after": "gru_step",
    "scaled_dot_product_attention, causal or in a window": "scaled_dot_product_attention",
    "scaled_dot_product_attention, masked": "scaled_dot_product_attention",
    "embedding of a token": "embedding",
    "embedding of tokens": "embedding",
}
"""Of cases, the names of the functions in the adapter."""

MATRIX: Final = [[1.0, -2.0], [3.0, 4.0]]
ALGEBRA: Final[dict[str, tuple[Any, ...]]] = {
    "dot": (MATRIX[0], MATRIX[1]),
    "matvec": (MATRIX, [5.0, -6.0]),
    "matmul": (MATRIX, [[5.0], [-6.0]]),
    "outer": (MATRIX[0], [7.0, 8.0, 9.0]),
    "transpose": ([[5.0], [-6.0]],),
}
COUNT: Final = 8

NUMPY: Final = {
    form: Local("numpy", numpy_functions, format_name=form) for form in ("float32", "float64")
}


def template_of(tree: Any) -> Any:
    """Of ints, of bools or of floats; for a tuple, of its parts."""
    if isinstance(tree, tuple):
        return tuple(map(template_of, tree))
    signs = {bool: "?", int: "< n"}
    return signs.get(type(next(leaves(tree), 0.0)), "")


def asked(form: str, name: str, arguments: tuple[Any, ...], settings: Any) -> Any:
    call = Call(name, arguments, settings, tuple(map(template_of, arguments)))
    answer = NUMPY[form].answer(call)
    assert isinstance(answer, Returned) and not answer.changed, (call, answer)
    parts = answer.kind.split(" and ")
    assert parts == [form] or (name == "embedding" and not [*leaves(answer.value)])
    return answer.value


def agrees(bounds: Any, value: Any) -> bool:
    if isinstance(bounds, tuple):
        return len(bounds) == len(value) and all(map(agrees, bounds, value))
    return admits(bounds, np.asarray(value))


def settings_of(case: Case) -> dict[str, Any]:
    of = case.definition.settings if isinstance(case.definition, Elementwise) else ()
    return {**dict(of), **case.settings}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("error")
def test_a_function_is_the_definition_of_its_name(name: str) -> None:
    number = partial(bound, profile=Profile(binary32))
    drawn = ((CASES | LOSSES)[name](Random(seed)) for seed in range(COUNT))
    for case in drawn:
        weights = [*case.weights] if name == "rms_norm" else case.weights
        arguments = (case.inputs,) if weights == () else (case.inputs, weights)
        value = asked("float64", NAMES[name], arguments, settings_of(case))
        assert agrees(over(number, case).run(), value), case
        asked("float32", NAMES[name], arguments, settings_of(case))


@pytest.mark.parametrize("name", ALGEBRA)
def test_the_algebra_of_vectors_is_exact_on_integers(name: str) -> None:
    definition = getattr(vectors, name)
    assert asked("float32", name, ALGEBRA[name], {}) == definition(*ALGEBRA[name])


def test_every_function_of_the_adapter_is_tested() -> None:
    tested = {*NAMES.values(), *ALGEBRA}
    assert {*NUMPY["float32"].functions} == tested
