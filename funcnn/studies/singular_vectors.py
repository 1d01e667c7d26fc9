"""Svd: what a network learns is an approximate singular value decomposition of its data."""

from collections.abc import Generator, Sequence
from math import cos, degrees, fsum, sqrt
from statistics import fmean, stdev
from typing import Final, NamedTuple

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import zip_with
from funcnn.algebra.keys import fold_in, normal, shuffled, split
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, Vector, transpose
from funcnn.blocks.combinators import layer
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import activation, in_series, project_to
from funcnn.calculus.batches import Batch
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Adam, Momentum
from funcnn.diagnostics.features import principal_angles
from funcnn.diagnostics.spectra import svd
from funcnn.fast.floats import matmul
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import HELD_OUT, TRAINING, digit_batches, learned, share_right, within
from funcnn.studies.plots import Axis, Plot, Series

DIRECTIONS: Final = 9
"""That are compared: as many as the means of ten classes have, less their own mean."""

PIXELS: Final = 64
CLASSES: Final = 10
RANDOM: Final = 20
"""Random subspaces, for chance."""

ONE_DEGREE: Final = 1.0
"""The angle up to which a subspace counts as another."""

MOST: Final = 0.9
"""The mean squared cosine from which a subspace counts as an approximation of another."""


class Decomposed(NamedTuple):
    """Images less their mean; their singular values, right vectors, and those of their classes."""

    images: list[list[float]]
    values: list[float]
    vectors: list[list[float]]
    of_classes: list[list[float]]


def centered(images: Matrix[float]) -> list[list[float]]:
    """The images less their mean.

    >>> centered([[1.0, 5.0], [3.0, 5.0]])
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    mean = [fmean(column) for column in transpose(images)]
    return [zip_with(lambda x, m: x - m, image, mean) for image in images]


def decomposed(examples: Batch) -> Decomposed:
    """The singular values and vectors of images, and of the sums of those of each class.

    >>> found = decomposed(Batch([[1.0, 5.0], [3.0, 5.0]], [0, 1]))
    >>> [round(value, 9) for value in found.values], len(found.of_classes)
    ([1.414213562, 0.0], 2)
    """
    images = centered(examples.inputs)
    _, values, vectors = svd(images)
    one_hot = [[float(label == kind) for label in examples.targets] for kind in range(CLASSES)]
    sums = matmul(one_hot, images)
    return Decomposed(images, values, vectors, leading(sums))


def leading(matrix: Matrix[float]) -> list[list[float]]:
    """The right singular vectors of the largest singular values, 9 at most.

    >>> leading([[0.0, 2.0]])
    [[0.0, 1.0]]
    """
    return svd(matrix).right[:DIRECTIONS]


def overlap(angles: Sequence[float]) -> float:
    """The mean squared cosine of the angles between two subspaces: of random ones k/n on average.

    >>> overlap([0.0, 0.0]), round(overlap([3.141592653589793 / 2]), 9)
    (1.0, 0.0)
    """
    return fmean(cos(angle) ** 2 for angle in angles)


class Encoded(NamedTuple):
    """What a linear autoencoder comes to: its loss, the least one, and its decoder's angles."""

    loss: float
    least: float
    angles: list[float]

    @property
    def excess(self) -> float:
        """By how much the loss is above the least, as a share of it.

        >>> Encoded(3.0, 2.0, []).excess
        0.5
        """
        return self.loss / self.least - 1


