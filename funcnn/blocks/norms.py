"""Norms: numbers moved to mean 0 and scaled to variance 1, then scaled and moved by weights."""

from collections.abc import Sequence
from itertools import batched
from typing import Any, NamedTuple

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import bool_of, length_of, pair_of, parts_of, zip_with
from funcnn.algebra.scalars import (
    Constant,
    Num,
    add,
    alike,
    divide,
    lift,
    multiply,
    subtract,
    total,
)
from funcnn.algebra.vectors import Vector, rectangle
from funcnn.blocks.convolutions import per_group
from funcnn.blocks.layouts import flatten, mapped, reshape, shape_of


class NormWeights[A](NamedTuple):
    """The weights of a norm: a scale and a bias of one shape. PyTorch calls the scale weight."""

    scale: A
    bias: A


class Moments[A](NamedTuple):
    """A mean and a variance; or those of each channel."""

    mean: A
    variance: A


class BatchNormWeights[T](NamedTuple):
    """The weights of `batch_norm`: for each channel, a scale and a bias, and the moments seen."""

    scale: Vector[T]
    bias: Vector[T]
    mean: Vector[T]
    variance: Vector[T]


def mean[T: Num](numbers: Vector[T]) -> T:
    """The sum of some numbers, by how many they are.

    Maths
        Σxᵢ/n
    Errors
        ValueError   there is no number
        TypeError    numbers mix, or are ints, whose mean need not be one

    >>> mean([1.0, 2.0])
    1.5
    """
    whole = total(numbers)
    return divide(whole, lift(len(numbers), whole))


def moments[T: Num](numbers: Vector[T], *, unbiased: bool = False) -> Moments[T]:
    """The mean of some numbers, and then their variance: two passes.

    Maths
        m = Σxᵢ/n, v = Σ(xᵢ − m)²/n                unbiased: Σ(xᵢ − m)²/(n − 1)
    Shapes
        numbers n  →  (a number, a number)         n ≥ 1, n ≥ 2 if unbiased
    Errors
        ValueError   there are too few numbers
        TypeError    numbers mix, or are ints, whose mean need not be one, or unbiased is no bool
    Source
        T. Chan, G. Golub, R. LeVeque, "Algorithms for Computing the Sample Variance: Analysis and
        Recommendations", The American Statistician 37 (1983), algorithm 1.1

    >>> moments([1.0, 3.0]), moments([1.0, 3.0], unbiased=True).variance
    (Moments(mean=2.0, variance=1.0), 2.0)
    >>> moments([1.0], unbiased=True)
    Traceback (most recent call last):
    ValueError: an unbiased variance needs two or more numbers, not 1
    """
    middle = mean(numbers)
    if bool_of(unbiased, "unbiased") and len(numbers) < 2:
        raise ValueError(f"an unbiased variance needs two or more numbers, not {len(numbers)}")
    deviations = [subtract(x, middle) for x in numbers]
    squares = total(zip_with(multiply, deviations, deviations))
    return Moments(middle, divide(squares, lift(len(numbers) - unbiased, squares)))


def reciprocal_root[T: Num](square: T, epsilon: Constant) -> T:
    """The number by which a norm multiplies.

    Maths
        1/√(v + ε)

    >>> reciprocal_root(3.0, 1)
    0.5
    """
    root: T = sqrt(add(square, lift(epsilon, square)))
    return divide(lift(1, root), root)


