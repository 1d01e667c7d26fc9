"""Bits: descent in integers alone, and that it is in integers alone."""

import ast
import inspect
from fractions import Fraction
from itertools import islice
from math import sumprod
from typing import Any

import pytest

from funcnn.algebra.formats import float8_e4m3fn
from funcnn.algebra.keys import split
from funcnn.algebra.trees import leaves
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.quantized_linears import quantized_dense, quantized_linear
from funcnn.calculus.batches import Batch, epochs
from funcnn.calculus.pullbacks import grad
from funcnn.fast.batching import vmap
from funcnn.studies import integer_steps
from funcnn.studies.findings import Finding
from funcnn.studies.integer_descent import (
    BY_CHANCE,
    LOSS,
    NETWORK,
    SCHEMES,
    STUDY,
    TO_NEAREST,
    Floating,
    counts,
    float_states,
    integer_states,
    integers,
    is_as_good,
    verdict,
)
from funcnn.studies.integer_steps import (
    BATCH,
    SHARES,
    WEIGHT,
    by_chance,
    clamped,
    integer_step,
    layers,
    slope,
    to_nearest,
)
from funcnn.studies.materials import digit_batches
from funcnn.studies.plots import Plot
from quick_runs import quick

START = [he_normal(0, 16, 64), he_normal(1, 10, 16)]
TRAINING, _ = digit_batches(320, 10)
FIRST = Batch(TRAINING.inputs[:BATCH], TRAINING.targets[:BATCH])


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_nothing_is_unmet_and_all_schemes_are_told(finding: Finding) -> None:
    assert all(one.met is not False for one in finding.measurements)
    told = {one.what for one in finding.measurements}
    for scheme in SCHEMES:
        assert {f"{scheme.name}: digits right", f"{scheme.name}: steps to 90% right"} <= told
    assert isinstance(finding.plot, Plot) and len(finding.plot.series) == 3


def test_small_steps_are_lost_to_the_nearest_and_not_by_chance(finding: Finding) -> None:
    told = {one.what: one.value for one in finding.measurements}
    nearest, chance = (
        float(told[f"{scheme.name}: digits right"].split(", ")[-1])
        for scheme in (TO_NEAREST, BY_CHANCE)
    )
    assert nearest < chance - 10


def test_the_verdict_follows_from_how_good_the_integers_are() -> None:
    assert [verdict(True, True), verdict(True, False), verdict(False, False)] == [
        "holds",
        "holds with limits",
        "false",
    ]
    assert is_as_good(3, 10) and is_as_good(10, 10) and not is_as_good(1, 10)
    assert is_as_good(1, 10, 4) and not is_as_good(0, 10, 4)


def test_no_float_takes_part_in_a_step() -> None:
    """The module names no float and no root, and divides by nothing but //; of the table, which is
    there before the first step, what is rounded is a Fraction."""
    tree = ast.parse(inspect.getsource(integer_steps))
    assert not any(isinstance(node, ast.Div) for node in ast.walk(tree))
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not any(isinstance(value, float) for value in constants)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"float", "uniform", "normal", "sqrt", "fsum", "sumprod"}
    assert {*map(type, SHARES)} == {int} and SHARES[0] == 1 << 15 and SHARES[16] == 12055


def test_all_that_a_step_makes_is_an_int(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def watched(name: str) -> None:
        whole = getattr(integer_steps, name)

        def watching(*given: Any) -> Any:
            result = whole(*given)
            seen.extend([given, result])
            return result

        monkeypatch.setattr(integer_steps, name, watching)

    for name in ("matmul", "slope", "clamped", "layers", "split"):
        watched(name)
    weights = integers(START, 0)
    for rounding in (to_nearest, by_chance):
        weights = integer_step(weights, counts(FIRST), 1, 7, rounding=rounding)
    assert len(seen) > 100 and {*map(type, leaves([weights, seen]))} == {int}


def test_weights_stay_in_8_bits() -> None:
    batches = [counts(batch) for batch in epochs(0, TRAINING, BATCH, 2)]
    for weights in integer_states(BY_CHANCE, integers(START, 0), batches, 0, 0):
        assert -128 <= min(leaves(weights)) and max(leaves(weights)) <= 127


def test_a_step_is_that_of_floats_but_for_rounding() -> None:
    """In each layer, along the exact gradient at the integers' weights, it is as long: nearer to
    that than to twice or half of it, which a shift that is off by one would make of it."""
    rate, spare = 1, 11
    scale = 1 << WEIGHT + spare
    weights = integers(START, spare)
    after = integer_step(weights, counts(FIRST), rate, 0, rounding=to_nearest, spare=spare)
    real = [[[w / scale for w in row] for row in one] for one in weights]
    for old, new, slopes in zip(weights, after, grad(NETWORK, LOSS, real, *FIRST), strict=True):
        moves = [(x - y) / scale for x, y in zip(leaves(old), leaves(new), strict=True)]
        steps = [g / 2 for g in leaves(slopes)]
        assert 2**-0.5 < sumprod(moves, steps) / sumprod(steps, steps) < 2**0.5


def test_forth_it_is_the_librarys_int8_network() -> None:
    weights = integers(START, 0)
    network = serial(layer(quantized_dense), layer(quantized_linear))
    logits = vmap(network)(counts(FIRST).inputs, layers(weights, 0))
    real = vmap(NETWORK)(FIRST.inputs, START)
    assert {*map(type, leaves(logits))} == {int}
    off = max(abs(y / 16 - z) for y, z in zip(leaves(logits), leaves(real), strict=True))
    assert off < 0.15 * max(map(abs, leaves(real)))


def test_slopes_add_up_to_nothing_and_fall_at_the_label() -> None:
    assert slope([5, 5, 5, 5], 2) == [32, 32, -96, 32]
    assert slope([400, -400], 1) == [127, -128]
    assert slope([400, -400], 0) == [0, 0]


def test_chance_is_right_in_the_mean_and_the_nearest_is_not() -> None:
    """Of 20,000 draws, to within four standard errors."""
    rows = [[1] * 100] * 200
    mean = Fraction(sum(leaves(by_chance(rows, 3, 0))), 20_000)
    assert abs(mean - Fraction(1, 8)) < 4 * (7 / 64 / 20_000) ** 0.5
    assert sum(leaves(to_nearest(rows, 3, 0))) == 0
    assert by_chance([[8, -16]], 3, 5) == [[1, -2]]
    assert by_chance(rows, 3, 0) == by_chance(rows, 3, 0) != by_chance(rows, 3, 1)


def test_keys_and_spare_bits_make_a_difference() -> None:
    weights, batch = integers(START, 0), counts(FIRST)
    one, other = (integer_step(weights, batch, 3, key, rounding=by_chance) for key in split(0))
    assert one != other
    assert clamped([1 << 20], 8) == [(1 << 15) - 1]


def test_weights_that_are_kept_in_a_format_are_its_numbers() -> None:
    batches = [*epochs(0, TRAINING, BATCH, 1)]
    for weights in islice(float_states(Floating("", float8_e4m3fn), START, batches, 1), 2):
        assert all(w == float8_e4m3fn.round(w) for w in leaves(weights))


def test_what_goes_into_a_unit_that_gives_nothing_does_not_move() -> None:
    weights = integers(START, 0)
    weights[0][3] = [-100] * 64
    after = integer_step(weights, counts(FIRST), 0, 0, rounding=to_nearest)
    moved = [old != new for old, new in zip(weights[0], after[0], strict=True)]
    assert not moved[3] and sum(moved) > 8
