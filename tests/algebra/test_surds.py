"""Surds are real numbers: exact, in order as mpmath has them, rounded rightly, and weights."""

import pickle
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from math import copysign, inf, isqrt, ldexp, nan, nextafter
from operator import add, ge, gt, le, lt, mul, sub, truediv
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra import scalars
from funcnn.algebra.elementary import TRANSCENDENTAL, absolute, exp, greater, maximum, relu, sqrt
from funcnn.algebra.enclosures import enclosure
from funcnn.algebra.folds import foldl
from funcnn.algebra.intervals import Interval
from funcnn.algebra.scalars import divide, lift, multiply, subtract
from funcnn.algebra.surds import DEGREE, SPAN, Surd, enclosed, power, surd
from funcnn.algebra.vectors import Matrix, matmul
from funcnn.blocks.linears import dense, linear
from strategies import fractions, roundings, vectors

type Recipe = list[tuple[Fraction, int, Fraction]]

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
TWO, THREE, FIVE = (power(n, HALF) for n in (2, 3, 5))
CUBE = power(2, THIRD)
PHI = (1 + FIVE) / 2
TOO_HARD = (10**14 + 31) * (10**14 + 67)

libmp: Any = import_module("mpmath.libmp")
iv: Any = import_module("mpmath").iv
iv.prec = 3000
"""The bits by which mpmath tells different numbers apart that `recipes` make. Their difference x
has at most 6 terms c·a^e, each less than 9·12^¾ < 59, and so have its conjugates, of which there
are 12² at most: those of roots of 2 and of 3 of degree 12. 720·x is an algebraic integer, since
60 = lcm(1, …, 6) and 12·12^−½ are. Its norm is not below 1, so |x| > 2^−(10·144 + 9·143)."""

exponents = st.sampled_from([Fraction(e, 12) for e in (-6, 3, 4, 6, 8, 9)])
bases = st.sampled_from([1, 2, 3, 4, 6, 8, 12])
recipes = st.lists(st.tuples(fractions, bases, exponents), max_size=3)


def made(recipe: Recipe) -> Surd:
    return foldl(lambda x, term: x + surd(term[0]) * power(*term[1:]), surd(0), recipe)


def truth(recipe: Recipe) -> Interval[Fraction]:
    """What mpmath encloses the number in."""
    powers = [iv.mpf(base) ** _iv(exponent) * _iv(c) for c, base, exponent in recipe]
    return _ends(foldl(lambda x, y: x + y, iv.mpf(0), powers))


def _ends(x: Any) -> Interval[Fraction]:
    low, high = x._mpi_
    return Interval(Fraction(*libmp.to_rational(low)), Fraction(*libmp.to_rational(high)))


def _iv(number: Fraction) -> Any:
    return iv.mpf(number.numerator) / number.denominator


def negative(recipe: Recipe) -> Recipe:
    return [(-c, base, exponent) for c, base, exponent in recipe]


surds = st.builds(made, recipes)
roots_of_two_and_three = st.builds(
    lambda r, s, t, u: surd(r) + surd(s) * TWO + surd(t) * THREE + surd(u) * CUBE, *[fractions] * 4
)


@given(recipes, recipes)
def test_surds_are_in_the_order_that_mpmath_finds(one: Recipe, other: Recipe) -> None:
    x, y, difference = made(one), made(other), truth([*one, *negative(other)])
    sign = (difference.low > 0) - (difference.high < 0)
    assert (x > y) - (x < y) == sign == (x >= y) - (x <= y)
    assert (x == y) is (sign == 0) is (x <= y and x >= y) is not (x != y)
    assert maximum(x, y) == (x if sign >= 0 else y)
    assert greater(x, y) == surd(sign > 0)
    assert absolute(x - y) == abs(x - y) == (x - y if sign >= 0 else y - x)
    assert relu(x - y) == (x - y if sign > 0 else 0)
    assert bool(x - y) is (sign != 0)


