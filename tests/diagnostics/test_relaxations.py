"""Boxes and lines enclose all that a ReLU network gives; lines the more tightly; mutants do not."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.dyadics import fraction
from funcnn.algebra.elementary import relu
from funcnn.algebra.intervals import Interval, around, intersection, interval, width
from funcnn.algebra.trees import tree_map
from funcnn.blocks.linears import AffineWeights, affine
from funcnn.diagnostics import relaxations
from funcnn.diagnostics.relaxations import (
    Lines,
    composed,
    is_proven,
    least,
    margins,
    minorant,
    preactivations,
    relu_lines,
    tightened,
)
from relu_networks import Box, Network, box_of, drawn, points_of, proving
from strategies import fractions

type Enclosing = Callable[[Box, Any], list[list[Interval[Any]]]]

SIZES: Final = [(2, 3), (2, 4, 3), (3, 4, 4, 2), (1, 5, 5, 5, 1)]
CASES: Final = [
    (drawn(key, *sizes), box_of(key, sizes[0], Fraction(2, 1 + key % 4)))
    for key in range(6)
    for sizes in SIZES
]


def encloses(enclosing: Enclosing, layers: Network, box: Box) -> bool:
    """Whether at each point of a box each layer gives what lies in the interval for it, exactly."""
    try:
        bounds = enclosing(box, proving(layers))
    except ValueError:
        return False
    return all(
        number in interval
        for point in points_of(box)
        for numbers, intervals in zip(preactivations(point, layers), bounds, strict=True)
        for number, interval in zip(numbers, intervals, strict=True)
    )


@pytest.mark.parametrize("enclosing", [preactivations, tightened])
def test_what_a_network_gives_lies_in_its_bounds(enclosing: Enclosing) -> None:
    assert all(encloses(enclosing, layers, box) for layers, box in CASES)


def by_low_ends(box: Box, layers: Any) -> list[list[Interval[Any]]]:
    """The ends of an interval are not swapped for a negative weight."""
    lows = preactivations([interval(x.low) for x in box], layers)
    highs = preactivations([interval(x.high) for x in box], layers)
    return [
        [Interval(min(x.low, y.low), max(x.high, y.high)) for x, y in zip(*pair, strict=True)]
        for pair in zip(lows, highs, strict=True)
    ]


def test_ends_that_are_not_swapped_for_negative_weights_are_found_out() -> None:
    assert not all(encloses(by_low_ends, layers, box) for layers, box in CASES)


def chord_below(low: Any, high: Any) -> Lines:
    lines = relu_lines(low, high)
    return lines._replace(below=lines.above + lines.above)


def offset_forgotten(low: Any, high: Any) -> Lines:
    return relu_lines(low, high)._replace(offset=low - low)


def active_too_early(low: Any, high: Any) -> Lines:
    return relu_lines(relu(low), high)


def flat_above(low: Any, high: Any) -> Lines:
    lines = relu_lines(low, high)
    return Lines(lines.below, lines.below, lines.offset)


LINE_MUTANTS: Final = [chord_below, offset_forgotten, active_too_early, flat_above]


def lies_between(lines_of: Callable[[Any, Any], Lines], low: Fraction, high: Fraction) -> bool:
    """Whether relu lies between the lines, which are affine, and it bends at 0 alone."""
    lines = lines_of(low, high)
    bend = min(max(low, Fraction(0)), high)
    return all(
        lines.below * z <= max(z, 0) <= lines.above * z + lines.offset for z in (low, bend, high)
    )


@given(fractions, fractions)
def test_relu_lies_between_its_lines(one: Fraction, other: Fraction) -> None:
    low, high = sorted((one, other))
    assert lies_between(relu_lines, low, high)
    lines = relu_lines(low, high)
    assert lines.above * high + lines.offset == max(high, 0) or low == high
    assert lines.above * low + lines.offset == max(low, 0) or low == high
    assert lines.below == (high > -low) or low > 0 or high <= 0


@pytest.mark.parametrize("mutant", LINE_MUTANTS)
def test_of_wrong_lines_one_crosses_relu_and_the_bounds_are_wrong(
    mutant: Callable[[Any, Any], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = [(Fraction(-a), Fraction(b)) for a in (1, 3) for b in (1, 3)]
    assert not all(lies_between(mutant, *pair) for pair in ends)
    monkeypatch.setattr(relaxations, "relu_lines", mutant)
    assert not all(encloses(tightened, layers, box) for layers, box in CASES)


def without_its_bias(after: Any, before: Any) -> AffineWeights[Any]:
    return composed(after, before.matrix)


def test_a_bias_that_is_forgotten_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaxations, "composed", without_its_bias)
    assert not all(encloses(tightened, layers, box) for layers, box in CASES)


def test_lines_are_never_looser_than_boxes_and_mostly_tighter() -> None:
    tighter = 0
    for layers, box in CASES:
        by_boxes, by_lines = (f(box, proving(layers)) for f in (preactivations, tightened))
        for boxes, lines in zip(by_boxes, by_lines, strict=True):
            pairs = [*zip(boxes, lines, strict=True)]
            assert all(x.low <= y.low and y.high <= x.high for x, y in pairs)
        tighter += sum(map(width, by_lines[-1])) < sum(map(width, by_boxes[-1]))
    deep = [case for case in CASES if len(case[0]) > 1]
    assert tighter > len(deep) / 2


def test_over_floats_the_bounds_hold_what_is_exact() -> None:
    """Sevenths of floats, so that all is rounded."""
    rounded = 0
    for layers, box in CASES:
        floats = tree_map(lambda w: float(w) / 7, layers)
        around_it = [Interval(float(x.low) / 7, float(x.high) / 7) for x in box]
        bounds = tightened(around_it, proving(floats))
        exact_box = [Interval(fraction(x.low), fraction(x.high)) for x in around_it]
        for point in points_of(exact_box):
            outputs = preactivations(point, tree_map(fraction, floats))
            for numbers, intervals in zip(outputs, bounds, strict=True):
                assert all(y in x for y, x in zip(numbers, intervals, strict=True))
        exactly = tightened(exact_box, proving(tree_map(fraction, floats)))
        rounded += exactly[-1][0].low != fraction(bounds[-1][0].low)
    assert rounded


def test_a_minorant_is_below_and_where_nothing_bends_it_is_the_network() -> None:
    for layers, box in CASES[::3]:
        bounds = tightened(box, proving(layers))[:-1]
        below = minorant(layers, bounds)
        for point in points_of(box):
            outputs = preactivations(point, layers)[-1]
            assert all(x <= y for x, y in zip(affine(point, below), outputs, strict=True))
        values = [affine(point, below) for point in points_of(box, count=0)]
        assert least(below, box) == [min(column) for column in zip(*values, strict=True)]
        for point in points_of(box, count=0):
            here = [interval(x) for x in point]
            exact = minorant(layers, tightened(here, proving(layers))[:-1])
            assert affine(point, exact) == preactivations(point, layers)[-1]


def test_what_is_proven_holds_and_of_linear_layers_all_that_holds_is_proven() -> None:
    proven = 0
    for key in range(12):
        for sizes in [(2, 3), (2, 4, 3)]:
            layers, box = drawn(key, *sizes), box_of(key, 2, Fraction(1, 8))
            middle = [(x.low + x.high) / 2 for x in box]
            outputs = preactivations(middle, layers)[-1]
            cls = outputs.index(max(outputs))
            differences = [*layers[:-1], margins(layers[-1], cls)]
            points = points_of(box)
            holds = all(m > 0 for p in points for m in preactivations(p, differences)[-1])
            known = is_proven(box, proving(layers), cls)
            assert holds or not known
            assert holds == known or len(layers) > 1
            assert not any(is_proven(box, proving(layers), other) for other in {0, 1, 2} - {cls})
            proven += known
    assert 4 < proven < 24


def test_lines_prove_what_boxes_do_not() -> None:
    """Of 0 ≤ x ≤ 1, |x − 1/2| = relu(x − 1/2) + relu(1/2 − x) ≤ 1/2; boxes know of 1 alone."""
    one, half, zero = Fraction(1), Fraction(1, 2), Fraction(0)
    folded = AffineWeights([[one], [-one]], [-half, half])
    compared = AffineWeights([[one, one], [zero, zero]], [zero, Fraction(9, 16)])
    box, layers = [around(half, half)], proving([folded, compared])
    by_boxes = preactivations(box, [layers[0], margins(layers[1], 1)])[-1]
    assert by_boxes[0].low == Fraction(-7, 16) and is_proven(box, layers, 1)


@given(st.data())
def test_intervals_have_in_common_what_is_in_both(data: st.DataObject) -> None:
    x, y = (Interval(*sorted((data.draw(fractions), data.draw(fractions)))) for _ in range(2))
    number = data.draw(fractions)
    both = number in x and number in y
    try:
        assert (number in intersection(x, y)) == both
    except ValueError:
        assert not both


def test_layers_without_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^hidden layers and bounds differ in length: 1 and 0$"):
        minorant([[[1.0]], [[1.0]]], [])
    with pytest.raises(ValueError, match="differ in length|has length"):
        minorant([[[1.0], [2.0]], [[1.0, 1.0]]], [[interval(1.0)]])


UNIT: Final[Any] = [[[interval(1.0)], [interval(0.0)]]]
NUMBER: Final[Any] = 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: preactivations([1.0], []), ValueError, "there is no layer: give 1 or more"),
        (lambda: is_proven([interval(1.0)], [], 0), ValueError, "there is no layer"),
        (lambda: is_proven([interval(1.0)], [[]], 0), ValueError, "a layer has no row"),
        (lambda: is_proven([interval(1.0)], UNIT, -1), ValueError, "the class is -1"),
        (
            lambda: is_proven([interval(1.0)], UNIT, 2),
            ValueError,
            "class 2 is none of the 2 outputs",
        ),
        (lambda: is_proven([interval(1.0)], UNIT, NUMBER), TypeError, "the class is a float"),
        (lambda: is_proven([NUMBER], UNIT, 0), TypeError, "side 0 of the box is a float"),
        (lambda: tightened([NUMBER], UNIT), TypeError, "side 0 of the box is a float"),
    ],
)
def test_what_is_no_network_box_or_class_is_said_in_a_line(
    call: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}") as caught:
        call()
    assert "\n" not in str(caught.value)
