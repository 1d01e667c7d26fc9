"""Every kernel of a cell against its definition: the same numbers, floats within the bounds, or the
same error."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over
from cases_recurrence import CASES
from funcnn import (
    AffineWeights,
    Dual,
    Layer,
    interval,
    layer,
    leaves,
    relu,
    scan,
    sigmoid,
    tree_map,
)
from funcnn.algebra.bounds import bound
from funcnn.blocks.recurrence import RecurrentWeights, gru_step, lstm_step, rnn_step
from funcnn.fast import KERNELS, recurrence, vmap
from representations import outcome, same

KERNEL: Final[dict[Callable[..., Any], Callable[..., Any]]] = {
    rnn_step: recurrence.rnn_step,
    lstm_step: recurrence.lstm_step,
    gru_step: recurrence.gru_step,
}
NAMES: Final = ["rnn_step", "lstm_step", "gru_step, reset before", "gru_step, reset after"]

seeds = st.integers(0, 2**32).map(Random)
every_cell = pytest.mark.parametrize("name", NAMES)
ONE: Final = [[1.0]]


def batch(draw: Random, case: Case, count: int = 3) -> list[Any]:
    """Inputs like the case's."""
    return [tree_map(lambda _: draw.randint(-16, 16) / 8, case.inputs) for _ in range(count)]


def admits(case: Case, x: Any, y: Any) -> bool:
    bounds = over(bound, case._replace(inputs=x)).run()
    return same(tree_map(lambda _: 0.0, bounds), tree_map(lambda _: 0.0, y)) and all(
        one.admits(number) for one, number in zip(leaves(bounds), leaves(y), strict=True)
    )


@every_cell
@given(seeds)
def test_over_floats_it_lies_within_the_bounds(name: str, draw: Random) -> None:
    case = CASES[name](draw)
    weights = tree_map(lambda _: draw.gauss(0, 1), case.weights)
    xs = [tree_map(lambda _: draw.gauss(0, 1), x) for x in batch(draw, case)]
    ys = KERNEL[case.definition](xs, weights, **case.settings)
    for x, y in zip(xs, ys, strict=True):
        assert admits(case._replace(weights=weights), x, y)


@every_cell
@given(seeds)
def test_over_floats_that_do_not_round_it_is_the_definition(name: str, draw: Random) -> None:
    """Sums of multiples of 1/64 are floats; so all that follows is bit for bit the same."""
    case = CASES[name](draw)
    xs = batch(draw, case)
    if case.settings.get("reset") == "before":
        xs = [(tree_map(lambda _: 0.0, hidden), x) for hidden, x in xs]
    expected = [case._replace(inputs=x).run() for x in xs]
    assert repr(KERNEL[case.definition](xs, case.weights, **case.settings)) == repr(expected)


@given(seeds, st.sampled_from([Fraction, lambda x: int(8 * x)]))
def test_over_exact_numbers_it_is_the_definition(draw: Random, number: Any) -> None:
    case = CASES["rnn_step"](draw)._replace(settings={"activation": relu})
    xs, weights = tree_map(number, (batch(draw, case), case.weights))
    expected = [rnn_step(x, weights, activation=relu) for x in xs]
    assert same(recurrence.rnn_step(xs, weights, activation=relu), expected)


@every_cell
@given(seeds)
def test_over_other_numbers_it_is_the_definition(name: str, draw: Random) -> None:
    case = over(interval, CASES[name](draw))
    kernel = KERNEL[case.definition]
    assert kernel([case.inputs], case.weights, **case.settings) == [case.run()]


@every_cell
def test_ints_among_the_floats_are_lifted(name: str) -> None:
    definition, settings, inputs, weights = CASES[name](Random(1))
    kernel = KERNEL[definition]
    for x, w in ((tree_map(round, inputs), weights), (inputs, tree_map(round, weights))):
        assert repr(kernel([x], w, **settings)) == repr([definition(x, w, **settings)])


@every_cell
def test_floats_beside_duals_are_constants(name: str) -> None:
    """All weights are duals, or only those of the gate that is stacked last."""
    definition, settings, inputs, weights = CASES[name](Random(1))
    settings = settings | ({"gates": "zrh"} if definition is gru_step else {})
    of_state = weights.state.matrix if isinstance(weights.state, AffineWeights) else weights.state
    last = len(of_state) - len(of_state[0])
    duals = tree_map(lambda x: Dual(x, 1.0), weights)
    some = [*of_state[:last], *tree_map(lambda x: Dual(x, 1.0), of_state[last:])]
    for w in (duals, weights._replace(state=some)):
        expected = [definition(inputs, w, **settings)]
        assert repr(KERNEL[definition]([inputs], w, **settings)) == repr(expected)