@given(recipes, st.integers(0, 700))
def test_a_surd_is_enclosed_as_narrowly_as_asked(recipe: Recipe, bits: int) -> None:
    x, between = made(recipe), truth(recipe)
    ends = enclosed(x, bits)
    assert ends.low <= between.high and between.low <= ends.high
    assert surd(ends.low) <= x <= surd(ends.high)
    assert surd((ends.high - ends.low) * 2**bits) <= abs(x)
    assert (ends.low == ends.high) is (x.roots == ())


@given(st.integers(2, 10**6), st.sampled_from([3, 5, 6, 7, 9, 11]), st.integers(1, 300))
def test_the_ends_around_a_root_hold_it(n: int, degree: int, bits: int) -> None:
    ends = enclosed(power(n, Fraction(1, degree)), bits)
    assert ends.low**degree <= n <= ends.high**degree


@given(recipes, st.integers(-1100, 1000))
def test_a_surd_becomes_the_nearest_float(recipe: Recipe, exponent: int) -> None:
    scale = Fraction(2) ** exponent
    x, between = made(recipe) * surd(scale), truth(recipe)
    nearest = float(x)
    if not x.roots:
        assert repr(nearest) == repr(float(x.rational))
        return
    below, above = (Fraction(nextafter(nearest, end)) for end in (-inf, inf))
    assert (Fraction(nearest) + below) / 2 <= between.high * scale
    assert between.low * scale <= (Fraction(nearest) + above) / 2
    assert copysign(1.0, nearest) == (1 if between.low > 0 else -1)


def test_a_surd_too_large_for_a_float_is_infinite_and_no_other() -> None:
    """2^1024 − 2^970 lies in the middle between the largest float and the next, were there one."""
    largest, middle = ldexp(2**53 - 1, 971), surd(2**1024 - 2**970)
    tiny = TWO * surd(Fraction(1, 10**400))
    assert float(middle - tiny) == largest and float(tiny - middle) == -largest
    assert float(middle + tiny) == float(TWO * 10**400) == inf
    assert float(-middle - tiny) == float(surd(-(10**400))) == -inf


def test_a_surd_too_small_for_a_float_is_a_zero_of_its_sign() -> None:
    tiny = (TWO - surd(Fraction(665857, 470832))) * surd(Fraction(1, 2**1100))
    assert repr([float(tiny), float(-tiny)]) == "[-0.0, 0.0]"
    half = surd(Fraction(1, 2**1075))
    assert float(half) == 0.0 < float(half + abs(tiny)) == 5e-324


@given(surds, surds, surds)
def test_surds_are_a_commutative_ring(x: Surd, y: Surd, z: Surd) -> None:
    assert x + y == y + x and x * y == y * x
    assert (x + y) + z == x + (y + z) and (x * y) * z == x * (y * z)
    assert x * (y + z) == x * y + x * z
    assert x + 0 == x * 1 == x and x * 0 == x - x == x + -x == 0
    assert x - y == x + -y


@settings(max_examples=50)
@given(roots_of_two_and_three, roots_of_two_and_three.filter(bool))
def test_a_quotient_times_its_divisor_is_what_was_divided(x: Surd, y: Surd) -> None:
    assert x / y * y == x
    assert power(y, -1) == 1 / y and power(y, -3) * y * y * y == 1


@given(fractions, fractions.filter(bool))
def test_rational_surds_are_rational_numbers(x: Fraction, y: Fraction) -> None:
    assert [surd(x) + surd(y), surd(x) - surd(y), surd(x) * surd(y), surd(x) / surd(y)] == [
        surd(x + y),
        surd(x - y),
        surd(x * y),
        surd(x / y),
    ]
    assert (surd(x) < surd(y)) is (x < y) and (surd(x) <= surd(y)) is (x <= y)
    assert surd(x).rational == x and not surd(x).roots


