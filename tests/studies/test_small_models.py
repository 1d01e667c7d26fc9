from fractions import Fraction
from itertools import product
from math import isclose
from typing import Any

import pytest

from funcnn.algebra.keys import normal
from funcnn.algebra.trees import filled, leaves, tree_map
from funcnn.blocks.combinators import layer
from funcnn.blocks.forms import Form
from funcnn.blocks.graphs import message_passing
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.layouts import channels_first, channels_last, reshape
from funcnn.blocks.models import Model
from funcnn.blocks.shapes import parameters
from funcnn.calculus.losses import cross_entropy, sequence_loss
from funcnn.fast.batching import vmap
from funcnn.fast.gradients import grad
from funcnn.studies.materials import digit_batches
from funcnn.studies.small_models import (
    Design,
    attention,
    convnext,
    designs,
    graph,
    hearing,
    of_design,
)

DIGITS = digit_batches(8, 0)[0]


def drawn(model: Model) -> Any:
    """weights none of which is where it starts from"""
    start = initial_weights(0, model.weights)
    moved = zip(leaves(start), normal(1, parameters(model.weights)), strict=True)
    return filled(start, (number + 0.1 * draw for number, draw in moved))


def silent(forms: Any, gradient: Any) -> list[str]:
    """the forms of the parts whose gradient is nothing but rounding"""
    numbers = iter(leaves(gradient))
    sizes = [
        (str(form), max(abs(next(numbers)) for _ in range(form.size)))
        for form in leaves(forms)
        if isinstance(form, Form)
    ]
    return [form for form, size in sizes if size < 1e-12]


def test_the_three_have_as_many_weights() -> None:
    sizes = [parameters(build().weights) for build in (convnext, attention, graph)]
    assert sizes == [1636, 1606, 1626]


@pytest.mark.parametrize(("build", "unheard"), [(convnext, []), (attention, ["6"]), (graph, [])])
def test_ten_logits_come_of_a_digit_and_gradients_reach_every_part(
    build: Any, unheard: list[str]
) -> None:
    """Softmax does not see the bias of the keys: it adds as much to all scores of a query."""
    model = build()
    weights = drawn(model)
    assert {len(logits) for logits in vmap(model.network)([*DIGITS.inputs], weights)} == {10}
    gradient = grad(model.network, layer(cross_entropy), weights, *DIGITS)
    assert silent(model.weights, gradient) == unheard


@pytest.mark.parametrize("name", ["ResNet", "depthwise, wider", "fewer activations, norms"])
def test_ten_logits_come_of_each_of_a_batch_and_gradients_reach_every_part(name: str) -> None:
    model, loss = of_design(designs()[name]), layer(sequence_loss, loss=layer(cross_entropy))
    weights, few = drawn(model), [*DIGITS.inputs[:4]]
    [outputs] = vmap(model.network)([few], weights)
    assert [len(logits) for logits in outputs] == [10] * 4
    gradient = grad(model.network, loss, weights, [few], [DIGITS.targets[:4]])
    assert silent(model.weights, gradient) == []


def test_the_last_of_the_tricks_is_convnext() -> None:
    """Weight by weight: the draws that one has, the other has."""
    *_, last = designs().values()
    one, other = of_design(last), convnext()
    [found] = vmap(one.network)([[*DIGITS.inputs]], drawn(one))
    expected = vmap(other.network)([*DIGITS.inputs], drawn(other))
    pairs = zip(leaves(found), leaves(expected), strict=True)
    assert all(isclose(x, y, rel_tol=1e-9, abs_tol=1e-9) for x, y in pairs)


def test_every_trick_changes_the_design_and_none_is_undone() -> None:
    steps = [*designs().values()]
    assert steps[0] == Design()
    assert len({*steps}) == len(steps)
    assert all(parameters(of_design(step).weights) in range(1565, 1655) for step in steps)


def test_a_batch_norm_sees_the_batch_and_a_layer_norm_does_not() -> None:
    def alone_and_beside(name: str) -> tuple[Any, Any]:
        model = of_design(designs()[name])
        weights = drawn(model)
        alone, beside = ([*DIGITS.inputs[:count]] for count in (1, 2))
        [one], [two] = (vmap(model.network)([batch], weights) for batch in (alone, beside))
        return one[0], two[0]

    one, other = alone_and_beside("larger kernel")
    assert one != other
    one, other = alone_and_beside("layer norm")
    assert one == pytest.approx(other)


def test_hearing_is_message_passing_along_a_grid() -> None:
    side, width = 4, 2
    image = tree_map(Fraction, reshape([*range(side * side * width)], shape=(width, side, side)))
    places = [*product(range(side), repeat=2)]
    edges = [
        (source, target)
        for (source, one), (target, other) in product(enumerate(places), repeat=2)
        if max(abs(x - y) for x, y in zip(one, other, strict=True)) <= 1
    ]
    nodes = [node for row in channels_last(image) for node in row]
    unit = [[Fraction(i == j) for j in range(width)] for i in range(width)]
    heard = message_passing((nodes, edges), unit, aggregate="mean")
    expected = channels_first(reshape(heard, shape=(side, side, width)))
    assert hearing().network(image, ()) == expected
