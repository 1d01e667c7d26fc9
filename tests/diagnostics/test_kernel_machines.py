"""Kernel machines: over Fraction exact, their gradients those of duals, and they learn features."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import islice
from math import exp, sqrt, sumprod
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.keys import normal
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import matmul, transpose
from funcnn.calculus.batches import Batch
from funcnn.calculus.definite_systems import positive_definite_solve
from funcnn.diagnostics.eigenvalues import matrix_sqrt
from funcnn.diagnostics.features import average_gradient_outer_product
from funcnn.diagnostics.geometry import inner_product, squared_distance
from funcnn.diagnostics.kernel_machines import (
    Gaussian,
    Kernel,
    KernelMachine,
    Laplace,
    Quadratic,
    fitted,
    jacobians,
    kernel_matrix,
    outputs,
    recursive_feature_machine,
)
from funcnn.fast import matmul as fast_matmul
from strategies import fractions, matrices, roundings

type Jacobians = Callable[[KernelMachine, Any], Any]

KERNELS: list[Kernel] = [Laplace(1.5), Gaussian(1.5), Quadratic()]
SIZES = st.integers(1, 3)
METRIC = [[2.0, 0.5], [0.5, 1.0]]
POINTS = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.0]]
UNIT = [[1.0, 0.0], [0.0, 1.0]]


def metrics(data: st.DataObject, size: int) -> list[list[Fraction]]:
    """Symmetric, and not negative: AᵀA."""
    a = data.draw(matrices(size, size, fractions))
    return matmul(transpose(a), a)


def plain(kernel: Kernel, x: Any, z: Any, metric: Any) -> float:
    """The kernel of two points, from its formula."""
    distance = sqrt(squared_distance(x, z, metric=metric))
    match kernel:
        case Laplace(length):
            return exp(-distance / length)
        case Gaussian(length):
            return exp(-(distance**2) / (2 * length**2))
        case Quadratic():
            return float(inner_product(x, z, metric=metric)) ** 2


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("product", [matmul, fast_matmul])
def test_a_kernel_matrix_has_the_kernel_of_each_two_points(kernel: Kernel, product: Any) -> None:
    """Of equal points the squared distance is off by roundings of 4, their root by less than 1e-7;
    of others there are fewer than fifty roundings."""
    found = kernel_matrix(kernel, POINTS, POINTS[:2], METRIC, product=product)
    for x, row in zip(POINTS, found, strict=True):
        for z, value in zip(POINTS[:2], row, strict=True):
            assert abs(value - plain(kernel, x, z, METRIC)) <= 1e-7 * abs(value)
    distinct = kernel_matrix(kernel, POINTS[:1], POINTS[1:], METRIC)
    expected = [plain(kernel, POINTS[0], z, METRIC) for z in POINTS[1:]]
    assert distinct == [pytest.approx(expected, rel=roundings(50), abs=0)]


@settings(max_examples=50)
@given(st.data(), SIZES, SIZES)
def test_over_fractions_a_quadratic_kernel_matrix_is_exact_and_symmetric(
    data: st.DataObject, count: int, size: int
) -> None:
    xs, metric = data.draw(matrices(count, size, fractions)), metrics(data, size)
    found = kernel_matrix(Quadratic(), xs, xs, metric)
    assert found == [[inner_product(x, z, metric=metric) ** 2 for z in xs] for x in xs]
    assert found == transpose(found)


def by_duals(machine: KernelMachine, xs: Any) -> list[Any]:
    """A column for each input: the tangents of the outputs, where it alone moves."""

    def column(x: Any, place: int) -> list[Any]:
        moved = [Dual(n, type(n)(index == place)) for index, n in enumerate(x)]
        constant = tree_map(lambda n: Dual(n, type(n)(0)), machine[1:])
        [row] = outputs(KernelMachine(machine.kernel, *constant), [moved])
        return [number.tangent for number in row]

    return [transpose([column(x, place) for place in range(len(x))]) for x in xs]


def gradients_are_those_of_duals(gradients: Jacobians, machine: KernelMachine, xs: Any) -> bool:
    """Exactly, over exact numbers."""
    return bool(gradients(machine, xs) == by_duals(machine, xs))


@settings(max_examples=25)
@given(st.data(), SIZES, SIZES, SIZES)
def test_gradients_of_a_quadratic_machine_are_those_of_duals_exactly(
    data: st.DataObject, count: int, size: int, kinds: int
) -> None:
    centers = data.draw(matrices(count, size, fractions))
    coefficients = data.draw(matrices(count, kinds, fractions))
    machine = KernelMachine(Quadratic(), metrics(data, size), centers, coefficients)
    xs = data.draw(matrices(2, size, fractions))
    assert gradients_are_those_of_duals(jacobians, machine, xs)


EXACT = KernelMachine(
    Quadratic(),
    tree_map(Fraction, METRIC),
    tree_map(Fraction, POINTS),
    tree_map(Fraction, [[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25]]),
)
FLOATS = KernelMachine(Laplace(1.5), METRIC, POINTS, [[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25]])


@pytest.mark.parametrize(
    "mutant",
    [
        lambda machine, xs: [transpose(j) for j in jacobians(machine, xs)],
        lambda machine, xs: tree_map(lambda n: n / 2, jacobians(machine, xs)),
        lambda machine, xs: [matmul(j, machine.metric) for j in jacobians(machine, xs)],
        lambda machine, xs: jacobians(machine._replace(metric=tree_map(Fraction, UNIT)), xs),
        lambda machine, xs: jacobians(machine._replace(coefficients=[[1, 1]] * 3), xs),
    ],
)
def test_wrong_gradients_are_told(mutant: Jacobians) -> None:
    xs = tree_map(Fraction, [[1.0, 2.0], [-0.5, 0.25]])
    assert gradients_are_those_of_duals(jacobians, EXACT, xs)
    assert not gradients_are_those_of_duals(mutant, EXACT, xs)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("product", [matmul, fast_matmul])
def test_gradients_of_floats_are_those_of_duals_but_for_rounding(
    kernel: Kernel, product: Any
) -> None:
    """Of which each has fewer than two hundred."""
    machine, xs = FLOATS._replace(kernel=kernel), [[1.0, 2.0], [-0.5, 0.25]]
    found = jacobians(machine, xs, product=product)
    expected = numpy.array(by_duals(machine, xs))
    assert abs(numpy.array(found) - expected).max() <= roundings(200) * abs(expected).max()


def test_at_a_center_a_laplace_kernel_pulls_to_none_and_the_others_still_do() -> None:
    """There it has no derivative; its own pull is left out."""
    alone = KernelMachine(Laplace(1.0), UNIT, [[1.0, 2.0]], [[5.0]])
    assert jacobians(alone, [[1.0, 2.0]]) == [[[0.0, 0.0]]]
    both = KernelMachine(Laplace(1.0), UNIT, [[1.0, 2.0], [4.0, 6.0]], [[5.0], [1.0]])
    [[found]] = jacobians(both, [[1.0, 2.0]])
    assert found == pytest.approx([exp(-5) * 3 / 5, exp(-5) * 4 / 5], rel=1e-14)


@pytest.mark.parametrize("kernel", [Laplace(1.5), Gaussian(1.5)])
def test_without_a_penalty_a_machine_gives_back_what_it_was_told(kernel: Kernel) -> None:
    targets = [[1.0], [-2.0], [0.5]]
    machine = fitted(kernel, METRIC, Batch(POINTS, targets), 0.0)
    assert outputs(machine, POINTS) == [pytest.approx(target, abs=1e-13) for target in targets]


def is_fitted(fit: Callable[..., KernelMachine]) -> bool:
    """(K + λI)·α = Y, exactly."""
    targets, penalty = [[Fraction(1)], [Fraction(-2)], [Fraction(3)]], Fraction(1, 2)
    machine = fit(Quadratic(), EXACT.metric, Batch(EXACT.centers, targets), penalty)
    similar = kernel_matrix(Quadratic(), EXACT.centers, EXACT.centers, EXACT.metric)
    for index, row in enumerate(similar):
        row[index] += penalty
    return bool(matmul(similar, machine.coefficients) == targets)


def test_a_machine_solves_its_equations_exactly() -> None:
    assert is_fitted(fitted)
    assert is_fitted(lambda *given: fitted(*given, solve=positive_definite_solve))
    assert not is_fitted(lambda k, metric, examples, _: fitted(k, metric, examples, Fraction(0)))
    constant = lambda *given: fitted(*given)._replace(coefficients=[[Fraction(1)]] * 3)
    assert not is_fitted(constant)


def doubled(matrix: Any) -> Any:
    return tree_map(lambda x: 2 * x, matrix)


@pytest.mark.parametrize("reshaped", [list, doubled])
def test_a_recursive_feature_machine_goes_by_the_features_of_the_last_one_exactly(
    reshaped: Callable[[Any], Any],
) -> None:
    """Over Fraction, where what becomes of the AGOP is rational."""
    targets = [[Fraction(1)], [Fraction(-2)], [Fraction(3)]]
    examples, penalty = Batch(EXACT.centers, targets), Fraction(1, 2)
    start = tree_map(Fraction, UNIT)
    machines = recursive_feature_machine(Quadratic(), start, examples, penalty, reshaped=reshaped)
    first, second, third = islice(machines, 3)
    assert first == fitted(Quadratic(), start, examples, penalty)
    for before, after in ((first, second), (second, third)):
        metric = average_gradient_outer_product(by_duals(before, before.centers))
        assert after == fitted(Quadratic(), reshaped(metric), examples, penalty)


def test_features_are_found_and_kept_and_a_root_of_them_too() -> None:
    """The target hangs on the first of two inputs alone."""
    points = [[x / 4, y / 4] for x in range(-3, 4) for y in range(-3, 4)]
    examples = Batch(points, [[x * x] for x, _ in points])
    for kernel in (Laplace(2.0), Gaussian(2.0)):
        for reshaped in (list, matrix_sqrt):
            run = recursive_feature_machine(kernel, UNIT, examples, 1e-3, reshaped=reshaped)
            *_, machine = islice(run, 3)
            (first, _), (_, second) = machine.metric
            assert second < first / 10


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (
            lambda: fitted(Laplace(), UNIT, Batch([[1.0, 1.0]] * 2, [[1.0], [2.0]]), 0.0),
            ValueError,
            "the matrix is singular",
        ),
        (lambda: fitted(Laplace(), UNIT, Batch([], []), 0.0), ValueError, "there is no example"),
        (
            lambda: fitted(Laplace(), UNIT, Batch(POINTS, [[1.0]]), 0.0),
            ValueError,
            "inputs and targets differ in length: 3 and 1",
        ),
        (
            lambda: kernel_matrix(Gaussian(), EXACT.centers, EXACT.centers, EXACT.metric),
            TypeError,
            "",
        ),
    ],
)
def test_what_makes_no_machine_is_refused(wrong: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        wrong()
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [Laplace, Gaussian])
@pytest.mark.parametrize("length", [0.0, -1.0, float("nan")])
def test_a_kernel_has_a_length_above_zero(kind: Callable[[Any], Kernel], length: float) -> None:
    with pytest.raises(ValueError, match=r"^the length is (0.0|-1.0|nan): give one above 0$"):
        kind(length)


def test_a_recursive_feature_machine_allows_for_the_roundings_of_a_single_feature() -> None:
    """Its gradients are all parallel, and the mean of their products singular but for rounding."""
    draws, way = normal(10, 100), normal(17, 2)
    inputs = [[draw * x for x in way] for draw in draws]
    examples = Batch(inputs, [[draw * draw] for draw in draws])
    start, solve = [[1.0, 0.0], [0.0, 1.0]], partial(positive_definite_solve, dot=sumprod)
    machines = recursive_feature_machine(Quadratic(), start, examples, 0.1, solve=solve)
    changes = jacobians(next(machines), inputs)
    with pytest.raises(ValueError, match=r"^the matrix has the eigenvalue -"):
        matrix_sqrt(average_gradient_outer_product(changes))
    assert len(next(machines).metric) == 2
