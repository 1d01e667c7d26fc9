"""Loss mutants: wrong distances of outputs from their target."""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.elementary import absolute, exp, log, maximum, sigmoid
from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract, total
from funcnn.algebra.vectors import Vector
from funcnn.blocks.activations import softmax
from funcnn.calculus.losses import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    kl_divergence,
    squared_error,
)
from funcnn.laws.mutations import Definition, Mutant, of_results, setting
from funcnn.laws.values import WITHIN


def _other_reduction(y: Vector[Any], t: Vector[Any], *, reduction: str = "sum") -> Any:
    return setting(squared_error, reduction="mean" if reduction == "sum" else "sum")(y, t)


def _absolute_error(y: Vector[Any], t: Vector[Any], *, reduction: str = "sum") -> Any:
    size = total([*map(absolute, zip_with(subtract, y, t))])
    return size if reduction == "sum" else divide(size, lift(len(y), size))


def _halved(definition: Definition) -> Definition:
    return of_results(lambda loss: divide(loss, lift(2, loss)), definition)


def _not_shifted(z: Vector[Any], t: int) -> Any:
    return log(total([*map(exp, z)])) - z[t]


def _smoothed(z: Vector[Any], t: int) -> Any:
    losses = [cross_entropy(z, target) for target in range(len(z))]
    tenth = lift(0.1, losses[t])
    return (1 - tenth) * losses[t] + tenth * divide(total(losses), lift(len(z), z[0]))


def _by_logarithms(logarithm: Callable[[Any], Any]) -> Definition:
    """binary_cross_entropy as it is written, of probabilities"""

    def wrong(z: Vector[Any], t: Vector[Any]) -> Any:
        shares = [*map(sigmoid, z)]
        yes = zip_with(multiply, t, [logarithm(p) for p in shares])
        no = zip_with(multiply, [1 - one for one in t], [logarithm(1 - p) for p in shares])
        return -total(zip_with(add, yes, no))

    return wrong


def _clamped(x: Any) -> Any:
    return maximum(log(x), lift(-100, x))


def _own_class_counted(z: Vector[Any], t: int) -> Any:
    return hinge(z, t) + 1


def _square_hinge(z: Vector[Any], t: int) -> Any:
    others = [[z[t], one] for at, one in enumerate(z) if at != t]
    excesses = [hinge(pair, 0) for pair in others]
    return total([*map(multiply, excesses, excesses)]) if excesses else hinge(z, t)


def _entropy_forgotten(z: Vector[Any], t: Vector[Any]) -> Any:
    losses = [cross_entropy(z, target) for target in range(len(z))]
    return total(zip_with(multiply, t, losses))


def _reversed(z: Vector[Any], t: Vector[Any]) -> Any:
    """Σ p·ln(p/t)"""
    shares = softmax(z)
    gaps = [subtract(log(p), log(one)) for p, one in zip(shares, t, strict=True)]
    return total(zip_with(multiply, shares, gaps))


def _mutant(function: str, name: str, wrong: Definition, law: str = WITHIN.name) -> Mutant:
    return Mutant(function, name, wrong, law)


MUTANTS: Final = (
    _mutant("squared_error", "the mean for the sum, and back", _other_reduction),
    _mutant("squared_error", "absolute values in place of squares", _absolute_error),
    _mutant("squared_error", "halved", _halved(squared_error)),
    _mutant("cross_entropy", "the next class", lambda z, t: cross_entropy(z, (t + 1) % len(z))),
    _mutant("cross_entropy", "maximum not subtracted first", _not_shifted),
    _mutant("cross_entropy", "softmax taken twice", lambda z, t: cross_entropy(softmax(z), t)),
    _mutant("cross_entropy", "the logarithm of softmax", lambda z, t: -log(softmax(z)[t])),
    _mutant("cross_entropy", "a tenth of the target given to all classes", _smoothed),
    _mutant("cross_entropy", "a negative sign", of_results(lambda loss: -loss, cross_entropy)),
    _mutant("binary_cross_entropy", "logarithms of the sigmoid", _by_logarithms(log)),
    _mutant("binary_cross_entropy", "logarithms of −100 at least", _by_logarithms(_clamped)),
    _mutant("binary_cross_entropy", "the mean", setting(binary_cross_entropy, reduction="mean")),
    _mutant(
        "binary_cross_entropy",
        "yes and no exchanged",
        lambda z, t: binary_cross_entropy([-x for x in z], t),
    ),
    _mutant("hinge", "no margin", setting(hinge, margin=0)),
    _mutant("hinge", "the target's own class counted", _own_class_counted),
    _mutant("hinge", "squares", _square_hinge),
    _mutant("hinge", "the largest alone", setting(hinge, reduction="max")),
    _mutant("kl_divergence", "the other way round", _reversed),
    _mutant("kl_divergence", "the target's entropy forgotten", _entropy_forgotten),
    _mutant("kl_divergence", "halved", _halved(kl_divergence)),
)
"""All of them."""
