"""Regions are a partition, each affine, as many as brute force finds; the nearest change is one."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from typing import Any, Final

import pytest

from funcnn.algebra.intervals import around
from funcnn.algebra.vectors import dot
from funcnn.blocks.linears import AffineWeights, affine
from funcnn.diagnostics import regions as module
from funcnn.diagnostics.regions import (
    Change,
    Region,
    clipped,
    linear_regions,
    most_regions,
    nearest_change,
)
from funcnn.diagnostics.relaxations import composed, is_proven, preactivations
from funcnn.diagnostics.robustness import largest_radius
from relu_networks import Network, drawn, eighths, proving, square

type Row = tuple[Fraction, ...]
"""a, b, c: a·x + b·y + c > 0"""

NETWORKS: Final = [drawn(key, 2, *sizes) for key in range(3) for sizes in [(3, 2), (3, 3, 2)]]


def area(corners: Sequence[Sequence[Any]]) -> Any:
    """Gauss's, exactly."""
    edges = pairwise([*corners, corners[0]])
    return sum(p[0] * q[1] - p[1] * q[0] for p, q in edges) / Fraction(2)


def is_partition(regions: Sequence[Region], layers: Network, whole: Any) -> bool:
    """Whether the regions fill the polygon, and in each corner give what the network gives."""
    parts = [area(region.corners) for region in regions]
    return (
        sum(parts) == area(whole)
        and min(parts) > 0
        and len({region.active for region in regions}) == len(regions)
        and all(
            affine(corner, region.outputs) == preactivations(corner, layers)[-1]
            for region in regions
            for corner in region.corners
        )
    )


@pytest.mark.parametrize("layers", NETWORKS)
def test_regions_are_a_partition_into_which_the_network_is_affine(layers: Network) -> None:
    assert is_partition(linear_regions(layers, square(4)), layers, square(4))


def clipped_too_early(corners: Any, values: Any) -> list[Any]:
    return [corner for corner, value in zip(corners, values, strict=True) if value >= 0]


def clipped_nowhere(corners: Any, values: Any) -> list[Any]:
    return [*corners]


def cut_in_the_middle(corners: Any, values: Any) -> list[Any]:
    halves = [value and value / abs(value) for value in values]
    return clipped(corners, halves)


def without_its_bias(after: Any, before: Any) -> Any:
    return composed(after.matrix, before)


MUTANTS: Final[list[tuple[str, Callable[..., Any]]]] = [
    ("clipped", clipped_too_early),
    ("clipped", clipped_nowhere),
    ("clipped", cut_in_the_middle),
    ("composed", without_its_bias),
]


@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_wrong_cuts_make_no_partition(
    name: str, mutant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, mutant)
    regions = [(layers, linear_regions(layers, square(4))) for layers in NETWORKS]
    assert not all(is_partition(pieces, layers, square(4)) for layers, pieces in regions)


def feasible(rows: Sequence[Row]) -> bool:
    """Whether strict inequalities of two numbers have a common solution: Fourier and Motzkin."""
    for place in range(2):
        free = [row for row in rows if not row[place]]
        above = [row for row in rows if row[place] > 0]
        below = [row for row in rows if row[place] < 0]
        rows = free + [
            tuple(x * -q[place] + y * p[place] for x, y in zip(p, q, strict=True))
            for p, q in product(above, below)
        ]
    return all(row[-1] > 0 for row in rows)


def patterns(layers: Network, side: int) -> set[tuple[bool, ...]]:
    """Those of all patterns of activation that an open part of the square has."""
    half = Fraction(side, 2)
    one, zero = Fraction(1), Fraction(0)
    edges: list[Row] = [
        (one, zero, half),
        (-one, zero, half),
        (zero, one, half),
        (zero, -one, half),
    ]
    count = sum(len(layer.bias) for layer in layers[:-1])
    found = set[tuple[bool, ...]]()
    for active in product((True, False), repeat=count):
        rows, signs = [*edges], iter(active)
        reads = AffineWeights([[one, zero], [zero, one]], [zero, zero])
        for layer in layers[:-1]:
            sums = composed(layer, reads)
            units = [(*row, bias) for row, bias in zip(*sums, strict=True)]
            kept = [next(signs) for _ in units]
            rows += [
                unit if on else tuple(-x for x in unit)
                for unit, on in zip(units, kept, strict=True)
            ]
            masked = [[x * on for x in unit] for unit, on in zip(units, kept, strict=True)]
            reads = AffineWeights([[x, y] for x, y, _ in masked], [c for *_, c in masked])
        if feasible(rows):
            found.add(active)
    return found


