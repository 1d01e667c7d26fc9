"""Every block × every number: it runs, and agrees with itself; it is differentiated, batched, and
its form is known without running it."""

import inspect
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from importlib import import_module
from operator import mul
from pkgutil import iter_modules
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from block_cases import Case, over
from cases import CASES
from funcnn import (
    Dual,
    Interval,
    Profile,
    binary32,
    blocks,
    bound,
    cast,
    interval,
    tree_map,
    vjp,
)
from funcnn.algebra.bounds import Bound
from funcnn.algebra.dyadics import fraction
from funcnn.algebra.roundings import Rounded
from funcnn.blocks.forms import form_of
from funcnn.blocks.shape_inference import output_form
from funcnn.calculus import traced
from funcnn.calculus.rules import RULES
from funcnn.fast import vmap
from transposes import assert_transposed, forward, is_rational, network_of, numbers

SEEDS: Final = range(4)
SINGLE: Final = Profile(binary32)
NUMBERS: Final[dict[str, tuple[type, Callable[[float], Any]]]] = {
    "float": (float, float),
    "Fraction": (Fraction, Fraction),
    "binary32": (Rounded, lambda x: cast(x, binary32)),
    "Interval": (Interval, interval),
    "Dual": (Dual, lambda x: Dual(x, 1.0)),
    "Bound": (Bound, bound),
}

IRRATIONAL: Final = set(
    """
    exp log sqrt tanh sigmoid erf sin cos silu gelu softmax log_softmax glu swiglu geglu
    layer_norm rms_norm batch_norm batch_norm_training group_norm instance_norm
    lstm_step peephole_lstm_step gru_step stacked_step attentive_step additive_attention
    multiplicative_attention sinusoidal_positions rotary projected_heads
    scaled_dot_product_attention grouped_query_attention multi_head_attention self_attention
    attention_step gcn gat_head gat edge_attention
    """.split()
)
"""The definitions that need a root or an exponential, in some of their cases at least."""

every_block = pytest.mark.parametrize("name", CASES)


def drawn(name: str) -> Iterator[Case]:
    for seed in SEEDS:
        yield CASES[name](Random(f"{name} {seed}"))


def is_layer(function: Callable[..., Any]) -> bool:
    """Whether it takes inputs, weights and settings, and nothing else."""
    parameters = [*inspect.signature(function).parameters.values()]
    named = [parameter.name for parameter in parameters[:2]] == ["inputs", "weights"]
    settings = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    return named and all(parameter.kind in settings for parameter in parameters[2:])


def test_every_definition_of_a_layer_has_cases() -> None:
    modules = [
        import_module(f"funcnn.blocks.{found.name}") for found in iter_modules(blocks.__path__)
    ]
    definitions = {
        function
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function) and not name.startswith("_")
        if is_layer(function)
    }
    covered = {make(Random(0)).definition for make in CASES.values()}
    assert {function.__name__ for function in definitions - covered} == set()


def test_over_fractions_runs_all_that_needs_no_root_and_no_exponential() -> None:
    stopped = {name for name in CASES if not all(map(is_rational, drawn(name)))}
    assert {re.split("[ ,]", name)[0] for name in stopped} == IRRATIONAL


@every_block
@pytest.mark.parametrize("kind", NUMBERS)
def test_a_block_runs_on_every_number_and_gives_numbers_of_that_kind(name: str, kind: str) -> None:
    made, maker = NUMBERS[kind]
    for case in drawn(name):
        if kind == "Fraction" and not is_rational(case):
            continue
        assert {*map(type, numbers(over(maker, case).run()))} <= {made}


@every_block
def test_floats_lie_within_the_bounds_and_intervals_meet_them(name: str) -> None:
    for case in drawn(name):
        floats, bounds, boxes, duals = (
            numbers(over(maker, case).run())
            for maker in (float, bound, interval, NUMBERS["Dual"][1])
        )
        for x, limit, box, dual in zip(floats, bounds, boxes, duals, strict=True):
            assert limit.admits(x) and repr(dual.value) == repr(x)
            value, radius = fraction(limit.value), fraction(limit.radius)
            assert value - radius <= box.high and box.low <= value + radius


@every_block
def test_binary32_lies_within_its_own_bounds(name: str) -> None:
    for case in drawn(name):
        roundeds = numbers(over(lambda x: cast(x, binary32), case).run())
        bounds = numbers(over(lambda x: bound(x, SINGLE), case).run())
        assert all(one.admits(x.value) for one, x in zip(bounds, roundeds, strict=True))


@every_block
def test_over_fractions_the_exact_result_is_in_every_interval_and_bound(name: str) -> None:
    for case in filter(is_rational, drawn(name)):
        exact, boxes, bounds = (
            numbers(over(maker, case).run()) for maker in (Fraction, interval, bound)
        )
        for x, box, limit in zip(exact, boxes, bounds, strict=True):
            assert box.low <= x <= box.high and limit.admits(x)


def has_numbers(case: Case) -> bool:
    """Whether there is anything to differentiate by; what is all of ints says that there is not."""
    if numbers((case.inputs, case.weights)):
        return True
    with pytest.raises(TypeError, match="no rule for .*: all it is given is ints"):
        vjp(network_of(case), case.inputs, case.weights)
    return False


@every_block
@settings(max_examples=5)
@given(draw=st.randoms(use_true_random=False))
def test_the_pullback_is_the_transpose_of_the_derivative_by_duals(name: str, draw: Random) -> None:
    case = CASES[name](draw)
    if has_numbers(case):
        assert_transposed(forward(case), partial(vjp, network_of(case)))


@every_block
def test_a_rule_in_closed_form_is_the_traced_rule(name: str) -> None:
    for case in drawn(name):
        if case.definition in RULES and is_rational(case):
            exact, draw = over(Fraction, case), Random(name)
            results = []
            for rule in (RULES[case.definition], traced(case.definition)):
                y, pullback = rule(exact.inputs, exact.weights, **case.settings)
                draw.seed(0)
                y_bar = tree_map(lambda _: Fraction(draw.randint(-9, 9), 4), y)
                results.append((y, pullback(y_bar)))
            assert results[0] == results[1]


@every_block
def test_over_a_batch_it_is_the_definition_of_each(name: str) -> None:
    for case in drawn(name):
        network = network_of(case)
        batch = [over(partial(mul, scale), case).inputs for scale in (1.0, 0.5, 4.0)]
        cases = [case._replace(inputs=x) for x in batch]
        outputs = vmap(network)(batch, case.weights)
        limits = [over(bound, each).run() for each in cases]
        for limit, y in zip(limits, outputs, strict=True):
            pairs = zip(numbers(limit), numbers(y), strict=True)
            assert all(one.admits(x) for one, x in pairs)
        if is_rational(case):
            exact = [over(Fraction, each) for each in cases]
            results = vmap(network)([each.inputs for each in exact], exact[0].weights)
            assert results == [each.run() for each in exact]


@every_block
def test_its_form_is_known_without_running_it(name: str) -> None:
    for case in drawn(name):
        network = network_of(case)
        forms = form_of(case.inputs), form_of(case.weights)
        assert output_form(network, *forms) == form_of(case.run())
