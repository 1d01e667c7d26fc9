"""funcnn run: the main job. Real digits through one fold, three ways; or one's own rows."""

import json
from argparse import ArgumentParser, Namespace
from math import inf
from pathlib import Path

from rich.console import Console

from funcnn.exchange.datasets import rows, split_digits
from funcnn.exchange.pretrained import digit_weights
from funcnn.terminal.arithmetics import ARITHMETICS, digits_over, rows_over
from funcnn.terminal.models import read_weights
from funcnn.terminal.reports import Report
from funcnn.terminal.robustness import digits_within, rows_within
from funcnn.terminal.three_ways import digits_three_ways


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "weights",
        nargs="?",
        type=Path,
        help="[[[number]]] as JSON or hex words; or matrices in .safetensors or .npz, a layer each "
        "in the natural order of their names, without biases",
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
    report = report_of_rows(arguments) if own else report_of_digits(arguments, console)
    if arguments.json:
        console.out(json.dumps(report.figures, indent=None if own else 2), highlight=False)
    else:
        report.show(console)
    return 0


def check(arguments: Namespace) -> None:
    """Refuse options that do not go together."""
    if arguments.weights and not arguments.rows:
        raise ValueError("weights need rows to run on: funcnn run WEIGHTS ROWS.csv")
    if arguments.within is not None and arguments.number != "interval":
        raise ValueError("--within R is for --number interval: add it")
    if arguments.within is not None and not 0 < arguments.within < inf:
        raise ValueError(f"--within {arguments.within}: give a number above 0")


def report_of_rows(arguments: Namespace) -> Report:
    """What the weights in a file give for the rows in another."""
    weights, inputs = read_weights(arguments.weights), rows(arguments.rows)
    takes, got = len(weights[0][0]), len(inputs[0])
    if got != takes:
        raise ValueError(f"{arguments.rows}: {got} numbers a row, the first layer takes {takes}")
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
