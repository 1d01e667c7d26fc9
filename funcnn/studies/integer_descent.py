"""Integer descent: eight bits are enough for gradient descent."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from time import process_time
from typing import Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.algebra.formats import Format, binary32, float8_e4m3fn
from funcnn.algebra.keys import fold_in, split
from funcnn.algebra.trees import Tree, tree_map
from funcnn.algebra.vectors import Matrix
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.linears import dense, linear
from funcnn.calculus.batches import Batch, batches_per_epoch, epochs
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.states import State
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.scores import predicted
from funcnn.fast import quantized
from funcnn.fast.batching import vmap
from funcnn.fast.training import train
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.integer_steps import (
    BATCH,
    PIXEL,
    WEIGHT,
    Integers,
    Rounding,
    by_chance,
    clamped,
    integer_step,
    layers,
    to_nearest,
)
from funcnn.studies.materials import HELD_OUT, TRAINING, digit_batches, within
from funcnn.studies.plots import Axis, Plot, Series

NETWORK: Final = serial(layer(dense), layer(linear))
LOSS: Final = layer(cross_entropy)
CONFIDENCE: Final = 0.95
GOAL: Final = 0.9
"""An accuracy, on held-out digits, to which the steps are counted."""


@dataclass(frozen=True, slots=True)
class IntegerOnly:
    """Descent in integers alone: how what is too fine is rounded, and how many bits more than the 8
    of a product the weights have."""

    name: str
    rounding: Rounding
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Floating:
    """Descent in Python's floats; after each step the weights are rounded to a format, if any."""

    name: str
    kept: Format | None = None


type Scheme = IntegerOnly | Floating

REFERENCE: Final = Floating("float64")
BY_CHANCE: Final = IntegerOnly("int8, stochastic", by_chance)
TO_NEAREST: Final = IntegerOnly("int8, to nearest", to_nearest)
DRAWN: Final = REFERENCE, BY_CHANCE, TO_NEAREST
SCHEMES: Final[tuple[Scheme, ...]] = (
    REFERENCE,
    BY_CHANCE,
    TO_NEAREST,
    IntegerOnly("int8, weights of 16 bits", to_nearest, 8),
    Floating("weights in float8", float8_e4m3fn),
    Floating("weights in float32", binary32),
)


class Descent(NamedTuple):
    """What a scheme has come to: which held-out digits it tells rightly, the accuracy after each
    epoch, and the seconds that its steps took."""

    right: list[bool]
    accuracies: list[float]
    seconds: float


