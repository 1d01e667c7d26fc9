"""Krylov methods: A·x = b for a matrix of which only products are known."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from funcnn.algebra.elementary import exceeds
from funcnn.algebra.scalars import divide, multiply
from funcnn.algebra.trees import Tree, zeros_like
from funcnn.calculus.directions import inner_product, moved


class Approximation(NamedTuple):
    """An approximate solution x, its residual b − A·x, and the direction that comes next."""

    solution: Tree
    residual: Tree
    direction: Tree


def conjugate_gradients(
    product: Callable[[Tree], Tree], target: Tree, *, tolerance: Any = 0
) -> Iterator[Approximation]:
    """The approximate solutions of A·x = b, x = 0 first, for a symmetric A without negative
    eigenvalues; one more product A·p for each after the first.

    The last one is where the residual is no longer than b, times the tolerance; or where along the
    direction there is no positive curvature p·A·p: A has a negative eigenvalue, or A·x = b no
    solution. b may be a tree of any form.

    Maths
        x ← x + a·p,  r ← r − a·A·p,  a = r·r/p·A·p                p ← r + (r·r/r′·r′)·p
    Order
        In float the directions soon lose their conjugacy, and the residual, which is updated and
        not computed anew, its likeness to b − A·x: where A is ill conditioned, many more steps
        than its rank may be needed, and the error stays above the tolerance.
    Errors
        those of `product`
    Laws
        over Fraction the residual is b − A·x, and after at most rank(A) steps exactly 0, if
            A·x = b has a solution; then x is the shortest
        over Fraction each x makes ½·x·A·x − b·x least among the sums of b, A·b, A·A·b, …
    Source
        M. Hestenes, E. Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", J.
        Research of the National Bureau of Standards 49 (1952), equations 3:1

    >>> from fractions import Fraction
    >>> from functools import partial
    >>> from funcnn.algebra.vectors import matvec
    >>> product = partial(matvec, [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]])
    >>> *_, last = conjugate_gradients(product, [Fraction(1), Fraction(0)])
    >>> last.solution, last.residual
    ([Fraction(2, 3), Fraction(-1, 3)], [Fraction(0, 1), Fraction(0, 1)])
    """
    solution, residual, direction = zeros_like(target), target, target
    square = inner_product(residual, residual)
    least = multiply(multiply(tolerance, tolerance), square)
    while True:
        yield Approximation(solution, residual, direction)
        if not exceeds(square, least):
            return
        image = product(direction)
        curvature = inner_product(direction, image)
        if not exceeds(curvature, 0):
            return
        distance, before = divide(square, curvature), square
        solution = moved(solution, distance, direction)
        residual = moved(residual, -distance, image)
        square = inner_product(residual, residual)
        direction = moved(residual, divide(square, before), direction)
