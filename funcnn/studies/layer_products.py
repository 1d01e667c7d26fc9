"""Layer products: the matrix products that a network is made of, told from forms, done alone."""

from collections.abc import Callable, Sequence
from itertools import chain
from math import prod
from typing import Any, Final

from funcnn.algebra.folds import map_accum_l, zipped
from funcnn.algebra.keys import fold_in, normal
from funcnn.algebra.trees import Tree
from funcnn.algebra.vectors import Matrix
from funcnn.blocks.combinators import (
    Branch,
    Each,
    Elementwise,
    Layer,
    Network,
    Parallel,
    Scan,
    Serial,
    Tied,
    no_network,
    placed,
)
from funcnn.blocks.convolutions import conv2d
from funcnn.blocks.forms import Form, item
from funcnn.blocks.gates import swiglu
from funcnn.blocks.graphs import gcn
from funcnn.blocks.heads import heads_of_keys, self_attention
from funcnn.blocks.layouts import reshape
from funcnn.blocks.linears import affine, dense, linear
from funcnn.blocks.masks import visible_keys
from funcnn.blocks.recurrence import gru_step
from funcnn.blocks.shape_inference import output_form
from funcnn.diagnostics.costs import Product


def products(network: Network, inputs: Tree, weights: Tree, batch: int = 1) -> list[Product]:
    """The matrix products of a network for a batch, from the forms of inputs and weights.

    Errors
        TypeError    it is no network
    Laws
        the sum of their multiply_adds == batch · cost_of(network, inputs, weights).multiply_adds

    >>> from funcnn.blocks.models import perceptron
    >>> model = perceptron((784, 128, 10))
    >>> for product in products(model.network, model.inputs, model.weights, batch=32):
    ...     print(*product)
    dense 32 784 128
    dense 32 128 10
    """
    match network:
        case Layer(definition, settings):
            return _rule(definition)(inputs, weights, batch, **dict(settings))
        case Elementwise():
            return []
        case Serial(layers):
            return _serial(layers, inputs, weights, batch)
        case Each(inner):
            return products(inner, item(inputs), weights, batch * inputs.lengths[0])
        case Scan(cell):
            state, xs = inputs
            step = products(cell, (state, item(xs)), weights, batch)
            return step * int(xs.lengths[0])
        case Parallel(networks):
            parts = zip(networks, inputs, weights, strict=True)
            return [*chain.from_iterable(products(*part, batch) for part in parts)]
        case Branch(networks):
            return products(Parallel(networks), (inputs,) * len(networks), weights, batch)
        case Tied(inner, places):
            return products(inner, inputs, placed(weights, places), batch)
        case _:
            raise no_network(network)


def _rule(definition: Callable[..., Any]) -> Callable[..., list[Product]]:
    return PRODUCTS.get(definition, lambda *forms, **settings: [])


def _serial(
    layers: Sequence[Network], inputs: Tree, weights: Sequence[Tree], batch: int
) -> list[Product]:
    def onward(x: Tree, step: tuple[Network, Tree]) -> tuple[Tree, list[Product]]:
        return output_form(step[0], x, step[1]), products(step[0], x, step[1], batch)

    return [*chain.from_iterable(map_accum_l(onward, inputs, zipped(layers, weights))[1])]


def _project(name: str, weights: Tree, rows: int) -> Product:
    """so many vectors by one matrix"""
    matrix = weights[0] if isinstance(weights, tuple) else weights
    height, width = matrix.lengths
    return Product(name, rows, width, height)


def _linear(name: str) -> Callable[..., list[Product]]:
    return lambda inputs, weights, batch: [_project(name, weights, batch)]


def _conv2d(inputs: Form, weights: Form, batch: int, **settings: Any) -> list[Product]:
    """for each group of channels, what is seen at all places by the group's kernels"""
    outputs = output_form(Layer(conv2d, tuple(settings.items())), inputs, weights)
    groups, places = settings.get("groups", 1), prod(outputs.lengths[1:])
    kernels, size = weights.lengths[0] // groups, prod(weights.lengths[1:])
    return [Product("conv2d", batch * places, size, kernels)] * groups


def _self_attention(
    inputs: Form,
    weights: Sequence[Tree],
    batch: int,
    *,
    heads: int,
    key_value_heads: int | None = None,
    rotary: Any = None,
    **seeing: Any,
) -> list[Product]:
    """the projections; and of each example, head and query, its keys and then its values"""
    rows = inputs.lengths[0]
    projections = [_project("projection", part, batch * rows) for part in weights]
    shared = heads_of_keys(heads, key_value_heads)
    widths = [projections[1].n // shared, projections[2].n // shared]
    seen = [*map(len, visible_keys(rows, rows, **seeing))]
    read = [
        product
        for keys in seen
        for product in (Product("keys", 1, widths[0], keys), Product("values", 1, keys, widths[1]))
    ]
    return [*projections, *read * (batch * heads)]


def _gru_step(inputs: Tree, weights: Sequence[Tree], batch: int, **settings: Any) -> list[Product]:
    return [_project("gru_step", part, batch) for part in weights]


def _swiglu(inputs: Tree, weights: Sequence[Tree], batch: int) -> list[Product]:
    return [_project("swiglu", part, batch) for part in weights]


def _gcn(inputs: Sequence[Form], weights: Tree, batch: int) -> list[Product]:
    """as if each node had as many neighbors: as many products as there are, and no more"""
    (count, width), edges = inputs[0].lengths, inputs[1].lengths[0]
    neighbors, more = divmod(edges + count, count)
    sizes = [neighbors + 1] * more + [neighbors] * (count - more)
    read = [Product("neighbors", 1, size, width) for size in sizes]
    return [*read * batch, _project("gcn", weights, batch * count)]


PRODUCTS: Final[dict[Callable[..., Any], Callable[..., list[Product]]]] = {
    linear: _linear("linear"),
    affine: _linear("affine"),
    dense: _linear("dense"),
    conv2d: _conv2d,
    self_attention: _self_attention,
    gru_step: _gru_step,
    swiglu: _swiglu,
    gcn: _gcn,
}
"""From a definition to its products."""

type Factors = tuple[Matrix[float], Matrix[float]]


def factors(key: int, parts: Sequence[Product]) -> list[Factors]:
    """Matrices m×k and n×k for each product, drawn from a key; those of one form are the same.

    >>> [(left, right)] = factors(0, [Product("linear", 2, 3, 1)])
    >>> len(left), len(left[0]), len(right)
    (2, 3, 1)
    """
    forms = {(m, k, n) for _, m, k, n in parts}
    drawn = {
        (m, k, n): (_matrix(fold_in(key, 2 * i), m, k), _matrix(fold_in(key, 2 * i + 1), n, k))
        for i, (m, k, n) in enumerate(sorted(forms))
    }
    return [drawn[m, k, n] for _, m, k, n in parts]


def _matrix(key: int, rows: int, columns: int) -> Matrix[float]:
    matrix: Matrix[float] = reshape(normal(key, rows * columns), shape=(rows, columns))
    return matrix
