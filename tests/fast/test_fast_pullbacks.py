"""The pullback of a batch is that of each of it: the same where numbers are exact, and of floats
within the bounds of the definition's own pullback."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import inf, isfinite, nan
from operator import mul
from random import Random
from re import search
from typing import Any, Final

import pytest

from block_cases import over, tensor
from cases import CASES
from funcnn import (
    AffineWeights,
    Layer,
    MultiHeadWeights,
    Network,
    NormWeights,
    add_pair,
    affine,
    bound,
    branch,
    each,
    elementwise,
    gelu,
    hardshrink,
    initial_weights,
    layer,
    layer_norm,
    leaky_relu,
    leaves,
    linear,
    llama,
    microgpt,
    multi_head_attention,
    parallel,
    part,
    relu,
    rms_norm,
    scaled_dot_product_attention,
    scan,
    serial,
    squared_error,
    tied,
    tree_map,
    vjp,
)
from funcnn.algebra.duals import derivative
from funcnn.fast import (
    BATCH_RULES,
    activation_pullbacks,
    attention_pullbacks,
    batch_rules,
    batched_vjp,
    floats,
    gate_pullbacks,
    grad,
    head_pullbacks,
    linear_pullbacks,
    lookup_pullbacks,
    norm_pullbacks,
)
from funcnn.fast.activation_pullbacks import SLOPES
from funcnn.fast.cotangents import Cotangents
from representations import outcome
from transposes import network_of, numbers

every_block = pytest.mark.parametrize("name", CASES)


def batches(name: str, seed: int, *scales: float) -> tuple[Network, list[Any], Any]:
    """A case's network and weights, of floats of many digits, and its inputs, scaled."""
    draw = Random(f"{name} {seed}")
    case = over(lambda x: x + draw.random() / 16, CASES[name](draw))
    return network_of(case), [over(partial(mul, by), case).inputs for by in scales], case.weights


def cotangent(number: Callable[[float], Any], outputs: Any) -> Any:
    """Numbers in the form of the outputs, the same ones for every kind of number."""
    draw = Random(0)
    return tree_map(
        lambda y: 0 if isinstance(y, int) else number(draw.randint(-99, 99) / 32), outputs
    )


def by_definition(network: Network, xs: Any, weights: Any, number: Any = float) -> Any:
    """Outputs, the inputs' cotangents, and the weights'."""
    ys, pullback = vjp(each(network), xs, weights)
    return ys, *pullback(cotangent(number, ys))


def at_once(network: Network, xs: Any, weights: Any, number: Any = float) -> Any:
    ys, pullback = batched_vjp(network, xs, weights)
    x_bars, w_bar = pullback(cotangent(number, ys))
    return ys, x_bars(), w_bar


def made(number: Callable[[float], Any], tree: Any) -> Any:
    return tree_map(lambda leaf: number(leaf) if isinstance(leaf, float) else leaf, tree)


def demand_within_bounds(network: Network, xs: Any, weights: Any) -> None:
    """Floats and ints in the form of the definition's, NamedTuples too, and within its bounds."""
    actual = at_once(network, xs, weights)
    limits = by_definition(network, made(bound, xs), made(bound, weights), bound)
    assert repr(tree_map(lambda _: 0, actual)) == repr(tree_map(lambda _: 0, limits))
    for limit, number in zip(leaves(limits), leaves(actual), strict=True):
        if isinstance(limit, int):
            assert type(number) is int and number == limit
        else:
            assert type(number) is float and limit.admits(number), (limit, number)


@every_block
def test_floats_are_within_the_bounds(name: str) -> None:
    for seed in range(3):
        network, xs, weights = batches(name, seed, 1.0, 0.3, 1.7)
        if numbers((xs, weights)):
            demand_within_bounds(network, xs, weights)


@every_block
def test_over_fractions_it_is_the_definition(name: str) -> None:
    for seed in range(4):
        case = over(Fraction, CASES[name](Random(f"{name} {seed}")))
        network, xs = network_of(case), [case.inputs, tree_map(lambda x: x, case.inputs)]
        try:
            expected = by_definition(network, xs, case.weights, Fraction)
        except TypeError as error:
            assert search("no instance for Fraction|all it is given is ints", str(error))
            continue
        actual = at_once(network, xs, case.weights, Fraction)
        assert actual == expected
        assert repr(tree_map(type, actual)) == repr(tree_map(type, expected))


