"""Cells: what each law says of them, ONNX's operators and PyTorch's formulas within their bounds,
and what does not fit is refused by name."""

from collections import deque
from fractions import Fraction
from functools import partial
from itertools import chain
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over, tensor
from cases_recurrence import CASES, shuffled
from funcnn import (
    AffineWeights,
    Layer,
    Network,
    add,
    interval,
    layer,
    leaves,
    lift,
    multiply,
    project,
    relu,
    scan,
    tanh,
    tree_map,
)
from funcnn.blocks.encoder_decoders import bidirectional, reverse_scan
from funcnn.blocks.recurrence import (
    PeepholeWeights,
    RecurrentWeights,
    gru_step,
    lstm_step,
    peephole_lstm_step,
    rnn_step,
)
from onnx_operators import admitted, onnx_outputs

seeds = st.integers(0, 2**32).map(Random)
DIRECTIONS = ["forward", "reverse", "bidirectional"]
CELLS = ["rnn_step", "lstm_step", "peephole_lstm_step", "gru_step, reset before"]


def normal(draw: Random, *lengths: int) -> Any:
    """A nested list of normal floats."""
    if not lengths:
        return draw.gauss(0, 1)
    return [normal(draw, *lengths[1:]) for _ in range(lengths[0])]


@given(seeds, st.sampled_from(CELLS))
def test_a_scan_over_one_x_is_the_step(draw: Random, name: str) -> None:
    cell, settings, (state, x), weights = CASES[name](draw)
    after, y = cell((state, x), weights, **settings)
    assert scan(layer(cell, **settings))((state, [x]), weights) == (after, [y])
    assert y == (after[0] if isinstance(after, tuple) else after)


@given(seeds)
def test_without_a_memory_of_the_state_an_rnn_is_a_layer(draw: Random) -> None:
    _, settings, (hidden, x), (weights, _) = CASES["rnn_step"](draw)
    forgetful = RecurrentWeights(weights, [[0.0] * len(hidden)] * len(hidden))
    expected = [*map(settings["activation"], project(x, weights))]
    assert rnn_step((hidden, x), forgetful, **settings)[0] == expected


def test_over_fractions_an_rnn_is_exact() -> None:
    third = Fraction(1, 3)
    weights = RecurrentWeights(AffineWeights([[Fraction(1), Fraction(-1)]], [third]), [[third]])
    network = scan(layer(rnn_step, activation=relu))
    assert network(([third], [[third, 0], [0, 1]]), weights) == ([0], [[Fraction(7, 9)], [0]])


@given(seeds)
def test_an_lstm_of_no_weights_halves_its_memory(draw: Random) -> None:
    _, settings, inputs, weights = CASES["lstm_step"](draw)
    nothing = tree_map(lambda _: 0.0, weights)
    (hidden, memory), _ = lstm_step(inputs, nothing, **settings)
    assert memory == [m / 2 for m in inputs[0][1]]
    assert hidden == [tanh(m) / 2 for m in memory]


@given(seeds)
def test_a_gru_of_no_weights_halves_its_state(draw: Random) -> None:
    _, settings, (hidden, x), weights = CASES["gru_step, reset before"](draw)
    nothing = tree_map(lambda _: 0.0, weights)
    assert gru_step((hidden, x), nothing, **settings)[0] == [h / 2 for h in hidden]


@given(seeds)
def test_peepholes_of_zero_show_nothing(draw: Random) -> None:
    _, settings, inputs, weights = CASES["lstm_step"](draw)
    blind = PeepholeWeights(weights.input, weights.state, [0.0] * 3 * len(inputs[0][0]))
    assert peephole_lstm_step(inputs, blind, **settings) == lstm_step(inputs, weights, **settings)


def restacked(weights: Any, gates: str, order: str) -> Any:
    """The weights, or the numbers, of the gates in another order."""
    if isinstance(weights, AffineWeights):
        return AffineWeights(*(restacked(part, gates, order) for part in weights))
    size = len(weights) // len(gates)
    parts = {gate: weights[size * at : size * (at + 1)] for at, gate in enumerate(gates)}
    return [*chain.from_iterable(parts[gate] for gate in order)]


