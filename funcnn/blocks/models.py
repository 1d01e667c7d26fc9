"""Models: networks with the forms of their weights, and how greater ones are wired from smaller.

Since the weights are forms, hundreds of millions are counted without one being there;
`initial_weights` draws them. `funcnn spec lenet` shows how a model is wired.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.trees import Tree
from funcnn.blocks.combinators import Network, each, elementwise, layer, residual, serial
from funcnn.blocks.convolutions import channel_bias, conv2d, per_group
from funcnn.blocks.forms import form
from funcnn.blocks.linears import AffineWeights, affine, dense, linear
from funcnn.blocks.norms import NormWeights, layer_norm


@dataclass(frozen=True, slots=True)
class Model:
    """A network, the forms of its weights, and the form of an input that it is made for."""

    network: Network
    weights: Tree = ()
    inputs: Tree = ()


def in_series(*models: Model, inputs: Tree = ()) -> Model:
    """Models one after another.

    >>> in_series(project_to(3, 2), activation(relu)).weights
    [AffineWeights(matrix=Form(lengths=(3, 2), ...), bias=Form(lengths=(3,), ...)), ()]
    """
    network = serial(*(model.network for model in models))
    return Model(network, [model.weights for model in models], inputs)


def residually(model: Model) -> Model:
    """A model whose outputs are added to its inputs: `residual`, with its weights.

    >>> residually(activation(relu)).weights
    [[[], ()], ()]
    """
    return Model(residual(model.network), [[[], model.weights], ()], model.inputs)


def at_each(model: Model) -> Model:
    """A model on each of a sequence: `each`, with its weights.

    >>> at_each(activation(relu)).network == each(elementwise(relu))
    True
    """
    return replace(model, network=each(model.network))


def activation(function: Callable[..., Any], **settings: Any) -> Model:
    """A function of one number on all of them, as a model; its settings are the function's own.

    >>> activation(relu)
    Model(network=Elementwise(function=<function relu ...>, settings=()), weights=(), inputs=())
    """
    return Model(elementwise(function, **settings))


def project_to(outputs: int, inputs: int, *, bias: bool = True) -> Model:
    """An affine layer, or a linear one without a bias, as a model.

    >>> project_to(3, 2, bias=False).weights
    Form(lengths=(3, 2), fill='normal')
    """
    matrix = form(outputs, inputs)
    if not bias:
        return Model(layer(linear), matrix)
    return Model(layer(affine), AffineWeights(matrix, form(outputs, fill="zeros")))


def convolve(
    outputs: int, inputs: int, size: int, *, bias: bool = True, **settings: Any
) -> list[Model]:
    """A convolution of an image, then a bias for each channel if there is one, as models.

    Settings
        bias   whether there is one
        those of `conv2d`
    Errors
        ValueError   the groups do not divide the channels, the inputs, or the kernels, the outputs

    >>> [str(model.weights) for model in convolve(8, 4, 3, groups=2)]
    ['8×2×3×3', '8']
    >>> convolve(8, 5, 3, groups=2)
    Traceback (most recent call last):
    ValueError: 2 groups do not divide 5 channels
    """
    groups = settings.get("groups", 1)
    per_group(outputs, groups, "kernels")
    kernels = form(outputs, per_group(inputs, groups, "channels"), size, size)
    convolution = Model(layer(conv2d, **settings), kernels)
    biases = [Model(layer(channel_bias), form(outputs, fill="zeros"))]
    return [convolution, *(biases if bias else [])]


def normalize(width: int, **settings: Any) -> Model:
    """A layer norm of a vector, as a model; its settings are those of `layer_norm`.

    >>> normalize(8).weights.scale
    Form(lengths=(8,), fill='ones')
    """
    weights = NormWeights(form(width, fill="ones"), form(width, fill="zeros"))
    return Model(layer(layer_norm, **settings), weights)


def perceptron(sizes: Sequence[int] = (784, 128, 10)) -> Model:
    """The sketch: `dense` folded over matrices, each taking as many numbers as the last gives.

    Errors
        ValueError   there is no size
    Source
        F. Rosenblatt, "The Perceptron: A Probabilistic Model for Information Storage and
        Organization in the Brain", Psychological Review 65 (1958)

    >>> from funcnn.blocks.shapes import parameters, render
    >>> render(perceptron().network), parameters(perceptron().weights)
    ('dense >>> dense', 101632)
    """
    int_of(length_of(sizes, "sizes"), "the number of sizes", 1)
    layers = [Model(layer(dense), form(gives, takes)) for takes, gives in pairwise(sizes)]
    return in_series(*layers, inputs=form(sizes[0]))


def autoencoder(sizes: Sequence[int] = (784, 128, 32)) -> Model:
    """An encoder to ever fewer numbers, and a decoder that mirrors it.

    Errors
        ValueError   there are fewer than two sizes
    Source
        G. Hinton, R. Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks",
        Science 313 (2006)

    >>> from funcnn.blocks.shapes import render
    >>> render(autoencoder((4, 2)).network), render(autoencoder((4, 3, 2)).network)
    ('affine >>> relu >>> affine', 'affine >>> relu >>> affine >>> relu >>> affine >>> ...affine')
    """
    int_of(length_of(sizes, "sizes"), "the number of sizes", 2)
    mirrored = [*sizes, *sizes[-2::-1]]
    first, *others = [project_to(gives, takes) for takes, gives in pairwise(mirrored)]
    after = [model for other in others for model in (activation(relu), other)]
    return in_series(first, *after, inputs=form(sizes[0]))
