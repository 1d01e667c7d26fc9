"""Costs: what is told from forms is what definitions do, counted by numbers that count."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any, Final

import pytest

from block_cases import Case
from cases import CASES
from funcnn import (
    Network,
    branch,
    conv2d,
    each,
    elementwise,
    layer,
    linear,
    parallel,
    relu,
    scaled_dot_product_attention,
    scan,
    serial,
    tied,
    vjp,
)
from funcnn.algebra.formats import FORMATS, binary32
from funcnn.algebra.quantization import int8
from funcnn.algebra.scalars import total
from funcnn.algebra.traces import Traced
from funcnn.blocks.caches import KeyValueCache, attention_step
from funcnn.blocks.dropouts import dropout
from funcnn.blocks.forms import Form, form, form_of
from funcnn.blocks.graphs import edge_attention, message_passing
from funcnn.blocks.heads import MultiHeadWeights
from funcnn.blocks.image_models import convnext, lenet, resnet_block
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import Model, autoencoder, perceptron
from funcnn.blocks.recurrence import RecurrentWeights, gru_step
from funcnn.blocks.rule_arrays import rule_row
from funcnn.blocks.sequence_models import (
    gpt,
    graph_network,
    llama,
    microgpt,
    recurrent_network,
    transformer_block,
)
from funcnn.blocks.shape_inference import FORMS, output_form
from funcnn.diagnostics.costs import (
    COUNTS,
    bytes_of,
    cost_of,
    training_products,
    work_of,
)
from funcnn.diagnostics.operation_counts import Work, operations_of
from tallies import counted
from transposes import network_of

SEEDS: Final = range(6)
UNTOLD: Final = {
    "quantized_linear",
    "quantized_dense",
    "quantized_conv2d",
    "rule_row",
    "rule_array",
}
"""The definitions whose ints are no numbers that count, or that calculate nothing."""
AT_MOST: Final = {message_passing, edge_attention}
"""The definitions whose work depends on more than forms."""


def told(case: Case) -> Work:
    """What is told from forms, but for the numbers put out."""
    work = work_of(network_of(case), form_of(case.inputs), form_of(case.weights))
    return Work(work.multiply_adds, work.others)


def done(case: Case) -> Work:
    """What the definition does; where there is a mask, all is seen."""

    def run(arguments: Any) -> Any:
        inputs, weights = arguments
        return network_of(case)(inputs, weights)

    return counted(run, (seen_whole(case.inputs), case.weights))


def seen_whole(tree: Any) -> Any:
    if isinstance(tree, bool):
        return True
    if isinstance(tree, tuple) and not hasattr(tree, "_fields"):
        return tuple(map(seen_whole, tree))
    return [*map(seen_whole, tree)] if isinstance(tree, list) else tree


def drawn(name: str) -> Iterator[Case]:
    for seed in SEEDS:
        case = CASES[name](Random(f"{name} {seed}"))
        if case.definition is dropout:
            case = case._replace(weights=seen_whole(case.weights))
        yield case


def agrees(name: str) -> bool:
    """Whether the work that is told of a definition is that which it does, in all cases drawn."""
    return all(told(case) == done(case) for case in drawn(name))


TOLD: Final = [name for name in CASES if name.split(",")[0].split(" ")[0] not in UNTOLD]


def test_every_definition_that_has_a_form_has_a_cost_but_those_of_ints() -> None:
    missing = {definition.__name__ for definition in FORMS.keys() - COUNTS.keys()}
    assert missing == UNTOLD and not COUNTS.keys() - FORMS.keys()


@pytest.mark.parametrize("name", TOLD)
def test_the_operations_told_from_forms_are_those_that_the_definition_does(name: str) -> None:
    for case in drawn(name):
        expected, work = told(case), done(case)
        if case.definition in AT_MOST:
            assert work.others <= expected.others
        elif "hardshrink" in name:
            assert work.others >= expected.others
        else:
            assert work.others == expected.others
        assert work.multiply_adds == expected.multiply_adds


def test_at_most_is_as_many_where_each_edge_leads_to_a_node_of_its_own() -> None:
    rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    cycle = [(0, 1), (1, 2), (2, 0)]
    attending = Case(edge_attention, {}, (rows, rows, rows, cycle))
    assert told(attending) == done(attending)
    averaged = Case(message_passing, {"aggregate": "mean"}, (rows, cycle[:2]), [[1.0, 0.0]])
    assert told(averaged) == done(averaged)


def wrong_stride(inputs: Form, weights: Form, outputs: Form, **settings: Any) -> Work:
    """Of a convolution that goes on by one, whatever the stride."""
    everywhere = layer(conv2d, **settings | {"stride": 1})
    return COUNTS_BEFORE[conv2d](inputs, weights, output_form(everywhere, inputs, weights))


def wrong_groups(inputs: Form, weights: Form, outputs: Form, **settings: Any) -> Work:
    return int(settings.get("groups", 1)) * COUNTS_BEFORE[conv2d](inputs, weights, outputs)


def wrong_bias(inputs: Form, weights: Any, outputs: Form) -> Work:
    return Work(weights[0].size + weights[1].size)


def half_attention(inputs: Any, weights: Any, outputs: Form, **settings: Any) -> Work:
    """Queries by keys, and no shares by values."""
    queries, keys, _, *mask = inputs
    nothing = Form((keys.lengths[0], 0))
    attention = COUNTS_BEFORE[scaled_dot_product_attention]
    return attention((queries, keys, nothing, *mask), weights, outputs, **settings)


def all_seeing(inputs: Any, weights: Any, outputs: Form, **settings: Any) -> Work:
    attention = COUNTS_BEFORE[scaled_dot_product_attention]
    return attention(inputs, weights, outputs, scale=settings.get("scale"))


def without_state(inputs: Any, weights: Any, outputs: Any, **settings: Any) -> Work:
    of_input = COUNTS_BEFORE[linear]((), weights[0], ())
    return of_input + Work(0, 11 * outputs[1].size)


COUNTS_BEFORE: Final = dict(COUNTS)


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("conv2d", wrong_stride),
        ("conv2d", wrong_groups),
        ("affine", wrong_bias),
        ("scaled_dot_product_attention", half_attention),
        ("scaled_dot_product_attention, causal or in a window", all_seeing),
        ("gru_step, reset before", without_state),
    ],
)
def test_a_wrong_rule_is_found_out(
    name: str, mutant: Callable[..., Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agrees(name)
    monkeypatch.setitem(COUNTS, CASES[name](Random(0)).definition, mutant)
    assert not agrees(name)


LINEAR, SQUARE = layer(linear), form(2, 2)
WIRINGS: Final[dict[str, tuple[Network, Any, Any]]] = {
    "serial": (serial(LINEAR, elementwise(relu)), Form((2,)), [SQUARE, ()]),
    "each": (each(LINEAR), Form((5, 2)), SQUARE),
    "parallel": (parallel(LINEAR, serial()), (Form((2,)), Form((3,))), [SQUARE, []]),
    "branch": (branch(LINEAR, elementwise(relu)), Form((2,)), [SQUARE, ()]),
    "tied": (tied(serial(LINEAR, LINEAR), [0, 0]), Form((2,)), [SQUARE]),
    "scan": (
        scan(layer(gru_step)),
        (Form((2,)), Form((3, 4))),
        RecurrentWeights(form(6, 4), form(6, 2)),
    ),
    "a cache that grows": (
        scan(layer(attention_step, heads=2)),
        (KeyValueCache(form(0, 2), form(0, 2)), Form((4, 2))),
        MultiHeadWeights(SQUARE, SQUARE, SQUARE, SQUARE),
    ),
}
OF_TOKENS: Final = ("GPT", "microgpt", "Llama", "recurrent network")
MODELS: Final[dict[str, Model]] = {
    "perceptron": perceptron((5, 4, 3)),
    "autoencoder": autoencoder((5, 3)),
    "ResNet block": resnet_block(2, 3, 2, 5),
    "ConvNeXt": replace(convnext((1, 1), (2, 3), 3), inputs=form(3, 8, 8)),
    "transformer block": transformer_block(4, 2, 8, length=3),
    "GPT": gpt(5, 3, 4, 2, 1),
    "microgpt": microgpt(5, 3, 4, 2),
    "Llama": llama(5, 4, 2, 1, 6, tied_head=True, length=3),
    "recurrent network": recurrent_network(5, 3, 2, length=3),
}


def values_of(forms: Any, number: Callable[[], Any]) -> Any:
    """Values of these forms."""
    if isinstance(forms, Form):
        if not forms.lengths:
            return number()
        inner = Form(forms.lengths[1:])
        return [values_of(inner, number) for _ in range(forms.lengths[0])]
    parts = [values_of(form, number) for form in forms]
    if isinstance(forms, tuple):
        return type(forms)(*parts) if hasattr(forms, "_fields") else tuple(parts)
    return parts


def of_form(network: Network, inputs: Any, weights: Any) -> Work:
    """What the network does with values of these forms."""
    draw = Random(0)
    values = [values_of(forms, lambda: draw.randint(-16, 16) / 8) for forms in (inputs, weights)]
    return counted(lambda arguments: network(*arguments), values)


@pytest.mark.parametrize("name", WIRINGS)
def test_each_way_to_wire_networks_takes_what_its_parts_do(name: str) -> None:
    network, inputs, weights = WIRINGS[name]
    cost, work = cost_of(network, inputs, weights), of_form(network, inputs, weights)
    assert (cost.multiply_adds, cost.others) == (work.multiply_adds, work.others)


def test_what_layers_put_out_is_counted_once_for_each_number() -> None:
    outputs = {name: cost_of(*WIRINGS[name]).activations for name in WIRINGS}
    assert [*outputs.values()] == [4, 10, 2, 4, 4, 12, 48]


@pytest.mark.parametrize("name", MODELS)
def test_whole_models_take_what_is_told(name: str) -> None:
    model, draw = MODELS[name], Random(0)
    number = partial(draw.randrange, 5) if name in OF_TOKENS else partial(draw.uniform, -2, 2)
    inputs = values_of(model.inputs, number)
    if name == "recurrent network":
        inputs = [0.5, 0.5], inputs[1]
    arguments = inputs, initial_weights(0, model.weights)
    work = counted(lambda given: model.network(*given), arguments)
    assert told_of(model) == (work.multiply_adds, work.others)


def test_a_graph_network_takes_what_is_told() -> None:
    model, edges = graph_network(3, 2, 2, 4, 3), [(0, 1), (1, 2), (1, 2)]
    nodes = values_of(Form((4, 3)), partial(Random(0).uniform, -2, 2))
    arguments = (nodes, edges), initial_weights(0, model.weights)
    work = counted(lambda given: model.network(*given), arguments)
    assert told_of(model) == (work.multiply_adds, work.others)


def told_of(model: Model) -> tuple[int, int]:
    cost = cost_of(model.network, model.inputs, model.weights)
    return cost.multiply_adds, cost.others


def test_published_figures_are_met() -> None:
    image = convnext()
    cost = cost_of(image.network, image.inputs, image.weights)
    assert (cost.parameters, cost.multiply_adds) == (28_589_128, 4_455_531_264)
    assert cost_of(microgpt().network, Form((16,)), microgpt().weights).parameters == 4_192
    assert told_of(lenet())[0] == 28**2 * 6 * 25 + 10**2 * 16 * 150 + 400 * 120 + 120 * 84 + 840


def test_a_token_of_a_language_model_takes_its_matrices_and_what_it_reads() -> None:
    """Kaplan et al., 2.1: 2·N + 2·layers·context·width operations forward, thrice that to learn; of
    causal attention, half of the context and half a token."""
    context, width, layers, vocabulary = 1024, 768, 12, 50257
    model = gpt()
    matrices = layers * 12 * width**2 + vocabulary * width
    cost = cost_of(model.network, model.inputs, model.weights)
    assert cost.multiply_adds == context * (matrices + layers * (context + 1) * width)
    assert cost.training_multiply_adds == 3 * cost.multiply_adds


@pytest.mark.parametrize("sizes", [(3, 2, 1), (10, 64, 32)])
def test_each_product_of_a_training_step_is_as_large(sizes: tuple[int, int, int]) -> None:
    outputs, inputs, batch = sizes
    products = training_products(outputs, inputs, batch)
    assert {product.multiply_adds for product in products} == {outputs * inputs * batch}
    assert [(product.m, product.n) for product in products] == [
        (batch, outputs),
        (batch, inputs),
        (outputs, inputs),
    ]


def test_the_pullback_of_a_linear_layer_multiplies_twice_as_often_as_the_layer() -> None:
    given = [0.5] * 4, [[0.25] * 4] * 3, [1.0] * 3
    forward = counted(lambda given: linear(*given[:2]), given)
    whole = counted(lambda given: vjp(LINEAR, *given[:2])[1](given[2]), given)
    cost = cost_of(LINEAR, Form((4,)), Form((3, 4)))
    assert forward == Work(cost.multiply_adds) == Work(12)
    assert whole.multiply_adds + whole.others == cost.training_multiply_adds


def test_a_sum_of_terms_is_one_operation_fewer_than_they() -> None:
    x, y, z = map(Traced, (1.0, 2.0, 3.0))
    assert operations_of([total([x, y, z])]) == 2
    assert operations_of([total([x * y, y * z, z * x])]) == 5


def test_bytes_are_those_of_a_format_s_numbers() -> None:
    assert [bytes_of(3, number_format) for number_format in FORMATS] == [24, 12, 6, 6, 3, 3]
    assert [bytes_of(3, replace(int8, bits=4)), bytes_of(0, int8)] == [2, 0]
    with pytest.raises(ValueError, match="numbers is -1: give 0 or more"):
        bytes_of(-1, binary32)


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(TypeError, match="layer 0: no cost for rule_row: give it one in"):
        cost_of(serial(layer(rule_row, rules=(30,))), Form((4,)), [Form((4,))])
    with pytest.raises(TypeError, match="no form for max"):
        cost_of(layer(max), Form((4,)), ())
    with pytest.raises(ValueError, match="layers and weights differ in length: 1 and 0"):
        cost_of(serial(LINEAR), Form((2,)), [])
    no_network: Any = max
    with pytest.raises(TypeError, match="max is no network"):
        cost_of(no_network, Form((2,)), ())
    with pytest.raises(ValueError, match="batch is 0: give 1 or more"):
        training_products(1, 1, 0)


def test_the_linear_share_of_nothing_is_none() -> None:
    assert cost_of(serial(), Form((3,)), []).linear_share == Fraction(0)
    assert cost_of(LINEAR, Form((2,)), SQUARE).linear_share == 1
