"""The pullback of a cell on a batch is the definition's: floats within its bounds, the same numbers
where none rounds, or its error."""

from fractions import Fraction
from math import inf, isfinite, nan
from random import Random
from typing import Any, Final

import pytest

from batch_pullbacks import (
    batch,
    by_definition,
    by_rule,
    cotangent,
    forbid_the_definition,
    is_the_definition_s,
    is_within_the_bounds,
)
from block_cases import Case, over
from cases_recurrence import CASES
from funcnn import AffineWeights, interval, leaves, relu, sigmoid, tanh, tree_map
from funcnn.blocks.recurrence import RecurrentWeights, gru_step, lstm_step, rnn_step
from funcnn.fast.recurrence_pullbacks import RULES

every_cell = pytest.mark.parametrize(
    "name", ["rnn_step", "lstm_step", "gru_step, reset before", "gru_step, reset after"]
)
ONE: Final = [[1.0]]


@every_cell
def test_floats_are_within_the_bounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every order of the gates, with biases and without."""
    forbid_the_definition(monkeypatch)
    for seed in range(8):
        draw = Random(f"{name} {seed}")
        case, xs = batch(draw, CASES[name](draw), lambda x: x + draw.gauss(0.0, 0.5))
        assert is_within_the_bounds(RULES, case, xs), seed


@pytest.mark.parametrize("activation", [relu, tanh, sigmoid, abs])
def test_an_activation_may_be_any_function_of_a_number(
    activation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of relu and abs nothing rounds; of the others, the sums are 0."""
    forbid_the_definition(monkeypatch)
    for seed in range(10):
        draw = Random(seed)
        case, xs = batch(draw, CASES["rnn_step"](draw), float)
        if activation in (tanh, sigmoid):
            xs = tree_map(lambda _: 0.0, xs)
            case = case._replace(weights=without_biases(case.weights))
        case = case._replace(settings={"activation": activation})
        assert is_the_definition_s(RULES, case, xs), seed


def without_biases(weights: Any) -> RecurrentWeights[float]:
    return RecurrentWeights(*(getattr(part, "matrix", part) for part in weights))


@every_cell
def test_on_strange_values_it_is_the_definition_s(name: str) -> None:
    """Beside a usual example: pairs that are lists, vectors that are tuples, ints."""
    case = CASES[name](Random(1))
    (state, x), weights = case.inputs, case.weights
    number: Any = 1.0
    strange = [
        [state, x],
        tree_map(round, case.inputs),
        (state, tuple(x)),
        (state, [*x, 1.0]),
        (state, [*x[:-1], "1"]),
        (state, []),
        ([], x),
        (state,),
        state,
    ]
    if name == "lstm_step":
        hidden, memory = state
        strange += [((hidden, memory + memory), x), ((hidden, tuple(memory)), x)]
        strange += [((hidden, [*map(round, memory)]), x)]
    for inputs in strange:
        assert is_the_definition_s(RULES, case, [case.inputs, inputs]), inputs
    matrix = without_biases(weights).state
    for other in (
        tuple(weights),
        [*weights],
        tree_map(round, weights),
        weights._replace(state=weights.input),
        weights._replace(input=(*without_biases(weights).input,)),
        weights._replace(state=AffineWeights(matrix, [1.0])),
        weights._replace(state=AffineWeights(matrix, number)),
        weights._replace(state=AffineWeights(matrix, [1] * len(matrix))),
        weights._replace(state=AffineWeights(matrix, (1.0,) * len(matrix))),
        weights._replace(state=number),
        (),
    ):
        assert is_the_definition_s(RULES, case._replace(weights=other), [case.inputs]), other


def test_other_numbers_are_the_definition_s() -> None:
    for number in (Fraction, interval):
        case = over(number, CASES["rnn_step"](Random(1)))._replace(settings={"activation": relu})
        bars = lambda ys: cotangent(ys, number)
        assert is_the_definition_s(RULES, case, [case.inputs] * 2, bars)


@pytest.mark.parametrize(
    ("definition", "settings"),
    [
        (rnn_step, {"activation": "tanh"}),
        (lstm_step, {"gates": "ifgo"}),
        (gru_step, {"gates": "zrn"}),
        (gru_step, {"reset": "never"}),
        (gru_step, {"reset": []}),
    ],
)
def test_what_a_cell_refuses_is_refused(definition: Any, settings: Any) -> None:
    state: Any = ([1.0], [1.0]) if definition is lstm_step else [1.0]
    for weights in (RecurrentWeights(ONE * 3, ONE * 3), RecurrentWeights(ONE * 4, ONE * 4)):
        case = Case(definition, settings, (state, [1.0]), weights)
        assert is_the_definition_s(RULES, case, [case.inputs])


@every_cell
def test_a_strange_cotangent_goes_back_as_by_the_definition(name: str) -> None:
    case = CASES[name](Random(1))

    def spoilt(change: Any) -> Any:
        return lambda ys: change(cotangent(ys))

    for change in (
        lambda bars: bars[:1],
        lambda bars: [(*bars[0], 1.0), bars[1]],
        lambda bars: [(bars[0][0], bars[0][1][:-1]), bars[1]],
        lambda bars: tree_map(round, bars),
        lambda bars: [1.0, bars[1]],
    ):
        assert is_the_definition_s(RULES, case, [case.inputs] * 2, spoilt(change)), change


@every_cell
def test_a_cotangent_may_be_of_lists(name: str) -> None:
    case = CASES[name](Random(1))

    def in_lists(ys: Any) -> Any:
        return [[*pair] for pair in cotangent(ys)]

    expected = by_rule(RULES, case, [case.inputs] * 2)
    assert by_rule(RULES, case, [case.inputs] * 2, in_lists) == expected


@every_cell
@pytest.mark.parametrize("number", [inf, -inf, nan])
def test_what_is_no_number_goes_where_the_definition_sends_it(name: str, number: float) -> None:
    def kinds(tree: Any) -> list[str]:
        return ["" if isfinite(leaf) else repr(leaf) for leaf in leaves(tree)]

    case = CASES[name](Random(1))
    (state, x), others = case.inputs, lambda ys: [cotangent(ys)[0], tree_map(spoilt, ys[1])]

    def spoilt(leaf: float) -> float:
        return number if leaf > 0.0 else leaf

    for xs, bars in (
        ([case.inputs, (state, [*map(spoilt, x)])], cotangent),
        ([case.inputs] * 2, others),
    ):
        actual, expected = by_rule(RULES, case, xs, bars), by_definition(case, xs, bars)
        assert kinds(actual) == kinds(expected)
