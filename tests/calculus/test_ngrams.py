"""Counts are the likeliest of all tables, exactly; their smoothing is chosen by other sequences."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import inf, log, prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.calculus.ngrams import (
    SMOOTHINGS,
    Ngrams,
    best_smoothing,
    ngram_counts,
    ngram_cross_entropy,
    ngram_likelihood,
    ngram_probability,
)
from funcnn.exchange.first_names import split_names, to_tokens
from strategies import LIBM, roundings

V = 4
tokens = st.integers(1, V - 1)
corpora = st.lists(st.lists(tokens, max_size=5), min_size=1, max_size=6)
orders = st.integers(1, 4)
smoothings = st.fractions(Fraction(1, 100), 10, max_denominator=100)


def likelihood_of_all(ngrams: Ngrams, corpus: list[list[int]], k: Any = 0) -> Fraction:
    return prod((ngram_likelihood(ngrams, sequence, k) for sequence in corpus), start=Fraction(1))


@given(corpora, orders, smoothings, st.lists(st.integers(0, V - 1), min_size=3, max_size=6))
def test_probabilities_sum_to_one(
    corpus: list[list[int]], order: int, k: Fraction, history: list[int]
) -> None:
    ngrams = ngram_counts(corpus, order, V)
    assert sum(ngram_probability(ngrams, history, token, k) for token in range(V)) == 1
    for seen in ngrams.counts:
        assert sum(ngram_probability(ngrams, seen, token) for token in range(V)) == 1


@given(corpora, orders)
def test_each_token_and_each_end_is_counted_once(corpus: list[list[int]], order: int) -> None:
    ngrams = ngram_counts(corpus, order, V)
    assert sum(map(sum, ngrams.counts.values())) == sum(len(sequence) + 1 for sequence in corpus)
    assert all(len(history) == order - 1 for history in ngrams.counts)
    ends = sum(row[0] for row in ngrams.counts.values())
    assert ends == len(corpus)


@given(corpora, orders, st.data())
def test_no_other_table_makes_what_was_counted_as_likely(
    corpus: list[list[int]], order: int, data: st.DataObject
) -> None:
    """Counts as shares of each history's: every other row of shares has less, exactly less."""
    ngrams = ngram_counts(corpus, order, V)
    history = data.draw(st.sampled_from(sorted(ngrams.counts)))
    row = ngrams.counts[history]
    other = data.draw(st.lists(st.integers(0, 9), min_size=V, max_size=V).filter(any))
    moved = ngrams._replace(counts={**ngrams.counts, history: other})
    most, less = likelihood_of_all(ngrams, corpus), likelihood_of_all(moved, corpus)
    same = [sum(row) * count for count in other] == [sum(other) * count for count in row]
    assert less == most if same else less < most


@given(corpora, orders, smoothings)
def test_all_sequences_together_are_certain(
    corpus: list[list[int]], order: int, k: Fraction
) -> None:
    """Those of up to two tokens, and the beginnings of the longer ones."""
    ngrams = ngram_counts(corpus, order, V)
    short = [[*s] for length in range(3) for s in product(range(1, V), repeat=length)]
    ended = sum(ngram_likelihood(ngrams, sequence, k) for sequence in short)
    begun = [[0, 0, 0, *s] for s in product(range(1, V), repeat=3)]
    longer = sum(prod(ngram_probability(ngrams, s[:i], s[i], k) for i in (3, 4, 5)) for s in begun)
    assert ended + longer == 1


def test_a_likelihood_by_hand() -> None:
    """Of anna, ann and an: after a n·n·n·end, after n n·n·end·end·end·a."""
    bigrams = ngram_counts([to_tokens(name) for name in ("anna", "ann", "an")], 2, 27)
    assert bigrams.counts[14,][0] == 2 and sum(bigrams.counts[14,]) == 5
    assert ngram_likelihood(bigrams, to_tokens("ann")) == 1 * Fraction(3, 4) * Fraction(2, 5) ** 2
    assert ngram_likelihood(bigrams, to_tokens("an"), 1) == (
        Fraction(3 + 1, 3 + 27) * Fraction(3 + 1, 4 + 27) * Fraction(2 + 1, 5 + 27)
    )


