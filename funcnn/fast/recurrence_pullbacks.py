"""Recurrence pullbacks: those of a cell on each of a batch of floats, its projections of all at
once."""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import chain
from operator import add, mul
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import tanh as any_tanh
from funcnn.blocks.combinators import Layer
from funcnn.blocks.linears import AffineWeights
from funcnn.blocks.recurrence import RecurrentWeights, gate_weights, gru_step, lstm_step, rnn_step
from funcnn.fast.activation_pullbacks import SLOPES
from funcnn.fast.activations import INSTANCES, sigmoid, tanh
from funcnn.fast.batch_rules import Pulled, of_floats
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchPullback, BatchRule, Cotangents
from funcnn.fast.linear_pullbacks import project
from funcnn.fast.rows import are_float_lists, kind_of

type Rows = list[list[float]]
"""Of each of a batch, a vector."""

type Candidate = tuple[Rows, Callable[[Rows], tuple[Rows, Cotangents]]]
"""What a GRU's candidate gets; and from its cotangent to the reset's, and to the cell's."""


def _rnn_step(xs: Any, weights: Any, *, activation: Any = any_tanh) -> Pulled | None:
    """ā = (h̄′ + ȳ)⊙f′(a)"""
    hiddens, inputs = _of_tuples(xs)
    if not _are_floats(weights, hiddens, inputs):
        return None
    (whole,) = gate_weights(inputs[0], hiddens[0], weights, "h", "h")
    sums, pullback = _gate(hiddens, inputs, whole)
    ys = _each(INSTANCES.get((activation, ()), activation), sums)
    slope = SLOPES.get(activation, lambda x, y: derivative(activation, x))

    def back(y_bars: list[Any]) -> Cotangents:
        y_bar = _each(add, *_columns(y_bars))
        return pullback(_each(mul, y_bar, _each(slope, sums, ys)))

    return _pairs(ys, ys), back


def _lstm_step(xs: Any, weights: Any, *, gates: str = "iofc") -> Pulled | None:
    """c̄ = f⊙(c̄′ + (h̄′ + ȳ)⊙o⊙(1 − tanh²c′)), and what comes back through the gates"""
    states, inputs = _of_tuples(xs)
    hiddens, memories = _of_tuples(states)
    if not _are_floats(weights, [*hiddens, *memories], inputs):
        return None
    parts = gate_weights(inputs[0], hiddens[0], weights, gates, "iofc")
    sums, pullbacks = zip(*(_gate(hiddens, inputs, part) for part in parts), strict=True)
    i, o, f = (_each(sigmoid, rows) for rows in sums[:3])
    c = _each(tanh, sums[3])
    after = _each(add, _each(mul, f, memories), _each(mul, i, c))
    seen = _each(tanh, after)
    ys = _each(mul, o, seen)

    def back(y_bars: list[Any]) -> Cotangents:
        after_bars, out_bars = _columns(y_bars)
        hidden_bars, memory_bars = _columns(after_bars)
        y_bar = _each(add, hidden_bars, out_bars)
        c_bar = _each(add, memory_bars, _each(_tanh_back, _each(mul, y_bar, o), seen))
        bars = [
            _each(_sigmoid_back, _each(mul, c_bar, c), i),
            _each(_sigmoid_back, _each(mul, y_bar, seen), o),
            _each(_sigmoid_back, _each(mul, c_bar, memories), f),
            _each(_tanh_back, _each(mul, c_bar, i), c),
        ]
        found = [pullback(bar) for pullback, bar in zip(pullbacks, bars, strict=True)]

        def x_bars() -> list[Any]:
            before_bars, input_bars = _total(found)
            return _pairs(_pairs(before_bars, _each(mul, c_bar, f)), input_bars)

        return Cotangents(x_bars, _stacked("iofc", found, gates))

    return _pairs(_pairs(ys, after), ys), back


def _gru_step(xs: Any, weights: Any, *, gates: str = "zrh", reset: str = "before") -> Pulled | None:
    """h̄ = (h̄′ + ȳ)⊙z, and what comes back through the gates and the candidate"""
    hiddens, inputs = _of_tuples(xs)
    if not _are_floats(weights, hiddens, inputs) or reset not in (*CANDIDATES,):
        return None
    *gating, last = gate_weights(inputs[0], hiddens[0], weights, gates, "zrh")
    (z_sums, z_back), (r_sums, r_back) = (_gate(hiddens, inputs, part) for part in gating)
    z, r = _each(sigmoid, z_sums), _each(sigmoid, r_sums)
    new_sums, new_back = CANDIDATES[reset](hiddens, inputs, last, r)
    new = _each(tanh, new_sums)
    ys = _each(lambda z, h, new: (1.0 - z) * new + z * h, z, hiddens, new)

    def back(y_bars: list[Any]) -> Cotangents:
        y_bar = _each(add, *_columns(y_bars))
        new_bar = _each(lambda y, z: y * (1.0 - z), y_bar, z)
        z_bar = _each(lambda y, h, new: y * h - y * new, y_bar, hiddens, new)
        r_bar, of_new = new_back(_each(_tanh_back, new_bar, new))
        of_z, of_r = z_back(_each(_sigmoid_back, z_bar, z)), r_back(_each(_sigmoid_back, r_bar, r))

        def x_bars() -> list[Any]:
            before_bars, input_bars = _total([of_z, of_r, of_new])
            return _pairs(_each(add, before_bars, _each(mul, y_bar, z)), input_bars)

        return Cotangents(x_bars, _stacked("zrh", [of_z, of_r, of_new], gates))

    return _pairs(ys, ys), back


