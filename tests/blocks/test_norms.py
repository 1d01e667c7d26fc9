"""Norms: their moments, over exact roots; and what they refuse."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import inf, isnan, nan
from statistics import mean as exact_mean
from statistics import pvariance, variance
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn import surd
from funcnn.blocks.layouts import flatten
from funcnn.blocks.norms import (
    BatchNormWeights,
    Moments,
    NormWeights,
    batch_norm,
    batch_norm_training,
    group_norm,
    instance_norm,
    layer_norm,
    mean,
    moments,
    reciprocal_root,
    rms_norm,
    running_statistics,
)
from strategies import fractions, vectors

HALF = Fraction(1, 2)
eighths = st.integers(-16, 16).map(lambda n: surd(Fraction(n, 8)))
few = settings(max_examples=25)
several = st.lists(fractions, min_size=1, max_size=6)


def ones(*lengths: int) -> NormWeights[Any]:
    """A scale of ones and a bias of zeros."""

    def filled(number: Any, *lengths: int) -> Any:
        return [filled(number, *lengths[1:]) for _ in range(lengths[0])] if lengths else number

    return NormWeights(filled(surd(1), *lengths), filled(surd(0), *lengths))


@given(several)
def test_the_moments_are_those_of_the_statistics_module(xs: list[Fraction]) -> None:
    assert moments(xs) == (exact_mean(xs), pvariance(xs)) and mean(xs) == exact_mean(xs)
    if len(xs) > 1:
        assert moments(xs, unbiased=True) == (exact_mean(xs), variance(xs))


@given(several, fractions, fractions)
def test_the_moments_of_a_line(xs: list[Fraction], slope: Fraction, shift: Fraction) -> None:
    middle, spread = moments(xs)
    assert moments([slope * x + shift for x in xs]) == (slope * middle + shift, slope**2 * spread)


def test_the_two_passes_lose_nothing_where_the_mean_is_large() -> None:
    assert moments([1e9, 1e9 + 1, 1e9 + 2]) == (1e9 + 1, 2 / 3)
    assert 1e18 + 2e9 + 5 / 3 - (1e9 + 1) ** 2 != 2 / 3


@few
@given(vectors(3, eighths), eighths)
def test_a_layer_norm_has_mean_0_and_a_variance_below_1(xs: list[Any], shift: Any) -> None:
    spread = moments(xs).variance
    y = layer_norm(xs, ones(3), epsilon=HALF)
    assert sum(y) == 0 and moments(y).variance == spread / (spread + surd(HALF))
    assert layer_norm([x + shift for x in xs], ones(3), epsilon=HALF) == y


@few
@given(vectors(3, eighths), vectors(3, eighths), vectors(3, eighths))
def test_then_it_is_scaled_and_moved(xs: list[Any], scale: list[Any], bias: list[Any]) -> None:
    normal = layer_norm(xs, ones(3), epsilon=HALF)
    expected = [x * s + b for x, s, b in zip(normal, scale, bias, strict=True)]
    assert layer_norm(xs, NormWeights(scale, bias), epsilon=HALF) == expected


@few
@given(vectors(3, eighths).filter(any), st.integers(1, 9))
def test_an_rms_norm_has_a_mean_square_of_1(xs: list[Any], factor: int) -> None:
    y = rms_norm(xs, ones(3).scale, epsilon=0)
    assert mean([x * x for x in y]) == 1
    assert rms_norm([x * factor for x in xs], ones(3).scale, epsilon=0) == y
    assert rms_norm(xs, epsilon=0) == y
    assert rms_norm([-x for x in xs], ones(3).bias) == ones(3).bias


@few
@given(vectors(6, eighths), vectors(6, eighths))
def test_the_form_of_the_inputs_does_not_matter(xs: list[Any], scale: list[Any]) -> None:
    def image(numbers: list[Any]) -> Any:
        return [[numbers[0:2]], [numbers[2:4]], [numbers[4:6]]]

    weights, images = NormWeights(scale, xs), NormWeights(image(scale), image(xs))
    assert layer_norm(image(xs), images, epsilon=1) == image(layer_norm(xs, weights, epsilon=1))
    assert rms_norm(image(xs), image(scale), epsilon=1) == image(rms_norm(xs, scale, epsilon=1))


@few
@given(vectors(8, eighths), vectors(4, eighths), vectors(4, eighths))
def test_a_group_norm_is_a_layer_norm_of_each_group(
    xs: list[Any], scale: list[Any], bias: list[Any]
) -> None:
    image = [xs[0:2], xs[2:4], xs[4:6], xs[6:8]]
    weights = NormWeights(scale, bias)
    for groups in (1, 2, 4):
        size = 4 // groups
        expected = [
            layer_norm(
                image[start : start + size],
                NormWeights(
                    [[s, s] for s in scale[start : start + size]],
                    [[b, b] for b in bias[start : start + size]],
                ),
                epsilon=HALF,
            )
            for start in range(0, 4, size)
        ]
        assert group_norm(image, weights, groups=groups, epsilon=HALF) == sum(expected, [])
    assert instance_norm(image, weights, epsilon=HALF) == sum(expected, [])


@few
@given(vectors(12, eighths), vectors(2, eighths), vectors(2, eighths))
def test_in_training_each_channel_is_a_layer_norm_of_the_batch(
    xs: list[Any], scale: list[Any], bias: list[Any]
) -> None:
    batch = [[xs[0:2], xs[2:4]], [xs[4:6], xs[6:8]], [xs[8:10], xs[10:12]]]
    normed = batch_norm_training(batch, NormWeights(scale, bias), epsilon=HALF)
    for channel in range(2):
        seen = flatten([x[channel] for x in batch])
        weights = NormWeights([scale[channel]] * 6, [bias[channel]] * 6)
        expected = layer_norm(seen, weights, epsilon=HALF)
        assert flatten([y[channel] for y in normed]) == expected


@few
@given(vectors(4, eighths), vectors(2, eighths), vectors(2, eighths))
def test_a_batch_of_one_is_an_instance_norm(xs: list[Any], one: list[Any], two: list[Any]) -> None:
    image, weights = [xs[0:2], xs[2:4]], NormWeights(one, two)
    assert batch_norm_training([image], weights) == [instance_norm(image, weights)]


def test_a_batch_norm_that_has_seen_mean_0_and_variance_1_changes_nothing() -> None:
    weights = BatchNormWeights([1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0])
    for image in ([2.0, 3.0], [[1.0, 2.0], [3.0, 4.0]], [[[1.0]], [[2.0]]]):
        assert batch_norm(image, weights, epsilon=0) == image


@given(vectors(12, fractions), vectors(2, fractions), vectors(2, fractions), fractions)
def test_running_statistics_move_towards_those_of_the_batch(
    xs: list[Fraction], before: list[Fraction], spread: list[Fraction], share: Fraction
) -> None:
    batch = [[xs[0:2], xs[2:4]], [xs[4:6], xs[6:8]], [xs[8:10], xs[10:12]]]
    seen = [flatten([x[channel] for x in batch]) for channel in range(2)]
    weights = Moments(before, spread)
    for unbiased, of_a_channel in ((True, variance), (False, pvariance)):
        now = [exact_mean(channel) for channel in seen], [of_a_channel(x) for x in seen]
        after = running_statistics(batch, weights, momentum=share, unbiased=unbiased)
        for old, new, moved in zip(weights, now, after, strict=True):
            triples = zip(old, new, moved, strict=True)
            assert all(m == (1 - share) * o + share * n for o, n, m in triples)
    assert running_statistics(batch, weights, momentum=0) == weights
    assert running_statistics(batch, weights, momentum=1, unbiased=False) == now


def test_the_defaults_are_pytorch_s() -> None:
    """Of 1 and 3 the mean is 2, the unbiased variance 2: one tenth of each."""
    after = running_statistics([[1.0], [3.0]], Moments([0.0], [0.0]))
    assert after == ([0.1 * 2.0], [0.1 * 2.0])
    assert layer_norm([0.0, 2.0], NormWeights([1.0] * 2, [0.0] * 2))[1] == 1 / (1 + 1e-5) ** 0.5


def test_infinity_and_nan_are_not_hidden() -> None:
    weights = NormWeights([1.0, 1.0], [0.0, 0.0])
    for strange in (inf, nan):
        assert all(isnan(y) for y in layer_norm([strange, 1.0], weights))
    assert isnan(rms_norm([inf, 1.0], [1.0, 1.0])[0]) and rms_norm([inf, 1.0], [1.0, 1.0])[1] == 0
    assert isnan(layer_norm([1.0, 1.0], weights, epsilon=0)[0]) and reciprocal_root(0.0, 0) == inf


def test_ints_are_lifted_beside_other_numbers() -> None:
    mixed, floats = NormWeights([2, 1.0], [1, 0]), NormWeights([2.0, 1.0], [1.0, 0.0])
    assert layer_norm([1, 2.5], mixed) == layer_norm([1.0, 2.5], floats)
    assert group_norm([1, 2.5], mixed, groups=1) == group_norm([1.0, 2.5], floats, groups=1)
    assert rms_norm([1, 2.5], [2, 1]) == rms_norm([1.0, 2.5], [2.0, 1.0])


def test_tuples_are_lists_too() -> None:
    weights = NormWeights((1.0, 1.0), (0.0, 0.0))
    image = ((1.0, 3.0), (4.0, 8.0))
    lists: Any = [[1.0, 3.0], [4.0, 8.0]]
    for definition in (partial(group_norm, groups=2), instance_norm, batch_norm_training):
        assert definition(image, weights) == definition(lists, weights)
        assert repr(definition(image, weights)) == repr(definition(lists, weights))
    square = NormWeights(image, image)
    assert repr(layer_norm(image, square)) == repr(layer_norm(lists, square))
    assert repr(rms_norm(image, image)) == repr(rms_norm(lists, image))


PAIR = NormWeights([1.0, 1.0], [0.0, 0.0])
THREE = NormWeights([1.0] * 3, [0.0] * 3)
FOUR = BatchNormWeights([1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0])
grouped = partial(group_norm, groups=1)
HALVED: Any = 0.5
SOME: Any = 3


@pytest.mark.parametrize(
    ("definition", "inputs", "weights", "message"),
    [
        (layer_norm, [], PAIR, "inputs is empty: its shape is (0,)"),
        (layer_norm, [[], []], PAIR, "inputs is empty: its shape is (2, 0)"),
        (layer_norm, [1.0], PAIR, "inputs and scale differ in shape: (1,) and (2,)"),
        (layer_norm, [1.0], ([1.0], [1.0, 2.0]), "inputs and bias differ in shape: (1,) and (2,)"),
        (rms_norm, [1.0], [1.0, 1.0], "inputs and scale differ in shape: (1,) and (2,)"),
        (rms_norm, [[1.0], [1.0, 2.0]], [1.0], "ragged: entry 1 has shape (2,), entry 0 has "),
        (batch_norm, [1.0], FOUR, "inputs and scale differ in channels: 1 and 2"),
        (batch_norm, [1.0, 2.0], FOUR._replace(variance=[]), "inputs and variance differ in ch"),
        (batch_norm, [[1.0], []], FOUR, "ragged: entry 1 has shape (0,), entry 0 has shape (1,)"),
        (grouped, [1.0], PAIR, "inputs and scale differ in channels: 1 and 2"),
        (partial(group_norm, groups=2), [1.0], ([1.0], [1.0]), "2 groups do not divide 1 channels"),
        (partial(group_norm, groups=2), [1.0] * 3, THREE, "2 groups do not divide 3 channels"),
        (partial(group_norm, groups=0), [1.0, 2.0], PAIR, "groups is 0: give 1 or more"),
        (instance_norm, [], PAIR, "inputs is empty: its shape is (0,)"),
        (instance_norm, [[1.0], [2.0], [3.0]], PAIR, "inputs and scale differ in channels: 3 and"),
        (batch_norm_training, [], PAIR, "inputs is empty: its shape is (0,)"),
        (batch_norm_training, [[]], PAIR, "inputs is empty: its shape is (1, 0)"),
        (batch_norm_training, [[1.0]], PAIR, "inputs and scale differ in channels: 1 and 2"),
        (batch_norm_training, [[1.0, 2.0], [3.0]], PAIR, "ragged: entry 1 has shape (1,), entry 0"),
        (running_statistics, [[1.0, 2.0]], PAIR, "an unbiased variance needs two or more numbers"),
        (running_statistics, [[1.0], [2.0]], PAIR, "inputs and mean differ in channels: 1 and 2"),
        (running_statistics, [], PAIR, "inputs is empty: its shape is (0,)"),
    ],
)
def test_what_does_not_fit_is_refused(
    definition: Callable[..., Any], inputs: Any, weights: Any, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        definition(inputs, weights)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("definition", "inputs", "weights", "message"),
    [
        (layer_norm, 1.0, PAIR, "inputs is a float, not a list"),
        (layer_norm, iter([1.0, 2.0]), PAIR, "inputs is a list_iterator, not a list"),
        (layer_norm, [1.0, 2.0], [[1.0, 1.0]], "weights (scale, bias) are a pair, not a list of "),
        (layer_norm, [1.0, 2.0], 1.0, "weights (scale, bias) are a pair, not a float"),
        (layer_norm, [1.0, 2.0], (1.0, 1.0), "scale is a float, not a list"),
        (layer_norm, [1.0, HALF], PAIR, "terms, entry 1: float beside Fraction: numbers do not "),
        (layer_norm, [HALF, HALF], PAIR, "sqrt has no instance for Fraction: its value may be "),
        (layer_norm, [1, 2], PAIR, "the quotient of two ints need not be an int"),
        (layer_norm, [1.0, "2"], PAIR, "terms, entry 1: lift has no instance for str"),
        (rms_norm, [1.0, 2.0], ["1", "2"], "float beside str: numbers do not mix"),
        (batch_norm, [1.0, 2.0], PAIR, "weights (scale, bias, mean, variance) are 4, not 2"),
        (batch_norm, [1.0, 2.0], 1.0, "weights (scale, bias, mean, variance) is a float, not a l"),
        (batch_norm, [HALF, HALF], FOUR, "scale, entry 0: Fraction beside float: numbers "),
        (partial(group_norm, groups=HALVED), [1.0, 2.0], PAIR, "groups is a float, not an int"),
        (grouped, [1.0, 2.0], FOUR, "weights (scale, bias) are a pair, not a BatchNormWeights of"),
        (grouped, [[1.0], [HALF]], PAIR, "inputs, entry 1: float beside Fraction: numbers do not"),
        (partial(running_statistics, unbiased=SOME), [[1.0]], ([1.0], [1.0]), "unbiased is a int"),
        (running_statistics, [[1.0]] * 2, ([HALF], [1.0]), "mean, entry 0: float beside Fraction"),
        (instance_norm, 1.0, PAIR, "inputs is a float, not a list"),
        (batch_norm_training, [1.0, 2.0], PAIR, "example 0 is a float, not a list"),
        (batch_norm_training, iter([[1.0]]), PAIR, "inputs is a list_iterator, not a list"),
        (running_statistics, [1.0, 2.0], PAIR, "example 0 is a float, not a list"),
        (running_statistics, [[1.0], [2.0]], 1.0, "weights (mean, variance) are a pair, not a f"),
    ],
)
def test_what_is_of_a_wrong_kind_is_refused(
    definition: Callable[..., Any], inputs: Any, weights: Any, message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        definition(inputs, weights)
    assert str(caught.value).startswith(message)


def test_weights_that_are_ints_are_lifted() -> None:
    ints: Any = BatchNormWeights([1], [2], [0], [1])
    assert batch_norm([3.0], ints, epsilon=0) == [5.0]
