"""Pullbacks of batches: what a rule makes of a batch, beside what the definition makes of each."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from block_cases import Case, over
from funcnn import Dyadic, bound, each, layer, leaves, tree_map, vjp
from funcnn.fast import array_rules, batch_rules
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchPullback, BatchRule
from representations import outcome, same

type Number = Callable[[float], Any]


def whole(x: float) -> int:
    """Eight times as much."""
    return int(8 * x)


def eighths(x: float) -> Dyadic:
    return Dyadic(whole(x), -3)


def like(draw: Random, tree: Any, number: Number) -> Any:
    """A tree of the same form, of small multiples of 1/8."""
    return tree_map(lambda _: number(draw.randint(-16, 16) / 8), tree)


def batch(draw: Random, case: Case, number: Number) -> tuple[Case, list[Any]]:
    """The case over other numbers, and a batch of inputs like its."""
    case = over(number, case)
    return case, [case.inputs, *(like(draw, case.inputs, number) for _ in range(2))]


def cotangent(ys: Any, number: Number = float) -> Any:
    """Of the form of the outputs, the same for every kind of number."""
    return like(Random(0), ys, number)


def by_definition(case: Case, xs: Sequence[Any], bars: Callable[[Any], Any] = cotangent) -> Any:
    """Outputs, the inputs' cotangents and the weights', for those that outputs are given."""
    ys, pullback = _vjp(case, xs)
    return ys, *pullback(bars(ys))


def by_rule(
    rules: dict[Primitive, BatchRule],
    case: Case,
    xs: Sequence[Any],
    bars: Callable[[Any], Any] = cotangent,
) -> Any:
    ys, pullback = _batched_vjp(rules, case, xs)
    return ys, *_sent_back(pullback, bars(ys))


def is_the_definition_s(
    rules: dict[Primitive, BatchRule],
    case: Case,
    xs: Sequence[Any],
    bars: Callable[[Any], Any] = cotangent,
) -> bool:
    """Whether a rule gives the same numbers, of the same types and in the same form, or the same
    error where the definition has it."""
    expected, actual = outcome(_vjp, case, xs), outcome(_batched_vjp, rules, case, xs)
    if not is_alike(expected[0], actual[0]):
        return False
    if isinstance(expected[0], type):
        return bool(expected == actual)
    (ys, pullback), (_, batch_pullback) = expected, actual
    return is_alike(outcome(pullback, bars(ys)), outcome(_sent_back, batch_pullback, bars(ys)))


def is_alike(one: Any, other: Any) -> bool:
    return form(one) == form(other) and same(one, other)


def _vjp(case: Case, xs: Sequence[Any]) -> Any:
    return vjp(each(layer(case.definition, **case.settings)), xs, case.weights)


def _batched_vjp(rules: dict[Primitive, BatchRule], case: Case, xs: Sequence[Any]) -> Any:
    [rule] = [rule for (_, definition), rule in rules.items() if definition is case.definition]
    return rule(xs, case.weights, **case.settings)


def _sent_back(pullback: BatchPullback, y_bars: Any) -> Any:
    x_bars, w_bar = pullback(y_bars)
    return x_bars(), w_bar


def is_within_the_bounds(rules: dict[Primitive, BatchRule], case: Case, xs: Sequence[Any]) -> bool:
    """Whether a rule gives, of floats, floats in the form of the definition's, which its bounds
    admit."""
    actual, bounded = by_rule(rules, case, xs), over(bound, case)
    limits = by_definition(bounded, tree_map(bound, xs), lambda ys: cotangent(ys, bound))
    return form(actual) == form(limits) and all(
        type(y) is float and limit.admits(y)
        for limit, y in zip(leaves(limits), leaves(actual), strict=True)
    )


def form(tree: Any) -> str:
    """Which lists, tuples and NamedTuples a value is made of."""
    return repr(tree_map(lambda _: 0, tree))


def forbid_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that leaves anything to the definition fails from here on."""

    def refused(*_: Any) -> Any:
        raise AssertionError("the definition ran")

    for module in (array_rules, batch_rules):
        monkeypatch.setattr(module, "by_definition", refused)