def experiment(
    *,
    key: int = 0,
    rates: Sequence[int] = (1, 2, 3, 4),
    hidden: int = 16,
    rounds: int = 8,
    training: int = TRAINING,
    held_out: int = HELD_OUT,
) -> Experiment:
    """Descents on digits in all schemes side by side; for each rate, which is an inverse power of
    two, from one start and in the same batches.

    >>> round(next(experiment(rates=(1,), rounds=1, training=64)), 6)
    0.5
    """
    parts = digit_batches(training, held_out)
    runs = list[dict[Scheme, Descent]]()
    for place, rate in enumerate(rates):
        part = descents(fold_in(key, rate), rate, hidden, parts, rounds)
        runs.append((yield from within(part, place / len(rates), (place + 1) / len(rates))))
    best = max(runs, key=lambda run: run[REFERENCE].accuracies[-1])
    ways = BY_CHANCE, TO_NEAREST
    at_best = any(is_as_good(*discordant(one, best)) for one in ways)
    at_all = all(is_as_good(*discordant(one, run), len(runs)) for one in ways for run in runs)
    means = {one: fmean(run[one].accuracies[-1] for run in runs) for one in SCHEMES}
    ratio = _seconds(BY_CHANCE, runs) / _seconds(REFERENCE, runs)
    last, given = runs[-1], "% at rates " + ", ".join(f"1/{1 << rate}" for rate in rates)
    per_epoch = batches_per_epoch(parts[0], BATCH)
    others = [one for one in SCHEMES if one != REFERENCE]
    return Finding(
        run=f"a network 64–{hidden}–10 trained in {len(SCHEMES)} number formats at {len(rates)} "
        f"rates, {rounds} epochs of {training:,} digits in batches of {BATCH}; {held_out} held out;"
        f" key {key}",
        figure=f"mean accuracy: int8 {means[BY_CHANCE]:.1%}, floats {means[REFERENCE]:.1%}",
        verdict=verdict(at_best, at_all),
        why="At the rate that is best for floats on the held-out digits, integers of 8 bits are "
        f"{'not shown to be worse' if at_best else 'worse'}, rounded in the better of two ways; "
        f"{'at no rate in either way' if at_all else 'at some rate, in one of the ways,'} are they "
        f"shown to be worse, by exact tests at 5% on {held_out} digits from one start. In the mean "
        "over the rates, "
        f"{means[BY_CHANCE]:.1%} are right with stochastic rounding, {means[TO_NEAREST]:.1%} with "
        f"rounding to the nearest and {means[REFERENCE]:.1%} in floats. Rounding to the nearest "
        "loses every step below half a unit: at the rate "
        f"1/{1 << rates[-1]} it comes to {last[TO_NEAREST].accuracies[-1]:.1%}, stochastic rounding"
        f" to {last[BY_CHANCE].accuracies[-1]:.1%}, floats to "
        f"{last[REFERENCE].accuracies[-1]:.1%}. Only weights and what passes between layers have 8 "
        f"bits: sums of products can take {_widest(hidden)}. In Python, which says nothing of "
        f"hardware, an integer step takes {ratio:.2f} times as long as one in floats. The rule of "
        "this verdict was settled after a first run.",
        measurements=(
            *(
                Measurement(f"{one.name}: digits right", _accuracies(one, runs), given)
                for one in SCHEMES
            ),
            *(_compared(one, best) for one in others),
            *(
                Measurement(
                    f"{one.name}: steps to {GOAL:.0%} right",
                    _steps(one, runs, per_epoch),
                    given.removeprefix("% "),
                )
                for one in SCHEMES
            ),
            *(
                Measurement(
                    f"{one.name}: time of a step",
                    _seconds(one, runs) / _seconds(REFERENCE, runs),
                    "times that in floats",
                )
                for one in others
            ),
        ),
        plot=_plot(runs, rates),
    )


def verdict(at_best: bool, at_all: bool) -> Verdict:
    """What it says of the claim whether integers of 8 bits are as good as floats: at the rate that
    is best for floats, in one way to round; and at all rates, in both.

    >>> verdict(True, True), verdict(True, False), verdict(False, False)
    ('holds', 'holds with limits', 'false')
    """
    if not at_best:
        return "false"
    return "holds" if at_all else "holds with limits"


def discordant(scheme: Scheme, run: Mapping[Scheme, Descent]) -> tuple[int, int]:
    """How many digits a scheme tells rightly and the reference does not; and how many the one or
    the other alone tells.

    >>> one, other = Descent([True, True], [], 0.0), Descent([True, False], [], 0.0)
    >>> discordant(BY_CHANCE, {BY_CHANCE: one, REFERENCE: other})
    (1, 1)
    """
    pairs = [*zipped(run[scheme].right, run[REFERENCE].right)]
    return sum(x > y for x, y in pairs), sum(x != y for x, y in pairs)


def is_as_good(alone: int, either: int, tests: int = 1) -> bool:
    """Whether it is not shown, with a confidence of 95% in as many tests together, that of the
    digits that one of two alone tells, most are the other's.

    Source
        Q. McNemar, "Note on the Sampling Error of the Difference between Correlated Proportions or
        Percentages", Psychometrika 12 (1947), in its exact form

    >>> is_as_good(4, 10), is_as_good(0, 10), is_as_good(0, 0), is_as_good(1, 10, 4)
    (True, False, True, True)
    """
    confidence = 1 - (1 - CONFIDENCE) / tests
    return not either or binomial_interval(alone, either, confidence)[1] >= 0.5


