"""Shares of time: whether almost all the time of a network goes into matrix products."""

from collections.abc import Callable, Generator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from statistics import median
from typing import Any, Final, NamedTuple

from funcnn.algebra.keys import fold_in, normal, split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import transpose
from funcnn.blocks.combinators import Network, layer
from funcnn.blocks.forms import Form
from funcnn.blocks.image_models import convnext_block, lenet, resnet_block
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.layouts import reshape
from funcnn.blocks.linears import linear
from funcnn.blocks.models import Model, perceptron
from funcnn.blocks.sequence_models import (
    graph_network,
    llama,
    microgpt,
    recurrent_network,
    transformer_block,
)
from funcnn.calculus.losses import cross_entropy
from funcnn.diagnostics.costs import cost_of, training_products
from funcnn.fast import floats
from funcnn.fast.batching import vmap
from funcnn.fast.gradients import value_and_grad
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.layer_products import factors, products
from funcnn.studies.materials import within
from funcnn.studies.plots import Axis, Plot, Series
from funcnn.studies.timings import interleaved, ratio

ALMOST_ALL: Final = 0.9
"""The share from which on it is almost all."""

SIZES: Final = 64, 128, 10
"""Of the perceptron."""

TOKENS: Final = 27


def _numbers(key: int, form: Form) -> Any:
    return reshape(normal(key, form.size), shape=form.lengths)


def _tokens(key: int, form: Form) -> list[int]:
    return [int(TOKENS * draw) for draw in uniform(key, form.size)]


def _state_and_tokens(key: int, forms: tuple[Form, Form]) -> tuple[Any, list[int]]:
    return _numbers(key, forms[0]), _tokens(key, forms[1])


def _graph(key: int, forms: tuple[Form, Form]) -> tuple[Any, list[tuple[int, int]]]:
    """features, and edges between any two nodes"""
    nodes, edges = forms
    ends = [int(nodes.lengths[0] * draw) for draw in uniform(key, edges.size)]
    return _numbers(key, nodes), [*zip(ends[::2], ends[1::2], strict=True)]


class Subject(NamedTuple):
    """A model so small that it runs in milliseconds, and what draws an input of its form."""

    model: Model
    drawn: Callable[[int, Any], Any] = _numbers


SUBJECTS: Final[Mapping[str, Subject]] = {
    "perceptron": Subject(perceptron(SIZES)),
    "LeNet": Subject(lenet()),
    "ResNet": Subject(resnet_block(8, 16, 2, 8)),
    "ConvNeXt": Subject(convnext_block(16, 8)),
    "transformer 32": Subject(transformer_block(32, 4, 128)),
    "transformer 64": Subject(transformer_block(64, 4, 256)),
    "microgpt": Subject(microgpt(TOKENS), _tokens),
    "Llama": Subject(llama(TOKENS), _tokens),
    "GRU": Subject(recurrent_network(TOKENS), _state_and_tokens),
    "graph": Subject(graph_network(), _graph),
}


class Shares(NamedTuple):
    """Of a model, which share matrix products have: of operations, and of time."""

    name: str
    multiply_adds: int
    operations: Fraction
    fast: float
    """Over a batch at once."""
    defined: float
    """Of the definition, run on one example."""
    timed: int
    """The multiply-adds of an example in the products that are timed."""

    @property
    def others_by_products(self) -> float:
        """How long an operation outside of products takes, by one in them, over a batch.

        >>> Shares("one", 1, Fraction(3, 4), 0.5, 0.5, 1).others_by_products
        3.0
        """
        return float((1 - self.fast) / (1 - self.operations) / (self.fast / self.operations))


def _forms(model: Model) -> tuple[Network, Any, Any]:
    return model.network, model.inputs, model.weights


def _shares(name: str, key: int, batch: int, rounds: int) -> Generator[float, None, Shares]:
    (model, drawn), (of_weights, of_inputs, of_factors) = SUBJECTS[name], split(key, 3)
    weights, forms = initial_weights(of_weights, model.weights), _forms(model)
    xs = [drawn(fold_in(of_inputs, index), model.inputs) for index in range(batch)]
    parts, cost = products(*forms, batch), cost_of(*forms)
    many, alone = factors(of_factors, parts), factors(of_factors, products(*forms))
    seconds = yield from interleaved(
        {
            "network": lambda: vmap(model.network)(xs, weights),
            "products": lambda: [floats.linear(left, right) for left, right in many],
            "network, defined": lambda: model.network(xs[0], weights),
            "products, defined": lambda: [linear(x, w) for rows, w in alone for x in rows],
        },
        rounds,
    )
    return Shares(
        name,
        cost.multiply_adds,
        cost.linear_share,
        ratio(seconds["products"], seconds["network"]),
        ratio(seconds["products, defined"], seconds["network, defined"]),
        sum(part.multiply_adds for part in parts) // batch,
    )


