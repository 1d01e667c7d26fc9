"""Optimizers: from weights and a gradient to better weights."""

from funcnn.algebra.scalars import Num, multiply, subtract
from funcnn.algebra.trees import Tree, tree_zip_with


def sgd[T: Num](rate: T, weights: Tree, gradient: Tree) -> Tree:
    """The weights, one step down the gradient.

    Maths
        w − rate·∂L/∂w
    Errors
        ValueError   the gradient has not the weights' form
    Source
        H. Robbins, S. Monro, "A Stochastic Approximation Method", Annals of Mathematical
        Statistics 22 (1951)

    >>> sgd(0.5, [[1.0, 2.0], ()], [[2.0, -2.0], ()])
    [[0.0, 3.0], ()]
    """
    return tree_zip_with(lambda w, g: subtract(w, multiply(rate, g)), weights, gradient)
