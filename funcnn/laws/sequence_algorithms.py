"""Sequence algorithms: other formulas, as right as ours, of norms, attention, cells and losses.

Each has all the roundings of those that libraries use: what has fewer stays within its bound.
"""

from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any

from funcnn.algebra.elementary import absolute, exp, log, maximum, relu, tanh
from funcnn.algebra.folds import foldl, foldl1, zip_with
from funcnn.algebra.scalars import Constant, add, divide, lift, multiply, subtract, total
from funcnn.algebra.trees import filled, leaves
from funcnn.algebra.vectors import Vector, matvec
from funcnn.blocks.activations import log_softmax
from funcnn.blocks.attention import root_of_scale
from funcnn.blocks.layouts import flatten
from funcnn.blocks.linears import project, totals, weighted_sum
from funcnn.blocks.masks import visible_keys
from funcnn.blocks.norms import BatchNormWeights, Moments, batch_norm, reciprocal_root
from funcnn.blocks.recurrence import gate_weights
from funcnn.calculus.losses import xlogx
from funcnn.laws.algorithms import centered_sigmoid, scaled_mean, scaled_softmax

type Statistics = Callable[[Vector[Any]], Moments[Any]]
"""The mean and the variance of some numbers."""


def two_passes(numbers: Vector[Any]) -> Moments[Any]:
    """The mean, and then the variance; each a sum times 1/n.

    >>> two_passes([1.0, 3.0])
    Moments(mean=2.0, variance=1.0)
    """
    middle = scaled_mean(numbers)
    deviations = [subtract(x, middle) for x in numbers]
    return Moments(middle, scaled_mean(zip_with(multiply, deviations, deviations)))


def one_pass(numbers: Vector[Any]) -> Moments[Any]:
    """The mean, and the mean square less its square: few digits are left where the mean is large.

    Maths
        m = Σxᵢ/n, v = Σxᵢ²/n − m²

    >>> one_pass([1.0, 3.0])
    Moments(mean=2.0, variance=1.0)
    """
    middle = scaled_mean(numbers)
    square = scaled_mean(zip_with(multiply, numbers, numbers))
    return Moments(middle, subtract(square, multiply(middle, middle)))


def running(numbers: Vector[Any]) -> Moments[Any]:
    """The mean and the variance, brought up to date by one number after another.

    Maths
        d = x − m, m ← m + d/k, q ← q + d·(x − m); at the end v = q/n
    Source
        B. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products",
        Technometrics 4 (1962)

    >>> running([1.0, 3.0])
    Moments(mean=2.0, variance=1.0)
    """

    def updated(state: tuple[Any, Any], step: tuple[int, Any]) -> tuple[Any, Any]:
        (middle, squares), (count, x) = state, step
        before = subtract(x, middle)
        middle = add(middle, divide(before, lift(count, x)))
        return middle, add(squares, multiply(before, subtract(x, middle)))

    first, *others = numbers
    middle, squares = foldl(updated, (first, lift(0, first)), enumerate(others, 2))
    return Moments(middle, divide(squares, lift(len(numbers), squares)))


def again(x: Any) -> Any:
    """The number after two roundings more, as one that is multiplied, and then added to another.

    >>> again(0.5), again(0.1) - 0.1 < 1e-16
    (0.5, True)
    """
    three = lift(3, x)
    return multiply(divide(x, three), three)


def folded(
    numbers: Vector[Any], scale: Any, bias: Any, seen: Moments[Any], epsilon: Constant
) -> list[Any]:
    """Numbers of these moments, normed, with all the roundings of one product and one sum each.

    Maths
        x·a + (b − m·a) = (x − m)·a + b            a = s/√(v + ε)
    Order
        On the left, the error of a is that of the difference; but x·a, m·a and b − m·a are rounded,
        as large as they are. On the right that is said by x and m, each rounded twice more.

    >>> folded([1.0, 3.0], [1.0, 10.0], [0.0, 5.0], Moments(2.0, 1.0), 0)
    [-1.0, 15.0]
    """
    inverse, middle = reciprocal_root(seen.variance, epsilon), again(seen.mean)
    return [
        total([multiply(subtract(again(x), middle), multiply(inverse, s)), b])
        for x, s, b in zip(numbers, scale, bias, strict=True)
    ]


