"""Factors are primes, and their product is the number; what is no prime never passes for one."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.primes import PROVEN, is_prime, prime_factors

LIMIT = 20_000
SIEVE = [n for n in range(2, LIMIT) if all(n % d for d in range(2, int(n**0.5) + 1))]


@given(st.integers(1, 10**14))
def test_the_product_of_the_factors_is_the_number_and_each_is_a_prime(integer: int) -> None:
    factors = [*prime_factors(integer)]
    assert prod(factors) == integer
    assert all(factor in SIEVE if factor < LIMIT else is_prime(factor) for factor in factors)


def test_the_primes_are_those_of_a_sieve() -> None:
    assert [n for n in range(43, LIMIT, 2) if is_prime(n)] == [n for n in SIEVE if n > 41]
    assert [n for n in range(2, LIMIT) if [*prime_factors(n)] == [n]] == SIEVE


@pytest.mark.parametrize(
    ("one", "other"), [(399165290221, 798330580441), (1287836182261, 2575672364521)]
)
def test_strong_pseudoprimes_are_no_primes(one: int, other: int) -> None:
    """To the first 12 and 13 prime bases: J. Sorenson, J. Webster, Math. Comp. 86 (2017)."""
    assert sorted(prime_factors(one * other)) == [one, other]
    assert (one * other < PROVEN) == (one == 399165290221)
    assert PROVEN == 1287836182261 * 2575672364521
    assert one * other >= PROVEN or not is_prime(one * other)


@pytest.mark.parametrize("integer", [2**89 - 1, 10**30 + 57, (10**14 + 31) * (10**14 + 67)])
def test_what_is_too_hard_is_refused(integer: int) -> None:
    with pytest.raises(
        ValueError, match=r"^a number of \d+ bits is too hard to factor; use float "
    ):
        [*prime_factors(integer)]
