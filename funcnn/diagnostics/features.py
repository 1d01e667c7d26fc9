"""Features: which directions of its inputs a layer keeps, and which ones its outputs hang on."""

from collections.abc import Callable, Sequence
from math import atan2
from typing import Any

from funcnn.algebra.folds import length_of
from funcnn.algebra.scalars import divide, subtract, total
from funcnn.algebra.trees import leaves, tree_map, tree_zip_with
from funcnn.algebra.vectors import Matrix, matmul, rectangle, transpose
from funcnn.diagnostics.geometry import cosine_similarity, pulled_back_metric
from funcnn.diagnostics.spectra import rank, svd

type Product = Callable[[Matrix[Any], Matrix[Any]], list[list[Any]]]


def neural_feature_matrix(weights: Matrix[Any], *, product: Product = matmul) -> list[list[Any]]:
    """The metric that the weights of `linear` give their inputs.

    Maths
        WᵀW
    Shapes
        weights m×n  →  n×n                        m, n ≥ 1
    Settings
        product   matmul, or a faster one
    Errors
        those of `matmul`; and ValueError, if there are no weights
    Laws
        that of Q·W is that of W, for every Q with orthonormal columns
    Source
        A. Radhakrishnan et al., "Mechanism for Feature Learning in Neural Networks and
        Backpropagation-Free Machine Learning Models", Science 383 (2024)

    >>> neural_feature_matrix([[1, 2], [0, 1]])
    [[1, 2], [2, 5]]
    """
    return pulled_back_metric(rectangle(weights, "row {}".format), product=product)


def average_gradient_outer_product(
    jacobians: Sequence[Matrix[Any]], *, product: Product = matmul
) -> list[list[Any]]:
    """How much the outputs change along each direction of the inputs: the mean, over examples.

    Maths
        (1/N)·Σᵢ JᵢᵀJᵢ                             entry jk: mean Σ_o ∂f_o/∂xⱼ·∂f_o/∂xₖ
    Shapes
        jacobians N of m×n  →  n×n                 m may differ; N, m, n ≥ 1
    Settings
        product   matmul, or a faster one
    Errors
        ValueError   there is no Jacobian, or one has a row longer or shorter than the others
        TypeError    numbers mix, or are ints, whose mean need not be one
    Laws
        it is symmetric, and vᵀ·G·v == mean ‖Jᵢ·v‖² ≥ 0              over Fraction
    Source
        A. Radhakrishnan et al., "Mechanism for Feature Learning in Neural Networks and
        Backpropagation-Free Machine Learning Models", Science 383 (2024)

    >>> average_gradient_outer_product([[[2.0, 0.0]], [[0.0, 4.0]]])
    [[2.0, 0.0], [0.0, 8.0]]
    >>> average_gradient_outer_product([])
    Traceback (most recent call last):
    ValueError: there is no Jacobian: give 1 or more
    """
    count = length_of(jacobians, "jacobians")
    if not count:
        raise ValueError("there is no Jacobian: give 1 or more")
    gradients = [row for jacobian in jacobians for row in rectangle(jacobian, "row {}".format)]
    summed = pulled_back_metric(rectangle(gradients, "gradient {}".format), product=product)
    return [[divide(number, count) for number in row] for row in summed]


def matrix_cosine(one: Matrix[Any], other: Matrix[Any]) -> Any:
    """The cosine of the angle between two matrices, each of them taken as one vector.

    Maths
        ⟨A, B⟩/(‖A‖·‖B‖)                           ⟨A, B⟩ = Σᵢⱼ aᵢⱼ·bᵢⱼ
    Shapes
        one m×n, other m×n  →  a number            m, n ≥ 1
    Errors
        ValueError   they differ in shape, or one is 0
        TypeError    numbers mix, or have no square root
    Laws
        cos(a·A, b·B) == cos(A, B)                 over Surd, for a, b > 0

    >>> matrix_cosine([[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 0.0]])
    0.6
    """
    first = tree_zip_with(lambda x, _: x, one, other)
    return cosine_similarity([*leaves(first)], [*leaves(other)])


def matrix_correlation(one: Matrix[Any], other: Matrix[Any]) -> Any:
    """Pearson's correlation of the entries of two matrices.

    Maths
        cos(A − ā, B − b̄)                          ā, b̄ the means of their entries
    Shapes
        one m×n, other m×n  →  a number            m, n ≥ 1
    Errors
        ValueError   they differ in shape, or the entries of one are all equal
        TypeError    numbers mix, or have no square root
    Laws
        cor(a·A + c, b·B + d) == cor(A, B)         over Surd, for a, b > 0
    Source
        K. Pearson, "Notes on Regression and Inheritance in the Case of Two Parents", Proc. Royal
        Society of London 58 (1895)

    >>> matrix_correlation([[1.0, 2.0], [3.0, 4.0]], [[-1.0, -3.0], [-5.0, -7.0]])
    -1.0
    """
    return matrix_cosine(_centered(one), _centered(other))


def _centered(matrix: Matrix[Any]) -> list[list[Any]]:
    """the entries less their mean: of equal ones, 0 in float too"""
    first = next(leaves(rectangle(matrix, "row {}".format)), 0)
    more = tree_map(lambda x: subtract(x, first), matrix)
    mean = divide(total([*leaves(more)]), max(1, sum(1 for _ in leaves(more))))
    return [*tree_map(lambda x: subtract(x, mean), more)]


def principal_angles(one: Matrix[float], other: Matrix[float]) -> list[float]:
    """The angles between the subspaces that the rows of two matrices span, the smallest first.

    There are as many as the smaller subspace has dimensions. All are 0 exactly if it lies in the
    other, and π/2 if they are orthogonal.

    Maths
        cos θᵢ = σᵢ(A·Bᵀ),  sin θᵢ = σₖ₊₁₋ᵢ(B − B·Aᵀ·A)
                                                   A, B orthonormal bases, B of the smaller: k rows
    Shapes
        one m×n, other k×n  →  min(rank, rank)     m, k, n ≥ 1
    Order
        Of the two the arc tangent: small angles are as accurate as large ones, as the cosine alone
        would not tell from 0 those below 1e-8.
    Units
        radians, 0 to π/2
    Errors
        ValueError   the rows differ in length, or are empty
    Laws
        angles(X, Y) == angles(Y, X), and those of P·X and Q·Y, for P and Q orthogonal
    Source
        Å. Björck, G. Golub, "Numerical Methods for Computing Angles Between Linear Subspaces",
        Mathematics of Computation 27 (1973)

    >>> from math import pi
    >>> [round(angle / pi, 12) for angle in principal_angles([[1.0, 0.0]], [[2.0, 2.0]])]
    [0.25]
    """
    smaller, larger = sorted([_basis(one), _basis(other)], key=len)
    if not smaller:
        return []
    along = matmul(smaller, transpose(larger))
    beside = tree_zip_with(subtract, smaller, matmul(along, larger))
    pairs = zip(reversed(svd(beside).values), svd(along).values, strict=True)
    return [atan2(sine, cosine) for sine, cosine in pairs]


def _basis(matrix: Matrix[float]) -> list[list[float]]:
    """orthonormal rows that span what the matrix's rows do"""
    return [[*row] for row in svd(matrix).right[: rank(matrix)]]
