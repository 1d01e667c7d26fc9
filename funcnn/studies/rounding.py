"""Rounding: a network that is linear but for underflow is not, where that is flushed to zero."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from funcnn.algebra.keys import split
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
    singles,
)
from funcnn.studies.materials import HELD_OUT, TRAINING, digit_batches, within
from funcnn.studies.plots import Axis, Plot, Series, Style
from funcnn.studies.shrinkage import (
    CONFIDENCE,
    Learned,
    Told,
    digits_told,
    is_ahead,
    xor_learned,
)

STYLES: Final[tuple[Style, ...]] = ("line", "dashes")


class Figures(NamedTuple):
    """What decides."""

    mismatches: int
    evolved: tuple[float, float]
    """Between these shares of starts learn XOR by evolution, with 95% confidence."""
    descended: tuple[float, float]
    """The same by back-propagation."""
    beats_squares: bool
    beats_softmax: bool


def verdict(figures: Figures) -> Verdict:
    """False if rounding is no activation, or most starts do not learn with it; else as digits have
    it, and XOR, which most starts have to learn, beyond chance.

    >>> most = 0.7, 1.0
    >>> verdict(Figures(0, most, most, True, True)), verdict(Figures(2, most, most, True, True))
    ('holds', 'false')
    """
    shares = figures.evolved, figures.descended
    if figures.mismatches or min(high for _, high in shares) <= 0.5:
        return "false"
    is_learned = min(low for low, _ in shares) > 0.5
    is_better = figures.beats_squares and figures.beats_softmax
    return "holds" if is_learned and is_better else "holds with limits"


def experiment(
    *,
    key: int = 0,
    starts: int = 20,
    units: Sequence[int] = (2, 4, 8, 16),
    training: int = TRAINING,
    held_out: int = HELD_OUT,
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
    keys = split(key, starts)
    descended = dict[int, Learned]()
    for hidden in units:
        begin = 0.02 + 0.08 * len(descended) / len(units)
        part = xor_learned(keys, hidden, lambda _: Momentum(0.02), 150)
        descended[hidden] = yield from within(part, begin, begin + 0.08 / len(units))
    part = xor_learned(
        keys, units[-1], lambda own: EvolutionStrategies(0.02, 0.1, 16, own), 300, stops=True
    )
    evolved = yield from within(part, 0.1, 0.35)
    batches = digit_batches(training, held_out)
    networks = yield from within(digits_told(key, *batches, rounds, over_format), 0.35, 1.0)
    return _finding(wrong, starts, descended, evolved, networks, rounds)


def _finding(
    wrong: Sequence[Any],
    starts: int,
    descended: dict[int, Learned],
    evolved: Learned,
    networks: Sequence[Told],
    rounds: int,
) -> Finding:
    flushed, rounded_first, error = wrong
    squares, softmax, relus, shrinks, lines, by_flushing = networks
    most, numbers = max(descended), f"of {len(singles()):,}"
    down = descended[most]
    figures = Figures(
        flushed,
        binomial_interval(evolved.flushed, starts, CONFIDENCE),
        binomial_interval(down.flushed, starts, CONFIDENCE),
        is_ahead(shrinks, squares),
        is_ahead(shrinks, softmax),
    )
    return Finding(
        run=(
            f"XOR with {', '.join(map(str, descended))} hidden units from {starts} starts each;"
            f" digits for {rounds} epochs, softmax regression for {5 * rounds},"
            f" {len(shrinks.right)} held out, {len(by_flushing.right)} over binary32"
        ),
        figure=(
            f"XOR: {min(evolved.flushed, down.flushed)} of {starts} starts;"
            f" digits: {shrinks.share:.1%}"
        ),
        verdict=verdict(figures),
        why=(
            f"Where underflow is flushed to zero, x/2¹²⁵·2¹²⁵ differs from hardshrink at {flushed}"
            f" of {len(singles()):,} numbers of binary32. With {most} hidden units, the network"
            f" that is linear but for this learns XOR from {evolved.flushed} of {starts} starts by"
            f" evolution and from {down.flushed} by back-propagation through hardshrink. Under"
            f" gradual underflow the map is linear to within {float(error):.3g}, and the same"
            f" weights solve XOR from {evolved.gradual + down.gradual} of {2 * starts} starts. Of"
            f" {len(shrinks.right)} held-out digits the network gets {shrinks.share:.1%} right, a"
            f" relu network {relus.share:.1%}. Two linear baselines are the measure: it is"
            f" {_compared(figures.beats_squares)} than least squares ({squares.share:.1%}) and"
            f" {_compared(figures.beats_softmax)} than softmax regression ({softmax.share:.1%}),"
            f" by exact tests at 5%. Its own weights without hardshrink get {lines.share:.1%}."
        ),
        measurements=(
            _exactly("numbers at which flushing is not hardshrink at ½", flushed, 0, numbers),
            _exactly("the same, if rounded before it is flushed", rounded_first, 2, numbers),
            _exactly("largest error under gradual underflow", error, Fraction(1, 2**25)),
            *(
                _learned(f"XOR by {way}, {hidden} units", n.flushed, starts)
                for way, hidden, n in (
                    *(("back-propagation", *one) for one in descended.items()),
                    ("evolution", most, evolved),
                )
            ),
            _exactly(
                "starts whose weights solve XOR under gradual underflow",
                evolved.gradual + sum(n.gradual for n in descended.values()),
                0,
                f"of {starts * (len(descended) + 1)}",
            ),
            *(
                Measurement(f"digits right, {n.name}", 100 * n.share, f"% of {len(n.right)}")
                for n in networks
            ),
            Measurement(
                "digits of which hardshrink and flushing are not both right or both wrong",
                sum(x != y for x, y in zip(shrinks.right, by_flushing.right, strict=False)),
                f"of {len(by_flushing.right)}",
            ),
        ),
        plot=_plot(),
    )


def _compared(is_better: bool) -> str:
    return "better" if is_better else "not shown to be better"


def _exactly(what: str, value: Any, expected: Any, unit: str = "") -> Measurement:
    shown = float(value) if isinstance(value, Fraction) else value
    return Measurement(what, shown, unit, f"{float(expected):g}, exactly", value == expected)


def _learned(what: str, successes: int, starts: int) -> Measurement:
    low, high = binomial_interval(successes, starts, CONFIDENCE)
    unit = f"of {starts} starts; {CONFIDENCE:.0%} interval {low:.0%} to {high:.0%}"
    return Measurement(what, successes, unit)


def _plot() -> Plot:
    """the function itself, with both sides of its jumps"""
    edge = 0.5 - 2.0**-25
    xs = sorted([*(step / 16 for step in range(-24, 25)), edge, -edge])
    curves = {"flushed": FLUSHED, "gradual": GRADUAL}
    return Plot(
        "Flushing underflow to zero makes dividing by 2¹²⁵ and multiplying back an activation",
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