TABLES: Final = (
    linear_pullbacks,
    activation_pullbacks,
    norm_pullbacks,
    lookup_pullbacks,
    gate_pullbacks,
    attention_pullbacks,
    head_pullbacks,
)
RULES: Final = {primitive for table in TABLES for primitive in table.RULES}
TENSORS: Final = {"layer_norm", "rms_norm", "rms_norm without a scale"}
"""The rules of floats that take vectors alone, the definitions tensors too."""


def primitive(network: Any) -> tuple[type, Any]:
    """The key of its rule, if it has one."""
    name = "definition" if isinstance(network, Layer) else "function"
    return type(network), getattr(network, name, None)


def test_every_rule_has_cases() -> None:
    assert RULES <= {primitive(network_of(make(Random(0)))) for make in CASES.values()}
    assert RULES | {(Layer, add_pair), (Layer, part)} <= BATCH_RULES.keys()


@every_block
def test_of_floats_a_rule_does_not_fall_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> Any:
        raise AssertionError("the definition ran")

    network, xs, weights = batches(name, 0, 1.0, 0.3)
    for module, function in [
        (batch_rules, "vjp"),
        (activation_pullbacks, "elementwise_rule"),
        (floats, "elementwise_rule"),
    ]:
        monkeypatch.setattr(module, function, refused)
    if primitive(network) in RULES and name not in TENSORS:
        at_once(network, xs, weights)
    elif primitive(network) not in BATCH_RULES:
        with pytest.raises(AssertionError, match="^the definition ran$"):
            at_once(network, xs, weights)


STRANGE: Final[dict[str, Callable[[Any], Any]]] = {
    "a tuple": lambda x: tuple(x) if isinstance(x, list) else x,
    "too long": lambda x: [*x, *x[:1]] if isinstance(x, list) else [x],
    "ints": lambda x: tree_map(lambda leaf: 2 if isinstance(leaf, float) else leaf, x),
    "fractions": lambda x: made(Fraction, x),
    "NaN": lambda x: made(lambda _: nan, x),
    "infinite": lambda x: made(lambda _: inf, x),
}


@every_block
@pytest.mark.parametrize("strange", STRANGE)
def test_one_strange_example_or_cotangent_gives_what_the_definition_gives(
    name: str, strange: str
) -> None:
    network, (x, y), weights = batches(name, 1, 1.0, 0.3)
    for xs, spoilt in (([x, STRANGE[strange](y)], None), ([x, y], STRANGE[strange])):

        def pulled(vjp: Callable[..., Any], network: Network) -> Any:
            ys, pullback = vjp(network, xs, weights)
            y_bars = cotangent(float, ys)
            x_bars, w_bar = pullback([y_bars[0], spoilt(y_bars[1])] if spoilt else y_bars)
            return ys, x_bars() if callable(x_bars) else x_bars, w_bar

        expected, actual = (
            outcome(pulled, vjp, each(network)),
            outcome(pulled, batched_vjp, network),
        )
        if isinstance(expected[0], type):
            assert actual[0] is expected[0], (expected, actual)
            continue
        for one, other in zip(leaves(expected), leaves(actual), strict=True):
            assert type(one) is type(other)
            assert one == other or isfinite(one) and isfinite(other) or repr(one) == repr(other)


@pytest.mark.parametrize(
    ("function", "settings"),
    [
        *((function, {}) for function in SLOPES),
        (gelu, {"approximate": "tanh"}),
        (leaky_relu, {"slope": Fraction(1, 3)}),
        (leaky_relu, {"slope": -2}),
        (hardshrink, {"inclusive": True}),
        (hardshrink, {"threshold": Fraction(3)}),
        (hardshrink, {"threshold": nan}),
    ],
)
def test_a_slope_is_the_derivative_by_duals_bit_for_bit(
    function: Callable[..., Any], settings: dict[str, Any]
) -> None:
    draw = Random(0)
    strange = [0.0, -0.0, 0.5, -0.5, 5e-324, -1e-200, 1e100, -1e100, 40.0, -40.0, inf, -inf, nan]
    definition = partial(function, **settings)
    for x in [*strange, *(draw.gauss(0.0, 4.0) for _ in range(500))]:
        slope = SLOPES[function](x, definition(x), **settings)
        assert repr(slope) == repr(derivative(definition, x)), x