class Step(NamedTuple):
    """How long a training step takes: a layer's products by its outputs', and a perceptron's."""

    inputs: float
    """The cotangents of the layer's inputs."""
    weights: float
    """The cotangent of its weights."""
    whole: float
    """The perceptron's loss and gradient, by its outputs."""
    told: Fraction
    """As many multiply-adds: its first inputs need no cotangents."""


def _step(key: int, batch: int, rounds: int) -> Generator[float, None, Step]:
    model, (first, _, last) = SUBJECTS["perceptron"].model, SIZES
    of_weights, of_inputs, of_bars = split(key, 3)
    weights = initial_weights(of_weights, model.weights)
    xs, bars = _rows(of_inputs, batch, first), _rows(of_bars, batch, len(weights[0]))
    labels, loss = [index % last for index in range(batch)], layer(cross_entropy)
    seconds = yield from interleaved(
        {
            "outputs": lambda: floats.linear(xs, weights[0]),
            "inputs": lambda: floats.matmul(bars, weights[0]),
            "weights": lambda: floats.matmul(transpose(bars), xs),
            "network": lambda: vmap(model.network)(xs, weights),
            "step": lambda: value_and_grad(model.network, loss, weights, xs, labels),
        },
        rounds,
    )
    cost = cost_of(*_forms(model))
    needed = cost.training_multiply_adds - model.weights[0].size
    return Step(
        ratio(seconds["inputs"], seconds["outputs"]),
        ratio(seconds["weights"], seconds["outputs"]),
        ratio(seconds["step"], seconds["network"]),
        Fraction(needed, cost.multiply_adds),
    )


def _rows(key: int, rows: int, columns: int) -> list[list[float]]:
    matrix: list[list[float]] = reshape(normal(key, rows * columns), shape=(rows, columns))
    return matrix


type PerExample = dict[int, tuple[float, float]]
"""By the batch, how long an example takes by one alone: of floats, and of int8."""


def _batches(key: int, batches: Sequence[int], rounds: int) -> Generator[float, None, PerExample]:
    """a layer's outputs, of batches of several sizes"""
    width, height = SIZES[:2]
    xs, weights = _rows(key, max(batches), width), _rows(key + 1, height, width)
    ints, others = (tree_map(lambda x: int(40 * x), matrix) for matrix in (xs, weights))
    runs = {
        (kind, batch): partial(floats.linear, inputs[:batch], matrix)
        for batch in batches
        for kind, inputs, matrix in (("floats", xs, weights), ("int8", ints, others))
    }
    seconds = yield from interleaved({f"{k} {b}": run for (k, b), run in runs.items()}, rounds)

    def per_example(kind: str, batch: int) -> float:
        return ratio(seconds[f"{kind} {batch}"], seconds[f"{kind} {batches[0]}"]) / batch

    return {batch: (per_example("floats", batch), per_example("int8", batch)) for batch in batches}


def decided(shares: Sequence[float]) -> Verdict:
    """The verdict, from the shares of time that matrix products have, model by model.

    >>> decided([0.95, 0.92]), decided([0.95, 0.6]), decided([0.4, 0.6])
    ('holds', 'holds with limits', 'false')
    """
    if min(shares) >= ALMOST_ALL:
        return "holds"
    return "holds with limits" if median(shares) > 0.5 else "false"


def experiment(
    *,
    key: int = 0,
    names: Sequence[str] = tuple(SUBJECTS),
    batch: int = 16,
    rounds: int = 7,
    batches: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
) -> Experiment:
    """Networks beside their matrix products alone; a training step's products; and batches.

    >>> next(experiment(names=["perceptron"], batch=1, rounds=1))
    0.1125
    """
    of_step, of_batches, *of_models = split(key, len(names) + 2)
    found = []
    for index, (name, own) in enumerate(zip(names, of_models, strict=True)):
        begin, end = (0.9 * place / len(names) for place in (index, index + 1))
        found.append((yield from within(_shares(name, own, batch, rounds), begin, end)))
    step = yield from within(_step(of_step, 32, rounds), 0.9, 0.95)
    by_batch = yield from within(_batches(of_batches, batches, rounds), 0.95, 1.0)
    return Finding(
        run=f"{len(found)} models timed beside their matrix products alone, over a batch of {batch}"
        f" and by their definitions on one example; {rounds} rounds, key {key}",
        figure=_span([one.fast for one in found]) + " of a model's time",
        verdict=decided([one.fast for one in found]),
        why=_why(found, step, by_batch),
        measurements=(
            *[measurement for one in found for measurement in _of_model(one)],
            *_of_step(step),
            *_of_batches(by_batch),
        ),
        plot=Plot(
            f"Matrix products are {_span([float(one.operations) for one in found])} of the"
            f" operations, but {_span([one.fast for one in found])} of the time",
            Axis("model", names=tuple(names)),
            Axis("share of matrix products", "%"),
            (
                _bars("operations", [float(one.operations) for one in found]),
                _bars("time, batch", [one.fast for one in found]),
                _bars("time, definition", [one.defined for one in found]),
            ),
        ),
    )