@pytest.mark.parametrize("layers", NETWORKS)
def test_they_are_those_of_all_patterns_that_are_feasible(layers: Network) -> None:
    regions = linear_regions(layers, square(4))
    assert {region.active for region in regions} == patterns(layers, 4)


@pytest.mark.parametrize("count", range(6))
def test_lines_in_general_position_make_as_many_as_zaslavsky_says(count: int) -> None:
    """Tangents of a parabola: no two are parallel, no three meet."""
    rows = [[Fraction(2 * t), Fraction(-1)] for t in range(count)]
    hidden = AffineWeights(rows, [Fraction(-t * t) for t in range(count)])
    last = AffineWeights([[Fraction(1)] * count], [Fraction(0)])
    if count:
        regions = linear_regions([hidden, last], square(100))
        assert len(regions) == most_regions(count, 2) == len(patterns([hidden, last], 100))
    assert most_regions(count, 2) == 1 + count + count * (count - 1) // 2
    assert most_regions(count, count) == 2**count


@pytest.mark.parametrize("layers", NETWORKS)
def test_no_layer_makes_more_of_a_region_than_lines_can(layers: Network) -> None:
    most = prod(most_regions(len(layer.bias), 2) for layer in layers[:-1])
    assert 1 < len(linear_regions(layers, square(4))) <= most


def test_a_unit_that_is_zero_everywhere_cuts_nothing() -> None:
    zero = Fraction(0)
    layers = [AffineWeights([[zero, zero]], [zero]), AffineWeights([[zero]], [zero])]
    [region] = linear_regions(layers, square(2))
    assert region.active == (False,) and region.corners == square(2)


SIDE: Final = 8
INSIDE: Final = [eighths(key, 2) for key in range(4)]


def class_of(layers: Network, point: Sequence[Any]) -> int:
    outputs = preactivations(point, layers)[-1]
    return outputs.index(max(outputs))


def apart(p: Sequence[Any], q: Sequence[Any], norm: str) -> Any:
    way = [y - x for x, y in zip(p, q, strict=True)]
    return dot(way, way) if norm == "euclidean" else max(map(abs, way))


def is_change(change: Change, layers: Network, point: Sequence[Any], norm: str) -> bool:
    """Whether, where it is said to be, another class is as likely, and it is as far."""
    outputs, cls = preactivations(change.point, layers)[-1], class_of(layers, point)
    as_likely = outputs[change.cls] == max(outputs) and outputs[change.cls] >= outputs[cls]
    return change.cls != cls and as_likely and apart(point, change.point, norm) == change.distance


