"""Cases of cells, of what joins them to networks, and of the attention of a decoder."""

from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from funcnn import AffineWeights, layer, relu, tanh
from funcnn.blocks.encoder_decoders import (
    AdditiveWeights,
    AttentiveWeights,
    additive_attention,
    attentive_step,
    join_directions,
    multiplicative_attention,
    split_directions,
    stacked_step,
)
from funcnn.blocks.recurrence import (
    PeepholeWeights,
    RecurrentWeights,
    gru_step,
    lstm_step,
    peephole_lstm_step,
    rnn_step,
)


def projection(draw: Random, rows: int, columns: int) -> Any:
    """A matrix, with a bias or without."""
    matrix = tensor(draw, rows, columns)
    return AffineWeights(matrix, tensor(draw, rows)) if draw.random() < 0.5 else matrix


def cell_weights(draw: Random, gates: int, n: int, m: int) -> RecurrentWeights[float]:
    return RecurrentWeights(projection(draw, gates * m, n), projection(draw, gates * m, m))


def shuffled(draw: Random, letters: str) -> str:
    return "".join(draw.sample(letters, len(letters)))


def rnn(draw: Random) -> Case:
    n, m = draw.randint(1, 4), draw.randint(1, 3)
    inputs = tensor(draw, m), tensor(draw, n)
    settings = {"activation": draw.choice([relu, tanh])}
    return Case(rnn_step, settings, inputs, cell_weights(draw, 1, n, m))


def lstm(draw: Random) -> Case:
    n, m = draw.randint(1, 4), draw.randint(1, 3)
    inputs = (tensor(draw, m), tensor(draw, m)), tensor(draw, n)
    settings = {"gates": shuffled(draw, "iofc")}
    return Case(lstm_step, settings, inputs, cell_weights(draw, 4, n, m))


def peephole_lstm(draw: Random) -> Case:
    case = lstm(draw)
    (hidden, _), _ = case.inputs
    of_input, of_state = case.weights
    weights = PeepholeWeights(of_input, of_state, tensor(draw, 3 * len(hidden)))
    return case._replace(definition=peephole_lstm_step, weights=weights)


def gru(draw: Random, **settings: str) -> Case:
    n, m = draw.randint(1, 4), draw.randint(1, 3)
    inputs = tensor(draw, m), tensor(draw, n)
    settings |= {"gates": shuffled(draw, "zrh")}
    return Case(gru_step, settings, inputs, cell_weights(draw, 3, n, m))


def stacked(draw: Random) -> Case:
    n, m, k = draw.randint(1, 3), draw.randint(1, 2), draw.randint(1, 2)
    inputs = (tensor(draw, m), (tensor(draw, k), tensor(draw, k))), tensor(draw, n)
    weights = [cell_weights(draw, 3, n, m), cell_weights(draw, 4, m, k)]
    return Case(stacked_step, {"cells": (layer(gru_step), layer(lstm_step))}, inputs, weights)


def splitting(draw: Random) -> Case:
    states = tensor(draw, draw.randint(1, 3)), tensor(draw, draw.randint(1, 3))
    sequence = tensor(draw, draw.randint(1, 3), draw.randint(1, 3))
    return Case(split_directions, {}, (states, sequence))


def joining(draw: Random) -> Case:
    steps = draw.randint(1, 3)
    ways = [(tensor(draw, 2), tensor(draw, steps, draw.randint(1, 3))) for _ in range(2)]
    return Case(join_directions, {}, tuple(ways))


def additive(draw: Random) -> Case:
    t, q, m, a = (draw.randint(1, 3) for _ in range(4))
    weights = AdditiveWeights(projection(draw, a, q), projection(draw, a, m), tensor(draw, a))
    return Case(additive_attention, {}, (tensor(draw, q), tensor(draw, t, m)), weights)


def multiplicative(draw: Random) -> Case:
    t, q, m = draw.randint(1, 4), draw.randint(1, 3), draw.randint(1, 3)
    inputs = tensor(draw, q), tensor(draw, t, m)
    return Case(multiplicative_attention, {}, inputs, tensor(draw, q, m))


def attentive(draw: Random) -> Case:
    """A decoder's step by a GRU or by an LSTM."""
    attention, has_memory = additive(draw), draw.random() < 0.5
    (query, memory), n = attention.inputs, draw.randint(1, 3)
    state = (query, tensor(draw, len(query))) if has_memory else query
    cell, gates = (lstm_step, 4) if has_memory else (gru_step, 3)
    of_cell = cell_weights(draw, gates, n + len(memory[0]), len(query))
    return Case(
        attentive_step,
        {"attention": layer(additive_attention), "cell": layer(cell)},
        ((state, memory), tensor(draw, n)),
        AttentiveWeights(attention.weights, of_cell),
    )


CASES: Cases = {
    "rnn_step": rnn,
    "lstm_step": lstm,
    "peephole_lstm_step": peephole_lstm,
    "gru_step, reset before": lambda draw: gru(draw, reset="before"),
    "gru_step, reset after": lambda draw: gru(draw, reset="after"),
    "stacked_step": stacked,
    "split_directions": splitting,
    "join_directions": joining,
    "additive_attention": additive,
    "multiplicative_attention": multiplicative,
    "attentive_step": attentive,
}
