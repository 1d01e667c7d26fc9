"""Cases of linear layers, of softmax, and of activations."""

from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from funcnn import (
    AffineWeights,
    absolute,
    affine,
    cos,
    dense,
    elementwise,
    erf,
    exp,
    gelu,
    leaky_relu,
    linear,
    log,
    log_softmax,
    project,
    relu,
    sigmoid,
    silu,
    sin,
    softmax,
    sqrt,
    tanh,
)


def matrix_and_bias(draw: Random, rows: int, columns: int) -> AffineWeights[float]:
    return AffineWeights(tensor(draw, rows, columns), tensor(draw, rows))


def projecting(definition: Any, *, bias: bool) -> Any:
    def drawn(draw: Random) -> Case:
        rows, columns = draw.randint(1, 5), draw.randint(1, 6)
        weights = matrix_and_bias(draw, rows, columns)
        return Case(definition, {}, tensor(draw, columns), weights if bias else weights.matrix)

    return drawn


def sharing(definition: Any) -> Any:
    return lambda draw: Case(definition, {}, tensor(draw, draw.randint(1, 6)))


def activating(function: Any, low: int = -24, **settings: Any) -> Any:
    """On numbers from so many eighths up."""

    def drawn(draw: Random) -> Case:
        inputs = tensor(draw, draw.randint(1, 3), draw.randint(1, 3), low=low, high=24)
        return Case(elementwise(function, **settings), {}, inputs)

    return drawn


def leaking(draw: Random) -> Case:
    case: Case = activating(leaky_relu, slope=draw.randint(-8, 8) / 8)(draw)
    return case


CASES: Cases = {
    "linear": projecting(linear, bias=False),
    "affine": projecting(affine, bias=True),
    "dense": projecting(dense, bias=False),
    "project": projecting(project, bias=False),
    "project with a bias": projecting(project, bias=True),
    "softmax": sharing(softmax),
    "log_softmax": sharing(log_softmax),
    "leaky_relu": leaking,
    "silu": activating(silu),
    "gelu": activating(gelu),
    "gelu by tanh": activating(gelu, approximate="tanh"),
    "relu": activating(relu),
    "absolute": activating(absolute),
    "sigmoid": activating(sigmoid),
    "tanh": activating(tanh),
    "erf": activating(erf),
    "exp": activating(exp),
    "sin": activating(sin),
    "cos": activating(cos),
    "log": activating(log, low=1),
    "sqrt": activating(sqrt, low=1),
}
