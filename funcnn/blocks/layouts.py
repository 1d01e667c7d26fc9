"""Layouts: the same numbers in another form, which is what wires one block to the next."""

from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any

from funcnn.algebra.folds import length_of
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Vector, shape, transpose


def shape_of(tensor: Any, name: str) -> tuple[int, ...]:
    """The shape of a tensor.

    Errors
        ValueError   it is empty or ragged
        TypeError    it is no list: a number, say, or a generator

    >>> shape_of([[1.0, 2.0]], "inputs")
    (1, 2)
    >>> shape_of(1.0, "inputs")
    Traceback (most recent call last):
    TypeError: inputs is a float, not a list
    """
    length_of(tensor, name)
    lengths = shape(tensor)
    if 0 in lengths:
        raise ValueError(f"{name} is empty: its shape is {lengths}")
    return lengths


def flatten(inputs: Sequence[Any], weights: Any = ()) -> list[Any]:
    """The numbers of a tensor as one vector, the last axis fastest. PyTorch's and ONNX's Flatten.

    Haskell
        concat       (as often as there are axes, but one)
    Shapes
        inputs n₁×…×nₖ, weights ()  →  n₁·…·nₖ     nᵢ ≥ 1
    Errors
        ValueError   the inputs are empty or ragged
        TypeError    they are no list
    Laws
        reshape(flatten(x), lengths=shape(x)) == x                   a list of lists

    >>> flatten([[1.0, 2.0], [3.0, 4.0]])
    [1.0, 2.0, 3.0, 4.0]
    >>> flatten([[1.0, 2.0], [3.0]])
    Traceback (most recent call last):
    ValueError: ragged: entry 1 has shape (1,), entry 0 has shape (2,)
    """
    shape_of(inputs, "inputs")
    return [*leaves(inputs)]


def reshape(inputs: Sequence[Any], weights: Any = (), *, lengths: tuple[int, ...]) -> list[Any]:
    """The numbers of a tensor in another shape. PyTorch's reshape, ONNX's Reshape.

    Shapes
        inputs n₁×…×nₖ, weights ()  →  m₁×…×mₗ     n₁·…·nₖ = m₁·…·mₗ, nᵢ, mᵢ ≥ 1
    Errors
        ValueError   the shape has more or fewer places than the inputs have numbers, or no axis, or
                     a length is below 1; or the inputs are empty or ragged
        TypeError    a length is no int, or the inputs are no list
    Laws
        flatten(reshape(x, lengths=m)) == flatten(x)

    >>> reshape([1.0, 2.0, 3.0, 4.0], lengths=(2, 2))
    [[1.0, 2.0], [3.0, 4.0]]
    >>> reshape([1.0, 2.0, 3.0], lengths=(2, 2))
    Traceback (most recent call last):
    ValueError: inputs have 3 numbers, shape (2, 2) has 4
    """
    numbers = flatten(inputs)
    if not all(isinstance(length, int) for length in lengths):
        raise TypeError(f"lengths are {lengths}: give ints")
    if not lengths or min(lengths) < 1:
        raise ValueError(f"lengths are {lengths}: give one or more, none below 1")
    if len(numbers) != prod(lengths):
        raise ValueError(f"inputs have {len(numbers)} numbers, shape {lengths} has {prod(lengths)}")
    return _nested(numbers, lengths)


def _nested(numbers: list[Any], lengths: tuple[int, ...]) -> list[Any]:
    """the numbers in lists of such lengths, from the outside in"""
    first, *others = lengths
    if not others:
        return numbers
    size, inner = prod(others), tuple(others)
    return [_nested(numbers[place * size : (place + 1) * size], inner) for place in range(first)]


def channels_last(inputs: Sequence[Any], weights: Any = ()) -> list[Any]:
    """An image of channels as an image whose every place is a vector. ONNX's Transpose.

    Then `each` of `each` maps a layer over the places, as ConvNeXt does.

    Haskell
        channelsLast = map transpose . transpose                     (of two axes of places)
    Maths
        y[i,j,c] = x[c,i,j]                        of any number of axes
    Shapes
        inputs c×n₁×…×nₖ, weights ()  →  n₁×…×nₖ×c                   nᵢ, c ≥ 1
    Errors
        ValueError   the inputs are empty or ragged
        TypeError    they are no list
    Laws
        channels_first(channels_last(x)) == x                        a list of lists

    >>> channels_last([[[1.0, 2.0]], [[3.0, 4.0]]])
    [[[1.0, 3.0], [2.0, 4.0]]]
    """
    axes = len(shape_of(inputs, "inputs"))
    return _first_axis_last(inputs, axes)


def _first_axis_last(tensor: Sequence[Any], axes: int) -> list[Any]:
    if axes == 1:
        return [*tensor]
    return [_first_axis_last(entry, axes - 1) for entry in transpose(tensor)]


def channels_first(inputs: Sequence[Any], weights: Any = ()) -> list[Any]:
    """An image whose every place is a vector as an image of channels. ONNX's Transpose.

    Haskell
        channelsFirst = transpose . map transpose                    (of two axes of places)
    Maths
        y[c,i,j] = x[i,j,c]                        of any number of axes
    Shapes
        inputs n₁×…×nₖ×c, weights ()  →  c×n₁×…×nₖ                   nᵢ, c ≥ 1
    Errors
        ValueError   the inputs are empty or ragged
        TypeError    they are no list
    Laws
        channels_last(channels_first(x)) == x                        a list of lists

    >>> channels_first([[[1.0, 3.0], [2.0, 4.0]]])
    [[[1.0, 2.0]], [[3.0, 4.0]]]
    """
    axes = len(shape_of(inputs, "inputs"))
    return _last_axis_first(inputs, axes)


def _last_axis_first(tensor: Sequence[Any], axes: int) -> list[Any]:
    if axes == 1:
        return [*tensor]
    return transpose([_last_axis_first(entry, axes - 1) for entry in tensor])


def reverse[T](inputs: Sequence[T], weights: Any = ()) -> list[T]:
    """A sequence from its end to its start, as the second half of a bidirectional network reads it.

    Haskell
        reverse
    Shapes
        inputs n of anything, weights ()  →  n
    Errors
        TypeError    the inputs are no list
    Laws
        reverse(reverse(x)) == x, a list

    >>> reverse([[1.0], [2.0], [3.0]])
    [[3.0], [2.0], [1.0]]
    """
    length_of(inputs, "inputs")
    return [*reversed(inputs)]


def concatenate[T](inputs: Sequence[Vector[T]], weights: Any = ()) -> list[T]:
    """Several vectors as one, or several images' channels. PyTorch's cat, ONNX's Concat.

    Haskell
        concat
    Shapes
        inputs (n₁, …, nₖ), weights ()  →  n₁ + … + nₖ
    Errors
        TypeError    the inputs are no list, or one of them is none
    Laws
        concatenate((x, concatenate((y, z)))) == concatenate((x, y, z))

    >>> concatenate(([1.0, 2.0], [3.0]))
    [1.0, 2.0, 3.0]
    >>> concatenate(([1.0, 2.0], 3.0))
    Traceback (most recent call last):
    TypeError: input 1 is a float, not a list
    """
    length_of(inputs, "inputs")
    for index, vector in enumerate(inputs):
        length_of(vector, f"input {index}")
    return [*chain.from_iterable(inputs)]
