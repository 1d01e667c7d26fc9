"""Optima: local optima vanish in high dimension."""

from collections.abc import Generator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product
from math import log, log10, sqrt, sumprod
from statistics import correlation, fmean, pvariance
from typing import Final, NamedTuple

from funcnn.algebra.elementary import tanh
from funcnn.algebra.folds import zipped
from funcnn.algebra.intervals import Interval, midpoint
from funcnn.algebra.keys import fold_in, normal, split, uniform
from funcnn.algebra.scalars import total
from funcnn.algebra.trees import filled, leaves
from funcnn.algebra.vectors import matmul
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import affine
from funcnn.calculus.directions import moved
from funcnn.calculus.losses import squared_error
from funcnn.calculus.regression import solve
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.eigenvalues import inertia
from funcnn.diagnostics.landscapes import (
    CriticalPoint,
    critical_index,
    gaussian_orthogonal_matrices,
    hessian_matrix,
    mean_loss_line,
    positive_definite_probability,
    rastrigin,
    rastrigin_critical_points,
)
from funcnn.fast.derivatives import hessian
from funcnn.fast.gradients import value_and_grad
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import within
from funcnn.studies.plots import Axis, Plot, Series

type Line = tuple[Interval[float], Interval[float]]
"""Where it begins, and how much it rises from 0 to 1."""

SIZES: Final = {2: 100_000, 3: 100_000, 4: 100_000, 5: 200_000, 6: 300_000}
"""Of random matrices, and how many are drawn of each."""

BLOCK: Final = 10_000
"""Matrices drawn at once."""

CONFIDENCE: Final = 0.999
LIMIT: Final = log(3) / 4
"""What −ln P/n² tends to, as n grows."""

TENTHS: Final = range(11)
"""Of the dimensions, in which a sampled critical point is a maximum."""

