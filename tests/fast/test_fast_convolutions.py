"""The kernels of convolutions are the maps of their definitions: the same numbers, floats within
the certificate, or the same error."""

from collections.abc import Callable
from fractions import Fraction
from itertools import cycle
from random import Random
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cases_convolutions
from block_cases import Case as BlockCase
from block_cases import over
from cases_convolutions import conv_case
from factors import FLOATS, SPECIAL
from funcnn import Dyadic, bfloat16, cast, elementwise, layer, leaves, relu, serial, shape, tree_map
from funcnn.algebra.bounds import bound
from funcnn.blocks import convolutions, transposed_convolutions
from funcnn.fast import convolutions as fast
from funcnn.fast import vmap
from funcnn.fast.convolutions import conv2d
from funcnn.fast.images import SIDE_BY_SIDE
from funcnn.laws import admits
from representations import EXAMPLES, integers, outcome, same

type Case = tuple[Any, Any, Any]
"""A batch of images, kernels, and settings."""

KERNELS: Final[dict[Callable[..., Any], Callable[..., list[Any]]]] = {
    convolutions.conv: fast.conv,
    convolutions.conv1d: fast.conv1d,
    convolutions.conv2d: fast.conv2d,
    transposed_convolutions.conv_transpose: fast.conv_transpose,
    transposed_convolutions.conv_transpose1d: fast.conv_transpose1d,
    transposed_convolutions.conv_transpose2d: fast.conv_transpose2d,
    convolutions.channel_bias: fast.channel_bias,
}
NAMES: Final = [
    name for name, case in cases_convolutions.CASES.items() if case(Random(0)).definition in KERNELS
]

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
    if draw(st.integers(0, 3)):
        count, channels, height, width, kernels, rows, columns, pads = draw(st.sampled_from(SIZES))
        lengths, sizes, options = [channels, height, width], [kernels, channels, rows, columns], {}
        options["padding"] = pads
    else:
        case = conv_case(Random(draw(st.integers(0, 10**6))), 2)
        lengths, sizes, options = [*shape(case.inputs)], [*shape(case.weights)], case.settings
        count = draw(st.integers(1, 2))
    pool = draw(st.lists(draw(st.sampled_from(kinds)), min_size=1, max_size=5))
    picks = cycle(draw(st.binary(min_size=100, max_size=100)))
    return tensor(pool, picks, (count, *lengths)), tensor(pool, picks, tuple(sizes)), options


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


def mapped(xs: Any, weights: Any, options: Any) -> Any:
    return [convolutions.conv2d(x, weights, **options) for x in xs]


def kernel(xs: Any, weights: Any, options: Any) -> Any:
    return conv2d(xs, weights, **options)


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
        name = data.draw(st.sampled_from(["stride", "padding", "dilation", "groups"]))
        bad = st.sampled_from([-1, 0, 2, 9, 1.0, True, None, "1", (1,), (2, 2), ((1, 0), 1)])
        parts[2] = parts[2] | {name: data.draw(bad)}
    expected, actual = outcome(mapped, *parts), outcome(kernel, *parts)
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


