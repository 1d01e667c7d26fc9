"""Pullbacks of batches: what a rule makes of a batch, beside what the definition makes of each."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from block_cases import Case, over
from funcnn import Dyadic, bound, each, layer, leaves, tree_map, vjp
from funcnn.fast import array_rules, batch_rules
from funcnn.fast.batching import Primitive
from funcnn.fast.cotangents import BatchRule
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
    ys, pullback = vjp(each(layer(case.definition, **case.settings)), xs, case.weights)
    return ys, *pullback(bars(ys))


def by_rule(
    rules: dict[Primitive, BatchRule],
    case: Case,
    xs: Sequence[Any],
    bars: Callable[[Any], Any] = cotangent,
) -> Any:
    [rule] = [rule for (_, definition), rule in rules.items() if definition is case.definition]
    ys, pullback = rule(xs, case.weights, **case.settings)
    x_bars, w_bar = pullback(bars(ys))
    return ys, x_bars(), w_bar


def is_the_definition_s(
    rules: dict[Primitive, BatchRule],
    case: Case,
    xs: Sequence[Any],
    bars: Callable[[Any], Any] = cotangent,
) -> bool:
    """Whether a rule gives the same numbers, of the same types and in the same form, or the same
    error."""
    expected = outcome(by_definition, case, xs, bars)
    actual = outcome(by_rule, rules, case, xs, bars)
    if isinstance(expected[0], type):
        return bool(actual == expected)
    return same(actual, expected) and form(actual) == form(expected)


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