NETWORK: Final = serial(layer(affine), elementwise(tanh), layer(affine))
FORM: Final = [([[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0]), (), ([[0.0, 0.0]], [0.0])]
XOR: Final = ([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [[-1.0], [1.0], [1.0], [-1.0]])

DECAY: Final = 0.01
"""Half the squared length of the weights, times this, is part of the loss: it sets critical points
apart, which without it lie in lines and planes, or at infinity."""

DESCENTS: Final = (0, 20, 60, 200, 600)
"""Steps of gradient descent before a search for a critical point, in turn."""

RATE: Final = 0.1
LEVEL: Final = 1e-9
"""A gradient no longer than this is taken for 0, and losses no farther apart for one."""


class LevelPoint(NamedTuple):
    """A critical point of the network: its loss, and in how many directions the loss falls."""

    loss: float
    directions: int


class SampledLoss(NamedTuple):
    """The mean loss of a dimension over a sample of critical points, and its standard error."""

    mean: float
    error: float


def experiment(
    *,
    key: int = 0,
    dimensions: int = 3,
    large: int = 1000,
    sample: int = 20,
    sizes: Mapping[int, int] = SIZES,
    searches: int = 50,
) -> Experiment:
    """All critical points of Rastrigin's function in few dimensions, and some in many; random
    Hessians; which critical points of a network are found from random starts.

    >>> next(experiment(dimensions=1))
    0.1
    """
    points, keys = rastrigin_critical_points(), split(key, 3)
    visited, sampled = list[list[Interval[float]]](), list[SampledLoss]()
    for n in range(1, dimensions + 1):
        visited.append(mean_losses(points, n))
        yield 0.1 * n / dimensions
    for tenth, one in enumerate(split(keys[0], len(TENTHS))):
        sampled.append(sampled_loss(one, points, large * tenth // 10, large, sample))
        yield 0.1 + 0.1 * tenth / 10
    definite = yield from within(definite_matrices(keys[1], sizes), 0.2, 0.7)
    level = yield from within(level_points(keys[2], searches), 0.7, 1.0)
    line = mean_loss_line(points)
    theory = [*_lattice(line, visited, sampled), *_matrices(definite, sizes)]
    minima = Fraction(sum(not point.is_maximum for point in points), len(points))
    share = f"10^{large * log10(minima):.0f}"
    worse = worse_minima(level)
    return Finding(
        run=f"Rastrigin: all {len(points) ** dimensions:,} critical points in {dimensions} "
        f"dimensions, {sample * len(TENTHS)} in {large:,}; {sum(sizes.values()):,} random matrices;"
        f" {searches} searches on XOR, network 2–2–1; key {key}",
        figure=f"minima: {share} of critical points",
        verdict=verdict(theory, worse),
        why=_why(theory, minima, large, share, worse),
        measurements=(
            *theory,
            Measurement(f"minima of critical points, n = {large:,}", share, "", f"({minima})ⁿ"),
            *_network(level, searches, worse),
        ),
        plot=_plot(line, visited[-1], sampled, large),
    )


def verdict(theory: Sequence[Measurement], worse: float) -> Verdict:
    """What the figures say: false if one that theory foretells is not met; with limits if some
    minima of the network are worse than its best.

    >>> one = Measurement("a figure", 1, met=True)
    >>> verdict([one], 0.0), verdict([one], 0.25), verdict([one._replace(met=False)], 0.0)
    ('holds', 'holds with limits', 'false')
    """
    if any(one.met is False for one in theory):
        return "false"
    return "holds with limits" if worse else "holds"


def mean_losses(points: Sequence[CriticalPoint], dimensions: int) -> list[Interval[float]]:
    """The mean loss of a dimension over the critical points of each index, all of them visited.

    >>> means = mean_losses(rastrigin_critical_points(1.0), 2)
    >>> [round(mean.low, 4) for mean in means]
    [0.6633, 10.4573, 20.2513]
    """
    losses: list[list[Interval[float]]] = [[] for _ in range(dimensions + 1)]
    for chosen in product(points, repeat=dimensions):
        index = sum(point.is_maximum for point in chosen)
        losses[index].append(rastrigin([point.place for point in chosen]))
    return [total(values) / (len(values) * dimensions) for values in losses]


def sampled_loss(
    key: int, points: Sequence[CriticalPoint], index: int, dimensions: int, count: int
) -> SampledLoss:
    """The mean loss of a dimension over so many critical points of an index, drawn from the key.

    All coordinates are alike, so that the first ones may be the maxima. The standard error is that
    of the distribution they are drawn from.

    >>> sampled_loss(0, rastrigin_critical_points(1.0), 2, 2, 1)
    SampledLoss(mean=20.251..., error=0.0)
    """
    kinds = [[one for one in points if one.is_maximum == kind] for kind in (True, False)]
    coordinates = [kinds[0]] * index + [kinds[1]] * (dimensions - index)
    losses = [
        rastrigin([kind[int(u * len(kind))].place.low for kind, u in zipped(coordinates, draws)])
        for draws in (uniform(one, dimensions) for one in split(key, count))
    ]
    spreads = [pvariance([midpoint(one.value) for one in kind]) for kind in kinds]
    variance = sumprod(spreads, [index, dimensions - index]) / (dimensions * dimensions * count)
    return SampledLoss(fmean(losses) / dimensions, sqrt(variance))


def definite_matrices(key: int, sizes: Mapping[int, int]) -> Generator[float, None, dict[int, int]]:
    """How many random matrices of each size are positive definite; on the way, how much is done.

    >>> from funcnn.studies.findings import found
    >>> found(definite_matrices(0, {1: 1000}))
    {1: 498}
    """
    counts, done = dict.fromkeys(sizes, 0), 0
    for size, count in sizes.items():
        for block, start in enumerate(range(0, count, BLOCK)):
            number = min(BLOCK, count - start)
            one = fold_in(fold_in(key, size), block)
            drawn = gaussian_orthogonal_matrices(one, size, number)
            counts[size] += sum(map(_is_positive_definite, drawn))
            done += number
            yield done / sum(sizes.values())
    return counts


def _is_positive_definite(matrix: list[list[float]]) -> bool:
    """whether all eigenvalues are positive; if so, the diagonal is, which is soon looked at"""
    signs = all(row[index] > 0 for index, row in enumerate(matrix))
    return signs and inertia(matrix).positive == len(matrix)


def level_points(key: int, searches: int) -> Generator[float, None, list[LevelPoint]]:
    """The critical points where searches end, each after a descent; on the way, how much is done.

    What ends where the gradient is not 0 is left out.

    >>> from funcnn.studies.findings import found
    >>> found(level_points(0, 1))
    [LevelPoint(loss=1.0..., directions=...)]
    """
    points = []
    for search in range(searches):
        weights = normal(fold_in(key, search), sum(1 for _ in leaves(FORM)))
        for _ in range(DESCENTS[search % len(DESCENTS)]):
            weights = moved(weights, -RATE, _loss_and_slope(weights)[1])
        weights = levelled(weights)
        loss, slope = _loss_and_slope(weights)
        if sumprod(slope, slope) <= LEVEL**2:
            points.append(LevelPoint(loss, critical_index(_curvature(weights))))
        yield (search + 1) / searches
    return points


def levelled(weights: list[float], steps: int = 60) -> list[float]:
    """Weights at which the network's gradient is 0, or as near as so many steps come.

    Maths
        w ← w − (H·H + ‖g‖²·I)⁻¹·H·g               Levenberg and Marquardt's, for least ‖g‖²
    Source
        N. Yamashita, M. Fukushima, "On the Rate of Convergence of the Levenberg–Marquardt Method",
        Computing Supplement 15 (2001), for the damping

    >>> from math import hypot
    >>> hypot(*_loss_and_slope(levelled([0.1] * 9))[1]) <= LEVEL
    True
    """
    for _ in range(steps):
        _, slope = _loss_and_slope(weights)
        length = sumprod(slope, slope)
        if length <= LEVEL**2:
            break
        curvature = _curvature(weights)
        square = _shifted(matmul(curvature, curvature), length)
        step = solve(square, matmul(curvature, [[g] for g in slope]))
        weights = moved(weights, -1.0, [entry for (entry,) in step])
    return weights


def _loss_and_slope(weights: list[float]) -> tuple[float, list[float]]:
    """the network's loss with its decay, and the gradient, in a list as the weights are"""
    loss, gradient = value_and_grad(NETWORK, layer(squared_error), filled(FORM, weights), *XOR)
    slope: list[float] = moved([*leaves(gradient)], DECAY, weights)
    return loss + DECAY / 2 * sumprod(weights, weights), slope


def _curvature(weights: list[float]) -> list[list[float]]:
    """the Hessian of the loss with its decay"""
    tree = filled(FORM, weights)
    matrix = hessian_matrix(NETWORK, layer(squared_error), tree, *XOR, hessian=hessian)
    return _shifted(matrix, DECAY)


def _shifted(matrix: list[list[float]], shift: float) -> list[list[float]]:
    """the matrix with a number added to its diagonal"""
    return [[x + shift * (i == j) for j, x in enumerate(row)] for i, row in enumerate(matrix)]


def worse_minima(points: Sequence[LevelPoint]) -> float:
    """Of the times that a minimum was found, the share of those when it was not the best.

    >>> worse_minima([LevelPoint(0.5, 0), LevelPoint(1.0, 0), LevelPoint(2.0, 3)])
    0.5
    """
    losses = [point.loss for point in points if not point.directions]
    return sum(loss > min(losses) + LEVEL for loss in losses) / max(1, len(losses))


def _lattice(
    line: Line, visited: Sequence[Sequence[Interval[float]]], sampled: Sequence[SampledLoss]
) -> list[Measurement]:
    """the losses of the critical points of Rastrigin's function, and what they should be"""
    start, rise = line
    gaps = [
        mean - (start + rise * k / n)
        for n, means in enumerate(visited, 1)
        for k, mean in enumerate(means)
    ]
    most, exact = max(abs(gap).high for gap in gaps), all(0 in gap for gap in gaps)
    off = max(
        abs(one.mean - midpoint(start + rise * tenth / 10)) / one.error
        for tenth, one in zip(TENTHS, sampled, strict=True)
    )
    every = f"off that line at most, all points of n ≤ {len(visited)}"
    return [
        Measurement("loss/n, all minima", *_rounded(start, "9.9495")),
        Measurement("its rise to all maxima", *_rounded(rise, "18.3425")),
        Measurement(every, most, "", "0, to within the enclosures", exact),
        Measurement("off it at most, sample", off, "standard errors", "≤ 4", off <= 4),
    ]


def _rounded(enclosed: Interval[float], expected: str) -> tuple[float, str, str, bool]:
    """a figure that is enclosed, without unit, and whether it certainly rounds to the expected"""
    ends = {f"{end:.4f}" for end in (enclosed.low, enclosed.high)}
    return midpoint(enclosed), "", expected, ends == {expected}


def _matrices(definite: Mapping[int, int], sizes: Mapping[int, int]) -> list[Measurement]:
    """how often random matrices are positive definite, and how often they should be"""
    measurements, rates = list[Measurement](), list[float]()
    for size, count in sizes.items():
        exact = positive_definite_probability(size)
        low, high = binomial_interval(definite[size], count, CONFIDENCE)
        what, share = f"P(positive definite), n = {size}", definite[size] / count
        expected = f"{exact.low:.4g}, in {low:.4g} … {high:.4g}: 99.9 % of {count:,}"
        met = low <= exact.low and exact.high <= high
        measurements.append(Measurement(what, share, "", expected, met))
        rates.append(-log(exact.high) / size**2)
    falls = all(one > other > LIMIT for one, other in pairwise(rates))
    told = ", ".join(f"{rate:.3f}" for rate in rates)
    limit = f"falls, above ln 3/4 = {LIMIT:.4f}"
    return [*measurements, Measurement("−ln P/n² of the exact P", told, "", limit, falls)]


def _network(points: Sequence[LevelPoint], searches: int, worse: float) -> list[Measurement]:
    """what critical points of the network were found"""
    distinct = sorted({(point.directions, round(point.loss, 7)) for point in points})
    losses = sorted(loss for directions, loss in distinct if not directions)
    several = len({directions for directions, _ in distinct}) > 1
    related = correlation(*zip(*distinct, strict=True)) if several else "all of one index"
    told = ", ".join(f"{loss:.4f}" for loss in losses)
    return [
        Measurement("searches on XOR that end level", len(points), f"of {searches}"),
        Measurement("critical points found", len(distinct), "losses and indices"),
        Measurement("correlation of index and loss", related, f"{len(distinct)} points"),
        Measurement("losses of the minima found", told),
        Measurement("minima found that are not the best", worse, "of searches that end in one"),
    ]


def _why(
    theory: Sequence[Measurement], minima: Fraction, large: int, share: str, worse: float
) -> str:
    """what the figures say, and where the claim has limits"""
    met = sum(one.met is True for one in theory)
    known = sum(one.met is not None for one in theory)
    return (
        f"{met} of {known} figures that theory foretells are met: the loss of a critical point is "
        "higher the more directions lead down from it, and a random curvature is seldom positive "
        f"in all directions. But it is the share of minima that vanishes, {share} of the critical "
        f"points in {large:,} dimensions: their number, {minima.numerator}ⁿ, grows, and their mean "
        f"loss is {theory[0].value:.2f}·n above the best. In 9 dimensions, those of a network of "
        f"two hidden units on XOR, {100 * worse:.0f} % of the minima found are not the best."
    )


def _plot(
    line: Line, visited: Sequence[Interval[float]], sampled: Sequence[SampledLoss], large: int
) -> Plot:
    """loss against index"""
    start, rise = map(midpoint, line)
    n = len(visited) - 1
    return Plot(
        "The more directions lead down, the higher the loss: a straight line",
        Axis("share of directions that lead down"),
        Axis("mean loss per dimension"),
        (
            Series("theory", [(0.0, start), (1.0, start + rise)], "dashes"),
            Series(
                f"all, n = {n}", [(k / n, midpoint(mean)) for k, mean in enumerate(visited)], "dots"
            ),
            Series(
                f"sample, n = {large:,}",
                [(tenth / 10, one.mean) for tenth, one in zip(TENTHS, sampled, strict=True)],
                "dots",
            ),
        ),
    )


STUDY: Final = Study(
    name="optima",
    claim="Local optima vanish in high dimension",
    source='Y. Dauphin et al., "Identifying and Attacking the Saddle Point Problem in '
    'High-Dimensional Non-Convex Optimization", NIPS 2014 (arXiv:1406.2572), figure 1;\n'
    'D. Dean, S. Majumdar, "Large Deviations of Extreme Eigenvalues of Random Matrices", Phys. '
    "Rev. Letters 97 (2006), for random Hessians",
    experiment=experiment,
    reduced={
        "dimensions": 2,
        "large": 100,
        "sample": 10,
        "sizes": {2: 5000, 3: 5000, 4: 5000},
        "searches": 6,
    },
)
