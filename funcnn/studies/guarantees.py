"""Brittleness: how small a change turns a network's answer, and what is guaranteed of it."""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any, Final, NamedTuple

from funcnn.algebra.keys import fold_in, uniform
from funcnn.algebra.vectors import Matrix
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.layouts import flatten, nested
from funcnn.blocks.linears import dense
from funcnn.calculus.batches import Batch
from funcnn.diagnostics.confidence import error_bound
from funcnn.diagnostics.corruptions import blurred, noisy, shifted
from funcnn.diagnostics.regions import most_regions
from funcnn.diagnostics.robustness import margin_bound
from funcnn.exchange.pretrained import digit_weights
from funcnn.fast.batching import vmap
from funcnn.studies.digit_radii import Radii, radii, subject
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import HELD_OUT, TRAINING, digit_batches, share_right, within
from funcnn.studies.plane_regions import Plane, plane_network
from funcnn.studies.plots import Axis, Plot, Series

type Corruption = Callable[[int, Matrix[float]], Matrix[float]]
"""Of a key and the rows of an image."""

NETWORK: Final = serial(layer(dense), layer(dense))
SIDE: Final = 8
CONFIDENCE: Final = 0.95

CHANGE: Final = 0.1
"""Of each pixel, which is from 0 to 1: what a network that is not brittle has to bear."""
LEVELS: Final = (0.01, 0.02, 0.05)
"""Radii at which it is told how many digits are proven."""
CURVE: Final = [step / 80 for step in range(21)]
"""Radii at which digits are counted."""

CORRUPTIONS: Final[dict[str, Sequence[Corruption]]] = {
    "moved by a pixel": [
        lambda _, image: shifted(image, 1, 0),
        lambda _, image: shifted(image, -1, 0),
        lambda _, image: shifted(image, 0, 1),
        lambda _, image: shifted(image, 0, -1),
    ],
    "blurred": [lambda _, image: blurred(image)],
    "blurred twice": [lambda _, image: blurred(image, 2)],
    "noise of deviation 0.1": [partial(noisy, deviation=0.1)],
    "noise of deviation 0.2": [partial(noisy, deviation=0.2)],
    "noise of deviation 0.4": [partial(noisy, deviation=0.4)],
}


LABELS: Final = {
    "attack": "attacked",
    "lines": "proven, linear relaxation",
    "boxes": "proven, boxes",
    "norms": "proven, norms",
}
"""Of the radii, what each is by."""


def with_signs(key: int, image: Matrix[float], size: float) -> list[list[float]]:
    """The image with each pixel changed by a size, up or down as is drawn from the key.

    >>> with_signs(0, [[0.5, 0.5]], 0.25)
    [[0.25, 0.25]]
    """
    draws = iter(uniform(key, sum(map(len, image))))
    return [[x + (size if next(draws) < 0.5 else -size) for x in row] for row in image]


def share_under(corruptions: Sequence[Corruption], key: int, examples: Batch) -> float:
    """The share of digits that are told rightly once they are corrupted, each by a key of its own.

    >>> share_under([lambda key, image: shifted(image, 8, 0)], 0, digit_batches(1, 10)[1]) < 0.5
    True
    """
    images = [
        flatten(corruption(fold_in(key, index), nested(image, (SIDE, SIDE))))
        for corruption in corruptions
        for index, image in enumerate(examples.inputs)
    ]
    labels = [*examples.targets] * len(corruptions)
    return share_right(NETWORK, digit_weights(), Batch(images, labels))


def norm_bound(examples: Batch) -> float:
    """The bound on the error by norms, and by the margin that half of the examples do not reach.

    >>> norm_bound(digit_batches(20)[0]) > 1
    True
    """
    weights = digit_weights()
    outputs: list[list[float]] = vmap(NETWORK)([*examples.inputs], weights)
    margins = [
        ys[label] - max(y for j, y in enumerate(ys) if j != label)
        for ys, label in zip(outputs, examples.targets, strict=True)
    ]
    middle = median(margins)
    return margin_bound(examples.inputs, margins, weights, margin=middle, confidence=CONFIDENCE)