def _reset_before(hiddens: Rows, inputs: Rows, weights: Any, r: Rows) -> Candidate:
    """W·x + U·(r⊙h)"""
    sums, pullback = _gate(_each(mul, r, hiddens), inputs, weights)

    def back(bars: Rows) -> tuple[Rows, Cotangents]:
        x_bars, w_bar = pullback(bars)
        read_bars, input_bars = _columns(x_bars())
        pairs = _pairs(_each(mul, read_bars, r), input_bars)
        return _each(mul, read_bars, hiddens), Cotangents(lambda: pairs, w_bar)

    return sums, back


def _reset_after(hiddens: Rows, inputs: Rows, weights: Any, r: Rows) -> Candidate:
    """W·x + r⊙(U·h)"""
    of_state, state_back = project(hiddens, weights.state)
    of_input, input_back = project(inputs, weights.input)

    def back(bars: Rows) -> tuple[Rows, Cotangents]:
        found = _both(state_back(_each(mul, bars, r)), input_back(bars))
        return _each(mul, bars, of_state), found

    return _each(add, of_input, _each(mul, r, of_state)), back


CANDIDATES: Final = {"before": _reset_before, "after": _reset_after}


def _gate(hiddens: Rows, inputs: Rows, weights: Any) -> tuple[Rows, BatchPullback]:
    """W·x + U·h"""
    of_state, state_back = project(hiddens, weights.state)
    of_input, input_back = project(inputs, weights.input)
    return _each(add, of_input, of_state), lambda bars: _both(state_back(bars), input_back(bars))


def _both(of_state: Cotangents, of_input: Cotangents) -> Cotangents:
    (hidden_bars, state_bar), (input_bars, input_bar) = of_state, of_input
    w_bar = RecurrentWeights(input_bar, state_bar)
    return Cotangents(lambda: _pairs(hidden_bars(), input_bars()), w_bar)


def _total(found: Sequence[Cotangents]) -> tuple[Rows, Rows]:
    """of all gates, the states' cotangents and the inputs'"""
    hidden_bars, input_bars = zip(*(_columns(part.inputs()) for part in found), strict=True)
    return reduce(partial(_each, add), hidden_bars), reduce(partial(_each, add), input_bars)


def _stacked(letters: str, found: Sequence[Cotangents], gates: str) -> RecurrentWeights[Any]:
    """the weights of the gates that the letters name, stacked as `gates` says"""
    by_letter = dict(zip(letters, found, strict=True))
    inputs, states = zip(*(by_letter[gate].weights for gate in gates), strict=True)
    return RecurrentWeights(_stack(inputs), _stack(states))


def _stack(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], AffineWeights):
        return AffineWeights(*([*chain.from_iterable(rows)] for rows in zip(*parts, strict=True)))
    return [*chain.from_iterable(parts)]


def _are_floats(weights: Any, *columns: Rows) -> bool:
    """whether all numbers are, and stand in lists, in each column of one length"""
    if type(weights) is not RecurrentWeights:
        return False
    matrices = [part.matrix if isinstance(part, AffineWeights) else part for part in weights]
    biases = [part.bias for part in weights if isinstance(part, AffineWeights)]
    if {*map(type, matrices)} != {list} or {*map(kind_of, columns)} != {float}:
        return False
    return are_float_lists([*chain.from_iterable([*columns, *matrices]), *biases])


def _columns(pairs: Sequence[Any]) -> tuple[Rows, Rows]:
    """the first of each pair, and the second"""
    ones, others = zip(*pairs, strict=True)
    return [*ones], [*others]


def _of_tuples(pairs: Sequence[Any]) -> tuple[Rows, Rows]:
    """the first of each pair, and the second; none, if one is no pair, or a list"""
    are_pairs = {*map(type, pairs)} == {tuple} and {*map(len, pairs)} == {2}
    return _columns(pairs) if are_pairs else ([], [])


def _pairs(ones: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    return [*zip(ones, others, strict=True)]


def _each(function: Callable[..., float], *matrices: Rows) -> Rows:
    """the function of the numbers that stand in one place"""
    return [[*map(function, *rows)] for rows in zip(*matrices, strict=True)]


def _sigmoid_back(bar: float, y: float) -> float:
    return bar * (y * (1.0 - y))


def _tanh_back(bar: float, y: float) -> float:
    return bar * (1.0 - y * y)


RULES: Final[dict[Primitive, BatchRule]] = {
    (Layer, rnn_step): of_floats(rnn_step, _rnn_step),
    (Layer, lstm_step): of_floats(lstm_step, _lstm_step),
    (Layer, gru_step): of_floats(gru_step, _gru_step),
}
