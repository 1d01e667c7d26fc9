"""Recurrent networks and attention: each is what its law says, and the formulas of the papers lie
within their bounds."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over, tensor
from cases_recurrence import CASES, cell_weights
from funcnn import (
    AffineWeights,
    layer,
    map_accum_r,
    parallel,
    scan,
    serial,
    tree_map,
)
from funcnn.algebra.intervals import interval
from funcnn.blocks.combinators import part
from funcnn.blocks.encoder_decoders import (
    AdditiveWeights,
    AttentiveWeights,
    additive_attention,
    attentional_encoder_decoder,
    attentive_step,
    bidirectional,
    encoder_decoder,
    join_directions,
    multiplicative_attention,
    reverse_scan,
    split_directions,
    stacked_step,
)
from funcnn.blocks.recurrence import gru_step, lstm_step
from onnx_operators import admitted

seeds = st.integers(0, 2**32).map(Random)
attentions = pytest.mark.parametrize("name", ["additive_attention", "multiplicative_attention"])
CELL = layer(gru_step)


def sequence(draw: Random, n: int) -> Any:
    return tensor(draw, draw.randint(0, 4), n)


@given(seeds)
def test_a_reverse_scan_is_map_accum_r(draw: Random) -> None:
    weights, state, xs = cell_weights(draw, 3, 2, 3), tensor(draw, 3), sequence(draw, 2)
    expected = map_accum_r(lambda s, x: gru_step((s, x), weights), state, xs)
    assert reverse_scan(CELL)((state, xs), [[[], ()], weights, [[], ()]]) == expected


@given(seeds)
def test_the_halves_of_a_bidirectional_network_are_its_two_scans(draw: Random) -> None:
    forth, back, xs = cell_weights(draw, 3, 2, 3), cell_weights(draw, 3, 2, 1), sequence(draw, 2)
    states = tensor(draw, 3), tensor(draw, 1)
    one, ys = scan(CELL)((states[0], xs), forth)
    other, zs = scan(CELL)((states[1], xs[::-1]), back)
    after, outputs = bidirectional(CELL, CELL)((states, xs), [(), [forth, back], ()])
    assert after == (one, other)
    assert [y[:3] for y in outputs] == ys
    assert [y[3:] for y in outputs] == zs[::-1]


@given(seeds)
def test_a_reversed_sequence_exchanges_the_two_ways(draw: Random) -> None:
    forth, back, xs = cell_weights(draw, 3, 2, 2), cell_weights(draw, 4, 2, 1), sequence(draw, 2)
    one, other = tensor(draw, 2), (tensor(draw, 1), tensor(draw, 1))
    network, exchanged = (
        bidirectional(CELL, layer(lstm_step)),
        bidirectional(layer(lstm_step), CELL),
    )
    after, ys = network(((one, other), xs), [(), [forth, back], ()])
    turned, zs = exchanged(((other, one), xs[::-1]), [(), [back, forth], ()])
    assert after == turned[::-1]
    assert ys == [[*z[1:], *z[:1]] for z in reversed(zs)]


@given(seeds)
def test_to_scan_a_stack_is_to_scan_each_of_it(draw: Random) -> None:
    _, settings, (states, x), weights = CASES["stacked_step"](draw)
    xs = [x, *sequence(draw, len(x))]
    after, ys = scan(layer(stacked_step, **settings))((states, xs), weights)
    expected = []
    for cell, state, of_cell in zip(settings["cells"], states, weights, strict=True):
        end, xs = scan(cell)((state, xs), of_cell)
        expected.append(end)
    assert (after, ys) == (tuple(expected), xs)


@given(seeds)
def test_a_decoder_starts_where_the_encoder_ends(draw: Random) -> None:
    of_encoder, of_decoder = cell_weights(draw, 3, 2, 3), cell_weights(draw, 3, 1, 3)
    state, source, target = tensor(draw, 3), sequence(draw, 2), sequence(draw, 1)
    network = encoder_decoder(scan(CELL), scan(CELL))
    outputs = network(((state, source), target), [[[of_encoder, ()], []], of_decoder])
    end, _ = scan(CELL)((state, source), of_encoder)
    assert outputs == scan(CELL)((end, target), of_decoder)
    if not source:
        assert outputs == scan(CELL)((state, target), of_decoder)


@given(seeds, st.sampled_from([gru_step, lstm_step]))
def test_an_attentional_decoder_asks_the_encoder_before_each_step(draw: Random, cell: Any) -> None:
    gates, is_lstm = (4, True) if cell is lstm_step else (3, False)
    of_encoder, of_decoder = cell_weights(draw, gates, 2, 3), cell_weights(draw, gates, 1 + 3, 3)
    scores, source, target = tensor(draw, 3, 3), tensor(draw, 3, 2), sequence(draw, 1)
    start = (tensor(draw, 3), tensor(draw, 3)) if is_lstm else tensor(draw, 3)
    decoder = layer(attentive_step, attention=layer(multiplicative_attention), cell=layer(cell))
    network = attentional_encoder_decoder(scan(layer(cell)), scan(decoder))
    weights = [[of_encoder, []], AttentiveWeights(scores, of_decoder)]
    outputs = network(((start, source), target), weights)

    state, memory = scan(layer(cell))((start, source), of_encoder)
    ys = []
    for x in target:
        context = multiplicative_attention((state[0] if is_lstm else state, memory), scores)
        state, y = cell((state, [*x, *context]), of_decoder)
        ys.append(y)
    assert outputs == ((state, memory), ys)


def test_a_bidirectional_encoder_gives_its_states_side_by_side_to_the_decoder() -> None:
    """Bahdanau's: the decoder starts from the state that has read the source from its end."""
    draw = Random(0)
    encoder = serial(bidirectional(CELL, CELL), parallel(layer(part, index=1), serial()))
    decoder = layer(attentive_step, attention=layer(additive_attention), cell=CELL)
    scoring = AdditiveWeights(tensor(draw, 5, 2), tensor(draw, 5, 4), tensor(draw, 5))
    ways = [cell_weights(draw, 3, 3, 2), cell_weights(draw, 3, 3, 2)]
    of_encoder = [[(), ways, ()], [(), []]]
    of_decoder = AttentiveWeights(scoring, cell_weights(draw, 3, 1 + 4, 2))
    network = attentional_encoder_decoder(encoder, scan(decoder))
    inputs = ((tensor(draw, 2), tensor(draw, 2)), tensor(draw, 4, 3)), tensor(draw, 2, 1)
    (state, memory), ys = network(inputs, [[of_encoder, []], of_decoder])
    assert [len(h) for h in memory] == [4] * 4 and [len(y) for y in ys] == [2, 2]
    assert state == ys[-1]


