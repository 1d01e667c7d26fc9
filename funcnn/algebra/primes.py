"""Primes: the factors of a whole number, as far as they can be found in a second or two."""

from collections.abc import Iterator
from math import gcd
from typing import Final

BASES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
PROVEN: Final = 3317044064679887385961981
"""The least composite number that is a strong pseudoprime to all BASES."""

LARGEST: Final = 10**30
STEPS: Final = 2**20
BATCH: Final = 128
"""What is tried: numbers below LARGEST, for STEPS, with a gcd after each BATCH of them."""


def prime_factors(integer: int) -> Iterator[int]:
    """The primes whose product is a whole number above 0, each as often as it divides it.

    Errors
        ValueError   it is not above 0; or it is too hard to factor: besides primes below 1000
                     it has one above 3·10²⁴, or two above some 10¹¹, or more than 30 digits
    Source
        J. Pollard, "A Monte Carlo Method for Factorization", BIT 15 (1975)

    >>> [*prime_factors(360)], [*prime_factors(2**61 - 1)], [*prime_factors(1)]
    ([2, 2, 2, 3, 3, 5], [2305843009213693951], [])
    """
    if integer < 1:
        raise ValueError("only a whole number above 0 has prime factors")
    for divisor in range(2, 1000):
        while integer % divisor == 0:
            yield divisor
            integer //= divisor
    rest = [integer] if integer > 1 else []
    while rest:
        integer = rest.pop()
        if integer < PROVEN and is_prime(integer):
            yield integer
        elif integer < LARGEST and (divisor := _divisor(integer)):
            rest += [divisor, integer // divisor]
        else:
            bits = integer.bit_length()
            raise ValueError(f"a number of {bits} bits is too hard to factor; use float numbers")


def is_prime(integer: int) -> bool:
    """Whether an odd number above 41, and below PROVEN, is a prime: the test of Miller and Rabin.

    Source
        J. Sorenson, J. Webster, "Strong Pseudoprimes to Twelve Prime Bases", Math. Comp. 86 (2017)

    >>> is_prime(10**9 + 7), is_prime(3215031751)
    (True, False)
    """
    below = integer - 1
    twos = (below & -below).bit_length() - 1
    roots = (pow(base, below >> twos, integer) for base in BASES)
    return all(
        root == 1 or below in (pow(root, 1 << square, integer) for square in range(twos))
        for root in roots
    )


def _divisor(integer: int, c: int = 1, batch: int = BATCH) -> int:
    """a divisor of a composite number by Pollard's method; 0 if it is not found in STEPS"""
    tortoise = hare = 2
    for _ in range(STEPS // batch):
        differences = 1
        for _ in range(batch):
            tortoise = (tortoise * tortoise + c) % integer
            hare = ((hare * hare + c) ** 2 + c) % integer
            differences = differences * (tortoise - hare) % integer
        if (divisor := gcd(differences, integer)) > 1:
            return divisor if divisor < integer else _divisor(integer, c + 1, batch // 2 or 1)
    return 0
