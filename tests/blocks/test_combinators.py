"""What it means to run a network, and what is refused."""

import pickle
from typing import Any

import pytest
from hypothesis import given

from funcnn import (
    Elementwise,
    Layer,
    add_pair,
    branch,
    dense,
    each,
    elementwise,
    foldl,
    layer,
    leaky_relu,
    linear,
    map_accum_l,
    parallel,
    part,
    relu,
    render,
    residual,
    scan,
    serial,
    tied,
    tree_map,
    vjp,
)
from funcnn.blocks.combinators import run
from funcnn.fast import vmap
from networks import Case, cases

L, R = layer(linear), elementwise(relu)
NEST = serial(L, each(R), scan(L), parallel(L, R), branch(L, R), tied(serial(L, L), (0, 0)))


@given(cases())
def test_serial_is_one_network_after_another(case: Case) -> None:
    twice = serial(case.network, branch(serial(), serial()))
    for x in case.inputs:
        y = case.network(x, case.weights)
        assert twice(x, [case.weights, [[], []]]) == (y, y)


@given(cases())
def test_serial_of_one_is_that_one_and_of_none_the_identity(case: Case) -> None:
    for x in case.inputs:
        assert serial(case.network)(x, [case.weights]) == case.network(x, case.weights)
        assert serial()(x, []) == x


@given(cases())
def test_nesting_serials_changes_nothing(case: Case) -> None:
    network, weights, inputs = case
    one, other = serial(serial(network, R), R), serial(network, serial(R, R))
    for x in inputs:
        assert one(x, [[weights, ()], ()]) == other(x, [weights, [(), ()]])


@given(cases())
def test_the_inputs_are_left_as_they_were(case: Case) -> None:
    copy = tree_map(lambda number: number, (case.inputs, case.weights))
    for x in case.inputs:
        case.network(x, case.weights)
    assert (case.inputs, case.weights) == copy


def test_a_serial_of_dense_layers_is_the_sketch() -> None:
    model = [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]
    network = serial(layer(dense), layer(dense))
    assert network([1.0, 2.0], model) == foldl(dense, [1.0, 2.0], model) == [2.0]


def test_scan_is_map_accum_l() -> None:
    def step(inputs: Any, weights: Any) -> Any:
        state, x = inputs
        return state + weights * x, state * x

    expected = map_accum_l(lambda s, x: step((s, x), 3), 1, [1, 2, 5])
    assert scan(layer(step))((1, [1, 2, 5]), 3) == expected == (25, [1, 8, 50])


def test_parallel_and_branch_give_a_tuple_of_their_parts() -> None:
    double, negate = elementwise(lambda x: 2 * x), elementwise(lambda x: -x)
    assert parallel(double, negate)(([1], [2]), [(), ()]) == ([2], [-2])
    assert branch(double, negate)([3], [(), ()]) == ([6], [-3])


def test_elementwise_reaches_every_number_and_keeps_the_form() -> None:
    assert R(([-1.0], [[2.0], (-3.0,)]), ()) == ([0.0], [[2.0], (0.0,)])


def test_a_weight_of_many_places_is_one_weight() -> None:
    network = tied(serial(L, R, L), (0, 1, 0))
    assert network([1.0, 2.0], [[[0.0, 1.0], [1.0, 0.0]], ()]) == [1.0, 2.0]


def test_residual_adds_the_inputs() -> None:
    assert residual(L)([1.0], [[[], [[5.0]]], ()]) == [6.0]


def test_networks_are_values() -> None:
    assert pickle.loads(pickle.dumps(NEST)) == NEST
    assert hash(layer(leaky_relu, slope=1)) == hash(Layer(leaky_relu, (("slope", 1),)))
    assert layer(dense, b=1, a=2) == layer(dense, a=2, b=1) != layer(dense, a=1, b=2)
    assert elementwise(relu) == Elementwise(relu)


def test_a_network_is_rendered_in_the_signs_of_arrows() -> None:
    expected = (
        "linear >>> each(relu) >>> scan(linear) >>> (linear *** relu) >>> (linear &&& relu)"
        " >>> tied(linear >>> linear, places=[0, 0])"
    )
    assert render(NEST) == expected
    assert render(serial(serial(L, R), serial())) == "(linear >>> relu) >>> identity"