@given(corpora, st.integers(1, 50), smoothings)
def test_counts_of_nothing_are_uniform(corpus: list[list[int]], more: int, k: Fraction) -> None:
    """Of vᵐ as a float, its logarithm, their sum and the mean, three more may round than libm."""
    ngrams, v = ngram_counts([], 3, V + more), V + more
    assert {ngram_probability(ngrams, [1, 2], c, k) for c in range(v)} == {Fraction(1, v)}
    difference = ngram_cross_entropy(ngrams, corpus, k) - log(v)
    assert abs(difference) <= roundings(2 * LIBM + 3) * log(v)


def test_what_cannot_be_costs_infinity() -> None:
    trigrams = ngram_counts([[1, 2]], 3, 3)
    assert ngram_likelihood(trigrams, [2, 2, 1]) == 0
    assert ngram_cross_entropy(trigrams, [[1, 2], [2, 2, 1]]) == inf
    assert ngram_cross_entropy(trigrams, [[1, 2]]) == 0


def test_a_likelihood_below_all_floats_has_a_logarithm() -> None:
    unigrams = ngram_counts([[1], []], 1, 2)
    assert ngram_likelihood(unigrams, [1] * 2000) == Fraction(1, 3) ** 2000 * Fraction(2, 3)
    assert 1.0980 < ngram_cross_entropy(unigrams, [[1] * 2000]) < log(3)


def test_the_smoothing_is_the_best_of_the_grid_on_validation() -> None:
    ngrams = ngram_counts([[1, 1, 2]], 2, 3)
    for validation in ([[1, 1, 2]], [[2, 2]], [[1, 2], [1, 1, 2]]):
        costs = {k: ngram_cross_entropy(ngrams, validation, k) for k in SMOOTHINGS}
        assert costs[Fraction(best_smoothing(ngrams, validation))] == min(costs.values())
    assert best_smoothing(ngrams, [[1, 1, 2]]) == min(SMOOTHINGS)
    assert best_smoothing(ngrams, [[2, 2]]) == max(SMOOTHINGS)


def test_of_names_the_bigram_says_more_than_the_letters_and_these_more_than_nothing() -> None:
    parts = [[to_tokens(name) for name in part[:500]] for part in split_names()]
    costs = [log(27)]
    for order in (1, 2):
        ngrams = ngram_counts(parts[0], order, 27)
        k = best_smoothing(ngrams, parts[1], [Fraction(1, 10), 1])
        costs.append(ngram_cross_entropy(ngrams, parts[2], k))
    assert costs == sorted(costs, reverse=True)


BIGRAMS = ngram_counts([[1]], 2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ngram_counts([[1]], 0, 3), "order is 0: give 1 or more"),
        (lambda: ngram_counts([[1]], 2, 0), "vocabulary is 0: give 1 or more"),
        (lambda: ngram_counts([[1, 3]], 2, 3), "token 3 is out of range: give 0 to 2"),
        (lambda: ngram_counts([[-1]], 2, 3), "token -1 is out of range: give 0 to 2"),
        (lambda: ngram_counts([[1, 0]], 2, 3), "a sequence has token 0 in it, the boundary"),
        (lambda: ngram_counts([], 2, 3, boundary=3), "token 3 is out of range: give 0 to 2"),
        (lambda: ngram_probability(BIGRAMS, [], 1), "history has length 0: give 1 or more"),
        (lambda: ngram_probability(BIGRAMS, [1], 3), "token 3 is out of range: give 0 to 2"),
        (lambda: ngram_probability(BIGRAMS, [1], -1), "token -1 is out of range: give 0 to 2"),
        (lambda: ngram_probability(BIGRAMS, [1], 1, -1), "smoothing is -1: give 0 or more"),
        (lambda: ngram_cross_entropy(BIGRAMS, []), "there is no sequence: give 1 or more"),
        (lambda: best_smoothing(BIGRAMS, [[1]], []), "there is no smoothing: give 1 or more"),
    ],
)
def test_what_cannot_be_counted_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([["a"]], "a token is a str, not an int"),
        ([[1.0]], "a token is a float, not an int"),
        (["ab"], "a sequence is a str, not a list"),
        (iter([[1]]), "sequences is a list_iterator, not a list"),
    ],
)
def test_what_is_no_sequence_of_ints_is_refused(sequences: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        ngram_counts(sequences, 2, 3)
