"""The kernels of pooling are the maps of their definitions: the largest is the same number, a mean
is within the bounds, or the same error."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import inf, nan
from random import Random
from typing import Any, Final

import pytest

from block_cases import over, tensor
from cases_pooling import CASES
from funcnn import bound, leaves, tree_map
from funcnn.blocks import pooling
from funcnn.fast.pooling import average_pool2d, max_pool2d
from funcnn.fast.rows import kind_and_lengths
from representations import outcome, same

KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "max_pool2d": max_pool2d,
    "average_pool2d": average_pool2d,
}
POOLS: Final = {
    "max_pool2d": max_pool2d,
    "max_pool2d of few settings": max_pool2d,
    "average_pool2d": average_pool2d,
    "average_pool2d of few settings": average_pool2d,
}
kernels = pytest.mark.parametrize("name", KERNELS)


def mapped(name: str, xs: Any, **settings: Any) -> list[Any]:
    return [getattr(pooling, name)(x, **settings) for x in xs]


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("number", [int, Fraction, float])
def test_exact_numbers_are_the_definition_s(name: str, number: Any) -> None:
    for seed in range(60):
        case = over(lambda x: number(8 * x), CASES[name](Random(f"{name} {seed}")))
        xs = [case.inputs, tree_map(lambda x: -x, case.inputs)]
        definition = case.definition.__name__
        expected = outcome(partial(mapped, definition, **case.settings), xs)
        actual = outcome(partial(POOLS[name], **case.settings), xs)
        if name.startswith("average") and number is float:
            limits = [over(bound, case._replace(inputs=x)).run() for x in xs]
            pairs = zip(leaves(limits), leaves(actual), strict=True)
            assert all(limit.admits(y) for limit, y in pairs), seed
        else:
            assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


def test_means_of_floats_are_within_the_bounds() -> None:
    for seed in range(100):
        draw = Random(seed)
        case = over(lambda x: draw.gauss(x, 0.5), CASES["average_pool2d"](draw))
        (y,) = average_pool2d([case.inputs], **case.settings)
        limits = over(bound, case).run()
        pairs = zip(leaves(limits), leaves(y), strict=True)
        assert all(limit.admits(number) for limit, number in pairs), seed


def test_the_largest_of_nan_infinities_and_zeros_is_the_definition_s() -> None:
    for seed in range(100):
        draw = Random(seed)
        few = draw.choice([[0.0, -0.0], [0.0, -0.0, -1.0], [nan, 1.0], [inf, -inf, 0.0], [-inf]])
        settings = CASES["max_pool2d"](draw).settings
        x = tree_map(lambda _: draw.choice(few), tensor(draw, 2, 9, 9))
        y, expected = max_pool2d([x], **settings), mapped("max_pool2d", [x], **settings)
        assert repr(y) == repr(expected), seed


@kernels
@pytest.mark.parametrize(
    "x",
    [
        [[[1.0, 2]]],
        [[[True, False]]],
        (((1.0, 2.0),),),
        [[[1.0], [2.0]], [[3.0]]],
        [[[1.0, 2.0], [3.0]]],
        [[[]]],
        [],
        [[1.0]],
        [[[[1.0]]]],
        [[["1"]]],
        [[[1.0, Fraction(1, 2)]]],
        1.0,
    ],
    ids=repr,
)
def test_one_strange_example_gives_what_the_definition_gives(name: str, x: Any) -> None:
    for xs in ([x], [[[[1.0, 2.0]]], x], []):
        expected = outcome(partial(mapped, name, size=1), xs)
        actual = outcome(partial(KERNELS[name], size=1), xs)
        assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


@kernels
@pytest.mark.parametrize(
    "settings",
    [
        {"size": 0},
        {"size": 2.0},
        {"size": (1, 2, 3)},
        {"size": (5, 1)},
        {"size": (1, 5)},
        {"size": 2, "stride": 0},
        {"size": 2, "dilation": -1},
        {"size": 2, "padding": 2},
        {"size": 2, "padding": ((0, 0), (2, 0))},
        {"size": 2, "padding": (1, 1, 1)},
        {"size": (2, 1), "padding": (3, 0), "dilation": 4},
    ],
    ids=repr,
)
def test_what_the_definition_refuses_the_kernel_refuses(name: str, settings: Any) -> None:
    xs = [[[[1.0, 2.0, 3.0]]] if settings.get("dilation") == 4 else [[[1.0, 2.0, 3.0]] * 3]]
    expected = outcome(partial(mapped, name, **settings), xs)
    assert outcome(partial(KERNELS[name], **settings), xs) == expected


def test_a_number_has_no_lengths() -> None:
    assert kind_and_lengths(1.0) == (float, ()) and kind_and_lengths([]) == (object, ())
