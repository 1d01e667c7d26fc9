"""The pullback of a batch of layouts, and of norms by fixed moments, is the definition's: the same
numbers, or its error."""

from fractions import Fraction
from functools import partial
from math import nan
from random import Random
from typing import Any, Final

import pytest

from batch_pullbacks import (
    Number,
    batch,
    cotangent,
    forbid_the_definition,
    is_the_definition_s,
    is_within_the_bounds,
    whole,
)
from block_cases import Case, tensor
from cases_layouts import CASES
from cases_norms import CASES as NORMS
from funcnn.blocks.layouts import channels_first, concatenate, flatten, reshape, reverse
from funcnn.blocks.norms import BatchNormWeights, batch_norm
from funcnn.fast import batch_norm_pullbacks
from funcnn.fast.layout_pullbacks import RULES

NORM: Final = batch_norm_pullbacks.RULES


@pytest.mark.parametrize("number", [float, whole, Fraction])
@pytest.mark.parametrize("name", CASES)
def test_a_pullback_is_the_definition_s(
    name: str, number: Number, monkeypatch: pytest.MonkeyPatch
) -> None:
    if number is float or name not in ("reverse", "concatenate"):
        forbid_the_definition(monkeypatch)
    for seed in range(8):
        draw = Random(f"{name} {seed}")
        case, xs = batch(draw, CASES[name](draw), number)
        assert is_the_definition_s(RULES, case, xs, partial(cotangent, number=number)), seed


STRANGE: Final[list[Any]] = [
    [[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]],
    [[[1.0, 2.0]], [[3.0], [4.0]]],
    [((1.0, 2.0), (3.0, 4.0))],
    [[[1.0, nan]]],
    [[[1.0, 2]]],
    [[["1"]]],
    [[[1.0], [2.0, 3.0]]],
    [[]],
    [1.0],
]


@pytest.mark.parametrize("xs", STRANGE, ids=repr)
def test_strange_values_give_what_the_definition_gives(xs: Any) -> None:
    for definition, settings in (
        (flatten, {}),
        (reshape, {"shape": (2, 1)}),
        (channels_first, {}),
        (reverse, {}),
        (concatenate, {}),
    ):
        assert is_the_definition_s(RULES, Case(definition, settings, xs[0]), xs)


@pytest.mark.parametrize("shape", [(), (5,), (-2, -2), (2.0, 2), (True, 4), [2, 2], 4, ([4],)])
def test_a_shape_that_does_not_fit_is_refused(shape: Any) -> None:
    case = Case(reshape, {"shape": shape}, [1.0, 2.0, 3.0, 4.0])
    assert is_the_definition_s(RULES, case, [case.inputs])


@pytest.mark.parametrize("bars", [[[1.0]], [[1, 2]], [[1.0, 2.0, 3.0]], [1.0]], ids=repr)
def test_a_strange_cotangent_goes_back_as_by_the_definition(bars: Any) -> None:
    for case in (
        Case(flatten, {}, [[1.0], [2.0]]),
        Case(reverse, {}, [1.0, 2.0]),
        Case(concatenate, {}, ([1.0], [2.0])),
    ):
        assert is_the_definition_s(RULES, case, [case.inputs], lambda _: bars)


def normed(draw: Random) -> Case:
    """Roots that are powers of two, so that of short floats nothing rounds."""
    channels, *places = [draw.randint(1, 4) for _ in range(draw.randint(1, 3))]
    roots = [draw.choice([0.5, 1.0, 2.0]) for _ in range(channels)]
    variances = [root * root - 0.125 for root in roots]
    scale, bias, mean = tensor(draw, 3, channels)
    weights = BatchNormWeights(scale, bias, mean, variances)
    return Case(batch_norm, {"epsilon": 0.125}, tensor(draw, channels, *places), weights)


def test_the_pullback_of_a_batch_norm_is_the_definition_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forbid_the_definition(monkeypatch)
    for seed in range(10):
        draw = Random(seed)
        assert is_the_definition_s(NORM, *batch(draw, normed(draw), float)), seed
        case, xs = batch(draw, NORMS["batch_norm"](draw), lambda x: x + draw.random() / 16)
        assert is_within_the_bounds(NORM, case, xs), seed


IMAGE: Final = [[1.0, 2.0], [3.0, 5.0]]
MOMENTS: Final = BatchNormWeights([1.0, 2.0], [0.5, 0.0], [1.0, 0.0], [3.0, 8.0])


@pytest.mark.parametrize(
    ("xs", "weights"),
    [
        ([[(1.0, 2.0), (3.0, 5.0)]], MOMENTS),
        ([IMAGE, IMAGE + IMAGE], MOMENTS),
        ([IMAGE], [*MOMENTS]),
        ([IMAGE], MOMENTS[:3]),
        ([IMAGE], MOMENTS._replace(scale=(1.0, 2.0))),
        ([IMAGE], MOMENTS._replace(scale=[1, 2])),
        ([IMAGE], MOMENTS._replace(scale=[1.0])),
        ([IMAGE], BatchNormWeights([1, 2], [0, 1], [1, 0], [3, 8])),
        ([IMAGE], MOMENTS._replace(variance=[-1.0, 3.0])),
        ([IMAGE], MOMENTS._replace(variance=[-9.0, 3.0])),
        ([[[1, 2], [3, 5]]], MOMENTS),
        ([[1.0, 2.0, 3.0]], MOMENTS),
        ([1.0], MOMENTS),
    ],
)
def test_a_batch_norm_of_strange_values_is_the_definition_s(xs: Any, weights: Any) -> None:
    case = Case(batch_norm, {"epsilon": 1}, xs[0], weights)
    assert is_the_definition_s(NORM, case, xs)
