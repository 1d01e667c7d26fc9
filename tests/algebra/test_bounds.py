"""A bound holds for every order, fusing and rounding of an implementation; none is too wide."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial, reduce
from itertools import product
from operator import add as plus
from operator import ge, gt, le, lt
from random import Random
from typing import Any, Final

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.bounds import Bound, NoInformation, bound
from funcnn.algebra.duals import Dual
from funcnn.algebra.dyadics import Dyadic, dyadic, fraction
from funcnn.algebra.elementary import (
    absolute,
    cos,
    erf,
    exp,
    greater,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.enclosures import correctly_rounded, enclosure
from funcnn.algebra.folds import foldl
from funcnn.algebra.formats import Format, binary16, binary32, binary64, float8_e4m3fn
from funcnn.algebra.intervals import Undecided
from funcnn.algebra.profiles import Profile
from funcnn.algebra.scalars import add, divide, multiply, subtract, total
from funcnn.algebra.vectors import dot, matmul, matvec
from funcnn.blocks.activations import gelu, softmax
from funcnn.blocks.linears import AffineWeights, affine, dense
from strategies import finite_floats

FLAGS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"rounding": "nearest away"},
    {"rounding": "toward zero"},
    {"rounding": "up"},
    {"flush_results": True},
    {"flush_results": True, "tininess": "before rounding"},
    {"flush_inputs": True},
    {"flush_inputs": True, "flush_results": True},
)
PRECISIONS: Final = (2, 3, 4)


def toy(precision: int, **flags: Any) -> Format:
    return Format("toy", precision, -6, 6, **flags)


def numbers(form: Format, largest: float) -> list[float]:
    decoded = [form.decode(pattern) for pattern in range(1 << form.bits)]
    return [number for number in decoded if abs(number) <= largest]


class Leaf:
    """A term of a sum as an implementation meets it: a number, or a product still to be rounded."""

    def __init__(self, form: Format, *factors: float) -> None:
        self.exact = reduce(Dyadic.__mul__, [dyadic(form.flushed(factor)) for factor in factors])
        self.fusible = len(factors) > 1
        self.read = form.round_dyadic(self.exact) if self.fusible else factors[0]


def every_sum(form: Format, leaves: Sequence[Leaf]) -> set[float]:
    """What a sum can be, over all trees of additions, products rounded or fused."""

    def added(x: float, exact: Dyadic) -> float:
        return form.round_dyadic(dyadic(form.flushed(x)) + exact)

    def of(chosen: frozenset[int]) -> Iterator[float]:
        if len(chosen) == 1:
            yield from (leaves[index].read for index in chosen)
        for part in proper_parts(chosen):
            rest = chosen - part
            for x in known[part]:
                yield from (added(x, dyadic(form.flushed(y))) for y in known[rest])
                if len(rest) == 1:
                    yield from (added(x, leaves[i].exact) for i in rest if leaves[i].fusible)

    known: dict[frozenset[int], set[float]] = {}
    for chosen in sorted(parts(range(len(leaves))), key=len):
        known[chosen] = {*of(chosen)}
    return known[frozenset(range(len(leaves)))]


def parts(indices: Iterable[int]) -> list[frozenset[int]]:
    every: list[frozenset[int]] = [frozenset()]
    for index in indices:
        every += [part | {index} for part in every]
    return every[1:]


def proper_parts(whole: frozenset[int]) -> list[frozenset[int]]:
    return [part for part in parts(whole) if part != whole]


def strays(form: Format, count: int, length: int, seed: int) -> tuple[float, int]:
    """The largest share of a bound that any order uses in random dot products; how many had one."""
    random, profile = Random(seed), Profile(form)
    every = numbers(form, 4)
    pools = [every, [x for x in every if abs(x) < 0.3], [x for x in every if abs(x) >= 0.25]]
    shares = [0.0]
    known = 0
    for _ in range(count):
        pool = random.choice(pools)
        pairs = [(random.choice(pool), random.choice(pool)) for _ in range(length)]
        certificate = total([bound(x, profile) * bound(y, profile) for x, y in pairs])
        try:
            certificate.admits(0.0)
        except NoInformation:
            continue
        known += 1
        for result in every_sum(form, [Leaf(form, x, y) for x, y in pairs]):
            assert certificate.admits(result), (form, pairs, result, str(certificate))
            shares.append(certificate.share(result))
    return max(shares), known


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_no_order_nor_fusing_of_a_dot_product_leaves_its_bound(
    precision: int, flags: dict[str, Any]
) -> None:
    for length in (1, 2, 3, 4):
        _, known = strays(toy(precision, **flags), 150, length, seed=length)
        if precision == 4 and not flags:
            assert known == 150


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_some_order_of_some_dot_product_reaches_half_its_bound(precision: int, length: int) -> None:
    if precision == 2 and length == 4:
        with pytest.raises(NoInformation, match="^4 roundings in toy leave nothing certain$"):
            third = bound(0.75, Profile(toy(2)))
            assert total([third * third] * 4).radius
        return
    share, _ = strays(toy(precision), 1200, length, seed=0)
    assert share > 0.5


def test_in_a_toy_format_every_sum_of_two_products_is_tried() -> None:
    form = Format("toy", 2, -1, 3)
    profile = Profile(form)
    every = [x for x in numbers(form, 1.5) if x > 0]
    for x, y, v, w in product([-x for x in every] + every, every, every, every):
        one, other = [bound(a, profile) * bound(b, profile) for a, b in ((x, y), (v, w))]
        possible = every_sum(form, [Leaf(form, x, y), Leaf(form, v, w)])
        assert all(map(total([one, other]).admits, possible))


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_numbers_are_summed_in_any_order_and_a_bias_is_one_more_term(
    precision: int, flags: dict[str, Any]
) -> None:
    form = toy(precision, **flags)
    random, profile = Random(precision), Profile(form)
    pool = numbers(form, 2)
    for length, products in [(2, 0), (3, 0), (4, 0), (2, 1), (3, 2), (3, 1)]:
        for _ in range(60):
            pairs = [(random.choice(pool), random.choice(pool)) for _ in range(products)]
            plain = [random.choice(pool) for _ in range(length - products)]
            terms = [bound(x, profile) * bound(y, profile) for x, y in pairs]
            certificate = total([*terms, *[bound(x, profile) for x in plain]])
            leaves = [*[Leaf(form, *pair) for pair in pairs], *[Leaf(form, x) for x in plain]]
            try:
                assert all(map(certificate.admits, every_sum(form, leaves)))
            except NoInformation:
                assert form.precision < 4 or flags.get("rounding") in ("up", "toward zero")


def every_layer(
    form: Format, xs: Sequence[Iterable[float]], weights: list[list[float]]
) -> list[set[float]]:
    """What each output of `dense` can be, for each vector of what its inputs can be."""
    return [
        {
            form.round(max(result, 0.0))
            for inputs in product(*xs)
            for result in every_sum(form, [*map(partial(Leaf, form), inputs, row)])
        }
        for row in weights
    ]


@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_bounds_compose_to_those_of_a_network(flags: dict[str, Any]) -> None:
    form = toy(6, **flags)
    random, profile = Random(6), Profile(form)
    pool = numbers(form, 2)
    for _ in range(25):
        inputs, *rows = [[random.choice(pool) for _ in range(2)] for _ in range(5)]
        model = [rows[:2], rows[2:]]
        exact = [[[bound(w, profile) for w in row] for row in matrix] for matrix in model]
        outputs = foldl(dense, [bound(x, profile) for x in inputs], exact)
        possible: list[set[float]] = [{x} for x in inputs]
        for matrix in model:
            possible = every_layer(form, possible, matrix)
        for output, results in zip(outputs, possible, strict=True):
            assert all(map(output.admits, results))


def returned(function: Callable[[Any], Any], x: float, ulps: Fraction, form: Format) -> set[float]:
    """What an implementation may return whose function errs by so many ulps."""
    if function is sqrt:
        return {correctly_rounded(sqrt, x, form)}
    value = enclosure(function, x, 40)
    slack = Fraction(form.ulp(float(value.low))) * ulps
    low, high = [Fraction(*end.as_integer_ratio()) for end in (value.low, value.high)]
    near = form.next_down(form.round(low - slack))
    found = set()
    while near <= high + slack:
        found |= {near} if near >= low - slack else set()
        near = form.next_up(near)
    return found


ELEMENTARY: Final[tuple[Any, ...]] = (exp, log, sqrt, tanh, sigmoid, erf, sin, cos)


@pytest.mark.parametrize("function", ELEMENTARY)
@pytest.mark.parametrize("flags", [{}, {"rounding": "up"}, {"flush_inputs": True}], ids=str)
def test_a_function_may_stray_by_its_ulps_and_its_input(
    function: Callable[[Any], Any], flags: dict[str, Any]
) -> None:
    form = Format("toy", 4, -7, 7, **flags)
    every = numbers(form, 3)
    profile = Profile(form, {} if function is sqrt else {function.__name__: Fraction(3, 2)})
    shares: list[float] = []
    for x in every[::7]:
        for radius in (Dyadic(0), Dyadic(1, -5)):
            if function in (log, sqrt) and dyadic(x) <= radius:
                continue
            inputs = {form.flushed(y) for y in every if abs(dyadic(y) - dyadic(x)) <= radius}
            if function is log and 0 in inputs:
                continue
            result = function(Bound(dyadic(x), radius, abs(dyadic(x)) + radius, profile))
            for y in inputs:
                near = returned(function, y, Fraction(3, 2), form)
                assert near and all(map(result.admits, near))
            shares += [] if radius else map(result.share, near)
    assert max(shares) > 0.5


@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_what_one_operation_on_inexact_numbers_gives_is_in_its_bound(flags: dict[str, Any]) -> None:
    form = toy(4, **flags)
    random, profile = Random(1), Profile(form)
    every = numbers(form, 4)
    operations: list[tuple[Any, Any]] = [
        (add, lambda x, y: form.round_dyadic(dyadic(x) + dyadic(y))),
        (subtract, lambda x, y: form.round_dyadic(dyadic(x) - dyadic(y))),
        (multiply, lambda x, y: form.round_dyadic(dyadic(x) * dyadic(y))),
        (divide, lambda x, y: form.round(Fraction(x) / Fraction(y))),
        (maximum, max),
    ]
    for operation, machine in operations:
        done = 0
        while done < 40:
            x, y = random.choice(every), random.choice(every)
            one, other = [Dyadic(random.choice([0, 1, 3, 8]), -7) for _ in range(2)]
            start = [
                Bound(dyadic(v), r, abs(dyadic(v)) + r, profile) for v, r in ((x, one), (y, other))
            ]
            pairs = product(*[[form.flushed(v) for v in every if b.admits(v)] for b in start])
            try:
                result = operation(*start)
                assert all(result.admits(machine(*pair)) for pair in pairs)
            except (NoInformation, ZeroDivisionError):
                assert operation is divide and abs(dyadic(y)) <= other + dyadic(
                    form.smallest_normal
                )
            done += 1


def orders(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    """A dot product as some summed it: from either end, in pairs, sorted, compensated, fused."""
    products = [x * y for x, y in zip(xs, ys, strict=True)]
    return [
        reduce(plus, products),
        reduce(plus, reversed(products)),
        reduce(plus, sorted(products, key=abs)),
        math.fsum(products),
        math.sumprod(xs, ys),
        float(numpy.dot(xs, ys)),
        float(numpy.sum(products)),
    ]


wide = st.builds(math.ldexp, st.floats(-1, 1), st.integers(-60, 60)) | finite_floats


@given(st.lists(st.tuples(wide, wide), min_size=1, max_size=40))
def test_every_usual_order_is_admitted_and_a_dropped_term_is_not(
    pairs: list[tuple[float, float]],
) -> None:
    xs, ys = [[*numbers] for numbers in zip(*pairs, strict=True)]
    certificate = dot([*map(bound, xs)], [*map(bound, ys)])
    assert certificate.value == sum((dyadic(x) * dyadic(y) for x, y in pairs), Dyadic(0))
    assert all(map(certificate.admits, orders(xs, ys)))
    if abs(dyadic(xs[0]) * dyadic(ys[0])) > certificate.radius * 2:
        assert not certificate.admits(math.sumprod(xs[1:], ys[1:]))


def test_the_radius_is_the_formula_of_the_design() -> None:
    unit, step = Fraction(1, 2**53), Fraction(1, 2**1075)
    for count in (1, 2, 7, 100):
        magnitude = count * Fraction(0.1) ** 2
        radius = count * unit * (magnitude + count * step) + count * step
        found = dot([bound(0.1)] * count, [bound(0.1)] * count).radius
        assert Fraction(*found.as_integer_ratio()) == radius


def test_products_that_are_no_rounding_count_as_terms() -> None:
    exact = dot([bound(0.1)] * 3, [bound(1.0)] * 3)
    assert Fraction(*exact.radius.as_integer_ratio()) == 2 * Fraction(1, 2**53) * 3 * Fraction(0.1)
    assert dot([bound(3.0)], [bound(0.5)]).radius == 0


def test_a_sum_as_it_is_written_is_closer_than_one_in_any_order() -> None:
    x, y = bound(0.1), bound(-0.09)
    written, any_order = add(x, y), total([x, y])
    assert written.value == any_order.value
    assert written.radius < any_order.radius
    assert any_order.admits(0.1 + -0.09)


def test_a_bias_may_be_the_first_term_or_the_last() -> None:
    form = Format("toy", 3, -6, 6)
    profile = Profile(form)
    xs, row, bias = [1.0, 1.0, 1.0], [1.25, 1.75, -1.5], 1.75
    weights = AffineWeights([[bound(w, profile) for w in row]], [bound(bias, profile)])
    [output] = affine([bound(x, profile) for x in xs], weights)
    leaves = [*map(partial(Leaf, form), xs, row), Leaf(form, bias)]
    assert all(map(output.admits, every_sum(form, leaves)))
    assert (output.terms, output.products) == (4, 0)


def test_a_matrix_product_of_bounds_is_one_of_dots() -> None:
    left, right = [[0.1, 0.2], [0.3, 0.4]], [[0.5], [0.7]]
    ours, columns = [[[bound(x) for x in row] for row in m] for m in (left, right)]
    assert matmul(ours, columns) == [[dot(row, [c[0] for c in columns])] for row in ours]
    assert [*zip(*[matvec(ours, [c[0] for c in columns])], strict=True)] == [
        (row[0],) for row in matmul(ours, columns)
    ]


def test_a_network_of_floats_stays_in_its_bounds() -> None:
    random = Random(0)
    model = [
        [[random.gauss(0, 1) for _ in range(n)] for _ in range(m)] for m, n in ((9, 7), (4, 9))
    ]
    inputs = [random.gauss(0, 1) for _ in range(7)]
    exact = [[[bound(w) for w in row] for row in matrix] for matrix in model]
    bounds = foldl(dense, [*map(bound, inputs)], exact)
    floats: list[float] = foldl(dense, inputs, model)
    for output, value in zip(bounds, floats, strict=True):
        assert output.share(value) <= 1
    assert max(output.radius for output in bounds) < Dyadic(1, -40)


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=6))
def test_activations_of_floats_stay_in_their_bounds(xs: list[float]) -> None:
    profile = Profile(binary64, dict.fromkeys(["exp", "erf"], 1))
    bounds = [bound(x, profile) for x in xs]
    assert all(y.admits(z) for y, z in zip(softmax(bounds), softmax(xs), strict=True))
    assert all(gelu(b).admits(gelu(x)) for b, x in zip(bounds, xs, strict=True))


def test_a_machine_of_another_format_is_another_profile() -> None:
    single = Profile(binary32)
    xs = [numpy.float32(0.1 * k) for k in range(50)]
    certificate = dot([bound(float(x), single) for x in xs], [bound(float(x), single) for x in xs])
    assert certificate.admits(float(numpy.dot(xs, xs)))
    assert not dot([bound(float(x)) for x in xs], [bound(float(x)) for x in xs]).admits(
        float(numpy.dot(xs, xs))
    )
    with pytest.raises(TypeError) as caught:
        bound(1.0) + bound(1.0, single)
    assert str(caught.value).startswith("a Bound in binary64 beside one in binary32: ")


def test_what_a_format_does_not_hold_is_read_rounded() -> None:
    half = Profile(binary16)
    third = bound(Fraction(1, 3), half)
    assert third.admits(binary16.round(1 / 3)) and not third.admits(0.3335)
    assert bound(0.1, half).radius > 0 and bound(0.1).radius == 0
    assert bound(2049, half).admits(2048.0) and bound(2**53 + 1).admits(2.0**53)
    assert bound(Dyadic(3, -1)).radius == bound(7).radius == 0


@pytest.mark.parametrize(
    ("fails", "message"),
    [
        (lambda x: x * x, "float8_e4m3fn may overflow: it holds 448"),
        (lambda x: total([x, x]), "float8_e4m3fn may overflow: it holds 448"),
        (lambda x: add(x, x), "float8_e4m3fn may overflow: it holds 448"),
        (lambda x: total([x * x] * 2), "float8_e4m3fn may overflow: it holds 448"),
        (lambda x: total([x] * 17), "16 roundings in float8_e4m3fn leave nothing certain"),
        (lambda x: divide(x, subtract(x, x)), "256.0 ± 0 / 0.0 ± 0: the divisor may be 0"),
        (lambda x: exp(x), "float8_e4m3fn may overflow: it holds 448"),
        (lambda x: log(-x), "log of -256.0 ± 0 may be no real number"),
        (lambda x: sqrt(-x), "sqrt of -256.0 ± 0 may be no real number"),
        (lambda x: bound(500, x.profile), "float8_e4m3fn may overflow: it holds 448"),
    ],
)
def test_where_nothing_is_proven_it_is_said(fails: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(NoInformation) as caught:
        fails(bound(256, Profile(float8_e4m3fn))).admits(0.0)
    assert str(caught.value).startswith(message)


def test_functions_far_out_neither_overflow_nor_hang() -> None:
    assert exp(bound(-1e300)).admits(0.0) and exp(bound(-1e300)).radius <= Dyadic(1, -1072)
    with pytest.raises(NoInformation, match="^binary64 may overflow"):
        exp(bound(1e300))
    for function, least in ((tanh, -1.0), (erf, -1.0), (sigmoid, 0.0)):
        assert function(bound(1e300)).admits(1.0) and function(bound(-1e300)).admits(least)
    assert sin(bound(1e300)).admits(math.sin(1e300))


def test_comparisons_are_decided_or_refused() -> None:
    third, less = bound(Fraction(1, 3)), bound(Fraction(1, 3)) - bound(1e-17)
    assert bound(1.0) < bound(2.0) and not bound(2.0) < bound(1.0) and bound(1.0) <= bound(1.0)
    assert bound(2.0) > 1 and bound(2.0) >= 2 and not bound(2.0) > 2 and not bound(2.0) < 2
    assert not bound(1.0) >= 2 and not bound(3) <= 2
    for compare, one, other in ((lt, less, third), (ge, less, third), (le, third, less)):
        with pytest.raises(Undecided, match=" is undecided: use maximum, greater or relu$"):
            compare(one, other)
    assert greater(bound(2.0), bound(1.0)).value == 1 and greater(bound(1), bound(1)).value == 0
    unsure = greater(third, less)
    assert unsure.admits(0.0) and unsure.admits(1.0)


def test_kinks_keep_the_radius_or_lose_it() -> None:
    third = bound(Fraction(1, 3))
    radius = third.radius
    assert relu(third) == third and relu(-third).radius == 0 and relu(-third).value == 0
    near = bound(0.0) + Bound(Dyadic(-1, -60), Dyadic(3, -60), Dyadic(4, -60), third.profile)
    assert relu(near).value == 0 and relu(near).radius >= Dyadic(2, -60)
    assert absolute(-third) == third == abs(-third)
    assert maximum(third, bound(0.0)) == third == maximum(bound(0.0), third)
    assert maximum(third, third).radius == radius


def test_a_dual_of_bounds_sums_in_any_order_too() -> None:
    xs, ys = [bound(0.1), bound(0.2)], [bound(0.3), bound(0.7)]
    duals = [Dual(x, bound(1)) for x in xs]
    result = dot(duals, [Dual(y, bound(0)) for y in ys])
    assert result.value == dot(xs, ys)
    assert result.tangent.admits(1.0) and result.tangent.terms == 2


def test_ints_stand_on_either_side_and_other_numbers_do_not() -> None:
    half = bound(0.5)
    assert 1 + half == half + 1 == bound(1.5) and 2 * half == half * 2
    assert (1 - half).value == Dyadic(1, -1) and (1 / half).value == 2
    with pytest.raises(TypeError, match="^float beside Bound: numbers do not mix"):
        add(0.5, half)
    for strange in (math.nan, math.inf, -math.inf):
        with pytest.raises(TypeError, match=r" is no Bound; use float numbers$"):
            bound(strange)
        assert not half.admits(strange)


def test_a_share_is_the_error_over_the_radius() -> None:
    square = bound(0.1) * bound(0.1)
    error = abs(Fraction(0.1 * 0.1) - Fraction(0.1) ** 2)
    radius = Fraction(*square.radius.as_integer_ratio())
    assert square.share(0.1 * 0.1) == float(error / radius) < 1
    assert bound(0.5).share(0.5) == 0.0 and bound(0.5).share(0.25) == math.inf
    assert bound(0.1).share(math.nan) == square.share(math.inf) == math.inf
    assert str(bound(0.5)) == "0.5 ± 0"


@pytest.mark.parametrize("ulps", [{"ext": 1}, {"exp": -1}, {"sqrt": 1}])
def test_a_profile_of_unknown_functions_or_negative_errors_is_refused(ulps: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"^-?1 ulps of \w+: give 0 or more of one of exp, log, "):
        Profile(binary64, ulps)


def around(value: float, radius: float, profile: Profile = Profile()) -> Bound:
    size = dyadic(radius)
    return Bound(dyadic(value), size, abs(dyadic(value)) + size, profile)


def test_the_corners_of_a_product_are_in_its_bound() -> None:
    wide = around(1.0, 1.0) * around(1.0, 1.0)
    assert wide.admits(4.0) and wide.admits(0.0)
    assert not around(1.0, 0.0).admits(4.0)


def test_the_larger_of_two_that_overlap_may_be_either() -> None:
    for larger in (maximum(around(1.0, 0.0), around(0.75, 0.5)), around(1.0, 0.25)):
        assert larger.admits(1.25)
    assert maximum(around(1.0, 0.0), around(0.75, 0.5)).admits(1.0)
    for compare in (lt, le, gt, ge):
        with pytest.raises(Undecided):
            compare(around(1.0, 0.0), around(1.125, 0.5))
        with pytest.raises(Undecided):
            compare(around(1.125, 0.5), around(1.0, 0.0))


def test_other_roundings_and_flushes_have_the_radius_of_the_formula() -> None:
    third = binary16.round(1 / 3)
    for count in (1, 2, 5):
        magnitude, step = count * Fraction(third) ** 2, Fraction(1, 2**24)
        directed = Profile(replace(binary16, rounding="down"))
        growth = (1 + Fraction(1, 2**10)) ** count - 1
        expected = growth * (magnitude + count * step) + count * step
        assert squares(third, count, directed) == expected
        flushing = Profile(replace(binary16, flush_results=True))
        lost = count * step / 2 + (2 * count - 1) * Fraction(1, 2**14)
        expected = count * Fraction(1, 2**11) * (magnitude + lost) + lost
        assert squares(third, count, flushing) == expected


def squares(x: float, count: int, profile: Profile) -> Fraction:
    return fraction(dot([bound(x, profile)] * count, [bound(x, profile)] * count).radius)
