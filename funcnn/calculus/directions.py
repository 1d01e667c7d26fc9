"""Directions: weights, and what is added to them, as vectors, whatever their form."""

from typing import Any

from funcnn.algebra.scalars import add, multiply, total
from funcnn.algebra.trees import Tree, leaves, tree_zip_with


def inner_product(one: Tree, other: Tree) -> Any:
    """The sum of the products of two trees' leaves; 0 if there is none.

    Maths
        Σᵢ xᵢ·yᵢ
    Order
        From the left.
    Errors
        ValueError   the trees differ in form
        TypeError    numbers mix

    >>> inner_product([[1.0], (2.0, ())], [[10.0], (3.0, ())])
    16.0
    """
    products = [*leaves(tree_zip_with(multiply, one, other))]
    return total(products) if products else 0


def moved(start: Tree, distance: Any, direction: Tree) -> Tree:
    """What is reached by going so far in a direction.

    Maths
        x + a·p
    Errors
        ValueError   the trees differ in form
        TypeError    numbers mix

    >>> moved([1.0, (2.0, ())], 0.5, [4.0, (-2.0, ())])
    [3.0, (1.0, ())]
    """
    return tree_zip_with(lambda x, p: add(x, multiply(distance, p)), start, direction)
