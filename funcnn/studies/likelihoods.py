"""Likelihood: whether trained networks spell names better than counts of letters do."""

from collections.abc import Generator, Mapping, Sequence
from math import log
from typing import Any, Final, NamedTuple

from funcnn.algebra.keys import split
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix
from funcnn.blocks.combinators import Network, layer
from funcnn.blocks.embeddings import embedding
from funcnn.blocks.forms import form
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.models import Model
from funcnn.blocks.sequence_models import microgpt, recurrent_network
from funcnn.blocks.shapes import parameters
from funcnn.calculus.batches import Batch, batches_per_epoch
from funcnn.calculus.losses import cross_entropy, sequence_loss
from funcnn.calculus.ngrams import best_smoothing, ngram_counts, ngram_cross_entropy
from funcnn.calculus.optimizers import Adam
from funcnn.calculus.schedules import LinearDecay
from funcnn.diagnostics.scores import nats
from funcnn.exchange.first_names import name_examples, split_names, to_tokens
from funcnn.fast.batching import vmap
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import learned, within
from funcnn.studies.plots import Axis, Plot, Series

VOCABULARY: Final = 27
ORDERS: Final = (1, 2, 3, 4, 5)
HIDDEN: Final = 24
"""Numbers in the state of the gated recurrent unit."""

TABLE: Final = Model(layer(embedding), form(VOCABULARY, VOCABULARY))
"""A softmax of one layer: a row of logits for each letter before."""

LOSS: Final = layer(sequence_loss, loss=layer(cross_entropy), reduction="mean")
SIZE: Final = 8
"""Of a batch."""


class Count(NamedTuple):
    """What counts of so many letters in a row reach, the smoothing chosen by other names."""

    order: int
    smoothing: Any
    held_out: float
    """Nats a character."""


class Trained(NamedTuple):
    """A network's weights, how many they are, and what it reaches."""

    weights: Any
    size: int
    held_out: float
    """Nats a character."""


def experiment(
    *, key: int = 0, training: int = 4131, held_out: int = 516, rounds: int = 1
) -> Experiment:
    """Counts of one to five letters, and three networks trained here, on names held out.

    >>> next(experiment(training=32, held_out=8))
    0.02
    """
    parts = split_names()
    some, others = parts.training[:training], parts.validation[:held_out]
    judged = parts.held_out[:held_out]
    tokens, check, told = ([*map(to_tokens, part)] for part in (some, others, judged))
    counted = list[Count]()
    for order in ORDERS:
        counts = ngram_counts(tokens, order, VOCABULARY)
        smoothing = best_smoothing(counts, check)
        counted.append(Count(order, smoothing, ngram_cross_entropy(counts, told, smoothing)))
        yield 0.02 * order
    examples, asked = name_examples(some), name_examples(judged)
    one, other, third, fourth = split(key, 4)
    short = yield from within(trained(one, TABLE, examples, asked, rounds), 0.1, 0.13)
    long = yield from within(trained(other, TABLE, examples, asked, 3 * rounds), 0.13, 0.25)
    recurrent = with_state(examples), with_state(asked)
    learning = trained(third, recurrent_network(), *recurrent, rounds)
    gru = yield from within(learning, 0.25, 0.65)
    gpt = yield from within(trained(fourth, microgpt(), examples, asked, rounds), 0.65, 1.0)
    first, last = (above_pairs(table.weights, some) for table in (short, long))
    run = (
        f"{len(some):,} names to learn from, {len(others):,} to choose smoothing by, {len(judged)}"
        f" to be judged by; GRU and GPT trained for {rounds} epoch{'s' * (rounds > 1)}"
    )
    return _finding(run, counted, {"softmax": long, "GRU": gru, "GPT": gpt}, (first, last))


def with_state(batch: Batch) -> Batch:
    """Names as examples for recurrence: before each, a state of zeros.

    >>> [(state, tokens)] = with_state(Batch([[0, 1]], [[1, 0]])).inputs
    >>> len(state), tokens
    (24, [0, 1])
    """
    return Batch([([0.0] * HIDDEN, tokens) for tokens in batch.inputs], batch.targets)


def trained(
    key: int, model: Model, examples: Batch, asked: Batch, rounds: int
) -> Generator[float, None, Trained]:
    """What a model reaches after so many epochs, its rate falling to 0; on the way, how much.

    >>> names = name_examples(["anna", "jo"])
    >>> next(trained(0, TABLE, names, names, 1))
    1.0
    """
    start, order = split(key)
    drawn = initial_weights(start, model.weights)
    weights = tree_map(lambda weight: 0.3 * weight, drawn)
    optimizer = Adam(LinearDecay(0.02, 0.0, rounds * batches_per_epoch(examples, SIZE)))
    run = learned(
        model.network, optimizer, weights, examples, key=order, size=SIZE, rounds=rounds, loss=LOSS
    )
    reached = (yield from run).weights
    figure = _nats(model.network, reached, asked)
    return Trained(reached, parameters(model.weights), figure)


