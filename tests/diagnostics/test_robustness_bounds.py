"""What is certified holds, what attacks is a change, and norms bound what they say."""

from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from math import inf, log, nan, nextafter, sqrt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.dyadics import dyadic, fraction
from funcnn.algebra.folds import foldl
from funcnn.algebra.intervals import Interval, around, interval
from funcnn.algebra.keys import fold_in, normal, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import dot, matvec
from funcnn.blocks.linears import dense
from funcnn.diagnostics import robustness
from funcnn.diagnostics.regions import nearest_change
from funcnn.diagnostics.robustness import (
    is_attacked,
    is_certain,
    largest_radius,
    lipschitz_bound,
    lipschitz_radius,
    margin_bound,
    spectral_bound,
    spectral_complexity,
    step,
    verdict,
)
from funcnn.diagnostics.scores import predicted
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights
from relu_networks import square

np: Any = import_module("numpy")

WEIGHTS: Final = digit_weights()
DIGITS: Final = split_digits()


@pytest.mark.parametrize("radius", [0.01, 0.05, 0.1])
def test_no_digit_is_both_certified_and_attacked(radius: float) -> None:
    weights, attacks = tree_map(interval, WEIGHTS), 0
    for image in DIGITS.held_out.images[:25]:
        cls = predicted(foldl(dense, image, WEIGHTS))
        assert cls is not None
        attacked = is_attacked(WEIGHTS, image, cls, radius)
        outputs = foldl(dense, [around(pixel, radius) for pixel in image], weights)
        assert not (attacked and is_certain(outputs, cls))
        attacks += attacked
    assert attacks or radius < 0.1


@given(st.floats(-10, 10), st.floats(1e-6, 1))
def test_a_step_is_no_longer_than_its_length_and_no_float_is_between(
    x: float, length: float
) -> None:
    for way in (length, -length):
        moved = step(x, way)
        assert abs(fraction(moved) - fraction(x)) <= fraction(length)
        assert moved in (x + way, nextafter(x + way, x))
        assert moved in around(x, length)


def test_a_proof_holds_at_the_corners_of_its_box() -> None:
    image = DIGITS.held_out.images[0]
    weights = tree_map(interval, WEIGHTS)
    boxes = foldl(dense, [around(pixel, 0.01) for pixel in image], weights)
    cls = predicted(foldl(dense, image, WEIGHTS))
    assert cls is not None and is_certain(boxes, cls)
    for sign in (1, -1):
        moved = [dyadic(pixel + sign * 0.01 * (-1) ** place) for place, pixel in enumerate(image)]
        values = foldl(dense, moved, tree_map(dyadic, WEIGHTS))
        assert all(fraction(y) in box for y, box in zip(values, boxes, strict=True))


def test_an_attack_reaches_the_class_beside() -> None:
    weights = [[[1.0, 0.0], [0.0, 1.0], [0.5, 0.0]]]
    assert is_attacked(weights, [1.0, 0.75], 0, 0.125 + 2**-40)
    assert not is_attacked(weights, [1.0, 0.75], 0, 0.125)
    assert not is_certain([Interval(1.0, 2.0), Interval(2.0, 3.0)], 1)
    assert verdict([[[nan], [1.0]]], [1.0], 0.5) == "open"


def matrix_of(key: int, rows: int, columns: int) -> list[list[float]]:
    return [normal(fold_in(key, row), columns) for row in range(rows)]


TINY: Final = [[matrix_of(key, 4, 2), matrix_of(key + 100, 3, 4)] for key in range(6)]
"""Dense networks of two numbers; their last relu is as if there were an output of 0 beside."""


def with_zero(weights: Any) -> Any:
    return tree_map(Fraction, [weights[0], [*weights[1], [0.0] * len(weights[1][0])]])


def told(verdict_of: Callable[..., str]) -> tuple[set[str], bool]:
    """What is told of some points, and whether it agrees with the nearest change, found exactly."""
    seen, agrees = set[str](), True
    for weights in TINY:
        for point in (uniform(key, 2) for key in range(3)):
            exact = [Fraction(x) for x in point]
            change = nearest_change(exact, with_zero(weights), square(20))
            for radius in (2.0**-power for power in range(1, 9)):
                known = verdict_of(weights, point, radius)
                near = change is not None and change.distance <= radius
                seen.add(known)
                agrees &= not (known == "certified" and near or known == "attacked" and not near)
    return seen, agrees


