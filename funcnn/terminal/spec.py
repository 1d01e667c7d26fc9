"""funcnn spec: every definition of the library, or one of them, to be read."""

import re
from argparse import ArgumentParser, Namespace
from textwrap import fill, indent
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from funcnn.blocks.linears import dense
from funcnn.terminal.definitions import ROOMS, Definition, catalogue, find, modules
from funcnn.terminal.docstrings import parsed
from funcnn.terminal.translations import WORDS, loops, worked

THEME: Final = "ansi_dark"
FLOWING: Final = ("Order", "Units", "Source")
WIDEST: Final = 100
EXAMPLE: Final = [1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("name", nargs="?", help="a definition, as dense or floats.dense")
    parser.add_argument("--json", action="store_true", help="print it for other programs")


def run(arguments: Namespace, console: Console) -> int:
    """Show all definitions, or the one of a name.

    Errors
        ValueError   no definition has the name
    """
    found = None if arguments.name is None else find(arguments.name)
    if arguments.json:
        console.print_json(data=[*map(entry, catalogue())] if found is None else page(found))
    elif found is None:
        listing(console)
    else:
        definition(found, console)
    return 0


def entry(found: Definition) -> dict[str, Any]:
    """A definition's line in the catalogue, for other programs."""
    summary = parsed(found.text).summary
    return {
        "name": found.name,
        "module": found.module,
        "signature": found.signature,
        "summary": summary,
    }


def page(found: Definition) -> dict[str, Any]:
    """All of a definition, for other programs."""
    _, prose, sections, examples = parsed(found.text)
    return entry(found) | {
        "prose": prose,
        "sections": sections,
        "code": found.code,
        "examples": examples,
    }


def listing(console: Console) -> None:
    """Print the name and the summary of each definition, by room and module."""
    width = max(len(found.name) for found in catalogue())
    for room in ROOMS:
        console.rule(Text(room, "bold"), align="left")
        for module in modules(room):
            ...


def definition(found: Definition, console: Console) -> None:
    """Print all there is to read of a definition; of `dense`, its translation too."""
    docstring = parsed(found.text)
    ...
