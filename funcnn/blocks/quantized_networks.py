"""Quantized networks: int8 networks made of those of floats, and how far they may be from them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, chain, pairwise
from math import ceil
from typing import Any, Final, NamedTuple

from funcnn.algebra.dyadics import fraction
from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import foldl, int_of, length_of, map_accum_l, pair_of, zipped
from funcnn.algebra.intervals import Interval, interval
from funcnn.algebra.quantization import int8
from funcnn.algebra.scalars import Num, lift
from funcnn.algebra.trees import Tree, leaves, tree_map, tree_zip_with
from funcnn.algebra.vectors import Matrix, Vector, shape
from funcnn.blocks.combinators import (
    Elementwise,
    Layer,
    Network,
    Serial,
    at_layer,
    elementwise,
    layer,
    serial,
)
from funcnn.blocks.convolutions import channel_bias, conv2d
from funcnn.blocks.layouts import channels_first, channels_last, flatten, reshape
from funcnn.blocks.linears import affine, dense, linear
from funcnn.blocks.pooling import global_max_pool, max_pool, max_pool1d, max_pool2d, max_pool3d
from funcnn.blocks.quantized_convolutions import QuantizedKernels, quantized_conv2d
from funcnn.blocks.quantized_linears import (
    SHIFTS,
    QuantizedWeights,
    checked,
    checked_integers,
    quantized_dense,
    quantized_linear,
    saturate,
)

LARGEST_MULTIPLIER: Final = 255
"""Of those that are chosen here: a scale is at most 1/128 above what its row needs."""

CHANGED: Final[tuple[Callable[..., Any], ...]] = (conv2d, linear, affine, dense, channel_bias)
"""What `quantized_model` makes layers in int8 of."""

KEPT: Final[tuple[Callable[..., Any], ...]] = (
    *(relu, max_pool, max_pool1d, max_pool2d, max_pool3d, global_max_pool),
    *(flatten, reshape, channels_first, channels_last),
)
"""What stays as it is: it gives k times as much for k times as much, k > 0, and ints of ints."""

FLOATS: Final[dict[Callable[..., Any], Callable[..., Any]]] = {
    quantized_conv2d: conv2d,
    quantized_dense: dense,
    quantized_linear: linear,
}
"""From int8 back."""


class QuantizedNetwork(NamedTuple):
    """An int8 network: the weights of `quantized_dense` layers and of a last `quantized_linear`.

    Its scales are those of the inputs and of each layer's outputs: an integer times its scale is
    the number that it stands for.
    """

    weights: list[QuantizedWeights]
    scales: list[Fraction]


class QuantizedModel(NamedTuple):
    """An int8 network of any layers in series, and its weights.

    Its scales are those of the inputs and of what each convolution or linear layer gives.
    """

    network: Serial
    weights: list[Any]
    scales: list[Fraction]


type Step = tuple[Network, Tree]
"""A layer and its weights."""


def float_network[T: Num](inputs: Vector[T], matrices: Sequence[Matrix[T]]) -> list[T]:
    """The outputs of `dense` layers and a last `linear` one: what `quantized_network` quantizes.

    Haskell
        linear (foldl dense x (init ws)) (last ws)
    Errors
        ValueError   there are no matrices
        and those of `dense`

    >>> float_network([1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], [[-2.0, 3.0]]])
    [-2.0]
    """
    int_of(length_of(matrices, "matrices"), "the number of matrices", 1)
    *hidden, last = matrices
    return linear(foldl(dense, inputs, hidden), last)


def quantized_network(
    matrices: Sequence[Matrix[Any]],
    xs: Sequence[Vector[Any]],
    input_scale: Fraction | None = None,
) -> QuantizedNetwork:
    """The int8 network for a network of floats; a batch of inputs shows how large numbers become.

    Maths
        the inputs' scale = the largest of the batch / 127, if it is not given
        the outputs' scale = max(the largest of the batch / 127, (the inputs')·max |W|/(127·255))
        the last layer's = (its inputs')·max |W|/(127·255), so that its shift is 0
        row i's scale = qᵢ/2ᵗ·(the outputs')/(the inputs') ≥ maxⱼ |Wᵢⱼ|/127, qᵢ the least such, and
            t the greatest shift that leaves all qᵢ ≤ 255
        wᵢⱼ = the integer nearest to Wᵢⱼ/(row i's scale)
    Order
        What of the inputs and the hidden outputs is larger than any in the batch saturates; no
        weight does.
    Errors
        ValueError      there are no matrices, or no numbers in one or in the batch; or NaN
        OverflowError   a number is infinite
        and those of `dense`

    >>> network = quantized_network([[[0.5, 0.25], [1.0, -1.0]], [[-2.0, 3.0]]], [[1.0, 2.0]])
    >>> network.scales[0], network.weights[0].matrix
    (Fraction(2, 127), [[126, 63], [126, -126]])
    """
    if not length_of(matrices, "matrices"):
        raise ValueError("there are no matrices: a network has a layer or more")
    network = serial(*[layer(dense)] * (len(matrices) - 1), layer(linear))
    model = quantized_model(network, matrices, xs, input_scale)
    weights = [w for w in model.weights if isinstance(w, QuantizedWeights)]
    return QuantizedNetwork(weights, model.scales)


def quantized_model(
    network: Network,
    weights: Sequence[Tree],
    xs: Sequence[Any],
    input_scale: Fraction | None = None,
) -> QuantizedModel:
    """The int8 network for layers of floats in series, found as by `quantized_network`.

    Each `conv2d` and `linear` becomes its own in int8, on what `saturate` makes of what comes
    before. A `channel_bias` is added in integers. `affine` is linear and such a bias, `dense` is
    linear and relu. What only scales with its inputs, as `relu`, `max_pool2d` and `flatten`, stays.

    Maths
        scales and weights as in `quantized_network`, a kernel as a row; but the outputs' scale is
            max |B|/(127·2²³) or more, which keeps a bias in 30 bits
        bᵢ = the integer nearest to Bᵢ/(the scale of what it is added to)
    Order
        What of the inputs of a convolution or linear layer is larger than any in the batch
        saturates; no weight does.
    Errors
        ValueError      no layer is `conv2d` or `linear`, or there is no number in the weights of
                        one, or in the batch; or NaN; or a bias of the inputs is no int32
        TypeError       a layer is none of these, or not in series
        OverflowError   a number is infinite
        and those of the layers
    Source
        B. Jacob et al., CVPR 2018, who round a bias to the products' scale

    >>> network = serial(layer(conv2d, padding=1), elementwise(relu), layer(flatten), layer(linear))
    >>> weights = [[[[[0.5, 1.0, -1.0]]]], (), (), [[1.0] * 6]]
    >>> model = quantized_model(network, weights, [[[[2.0, 1.0]]]])
    >>> len(model.network.layers), model.weights[0].kernels, float(model.scales[1])
    (5, [[[[63, 126, -126]]]], 0.015...)
    >>> quantized_model(elementwise(abs), (), [[1.0]])
    Traceback (most recent call last):
    TypeError: abs has no layer in int8; these have: conv2d, linear, affine, dense, ...
    """
    length_of(xs, "xs")
    steps = _steps(network, weights)
    batches = [*accumulate(steps, lambda ys, step: [step[0](y, step[1]) for y in ys], initial=xs)]
    starts = [at for at, (one, _) in enumerate(steps) if _is_product(one)]
    if not starts:
        raise ValueError("no layer is conv2d or linear: there is nothing to quantize")
    seen = [[xs, batches[starts[0]]], *(batches[at] for at in starts[1:])]
    stages = [steps[at:end] for at, end in pairwise([0, *starts, len(steps)])]
    scales = _scales(stages[1:], seen, input_scale)
    parts = [
        [*(_in_int8(step, *pair) for step in stage), (elementwise(saturate), ())]
        for stage, pair in zipped(stages, [*pairwise([scales[0], *scales])])
        if stage
    ]
    layers, integers = zip(*[*chain.from_iterable(parts)][:-1], strict=True)
    return QuantizedModel(serial(*layers), [*integers], scales)


def _is_product(network: Network) -> bool:
    return isinstance(network, Layer) and network.definition in (conv2d, linear)


def _is_bias(network: Network) -> bool:
    return network == layer(channel_bias)


def _scales(
    stages: Sequence[list[Step]], seen: Sequence[Any], input_scale: Fraction | None
) -> list[Fraction]:
    """of the inputs and of each stage's outputs, from what each has seen"""
    first, *others = map(_largest_scale, seen)
    scale = (first or Fraction(1)) if input_scale is None else input_scale
    scales = [replace(int8, scale=scale).scale]
    for ((_, matrix), *rest), scale in zipped(stages, [*others, Fraction(0)]):
        finest = scales[-1] * (_largest_scale(matrix) or 1) / LARGEST_MULTIPLIER
        biases = (_largest_scale(bias) / (1 << 23) for one, bias in rest if _is_bias(one))
        scales.append(max(scale, finest, *biases))
    return scales


def _steps(network: Network, weights: Tree) -> list[Step]:
    """the layers, each with its weights, that are in series"""
    match network:
        case Serial(layers):
            numbered = enumerate(zipped(layers, weights, ("layers", "weights")))
            parts = (at_layer(lambda one, _, w: _steps(one, w), step, ()) for step in numbered)
            return [*chain.from_iterable(parts)]
        case Layer(definition) if definition is affine:
            matrix, bias = pair_of(weights, "weights (matrix, bias)")
            return [(layer(linear), matrix), (layer(channel_bias), bias)]
        case Layer(definition) if definition is dense:
            return [(layer(linear), weights), (elementwise(relu), ())]
        case Layer(definition) | Elementwise(definition):
            _demand_known(definition)
            return [(network, weights)]
        case _:
            raise TypeError(f"{type(network).__name__} has no int8 network: give layers in series")


def _demand_known(definition: Callable[..., Any]) -> None:
    known = *CHANGED, *KEPT
    if definition not in known:
        name = getattr(definition, "__name__", repr(definition))
        names = ", ".join(one.__name__ for one in known)
        raise TypeError(f"{name} has no layer in int8; these have: {names}")


def _in_int8(step: Step, before: Fraction, after: Fraction) -> Step:
    """a layer between two scales; a bias is added in the later one"""
    network, weights = step
    match network:
        case Layer(definition, settings) if definition is conv2d:
            kernels = [*map(flatten, weights)]
            rows, multipliers, shift = _quantized_weights(kernels, before / after)
            integers = reshape(rows, shape=shape(weights))
            quantized = QuantizedKernels(integers, multipliers, shift)
            return Layer(quantized_conv2d, settings), quantized
        case Layer(definition) if definition is linear:
            return layer(quantized_linear), _quantized_weights(weights, before / after)
        case Layer(definition) if definition is channel_bias:
            bias = [round(fraction(number) / after) for number in weights]
            return network, checked_integers("int32", bias, "the bias")
        case _:
            return step


def _largest_scale(numbers: Any) -> Fraction:
    """that in which the largest of some numbers is 127"""
    sizes = [*map(abs, leaves(numbers))]
    if not sizes:
        raise ValueError("there is no number to fit a scale to")
    if any(size != size for size in sizes):
        raise ValueError("there is no scale for NaN: take it out of the batch or the weights")
    return fraction(max(sizes)) / 127


def _quantized_weights(matrix: Matrix[Any], ratio: Fraction) -> QuantizedWeights:
    """of a layer whose inputs' scale is so many times that of its outputs"""
    needed = [max(map(fraction, map(abs, row))) * ratio / 127 for row in matrix]
    largest = max(needed)
    fitting = (s for s in reversed(SHIFTS) if largest * (1 << s) <= LARGEST_MULTIPLIER)
    shift = next(fitting, 0)
    multipliers = [max(1, ceil(scale * (1 << shift))) for scale in needed]
    formats = [replace(int8, scale=m / ratio / (1 << shift)) for m in multipliers]
    rows = [[*map(form.round, row)] for form, row in zipped(formats, matrix)]
    return checked(QuantizedWeights(rows, multipliers, shift))


def quantized_inputs(inputs: Sequence[Any], scale: Fraction) -> list[Any]:
    """The int8 inputs of a network for others, each rounded once; what is too large saturates.

    Errors
        ValueError   an input is NaN, or the scale not positive
        TypeError    an input is no number, or the scale no Fraction

    >>> quantized_inputs([0.5, -1.0, 1e9], Fraction(1, 16))
    [8, -16, 127]
    """
    length_of(inputs, "the inputs")
    return [*tree_map(replace(int8, scale=scale).round, inputs)]


def quantized_outputs(
    inputs: Sequence[Any], network: QuantizedNetwork | QuantizedModel
) -> list[Any]:
    """The numbers that the outputs of an int8 network stand for.

    Errors
        ValueError   there are more or fewer scales than layers, and one
        TypeError    it is no int8 network
        and those of `quantized_inputs` and the layers

    >>> network = quantized_network([[[0.5, 0.25], [1.0, -1.0]], [[-2.0, 3.0]]], [[1.0, 2.0]])
    >>> [float(y) for y in quantized_outputs([1.0, 2.0], network)]
    [-2.0...]
    """
    layers, weights, (scale, *_, output_scale) = _model(network)
    outputs = layers(quantized_inputs(inputs, scale), weights)
    return [*tree_map(lambda y: y * output_scale, outputs)]


def _model(network: QuantizedNetwork | QuantizedModel) -> QuantizedModel:
    if isinstance(network, QuantizedModel):
        return network
    if not isinstance(network, QuantizedNetwork):
        raise TypeError(f"a QuantizedNetwork or QuantizedModel, not a {type(network).__name__}")
    zipped(network.weights, network.scales[1:], ("layers", "scales of their outputs"))
    hidden = [layer(quantized_dense)] * (len(network.weights) - 1)
    return QuantizedModel(serial(*hidden, layer(quantized_linear)), *network)


def possible_matrices(network: QuantizedNetwork | QuantizedModel) -> list[Any]:
    """Intervals that hold the weights of every network of floats that becomes this int8 network.

    Maths
        (wᵢⱼ ± ½)·(row i's scale), (bᵢ ± ½)·(the outputs' scale)     rounded outward
    Laws
        W lies in possible_matrices(quantized_network(W, …))

    >>> network = quantized_network([[[0.5, 0.25]]], [[1.0, 2.0]])
    >>> [[[half, quarter]]] = possible_matrices(network)
    >>> 0.5 in half, 0.25 in quarter, 0.26 in quarter
    (True, True, False)
    """
    layers, weights, scales = _model(network)
    return map_accum_l(_possible, scales, zipped(layers.layers, weights))[1]


def _possible(scales: list[Fraction], step: Step) -> tuple[list[Fraction], Tree]:
    """of a layer's weights, and the scales from its outputs' on"""
    network, weights = step
    if isinstance(weights, (QuantizedWeights, QuantizedKernels)):
        matrix, multipliers, shift = weights
        unit = scales[1] / scales[0] / (1 << shift)
        pairs = zipped(matrix, multipliers)
        rows = [_around([*leaves(row)], multiplier * unit) for row, multiplier in pairs]
        return scales[1:], reshape(rows, shape=shape(matrix))
    if _is_bias(network):
        return scales, _around(weights, scales[0])
    return scales, weights


def _around(integers: Sequence[int], scale: Fraction) -> list[Interval[float]]:
    """what becomes these integers"""
    unit = lift(scale, interval(0.0))
    return [Interval(k - 0.5, k + 0.5) * unit for k in integers]


def error_bounds(inputs: Sequence[Any], network: QuantizedNetwork | QuantizedModel) -> list[Any]:
    """How far each output of an int8 network may be from that of any network that became it.

    The bound is proven by the weights in int8 alone: the network of floats runs over intervals that
    hold all weights they may have been, since none saturates. It holds for these inputs, and if
    they or hidden outputs saturate, too: what they are compared with is the int8 network's own
    result. Each layer multiplies it by the size of its weights: of many layers it tells little.

    Maths
        max |yᵢ − f|, f from the least to the largest that the network of floats, run on x and
            possible_matrices, holds
    Shapes
        inputs as the network takes them  →  a bound for each of its outputs
    Laws
        |quantized_outputs(x, N)ᵢ − float_network(x, Ws)ᵢ| ≤ error_bounds(x, N)ᵢ, of exact numbers,
        for N = quantized_network(Ws, …); and so for network(x, Ws) and N = quantized_model(network,
        Ws, …)

    >>> network = quantized_network([[[0.5, 0.25]]], [[1.0, 2.0]])
    >>> error_bounds([1.0, 2.0], network)
    [0.0098...]
    """
    outputs, layers = quantized_outputs(inputs, network), _model(network).network.layers
    exact = tree_map(lambda x: lift(fraction(x), interval(0.0)), inputs)
    possible = serial(*map(_of_floats, layers))(exact, possible_matrices(network))
    return [*tree_zip_with(lambda ys, y: abs(ys - lift(y, ys)).high, possible, outputs)]


def _of_floats(network: Network) -> Network:
    """the layer that became one in int8"""
    match network:
        case Layer(definition, settings) if definition in FLOATS:
            return Layer(FLOATS[definition], settings)
        case Elementwise(function) if function is saturate:
            return serial()
        case _:
            return network
