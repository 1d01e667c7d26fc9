"""Tasks: what there is to learn, from which examples, and by which figure it is judged."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from math import hypot, log, sqrt
from pathlib import Path
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import shuffled, split
from funcnn.blocks.combinators import Network, layer
from funcnn.calculus.batches import Batch
from funcnn.calculus.losses import cross_entropy, sequence_loss, squared_error
from funcnn.calculus.ngrams import best_smoothing, ngram_counts, ngram_cross_entropy
from funcnn.diagnostics.scores import accuracy, nats
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.first_names import name_examples, split_names, to_tokens
from funcnn.terminal.choices import DIGITS, NAMES, TABLES, Choice
from funcnn.terminal.tables import Scaling, read_table, scaled, scaling_of

VALIDATION: Final = 137
"""Of the digits to learn from, how many are kept to check by."""

FEWEST: Final = 10
"""Rows of a table: of fewer, a tenth is no row."""


class Merit(NamedTuple):
    """A figure that outputs are judged by, and how it is told: on an axis, alone, and of many."""

    name: str
    what: str
    figure: Callable[[Sequence[Any], Sequence[Any]], float]
    tick: Callable[[float], str]
    short: Callable[[float], str]
    long: Callable[[float, int], str]


class Parts(NamedTuple):
    """Examples to learn from, others to check by on the way, and others to be judged by."""

    training: Batch
    validation: Batch
    held_out: Batch


class Task(NamedTuple):
    """What there is to learn: examples, the networks that can, and how they are judged."""

    name: str
    what: str
    parts: Parts
    sizes: tuple[int, int]
    """How many numbers, or tokens, go in, and how many come out."""
    networks: Mapping[str, Choice]
    loss: Network
    merit: Merit
    baselines: Callable[[], dict[str, float]]
    """What is reached without a network, by name."""
    facts: Mapping[str, str] = {}
    """What a checkpoint is to say of the examples."""


def error(unit: float, outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """The root of the mean squared error, in such units.

    >>> round(error(2.0, [[1.0], [2.0]], [[1.0], [1.0]]), 6)
    1.414214
    """
    differences = [y - t for [y], [t] in zipped(outputs, targets)]
    return unit * hypot(*differences) / sqrt(len(differences))


ACCURACY: Final = Merit(
    "accuracy",
    "the share told rightly",
    accuracy,
    lambda share: f"{100 * share:.4g}%",
    "{:.1%} right".format,
    lambda share, count: f"{share * count:,.0f} of {count:,} right, {share:.1%}",
)
NATS: Final = Merit(
    "nats_per_character",
    "nats a character",
    nats,
    "{:.4g}".format,
    "{:.4f} nats".format,
    lambda figure, count: f"{figure:.4f} nats a character, of {count:,} names",
)


def task_of(name: str, key: int, regress: bool = False) -> Task:
    """The task of a name: digits, names, or a table in a CSV file, which the key divides.

    Errors
        ValueError   there is none, or the file holds none
        OSError      the file cannot be read
    """
    if regress and name in TASKS:
        raise ValueError(f"--regress is for a table, a CSV file, not for {name}")
    if name in TASKS:
        return TASKS[name]()
    if not name.lower().endswith(".csv"):
        raise ValueError(f"{name!r:.80} is nothing to learn: give digits, names, or a .csv file")
    return table(Path(name), split(key, 3)[2], regress)


def digits() -> Task:
    """Handwritten digits, to be told apart."""
    training, held_out = (Batch(*part) for part in split_digits())
    validation, rest = divided(training, VALIDATION)
    parts = Parts(rest, validation, held_out)
    return Task(
        "digits",
        "handwritten digits",
        parts,
        (64, 10),
        DIGITS,
        layer(cross_entropy),
        ACCURACY,
        partial(commonest, parts),
    )


def names() -> Task:
    """First names, to be spelled letter by letter."""
    names = split_names()
    return Task(
        "names",
        "first names",
        Parts(*map(name_examples, names)),
        (27, 27),
        NAMES,
        layer(sequence_loss, loss=layer(cross_entropy), reduction="mean"),
        NATS,
        partial(without_network, *names),
    )


def table(path: Path, key: int, regress: bool) -> Task:
    """The rows of a CSV file, of which the key holds out a fifth, and a tenth to check by.

    Errors
        ValueError   it holds no table, or too small a one
        OSError      it cannot be read
    """
    rows, targets, classes = read_table(path, regress)
    if len(rows) < FEWEST:
        raise ValueError(f"{path}: {len(rows)} rows; give at least {FEWEST}")
    order = shuffled(key, range(len(rows)))
    everything = Batch([rows[index] for index in order], [targets[index] for index in order])
    held_out, rest = divided(everything, len(rows) // 5)
    validation, training = divided(rest, len(rows) // 10)
    scaling = scaling_of(training.inputs)
    unit = scaling_of(training.targets) if regress else None
    parts = Parts(*(in_units(part, scaling, unit) for part in (training, validation, held_out)))
    return Task(
        str(path),
        f"rows of {path.name}",
        parts,
        (len(rows[0]), len(classes) or 1),
        TABLES,
        layer(squared_error if regress else cross_entropy),
        root_mean_square(unit) if unit else ACCURACY,
        partial(mean_told, unit, parts.held_out) if unit else partial(commonest, parts),
        facts(path, classes, scaling, unit),
    )


def divided(batch: Batch, count: int) -> tuple[Batch, Batch]:
    """The first so many examples, and the rest.

    >>> divided(Batch([5, 6, 7], [1, 2, 3]), 1)
    (Batch(inputs=[5], targets=[1]), Batch(inputs=[6, 7], targets=[2, 3]))
    """
    return Batch(*(part[:count] for part in batch)), Batch(*(part[count:] for part in batch))


def in_units(rows: Batch, inputs: Scaling, targets: Scaling | None) -> Batch:
    """Rows scaled, and their targets, where these are numbers.

    >>> in_units(Batch([[3.0]], [7]), Scaling([1.0], [2.0]), None)
    Batch(inputs=[[1.0]], targets=[7])
    """
    own = scaled(rows.targets, targets) if targets else rows.targets
    return Batch(scaled(rows.inputs, inputs), own)


def root_mean_square(unit: Scaling) -> Merit:
    """The merit of numbers told: how far they are off, in their own unit."""
    return Merit(
        "root_mean_square_error",
        "how far it is off",
        partial(error, unit.deviations[0]),
        "{:.4g}".format,
        "{:.4g} off".format,
        lambda figure, count: f"{figure:.4g} off (root mean square), of {count:,} rows",
    )


def commonest(parts: Parts) -> dict[str, float]:
    """What the commonest class of the examples to learn from reaches on those held out.

    >>> commonest(Parts(Batch([], [7, 7, 8]), Batch([], []), Batch([], [7, 8])))
    {'the commonest class': 0.5}
    """
    [(label, _)] = Counter(parts.training.targets).most_common(1)
    held_out = [*parts.held_out.targets]
    return {"the commonest class": held_out.count(label) / len(held_out)}


def mean_told(unit: Scaling, held_out: Batch) -> dict[str, float]:
    """How far the mean of the numbers to learn from is off those held out.

    >>> mean_told(Scaling([0.0], [2.0]), Batch([], [[1.0], [-1.0]]))
    {'their mean': 2.0}
    """
    means = [[0.0]] * len(held_out.targets)
    return {"their mean": error(unit.deviations[0], means, held_out.targets)}


def without_network(*names: Sequence[str]) -> dict[str, float]:
    """What equal shares reach on names held out, and what counts of pairs of letters do."""
    training, validation, held_out = ([*map(to_tokens, part)] for part in names)
    bigrams = ngram_counts(training, 2, 27)
    smoothing = best_smoothing(bigrams, validation)
    return {
        "equal shares": log(27),
        "pairs of letters": ngram_cross_entropy(bigrams, held_out, smoothing),
    }


def facts(
    path: Path, classes: Sequence[str], inputs: Scaling, targets: Scaling | None
) -> dict[str, str]:
    """What a checkpoint is to say of a table: its file's digest, its classes and its scalings."""
    return {
        "content": blake2b(path.read_bytes(), digest_size=16).hexdigest(),
        "classes": json.dumps(classes),
        "scaling": json.dumps({"inputs": inputs, "targets": targets}),
    }


TASKS: Final[Mapping[str, Callable[[], Task]]] = {"digits": digits, "names": names}
"""By name; all else is the name of a file."""