def descents(
    key: int, rate: int, hidden: int, parts: tuple[Batch, Batch], rounds: int
) -> Generator[float, None, dict[Scheme, Descent]]:
    """What each scheme comes to at a rate; on the way, how much is done. Their steps take turns.

    >>> from funcnn.studies.findings import found
    >>> results = found(descents(0, 1, 4, digit_batches(40, 10), 1))
    >>> [len(results[one].right) for one in SCHEMES]
    [10, 10, 10, 10, 10, 10]
    """
    training, held_out = parts
    first, second, order = split(key, 3)
    start = [he_normal(first, hidden, 64), he_normal(second, 10, hidden)]
    batches = [*epochs(order, training, BATCH, rounds)]
    counted = [counts(batch) for batch in batches]
    states = {
        one: integer_states(one, integers(start, one.spare), counted, rate, key)
        if isinstance(one, IntegerOnly)
        else float_states(one, start, batches, rate)
        for one in SCHEMES
    }
    spent, right = dict.fromkeys(SCHEMES, 0.0), dict[Scheme, list[list[bool]]]()
    per_epoch = batches_per_epoch(training, BATCH)
    for step, _ in enumerate(batches, 1):
        for one, weights_of in states.items():
            before = process_time()
            weights = next(weights_of)
            spent[one] += process_time() - before
            if step % per_epoch == 0:
                right.setdefault(one, []).append(told_rightly(one, weights, held_out))
        yield step / len(batches)
    return {
        one: Descent(right[one][-1], [fmean(each) for each in right[one]], spent[one])
        for one in SCHEMES
    }


def counts(batch: Batch) -> Batch:
    """Digits whose pixels are what they were counted as: integers, from 0 to 16.

    >>> counts(Batch([[0.0, 0.25, 1.0]], [7]))
    Batch(inputs=[[0, 4, 16]], targets=[7])
    """
    return Batch([[int(x * (1 << PIXEL)) for x in xs] for xs in batch.inputs], batch.targets)


def integers(weights: Sequence[Matrix[float]], spare: int) -> Integers:
    """The integers nearest to the weights, with so many bits more than 8.

    >>> integers([[[0.5, -1.0]]], 0), integers([[[0.5]]], 8)
    ([[[32, -64]]], [[[8192]]])
    """
    scale = 1 << (WEIGHT + spare)
    return [[clamped([round(scale * w) for w in row], spare) for row in one] for one in weights]


def float_states(
    scheme: Floating, start: Tree, batches: Sequence[Batch], rate: int
) -> Iterator[Tree]:
    """The weights after each step, in floats.

    >>> batch = Batch([[1.0]], [0])
    >>> start = [[[1.0]], [[1.0], [1.0]]]
    >>> next(float_states(Floating("", float8_e4m3fn), start, [batch], 1))
    [[[1.0]], [[1.25], [0.75]]]
    """
    weights = start
    for batch in batches:
        *_, state = train(NETWORK, LOSS, Sgd(2.0**-rate), State(weights), [batch])
        weights = tree_map(scheme.kept.round, state.weights) if scheme.kept else state.weights
        yield weights


def integer_states(
    scheme: IntegerOnly, start: Integers, batches: Sequence[Batch], rate: int, key: int
) -> Iterator[Integers]:
    """The weights after each step, in integers alone.

    >>> batch = Batch([[16]], [0])
    >>> next(integer_states(TO_NEAREST, [[[64]], [[64], [64]]], [batch], 1, 0))
    [[[64]], [[64], [63]]]
    """
    weights = start
    for step, batch in enumerate(batches):
        rounding, one = scheme.rounding, fold_in(key, step)
        weights = integer_step(weights, batch, rate, one, rounding=rounding, spare=scheme.spare)
        yield weights


