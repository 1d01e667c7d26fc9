"""The kernels of norms are the maps of their definitions: floats within the bounds, all other
numbers the same, or the same error."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import inf, nan
from random import Random
from typing import Any, Final

import pytest

import cases_norms
from batch_pullbacks import by_definition, by_rule, form
from block_cases import Case, over
from funcnn import bound, leaves, surd, tree_map
from funcnn.blocks import norms
from funcnn.blocks.norms import BatchNormWeights, NormWeights
from funcnn.fast.norm_pullbacks import RULES
from funcnn.fast.norms import batch_norm, batch_norm_training, layer_norm, rms_norm
from representations import outcome, same

KERNELS: Final[dict[str, Callable[..., Any]]] = {
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "batch_norm": batch_norm,
    "batch_norm_training": batch_norm_training,
}
kernels = pytest.mark.parametrize("name", KERNELS)
CASES: Final = {**KERNELS, "rms_norm without a scale": rms_norm}
cases = pytest.mark.parametrize("name", CASES)


def batches(name: str, seed: int) -> tuple[Case, list[Any]]:
    """A case of floats of many digits, and a batch of its form."""
    draw = Random(f"{name} {seed}")
    case = over(lambda x: x + draw.random() / 16, cases_norms.CASES[name](draw))
    xs = [tree_map(lambda _: draw.gauss(1.0, 2.0), case.inputs) for _ in range(draw.randint(0, 4))]
    return case, xs


def mapped(case: Case, xs: Any) -> list[Any]:
    return [case._replace(inputs=x).run() for x in xs]


@cases
def test_floats_are_within_the_bounds(name: str) -> None:
    for seed in range(100):
        case, xs = batches(name, seed)
        outputs = CASES[name](xs, case.weights, **case.settings)
        limits = [over(bound, case._replace(inputs=x)).run() for x in xs]
        pairs = zip(leaves(limits), leaves(outputs), strict=True)
        assert all(limit.admits(y) for limit, y in pairs), seed
        assert same(tree_map(type, outputs), tree_map(type, mapped(case, xs)))


@cases
def test_other_numbers_are_the_definition_s(name: str) -> None:
    for seed in range(10):
        case = over(surd, cases_norms.CASES[name](Random(seed)))
        xs = [case.inputs, tree_map(lambda x: x * 2, case.inputs)]
        assert CASES[name](xs, case.weights, **case.settings) == mapped(case, xs)


PAIR: Final = NormWeights([1.0, 2.0], [0.0, 5.0])
FOUR: Final = BatchNormWeights([1.0, 2.0], [0.0, 5.0], [1.0, 1.0], [4.0, 0.25])
WEIGHTS: Final[dict[str, Any]] = {
    "layer_norm": PAIR,
    "rms_norm": [1.0, 2.0],
    "batch_norm": FOUR,
    "batch_norm_training": PAIR,
}


STRANGE: Final[list[Any]] = [
    [1.0, 2],
    [1, 2],
    [True, 0.5],
    (1.0, 2.0),
    [nan, 1.0],
    [inf, 1.0],
    [-0.0, 0.0],
    [1e200, 1e200],
    [1.0],
    [1.0, 2.0, 3.0],
    [],
    [[1.0], [2.0]],
    [[1.0], []],
    [[1.0], [2.0, 3.0]],
    [[], []],
    [[[1.0, 2.0]], [[3.0, 4.0]]],
    [1.0, "2"],
    [1.0, Fraction(1, 2)],
    1.0,
]
strange = pytest.mark.parametrize("x", STRANGE, ids=repr)


@kernels
@strange
def test_one_strange_example_gives_what_the_definition_gives(name: str, x: Any) -> None:
    case = Case(getattr(norms, name), {"epsilon": 0.5}, x, WEIGHTS[name])
    for xs in ([x], [x, [1.0, 2.0]], [[1.0, 2.0], x]):
        expected = outcome(mapped, case, xs)
        actual = outcome(partial(KERNELS[name], epsilon=0.5), xs, case.weights)
        assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


@kernels
@pytest.mark.parametrize("weights", [1.0, [], [[1.0, 2.0]], ([1.0], [2.0]), ([1, 2.0], [0, 1.0])])
def test_strange_weights_give_what_the_definition_gives(name: str, weights: Any) -> None:
    case, xs = Case(getattr(norms, name), {}, None, weights), [[1.0, 2.5]]
    expected = outcome(mapped, case, xs)
    actual = outcome(KERNELS[name], xs, weights)
    assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


def test_by_a_root_of_zero_it_is_the_definition() -> None:
    flat = FOUR._replace(variance=[0.0, 1.0])
    case = Case(norms.batch_norm, {"epsilon": 0}, [2.0, 3.0], flat)
    assert batch_norm([[2.0, 3.0]], flat, epsilon=0) == mapped(case, [[2.0, 3.0]]) == [[inf, 9.0]]


@strange
def test_one_strange_example_of_a_batch_gives_what_the_definition_gives(x: Any) -> None:
    case = Case(norms.batch_norm_training, {"epsilon": 0.5}, [x, [1.0, 2.0]], PAIR)
    for xs in ([case.inputs], [[[4.0, 1.0]], case.inputs]):
        expected = outcome(mapped, case, xs)
        actual = outcome(partial(batch_norm_training, epsilon=0.5), xs, PAIR)
        assert actual == expected if isinstance(expected, tuple) else same(actual, expected)


FORMS: Final[list[Any]] = [
    [[1.0, 2.0], [4.0, 0.5]],
    ((1.0, 2.0), [4.0, 0.5]),
    [[[1.0, 2.0], (3.0, 5.0)], [[4.0, 0.5], [2.0, 8.0]]],
    [[1.0, nan], [4.0, 0.5]],
    [[1, 2], [4, 3]],
]


@pytest.mark.parametrize("x", FORMS, ids=repr)
@pytest.mark.parametrize("weights", [PAIR, [*PAIR], tuple(PAIR)], ids=["pair", "list", "tuple"])
def test_what_is_sent_back_through_a_batch_s_norm_has_the_definition_s_form(
    x: Any, weights: Any
) -> None:
    case = Case(norms.batch_norm_training, {"epsilon": 0.5}, x, weights)
    expected = outcome(by_definition, case, [x, x])
    actual = outcome(by_rule, RULES, case, [x, x])
    assert form(actual) == form(expected)


def test_a_batch_of_equal_numbers_is_the_definition_s_where_nothing_is_added() -> None:
    case = Case(norms.batch_norm_training, {"epsilon": 0}, [[2.0, 1.0], [2.0, 3.0]], PAIR)
    xs = [case.inputs]
    assert same(batch_norm_training(xs, PAIR, epsilon=0), mapped(case, xs))
    assert same(by_rule(RULES, case, xs), by_definition(case, xs))


def test_weights_in_a_list_are_weights() -> None:
    four: Any = [*FOUR]
    pair: Any = [*PAIR]
    assert batch_norm([[3.0, 2.0]], four) == batch_norm([[3.0, 2.0]], FOUR)
    batch = [[[3.0, 2.0], [1.0, 5.0]]]
    assert batch_norm_training(batch, pair) == batch_norm_training(batch, PAIR)
    assert layer_norm([[3.0, 2.0]], pair) == layer_norm([[3.0, 2.0]], PAIR)