@given(surds, st.integers(-9, 9))
def test_an_int_may_stand_on_either_side(x: Surd, n: int) -> None:
    assert x + n == n + x == x + surd(n) == scalars.add(x, n) == scalars.add(n, x)
    assert x * n == n * x == x * surd(n) == multiply(x, n) == multiply(n, x)
    assert x - n == -(n - x) == x - surd(n) == subtract(x, n) == -subtract(n, x)
    assert (x < n) is (n > x) is (x < surd(n)) and (x <= n) is (n >= x) is (x <= surd(n))
    assert n == 0 or x / n == divide(x, n) == x * surd(Fraction(1, n))


@given(surds, surds, st.integers(-9, 9))
def test_equal_surds_have_one_hash_which_is_the_ints(x: Surd, y: Surd, n: int) -> None:
    assert hash(x + y - y) == hash(x) and len({x, x * 1, (x + y) - y}) == 1
    assert surd(n) == n and surd(n) in {n} and n in {surd(n)}


@given(surds)
def test_a_surd_survives_pickling(x: Surd) -> None:
    assert pickle.loads(pickle.dumps(x)) == x


def test_a_surd_is_frozen() -> None:
    changeable: Any = TWO
    with pytest.raises(AttributeError):
        changeable.rational = HALF


positive = st.integers(1, 60).flatmap(lambda n: st.builds(Fraction, st.just(n), st.integers(1, 60)))
small_exponents = st.builds(Fraction, st.integers(-12, 12), st.integers(1, 6))


@given(positive, small_exponents, small_exponents)
def test_powers_of_one_base_multiply_by_adding_exponents(
    x: Fraction, e: Fraction, f: Fraction
) -> None:
    assert power(x, e + f) == power(x, e) * power(x, f)
    assert power(x, e - f) == power(x, e) / power(x, f)
    assert power(x, e * f) == power(power(x, e), f)


@given(positive, positive, small_exponents)
def test_a_power_of_a_product_is_the_product_of_powers(
    x: Fraction, y: Fraction, e: Fraction
) -> None:
    assert power(x * y, e) == power(x, e) * power(y, e)


@given(st.integers(1, 7), positive)
def test_a_root_to_its_degree_is_what_was_under_it(n: int, x: Fraction) -> None:
    root = power(x, Fraction(1, n))
    assert foldl(multiply, surd(1), [root] * n) == surd(x)
    assert root > 0 and power(root, n) == surd(x)


@given(surds, st.integers(0, 5))
def test_a_whole_power_is_a_repeated_product(x: Surd, n: int) -> None:
    assert power(x, n) == power(x, Fraction(n)) == foldl(multiply, surd(1), [x] * n)


@given(st.builds(Fraction, st.integers(), st.integers(1)))
def test_the_root_of_a_square_is_the_size_whatever_its_primes(x: Fraction) -> None:
    for size in (abs(x), abs(x) * TOO_HARD):
        assert sqrt(surd(size * size)) == surd(size) == power(size**4, Fraction(1, 4))


def test_known_roots() -> None:
    assert sqrt(surd(2)) * sqrt(surd(2)) == TWO * TWO == 2
    assert power(8, HALF) == 2 * TWO and power(THREE, 4) == 9
    assert TWO * THREE == power(6, HALF) and power(TWO + THREE, 2) == 5 + 2 * power(6, HALF)
    assert power(CUBE, 3) == 2 and CUBE * power(4, THIRD) == 2
    assert power(HALF, HALF) == TWO / 2 == 1 / TWO
    assert power(4, Fraction(1, 4)) == TWO and power(power(2, THIRD), HALF) == power(2, THIRD / 2)
    assert sqrt(surd(1) * 1 + surd(1) * 1) == TWO
    assert sqrt(surd(9) + surd(16)) == 5
    assert 1 / (1 + TWO) == TWO - 1 and 1 / (TWO + THREE) == THREE - TWO
    assert 1 / (1 + CUBE) == (1 - CUBE + CUBE * CUBE) / 3
    assert power(Fraction(4, 9), Fraction(-3, 2)) == surd(Fraction(27, 8))