def folded_layer_norm(
    inputs: Sequence[Any],
    weights: Any,
    *,
    statistics: Statistics = two_passes,
    epsilon: Constant = 1e-5,
) -> list[Any]:
    """layer_norm by such statistics, scale and shift folded.

    >>> folded_layer_norm([1.0, 3.0], ([1.0, 10.0], [0.0, 5.0]), epsilon=0)
    [-1.0, 15.0]
    """
    scale, bias = weights
    return folded(inputs, scale, bias, statistics(inputs), epsilon)


def scale_first_layer_norm(
    inputs: Sequence[Any], weights: Any, *, epsilon: Constant = 1e-5
) -> list[Any]:
    """layer_norm in batch_norm's order: the scale times the difference, by the root, and the bias.

    >>> scale_first_layer_norm([1.0, 3.0], ([1.0, 10.0], [0.0, 5.0]), epsilon=0)
    [-1.0, 15.0]
    """
    seen = [[moment] * len(inputs) for moment in two_passes(inputs)]
    return batch_norm(inputs, BatchNormWeights(*weights, *seen), epsilon=epsilon)


def folded_group_norm(
    inputs: Sequence[Any],
    weights: Any,
    *,
    groups: int | None = None,
    statistics: Statistics = two_passes,
    epsilon: Constant = 1e-5,
) -> list[Any]:
    """group_norm by such statistics, scale and shift folded; of a group for each channel without.

    >>> folded_group_norm([[1.0, 3.0], [4.0, 8.0]], ([1.0, 2.0], [0.0, 5.0]), epsilon=0)
    [[-1.0, 1.0], [3.0, 7.0]]
    """
    size = len(inputs) // (groups or len(inputs))
    parts = batched(zip(inputs, *weights, strict=True), size)
    outputs = list[Any]()
    for group in parts:
        seen = statistics(flatten([channel for channel, _, _ in group]))
        outputs += [_channel(channel, s, b, seen, epsilon) for channel, s, b in group]
    return outputs


def scaled_rms_norm(
    inputs: Vector[Any], weights: Vector[Any] = (), *, epsilon: Constant = 1e-5
) -> list[Any]:
    """rms_norm by a sum times 1/n; and the reciprocal of the root is first multiplied by the scale.

    >>> scaled_rms_norm([2.0, -2.0], [5.0, 10.0], epsilon=0)
    [5.0, -10.0]
    """
    inverse = reciprocal_root(scaled_mean(zip_with(multiply, inputs, inputs)), epsilon)
    factors = [multiply(inverse, s) for s in weights] or [inverse] * len(inputs)
    return zip_with(multiply, inputs, factors)


def scale_first_rms_norm(
    inputs: Vector[Any], weights: Vector[Any] = (), *, epsilon: Constant = 1e-5
) -> list[Any]:
    """rms_norm in the same order: what is tiny may underflow before it is multiplied by the rest.

    >>> scale_first_rms_norm([2.0, -2.0], [5.0, 10.0], epsilon=0)
    [5.0, -10.0]
    """
    inverse = reciprocal_root(scaled_mean(zip_with(multiply, inputs, inputs)), epsilon)
    scaled = zip_with(multiply, inputs, weights) if weights else inputs
    return [multiply(x, inverse) for x in scaled]


def folded_batch_norm(
    inputs: Sequence[Any], weights: Any, *, epsilon: Constant = 1e-5
) -> list[Any]:
    """batch_norm, scale and shift folded.

    >>> folded_batch_norm([[3.0, -1.0]], ([1.0], [0.0], [1.0], [4.0]), epsilon=0)
    [[1.0, -1.0]]
    """
    parts = zip(inputs, *weights, strict=True)
    return [_channel(x, s, b, Moments(m, v), epsilon) for x, s, b, m, v in parts]


