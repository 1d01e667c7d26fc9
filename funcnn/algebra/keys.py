"""Keys: randomness without state. An integer key decides every draw; a new draw takes a new key."""

from collections.abc import Sequence
from hashlib import blake2b
from math import cos, log, pi, sqrt
from random import Random

from funcnn.algebra.folds import length_of, zipped


def split(key: int, count: int = 2) -> list[int]:
    """New keys, independent of one another and of their parent.

    Laws
        split(key, n) is the beginning of split(key, n + 1)
    Source
        K. Claessen, M. Pałka, "Splittable Pseudorandom Number Generators using Cryptographic
        Hashing", Haskell 2013

    >>> split(0) == split(0), len(set(split(0, 100) + split(1, 100)))
    (True, 200)
    """
    return [fold_in(key, index) for index in range(count)]


def fold_in(key: int, number: int) -> int:
    """A new key for each number, as a step's: that which `split` has at its place.

    Laws
        fold_in(key, i) == split(key, n)[i]        for 0 ≤ i < n

    >>> fold_in(0, 3) == split(0, 5)[3]
    True
    """
    return _digest(f"{key}/{number}")


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def uniform(key: int, count: int) -> list[float]:
    """Draws from the uniform distribution on [0, 1), multiples of 2⁻⁵³.

    Source
        M. Matsumoto, T. Nishimura, "Mersenne Twister: A 623-Dimensionally Equidistributed Uniform
        Pseudo-Random Number Generator", ACM TOMACS 8 (1998); Python keeps a seed's sequence from
        version to version

    >>> all(0 <= draw < 1 for draw in uniform(0, 1000))
    True
    """
    generator = Random(_digest(f"{key}"))
    return [generator.random() for _ in range(count)]


def normal(key: int, count: int) -> list[float]:
    """Draws from the normal distribution of mean 0 and variance 1.

    Maths
        √(−2·ln(1 − u))·cos(2πv)                   u, v uniform on [0, 1)
    Source
        G. Box, M. Muller, "A Note on the Generation of Random Normal Deviates", Annals of
        Mathematical Statistics 29 (1958)

    >>> abs(sum(normal(0, 10_000))) / 10_000 < 0.05
    True
    """
    radii, angles = (uniform(part, count) for part in split(key))
    return [sqrt(-2 * log(1 - u)) * cos(2 * pi * v) for u, v in zipped(radii, angles)]


def shuffled[A](key: int, items: Sequence[A]) -> list[A]:
    """The items in an order drawn from the key.

    Laws
        sorted(shuffled(key, xs)) == sorted(xs)

    >>> sorted(shuffled(0, [3, 1, 2]))
    [1, 2, 3]
    """
    draws = uniform(key, length_of(items, "items"))
    return [items[index] for index in sorted(range(len(items)), key=draws.__getitem__)]
