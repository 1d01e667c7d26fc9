"""Starts: almost any random start is about as good."""

from collections.abc import Generator, Sequence
from itertools import combinations
from math import dist, hypot, inf, sqrt
from statistics import correlation, fmean, median_low, stdev
from typing import Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import fold_in, split
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, transpose
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.linears import dense, linear
from funcnn.calculus.batches import Batch
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.optimizers import Adam
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.scores import predicted
from funcnn.fast.batching import vmap
from funcnn.fast.gradients import mean_loss
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import HELD_OUT, TRAINING, digit_batches, learned, within
from funcnn.studies.plots import Axis, Plot, Series

NETWORK: Final = serial(layer(dense), layer(linear))
LOSS: Final = layer(cross_entropy)
OPTIMIZER: Final = Adam(0.02)
BATCH: Final = 64
CONFIDENCE: Final = 0.95

ALMOST_ALL: Final = 0.95
"""Of the starts: the share that is to be about as good."""

ORTHOGONAL: Final = "where 1 is orthogonal"

type Weights = list[list[list[float]]]
"""Two matrices: of a hidden layer, and of the outputs."""


class Solution(NamedTuple):
    """What training from a start leads to, and what that is worth."""

    start: Weights
    weights: Weights
    training_loss: float
    loss: float
    """On held-out digits, as the predictions."""
    predictions: list[int | None]
    right: int


class Apart(NamedTuple):
    """How far apart two networks' weights are, where 1 is as far as if they were orthogonal; and
    how far if the hidden units of one stand in the order nearest to the other's."""

    plain: float
    matched: float


def experiment(
    *,
    key: int = 0,
    starts: int = 50,
    narrow_starts: int = 20,
    hidden: int = 16,
    narrow: int = 4,
    rounds: int = 5,
    training: int = TRAINING,
    held_out: int = HELD_OUT,
) -> Experiment:
    """Trainings on digits that differ in nothing but the key of the start; how far apart their
    solutions are, as weights and as functions; and the same of a network of few hidden units.

    >>> round(next(experiment(starts=2, training=64, rounds=1)), 6)
    0.375
    """
    parts = digit_batches(training, held_out)
    keys = split(key)
    wide = yield from within(solutions(keys[0], starts, hidden, parts, rounds), 0.0, 0.75)
    pairs = [*combinations(wide, 2)]
    ends = yield from within(_all_apart([(a.weights, b.weights) for a, b in pairs]), 0.75, 0.85)
    begins = [apart(one.start, other.start) for one, other in pairs[: len(wide)]]
    slim = yield from within(solutions(keys[1], narrow_starts, narrow, parts, rounds), 0.85, 1.0)
    good, narrow_good = (share_as_good([one.right for one in of], held_out) for of in (wide, slim))
    differ = fmean(disagreement(one, other) for one, other in pairs)
    spread = _spread([one.loss for one in wide])
    matched, near = (fmean(one.matched for one in of) for of in (ends, begins))
    wrong = 1 - fmean(one.right for one in wide) / held_out
    return Finding(
        run=f"{starts} starts of a network 64–{hidden}–10 and {narrow_starts} of 64–{narrow}–10, "
        f"{rounds} epochs of {training:,} digits in the same batches; {held_out} held out; key "
        f"{key}",
        figure=f"as good as the median: {good:.0%}, narrow {narrow_good:.0%}",
        verdict=verdict(at_most(good, starts), at_most(narrow_good, narrow_starts)),
        why=f"With {hidden} hidden units, {good:.0%} of {starts} starts end about as well as the "
        f"median start or better: their accuracy on {held_out} held-out digits is not below the "
        f"95% interval of its accuracy. With {narrow} hidden units, {narrow_good:.0%} of "
        f"{narrow_starts} do; the claim is made for large networks. The verdict asks whether the "
        f"95% interval of such a share reaches {ALMOST_ALL:.0%}, a rule settled after a first run. "
        f"With {hidden} units the "
        f"held-out losses have a standard deviation of {spread:.0%} of their mean. The solutions "
        f"are nevertheless different networks. With hidden units matched, their weights are "
        f"{matched:.2f} apart on average, where random starts are {near:.2f} apart and orthogonal "
        f"weights 1. Two of them disagree on {differ:.1%} of the digits, and one is wrong on "
        f"{wrong:.1%}.",
        measurements=(
            *_told(f"{hidden} hidden units", wide, good, held_out),
            Measurement("distance of two starts, units matched, mean", near, ORTHOGONAL),
            Measurement(
                "distance of two solutions, mean", fmean(one.plain for one in ends), ORTHOGONAL
            ),
            Measurement("distance of two solutions, units matched, mean", matched, ORTHOGONAL),
            Measurement(
                "distance of two solutions, units matched, least",
                min(one.matched for one in ends),
                ORTHOGONAL,
            ),
            Measurement(
                "correlation of matched distance and difference of losses",
                correlation(
                    [one.matched for one in ends], [abs(a.loss - b.loss) for a, b in pairs]
                ),
                f"{len(pairs):,} pairs",
            ),
            Measurement("digits on which two solutions disagree, mean", 100 * differ, "%"),
            *_told(f"{narrow} hidden units", slim, narrow_good, held_out),
        ),
        plot=_plot(
            wide,
            slim,
            f"About as good: {good:.0%} of starts with {hidden} hidden units, {narrow_good:.0%}"
            f" with {narrow}",
        ),
    )


