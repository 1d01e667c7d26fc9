"""Contests of representations: weights of one kind, kept in a way of their own."""

from collections.abc import Sequence
from math import sumprod

from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import normal, split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, matvec
from funcnn.blocks.combinators import layer
from funcnn.blocks.convolutions import conv2d
from funcnn.blocks.linears import linear
from funcnn.fast.batching import vmap
from funcnn.fast.bits import to_sign_vector, to_signs
from funcnn.fast.sparse import to_sparse
from funcnn.terminal.contests import UNIT, are_admitted, float32_values, int8_values, products
from funcnn.terminal.timing import Contest, Contestant, Figure, Peers


def signs(size: int, peers: Peers) -> Contest:
    """The product of a matrix of ±1, 256 rows, and a vector of ±1."""
    rows = [[1 - 2 * (draw < 0.5) for draw in uniform(key, size)] for key in split(4, 257)]
    vector, *matrix = rows
    packed, packed_vector = to_signs(matrix), to_sign_vector(vector)
    floats, ones = tree_map(float, (matrix, vector))
    truth = matvec(matrix, vector)
    contestants = {
        "funcnn": Contestant(lambda: matvec(packed, packed_vector), truth.__eq__, 256 * size),
        "funcnn, list": Contestant(lambda: matvec(packed, vector), truth.__eq__, 256 * size),
        "sumprod": Contestant(
            lambda: [sumprod(row, ones) for row in floats], truth.__eq__, 256 * size
        ),
    }
    figures = [Figure("sumprod", "funcnn", "≥ 100"), Figure("sumprod", "funcnn, list")]
    return Contest(f"±1 weights times ±1, 256×{size}", UNIT, contestants, figures)


def sparse(size: int, peers: Peers) -> Contest:
    """The product of a matrix of floats, nine in ten of them 0, and a vector."""
    matrix, [vector] = mostly_zeros(5, size), float32_values(6, size)[:1]
    packed = to_sparse(matrix)

    def is_right(product: list[float]) -> bool:
        return are_admitted(matrix, [vector], [[entry] for entry in product])

    contestants = {
        "funcnn": Contestant(lambda: matvec(packed, vector), is_right, size**2),
        "sumprod": Contestant(lambda: [sumprod(row, vector) for row in matrix], is_right, size**2),
    }
    title = f"weights 90 % zeros times a vector, {size}×{size}"
    return Contest(title, UNIT, contestants, [Figure("sumprod", "funcnn", "≥ 3.5")])


def sparse_batch(size: int, peers: Peers) -> Contest:
    """The product of such a matrix and each of 64 vectors."""
    matrix, batch = mostly_zeros(5, size), float32_values(6, size)[:64]
    network, packed = vmap(layer(linear)), to_sparse(matrix)

    def is_right(product: Matrix[float]) -> bool:
        return are_admitted(batch, matrix, product)

    contestants = {
        "funcnn": Contestant(lambda: network(batch, packed), is_right, len(batch) * size**2),
        "sumprod": Contestant(
            lambda: products(batch, matrix, sumprod), is_right, len(batch) * size**2
        ),
    }
    title = f"the same times a batch of {len(batch)}, {size}×{size}"
    return Contest(title, UNIT, contestants, [Figure("sumprod", "funcnn", "≥ 5")])


def convolution(size: int, peers: Peers) -> Contest:
    """The convolution of an image of 8 channels with 16 kernels 3×3, all ints of 8 bits."""
    image = [int8_values(key, size) for key in split(7, 8)]
    kernels = [[int8_values(key, 3) for key in split(channel, 8)] for channel in split(8, 16)]
    network, truth = vmap(layer(conv2d, padding=1)), conv2d(image, kernels, padding=1)
    floats, weights = tree_map(float, (image, kernels))
    work = 9 * len(image) * len(kernels) * size**2
    contestants = {
        "funcnn": Contestant(lambda: network([image], kernels), [truth].__eq__, work),
        "sumprod": Contestant(lambda: by_patches(floats, weights), truth.__eq__, work),
    }
    title = f"3×3 int8 convolution, 8 → 16 channels, {size}×{size}"
    return Contest(title, UNIT, contestants, [Figure("sumprod", "funcnn", "≥ 5")])


def by_patches(
    image: Sequence[Matrix[float]], kernels: Sequence[Sequence[Matrix[float]]]
) -> list[list[list[float]]]:
    """The convolution with kernels 3×3, zeros around the image: sumprod of each with each patch.

    >>> by_patches([[[1.0, 2.0]]], [[[[0.0] * 3, [1.0, 0.0, 2.0], [0.0] * 3]]])
    [[[4.0, 1.0]]]
    """
    edge = [0.0] * (len(image[0][0]) + 2)
    padded = [[edge, *([0.0, *row, 0.0] for row in channel), edge] for channel in image]
    patches = [
        [
            [x for channel in padded for row in channel[i : i + 3] for x in row[j : j + 3]]
            for j in range(len(image[0][0]))
        ]
        for i in range(len(image[0]))
    ]
    flat = [[w for channel in kernel for row in channel for w in row] for kernel in kernels]
    return [[[sumprod(kernel, patch) for patch in row] for row in patches] for kernel in flat]


def mostly_zeros(key: int, size: int) -> list[list[float]]:
    """A square matrix of normal draws, of which nine in ten are 0."""
    return [
        [x if u < 0.1 else 0.0 for x, u in zipped(normal(one, size), uniform(two, size))]
        for one, two in map(split, split(key, size))
    ]
