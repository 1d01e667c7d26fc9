"""A convolution's matrix: its product is the convolution, transposed the transposed one; and how
redundant it is is what is counted in it."""

from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import pytest

from block_cases import over
from cases_convolutions import conv_case, each_axis, transposed_case
from funcnn import leaves, matvec, shape, transpose
from funcnn.blocks.convolution_matrices import conv_matrix, conv_redundancy

SEEDS = range(100)
RANKS = pytest.mark.parametrize("rank", [1, 2, 3])


@RANKS
def test_its_product_is_the_convolution(rank: int) -> None:
    for seed in SEEDS:
        case = over(Fraction, conv_case(Random(seed), rank))
        matrix = conv_matrix(case.weights, shape(case.inputs)[1:], **case.settings)
        assert matvec(matrix, [*leaves(case.inputs)]) == [*leaves(case.run())], seed


@RANKS
def test_transposed_its_product_is_the_transposed_convolution(rank: int) -> None:
    for seed in SEEDS:
        case = over(Fraction, transposed_case(Random(seed), rank))
        case.settings.pop("output_padding", None)
        outputs = case.run()
        matrix = conv_matrix(case.weights, shape(outputs)[1:], **case.settings)
        assert matvec(transpose(matrix), [*leaves(case.inputs)]) == [*leaves(outputs)], seed


@RANKS
def test_free_is_every_weight_that_touches_the_inputs(rank: int) -> None:
    """Only those touch none that see nothing but padding, at every place: here, on each axis."""
    for seed in SEEDS:
        case = conv_case(Random(seed), rank)
        sizes, (channels, *lengths) = shape(case.weights), shape(case.inputs)
        entries, filled, free = conv_redundancy(sizes, lengths, **case.settings)
        outputs = case.run()
        assert entries == len([*leaves(outputs)]) * channels * prod(lengths), seed
        touching, times = sizes[0] * sizes[1], sizes[0] * sizes[1]
        for k, n, m, stride, dilation, pad in zip(
            sizes[2:],
            lengths,
            shape(outputs)[1:],
            each_axis(case.settings.get("stride", 1), rank),
            each_axis(case.settings.get("dilation", 1), rank),
            each_axis(case.settings.get("padding", 0), rank),
            strict=True,
        ):
            before, _ = each_axis(pad, 2)
            at = [[j * stride + a * dilation - before for j in range(m)] for a in range(k)]
            seen = [len([place for place in places if 0 <= place < n]) for places in at]
            touching *= len([count for count in seen if count])
            times *= sum(seen)
        assert (filled, free) == (times, touching), seed


def test_without_padding_every_weight_is_free() -> None:
    assert conv_redundancy((8, 3, 3, 3), (5, 5)).free == 8 * 3 * 3 * 3
    assert conv_redundancy((4, 1, 3, 3), (5, 5), groups=4, stride=2).free == 4 * 3 * 3


def test_a_kernel_as_large_as_the_image_is_a_matrix_without_redundancy() -> None:
    assert conv_redundancy((7, 2, 3, 4), (3, 4)) == (7 * 24, 7 * 24, 7 * 24)


def test_a_1_by_1_convolution_is_one_matrix_at_every_place() -> None:
    assert conv_redundancy((3, 2, 1), (5,)) == (15 * 10, 5 * 6, 6)
    assert conv_matrix([[[1], [2]]], [2]) == [[1, 0, 2, 0], [0, 1, 0, 2]]


@pytest.mark.parametrize(
    ("kind", "weights", "lengths", "settings", "message"),
    [
        (ValueError, [[[1]]], [], {}, "axes is 0: give 1 or more"),
        (ValueError, [[[1]]], [0], {}, "lengths is 0: give 1 or more"),
        (TypeError, [[[1]]], [2.0], {}, "lengths is a float, not an int"),
        (TypeError, [[[1]]], 2, {}, "lengths is a int, not a list"),
        (TypeError, [[[1]]], [2, 2], {}, "row 0 of channel 0 of kernel 0 of weights is a int, not"),
        (ValueError, [[[1, 2]], [[1]]], [2], {}, "channel 0 of kernel 1 of weights has length 1,"),
        (
            TypeError,
            [[[1, 0.5, Fraction(1)]]],
            [3],
            {},
            "channel 0 of kernel 0 of weights, e",
        ),
        (
            ValueError,
            [[[1, 2, 3]]],
            [2],
            {},
            "the kernels, 3, are larger than the padded inputs",
        ),
        (ValueError, [[[1]]], [2], {"groups": 2}, "2 groups do not divide 1 kernels"),
        (ValueError, [[[1]]], [2], {"stride": 0}, "stride is 0: give 1 or more"),
    ],
)
def test_what_does_not_fit_is_refused(
    kind: Any, weights: Any, lengths: Any, settings: Any, message: str
) -> None:
    with pytest.raises(kind) as caught:
        conv_matrix(weights, lengths, **settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("kind", "sizes", "lengths", "message"),
    [
        (TypeError, 5, [4], "sizes is a int, not a list"),
        (TypeError, (1, 1, 2.0), [4], "sizes is a float, not an int"),
        (ValueError, (1, 1, 0), [4], "sizes is 0: give 1 or more"),
        (TypeError, (1, 1), [4], "channel 0 of kernel 0 of weights is a int, not a list"),
        (TypeError, (1, 1, 2), 4, "lengths is a int, not a list"),
    ],
)
def test_sizes_that_are_none_are_refused(kind: Any, sizes: Any, lengths: Any, message: str) -> None:
    with pytest.raises(kind) as caught:
        conv_redundancy(sizes, lengths)
    assert str(caught.value) == message


def test_ints_beside_fractions_are_lifted() -> None:
    matrix: Any = conv_matrix([[[1, Fraction(1, 2)]]], [3])
    assert {*map(type, leaves(matrix))} == {Fraction}
