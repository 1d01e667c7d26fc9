"""Draws have the shares of the softmax; the colder, the likelier; and a sequence is a fold."""

from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from math import inf, log, nan, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import (
    KeyValueCache,
    affine,
    attention_step,
    embedding,
    linear,
    relu,
    rms_norm,
    serial,
    softmax,
    zip_with,
)
from funcnn.algebra.keys import split
from funcnn.algebra.scalars import add
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.sequence_models import microgpt, recurrent_network
from funcnn.calculus.ngrams import ngram_counts, ngram_probability
from funcnn.calculus.sampling import rereading_step, sampled, sampled_sequence

KEYS = split(0, 10_000)


def as_often(drawn: list[int], shares: list[float]) -> bool:
    """Whether no cumulative frequency of n draws is √(ln(2·10⁹)/2n) off: right draws are so with
    a probability of 10⁻⁹ at most (P. Massart, Annals of Probability 18 (1990))."""
    counts = Counter(drawn)
    frequencies = accumulate(counts[token] / len(drawn) for token in range(len(shares)))
    pairs = zip(frequencies, accumulate(shares), strict=True)
    return all(abs(f - p) < sqrt(log(2e9) / (2 * len(drawn))) for f, p in pairs)


@pytest.mark.parametrize("temperature", [0.5, 1, 3.0, 1e9])
def test_tokens_come_as_often_as_their_shares(temperature: float) -> None:
    logits = [0.0, 2.0, -inf, 1.0, -1.0]
    drawn = [sampled(key, logits, temperature) for key in KEYS]
    assert as_often(drawn, softmax([z / temperature for z in logits]))
    assert 2 not in drawn


def test_each_token_of_a_sequence_is_drawn_anew() -> None:
    def even(state: None, token: int) -> tuple[None, list[float]]:
        return None, [-inf, 0.0, 0.0]

    pairs = [sampled_sequence(key, even, None, most=2) for key in KEYS[:2000]]
    assert as_often([2 * one + other - 3 for one, other in pairs], [0.25] * 4)


@given(st.integers(), st.lists(st.floats(-20, 20), min_size=1, max_size=6))
def test_the_colder_the_likelier(key: int, logits: list[float]) -> None:
    """What is 10⁻⁹ below the largest has less than e^−10⁶ of its share, which is 0."""
    assert sampled(key, logits, 0) == logits.index(max(logits))
    cold = sampled(key, logits, 1e-15)
    assert logits[cold] > max(logits) - 1e-9


@given(st.integers(), st.floats(-1e300, 1e300), st.floats(0, 1e300))
def test_one_token_is_certain(key: int, logit: float, temperature: float) -> None:
    assert sampled(key, [logit], temperature) == 0


@pytest.mark.parametrize(
    ("logits", "temperature", "message"),
    [
        ([1.0], -1, "temperature is -1: give 0 or more, but finite"),
        ([1.0], nan, "temperature is nan: give 0 or more, but finite"),
        ([1.0], inf, "temperature is inf: give 0 or more, but finite"),
        ([1.0, nan], 0, "the largest of the logits is nan, not a finite number"),
        ([-inf, -inf], 1, "the largest of the logits is -inf, not a finite number"),
        ([inf, 1.0], 1, "the largest of the logits is inf, not a finite number"),
        ([], 1, "a fold without a start needs at least one item"),
    ],
)
def test_what_has_no_shares_is_refused(logits: Any, temperature: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        sampled(0, logits, temperature)


def counting(last: int, token: int) -> tuple[int, list[float]]:
    """Each token is followed by the next of five; at 0 there is no other."""
    return token, [1.0 if other == (token + 1) % 5 else -inf for other in range(5)]


def test_a_sequence_ends_before_the_boundary_or_when_it_is_long_enough() -> None:
    assert sampled_sequence(0, counting, 0, most=9) == [1, 2, 3, 4]
    assert sampled_sequence(0, counting, 0, most=3) == [1, 2, 3]
    assert sampled_sequence(0, counting, 0, most=9, boundary=2) == [3, 4, 0, 1]
    assert sampled_sequence(0, counting, 0, most=0) == []
    with pytest.raises(ValueError, match="^most is -1: give 0 or more$"):
        sampled_sequence(0, counting, 0, most=-1)


@given(st.integers(), st.integers(0, 20), st.integers(0, 20))
def test_more_tokens_begin_with_the_fewer(key: int, fewer: int, more: int) -> None:
    def even(state: None, token: int) -> tuple[None, list[float]]:
        return None, [0.0] * 10

    long = sampled_sequence(key, even, None, most=fewer + more)
    assert sampled_sequence(key, even, None, most=fewer) == long[:fewer]


GPT = microgpt(5, 8, 8, 2)
GPT_WEIGHTS = initial_weights(0, GPT.weights)


def by_cache(cache: Any, token: int) -> tuple[Any, list[float]]:
    """A step of the GPT that reads its keys and values of before."""
    table, positions, _, ([_, [_, attention]], _), ([_, [_, hidden]], _), head = GPT_WEIGHTS
    x = rms_norm(zip_with(add, embedding(token, table), positions[len(cache.keys)]))
    cache, read = attention_step((cache, rms_norm(x)), attention, heads=2)
    x = zip_with(add, x, read)
    raised = linear([*map(relu, linear(rms_norm(x), hidden[0]))], hidden[2])
    return cache, linear(zip_with(add, x, raised), head)


RECURRENT = recurrent_network(5, 3, 4)
RECURRENT_WEIGHTS = initial_weights(0, RECURRENT.weights)
STILL = [0.0] * 4


def by_state(state: Any, token: int) -> tuple[Any, list[float]]:
    """A step of the recurrent network, which goes on from its state."""
    network: Any = RECURRENT.network
    *first, head = RECURRENT_WEIGHTS
    state, [hidden] = serial(*network.layers[:2])((state, [token]), first[:2])
    return state, affine(hidden, head)


BIGRAMS = ngram_counts([[1, 2, 3], [4, 4], [2, 1]], 2, 5)


def by_bigrams(state: Any, token: int) -> tuple[Any, list[float]]:
    return None, [log(ngram_probability(BIGRAMS, [token], c, 1)) for c in range(5)]


@pytest.mark.parametrize(
    ("step", "start", "network"),
    [
        (by_cache, KeyValueCache([], []), lambda tokens: GPT.network(tokens, GPT_WEIGHTS)),
        (by_state, STILL, lambda tokens: RECURRENT.network((STILL, tokens), RECURRENT_WEIGHTS)),
        (by_bigrams, None, lambda tokens: [by_bigrams(None, token)[1] for token in tokens]),
    ],
    ids=["gpt", "recurrent", "bigrams"],
)
def test_step_by_step_or_all_read_again_the_tokens_are_the_same(
    step: Callable[..., Any], start: Any, network: Callable[..., Any]
) -> None:
    def drawn(step: Callable[..., Any], start: Any) -> list[list[int]]:
        return [sampled_sequence(key, step, start, most=8, temperature=3) for key in KEYS[:20]]

    sequences = drawn(step, start)
    assert sequences == drawn(rereading_step(network), [])
    assert len({*map(tuple, sequences)}) > 3