def layer_norm(
    inputs: Sequence[Any], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> list[Any]:
    """The inputs, all together moved to mean 0 and scaled to variance 1, then by weights.

    To norm a tensor along its last axes alone, map over those before them with `each`: they are
    the ones before ONNX's axis, and before PyTorch's normalized_shape.

    Maths
        yᵢ = (xᵢ − m)/√(v + ε)·sᵢ + bᵢ             m, v the moments of all of x
    Shapes
        inputs n, weights (n, n)  →  n             n of any form, not empty
    Settings
        epsilon   ε, added to the variance; by default 1e-5, as in PyTorch and ONNX
    Order
        x − m is multiplied by the reciprocal of the root, then by the scale.
    Errors
        ValueError   the inputs are empty or ragged, or the scale or the bias differs in shape
        TypeError    numbers mix, or have no root, or the weights are no pair
    Laws
        layer_norm(x + c, w) == layer_norm(x, w)                     over Surd
        Σy = 0 and Σy²/n = v/(v + ε), where s = 1 and b = 0          over Surd
    Source
        J. Ba, J. Kiros, G. Hinton, "Layer Normalization", arXiv:1607.06450 (2016); ONNX's
        LayerNormalization, PyTorch's LayerNorm

    >>> layer_norm([1.0, 3.0], NormWeights([1.0, 10.0], [0.0, 5.0]), epsilon=0)
    [-1.0, 15.0]
    >>> layer_norm([[1.0, 3.0]], NormWeights([1.0, 1.0], [0.0, 0.0]))
    Traceback (most recent call last):
    ValueError: inputs and scale differ in shape: (1, 2) and (2,)
    """
    scale, bias = pair_of(weights, "weights (scale, bias)")
    lengths = _shared_shape(inputs, scale=scale, bias=bias)
    numbers = flatten(inputs)
    middle, variance = moments(numbers)
    inverse = reciprocal_root(variance, epsilon)
    normal = [multiply(subtract(x, middle), inverse) for x in numbers]
    scaled = zip_with(multiply, normal, flatten(scale))
    return reshape(zip_with(add, scaled, flatten(bias)), shape=lengths)


def rms_norm(
    inputs: Sequence[Any], weights: Sequence[Any] = (), *, epsilon: Constant = 1e-5
) -> list[Any]:
    """The inputs divided by their root mean square, then scaled by weights, if there are any.

    Maths
        yᵢ = xᵢ/√(Σxⱼ²/n + ε)·sᵢ
    Shapes
        inputs n, weights n or ()  →  n            n of any form, not empty
    Settings
        epsilon   ε, added to the mean square; ONNX's default is 1e-5, too, PyTorch's the distance
                  from 1 to the next number of the format
    Order
        x is multiplied by the reciprocal of the root, then by the scale.
    Errors
        ValueError   the inputs are empty or ragged, or the scale differs in shape
        TypeError    numbers mix, or have no root
    Laws
        rms_norm(k·x, s) == rms_norm(x, s) for k > 0 and ε = 0       over Surd
    Source
        B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization", NeurIPS 2019; ONNX's
        RMSNormalization, PyTorch's RMSNorm

    >>> rms_norm([2.0, -2.0], [5.0, 10.0], epsilon=0)
    [5.0, -10.0]
    >>> rms_norm([2.0, -2.0], epsilon=0)
    [1.0, -1.0]
    """
    scale = {} if isinstance(weights, tuple) and not weights else {"scale": weights}
    lengths, numbers = _shared_shape(inputs, **scale), flatten(inputs)
    inverse = reciprocal_root(mean(zip_with(multiply, numbers, numbers)), epsilon)
    normal = [multiply(x, inverse) for x in numbers]
    scaled = zip_with(multiply, normal, flatten(weights)) if scale else normal
    return reshape(scaled, shape=lengths)


def batch_norm(
    inputs: Sequence[Any], weights: BatchNormWeights[Any], *, epsilon: Constant = 1e-5
) -> list[Any]:
    """The inputs, each channel moved and scaled as were those seen in training: for inference.

    The mean and the variance are those of the batches seen: `running_statistics` keeps them.

    Maths
        y[c,…] = s_c·(x[c,…] − m_c)/√(v_c + ε) + b_c
    Shapes
        inputs c×n₁×…, weights (c, c, c, c)  →  c×n₁×…               a vector c, too
    Settings
        epsilon   ε, added to the variance; by default 1e-5, as in PyTorch and ONNX
    Order
        As written: the scale times the difference, by the root, plus the bias.
    Errors
        ValueError   the inputs are empty or ragged, or a weight has not a number for each channel
        TypeError    numbers mix, or have no root, or the weights are not 4
    Source
        S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
        Internal Covariate Shift", ICML 2015; ONNX's BatchNormalization, PyTorch's BatchNorm1d and
        BatchNorm2d in evaluation

    >>> weights = BatchNormWeights([1.0, 10.0], [0.0, 5.0], [1.0, 2.0], [4.0, 1.0])
    >>> batch_norm([[3.0, -1.0], [2.0, 3.0]], weights, epsilon=0)
    [[1.0, -1.0], [5.0, 15.0]]
    >>> batch_norm([3.0], weights)
    Traceback (most recent call last):
    ValueError: inputs and scale differ in channels: 1 and 2
    """
    names = "weights (scale, bias, mean, variance)"
    scale, bias, means, variances = parts_of(weights, names, 4)
    parts = _channels(inputs, scale=scale, bias=bias, mean=means, variance=variances)

    def normed(channel: Any, s: Any, b: Any, m: Any, v: Any) -> Any:
        root = sqrt(add(v, lift(epsilon, v)))
        return mapped(lambda x: add(divide(multiply(s, subtract(x, m)), root), b), channel)

    return [normed(*part) for part in zip(*parts, strict=True)]


def group_norm(
    inputs: Sequence[Any], weights: NormWeights[Any], *, groups: int, epsilon: Constant = 1e-5
) -> list[Any]:
    """The inputs, each group of channels moved to mean 0 and scaled to variance 1, then by weights.

    Maths
        y[c,…] = s_c·(x[c,…] − m_g)/√(v_g + ε) + b_c                 g the group of channel c
    Shapes
        inputs c×n₁×…, weights (c, c)  →  c×n₁×…                     a vector c, too
    Settings
        groups    into how many groups of as many the channels are divided
        epsilon   ε, added to the variance; by default 1e-5, as in PyTorch and ONNX
    Order
        batch_norm's. ONNX's variance is Σx²/n − m², which loses digits where m is large.
    Errors
        ValueError   the groups do not divide the channels, or the inputs are empty or ragged, or
                     the scale or the bias has not a number for each channel
        TypeError    numbers mix, or have no root, or the weights are no pair, or groups no int
    Laws
        group_norm(x, w, groups=1) is layer_norm(x), then scaled and moved channel by channel
    Source
        Y. Wu, K. He, "Group Normalization", ECCV 2018; ONNX's GroupNormalization, PyTorch's
        GroupNorm

    >>> ones = NormWeights([1.0, 1.0], [0.0, 0.0])
    >>> group_norm([[1.0, 3.0], [4.0, 8.0]], ones, groups=2, epsilon=0)
    [[-1.0, 1.0], [-1.0, 1.0]]
    >>> group_norm([[1.0], [2.0]], ones, groups=3)
    Traceback (most recent call last):
    ValueError: 3 groups do not divide 2 channels
    """
    scale, bias = pair_of(weights, "weights (scale, bias)")
    image, scale, bias = _channels(inputs, scale=scale, bias=bias)
    size = per_group(len(image), groups, "channels")
    seen = [moments(flatten(group)) for group in batched(image, size)]
    means, variances = zip(*(seen[channel // size] for channel in range(len(image))), strict=True)
    of_channels = BatchNormWeights(scale, bias, means, variances)
    return batch_norm(image, of_channels, epsilon=epsilon)


def instance_norm(
    inputs: Sequence[Any], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> list[Any]:
    """The inputs, each channel moved to mean 0 and scaled to variance 1, then by weights.

    Maths
        y[c,…] = s_c·(x[c,…] − m_c)/√(v_c + ε) + b_c                 m_c, v_c the moments of x[c,…]
    Shapes
        inputs c×n₁×…, weights (c, c)  →  c×n₁×…
    Settings
        epsilon   ε, added to the variance; by default 1e-5, as in PyTorch and ONNX
    Order
        batch_norm's.
    Errors
        those of `group_norm`
    Laws
        instance_norm(x, w) == group_norm(x, w, groups=c)
    Source
        D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance Normalization: The Missing Ingredient for
        Fast Stylization", arXiv:1607.08022 (2016); ONNX's InstanceNormalization, PyTorch's
        InstanceNorm1d and InstanceNorm2d with affine=True

    >>> instance_norm([[1.0, 3.0], [4.0, 8.0]], NormWeights([1.0, 2.0], [0.0, 5.0]), epsilon=0)
    [[-1.0, 1.0], [3.0, 7.0]]
    """
    return group_norm(inputs, weights, groups=length_of(inputs, "inputs"), epsilon=epsilon)


def batch_norm_training(
    inputs: Sequence[Sequence[Any]], weights: NormWeights[Any], *, epsilon: Constant = 1e-5
) -> list[list[Any]]:
    """A batch, each channel moved to mean 0 and scaled to variance 1, then by weights.

    It is no map over the examples, and so a layer whose input is the batch. The variance is the
    biased one; what a network remembers of it is `running_statistics`.

    Maths
        y[i,c,…] = s_c·(x[i,c,…] − m_c)/√(v_c + ε) + b_c             m_c, v_c those of x[·,c,…]
    Shapes
        inputs b×c×n₁×…, weights (c, c)  →  b×c×n₁×…                 a batch of vectors c, too
    Settings
        epsilon   ε, added to the variance; by default 1e-5, as in PyTorch and ONNX
    Order
        batch_norm's.
    Errors
        ValueError   the inputs are empty or ragged, or the scale or the bias has not a number for
                     each channel
        TypeError    numbers mix, or have no root, or the weights are no pair
    Laws
        batch_norm_training([x], w) == [instance_norm(x, w)]
    Source
        S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
        Internal Covariate Shift", ICML 2015; ONNX's BatchNormalization with training_mode=1,
        PyTorch's BatchNorm1d and BatchNorm2d in training

    >>> weights = NormWeights([1.0, 2.0], [0.0, 5.0])
    >>> batch_norm_training([[1.0, 4.0], [3.0, 8.0]], weights, epsilon=0)
    [[-1.0, 3.0], [1.0, 7.0]]
    """
    scale, bias = pair_of(weights, "weights (scale, bias)")
    means, variances = zip(*_batch_moments(inputs), strict=True)
    seen = BatchNormWeights(scale, bias, means, variances)
    return [batch_norm(x, seen, epsilon=epsilon) for x in inputs]


def running_statistics(
    inputs: Sequence[Sequence[Any]],
    weights: Moments[Any],
    *,
    momentum: Constant = 0.1,
    unbiased: bool = True,
) -> Moments[list[Any]]:
    """The moments remembered of the batches before, moved towards those of a batch.

    Maths
        m′ = (1 − α)·m + α·m_batch                 α the momentum; likewise the variance
    Shapes
        inputs b×c×n₁×…, weights (c, c)  →  (c, c)
    Settings
        momentum   α, the share of the batch, 0.1 as in PyTorch; ONNX's is that of what was
                   remembered, 0.9: give 1 − ONNX's
        unbiased   whether the variance of the batch is that by n − 1: True as in PyTorch; in ONNX
                   it is by n
    Order
        As written.
    Errors
        ValueError   the batch is empty or ragged, or has too few numbers in a channel, or the
                     weights have not one for each channel
        TypeError    numbers mix, or the weights are no pair, or unbiased is no bool
    Laws
        momentum=0 changes nothing, momentum=1 forgets all           of finite numbers
    Source
        PyTorch's BatchNorm1d and BatchNorm2d; ONNX's BatchNormalization with training_mode=1

    >>> running_statistics([[1.0], [3.0]], Moments([0.0], [1.0]), momentum=0.5)
    Moments(mean=[1.0], variance=[1.5])
    """
    means, variances = pair_of(weights, "weights (mean, variance)")
    seen = Moments(*zip(*_batch_moments(inputs, unbiased), strict=True))
    _, means, variances = _channels(inputs[0], mean=means, variance=variances)

    def moved(before: Any, now: Any) -> Any:
        share = lift(momentum, now)
        return add(multiply(subtract(lift(1, now), share), before), multiply(share, now))

    return Moments(zip_with(moved, means, seen.mean), zip_with(moved, variances, seen.variance))


def _batch_moments(batch: Sequence[Sequence[Any]], unbiased: bool = False) -> list[Moments[Any]]:
    """of each channel over all examples"""
    shape_of(batch, "inputs")
    examples = rectangle(batch, "example {}".format, "inputs")
    return [moments(flatten(channel), unbiased=unbiased) for channel in zip(*examples, strict=True)]


def _shared_shape(inputs: Any, **weights: Any) -> tuple[int, ...]:
    """the shape of the inputs, once it is known to be that of the weights"""
    lengths = shape_of(inputs, "inputs")
    for name, tensor in weights.items():
        other = shape_of(tensor, name)
        if other != lengths:
            raise ValueError(f"inputs and {name} differ in shape: {lengths} and {other}")
    return lengths


def _channels(inputs: Any, **weights: Any) -> list[Any]:
    """the inputs and the weights, all of one kind, once each has a number for each channel"""
    lengths = shape_of(inputs, "inputs")
    for name, vector in weights.items():
        if length_of(vector, name) != lengths[0]:
            counts = f"{lengths[0]} and {len(vector)}"
            raise ValueError(f"inputs and {name} differ in channels: {counts}")
    vectors = [flatten(inputs), *weights.values()]
    numbers, *others = alike(vectors, ["inputs", *weights].__getitem__)
    return [reshape(numbers, shape=lengths), *others]
