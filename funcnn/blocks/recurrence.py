"""Recurrence: cells, each one step from (state, x) to (state, y).

A network carries them along a sequence, a step after another, by Haskell's `mapAccumL`:

>>> from funcnn.blocks.combinators import layer, scan
>>> weights = RecurrentWeights([[0.0]] * 3, [[0.0]] * 3)
>>> scan(layer(gru_step))(([8.0], [[1.0], [2.0]]), weights)
([2.0], [[4.0], [2.0]])
"""

from collections.abc import Callable
from itertools import batched
from typing import Any, NamedTuple

from funcnn.algebra.elementary import sigmoid, tanh
from funcnn.algebra.folds import length_of, pair_of, parts_of, zip_with
from funcnn.algebra.scalars import Num, add, lift, multiply, subtract
from funcnn.algebra.vectors import Matrix, Vector, rectangle
from funcnn.blocks.linears import AffineWeights, Projection, project, totals


class RecurrentWeights[T](NamedTuple):
    """The weights of a cell: g·m×n of its input, g·m×m of its state, the g gates stacked.

    Each has a bias (PyTorch's b_ih and b_hh, the halves of ONNX's B) if it is AffineWeights.
    """

    input: Projection[T]
    state: Projection[T]


class PeepholeWeights[T](NamedTuple):
    """The weights of `peephole_lstm_step`: the peepholes are 3·m, stacked as the gates but c."""

    input: Projection[T]
    state: Projection[T]
    peepholes: Vector[T]


def rnn_step[T: Num](
    inputs: tuple[Vector[T], Vector[T]],
    weights: RecurrentWeights[T],
    *,
    activation: Callable[[T], T] = tanh,
) -> tuple[list[T], list[T]]:
    """The hidden state after one more input, twice: as the state and as the output.

    Haskell
        rnn f (h, x) (w, u) = (h', h') where h' = map f (zipWith (+) (project x w) (project h u))
    Maths
        h′ = f(W·x + U·h)                          f the activation; the biases are in W·x and U·h
    Shapes
        inputs (m, n), weights (m×n, m×m)  →  (m, m)          m, n ≥ 1
    Settings
        activation   a function of one number: tanh, as in PyTorch and ONNX, relu …
    Order
        One sum: of the products, and of the biases if there are any.
    Errors
        ValueError   the weights do not fit the state or x, or one of them is empty
        TypeError    numbers mix, or what should be a pair or a list is not one, or the activation
                     is not a function
    Laws
        scan(layer(rnn_step)) over one x is rnn_step
        with U = 0 and no bias there, it is the activation of project(x, W)
    Source
        J. Elman, "Finding Structure in Time", Cognitive Science 14 (1990). ONNX's RNN; PyTorch's
        RNNCell, whose activations are tanh and relu

    >>> from funcnn.algebra.elementary import relu
    >>> weights = RecurrentWeights([[1.0, 1.0]], [[0.5]])
    >>> rnn_step(([8.0], [1.0, 2.0]), weights, activation=relu)
    ([7.0], [7.0])
    >>> from funcnn.blocks.combinators import layer, scan
    >>> scan(layer(rnn_step, activation=relu))(([8.0], [[1.0, 2.0], [3.0, 0.0]]), weights)
    ([6.5], [[7.0], [6.5]])
    >>> from fractions import Fraction
    >>> third = [Fraction(1, 3)]
    >>> rnn_step((third, third), RecurrentWeights([[1]], [[2]]), activation=relu)[1]
    [Fraction(1, 1)]
    >>> rnn_step(([8.0], [1.0]), weights)
    Traceback (most recent call last):
    ValueError: the input weights have rows of length 2, x has length 1
    """
    if not callable(activation):
        raise TypeError(f"activation is a {type(activation).__name__}, not a function")
    hidden, x = pair_of(inputs, "inputs (state, x)")
    (whole,) = gate_weights(x, hidden, weights, "h", "h")
    hidden = [*map(activation, _sums(x, hidden, whole))]
    return hidden, hidden


