"""Likelihood: whether trained networks spell names better than counts of letters do."""

from collections.abc import Generator, Mapping, Sequence
from math import fsum, hypot, log
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

NATS: Final = "nats a character"
LOSS: Final = layer(sequence_loss, loss=layer(cross_entropy), reduction="mean")
SIZE: Final = 8
"""Of a batch."""


class Reached(NamedTuple):
    """What is reached on names to choose by, in nats a character, and on each name held out."""

    validation: float
    names: list[float]
    """The nats of each."""
    lengths: list[int]
    """The characters of each, its end among them."""

    @property
    def held_out(self) -> float:
        """Nats a character.

        >>> Reached(2.0, [3.0, 9.0], [2, 4]).held_out
        2.0
        """
        return fsum(self.names) / sum(self.lengths)


class Count(NamedTuple):
    """What counts of so many letters in a row reach, the smoothing chosen by other names."""

    order: int
    smoothing: Any
    reached: Reached


class Trained(NamedTuple):
    """A network's weights, how many they are, and what it reaches."""

    weights: Any
    size: int
    reached: Reached


class Ahead(NamedTuple):
    """By how many nats a character one is below another, and the standard error of that."""

    nats: float
    error: float

    @property
    def is_shown(self) -> bool:
        """Whether it is more than two standard errors.

        >>> Ahead(0.5, 0.2).is_shown, Ahead(0.5, 0.3).is_shown, Ahead(-0.5, 0.1).is_shown
        (True, False, False)
        """
        return self.nats > 2 * self.error


def ahead(one: Reached, other: Reached) -> Ahead:
    """By how much one is below another on the same names, and how sure that is, name by name.

    >>> ahead(Reached(0.0, [1.0, 2.0], [1, 2]), Reached(0.0, [2.0, 4.0], [1, 2]))
    Ahead(nats=1.0, error=0.0)
    """
    whole = sum(one.lengths)
    gaps = [y - x for x, y in zip(one.names, other.names, strict=True)]
    mean = fsum(gaps) / whole
    off = [gap - mean * length for gap, length in zip(gaps, one.lengths, strict=True)]
    return Ahead(mean, hypot(*off) / whole)


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
        lengths = [len(name) + 1 for name in told]
        nats_of = [
            length * ngram_cross_entropy(counts, [name], smoothing)
            for name, length in zip(told, lengths, strict=True)
        ]
        validation = ngram_cross_entropy(counts, check, smoothing)
        counted.append(Count(order, smoothing, Reached(validation, nats_of, lengths)))
        yield 0.02 * order
    three = [*map(name_examples, (some, others, judged))]
    one, other, third, fourth = split(key, 4)
    short = yield from within(trained(one, TABLE, three, rounds), 0.1, 0.13)
    long = yield from within(trained(other, TABLE, three, 3 * rounds), 0.13, 0.25)
    learning = trained(third, recurrent_network(), [*map(with_state, three)], rounds)
    gru = yield from within(learning, 0.25, 0.65)
    gpt = yield from within(trained(fourth, microgpt(), three, rounds), 0.65, 1.0)
    first, last = (above_pairs(table.weights, some) for table in (short, long))
    run = (
        f"{len(some):,} names to learn from, {len(others):,} to choose by, {len(judged)} held out;"
        f" counts of 1 to {len(ORDERS)} letters; GRU and GPT trained for {rounds}"
        f" epoch{'s' * (rounds > 1)}"
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
    key: int, model: Model, parts: Sequence[Batch], rounds: int
) -> Generator[float, None, Trained]:
    """What a model reaches after so many epochs of the first of three parts, its rate falling to 0;
    on the way, how much.

    >>> names = name_examples(["anna", "jo"])
    >>> next(trained(0, TABLE, [names] * 3, 1))
    1.0
    """
    examples, check, asked = parts
    start, order = split(key)
    drawn = initial_weights(start, model.weights)
    weights = tree_map(lambda weight: 0.3 * weight, drawn)
    optimizer = Adam(LinearDecay(0.02, 0.0, rounds * batches_per_epoch(examples, SIZE)))
    run = learned(
        model.network, optimizer, weights, examples, key=order, size=SIZE, rounds=rounds, loss=LOSS
    )
    weights = (yield from run).weights
    outputs, lengths = vmap(model.network)(asked.inputs, weights), [*map(len, asked.targets)]
    names = [
        length * nats([own], [target])
        for own, target, length in zip(outputs, asked.targets, lengths, strict=True)
    ]
    reached = Reached(_nats(model.network, weights, check), names, lengths)
    return Trained(weights, parameters(model.weights), reached)


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


