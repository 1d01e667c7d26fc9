"""Distances: in high dimension all points are about as far from one another."""

from collections.abc import Generator, Sequence
from fractions import Fraction
from math import asinh, fsum, log, sqrt, sumprod
from operator import mul, sub
from statistics import median
from typing import Final, NamedTuple

from funcnn.algebra.keys import fold_in, shuffled, split, uniform
from funcnn.algebra.surds import power
from funcnn.algebra.vectors import Matrix, transpose
from funcnn.calculus.regression import least_squares
from funcnn.diagnostics.geometry import moments_of_squared_distance, relative_contrast
from funcnn.fast.floats import matmul
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import HELD_OUT, TRAINING, digit_batches, within
from funcnn.studies.plots import Axis, Plot, Series

GROUP: Final = 100
"""Distances of which the largest and the smallest are taken."""

PIXELS: Final = 64

MEAN_IN_SQUARE: Final = (2 + sqrt(2) + 5 * asinh(1)) / 15
"""The mean distance of two points of the unit square (B. Ghosh 1951)."""

ROOT_SPREAD: Final = sqrt(2 / 3 / MEAN_IN_SQUARE**2 - 2)
"""The standard deviation of that distance over its mean, times √2: its mean square is 1/3."""

WIDE: Final = 50
"""Dimensions from which on what holds in the limit is looked for."""

ERRORS: Final = 4
"""Standard errors that a figure may be off."""


class Estimate(NamedTuple):
    """A figure of a sample, and its standard error."""

    value: float
    error: float

    def is_near(self, expected: float) -> bool:
        """Whether it is within 4 standard errors of what is expected.

        >>> Estimate(1.0, 0.1).is_near(1.3), Estimate(1.0, 0.1).is_near(1.5)
        (True, False)
        """
        return abs(self.value - expected) <= ERRORS * self.error


def mean_of(sample: Sequence[float]) -> Estimate:
    """The mean of a sample, and its standard error: the deviation over the root of the size.

    >>> mean_of([1.0, 3.0])
    Estimate(value=2.0, error=1.0)
    """
    mean = fsum(sample) / len(sample)
    variance = fsum((x - mean) ** 2 for x in sample) / (len(sample) - 1)
    return Estimate(mean, sqrt(variance / len(sample)))


def relative_spread(sample: Sequence[float]) -> Estimate:
    """The deviation of a sample as a share of its mean, and its standard error: the delta method's.

    Maths
        r = s/m                                    its error is that of the mean of
                                                   r·((z² − 1)/2 − r·z), z = (x − m)/s

    >>> relative_spread([1.0, 3.0]).value
    0.5
    """
    mean = fsum(sample) / len(sample)
    spread = sqrt(fsum((x - mean) ** 2 for x in sample) / len(sample))
    share = spread / mean
    scaled = [(x - mean) / spread for x in sample]
    return Estimate(share, mean_of([share * ((z * z - 1) / 2 - share * z) for z in scaled]).error)


def growth(places: Sequence[float], estimates: Sequence[Estimate]) -> Estimate:
    """The power of its place that a figure grows by: the slope of the logarithms.

    >>> round(growth([1.0, 10.0, 100.0], [Estimate(x, 0.0) for x in (1.0, 100.0, 1e4)]).value, 9)
    2.0
    """
    logs = [log(place) for place in places]
    [[slope, _]] = least_squares([[x, 1.0] for x in logs], [[log(e.value)] for e in estimates])
    middle = fsum(logs) / len(logs)
    width = fsum((x - middle) ** 2 for x in logs)
    pairs = zip(logs, estimates, strict=True)
    errors = [(x - middle) / width * e.error / e.value for x, e in pairs]
    return Estimate(slope, sqrt(sumprod(errors, errors)))


class Distances(NamedTuple):
    """Of pairs of points of a cube: L₁, L₂², L₃ of each."""

    dimensions: int
    manhattan: list[float]
    squared: list[float]
    third: list[float]

    def by_order(self) -> list[list[float]]:
        """L₁, L₂ and L₃.

        >>> Distances(2, [2.0], [4.0], [3.0]).by_order()
        [[2.0], [2.0], [3.0]]
        """
        return [self.manhattan, [sqrt(square) for square in self.squared], self.third]


def between_uniform(key: int, dimensions: int, pairs: int) -> Generator[float, None, Distances]:
    """The distances of pairs of points drawn uniformly from the unit cube; on the way, how many.

    >>> next(between_uniform(0, 2, 3))
    0.0
    """
    found = []
    for pair in range(pairs):
        draws = uniform(fold_in(key, pair), 2 * dimensions)
        found.append(_distances([*map(sub, draws[:dimensions], draws[dimensions:])]))
        if pair % GROUP == 0:
            yield pair / pairs
    return Distances(dimensions, *map(list, zip(*found, strict=True)))


