"""Costs: what a network costs, told from the forms of its inputs and weights.

>>> from funcnn.blocks.image_models import convnext
>>> model = convnext()
>>> cost = cost_of(model.network, model.inputs, model.weights)
>>> f"{cost.parameters:,} parameters, {cost.multiply_adds / 1e9:.2f} billion multiply-adds"
'28,589,128 parameters, 4.46 billion multiply-adds'
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import add
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import foldl, int_of, map_accum_l, pair_of, zipped
from funcnn.algebra.formats import Format
from funcnn.algebra.quantization import IntegerFormat
from funcnn.algebra.trees import Tree
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
    at_layer,
    no_network,
    placed,
)
from funcnn.blocks.encoder_decoders import attentive_step, stacked_step
from funcnn.blocks.forms import Form, item
from funcnn.blocks.shape_inference import output_form
from funcnn.blocks.shapes import parameters
from funcnn.diagnostics import operation_counts, sequence_counts
from funcnn.diagnostics.operation_counts import Count, Work, steps


@dataclass(frozen=True, slots=True)
class Cost:
    """What a network costs, for one example.

    Units
        multiply_adds and others: operations; parameters and activations: numbers
    """

    multiply_adds: int
    """The terms of all sums of products: what of it is matrix products."""
    others: int
    """All other operations."""
    parameters: int
    activations: int
    """The numbers that its layers put out, which reverse mode keeps."""

    @property
    def linear_share(self) -> Fraction:
        """The share of operations that are in matrix products: two for each multiply-add.

        >>> Cost(multiply_adds=6, others=4, parameters=6, activations=2).linear_share
        Fraction(3, 4)
        """
        return Fraction(2 * self.multiply_adds, max(1, 2 * self.multiply_adds + self.others))

    @property
    def training_multiply_adds(self) -> int:
        """The multiply-adds of the outputs and of both cotangents: each product has two factors.

        Maths
            y = W·x, x̄ = Wᵀ·ȳ, W̄ = ȳ·xᵀ
        Source
            J. Kaplan et al., "Scaling Laws for Neural Language Models", arXiv:2001.08361 (2020):
            6 operations for each parameter and token

        >>> Cost(multiply_adds=6, others=4, parameters=6, activations=2).training_multiply_adds
        18
        """
        return 3 * self.multiply_adds


def cost_of(network: Network, inputs: Tree, weights: Tree) -> Cost:
    """What a network costs for one example, from the forms of its inputs and weights.

    Of what depends on more than forms it is the most: what a mask alone hides counts as seen, and
    what a dropout may leave out as kept.

    Errors
        ValueError   the forms do not fit
        TypeError    a definition has no rule
    Laws
        the multiply-adds and the others are those of the network run on numbers that count
    Source
        V. Sze, Y.-H. Chen, T.-J. Yang, J. Emer, "Efficient Processing of Deep Neural Networks: A
        Tutorial and Survey", Proc. IEEE 105 (2017)

    >>> from funcnn.blocks.models import perceptron
    >>> model = perceptron((784, 128, 10))
    >>> cost_of(model.network, model.inputs, model.weights)
    Cost(multiply_adds=101632, others=138, parameters=101632, activations=138)
    """
    work = work_of(network, inputs, weights)
    return Cost(work.multiply_adds, work.others, parameters(weights), work.outputs)


def work_of(network: Network, inputs: Tree, weights: Tree) -> Work:
    """The work of a network and of all its parts, from the forms of its inputs and weights.

    Errors
        those of `cost_of`

    >>> from funcnn.blocks.combinators import each, layer
    >>> from funcnn.blocks.linears import linear
    >>> work_of(each(layer(linear)), Form((5, 3)), Form((2, 3)))
    Work(multiply_adds=30, others=0, outputs=10)
    """
    match network:
        case Layer(definition, settings):
            outputs = output_form(network, inputs, weights)
            work = _rule(definition)(inputs, weights, outputs, **dict(settings))
            return work + Work(outputs=parameters(outputs))
        case Elementwise(function, settings):
            size = parameters(inputs)
            return Work(0, size * steps(function, **dict(settings)), size)
        case Serial(layers):
            steps_forth = enumerate(zipped(layers, weights, ("layers", "weights")))
            return _sum(map_accum_l(_at_layer, inputs, steps_forth)[1])
        case Each(inner):
            return _length(inputs) * work_of(inner, item(inputs), weights)
        case Scan(cell):
            state, xs = pair_of(inputs, "inputs (state, sequence)")
            return _sum(_scanned(cell, state, [item(xs)] * _length(xs), weights))
        case Parallel(networks):
            parts = [*zipped(networks, weights, ("networks", "weights"))]
            pairs = zipped(parts, inputs, ("networks", "inputs"))
            return _sum([work_of(inner, x, w) for (inner, w), x in pairs])
        case Branch(networks):
            return work_of(Parallel(networks), (inputs,) * len(networks), weights)
        case Tied(inner, places):
            return work_of(inner, inputs, placed(weights, places))
        case _:
            raise no_network(network)


def _onward(network: Network, inputs: Tree, weights: Tree) -> tuple[Tree, Work]:
    """the form of the outputs, for the layer that comes next, and the work"""
    return output_form(network, inputs, weights), work_of(network, inputs, weights)


def _at_layer(inputs: Tree, step: tuple[int, tuple[Network, Tree]]) -> tuple[Tree, Work]:
    return at_layer(_onward, step, inputs)


def _sum(works: Iterable[Work]) -> Work:
    return foldl(add, Work(), works)


def _length(sequence: Tree) -> int:
    return len(sequence) if isinstance(sequence, list) else sequence.lengths[0]


def _scanned(cell: Network, state: Tree, xs: Sequence[Tree], weights: Tree) -> list[Work]:
    """the work of each step; a state may grow, as a cache does"""

    def step(state: Tree, x: Tree) -> tuple[Tree, Work]:
        (after, _), work = _onward(cell, (state, x), weights)
        return after, work

    return map_accum_l(step, state, xs)[1]


def _rule(definition: Callable[..., Any]) -> Count:
    if definition in COUNTS:
        return COUNTS[definition]
    name = getattr(definition, "__name__", repr(definition))
    raise TypeError(f"no cost for {name}: give it one in funcnn.diagnostics.costs.COUNTS")


def _stacked_step(
    inputs: Tree, weights: Sequence[Tree], outputs: Tree, *, cells: Sequence[Network]
) -> Work:
    states, x = inputs

    def climb(y: Tree, step: tuple[Network, Tree, Tree]) -> tuple[Tree, Work]:
        cell, state, of_cell = step
        (_, y), work = _onward(cell, (state, y), of_cell)
        return y, work

    return _inner(map_accum_l(climb, x, zip(cells, states, weights, strict=True))[1])


def _attentive_step(
    inputs: Tree, weights: Sequence[Tree], outputs: Tree, *, attention: Network, cell: Network
) -> Work:
    (state, memory), x = inputs
    hidden = state if isinstance(state, Form) else state[0]
    context, reading = _onward(attention, (hidden, memory), weights[0])
    seen = Form((x.size + context.size,))
    return _inner([reading, work_of(cell, (state, seen), weights[1])])


def _inner(works: Iterable[Work]) -> Work:
    """the work inside of a layer, which alone puts out numbers"""
    work = _sum(works)
    return Work(work.multiply_adds, work.others)


COUNTS: Final[dict[Callable[..., Any], Count]] = {
    **operation_counts.COUNTS,
    **sequence_counts.COUNTS,
    stacked_step: _stacked_step,
    attentive_step: _attentive_step,
}
"""From a definition to its rule."""


def bytes_of(numbers: int, number_format: Format | IntegerFormat) -> int:
    """The bytes that so many numbers of a format take, side by side.

    Errors
        ValueError   there are fewer than no numbers

    >>> from funcnn.algebra.formats import bfloat16, binary32
    >>> from funcnn.algebra.quantization import int8
    >>> [bytes_of(4192, kind) for kind in (binary32, bfloat16, int8)]
    [16768, 8384, 4192]
    """
    return -(-int_of(numbers, "numbers", 0) * number_format.bits // 8)


class Product(NamedTuple):
    """A product of matrices, m×k by k×n."""

    name: str
    m: int
    k: int
    n: int

    @property
    def multiply_adds(self) -> int:
        """One for each row, column and term.

        >>> Product("outputs", 2, 3, 4).multiply_adds
        24
        """
        return self.m * self.k * self.n


def training_products(outputs: int, inputs: int, batch: int) -> tuple[Product, Product, Product]:
    """The three products of a linear layer in a training step: as many multiply-adds in each.

    Maths
        Y = X·Wᵀ, X̄ = Ȳ·W, W̄ = Ȳᵀ·X                an example a row
    Errors
        ValueError   a size is less than 1

    >>> for product in training_products(outputs=10, inputs=64, batch=32):
    ...     print(*product)
    outputs 32 64 10
    cotangent of the inputs 32 10 64
    cotangent of the weights 10 32 64
    """
    for name, size in (("outputs", outputs), ("inputs", inputs), ("batch", batch)):
        int_of(size, name, 1)
    return (
        Product("outputs", batch, inputs, outputs),
        Product("cotangent of the inputs", batch, outputs, inputs),
        Product("cotangent of the weights", outputs, batch, inputs),
    )
