"""N-grams: what counting learns of sequences of tokens, and how likely it makes others, exactly."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import fsum, inf, log
from typing import Final, NamedTuple

from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.scalars import Constant, lift

SMOOTHINGS: Final = tuple(Fraction(count, 1000) for count in (1, 3, 10, 30, 100, 300, 1000, 3000))
"""What `best_smoothing` chooses from, unless told."""


class Ngrams(NamedTuple):
    """How often each token of a vocabulary came after each history: the order − 1 before it.

    The boundary stands so often before a sequence, and once after it.
    """

    order: int
    vocabulary: int
    boundary: int
    counts: Mapping[tuple[int, ...], Sequence[int]]


def ngram_counts(
    sequences: Sequence[Sequence[int]], order: int, vocabulary: int, *, boundary: int = 0
) -> Ngrams:
    """What counting learns of sequences, with a boundary around each.

    Maths
        N(h, c)                                    how often c came after h
    Errors
        ValueError   a token is not one of 0 to v − 1, or is the boundary, or order or v is below 1
        TypeError    a token is not an int, or what should be a list is not one
    Source
        C. Shannon, "A Mathematical Theory of Communication", Bell System Technical Journal 27
        (1948), section 3

    >>> bigrams = ngram_counts([[1, 2], [1, 1]], 2, 3)
    >>> bigrams.counts == {(0,): (0, 2, 0), (1,): (1, 1, 1), (2,): (1, 0, 0)}
    True
    >>> ngram_counts([[3]], 2, 3)
    Traceback (most recent call last):
    ValueError: token 3 is out of range: give 0 to 2
    """
    known = range(int_of(vocabulary, "vocabulary", 1))
    empty = Ngrams(int_of(order, "order", 1), len(known), boundary, {})
    _known(empty, boundary)
    length_of(sequences, "sequences")
    runs = Counter(run for sequence in sequences for run in _runs(empty, sequence))
    histories = {run[:-1] for run in runs}
    return empty._replace(counts={h: tuple(runs[*h, c] for c in known) for h in histories})


def _runs(ngrams: Ngrams, sequence: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """each token after its history, then the boundary"""
    order, _, boundary, _ = ngrams
    length_of(sequence, "a sequence")
    for token in sequence:
        if _known(ngrams, token) == boundary:
            raise ValueError(f"a sequence has token {boundary} in it, the boundary")
    padded = *[boundary] * (order - 1), *sequence, boundary
    return (padded[end - order : end] for end in range(order, len(padded) + 1))


def _known(ngrams: Ngrams, token: int) -> int:
    if not 0 <= int_of(token, "a token") < ngrams.vocabulary:
        raise ValueError(f"token {token} is out of range: give 0 to {ngrams.vocabulary - 1}")
    return token


def ngram_probability(
    ngrams: Ngrams, history: Sequence[int], token: int, smoothing: Constant = 0
) -> Fraction:
    """How likely a token is to come next; of the history, the last order − 1 tokens count.

    Maths
        p(c|h) = (N(h, c) + k)/(N(h) + k·v)        N(h) = Σ_c N(h, c)
    Settings
        smoothing   k, which is added to how often each token came; by Laplace's rule, 1
    Errors
        ValueError   the token is not one of 0 to v − 1; the history is too short, or never came,
                     and nothing is added; or the smoothing is below 0
        TypeError    the token is not an int, or the history not a list
    Laws
        Σ_c p(c|h) == 1
        without smoothing, no other probabilities make the counted sequences as likely
    Source
        G. Lidstone, "Note on the General Case of the Bayes–Laplace Formula for Inductive or A
        Posteriori Probabilities", Transactions of the Faculty of Actuaries 8 (1920)

    >>> bigrams = ngram_counts([[1, 2], [1, 1]], 2, 3)
    >>> ngram_probability(bigrams, [1], 2), ngram_probability(bigrams, [2], 0, 0.5)
    (Fraction(1, 3), Fraction(3, 5))
    >>> ngram_probability(ngram_counts([[1]], 2, 3), [2], 0)
    Traceback (most recent call last):
    ValueError: history [2] never came: give a smoothing above 0
    """
    order, vocabulary, _, counts = ngrams
    start, k = length_of(history, "history") - (order - 1), lift(smoothing, Fraction(0))
    if start < 0:
        raise ValueError(f"history has length {len(history)}: give {order - 1} or more")
    if k < 0:
        raise ValueError(f"smoothing is {smoothing}: give 0 or more")
    row = counts.get(tuple(history[start:]), (0,) * vocabulary)
    whole = sum(row) + k * vocabulary
    if not whole:
        seen = [*history[start:]]
        raise ValueError(f"history {seen} never came: give a smoothing above 0")
    return (row[_known(ngrams, token)] + k) / whole


def ngram_likelihood(ngrams: Ngrams, sequence: Sequence[int], smoothing: Constant = 0) -> Fraction:
    """How likely a sequence is, and that it ends there: exactly.

    Maths
        Πᵢ p(cᵢ|hᵢ)                                the last c the boundary
    Errors
        those of `ngram_counts`; and ValueError, if the smoothing is below 0

    >>> ngram_likelihood(ngram_counts([[1, 2], [1, 1]], 2, 3), [1, 2])
    Fraction(1, 3)
    """
    likelihood = Fraction(1)
    for *history, token in _runs(ngrams, sequence):
        if likelihood:
            likelihood *= ngram_probability(ngrams, history, token, smoothing)
    return likelihood


def ngram_cross_entropy(
    ngrams: Ngrams, sequences: Sequence[Sequence[int]], smoothing: Constant = 0
) -> float:
    """How unlikely sequences are, for each of their tokens and boundaries; ∞ if one cannot be.

    Maths
        −1/n · Σ ln p(cᵢ|hᵢ)                       n tokens in all, a boundary a sequence with them
    Order
        The likelihood of a sequence is exact: the first that rounds is its logarithm.
    Units
        nats
    Errors
        ValueError   there is no sequence
        and those of `ngram_likelihood`
    Laws
        ln v of counts of nothing, and a smoothing above 0

    >>> bigrams = ngram_counts([[1, 2], [1, 1]], 2, 3)
    >>> round(ngram_cross_entropy(bigrams, [[1, 2]]), 6), ngram_cross_entropy(bigrams, [[2]])
    (0.366204, inf)
    """
    if not length_of(sequences, "sequences"):
        raise ValueError("there is no sequence: give 1 or more")
    likelihoods = [ngram_likelihood(ngrams, sequence, smoothing) for sequence in sequences]
    count = sum(len(sequence) + 1 for sequence in sequences)
    return fsum(map(_nats, likelihoods)) / count


def _nats(probability: Fraction) -> float:
    """−ln p, though p be no float"""
    return log(probability.denominator) - log(probability.numerator) if probability else inf


def best_smoothing(
    ngrams: Ngrams,
    validation: Sequence[Sequence[int]],
    smoothings: Sequence[Constant] = SMOOTHINGS,
) -> Constant:
    """Of some smoothings, that which makes other sequences than those counted likeliest.

    Errors
        ValueError   there is no smoothing, or no sequence
        and those of `ngram_likelihood`

    >>> best_smoothing(ngram_counts([[1, 2], [1, 1]], 2, 3), [[1, 1, 1]], [0, 1, 100])
    0
    """
    if not length_of(smoothings, "smoothings"):
        raise ValueError("there is no smoothing: give 1 or more")
    return min(smoothings, key=partial(ngram_cross_entropy, ngrams, validation))