def _distances(differences: list[float]) -> tuple[float, float, float]:
    """L₁, L₂² and L₃ of two points, from their differences"""
    sizes = [*map(abs, differences)]
    squares = [*map(mul, sizes, sizes)]
    return fsum(sizes), fsum(squares), sumprod(squares, sizes) ** (1 / 3)


class View(NamedTuple):
    """How far points are from others: the spread of the squared distance, and who is nearest."""

    spread: float
    contrast: float
    """Of the farthest and the nearest, by the median of those that look."""
    nearest: list[int]


def seen(points: Matrix[float], others: Matrix[float]) -> View:
    """How far some points are from others, by squared distances; and which is the nearest.

    >>> seen([[0.0, 0.0]], [[0.0, 1.0], [2.0, 0.0]])
    View(spread=0.6, contrast=1.0, nearest=[0])
    """
    lengths = [sumprod(other, other) for other in others]
    rows = [
        [sumprod(x, x) + length - 2 * product for length, product in zip(lengths, row, strict=True)]
        for x, row in zip(points, matmul(points, transpose(others)), strict=True)
    ]
    spread = relative_spread([square for row in rows for square in row]).value
    contrast = median(relative_contrast([sqrt(max(s, 0.0)) for s in row]) for row in rows)
    return View(spread, contrast, [row.index(min(row)) for row in rows])


def without_structure(key: int, points: Matrix[float]) -> list[list[float]]:
    """The points with each coordinate dealt out anew: independent, and distributed as it was.

    >>> sorted(without_structure(0, [[1.0, 5.0], [2.0, 6.0]])[0] + [0.0])[0]
    0.0
    """
    columns = transpose(points)
    return transpose([shuffled(fold_in(key, j), column) for j, column in enumerate(columns)])


def experiment(
    *,
    key: int = 0,
    dimensions: Sequence[int] = (2, 5, 10, 20, 50, 100, 200, 500, 1000),
    pairs: int = 10_000,
    training: int = TRAINING,
    held_out: int = HELD_OUT,
) -> Experiment:
    """Distances in cubes of rising dimension, and those of digits beside a cube of as many.

    >>> next(experiment(dimensions=(2,), pairs=1))
    0.0
    """
    cubes, done = list[Distances](), 0.0
    for part, d in zip(split(key, len(dimensions)), dimensions, strict=True):
        end = done + 0.7 * d / sum(dimensions)
        cubes.append((yield from within(between_uniform(part, d, pairs), done, end)))
        done = end
    learnt, asked = digit_batches(training, held_out)
    one, other, near, far = split(fold_in(key, len(dimensions)), 4)
    views = []
    for points, others in (
        (asked.inputs, learnt.inputs),
        (without_structure(one, asked.inputs), without_structure(other, learnt.inputs)),
        (in_cube(near, held_out, PIXELS), in_cube(far, training, PIXELS)),
    ):
        views.append(seen(points, others))
        yield 0.7 + 0.1 * len(views)
    digits, mixed, cube = views
    labels = zip(digits.nearest, asked.targets, strict=True)
    right = sum(learnt.targets[index] == label for index, label in labels)
    return _finding(cubes, pairs, training, digits, mixed, cube, right / held_out)


def in_cube(key: int, count: int, dimensions: int) -> list[list[float]]:
    """So many points drawn uniformly from the unit cube.

    >>> [len(point) for point in in_cube(0, 2, 3)]
    [3, 3]
    """
    return [uniform(part, dimensions) for part in split(key, count)]


