"""funcnn train: the network that comes with the library, trained again."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from funcnn.algebra.keys import split
from funcnn.algebra.trees import tree_map
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.linears import dense
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.training import Batch, State, epoch, train
from funcnn.exchange.datasets import Digits, split_digits
from funcnn.exchange.hex_words import encode, nearest
from funcnn.exchange.pretrained import digit_weights
from funcnn.fast.floats import sgd
from funcnn.fast.gradients import value_and_grad
from funcnn.terminal.models import Matrices, described
from funcnn.terminal.reports import replaced

NETWORK: Final = serial(layer(dense), layer(dense))
KEY: Final = 0
EPOCHS: Final = 40
BATCH: Final = 16
RATE: Final = 0.1
DECAY: Final = 0.98


def start(key: int) -> Matrices:
    """Weights 64 → 32 → 10 to start from.

    The output layer's are positive: an output that relu keeps at zero for every digit learns
    nothing.
    """
    hidden, output = split(key)
    return [he_normal(hidden, 32, 64), tree_map(abs, he_normal(output, 10, 32))]


def epochs(digits: Digits, key: int, count: int) -> Iterator[State]:
    """The weights after each epoch on the digits, and the mean loss of its batches.

    They are learned by stochastic gradient descent at a falling rate.
    """
    initial, order = split(key)
    weights = start(initial)
    for index, epoch_key in enumerate(split(order, count)):
        _, *states = train(
            NETWORK,
            layer(cross_entropy),
            weights,
            epoch(epoch_key, Batch(digits.images, digits.labels), BATCH),
            update=partial(sgd, RATE * DECAY**index),
            value_and_grad=value_and_grad,
        )
        weights = states[-1].weights
        yield State(weights, sum(state.loss for state in states) / len(states))


def words(weights: Matrices) -> str:
    """The weights as 32-bit hex words, each the nearest."""
    return encode(tree_map(partial(nearest, bits=32), weights), 32) + "\n"


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="how often to go through them")
    parser.add_argument("--key", type=int, default=KEY, help="decides every random draw")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the weights, as hex words")


def command(arguments: Namespace, console: Console) -> int:
    """Train, compare with the weights that ship, and save, if told where."""
    if arguments.epochs < 1:
        raise ValueError(f"--epochs {arguments.epochs}: at least one is needed")
    with replaced(arguments.save, "--save") if arguments.save else nullcontext() as path:
        weights = trained(arguments.key, arguments.epochs, console)
        text = words(weights)
        if path:
            path.write_text(text, "ascii")
    if arguments.save:
        console.out(f"written to {str(arguments.save)!r}", highlight=False)
    same = "the same as" if text == words(digit_weights()) else "other than"
    console.print(f"{described(weights)},", highlight=False)
    console.print(f"{same} those that come with funcnn", highlight=False)
    return 0


def trained(key: int, count: int, console: Console) -> Matrices:
    """The weights after a number of epochs on the digits to learn from; shows the losses."""
    digits = split_digits().training
    console.print(f"{len(digits.labels):,} handwritten digits to learn from", highlight=False)
    with Progress(
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(20),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.file.isatty(),
    ) as progress:
        task = progress.add_task("", total=count, loss=0.0)
        for index, state in enumerate(epochs(digits, key, count), 1):
            progress.update(task, completed=index, loss=state.loss)
            if index == count or index % 5 == 0 or index == 1:
                console.print(f"epoch {index:3}   loss {state.loss:.4f}", highlight=False)
    weights: Matrices = state.weights
    return weights
