"""Initializers: weights to start learning from, drawn from a key."""

from math import sqrt

from toolz import partition

from funcnn.algebra.keys import normal


def he_normal(key: int, outputs: int, inputs: int) -> list[list[float]]:
    """A matrix of weights for a layer followed by relu, so that signals keep their size.

    Maths
        wᵢⱼ ~ N(0, 2/inputs)
    Shapes
        → outputs×inputs                           inputs ≥ 1
    Errors
        ValueError   there is no input
    Source
        K. He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10

    >>> matrix = he_normal(0, 3, 2)
    >>> len(matrix), len(matrix[0]), matrix == he_normal(0, 3, 2)
    (3, 2, True)
    """
    if inputs < 1:
        raise ValueError(f"{inputs} inputs: at least 1 is needed")
    scale = sqrt(2 / inputs)
    draws = [scale * draw for draw in normal(key, outputs * inputs)]
    return [[*row] for row in partition(inputs, draws)]