def at_most(share: float, starts: int) -> float:
    """The share of all starts that such a share of so many is of, at most, with 95% confidence.

    >>> at_most(1.0, 20), round(at_most(0.75, 20), 2)
    (1.0, 0.91)
    """
    return binomial_interval(round(share * starts), starts, CONFIDENCE)[1]


def verdict(good: float, narrow: float) -> Verdict:
    """What follows from the shares of starts that are about as good, at most, in a network with
    units to spare and in a narrow one: the claim holds if they may be almost all, in both; with
    limits if in one.

    >>> verdict(1.0, 1.0), verdict(0.98, 0.6), verdict(0.9, 1.0), verdict(0.5, 0.5)
    ('holds', 'holds with limits', 'holds with limits', 'false')
    """
    if max(good, narrow) < ALMOST_ALL:
        return "false"
    return "holds" if min(good, narrow) >= ALMOST_ALL else "holds with limits"


def share_as_good(rights: Sequence[int], trials: int) -> float:
    """The share of starts that are not told from the median one, or are better, of how many digits
    each tells rightly: within its binomial interval of 95 %.

    >>> share_as_good([90, 91, 92, 93, 10], 100)
    0.8
    """
    least, _ = binomial_interval(median_low(rights), trials, CONFIDENCE)
    return fmean(right / trials >= least for right in rights)


def solutions(
    key: int, starts: int, hidden: int, parts: tuple[Batch, Batch], rounds: int
) -> Generator[float, None, list[Solution]]:
    """What training leads to from each of so many starts; on the way, how much is done.

    >>> from funcnn.studies.findings import found
    >>> one, _ = found(solutions(0, 2, 4, digit_batches(100, 10), 1))
    >>> len(one.predictions), one.loss > 0
    (10, True)
    """
    training, held_out = parts
    found = []
    for start in range(starts):
        one, other = split(fold_in(key, start))
        weights = [he_normal(one, hidden, 64), he_normal(other, 10, hidden)]
        state = yield from within(
            learned(NETWORK, OPTIMIZER, weights, training, key=key, size=BATCH, rounds=rounds),
            start / starts,
            (start + 1) / starts,
        )
        losses = [float(mean_loss(NETWORK, LOSS, state.weights, *part)) for part in parts]
        predictions = [predicted(y) for y in vmap(NETWORK)(held_out.inputs, state.weights)]
        right = sum(p == label for p, label in zipped(predictions, held_out.targets))
        found.append(Solution(weights, state.weights, losses[0], losses[1], predictions, right))
    return found


def disagreement(one: Solution, other: Solution) -> float:
    """The share of held-out digits that two solutions tell differently.

    >>> one = Solution([], [], 0.0, 0.0, [1, 2, 3, 4], 4)
    >>> disagreement(one, one._replace(predictions=[1, 2, 3, 5]))
    0.25
    """
    return fmean(p != q for p, q in zipped(one.predictions, other.predictions))


def apart(one: Weights, other: Weights) -> Apart:
    """How far apart two networks' weights are.

    A hidden unit may stand in any place, and what goes into it may be c times as much if what comes
    out counts 1/c of it: before they are compared, both have the same length in each unit.

    Maths
        ‖u − v‖/√(‖u‖² + ‖v‖²)                     and its least over all orders of v's units

    >>> other = [[[0.0, 4.0], [2.0, 0.0]], [[0.25, 0.5]]]
    >>> apart([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0]]], other)
    Apart(plain=0.707..., matched=0.0)
    """
    units, others = balanced(one), balanced(other)
    costs = [[dist(u, v) ** 2 for v in others] for u in units]
    length = hypot(*leaves([units, others]))
    order = assignment(costs)
    plain = sum(row[place] for place, row in enumerate(costs))
    matched = sum(row[place] for row, place in zipped(costs, order))
    return Apart(sqrt(plain) / length, sqrt(matched) / length)


