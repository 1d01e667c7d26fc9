"""Encoder–decoders: recurrent networks, made of cells, and the attention of one to another."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from funcnn.algebra.elementary import tanh
from funcnn.algebra.folds import length_of, map_accum_l, pair_of, parts_of, zip_with, zipped
from funcnn.algebra.scalars import Num, multiply, total
from funcnn.algebra.trees import is_leaf
from funcnn.algebra.vectors import Matrix, Vector, rectangle
from funcnn.blocks.activations import softmax
from funcnn.blocks.combinators import Network, Serial, layer, parallel, part, run, scan, serial
from funcnn.blocks.layouts import concatenate, reverse
from funcnn.blocks.linears import Projection, linear, project, totals, weighted_sum
from funcnn.blocks.recurrence import fitting


def stacked_step(
    inputs: tuple[Sequence[Any], Any], weights: Sequence[Any], *, cells: tuple[Network, ...]
) -> tuple[tuple[Any, ...], Any]:
    """Cells one above another as one cell: each has its own state, and takes the output below it.

    Maths
        (sᵢ′, yᵢ) = cellᵢ(sᵢ, yᵢ₋₁)                y₀ = x, y = yₙ
    Shapes
        inputs (n states, x), weights n  →  (n states, y)     of any form
    Settings
        cells   networks from (state, x) to (state, y), the lowest first
    Errors
        ValueError   there are more or fewer states, or weights, than cells
        TypeError    what should be a pair or a list is not one
    Laws
        scan of the stack is the scan of each, one after another
    Source
        A. Graves, A. Mohamed, G. Hinton, "Speech Recognition with Deep Recurrent Neural Networks",
        ICASSP 2013. PyTorch's num_layers

    >>> from funcnn.blocks.recurrence import RecurrentWeights, gru_step
    >>> cells = (layer(gru_step), layer(gru_step))
    >>> weights = [RecurrentWeights([[0.0]] * 3, [[0.0]] * 3)] * 2
    >>> scan(layer(stacked_step, cells=cells))((([8.0], [16.0]), [[1.0], [2.0]]), weights)
    (([2.0], [4.0]), [[8.0], [4.0]])
    >>> stacked_step(([[8.0]], [1.0]), weights, cells=cells)
    Traceback (most recent call last):
    ValueError: cells and states differ in length: 2 and 1
    """
    states, x = pair_of(inputs, "inputs (states, x)")
    pairs = [*zipped(cells, states, ("cells", "states"))]

    def climb(y: Any, step: Any) -> tuple[Any, Any]:
        (cell, state), of_cell = step
        state, y = pair_of(run(cell, (state, y), of_cell), "what a cell gives (state, y)")
        return y, state

    y, states = map_accum_l(climb, x, zipped(pairs, weights, ("cells", "weights")))
    return tuple(states), y


def reverse_scan(cell: Network) -> Serial:
    """A cell carried along a sequence from its end; the outputs are in the sequence's order.

    Haskell
        mapAccumR
    Shapes
        inputs (state, t xs), weights [[[], ()], w, [[], ()]]  →  (state, t ys)
    Source
        ONNX's direction = "reverse"

    >>> def running_total(inputs, weights):
    ...     total = inputs[0] + inputs[1]
    ...     return total, total
    >>> reverse_scan(layer(running_total))((0, [1, 2, 3]), [[[], ()], (), [[], ()]])
    (6, [6, 5, 3])
    """
    flipped = parallel(serial(), layer(reverse))
    return serial(flipped, scan(cell), flipped)


def bidirectional(forward: Network, backward: Network) -> Serial:
    """Two cells, one carried along a sequence from its start, one from its end.

    Each output is the forward cell's followed by the backward cell's.

    Haskell
        mapAccumL f &&& mapAccumR b
    Shapes
        inputs ((state, state), t xs), weights [(), [v, w], ()]
            →  ((state, state), t×(m + n))         for cells that put out m and n numbers
    Errors
        TypeError    what should be a pair or a list is not one
        and whatever the cells raise
    Laws
        the backward half is the backward cell scanned along the reversed sequence, reversed
        the reversed sequence, with the cells exchanged, gives the halves exchanged, reversed
    Source
        M. Schuster, K. Paliwal, "Bidirectional Recurrent Neural Networks", IEEE Transactions on
        Signal Processing 45 (1997). PyTorch's bidirectional; ONNX's direction = "bidirectional",
        which keeps the two apart

    >>> from funcnn.blocks.recurrence import RecurrentWeights, gru_step
    >>> weights = RecurrentWeights([[0.0]] * 3, [[0.0]] * 3)
    >>> network = bidirectional(layer(gru_step), layer(gru_step))
    >>> network((([8.0], [16.0]), [[1.0], [2.0]]), [(), [weights, weights], ()])
    (([2.0], [4.0]), [[4.0, 4.0], [2.0, 8.0]])
    """
    return serial(
        layer(split_directions), parallel(scan(forward), scan(backward)), layer(join_directions)
    )


def split_directions(
    inputs: tuple[tuple[Any, Any], Any], weights: Any = ()
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """The first of two states with a sequence, the second with the reversed sequence.

    Errors
        TypeError    what should be a pair or a list is not one

    >>> split_directions((("one", "other"), [1, 2, 3]))
    (('one', [1, 2, 3]), ('other', [3, 2, 1]))
    """
    states, xs = pair_of(inputs, "inputs (states, sequence)")
    one, other = pair_of(states, "the states of the two directions")
    return (one, xs), (other, reverse(xs))


def join_directions(
    inputs: tuple[tuple[Any, Sequence[Any]], tuple[Any, Sequence[Any]]], weights: Any = ()
) -> tuple[tuple[Any, Any], list[list[Any]]]:
    """The two states, and at each step the outputs of both directions, the second's reversed.

    Errors
        ValueError   one has more outputs than the other
        TypeError    what should be a pair or a list is not one

    >>> join_directions((("one", [[1.0], [2.0]]), ("other", [[3.0], [4.0]])))
    (('one', 'other'), [[1.0, 4.0], [2.0, 3.0]])
    """
    directions = pair_of(inputs, "inputs")
    (one, ys), (other, zs) = [pair_of(direction, "(state, outputs)") for direction in directions]
    pairs = zipped(ys, reverse(zs), ("forward", "backward"))
    return (one, other), [concatenate(pair) for pair in pairs]


def encoder_decoder(encoder: Network, decoder: Network) -> Serial:
    """A decoder that starts from the state in which the encoder ends.

    Each is a network from (state, sequence) to (state, sequence), such as the scan of a cell. What
    the encoder puts out is left: all that the decoder knows of the source is that state.

    Haskell
        \\((s, source), target) -> decoder (fst (encoder (s, source)), target)
    Shapes
        inputs ((state, source), target), weights [[[v, ()], []], w]  →  (state, outputs)
    Errors
        TypeError    what should be a pair is not one
        and whatever the networks raise
    Laws
        with a source of no steps, it is the decoder
    Source
        I. Sutskever, O. Vinyals, Q. Le, "Sequence to Sequence Learning with Neural Networks",
        NIPS 2014; K. Cho et al., "Learning Phrase Representations using RNN Encoder–Decoder for
        Statistical Machine Translation", EMNLP 2014

    >>> from funcnn.blocks.recurrence import RecurrentWeights, gru_step
    >>> network = encoder_decoder(scan(layer(gru_step)), scan(layer(gru_step)))
    >>> weights = RecurrentWeights([[0.0]] * 3, [[0.0]] * 3)
    >>> source, target = [[1.0], [2.0], [3.0]], [[4.0], [5.0]]
    >>> network((([8.0], source), target), [[[weights, ()], []], weights])
    ([0.25], [[0.5], [0.25]])
    """
    last_state = serial(encoder, layer(part, index=0))
    return serial(parallel(last_state, serial()), decoder)


def attentional_encoder_decoder(encoder: Network, decoder: Network) -> Serial:
    """A decoder that starts from the state in which the encoder ends, and looks at its outputs.

    The decoder's state is the pair of the two: it is the scan of an `attentive_step`.

    Haskell
        \\((s, source), target) -> decoder (encoder (s, source), target)
    Shapes
        inputs ((state, source), target), weights [[v, []], w]
            →  ((state, memory), outputs)
    Errors
        TypeError    what should be a pair is not one
        and whatever the networks raise
    Source
        D. Bahdanau, K. Cho, Y. Bengio, "Neural Machine Translation by Jointly Learning to Align and
        Translate", ICLR 2015

    >>> from funcnn.blocks.recurrence import RecurrentWeights, gru_step
    >>> cell = layer(gru_step)
    >>> decoder = layer(attentive_step, attention=layer(multiplicative_attention), cell=cell)
    >>> network = attentional_encoder_decoder(scan(cell), scan(decoder))
    >>> of_encoder = RecurrentWeights([[0.0]] * 3, [[0.0]] * 3)
    >>> of_decoder = [[0.0]], RecurrentWeights([[0.0, 0.0]] * 3, [[0.0]] * 3)
    >>> network((([8.0], [[1.0], [2.0]]), [[3.0]]), [[of_encoder, []], of_decoder])
    (([1.0], [[4.0], [2.0]]), [[1.0]])
    """
    return serial(parallel(encoder, serial()), decoder)


class AttentiveWeights(NamedTuple):
    """The weights of `attentive_step`: its attention's and its cell's."""

    attention: Any
    cell: Any


def attentive_step(
    inputs: tuple[tuple[Any, Sequence[Any]], Vector[Any]],
    weights: AttentiveWeights,
    *,
    attention: Network,
    cell: Network,
) -> tuple[tuple[Any, Sequence[Any]], Any]:
    """One step of a cell that sees, after its input, the context: what it attends to in a memory.

    The query is the hidden state before the step: the state, or the first of an LSTM's two.

    Maths
        c = attention(h, memory)                   (s′, y) = cell(s, [x; c])
    Shapes
        inputs ((state, t×m), n), weights (v, w)  →  ((state, t×m), y)
            attention (q, t×m)  →  m, with v; cell (state, n + m)  →  (state, y), with w
    Settings
        attention   a network from (query, memory) to the context
        cell        a network from (state, x) to (state, y)
    Errors
        ValueError   the state is empty
        TypeError    what should be a pair or a list is not one
        and whatever the attention and the cell raise
    Source
        D. Bahdanau, K. Cho, Y. Bengio, "Neural Machine Translation by Jointly Learning to Align and
        Translate", ICLR 2015, A.2.2

    >>> from funcnn.blocks.recurrence import RecurrentWeights, rnn_step
    >>> from funcnn.algebra.elementary import relu
    >>> of_cell = RecurrentWeights([[1.0, 1.0]], [[0.0]])
    >>> settings = {"attention": layer(multiplicative_attention)}
    >>> settings["cell"] = layer(rnn_step, activation=relu)
    >>> attentive_step((([0.0], [[2.0], [4.0]]), [10.0]), ([[0.0]], of_cell), **settings)
    (([13.0], [[2.0], [4.0]]), [13.0])
    """
    before, x = pair_of(inputs, "inputs ((state, memory), x)")
    state, memory = pair_of(before, "(state, memory)")
    of_attention, of_cell = pair_of(weights, "weights (attention, cell)")
    length_of(x, "x")
    if not length_of(state, "the state"):
        raise ValueError("the state is empty")
    hidden = state if is_leaf(state[0]) else state[0]
    context = run(attention, (hidden, memory), of_attention)
    length_of(context, "the context")
    outputs = run(cell, (state, [*x, *context]), of_cell)
    state, y = pair_of(outputs, "what a cell gives (state, y)")
    return (state, memory), y


class AdditiveWeights[T](NamedTuple):
    """The weights of `additive_attention`: a×q of the query, a×m of the memory, a of the score."""

    query: Projection[T]
    memory: Projection[T]
    score: Vector[T]


def additive_attention[T: Num](
    inputs: tuple[Vector[T], Matrix[T]], weights: AdditiveWeights[T]
) -> list[T]:
    """The mean of a memory's states, each weighted by how a network of one layer scores it.

    What should not be attended to is left out of the memory.

    Maths
        eⱼ = v·tanh(W·s + U·hⱼ)                    c = Σⱼ softmax(e)ⱼ·hⱼ
    Shapes
        inputs (q, t×m), weights (a×q, a×m, a)  →  m          t, q, m, a ≥ 1
    Errors
        ValueError   the weights do not fit the query, the memory or one another, or the memory is
                     ragged or empty
        TypeError    numbers mix, or what should be a pair or a list is not one
    Laws
        with v = 0 it is the mean of the memory
        it is between the least and the largest of the memory's numbers, at each place, but for
        rounding
        to exchange the memory's states changes nothing but rounding
    Source
        D. Bahdanau, K. Cho, Y. Bengio, "Neural Machine Translation by Jointly Learning to Align and
        Translate", ICLR 2015. Keras's AdditiveAttention, whose W and U are 1

    >>> weights = AdditiveWeights([[1.0]], [[1.0, 0.0]], [1000.0])
    >>> additive_attention(([0.5], [[-1.0, 3.0], [1.0, 5.0]]), weights)
    [1.0, 5.0]
    >>> additive_attention(([0.5], [[-1.0, 3.0], [1.0, 5.0]]), weights._replace(score=[0.0]))
    [0.0, 4.0]
    >>> additive_attention(([0.5], []), weights)
    Traceback (most recent call last):
    ValueError: the memory is empty
    """
    query, memory = _recalled(inputs)
    of_query, of_memory, of_score = parts_of(weights, "weights (query, memory, score)", 3)
    fitting(of_query, "the query weights", query, "the query")
    fitting(of_memory, "the memory weights", memory[0], "a state of the memory")
    projected, names = project(query, of_query), ("query weights", "memory weights")
    sums = [totals(projected, project(state, of_memory), names) for state in memory]
    hidden = [[*map(tanh, row)] for row in sums]
    scores = [_score(of_score, row, ("score weights", "query weights")) for row in hidden]
    return weighted_sum(memory, softmax(scores))


def multiplicative_attention[T: Num](
    inputs: tuple[Vector[T], Matrix[T]], weights: Matrix[T]
) -> list[T]:
    """The mean of a memory's states, each weighted by its product with the query.

    What should not be attended to is left out of the memory.

    Maths
        eⱼ = s·(W·hⱼ)                              c = Σⱼ softmax(e)ⱼ·hⱼ
    Shapes
        inputs (q, t×m), weights q×m  →  m         t, q, m ≥ 1
    Errors
        ValueError   the weights do not fit the query or the memory, or the memory is ragged or
                     empty
        TypeError    numbers mix, or what should be a pair or a list is not one
    Laws
        with W = 0 it is the mean of the memory
        it is between the least and the largest of the memory's numbers, at each place, but for
        rounding
        to exchange the memory's states changes nothing but rounding
    Source
        M.-T. Luong, H. Pham, C. Manning, "Effective Approaches to Attention-based Neural Machine
        Translation", EMNLP 2015, "general"; with W = 1, "dot"

    >>> multiplicative_attention(([1000.0], [[-1.0, 3.0], [1.0, 5.0]]), [[0.0, 1.0]])
    [1.0, 5.0]
    >>> multiplicative_attention(([1.0], [[2.0]]), [[1.0], [1.0]])
    Traceback (most recent call last):
    ValueError: query and weights differ in length: 1 and 2
    """
    query, memory = _recalled(inputs)
    fitting(weights, "the weights", memory[0], "a state of the memory")
    scores = [_score(query, linear(state, weights), ("query", "weights")) for state in memory]
    return weighted_sum(memory, softmax(scores))


def _recalled(inputs: Any) -> tuple[Vector[Any], Matrix[Any]]:
    """the query, and the memory once it is known to be a matrix of one state or more"""
    query, memory = pair_of(inputs, "inputs (query, memory)")
    if not rectangle(memory, "state {} of the memory".format, "the memory"):
        raise ValueError("the memory is empty")
    return query, memory


def _score[T: Num](xs: Vector[T], ys: Vector[T], names: tuple[str, str]) -> T:
    """dot, whose names are its own"""
    return total(zip_with(multiply, xs, ys, names))