@given(seeds, st.sampled_from(CELLS[1:]))
def test_gates_stacked_otherwise_change_nothing_if_one_says_so(draw: Random, name: str) -> None:
    case = CASES[name](draw)
    gates, (of_input, of_state, *peepholes) = case.settings["gates"], case.weights
    order = shuffled(draw, gates)
    parts = [restacked(of_input, gates, order), restacked(of_state, gates, order)]
    parts += [restacked(p, gates.replace("c", ""), order.replace("c", "")) for p in peepholes]
    other = case._replace(
        settings=case.settings | {"gates": order}, weights=case.weights._make(parts)
    )
    assert other.run() == case.run()


@given(seeds)
def test_before_or_after_a_diagonal_matrix_a_reset_is_the_same(draw: Random) -> None:
    case = over(interval, CASES["gru_step, reset before"](draw))
    m, gates = len(case.inputs[0]), case.settings["gates"]
    start = gates.index("h") * m
    rows = tree_map(lambda x: x, case.weights.state)
    rows = [[*row] for row in (rows.matrix if isinstance(rows, AffineWeights) else rows)]
    for i, row in enumerate(rows[start : start + m]):
        row[:] = [x if i == j else lift(0, x) for j, x in enumerate(row)]
    case = case._replace(weights=case.weights._replace(state=rows))
    after = case._replace(settings={"gates": gates, "reset": "after"})
    for one, other in zip(leaves(case.run()), leaves(after.run()), strict=True):
        assert one.low <= other.high and other.low <= one.high


