"""Architectures: convolutions can do what transformers do."""

from collections.abc import Generator, Mapping, Sequence
from itertools import chain, pairwise
from statistics import mean, stdev
from typing import Final, NamedTuple

from funcnn.algebra.keys import split
from funcnn.blocks.combinators import layer
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import Model, at_each
from funcnn.blocks.shapes import parameters
from funcnn.calculus.batches import Batch, epoch
from funcnn.calculus.losses import cross_entropy, sequence_loss
from funcnn.calculus.optimizers import Adam
from funcnn.calculus.schedules import CosineDecay, WarmUp
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.scores import predicted
from funcnn.fast.batching import vmap
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import digit_batches, learned, within
from funcnn.studies.plots import Axis, Plot, Series
from funcnn.studies.small_models import attention, convnext, designs, graph, of_design

type Rights = list[bool]
"""Of each digit held out, whether its class is told right."""

RATE: Final = 0.03
"""Of Adam; it rises in the first tenth of the steps, and falls to 0 as the cosine."""

CONFIDENCE: Final = 0.95
NEAR: Final = 0.02
NEARLY: Final = 0.08
"""By how much the numbers of weights may differ: of the architectures, and along the tricks."""

ARCHITECTURES: Final = {"attention": attention, "graph network": graph, "ConvNeXt": convnext}


class Trained(NamedTuple):
    """How many weights a model has, and what it tells right after training with each key."""

    size: int
    rights: list[Rights]

    @property
    def accuracies(self) -> list[float]:
        """The percentage of the digits told right, with each key."""
        return [100 * mean(own) for own in self.rights]


def trained(
    model: Model, training: Batch, held_out: Batch, *, keys: Sequence[int], size: int
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
        weights, adam = initial_weights(of_weights, model.weights), _adam(len(batches))
        run = learned(model.network, adam, weights, examples, key=of_order, size=1, loss=loss)
        ends = index / len(keys), (index + 1) / len(keys)
        state = yield from within(run, *ends)
        [outputs] = vmap(model.network)([held_out.inputs], state.weights)
        pairs = zip(outputs, held_out.targets, strict=True)
        rights.append([predicted(logits) == label for logits, label in pairs])
    return Trained(parameters(model.weights), rights)


def _adam(steps: int) -> Adam:
    rising = steps // 10
    return Adam(WarmUp(rising, CosineDecay(RATE, 0.0, steps - rising)))


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


def decided(against: Contest) -> Verdict:
    """The verdict, from ConvNeXt's contest against attention.

    One is ahead if it is so with every key, and if more of the digits go to it than chance allows.

    >>> decided(Contest(80, 20, (0.708, 0.874), [9.0, 3.0]))
    'holds'
    >>> decided(Contest(80, 20, (0.708, 0.874), [9.0, -3.0]))
    'holds with limits'
    >>> decided(Contest(20, 80, (0.126, 0.292), [-9.0, -3.0]))
    'false'
    """
    low, high = against.share
    if low > 0.5 and min(against.margins) > 0:
        return "holds"
    return "false" if high < 0.5 and max(against.margins) < 0 else "holds with limits"


def experiment(
    *,
    key: int = 0,
    keys: int = 3,
    keys_of_tricks: int = 1,
    digits: int = 400,
    held_out: int = 360,
    size: int = 4,
) -> Experiment:
    """Three architectures of as many weights, and each trick of one: all trained alike.

    >>> run = experiment(digits=4, held_out=1)
    >>> next(run) < next(run)
    True
    """
    parts, own = digit_batches(digits, held_out), split(key, keys)
    steps = [*designs().items()][:-1]
    models = {
        **{name: (at_each(build()), own) for name, build in ARCHITECTURES.items()},
        **{name: (of_design(design), own[:keys_of_tricks]) for name, design in steps},
    }
    done, whole = 0, sum(len(part) for _, part in models.values())
    found = dict[str, Trained]()
    for name, (model, part) in models.items():
        ends = done / whole, (done + len(part)) / whole
        found[name] = yield from within(trained(model, *parts, keys=part, size=size), *ends)
        done += len(part)
    alike = f"{digits} digits, each seen once, by Adam in batches of {size}, {held_out} held out"
    drawn = f"{keys} keys, of the tricks {keys_of_tricks}, from {key}"
    return _told(found, f"{len(models)} networks on {alike}; {drawn}")


def _told(found: Mapping[str, Trained], how: str) -> Finding:
    three = {name: found[name] for name in ARCHITECTURES}
    ahead, steps = contest(found["ConvNeXt"], found["attention"]), _steps(found)
    told = [f"{mean(one.accuracies):.0f}% {name.split()[0]}" for name, one in three.items()]
    return Finding(
        run=f"{how}; batch norms by the moments of the digits at hand",
        figure=", ".join(reversed(told)),
        verdict=decided(ahead),
        why=_why(found, ahead, steps),
        measurements=(*_of_three(three), *_of_contest(ahead), *_of_tricks(found, steps)),
        plot=_plot(found),
    )


def _along(found: Mapping[str, Trained]) -> dict[str, Trained]:
    """the designs by their tricks; the last makes it ConvNeXt, which has more keys than the rest"""
    keys = len(found["ResNet"].rights)
    every = {name: found.get(name, found["ConvNeXt"]) for name in designs()}
    return {name: one._replace(rights=one.rights[:keys]) for name, one in every.items()}


def _steps(found: Mapping[str, Trained]) -> dict[str, Contest]:
    """each trick's design beside that which it was added to"""
    pairs = pairwise(_along(found).items())
    return {name: contest(after, before) for (_, before), (name, after) in pairs}


def _why(found: Mapping[str, Trained], ahead: Contest, steps: Mapping[str, Contest]) -> str:
    size, start = found["ConvNeXt"].size, mean(found["ResNet"].accuracies)
    shares = [f"{name} {_spread(found[name])}" for name in reversed(ARCHITECTURES)]
    low, high = (100 * end for end in ahead.share)
    clear = [
        f"{name} {mean(step.margins):+.1f} %"
        for name, step in steps.items()
        if decided(step) != "holds with limits"
    ]
    parts = [
        "Of as many weights, and trained alike, these tell of the digits held out:"
        f" {', '.join(shares)} (mean ± standard deviation over the keys).",
        f"{ahead.wins} digits more keys of ConvNeXt tell than of attention, {ahead.losses} fewer:"
        f" the former are {low:.0f} to {high:.0f} % of both, with {100 * CONFIDENCE:.0f} %"
        " confidence.",
        f"From a residual network, which tells {start:.1f} %, {len(steps)} tricks lead to ConvNeXt."
        f" Judged by the same digits, those that change more than chance does are"
        f" {', '.join(clear) or 'none'}.",
        f"The limits: images of 8×8, one block, {size:,} weights, each digit seen once, one rate,"
        " the outcome read from the means of quarters. So it tells how soon they learn, not how far"
        " they come; of large images it says nothing.",
    ]
    return " ".join(parts)


def _spread(one: Trained) -> str:
    return f"{mean(one.accuracies):.1f} ± {stdev(one.accuracies):.1f} %"


def _of_three(found: Mapping[str, Trained]) -> list[Measurement]:
    sizes = {name: one.size for name, one in found.items()}
    accuracies = (_accuracy(name, one) for name, one in found.items())
    return [_alike("weights", sizes, NEAR), *chain.from_iterable(accuracies)]


def _alike(what: str, sizes: Mapping[str, int], share: float) -> Measurement:
    """how many weights there are, and whether the most are within a share of the fewest"""
    told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    is_alike = max(sizes.values()) <= (1 + share) * min(sizes.values())
    return Measurement(what, told, "", f"within {100 * share:.0f} % of each other", is_alike)


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
        Measurement("share of the former, exact 95 % interval", f"{low:.1f} to {high:.1f}", "%"),
        Measurement("ConvNeXt ahead of attention, least of the keys", min(ahead.margins), "%"),
    ]


