"""Corruptions: images shifted, blurred and noisy, as a reader of them still reads them.

An image is its rows of pixels. What is black is 0.
"""

from fractions import Fraction
from typing import Any

from funcnn.algebra.elementary import exceeds
from funcnn.algebra.folds import foldl, int_of, zip_with
from funcnn.algebra.keys import normal
from funcnn.algebra.scalars import add, lift, multiply, shown
from funcnn.algebra.vectors import Matrix, Vector, rectangle, shape, transpose
from funcnn.blocks.windows import padded
from funcnn.diagnostics.rotations import finite


def shifted(image: Matrix[Any], down: int, right: int) -> list[list[Any]]:
    """The image moved by so many pixels, black where it has left; up and left if they are negative.

    Maths
        yᵢⱼ = xᵢ₋ₐ,ⱼ₋ᵦ                             0 outside of the image
    Shapes
        image m×n  →  m×n                          m, n ≥ 1
    Errors
        ValueError   the image is empty, or ragged
        TypeError    down or right is no int
    Laws
        shifted(shifted(x, a, 0), 0, b) == shifted(x, a, b)

    >>> shifted([[1, 2], [3, 4]], 1, 0), shifted([[1, 2], [3, 4]], 0, -1)
    ([[0, 0], [1, 2]], [[2, 0], [4, 0]])
    """
    rows = _rows(image)
    (height, width), black = shape(rows), lift(0, rows[0][0])
    ways = _within(int_of(down, "down"), height), _within(int_of(right, "right"), width)
    framed = padded(rows, [(max(way, 0), max(-way, 0)) for way in ways], black)
    top, left = (max(-way, 0) for way in ways)
    return [row[left : left + width] for row in framed[top : top + height]]


def _within(way: int, size: int) -> int:
    """the way, no longer than the image, beyond which all is black"""
    return max(-size, min(size, way))


def blurred(image: Matrix[Any], times: int = 1) -> list[list[Any]]:
    """The image, each pixel so often averaged with those around it; over the edge is its mirror.

    The more often, the nearer it is to a Gaussian blur of variance times/2.

    Maths
        yᵢ = (xᵢ₋₁ + 2·xᵢ + xᵢ₊₁)/4                along the rows, then along the columns
    Shapes
        image m×n  →  m×n                          m, n ≥ 1
    Errors
        ValueError   the image is empty, or ragged, or the times are negative
        TypeError    numbers mix, or are ints, or the times are none
    Laws
        Σᵢⱼ blurred(x)ᵢⱼ == Σᵢⱼ xᵢⱼ                 over Fraction
        blurred(transpose(x)) == transpose(blurred(x))               over Fraction
    Source
        D. Hendrycks, T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions
        and Perturbations", ICLR 2019

    >>> blurred([[0.0, 0.0, 16.0]]), blurred([[Fraction(1)]], 5)
    ([[0.0, 4.0, 12.0]], [[Fraction(1, 1)]])
    """
    rounds = range(int_of(times, "times", 0))
    return foldl(lambda rows, _: _smooth(_smooth(rows)), [*map(list, _rows(image))], rounds)


def _smooth(rows: Matrix[Any]) -> list[list[Any]]:
    """the rows smoothed and turned, so that the next time it is the columns"""
    return transpose([_averages(row) for row in rows])


def _averages(row: Vector[Any]) -> list[Any]:
    sides = zip_with(add, [row[0], *row[:-1]], [*row[1:], row[-1]])
    sums = zip_with(lambda side, x: add(side, add(x, x)), sides, row)
    return [multiply(lift(Fraction(1, 4), x), x) for x in sums]


def noisy(key: int, image: Matrix[float], deviation: float) -> list[list[float]]:
    """The image with Gaussian noise of a deviation drawn from the key, from 0 to 1 as before.

    Maths
        min(1, max(0, xᵢⱼ + σ·zᵢⱼ))                z drawn from a standard normal distribution
    Shapes
        image m×n  →  m×n                          m, n ≥ 1
    Errors
        ValueError   the image is empty, or ragged, or has a pixel that is not finite; or the
                     deviation is negative, or not finite
        TypeError    a pixel, or the deviation, is no float
    Source
        D. Hendrycks, T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions
        and Perturbations", ICLR 2019

    >>> noisy(0, [[0.5, 0.25]], 0.0)
    [[0.5, 0.25]]
    >>> [[round(pixel, 3) for pixel in row] for row in noisy(0, [[0.5, 0.25]], 0.125)]
    [[0.354, 0.278]]
    """
    rows = finite(image, "the image")
    if exceeds(0, deviation) or deviation - deviation != 0:
        raise ValueError(f"the deviation is {shown(deviation)}: give a finite one from 0 on")
    draws = iter(normal(key, len(rows) * len(rows[0])))
    moved = [[add(x, multiply(deviation, next(draws))) for x in row] for row in rows]
    return [[min(1.0, max(0.0, x)) for x in row] for row in moved]


def _rows(image: Matrix[Any]) -> Matrix[Any]:
    """the rows of an image, once it is known to be one"""
    rows = rectangle(image, "row {}".format, "the image")
    if not rows:
        raise ValueError("the image is empty")
    return rows