def _bars(label: str, shares: Sequence[float]) -> Series:
    return Series(label, [*enumerate(100 * share for share in shares)], "bars")


def _span(shares: Sequence[float]) -> str:
    return f"{min(shares):.0%} to {max(shares):.0%}"


def _why(found: Sequence[Shares], step: Step, by_batch: PerExample) -> str:
    whole = [one.name for one in found if one.fast >= ALMOST_ALL]
    least, slower = min(found, key=lambda one: one.fast), [one.others_by_products for one in found]
    (last, (of_floats, of_ints)) = [*by_batch.items()][-1]
    return (
        f"Matrix products are {_span([float(one.operations) for one in found])} of the operations,"
        f" but only {_span([one.fast for one in found])} of the time over a batch, which is what"
        f" the verdict goes by, and {_span([one.defined for one in found])} of the time of the"
        f" definitions. Over a batch they are {ALMOST_ALL:.0%} or more in"
        f" {' and '.join(whole) or 'no model'} and least in {least.name}. The reason: in plain"
        f" Python an operation outside of them takes {min(slower):.1f} to {max(slower):.0f} times"
        f" as long as one in them; other hardware was not measured. A training step of the"
        f" perceptron takes {step.whole:.1f} times as long as its outputs, with {step.told:.2f}"
        f" times the multiply-adds. In a batch of {last}, an example takes {of_floats:.0%} of the"
        f" time that it takes alone in floats, and {of_ints:.0%} in int8."
    )


def _of_model(one: Shares) -> list[Measurement]:
    expected, is_all = f"{one.multiply_adds:,}, all of the model's", one.timed == one.multiply_adds
    return [
        Measurement(f"{one.name}: products timed", one.timed, "multiply-adds", expected, is_all),
        Measurement(f"{one.name}: share of operations", 100 * float(one.operations), "%"),
        Measurement(f"{one.name}: share of time, batch", 100 * one.fast, "%"),
        Measurement(f"{one.name}: share of time, definition", 100 * one.defined, "%"),
    ]


def _of_step(step: Step) -> list[Measurement]:
    width, height = SIZES[:2]
    outputs, *others = training_products(height, width, 32)
    equal = all(one.multiply_adds == outputs.multiply_adds for one in others)
    times = [
        Measurement(f"{one.m}×{one.k}×{one.n}, {one.name}: time", time, "times the outputs'")
        for one, time in zip(others, (step.inputs, step.weights), strict=True)
    ]
    return [
        Measurement(
            "multiply-adds of a layer's three products",
            ", ".join(f"{one.multiply_adds:,}" for one in (outputs, *others)),
            "",
            "all equal",
            equal,
        ),
        *times,
        Measurement("training step: time", step.whole, "times the outputs'"),
        Measurement("training step: multiply-adds", float(step.told), "times the outputs'"),
    ]


def _of_batches(by_batch: PerExample) -> list[Measurement]:
    width, height = SIZES[:2]
    return [
        Measurement(
            f"{batch}×{width}×{height}, {kind}: time of an example",
            100 * part,
            "% of its time alone",
        )
        for batch, parts in by_batch.items()
        for kind, part in zip(("floats", "int8"), parts, strict=True)
    ]


STUDY: Final = Study(
    "matmul",
    "Almost all the time is matmul",
    'P. Warden, "Why GEMM Is at the Heart of Deep Learning" (2015), of large networks on CPUs and'
    ' GPUs; V. Sze, Y.-H. Chen, T.-J. Yang, J. Emer, "Efficient Processing of Deep Neural Networks:'
    ' A Tutorial and Survey", Proc. IEEE 105 (2017); J. Kaplan et al., "Scaling Laws for Neural'
    ' Language Models", arXiv:2001.08361 (2020), for a training step',
    experiment,
    reduced={
        "names": ("perceptron", "microgpt", "graph"),
        "batch": 2,
        "rounds": 2,
        "batches": (1, 4),
    },
)