def lstm_step[T: Num](
    inputs: tuple[tuple[Vector[T], Vector[T]], Vector[T]],
    weights: RecurrentWeights[T],
    *,
    gates: str = "iofc",
) -> tuple[tuple[list[T], list[T]], list[T]]:
    """The state (hidden, memory) after one more input, and the hidden state as the output.

    The gates: i what is written, o what is put out, f what is kept, c what may be written.

    Maths
        i, o, f = σ(Wᵢ·x + Uᵢ·h), σ(Wₒ·x + Uₒ·h), σ(W_f·x + U_f·h)
        c′ = f⊙c + i⊙tanh(W_c·x + U_c·h)           h′ = o⊙tanh(c′)
    Shapes
        inputs ((m, m), n), weights (4·m×n, 4·m×m)  →  ((m, m), m)          m, n ≥ 1
    Settings
        gates   how their weights are stacked: ONNX's order is "iofc"; PyTorch's and Keras's is
                "ifco" (there c is named g, or cell)
    Order
        One sum for each gate: of the products, and of the biases if there are any.
    Errors
        ValueError   the weights do not fit the state or x, or one of them is empty, or hidden and
                     memory differ in length, or the gates are not an order of the four letters
        TypeError    numbers mix, or what should be a pair or a list is not one
    Laws
        with weights of 0, memory and output are c/2 and tanh(c/2)/2
        to stack the gates of the weights otherwise, and to say so, changes nothing
    Source
        S. Hochreiter, J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9 (1997);
        F. Gers, J. Schmidhuber, F. Cummins, "Learning to Forget: Continual Prediction with LSTM",
        Neural Computation 12 (2000). ONNX's LSTM, PyTorch's LSTMCell

    >>> weights = RecurrentWeights([[0.0]] * 4, [[0.0]] * 4)
    >>> (hidden, memory), y = lstm_step((([0.0], [8.0]), [1.0]), weights)
    >>> memory, y == hidden, 0.499 < y[0] < 0.5
    ([4.0], True, True)
    >>> from funcnn.blocks.combinators import layer, scan
    >>> (hidden, memory), ys = scan(layer(lstm_step))((([0.0], [8.0]), [[1.0]] * 3), weights)
    >>> memory, len(ys)
    ([1.0], 3)
    >>> lstm_step((([0.0], [8.0]), [1.0]), RecurrentWeights([[0.0]] * 3, [[0.0]] * 4))
    Traceback (most recent call last):
    ValueError: the input weights and gates × state differ in length: 3 and 4·1
    """
    state, x = pair_of(inputs, "inputs (state, x)")
    hidden, memory = pair_of(state, "state (hidden, memory)")
    parts = gate_weights(x, hidden, weights, gates, "iofc")
    i, o, f, c = [_sums(x, hidden, part) for part in parts]
    kept = zip_with(multiply, [*map(sigmoid, f)], memory, ("hidden", "memory"))
    written = zip_with(multiply, [*map(sigmoid, i)], [*map(tanh, c)])
    memory = zip_with(add, kept, written)
    hidden = zip_with(multiply, [*map(sigmoid, o)], [*map(tanh, memory)])
    return (hidden, memory), hidden


def peephole_lstm_step[T: Num](
    inputs: tuple[tuple[Vector[T], Vector[T]], Vector[T]],
    weights: PeepholeWeights[T],
    *,
    gates: str = "iofc",
) -> tuple[tuple[list[T], list[T]], list[T]]:
    """`lstm_step`, whose gates see the memory too: i and f what it was, o what it has become.

    Maths
        i, f = σ(Wᵢ·x + Uᵢ·h + pᵢ⊙c), σ(W_f·x + U_f·h + p_f⊙c)
        c′ = f⊙c + i⊙tanh(W_c·x + U_c·h)
        o = σ(Wₒ·x + Uₒ·h + pₒ⊙c′)                 h′ = o⊙tanh(c′)
    Shapes
        inputs ((m, m), n), weights (4·m×n, 4·m×m, 3·m)  →  ((m, m), m)     m, n ≥ 1
    Settings
        gates   how their weights are stacked, the peepholes without c
    Errors
        those of `lstm_step`; and ValueError, if the peepholes are not 3·m
    Laws
        with peepholes of 0 it is lstm_step
    Source
        F. Gers, J. Schmidhuber, "Recurrent Nets that Time and Count", IJCNN 2000. ONNX's LSTM
        with P; PyTorch has none

    >>> weights = PeepholeWeights([[0.0]] * 4, [[0.0]] * 4, [0.0, 0.0, 1000.0])
    >>> (hidden, memory), y = peephole_lstm_step((([0.0], [8.0]), [1.0]), weights)
    >>> memory
    [8.0]
    """
    state, x = pair_of(inputs, "inputs (state, x)")
    hidden, memory = pair_of(state, "state (hidden, memory)")
    of_input, of_state, peepholes = parts_of(weights, "weights (input, state, peepholes)", 3)
    parts = gate_weights(x, hidden, RecurrentWeights(of_input, of_state), gates, "iofc")
    p = _by_gate(peepholes, "the peepholes", gates.replace("c", ""), len(hidden))
    i, o, f, c = [_sums(x, hidden, part) for part in parts]
    kept = zip_with(multiply, [*map(sigmoid, _looking(f, p["f"], memory))], memory)
    written = zip_with(multiply, [*map(sigmoid, _looking(i, p["i"], memory))], [*map(tanh, c)])
    memory = zip_with(add, kept, written)
    opened = [*map(sigmoid, _looking(o, p["o"], memory))]
    hidden = zip_with(multiply, opened, [*map(tanh, memory)])
    return (hidden, memory), hidden


