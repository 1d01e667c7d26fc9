"""funcnn spec: every definition of the library, or one of them, to be read."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import Parameter, signature
from textwrap import fill
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from funcnn.blocks.linears import dense
from funcnn.blocks.models import Model
from funcnn.terminal import wiring
from funcnn.terminal.definitions import ROOMS, Definition, catalog, find, modules
from funcnn.terminal.docstrings import parsed
from funcnn.terminal.translations import EXAMPLE, READING, WORDS, loops, worked

THEME: Final = "ansi_dark"
WIDEST: Final = 100


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "name", nargs="?", help="a definition, as dense or fast.dense; of a model, its wiring too"
    )
    parser.add_argument("--json", action="store_true", help="print it for other programs")


def command(arguments: Namespace, console: Console) -> int:
    """Show all definitions, or the one of a name.

    Errors
        ValueError   no definition has the name
    """
    found = None if arguments.name is None else find(arguments.name)
    if arguments.json:
        console.print_json(data=[*map(entry, catalog())] if found is None else page(found))
    elif found is None:
        listing(console)
    else:
        definition(found, [other for other in catalog() if other.name == found.name], console)
    return 0


def entry(found: Definition) -> dict[str, Any]:
    """A definition's line in the catalog, for other programs."""
    return {
        "name": found.name,
        "module": found.module,
        "signature": found.signature,
        "summary": parsed(found.docstring).summary,
    }


def page(found: Definition) -> dict[str, Any]:
    """All of a definition, for other programs."""
    _, prose, sections, examples = parsed(found.docstring)
    model = model_of(found)
    tree = model and {"wiring": wiring.as_data(wiring.of(found.name, model))}
    return entry(found) | {
        "prose": prose,
        "sections": sections,
        "code": found.code,
        "examples": examples,
        **(tree or {}),
    }


def listing(console: Console) -> None:
    """Print the name and the summary of every definition, by room and module."""
    definitions = catalog()
    widest = max(len(found.name) for found in definitions)
    for room in ROOMS:
        console.rule(Text(room, "bold"), align="left")
        for module in modules(room):
            console.print(Text(f"\n{module.name.removeprefix('funcnn.')}", "bold"))
            for found in module.definitions:
                line = f"    {found.name:<{widest}}   {_first_sentence(found.docstring)}"
                console.print(Text(hung(line, _width(console))))
        console.print()
    console.print(Text(f"{len(definitions)} definitions; funcnn spec NAME shows one", "dim"))


def definition(found: Definition, namesakes: Sequence[Definition], console: Console) -> None:
    """Print all there is to read about a definition; about `dense`, its translation too."""
    summary, prose, sections, examples = parsed(found.docstring)
    width = _width(console)
    console.print(Text(hung(found.signature, width), "bold"))
    console.print(Text(f"from {found.module} import {found.name}", "dim"))
    for other in namesakes:
        if other.module != found.module:
            place = other.module.removeprefix("funcnn.")
            console.print(Text(f"see also: funcnn spec {place}.{other.name}", "dim"))
    for paragraph in [summary, *prose]:
        console.print(Text(f"\n{fill(paragraph, width)}"))
    for name, text in sections.items():
        own = explained(text) if name == "Settings" else text
        _section(console, name, Text("\n".join(_lines(name, own, width - 4))))
    _section(console, "Code", _code(found.code, width - 4))
    if examples:
        _section(console, "Examples", _code(examples, width - 4, "pycon"))
    if (found.module, found.name) == (dense.__module__, dense.__name__):
        translation(sections["Haskell"], console)
    model = model_of(found)
    if model:
        console.print(Text("\nWiring, of the defaults", "bold"))
        console.print(Padding(wiring.table(found.name, model, width - 4), (0, 0, 0, 4)))


def explained(settings: str) -> str:
    """The settings, and under "those of" another definition, that one's.

    >>> [line.split()[0] for line in explained("those of `conv2d`").splitlines()][:3]
    ['those', 'those', 'rank']
    """
    lines = settings.splitlines()
    for line in settings.splitlines():
        if named := re.match(r"those of `(\w+)`", line):
            other = parsed(find(named[1]).docstring).sections["Settings"]
            lines += explained(other).splitlines()
    return "\n".join(lines)


def model_of(found: Definition) -> Model | None:
    """The model that a definition makes of its defaults, if it makes one.

    >>> model_of(find("perceptron")).inputs, model_of(find("dense"))
    (Form(lengths=(784,), fill='normal'), None)
    """
    if not found.signature.endswith("-> Model"):
        return None
    made: Callable[[], Model] = getattr(import_module(found.module), found.name)
    parameters = signature(made).parameters.values()
    return made() if all(one.default is not Parameter.empty for one in parameters) else None


def translation(sketch: str, console: Console) -> None:
    """Print the sketch word by word, then as loops, then on numbers."""
    words = Table("Haskell", "means", "in Python", box=None, padding=(0, 3, 0, 0))
    for haskell, meaning, python in WORDS:
        words.add_row(Text(haskell), Text(meaning), _code(python, WIDEST))
    _section(console, "Word by word", Text(sketch))
    console.print(Padding(words, (1, 0, 1, 4)))
    console.print(_indented(Text(fill(READING, _width(console) - 4))))
    _section(console, "As plain loops", _code(loops(), _width(console) - 4))
    _section(console, "On numbers", Text(worked(*EXAMPLE)))


def hung(line: str, width: int) -> str:
    """A line broken at a width; the rest stands under its last column, or 4 further in.

    >>> print(hung("ValueError   the lengths differ", 24))
    ValueError   the lengths
                 differ
    """
    text = line.lstrip()
    column = line.rfind("   ") + 3 if "   " in text else len(line) - len(text) + 4
    return fill(
        line,
        width,
        subsequent_indent=" " * min(column, 2 * width // 3),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width(console: Console) -> int:
    return min(max(console.width, 20), WIDEST)


def _lines(section: str, text: str, width: int) -> list[str]:
    """a section's lines, where its author broke them for no more than width broken anew"""
    if section in ("Order", "Units", "Source"):
        return [fill(" ".join(text.split()), width)]
    if section in ("Settings", "Errors"):
        text = re.sub(r"\n\s+", " ", text)
    return [hung(line, width) for line in text.splitlines()]


def _section(console: Console, heading: str, content: Text) -> None:
    console.print(Text(f"\n{heading}", "bold"))
    console.print(_indented(content))


def _indented(text: Text) -> Text:
    return Text("\n").join(Text("    ") + line if line else line for line in text.split())


def _code(code: str, width: int, lexer: str = "python") -> Text:
    lines = "\n".join(hung(line, width) for line in code.splitlines())
    text = Syntax("", lexer, theme=THEME, word_wrap=True).highlight(lines)
    text.rstrip()
    return text


def _first_sentence(docstring: str) -> str:
    return re.split(r"(?<=\.) (?=[A-Z`])", parsed(docstring).summary)[0]
