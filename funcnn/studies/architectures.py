"""Architectures: convolutions can do what transformers do."""

from collections.abc import Generator, Mapping, Sequence
from itertools import chain, pairwise
from statistics import mean, stdev
from typing import Final, NamedTuple

from funcnn.algebra.keys import split
from funcnn.blocks.combinators import layer
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import Model, at_each, project_to
from funcnn.blocks.shapes import parameters
from funcnn.calculus.batches import Batch, epoch
from funcnn.calculus.losses import cross_entropy, sequence_loss
from funcnn.calculus.optimizers import Adam
from funcnn.calculus.schedules import CosineDecay, WarmUp
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.scores import predicted
from funcnn.fast.batching import vmap
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import HELD_OUT, digit_batches, learned, within
from funcnn.studies.plots import Axis, Plot, Series
from funcnn.studies.small_models import (
    CLASSES,
    PIXELS,
    attention,
    convnext,
    designs,
    graph,
    of_design,
)

type Rights = list[bool]
"""Of each digit held out, whether its class is told right."""

RATE: Final = 0.03
"""Of Adam; it rises in the first tenth of the steps, and falls to 0 as the cosine. A
prototype of these networks chose it, of 0.02 to 0.05, by the last 287 of the training digits."""

CONFIDENCE: Final = 0.95
WELL: Final = 90.0
"""The percentage of the digits that a network tells at least if it is well trained."""
NEAR: Final = 0.02
NEARLY: Final = 0.06
"""By how much the numbers of weights may differ: of the architectures, and along the tricks."""

ARCHITECTURES: Final = {"ConvNeXt": convnext, "attention": attention, "graph network": graph}
BASELINE: Final = "softmax regression"
ENDS: Final = {
    1: "It is ahead, and not by chance",
    0: "The difference may be chance",
    -1: "It is behind, and not by chance",
}


class Trained(NamedTuple):
    """How many weights a model has, and what it tells right after training with each key."""

    size: int
    rights: list[Rights]

    @property
    def accuracies(self) -> list[float]:
        """The percentage of the digits told right, with each key."""
        return [100 * mean(own) for own in self.rights]


def trained(
    model: Model,
    training: Batch,
    held_out: Batch,
    *,
    keys: Sequence[int],
    size: int,
    rate: float = RATE,
) -> Generator[float, None, Trained]:
    """A model of a batch of digits, trained with each key on each of the digits once.

    A batch is one example, since to a batch norm it is.

    >>> parts, model = digit_batches(4, 1), at_each(convnext())
    >>> run = trained(model, *parts, keys=[0], size=4)
    >>> next(run)
    1.0
    """
    loss, rights = layer(sequence_loss, loss=layer(cross_entropy), reduction="mean"), []
    for index, key in enumerate(keys):
        of_weights, of_batches, of_order = split(key, 3)
        batches = [*epoch(of_batches, training, size)]
        examples = Batch([batch.inputs for batch in batches], [batch.targets for batch in batches])
        weights, adam = initial_weights(of_weights, model.weights), _adam(rate, len(batches))
        run = learned(model.network, adam, weights, examples, key=of_order, size=1, loss=loss)
        ends = index / len(keys), (index + 1) / len(keys)
        state = yield from within(run, *ends)
        [outputs] = vmap(model.network)([held_out.inputs], state.weights)
        pairs = zip(outputs, held_out.targets, strict=True)
        rights.append([predicted(logits) == label for logits, label in pairs])
    return Trained(parameters(model.weights), rights)


def _adam(rate: float, steps: int) -> Adam:
    rising = steps // 10
    return Adam(WarmUp(rising, CosineDecay(rate, 0.0, steps - rising)))


class Contest(NamedTuple):
    """Two models beside each other: how many digits the one tells with more keys, and the other."""

    wins: int
    losses: int
    share: tuple[float, float]
    """Of what both numbers are together, that of the wins: its interval."""
    margins: list[float]
    """With each key, by how many percent of the digits the one is ahead."""


def contest(one: Trained, other: Trained) -> Contest:
    """Two models beside each other, trained with the same keys.

    >>> contest(Trained(9, [[True, True], [True, False]]), Trained(9, [[False, True]] * 2))
    Contest(wins=1, losses=1, share=(0.012579..., 0.987420...), margins=[50.0, 0.0])
    """
    counts = [[sum(rights) for rights in zip(*model.rights, strict=True)] for model in (one, other)]
    wins = sum(mine > yours for mine, yours in zip(*counts, strict=True))
    losses = sum(mine < yours for mine, yours in zip(*counts, strict=True))
    both = wins + losses
    share = binomial_interval(wins, both, CONFIDENCE) if both else (0.0, 1.0)
    pairs = zip(one.accuracies, other.accuracies, strict=True)
    return Contest(wins, losses, share, [mine - yours for mine, yours in pairs])