class Figures(NamedTuple):
    """What decides."""

    turned: float
    """The share of digits that an attack turns by CHANGE, or that were wrong as they are."""
    proven: float
    """The share that are proven at the least of LEVELS."""
    error: float
    """The error on unseen digits, at most, with CONFIDENCE."""
    norms: float
    """The same, by norms and margins."""


def verdict(figures: Figures) -> Verdict:
    """Brittle if most digits are turned; guaranteed if most are proven, or errors are bounded.

    >>> verdict(Figures(0.75, 0.9, 0.04, 900.0)), verdict(Figures(0.25, 0.9, 0.04, 900.0))
    ('holds with limits', 'false')
    """
    if figures.turned <= 0.5:
        return "false"
    guaranteed = figures.proven > 0.5 or min(figures.error, figures.norms) < 0.5
    return "holds with limits" if guaranteed else "holds"


def experiment(
    *,
    key: int = 0,
    digits: int = 100,
    held_out: int = HELD_OUT,
    training: int = TRAINING,
    units: int = 8,
    points: int = 40,
) -> Experiment:
    """Radii of digits, proven and attacked; corrupted digits; bounds; and a network of the plane.

    >>> next(experiment(training=1, held_out=1))
    0.0
    """
    learnt, asked = digit_batches(training, held_out)
    yield 0.0
    network = subject(digit_weights())
    known = list[Radii]()
    for image, label in zip(asked.inputs[:digits], asked.targets[:digits], strict=True):
        known.append(radii(network, image, label))
        yield 0.05 + 0.7 * len(known) / digits
    some = Batch(asked.inputs[:digits], asked.targets[:digits])
    signs = [share_under([partial(with_signs, size=size)], key, some) for size in CURVE]
    shares = dict[str, float]()
    for name, ways in CORRUPTIONS.items():
        shares[name] = share_under(ways, key, asked)
        yield 0.75 + 0.05 * len(shares) / len(CORRUPTIONS)
    clean = share_right(NETWORK, digit_weights(), asked)
    plane = yield from within(plane_network(key, units, points), 0.8, 1.0)
    errors = round((1 - clean) * held_out)
    figures = Figures(
        turned=_share(known, lambda radius: radius.attack <= CHANGE),
        proven=_share(known, lambda radius: radius.lines >= LEVELS[0]),
        error=error_bound(errors, held_out, CONFIDENCE),
        norms=norm_bound(learnt),
    )
    by_chance = signs[CURVE.index(CHANGE)]
    wrong = 1 - share_right(NETWORK, digit_weights(), some)
    closeness = median(radius.lines / radius.attack for radius in known if radius.attack)
    return Finding(
        run=(
            f"the shipped network: {digits} held-out digits attacked and certified, {held_out}"
            f" corrupted; a network of 2 inputs at {len(plane.points)} points; key {key}"
        ),
        figure=(
            f"right at ±{CHANGE}: {1 - figures.turned:.0%};"
            f" proven at ±{LEVELS[0]}: {figures.proven:.0%}"
        ),
        verdict=verdict(figures),
        why=(
            f"If an attacker may change each pixel by {CHANGE} of its range, {figures.turned:.0%}"
            f" of {digits} digits are wrong, where {wrong:.0%} are wrong unchanged; after a random"
            f" change of that size {by_chance:.0%} are still right. Moved by one pixel,"
            f" {shares['moved by a pixel']:.0%} of {held_out} are right. What is guaranteed: for"
            f" {figures.proven:.0%} of digits the answer is proven right"
            f" under every change of {LEVELS[0]}, and the median proof by linear relaxation reaches"
            f" {closeness:.0%} of the radius of the attack. From {errors} errors on {held_out}"
            f" held-out digits, the error on digits drawn alike is at most {figures.error:.1%} with"
            f" {CONFIDENCE:.0%} confidence. The bound by norms and margins is {figures.norms:,.0f},"
            f" which is {'vacuous: an error is at most 1' if figures.norms >= 1 else 'below 1'}."
        ),
        measurements=(
            *_radii_measured(known),
            Measurement(
                f"wrong under an attack of ±{CHANGE}", 100 * figures.turned, f"% of {digits}"
            ),
            Measurement(f"right under random signs of {CHANGE}", 100 * by_chance, f"% of {digits}"),
            Measurement("right as they are", 100 * clean, f"% of {held_out}"),
            *(
                Measurement(f"right, {name}", 100 * share, f"% of {held_out}")
                for name, share in shares.items()
            ),
            Measurement("errors on held-out digits", errors, f"of {held_out}"),
            Measurement(
                f"error on digits drawn alike, at most, with {CONFIDENCE:.0%} confidence",
                100 * figures.error,
                "%",
                f"above the {errors / held_out:.2%} found",
                figures.error > errors / held_out,
            ),
            Measurement("error by norms and margins, at most", figures.norms, "where 1 is all"),
            *_plane_measured(plane, units),
        ),
        plot=_plot(known, signs),
    )