def test_certified_is_nearer_than_the_nearest_change_and_attacked_is_not() -> None:
    assert told(verdict) == ({"certified", "attacked", "open"}, True)
    for mutant in (
        lambda weights, point, radius: verdict(weights, point, radius / 2),
        lambda weights, point, radius: verdict(weights, point, 2 * radius),
        lambda *_: "certified",
        lambda *arguments: verdict(*arguments).replace("open", "attacked"),
    ):
        assert not told(mutant)[1]


@given(st.fractions(0, 1), st.integers(0, 12))
def test_the_largest_radius_holds_and_further_by_what_is_left_it_does_not(
    most: Fraction, halvings: int
) -> None:
    radius = largest_radius(lambda r: r <= most, Fraction(1), halvings)
    assert radius <= most and (radius == 1 or most < radius + Fraction(1, 2**halvings))
    assert largest_radius(lambda r: False, 1.0, halvings) == 0.0
    assert largest_radius(lambda r: True, 3.0, halvings) == 3.0


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 5), (6, 4)])
def test_no_vector_grows_by_more_than_the_spectral_bound(rows: int, columns: int) -> None:
    """Exactly, and by little more than one does: the first singular vector, as NumPy has it."""
    matrix = matrix_of(rows, rows, columns)
    bound = Fraction(spectral_bound(matrix))
    exact = tree_map(Fraction, matrix)
    _, values, right = np.linalg.svd(np.array(matrix))
    vectors = [normal(key, columns) for key in range(10)] + [right[0].tolist()]
    for vector in vectors:
        x = tree_map(Fraction, vector)
        y = matvec(exact, x)
        assert dot(y, y) <= bound**2 * dot(x, x)
    assert float(bound) == pytest.approx(values[0], rel=1e-11)


def test_a_norm_that_is_too_small_is_raised_until_it_is_proven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(robustness, "spectral_norm", lambda matrix: 4.0 * (1 - 2**-38))
    assert 4.0 <= spectral_bound([[3.0, 0.0], [0.0, -4.0]]) < 4.0 * (1 + 2**-38)


def bounds_ratios(lipschitz: Callable[[Any], float]) -> bool:
    """Whether no two digits' outputs, nor a digit's and its like's, differ by more, exactly."""
    images = DIGITS.held_out.images[:6]
    near = [
        [x + 2**-20 * draw for x, draw in zip(image, normal(7, 64), strict=True)]
        for image in images
    ]
    bound = Fraction(lipschitz(WEIGHTS))
    exact = tree_map(dyadic, WEIGHTS)
    outputs = [foldl(dense, [*map(dyadic, x)], exact) for x in (*images, *near)]
    pairs = [(i, j) for j in range(12) for i in range(j)]
    return all(
        squared(outputs[i], outputs[j])
        <= bound**2 * squared((images + near)[i], (images + near)[j])
        for i, j in pairs
    )


def squared(xs: Any, ys: Any) -> Fraction:
    return sum(((fraction(x) - fraction(y)) ** 2 for x, y in zip(xs, ys, strict=True)), Fraction(0))


def test_outputs_are_no_farther_apart_than_the_lipschitz_bound_says() -> None:
    assert bounds_ratios(lipschitz_bound)
    assert not bounds_ratios(lambda weights: lipschitz_bound(weights[1:]) / 4)
    assert not bounds_ratios(lambda weights: 1.0)


def is_below_the_change(radius_of: Callable[[Any, Any], Any]) -> bool:
    """Whether the radius of a margin is less than the exact distance to another class."""
    identity = [[[1.0, 0.0], [0.0, 1.0]]]
    for weights in (identity, *TINY):
        lipschitz = interval(lipschitz_bound(weights))
        layers = tree_map(Fraction, weights)
        for key in range(4):
            point = tree_map(Fraction, uniform(key, 2))
            change = nearest_change(point, layers, square(40), norm="euclidean")
            hidden = foldl(dense, point, layers[:-1])
            *_, second, first = sorted(matvec(layers[-1], hidden))
            down = Interval(float(first - second) * (1 - 2**-50), float(first - second))
            radius = Fraction(radius_of(down, lipschitz).low)
            if change and radius**2 > change.distance:
                return False
    return True


def test_within_the_lipschitz_radius_no_class_changes() -> None:
    assert is_below_the_change(lipschitz_radius)
    assert not is_below_the_change(lambda margin, lipschitz: margin / lipschitz)


