"""Contests of networks: the digits, forth and back, beside others; and what an import takes."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import sumprod
from typing import Any, Final

from funcnn.algebra.bounds import bound
from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.folds import zipped
from funcnn.algebra.trees import tree_map
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.linears import dense, linear
from funcnn.blocks.quantized_linears import quantized_dense, quantized_linear
from funcnn.blocks.quantized_networks import quantized_inputs, quantized_network
from funcnn.calculus import optimizers, pullbacks
from funcnn.calculus.batches import Batch
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.states import State
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.fast import optimizers as fast_optimizers
from funcnn.fast.batching import vmap
from funcnn.fast.gradients import value_and_grad
from funcnn.terminal.models import Matrices, network_of
from funcnn.terminal.three_ways import by_fold
from funcnn.terminal.timing import Contest, Contestant, Figure, Peers, taking_part

RATE: Final = 2.0**-7
"""Of the steps in training: a power of two, so that they round nothing."""
FEW: Final = 4
"""The digits that are enough for micrograd, and for a certificate."""

PIXEL: Final = Fraction(1, 16)
"""What the pixels of digits are multiples of."""


def definition(count: int, peers: Peers) -> Contest:
    """The network that ships, by its definition, as loops, and over all digits at once."""
    images, weights = split_digits().held_out.images[:count], digit_weights()
    network = vmap(network_of(weights))
    by_definition, by_sumprod = by_fold(images, weights), bare(images, weights)
    certificates = by_fold(*tree_map(bound, (images[:FEW], weights)))

    def is_right(outputs: list[list[float]]) -> bool:
        return outputs == by_sumprod and all(
            radius.admits(y)
            for radii, ys in zip(certificates, outputs)
            for radius, y in zipped(radii, ys)
        )

    contestants = {
        "definition": Contestant(lambda: by_fold(images, weights), by_definition.__eq__, count),
        "for loops": Contestant(lambda: loops(images, weights), by_definition.__eq__, count),
        "vmap": Contestant(lambda: network(images, weights), is_right, count),
        "sumprod alone": Contestant(lambda: bare(images, weights), is_right, count),
    }
    figures = [
        Figure("definition", "for loops", "≤ 2"),
        Figure("definition", "vmap", "≥ 4"),
        Figure("vmap", "sumprod alone", "≤ 1.25"),
    ]
    return Contest(f"the outputs for {count} digits", "digit", contestants, figures)


def digits(count: int, peers: Peers) -> Contest:
    """The classes that the network that ships gives to digits, and those that it gives in int8.

    In int8 it is another network: each is held to its own definition. A digit's pixels are whole
    sixteenths, and so its inputs.
    """
    (training_images, _), (images, _) = split_digits()
    images, weights = images[:count], digit_weights()
    network = vmap(network_of(weights))
    truth = [*map(class_of, by_fold(images, weights))]

    def micrograd(module: Any) -> Contestant:
        peer, few = in_micrograd(module, weights, relu_last=True), images[:FEW]
        return Contestant(
            lambda: [class_of([value.data for value in peer(image)]) for image in few],
            truth[:FEW].__eq__,
            len(few),
        )

    quantized, (scale, *_) = quantized_network(weights, training_images, PIXEL)
    int8_images = [quantized_inputs(image, scale) for image in images]
    int8_network = serial(*[layer(quantized_dense)] * len(weights[1:]), layer(quantized_linear))
    int8_truth = [class_of(int8_network(image, quantized)) for image in int8_images]

    contestants = {
        "float": Contestant(
            lambda: [*map(class_of, network(images, weights))], truth.__eq__, count
        ),
        "int8": Contestant(
            lambda: [*map(class_of, vmap(int8_network)(int8_images, quantized))],
            int8_truth.__eq__,
            count,
        ),
    }
    figures = [
        Figure("float", "int8", "≥ 5"),
        Figure("micrograd", "float", "≥ 250"),
        Figure("micrograd", "int8", "≥ 1,500"),
    ]
    contestants |= taking_part(peers, {"micrograd": micrograd})
    return Contest(f"the classes of {count} digits", "digit", contestants, figures)


def class_of(outputs: list[Any]) -> int:
    """The place of the largest output.

    >>> class_of([1.0, 3.0, 2.0])
    1
    """
    return outputs.index(max(outputs))


def fractions(count: int, peers: Peers) -> Contest:
    """The network that ships, over numbers that round nothing."""
    model = split_digits().held_out.images[:count], digit_weights()
    truth = by_fold(*tree_map(Fraction, model))

    def over(number: Callable[[Any], Any]) -> Contestant:
        images, weights = tree_map(number, model)
        return Contestant(lambda: by_fold(images, weights), tree_map(number, truth).__eq__, count)

    contestants = {"Dyadic": over(dyadic), "Fraction": over(Fraction)}
    figures = [Figure("Fraction", "Dyadic", "> 1")]
    return Contest(f"the exact outputs for {count} digits", "digit", contestants, figures)


def training(count: int, peers: Peers) -> Contest:
    """A step of gradient descent on a batch of digits, forth, back and update: 64 → 32, relu → 10.

    The weights are multiples of 1/16 and so are the pixels. So a first step rounds nothing as long
    as the batch is a power of two, and all contestants' are equal. Ours has no biases; micrograd's
    stay 0, 42 additions to 2,368 multiplications. An example's graph is 40,000 objects to
    micrograd, and a garbage collector that is on goes over all of them again and again.
    """
    images, labels = split_digits().training
    targets = [[float(label == k) for k in range(10)] for label in labels[:count]]
    batch = Batch(images[:count], targets)
    start = tree_map(lambda w: round(16 * w) / 16, [he_normal(1, 32, 64), he_normal(2, 10, 32)])
    network, loss = serial(layer(dense), layer(linear)), layer(squared_error)

    def step(rule: Callable[..., Any], sgd: Callable[..., State]) -> tuple[float, Matrices]:
        value, gradient = rule(network, loss, start, *batch)
        return value, sgd(Sgd(RATE), State(start), gradient).weights

    first = step(pullbacks.value_and_grad, optimizers.sgd)

    def micrograd(module: Any) -> Contestant:
        peer = in_micrograd(module, start, relu_last=False)
        return Contestant(lambda: micrograd_step(peer, batch), first.__eq__, count)

    ours = Contestant(lambda: step(value_and_grad, fast_optimizers.sgd), first.__eq__, count)
    contestants = {"funcnn": ours} | taking_part(peers, {"micrograd": micrograd})
    figures = [Figure("micrograd", "funcnn", "≥ 100")]
    return Contest(f"a training step on {count} digits", "digit", contestants, figures)


def starting(count: int, peers: Peers) -> Contest:
    """Starting Python to import funcnn, beside starting it for nothing."""

    def starts(program: str) -> Contestant:
        return Contestant(
            lambda: sum(child_seconds(program) for _ in range(count)),
            lambda seconds: bool(seconds > 0),
            count,
            watch=lambda run: run(),
        )

    contestants = {"import funcnn": starts("import funcnn"), "pass": starts("pass")}
    name = "import funcnn − pass, ms"
    figure = Figure("import funcnn", "pass", "≤ 120", name, milliseconds_more)
    return Contest("starting Python", "start", contestants, [figure])


def milliseconds_more(one: float, other: float) -> float:
    """How much longer than the other the one takes, of seconds.

    >>> milliseconds_more(0.75, 0.5)
    250.0
    """
    return 1e3 * (one - other)


def child_seconds(program: str) -> float:
    """The processor time of a Python that runs a program.

    >>> child_seconds("pass") > 0
    True
    """
    source = f"{program}; from time import process_time; print(process_time())"
    words = [sys.executable, "-c", source]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def loops(images: Sequence[Sequence[float]], weights: Matrices) -> list[list[float]]:
    """A network of dense layers on each image, as one writes it first.

    >>> loops([[1.0, 2.0]], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])
    [[2.0]]
    """
    results = []
    for image in images:
        inputs = [*image]
        for matrix in weights:
            outputs = []
            for row in matrix:
                weighted_sum = 0.0
                for x, weight in zip(inputs, row):
                    weighted_sum += x * weight
                outputs.append(weighted_sum if weighted_sum > 0.0 else 0.0)
            inputs = outputs
        results.append(inputs)
    return results


def bare(images: Sequence[Sequence[float]], weights: Matrices) -> list[list[float]]:
    """A network of dense layers on all images, by sumprod, with no checks.

    >>> bare([[1.0, 2.0]], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])
    [[2.0]]
    """
    xs = [[*image] for image in images]
    for matrix in weights:
        xs = [[y if (y := sumprod(x, row)) > 0.0 else 0.0 for row in matrix] for x in xs]
    return xs


def in_micrograd(nn: Any, weights: Matrices, relu_last: bool) -> Any:
    """micrograd's network of these weights, with relu after each layer but perhaps the last."""
    network = nn.MLP(len(weights[0][0]), [len(matrix) for matrix in weights])
    for part, matrix in zipped(network.layers, weights):
        for neuron, row in zipped(part.neurons, matrix):
            neuron.nonlin = neuron.nonlin or relu_last
            neuron.w = [nn.Value(weight) for weight in row]
    return network


def micrograd_step(network: Any, batch: Batch) -> tuple[float, Matrices]:
    """micrograd's step on a batch: the mean loss before it, and the weights after it."""
    losses = [
        sum((y - t) ** 2 for y, t in zipped(network(x), target)) for x, target in zipped(*batch)
    ]
    loss = sum(losses) * (1 / len(losses))
    network.zero_grad()
    loss.backward()
    weights = [[neuron.w for neuron in part.neurons] for part in network.layers]
    return loss.data, tree_map(lambda weight: weight.data - RATE * weight.grad, weights)