def balanced(weights: Weights) -> list[list[float]]:
    """For each hidden unit, the weights into it and out of it, both of one length.

    >>> balanced([[[4.0]], [[1.0]]])
    [[2.0, 2.0]]
    """
    units = []
    for into, out in zipped(weights[0], transpose(weights[1])):
        one, other = hypot(*into), hypot(*out)
        length = sqrt(one * other)
        units.append([*(length * x / one for x in into), *(length * x / other for x in out)])
    return units


def assignment(costs: Matrix[float]) -> list[int]:
    """A column for each row, all different, with the least sum of costs.

    Source
        H. Kuhn, "The Hungarian Method for the Assignment Problem", Naval Research Logistics
        Quarterly 2 (1955); R. Jonker, A. Volgenant, "A Shortest Augmenting Path Algorithm for Dense
        and Sparse Linear Assignment Problems", Computing 38 (1987)

    >>> assignment([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]])
    [1, 0, 2]
    """
    rows, columns = [0.0 for _ in costs], [0.0 for _ in costs]
    taken = dict[int, int]()
    for row, _ in enumerate(costs):
        before, column = _shortest_path(costs, rows, columns, taken, row)
        while column is not None:
            origin = before[column]
            taken[column] = row if origin is None else taken[origin]
            column = origin
    return sorted(taken, key=taken.__getitem__)


def _shortest_path(
    costs: Matrix[float], rows: list[float], columns: list[float], taken: dict[int, int], start: int
) -> tuple[dict[int, int | None], int | None]:
    """from a row to the nearest column that is free: which column comes before each, and the last;
    the prices of rows and columns rise and fall so that no cost is less than their sum"""
    far, before = dict.fromkeys(range(len(costs)), inf), dict[int, int | None]()
    visited, column, row = list[int](), None, start
    while True:
        for other in far:
            cost = costs[row][other] - rows[row] - columns[other]
            if cost < far[other]:
                far[other], before[other] = cost, column
        column = min(far, key=far.__getitem__)
        step = far.pop(column)
        for place in visited:
            rows[taken[place]] += step
            columns[place] -= step
        rows[start] += step
        far = {other: cost - step for other, cost in far.items()}
        if column not in taken:
            return before, column
        visited.append(column)
        row = taken[column]


def _all_apart(pairs: Sequence[tuple[Weights, Weights]]) -> Generator[float, None, list[Apart]]:
    """how far apart the weights of each pair are; on the way, how much is done"""
    found = []
    for one, other in pairs:
        found.append(apart(one, other))
        yield len(found) / len(pairs)
    return found


def _spread(losses: Sequence[float]) -> float:
    """the standard deviation, of the mean"""
    return stdev(losses) / fmean(losses)


def _told(what: str, of: Sequence[Solution], good: float, held_out: int) -> tuple[Measurement, ...]:
    """the figures of the solutions of one network"""
    shares = [one.right / held_out for one in of]
    losses = [one.loss for one in of]
    return (
        Measurement(f"{what}: starts about as good as the median", 100 * good, f"% of {len(of)}"),
        Measurement(
            f"{what}: held-out digits right, worst to best",
            f"{100 * min(shares):.1f} to {100 * max(shares):.1f}",
            "%",
        ),
        Measurement(f"{what}: held-out loss, mean", fmean(losses), "nats"),
        Measurement(f"{what}: held-out loss, standard deviation", 100 * _spread(losses), "% of it"),
        Measurement(f"{what}: training loss, mean", fmean(one.training_loss for one in of), "nats"),
        Measurement(
            f"{what}: training loss, standard deviation",
            100 * _spread([one.training_loss for one in of]),
            "% of it",
        ),
    )


def _plot(wide: Sequence[Solution], slim: Sequence[Solution], message: str) -> Plot:
    """held-out loss of each solution against its distance from the best of its kind"""

    def points(of: Sequence[Solution]) -> list[tuple[float, float]]:
        best = min(of, key=lambda one: one.loss)
        return [(apart(one.weights, best.weights).matched, one.loss) for one in of]

    names = [f"{len(of[0].weights[0])} hidden units" for of in (wide, slim)]
    return Plot(
        message,
        Axis("distance from the best solution, units matched", "1 if orthogonal"),
        Axis("held-out loss", "nats"),
        (
            Series(names[0], points(wide), "dots"),
            Series(names[1], points(slim), "dots"),
        ),
    )


STUDY: Final = Study(
    name="starts",
    claim="Almost any random start is about as good",
    source='A. Choromanska et al., "The Loss Surfaces of Multilayer Networks", AISTATS 2015, a '
    "conjecture about large networks;\n"
    'R. Entezari et al., "The Role of Permutation Invariance in Linear Mode Connectivity of Neural '
    'Networks", ICLR 2022, for solutions up to the order of their units',
    experiment=experiment,
    reduced={
        "starts": 4,
        "narrow_starts": 4,
        "rounds": 6,
        "training": 640,
        "held_out": 200,
    },
)
