"""Forms say the shape of a value, and what a network makes of it."""

from typing import Any

import pytest

from funcnn import (
    branch,
    each,
    elementwise,
    layer,
    linear,
    parallel,
    part,
    relu,
    scan,
    serial,
    tied,
)
from funcnn.blocks.convolutions import conv1d, conv2d
from funcnn.blocks.forms import Form, form, form_of, item
from funcnn.blocks.layouts import concatenate, reshape
from funcnn.blocks.norms import NormWeights, running_statistics
from funcnn.blocks.pooling import max_pool2d
from funcnn.blocks.recurrence import RecurrentWeights, rnn_step
from funcnn.blocks.shape_inference import output_form
from funcnn.blocks.shapes import parameters
from funcnn.blocks.transposed_convolutions import conv_transpose1d


def test_a_value_has_the_form_of_its_lists() -> None:
    assert form_of([[1.0, 2.0, 3.0]]) == Form((1, 3))
    assert form_of([[]]) == Form((1, 0)) and form_of([]) == Form((0,))
    assert form_of(3) == Form(()) and form_of([(0, 1), (1, 2)]) == Form((2, 2))


def test_a_tuple_or_unlike_parts_have_the_forms_of_their_parts() -> None:
    assert form_of(([1.0], [2.0])) == (Form((1,)), Form((1,)))
    assert form_of([[1.0, 2.0], [3.0]]) == [Form((2,)), Form((1,))]
    weights = NormWeights([1.0], [2.0])
    assert form_of([weights, ()]) == [NormWeights(Form((1,)), Form((1,))), ()]


def test_what_weights_start_from_is_no_part_of_their_form() -> None:
    assert form(3, fill="ones") == form(3) == Form((3,))
    assert hash(form(3, fill="ones")) == hash(form(3)) and form(3) != form(4)


def test_a_sequence_has_items_and_a_number_has_none() -> None:
    assert item(Form((5, 2))) == Form((2,))
    with pytest.raises(ValueError, match="^a sequence is needed, not a number$"):
        item(Form(()))


def test_a_sequence_of_tuples_has_a_form_for_each() -> None:
    network = serial(each(branch(layer(linear), elementwise(relu))), each(layer(part, index=0)))
    inputs, weights = [[1.0, 2.0], [3.0, 4.0]], [[[[1.0, 0.5]], ()], ()]
    forms = output_form(network.layers[0], form_of(inputs), [Form((1, 2)), ()])
    assert forms == form_of(network.layers[0](inputs, weights[0])) == [(Form((1,)), Form((2,)))] * 2
    outputs = output_form(network, form_of(inputs), [[Form((1, 2)), ()], ()])
    assert outputs == form_of(network(inputs, weights)) == Form((2, 1))
    with pytest.raises(ValueError, match="^the items of a sequence have unlike forms$"):
        item([(Form((1,)),), (Form((2,)),)])


def test_every_combinator_has_its_form() -> None:
    two, three = Form((2,)), Form((3, 2))
    layer_of = layer(linear)
    assert output_form(branch(layer_of, elementwise(relu)), two, [three, ()]) == (Form((3,)), two)
    assert output_form(parallel(layer_of, serial()), (two, two), [three, []]) == (Form((3,)), two)
    assert output_form(each(layer_of), Form((7, 2)), three) == Form((7, 3))
    assert output_form(tied(serial(layer_of, layer_of), [0, 0]), two, [Form((2, 2))]) == two
    weights: Any = RecurrentWeights(form(3, 2), form(3, 3))
    state = Form((3,))
    assert output_form(scan(layer(rnn_step)), (state, Form((7, 2))), weights) == (
        state,
        Form((7, 3)),
    )


def test_a_definition_without_a_form_is_named_with_its_layer() -> None:
    with pytest.raises(TypeError, match="^layer 0: no form for max: give it one in funcnn.blocks"):
        output_form(serial(layer(max)), Form(()), [()])


def test_kernels_and_windows_that_are_too_large_have_no_form() -> None:
    image = Form((1, 1, 2))
    with pytest.raises(
        ValueError, match="^the kernels, 2×2, are larger than the padded inputs, 1×2"
    ):
        output_form(layer(conv2d), image, Form((1, 1, 2, 2)))
    with pytest.raises(
        ValueError, match="^the windows, 2×2, are larger than the padded inputs, 1×2"
    ):
        output_form(layer(max_pool2d, size=2), image, ())


@pytest.mark.parametrize(
    ("definition", "settings", "inputs", "weights", "message"),
    [
        (conv1d, {}, (1, 1, 4), (1, 1, 2), "inputs: the form is 1×1×4, which has not 2 axes"),
        (conv2d, {}, (1, 4, 4), (1, 1, 2), "weights: the form is 1×1×2, which has not 4 axes"),
        (conv_transpose1d, {"padding": 2}, (1, 2), (1, 1, 2), "without its padding, 2, nothing is"),
        (max_pool2d, {"size": 2}, (4, 4), (), "inputs: the form is 4×4, which has not 3 axes"),
        (linear, {}, (2,), (2,), "weights: the form is 2, which has not 2 axes"),
        (reshape, {"shape": (2, 2)}, (3,), (), "inputs have 3 numbers, shape (2, 2) has 4"),
        (reshape, {"shape": 0}, (3,), (), "shape is a int, not a list"),
        (reshape, {"shape": (3, 0)}, (3,), (), "shape is 0: give 1 or more"),
        (concatenate, {}, (), (), "a sequence is needed, not a number"),
    ],
)
def test_what_does_not_fit_has_no_form(
    definition: Any, settings: Any, inputs: Any, weights: Any, message: str
) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        output_form(layer(definition, **settings), Form(inputs), Form(weights))
    assert str(caught.value).startswith(message)


def test_the_form_of_outputs_is_that_of_what_comes_out() -> None:
    runs: list[tuple[Any, Any, Any]] = [
        (layer(concatenate), [[1.0, 2.0], [3.0, 4.0]], ()),
        (layer(concatenate), ([1.0], [3.0, 4.0]), ()),
        (layer(running_statistics), [[1.0], [2.0]], [[1.0], [2.0]]),
    ]
    for network, inputs, weights in runs:
        forms = form_of(inputs), form_of(weights)
        assert output_form(network, *forms) == form_of(network(inputs, weights))


@pytest.mark.parametrize(
    ("kind", "lengths", "fill", "message"),
    [
        (TypeError, (2.5,), "ones", "a length of a form is a float, not an int"),
        (ValueError, (-1, 2), "ones", "a length of a form is -1: give 0 or more"),
        (ValueError, (1,), "one", "fill is 'one': give one of normal, zeros, ones"),
    ],
)
def test_what_is_no_form_is_refused(kind: Any, lengths: Any, fill: Any, message: str) -> None:
    with pytest.raises(kind) as caught:
        Form(lengths, fill)
    assert str(caught.value) == message
    with pytest.raises(TypeError, match="^a form is needed, not a tuple$"):
        item(lengths)


def test_forms_are_counted_without_a_number() -> None:
    assert parameters([Form((10**6, 10**6)), (Form(()), ())]) == 10**12 + 1
