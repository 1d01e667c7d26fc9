"""What a grid accepts, no order rounds; beyond its limits some order does."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations_with_replacement, product
from math import inf, nan
from operator import ge, gt, le, lt
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.dyadics import fraction
from funcnn.algebra.elementary import TRANSCENDENTAL, absolute, greater, maximum, relu, sqrt
from funcnn.algebra.formats import FORMATS, Format, binary16, binary32, binary64
from funcnn.algebra.grids import Grid, Inexact, grid
from funcnn.algebra.roundings import Rounded, cast, fma
from funcnn.algebra.scalars import add, divide, lift, multiply, shown, subtract, total
from funcnn.algebra.trees import Tree, tree_map
from funcnn.algebra.vectors import dot
from funcnn.blocks.activations import softmax
from funcnn.blocks.convolutions import conv2d
from funcnn.blocks.linears import AffineWeights, affine, dense
from funcnn.blocks.norms import NormWeights, layer_norm
from funcnn.blocks.pooling import average_pool2d, max_pool2d

FLAGS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"rounding": "toward zero"},
    {"infinities": False, "overflow": "nan"},
    {"flush_results": True},
    {"flush_inputs": True},
    {"flush_inputs": True, "flush_results": True, "tininess": "before rounding"},
)
every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
every_arithmetic = pytest.mark.parametrize("flags", FLAGS, ids=str)


def toy(precision: int, **flags: Any) -> Format:
    return Format("toy", precision, -3, 2, **flags)


def numbers(form: Format) -> list[float]:
    """All that are finite, but for −0.0."""
    decoded = {form.decode(pattern) for pattern in range(1 << form.bits)}
    return sorted(number for number in decoded if abs(number) <= form.largest)


def accepted[T](compute: Callable[[], T]) -> T | None:
    try:
        return compute()
    except Inexact:
        return None


def every_sum(pairs: Sequence[tuple[Rounded, Rounded]]) -> set[float]:
    """What a dot product can be, over all trees of additions, products rounded or fused."""

    def of(chosen: frozenset[int]) -> Iterator[Rounded]:
        if len(chosen) == 1:
            yield from (x * y for x, y in [pairs[index] for index in chosen])
        for part, rest in product(known, known):
            if part | rest == chosen and not part & rest:
                yield from (x + y for x, y in product(known[part], known[rest]))
                if len(part) == 1:
                    yield from (fma(*pairs[index], y) for index in part for y in known[rest])

    known: dict[frozenset[int], set[Rounded]] = {}
    every: list[frozenset[int]] = [frozenset()]
    for index in range(len(pairs)):
        every += [chosen | {index} for chosen in every]
    for chosen in sorted(every[1:], key=len):
        known[chosen] = {*of(chosen)}
    return {result.value for result in known[every[-1]]}


def dot_of(pairs: Sequence[tuple[float, float]], form: Format) -> Grid:
    xs, ys = [[grid(x, form) for x in factors] for factors in zip(*pairs, strict=True)]
    return dot(xs, ys)


def dots(form: Format) -> Iterator[Sequence[tuple[float, float]]]:
    """Every product; every sum of up to four whole numbers up to 4; and drawn dot products."""
    random, every = Random(form.precision), numbers(form)
    yield from ([pair] for pair in combinations_with_replacement(every, 2))
    whole = [(float(integer), 1.0) for integer in range(-4, 5)]
    for length in (2, 3, 4):
        yield from combinations_with_replacement(whole, length)
        for pool in (every, [x for x in every if x % 1 == 0]):
            for _ in range(40):
                yield [(random.choice(pool), random.choice(pool)) for _ in range(length)]


@every_arithmetic
@pytest.mark.parametrize("precision", [2, 3, 4])
def test_no_order_nor_fusing_of_an_accepted_dot_product_rounds(
    precision: int, flags: dict[str, Any]
) -> None:
    form, known = toy(precision, **flags), dict.fromkeys((1, 2, 3, 4), 0)
    for pairs in dots(form):
        exact = accepted(partial(dot_of, pairs, form))
        if exact is not None:
            rounded = [(cast(x, form), cast(y, form)) for x, y in pairs]
            assert every_sum(rounded) == {float(exact)}, pairs
            known[len(pairs)] += 1
    assert min(known.values()) >= 20


@pytest.mark.parametrize("precision", [2, 3, 4])
def test_a_product_is_accepted_just_where_it_is_not_rounded(precision: int) -> None:
    form = toy(precision)
    for x, y in product(numbers(form), repeat=2):
        exact = Fraction(x) * Fraction(y)
        held = (cast(x, form) * cast(y, form)).value == exact
        assert held == (accepted(lambda: grid(x, form) * grid(y, form)) is not None)


@every_format
def test_beyond_the_limit_some_order_rounds(form: Format) -> None:
    largest = 2**form.precision - 1
    at_limit = total([grid(term, form) for term in (largest - 1, 2)])
    assert (float(at_limit), at_limit.size) == (largest + 1, largest + 1)
    with pytest.raises(Inexact, match="may be rounded"):
        total([grid(term, form) for term in (largest, 1, -1, 1)])
    first, one = cast(largest, form), cast(1, form)
    assert (first + one + one - one).value != (first + one - one + one).value


@every_format
def test_a_dot_product_may_fill_the_format_or_end_just_below_zero(form: Format) -> None:
    least, one = form.smallest_subnormal, grid(1, form)
    assert float(dot([grid(least, form)] * 2, [one, -one])) == 0
    assert float(grid(form.largest, form) * one) == form.largest
    with pytest.raises(Inexact, match="overflow|rounded"):
        total([grid(form.largest, form)] * 2)


def test_halves_of_the_least_number_may_underflow_though_their_sum_does_not() -> None:
    least, half = grid(binary32.smallest_subnormal, binary32), grid(0.5, binary32)
    with pytest.raises(Inexact, match=r"^steps of 2\^-150 may underflow in binary32$"):
        dot([least, least], [half, half])
    assert (cast(2.0**-149, binary32) * cast(0.5, binary32)).value == 0


@pytest.mark.parametrize("flags", [{"flush_results": True}, {"flush_inputs": True}], ids=str)
def test_steps_below_the_least_normal_number_may_be_flushed(flags: dict[str, Any]) -> None:
    form, least = replace(binary16, **flags), binary16.smallest_normal
    numbers = [least * 1.5, -least]
    assert float(total([grid(x, binary16) for x in numbers])) == least / 2
    assert (cast(least * 1.5, form) - cast(least, form) + cast(least, form)).value != least * 1.5
    with pytest.raises(Inexact, match="underflow"):
        total([grid(x, form) for x in numbers])
    assert float(grid(3 * least, form) - grid(least, form)) == 2 * least


def test_partial_sums_may_overflow_though_the_whole_does_not() -> None:
    form = Format("toy", 4, -3, 2)
    assert (cast(4, form) + cast(4, form) - cast(4, form)).value == inf
    four = grid(4, form)
    with pytest.raises(Inexact, match="^sizes of 12.0 in all may overflow in toy$"):
        total([four, four, -four])
    assert float(total([four, grid(-3, form)])) == 1


def test_zeros_are_multiples_of_every_step() -> None:
    zero, tiny = grid(0, binary64), grid(2.0**-600, binary64)
    assert float(total([zero, grid(2.0**1000, binary64), zero * tiny])) == 2.0**1000
    assert float(dot([zero, tiny], [tiny, tiny * zero]) + tiny) == 2.0**-600
    assert (grid(-0.0, binary64), bool(zero), bool(tiny)) == (zero, False, True)


def test_a_factor_is_the_value_of_its_sum_but_a_term_brings_all_of_its_own_terms() -> None:
    thousand, one = grid(1000, binary16), grid(1, binary16)
    difference = thousand - grid(999, binary16)
    assert difference == one and difference.size == (-difference).size == 1999
    larger = maximum(difference, one * 0)
    for alone in (difference * one, relu(difference), abs(difference), larger):
        assert alone == one and alone.size == 1
    assert difference * 2047 == 2047 and (difference + 49).size == 2048
    for term in (grid(50, binary16), one * 50, thousand - grid(950, binary16)):
        with pytest.raises(Inexact, match="^sizes of [.0-9]* in all, in steps of 2.0, may be"):
            difference + term


@given(st.lists(st.integers(-99, 99), min_size=2, max_size=2), st.sampled_from(FORMATS[:2]))
def test_a_grid_is_its_value_to_every_function_that_does_not_round(
    pair: list[int], form: Format
) -> None:
    x, y = [grid(Fraction(number, 8), form) for number in pair]
    one, other = [Fraction(number, 8) for number in pair]
    for of_two in (add, subtract, multiply, maximum, greater):
        assert fraction(of_two(x, y).value) == of_two(one, other)
    assert fraction(relu(-x).value) == relu(-one) and fraction(absolute(x).value) == abs(one)
    for compare in (lt, le, gt, ge):
        assert compare(x, y) == compare(one, other)
        assert compare(x, 3) == compare(one, 3)
    assert (x == y) == (one == other) == (hash(x) == hash(y))
    assert (float(x), str(x), x == 3) == (float(one), str(float(one)), one == 3)


@every_format
def test_only_a_quotient_by_a_power_of_two_is_exact(form: Format) -> None:
    six = grid(6, form)
    assert [float(divide(six, divisor)) for divisor in (1, -2, grid(0.25, form))] == [6, -3, 24]
    for divisor in (3, 6, 0):
        with pytest.raises(Inexact, match=r"^a quotient by \d.0 may be rounded: "):
            divide(six, divisor)


def test_a_reciprocal_must_be_a_number_too() -> None:
    least, one = grid(binary32.smallest_subnormal, binary32), grid(1, binary32)
    assert float(grid(2.0**-100, binary32) / 2) == 2.0**-101
    assert accepted(lambda: least / 2) is None
    assert accepted(lambda: least / least) is None
    assert accepted(lambda: one / least) is None


@pytest.mark.parametrize("function", [*TRANSCENDENTAL, sqrt], ids=lambda f: f.__name__)
def test_no_function_with_irrational_values_is_exact(function: Callable[[Any], Any]) -> None:
    with pytest.raises(Inexact, match=f"^{function.__name__} of 1.0 is rounded"):
        function(grid(1, binary64))


NOT_HELD: Final = (0.1, Fraction(1, 3), nan, -inf, 2049, 2**16, 2.0**-25, 10**5000)


@pytest.mark.parametrize("number", NOT_HELD, ids=shown)
def test_what_a_format_does_not_hold_is_refused_also_as_a_constant(number: Any) -> None:
    assert accepted(lambda: lift(number, grid(1, binary16))) is None
    with pytest.raises(Inexact) as caught:
        grid(number, binary16)
    assert len(str(caught.value)) < 100


def test_what_is_no_number_and_formats_that_mix_are_errors() -> None:
    word: Any = "1"
    with pytest.raises(TypeError, match="^a str is no Grid; use int, float or Fraction$"):
        grid(word, binary32)
    one, other = grid(1, binary32), grid(1, binary64)
    mixing: tuple[Callable[[Any, Any], Any], ...] = (add, multiply, maximum, greater, divide, lt)
    for mix in mixing:
        with pytest.raises(TypeError, match="^a Grid in binary32 beside one in binary64: "):
            mix(one, other)
    assert one != other


def on_grids(tree: Tree) -> Tree:
    return tree_map(lambda number: grid(number, binary16), tree)


IMAGE: Final = [[[1.0, -2.0, 0.5, 0.0], [0.5, 1.0, -1.0, 1.5]]]
KERNELS: Final = [[[[1.0, -0.5], [0.0, 2.0]]], [[[0.5, 0.5], [-0.5, 0.0]]]]
MATRIX: Final = [[1.0, -1.0, 0.5, 0.0], [2.0, 0.5, 0.0, 1.0]]


@pytest.mark.parametrize(
    ("definition", "inputs", "weights"),
    [
        (dense, IMAGE[0][0], MATRIX),
        (affine, IMAGE[0][0], AffineWeights(MATRIX, [0.5, -1.0])),
        (conv2d, IMAGE, KERNELS),
        (partial(max_pool2d, size=2), IMAGE, ()),
        (partial(average_pool2d, size=2), IMAGE, ()),
    ],
)
def test_definitions_give_on_grids_what_they_give_on_fractions(
    definition: Any, inputs: Tree, weights: Tree
) -> None:
    exact = definition(*[tree_map(Fraction, tree) for tree in (inputs, weights)])
    found = definition(on_grids(inputs), on_grids(weights))
    assert tree_map(lambda number: fraction(number.value), found) == exact


def test_definitions_that_round_are_refused() -> None:
    inputs = on_grids([1.0, 0.5, -1.0, 0.0])
    weights = NormWeights(inputs, inputs)
    assert accepted(lambda: layer_norm(inputs, weights, epsilon=1)) is None
    assert accepted(lambda: softmax(inputs)) is None
    assert accepted(lambda: average_pool2d(on_grids([[[1.0, 2.0, 1.5]]]), size=(1, 3))) is None


def test_a_sum_is_divided_where_each_of_its_terms_may_be_first() -> None:
    """Half a quantum is no number, though half the sum of two is one."""
    least = binary16.smallest_subnormal
    one, two = grid(least, binary16), grid(2, binary16)
    assert float(total([one + one, one + one]) * grid(1, binary16) / two) == 2 * least
    with pytest.raises(Inexact, match="may underflow"):
        total([one, one]) / two
