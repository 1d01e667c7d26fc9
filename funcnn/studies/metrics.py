"""Metric: what a layer's weights measure everywhere is not what the network measures at a point."""

from collections.abc import Callable, Generator, Sequence
from math import dist
from typing import Any, Final, NamedTuple

from funcnn.algebra.elementary import relu, tanh
from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import split
from funcnn.algebra.vectors import Matrix, transpose
from funcnn.blocks.activations import softmax
from funcnn.blocks.combinators import Network, elementwise, layer, serial
from funcnn.blocks.forms import form
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.linears import AffineWeights, affine
from funcnn.calculus.batches import Batch, batches_per_epoch
from funcnn.calculus.optimizers import Momentum
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.diagnostics.geometry import pulled_back_metric, variation_share
from funcnn.fast.batching import vmap
from funcnn.fast.derivatives import jacobian
from funcnn.fast.floats import matmul
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import TRAINING, digit_batches, learned, share_right, within
from funcnn.studies.plots import Axis, Plot, Series

type Running[A] = Generator[float, None, A]

ACTIVATIONS: Final[dict[str, Callable[..., Any]]] = {"relu": relu, "tanh": tanh}
LAYERS: Final = ("affine", "activation", "affine", "softmax")
LOGITS: Final = 3
"""How many layers give what speaks for each class."""

FORMS: Final = [AffineWeights(form(32, 64), form(32)), (), AffineWeights(form(10, 32), form(10))]
SIZE: Final = 32
"""Of a batch."""

NEIGHBORS: Final = 10


class Metrics(NamedTuple):
    """What the metrics of one network do."""

    right: float
    """The share of held-out digits that it tells."""
    own: list[float]
    """Of the metric that each layer pulls back to its own inputs, the share that varies."""
    whole: list[float]
    """Of that which it and the layers before it pull back to the pixels."""
    kept: float
    """Of a digit's nearest by the local metric, the share of them that the static one has too."""
    told: tuple[float, float]
    """How often the nearest of all tells the digit: by the static metric, and by the local."""


def experiment(
    *, key: int = 0, training: int = TRAINING, points: int = 150, rounds: int = 10
) -> Experiment:
    """The metrics of a relu and of a tanh network, layer by layer, over digits held out.

    >>> 0 < next(experiment(training=32, points=1, rounds=1)) < 1
    True
    """
    learnt, asked = digit_batches(training)
    found = dict[str, Metrics]()
    for name, function in ACTIVATIONS.items():
        run = metrics(key, function, learnt, asked, points, rounds)
        found[name] = yield from within(run, len(found) / 2, (len(found) + 1) / 2)
    return _finding(found, points, training)


def metrics(
    key: int, function: Callable[..., Any], learnt: Batch, asked: Batch, points: int, rounds: int
) -> Running[Metrics]:
    """What the metrics of a network do that was trained here; on the way, how much is done.

    >>> examples, asked = digit_batches(32)
    >>> 0 < next(metrics(0, relu, examples, asked, 1, 1)) < 1
    True
    """
    layers: list[Network] = [layer(affine), elementwise(function), layer(affine), layer(softmax)]
    logits = serial(*layers[:LOGITS])
    weights = yield from within(trained(key, logits, learnt, rounds), 0.0, 0.3)
    right, every = share_right(logits, weights, asked), [*weights, ()]
    inputs = [*asked.inputs[:points]]
    own, whole, hidden = list[float](), list[float](), inputs
    for place, (one, of) in enumerate(zipped(layers, every), 1):
        own.append(variation(one, hidden, of))
        whole.append(variation(serial(*layers[:place]), inputs, every[:place]))
        hidden = vmap(one)(hidden, of)
        yield 0.3 + 0.1 * place
    jacobians = jacobian(logits, inputs, weights)
    run = neighbors(weights[0].matrix, jacobians, learnt, Batch(inputs, asked.targets[:points]))
    return Metrics(right, own, whole, *(yield from within(run, 0.7, 1.0)))


def trained(key: int, network: Network, examples: Batch, rounds: int) -> Running[Any]:
    """The weights of a network after so many epochs; on the way, how much is done.

    >>> network = serial(layer(affine), elementwise(relu), layer(affine))
    >>> next(trained(0, network, digit_batches(32)[0], 1))
    1.0
    """
    start, order = split(key)
    optimizer = Momentum(ExponentialDecay(0.2, 0.9, batches_per_epoch(examples, SIZE)))
    weights = initial_weights(start, FORMS)
    run = learned(network, optimizer, weights, examples, key=order, size=SIZE, rounds=rounds)
    return (yield from run).weights


def variation(network: Network, inputs: Sequence[Any], weights: Any) -> float:
    """Of the metric that a network pulls back to some inputs, the share that varies over them.

    >>> variation(elementwise(relu), [[1.0], [-1.0]], ())
    0.5
    """
    jacobians = jacobian(network, inputs, weights)
    share: float = variation_share([pulled_back_metric(j, product=matmul) for j in jacobians])
    return share


