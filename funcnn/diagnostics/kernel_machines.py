"""Kernel machines: sums of kernels around examples, and how they learn features without layers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import batched, repeat
from typing import Any, NamedTuple

from funcnn.algebra.elementary import exceeds, exp, relu, sqrt
from funcnn.algebra.folds import scanl, zip_with, zipped
from funcnn.algebra.scalars import divide, lift, multiply, shown, subtract
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix, Vector, matmul, outer, transpose
from funcnn.calculus import regression
from funcnn.calculus.batches import Batch
from funcnn.calculus.directions import inner_product
from funcnn.diagnostics.eigenvalues import matrix_sqrt
from funcnn.diagnostics.features import Product, average_gradient_outer_product

type Solve = Callable[[Matrix[Any], Matrix[Any]], list[list[Any]]]


@dataclass(frozen=True, slots=True)
class Laplace:
    """exp(−d/L) of the distance d.

    Errors
        ValueError   the length is not above 0

    >>> Laplace(0.0)
    Traceback (most recent call last):
    ValueError: the length is 0.0: give one above 0
    """

    length: Any = 1.0

    def __post_init__(self) -> None:
        _demand_positive(self.length)


@dataclass(frozen=True, slots=True)
class Gaussian:
    """exp(−d²/2L²) of the distance d.

    Errors
        ValueError   the length is not above 0
    """

    length: Any = 1.0

    def __post_init__(self) -> None:
        _demand_positive(self.length)


def _demand_positive(length: Any) -> None:
    if not exceeds(length, 0):
        raise ValueError(f"the length is {shown(length)}: give one above 0")


@dataclass(frozen=True, slots=True)
class Quadratic:
    """p² of the inner product p: rational where the points are."""


type Kernel = Laplace | Gaussian | Quadratic


class KernelMachine(NamedTuple):
    """A sum of kernels around centers, by a metric of the inputs: a function of many outputs.

    Maths
        f(x) = Σᵢ αᵢ·K(x, xᵢ)
    """

    kernel: Kernel
    metric: Matrix[Any]
    centers: Matrix[Any]
    coefficients: Matrix[Any]


def kernel_matrix(
    kernel: Kernel,
    xs: Matrix[Any],
    zs: Matrix[Any],
    metric: Matrix[Any],
    *,
    product: Product = matmul,
) -> list[list[Any]]:
    """The kernel of each point of one list with each of another.

    Maths
        K(x, z), of d² = (x − z)ᵀ·M·(x − z) or of p = xᵀ·M·z         M symmetric
    Shapes
        xs m×d, zs n×d, metric d×d  →  m×n         m, n, d ≥ 1
    Settings
        product   matmul, or a faster one
    Order
        d² is x·M·x − 2·x·M·z + z·M·z, by one product; where rounding makes it negative, it is 0.
    Errors
        those of `matmul`; TypeError, if the numbers have no root or exponential that the kernel
        takes
    Laws
        K(x, z) == K(z, x)                         over Fraction

    >>> unit = [[1.0, 0.0], [0.0, 1.0]]
    >>> kernel_matrix(Laplace(5.0), [[0.0, 0.0]], [[3.0, 4.0], [0.0, 0.0]], unit)
    [[0.36787944117144233, 1.0]]
    >>> kernel_matrix(Quadratic(), [[1, 2]], [[3, 4]], [[1, 0], [0, 2]])
    [[361]]
    """
    arguments = _arguments(kernel, xs, zs, metric, product)
    return [[_value(kernel, argument) for argument in row] for row in arguments]


def _arguments(
    kernel: Kernel, xs: Matrix[Any], zs: Matrix[Any], metric: Matrix[Any], product: Product
) -> list[list[Any]]:
    """p of each two points for the quadratic kernel, and for the others d²"""
    seen = product(zs, metric)
    if isinstance(kernel, Quadratic):
        return product(xs, transpose(seen))
    left = [[*x, own, lift(1, own)] for x, own in zipped(xs, _lengths(xs, product(xs, metric)))]
    right = [
        [*(multiply(-2, number) for number in z), lift(1, own), own]
        for z, own in zipped(seen, _lengths(zs, seen))
    ]
    return [[relu(square) for square in row] for row in product(left, transpose(right))]


def _lengths(xs: Matrix[Any], seen: Matrix[Any]) -> list[Any]:
    """x·M·x of each x, M·x being what is seen of it"""
    return zip_with(inner_product, xs, seen)


def _value(kernel: Kernel, argument: Any) -> Any:
    match kernel:
        case Laplace(length):
            return exp(divide(-sqrt(argument), length))
        case Gaussian(length):
            return exp(divide(-argument, multiply(2, multiply(length, length))))
        case Quadratic():
            return multiply(argument, argument)


def _slope(kernel: Kernel, argument: Any) -> Any:
    """s, of which the kernel's gradient by x is s·M·(z − x), or s·M·z for the quadratic one"""
    match kernel:
        case Laplace(length):
            distance = sqrt(argument)
            if distance == 0:
                return distance
            return divide(_value(kernel, argument), multiply(length, distance))
        case Gaussian(length):
            return divide(_value(kernel, argument), multiply(length, length))
        case Quadratic():
            return multiply(2, argument)


