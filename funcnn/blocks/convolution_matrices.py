"""Convolution matrices: a convolution as the matrix that it is, and how redundant that is."""

from collections.abc import Sequence
from itertools import batched, chain
from math import prod
from typing import Any, NamedTuple, Unpack

from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.scalars import alike, lift
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import shape
from funcnn.blocks.convolutions import ConvSettings, patches, per_group
from funcnn.blocks.layouts import reshape
from funcnn.blocks.windows import Padding, PerAxis, axes_of, per_axis, rows_of


def conv_matrix(
    weights: Sequence[Sequence[Any]],
    lengths: Sequence[int],
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> list[list[Any]]:
    """The matrix by which a convolution multiplies inputs of such lengths, taken as one vector.

    A row for each output, a column for each input. It is read off the patches of an image whose
    pixels are their own places: there stand the weights of a kernel, and zeros everywhere else.

    Maths
        M[(o,j), (c,i)] = w[o,c,a] where i = j·s + a·d − p, else 0
    Shapes
        weights o×(c/g)×k₁×…, lengths n₁, …  →  (o·m₁·…)×(c·n₁·…)            m as for `conv`
    Settings
        stride, padding, dilation, groups   as in `conv`
    Errors
        those of `conv`
    Laws
        matvec(conv_matrix(w, lengths), x flattened) == conv(x, w) flattened
        matvec(transpose(conv_matrix(w, lengths)), y flattened) == conv_transpose(y, w) flattened

    >>> conv_matrix([[[1, 2]]], [4])
    [[1, 2, 0, 0], [0, 1, 2, 0], [0, 0, 1, 2]]
    >>> conv_matrix([[[1, 2]]], [4], stride=2, dilation=2, padding=1)
    [[0, 2, 0, 0], [0, 1, 0, 2]]
    >>> conv_matrix([[[1]], [[2]]], [2], groups=2)
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]]
    """
    kernels = _vectors(weights, length_of(lengths, "lengths"))
    parts = batched(kernels, per_group(len(kernels), groups, "kernels"))
    full = (groups * len(weights[0]), *per_axis(lengths, len(lengths), "lengths"))
    places, sizes = range(prod(full)), shape(weights)[2:]
    image = reshape(places, shape=full)
    seen = patches(image, sizes, None, stride, padding, dilation, groups)
    rows = [
        dict(zip(patch, kernel, strict=True))
        for part, group in zip(parts, seen, strict=True)
        for kernel in part
        for patch in batched(leaves(group), len(kernel))
    ]
    zero = lift(0, kernels[0][0])
    return [[row.get(place, zero) for place in places] for row in rows]


def _vectors(weights: Any, rank: int) -> list[list[Any]]:
    """each kernel as one vector, once all their numbers are of one kind"""
    rows, names = rows_of(weights, "weights", ("kernel", *axes_of(int_of(rank, "axes", 1))))
    parts = batched(alike(rows, names.__getitem__), len(rows) // len(weights))
    return [[*chain.from_iterable(part)] for part in parts]


class Redundancy(NamedTuple):
    """How many entries a matrix has, in how many of them weights stand, and how many weights."""

    entries: int
    filled: int
    free: int


def conv_redundancy(
    sizes: Sequence[int], lengths: Sequence[int], **settings: Unpack[ConvSettings]
) -> Redundancy:
    """How redundant the matrix of a convolution is, with weights of such a shape, on inputs of such
    lengths: counted in the matrix, with a number of its own for each weight.

    Shapes
        sizes o, c/g, k₁, …, lengths n₁, …  →  three ints
    Settings
        those of `conv`
    Errors
        those of `conv_matrix`
        TypeError    the sizes are no ints, or not a list
    Laws
        a weight is free if it touches the inputs, in some place of its kernel

    >>> conv_redundancy((1, 1, 3, 3), (8, 8), padding=1)
    Redundancy(entries=4096, filled=484, free=9)
    >>> conv_redundancy((1, 1, 5), (1,), padding=2)
    Redundancy(entries=1, filled=1, free=1)
    """
    sizes = per_axis(sizes, length_of(sizes, "sizes"), "sizes")
    kernels = reshape(range(1, prod(sizes) + 1), shape=sizes)
    entries = [*leaves(conv_matrix(kernels, lengths, **settings))]
    filled = [weight for weight in entries if weight]
    return Redundancy(len(entries), len(filled), len({*filled}))