def _finding(
    cubes: Sequence[Distances],
    pairs: int,
    training: int,
    digits: View,
    mixed: View,
    cube: View,
    right: float,
) -> Finding:
    squared = [(d.dimensions, relative_spread(d.squared)) for d in cubes]
    theory = [(d, moments_of_squared_distance(d).relative_spread) for d, _ in squared]
    exact = all(share == power(Fraction(7, 5 * d), Fraction(1, 2)) for d, share in theory)
    wide = [d for d in cubes if d.dimensions >= WIDE]
    fall = growth([d for d, _ in squared], [found for _, found in squared])
    measurements = (
        Measurement(
            "standard deviation of D² over its mean, by exact moments, at each d",
            "√(7/(5d))" if exact else "another",
            "",
            "√(7/(5d)), exactly",
            exact,
        ),
        *(
            Measurement(
                f"spread of D², d = {d:,}",
                found.value,
                "of the mean",
                f"{float(share):.4f} ± {ERRORS} standard errors, {ERRORS * found.error:.4f}",
                found.is_near(float(share)),
            )
            for (d, found), (_, share) in zip(squared, theory, strict=True)
        ),
        Measurement(
            "exponent of d in the spread of D²",
            fall.value,
            "",
            f"−0.5 ± {ERRORS} standard errors, {ERRORS * fall.error:.4f}",
            fall.is_near(-0.5),
        ),
        *(_of_distance(d, "in a square", ROOT_SPREAD) for d in cubes if d.dimensions == 2),
        _of_distance(cubes[-1], "√(7/20) in the limit", sqrt(7 / 20)),
        *(_gap(order, wide) for order in (1, 2, 3)),
        *(
            Measurement(f"{what}, {name}", figure, unit)
            for name, view in (
                ("digits", digits),
                ("digits, pixels shuffled", mixed),
                (f"cube of {PIXELS}", cube),
            )
            for what, figure, unit in (
                ("spread of D²", view.spread, "of the mean"),
                ("dimensions of a cube that spreads as much", _dimension(view), ""),
                ("farthest over nearest, less 1, median", view.contrast, ""),
            )
        ),
        Measurement(
            "digits whose nearest has their class", 100 * right, f"% of {len(digits.nearest)}"
        ),
    )
    as_theory = all(measurement.met is not False for measurement in measurements)
    last, size = squared[-1][1].value, cubes[-1].dimensions
    return Finding(
        run=(
            f"{pairs:,} pairs of points in cubes of {cubes[0].dimensions} to {size:,} dimensions;"
            f" {len(digits.nearest)} digits beside {training:,} others"
        ),
        figure=f"D² spreads {last:.1%} at d = {size:,}, digits {digits.spread:.0%}",
        verdict=verdict(as_theory, digits.contrast, cube.contrast),
        why=(
            "Distances between random points of a cube concentrate"
            f" {'as' if as_theory else 'not as'} theory predicts: at d = {size:,} the standard"
            f" deviation of the squared distance D² is {last:.2%} of its mean. Real data are not a"
            f" cube. Digits of {PIXELS} pixels spread like a cube of {_dimension(digits):.1f}"
            " dimensions; with each pixel shuffled among the digits, like one of"
            f" {_dimension(mixed):.1f}. The farthest digit is {1 + digits.contrast:.2f} times as"
            f" far as the nearest, in the cube of {PIXELS} dimensions {1 + cube.contrast:.2f}"
            f" times, and the nearest digit gives the right class of {right:.1%}."
        ),
        measurements=measurements,
        plot=Plot(
            f"Distances concentrate as d^{_minus(fall.value)}, but digits of {PIXELS} pixels"
            f" spread like {_dimension(digits):.0f} dimensions",
            Axis("dimensions, d", log=True),
            Axis("standard deviation of D²", "of its mean", log=True),
            (
                Series("√(7/(5d))", [(d, float(share)) for d, share in theory], "dashes"),
                Series("cube", [(d, found.value) for d, found in squared], "dots"),
                Series("digits", [(PIXELS, digits.spread)], "dots"),
                Series("pixels shuffled", [(PIXELS, mixed.spread)], "dots"),
            ),
        ),
    )


def _of_distance(cube: Distances, what: str, expected: float) -> Measurement:
    """how far the distance itself is off its mean, times the root of the dimension"""
    found, root = relative_spread(cube.by_order()[1]), sqrt(cube.dimensions)
    return Measurement(
        f"spread of D times √d, d = {cube.dimensions:,}",
        found.value * root,
        "of the mean",
        f"{expected:.4f}, {what}, ± {ERRORS} standard errors, {ERRORS * found.error * root:.4f}",
        found.is_near(expected / root),
    )


def _gap(order: int, cubes: Sequence[Distances]) -> Measurement:
    """by which power of d the largest of some distances draws away from the smallest"""
    samples = [distances.by_order()[order - 1] for distances in cubes]
    groups = [[sample[i : i + GROUP] for i in range(0, len(sample), GROUP)] for sample in samples]
    gaps = [mean_of([max(group) - min(group) for group in own]) for own in groups]
    found = growth([distances.dimensions for distances in cubes], gaps)
    limit = 1 / order - 1 / 2
    return Measurement(
        f"exponent of d in the largest less the smallest of {GROUP} distances, L{order}",
        found.value,
        "",
        f"{limit:.3f} ± {ERRORS} standard errors, {ERRORS * found.error:.3f}; d ≥ {WIDE}",
        found.is_near(limit),
    )


def _minus(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")


def _dimension(view: View) -> float:
    """of a cube whose squared distances spread as much"""
    return 7 / (5 * view.spread**2)


def verdict(as_theory: bool, digits: float, cube: float) -> Verdict:
    """What follows from whether cubes are as theory has them, and from two contrasts.

    >>> verdict(True, 3.0, 0.5), verdict(True, 0.5, 0.5), verdict(False, 3.0, 0.5)
    ('holds with limits', 'holds', 'false')
    """
    if not as_theory:
        return "false"
    return "holds with limits" if digits > cube else "holds"


STUDY: Final = Study(
    "distances",
    "In high dimension distances concentrate",
    "K. Beyer et al., \"When Is 'Nearest Neighbor' Meaningful?\", ICDT 1999;\n"
    'C. Aggarwal, A. Hinneburg, D. Keim, "On the Surprising Behavior of Distance Metrics in High '
    'Dimensional Space", ICDT 2001: Dmax − Dmin grows as d^(1/k − 1/2)',
    experiment,
    {"dimensions": (2, 10, 50, 100, 200), "pairs": 1000, "training": 200, "held_out": 50},
)