def encoded(
    key: int, values: Vector[float], vectors: Matrix[float], count: int, steps: int
) -> Generator[float, None, Encoded]:
    """A linear autoencoder of so many images, by gradient descent; on the way, how much is done.

    Its loss knows the images X by XᵀX alone: the singular vectors, each times its value, have the
    same and are fewer. The least loss is that of Eckart and Young, Σ σᵢ² over the values left out.

    >>> from funcnn.studies.findings import found
    >>> axes = [[float(i == j) for j in range(10)] for i in range(10)]
    >>> found(encoded(0, [1.0] * 10, axes, 10, 1)).least
    0.1
    """
    scale = sqrt(len(values) / count)
    rows = [
        [scale * value * x for x in vector] for value, vector in zip(values, vectors, strict=True)
    ]
    size = len(vectors[0])
    model = in_series(
        project_to(DIRECTIONS, size, bias=False), project_to(size, DIRECTIONS, bias=False)
    )
    state = yield from learned(
        model.network,
        Momentum(0.2),
        tree_map(lambda weight: 0.3 * weight, initial_weights(key, model.weights)),
        Batch(rows, rows),
        key=key,
        size=len(rows),
        rounds=steps,
        loss=layer(squared_error),
    )
    least = fsum(value * value for value in values[DIRECTIONS:]) / count
    angles = principal_angles(transpose(state.weights[1]), vectors[:DIRECTIONS])
    return Encoded(state.loss, least, angles)


class Features(NamedTuple):
    """Of a network's first layer: the angles to the data's singular vectors, and to those of the
    classes' sums; before it has learned, too; and the share of held-out digits that it tells."""

    angles: list[float]
    to_classes: list[float]
    untrained: list[float]
    right: float


def classified(
    key: int, examples: Batch, held_out: Batch, data: Decomposed, hidden: int, rounds: int
) -> Generator[float, None, Features]:
    """The features of a relu network that learns to tell examples; on the way, how much is done.

    >>> from funcnn.studies.findings import found
    >>> batch = Batch([[1.0, 5.0], [3.0, 5.0]], [0, 1])
    >>> found(classified(0, batch, batch, decomposed(batch), 2, 1)).right <= 1
    True
    """
    pixels = len(examples.inputs[0])
    model = in_series(project_to(hidden, pixels), activation(relu), project_to(CLASSES, hidden))
    weights = initial_weights(key, model.weights)
    state = yield from learned(
        model.network, Adam(0.003), weights, examples, key=key, rounds=rounds
    )
    before, after = leading(weights[0].matrix), leading(state.weights[0].matrix)
    own = data.vectors[:DIRECTIONS]
    return Features(
        principal_angles(after, own),
        principal_angles(after, data.of_classes),
        principal_angles(before, own),
        share_right(model.network, state.weights, held_out),
    )


def experiment(
    *,
    key: int = 0,
    training: int = TRAINING,
    held_out: int = HELD_OUT,
    steps: int = 1000,
    starts: int = 2,
    hidden: int = 32,
    rounds: int = 10,
) -> Experiment:
    """A linear autoencoder and relu networks beside the singular vectors of the digits.

    >>> next(experiment(training=20, steps=1))
    0.0
    """
    yield 0.0
    examples, asked = digit_batches(training, held_out)
    data = decomposed(examples)
    yield 0.3
    own, (coder, chance, *keys) = data.vectors[:DIRECTIONS], split(key, starts + 2)
    run = encoded(coder, data.values, data.vectors, training, steps)
    autoencoder = yield from within(run, 0.3, 0.5)
    networks, controls, done = list[Features](), list[Features](), 0.5
    for mixed, learnt in ((False, networks), (True, controls)):
        for start in keys:
            labels = shuffled(fold_in(start, 0), examples.targets) if mixed else examples.targets
            batch, end = Batch(examples.inputs, labels), done + 0.25 / starts
            part = classified(start, batch, asked, data, hidden, rounds)
            learnt.append((yield from within(part, done, min(end, 1.0))))
            done = end
    drawn = [normal(part, DIRECTIONS * PIXELS) for part in split(chance, RANDOM)]
    random = [
        overlap(principal_angles([row[i : i + PIXELS] for i in range(0, len(row), PIXELS)], own))
        for row in drawn
    ]
    beside = overlap(principal_angles(data.of_classes, own))
    return _finding(autoencoder, networks, controls, random, beside, training, steps)


