"""The command line: funcnn, or python -m funcnn."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from typing import Final, NoReturn, TextIO

from rich.console import Console

from funcnn.terminal import bench, cases, check, run, spec, studies, train

COMMANDS: Final = {
    "run": (run, "digits through foldl(dense, digit, weights), three ways (the default)"),
    "spec": (spec, "a definition as a person reads it, or the list of all"),
    "train": (train, "a network learns digits, names, or a table of yours"),
    "check": (check, "whether your own matmul, softmax … are right, with proof"),
    "cases": (cases, "frozen cases, by which a program in any language can judge itself"),
    "studies": (studies, "claims about neural networks, each put to the test now"),
    "bench": (bench, "how fast it is beside others, measured now, in ratios"),
}


class Parser(ArgumentParser):
    """An argument parser that raises its errors."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}; see {self.prog} --help")


class Terminal(Console):
    """A console that raises when nobody reads it any more; rich would exit with 1, a verdict."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def parser() -> Parser:
    """The command line's grammar."""
    top = Parser(prog="funcnn", description="The executable specification of neural networks.")
    top.add_argument("--version", action="version", version=f"funcnn {installed()}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        part = commands.add_parser(name, help=summary, description=summary)
        module.configure(part)
    return top


def installed() -> str:
    """The version of the library, if it is installed and not only lies there."""
    try:
        return version("funcnn")
    except PackageNotFoundError:
        return "(not installed)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. 0: done, 1: a verdict against, 2: bad input, 130: stopped."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        return obey(sys.argv[1:] if arguments is None else arguments)
    except BrokenPipeError:
        silence(sys.stdout)
        return 0
    except KeyboardInterrupt:
        return ended("stopped", 130)
    except MemoryError:
        return ended("out of memory; ask for less at once", 2)
    except OSError as error:
        if not error.filename:
            silence(sys.stdout)
        return ended(f"{error.filename or 'input or output'}: {error.strerror}", 2)
    except (ValueError, TypeError, ArithmeticError) as error:
        return ended(f"{error}", 2)


def obey(words: Sequence[str]) -> int:
    """Run the command that is meant, until all that it prints is out."""
    try:
        options = parser().parse_args(meant(words))
        module, _ = COMMANDS[options.command]
        code: int = module.command(options, Terminal())
        return code
    finally:
        if sys.stdout:
            sys.stdout.flush()


def meant(words: Sequence[str]) -> list[str]:
    """The words, with `run` before them if they name no command.

    >>> meant([]), meant(["--json"]), meant(["train"]), meant(["--help"])
    (['run'], ['run', '--json'], ['train'], ['--help'])
    """
    first = words[0] if words else "--json"
    named = not first.startswith("-") or first in ("-h", "--help", "--version")
    return [*words] if named else ["run", *words]


def ended(why: str, code: int) -> int:
    """Print why, on one line of characters that a terminal shows, and return the exit code."""
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in why)
    try:
        Terminal(stderr=True).out(f"funcnn: {line}", highlight=False)
    except OSError:
        silence(sys.stderr)
    return code


def silence(stream: TextIO) -> None:
    """Send what a stream still holds nowhere, or Python would fail to print it at its end."""
    with suppress(AttributeError, OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
