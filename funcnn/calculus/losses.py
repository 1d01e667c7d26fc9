"""Losses: how far one output is from its target. A loss is a layer whose weights are the target.

A loss of several terms is their sum, unless its reduction says otherwise.
"""

from collections.abc import Sequence
from typing import Any

from funcnn.algebra.elementary import absolute, exp, greater, log, relu
from funcnn.algebra.folds import length_of, zip_with
from funcnn.algebra.scalars import (
    Constant,
    Num,
    add,
    lift,
    multiply,
    subtract,
    total,
)
from funcnn.algebra.trees import Tree, leaves, tree_zip_with
from funcnn.algebra.vectors import Vector
from funcnn.blocks.activations import log_softmax
from funcnn.blocks.combinators import Network, run
from funcnn.blocks.graphs import AGGREGATES, Aggregate


def squared_error[T: Num](
    outputs: Vector[T], target: Vector[T], *, reduction: Aggregate = "sum"
) -> T:
    """The sum of the squared differences from the target.

    Maths
        Σᵢ (yᵢ − tᵢ)²
    Shapes
        outputs n, target n  →  a number           n ≥ 1
    Settings
        reduction   of the squares: their "sum", "mean" or "max"; PyTorch's MSELoss has the mean
    Errors
        ValueError   the lengths differ, or are 0, or the reduction is none of the three
        TypeError    numbers mix
    Source
        A.-M. Legendre, "Nouvelles méthodes pour la détermination des orbites des comètes" (1805)

    >>> squared_error([1.0, 2.0], [0.0, 4.0])
    5.0
    >>> squared_error([1.0, 2.0], [0.0, 4.0], reduction="mean")
    2.5
    """
    differences = zip_with(subtract, outputs, target, ("outputs", "target"))
    return reduced(zip_with(multiply, differences, differences), reduction)


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
    demand_class(logits, target)
    return -log_softmax(logits)[target]


def binary_cross_entropy(logits: Tree, target: Tree, *, reduction: Aggregate = "sum") -> Any:
    """The same of answers that are yes or no: each logit's sigmoid is the probability of yes.

    Maths
        Σᵢ −tᵢ·ln σ(zᵢ) − (1 − tᵢ)·ln σ(−zᵢ) = Σᵢ mᵢ − zᵢ·tᵢ + ln(exp(−mᵢ) + exp(zᵢ − mᵢ))
        mᵢ = max(0, zᵢ), so that no exponential overflows: one of the two is 1
    Shapes
        logits n, target n  →  a number            n of any form, also a number; targets from 0 to
                                                   1, which is not checked
    Settings
        reduction   of the answers' losses: their "sum", "mean" or "max"
    Order
        There is no log1p: in float, of an answer that is all but certain and right, what is less
        than half an ulp of 1 is lost: of z = −40 and t = 0 the loss is 0.0, not 4e-18.
    Units
        nats
    Errors
        ValueError   logits and target differ in form, or are empty, or the reduction is none of the
                     three
        TypeError    numbers mix, or are exact, for the exponential is irrational
    Laws
        binary_cross_entropy(z, t) == cross_entropy([0, z], t) for t of 0 and 1, but for rounding
    Source
        D. Cox, "The Regression Analysis of Binary Sequences", J. Royal Statistical Society B 20
        (1958); PyTorch's BCEWithLogitsLoss, whose reduction is the mean by default

    >>> round(binary_cross_entropy(0.0, 0.25), 6)
    0.693147
    >>> binary_cross_entropy([-1000.0, 1000.0], [0.0, 0.0])
    1000.0
    >>> binary_cross_entropy([1.0, 2.0], 0.5)
    Traceback (most recent call last):
    ValueError: logits and target: the trees differ in form: list beside float
    """
    try:
        losses = tree_zip_with(_binary_cross_entropy, logits, target)
    except ValueError as error:
        raise ValueError(f"logits and target: {error}") from None
    return reduced([*leaves(losses)], reduction)


def _binary_cross_entropy[T: Num](logit: T, target: T) -> T:
    largest: T = relu(logit)
    whole: T = log(add(exp(-largest), exp(subtract(logit, largest))))
    return add(subtract(largest, multiply(logit, target)), whole)