def verdict(of_pairs: Ahead, of_best: Ahead) -> Verdict:
    """What follows from how far a trained network is ahead of counts of pairs, and of the best.

    >>> much, little, behind = Ahead(0.5, 0.1), Ahead(0.1, 0.1), Ahead(-0.5, 0.1)
    >>> verdict(much, much), verdict(much, behind), verdict(little, behind)
    ('holds', 'holds with limits', 'false')
    """
    if of_best.is_shown:
        return "holds"
    return "holds with limits" if of_pairs.is_shown else "false"


def _finding(
    run: str, counted: Sequence[Count], networks: Mapping[str, Trained], gaps: tuple[float, float]
) -> Finding:
    uniform, pairs = log(VOCABULARY), counted[1].reached
    best = min(counted, key=lambda count: count.reached.validation)
    deep = {name: network.reached for name, network in networks.items() if name != "softmax"}
    network = min(deep, key=lambda name: deep[name].validation)
    of_pairs, of_best = (ahead(deep[network], other) for other in (pairs, best.reached))
    first, last = gaps
    names = (
        "uniform",
        *("1 letter" if of.order == 1 else f"{of.order} letters" for of in counted),
        *networks,
    )
    others = [trained.reached.held_out for trained in networks.values()]
    bars = [uniform, *(of.reached.held_out for of in counted)]
    return Finding(
        run=run,
        figure=(
            f"{network} {deep[network].held_out:.3f}, {best.order}-gram"
            f" {best.reached.held_out:.3f} nats"
        ),
        verdict=verdict(of_pairs, of_best),
        why=(
            f"Held-out names cost {uniform:.3f} nats a character if all letters are equally likely,"
            f" {pairs.held_out:.3f} by counts of pairs and {best.reached.held_out:.3f} by counts of"
            f" {best.order}, the order chosen on other names. The GRU reaches"
            f" {deep['GRU'].held_out:.3f} and the GPT {deep['GPT'].held_out:.3f}. {network}, chosen"
            f" on the same other names, is {_compared(of_pairs)} counts of pairs and"
            f" {_compared(of_best)} the best counts (± 2 standard errors, name by name). The"
            " limit is the training, no longer than a study may take: it says nothing of networks"
            " trained to the end. A softmax of one layer approaches the table of pairs, as it must:"
            f" on the names it learns from it is {first:.4f} above after a third of its epochs and"
            f" {last:.4f} at the end."
        ),
        measurements=(
            Measurement("all letters equally likely, ln 27", uniform, NATS),
            *(
                Measurement(
                    f"counts of {of.order}, smoothing {of.smoothing}", of.reached.held_out, NATS
                )
                for of in counted
            ),
            *(
                Measurement(f"{name}, {trained.size:,} weights", trained.reached.held_out, NATS)
                for name, trained in networks.items()
            ),
            Measurement(
                "softmax above unsmoothed pairs on the names it learns from",
                last,
                NATS,
                f"0 or more, and less than the {first:.4f} after a third of the epochs",
                0 <= last < first,
            ),
        ),
        plot=Plot(
            f"Counts of {best.order} letters reach {best.reached.held_out:.2f} nats, networks"
            f" trained in seconds {deep[network].held_out:.2f}",
            Axis("model", names=names),
            Axis("held-out names", "nats a character"),
            (
                Series("counted", [*enumerate(bars)], "bars"),
                Series("trained", [*enumerate(others, len(bars))], "bars"),
            ),
        ),
    )


def _compared(gap: Ahead) -> str:
    """how far it is ahead, or not"""
    better = "better" if gap.nats > 0 else "worse"
    return f"{abs(gap.nats):.3f} ± {2 * gap.error:.3f} {better} than"


STUDY: Final = Study(
    "likelihood",
    "Trained networks spell names better than counts of letters",
    'C. Shannon, "A Mathematical Theory of Communication", Bell System Technical Journal 27 '
    '(1948), for counts;\nA. Karpathy, "makemore" (2022), of pairs first, and "microgpt" (2026)',
    experiment,
    {"training": 128, "held_out": 40, "rounds": 1},
)
