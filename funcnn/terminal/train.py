"""funcnn train: a network learns digits, names or a table; stopped, it goes on where it was."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial
from itertools import count
from math import isfinite
from pathlib import Path
from shlex import quote
from statistics import fmean
from time import perf_counter
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from funcnn.algebra.trees import Tree, leaves, tree_map
from funcnn.blocks.shapes import parameters
from funcnn.exchange.checkpoints import Checkpoint
from funcnn.exchange.files import check_replaceable, replaced
from funcnn.exchange.hex_words import encode, nearest
from funcnn.exchange.pretrained import digit_weights
from funcnn.terminal.choices import DIGITS, NAMES, OPTIMIZERS, TABLES, Settings
from funcnn.terminal.courses import Course, End, begun, followed, reopened
from funcnn.terminal.curves import Curves, epoch_means, picture, sparkline
from funcnn.terminal.plots import format_of

CHECKPOINT: Final = ".safetensors"
WORDS: Final = ".hex"
TOLD: Final = 10
"""How many epochs are told of, about, and no more but for the first."""


class Places(NamedTuple):
    """Where checkpoints are kept, and where the weights alone go in the end, as hex words."""

    checkpoint: Path | None = None
    words: Path | None = None


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    add = parser.add_argument
    add(
        "task", nargs="?", metavar="digits|names|FILE.csv", help="what to learn; digits, if nothing"
    )
    add("--regress", action="store_const", const=True, help="a table's last column is a number")
    networks = f"of digits {', '.join(DIGITS)}; of names {', '.join(NAMES)}"
    add("--network", metavar="NAME", help=f"{networks}; of a table {', '.join(TABLES)}")
    add("--hidden", metavar="N,…", type=sizes, help="what each hidden layer gives: 32, or 32,16")
    add("--optimizer", metavar="NAME", help=", ".join(OPTIMIZERS))
    add("--rate", type=float, help="how far a step goes; of newton-krylov the damping")
    add("--decay", type=float, help="what the rate is multiplied by after each epoch")
    add("--batch", type=int, metavar="N", help="how many examples a step takes")
    add("--epochs", type=int, metavar="N", help="how often to go through all examples")
    add("--key", type=int, help="decides every random draw; 0, if none is given")
    add(
        "--save", type=Path, metavar="FILE", help="a checkpoint (.safetensors), or hex words (.hex)"
    )
    add("--resume", type=Path, metavar="FILE", help="go on from a checkpoint, to the same end")
    add("--plot", type=Path, metavar="FILE", help="draw the curve of the losses; needs matplotlib")
    add("--json", action="store_true", help="print the figures for other programs")


def sizes(text: str) -> tuple[int, ...]:
    """The sizes that a text spells.

    >>> sizes("32,16")
    (32, 16)
    """
    return tuple(map(int, text.split(",")))


def command(arguments: Namespace, console: Console) -> int:
    """Train, or go on; keep checkpoints; then judge the weights by the examples held out."""
    given, plot, resume = given_of(arguments), arguments.plot, arguments.resume
    plotted = format_of(plot) if plot else None
    course, start = reopened(resume, given) if resume else begun(given)
    places = places_of(arguments.save, resume, course.settings)
    for option, path in (("--plot", plot), ("--save", places.words), ("--save", places.checkpoint)):
        if path:
            check_replaceable(path, f"{option} {path}")
    screen = Console(quiet=True) if arguments.json else console
    kept = start.state.step if resume and places.checkpoint == resume else None
    introduce(course, start, screen)
    begin = perf_counter()
    with showing(course, start, screen) as show:
        end = followed(course, start, places.checkpoint, kept, show)
    seconds = perf_counter() - begin
    if end.stopped:
        stopped(course, end, places, Console(stderr=True) if arguments.json else console)
        return 130
    own = {"seconds": seconds, "saved": saved(end, places)}
    figures = judged(course, end.checkpoint) | own
    conclude(course, figures, end.checkpoint, screen)
    if arguments.json:
        console.out(json.dumps(figures, indent=2), highlight=False)
    if plot:
        with replaced(plot, f"--plot {plot}") as path:
            picture(curves(course, figures, end.checkpoint)).savefig(path, format=plotted)
    return 0


def given_of(arguments: Namespace) -> dict[str, Any]:
    """The settings that are given on the command line."""
    options = {field.name: getattr(arguments, field.name) for field in fields(Settings)}
    return {name: value for name, value in options.items() if value is not None}


def places_of(save: Path | None, resume: Path | None, settings: Settings) -> Places:
    """Where the checkpoints of a course are kept: of weights as hex words, beside these.

    Errors
        ValueError   the name of a file ends otherwise, or the network has more than matrices
    """
    if save and save.suffix not in (CHECKPOINT, WORDS):
        raise ValueError(f"--save {save}: name a file that ends in {CHECKPOINT} or {WORDS}")
    beside = Path(f"{save}{CHECKPOINT}") if save and save.suffix == WORDS else save
    path = beside or resume
    words = path.with_suffix("") if path and path.stem.endswith(WORDS) else None
    if words and settings.network != "dense":
        why = f"hex words are for matrices alone, {settings.network} has biases too"
        raise ValueError(f"--save {words}: {why}; name a file that ends in {CHECKPOINT}")
    return Places(path, words)


def introduce(course: Course, start: Checkpoint, console: Console) -> None:
    """Print what is trained on what, and how."""
    settings, task = course.settings, course.task
    say = partial(console.out, highlight=False)
    training, checked, held_out = (f"{len(part.targets):,}" for part in task.parts)
    decay = "" if settings.decay == 1 else f" × {settings.decay:g} each epoch"
    say(f"{settings.network} on {task.what}", style="bold")
    sizes = " → ".join(map(str, course.sizes))
    say(f"{sizes}; {parameters(course.model.weights):,} weights to learn")
    say(f"{training} to learn from, {checked} to check by, {held_out} held out")
    rate = "damping" if settings.optimizer == "newton-krylov" else "rate"
    say(f"{settings.optimizer}, {rate} {settings.rate:g}{decay}, batches of {settings.batch}")
    if start.state.step:
        say(f"going on after {place(course, start)}")
    say("")


def place(course: Course, checkpoint: Checkpoint) -> str:
    """How far a course has come."""
    epoch = min(checkpoint.state.step // course.steps + 1, course.settings.epochs)
    return f"step {checkpoint.state.step:,}, in epoch {epoch} of {course.settings.epochs}"


@contextmanager
def showing(
    course: Course, start: Checkpoint, console: Console
) -> Iterator[Callable[[Checkpoint], None]]:
    """What shows a checkpoint: a bar of progress on a terminal, and a line for some epochs."""
    total, every = course.settings.epochs, spacing(course.settings.epochs)
    with Progress(
        TextColumn("epoch {task.fields[epoch]} of {task.fields[epochs]}"),
        BarColumn(18),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=console.quiet or not console.file.isatty(),
    ) as progress:
        step, first = start.state.step, min(start.state.step // course.steps + 1, total)
        bar = progress.add_task(
            "", total=total * course.steps, completed=step, epoch=first, epochs=total, loss="…"
        )

        def show(checkpoint: Checkpoint) -> None:
            epoch, batch = divmod(checkpoint.state.step, course.steps)
            losses = checkpoint.curves["losses"]
            now = min(epoch + 1, total)
            loss = f"{fmean(losses[-course.steps :][-100:]):.4f}"
            progress.update(bar, completed=checkpoint.state.step, epoch=now, loss=loss)
            if batch == 0 and (epoch in (1, total) or epoch % every == 0):
                checked = course.task.merit.short(checkpoint.curves["validation"][-1])
                loss = f"loss {fmean(losses[-course.steps :]):.4f}"
                console.out(f"epoch {epoch:3}   {loss}   validation {checked}", highlight=False)

        yield show


def spacing(epochs: int) -> int:
    """The round number such that about ten epochs are told of.

    >>> [spacing(epochs) for epochs in (3, 11, 40, 60, 1000)]
    [1, 2, 5, 10, 100]
    """
    rounds = (factor * 10**power for power in count() for factor in (1, 2, 5))
    return int(next(step for step in rounds if epochs <= TOLD * step))


def stopped(course: Course, end: End, places: Places, console: Console) -> None:
    """Print how far a course came that was stopped, and how it goes on."""
    say = partial(console.out, highlight=False)
    say(f"stopped after {place(course, end.checkpoint)}")
    if end.kept is None:
        say("nothing is saved; with --save FILE it would be")
        return
    say(f"saved in {str(places.checkpoint)!r}; to go on:")
    say(f"funcnn train --resume {quote(str(places.checkpoint))}")


def saved(end: End, places: Places) -> str | None:
    """The file that a course has ended in; the checkpoint beside hex words is no longer needed.

    Errors
        ValueError   the hex words cannot be written, or not hold a weight; the checkpoint stands
    """
    if places.checkpoint is None or places.words is None:
        return str(places.checkpoint) if places.checkpoint else None
    stands = f"the checkpoint stands in {str(places.checkpoint)!r}"
    if not all(isfinite(nearest(w, 32)) for w in leaves(end.checkpoint.state.weights)):
        raise ValueError(f"--save {places.words}: a weight is too large for 32 bits; {stands}")
    try:
        with replaced(places.words) as path:
            path.write_text(words(end.checkpoint.state.weights), "ascii")
    except OSError as error:
        raise ValueError(f"--save {places.words}: {error.strerror}; {stands}") from None
    places.checkpoint.unlink(missing_ok=True)
    return str(places.words)


def words(weights: Tree) -> str:
    """Matrices as 32-bit hex words, each the nearest."""
    return encode(tree_map(partial(nearest, bits=32), weights), 32) + "\n"


def judged(course: Course, checkpoint: Checkpoint) -> dict[str, Any]:
    """The figures of a course that has ended, for other programs."""
    task, (losses, checked) = course.task, checkpoint.curves.values()
    return {
        **asdict(course.settings),
        "sizes": course.sizes,
        "weights": parameters(course.model.weights),
        "examples": [len(part.targets) for part in task.parts],
        "steps": checkpoint.state.step,
        "losses": epoch_means(losses, course.steps),
        "judged_by": task.merit.name,
        "validation": [*checked],
        "held_out": course.figure(checkpoint.state.weights, task.parts.held_out),
        "baselines": task.baselines(),
    }


def curves(course: Course, figures: dict[str, Any], checkpoint: Checkpoint) -> Curves:
    """What is drawn of a course that has ended."""
    settings, task = course.settings, course.task
    how = f"{' → '.join(map(str, course.sizes))}, {settings.optimizer}, batches of {settings.batch}"
    return Curves(
        f"{settings.network} on {task.what}",
        f"{how}; the loss of each epoch, and pale of each batch; below, {task.merit.what}",
        checkpoint.curves["losses"],
        course.steps,
        checkpoint.curves["validation"],
        task.merit,
        figures["held_out"],
        figures["baselines"],
    )


def conclude(
    course: Course, figures: dict[str, Any], checkpoint: Checkpoint, console: Console
) -> None:
    """Print how it went, how good it is, where it is saved, and what to type next."""
    say = partial(console.out, highlight=False)
    losses, merit, file = figures["losses"], course.task.merit, figures["saved"]
    say(f"\nloss       {sparkline(losses)} {losses[0]:.3g} → {losses[-1]:.3g}")
    say(f"held out   {merit.long(figures['held_out'], figures['examples'][-1])}", style="bold")
    for name, figure in figures["baselines"].items():
        say(f"           {merit.short(figure)} by {name}")
    if course.settings.network == "dense":
        same = words(checkpoint.state.weights) == words(digit_weights())
        say(f"{'the same as' if same else 'other than'} the weights that come with funcnn")
    if file:
        say(f"saved in {file!r}")
        rows = "" if course.task.name == "names" else " ROWS.csv"
        say(f"Next   funcnn run {quote(file)}{rows}")