def above_pairs(table: Matrix[float], names: Sequence[str]) -> float:
    """How many nats a character a table of logits takes more than unsmoothed counts of pairs, of
    the names that were counted: of these no table takes less.

    >>> round(above_pairs([[0.0] * VOCABULARY] * VOCABULARY, ["anna"]), 6)
    2.741319
    """
    counts = ngram_counts([*map(to_tokens, names)], 2, VOCABULARY)
    least = ngram_cross_entropy(counts, [*map(to_tokens, names)])
    return _nats(TABLE.network, table, name_examples(names)) - least


def _nats(network: Network, weights: Any, batch: Batch) -> float:
    return nats(vmap(network)(batch.inputs, weights), batch.targets)


def verdict(pairs: float, best_count: float, networks: Sequence[float]) -> Verdict:
    """What follows from what counts of pairs reach, the best counts, and the trained networks.

    >>> verdict(2.3, 2.0, [1.9, 2.1]), verdict(2.3, 2.0, [2.1]), verdict(2.3, 2.0, [2.4])
    ('holds', 'holds with limits', 'false')
    """
    if min(networks) < best_count:
        return "holds"
    return "holds with limits" if min(networks) < pairs else "false"


def _finding(
    run: str, counted: Sequence[Count], networks: Mapping[str, Trained], gaps: tuple[float, float]
) -> Finding:
    uniform, pairs = log(VOCABULARY), counted[1].held_out
    best = min(counted, key=lambda count: count.held_out)
    deep = {name: network.held_out for name, network in networks.items() if name != "softmax"}
    network = min(deep, key=deep.__getitem__)
    apart = deep[network] - best.held_out
    first, last = gaps
    names = (
        "uniform",
        *("1 letter" if of.order == 1 else f"{of.order} letters" for of in counted),
        *networks,
    )
    others = [trained.held_out for trained in networks.values()]
    bars = [uniform, *(of.held_out for of in counted)]
    return Finding(
        run=run,
        figure=f"{network} {deep[network]:.4f}, {best.order}-gram {best.held_out:.4f} nats",
        verdict=verdict(pairs, best.held_out, [*deep.values()]),
        why=(
            f"Held-out names cost {uniform:.4f} nats a character if all are as likely, {pairs:.4f}"
            f" by counts of pairs, {best.held_out:.4f} by counts of {best.order}; by the GRU"
            f" {deep['GRU']:.4f}, by the GPT {deep['GPT']:.4f}, trained no longer than a study may"
            f" take: {network} is {abs(apart):.4f} {'better' if apart < 0 else 'worse'} than the"
            f" best counts and {pairs - deep[network]:.4f} better than pairs. The softmax of one"
            f" layer goes to the table of pairs: on the names it learns from, {first:.4f} above it"
            f" after a third of its epochs, {last:.4f} at the end."
        ),
        measurements=(
            Measurement("all as likely: ln 27", uniform, "nats"),
            *(
                Measurement(f"counts of {of.order}, smoothing {of.smoothing}", of.held_out, "nats")
                for of in counted
            ),
            *(
                Measurement(f"{name}, {trained.size:,} weights", trained.held_out, "nats")
                for name, trained in networks.items()
            ),
            Measurement(
                "softmax above unsmoothed pairs, where it learns",
                last,
                "nats",
                f"0 or more, as the table is most likely; less than {first:.4f} of ⅓ of the epochs",
                0 <= last < first,
            ),
        ),
        plot=Plot(
            f"Counts of {best.order} letters reach {best.held_out:.2f} nats, networks trained in"
            f" seconds {deep[network]:.2f}",
            Axis("model", names=names),
            Axis("held-out names", "nats a character"),
            (
                Series("counted", [*enumerate(bars)], "bars"),
                Series("trained", [*enumerate(others, len(bars))], "bars"),
            ),
        ),
    )


STUDY: Final = Study(
    "likelihood",
    "Trained networks spell names better than counts of letters",
    'C. Shannon, "A Mathematical Theory of Communication", Bell System Technical Journal 27 '
    '(1948), section 3;\nA. Karpathy, "makemore" (2022), of pairs first, and "microgpt" (2026)',
    experiment,
    {"training": 128, "held_out": 40, "rounds": 1},
)