def test_an_odd_root_of_a_negative_number_is_negative() -> None:
    assert power(-8, THIRD) == -2 and power(-2, THIRD) == -CUBE
    assert power(-8, Fraction(2, 3)) == 4
    assert power(-CUBE, Fraction(-3, 5)) == -power(2, Fraction(-1, 5))
    assert power(power(Fraction(-5, 7), Fraction(1, 7)), 7) == surd(Fraction(-5, 7))


def test_powers_of_zero() -> None:
    assert power(0, 0) == power(0, Fraction(0)) == power(surd(0), 0) == power(1 + TWO, 0) == 1
    assert power(0, 3) == power(0, HALF) == power(0, Fraction(2, 3)) == 0


def test_the_golden_ratio() -> None:
    assert power(PHI, 2) == PHI + 1 and 1 / PHI == PHI - 1
    fibonacci, following = 0, 1
    for n in range(200):
        assert (power(PHI, n) - power(1 - PHI, n)) / FIVE == fibonacci
        fibonacci, following = following, fibonacci + following


def test_a_root_is_no_fraction() -> None:
    near = surd(Fraction(665857, 470832))
    assert TWO != near and TWO * TWO != TWO * near != near * near
    fraction: Any = Fraction(2)
    assert surd(2) != fraction and fraction != surd(2) and TWO != 1.4142135623730951


def test_a_sum_of_roots_lies_between_its_decimals() -> None:
    below = Fraction("3.14626436994197234232913506571")
    above = below + Fraction(1, 10**29)
    assert surd(below) < TWO + THREE < surd(above)
    assert not surd(below) >= TWO + THREE and not TWO + THREE >= surd(above)
    assert (TWO + THREE > surd(below)) and (TWO + THREE <= surd(above))


def test_the_continued_fraction_of_the_root_of_two_comes_as_near_as_you_like() -> None:
    above, below = 1, 1
    while below < 10**100:
        side = 1 if above * above > 2 * below * below else -1
        near = surd(Fraction(above, below))
        assert (near > TWO) is (side > 0) is (TWO < near) is not (near <= TWO)
        assert relu((near - TWO) * side) == (near - TWO) * side != 0
        assert abs(above * above - 2 * below * below) == 1
        above, below = above + 2 * below, above + below
    assert float(near) == float(TWO) and near != TWO


def test_of_nearly_equal_sums_of_roots_the_larger_is_found() -> None:
    """√10 + √11 and √5 + √18 agree in 4 digits; √a + √(a + 2) and 2·√(a + 1) in 30, a = 10²⁰."""
    roots = [power(n, HALF) for n in (10, 11, 5, 18)]
    assert roots[0] + roots[1] > roots[2] + roots[3]
    one, middle, other = (power(10**20 + n, HALF) for n in (0, 1, 2))
    assert one + other < 2 * middle and float(one + other - 2 * middle) == -2.5e-31


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (surd(0), "0"),
        (surd(Fraction(-3, 4)), "-3/4"),
        (TWO, "√2"),
        (-TWO, "-√2"),
        (3 * power(5, THIRD) + TWO, "√2 + 3·∛5"),
        (PHI, "1/2 + 1/2·√5"),
        (1 - 2 * TWO * THREE, "1 - 2·√6"),
        (power(8, Fraction(1, 4)) / 3, "1/3·∜8"),
        (power(12, THIRD), "∛12"),
        (TWO * power(3, Fraction(1, 4)), "∜12"),
        (TWO * CUBE, "2^(5/6)"),
        (-5 * TWO * power(3, THIRD), "-5·2^(1/2)·3^(1/3)"),
    ],
)
def test_a_surd_is_written_as_in_a_book(number: Surd, text: str) -> None:
    assert str(number) == text and repr(number) == f"Surd({text})"


@pytest.mark.parametrize(
    "radicand",
    [
        1009 * 1013,
        1009**2 * 1013,
        1000003 * 1000033 * 1000037,
        2**31 - 1,
        (2**31 - 1) * (2**61 - 1),
        399165290221 * 798330580441,
        2**1074 * 3,
    ],
    ids=int.bit_length,
)
def test_large_radicands_are_factored(radicand: int) -> None:
    """Some are hard: 399165290221·798330580441 is a strong pseudoprime to twelve prime bases."""
    root = power(radicand, HALF)
    assert root * root == radicand
    [(primes, coefficient)] = root.roots
    assert isqrt(radicand) == int(enclosed(root, 2000).low)
    square_free = foldl(lambda product, term: product * term[0], 1, primes)
    assert coefficient * coefficient * square_free == radicand
    assert all(pow(3, prime - 1, prime) == 1 for prime, _ in primes if prime > 3)