def gru_step[T: Num](
    inputs: tuple[Vector[T], Vector[T]],
    weights: RecurrentWeights[T],
    *,
    gates: str = "zrh",
    reset: str = "before",
) -> tuple[list[T], list[T]]:
    """The hidden state after one more input, twice: as the state and as the output.

    The gates: z how much of the state is kept, r how much of it the candidate h sees.

    Maths
        z, r = σ(W_z·x + U_z·h), σ(Wᵣ·x + Uᵣ·h)
        h̃ = tanh(W_h·x + U_h·(r⊙h))                reset before
        h̃ = tanh(W_h·x + r⊙(U_h·h))                reset after
        h′ = (1 − z)⊙h̃ + z⊙h
    Shapes
        inputs (m, n), weights (3·m×n, 3·m×m)  →  (m, m)      m, n ≥ 1
    Settings
        gates   how their weights are stacked: ONNX's and Keras's order is "zrh"; PyTorch's is "rzh"
                (there h is named n, for new)
        reset   where r works: "before" the state's matrix, as in the paper and by default in ONNX,
                or "after" it, and after its bias, as in cuDNN, in PyTorch (where there is no other)
                and in ONNX where linear_before_reset is 1
    Order
        One sum for each gate: of the products, and of the biases if there are any. h′ as
        it is written, not as h̃ + z⊙(h − h̃).
    Errors
        ValueError   the weights do not fit the state or x, or one of them is empty, or the gates
                     are not an order of the three letters, or the reset is neither of the two
        TypeError    numbers mix, or what should be a pair or a list is not one
    Laws
        with weights of 0, the state is halved
        to stack the gates of the weights otherwise, and to say so, changes nothing
        with a diagonal U_h and no bias there, reset before and after are the same, but for rounding
    Source
        K. Cho et al., "Learning Phrase Representations using RNN Encoder–Decoder for Statistical
        Machine Translation", EMNLP 2014 (J. Chung et al., arXiv:1412.3555, exchanges z and 1 − z).
        ONNX's GRU, PyTorch's GRUCell

    >>> weights = RecurrentWeights([[0.0]] * 3, [[0.0]] * 3)
    >>> gru_step(([8.0], [1.0]), weights)
    ([4.0], [4.0])
    >>> from funcnn.blocks.combinators import layer, scan
    >>> scan(layer(gru_step, gates="rzh", reset="after"))(([8.0], [[1.0], [2.0]]), weights)
    ([2.0], [[4.0], [2.0]])
    >>> gru_step(([8.0], [1.0]), weights, gates="rzn")
    Traceback (most recent call last):
    ValueError: gates 'rzn' are no order of 'zrh'
    >>> gru_step(([8.0], [1.0]), weights, reset="never")
    Traceback (most recent call last):
    ValueError: reset is 'never': give 'before' or 'after'
    """
    hidden, x = pair_of(inputs, "inputs (state, x)")
    if reset not in ("before", "after"):
        raise ValueError(f"reset is {reset!r}: give 'before' or 'after'")
    *gating, candidate = gate_weights(x, hidden, weights, gates, "zrh")
    z, r = [[*map(sigmoid, _sums(x, hidden, part))] for part in gating]
    if reset == "before":
        seen = project(zip_with(multiply, r, hidden), candidate.state)
    else:
        seen = zip_with(multiply, r, project(hidden, candidate.state))
    new = [*map(tanh, totals(project(x, candidate.input), seen))]
    renewed = zip_with(multiply, [subtract(lift(1, share), share) for share in z], new)
    hidden = zip_with(add, renewed, zip_with(multiply, z, hidden))
    return hidden, hidden


