"""Models: they count what their papers count, run, learn, and are wired as they say."""

from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import pytest

from funcnn import leaves, serial, squared_error, tied, tree_map, vjp
from funcnn.blocks.forms import Form, form_of
from funcnn.blocks.image_models import convnext, convnext_block, lenet, resnet_block
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import Model, autoencoder, convolve, perceptron
from funcnn.blocks.norms import moments
from funcnn.blocks.sequence_models import (
    gpt,
    graph_network,
    llama,
    llama_block,
    microgpt,
    transformer_block,
)
from funcnn.blocks.shape_inference import output_form
from funcnn.blocks.shapes import parameters

EDGES: Final = [(0, 1), (1, 2), (2, 0), (2, 1)]
SMALL: Final[dict[str, Model]] = {
    "perceptron": perceptron((4, 3, 2)),
    "autoencoder": autoencoder((4, 3, 2)),
    "lenet": lenet(3),
    "resnet_block": resnet_block(2, 2, 1, 4),
    "resnet_block, halving": resnet_block(2, 3, 2, 4),
    "convnext_block": convnext_block(2, 4),
    "convnext": replace(convnext((1, 2), (2, 4), 3), inputs=Form((3, 8, 8))),
    "transformer_block": transformer_block(4, 2, 6, length=3),
    "transformer_block, post-norm": transformer_block(4, 2, 6, pre_norm=False, length=3),
    "gpt": gpt(5, 4, 4, 2, 2),
    "microgpt": microgpt(5, 4, 4, 2, 2),
    "llama_block": llama_block(4, 2, 1, 6, length=3),
    "llama": llama(5, 4, 2, 1, 6, 2, length=3),
    "graph_network": graph_network(3, 4, 2, 3, len(EDGES)),
}
TOKENS: Final = ("gpt", "microgpt", "llama")

every_model = pytest.mark.parametrize("name", SMALL)


def example(name: str) -> Any:
    """An input of the form that a model is made for."""
    form = SMALL[name].inputs
    if name in TOKENS:
        return [index % 5 for index in range(form.size)]
    if isinstance(form, tuple):
        return initial_weights(7, form[0]), EDGES
    return initial_weights(7, form)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (perceptron((784, 128, 10)), 784 * 128 + 128 * 10),
        (autoencoder((784, 128, 32)), 2 * (784 * 128 + 128 * 32) + 128 + 32 + 128 + 784),
        (lenet(), 61_706),
        (convnext(), 28_589_128),
        (gpt(), 124_439_808),
        (gpt(width=1024, heads=16, layers=24), 354_823_168),
        (microgpt(), 4_192),
        (llama(), 1_480),
        (llama(32_000, 4_096, 32, 32, 11_008, 32), 6_738_415_616),
    ],
    ids=lambda value: f"{value:,}" if isinstance(value, int) else "",
)
def test_a_model_has_as_many_weights_as_its_paper_counts(model: Model, count: int) -> None:
    assert parameters(model.weights) == count


def test_a_resnet_block_has_the_weights_of_resnet_34s_and_its_running_statistics() -> None:
    """A first block of the second stage: 230,144 learned, and a mean and a variance a channel."""
    assert parameters(resnet_block().weights) == 230_144 + 3 * 2 * 128


@every_model
def test_it_runs_and_gives_what_its_wiring_says(name: str) -> None:
    model = SMALL[name]
    weights = initial_weights(1, model.weights)
    assert form_of(weights) == form_of(tree_map(lambda _: 0.0, weights))
    outputs = model.network(example(name), weights)
    assert form_of(outputs) == output_form(model.network, model.inputs, model.weights)
    assert all(isinstance(y, float) and y == y for y in leaves(outputs))