def _finding(
    autoencoder: Encoded,
    networks: Sequence[Features],
    controls: Sequence[Features],
    random: Sequence[float],
    beside: float,
    training: int,
    steps: int,
) -> Finding:
    largest, expected = degrees(max(autoencoder.angles)), DIRECTIONS / PIXELS
    error = stdev(random) / sqrt(len(random))
    relus, mixed = (fmean(overlap(f.angles) for f in part) for part in (networks, controls))
    classes = fmean(overlap(found.to_classes) for found in networks)
    before = fmean(overlap(found.untrained) for found in networks)
    right = fmean(found.right for found in networks)
    is_pca = largest <= ONE_DEGREE and autoencoder.excess >= 0
    measurements = (
        Measurement(
            "autoencoder's loss above Eckart and Young's least",
            autoencoder.excess,
            "of the least",
            "at least 0",
            autoencoder.excess >= 0,
        ),
        Measurement("autoencoder's largest angle to the singular vectors", largest, "degrees"),
        Measurement("overlap of relu's features and the singular vectors", relus),
        Measurement("overlap, shuffled labels", mixed),
        Measurement("overlap, untrained", before),
        Measurement(
            f"overlap, {len(random)} random subspaces, mean",
            fmean(random),
            "",
            f"{DIRECTIONS}/{PIXELS} = {expected:.4f} ± 4 standard errors, {4 * error:.4f}",
            abs(fmean(random) - expected) <= 4 * error,
        ),
        Measurement("overlap of relu's features and the directions of the classes", classes),
        Measurement("overlap of the directions of the classes and the singular vectors", beside),
        Measurement("held-out digits right, relu", 100 * right, "%"),
    )
    return Finding(
        run=(
            f"{training:,} digits, {DIRECTIONS} of {PIXELS} directions; a linear autoencoder,"
            f" {steps:,} steps, and relu classifiers from {len(networks)} starts"
        ),
        figure=f"overlap: relu {relus:.2f}, autoencoder {overlap(autoencoder.angles):.2f}",
        verdict=verdict(is_pca, relus),
        why=(
            f"A linear autoencoder comes to a loss {autoencoder.excess:.1e} of the least one above"
            f" it, and its decoder to within {largest:.2g}° of the data's {DIRECTIONS} leading"
            " singular vectors: it is a singular value decomposition. The first layer of a relu"
            f" classifier, right on {right:.1%} of held-out digits, overlaps with them by"
            f" {relus:.2f}, the mean squared cosine of the principal angles, where 1 is the same"
            f" subspace and {expected:.2f} is chance. Untrained the overlap is {before:.2f}, with"
            f" shuffled labels {mixed:.2f}. With the directions in which the classes differ it is"
            f" {classes:.2f},"
            f" {'more' if classes > relus else 'no more'} than with the data's own."
        ),
        measurements=measurements,
        plot=Plot(
            "A linear autoencoder finds the singular vectors; a relu classifier only in part",
            Axis("direction, nearest first"),
            Axis("principal angle to the singular vectors", "degrees"),
            (
                _series("autoencoder", [autoencoder.angles]),
                _series("relu", [found.angles for found in networks]),
                _series("shuffled labels", [found.angles for found in controls]),
                _series(
                    "untrained",
                    [found.untrained for found in networks],
                ),
            ),
        ),
    )


def _series(label: str, angles: Sequence[Sequence[float]]) -> Series:
    means = [degrees(fmean(column)) for column in transpose(angles)]
    return Series(label, [*enumerate(means, 1)])


def verdict(autoencoder_is_pca: bool, relu_overlap: float) -> Verdict:
    """What follows from whether the autoencoder finds the singular vectors, and from how near the
    features of relu networks are to them.

    >>> verdict(True, 0.95), verdict(True, 0.5), verdict(False, 0.95)
    ('holds', 'holds with limits', 'false')
    """
    if not autoencoder_is_pca:
        return "false"
    return "holds" if relu_overlap >= MOST else "holds with limits"


STUDY: Final = Study(
    "svd",
    "What a network learns is an approximate SVD of its data",
    'P. Baldi, K. Hornik, "Neural Networks and Principal Component Analysis: Learning from '
    'Examples Without Local Minima", Neural Networks 2 (1989), for linear autoencoders;\n'
    'C. Eckart, G. Young, "The Approximation of One Matrix by Another of Lower Rank", '
    "Psychometrika 1 (1936), for the least loss",
    experiment,
    {"training": 30, "held_out": 20, "steps": 400, "hidden": 12, "rounds": 3},
)
