"""Trained: networks that funcnn train has saved, run on rows, or to make up names."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.columns import Columns
from rich.console import Console

from funcnn.algebra.keys import split
from funcnn.algebra.trees import Tree
from funcnn.calculus.sampling import rereading_step, sampled_sequence
from funcnn.diagnostics.scores import predicted
from funcnn.exchange import safetensors
from funcnn.exchange.checkpoints import AGAIN, load, load_metadata
from funcnn.exchange.first_names import from_tokens
from funcnn.fast.batching import vmap
from funcnn.terminal.choices import DIGITS, NAMES, TABLES, Choice, Settings, from_text, named
from funcnn.terminal.reports import Report
from funcnn.terminal.tables import Scaling, folded

MADE_UP: Final = 20
LONGEST: Final = 15


class Trained(NamedTuple):
    """A network that was trained, its weights for rows as they are, and its classes by name."""

    settings: Settings
    choice: Choice
    network: Any
    takes: int
    weights: Tree
    classes: Sequence[str]


def is_checkpoint(path: Path) -> bool:
    """Whether there is a file that says that it is a checkpoint of funcnn train."""
    try:
        texts = safetensors.metadata_of(path.read_bytes())
    except (ValueError, OSError):
        return False
    return texts.get("format", "").startswith("funcnn checkpoint")


def read_trained(path: Path) -> Trained:
    """The network in a checkpoint.

    Errors
        ValueError   the checkpoint is none, or corrupt, or says of itself what is not so
        OSError      the file cannot be read
    """
    metadata = load_metadata(path)
    try:
        settings = from_text(metadata.get("settings", ""))
        networks = {"digits": DIGITS, "names": NAMES}.get(settings.task, TABLES)
        choice = named(networks, settings.network, "network")
        takes, *hidden, gives = map(int, metadata.get("sizes", "").split(","))
        classes = classes_of(metadata, gives)
        model = choice.build((takes, *hidden, gives))
    except ValueError as error:
        raise ValueError(f"{path}: {error}; {AGAIN}") from None
    weights = load(path, model.weights).state.weights
    if "scaling" in metadata:
        try:
            weights = folded(weights, *scalings_of(metadata["scaling"]))
        except (ValueError, TypeError, KeyError, ZeroDivisionError):
            raise ValueError(f"{path}: its scaling is none; {AGAIN}") from None
    return Trained(settings, choice, model.network, takes, weights, classes)


def classes_of(metadata: Mapping[str, str], count: int) -> list[str]:
    """The names of so many classes, if they have names.

    Errors
        ValueError   there are more or fewer

    >>> classes_of({"classes": '["cat", "dog"]'}, 2), classes_of({}, 10)
    (['cat', 'dog'], [])
    """
    classes = json.loads(metadata.get("classes", "[]"))
    if classes and not (isinstance(classes, list) and len(classes) == count):
        raise ValueError(f"its classes are {classes!s:.80}, not {count}")
    return [f"{name}" for name in classes]


def scalings_of(text: str) -> tuple[Scaling, Scaling | None]:
    """The scalings of a table's rows, and of the numbers told of them, if these are numbers.

    Errors
        ValueError, TypeError, KeyError   the text spells none

    >>> scalings_of('{"inputs": [[1.0], [2.0]], "targets": null}')
    (Scaling(means=[1.0], deviations=[2.0]), None)
    """
    told = json.loads(text)
    return Scaling(*told["inputs"]), Scaling(*told["targets"]) if told["targets"] else None


def report_of_trained(trained: Trained, inputs: Sequence[Sequence[float]]) -> Report:
    """What a trained network gives for rows: of classes the one it chooses, else a number."""
    found = vmap(trained.network)(inputs, trained.weights)
    results = [outcome(trained, outputs) for outputs in found]
    return Report({"rows": results}, partial(show_rows, results))


def outcome(trained: Trained, outputs: Sequence[float]) -> dict[str, Any]:
    """What is told of a row."""
    if trained.settings.regress:
        return {"value": outputs[0]}
    place = predicted([*outputs])
    name = trained.classes[place] if trained.classes and place is not None else place
    return {"class": name, "outputs": [*outputs]}


def show_rows(results: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print what is told of each row."""
    for number, result in enumerate(results, 1):
        values = "  ".join(f"{value:.6g}" for value in result.get("outputs", ()))
        told = f"class {result['class']}   {values}" if values else f"{result['value']:.6g}"
        console.out(f"row {number}   {told}", highlight=False)


def report_of_names(trained: Trained) -> Report:
    """Names that a trained network makes up."""
    logits, reads = vmap(trained.network), trained.choice.reads
    step = rereading_step(lambda tokens: logits([reads(tokens)], trained.weights)[0])
    tokens = [
        sampled_sequence(key, step, [], most=LONGEST)
        for key in split(trained.settings.key, MADE_UP)
    ]
    made = [from_tokens(each) for each in tokens]
    return Report({"names": made}, partial(show_names, made))


def show_names(made: Sequence[str], console: Console) -> None:
    """Print names in columns."""
    console.print(f"{len(made)} names made up, letter by letter:", highlight=False)
    console.print(Columns([name.capitalize() for name in made], width=LONGEST, padding=(0, 1)))
