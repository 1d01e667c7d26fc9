"""Dropouts: some of the numbers are left out, and the rest are made larger for them."""

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any

from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.keys import uniform
from funcnn.algebra.scalars import Constant, divide, lift, multiply, subtract
from funcnn.algebra.trees import Tree, tree_map, tree_zip_with
from funcnn.algebra.vectors import shape
from funcnn.blocks.layouts import reshape


def dropout(inputs: Tree, weights: Tree = (), *, rate: Constant) -> Tree:
    """The inputs that a mask keeps, each divided by how likely that was, and zeros.

    Without a mask, it is the identity: what it is once the network is trained. `dropout_mask` draws
    one. PyTorch's Dropout; ONNX's, of which the rate is the ratio, and the mask the second output.

    Haskell
        dropout r x mask = zipWith (\\keep x -> if keep then x * (1 / (1 - r)) else 0) mask x
    Maths
        yᵢ = mᵢ·xᵢ·(1/(1 − r))                     its mean over all masks is x
    Shapes
        inputs n, weights n bools or ()  →  n      n of any shape
    Settings
        rate   how likely a number is left out; 0.5 by default in PyTorch and ONNX
    Order
        One rounding of 1 − r, one of its reciprocal, then one a product.
    Errors
        ValueError   the rate is not from 0 to below 1, or the mask has not the inputs' shape
        TypeError    an entry of the mask is not a bool, or of the inputs not a number, or the rate
                     is not one
    Laws
        dropout(x, mask, rate=0) == x where the mask is True, and 0 elsewhere; of ints, which have
            no quotients, only without a mask
        dropout(a·x + y, m, rate=r) == a·dropout(x, m, rate=r) + dropout(y, m, rate=r)
                                                                     over Fraction
    Source
        N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout: A Simple
        Way to Prevent Neural Networks from Overfitting", JMLR 15 (2014), which multiplies by
        1 − r after training instead

    >>> dropout([1.0, 2.0, 3.0], [True, False, True], rate=0.5)
    [2.0, 0.0, 6.0]
    >>> dropout([1.0, 2.0, 3.0], (), rate=0.5)
    [1.0, 2.0, 3.0]
    >>> from fractions import Fraction
    >>> dropout([[Fraction(1), Fraction(2)]], [[False, True]], rate=Fraction(1, 3))
    [[Fraction(0, 1), Fraction(3, 1)]]
    >>> dropout([1.0, 2.0, 3.0], [True, False], rate=0.5)
    Traceback (most recent call last):
    ValueError: mask and inputs differ in shape: (2,) and (3,)
    """
    _demand_share(rate)
    if weights == ():
        return tree_map(_number, inputs)
    if shape(weights) != shape(inputs):
        shapes = f"{shape(weights)} and {shape(inputs)}"
        raise ValueError(f"mask and inputs differ in shape: {shapes}")

    def kept(x: Any, keep: bool) -> Any:
        if not isinstance(keep, bool):
            raise TypeError(f"a mask is made of bools, not of a {type(keep).__name__}")
        scale = divide(lift(1, x), subtract(lift(1, x), lift(rate, x)))
        return multiply(x, scale) if keep else lift(0, x)

    return tree_zip_with(kept, inputs, weights)


def _number(x: Any) -> Any:
    """a number, once it is known to be one"""
    lift(0, x)
    return x


def dropout_mask(key: int, lengths: Sequence[int], *, rate: Constant) -> Tree:
    """A mask for `dropout`, drawn from a key: each entry is False with the rate's probability.

    Shapes
        lengths (n₁, …, nₖ)  →  n₁×…×nₖ bools      nᵢ ≥ 1
    Errors
        ValueError   the rate is not from 0 to below 1, or a length is below 1
        TypeError    the rate is not a number, or the lengths are not a list of ints
    Laws
        what is kept at a rate is kept at every lower one, of the same key

    >>> mask = dropout_mask(0, (100, 100), rate=0.25)
    >>> shape(mask), abs(sum(map(sum, mask)) - 7500) < 150
    ((100, 100), True)
    """
    _demand_share(rate)
    length_of(lengths, "lengths")
    sizes = tuple(int_of(length, "a length", 1) for length in lengths)
    return reshape([draw >= rate for draw in uniform(key, prod(sizes))], shape=sizes)


def _demand_share(rate: Constant) -> None:
    if not isinstance(rate, (int, float, Fraction)):
        raise TypeError(f"rate is a {type(rate).__name__}, not a number")
    if not 0 <= rate < 1:
        raise ValueError(f"rate is {rate}: give 0 or more, and less than 1")
