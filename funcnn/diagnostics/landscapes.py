"""Landscapes: where a loss is level, and whether it rises from there or falls."""

from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any

from funcnn.algebra.elementary import absolute, exceeds
from funcnn.algebra.folds import int_of, zip_with, zipped
from funcnn.algebra.scalars import add, divide, shown
from funcnn.algebra.trees import Tree, leaves
from funcnn.algebra.vectors import Matrix, Vector, dot, matvec, transpose
from funcnn.blocks.combinators import Network
from funcnn.calculus.derivatives import hessian
from funcnn.diagnostics.eigenvalues import inertia, symmetric_eigen


def hessian_matrix(
    network: Network,
    loss: Network,
    weights: Tree,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    hessian: Callable[..., Tree] = hessian,
) -> list[list[Any]]:
    """The Hessian of a batch's mean loss as a matrix: the weights in one list, from the left.

    Maths
        Hᵢⱼ = ∂²L/∂wᵢ∂wⱼ
    Settings
        hessian   what makes the tree of trees: calculus' `hessian`, or the one of fast
    Order
        Hᵢⱼ and Hⱼᵢ are computed apart, and in float differ: each becomes the mean of the two.
    Errors
        ValueError   there are no weights
        and those of `hessian`
    Laws
        Hᵢⱼ is the tangent of the tangent of the loss along wᵢ and wⱼ            over Fraction

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> hessian_matrix(layer(linear), layer(squared_error), [[3.0, 4.0]], [[1.0, 2.0]], [[1.0]])
    [[2.0, 4.0], [4.0, 8.0]]
    """
    size = int_of(sum(1 for _ in leaves(weights)), "the number of weights", 1)
    numbers = leaves(hessian(network, loss, weights, inputs, targets))
    rows = [*batched(numbers, size)]
    sums = [zip_with(add, row, column) for row, column in zipped(rows, transpose(rows))]
    return [[divide(number, 2) for number in row] for row in sums]


def critical_index(matrix: Matrix[Any]) -> int:
    """The number of directions in which a loss with this Hessian falls from a critical point.

    0 is a minimum's, the number of weights a maximum's, and what is between, a saddle's.

    Maths
        |{i : λᵢ < 0}|                             Sylvester's law of inertia: no λ is computed
    Order
        In float an eigenvalue that is nearly 0 may be taken for one of the other sign.
    Errors
        those of `inertia`
    Laws
        critical_index(−H) == n − critical_index(H) − the nullity of H           over Fraction
    Source
        J. Milnor, "Morse Theory", Princeton 1963, § 2

    >>> from fractions import Fraction
    >>> critical_index([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]])
    1
    """
    return inertia(matrix).negative


def saddle_free_newton(
    gradient: Vector[Any], hessian: Matrix[Any], *, damping: Any = 0
) -> list[Any]:
    """The step that Newton's method would take if each curvature were positive.

    Newton's step leads to the critical point that is near, even to a saddle or a maximum; along an
    eigenvector of a negative eigenvalue this one leads away from it, as far.

    Maths
        −|H|⁻¹·g = −Σᵢ vᵢ·(vᵢ·g)/(|λᵢ| + d)        H = Σᵢ λᵢ·vᵢ·vᵢᵀ
    Shapes
        gradient n, hessian n×n  →  n              n ≥ 1
    Settings
        damping   d, added to the size of each eigenvalue: the step is shorter
    Errors
        ValueError   the Hessian is singular and there is no damping; or the gradient has not as
                     many numbers as it has rows; or the damping is negative
        and those of `symmetric_eigen`
    Laws
        its inner product with the gradient is negative, unless that is 0
        Newton's step, where the Hessian is positive definite
    Source
        Y. Dauphin et al., "Identifying and Attacking the Saddle Point Problem in High-Dimensional
        Non-Convex Optimization", NIPS 2014 (arXiv:1406.2572), algorithm 1, in all directions

    >>> saddle_free_newton([4.0, 4.0], [[2.0, 0.0], [0.0, -2.0]])
    [-2.0, -2.0]
    """
    zipped(gradient, hessian, ("the gradient", "the Hessian"))
    if exceeds(0, damping):
        raise ValueError(f"the damping is {shown(damping)}: give 0 or more")
    values, vectors = symmetric_eigen(hessian)
    sizes = [add(absolute(value), damping) for value in values]
    if not all(exceeds(size, 0) for size in sizes):
        raise ValueError("the Hessian is singular: give a damping > 0")
    shares = zip_with(lambda vector, size: divide(-dot(vector, gradient), size), vectors, sizes)
    return matvec(transpose(vectors), shares)
