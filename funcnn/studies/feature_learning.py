"""Features: what a layer keeps of its inputs is what the outputs hang on, once it has learned."""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from itertools import islice
from math import sumprod
from typing import Final, NamedTuple

from funcnn.algebra.keys import shuffled, split
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.forms import form
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.linears import dense, linear
from funcnn.calculus.batches import Batch, batches_per_epoch, epochs
from funcnn.calculus.definite_systems import positive_definite_solve
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.optimizers import Adam
from funcnn.calculus.states import State
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.eigenvalues import matrix_sqrt
from funcnn.diagnostics.features import (
    average_gradient_outer_product,
    matrix_correlation,
    matrix_cosine,
    neural_feature_matrix,
)
from funcnn.diagnostics.kernel_machines import (
    KernelMachine,
    Laplace,
    Quadratic,
    fitted,
    recursive_feature_machine,
)
from funcnn.fast.derivatives import jacobian
from funcnn.fast.floats import matmul
from funcnn.fast.training import train
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.low_rank_task import INPUTS, Fit, fit_of, low_rank_examples
from funcnn.studies.materials import TRAINING, digit_batches, share_right, within
from funcnn.studies.modular_addition import (
    Filled,
    Table,
    filled_by,
    table_of_sums,
    with_circulants,
)
from funcnn.studies.plots import Axis, Plot, Series

type Running[A] = Generator[float, None, A]

NETWORK: Final = serial(layer(dense), layer(linear))
FORMS: Final = [form(32, 64), form(10, 32)]
OPTIMIZER: Final = Adam(0.01)
SIZE: Final = 32
"""Of a batch."""

SOLVE: Final = partial(positive_definite_solve, dot=sumprod)
MACHINES: Final = partial(recursive_feature_machine, product=matmul, solve=SOLVE)

LENGTH: Final = 10.0
"""Of the Laplace kernel."""

RIDGE: Final = 1e-3
RIDGELESS: Final = 1e-9
"""So little that a machine gives back what it was told."""

OTHERS: Final = 300
"""Examples by which the low-rank task is judged."""

STEPS: Final = 5
EXAMPLES: Final = 500
MODULUS: Final = 17
GAIN: Final = 1.4
"""How many times less the error is to be, of so many examples after so many steps."""

TOLD: Final = 0.8
"""Of the sums."""

CONFIDENCE: Final = 0.99


class Agreement(NamedTuple):
    """After so many epochs, how far WᵀW of the first layer and the root of the AGOP agree."""

    epochs: int
    weights: list[list[float]]
    """WᵀW."""
    gradients: list[list[float]]
    """The square root of the AGOP."""
    right: float
    """The share of held-out digits that the network tells."""

    correlation: float
    """Of the entries of the two."""
    cosine: float
    """Between the two."""


class Figures(NamedTuple):
    """What the verdict follows from."""

    untrained: float
    """The correlation of WᵀW and AGOP^½ before training."""
    trained: float
    """And after it."""
    shuffled: float
    """And after it on shuffled labels."""
    gain: float
    """How many times less a machine's error is by the metric it has learned than without one."""
    before: float
    """The share of sums that it fills in without a metric."""
    after: float
    """And by the metric it has learned."""


def experiment(
    *,
    key: int = 0,
    training: int = TRAINING,
    checks: Sequence[int] = (0, 1, 2, 4, 8, 12),
    points: int = 100,
    examples: int = EXAMPLES,
    modulus: int = MODULUS,
    rounds: int = 12,
) -> Experiment:
    """Agreement along training, and two tasks for recursive feature machines.

    >>> 0 < next(experiment(training=32, checks=(0, 1), points=1)) < 1
    True
    """
    start, deal, low_rank, sums, drawn = split(key, 5)
    learnt, asked = digit_batches(training)
    mixed = learnt._replace(targets=shuffled(deal, learnt.targets))
    right = yield from within(agreements(start, learnt, asked, checks, points), 0.0, 0.17)
    later = yield from within(agreements(start, mixed, asked, checks[1:], points), 0.17, 0.34)
    one, other = (
        low_rank_examples(part, count)
        for part, count in zip(split(low_rank), (examples, OTHERS), strict=True)
    )
    machines = MACHINES(Laplace(LENGTH), _unit(INPUTS), one, RIDGE, reshaped=list)
    look = partial(fit_of, asked=other)
    fits = yield from within(watched(machines, STEPS + 1, look), 0.34, 0.64)
    table = table_of_sums(sums, modulus, TOLD)
    machines = MACHINES(Quadratic(), _unit(2 * modulus), table.told, RIDGELESS)
    filled = yield from within(
        watched(machines, rounds + 1, partial(filled_by, table=table)), 0.64, 1.0
    )
    fit = partial(fitted, Quadratic(), examples=table.told, penalty=RIDGELESS)
    circulants = with_circulants(drawn, table, partial(fit, product=matmul, solve=SOLVE))
    return _finding(right, [right[0], *later], fits, training, examples, table, filled, circulants)


