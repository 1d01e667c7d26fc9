"""Robustness: which inputs no small change can turn, and what is guaranteed of those unseen."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain
from math import copysign, fsum, hypot, inf, isfinite, log, nextafter
from typing import Any, Literal

from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.elementary import exceeds, sqrt
from funcnn.algebra.folds import foldl, foldl1, int_of, zipped
from funcnn.algebra.intervals import Interval, around, interval
from funcnn.algebra.scalars import Num, add, divide, lift, multiply, shown
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, Vector, matmul, shape, transpose
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.linears import dense
from funcnn.calculus.losses import demand_class
from funcnn.calculus.pullbacks import vjp
from funcnn.calculus.regression import plus_identity
from funcnn.diagnostics.eigenvalues import inertia
from funcnn.diagnostics.rotations import finite
from funcnn.diagnostics.scores import predicted
from funcnn.diagnostics.spectra import spectral_norm

type Matrices = Sequence[Matrix[float]]
"""Of a network foldl(dense, inputs, weights)."""

type Verdict = Literal["certified", "attacked", "open"]
"""No change can turn the class; one is known that does; neither."""


def verdict(weights: Matrices, image: Vector[float], radius: float) -> Verdict:
    """What is known of the class of an image whose pixels may each change by up to the radius.

    >>> verdict([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0.125)
    'certified'
    >>> verdict([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0.375)
    'attacked'
    """
    cls = predicted(foldl(dense, [*image], weights))
    if cls is None:
        return "open"
    box = [around(pixel, radius) for pixel in image]
    certified = is_certain(foldl(dense, box, tree_map(interval, weights)), cls)
    attacked = is_attacked(weights, image, cls, radius)
    return "certified" if certified else "attacked" if attacked else "open"


def is_certain(outputs: Sequence[Interval[Any]], cls: int) -> bool:
    """Whether the output of a class is larger than all others, wherever in their intervals.

    Source
        S. Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training
        Verifiably Robust Models", arXiv:1810.12715 (2018)

    >>> is_certain([Interval(2.0, 3.0), Interval(0.0, 1.0)], 0), is_certain([interval(1.0)] * 2, 0)
    (True, False)
    """
    demand_class(outputs, cls)
    rivals = [output.high for index, output in enumerate(outputs) if index != cls]
    return all(high < outputs[cls].low for high in rivals)


def is_attacked(weights: Matrices, image: Vector[float], cls: int, radius: float) -> bool:
    """Whether a step along the signs of the gradient, toward some rival, turns the class exactly.

    Source
        I. Goodfellow, J. Shlens, C. Szegedy, "Explaining and Harnessing Adversarial Examples",
        ICLR 2015

    >>> is_attacked([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0, 0.375)
    True
    """
    exact_weights = tree_map(dyadic, weights)
    for signs in attacks(weights, image, cls):
        moved = [step(x, radius * sign) for x, sign in zipped(image, signs)]
        exact = foldl(dense, [*map(dyadic, moved)], exact_weights)
        demand_class(exact, cls)
        if max(exact) != exact[cls]:
            return True
    return False


def attacks(weights: Matrices, image: Vector[float], cls: int) -> list[list[float]]:
    """Which way each pixel moves toward each rival of a class: the signs of the gradients, or 0.

    Source
        as of `is_attacked`

    >>> attacks([[[1.0, 0.0], [0.0, 1.0]]], [1.0, 0.5], 0)
    [[0.0, 0.0], [-1.0, 1.0]]
    """
    network = serial(*[layer(dense)] * len(weights))
    outputs, back = vjp(network, [*image], weights)
    classes = range(len(outputs))
    slopes = [[float(j == rival) - float(j == cls) for j in classes] for rival in classes]
    gradients = [back(slope)[0] for slope in slopes]
    return [[copysign(1.0, g) if g else 0.0 for g in gradient] for gradient in gradients]


def step(x: float, length: float) -> float:
    """x + length, or the float before it on the way where that is further.

    >>> step(1.0, 0.25), step(1.0, 0.1), 1.0 + 0.1
    (1.25, 1.0999999999999999, 1.1)
    """
    moved = x + length
    is_too_far = abs(dyadic(moved) - dyadic(x)) > dyadic(abs(length))
    return nextafter(moved, x) if is_too_far else moved


def largest_radius[T: Num](holds: Callable[[T], bool], limit: T, halvings: int) -> T:
    """The largest radius found at which something holds, by halving what is left up to a limit.

    Where it holds of all radii below one that it holds of, the largest there is lies less than
    limit/2ʰ above, or is the limit. Where it holds of none that was asked about, it is 0.

    Errors
        ValueError   the halvings are negative, or the limit is, or it is not finite
        TypeError    they are no int; or the limit is an int, which has no half

    >>> largest_radius(lambda radius: radius**2 <= 2, Fraction(2), 4)
    Fraction(11, 8)
    >>> largest_radius(lambda radius: radius < 5, 2.0, 3)
    2.0
    """
    if exceeds(0, limit) or limit - limit != lift(0, limit):
        raise ValueError(f"the limit is {shown(limit)}: give a finite one from 0 on")
    if holds(limit):
        return limit

    def longer(radius: T, power: int) -> T:
        length = multiply(limit, lift(Fraction(1, 2**power), limit))
        further = add(radius, length)
        return further if holds(further) else radius

    powers = range(1, int_of(halvings, "halvings", 0) + 1)
    return foldl(longer, lift(0, limit), powers)


def spectral_bound(matrix: Matrix[float]) -> float:
    """A little more than the spectral norm of a matrix of floats, proven by exact elimination.

    The norm as it is computed is raised by 2⁻⁴⁰ of it until it is proven, or ∞.

    Maths
        ‖W‖ ≤ σ exactly if σ²·I − W·Wᵀ has no negative eigenvalue
    Errors
        those of `spectral_norm`
    Laws
        ‖W·x‖ ≤ spectral_bound(W)·‖x‖              exactly, for all x

    >>> spectral_bound([[3.0, 0.0], [0.0, -4.0]])
    4.0000000000...
    """
    bound: float = spectral_norm(matrix) * (1 + 2**-40)
    exact = tree_map(Fraction, min(matrix, transpose(matrix), key=len))
    square = matmul(exact, transpose(exact))

    def is_bound() -> bool:
        gaps = plus_identity([[-x for x in row] for row in square], Fraction(bound) ** 2)
        return not inertia(gaps).negative

    while isfinite(bound) and not is_bound():
        bound = nextafter(bound * (1 + 2**-40), inf)
    return bound


def lipschitz_bound(weights: Matrices) -> float:
    """How many times farther apart outputs are than inputs, at most: a proven product of norms.

    It holds of layers between which is relu, or another function whose slope is from −1 to 1.

    Maths
        ‖f(x) − f(y)‖ ≤ Πᵢ ‖Wᵢ‖ · ‖x − y‖
    Errors
        those of `spectral_norm`
    Source
        C. Szegedy et al., "Intriguing Properties of Neural Networks", ICLR 2014, section 4.3

    >>> lipschitz_bound([[[2.0]], [[-3.0]]])
    6.0000000000...
    """
    norms = [Interval(0.0, spectral_bound(matrix)) for matrix in weights]
    return foldl1(multiply, norms).high


def lipschitz_radius[T: Num](margin: T, lipschitz: T) -> T:
    """How far inputs may move by the Euclidean norm before another output is as large.

    Over intervals its low end is proven.

    Maths
        m/(√2·L)                                   m = y_c − max yⱼ, j ≠ c
    Errors
        TypeError    numbers mix, or are exact, of which √2 is none
    Source
        Y. Tsuzuku, I. Sato, M. Sugiyama, "Lipschitz-Margin Training: Scalable Certification of
        Perturbation Invariance for Deep Neural Networks", NeurIPS 2018, proposition 1

    >>> lipschitz_radius(4.0, 2.0), lipschitz_radius(interval(4.0), interval(2.0)).low
    (1.41421356237309..., 1.41421356237309...)
    """
    return divide(margin, multiply(sqrt(lift(2, margin)), lipschitz))


def spectral_complexity(weights: Matrices) -> float:
    """The Lipschitz bound of a network, times how far each matrix is from one of a single row.

    Maths
        Πᵢ ‖Wᵢ‖ · (Σᵢ (Σⱼ ‖wᵢⱼ‖ / ‖Wᵢ‖)^(2/3))^(3/2)           wᵢⱼ the rows of Wᵢ
        0 if a matrix is
    Errors
        those of `spectral_norm`; and ValueError, if there is no matrix
    Source
        P. Bartlett, D. Foster, M. Telgarsky, "Spectrally-Normalized Margin Bounds for Neural
        Networks", NeurIPS 2017, arXiv:1706.08498, equation 1.2, with reference matrices of zeros

    >>> round(spectral_complexity([[[3.0, 4.0]]]), 9)
    5.0
    >>> round(spectral_complexity([[[2.0, 0.0], [0.0, 2.0]]]), 9)
    4.0
    """
    norms: list[float] = [*map(spectral_norm, weights)]
    if not all(norms):
        return 0.0
    rows = [fsum(hypot(*row) for row in matrix) for matrix in weights]
    shares = [(length / norm) ** (2 / 3) for length, norm in zipped(rows, norms)]
    complexity: float = foldl1(multiply, norms) * fsum(shares) ** 1.5
    return complexity


def margin_bound(
    inputs: Matrix[float],
    margins: Vector[float],
    weights: Matrices,
    *,
    margin: float,
    confidence: float,
) -> float:
    """How often a network errs on what it has not seen, at most, by its norms and its margins.

    It holds with the confidence for a margin and norms that were fixed before the sample was drawn;
    of those chosen by it, it is larger yet. A bound of 1 or more says nothing.

    Maths
        #{mᵢ ≤ γ}/n + 8/n^(3/2) + 72·ln n·√ln(2w²)·‖X‖·R/(γ·n) + 3·√(ln(2/δ)/2n)
        R the spectral complexity, w the largest width, δ = 1 − confidence
    Shapes
        inputs n×d, margins n  →  a number         n ≥ 1
    Settings
        margin       γ, above 0: an input whose output is not larger by more counts as wrong
        confidence   between 0 and 1
    Errors
        ValueError   a setting is out of its range, or there are not as many margins as inputs, or
                     no inputs, or one is not finite
        and those of `spectral_complexity`
    Source
        P. Bartlett, D. Foster, M. Telgarsky, "Spectrally-Normalized Margin Bounds for Neural
        Networks", NeurIPS 2017, arXiv:1706.08498: theorem 3.3, its covering numbers, in Dudley's
        integral and the bound by Rademacher complexity

    >>> settings = {"margin": 0.5, "confidence": 0.95}
    >>> margin_bound([[1.0]] * 100, [1.0] * 100, [[[1.0]]], **settings)
    55.62...
    """
    if not margin > 0 or not 0 < confidence < 1:
        raise ValueError("give a margin above 0 and a confidence between 0 and 1")
    capacity = spectral_complexity(weights)
    n = sum(1 for _ in zipped(finite(inputs, "inputs"), margins, ("inputs", "margins")))
    wrong = sum(not m > margin for m in margins) / n
    width = max(size for matrix in weights for size in shape(matrix))
    length = hypot(*chain.from_iterable(inputs))
    capacity *= log(n) * log(2 * width**2) ** 0.5 * length
    chance = 3 * (log(2 / (1 - confidence)) / (2 * n)) ** 0.5
    bound: float = wrong + 8 / n**1.5 + 72 * capacity / (margin * n) + chance
    return bound
