"""Sampling: a token drawn by its logits, and sequences drawn from whatever gives logits."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, islice, takewhile
from math import inf, isfinite
from typing import Any

from funcnn.algebra.elementary import maximum
from funcnn.algebra.folds import foldl1, int_of, scanl
from funcnn.algebra.keys import split, uniform
from funcnn.algebra.scalars import Constant, divide, lift, subtract
from funcnn.algebra.vectors import Matrix, Vector
from funcnn.blocks.activations import softmax

type Step = Callable[[Any, int], tuple[Any, Vector[float]]]
"""From a state and a token to the state after it, and the logits of the token that comes next."""


def sampled(key: int, logits: Vector[float], temperature: Constant = 1) -> int:
    """A token drawn from the key, each as likely as its share in the softmax of the logits.

    Maths
        p = softmax(z/T)                           the first i with p₀ + … + pᵢ > u, u uniform
    Settings
        temperature   T: the lower, the likelier the likely ones, and at 0 the first of the
                      likeliest alone; the higher, the more even are all
    Errors
        ValueError   there is no logit, or the largest is not finite; or the temperature is below 0
                     or not finite
    Source
        D. Ackley, G. Hinton, T. Sejnowski, "A Learning Algorithm for Boltzmann Machines",
        Cognitive Science 9 (1985): the temperature

    >>> [sampled(key, [0.0, 2.0, 1.0]) for key in range(10)]
    [1, 1, 1, 2, 2, 1, 0, 1, 1, 1]
    >>> sampled(0, [0.0, 2.0, 2.0], 0)
    1
    >>> sampled(0, [0.0, 2.0], -1)
    Traceback (most recent call last):
    ValueError: temperature is -1: give 0 or more, but finite
    """
    if not 0 <= temperature < inf:
        raise ValueError(f"temperature is {temperature}: give 0 or more, but finite")
    top = foldl1(maximum, logits)
    if not isfinite(top):
        raise ValueError(f"the largest of the logits is {top}, not a finite number")
    if not temperature:
        return [*logits].index(top)
    heat = lift(temperature, top)
    bounds = [*accumulate(softmax([divide(subtract(z, top), heat) for z in logits]))]
    [draw] = uniform(key, 1)
    return bisect_right(bounds, draw * bounds[-1])


def sampled_sequence(
    key: int,
    step: Step,
    state: Any,
    *,
    most: int,
    boundary: int = 0,
    temperature: Constant = 1,
) -> list[int]:
    """Tokens drawn one after another, each given those before it, up to a boundary.

    Haskell
        takeWhile (/= boundary) (map snd (tail (scanl draw (state, boundary) keys)))
    Settings
        most          how many tokens are enough, if the boundary does not come
        boundary      the token before the first; drawn, it ends the sequence
        temperature   that of `sampled`
    Errors
        those of `sampled` and of the step; and ValueError, if `most` is below 0
    Laws
        with a higher `most`, the sequence is the same or goes on

    >>> sampled_sequence(0, lambda last, token: (token, [1.0, 1.0, 1.0]), None, most=9)
    [1, 1, 2, 1]
    """

    def draw(before: tuple[Any, int], key: int) -> tuple[Any, int]:
        after, logits = step(*before)
        return after, sampled(key, logits, temperature)

    states = scanl(draw, (state, boundary), split(key, int_of(most, "most", 0)))
    tokens = (token for _, token in islice(states, 1, None))
    return [*takewhile(lambda token: token != boundary, tokens)]


def rereading_step(network: Callable[[Sequence[int]], Matrix[float]]) -> Step:
    """The step of a network that reads all tokens again for each: its state is those before.

    >>> step = rereading_step(lambda tokens: [[float(token), 1.0] for token in tokens])
    >>> step([4], 5)
    ([4, 5], [5.0, 1.0])
    """

    def step(before: Sequence[int], token: int) -> tuple[list[int], Vector[float]]:
        tokens = [*before, token]
        return tokens, network(tokens)[-1]

    return step
