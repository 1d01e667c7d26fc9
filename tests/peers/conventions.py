"""Others' conventions: orders of operations, masks and biases that are not ours."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from block_cases import Case
from funcnn import (
    AffineWeights,
    absolute,
    add,
    divide,
    exp,
    leaves,
    lift,
    multiply,
    subtract,
    tanh,
    total,
    tree_map,
    zip_with,
)
from funcnn.algebra.vectors import shape
from funcnn.blocks.masks import visible_keys
from funcnn.blocks.norms import moments, reciprocal_root
from funcnn.blocks.windows import pads_of, per_axis


def folded_batch_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """batch_norm in another order: x·a + (b − m·a), where a = s/√(v + ε)."""

    def normed(channel: Any, s: Any, b: Any, m: Any, v: Any) -> Any:
        a = multiply(reciprocal_root(v, epsilon), s)
        shift = subtract(b, multiply(m, a))
        return tree_map(lambda x: total([multiply(x, a), shift]), channel)

    return [normed(*parts) for parts in zip(inputs, *weights, strict=True)]


def folded_batch_norm_training(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """batch_norm_training in that order."""
    seen = [moments([*leaves(channel)]) for channel in zip(*inputs, strict=True)]
    means, variances = zip(*seen, strict=True)
    return [folded_batch_norm(x, (*weights, means, variances), epsilon=epsilon) for x in inputs]


def layer_norm_cotangents(inputs: Any, scale: Any, bars: Any, *, epsilon: float = 1e-5) -> Any:
    """The cotangents of layer_norm's inputs and scale in an order that does not center the inputs.

    x̄ = a·s·ȳ + b·x − c, where a = 1/√(v + ε), b = (m·Σs·ȳ − Σs·ȳ·x)·a³/n, c = b·m + a·Σs·ȳ/n; and
    s̄ = ȳ·(a·x − a·m).
    """
    mean, variance = moments(inputs)
    a, part = reciprocal_root(variance, epsilon), divide(lift(1, mean), lift(len(inputs), mean))
    scaled = zip_with(multiply, scale, bars)
    of_bars, of_products = total(scaled), total(zip_with(multiply, scaled, inputs))
    cube = multiply(multiply(a, a), a)
    b = multiply(multiply(subtract(multiply(of_bars, mean), of_products), cube), part)
    c, shift = add(multiply(b, mean), multiply(multiply(of_bars, a), part)), multiply(a, mean)
    x_bar = [
        total([multiply(a, bar), multiply(b, x), -c]) for bar, x in zip(scaled, inputs, strict=True)
    ]
    s_bar = zip_with(lambda bar, x: multiply(bar, subtract(multiply(a, x), shift)), bars, inputs)
    return x_bar, s_bar


def reflected_sigmoid(x: Any) -> Any:
    """sigmoid as 1/(1 + e^−|x|), or 1 less that below 0: there it errs as numbers near 1 do."""
    one = lift(1, x)
    above = divide(one, add(one, exp(subtract(lift(0, x), absolute(x)))))
    return subtract(one, above) if x < 0 else above


def centered_sigmoid(x: Any) -> Any:
    """sigmoid as ½ + ½·tanh(x/2): far below 0 it errs as numbers near ½ do."""
    half = lift(Fraction(1, 2), x)
    return total([half, multiply(half, tanh(multiply(half, x)))])


class Window(NamedTuple):
    """How kernels lie along each axis; a kernel's size is 1 in a convolution, whose weights say."""

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    output_padding: tuple[int, ...]


def window_of(case: Case) -> Window:
    """Of the settings of a convolution or of a pooling."""
    rank, settings = len(shape(case.inputs)) - 1, case.settings
    sizes = per_axis(settings.get("size", 1), rank, "size")
    return Window(
        sizes,
        per_axis(settings.get("stride") or sizes, rank, "stride"),
        per_axis(settings.get("dilation", 1), rank, "dilation"),
        pads_of(settings.get("padding", 0), rank),
        per_axis(settings.get("output_padding", 0), rank, "output padding", 0),
    )


def mask_of(case: Case) -> list[list[bool]] | None:
    """All that hides keys from queries in a case of attention, as one mask; None if nothing may."""
    queries, keys, _, *mask = case.inputs
    hiding = {name: value for name, value in case.settings.items() if name != "scale"}
    counts = shape(queries)[-2], shape(keys)[-2]
    visible = visible_keys(*counts, *mask, **hiding)
    rows = [[j in seen for j in range(counts[1])] for seen in visible]
    return rows if hiding or mask else None


def with_biases(weights: Sequence[Any]) -> list[AffineWeights[float]]:
    """Projections, each with a bias, of zeros where there was none."""
    return [
        part if isinstance(part, AffineWeights) else AffineWeights(part, [0.0] * len(part))
        for part in weights
    ]