@pytest.mark.parametrize(
    ("network", "inputs", "weights", "message"),
    [
        (serial(L), [1.0], [], "layers and weights differ in length: 1 and 0"),
        (serial(L), [1.0], [[[1.0]], [[1.0]]], "layers and weights differ in length: 1 and 2"),
        (
            parallel(L, L),
            ([1.0],),
            [[[1.0]], [[1.0]]],
            "networks and inputs differ in length: 2 and 1",
        ),
        (
            parallel(L),
            ([1.0], [1.0]),
            [[[1.0]]] * 2,
            "networks and weights differ in length: 1 and 2",
        ),
        (branch(L), [1.0], [], "networks and weights differ in length: 1 and 0"),
        (tied(serial(L), (0,)), [1.0], [], "weights has length 0, places name 1"),
        (layer(add_pair), ([1.0], [1.0, 2.0]), (), "the trees differ in form: 1 branches beside 2"),
    ],
)
def test_weights_or_inputs_too_many_or_too_few_are_counted(
    network: Any, inputs: Any, weights: Any, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        network(inputs, weights)
    assert str(caught.value) == message


@pytest.mark.parametrize("network", [each(L), scan(L)])
def test_a_generator_of_items_is_refused(network: Any) -> None:
    items = (x for x in [[1.0]])
    with pytest.raises(TypeError, match="is a generator, not a list"):
        network(items if network == each(L) else ([1.0], items), [[1.0]])


@pytest.mark.parametrize("places", [(1,), (0, 2), (-1, 0)])
def test_places_that_leave_a_weight_out_are_refused(places: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="are not 0, 1, …, each at least once"):
        tied(serial(*[L] * len(places)), places)


@pytest.mark.parametrize("place", [[0], True, 0.0])
def test_a_place_is_an_int(place: Any) -> None:
    with pytest.raises(TypeError, match=f"^a place is a {type(place).__name__}, not an int$"):
        tied(serial(L), [place])


@pytest.mark.parametrize("index", ["a", True, 1.0])
def test_the_index_of_a_part_is_an_int(index: Any) -> None:
    with pytest.raises(TypeError, match=f"^index is a {type(index).__name__}, not an int$"):
        part(([1.0], [2.0]), index=index)


def test_an_error_says_in_which_layers_it_stands() -> None:
    network = serial(R, serial(L, L))
    with pytest.raises(ValueError, match="^layer 1: layer 1: row 0 has length 2, the vector has "):
        network([1.0], [(), [[[1.0]], [[1.0, 2.0]]]])


def test_an_error_of_another_kind_comes_through() -> None:
    def strange(inputs: Any, weights: Any) -> Any:
        raise UnicodeDecodeError("ascii", b"", 0, 1, "strange")

    with pytest.raises(UnicodeDecodeError):
        serial(layer(strange))([1.0], [()])


@pytest.mark.parametrize("meaning", [run, vjp, lambda network, x, w: vmap(network)([x], w)])
@pytest.mark.parametrize("form", [lambda f: f, serial, each, branch])
def test_a_definition_is_no_network(meaning: Any, form: Any) -> None:
    weights: Any = [[[1.0]]] if form in (serial, branch) else [[1.0]]
    inputs: Any = [[1.0]] if form is each else [1.0]
    with pytest.raises(TypeError, match=r"linear is no network: write layer\(linear\) or elem"):
        meaning(form(linear), inputs, weights)


def test_a_definition_is_not_rendered() -> None:
    definition: Any = linear
    with pytest.raises(TypeError, match="^linear is no network"):
        render(definition)


@pytest.mark.parametrize("inputs", [None, ([1.0],), ([1.0], [], [])])
def test_a_scan_takes_a_pair(inputs: Any) -> None:
    for meaning in (run, vjp):
        with pytest.raises(TypeError, match=r"^inputs \(state, sequence\) are a pair, not a "):
            meaning(scan(L), inputs, [[1.0]])


def test_the_cell_of_a_scan_gives_a_pair() -> None:
    for meaning in (run, vjp):
        with pytest.raises(TypeError, match=r"^what a cell gives \(state, y\) are a pair, not a "):
            meaning(scan(layer(part, index=0)), ([1.0], [[1.0]]), ())


def test_a_generator_of_places_is_refused() -> None:
    places: Any = (place for place in [0, 0])
    with pytest.raises(TypeError, match="^places is a generator, not a list$"):
        tied(serial(L, L), places)


def test_the_order_of_settings_does_not_matter() -> None:
    assert elementwise(max, b=1, a=2) == elementwise(max, a=2, b=1) != elementwise(max, a=1, b=2)


def test_settings_reach_the_definition_and_the_function() -> None:
    def scaled(inputs: Any, weights: Any, *, scale: int) -> Any:
        return [scale * x for x in inputs]

    assert layer(scaled, scale=3)([2], ()) == [6]
    assert elementwise(leaky_relu, slope=0.25)([-4.0], ()) == [-1.0]
