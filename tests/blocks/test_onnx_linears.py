"""ONNX's linear operators and activations, held to the bounds of our definitions."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import partial
from random import Random
from typing import Any, Final

import pytest

from block_cases import Case, over, tensor
from funcnn import (
    AffineWeights,
    Profile,
    affine,
    binary32,
    bound,
    cos,
    each,
    elementwise,
    erf,
    exp,
    gelu,
    layer,
    leaky_relu,
    linear,
    log,
    log_softmax,
    matmul,
    relu,
    sigmoid,
    silu,
    sin,
    softmax,
    sqrt,
    tanh,
    transpose,
    tree_map,
)
from funcnn.blocks.activations import ROOT_TWO_OVER_PI
from onnx_operators import admits, onnx_outputs
from strategies import PI

type Pair = tuple[Case, Any]
"""What a definition takes, and what ONNX makes of it."""

DOUBLE: Final = Profile()
SINGLE: Final = Profile(binary32)


def floats(draw: Random, *lengths: int, low: float = -4.0, high: float = 4.0) -> Any:
    """A nested list of floats whose products and sums are rounded."""
    return tree_map(lambda _: draw.uniform(low, high), tensor(draw, *lengths))


def lengths(draw: Random) -> list[int]:
    return [draw.randint(1, 4) for _ in range(draw.randint(1, 3))]


def gemm(draw: Random) -> Pair:
    count, rows, columns = (draw.randint(1, 6) for _ in range(3))
    xs, matrix, bias = floats(draw, count, columns), floats(draw, rows, columns), floats(draw, rows)
    turned = draw.randint(0, 1)
    factors = {"A": xs, "B": matrix if turned else transpose(matrix)}
    if draw.randint(0, 1):
        [y] = onnx_outputs("Gemm", factors | {"C": bias}, transB=turned)
        return Case(each(layer(affine)), {}, xs, AffineWeights(matrix, bias)), y
    [y] = onnx_outputs("Gemm", factors, transB=turned)
    return Case(each(layer(linear)), {}, xs, matrix), y


def products(draw: Random) -> Pair:
    rows, inner, columns = (draw.randint(1, 6) for _ in range(3))
    left, right = floats(draw, rows, inner), floats(draw, inner, columns)
    [y] = onnx_outputs("MatMul", {"A": left, "B": right})
    return Case(matmul, {}, left, right), y


def shares(operator: str, definition: Callable[..., Any]) -> Callable[[Random], Pair]:
    def drawn(draw: Random) -> Pair:
        xs = floats(draw, draw.randint(1, 4), draw.randint(1, 6), low=-30.0, high=30.0)
        case, axis = Case(each(layer(definition)), {}, xs), draw.randint(-2, 1)
        [y] = onnx_outputs(operator, {"X": xs if axis % 2 else transpose(xs)}, axis=axis)
        return case, y if axis % 2 else y.T

    return drawn


def function(
    operator: str, definition: Callable[..., Any], low: float = -30.0, **attributes: Any
) -> Callable[[Random], Pair]:
    def drawn(draw: Random) -> Pair:
        xs = floats(draw, *lengths(draw), low=low, high=30.0)
        [y] = onnx_outputs(operator, {"X": xs}, **attributes)
        return Case(elementwise(definition), {}, xs), y

    return drawn


def leaky(draw: Random) -> Pair:
    xs, slope = floats(draw, *lengths(draw)), draw.choice([-1, 1]) * draw.randint(1, 64) / 64
    [y] = onnx_outputs("LeakyRelu", {"X": xs}, alpha=slope)
    return Case(elementwise(leaky_relu, slope=slope), {}, xs), y


def in_single(
    operator: str, definition: Callable[..., Any], **attributes: str
) -> Callable[[Random], Pair]:
    """ONNX's reference makes erf, and the constants of Gelu, float32, of whatever inputs."""

    def drawn(draw: Random) -> Pair:
        xs = tensor(draw, *lengths(draw), low=-40, high=40)
        [y] = onnx_outputs(operator, {"X": xs}, **attributes)
        return Case(elementwise(definition, **attributes), {}, xs), y

    return drawn


OPERATORS: Final[dict[str, tuple[Profile, Callable[[Random], Pair]]]] = {
    "Gemm": (DOUBLE, gemm),
    "MatMul": (DOUBLE, products),
    "Softmax": (DOUBLE, shares("Softmax", softmax)),
    "LogSoftmax": (DOUBLE, shares("LogSoftmax", log_softmax)),
    "Relu": (DOUBLE, function("Relu", relu)),
    "LeakyRelu": (DOUBLE, leaky),
    "Sigmoid": (DOUBLE, function("Sigmoid", sigmoid)),
    "Swish": (DOUBLE, function("Swish", silu)),
    "Tanh": (DOUBLE, function("Tanh", tanh)),
    "Exp": (DOUBLE, function("Exp", exp)),
    "Log": (DOUBLE, function("Log", log, low=0.001)),
    "Sqrt": (DOUBLE, function("Sqrt", sqrt, low=0.0)),
    "Sin": (DOUBLE, function("Sin", sin)),
    "Cos": (DOUBLE, function("Cos", cos)),
    "Erf": (SINGLE, in_single("Erf", erf)),
    "Gelu": (SINGLE, in_single("Gelu", gelu, approximate="none")),
    "Gelu by tanh": (SINGLE, in_single("Gelu", gelu, approximate="tanh")),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_onnx_lies_within_the_bound(name: str) -> None:
    profile, drawn = OPERATORS[name]
    for seed in range(200):
        case, expected = drawn(Random(seed))
        bounds = over(partial(bound, profile=profile), case).run()
        assert admits(bounds, expected), (name, seed)


def test_the_constant_of_gelu_by_tanh_is_known_to_sixty_digits() -> None:
    """c²·π/2 = 1."""
    with localcontext(prec=80):
        constant = Decimal(ROOT_TWO_OVER_PI.numerator) / Decimal(ROOT_TWO_OVER_PI.denominator)
        assert abs(constant * constant * PI / 2 - 1) < Decimal("1e-58")