def is_least(change: Change, layers: Network, point: Sequence[Any]) -> bool:
    """Whether all that is nearer, in a square, is of the same class: so are the corners of all
    regions there."""
    radius, cls = change.distance * Fraction(1023, 1024), class_of(layers, point)
    corners = [
        [x + s * radius for x, s in zip(point, signs, strict=True)]
        for signs in [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    ]
    values = [
        affine(corner, region.outputs)
        for region in linear_regions(layers, corners)
        for corner in region.corners
    ]
    return all(y < ys[cls] for ys in values for j, y in enumerate(ys) if j != cls)


@pytest.mark.parametrize("layers", NETWORKS)
@pytest.mark.parametrize("point", INSIDE)
def test_the_nearest_change_is_one_and_nothing_nearer_is(
    layers: Network, point: list[Fraction]
) -> None:
    change = nearest_change(point, layers, square(SIDE))
    length = nearest_change(point, layers, square(SIDE), norm="euclidean")
    assert (change is None) == (length is None)
    if change and length:
        assert is_change(change, layers, point, "max")
        assert is_change(length, layers, point, "euclidean")
        reach = SIDE / 2 - max(map(abs, point))
        assert change.distance > reach or is_least(change, layers, point)
        assert change.distance**2 <= length.distance <= 2 * change.distance**2 or (
            change.distance > reach
        )


@pytest.mark.parametrize("layers", NETWORKS)
@pytest.mark.parametrize("point", INSIDE)
def test_a_certified_radius_is_less_and_any_attack_is_as_far(
    layers: Network, point: list[Fraction]
) -> None:
    change, cls = nearest_change(point, layers, square(SIDE)), class_of(layers, point)
    weights = proving(layers)

    def proven(radius: Fraction) -> bool:
        return is_proven([around(x, radius) for x in point], weights, cls)

    radius = largest_radius(proven, Fraction(SIDE), 5)
    grid = [Fraction(x, 4) for x in range(-2 * SIDE, 2 * SIDE + 1)]
    attacks = [p for p in product(grid, grid) if class_of(layers, p) != cls]
    if change is None:
        assert not attacks
        return
    assert 0 <= radius < change.distance
    for norm in ("max", "euclidean"):
        nearest = nearest_change(point, layers, square(SIDE), norm=norm)
        assert nearest and all(apart(point, p, norm) >= nearest.distance for p in attacks)


@pytest.mark.parametrize("key", range(5))
def test_of_a_linear_network_it_is_the_margin_over_a_norm(key: int) -> None:
    """‖w‖₁ is dual to the largest change, ‖w‖₂ to the length."""
    [layer], point = drawn(key, 2, 2), eighths(key + 5, 2)
    far = square(10_000)
    w = [x - y for x, y in zip(*layer.matrix, strict=True)]
    margin = abs(dot(w, point) + layer.bias[0] - layer.bias[1])
    change, length = (nearest_change(point, [layer], far, norm=norm) for norm in module.NORMS)
    assert change and change.distance == margin / sum(map(abs, w))
    assert length and length.distance == margin**2 / dot(w, w)


def test_an_output_as_large_is_a_change_already_and_without_a_rival_there_is_none() -> None:
    one, zero = Fraction(1), Fraction(0)
    tied = AffineWeights([[one, zero], [one, zero]], [zero, zero])
    assert nearest_change([one, zero], [tied], square(4)) == Change(zero, [one, zero], 1)
    below = tied._replace(bias=[zero, -one])
    assert nearest_change([one, zero], [below], square(4)) is None
    wrongly: Any = "manhattan"
    with pytest.raises(
        ValueError, match=r"^no norm 'manhattan': use one of \('max', 'euclidean'\)$"
    ):
        nearest_change([one, zero], [tied], square(4), norm=wrongly)


def test_a_line_through_corners_cuts_at_them() -> None:
    corners = square(2)
    values = [corner[0] - corner[1] for corner in corners]
    assert clipped(corners, values) == [corners[0], corners[1], corners[2]]
    assert clipped(corners, [Fraction(0)] * 4) == corners


AXES: Final[Any] = [[[1.0, 0.0], [0.0, 1.0]]]


@pytest.mark.parametrize(
    ("corners", "message"),
    [
        ([], "the polygon is empty"),
        ([[0.0, 0.0], [1.0, 1.0]], "the corners span no area: give 3 or more, not on one line"),
        ([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], "the corners span no area"),
        ([[0.0], [1.0], [2.0]], "a corner is of 2 numbers, not of 1"),
        ([[float("nan"), 0.0], [1.0, 0.0], [0.0, 1.0]], "row 0, entry 0: nan is not finite"),
    ],
)
def test_what_is_no_polygon_is_said_in_a_line(corners: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        linear_regions(AXES, corners)


def test_a_change_is_looked_for_from_a_finite_point_and_to_another_class() -> None:
    with pytest.raises(ValueError, match=r"^row 0, entry 0: nan is not finite$"):
        nearest_change([float("nan"), 0.0], AXES, square(1))
    with pytest.raises(ValueError, match=r"^there is no layer: give 1 or more$"):
        nearest_change([0.0, 0.0], [], square(1))
    assert nearest_change([Fraction(0)] * 2, [[[Fraction(1)] * 2]], square(1)) is None
