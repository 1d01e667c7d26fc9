"""Keys decide every draw, today and in every later version."""

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from math import erf, log, sqrt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.keys import fold_in, normal, shuffled, split, uniform
from strategies import LIBM, roundings

keys = st.integers(-(2**70), 2**70)
counts = st.integers(0, 20)

DRAWS: Final = 10_000
FAR: Final = sqrt(log(2 / 1e-9) / (2 * DRAWS))
"""Of true draws, one sample in 10⁹ lies as far from its distribution (P. Massart, "The Ball
Constant in the Dvoretzky–Kiefer–Wolfowitz Inequality", Ann. Probab. 18, 1990)."""


def distance(draws: list[float], distribution: Callable[[float], float]) -> float:
    """The most that the draws' distribution and the given one differ (Kolmogorov–Smirnov)."""
    levels = [distribution(draw) for draw in sorted(draws)]
    steps = [index / len(draws) for index in range(len(draws) + 1)]
    above = max(step - level for step, level in zip(steps[1:], levels, strict=True))
    below = max(level - step for step, level in zip(steps[:-1], levels, strict=True))
    return max(above, below)


def test_keys_have_split_so_since_the_first_version() -> None:
    assert split(0) == [3153696582655363665, 18443869377103087564]
    assert split(1, 3) == [692320519346468171, 6968912731680275319, 17411036309097321799]
    assert split(-1, 1) == [13447501718175206361]
    assert split(2**64, 1) == [17795844367090490360]


def test_draws_have_been_so_since_the_first_version() -> None:
    assert uniform(0, 3) == [0.6996750207760786, 0.7739856460037119, 0.16725495666223955]
    assert uniform(2**64 - 1, 2) == [0.37402414430648834, 0.9188076410024882]
    assert shuffled(0, range(10)) == [4, 3, 2, 6, 8, 5, 0, 9, 1, 7]
    assert "".join(shuffled(7, [*"network"])) == "wknrote"


def test_normal_draws_have_been_so_since_the_first_version() -> None:
    """Two C libraries differ by twice LIBM in log and in cos; √ and product round in each."""
    known = [-1.1671884579854446, 0.22259053528813572, 0.9600875208474603]
    for draw, golden in zip(normal(0, 3), known, strict=True):
        assert abs(draw - golden) <= roundings(4 * LIBM + 4) * abs(golden)


@given(keys, counts)
def test_a_key_decides_its_draws(key: int, count: int) -> None:
    items = list(range(count))
    assert split(key, count) == split(key, count)
    assert uniform(key, count) == uniform(key, count)
    assert normal(key, count) == normal(key, count)
    assert shuffled(key, items) == shuffled(key, items)


@given(keys, counts, counts)
def test_fewer_draws_are_the_beginning_of_more(key: int, fewer: int, more: int) -> None:
    assert split(key, fewer + more)[:fewer] == split(key, fewer)
    assert uniform(key, fewer + more)[:fewer] == uniform(key, fewer)
    assert normal(key, fewer + more)[:fewer] == normal(key, fewer)


@given(keys, counts)
def test_there_are_as_many_draws_as_asked_for(key: int, count: int) -> None:
    lengths = {len(draw(key, count)) for draw in (uniform, normal)}
    assert lengths == {count} == {len(split(key, count))}


@given(keys, st.integers(0, 9))
def test_a_number_folded_in_gives_the_key_at_its_place(key: int, number: int) -> None:
    assert fold_in(key, number) == split(key, 10)[number]


def test_without_a_count_there_are_two_new_keys() -> None:
    assert split(5) == split(5, 2)


def test_new_keys_are_new_and_fit_64_bits() -> None:
    families = [key for parent in range(-50, 50) for key in [parent, *split(parent, 20)]]
    assert len({*families}) == len(families)
    assert all(0 <= key < 2**64 for key in split(0, 1000))


def test_a_key_ending_in_digits_is_not_another_key_with_a_longer_index() -> None:
    assert split(1, 12)[11] != split(11, 12)[1]
    assert not {*split(1, 120)} & {*split(11, 12)}


@given(st.integers(1, 2**70))
def test_a_key_and_its_negative_draw_apart(key: int) -> None:
    assert uniform(key, 2) != uniform(-key, 2)


@given(keys)
def test_uniform_draws_are_multiples_of_two_to_the_minus_53_below_one(key: int) -> None:
    scaled = [draw * 2.0**53 for draw in uniform(key, 20)]
    assert all(draw.is_integer() and 0 <= draw < 2.0**53 for draw in scaled)


def test_draws_are_distributed_as_they_say() -> None:
    assert distance(uniform(0, DRAWS), lambda x: x) < FAR
    assert distance([key / 2**64 for key in split(0, DRAWS)], lambda x: x) < FAR
    assert distance(normal(0, DRAWS), lambda x: (1 + erf(x / sqrt(2))) / 2) < FAR


def test_first_draws_of_sibling_keys_are_uniform_too() -> None:
    assert distance([uniform(key, 1)[0] for key in split(0, DRAWS)], lambda x: x) < FAR


@given(keys, st.lists(st.integers(0, 5), max_size=12))
def test_what_is_shuffled_is_a_permutation(key: int, items: list[int]) -> None:
    before = list(items)
    assert sorted(shuffled(key, items)) == sorted(items)
    assert items == before


@given(keys, st.integers(2, 12))
def test_the_order_depends_on_the_key_and_the_number_of_items_alone(key: int, count: int) -> None:
    places = shuffled(key, range(count))
    letters = [*"abcdefghijkl"]
    assert shuffled(key, letters[:count]) == [letters[place] for place in places]


def test_every_order_is_as_likely() -> None:
    orders = Counter(tuple(shuffled(key, [*"abc"])) for key in range(DRAWS))
    assert {*orders} == {*permutations("abc")}
    assert all(abs(times / DRAWS - 1 / 6) < FAR for times in orders.values())


def test_a_generator_is_refused_by_name() -> None:
    items: Any = (item for item in "abc")
    with pytest.raises(TypeError, match=r"^items is a generator, not a list$"):
        shuffled(0, items)
