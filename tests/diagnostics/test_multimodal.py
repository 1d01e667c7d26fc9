"""Rastrigin's function: what holds of every right implementation, and its critical points."""

from collections.abc import Callable, Sequence
from itertools import product
from math import cos, pi, sin
from typing import Any, Final

import pytest

from funcnn.algebra.duals import Dual
from funcnn.algebra.intervals import Interval
from funcnn.diagnostics.multimodal import (
    critical_points_of_index,
    mean_loss_line,
    rastrigin,
    rastrigin_critical_points,
    rastrigin_gradient,
)

POINTS: Final = rastrigin_critical_points()


type Function = Callable[[Sequence[Any]], Any]
type Gradient = Callable[[Sequence[Any]], list[Any]]

PLACES: Final = [0.3, -1.7, 4.1]


def is_rastrigin(function: Function) -> bool:
    """Where the cosine is known: x² for whole numbers, 20 more halfway between them."""
    places = [[0.0, 0.0], [1.0, -2.0], [0.5], [0.25, 0.0]]
    return [function(place) for place in places] == pytest.approx([0.0, 5.0, 20.25, 10.0625])


def is_its_gradient(gradient: Gradient, function: Function = rastrigin) -> bool:
    tangents = [
        function([Dual(x, float(i == place)) for i, x in enumerate(PLACES)]).tangent
        for place, _ in enumerate(PLACES)
    ]
    return gradient(PLACES) == pytest.approx(tangents, rel=1e-12)


def test_rastrigins_function_and_its_gradient() -> None:
    assert is_rastrigin(rastrigin) and is_its_gradient(rastrigin_gradient)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda xs: sum(10 + x * x - 10 * cos(x) for x in xs),
        lambda xs: sum(10 + x * x - 10 * cos(pi * x) for x in xs),
        lambda xs: 10 + sum(x * x - 10 * cos(2 * pi * x) for x in xs),
        lambda xs: sum(10 + x * x + 10 * cos(2 * pi * x) for x in xs),
        lambda xs: sum(10 + x * x - cos(2 * pi * x) for x in xs),
        lambda xs: sum(10 + abs(x) - 10 * cos(2 * pi * x) for x in xs),
    ],
)
def test_other_functions_are_found_out(wrong: Function) -> None:
    assert not is_rastrigin(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda xs: [2 * x + 20 * sin(2 * pi * x) for x in xs],
        lambda xs: [2 * x + 10 * pi * sin(2 * pi * x) for x in xs],
        lambda xs: [2 * x - 20 * pi * sin(2 * pi * x) for x in xs],
        lambda xs: [x + 20 * pi * sin(2 * pi * x) for x in xs],
        lambda xs: [2 * x + 20 * pi * sin(2 * pi * x) for x in reversed(xs)],
    ],
)
def test_other_gradients_are_found_out(wrong: Gradient) -> None:
    assert not is_its_gradient(wrong)


def test_there_are_11_minima_and_10_maxima_and_no_others() -> None:
    assert [point.is_maximum for point in POINTS] == [False, True] * 10 + [False]
    for point in POINTS:
        low, high = point.place.low, point.place.high
        assert high - low < 1e-14
        assert 0 in rastrigin_gradient([point.place])[0]
        assert rastrigin([low]) in Interval(point.value.low - 1e-12, point.value.high + 1e-12)
    grid = [-5.12 + k * 0.001 for k in range(10241)]
    signs = [rastrigin_gradient([x])[0] > 0 for x in grid]
    assert sum(one != other for one, other in zip(signs, signs[1:], strict=False)) == 21


def test_the_line_has_certified_digits() -> None:
    start, rise = mean_loss_line(POINTS)
    assert start.high - start.low < 1e-12 and rise.high - rise.low < 1e-12
    assert [f"{end:.10f}" for end in (start.low, start.high)] == ["9.9495196757"] * 2
    assert [f"{end:.10f}" for end in (rise.low, rise.high)] == ["18.3425411692"] * 2


def test_the_count_of_each_index_is_that_of_all_points() -> None:
    for n in (1, 2, 3):
        indices = [sum(one.is_maximum for one in chosen) for chosen in product(POINTS, repeat=n)]
        counts = [critical_points_of_index(POINTS, n, k) for k in range(n + 1)]
        assert counts == [indices.count(k) for k in range(n + 1)]
        assert sum(counts) == 21**n