def _unit(size: int) -> list[list[float]]:
    return [[float(row == column) for column in range(size)] for row in range(size)]


def agreements(
    key: int, examples: Batch, asked: Batch, checks: Sequence[int], points: int
) -> Running[list[Agreement]]:
    """The agreement after some numbers of epochs; on the way, how much is done.

    >>> examples, asked = digit_batches(32)
    >>> next(agreements(0, examples, asked, (0, 1), 1))
    0.5
    """
    start, order = split(key)
    per_epoch = batches_per_epoch(examples, SIZE)
    states = train(
        NETWORK,
        layer(cross_entropy),
        OPTIMIZER,
        State(initial_weights(start, FORMS)),
        epochs(order, examples, SIZE, max(checks)),
    )
    found = list[Agreement]()
    for state in states:
        if state.step in [per_epoch * check for check in checks]:
            found.append(_agreement(state, examples.inputs[:points], asked, checks[len(found)]))
            yield len(found) / len(checks)
    return found


def _agreement(state: State, points: Sequence[list[float]], asked: Batch, after: int) -> Agreement:
    changes = jacobian(NETWORK, points, state.weights)
    kept = neural_feature_matrix(state.weights[0], product=matmul)
    root = matrix_sqrt(average_gradient_outer_product(changes, product=matmul))
    right = share_right(NETWORK, state.weights, asked)
    both = matrix_correlation(kept, root), matrix_cosine(kept, root)
    return Agreement(after, kept, root, right, *both)


def watched[A](
    machines: Iterator[KernelMachine], count: int, look: Callable[[KernelMachine], A]
) -> Running[list[A]]:
    """What is seen of the first machines; on the way, how much is done.

    >>> next(watched(iter([KernelMachine(Quadratic(), [[1.0]], [[1.0]], [[1.0]])]), 2, id))
    0.5
    """
    found = list[A]()
    for machine in islice(machines, count):
        found.append(look(machine))
        yield len(found) / count
    return found


def verdict(figures: Figures) -> Verdict:
    """What follows from the figures.

    With limits, if features follow the gradients of shuffled labels as well: then it is fitting
    that they come from, whether there is anything to learn or not.

    >>> verdict(Figures(0.8, 0.9, 0.7, 1.5, 0.0, 0.9)), verdict(Figures(0.8, 0.9, 0.85, 1.5, 0, 1))
    ('holds', 'holds with limits')
    >>> verdict(Figures(0.8, 0.8, 0.7, 1.5, 0.0, 0.9)), verdict(Figures(0.8, 0.9, 0.7, 0.9, 0, 1))
    ('false', 'false')
    """
    if figures.trained <= figures.untrained or figures.gain <= 1 or figures.after <= figures.before:
        return "false"
    return "holds with limits" if _by_any_label(figures) else "holds"


def _by_any_label(figures: Figures) -> bool:
    return figures.shuffled > figures.untrained


def _finding(
    right: Sequence[Agreement],
    wrong: Sequence[Agreement],
    fits: Sequence[Fit],
    training: int,
    examples: int,
    table: Table,
    filled: Sequence[Filled],
    circulants: tuple[float, float],
) -> Finding:
    first, last, mixed = right[0], right[-1], wrong[-1]
    swapped = matrix_correlation(last.weights, first.gradients)
    figures = Figures(
        first.correlation,
        last.correlation,
        mixed.correlation,
        fits[0].error / fits[-1].error,
        filled[0].right,
        filled[-1].right,
    )
    told, asked, modulus = len(table.told.inputs), len(table.asked), len(table.told.targets[0])
    return Finding(
        run=(
            f"network 64–32–10 on {training:,} digits, {last.epochs} epochs from one start; feature"
            f" machines on {examples} examples of a low-rank task and on a + b mod {modulus}, with"
            f" {told} of {told + asked} sums given"
        ),
        figure=f"r = {figures.trained:.2f}; shuffled labels: r = {figures.shuffled:.2f}",
        verdict=verdict(figures),
        why=_why(figures, wrong, fits, filled, circulants),
        measurements=(
            *(
                Measurement(f"WᵀW and AGOP^½, {labels}, epoch {one.epochs}", value, what)
                for labels, along in (("true labels", right), ("shuffled labels", wrong))
                for one in along
                for value, what in (
                    (one.correlation, "correlation"),
                    (one.cosine, "cosine"),
                )
            ),
            Measurement("WᵀW trained and AGOP^½ untrained", swapped, "correlation"),
            *(
                Measurement(f"held-out digits right, {labels}", 100 * along[-1].right, "%")
                for labels, along in (("true labels", right), ("shuffled labels", wrong))
            ),
            *(
                Measurement(f"low rank, step {step}, {what}", value, unit)
                for step, fit in enumerate(fits)
                for what, value, unit in (
                    ("mean squared error", fit.error, ""),
                    ("metric on the inputs that count", 100 * fit.share, "% of its trace"),
                )
            ),
            Measurement(
                f"low rank, error before by that after {STEPS} steps",
                figures.gain,
                "",
                f"at least {GAIN} for {EXAMPLES} examples",
                figures.gain >= GAIN if examples == EXAMPLES else None,
            ),
            *(
                Measurement(f"sums, step {step}, {what}", value, unit)
                for step, one in enumerate(filled)
                for what, value, unit in (
                    ("right", 100 * one.right, f"% of {asked}"),
                    ("not circulant", 100 * one.deviation, "% of the metric's block"),
                )
            ),
            _above_chance(figures.after, asked, modulus),
            Measurement(
                "sums, not circulant in the mirrored block at last",
                100 * filled[-1].mirrored,
                f"%; of independent entries {1 - 1 / modulus:.0%}",
            ),
            Measurement(
                "sums right, circulant metrics drawn", 100 * circulants[0], f"% of {asked}"
            ),
            Measurement("sums right, the same mirrored", 100 * circulants[1], f"% of {asked}"),
        ),
        plot=_plot(figures, right, wrong),
    )


