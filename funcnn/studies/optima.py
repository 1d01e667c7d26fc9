"""Optima: local optima vanish in high dimension."""

from collections.abc import Generator, Mapping, Sequence
from itertools import pairwise, product
from math import log, log10, sqrt, sumprod
from statistics import correlation, fmean, pvariance
from typing import Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.algebra.intervals import Interval, midpoint
from funcnn.algebra.keys import fold_in, split, uniform
from funcnn.algebra.scalars import total
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.eigenvalues import inertia
from funcnn.diagnostics.multimodal import (
    CriticalPoint,
    mean_loss_line,
    rastrigin,
    rastrigin_critical_points,
)
from funcnn.diagnostics.random_matrices import (
    gaussian_orthogonal_matrices,
    positive_definite_probability,
)
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import within
from funcnn.studies.plots import Axis, Plot, Series
from funcnn.studies.xor_landscape import LevelPoint, level_points, worse_minima

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
    minima = sum(not point.is_maximum for point in points)
    share = f"10^−{-large * log10(minima / len(points)):.0f}"
    worse = worse_minima(level)
    return Finding(
        run=f"Rastrigin's function: all {len(points) ** dimensions:,} critical points in "
        f"{dimensions} dimensions, {sample * len(TENTHS)} in {large:,}; "
        f"{sum(sizes.values()):,} random matrices; {searches} searches on XOR, network 2–2–1; "
        f"key {key}",
        figure=f"{share} of critical points are minima",
        verdict=verdict(theory, minima, worse),
        why=_why(theory, minima, large, share, level, worse),
        measurements=(
            *theory,
            Measurement(
                f"Rastrigin: minima of the critical points in n = {large:,}",
                share,
                f"({minima}/{len(points)})ⁿ",
            ),
            *_network(level, searches, worse),
        ),
        plot=_plot(line, visited[-1], sampled, large),
    )


def verdict(theory: Sequence[Measurement], minima: int, worse: float) -> Verdict:
    """What the figures say: false if one that theory predicts is not met; with limits if minima
    vanish as a share alone, as there are more of them with each dimension, or if some minima of the
    network are worse than its best.

    >>> one = Measurement("a figure", 1, met=True)
    >>> verdict([one], 1, 0.0), verdict([one], 11, 0.0), verdict([one._replace(met=False)], 1, 0.0)
    ('holds', 'holds with limits', 'false')
    """
    if any(one.met is False for one in theory):
        return "false"
    return "holds with limits" if minima > 1 or worse else "holds"


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
    every = f"farthest from the line through both, all points of n ≤ {len(visited)}"
    return [
        Measurement("Rastrigin: mean loss/n of the minima", *_rounded(start, "9.9495")),
        Measurement("Rastrigin: rise from them to the maxima", *_rounded(rise, "18.3425")),
        Measurement(every, most, "", "0, to within the enclosures", exact),
        Measurement(
            "farthest from that line, sample", off, "standard errors", "at most 4", off <= 4
        ),
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
        what, share = f"random matrices that are positive definite, n = {size}", definite[size]
        expected = f"{count * exact.low:,.4g}; {CONFIDENCE:.1%} interval {count * low:,.4g} to"
        met = low <= exact.low and exact.high <= high
        measurements.append(
            Measurement(what, share, f"of {count:,}", f"{expected} {count * high:,.4g}", met)
        )
        rates.append(-log(exact.high) / size**2)
    falls = all(one > other > LIMIT for one, other in pairwise(rates))
    told = ", ".join(f"{rate:.3f}" for rate in rates)
    limit = f"falls, and stays above its limit, ln 3/4 = {LIMIT:.4f}"
    return [
        *measurements,
        Measurement("−ln P/n² of the exact probability P", told, "", limit, falls),
    ]


def _network(points: Sequence[LevelPoint], searches: int, worse: float) -> list[Measurement]:
    """what critical points of the network were found"""
    distinct = _distinct(points)
    losses = sorted(loss for directions, loss in distinct if not directions)
    told = ", ".join(f"{loss:.4f}" for loss in losses)
    return [
        Measurement(
            "searches on XOR that end where the gradient is 0", len(points), f"of {searches}"
        ),
        Measurement("critical points found, by loss and index", len(distinct)),
        Measurement("correlation of index and loss", _related(distinct), f"{len(distinct)} points"),
        Measurement("losses of the minima found", told),
        Measurement(
            "searches ending in a minimum that end in a worse one than the best", 100 * worse, "%"
        ),
    ]


def _distinct(points: Sequence[LevelPoint]) -> list[tuple[int, float]]:
    """the indices and losses of the critical points, each once"""
    return sorted({(point.directions, round(point.loss, 7)) for point in points})


def _related(distinct: Sequence[tuple[int, float]]) -> float | str:
    several = len({directions for directions, _ in distinct}) > 1
    return correlation(*zip(*distinct, strict=True)) if several else "all of one index"


def _why(
    theory: Sequence[Measurement],
    minima: int,
    large: int,
    share: str,
    level: Sequence[LevelPoint],
    worse: float,
) -> str:
    """what the figures say, and where the claim has limits"""
    met = sum(one.met is True for one in theory)
    known = sum(one.met is not None for one in theory)
    distinct = _distinct(level)
    related = _related(distinct)
    told = f"are {related}" if isinstance(related, str) else f"correlate by {related:.2f}"
    return (
        f"{met} of {known} figures that theory predicts are met. On Rastrigin's function the mean "
        "loss of a critical point rises in a straight line with the share of directions that lead "
        "down, and a random matrix is the less likely positive definite the larger it is. What "
        f"vanishes is the share of minima, {share} of the critical points in {large:,} dimensions. "
        f"Their number, {minima}ⁿ, grows, and their mean loss is {theory[0].value:.2f}·n "
        "above the best. A network of two hidden units on XOR, with 9 weights, is a small example: "
        f"{worse:.0%} of the searches that ended in a minimum ended in a worse one than the best. "
        f"Over the {len(distinct)} critical points found, too few to tell more, index and loss "
        f"{told}. The rule of this verdict was settled after a first run."
    )


def _plot(
    line: Line, visited: Sequence[Interval[float]], sampled: Sequence[SampledLoss], large: int
) -> Plot:
    """loss against index"""
    start, rise = map(midpoint, line)
    n = len(visited) - 1
    return Plot(
        "Rastrigin: the more directions lead down from a critical point, the higher its loss",
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
    'High-Dimensional Non-Convex Optimization", NIPS 2014 (arXiv:1406.2572);\n'
    'D. Mehta et al., "The Loss Surface of XOR Artificial Neural Networks", arXiv:1804.02411 '
    "(2018), for minima of XOR with a penalty;\n"
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