@attentions
@pytest.mark.parametrize("count", [1, 2, 4])
def test_attention_without_weights_is_the_mean(name: str, count: int) -> None:
    for seed in range(20):
        definition, _, (query, (state, *_)), weights = CASES[name](Random(seed))
        memory = tensor(Random(seed), count, len(state))
        means = [sum(column) / count for column in zip(*memory, strict=True)]
        assert definition((query, memory), tree_map(lambda _: 0.0, weights)) == means


@attentions
@given(seeds)
def test_attention_is_between_the_least_and_the_largest(name: str, draw: Random) -> None:
    case = over(interval, CASES[name](draw))
    _, memory = case.inputs
    for box, *column in zip(case.run(), *memory, strict=True):
        assert box.high >= min(x.low for x in column) and box.low <= max(x.high for x in column)


@attentions
@given(seeds)
def test_attention_does_not_see_the_order_of_the_memory(name: str, draw: Random) -> None:
    case = CASES[name](draw)
    query, memory = case.inputs
    other = case._replace(inputs=(query, draw.sample(memory, len(memory))))
    assert admitted(case, np.array(other.run()))


def normal(draw: Random, *lengths: int) -> Any:
    return np.array(tree_map(lambda _: draw.gauss(0, 1), tensor(draw, *lengths)))


def softmax_of(scores: Any) -> Any:
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


def test_the_attention_of_bahdanau() -> None:
    for seed in range(100):
        draw = Random(seed)
        t, q, m, a = (draw.randint(1, 4) for _ in range(4))
        s, h, v = normal(draw, q), normal(draw, t, m), normal(draw, a)
        w, u, b = normal(draw, a, q), normal(draw, a, m), normal(draw, a)
        expected = softmax_of(np.tanh(w @ s + h @ u.T + b) @ v) @ h
        of_memory = AffineWeights(u.tolist(), b.tolist())
        weights = AdditiveWeights(w.tolist(), of_memory, v.tolist())
        assert admitted(Case(additive_attention, {}, (s.tolist(), h.tolist()), weights), expected)