def fitted(
    kernel: Kernel,
    metric: Matrix[Any],
    examples: Batch,
    penalty: Any,
    *,
    product: Product = matmul,
    solve: Solve = regression.solve,
) -> KernelMachine:
    """The kernel machine around examples whose squared error and penalized norm together are least.

    Maths
        α = (K + λ·I)⁻¹·Y                          Kᵢⱼ = K(xᵢ, xⱼ)
    Shapes
        metric d×d, inputs n×d, targets n×k        n, d, k ≥ 1
    Settings
        product   matmul, or a faster one
        solve     regression's, or a faster one for positive definite matrices
    Errors
        ValueError   there is no example, or inputs and targets differ in number, or K + λ·I is
                     singular
    Laws
        without a penalty its outputs at the examples are their targets
    Source
        C. Saunders, A. Gammerman, V. Vovk, "Ridge Regression Learning Algorithm in Dual
        Variables", ICML 1998

    >>> from fractions import Fraction
    >>> examples = Batch([[Fraction(2)], [Fraction(-1)]], [[Fraction(4)], [Fraction(1)]])
    >>> machine = fitted(Quadratic(), [[Fraction(1)]], examples, Fraction(1))
    >>> outputs(machine, [[Fraction(3)]])
    [[Fraction(17, 2)]]
    """
    (inputs, targets), names = examples, ("inputs", "targets")
    if not [*zipped(inputs, targets, names)]:
        raise ValueError("there is no example")
    similar = kernel_matrix(kernel, inputs, inputs, metric, product=product)
    equations = regression.plus_identity(similar, penalty)
    return KernelMachine(kernel, metric, inputs, solve(equations, targets))


def outputs(
    machine: KernelMachine, xs: Matrix[Any], *, product: Product = matmul
) -> list[list[Any]]:
    """The outputs of a kernel machine for each of a batch of inputs.

    Shapes
        xs m×d  →  m×k                             m, d, k ≥ 1
    Settings
        product   matmul, or a faster one
    Errors
        those of `kernel_matrix`

    >>> outputs(KernelMachine(Quadratic(), [[1.0]], [[2.0]], [[0.5, -1.0]]), [[3.0]])
    [[18.0, -36.0]]
    """
    similar = kernel_matrix(machine.kernel, xs, machine.centers, machine.metric, product=product)
    return product(similar, machine.coefficients)