def told_rightly(scheme: Scheme, weights: Tree, examples: Batch) -> list[bool]:
    """Which examples a scheme's network tells rightly.

    >>> weights = [[[64]], [[64], [-64]]]
    >>> told_rightly(TO_NEAREST, weights, Batch([[1.0], [1.0]], [0, 1]))
    [True, False]
    """
    match scheme:
        case IntegerOnly(_, _, spare):
            one, two = layers(weights, spare)
            outputs = quantized.linear(quantized.dense(counts(examples).inputs, one), two)
        case Floating():
            outputs = vmap(NETWORK)(examples.inputs, weights)
    return [predicted(y) == label for y, label in zipped(outputs, examples.targets)]


def _widest(hidden: int) -> int:
    """how many bits the largest sum of products of a step can have, its sign among them"""
    sums = [(64, 1 << PIXEL), (hidden, 127), (10, 128), (BATCH, 128)]
    return max(terms * size * 128 for terms, size in sums).bit_length() + 1


def _seconds(scheme: Scheme, runs: Sequence[Mapping[Scheme, Descent]]) -> float:
    """of all steps"""
    return sum(run[scheme].seconds for run in runs)


def _accuracies(scheme: Scheme, runs: Sequence[Mapping[Scheme, Descent]]) -> str:
    """the percentage of digits that are right at each rate"""
    return ", ".join(f"{100 * run[scheme].accuracies[-1]:.1f}" for run in runs)


def _compared(scheme: Scheme, run: Mapping[Scheme, Descent]) -> Measurement:
    """how a scheme compares with the reference"""
    alone, either = discordant(scheme, run)
    low, high = binomial_interval(alone, either, CONFIDENCE) if either else (0.0, 1.0)
    what = f"{scheme.name}, best rate: digits that it alone gets right, not floats"
    unit = f"of {either} on which they differ; {CONFIDENCE:.0%} interval {low:.0%} to {high:.0%}"
    return Measurement(what, alone, unit)


def _steps(scheme: Scheme, runs: Sequence[Mapping[Scheme, Descent]], per_epoch: int) -> str:
    """after how many steps the goal was reached at each rate, by epochs"""
    told = []
    for run in runs:
        shares = run[scheme].accuracies
        reached = [epoch for epoch, share in enumerate(shares, 1) if share >= GOAL]
        told.append(f"{reached[0] * per_epoch}" if reached else f"> {len(shares) * per_epoch}")
    return ", ".join(told)


def _plot(runs: Sequence[Mapping[Scheme, Descent]], rates: Sequence[int]) -> Plot:
    """held-out accuracy against the rate"""
    chance, nearest, floats = (
        f"{runs[-1][scheme].accuracies[-1]:.0%}" for scheme in (BY_CHANCE, TO_NEAREST, REFERENCE)
    )
    return Plot(
        f"At the rate 1/{1 << rates[-1]} int8 comes to {nearest} rounded to nearest, to {chance} "
        f"rounded stochastically; floats to {floats}",
        Axis("learning rate", log=True),
        Axis("held-out digits right", "%"),
        tuple(
            Series(
                scheme.name,
                [
                    (2.0**-rate, 100 * run[scheme].accuracies[-1])
                    for rate, run in zipped(rates, runs)
                ],
                "dashes" if scheme == REFERENCE else "line",
            )
            for scheme in DRAWN
        ),
    )


STUDY: Final = Study(
    name="bits",
    claim="Eight bits are enough for gradient descent",
    source='S. Gupta et al., "Deep Learning with Limited Numerical Precision", ICML 2015 '
    '(arXiv:1502.02551);\nS. Wu et al., "Training and Inference with Integers in Deep Neural '
    'Networks", ICLR 2018 (arXiv:1802.04680);\nM. Wang et al., "Niti: Training Integer Neural '
    'Networks Using Integer-only Arithmetic" (arXiv:2009.13108)',
    experiment=experiment,
    reduced={"rates": (1, 4), "hidden": 8, "rounds": 3, "training": 480, "held_out": 150},
)