def sigmoid_of(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def arrays(draw: Random, gates: int, n: int, m: int) -> tuple[Any, ...]:
    """PyTorch's weight_ih, weight_hh, bias_ih and bias_hh."""
    shapes = (gates * m, n), (gates * m, m), (gates * m,), (gates * m,)
    return tuple(np.array(normal(draw, *lengths)) for lengths in shapes)


def of_pytorch(parts: tuple[Any, ...]) -> RecurrentWeights[float]:
    of_input, of_state, input_bias, state_bias = (part.tolist() for part in parts)
    return RecurrentWeights(
        AffineWeights(of_input, input_bias), AffineWeights(of_state, state_bias)
    )


def test_the_lstm_that_pytorch_documents() -> None:
    for seed in range(50):
        draw = Random(seed)
        n, m = draw.randint(1, 4), draw.randint(1, 3)
        parts = w_ih, w_hh, b_ih, b_hh = arrays(draw, 4, n, m)
        h, c, x = (np.array(normal(draw, size)) for size in (m, m, n))
        i, f, g, o = np.split(w_ih @ x + b_ih + w_hh @ h + b_hh, 4)
        memory = sigmoid_of(f) * c + sigmoid_of(i) * np.tanh(g)
        hidden = sigmoid_of(o) * np.tanh(memory)
        inputs = (h.tolist(), c.tolist()), x.tolist()
        case = Case(lstm_step, {"gates": "ifco"}, inputs, of_pytorch(parts))
        assert admitted(case, ((hidden, memory), hidden)), seed


def test_the_gru_that_pytorch_documents() -> None:
    for seed in range(50):
        draw = Random(seed)
        n, m = draw.randint(1, 4), draw.randint(1, 3)
        parts = w_ih, w_hh, b_ih, b_hh = arrays(draw, 3, n, m)
        h, x = np.array(normal(draw, m)), np.array(normal(draw, n))
        of_input, of_state = np.split(w_ih @ x + b_ih, 3), np.split(w_hh @ h + b_hh, 3)
        r, z = (sigmoid_of(of_input[gate] + of_state[gate]) for gate in (0, 1))
        new = np.tanh(of_input[2] + r * of_state[2])
        hidden = (1 - z) * new + z * h
        settings = {"gates": "rzh", "reset": "after"}
        case = Case(gru_step, settings, (h.tolist(), x.tolist()), of_pytorch(parts))
        assert admitted(case, (hidden, hidden)), seed


def test_the_rnn_that_pytorch_documents() -> None:
    for seed in range(50):
        draw = Random(seed)
        n, m = draw.randint(1, 4), draw.randint(1, 3)
        parts = w_ih, w_hh, b_ih, b_hh = arrays(draw, 1, n, m)
        h, x = np.array(normal(draw, m)), np.array(normal(draw, n))
        hidden = np.maximum(w_ih @ x + b_ih + w_hh @ h + b_hh, 0)
        inputs = h.tolist(), x.tolist()
        case = Case(rnn_step, {"activation": relu}, inputs, of_pytorch(parts))
        assert admitted(case, (hidden, hidden)), seed


def drawn_way(draw: Random, cell: Layer, gates: int, n: int, m: int, has_bias: bool) -> Any:
    """The weights of a cell of normal floats."""
    parts = [normal(draw, gates * m, n), normal(draw, gates * m, m)]
    if has_bias:
        parts = [AffineWeights(part, normal(draw, gates * m)) for part in parts]
    if cell.definition is peephole_lstm_step:
        return PeepholeWeights(*[*parts, normal(draw, 3 * m)])
    return RecurrentWeights(*parts)


def of_onnx(ways: list[Any], has_bias: bool) -> dict[str, Any]:
    """ONNX's W, R and B, and P if there are peepholes, of the weights of one way or of two."""
    parts = [[way[place] for way in ways] for place in range(len(ways[0]))]
    if not has_bias:
        return dict(zip("WRP", parts, strict=False)) | {"B": None}
    matrices = [[part.matrix for part in column] for column in parts[:2]]
    biases = [[*way.input.bias, *way.state.bias] for way in ways]
    return dict(zip("WRP", [*matrices, *parts[2:]], strict=False)) | {"B": biases}


def agrees(draw: Random, operator: str, cell: Layer, gates: int, **attributes: Any) -> bool:
    """Whether ONNX's operator over a batch of sequences lies within the bounds of the network."""
    batch, steps, n, m = (draw.randint(1, most) for most in (2, 3, 3, 3))
    count, layout = 1 + (attributes["direction"] == "bidirectional"), draw.randint(0, 1)
    has_bias, has_start, is_lstm = draw.random() < 0.7, draw.random() < 0.7, operator == "LSTM"
    ways = [drawn_way(draw, cell, gates, n, m, has_bias) for _ in range(count)]
    xs = normal(draw, batch, steps, n)
    hiddens, memories = (np.array(normal(draw, batch, count, m)) * has_start for _ in range(2))

    def batch_first(array: Any) -> Any:
        """to ONNX's layout, and back"""
        return array if layout else np.swapaxes(array, 0, 1)

    weights = of_onnx(ways, has_bias)
    feeds = {"X": batch_first(xs)} | {name: weights[name] for name in "WRB"}
    feeds |= {"sequence_lens": None, "initial_h": batch_first(hiddens) if has_start else None}
    if is_lstm:
        feeds |= {"initial_c": batch_first(memories) if has_start else None}
        feeds |= {"P": weights.get("P")}
    names = ("Y", "Y_h", "Y_c") if is_lstm else ("Y", "Y_h")
    ys, *ends = onnx_outputs(operator, feeds, names, hidden_size=m, layout=layout, **attributes)
    ys, ends = ys if layout else np.moveaxis(ys, 2, 0), [*map(batch_first, ends)]
    states = [hiddens, memories] if is_lstm else [hiddens]

    def state(arrays: Any, example: int) -> Any:
        """of ONNX's arrays, as our networks take and give it"""
        each_way = [tuple(array[example, way].tolist() for array in arrays) for way in range(count)]
        parts = each_way if is_lstm else [hidden for (hidden,) in each_way]
        return tuple(parts) if count == 2 else parts[0]

    networks: dict[str, tuple[Network, Any]] = {
        "forward": (scan(cell), ways[0]),
        "reverse": (reverse_scan(cell), [[[], ()], ways[0], [[], ()]]),
        "bidirectional": (bidirectional(cell, cell), [(), ways, ()]),
    }
    network, of_network = networks[attributes["direction"]]
    return all(
        admitted(
            Case(network, {}, (state(states, example), xs[example]), of_network),
            (state(ends, example), ys[example].reshape(steps, -1)),
        )
        for example in range(batch)
    )


def test_onnx_rnn_lies_within_the_bounds() -> None:
    for seed in range(200):
        draw = Random(seed)
        assert agrees(draw, "RNN", layer(rnn_step), 1, direction=draw.choice(DIRECTIONS)), seed


def test_onnx_rnn_of_another_activation_lies_within_the_bounds() -> None:
    """Its reference knows tanh and α·x + β alone."""
    for seed in range(50):
        draw = Random(seed)
        (alpha, beta), direction = tensor(draw, 2), draw.choice(DIRECTIONS)
        count = 1 + (direction == "bidirectional")
        attributes: dict[str, Any] = {"activations": ["Affine"] * count, "direction": direction}
        attributes |= {"activation_alpha": [alpha] * count, "activation_beta": [beta] * count}
        cell = layer(rnn_step, activation=partial(line, alpha=alpha, beta=beta))
        assert agrees(draw, "RNN", cell, 1, **attributes), seed


def line(x: Any, *, alpha: float, beta: float) -> Any:
    return add(multiply(x, lift(alpha, x)), lift(beta, x))


def test_onnx_lstm_lies_within_the_bounds() -> None:
    for seed in range(200):
        draw = Random(seed)
        definition: Any = draw.choice([lstm_step, peephole_lstm_step])
        assert agrees(draw, "LSTM", layer(definition), 4, direction=draw.choice(DIRECTIONS)), seed


def test_onnx_gru_lies_within_the_bounds() -> None:
    for seed in range(200):
        draw, after = Random(seed), seed % 2
        cell = layer(gru_step, reset="after" if after else "before")
        attributes = {"linear_before_reset": after, "direction": draw.choice(DIRECTIONS)}
        assert agrees(draw, "GRU", cell, 3, **attributes), seed


ONE, THREE, FOUR = [[1.0]], [[1.0]] * 3, [[1.0]] * 4
STEP, LSTM_STEP = ([1.0], [1.0]), (([1.0], [1.0]), [1.0])
ROWS = "have rows of length 1"
LENGTH = "the {} and gates × state differ in length: {} and 3·1"


@pytest.mark.parametrize(
    ("inputs", "weights", "message"),
    [
        (([1.0], [1.0, 2.0]), (THREE, THREE), f"the input weights {ROWS}, x has length 2"),
        (([1.0] * 2, [1.0]), (THREE * 2,) * 2, f"the state weights {ROWS}, the state has length 2"),
        (STEP, (FOUR, THREE), LENGTH.format("input weights", 4)),
        (STEP, (THREE, ONE), LENGTH.format("state weights", 1)),
        (STEP, (AffineWeights(THREE, []), THREE), LENGTH.format("bias of the input weights", 0)),
        (STEP, (THREE, AffineWeights(THREE, FOUR)), LENGTH.format("bias of the state weights", 4)),
        (
            STEP,
            ([[1.0], [2.0] * 2], THREE),
            "row 1 of the input weights has length 2, row 0 of the",
        ),
        (([1.0], []), ([[]] * 3, THREE), "row 0 of the input weights is empty"),
        (([], [1.0]), (THREE, THREE), "the state is empty"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(inputs: Any, weights: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        gru_step(inputs, weights)


@pytest.mark.parametrize(
    ("definition", "settings", "message"),
    [
        (gru_step, {"gates": "zr"}, "gates 'zr' are no order of 'zrh'"),
        (gru_step, {"gates": 3}, "gates 3 are no order of 'zrh'"),
        (gru_step, {"reset": 1}, "reset is 1: give 'before' or 'after'"),
        (lstm_step, {"gates": "ifgo"}, "gates 'ifgo' are no order of 'iofc'"),
        (peephole_lstm_step, {"gates": "iof"}, "gates 'iof' are no order of 'iofc'"),
    ],
)
def test_unknown_settings_are_refused(definition: Any, settings: Any, message: str) -> None:
    inputs: Any = STEP if definition is gru_step else LSTM_STEP
    weights = THREE, THREE, [0.0] * 3
    with pytest.raises(ValueError, match=f"^{message}$"):
        definition(inputs, weights[: 2 + (definition is peephole_lstm_step)], **settings)


def test_a_memory_as_long_as_no_hidden_state_is_refused() -> None:
    inputs = ([1.0], [1.0, 2.0]), [1.0]
    message = "^hidden and memory differ in length: 1 and 2$"
    with pytest.raises(ValueError, match=message):
        lstm_step(inputs, RecurrentWeights(FOUR, FOUR))
    with pytest.raises(ValueError, match=message):
        peephole_lstm_step(inputs, PeepholeWeights(FOUR, FOUR, [0.0] * 3))
    with pytest.raises(ValueError, match=LENGTH.format("peepholes", 4)):
        peephole_lstm_step(LSTM_STEP, PeepholeWeights(FOUR, FOUR, [0.0] * 4))


@pytest.mark.parametrize(
    ("definition", "inputs", "weights", "message"),
    [
        (rnn_step, [1.0], (ONE, ONE), "inputs (state, x) are a pair, not a list of length 1"),
        (rnn_step, (1.0, [1.0]), (ONE, ONE), "the state is a float, not a list"),
        (rnn_step, ([1.0], 1.0), (ONE, ONE), "x is a float, not a list"),
        (rnn_step, STEP, (ONE,), "weights (input, state) are a pair, not a tuple of length 1"),
        (rnn_step, STEP, (ONE, iter(ONE)), "the state weights is a list_iterator, not a list"),
        (lstm_step, STEP, (FOUR, FOUR), "state (hidden, memory) are a pair, not a list of length"),
        (
            peephole_lstm_step,
            LSTM_STEP,
            (FOUR, FOUR),
            "weights (input, state, peepholes) are 3",
        ),
    ],
)
def test_what_is_of_the_wrong_kind_is_refused_by_name(
    definition: Any, inputs: Any, weights: Any, message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        definition(inputs, weights)
    assert str(caught.value).startswith(message)


def test_a_ragged_sequence_is_refused() -> None:
    network = scan(layer(rnn_step))
    with pytest.raises(ValueError, match=f"^the input weights {ROWS}, x has length 2$"):
        network(([1.0], [[1.0], [1.0, 2.0]]), RecurrentWeights(ONE, ONE))


def test_an_activation_is_a_function() -> None:
    nothing: Any = None
    with pytest.raises(TypeError, match="^activation is a NoneType, not a function$"):
        rnn_step(STEP, RecurrentWeights(ONE, ONE), activation=nothing)


@pytest.mark.parametrize("half", [Fraction(1, 2), interval(0.5)])
def test_numbers_do_not_mix(half: Any) -> None:
    with pytest.raises(TypeError, match="numbers do not mix, convert one of them$"):
        rnn_step(([0.5], [half]), RecurrentWeights(ONE, ONE))


def test_any_sequence_goes_in_and_lists_come_out() -> None:
    weights: Any = (deque([deque([0.0])] * 4), ((0.0,),) * 4)
    (hidden, memory), y = lstm_step((((0.0,), deque([8.0])), (1.0,)), weights)
    assert (hidden, memory) == (y, [4.0]) and {*map(type, (hidden, memory, y))} == {list}
