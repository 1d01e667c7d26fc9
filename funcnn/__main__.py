"""The command line: funcnn, or python -m funcnn."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NoReturn

from rich.console import Console

from funcnn.terminal import run, spec, train

COMMANDS = {
    "run": (run, "digits through foldl(dense, digit, weights), three ways (the default)"),
    "spec": (spec, "a definition as a person reads it, or the list of all"),
    "train": (train, "train the weights that come with funcnn again"),
}


class Parser(ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parser() -> Parser:
    """The command line's grammar."""
    top = Parser(prog="funcnn", description="The executable specification of neural networks.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        part = commands.add_parser(name, help=summary, description=summary)
        module.configure(part)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. 0: done, 1: a verdict against, 2: bad input."""
    words = [*(sys.argv[1:] if arguments is None else arguments)] or ["run"]
    options = parser().parse_args(words)
    module, _ = COMMANDS[options.command]
    try:
        code: int = module.command(options, Console())
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("funcnn: stopped", file=sys.stderr)
        return 130
    except OSError as error:
        return refused(f"{error.filename}: {error.strerror}" if error.filename else f"{error}")
    except (ValueError, TypeError, ArithmeticError) as error:
        return refused(f"{error}")


def refused(message: str) -> int:
    """Print why, on one line, and return the exit code."""
    print(f"funcnn: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
