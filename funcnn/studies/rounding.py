"""Rounding: a network that is linear but for underflow is not, where that is flushed to zero."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from funcnn.algebra.roundings import Rounded
from funcnn.blocks.activations import down_and_up
from funcnn.calculus.evolution import EvolutionStrategies
from funcnn.calculus.optimizers import Momentum
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.flushing import (
    FLUSHED,
    GRADUAL,
    flushed_after_rounding,
    largest_error,
    mismatches,
)
from funcnn.studies.materials import digit_batches, within
from funcnn.studies.plots import Axis, Plot, Series, Style
from funcnn.studies.shrinkage import (
    CONFIDENCE,
    Learned,
    Told,
    digits_told,
    is_ahead,
    surely,
    xor_learned,
)

READ: Final = {2: 0, 4: 11, 8: 16, 16: 20}
"""Hidden units, and how many of 20 starts another program learned XOR from, by back-propagation."""

STYLES: Final[tuple[Style, ...]] = ("line", "dashes")


class Figures(NamedTuple):
    """What decides."""

    mismatches: int
    evolved: float
    """At least this share of starts learns XOR by evolution, surely."""
    descended: float
    """The same by back-propagation."""
    beats_squares: bool
    beats_softmax: bool


def verdict(figures: Figures) -> Verdict:
    """False if rounding is no activation, or nothing is learned with it; else as digits have it.

    >>> verdict(Figures(0, 0.7, 0.7, True, True)), verdict(Figures(2, 0.7, 0.7, True, True))
    ('holds', 'false')
    """
    if figures.mismatches or min(figures.evolved, figures.descended) <= 0.5:
        return "false"
    return "holds" if figures.beats_squares and figures.beats_softmax else "holds with limits"


def experiment(
    *,
    key: int = 0,
    starts: int = 20,
    units: Sequence[int] = (2, 4, 8, 16),
    training: int = 1437,
    held_out: int = 360,
    rounds: int = 8,
    over_format: int = 10,
) -> Experiment:
    """What is lost by rounding, counted; XOR and digits, learned by what is lost.

    >>> next(experiment())
    0.0
    """
    yield 0.0
    wrong: list[Any] = [mismatches(down_and_up, FLUSHED)]
    yield 0.01
    wrong += [mismatches(flushed_after_rounding, GRADUAL), largest_error()]
    keys = range(key, key + starts)
    descended = dict[int, Learned]()
    for hidden in units:
        begin = 0.02 + 0.08 * len(descended) / len(units)
        part = xor_learned(keys, hidden, Momentum(0.02), 150)
        descended[hidden] = yield from within(part, begin, begin + 0.08 / len(units))
    climber = EvolutionStrategies(0.02, 0.1, pairs=16, key=key)
    part = xor_learned(keys, units[-1], climber, 300, stops=True)
    evolved = yield from within(part, 0.1, 0.35)
    batches = digit_batches(training, held_out)
    networks = yield from within(digits_told(key, *batches, rounds, over_format), 0.35, 1.0)
    return _finding(wrong, starts, descended, evolved, networks)


def _finding(
    wrong: Sequence[Any],
    starts: int,
    descended: dict[int, Learned],
    evolved: Learned,
    networks: Sequence[Told],
) -> Finding:
    flushed, rounded_first, error = wrong
    squares, softmax, relus, shrinks, lines, by_flushing = networks
    most = max(descended)
    down = descended[most]
    figures = Figures(
        flushed,
        surely(evolved.flushed, starts),
        surely(down.flushed, starts),
        is_ahead(shrinks, squares),
        is_ahead(shrinks, softmax),
    )
    return Finding(
        run=(
            f"{starts} starts of {', '.join(map(str, descended))} hidden units on XOR;"
            f" {len(shrinks.right)} held-out digits, {len(by_flushing.right)} over binary32"
        ),
        figure=f"XOR {evolved.flushed} and {down.flushed} of {starts}; digits {shrinks.share:.1%}",
        verdict=verdict(figures),
        why=(
            f"Flushed to zero, x/2¹²⁵·2¹²⁵ differs from hardshrink in {flushed} numbers. So with"
            f" {most} hidden units the “linear” network learns XOR: {evolved.flushed} of {starts}"
            f" starts by evolution, {down.flushed} by back-propagation. With gradual underflow it"
            f" is off by {float(error):.3g} at most, and the same weights tell XOR in"
            f" {evolved.gradual + down.gradual} of {2 * starts}. On digits it tells"
            f" {shrinks.share:.1%}, where relu tells {relus.share:.1%}: it is"
            f" {_compared(figures.beats_squares)} least squares, {squares.share:.1%}, and"
            f" {_compared(figures.beats_softmax)} softmax regression, which is linear too,"
            f" {softmax.share:.1%}. Its own weights without hardshrink tell {lines.share:.1%}."
        ),
        measurements=(
            _exactly("numbers where flushing is not hardshrink at ½", flushed, 0),
            _exactly("the same, rounded first, then flushed: ±(½ − 2⁻²⁵)", rounded_first, 2),
            _exactly("largest error under gradual underflow", error, Fraction(1, 2**25)),
            *(_of_read(hidden, starts, n.flushed) for hidden, n in descended.items()),
            Measurement(f"XOR by evolution, {most} units", evolved.flushed, f"of {starts} starts"),
            _exactly(
                "starts that with gradual underflow tell XOR",
                evolved.gradual + sum(n.gradual for n in descended.values()),
                0,
            ),
            *(Measurement(f"digits, {n.name}", n.share, f"of {len(n.right)}") for n in networks),
            _exactly(
                "digits that hardshrink and flushing tell otherwise",
                sum(x != y for x, y in zip(shrinks.right, by_flushing.right, strict=False)),
                0,
            ),
        ),
        plot=_plot(),
    )


def _compared(is_better: bool) -> str:
    return "ahead of" if is_better else "not surely ahead of"


def _exactly(what: str, value: Any, expected: Any) -> Measurement:
    shown = float(value) if isinstance(value, Fraction) else value
    return Measurement(what, shown, "", f"{float(expected):g}, exactly", value == expected)


def _of_read(hidden: int, starts: int, successes: int) -> Measurement:
    """beside what was measured before, in an interval such that all of them are sure together"""
    low, high = binomial_interval(successes, starts, 1 - (1 - CONFIDENCE) / len(READ))
    return Measurement(
        f"XOR by back-propagation, {hidden} units",
        successes,
        f"of {starts} starts",
        f"{READ[hidden]} of 20; that is {READ[hidden] / 20:.2f}, in {low:.2f} to {high:.2f}",
        low <= READ[hidden] / 20 <= high,
    )


def _plot() -> Plot:
    """the function itself, with both sides of its jumps"""
    edge = 0.5 - 2.0**-25
    xs = sorted([*(step / 16 for step in range(-24, 25)), edge, -edge])
    curves = {"flushed": FLUSHED, "gradual": GRADUAL}
    return Plot(
        "Divided by 2¹²⁵ and multiplied by it, small numbers are 0 where underflow is flushed",
        Axis("x"),
        Axis("x/2¹²⁵·2¹²⁵ over binary32"),
        tuple(
            Series(name, [(x, down_and_up(Rounded(x, kind)).value) for x in xs], style)
            for (name, kind), style in zip(curves.items(), STYLES, strict=True)
        ),
    )


STUDY: Final = Study(
    "rounding",
    "Rounding is an activation: a linear network learns by underflow",
    'J. Foerster, "Nonlinear Computation in Deep Linear Networks", OpenAI (2017)',
    experiment,
    {
        "starts": 2,
        "units": (2, 16),
        "training": 64,
        "held_out": 30,
        "rounds": 1,
        "over_format": 2,
    },
)
