"""Models: they count what their papers count, run, learn, and are wired as they say."""

from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import sqrt
from typing import Any, Final

import pytest

from funcnn import leaves, serial, squared_error, tied, tree_map, vjp
from funcnn.blocks.forms import Form, form_of
from funcnn.blocks.image_models import convnext, convnext_block, lenet, resnet_block
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import Model, autoencoder, convolve, perceptron
from funcnn.blocks.norms import NormWeights, layer_norm
from funcnn.blocks.sequence_models import (
    gpt,
    graph_network,
    llama,
    llama_block,
    microgpt,
    recurrent_network,
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
    "recurrent_network": recurrent_network(5, 3, 4, length=3),
    "graph_network": graph_network(3, 4, 2, 3, len(EDGES)),
}
TOKENS: Final = ("gpt", "microgpt", "llama")

every_model = pytest.mark.parametrize("name", SMALL)


def example(name: str) -> Any:
    """An input of the form that a model is made for."""
    form = SMALL[name].inputs
    if name in TOKENS:
        return [index % 5 for index in range(form.size)]
    if name == "recurrent_network":
        return initial_weights(7, form[0]), [4, 0, 4]
    if name == "graph_network":
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
        (recurrent_network(), 27 * 16 + 3 * 24 * (16 + 24 + 1) + 27 * (24 + 1)),
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
    variance, error = sum(w * w for w in kernels) / len(kernels), sqrt(2 / len(kernels))
    assert abs(variance / (2 / 150) - 1) < 4 * error
    assert {*weights[1]} == {0.0}


def test_a_block_is_pre_norm_or_post_norm() -> None:
    """Where its projections are 0 nothing is added: pre-norm, what came in comes out; post-norm,
    it is normed twice."""
    inputs, norm = example("transformer_block"), NormWeights([1.0] * 4, [0.0] * 4)
    for pre_norm in (True, False):
        model = transformer_block(4, 2, 6, pre_norm=pre_norm, length=3)
        still = tree_map(lambda form: form if form.fill == "ones" else zeros(form), model.weights)
        outputs = model.network(inputs, initial_weights(1, still))
        twice = [layer_norm(layer_norm(row, norm), norm) for row in inputs]
        assert outputs == (inputs if pre_norm else twice)


def zeros(form: Form) -> Form:
    return replace(form, fill="zeros")


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
        llama_block(4, 0, 1, 6)
    with pytest.raises(ValueError, match="^key_value_heads is 0: give 1 or more$"):
        llama_block(4, 2, 0, 6)
    with pytest.raises(ValueError, match="^3 heads of keys do not divide 4 heads of queries$"):
        llama_block(8, 4, 3, 6)


def test_a_setting_that_is_a_bool_is_no_text() -> None:
    text: Any = "no"
    for call in (partial(transformer_block, pre_norm=text), partial(llama, tied_head=text)):
        with pytest.raises(TypeError, match="^(pre_norm|tied_head) is a str, not a bool$"):
            call()


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
    with pytest.raises(ValueError, match="^the number of sizes is 0: give 1 or more$"):
        perceptron(())
    with pytest.raises(ValueError, match="^the number of sizes is 1: give 2 or more$"):
        autoencoder((3,))
    with pytest.raises(ValueError, match="^groups is 0: give 1 or more$"):
        convolve(8, 4, 3, groups=0)
    with pytest.raises(ValueError, match="^groups is 0: give 1 or more$"):
        convnext_block(0)