def _of_tricks(found: Mapping[str, Trained], steps: Mapping[str, Contest]) -> list[Measurement]:
    along = {_added(name): one for name, one in _along(found).items()}
    sizes = {name: one.size for name, one in along.items()}
    return [
        _alike("weights along the tricks", sizes, NEARLY),
        *[Measurement(f"{n}: told right", mean(one.accuracies), "%") for n, one in along.items()],
        *[_step(_added(name), step) for name, step in steps.items()],
    ]


def _step(name: str, step: Contest) -> Measurement:
    counts = f"{step.wins} digits won, {step.losses} lost"
    return Measurement(f"{name}: step, {counts}", mean(step.margins), "%")


def _added(name: str) -> str:
    return name if name == "ResNet" else f"+ {name}"


def _plot(found: Mapping[str, Trained]) -> Plot:
    along = {_added(name): found.get(name, found["ConvNeXt"]) for name in designs()}
    shown = [(name, found[name]) for name in ("attention", "graph network")] + [*along.items()]
    means = [(float(place), mean(one.accuracies)) for place, (_, one) in enumerate(shown)]
    dots = [(float(x), y) for x, (_, one) in enumerate(shown) for y in one.accuracies]
    shares = [f"{mean(found[name].accuracies):.0f} %" for name in ("ConvNeXt", "attention")]
    names = tuple(name for name, _ in shown)
    return Plot(
        f"ConvNeXt tells {shares[0]} of the digits, attention of as many weights {shares[1]}",
        Axis("architecture; from ResNet to ConvNeXt by its tricks", names=names),
        Axis("told right", "%"),
        (Series("mean", means, "bars"), Series("each key", dots, "dots")),
    )


STUDY: Final = Study(
    "architectures",
    "Convolutions can do what transformers do",
    'Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022, arXiv:2201.03545, whose figure 2 has the'
    ' tricks; against A. Dosovitskiy et al., "An Image is Worth 16×16 Words: Transformers for Image'
    ' Recognition at Scale", ICLR 2021, arXiv:2010.11929',
    experiment,
    reduced={"keys": 2, "digits": 8, "held_out": 12},
)
