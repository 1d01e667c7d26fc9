"""funcnn run: the main job. Real digits through one fold, three ways; or one's own rows."""

import json
from argparse import ArgumentParser, Namespace
from math import inf
from pathlib import Path

from rich.console import Console

from funcnn.exchange.datasets import rows, split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.terminal.arithmetics import ARITHMETICS, digits_over, rows_over
from funcnn.terminal.models import Matrices, checked, read_weights
from funcnn.terminal.reports import Report
from funcnn.terminal.robustness import digits_within, rows_within
from funcnn.terminal.three_ways import digits_three_ways
from funcnn.terminal.trained import is_checkpoint, read_trained, report_of_names, report_of_trained


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "weights",
        nargs="?",
        type=Path,
        help="what funcnn train has saved; or [[[number]]] as JSON or hex words; or matrices in "
        ".safetensors or .npz, a layer each in the natural order of their names, without biases",
    )
    parser.add_argument("rows", nargs="?", type=Path, help="inputs as CSV, an example a line")
    parser.add_argument(
        "--number",
        metavar="NUMBER",
        choices=ARITHMETICS,
        help=f"the kind of number to run over: {', '.join(ARITHMETICS)}",
    )
    parser.add_argument(
        "--within",
        metavar="R",
        type=float,
        help="with --number interval: whether a change of each input by up to R turns the class",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the figures for other programs; a number may be NaN or Infinity",
    )


def command(arguments: Namespace, console: Console) -> int:
    """Run the network that ships on the digits held out; or, if given, other weights on rows."""
    check(arguments)
    own = arguments.weights is not None
    report = report_of_own(arguments) if own else report_of_digits(arguments, console)
    if arguments.json:
        console.out(json.dumps(report.figures, indent=None if own else 2), highlight=False)
    else:
        report.show(console)
    return 0


def check(arguments: Namespace) -> None:
    """Refuse options that do not go together."""
    if arguments.within is not None and arguments.number != "interval":
        raise ValueError("--within R is for --number interval: add it")
    if arguments.within is not None and not 0 < arguments.within < inf:
        raise ValueError(f"--within {arguments.within}: give a number above 0")


def report_of_own(arguments: Namespace) -> Report:
    """What a network in a file gives for the rows in another; or the names that it makes up."""
    trained = read_trained(arguments.weights) if is_checkpoint(arguments.weights) else None
    if trained and trained.settings.network != "dense" and arguments.number:
        why = f"is for networks of dense layers, and this is a {trained.settings.network}"
        raise ValueError(f"--number {arguments.number}: it {why}; leave it out")
    if trained and trained.settings.task == "names":
        if arguments.rows:
            raise ValueError(f"{arguments.weights}: it makes up names and takes no rows; give none")
        return report_of_names(trained)
    if not arguments.rows:
        raise ValueError("weights need rows to run on: funcnn run WEIGHTS ROWS.csv")
    if trained is None or trained.settings.network == "dense":
        weights = checked(trained.weights) if trained else read_weights(arguments.weights)
        return report_of_rows(arguments, weights)
    return report_of_trained(trained, rows_for(arguments.rows, trained.takes))


def rows_for(path: Path, takes: int) -> list[list[float]]:
    """The rows in a file, for a first layer that takes so many numbers.

    Errors
        ValueError   they are no such rows
        OSError      the file cannot be read
    """
    inputs = rows(path)
    got = len(inputs[0])
    if got != takes:
        raise ValueError(f"{path}: {got} numbers a row, the first layer takes {takes}")
    return inputs


def report_of_rows(arguments: Namespace, weights: Matrices) -> Report:
    """What matrices give for the rows in a file, over a kind of number."""
    inputs = rows_for(arguments.rows, len(weights[0][0]))
    if arguments.within is not None:
        return rows_within(arguments.within, inputs, weights)
    return rows_over(arguments.number, inputs, weights)


def report_of_digits(arguments: Namespace, console: Console) -> Report:
    """What the weights that ship give for the digits that they were not trained on."""
    digits, weights = split_digits(), digit_weights()
    if arguments.within is not None:
        return digits_within(arguments.within, digits.held_out, weights, console)
    if arguments.number:
        return digits_over(arguments.number, digits, weights, console)
    return digits_three_ways(digits.held_out, weights, console)