def neighbors(
    static: Matrix[float], jacobians: Sequence[Matrix[float]], learnt: Batch, asked: Batch
) -> Running[tuple[float, tuple[float, float]]]:
    """How many of the nearest by a metric at a point are so by a static one; how often each tells.

    By JᵀJ points are as far apart as J's products with them are.

    >>> learnt, asked = Batch([[1.0, 0.0], [0.0, 2.0]], [3, 4]), Batch([[0.0, 0.0]], [4])
    >>> run = neighbors([[1.0, 0.0], [0.0, 1.0]], [[[1.0, 0.0]]], learnt, asked)
    >>> next(run)
    1.0
    """
    places, kept, told = matmul(learnt.inputs, transpose(static)), 0, [0, 0]
    examples = zipped(asked.inputs, asked.targets)
    for index, ((x, label), local) in enumerate(zip(examples, jacobians, strict=True), 1):
        [own], [image] = matmul([x], transpose(static)), matmul([x], transpose(local))
        both = nearest(own, places), nearest(image, matmul(learnt.inputs, transpose(local)))
        kept += len({*both[0]} & {*both[1]})
        told = [count + (learnt.targets[i] == label) for count, (i, *_) in zipped(told, both)]
        yield index / len(jacobians)
    static_told, local_told = (count / len(jacobians) for count in told)
    return kept / (NEIGHBORS * len(jacobians)), (static_told, local_told)


def nearest(point: Sequence[float], others: Matrix[float]) -> list[int]:
    """Which ten of some points are the nearest to one, the nearest first.

    >>> nearest([0.0], [[3.0], [1.0], [2.0]])
    [1, 2, 0]
    """
    distances = [dist(point, other) for other in others]
    return sorted(range(len(others)), key=distances.__getitem__)[:NEIGHBORS]


def verdict(linear: Sequence[float], others: Sequence[float]) -> Verdict:
    """What follows from the shares of metrics that vary: of linear layers, and of the networks.

    With limits, if of a network a static metric, the mean, is more than half of what there is.

    >>> verdict([0.0], [0.6, 0.7]), verdict([0.0], [0.3, 0.7]), verdict([0.0], [0.0])
    ('holds', 'holds with limits', 'false')
    """
    if any(linear) or not all(others):
        return "false"
    return "holds" if min(others) >= 0.5 else "holds with limits"


def _finding(found: dict[str, Metrics], points: int, training: int) -> Finding:
    linear = [share for m in found.values() for share in (m.own[0], m.own[2], m.whole[0])]
    logits = {name: metrics.whole[LOGITS - 1] for name, metrics in found.items()}
    relu_kept, tanh_kept = (metrics.kept for metrics in found.values())
    static, local = found["relu"].told
    names = tuple(f"{place} {name}" for place, name in enumerate(LAYERS, 1))
    return Finding(
        run=(
            f"networks 64–32–10 on {training:,} digits, with relu and with tanh; the metric JᵀJ of"
            f" each layer, and of all up to it, at {points} held-out digits"
        ),
        figure=f"varies by {logits['relu']:.0%} (relu), {logits['tanh']:.0%} (tanh)",
        verdict=verdict(linear, [*logits.values()]),
        why=(
            f"An affine layer's own metric is the same WᵀW at all {points} digits, exactly. The"
            f" metric that the logits pull back to the pixels changes from digit to digit: of its"
            f" mean square, {logits['relu']:.0%} varies with relu and {logits['tanh']:.0%} with"
            " tanh. The rest is a static metric, the mean;"
            f" {'it is the larger part' if max(logits.values()) < 0.5 else 'the claim is limited'}"
            " where it is more than half."
            f" Of a digit's {NEIGHBORS} nearest neighbors by the local metric, {relu_kept:.0%}"
            f" (relu) and {tanh_kept:.0%} (tanh) are among the {NEIGHBORS} nearest by WᵀW of the"
            f" first layer. Different does not mean better: with relu, the nearest neighbor has the"
            f" right class for {static:.1%} of digits by WᵀW and for {local:.1%} by the local"
            " metric."
        ),
        measurements=(
            *(
                Measurement(f"held-out digits right, {name}", 100 * metrics.right, "%")
                for name, metrics in found.items()
            ),
            *(
                Measurement(
                    f"own metric of layer {place}, {of}, {name}: varies",
                    100 * share,
                    "%",
                    *(("0", share == 0) if of == "affine" else ()),
                )
                for name, metrics in found.items()
                for place, of, share in zip(range(1, 5), LAYERS, metrics.own, strict=True)
            ),
            *(
                Measurement(
                    f"metric at the pixels up to layer {place}, {of}, {name}: varies",
                    100 * share,
                    "%",
                )
                for name, metrics in found.items()
                for place, of, share in zip(range(1, 5), LAYERS, metrics.whole, strict=True)
            ),
            *(
                Measurement(f"{what}, {name}", 100 * share, "%")
                for name, metrics in found.items()
                for what, share in (
                    (f"of {NEIGHBORS} local neighbors, also neighbors by WᵀW", metrics.kept),
                    ("nearest by WᵀW has the right class", metrics.told[0]),
                    ("nearest by the local metric has the right class", metrics.told[1]),
                )
            ),
        ),
        plot=Plot(
            f"The metric at the pixels varies from digit to digit: by {min(logits.values()):.0%}"
            " or more at the logits",
            Axis("all layers up to", names=names),
            Axis("share of the metric JᵀJ that varies", "% of its mean square"),
            tuple(
                Series(name, [*enumerate(100 * share for share in metrics.whole)], "bars")
                for name, metrics in found.items()
            ),
        ),
    )


STUDY: Final = Study(
    "metric",
    "A static metric on features is not a local one",
    'A. Radhakrishnan et al., "Mechanism for Feature Learning in Neural Networks and '
    'Backpropagation-Free Machine Learning Models", Science 383 (2024): WᵀW, what a layer sees;\n'
    'the metric pulled back: M. Hauser, A. Ray, "Principles of Riemannian Geometry in Neural '
    'Networks", NIPS 2017',
    experiment,
    {"training": 320, "points": 20, "rounds": 4},
)
