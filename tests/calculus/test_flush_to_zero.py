"""A network that is linear but for underflow learns what no linear one can, if that is flushed."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.formats import Format, binary32
from funcnn.algebra.roundings import Rounded, cast
from funcnn.algebra.trees import Tree, tree_map
from funcnn.blocks.activations import down_and_up, hardshrink
from funcnn.blocks.combinators import Network, elementwise, layer, serial
from funcnn.blocks.forms import form
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.linears import AffineWeights, affine
from funcnn.calculus.batches import Batch
from funcnn.calculus.evolution import EvolutionStrategies
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Momentum
from funcnn.calculus.pullbacks import mean_loss
from funcnn.calculus.regression import least_squares
from funcnn.calculus.states import State
from funcnn.calculus.training import Optimizer, train
from strategies import fractions

type Number = Callable[[Any], Any]

LINEAR: Final = serial(layer(affine), elementwise(down_and_up), layer(affine))
SHRINKING: Final = serial(layer(affine), elementwise(hardshrink, inclusive=True), layer(affine))
XOR: Final = Batch([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[-1.0], [1.0], [1.0], [-1.0]])
GRADUAL: Final = binary32
FLUSHED: Final = replace(binary32, flush_results=True)


def rounded(number_format: Format) -> Number:
    return lambda x: cast(x, number_format)


def exactly(x: Any) -> Fraction:
    return Fraction(x.value if isinstance(x, Rounded) else x)


def start(key: int, hidden: int) -> Tree:
    first = AffineWeights(form(hidden, 2), form(hidden, fill="zeros"))
    return initial_weights(key, [first, (), AffineWeights(form(1, hidden), form(1, fill="zeros"))])


def outputs(network: Network, weights: Tree, number: Number) -> list[Any]:
    """For each of the four inputs, over one kind of number."""
    xs, w = tree_map(number, (XOR.inputs, weights))
    return [y for x in xs for y in network(x, w)]


def loss(ys: list[Any]) -> Fraction:
    """The mean squared error of outputs, exactly."""
    errors = [(exactly(y) - exactly(t)) ** 2 for y, [t] in zip(ys, XOR.targets, strict=True)]
    return sum(errors) / Fraction(4)


def right(ys: list[Any]) -> int:
    """How many outputs have the sign of their target."""
    return sum((y > 0) == (t > 0) for y, [t] in zip(ys, XOR.targets, strict=True))


def trained(
    network: Network, optimizer: Optimizer, weights: Tree, number: Number, steps: int
) -> Tree:
    batch, first = tree_map(number, (XOR, weights))
    *_, end = train(network, layer(squared_error), optimizer, State(first), [batch] * steps)
    return end.weights


@st.composite
def exact_weights(draw: Any) -> Tree:
    hidden = draw(st.integers(1, 3))
    return tree_map(lambda _: draw(fractions), start(0, hidden))


def test_the_best_linear_network_says_zero_to_everything() -> None:
    inputs, targets = tree_map(exactly, ([[*x, 1.0] for x in XOR.inputs], XOR.targets))
    best = least_squares(inputs, targets)
    assert best == [[0, 0, 0]] and loss([0] * 4) == 1


@given(exact_weights())
def test_over_fractions_the_loss_is_the_best_ones_and_more(weights: Tree) -> None:
    """Pythagoras: what a linear network gives is at a right angle to what the best one leaves."""
    ys = outputs(LINEAR, weights, exactly)
    assert loss(ys) == 1 + sum(y * y for y in ys) / Fraction(4) >= 1
    assert ys[0] + ys[3] == ys[1] + ys[2]
    batch = tree_map(exactly, XOR)
    assert loss(ys) == mean_loss(LINEAR, layer(squared_error), weights, *batch)


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_flushed_to_zero_the_linear_network_is_the_one_that_shrinks(key: int, hidden: int) -> None:
    weights, number = start(key, hidden), rounded(FLUSHED)
    assert outputs(LINEAR, weights, number) == outputs(SHRINKING, weights, number)


@pytest.mark.parametrize("key", range(3))
def test_what_is_learned_back_through_hardshrink_the_flushed_network_knows(key: int) -> None:
    """Over floats; the gradient sees the zeros that a linear network's does not."""
    weights = trained(SHRINKING, Momentum(0.02), start(key, 8), float, 150)
    ys = outputs(LINEAR, weights, rounded(FLUSHED))
    assert right(ys) == 4 and loss(ys) < 1
    assert right(outputs(SHRINKING, weights, float)) == 4
    for number in (rounded(GRADUAL), exactly):
        others = outputs(LINEAR, weights, number)
        assert right(others) < 4 and loss(others) >= 1


@pytest.mark.parametrize(("number_format", "learns"), [(FLUSHED, True), (GRADUAL, False)])
def test_the_flushed_network_evolves_and_with_gradual_underflow_it_does_not(
    number_format: Format, learns: bool
) -> None:
    """All arithmetic, evolution's too, is that of the format."""
    number = rounded(number_format)
    evolution = EvolutionStrategies(number(0.02), number(0.1), pairs=6)
    weights = trained(LINEAR, evolution, start(0, 6), number, 60)
    ys = outputs(LINEAR, weights, number)
    assert (right(ys) == 4) is learns and (loss(ys) < 1) is learns
    assert loss(outputs(LINEAR, weights, exactly)) >= 1
