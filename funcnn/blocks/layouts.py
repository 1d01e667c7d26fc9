"""Layouts: the same numbers in another form, which is what wires one block to the next."""

from collections.abc import Callable, Sequence
from itertools import chain
from math import prod
from typing import Any

from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.trees import Tree, is_leaf, leaves
from funcnn.algebra.vectors import Vector, shape, transpose


def shape_of(tensor: Any, name: str) -> tuple[int, ...]:
    """The shape of a tensor.

    Errors
        ValueError   it is empty or ragged
        TypeError    it is not a list: a number, say, or a generator

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
        TypeError    they are not a list
    Laws
        reshape(flatten(x), shape=shape(x)) == x                     a list of lists

    >>> flatten([[1.0, 2.0], [3.0, 4.0]])
    [1.0, 2.0, 3.0, 4.0]
    >>> flatten([[1.0, 2.0], [3.0]])
    Traceback (most recent call last):
    ValueError: ragged: entry 1 has shape (1,), entry 0 has shape (2,)
    """
    shape_of(inputs, "inputs")
    return [*leaves(inputs)]


def reshape(inputs: Sequence[Any], weights: Any = (), *, shape: Sequence[int]) -> list[Any]:
    """The numbers of a tensor in another shape. PyTorch's reshape, ONNX's Reshape.

    Shapes
        inputs n₁×…×nₖ, weights ()  →  m₁×…×mₗ     n₁·…·nₖ = m₁·…·mₗ, nᵢ, mᵢ ≥ 1
    Settings
        shape   the lengths (m₁, …, mₗ); PyTorch's and ONNX's −1, for what is left, is refused
    Errors
        ValueError   the shape has more or fewer places than the inputs have numbers, or no axis, or
                     a length is below 1; or the inputs are empty or ragged
        TypeError    a length is no int, or the inputs or the shape are not a list
    Laws
        flatten(reshape(x, shape=m)) == flatten(x)

    >>> reshape([1.0, 2.0, 3.0, 4.0], shape=(2, 2))
    [[1.0, 2.0], [3.0, 4.0]]
    >>> reshape([1.0, 2.0, 3.0], shape=(2, 2))
    Traceback (most recent call last):
    ValueError: inputs have 3 numbers, shape (2, 2) has 4
    """
    if not length_of(shape, "shape"):
        raise ValueError("shape is empty: give one length or more")
    lengths, numbers = tuple(int_of(length, "shape", 1) for length in shape), flatten(inputs)
    if len(numbers) != prod(lengths):
        raise ValueError(f"inputs have {len(numbers)} numbers, shape {lengths} has {prod(lengths)}")
    return nested(numbers, lengths)


def nested[T](items: Sequence[T], lengths: Sequence[int]) -> list[Any]:
    """The items in lists of such lengths, from the outside in.

    >>> nested("abcdef", (3, 2))
    [['a', 'b'], ['c', 'd'], ['e', 'f']]
    """
    _, *others = lengths
    if not others:
        return [*items]
    size = prod(others)
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    return [nested(part, others) for part in parts]


def mapped(function: Callable[[Any], Any], tensor: Tree) -> Any:
    """The function of each number of a tensor, in lists.

    Haskell
        map          (as often as there are axes)

    >>> mapped(abs, [[-1.0, 2.0], (-3.0, 4.0)])
    [[1.0, 2.0], [3.0, 4.0]]
    """
    return function(tensor) if is_leaf(tensor) else [mapped(function, part) for part in tensor]


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
        TypeError    they are not a list
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
        TypeError    they are not a list
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
        TypeError    the inputs are not a list
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
        inputs (n₁, …, nₖ), weights ()  →  n₁ + … + nₖ               entries of one shape
    Errors
        ValueError   the inputs' entries differ in shape, or are ragged
        TypeError    the inputs, or one of them, are not a list
    Laws
        concatenate((x, concatenate((y, z)))) == concatenate((x, y, z))

    >>> concatenate(([1.0, 2.0], [3.0]))
    [1.0, 2.0, 3.0]
    >>> concatenate(([1.0, 2.0], 3.0))
    Traceback (most recent call last):
    TypeError: input 1 is a float, not a list
    """
    length_of(inputs, "inputs")
    for index, part in enumerate(inputs):
        length_of(part, f"input {index}")
    found = {shape(part)[1:]: index for index, part in enumerate(inputs) if len(part)}
    if len(found) > 1:
        (one, first), (other, second), *_ = found.items()
        entries = f"have shape {one}, those of input {second} have {other}"
        raise ValueError(f"the entries of input {first} {entries}")
    return [*chain.from_iterable(inputs)]
