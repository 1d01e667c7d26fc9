"""Losses: how far one output is from its target. A loss is a layer whose weights are the target."""

from funcnn.algebra.folds import length_of, zip_with
from funcnn.algebra.scalars import Num, multiply, subtract, total
from funcnn.algebra.vectors import Vector
from funcnn.blocks.activations import log_softmax


def squared_error[T: Num](outputs: Vector[T], target: Vector[T]) -> T:
    """The sum of the squared differences from the target.

    Maths
        Σᵢ (yᵢ − tᵢ)²
    Shapes
        outputs n, target n  →  a number           n ≥ 1
    Errors
        ValueError   the lengths differ, or are 0
        TypeError    numbers mix
    Source
        A.-M. Legendre, "Nouvelles méthodes pour la détermination des orbites des comètes" (1805)

    >>> squared_error([1.0, 2.0], [0.0, 4.0])
    5.0
    """
    differences = zip_with(subtract, outputs, target, ("outputs", "target"))
    return total(zip_with(multiply, differences, differences))


def cross_entropy[T: Num](logits: Vector[T], target: int) -> T:
    """The negative logarithm of the probability that the logits' softmax gives to the target.

    Maths
        −ln softmax(z)ₜ = ln Σⱼ exp(zⱼ − m) − (zₜ − m)               m = maxⱼ zⱼ
    Shapes
        logits n, target 0 ≤ t < n  →  a number    n ≥ 1
    Units
        nats
    Errors
        ValueError   the target is no class of the logits
        TypeError    the target is no int
    Source
        I. Good, "Rational Decisions", J. Royal Statistical Society B 14 (1952)

    >>> round(cross_entropy([0.0, 0.0], 1), 6)
    0.693147
    >>> cross_entropy([0.0, 0.0], 2)
    Traceback (most recent call last):
    ValueError: target 2 is none of the classes 0 … 1
    """
    if not isinstance(target, int):
        raise TypeError(f"a target is an int, the number of a class, not a {type(target).__name__}")
    if not 0 <= target < length_of(logits, "logits"):
        raise ValueError(f"target {target} is none of the classes 0 … {len(logits) - 1}")
    return -log_softmax(logits)[target]
