"""Geometry: distances, cosines and metrics obey their laws exactly, and each law kills a mutant."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, product
from math import comb, fsum, hypot, inf, isclose, isnan, nan, sqrt
from typing import Any, Final

import pytest

from funcnn.algebra.duals import Dual
from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import zip_with
from funcnn.algebra.intervals import Interval
from funcnn.algebra.keys import fold_in, normal, split, uniform
from funcnn.algebra.surds import power, surd
from funcnn.algebra.vectors import dot, matmul, matvec, transpose
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import linear
from funcnn.calculus.derivatives import jacobian
from funcnn.diagnostics.geometry import (
    Moments,
    chebyshev_distance,
    cosine_similarity,
    euclidean_distance,
    inner_product,
    manhattan_distance,
    minkowski_distance,
    moments_of_power_sum,
    moments_of_squared_distance,
    power_sum,
    pulled_back_metric,
    relative_contrast,
    relative_difference,
    signed_squared_cosine,
    squared_distance,
    variation_share,
)
from funcnn.fast import floats

type Function = Callable[..., Any]
type Law = Callable[[Function, int], bool]

KEYS: Final = range(40)
IDENTITY: Final = [[Fraction(i == j) for j in range(3)] for i in range(3)]


def vector(key: int, size: int = 3) -> list[Fraction]:
    return [Fraction(int(7 * draw) - 3, 2) for draw in uniform(key, size)]


def matrix(key: int, rows: int = 3, columns: int = 3) -> list[list[Fraction]]:
    return [vector(part, columns) for part in split(key, rows)]


def direction(key: int) -> list[Fraction]:
    """A vector that is not 0."""
    found = vector(key)
    return found if any(found) else direction(fold_in(key, 0))


def is_symmetric(distance: Function, key: int) -> bool:
    x, y = map(vector, split(key))
    return bool(distance(x, y) == distance(y, x))


def tells_points_apart(distance: Function, key: int) -> bool:
    x = vector(key)
    others = [[number + one for number, one in zip(x, row, strict=True)] for row in IDENTITY]
    apart = all(distance(x, y) > 0 < distance(y, x) for y in others)
    return bool(distance(x, x) == 0 and apart)


def goes_straight(distance: Function, key: int) -> bool:
    x, y, z = map(vector, split(key, 3))
    return bool(distance(x, z) <= distance(x, y) + distance(y, z))


def has_parallelograms(squared: Function, key: int) -> bool:
    x, y = map(vector, split(key))
    both = squared(x, [-number for number in y]) + squared(x, y)
    return bool(both == 2 * (dot(x, x) + dot(y, y)))


def is_as_the_metric_sees_it(squared: Function, key: int) -> bool:
    """Under AᵀA, the squared distance of A·x and A·y."""
    x, y = map(vector, split(key))
    a = matrix(fold_in(key, 2))
    seen = squared(x, y, metric=matmul(transpose(a), a))
    return bool(seen == squared(matvec(a, x), matvec(a, y)))


def ignores_length(cosine: Function, key: int) -> bool:
    x, y = map(direction, split(key))
    longer = [3 * number for number in x], [Fraction(1, 2) * number for number in y]
    opposite = [-2 * number for number in x]
    return bool(cosine(*longer) == cosine(x, y) == -cosine(opposite, y))


def is_at_most_one(cosine: Function, key: int) -> bool:
    x, y = map(direction, split(key))
    return bool(abs(cosine(x, y)) <= 1 == cosine(x, x) and cosine(x, y) == cosine(y, x))


def turns_with_its_metric(cosine: Function, key: int) -> bool:
    """Under AᵀA, the cosine of A·x and A·y."""
    x, y = map(direction, split(key))
    a = [[*row, *unit] for row, unit in zip(matrix(fold_in(key, 2)), IDENTITY, strict=True)]
    tall = transpose(a)
    seen = cosine(x, y, metric=matmul(a, tall))
    return bool(seen == cosine(matvec(tall, x), matvec(tall, y)))


def keeps_products(pulled_back: Function, key: int) -> bool:
    """xᵀ·(Jᵀ·G·J)·y == (J·x)ᵀ·G·(J·y), G symmetric or not."""
    x, y = map(vector, split(key))
    j, g = matrix(fold_in(key, 2), 2, 3), matrix(fold_in(key, 3), 2, 2)
    there = inner_product(matvec(j, x), matvec(j, y), metric=g)
    return bool(inner_product(x, y, metric=pulled_back(j, g)) == there)


def is_that_of_one_by_itself(pulled_back: Function, key: int) -> bool:
    j = matrix(key, 2, 3)
    return bool(pulled_back(j) == pulled_back(j, [[1, 0], [0, 1]]))


def chains(pulled_back: Function, key: int) -> bool:
    j, k, g = matrix(key, 2, 3), matrix(fold_in(key, 1), 4, 2), matrix(fold_in(key, 2), 4, 4)
    return bool(pulled_back(matmul(k, j), g) == pulled_back(j, pulled_back(k, g)))


def obeys(law: Law, function: Function) -> bool:
    return all(law(function, key) for key in KEYS)


def unmetric(squared: Function) -> Function:
    return lambda x, y, *, metric=None: squared(x, y)


def as_squares(distance: Function) -> Function:
    return lambda x, y: distance(x, y) ** 2


def signed(x: Any, y: Any) -> Any:
    return sum(zip_with(lambda a, b: a - b, x, y))


def truncated(x: Any, y: Any) -> Any:
    return manhattan_distance(x[1:], y[1:])


def one_sided(x: Any, y: Any) -> Any:
    return sum(max(a - b, 0) for a, b in zip(x, y, strict=True))


def unnormalized(x: Any, y: Any, *, metric: Any = None) -> Any:
    return inner_product(x, y, metric=metric)


def by_one_length(x: Any, y: Any, *, metric: Any = None) -> Any:
    return inner_product(x, y, metric=metric) / inner_product(x, x, metric=metric)


def without_sign(x: Any, y: Any, *, metric: Any = None) -> Any:
    return abs(signed_squared_cosine(x, y, metric=metric))


def by_plain_lengths(x: Any, y: Any, *, metric: Any = None) -> Any:
    found = inner_product(x, y, metric=metric)
    return found * abs(found) / (dot(x, x) * dot(y, y))


def untransposed(jacobian: Any, metric: Any = None) -> Any:
    return matmul(jacobian, transpose(jacobian))


def metric_turned(jacobian: Any, metric: Any = None) -> Any:
    turned = None if metric is None else transpose(metric)
    return pulled_back_metric(jacobian, turned)


def metric_forgotten(jacobian: Any, metric: Any = None) -> Any:
    return pulled_back_metric(jacobian)


def metric_twice(jacobian: Any, metric: Any = None) -> Any:
    own = metric or [[Fraction(2 * (i == j)) for j in jacobian] for i in jacobian]
    return pulled_back_metric(jacobian, own)


LAWS: Final[list[tuple[Law, list[Function], list[Function]]]] = [
    (
        is_symmetric,
        [squared_distance, manhattan_distance, chebyshev_distance],
        [signed, one_sided],
    ),
    (
        tells_points_apart,
        [squared_distance, manhattan_distance, chebyshev_distance],
        [signed, truncated, one_sided],
    ),
    (
        goes_straight,
        [manhattan_distance, chebyshev_distance],
        [squared_distance, as_squares(manhattan_distance)],
    ),
    (
        has_parallelograms,
        [squared_distance],
        [manhattan_distance, as_squares(manhattan_distance), as_squares(chebyshev_distance)],
    ),
    (is_as_the_metric_sees_it, [squared_distance], [unmetric(squared_distance)]),
    (ignores_length, [signed_squared_cosine], [unnormalized, by_one_length, without_sign]),
    (is_at_most_one, [signed_squared_cosine], [unnormalized, by_one_length]),
    (
        turns_with_its_metric,
        [signed_squared_cosine],
        [unmetric(signed_squared_cosine), by_plain_lengths],
    ),
    (keeps_products, [pulled_back_metric], [metric_turned, metric_forgotten]),
    (is_that_of_one_by_itself, [pulled_back_metric], [metric_twice]),
    (chains, [pulled_back_metric], [metric_forgotten]),
]
"""Each law, what obeys it, and mutants: what does not."""


@pytest.mark.parametrize(("law", "functions", "mutants"), LAWS)
def test_a_law_holds_and_kills_its_mutants(
    law: Law, functions: list[Function], mutants: list[Function]
) -> None:
    assert all(obeys(law, function) for function in functions)
    assert not any(obeys(law, mutant) for mutant in mutants)


def test_a_metric_that_is_not_symmetric_stands_between_its_vectors() -> None:
    assert inner_product([1, 0], [0, 1], metric=[[0, 3], [5, 0]]) == 3


def test_distances_are_those_of_the_standard_library() -> None:
    for key in KEYS:
        x, y = (normal(part, 5) for part in split(key))
        apart = [abs(a - b) for a, b in zip(x, y, strict=True)]
        assert isclose(euclidean_distance(x, y), hypot(*apart), rel_tol=1e-15)
        assert isclose(manhattan_distance(x, y), fsum(apart), rel_tol=1e-15)
        assert isclose(power_sum(x, y, 3), fsum(a**3 for a in apart), rel_tol=1e-15)
        assert chebyshev_distance(x, y) == max(apart)


def test_minkowskis_distances_fall_from_manhattans_to_chebyshevs() -> None:
    x, y = (normal(part, 5) for part in split(0))
    found = [minkowski_distance(x, y, order=order) for order in (1, 2, 3, 4, 8, 64)]
    assert found[:2] == [manhattan_distance(x, y), euclidean_distance(x, y)]
    assert all(one > other for one, other in pairwise(found))
    highest = chebyshev_distance(x, y)
    assert highest < found[-1] <= highest * 5 ** (1 / 64) * (1 + 1e-15)
    assert minkowski_distance(x, x, order=3) == 0.0


def test_any_number_has_distances() -> None:
    one, two = surd(1), surd(2)
    assert euclidean_distance([one, two], [two, one]) == power(2, Fraction(1, 2))
    assert cosine_similarity([one, one], [one, surd(0)]) == power(Fraction(1, 2), Fraction(1, 2))
    moved = squared_distance([Dual(3.0, 1.0), Dual(5.0, 0.0)], [Dual(1.0, 0.0)] * 2)
    assert (moved.value, moved.tangent) == (20.0, 4.0)
    box = manhattan_distance([Interval(0.0, 1.0)], [Interval(2.0, 2.0)])
    assert box.low <= 1.0 and box.high >= 2.0
    assert squared_distance([1, 2], [Fraction(1, 3), 0]) == Fraction(40, 9)


def test_a_cosine_over_surds_ignores_length_and_squares_to_the_exact_one() -> None:
    for key in KEYS:
        x, y = ([*map(surd, direction(part))] for part in split(key))
        found = cosine_similarity(x, y)
        assert cosine_similarity([3 * number for number in x], y) == found
        assert found * abs(found) == signed_squared_cosine(x, y)


def test_a_cosine_of_floats_is_that_of_a_vector_and_itself() -> None:
    for key in KEYS:
        x = normal(key, 4)
        assert cosine_similarity(x, x) == 1.0
        assert cosine_similarity(x, [-number for number in x]) == -1.0
    assert isnan(cosine_similarity([nan, 1.0], [1.0, 0.0]))


def test_moments_are_those_of_the_binomial_expansion() -> None:
    """E(x − y)ᵏ of even k, by E xⁱ = 1/(i + 1)."""

    def expanded(k: int) -> Fraction:
        terms = (Fraction((-1) ** i * comb(k, i), (i + 1) * (k - i + 1)) for i in range(k + 1))
        return sum(terms, Fraction(0))

    for order, d in product((2, 4, 6), (1, 2, 10)):
        mean, fourth = expanded(order), expanded(2 * order)
        assert moments_of_power_sum(d, order) == Moments(d * mean, d * (fourth - mean * mean))
    for d in (1, 2, 5, 1000):
        moments = moments_of_squared_distance(d)
        assert moments == Moments(Fraction(d, 6), Fraction(7 * d, 180))
        assert moments.relative_spread == power(Fraction(7, 5 * d), Fraction(1, 2))


def test_moments_of_the_manhattan_distance_are_those_of_a_grid_in_the_limit() -> None:
    """Of n points a side E|x − y| is (1 − 1/n²)/3, exactly."""
    for n in (1, 2, 7):
        mean = Fraction(sum(abs(i - j) for i, j in product(range(n), range(n))), n**3)
        assert mean == moments_of_power_sum(1, 1).mean * (1 - Fraction(1, n * n))


def test_contrast_is_of_the_farthest_and_the_nearest() -> None:
    assert relative_contrast([Fraction(3), Fraction(2), Fraction(7)]) == Fraction(5, 2)
    assert relative_contrast([0.0, 1.0]) == inf and relative_contrast([2.0, 2.0]) == 0.0


def test_a_networks_metric_is_the_last_layers_pulled_back_through_the_first() -> None:
    for key in KEYS:
        first, second = matrix(key, 4, 3), matrix(fold_in(key, 1), 2, 4)
        x = vector(fold_in(key, 2))
        network, hidden = serial(layer(linear), elementwise(relu)), [first, ()]
        whole = jacobian(serial(network, layer(linear)), x, [hidden, second])
        by_layer = pulled_back_metric(jacobian(network, x, hidden), pulled_back_metric(second))
        assert pulled_back_metric(whole) == by_layer
        assert pulled_back_metric(whole, product=floats.matmul) == by_layer


def test_the_difference_of_two_metrics_is_a_share_of_the_second() -> None:
    one, two = [[surd(1), surd(0)], [surd(0), surd(1)]], [[surd(1), surd(1)], [surd(0), surd(1)]]
    assert relative_difference(two, one) == power(Fraction(1, 2), Fraction(1, 2))
    assert relative_difference(one, two) == power(Fraction(1, 3), Fraction(1, 2))
    assert relative_difference(two, two) == 0
    assert relative_difference([[3.0], [0.0]], [[0.0], [4.0]]) == sqrt(25 / 16)


def test_the_share_of_variation_is_huygens_and_0_of_a_static_metric() -> None:
    for key in KEYS:
        metrics = [pulled_back_metric(matrix(part, 2, 3)) for part in split(key, 5)]
        flat = [[number for row in metric for number in row] for metric in metrics]
        mean = [sum(column, Fraction(0)) / 5 for column in transpose(flat)]
        squares = sum(dot(row, row) for row in flat) / 5
        assert variation_share(metrics) == 1 - dot(mean, mean) / squares
    assert variation_share([[[0.1, 0.7]]] * 3) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: squared_distance([1.0], [1.0, 2.0]), "xs and ys differ in length: 1 and 2"),
        (lambda: manhattan_distance([], []), "a sum needs at least one term"),
        (lambda: squared_distance([], []), "xs is empty"),
        (lambda: power_sum([1.0], [2.0], 0), "order is 0: give 1 or more"),
        (lambda: moments_of_squared_distance(0), "dimensions is 0: give 1 or more"),
        (lambda: relative_contrast([]), "there is no distance: give 1 or more"),
        (lambda: variation_share([]), "there is no matrix: give 1 or more"),
        (
            lambda: cosine_similarity([0.0], [1.0]),
            "xs has the squared length 0.0, and so no direction",
        ),
        (
            lambda: cosine_similarity([0.0, 1.0], [1.0, 0.0], metric=[[1.0, 0.0], [0.0, 0.0]]),
            "xs has the squared length 0.0, and so no direction",
        ),
        (
            lambda: pulled_back_metric([[1.0, 2.0], [3.0]]),
            "row 1 has length 1, row 0 has length 2",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize("function", [cosine_similarity, signed_squared_cosine])
@pytest.mark.parametrize("size", [1e-90, 1e80, 1e160])
def test_cosines_that_float_does_not_reach_are_refused(
    function: Callable[..., Any], size: float
) -> None:
    with pytest.raises(ValueError, match=r"^the product of the squared lengths is (0.0|inf): "):
        function([size, size], [size, size])


def test_a_metric_that_gives_a_negative_length_gives_no_angle() -> None:
    with pytest.raises(ValueError, match=r"^xs has the squared length -1, and so no direction$"):
        signed_squared_cosine([0, 1], [1, 0], metric=[[1, 0], [0, -1]])


def test_matrices_of_two_shapes_or_without_size_are_not_compared() -> None:
    row, square = [[1.0, 2.0, 3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]
    calls: list[Callable[[], Any]]
    calls = [lambda: relative_difference(row, square), lambda: variation_share([row, square])]
    for call in calls:
        with pytest.raises(
            ValueError, match=r"^matrix 1 has the shape \(2, 2\), matrix 0 \(1, 4\)"
        ):
            call()
    calls = [lambda: relative_difference(row, [[0.0] * 4]), lambda: variation_share([[[0.0]]])]
    for call in calls:
        with pytest.raises(ValueError, match=r"^the squares of the numbers are all 0"):
            call()