def test_the_attention_of_luong() -> None:
    for seed in range(100):
        draw = Random(seed)
        t, q, m = (draw.randint(1, 4) for _ in range(3))
        s, h, w = normal(draw, q), normal(draw, t, m), normal(draw, q, m)
        expected = softmax_of(h @ w.T @ s) @ h
        case = Case(multiplicative_attention, {}, (s.tolist(), h.tolist()), w.tolist())
        assert admitted(case, expected), seed


MEMORY, SCORE = [[1.0, 2.0], [3.0, 4.0]], [0.5, 0.5]
ADDITIVE = AdditiveWeights([[1.0]] * 2, [[1.0] * 2] * 2, SCORE)


@pytest.mark.parametrize(
    ("inputs", "weights", "message"),
    [
        (([1.0], []), ADDITIVE, "the memory is empty"),
        (([1.0], [[1.0], [1.0, 2.0]]), ADDITIVE, "state 1 of the memory has length 2, state 0 of"),
        (([1.0] * 3, MEMORY), ADDITIVE, "the query weights have rows of length 1, the query has"),
        (([1.0], [[1.0]]), ADDITIVE, "the memory weights have rows of length 2, a state of the"),
        (
            ([1.0], MEMORY),
            ADDITIVE._replace(memory=[[1.0] * 2]),
            "query weights and memory weights differ in length: 2 and 1",
        ),
        (
            ([1.0], MEMORY),
            ADDITIVE._replace(score=[0.5]),
            "score weights and query weights differ in length: 1 and 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(inputs: Any, weights: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        additive_attention(inputs, weights)


def test_what_does_not_fit_a_product_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="^query and weights differ in length: 1 and 2$"):
        multiplicative_attention(([1.0], MEMORY), [[1.0] * 2] * 2)
    with pytest.raises(
        ValueError, match="^the weights have rows of length 1, a state of the memory"
    ):
        multiplicative_attention(([1.0], MEMORY), [[1.0]])


def test_states_as_many_as_there_are_no_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="^cells and weights differ in length: 1 and 2$"):
        stacked_step(([[1.0]], [1.0]), [(), ()], cells=(CELL,))
    with pytest.raises(ValueError, match="^cells and states differ in length: 1 and 0$"):
        stacked_step(([], [1.0]), [()], cells=(CELL,))


def test_directions_of_which_one_is_longer_are_refused() -> None:
    with pytest.raises(ValueError, match="^forward and backward differ in length: 1 and 0$"):
        join_directions((((), [[1.0]]), ((), [])))


def attentive(inputs: Any, weights: Any) -> Any:
    settings: Any = {"attention": layer(multiplicative_attention), "cell": CELL}
    return attentive_step(inputs, weights, **settings)


def test_an_empty_state_is_refused() -> None:
    with pytest.raises(ValueError, match="^the state is empty$"):
        attentive((([], MEMORY), [1.0]), ((), ()))


@pytest.mark.parametrize(
    ("definition", "inputs", "weights", "message"),
    [
        (split_directions, ([1.0], [[1.0]]), (), "the states of the two directions are a pair"),
        (split_directions, ([[1.0], [1.0]], iter([])), (), "inputs is a list_iterator, not a list"),
        (join_directions, ([1.0], [1.0]), (), "(state, outputs) are a pair, not a list"),
        (additive_attention, ([1.0], MEMORY), ADDITIVE[:2], "weights (query, memory, score) are"),
        (additive_attention, ([1.0], iter(MEMORY)), ADDITIVE, "the memory is a list_iterator"),
        (multiplicative_attention, [1.0], [[1.0]], "inputs (query, memory) are a pair"),
        (attentive, ([1.0], [1.0]), ((), ()), "(state, memory) are a pair, not a list of length 1"),
        (attentive, (([1.0], MEMORY), [1.0]), (), "weights (attention, cell) are a pair"),
        (join_directions, (((), [1.0]), ((), [1.0])), (), "input 0 is a float, not a list"),
        (
            layer(stacked_step, cells=(layer(part, index=0),)),
            ([[1.0]], [1.0]),
            [()],
            "what a cell gives (state, y) are a pair, not a list of length 1",
        ),
        (attentive, (([1.0], MEMORY), 5.0), ([[1.0]], ()), "x is a float, not a list"),
        (attentive, ((1.0, MEMORY), [1.0]), ((), ()), "the state is a float, not a list"),
        (scan(CELL), [1.0], (), "inputs (state, sequence) are a pair, not a list of length 1"),
    ],
)
def test_what_is_of_the_wrong_kind_is_refused_by_name(
    definition: Any, inputs: Any, weights: Any, message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        definition(inputs, weights)
    assert str(caught.value).startswith(message)
