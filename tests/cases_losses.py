"""Cases of losses: outputs with targets of each kind, and each reduction."""

from functools import partial
from random import Random
from typing import Any, Final

from block_cases import Case, Cases, tensor
from funcnn import layer
from funcnn.calculus.losses import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    kl_divergence,
    sequence_loss,
    squared_error,
)

REDUCTIONS: Final = "sum", "mean", "max"


def reduction(draw: Random) -> dict[str, Any]:
    return draw.choice([{}, *({"reduction": name} for name in REDUCTIONS)])


def probabilities(draw: Random, size: int) -> list[float]:
    """Eighths that sum to 1, some of them 0."""
    cuts = [0, *sorted(draw.randint(0, 8) for _ in range(size - 1)), 8]
    return [(after - before) / 8 for before, after in zip(cuts, cuts[1:], strict=False)]


def squared(draw: Random) -> Case:
    size = draw.randint(1, 4)
    return Case(squared_error, reduction(draw), tensor(draw, size), tensor(draw, size))


def classified(definition: Any, draw: Random) -> Case:
    size = draw.randint(1, 4)
    return Case(definition, {}, tensor(draw, size), draw.randrange(size))


def hinged(draw: Random) -> Case:
    margin = draw.choice([{}, {"margin": draw.randint(0, 16) / 8}])
    return classified(hinge, draw)._replace(settings=margin | reduction(draw))


def binary(draw: Random) -> Case:
    """Of one logit, of several, and of rows of them."""
    lengths = [draw.randint(1, 3) for _ in range(draw.randint(0, 2))]
    target = tensor(draw, *lengths, low=0, high=8)
    return Case(binary_cross_entropy, reduction(draw), tensor(draw, *lengths), target)


def diverging(draw: Random) -> Case:
    size = draw.randint(1, 4)
    return Case(kl_divergence, {}, tensor(draw, size), probabilities(draw, size))


def sequence(case: Any, draw: Random) -> Case:
    """Of as many cases as are drawn, all with the settings of the first."""
    cases = [case(draw) for _ in range(draw.randint(1, 3))]
    loss = layer(cases[0].definition, **cases[0].settings)
    settings = {"loss": loss, **reduction(draw)}
    inputs, weights = [one.inputs for one in cases], [one.weights for one in cases]
    return Case(sequence_loss, settings, inputs, weights)


CASES: Cases = {
    "squared_error": squared,
    "cross_entropy": partial(classified, cross_entropy),
    "binary_cross_entropy": binary,
    "hinge": hinged,
    "kl_divergence": diverging,
    "sequence_loss of classes": partial(sequence, partial(classified, cross_entropy)),
    "sequence_loss of vectors": partial(sequence, squared),
    "sequence_loss of margins": partial(sequence, hinged),
}