SMALL: Final = {
    "microgpt": microgpt(vocabulary=3, context=4, width=4, heads=2),
    "llama": llama(vocabulary=3, width=4, heads=2, key_value_heads=1, hidden=3, tied_head=True),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_whole_model_is_within_the_bounds(name: str) -> None:
    model = SMALL[name]
    weights = initial_weights(0, model.weights)
    demand_within_bounds(model.network, [[0, 1, 2, 1], [2], [], [1, 1]], weights)


def test_the_cotangent_of_the_first_inputs_is_never_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[int]()

    def rule(xs: Any, weights: Any) -> Any:
        ys, pullback = linear_pullbacks.linear(xs, weights)

        def back(y_bars: Any) -> Cotangents:
            x_bars, w_bar = pullback(y_bars)

            def inputs() -> list[Any]:
                asked.append(len(xs[0]))
                return x_bars()

            return Cotangents(inputs, w_bar)

        return ys, back

    monkeypatch.setitem(BATCH_RULES, (Layer, linear), rule)
    first = tied(serial(branch(each(layer(linear)))), [0])
    network = serial(first, layer(part, index=0), each(layer(linear)), layer(part, index=0))
    weights = [[[[[1.0, 1.0]]]], (), [[2.0]], ()]
    grad(network, layer(squared_error), weights, [[[1.0, 2.0]]], [[1.0]])
    assert asked == [1]


def test_sequences_of_several_lengths_are_scanned_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = list[int]()

    def rule(xs: Any, weights: Any) -> Any:
        batches.append(len(xs))
        return linear_pullbacks.linear(xs, weights)

    monkeypatch.setitem(BATCH_RULES, (Layer, linear), rule)
    step = serial(parallel(layer(linear), layer(linear)), layer(add_pair))
    cell = serial(step, branch(serial(), serial()))
    draw = Random(0)
    xs = [(tensor(draw, 2), tensor(draw, length, 1)) for length in (1, 0, 3, 1)]
    weights = [[[tensor(draw, 2, 2), tensor(draw, 2, 1)], ()], [[], []]]
    assert at_once(scan(cell), xs, weights) == by_definition(scan(cell), xs, weights)
    assert batches == [3, 3, 1, 1, 1, 1]


def test_of_no_example_the_cotangents_are_zeros() -> None:
    weights = [AffineWeights([[1.0]], [2.0]), ()]
    ys, pullback = batched_vjp(serial(layer(affine), elementwise(relu)), [], weights)
    x_bars, w_bar = pullback([])
    assert (ys, x_bars(), repr(w_bar)) == ([], [], repr([AffineWeights([[0.0]], [0.0]), ()]))


@pytest.mark.parametrize(
    "y_bars", [[[[1.0], [2.0]], [[1.0]]], [[[1.0]]], [[[1.0], [2.0], [3.0]], []]]
)
def test_a_cotangent_of_another_form_is_refused(y_bars: Any) -> None:
    """Two sequences, of 1 and 2 rows."""
    _, pullback = batched_vjp(each(layer(linear)), [[[1.0]], [[2.0], [3.0]]], [[4.0]])
    with pytest.raises(ValueError, match="^xs and ys differ in length"):
        pullback(y_bars)


@pytest.mark.parametrize("unseen", ["zeros", "nan"])
def test_a_query_that_sees_no_key_is_the_definition_s(unseen: str) -> None:
    rows = [[1.0, 2.0], [3.0, 5.0]]
    settings = {"causal": True, "start": -1, "unseen": unseen}
    network = layer(scaled_dot_product_attention, **settings)
    xs = [(rows, rows, rows), (rows[:1], rows, rows)]
    expected, actual = by_definition(network, xs, ()), at_once(network, xs, ())
    assert repr(actual) == repr(expected)


def test_a_layer_of_no_outputs_sends_zeros_back() -> None:
    for weights in ([], [[1.0, 2.0]]):
        xs = [[1.0, 2.0], [3.0, 4.0]]
        assert at_once(layer(linear), xs, weights) == by_definition(layer(linear), xs, weights)


@pytest.mark.parametrize("definition", [layer_norm, rms_norm])
def test_a_norm_of_a_vector_is_within_the_bounds(definition: Callable[..., Any]) -> None:
    draw = Random(0)
    xs, scale, bias = tensor(draw, 4, 6), tensor(draw, 6), tensor(draw, 6)
    weights = NormWeights(scale, bias) if definition is layer_norm else scale
    demand_within_bounds(layer(definition, epsilon=0.5), xs, weights)


def test_examples_with_and_without_a_mask_go_together() -> None:
    rows, unit = [[1.0, 2.0], [3.0, 5.0]], [[1.0, 0.0], [0.0, 1.0]]
    network = layer(multi_head_attention, heads=1)
    xs = [(rows, rows), (rows, rows, [[True, False], [True, True]])]
    demand_within_bounds(network, xs, MultiHeadWeights(unit, unit, unit, unit))