@settings(max_examples=EXAMPLES // 4)
@given(cases([FLOATS, FLOATS | SPECIAL, st.floats()]))
@example(([[[[1e308, 1e308]]]], [[[[10.0, -10.0]]]], {}))
def test_floats_lie_within_the_certificate(case: Case) -> None:
    xs, kernels, options = case
    outputs = kernel(*case)
    assert shape(outputs) == shape(mapped(*case))
    share = len(kernels) // options.get("groups", 1)
    for image, output in zip(xs, outputs, strict=True):
        seen = convolutions.patches(image, shape(kernels)[2:], 0.0, **options)
        for index, (weights, channel) in enumerate(zip(kernels, output, strict=True)):
            for patches, row in zip(seen[index // share], channel, strict=True):
                for patch, value in zip(patches, row, strict=True):
                    assert type(value) is float
                    assert admits(patch, [*leaves(weights)], value)


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
        case = [image, image], kernels, {"padding": padding}
        assert kernel(*case) == mapped(*case)


def test_a_batch_of_more_images_than_stand_side_by_side() -> None:
    images = [[[[x % 11 - 5 + row for x in range(30)]] * 20] for row in range(16)]
    assert len(images) * 20 * 30 > 2 * SIDE_BY_SIDE
    case: Case = tree_map(lambda x: x, images), [[[[1, -2], [3, 4]]]], {"padding": 1}
    assert kernel(*case) == mapped(*case)


@pytest.mark.parametrize("kind", [int, float, Fraction, lambda x: cast(x, bfloat16)])
def test_images_of_several_sizes_are_each_convolved(kind: Any) -> None:
    images = [[[[1, 2, 3]]], [[[4, 5], [6, 7]]], [[[8, 9]]]]
    case: Case = tree_map(kind, images), tree_map(kind, [[[[10, 1]]]]), {}
    assert same(kernel(*case), mapped(*case))


def test_of_ints_come_ints_though_another_image_holds_dyadics() -> None:
    case: Case = [[[[1, 2]]], [[[3, Dyadic(1, -1)]]]], [[[[4]]]], {}
    assert same(kernel(*case), mapped(*case))


def test_dyadics_too_far_apart_for_one_exponent_are_left_to_the_definition() -> None:
    case: Case = [[[[Dyadic(1, 10**15), Dyadic(1, -(10**15))]]]], [[[[Dyadic(3)]]]], {}
    assert same(kernel(*case), mapped(*case))


@pytest.mark.parametrize("number", [1, 1.5, Dyadic(1), Fraction(1, 2)])
def test_padding_below_0_is_refused(number: Any) -> None:
    case: Case = [[[[number] * 5] * 5]], [[[[number]]]], {"padding": -1}
    expected = (ValueError, "padding is -1: give 0 or more")
    assert outcome(kernel, *case) == outcome(mapped, *case) == expected


def test_no_images_give_no_outputs() -> None:
    assert conv2d([], [[[[1]]]]) == []
    with pytest.raises(TypeError, match="^xs is a list_iterator, not a list$"):
        kernel(iter([[[[1]]]]), [[[[1]]]], {})


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


def drawn(name: str, seed: int) -> tuple[BlockCase, list[Any]]:
    """A case, and a batch of inputs like its."""
    draw = Random(seed)
    case = cases_convolutions.CASES[name](draw)
    batch = [tree_map(lambda x: draw.choice([x, -x, 0.5]), case.inputs) for _ in range(2)]
    return case, [case.inputs, *batch]


def whole(x: float) -> int:
    return int(8 * x)


KINDS: Final[list[Callable[[float], Any]]] = [
    whole,
    float,
    Fraction,
    lambda x: Dyadic(whole(x), -3),
    lambda x: cast(x, bfloat16),
]


@pytest.mark.parametrize("name", NAMES)
def test_each_kernel_is_the_map_of_its_definition(name: str) -> None:
    """The floats are so short that no sum of theirs rounds."""
    for seed in range(40):
        case, xs = drawn(name, seed)
        for number in KINDS:
            one = over(number, case)
            batch = tree_map(number, xs)
            expected = [one._replace(inputs=x).run() for x in batch]
            actual = KERNELS[case.definition](batch, one.weights, **one.settings)
            assert same(actual, expected), seed


@pytest.mark.parametrize("name", NAMES)
def test_each_kernel_stays_within_the_bounds(name: str) -> None:
    for seed in range(20):
        case, xs = drawn(name, seed)
        draw = Random(seed)
        xs, weights = tree_map(lambda x: x * draw.uniform(0.9, 1.1), (xs, case.weights))
        outputs = KERNELS[case.definition](xs, weights, **case.settings)
        for x, output in zip(xs, outputs, strict=True):
            bounds = over(bound, case._replace(inputs=x, weights=weights)).run()
            assert shape(bounds) == shape(output), seed
            pairs = zip(leaves(bounds), leaves(output), strict=True)
            assert all(radius.admits(y) for radius, y in pairs), seed


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=EXAMPLES // 20)
@given(st.integers(0, 10**6), st.data())
def test_where_a_definition_raises_so_does_its_kernel(
    name: str, seed: int, data: st.DataObject
) -> None:
    case, xs = drawn(name, seed)
    if data.draw(st.booleans()):
        xs[0] = data.draw(spoiled(xs[0]))
    else:
        case = case._replace(weights=data.draw(spoiled(case.weights)))

    def by_definition() -> Any:
        return [case._replace(inputs=x).run() for x in xs]

    def by_kernel() -> Any:
        return KERNELS[case.definition](xs, case.weights, **case.settings)

    expected, actual = outcome(by_definition), outcome(by_kernel)
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


@pytest.mark.parametrize("bias", [[1.0], [1.0, 2.0, 3.0], [1.0, Fraction(1)], [[1.0], [2.0]], 1.0])
def test_a_bias_that_does_not_fit_is_refused(bias: Any) -> None:
    xs: Any = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    expected = outcome(convolutions.channel_bias, xs[0], bias)
    assert isinstance(expected, tuple)
    assert outcome(fast.channel_bias, xs, bias) == expected


@pytest.mark.parametrize("stride", [1, 2, 3, 4, (1, 12), (5, 2)])
@pytest.mark.parametrize("dilation", [1, (2, 3)])
def test_strides_near_and_far(stride: Any, dilation: Any) -> None:
    """In lanes at all places, or at those of the stride alone."""
    draw = Random(1)
    xs = [[[[draw.randint(-128, 127) for _ in range(14)] for _ in range(9)] for _ in range(4)]] * 3
    kernels = [[[[draw.randint(-9, 9) for _ in range(3)] for _ in range(2)]] * 2] * 4
    options = {"stride": stride, "dilation": dilation, "padding": ((2, 0), (1, 3)), "groups": 2}
    assert kernel(xs, kernels, options) == mapped(xs, kernels, options)
    floats, weights = tree_map(float, (xs, kernels))
    assert kernel(floats, weights, options) == mapped(xs, kernels, options)


@pytest.mark.parametrize("number", [3, 0.5])
def test_between_the_weights_of_a_kernel_of_one_there_is_nothing(number: float) -> None:
    assert fast.conv1d([[[number]]], [[[number]]], dilation=10**20) == [[[number * number]]]