def jacobians(
    machine: KernelMachine, xs: Matrix[Any], *, product: Product = matmul
) -> list[list[list[Any]]]:
    """The derivative of each output of a kernel machine by each input, for each of a batch.

    Maths
        ∂f/∂x = Σᵢ αᵢ·s(x, xᵢ)·(xᵢ − x)ᵀ·M         Laplace: s = K/(L·d), and 0 where x is xᵢ
                                                   Gaussian: s = K/L²
        ∂f/∂x = Σᵢ αᵢ·2p(x, xᵢ)·xᵢᵀ·M              quadratic
    Shapes
        xs m×d  →  m of k×d                        m, d, k ≥ 1
    Settings
        product   matmul, or a faster one
    Errors
        those of `kernel_matrix`
    Laws
        over Fraction it is the tangent of a quadratic one's outputs, run on duals
    Source
        A. Radhakrishnan et al., "Mechanism for Feature Learning in Neural Networks and
        Backpropagation-Free Machine Learning Models", Science 383 (2024)

    >>> jacobians(KernelMachine(Quadratic(), [[1.0]], [[2.0]], [[0.5, -1.0]]), [[3.0]])
    [[[12.0], [-24.0]]]
    """
    kernel, metric, centers, coefficients = machine
    arguments = _arguments(kernel, xs, centers, metric, product)
    slopes = [[_slope(kernel, argument) for argument in row] for row in arguments]
    terms = [[*leaves(outer(alphas, [*z, 1]))] for alphas, z in zipped(coefficients, centers)]
    sums = zip_with(partial(_pulls, kernel), xs, product(slopes, terms))
    return [product(rows, metric) for rows in sums]


def _pulls(kernel: Kernel, x: Vector[Any], sums: Vector[Any]) -> list[list[Any]]:
    """of the sums of αs·(z, 1), laid end to end for each output, those of αs·(z − x), or of αs·z"""
    rows = [*batched(sums, len(x) + 1)]
    if isinstance(kernel, Quadratic):
        return [[*row[:-1]] for row in rows]
    return [
        [subtract(s, multiply(row[-1], n)) for s, n in zip(row[:-1], x, strict=True)]
        for row in rows
    ]


def recursive_feature_machine(
    kernel: Kernel,
    metric: Matrix[Any],
    examples: Batch,
    penalty: Any,
    *,
    reshaped: Callable[[list[list[Any]]], Matrix[Any]] | None = None,
    product: Product = matmul,
    solve: Solve = regression.solve,
) -> Iterator[KernelMachine]:
    """Kernel machines without end, each by the metric of the features that the last one found.

    Haskell
        iterate (fit . reshaped . averageGradientOuterProduct . jacobians) (fit metric)
    Maths
        M′ = √G,  G = (1/n)·Σᵢ Jᵢᵀ·Jᵢ              Jᵢ the Jacobian at the example xᵢ
    Shapes
        metric d×d, inputs n×d, targets n×k        n, d, k ≥ 1
    Settings
        reshaped  what makes the metric of G: by default matrix_sqrt, of sums of n·k terms; or a
                  function that leaves it as it is
        product   matmul, or a faster one
        solve     regression's, or a faster one for positive definite matrices
    Errors
        those of `fitted` and of `matrix_sqrt`
    Laws
        over Fraction the machines of the quadratic kernel are exact, where reshaped is
    Source
        A. Radhakrishnan et al., "Mechanism for Feature Learning in Neural Networks and
        Backpropagation-Free Machine Learning Models", Science 383 (2024), with M′ = G; the root is
        that of N. Mallinar et al., "Emergence in Non-Neural Models: Grokking Modular Arithmetic via
        Average Gradient Outer Product", arXiv:2407.20199 (2024)

    >>> from itertools import islice
    >>> squares = Batch([[1.0, 1.0], [2.0, 1.0]], [[1.0], [4.0]])
    >>> start = [[1.0, 0.0], [0.0, 1.0]]
    >>> for machine in islice(recursive_feature_machine(Quadratic(), start, squares, 0.0), 3):
    ...     [[output]] = outputs(machine, [[3.0, 0.0]])
    ...     print(round(output, 3), "of 9")
    8.053 of 9
    8.985 of 9
    9.0 of 9
    """
    fit = partial(fitted, kernel, examples=examples, penalty=penalty, product=product, solve=solve)

    def following(machine: KernelMachine, _: None) -> KernelMachine:
        changes = jacobians(machine, machine.centers, product=product)
        root = reshaped or partial(matrix_sqrt, terms=len(changes) * len(changes[0]))
        return fit(root(average_gradient_outer_product(changes, product=product)))

    return scanl(following, fit(metric), repeat(None))