@every_model
def test_its_gradient_has_a_number_for_each_weight_and_steps_down(name: str) -> None:
    model = SMALL[name]
    weights = initial_weights(1, model.weights)
    y, pullback = vjp(model.network, example(name), weights)
    flat = [*leaves(y)]
    target = [number + 1.0 for number in flat]
    gradient = pullback(tree_map(lambda number: -1.0, y))[1]
    slope = sum(g * g for g in leaves(gradient))
    assert parameters(gradient) == parameters(weights) == parameters(model.weights)
    assert slope > 0
    rate = 1e-6 / slope
    pairs = iter([w - rate * g for w, g in zip(leaves(weights), leaves(gradient), strict=True)])
    nearer = [*leaves(model.network(example(name), tree_map(lambda _: next(pairs), weights)))]
    assert squared_error(nearer, target) < squared_error(flat, target)


def test_the_initial_weights_are_those_of_the_key_and_of_the_forms() -> None:
    forms = lenet().weights
    weights = initial_weights(3, forms)
    assert weights == initial_weights(3, forms) != initial_weights(4, forms)
    kernels = [*leaves(weights[4])]
    assert abs(sum(w * w for w in kernels) / len(kernels) - 2 / 150) < 0.1 * 2 / 150
    assert {*weights[1]} == {0.0}


def test_a_block_is_pre_norm_or_post_norm() -> None:
    """Post-norm, each row leaves it normed; pre-norm, with weights of 0 nothing is added."""
    model = transformer_block(4, 2, 6, pre_norm=False, length=3)
    inputs = example("transformer_block")
    for row in model.network(inputs, initial_weights(1, model.weights)):
        mean, variance = moments(row)
        assert abs(mean) < 1e-9 and abs(variance - 1) < 1e-3
    model = transformer_block(4, 2, 6, length=3)
    zeros = tree_map(lambda w: 0.0 * w, initial_weights(1, model.weights))
    assert model.network(inputs, zeros) == inputs


@pytest.mark.parametrize("name", TOKENS)
def test_what_comes_later_changes_nothing_before(name: str) -> None:
    model = SMALL[name]
    weights = initial_weights(1, model.weights)
    tokens = example(name)
    changed = [*tokens[:-1], (tokens[-1] + 1) % 5]
    one, other = (model.network(sequence, weights) for sequence in (tokens, changed))
    assert one[:-1] == other[:-1] and one[-1] != other[-1]


def test_gpts_table_is_its_head_too() -> None:
    """Without blocks and norm, the logits are the products of the table's rows."""
    tying: Any = gpt(3, 2, 2, 1, 0).network
    embed, positions, _, head = tying.network.layers
    assert tying.places == (0, 1, 2, 0)
    network = tied(serial(embed, positions, head), [0, 1, 0])
    table = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)], [Fraction(2), Fraction(3)]]
    weights = [table, [[Fraction(0)] * 2] * 2]
    assert network([2], weights) == [[2, 3, 13]]
    gradient = vjp(network, [2], weights)[1]([[Fraction(1), Fraction(0), Fraction(0)]])[1]
    assert gradient[0] == [[2, 3], [0, 0], [1, 0]]


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="^3 heads do not divide a width of 4$"):
        transformer_block(4, 3, 6)
    with pytest.raises(ValueError, match="^heads is 0: give 1 or more$"):
        llama_block(4, 0, 0, 6)


def test_an_input_that_does_not_fit_is_named_with_its_layer() -> None:
    model = perceptron((4, 3, 2))
    with pytest.raises(ValueError, match="^layer 0: row 0 has length 4, the vector has length 2$"):
        model.network([1.0, 2.0], initial_weights(0, model.weights))


def test_a_model_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="^2 groups do not divide 5 channels$"):
        convolve(4, 5, 3, groups=2)
    with pytest.raises(ValueError, match="^2 groups do not divide 5 kernels$"):
        convolve(5, 4, 3, groups=2)
    with pytest.raises(ValueError, match="^depths and widths differ in length: 1 and 2$"):
        convnext((3,), (2, 4))
    with pytest.raises(ValueError, match="^the number of stages is 0: give 1 or more$"):
        convnext((), ())