def gate_weights(
    x: Vector[Any], hidden: Vector[Any], weights: Any, gates: str, letters: str
) -> list[RecurrentWeights[Any]]:
    """The weights of each gate, in the order of the letters, from those stacked as `gates` says.

    Errors
        ValueError   the weights do not fit the state or x, or one of them is empty, or the gates
                     are not an order of the letters
        TypeError    the weights are not a pair, or what should be a list is not one

    >>> weights = RecurrentWeights([[1.0], [2.0]], AffineWeights([[3.0], [4.0]], [5.0, 6.0]))
    >>> for part in gate_weights([0.0], [0.0], weights, "ab", "ba"):
    ...     print(*part)
    ([2.0],) AffineWeights(matrix=([4.0],), bias=(6.0,))
    ([1.0],) AffineWeights(matrix=([3.0],), bias=(5.0,))
    """
    if sorted(str(gates)) != sorted(letters):
        raise ValueError(f"gates {gates!r} are no order of {letters!r}")
    of_input, of_state = pair_of(weights, "weights (input, state)")
    if not length_of(hidden, "the state"):
        raise ValueError("the state is empty")
    fitting(of_input, "the input weights", x, "x")
    inputs = _by_gate(of_input, "the input weights", gates, len(hidden))
    fitting(of_state, "the state weights", hidden, "the state")
    states = _by_gate(of_state, "the state weights", gates, len(hidden))
    return [RecurrentWeights(inputs[letter], states[letter]) for letter in letters]


def _by_gate(stack: Any, name: str, gates: str, size: int) -> dict[str, Any]:
    """the rows of each gate, or its numbers; if there is a bias, each with its own"""
    if isinstance(stack, AffineWeights):
        matrices = _by_gate(stack.matrix, name, gates, size)
        biases = _by_gate(stack.bias, f"the bias of {name}", gates, size)
        return {gate: AffineWeights(matrices[gate], biases[gate]) for gate in gates}
    if length_of(stack, name) != len(gates) * size:
        lengths = f"{len(stack)} and {len(gates)}·{size}"
        raise ValueError(f"{name} and gates × state differ in length: {lengths}")
    return dict(zip(gates, batched(stack, size), strict=True))


def fitting[T](weights: Projection[T], name: str, vector: Vector[T], other: str) -> Matrix[T]:
    """The matrix of a projection, once its rows are known to be as long as a vector.

    Errors
        ValueError   they are not, or one is longer than another, or empty
        TypeError    the matrix, a row or the vector is not a list

    >>> fitting(AffineWeights([[1.0, 2.0]], [0.5]), "the weights", [3.0, 4.0], "x")
    [[1.0, 2.0]]
    >>> fitting([[1.0, 2.0]], "the input weights", [3.0], "x")
    Traceback (most recent call last):
    ValueError: the input weights have rows of length 2, x has length 1
    """
    matrix = weights.matrix if isinstance(weights, AffineWeights) else weights
    rows = rectangle(matrix, f"row {{}} of {name}".format, name)
    length = length_of(vector, other)
    if len(rows) and len(rows[0]) != length:
        lengths = f"rows of length {len(rows[0])}, {other} has length {length}"
        raise ValueError(f"{name} have {lengths}")
    return rows


def _sums[T: Num](x: Vector[T], hidden: Vector[T], weights: RecurrentWeights[T]) -> list[T]:
    """what a gate gets of the input and of the state"""
    return totals(project(x, weights.input), project(hidden, weights.state))


def _looking[T: Num](sums: Vector[T], weights: Vector[T], memory: Vector[T]) -> list[T]:
    """the sums, each with what its peephole shows of the memory"""
    return totals(sums, zip_with(multiply, weights, memory, ("hidden", "memory")))