def direction(found: Contest) -> int:
    """Which of two models tells more than chance allows: 1 the one, -1 the other, 0 neither.

    It does if it is ahead with every key, and if more of the digits go to it.

    >>> direction(Contest(80, 20, (0.708, 0.874), [9.0, 3.0]))
    1
    >>> direction(Contest(80, 20, (0.708, 0.874), [9.0, -3.0]))
    0
    >>> direction(Contest(20, 80, (0.126, 0.292), [-9.0, -3.0]))
    -1
    """
    low, high = found.share
    if low > 0.5 and min(found.margins) > 0:
        return 1
    return -1 if high < 0.5 and max(found.margins) < 0 else 0


def decided(ahead: int, accuracies: Sequence[float]) -> Verdict:
    """The verdict, from whether ConvNeXt is ahead of attention, and how much of the digits both
    tell.

    >>> decided(0, [93.0, 91.0]), decided(-1, [91.0, 93.0]), decided(1, [92.0, 42.0])
    ('holds', 'false', 'holds with limits')
    """
    if min(accuracies) < WELL:
        return "holds with limits"
    return "false" if ahead < 0 else "holds"


def experiment(
    *,
    key: int = 0,
    keys: int = 3,
    keys_of_tricks: int = 1,
    digits: int = 1000,
    digits_of_tricks: int = 300,
    held_out: int = HELD_OUT,
    size: int = 4,
    rate: float = RATE,
    validate: bool = False,
) -> Experiment:
    """Three architectures of as many weights, and each trick of one: all trained alike.

    To validate is to judge by the training digits that are not learned from, not by those held out.

    >>> run = experiment(digits=4, digits_of_tricks=4, held_out=1)
    >>> next(run) < next(run)
    True
    """
    everything, judges = digit_batches(held_out=held_out)
    judges = _cut(everything, digits, digits + held_out) if validate else judges
    own = split(key, keys)
    models = [(name, at_each(build()), own, digits) for name, build in ARCHITECTURES.items()]
    models.append((BASELINE, at_each(project_to(CLASSES, PIXELS**2)), own, digits))
    models += [
        (name, of_design(design), own[:keys_of_tricks], digits_of_tricks)
        for name, design in designs().items()
    ]
    done, whole = 0, sum(len(part) * count for _, _, part, count in models)
    found = list[tuple[str, Trained]]()
    for name, model, part, count in models:
        ends = done / whole, (done + len(part) * count) / whole
        batches = _cut(everything, 0, count), judges
        run = trained(model, *batches, keys=part, size=size, rate=rate)
        found.append((name, (yield from within(run, *ends))))
        done += len(part) * count
    *three, (_, baseline) = found[: len(ARCHITECTURES) + 1]
    along = dict(found[len(ARCHITECTURES) + 1 :])
    alike = f"all by Adam at {rate} in batches of {size}; {len(judges.targets)} held out"
    counts = f"{len(three)} networks see {digits:,} digits once, from {keys} keys"
    drawn = f"{len(along)} steps from ResNet to ConvNeXt see {digits_of_tricks}"
    return _told(dict(three), baseline, along, f"{counts}; {drawn}; {alike}")


def _cut(examples: Batch, begin: int, end: int) -> Batch:
    return Batch(examples.inputs[begin:end], examples.targets[begin:end])


def _told(
    three: Mapping[str, Trained], baseline: Trained, along: Mapping[str, Trained], run: str
) -> Finding:
    ahead = contest(three["ConvNeXt"], three["attention"])
    steps = {name: contest(after, before) for (_, before), (name, after) in pairwise(along.items())}
    means = {name: mean(one.accuracies) for name, one in three.items()}
    return Finding(
        run=run,
        figure=", ".join(f"{share:.0f}% {name.split()[0]}" for name, share in means.items()),
        verdict=decided(direction(ahead), [means["ConvNeXt"], means["attention"]]),
        why=_why(three, baseline, ahead, along),
        measurements=(
            *_of_three(three),
            *_accuracy(BASELINE, baseline),
            *_of_contest(ahead),
            *_of_tricks(along, steps),
        ),
        plot=_plot(three, baseline),
    )