def test_the_root_of_a_pseudoprime_is_that_of_its_primes() -> None:
    p, q = 399165290221, 798330580441
    assert power(p * q, HALF) == power(p, HALF) * power(q, HALF)


@pytest.mark.parametrize(
    "radicand",
    [
        2**89 - 1,
        10**30 + 57,
        TOO_HARD,
        1000003**5 * 1000033,
        10**50_000 + 1,
    ],
    ids=int.bit_length,
)
def test_a_radicand_too_hard_to_factor_is_refused(radicand: int) -> None:
    what = r"^a number of \d+ bits is too hard to factor; use float numbers$"
    with pytest.raises(ValueError, match=what):
        power(radicand, HALF)


text: Any = "2"
tower = foldl(add, surd(0), [power(n, HALF) for n in (2, 3, 5, 7, 11, 13, 17, 19)])


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: TWO / 0, ZeroDivisionError, "0 has no inverse"),
        (lambda: 1 / (TWO - TWO), ZeroDivisionError, "0 has no inverse"),
        (lambda: divide(TWO, surd(0)), ZeroDivisionError, "0 has no inverse"),
        (lambda: power(0, -1), ZeroDivisionError, "0 has no inverse"),
        (lambda: power(0, -HALF), ZeroDivisionError, "0 has no inverse"),
        (lambda: power(-2, HALF), ValueError, "-2 is negative: it has no real root of degree 2"),
        (
            lambda: sqrt(1 - TWO),
            ValueError,
            "1 - √2 is negative: it has no real root of degree 2",
        ),
        (
            lambda: power(1 + TWO, Fraction(2, 3)),
            ValueError,
            "(1 + √2)^(2/3) is not kept exactly; take both ends of enclosed(x, bits)",
        ),
        (
            lambda: power(2, Fraction(1, DEGREE + 1)),
            ValueError,
            "a root of degree 10001 is not kept: 10000 is the highest",
        ),
        (
            lambda: power(2, Fraction(1, 101)) * power(3, Fraction(1, 103)),
            ValueError,
            "a root of degree 10403 is not kept: 10000 is the highest",
        ),
        (
            lambda: 1 / tower,
            ValueError,
            f"a divisor's roots have over {SPAN} products; use float numbers",
        ),
        (lambda: surd(inf), TypeError, "inf is no Fraction; use float numbers"),
        (lambda: surd(nan), TypeError, "nan is no Fraction; use float numbers"),
        (lambda: lift(-inf, TWO), TypeError, "-inf is no Fraction; use float numbers"),
        (lambda: surd(text), TypeError, "a str is no constant; use int, float or Fraction"),
        (lambda: power(text, 2), TypeError, "a str is no constant; use int, float or Fraction"),
        (lambda: Surd(text), TypeError, "Surd(2) is not made of a Fraction; use surd(number)"),
        (
            lambda: exp(TWO),
            TypeError,
            "exp has no instance for Surd: its value is no Surd; use float, or the ends of "
            "enclosed(x, bits)",
        ),
    ],
)
def test_what_is_no_surd_is_refused(
    attempt: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        attempt()
    assert str(caught.value) == message


@pytest.mark.parametrize("function", TRANSCENDENTAL)
def test_transcendental_functions_have_no_instance(function: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{function.__name__} has no instance for Surd: "):
        function(TWO)


def test_what_is_no_surd_is_enclosed_at_both_ends() -> None:
    ends = enclosed(TWO, 200)
    low, high = enclosure(exp, ends.low, 100).low, enclosure(exp, ends.high, 100).high
    between = _ends(iv.exp(iv.sqrt(2)))
    assert Fraction(*low.as_integer_ratio()) <= between.high
    assert between.low <= Fraction(*high.as_integer_ratio())
    x = 1 + TWO
    roots = [power(end, HALF) for end in (enclosed(x, 20).low, enclosed(x, 20).high)]
    assert power(roots[0], 2) <= x <= power(roots[1], 2)


@pytest.mark.parametrize("other", [HALF, 0.5, 1j, "2", None])
@pytest.mark.parametrize("operation", [add, sub, mul, truediv, lt, le, gt, ge])
def test_surds_do_not_mix_with_other_kinds(operation: Any, other: Any) -> None:
    for one, two in ((TWO, other), (other, TWO)):
        with pytest.raises(TypeError):
            operation(one, two)


@pytest.mark.parametrize("function", [scalars.add, subtract, multiply, divide, maximum, greater])
def test_a_surd_beside_a_fraction_is_refused_in_one_line(function: Any) -> None:
    with pytest.raises(TypeError, match=r"^Surd beside Fraction: numbers do not mix, "):
        function(TWO, HALF)


def test_roots_of_high_degree_are_in_order() -> None:
    fifth, third = power(2, Fraction(7, 12)), power(2, Fraction(4, 12))
    assert fifth < surd(Fraction(3, 2)) and third > surd(Fraction(5, 4))
    assert 1 < power(2, Fraction(1, DEGREE)) < power(2, Fraction(1, DEGREE - 1))
    assert power(power(Fraction(21, 20), Fraction(1, 365)), 365) == surd(Fraction(21, 20))


@given(vectors(2, fractions))
def test_eight_turns_of_half_a_right_angle_are_none(point: list[Fraction]) -> None:
    h = power(HALF, HALF)
    turn = [[h, -h], [h, h]]
    start = [surd(x) for x in point]
    assert foldl(linear, start, [turn] * 8) == start
    assert foldl(linear, start, [turn] * 4) == [-x for x in start]
    assert foldl(matmul, turn, [turn] * 7) == [[1, 0], [0, 1]]


def test_a_network_with_roots_among_its_weights_is_exact() -> None:
    """√2·1 + √2, 1 + √2·√2, −√2 + ½·√2 < 0 and √2·1 − √2, then √2·2√2 + 3 and −2√2 + √2·3."""
    half = surd(HALF)
    one: Matrix[Surd] = [[TWO, surd(1)], [surd(1), TWO], [-TWO, half], [TWO, surd(-1)]]
    two: Matrix[Surd] = [[TWO, surd(1), FIVE, CUBE], [surd(-1), TWO, -CUBE, FIVE]]
    assert dense([surd(1), TWO], one) == [2 * TWO, 3, 0, 0]
    assert foldl(dense, [surd(1), TWO], [one, two]) == [7, TWO]
    beside_ints: list[Any] = [1, TWO]
    assert foldl(dense, beside_ints, [one, two]) == [7, TWO]
    assert foldl(dense, [surd(1), TWO], [one, [[-x for x in row] for row in two]]) == [0, 0]


@settings(max_examples=50)
@given(vectors(2, surds), vectors(3, vectors(2, surds)), vectors(2, vectors(3, surds)))
def test_a_network_of_floats_errs_by_its_roundings_alone(
    inputs: list[Surd], one: list[list[Surd]], two: list[list[Surd]]
) -> None:
    """An input, a weight, a product, a sum; then a weight, a product, two sums."""
    exact = foldl(dense, inputs, [one, two])
    floats = foldl(dense, _floats(inputs), [[_floats(row) for row in one], [*map(_floats, two)]])
    sizes = [[[abs(x) for x in row] for row in weights] for weights in (one, two)]
    largest = foldl(linear, [abs(x) for x in inputs], sizes)
    for truth, number, size in zip(exact, floats, largest, strict=True):
        assert abs(surd(number) - truth) <= surd(roundings(8)) * size


def _floats(xs: list[Surd]) -> list[float]:
    return [float(x) for x in xs]