def _share(known: Sequence[Radii], holds: Callable[[Radii], bool]) -> float:
    return sum(map(holds, known)) / len(known)


def _radii_measured(known: Sequence[Radii]) -> list[Measurement]:
    by_method = dict(zip(Radii._fields, zip(*known, strict=True), strict=True))
    proofs = [(name, found) for name, found in by_method.items() if name != "attack"]
    contradicted = [r for r in known if r.attack and max(r.norms, r.boxes, r.lines) >= r.attack]
    looser = [r for r in known if r.boxes > r.lines]
    return [
        *(
            Measurement(f"median radius, {LABELS[name]}", median(found), "of a pixel's range")
            for name, found in by_method.items()
        ),
        *(
            Measurement(
                f"{LABELS[name]}, at ±{level}",
                100 * _at_least(level, found),
                f"% of {len(known)}",
            )
            for name, found in proofs
            for level in LEVELS
        ),
        _none("digits proven right where an attack turns them", contradicted),
        _none("digits for which boxes prove more than linear relaxation", looser),
    ]


def _at_least(level: float, found: Sequence[float]) -> float:
    return sum(radius >= level for radius in found) / len(found)


def _none(what: str, found: Sequence[Any]) -> Measurement:
    return Measurement(what, len(found), "", "0, exactly", not found)


def _plane_measured(plane: Plane, units: int) -> list[Measurement]:
    most = most_regions(units, 2)
    contradicted = [radius for radius, exact in plane.points if radius >= exact]
    return [
        Measurement(
            f"linear regions of a network of {units} hidden units in a square",
            plane.regions,
            "",
            f"at most {most}, by Zaslavsky's theorem",
            plane.regions <= most,
        ),
        _none("points proven at or beyond the exact nearest change of class", contradicted),
        Measurement(
            "radius proven by linear relaxation, median",
            100 * float(median(radius / exact for radius, exact in plane.points)),
            "% of the exact one",
        ),
    ]


def _plot(known: Sequence[Radii], signs: Sequence[float]) -> Plot:
    curves = [
        Series(label, [(r, _right(r, [getattr(k, name) for k in known])) for r in CURVE])
        for name, label in LABELS.items()
    ]
    return Plot(
        "Chosen changes turn digits that random ones leave right; proofs hold below both",
        Axis("change of each pixel, at most", "of its range"),
        Axis("digits right", "%"),
        (Series("random", [(r, 100 * x) for r, x in zip(CURVE, signs, strict=True)]), *curves),
    )


def _right(level: float, found: Sequence[float]) -> float:
    """the percentage of digits of which a radius is larger"""
    return 100 * sum(radius > level for radius in found) / len(found)


STUDY: Final = Study(
    "brittleness",
    "A trained network is brittle, and nothing is guaranteed",
    'C. Szegedy et al., "Intriguing Properties of Neural Networks", ICLR 2014\n'
    'H. Zhang et al., "Efficient Neural Network Robustness Certification with General Activation'
    ' Functions", NeurIPS 2018\n'
    'P. Bartlett, D. Foster, M. Telgarsky, "Spectrally-Normalized Margin Bounds for Neural'
    ' Networks", NeurIPS 2017',
    experiment,
    {"digits": 3, "held_out": 30, "training": 100, "units": 3, "points": 3},
)
