"""funcnn train: the network that comes with the library, trained again."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from funcnn.algebra.keys import split
from funcnn.algebra.trees import tree_map
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.linears import dense
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.optimizers import sgd
from funcnn.calculus.training import Batch, epoch, train
from funcnn.exchange.datasets import Digits, split_digits
from funcnn.exchange.hex_words import encode, nearest
from funcnn.exchange.pretrained import digit_weights
from funcnn.fast.gradients import value_and_grad

type Model = list[list[list[float]]]

NETWORK: Final = serial(layer(dense), layer(dense))
KEY: Final = 0
EPOCHS: Final = 40
BATCH: Final = 16
RATE: Final = 0.1
DECAY: Final = 0.98


class Epoch(NamedTuple):
    """The weights after an epoch, and the mean loss of its batches."""

    weights: Model
    loss: float


def start(key: int) -> Model:
    """Weights 64 → 32 → 10 to start from.

    Those of the outputs are positive: an output that relu keeps at zero for every digit learns
    nothing.
    """
    hidden, output = split(key)
    return [he_normal(hidden, 32, 64), tree_map(abs, he_normal(output, 10, 32))]


def epochs(digits: Digits, key: int, count: int) -> Iterator[Epoch]:
    """The epochs of training on the digits, by stochastic gradient descent at a falling rate."""
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
        yield Epoch(weights, sum(state.loss for state in states) / len(states))


def words(weights: Model) -> str:
    """The weights as 32-bit hex words, each the nearest."""
    return encode(tree_map(partial(nearest, bits=32), weights), 32) + "\n"


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="how often to go through them")
    parser.add_argument("--key", type=int, default=KEY, help="decides every random draw")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the weights, as hex words")


def command(arguments: Namespace, console: Console) -> int:
    """Train, show the loss of each epoch, and compare with the weights that ship."""
    if arguments.epochs < 1:
        raise ValueError(f"--epochs {arguments.epochs}: at least one is needed")
    digits = split_digits().training
    count = len(digits.labels)
    console.print(f"{count:,} handwritten digits; foldl(dense, digit, weights): 64 → 32 → 10, relu")
    with Progress(
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("", total=arguments.epochs, loss=0.0)
        for index, (weights, loss) in enumerate(epochs(digits, arguments.key, arguments.epochs), 1):
            progress.update(task, completed=index, loss=loss)
            if index == arguments.epochs or index % 5 == 0 or index == 1:
                console.print(f"epoch {index:3}   loss {loss:.4f}", highlight=False)
    text = words(weights)
    if arguments.save:
        arguments.save.write_text(text, "ascii")
        console.print(f"written to {arguments.save}", highlight=False)
    same = "the same as" if text == words(digit_weights()) else "other than"
    console.print(f"2,368 weights, {same} those that come with funcnn")
    return 0
