"""funcnn check: whether somebody's functions are right, and if not, a call that shows it."""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import closing
from functools import partial
from math import inf
from pathlib import Path
from textwrap import fill
from typing import Final, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from funcnn.laws.calls import Template
from funcnn.laws.declarations import named, parse
from funcnn.laws.figures import as_data
from funcnn.laws.functions import SUBJECTS
from funcnn.laws.implementations import TARGETS, Program, implementation, program
from funcnn.laws.judging import EXAMPLES
from funcnn.laws.referee import ARRAYS, check, reported
from funcnn.laws.reports import (
    HEADINGS,
    LONG,
    Report,
    accusation,
    conclusion,
    heading,
    remarks,
    rows,
    wrong,
)
from funcnn.laws.signatures import tensor
from funcnn.laws.subjects import LIKE, Subject
from funcnn.terminal.reports import tracked

STYLES: Final = {"right": "green", "WRONG": "bold red", "known": "yellow"}
TIME_LIMIT: Final = 10.0

MODULES: Final = ("python", "arrays")
"""Options that are of modules alone."""

READING: Final = """\
m×k is a tensor of m rows of k numbers: nested lists, or an array; (…, …) is a tuple; behind ; stand
settings, by name. f_vjp gives the cotangents of f's arguments, in their form; of losses and of
batch_norm that of the inputs alone, of embedding that of the weights.
funcnn spec NAME shows what each function is."""


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = "0: all right; 1: one is wrong; 2: bad input, or one of which nothing is known"
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help=f"what is judged: {TARGETS}")
    add("--list", action="store_true", help="list what is judged, and what it is handed")
    add("--function", metavar="NAME,…", type=words, action="extend", help="judge only these")
    add("--profile", metavar="WORDS", default="", help="its arithmetic: float32,exp=1,flush …")
    add("--examples", type=int, metavar="N", default=EXAMPLES, help="how many calls a law asks")
    add("--key", type=int, metavar="K", default=0, help="decides every draw; 0, if none is given")
    add("--known", type=Path, metavar="FILE", help="deviations, a line each: pattern # reason")
    add("--arrays", metavar="KIND", help="what its functions take: lists, numpy, torch or jax")
    add("--python", metavar="PATH", help="another Python, to import it by")
    add("--program", metavar="COMMAND", help="judge a program that answers in JSON lines")
    add("--time-limit", type=float, metavar="S", default=TIME_LIMIT, help="seconds for an answer")
    add("--json", action="store_true", help="print the figures for other programs")
    add("-v", "--verbose", action="store_true", help="ulps, and how much is correctly rounded")


def words(text: str) -> list[str]:
    """The names that a text spells.

    >>> words("matmul,softmax")
    ['matmul', 'softmax']
    """
    names = [*filter(None, map(str.strip, text.split(",")))]
    if not names:
        raise ArgumentTypeError("empty: name a function, or leave the option out")
    return names


def command(arguments: Namespace, console: Console) -> int:
    """Judge, and show what is found. 0: right, 1: something is wrong, 2: of one nothing is known.

    Errors
        ValueError   there is nothing to judge, or nothing in it that there are laws about
    """
    if arguments.list:
        listing(console)
        return 0
    with closing(opened(arguments)) as judged:
        report = reported(
            check(
                judged,
                functions=arguments.function or (),
                profile=arguments.profile,
                examples=arguments.examples,
                key=arguments.key,
                known=arguments.known,
            ),
            lambda names: tracked(names, "judging", console),
        )
    if arguments.json:
        console.out(json.dumps(as_data(report), indent=2), highlight=False)
    else:
        show(report, console, is_long=arguments.verbose)
    return report.code


def opened(arguments: Namespace) -> Program:
    """What is to be judged, started.

    Errors
        ValueError   there is nothing of that name, or options do not go together
    """
    target, limit = arguments.target, arguments.time_limit
    if not 0 < limit < inf:
        raise ValueError(f"--time-limit {limit}: give a number of seconds above 0")
    if arguments.program:
        for option, value in (("", target), *((f"--{x} ", vars(arguments)[x]) for x in MODULES)):
            if value:
                raise ValueError(f"{option}{value}: a --program is judged alone: leave it out")
        return program(arguments.program, time_limit=limit)
    if not target:
        raise ValueError(f"nothing to judge: give {TARGETS}, or a --program; see check --help")
    form = named(parse(arguments.profile, ARRAYS).inputs)
    own = {"python": arguments.python, "arrays": arguments.arrays}
    return implementation(target, **own, format_name=form, time_limit=limit)


def show(report: Report, console: Console, *, is_long: bool = False) -> None:
    """Print what a person wants to see: the table, why nothing is known, and what is wrong."""
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    say(f"{heading(report)}\n")
    console.print(table(report, is_long))
    for part in remarks(report, is_long=is_long):
        say(f"\n{part}", style="dim")
    for judged in wrong(report):
        say(Text(f"\n{accusation(judged)}"))
    say(f"\n{conclusion(report)}")


def table(report: Report, is_long: bool) -> Table:
    """The rows, in columns and colors."""
    columns = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in LONG if is_long else HEADINGS:
        is_text = name in ("function", "law", "verdict")
        justify: Literal["left", "right"] = "left" if is_text else "right"
        columns.add_column(name, justify=justify, no_wrap=name != "law")
    for row in rows(report, is_long=is_long):
        columns.add_row(*(Text(cell, STYLES.get(cell, "")) for cell in row))
    return columns


def listing(console: Console) -> None:
    """Print what is judged: the functions, and what each is handed."""
    for subject in SUBJECTS.values():
        console.out(fill(asked(subject), 80, subsequent_indent="    "), highlight=False)
    console.out(f"\n{READING}", style="dim", highlight=False)


def asked(subject: Subject) -> str:
    """A function, and what it is handed: the lengths of axes, and the settings.

    >>> asked(SUBJECTS["affine"]), asked(SUBJECTS["embedding_vjp"])
    ('affine(i, (o×i, o))', 'embedding_vjp(n ints < v, v×w, cotangent)')
    """
    forms: dict[str, dict[str, None]] = {}
    for variant in subject.variants:
        told = ", ".join(map(axes, variant.templates))
        forms.setdefault(told, {}).update(dict.fromkeys(variant.settings))
    ways = [
        f"({'; '.join(filter(None, [told, ', '.join(names)]))})" for told, names in forms.items()
    ]
    return f"{subject.name}{' or '.join(ways)}"


def axes(template: Template) -> str:
    """What a template stands for, in words.

    >>> axes(("m k", ("q k ?", "")))
    '(m×k, (q×k truths, number))'
    """
    if isinstance(template, tuple):
        return f"({', '.join(map(axes, template))})"
    if template == LIKE:
        return "cotangent"
    one = tensor(template)
    words = [f"{axis.times if axis.times > 1 else ''}{axis.name}" for axis in one.axes]
    lengths = "×".join(words)
    match one.sign:
        case "<":
            return f"{lengths} ints < {one.limit}" if lengths else f"int < {one.limit}"
        case "?":
            return f"{lengths} truths"
        case ">":
            return f"{lengths or 'number'} > {one.limit}"
        case "=":
            return f"{lengths} shares"
        case _:
            return lengths or "number"