def hinge[T: Num](
    logits: Vector[T], target: int, *, margin: Constant = 1, reduction: Aggregate = "sum"
) -> T:
    """By how much the other classes' logits do not stay below the target's by a margin.

    Maths
        Σᵢ hᵢ                                      hᵢ = max(0, m − zₜ + zᵢ) for i ≠ t, hₜ = 0
    Shapes
        logits n, target 0 ≤ t < n  →  a number    n ≥ 1
    Settings
        margin      m: 1 as in PyTorch; Weston and Watkins' own is 2
        reduction   of all hᵢ: the "sum" of Weston and Watkins, the "mean", which is PyTorch's
                    MultiMarginLoss of one example, or the "max" of Crammer and Singer
    Errors
        ValueError   the target is no class of the logits, or the reduction is none of the three
        TypeError    the target is no int, or numbers mix
    Laws
        hinge([0, z], 1) == max(0, 1 − z), hinge([0, z], 0) == max(0, 1 + z): of two classes
    Source
        J. Weston, C. Watkins, "Support Vector Machines for Multi-Class Pattern Recognition", ESANN
        1999; K. Crammer, Y. Singer, "On the Algorithmic Implementation of Multiclass Kernel-based
        Vector Machines", J. Machine Learning Research 2 (2001)

    >>> logits = [3.0, 2.5, 5.0, 1.0]
    >>> hinge(logits, 0), hinge(logits, 0, reduction="mean"), hinge(logits, 0, reduction="max")
    (3.5, 0.875, 3.0)
    """
    demand_class(logits, target)
    gap = subtract(lift(margin, logits[target]), logits[target])
    excesses = [relu(add(gap, z)) if i != target else lift(0, z) for i, z in enumerate(logits)]
    return reduced(excesses, reduction)


def kl_divergence[T: Num](logits: Vector[T], target: Vector[T]) -> T:
    """How far a distribution, the logits' softmax, is from the target: the relative entropy.

    The logarithms of probabilities, PyTorch's input, are logits of them.

    Maths
        Σᵢ tᵢ·ln tᵢ − tᵢ·ln softmax(z)ᵢ            0·ln 0 = 0
    Shapes
        logits n, target n  →  a number            n ≥ 1; targets are probabilities, which is not
                                                   checked: in float, NaN of one below 0
    Units
        nats
    Errors
        ValueError   the lengths differ, or are 0
        TypeError    numbers mix, or are exact, for the exponential is irrational
    Laws
        of a target that is certain of class t it is cross_entropy(logits, t), but for rounding
        kl_divergence(z, softmax(z)) is 0, but for rounding
    Source
        S. Kullback, R. Leibler, "On Information and Sufficiency", Annals of Mathematical Statistics
        22 (1951); PyTorch's KLDivLoss of one example with the reduction "sum", not its default

    >>> kl_divergence([0.0, 0.0, -1000.0], [0.5, 0.5, 0.0])
    0.0
    >>> kl_divergence([0.0, -1000.0], [0.0, 1.0])
    1000.0
    """
    products = zip_with(multiply, target, log_softmax(logits), ("target", "logits"))
    return total(zip_with(subtract, [*map(xlogx, target)], products))


def xlogx[T: Num](x: T) -> T:
    """The number times its logarithm.

    Maths
        x·ln x                                     0 at 0, as is its derivative (it would be −∞)

    >>> xlogx(1.0), xlogx(0.0)
    (0.0, 0.0)
    """
    size: T = absolute(x)
    logarithm: T = log(add(x, subtract(lift(1, x), greater(size, lift(0, x)))))
    return multiply(x, logarithm)


def sequence_loss(
    outputs: Sequence[Any], target: Sequence[Any], *, loss: Network, reduction: Aggregate = "sum"
) -> Any:
    """The loss of a sequence: that of each of its outputs, with a target for each.

    Haskell
        sequenceLoss loss ys ts = sum (zipWith loss ys ts)
    Shapes
        outputs n, target n  →  a number           n ≥ 1, of what the loss takes
    Settings
        loss        of one output, as a network: layer(cross_entropy)
        reduction   of the losses: their "sum", "mean" or "max"
    Errors
        ValueError   outputs and target differ in number, or there are none, or the reduction is
                     none of the three
        TypeError    one of the two is no list, or the loss no network
        and those of the loss

    >>> from funcnn.blocks.combinators import layer
    >>> sequence_loss([[1.0], [3.0]], [[0.0], [1.0]], loss=layer(squared_error), reduction="mean")
    2.5
    """
    names = ("outputs", "target")
    return reduced(zip_with(lambda y, t: run(loss, y, t), outputs, target, names), reduction)


def demand_class(logits: Vector[Any], target: int) -> None:
    """Refuse a target that is not the number of one of the logits' classes.

    >>> demand_class([0.0, 0.0], 1.0)
    Traceback (most recent call last):
    TypeError: a target is an int, the number of a class, not a float
    """
    if not isinstance(target, int):
        raise TypeError(f"a target is an int, the number of a class, not a {type(target).__name__}")
    if not 0 <= target < length_of(logits, "logits"):
        raise ValueError(f"target {target} is none of the classes 0 … {len(logits) - 1}")


def reduced[T: Num](terms: Sequence[T], reduction: Aggregate = "sum") -> T:
    """The terms of a loss as one number.

    Errors
        ValueError   there is no term, or the reduction is none of the three

    >>> reduced([1.0, 2.0]), reduced([1.0, 2.0], "mean"), reduced([1.0, 2.0], "max")
    (3.0, 1.5, 2.0)
    >>> reduced([1.0, 2.0], "none")
    Traceback (most recent call last):
    ValueError: reduction is 'none', not one of sum, mean, max
    """
    if reduction not in (*AGGREGATES,):
        raise ValueError(f"reduction is {reduction!r}, not one of {', '.join(AGGREGATES)}")
    loss: T = AGGREGATES[reduction](terms)
    return loss
