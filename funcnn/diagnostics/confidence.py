"""Confidence: what so many successes of so many trials say of their rate, whatever it is.

An end of an interval is a float at which the binomial tail is proven to be small enough. The tail
is bounded from above by its largest term, whose powers are rounded up, and by the ratios of those
that follow.
"""

from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Final

from funcnn.algebra.dyadics import Dyadic, dyadic, rounded
from funcnn.algebra.folds import foldl, int_of
from funcnn.algebra.scalars import shown

PRECISION: Final = 128
"""Of the terms of a tail, in bits of the largest."""

SPARE: Final = 32
"""Of these bits, how many a term still has when all that follow are taken to be as large."""


def binomial_interval(
    successes: int, trials: int, confidence: float | Fraction
) -> tuple[float, float]:
    """From which to which rate so many successes of so many trials are not too many, nor too few.

    However large the rate is, the interval of a sample holds it with at least the confidence.

    Maths
        P(X ≥ k; low) ≤ (1 − c)/2 ≥ P(X ≤ k; high)        X binomial in n trials
    Errors
        ValueError   the confidence is not between 0 and 1, or there are more successes than trials,
                     or no trials
        TypeError    successes or trials are no ints, or the confidence is no float, nor Fraction
    Laws
        Σₖ P(X = k; p) over the k whose interval holds p ≥ c              for every p
    Source
        C. Clopper, E. Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of
        the Binomial", Biometrika 26 (1934)

    >>> binomial_interval(9, 10, 0.95)
    (0.554983..., 0.997471...)
    >>> binomial_interval(0, 10, 0.95)
    (0.0, 0.308497...)
    """
    tail = _risk(successes, trials, confidence) / 2
    rate = successes / trials
    is_too_many = _unlikely(trials - successes, trials, tail)
    low = _nearest(lambda p: is_too_many(1 - dyadic(p)), 0.0, rate)
    high = _nearest(_unlikely(successes, trials, tail), 1.0, rate)
    return low, high


def error_bound(errors: int, trials: int, confidence: float | Fraction) -> float:
    """The rate that the true one does not exceed, with the confidence, after so many errors.

    Maths
        P(X ≤ k; bound) ≤ 1 − c                           X binomial in n trials
    Errors
        ValueError   the confidence is not between 0 and 1, or there are more errors than trials, or
                     no trials
        TypeError    errors or trials are no ints, or the confidence is no float, nor Fraction
    Laws
        Σₖ P(X = k; p) over the k whose bound is p or more ≥ c            for every p
    Source
        J. Langford, "Tutorial on Practical Prediction Theory for Classification", Journal of
        Machine Learning Research 6 (2005), theorem 3.3

    >>> error_bound(0, 10, 0.95), 1 - 0.05 ** 0.1
    (0.258865..., 0.258865...)
    """
    tail = _risk(errors, trials, confidence)
    return _nearest(_unlikely(errors, trials, tail), 1.0, errors / trials)


def _risk(successes: int, trials: int, confidence: float | Fraction) -> Fraction:
    """one less the confidence, exactly, once the numbers are known to be of a sample"""
    int_of(trials, "trials", 1)
    int_of(successes, "successes", 0)
    if successes > trials:
        raise ValueError(f"{successes} of {trials}: there are not as many trials")
    if not isinstance(confidence, (int, float, Fraction)):
        raise TypeError(
            f"the confidence is a {type(confidence).__name__}: give a float or Fraction"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"the confidence is {shown(confidence)}: give one between 0 and 1")
    return 1 - Fraction(confidence)


def _nearest(holds: Callable[[float], bool], inside: float, limit: float) -> float:
    """of the floats between, the one nearest to the limit where it holds, as it does inside"""
    while (middle := (inside + limit) / 2) not in (inside, limit):
        inside, limit = (middle, limit) if holds(middle) else (inside, middle)
    return inside


def _unlikely(count: int, trials: int, tail: Fraction) -> Callable[[float | Dyadic], bool]:
    """whether so few successes, or fewer, are proven to be unlikely, of a rate that is higher"""
    ways = Dyadic(comb(trials, count))

    def holds(rate: float | Dyadic) -> bool:
        p = dyadic(rate)
        largest = ways * _power(p, count) * _power(1 - p, trials - count)
        bound = largest * _terms(count, trials, p)
        return bound * tail.denominator <= Dyadic(tail.numerator, PRECISION)

    return holds


def _terms(count: int, trials: int, rate: Dyadic) -> int:
    """the tail, in units of its largest term over 2^PRECISION, rounded up"""
    p, q = rate.integer, (1 - rate).integer
    term = result = 1 << PRECISION
    while count and term >> SPARE:
        term = -(-term * count * q // ((trials - count + 1) * p))
        count -= 1
        result += term
    return result + count * term


def _power(x: Dyadic, exponent: int) -> Dyadic:
    """x^exponent, rounded up at every step"""

    def step(power: Dyadic, bit: str) -> Dyadic:
        square = power * power
        return rounded(square * x if bit == "1" else square, PRECISION, "up")

    return foldl(step, Dyadic(1), f"{exponent:b}")
