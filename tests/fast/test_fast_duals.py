"""Duals of floats are multiplied in bulk: values and tangents within the bounds of the definition,
whether a network runs on them or its pullback."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import inf, nan
from operator import mul
from random import Random
from typing import Any, Final

import pytest

from block_cases import over, tensor
from cases import CASES
from funcnn import Dual, bound, each, layer, leaves, linear, matmul, tree_map, vjp
from funcnn.fast import batched_vjp, duals, floats, vmap
from representations import outcome

PROJECTING: Final = """
    linear affine dense project swiglu geglu projected_heads self_attention multi_head_attention
    attention_step rnn_step lstm_step
""".split()


def made(number: Callable[[float], Any], tree: Any) -> Any:
    """The tree, each of its floats a dual of another kind of number, with some tangent."""

    def dual(leaf: Any) -> Any:
        return Dual(number(leaf), number(leaf * 37 % 2 - 1)) if isinstance(leaf, float) else leaf

    return tree_map(dual, tree)


def demand_within_bounds(limits: Any, results: Any) -> None:
    for limit, number in zip(leaves(limits), leaves(results), strict=True):
        if isinstance(limit, int):
            assert number == limit
        else:
            assert type(number.value) is type(number.tangent) is float
            assert limit.value.admits(number.value) and limit.tangent.admits(number.tangent)


@pytest.mark.parametrize("name", [name for name in CASES if name.split(",")[0] in PROJECTING])
def test_on_duals_a_batch_and_its_pullback_are_within_the_bounds(name: str) -> None:
    for seed in range(3):
        draw = Random(f"{name} {seed}")
        case = over(lambda x: x + draw.random() / 16, CASES[name](draw))
        network, weights = layer(case.definition, **case.settings), case.weights
        xs = [over(partial(mul, by), case).inputs for by in (1.0, 0.3)]
        limits, by_each = vjp(each(network), made(bound, xs), made(bound, weights))
        ys, pullback = batched_vjp(network, made(float, xs), made(float, weights))
        y_bars = tree_map(lambda y: y if isinstance(y, int) else draw.gauss(0.0, 1.0), limits)
        x_bars, w_bar = pullback(made(float, y_bars))
        demand_within_bounds((limits, by_each(made(bound, y_bars))), (ys, (x_bars(), w_bar)))
        demand_within_bounds(limits, vmap(network)(made(float, xs), made(float, weights)))


def test_floats_beside_duals_do_not_change() -> None:
    draw = Random(0)
    xs, weights = tensor(draw, 3, 4), tensor(draw, 2, 4)
    for pair in ((made(float, xs), weights), (xs, made(float, weights))):
        assert floats.linear(*pair) == [linear(x, pair[1]) for x in pair[0]]
        assert floats.matmul(*pair[:1], [*zip(*pair[1], strict=True)]) == floats.linear(*pair)


ROW: Final = [Dual(1.0, 2.0), Dual(3.0, 4.0)]


@pytest.mark.parametrize(
    ("xs", "weights"),
    [
        ([ROW], [[Dual(1, 2), Dual(3, 4)]]),
        ([ROW], [[Dual(1.0, 2), Dual(3.0, 4)]]),
        ([ROW], [[Dual(1.0, Fraction(2))] * 2]),
        ([ROW], [[Dual(1.0, 2.0), 3.0]]),
        ([ROW], [[1, 3]]),
        ([ROW], [[Dual(Dual(1.0, 2.0), Dual(3.0, 4.0), 2)] * 2]),
        ([ROW], [[Dual(1.0, 2.0, 2)] * 2]),
        ([ROW], [[Dual(Fraction(1), Fraction(2))] * 2]),
        ([[Dual(Fraction(1, 3), Fraction(2))] * 2], [[Dual(Fraction(1), Fraction(2))] * 2]),
        ([ROW], [[Dual(inf, nan), 1.0]]),
        ([ROW, [1.0, 2.0]], [ROW]),
        ([ROW], [ROW, [1.0]]),
        ([ROW], [[Dual(1.0, 2.0)]]),
        ([ROW], [[]]),
        ([ROW], []),
        ([], [ROW]),
        ([(*ROW,)], ((*ROW,), (*ROW,))),
    ],
)
def test_whatever_it_is_given_it_is_the_definition(xs: Any, weights: Any) -> None:
    expected = outcome(lambda: [linear(x, weights) for x in xs])
    assert repr(outcome(floats.linear, xs, weights)) == repr(expected)
    assert repr(outcome(floats.matmul, weights, xs)) == repr(outcome(matmul, weights, xs))


@pytest.mark.parametrize("number", [inf, nan, 1e308])
def test_a_dual_that_is_not_finite_is_the_definition_s(number: float) -> None:
    weights = [[Dual(number, 1.0), Dual(1.0, number)]]
    for xs in ([ROW], [[1.0, 0.0]], [[10.0, 10.0]]):
        assert repr(floats.linear(xs, weights)) == repr([linear(x, weights) for x in xs])


def test_of_floats_alone_there_are_no_duals() -> None:
    assert duals.products([[1.0]], [[Fraction(1)]]) is None
    assert duals.products([[1]], [[Dual(1.0, 1.0)]]) is None
