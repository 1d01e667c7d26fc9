"""Recurrence: a cell on each of a batch of states and inputs, the projections of all at once.

Over floats the sums are those of `floats`; all else is, bit for bit, the definitions'. On anything
else the definition runs.
"""

from collections.abc import Callable, Sequence
from operator import add, mul
from typing import Any

from funcnn.algebra import elementary
from funcnn.algebra.folds import length_of, pair_of, zipped
from funcnn.algebra.vectors import Matrix
from funcnn.blocks import recurrence
from funcnn.blocks.recurrence import RecurrentWeights, gate_weights
from funcnn.fast import floats
from funcnn.fast.activations import INSTANCES, sigmoid, tanh
from funcnn.fast.rows import kind_of


def rnn_step(
    xs: Sequence[Any], weights: RecurrentWeights[Any], *, activation: Any = elementary.tanh
) -> list[Any]:
    """The states and outputs of each of a batch: blocks' `rnn_step` of each.

    >>> weights = RecurrentWeights([[1.0, 1.0]], [[0.5]])
    >>> rnn_step([([8.0], [1.0, 2.0]), ([-8.0], [1.0, 2.0])], weights, activation=elementary.relu)
    [([7.0], [7.0]), ([0.0], [0.0])]
    """
    hiddens, inputs = _columns(xs, "inputs (state, x)")
    if callable(activation) and kind_of(hiddens) is kind_of(inputs) is float:
        (whole,) = gate_weights(inputs[0], hiddens[0], weights, "h", "h")
        sums = _sums(inputs, hiddens, whole)
        if kind_of(sums) is float:
            rows = _mapped(INSTANCES.get((activation, ()), activation), sums)
            return [(row, row) for row in rows]
    return [recurrence.rnn_step(x, weights, activation=activation) for x in xs]


def lstm_step(
    xs: Sequence[Any], weights: RecurrentWeights[Any], *, gates: str = "iofc"
) -> list[Any]:
    """The states and outputs of each of a batch: blocks' `lstm_step` of each.

    >>> weights = RecurrentWeights([[0.0]] * 4, [[0.0]] * 4)
    >>> lstm_step([(([1.0], [0.0]), [1.0])], weights)
    [(([0.0], [0.0]), [0.0])]
    """
    states, inputs = _columns(xs, "inputs (state, x)")
    hiddens, memories = _columns(states, "state (hidden, memory)")
    if kind_of(hiddens, memories) is kind_of(inputs) is float:
        parts = gate_weights(inputs[0], hiddens[0], weights, gates, "iofc")
        i, o, f, c = [_sums(inputs, hiddens, part) for part in parts]
        if kind_of(i, o, f, c) is float:
            kept = _zipped(mul, _mapped(sigmoid, f), memories)
            written = _zipped(mul, _mapped(sigmoid, i), _mapped(tanh, c))
            memories = _zipped(add, kept, written)
            hiddens = _zipped(mul, _mapped(sigmoid, o), _mapped(tanh, memories))
            return [((hidden, m), hidden) for hidden, m in zipped(hiddens, memories)]
    return [recurrence.lstm_step(x, weights, gates=gates) for x in xs]


def gru_step(
    xs: Sequence[Any],
    weights: RecurrentWeights[Any],
    *,
    gates: str = "zrh",
    reset: str = "before",
) -> list[Any]:
    """The states and outputs of each of a batch: blocks' `gru_step` of each.

    >>> weights = RecurrentWeights([[0.0]] * 3, [[0.0]] * 3)
    >>> gru_step([([8.0], [1.0]), ([4.0], [1.0])], weights)
    [([4.0], [4.0]), ([2.0], [2.0])]
    """
    hiddens, inputs = _columns(xs, "inputs (state, x)")
    if kind_of(hiddens) is kind_of(inputs) is float and reset in ("before", "after"):
        *gating, candidate = gate_weights(inputs[0], hiddens[0], weights, gates, "zrh")
        sums = [_sums(inputs, hiddens, part) for part in gating]
        if kind_of(*sums) is float:
            z, r = [_mapped(sigmoid, rows) for rows in sums]
            if reset == "before":
                seen = floats.project(_zipped(mul, r, hiddens), candidate.state)
            else:
                seen = _zipped(mul, r, floats.project(hiddens, candidate.state))
            of_inputs = floats.project(inputs, candidate.input)
            if kind_of(of_inputs, seen) is float:
                new = _mapped(tanh, _zipped(add, of_inputs, seen))
                renewed = _zipped(lambda share, h: (1.0 - share) * h, z, new)
                rows = _zipped(add, renewed, _zipped(mul, z, hiddens))
                return [(row, row) for row in rows]
    return [recurrence.gru_step(x, weights, gates=gates, reset=reset) for x in xs]


def _columns(pairs: Sequence[Any], names: str) -> tuple[list[Any], list[Any]]:
    """the first of each pair, and the second"""
    length_of(pairs, "xs")
    parts = [pair_of(pair, names) for pair in pairs]
    return [one for one, _ in parts], [other for _, other in parts]


def _sums(
    inputs: Sequence[Any], hiddens: Sequence[Any], weights: RecurrentWeights[Any]
) -> list[list[Any]]:
    projected = floats.project(inputs, weights.input), floats.project(hiddens, weights.state)
    return _zipped(add, *projected)


def _mapped(function: Callable[[Any], Any], rows: Matrix[Any]) -> list[list[Any]]:
    return [[*map(function, row)] for row in rows]


def _zipped(
    function: Callable[[Any, Any], Any], ones: Matrix[Any], others: Matrix[Any]
) -> list[list[Any]]:
    return [[*map(function, one, other)] for one, other in zipped(ones, others)]
