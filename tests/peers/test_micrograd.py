"""Gradients beside those of micrograd, where all arithmetic is exact: equal, not close.

Inputs, weights and targets are whole numbers of at most 8, layers 3 wide at most and batches 1, 2
or 4 long. So every number on the way is a multiple of ¼ below 2³⁰, and no float is ever rounded.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from micrograd.nn import MLP

from funcnn import (
    AffineWeights,
    affine,
    calculus,
    dense,
    elementwise,
    fast,
    layer,
    linear,
    relu,
    serial,
    squared_error,
)
from strategies import matrices, vectors

SIZES: Final = [3, 3, 2]
LOSS: Final = layer(squared_error)
DENSE: Final = serial(layer(dense), layer(linear))
AFFINE: Final = serial(layer(affine), elementwise(relu), layer(affine))
whole = st.integers(-8, 8).map(float)
layers = [(size, inputs) for inputs, size in zip(SIZES, SIZES[1:])]
models = st.tuples(*[matrices(size, inputs, whole) for size, inputs in layers])
biases = st.tuples(*[vectors(size, whole) for size, _ in layers])
batches = st.sampled_from([1, 2, 4]).flatmap(
    lambda count: st.tuples(matrices(count, SIZES[0], whole), matrices(count, SIZES[-1], whole))
)
both = pytest.mark.parametrize("value_and_grad", [calculus.value_and_grad, fast.value_and_grad])


class Learned(NamedTuple):
    """A mean loss, and its gradient by each layer's matrix and bias."""

    loss: float
    matrices: list[list[list[float]]]
    biases: list[list[float]]


def by_micrograd(model: Sequence[Any], bias: Sequence[Any], inputs: Any, targets: Any) -> Learned:
    """What micrograd makes of the network: relu between the layers, none after the last."""
    peer = MLP(SIZES[0], SIZES[1:])
    for peer_layer, rows, shifts in zip(peer.layers, model, bias, strict=True):
        for neuron, row, shift in zip(peer_layer.neurons, rows, shifts, strict=True):
            neuron.b.data = shift
            for value, weight in zip(neuron.w, row, strict=True):
                value.data = weight
    errors = [
        (output - wanted) ** 2
        for x, target in zip(inputs, targets, strict=True)
        for output, wanted in zip(peer(x), target, strict=True)
    ]
    loss = sum(errors) * (1 / len(inputs))
    loss.backward()
    return Learned(
        loss.data,
        [[[w.grad for w in neuron.w] for neuron in each.neurons] for each in peer.layers],
        [[neuron.b.grad for neuron in each.neurons] for each in peer.layers],
    )


@both
@given(model=models, batch=batches)
def test_without_biases(value_and_grad: Callable[..., Any], model: Any, batch: Any) -> None:
    peer = by_micrograd(model, [[0.0] * size for size in SIZES[1:]], *batch)
    assert value_and_grad(DENSE, LOSS, [*model], *batch) == (peer.loss, peer.matrices)


@both
@given(model=models, bias=biases, batch=batches)
def test_with_biases(value_and_grad: Callable[..., Any], model: Any, bias: Any, batch: Any) -> None:
    peer = by_micrograd(model, bias, *batch)
    first, last = map(AffineWeights, model, bias)
    expected = map(AffineWeights, peer.matrices, peer.biases)
    loss, (first_bar, _, last_bar) = value_and_grad(AFFINE, LOSS, [first, (), last], *batch)
    assert (loss, [first_bar, last_bar]) == (peer.loss, [*expected])


@both
def test_a_unit_at_zero_learns_nothing(value_and_grad: Callable[..., Any]) -> None:
    """The slope of relu at 0 is 0 to both."""
    model = [[[1.0, -1.0, 0.0]] * 3, [[1.0] * 3] * 2]
    peer = by_micrograd(model, [[0.0] * 3, [0.0] * 2], [[1.0, 1.0, 1.0]], [[1.0, 2.0]])
    gradient = value_and_grad(DENSE, LOSS, model, [[1.0, 1.0, 1.0]], [[1.0, 2.0]])[1]
    assert gradient == peer.matrices == [[[0.0] * 3] * 3, [[0.0] * 3] * 2]