def _channel(channel: Any, s: Any, b: Any, seen: Moments[Any], epsilon: Constant) -> Any:
    """all numbers of a channel, of one scale and one bias"""
    numbers = [*leaves(channel)]
    normed = folded(numbers, [s] * len(numbers), [b] * len(numbers), seen, epsilon)
    return filled(channel, normed)


def read_by(
    read: Callable[[Vector[Any], Sequence[Vector[Any]]], list[Any]],
    inputs: Sequence[Any],
    weights: Any = (),
    *,
    causal: bool = False,
    scale: Constant | None = None,
) -> list[list[Any]]:
    """scaled_dot_product_attention, the products scaled, and the values read by their scores so.

    >>> read_by(late, ([[0.0]], [[0.0], [1.0]], [[1.0], [3.0]]))
    [[2.0]]
    """
    queries, keys, values, *mask = inputs
    visible = visible_keys(len(queries), len(keys), *mask, causal=causal)
    root = root_of_scale(scale, queries[0])
    square = multiply(root, root)

    def row(query: Vector[Any], seen: Sequence[int]) -> list[Any]:
        if not seen:
            return [lift(0, square)] * len(values[0])
        products = matvec([keys[j] for j in seen], query)
        return read([multiply(square, x) for x in products], [values[j] for j in seen])

    return zip_with(row, queries, visible)


def early(scores: Vector[Any], values: Sequence[Vector[Any]]) -> list[Any]:
    """Values read by the shares of one, each an exponential times the reciprocal of their sum.

    >>> early([0.0, 0.0], [[1.0], [3.0]])
    [2.0]
    """
    return weighted_sum(values, scaled_softmax(scores))


def late(scores: Vector[Any], values: Sequence[Vector[Any]]) -> list[Any]:
    """Values read by the exponentials, and their sum then multiplied by the reciprocal of these'.

    >>> late([0.0, 0.0], [[1.0], [3.0]])
    [2.0]
    """
    largest = foldl1(maximum, scores)
    exponentials = [exp(subtract(score, largest)) for score in scores]
    inverse = divide(lift(1, largest), total(exponentials))
    return [multiply(x, inverse) for x in weighted_sum(values, exponentials)]


def online(scores: Vector[Any], values: Sequence[Vector[Any]]) -> list[Any]:
    """Values read one after another, all that was read scaled anew whenever the maximum rises.

    Maths
        m′ = max(m, s), k = exp(m − m′), e = exp(s − m′): w ← k·w + e, y ← k·y + e·v; then y/w
    Source
        M. Milakov, N. Gimelshein, "Online Normalizer Calculation for Softmax", 2018
        T. Dao et al., "FlashAttention", NeurIPS 2022

    >>> online([0.0, 0.0], [[1.0], [3.0]])
    [2.0]
    """

    def step(state: tuple[Any, Any, Any], item: tuple[Any, Any]) -> tuple[Any, Any, Any]:
        (largest, whole, read), (score, value) = state, item
        risen = maximum(largest, score)
        keep, share = exp(subtract(largest, risen)), exp(subtract(score, risen))
        kept, new = [multiply(keep, y) for y in read], [multiply(share, v) for v in value]
        return risen, total([multiply(keep, whole), share]), totals(kept, new)

    start = scores[0], lift(1, scores[0]), values[0]
    _, whole, read = foldl(step, start, zip(scores[1:], values[1:], strict=True))
    inverse = divide(lift(1, whole), whole)
    return [multiply(y, inverse) for y in read]