def _why(
    three: Mapping[str, Trained], baseline: Trained, ahead: Contest, along: Mapping[str, Trained]
) -> str:
    shares = ", ".join(f"{name} {_spread(one)}" for name, one in three.items())
    first, *_, last = (mean(one.accuracies) for one in along.values())
    low, high = (100 * end for end in ahead.share)
    starts = len(along["ResNet"].rights)
    parts = [
        f"All have about {three['ConvNeXt'].size:,} weights. Of the digits held out they get right:"
        f" {shares} (mean ± standard deviation over the keys).",
        f"{ahead.wins} digits are right with more keys of ConvNeXt than of attention,"
        f" {ahead.losses} with fewer. Of all these, ConvNeXt has {low:.0f} to {high:.0f}%, with"
        f" {100 * CONFIDENCE:.0f}% confidence. {ENDS[direction(ahead)]}.",
        f"The tricks lead from a residual network, right on {first:.1f}% after fewer digits,"
        f" to ConvNeXt, right on {last:.1f}%. With so few keys, {starts}, what a single trick adds"
        " is not told from chance.",
        f"Softmax regression, trained alike, gets {_spread(baseline)} right: such small"
        " images hardly ask for either.",
        "The limits: images of 8×8, one block, each digit seen once, one rate for all, chosen"
        " beforehand by other digits. Of large images and much data it says nothing. Batch norms"
        " go by the moments of the digits at hand.",
    ]
    return " ".join(parts)


def _spread(one: Trained) -> str:
    return f"{mean(one.accuracies):.1f} ± {stdev(one.accuracies):.1f}%"


def _of_three(three: Mapping[str, Trained]) -> list[Measurement]:
    accuracies = (_accuracy(name, one) for name, one in three.items())
    return [_alike("weights", three, NEAR), *chain.from_iterable(accuracies)]


def _alike(what: str, found: Mapping[str, Trained], share: float) -> Measurement:
    """how many weights there are, and whether the most are within a share of the fewest"""
    sizes = [one.size for one in found.values()]
    told = ", ".join(f"{name} {one.size:,}" for name, one in found.items())
    is_alike = max(sizes) <= (1 + share) * min(sizes)
    return Measurement(what, told, "", f"within {100 * share:.0f}% of each other", is_alike)


def _accuracy(name: str, one: Trained) -> list[Measurement]:
    return [
        Measurement(f"{name}: told right, mean over the keys", mean(one.accuracies), "%"),
        Measurement(f"{name}: standard deviation over the keys", stdev(one.accuracies), "%"),
    ]


def _of_contest(ahead: Contest) -> list[Measurement]:
    low, high = (100 * end for end in ahead.share)
    return [
        Measurement("digits that more keys of ConvNeXt tell than of attention", ahead.wins),
        Measurement("digits that fewer do", ahead.losses),
        Measurement("share of the former, exact 95% interval", f"{low:.1f} to {high:.1f}", "%"),
        Measurement("ConvNeXt ahead of attention, least of the keys", min(ahead.margins), "%"),
    ]


def _of_tricks(along: Mapping[str, Trained], steps: Mapping[str, Contest]) -> list[Measurement]:
    return [
        _alike("weights along the tricks", along, NEARLY),
        *[_after(name, one) for name, one in along.items()],
        *[_step(name, step) for name, step in steps.items()],
    ]


def _after(name: str, one: Trained) -> Measurement:
    """with the interval of what one of its keys tells"""
    rights = one.rights[0]
    low, high = (100 * end for end in binomial_interval(sum(rights), len(rights), CONFIDENCE))
    words = f"{mean(one.accuracies):.1f}, first key {low:.1f} to {high:.1f}"
    return Measurement(f"{_added(name)}: told right, exact 95% interval", words, "%")


def _step(name: str, step: Contest) -> Measurement:
    counts = f"{step.wins} digits won, {step.losses} lost"
    return Measurement(f"{_added(name)}: step, {counts}", mean(step.margins), "%")


def _added(name: str) -> str:
    return name if name == "ResNet" else f"+ {name}"


def _plot(three: Mapping[str, Trained], baseline: Trained) -> Plot:
    means = [(float(place), mean(one.accuracies)) for place, one in enumerate(three.values())]
    dots = [(float(x), y) for x, one in enumerate(three.values()) for y in one.accuracies]
    [(_, ours), (_, theirs), *_] = means
    return Plot(
        f"ConvNeXt gets {ours:.1f}% of the digits right, attention {theirs:.1f}%",
        Axis("architecture", names=(*three,)),
        Axis("held-out digits right", "%"),
        (
            Series("mean", means, "bars"),
            Series("each key", dots, "dots"),
            Series(BASELINE, [(x, mean(baseline.accuracies)) for x, _ in means], "dashes"),
        ),
    )


STUDY: Final = Study(
    "architectures",
    "Convolutions can do what transformers do",
    'Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022, arXiv:2201.03545, whose figure 2 has the'
    ' tricks; against A. Dosovitskiy et al., "An Image is Worth 16×16 Words: Transformers for Image'
    ' Recognition at Scale", ICLR 2021, arXiv:2010.11929',
    experiment,
    reduced={"keys": 2, "digits": 8, "digits_of_tricks": 8, "held_out": 12},
)
