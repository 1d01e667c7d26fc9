"""The kernel of conv2d is the map of its definition: the same numbers, floats within the
certificate, or the same error."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factors import FLOATS, SPECIAL
from funcnn import Dyadic, bfloat16, cast, elementwise, layer, leaves, relu, serial, shape, tree_map
from funcnn.blocks import convolutions
from funcnn.fast import vmap
from funcnn.fast.convolutions import SIDE_BY_SIDE, conv2d
from funcnn.laws import admits
from representations import EXAMPLES, integers, outcome, same

type Case = tuple[Any, Any, Any]
"""A batch of images, kernels, and the padding."""

LIMITS = [127, -127, -128, 128, 2**15, 2**23, 2**31, 2**63 - 1, -(2**63), 2**63, 2**128, 2**200]
DYADICS = st.builds(Dyadic, st.integers(-9, 9) | st.integers(), st.integers(-9, 9))
FAR = st.sampled_from([Dyadic(1, 10**4), Dyadic(3, -(10**4)), Dyadic(1, 5000), Dyadic(0, 10**9)])
FRACTIONS = st.fractions(-9, 9, max_denominator=9)
EXACT: list[st.SearchStrategy[Any]] = [
    st.integers(-128, 127),
    st.sampled_from(LIMITS) | st.integers(-1, 1),
    integers,
    DYADICS,
    DYADICS | integers | FAR,
    FRACTIONS,
    FRACTIONS | st.booleans(),
]
SIZES = [
    (1, 1, 1, 1, 1, 1, 1, 0),
    (1, 1, 1, 1, 1, 1, 1, 1),
    (1, 1, 1, 1, 2, 3, 3, 1),
    (1, 2, 3, 3, 1, 3, 3, 0),
    (2, 1, 1, 1, 1, 2, 2, 1),
    (1, 2, 2, 1, 1, 2, 2, 1),
    (1, 1, 5, 3, 1, 5, 2, 0),
    (1, 3, 1, 7, 1, 1, 5, 0),
    (2, 1, 4, 1, 1, 3, 1, 0),
    (1, 1, 2, 1, 1, 7, 7, 3),
    (1, 1, 2, 2, 2, 2, 3, 1),
    (1, 1, 1, 2, 1, 3, 6, 2),
    (3, 1, 2, 2, 1, 1, 2, 0),
]
"""Images, channels, height, width; kernels, height, width; padding."""


def tensor(pool: list[Any], picks: Any, sizes: tuple[int, ...]) -> Any:
    if not sizes:
        return pool[next(picks) % len(pool)]
    return [tensor(pool, picks, sizes[1:]) for _ in range(sizes[0])]


@st.composite
def cases(draw: st.DrawFn, kinds: list[st.SearchStrategy[Any]]) -> Case:
    """Numbers of one kind, picked from a few."""
    count, channels, height, width, kernels, rows, columns, padding = draw(st.sampled_from(SIZES))
    pool = draw(st.lists(draw(st.sampled_from(kinds)), min_size=1, max_size=5))
    picks = iter(draw(st.binary(min_size=150, max_size=150)))
    xs = tensor(pool, picks, (count, channels, height, width))
    return xs, tensor(pool, picks, (kernels, channels, rows, columns)), padding


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """The nested lists with something else somewhere in them."""
    if not isinstance(value, list) or not value or draw(st.booleans()):
        others: list[Any] = [None, "1", 0.5, Fraction(1, 3), 1, [], [1], [[1, 2]], iter([1])]
        if isinstance(value, list):
            others += [value[1:], [*value, *value[:1]], tuple(value)]
        return draw(st.sampled_from(others))
    index = draw(st.integers(0, len(value) - 1))
    return [*value[:index], draw(spoiled(value[index])), *value[index + 1 :]]


def mapped(xs: Any, weights: Any, padding: Any) -> Any:
    return [convolutions.conv2d(x, weights, padding=padding) for x in xs]


def kernel(xs: Any, weights: Any, padding: Any) -> Any:
    return conv2d(xs, weights, padding=padding)


@settings(max_examples=EXAMPLES)
@given(cases(EXACT))
def test_exact_numbers_are_the_definition_s(case: Case) -> None:
    assert same(kernel(*case), mapped(*case))


@settings(max_examples=EXAMPLES // 4)
@given(cases(EXACT[:5]), st.data())
def test_where_the_definition_raises_so_does_the_kernel(case: Case, data: st.DataObject) -> None:
    parts: list[Any] = [*case]
    place = data.draw(st.integers(0, 2))
    if place == 0:
        parts[0] = [data.draw(spoiled(parts[0][0])), *parts[0][1:]]
    elif place == 1:
        parts[1] = data.draw(spoiled(parts[1]))
    else:
        parts[2] = data.draw(st.sampled_from([-1, 0, 1.0, True, None, "1"]))
    expected, actual = outcome(mapped, *parts), outcome(kernel, *parts)
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


def seen(image: Any, kernels: Any, padding: int, i: int, j: int) -> list[float]:
    """What a kernel sees of an image at a place."""
    _, _, rows, columns = shape(kernels)
    places = [(i + a - padding, j + b - padding) for a in range(rows) for b in range(columns)]
    return [
        channel[row][column] if 0 <= row < len(channel) and 0 <= column < len(channel[0]) else 0.0
        for channel in image
        for row, column in places
    ]


@settings(max_examples=EXAMPLES // 4)
@given(cases([FLOATS, FLOATS | SPECIAL, st.floats()]))
@example(([[[[1e308, 1e308]]]], [[[[10.0, -10.0]]]], 0))
def test_floats_lie_within_the_certificate(case: Case) -> None:
    xs, kernels, padding = case
    outputs = kernel(*case)
    assert shape(outputs) == shape(mapped(*case))
    for image, output in zip(xs, outputs, strict=True):
        for weights, channel in zip(kernels, output, strict=True):
            for i, row in enumerate(channel):
                for j, value in enumerate(row):
                    assert type(value) is float
                    assert admits(seen(image, kernels, padding, i, j), [*leaves(weights)], value)


@pytest.mark.parametrize("entry", [-128, 127, 255, -(2**15), 2**31 - 1, -(2**63), 2**100])
@pytest.mark.parametrize("weight", [0, 1, -1, -128, 2**16, 2**63])
def test_sums_as_large_as_they_can_be_fit_their_lanes(entry: int, weight: int) -> None:
    """Beside them stand sums of the other sign, whose lanes they must not reach."""
    image = [[[entry] * 5, [-entry - 1] * 5, [entry] * 5]] * 3
    kernels = [
        [[[weight] * 3] * 3] * 3,
        [[[-weight] * 3] * 3] * 3,
        [[[weight, -weight, 0]] * 3] * 3,
    ]
    for padding in (0, 1):
        case = [image, image], kernels, padding
        assert kernel(*case) == mapped(*case)


def test_a_batch_of_more_images_than_stand_side_by_side() -> None:
    images = [[[[x % 11 - 5 + row for x in range(30)]] * 20] for row in range(16)]
    assert len(images) * 20 * 30 > 2 * SIDE_BY_SIDE
    case = tree_map(lambda x: x, images), [[[[1, -2], [3, 4]]]], 1
    assert kernel(*case) == mapped(*case)


@pytest.mark.parametrize("kind", [int, float, Fraction, lambda x: cast(x, bfloat16)])
def test_images_of_several_sizes_are_each_convolved(kind: Any) -> None:
    images = [[[[1, 2, 3]]], [[[4, 5], [6, 7]]], [[[8, 9]]]]
    case = tree_map(kind, images), tree_map(kind, [[[[10, 1]]]]), 0
    assert same(kernel(*case), mapped(*case))


def test_of_ints_come_ints_though_another_image_holds_dyadics() -> None:
    case = [[[[1, 2]]], [[[3, Dyadic(1, -1)]]]], [[[[4]]]], 0
    assert same(kernel(*case), mapped(*case))


def test_dyadics_too_far_apart_for_one_exponent_are_left_to_the_definition() -> None:
    case = [[[[Dyadic(1, 10**15), Dyadic(1, -(10**15))]]]], [[[[Dyadic(3)]]]], 0
    assert same(kernel(*case), mapped(*case))


@pytest.mark.parametrize("number", [1, 1.5, Dyadic(1), Fraction(1, 2)])
def test_padding_below_0_is_refused(number: Any) -> None:
    case = [[[[number] * 5] * 5]], [[[[number]]]], -1
    expected = (ValueError, "padding is -1: give 0 or more")
    assert outcome(kernel, *case) == outcome(mapped, *case) == expected


def test_no_images_give_no_outputs() -> None:
    assert conv2d([], [[[[1]]]]) == []
    with pytest.raises(TypeError, match="^xs is a list_iterator, not a list$"):
        kernel(iter([[[[1]]]]), [[[[1]]]], 0)


def test_a_network_of_convolutions_over_a_batch_is_the_map() -> None:
    network = serial(
        layer(convolutions.conv2d, padding=1), elementwise(relu), layer(convolutions.conv2d)
    )
    edges: Any = [[[[1, 0, -1]] * 3], [[[1] * 3, [0] * 3, [-1] * 3]]]
    xs: list[Any] = [[[[1, 2, 3], [4, 5, 9]]], [[[3, 0, 1], [0, 0, 7]]]]
    weights = [edges, (), [[[[1]], [[1]]]]]
    assert vmap(network)(xs, weights) == [network(x, weights) for x in xs]
    with pytest.raises(
        ValueError, match="^layer 0: inputs and kernels differ in channels: 2 and 1$"
    ):
        vmap(network)([xs[0], xs[1] * 2], weights)