def centered_lstm_step(inputs: Any, weights: Any, *, gates: str = "iofc") -> Any:
    """lstm_step by centered sigmoids.

    >>> centered_lstm_step((([0.0], [8.0]), [1.0]), ([[0.0]] * 4, [[0.0]] * 4))[0][1]
    [4.0]
    """
    (hidden, memory), x = inputs
    parts = gate_weights(x, hidden, weights, gates, "iofc")
    i, o, f, c = [totals(project(x, part.input), project(hidden, part.state)) for part in parts]
    kept = zip_with(multiply, [*map(centered_sigmoid, f)], memory)
    written = zip_with(multiply, [*map(centered_sigmoid, i)], [*map(tanh, c)])
    memory = totals(kept, written)
    hidden = zip_with(multiply, [*map(centered_sigmoid, o)], [*map(tanh, memory)])
    return (hidden, memory), hidden


def moving_gru_step(inputs: Any, weights: Any, *, gates: str = "zrh", reset: str = "before") -> Any:
    """gru_step by centered sigmoids, from the candidate towards the state before.

    Maths
        h′ = h̃ + z⊙(h − h̃)

    >>> moving_gru_step(([8.0], [1.0]), ([[0.0]] * 3, [[0.0]] * 3))
    ([4.0], [4.0])
    """
    hidden, x = inputs
    *gating, candidate = gate_weights(x, hidden, weights, gates, "zrh")
    sums = [totals(project(x, part.input), project(hidden, part.state)) for part in gating]
    z, r = [[*map(centered_sigmoid, part)] for part in sums]
    if reset == "before":
        seen = project(zip_with(multiply, r, hidden), candidate.state)
    else:
        seen = zip_with(multiply, r, project(hidden, candidate.state))
    new = [*map(tanh, totals(project(x, candidate.input), seen))]
    steps = zip_with(multiply, z, zip_with(subtract, hidden, new))
    hidden = totals(new, steps)
    return hidden, hidden


def cross_entropy_by_log_sum(logits: Vector[Any], target: int) -> Any:
    """cross_entropy as ln Σ exp less the target's logit: large logits cost digits.

    Maths
        (m + ln Σⱼ exp(zⱼ − m)) − zₜ

    >>> cross_entropy_by_log_sum([0.0, 1000.0], 0)
    1000.0
    """
    largest = foldl1(maximum, logits)
    whole = total([exp(subtract(z, largest)) for z in logits])
    return total([largest, log(whole), -logits[target]])


def binary_cross_entropy_by_log_sigmoid(logits: Vector[Any], target: Vector[Any]) -> Any:
    """binary_cross_entropy, of each logit as (1 − t)·z − ln σ(z).

    Maths
        ln σ(z) = min(0, z) − ln(1 + exp(−|z|))

    >>> round(binary_cross_entropy_by_log_sigmoid([0.0], [0.25]), 6)
    0.693147
    """

    def loss(z: Any, t: Any) -> Any:
        one = lift(1, z)
        log_sigmoid = subtract(-relu(-z), log(add(one, exp(-absolute(z)))))
        return subtract(multiply(subtract(one, t), z), log_sigmoid)

    return total(zip_with(loss, logits, target))


def hinge_by_margin(logits: Vector[Any], target: int) -> Any:
    """hinge, margin and logits added in any order.

    >>> hinge_by_margin([3.0, 2.5, 5.0, 1.0], 0)
    3.5
    """
    gaps = [total([lift(1, z), z, -logits[target]]) for z in logits]
    return total([lift(0, z) if i == target else relu(z) for i, z in enumerate(gaps)])


def kl_divergence_by_entropies(
    logits: Vector[Any],
    target: Vector[Any],
    *,
    logarithms: Callable[[Vector[Any]], Vector[Any]] = log_softmax,
) -> Any:
    """kl_divergence as one sum of all tᵢ·ln tᵢ and −tᵢ·ln softmax(z)ᵢ, in any order.

    >>> kl_divergence_by_entropies([0.0, 0.0, -1000.0], [0.5, 0.5, 0.0])
    0.0
    """
    crossed = zip_with(multiply, target, logarithms(logits))
    return total([*map(xlogx, target), *(-x for x in crossed)])
