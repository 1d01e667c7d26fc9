"""JAX's functions and gradients in float64, held to the bounds of our definitions."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from math import prod
from operator import ge
from random import Random
from typing import Any, Final

import jax
import numpy as np
import pytest
from conventions import mask_of, window_of
from jax import lax, nn
from jax import numpy as jnp

from block_cases import Case, over
from cases import CASES
from funcnn import (
    Elementwise,
    Profile,
    binary32,
    binary64,
    bound,
    layer,
    leaves,
    tree_map,
    vjp,
)
from funcnn.algebra.vectors import shape
from onnx_operators import admits

COUNT: Final = 12

type Function = Callable[[Any, Any], Any]
type Pair = tuple[Case, Function] | None
"""A case, its settings JAX's where we have more than it, and the function; None if it has none."""


def of_inputs(function: Callable[..., Any], **settings: Any) -> Callable[[Case], Pair]:
    return lambda case: (case, lambda x, w: function(x, **settings))


def activation(function: Callable[..., Any], **names: str) -> Callable[[Case], Pair]:
    """A function of one number, its settings by JAX's names."""

    def paired(case: Case) -> Pair:
        assert isinstance(case.definition, Elementwise)
        settings = {names[key]: value for key, value in case.definition.settings}
        return case, lambda x, w: function(x, **settings)

    return paired


def conv_of(case: Case) -> Function:
    window, groups = window_of(case), case.settings.get("groups", 1)
    settings = {"rhs_dilation": window.dilations, "feature_group_count": groups}

    def conv(x: Any, w: Any) -> Any:
        return lax.conv_general_dilated(x[None], w, window.strides, window.pads, **settings)[0]

    return conv


def convolution(case: Case) -> Pair:
    return case, conv_of(case)


def transposed_convolution(case: Case) -> Pair:
    """The transpose of a convolution, unless that does not see all of its inputs."""
    window, lengths = window_of(case), shape(case.inputs)[1:]
    if any(map(ge, window.output_padding, window.strides)):
        return None
    _, outputs, *sizes = shape(case.weights)
    spread = [
        (length - 1) * stride + (size - 1) * dilation + 1 - sum(pads) + more
        for length, size, (_, stride, dilation, pads, more) in zip(
            lengths, sizes, zip(*window, strict=True), strict=True
        )
    ]
    image = jnp.zeros([outputs * case.settings.get("groups", 1), *spread])

    def transposed(y: Any, w: Any) -> Any:
        return jax.linear_transpose(lambda x: conv_of(case)(x, w), image)(y)[0]

    return case, transposed


def fold(case: Case, function: Callable[..., Any], start: float, x: Any) -> Any:
    """What each window sees, folded."""
    sizes, strides, dilations, pads, _ = window_of(case)
    ones = (1,) * (1 + len(sizes))
    axes = (1, *sizes), (1, *strides), ((0, 0), *pads), ones, (1, *dilations)
    return lax.reduce_window(x, start, function, *axes)


def max_pool(case: Case) -> Pair:
    """JAX's windows overhang nothing."""
    pooled = lambda x, w: fold(case, lax.max, -jnp.inf, x)
    return None if case.settings["ceil_mode"] else (case, pooled)


def average_pool(case: Case) -> Pair:
    """Sums, divided by how many terms they have: no constants, by whose reciprocals XLA would
    multiply."""
    size, counted = prod(window_of(case).sizes), case.settings["count_include_pad"]

    def pooled(x: Any, w: Any) -> Any:
        ones = jnp.ones_like(x)
        counts = jnp.array(float(size)) if counted else fold(case, lax.add, 0.0, ones)
        return fold(case, lax.add, 0.0, x) / lax.optimization_barrier(counts)

    return None if case.settings["ceil_mode"] else (case, pooled)


def normalized(x: Any, w: Any, *, epsilon: float) -> Any:
    variance = jnp.mean((x - jnp.mean(x)) ** 2)
    return (x - jnp.mean(x)) * lax.rsqrt(variance + epsilon) * w.scale + w.bias


def scaled(x: Any, w: Any, *, epsilon: float) -> Any:
    return x * lax.rsqrt(jnp.mean(x * x) + epsilon) * w


def norm(formula: Callable[..., Any]) -> Callable[[Case], Pair]:
    def paired(case: Case) -> Pair:
        return case, partial(formula, epsilon=case.settings.get("epsilon", 1e-5))

    return paired