@every_cell
def test_of_none_there_is_none(name: str) -> None:
    definition, settings, _, weights = CASES[name](Random(0))
    assert KERNEL[definition]([], weights, **settings) == []


def test_an_activation_may_be_any_function_of_a_number() -> None:
    weights = RecurrentWeights(ONE, [[0.5]])
    for function in (sigmoid, abs, lambda x: 2 * x):
        expected = [rnn_step(([2.0], [-3.0]), weights, activation=function)]
        assert recurrence.rnn_step([([2.0], [-3.0])], weights, activation=function) == expected


RAISING: Final[list[tuple[Any, Any, Any, dict[str, Any]]]] = [
    (rnn_step, [([1.0], [1.0]), ([1.0], [1.0, 2.0])], (ONE, ONE), {}),
    (rnn_step, [([1.0, 2.0], [1.0])], (ONE, ONE), {}),
    (rnn_step, [([1.0], [1.0])], (ONE, [[1.0], [1.0]]), {}),
    (rnn_step, [([1.0], [Fraction(1)])], (ONE, ONE), {}),
    (rnn_step, [([1.0], [1.0])], (ONE, [[Fraction(1)]]), {}),
    (rnn_step, [([1.0], [1.0])], (AffineWeights(ONE, ["1"]), ONE), {}),
    (rnn_step, [[1.0]], (ONE, ONE), {}),
    (rnn_step, [([], [])], ([], []), {}),
    (gru_step, [([1.0], [1.0])], (ONE * 3, ONE * 2), {}),
    (gru_step, [([1.0], [1.0])], (ONE * 3, ONE * 3), {"gates": "zrn"}),
    (gru_step, [([1.0], [1.0])], (ONE * 3, ONE * 3), {"reset": "never"}),
    (gru_step, [([1.0], [1.0])], (ONE * 3, [*ONE * 2, [Fraction(1)]]), {"reset": "after"}),
    (gru_step, [([1.0], [1.0])], (ONE * 3, [*ONE * 2, [Fraction(1)]]), {"reset": "before"}),
    (lstm_step, [(([1.0], [1.0, 2.0]), [1.0])], (ONE * 4, ONE * 4), {}),
    (lstm_step, [(([1.0], [1.0]), [1.0])], (ONE * 4, ONE * 4), {"gates": "ifgo"}),
    (lstm_step, [([1.0], [1.0])], (ONE * 4, ONE * 4), {}),
]


@pytest.mark.parametrize(("definition", "xs", "weights", "settings"), RAISING)
def test_where_the_definition_raises_so_does_the_kernel(
    definition: Any, xs: Any, weights: Any, settings: Any
) -> None:
    error, _ = outcome(lambda: [definition(x, weights, **settings) for x in xs])
    assert issubclass(error, Exception)
    with pytest.raises(error):
        KERNEL[definition](xs, weights, **settings)


@every_cell
def test_a_generator_of_inputs_is_refused(name: str) -> None:
    definition, settings, inputs, weights = CASES[name](Random(0))
    with pytest.raises(TypeError, match="^xs is a list_iterator, not a list$"):
        KERNEL[definition](iter([inputs]), weights, **settings)


@every_cell
def test_the_sequences_of_a_batch_are_scanned_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name](Random(3))
    cell, kernel, counts = layer(case.definition, **case.settings), KERNEL[case.definition], []

    def counted(xs: Any, weights: Any, **settings: Any) -> Any:
        counts.append(len(xs))
        return kernel(xs, weights, **settings)

    monkeypatch.setitem(KERNELS, (Layer, case.definition), counted)
    sequences = [(state, [x, x[::-1], x]) for state, x in batch(Random(0), case, 5)]
    outputs = vmap(scan(cell))(sequences, case.weights)
    assert counts == [5] * 3
    for sequence, y in zip(sequences, outputs, strict=True):
        assert admits(Case(scan(cell), {}, sequence, case.weights), sequence, y)