def test_the_spectral_complexity_is_the_formula_s() -> None:
    matrices = [matrix_of(1, 3, 4), matrix_of(2, 2, 3)]
    norms = [np.linalg.norm(np.array(w), 2) for w in matrices]
    lengths = [np.linalg.norm(np.array(w), axis=1).sum() for w in matrices]
    sums = sum((x / y) ** (2 / 3) for x, y in zip(lengths, norms, strict=True))
    expected = norms[0] * norms[1] * sums**1.5
    assert spectral_complexity(matrices) == pytest.approx(expected, rel=1e-12)
    doubled = tree_map(lambda w: 2 * w, matrices)
    assert spectral_complexity(doubled) == pytest.approx(4 * expected, rel=1e-12)


def test_the_margin_bound_is_the_sum_of_its_terms_and_falls_with_the_sample() -> None:
    identity = [[[1.0, 0.0], [0.0, 1.0]]]

    def bound(n: int, scale: float = 1.0, margin: float = 0.5) -> float:
        inputs, margins = [[scale, 0.0]] * n, [1.0] * (n - n // 4) + [0.25] * (n // 4)
        return margin_bound(inputs, margins, identity, margin=margin, confidence=0.95)

    capacity = 72 * log(400) * sqrt(log(8)) * sqrt(400) * 2 / (0.5 * 400)
    rest = 0.25 + 8 / 8000 + 3 * sqrt(log(40) / 800)
    assert bound(400) == pytest.approx(capacity + rest, rel=1e-9)
    assert bound(400) > bound(10_000) > 0.25
    assert bound(400, 2.0) - bound(400) == pytest.approx(capacity)
    assert bound(400, margin=0.125) - 4 * capacity == pytest.approx(rest - 0.25)
    for wrongly in ({"margin": 0.0, "confidence": 0.5}, {"margin": 1.0, "confidence": 1.0}):
        with pytest.raises(ValueError, match=r"^give a margin above 0 and a confidence between"):
            margin_bound([[1.0]], [1.0], identity, **wrongly)
    with pytest.raises(ValueError, match=r"^inputs and margins differ in length: 1 and 0$"):
        margin_bound([[1.0]], [], identity, margin=1.0, confidence=0.5)


@pytest.mark.parametrize("size", [5e-324, 1e-320, 1e-200, 1e200, 1e308])
def test_a_norm_is_bounded_at_the_ends_of_the_range(size: float) -> None:
    bound = spectral_bound([[size, size]])
    assert bound >= size and (bound == inf or Fraction(bound) ** 2 >= 2 * Fraction(size) ** 2)


def test_a_norm_larger_than_every_float_is_bounded_by_infinity() -> None:
    largest = nextafter(inf, 0.0)
    assert spectral_bound([[largest, largest]]) == lipschitz_bound([[[largest] * 2]]) == inf


def test_a_matrix_of_zeros_has_no_complexity() -> None:
    assert spectral_complexity([[[0.0, 0.0]]]) == 0.0


def test_margins_that_are_no_numbers_count_as_wrong() -> None:
    settings: Any = {"margin": 0.5, "confidence": 0.95}
    inputs, weights = [[1.0]] * 4, [[[1.0]]]
    right = margin_bound(inputs, [1.0] * 4, weights, **settings)
    assert margin_bound(inputs, [nan] * 4, weights, **settings) == pytest.approx(right + 1)
    for wrong, message in (([[nan]], "row 0, entry 0: nan is not finite"), ([], "inputs is empty")):
        with pytest.raises(ValueError, match=f"^{message}$"):
            margin_bound(wrong, [1.0] * len(wrong), weights, **settings)


def test_only_a_class_of_the_outputs_is_certain_or_attacked() -> None:
    for cls in (-1, 2):
        with pytest.raises(ValueError, match=r"is none of the classes 0 … 1$"):
            is_certain([interval(1.0), interval(2.0)], cls)
        with pytest.raises(ValueError, match=r"is none of the classes 0 … 1$"):
            is_attacked([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], cls, 0.5)


@pytest.mark.parametrize("limit", [-1.0, nan, inf])
def test_a_radius_has_a_finite_limit_from_zero_on(limit: float) -> None:
    with pytest.raises(ValueError, match=r"^the limit is (-1.0|nan|inf): give a finite one"):
        largest_radius(lambda _: True, limit, 3)