def attention(case: Case) -> Pair:
    """JAX has one mask for all that hides a key, and none that hides all; and keys as wide as
    values."""
    queries, keys, values = case.inputs[:3]
    mask, several = mask_of(case), len(shape(queries)) > 2
    if shape(keys) != shape(values) or (mask and not all(map(any, mask))):
        return None

    def attended(inputs: Any, w: Any) -> Any:
        """heads are JAX's third axis"""
        parts = [jnp.swapaxes(x if several else x[None], 0, 1)[None] for x in inputs[:3]]
        seen = None if mask is None else jnp.array(mask)[None, None]
        y = nn.dot_product_attention(*parts, mask=seen, scale=case.settings.get("scale"))
        outputs = jnp.swapaxes(y[0], 0, 1)
        return outputs if several else outputs[0]

    return case, attended


FUNCTIONS: Final[dict[str, Callable[[Case], Pair]]] = {
    "linear": lambda case: (case, lambda x, w: w @ x),
    "affine": lambda case: (case, lambda x, w: w.matrix @ x + w.bias),
    "softmax": of_inputs(nn.softmax),
    "log_softmax": of_inputs(nn.log_softmax),
    "relu": activation(nn.relu),
    "leaky_relu": activation(nn.leaky_relu, slope="negative_slope"),
    "absolute": activation(jnp.abs),
    "sigmoid": activation(nn.sigmoid),
    "tanh": activation(jnp.tanh),
    "erf": activation(lax.erf),
    "exp": activation(jnp.exp),
    "log": activation(jnp.log),
    "sqrt": activation(jnp.sqrt),
    "sin": activation(jnp.sin),
    "cos": activation(jnp.cos),
    "silu": activation(nn.silu),
    "gelu": activation(partial(nn.gelu, approximate=False)),
    "gelu by tanh": activation(lambda x, approximate: nn.gelu(x), approximate="approximate"),
    "glu": of_inputs(nn.glu),
    **{f"conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": transposed_convolution for rank in (1, 2, 3)},
    "max_pool": max_pool,
    "average_pool": average_pool,
    "layer_norm": norm(normalized),
    "rms_norm": norm(scaled),
    "scaled_dot_product_attention": attention,
    "scaled_dot_product_attention, masked": attention,
    "grouped_query_attention": attention,
    "embedding of tokens": lambda case: (case, lambda x, w: w[jnp.asarray(x, int)]),
}
"""By the names of `cases.CASES`."""


@pytest.fixture(scope="module", autouse=True)
def in_double() -> None:
    jax.config.update("jax_enable_x64", True)


def drawn(name: str) -> list[tuple[Case, Function]]:
    """Cases that JAX takes."""
    pairs = (FUNCTIONS[name](CASES[name](Random(seed))) for seed in range(40 * COUNT))
    found = [*islice((pair for pair in pairs if pair), COUNT)]
    assert len(found) == COUNT
    return found


def arrays(value: Any) -> Any:
    """Nested lists as arrays, in their tuples."""
    if isinstance(value, tuple):
        parts = [arrays(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return jnp.asarray(value)


def is_smooth(name: str, case: Case) -> bool:
    """Whether JAX has a gradient, and it is ours: it has none by tokens, or where windows are
    dilated; and at 0 it has the slope on the right of |x| and of the leaky relu."""
    if name in ("absolute", "leaky_relu"):
        return 0.0 not in leaves(case.inputs)
    is_dilated = name == "max_pool" and {*window_of(case).dilations} != {1}
    return not is_dilated and name != "embedding of tokens"


def vjp_of(function: Function) -> Callable[..., Any]:
    """The outputs and the cotangents, compiled at once."""

    def run(y_bar: Any, *given: Any) -> Any:
        y, back = jax.vjp(function, *given)
        return y, back(y_bar)

    compiled: Callable[..., Any] = jax.jit(run)
    return compiled


def numbers(tree: Any) -> list[Any]:
    return [x for part in jax.tree.leaves(tree) for x in np.asarray(part).ravel().tolist()]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_and_its_gradient_lie_within_the_bounds(name: str) -> None:
    """In the attention of JAX, the softmax is in float32, whatever the inputs are."""
    number = partial(bound, profile=Profile(binary32 if "attention" in name else binary64))
    for case, function in drawn(name):
        network, bounds = case.definition, over(number, case)
        given = arrays(case.inputs), arrays(case.weights)
        if not is_smooth(name, case):
            assert admits(bounds.run(), np.asarray(jax.jit(function)(*given))), case
            continue
        if not isinstance(network, Elementwise):
            network = layer(network, **case.settings)
        outputs, back = vjp(network, bounds.inputs, bounds.weights)
        draw = Random(str(case))
        y_bar = tree_map(lambda _: draw.randint(-16, 16) / 8, outputs)
        theirs, bars = vjp_of(function)(jnp.asarray(y_bar), *given)
        assert admits(outputs, np.asarray(theirs)), case
        asked = leaves((case.inputs, case.weights))
        pairs = zip(leaves(back(tree_map(number, y_bar))), numbers(bars), asked, strict=True)
        assert all(one.admits(x) for one, x, given in pairs if isinstance(given, float)), case