def _why(
    figures: Figures,
    mixed: Sequence[Agreement],
    fits: Sequence[Fit],
    filled: Sequence[Filled],
    circulants: tuple[float, float],
) -> str:
    halfway = len(filled) // 2
    fitting = (
        "So the agreement comes with fitting, whatever is fitted. "
        if _by_any_label(figures)
        else ""
    )
    return (
        "WᵀW of the first layer and AGOP^½ both contain W and so agree by their form: untrained"
        f" they correlate by {figures.untrained:.2f}. Trained they correlate by"
        f" {figures.trained:.2f}. On shuffled labels, where {mixed[-1].right:.0%} of held-out"
        f" digits are right, they correlate by {figures.shuffled:.2f} in the end and by"
        f" {min(one.correlation for one in mixed):.2f} on the way. {fitting}Each is one start,"
        " without an interval. As a method the claim works: in"
        f" {STEPS} steps the error of a feature machine on the low-rank task falls from"
        f" {fits[0].error:.4f} to {fits[-1].error:.4f}, and the share of its metric on the inputs"
        f" that count rises from {fits[0].share:.0%} to {fits[-1].share:.0%}. In modular addition a"
        f" machine gets {figures.before:.0%} of the sums it was not given right at first,"
        f" {filled[halfway].right:.0%} after {halfway} steps and {figures.after:.0%} after"
        f" {len(filled) - 1}, when {filled[-1].deviation:.1%} of its metric's block is not"
        f" circulant. With a random circulant block it gets {circulants[0]:.0%} right at once; with"
        f" the mirrored block, {circulants[1]:.0%}. The modulus and the share of sums given were"
        " chosen in view of these sums, so their figures show that it can happen, not how often."
    )


def _above_chance(share: float, asked: int, modulus: int) -> Measurement:
    low, _ = binomial_interval(round(share * asked), asked, CONFIDENCE)
    return Measurement(
        f"sums right at last, at least, with {CONFIDENCE:.0%} confidence",
        100 * low,
        f"% of sums not given; by chance {1 / modulus:.1%}",
    )


def _plot(figures: Figures, right: Sequence[Agreement], wrong: Sequence[Agreement]) -> Plot:
    ends = [(one.epochs, figures.untrained) for one in (right[0], right[-1])]
    return Plot(
        f"Features come to follow gradients (r = {figures.trained:.2f}), on shuffled labels too"
        f" (r = {figures.shuffled:.2f})",
        Axis("epochs"),
        Axis("correlation of WᵀW and AGOP^½"),
        (
            Series("true labels", [(one.epochs, one.correlation) for one in right]),
            Series("shuffled labels", [(one.epochs, one.correlation) for one in wrong]),
            Series("untrained", ends, "dashes"),
        ),
    )


STUDY: Final = Study(
    "features",
    "Features follow gradients",
    'A. Radhakrishnan et al., "Mechanism for Feature Learning in Neural Networks and\n'
    'Backpropagation-Free Machine Learning Models", Science 383 (2024): WᵀW ∝ AGOP^½\n'
    'N. Mallinar et al., "Emergence in Non-Neural Models: Grokking Modular Arithmetic via\n'
    'Average Gradient Outer Product", arXiv:2407.20199: block-circulant features',
    experiment,
    {"training": 100, "checks": (0, 2), "points": 20, "examples": 40, "modulus": 7, "rounds": 6},
)
