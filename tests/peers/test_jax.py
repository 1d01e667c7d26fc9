"""JAX's functions and gradients in float64, held to the bounds of our definitions."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from random import Random
from typing import Any, Final

import jax
import numpy as np
import pytest
from jax import lax, nn
from jax import numpy as jnp

from block_cases import Case, over
from cases import CASES
from conventions import mask_of
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


def each_axis(value: Any, rank: int) -> list[Any]:
    return [*value] if isinstance(value, tuple) else [value] * rank


def window(case: Case) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Strides, dilations, pads."""
    rank, settings = len(shape(case.inputs)) - 1, case.settings
    pads = [each_axis(pad, 2) for pad in each_axis(settings.get("padding", 0), rank)]
    strides = each_axis(settings.get("stride", 1), rank)
    dilations = each_axis(settings.get("dilation", 1), rank)
    return strides, dilations, [(before, after) for before, after in pads]


def conv_of(case: Case) -> Function:
    strides, dilations, pads = window(case)
    settings = {"rhs_dilation": dilations, "feature_group_count": case.settings.get("groups", 1)}
    return lambda x, w: lax.conv_general_dilated(x[None], w, strides, pads, **settings)[0]


def convolution(case: Case) -> Pair:
    return case, conv_of(case)


def transposed_convolution(case: Case) -> Pair:
    """As the transpose of a convolution; none if of longer ones too."""
    (strides, dilations, pads), (channels, *lengths) = window(case), shape(case.inputs)
    _, outputs, *sizes = shape(case.weights)
    more = each_axis(case.settings.get("output_padding", 0), len(lengths))
    if any(extra >= stride for extra, stride in zip(more, strides, strict=True)):
        return None
    axes = zip(lengths, strides, dilations, pads, sizes, more, strict=True)
    spread = [(n - 1) * s - sum(p) + d * (k - 1) + 1 + extra for n, s, d, p, k, extra in axes]
    image = jnp.zeros([outputs * case.settings.get("groups", 1), *spread])
    conv = conv_of(case)

    def transposed(y: Any, w: Any) -> Any:
        return jax.linear_transpose(lambda x: conv(x, w), image)(y)[0]

    return case, transposed


def pool(reduce: Callable[..., Any], start: float) -> Callable[[Case], Pair]:
    """JAX's windows overhang nothing. Sums are by the caller divided."""

    def paired(case: Case) -> Pair:
        if case.settings.get("ceil_mode"):
            return None
        rank = len(shape(case.inputs)) - 1
        sizes = each_axis(case.settings["size"], rank)
        if case.settings.get("stride") is None:
            case = case._replace(settings=case.settings | {"stride": tuple(sizes)})
        strides, dilations, pads = window(case)
        axes = (1, *sizes), (1, *strides), ((0, 0), *pads), (1,) * (1 + rank), (1, *dilations)

        def pooled(x: Any, w: Any) -> Any:
            return lax.reduce_window(x, start, reduce, *axes)

        def mean(x: Any, w: Any) -> Any:
            counted = case.settings.get("count_include_pad", True)
            ones = jnp.ones_like(x)
            count = np.prod(sizes) if counted else pooled(ones, w)
            return pooled(x, w) / count

        return case, pooled if reduce is lax.max else mean

    return paired


def normalized(x: Any, w: Any, *, epsilon: float) -> Any:
    variance = jnp.mean((x - jnp.mean(x)) ** 2)
    return (x - jnp.mean(x)) * lax.rsqrt(variance + epsilon) * w.scale + w.bias


def scaled(x: Any, w: Any, *, epsilon: float) -> Any:
    return x * lax.rsqrt(jnp.mean(x * x) + epsilon) * w


def norm(formula: Callable[..., Any]) -> Callable[[Case], Pair]:
    epsilon = lambda case: case.settings.get("epsilon", 1e-5)
    return lambda case: (case, partial(formula, epsilon=epsilon(case)))


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
    "max_pool": pool(lax.max, -np.inf),
    "average_pool": pool(lax.add, 0.0),
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
    """Whether JAX has a gradient, and it is ours: not where windows are dilated, or tokens given;
    and at 0 it has the slope on the right of |x| and of the leaky relu."""
    if name in ("absolute", "leaky_relu"):
        return 0.0 not in leaves(case.inputs)
    return name != "embedding of tokens" and {*each_axis(case.settings.get("dilation", 1), 1)} == {1}


def vjp_of(function: Function) -> Callable[..., Any]:
    """The outputs and the cotangents, compiled at once."""

    def run(y_bar: Any, *given: Any) -> Any:
        y, back = jax.vjp(function, *given)
        return y, back(y_bar)

    return jax.jit(run)


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
