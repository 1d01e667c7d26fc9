"""funcnn cases: what functions must return, frozen in files, for programs in any language."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from funcnn.exchange.files import check_replaceable, replaced
from funcnn.laws.declarations import NAMES, named, parse
from funcnn.laws.frozen import EXAMPLES, MARK, VERSION, frozen
from funcnn.laws.functions import SUBJECTS, subject
from funcnn.laws.serialization import as_json, as_lines, contract
from funcnn.laws.subjects import Subject
from funcnn.terminal.check import words
from funcnn.terminal.reports import tracked

FORMATS: Final = ("float64", "float32", "float16", "bfloat16")
CONTRACT: Final = ("README.md", "schema.json")
MANIFEST: Final = "manifest.json"

type Entry = dict[str, int | str]
"""What the manifest says of a file: its sha256, its bytes, and its cases."""


def configure(parser: ArgumentParser) -> None:
    """The command's options."""
    add = parser.add_argument
    several = partial(add, type=words, action="extend")
    add("directory", type=Path, metavar="DIR", help="where the files go; made, if there is none")
    several("--function", metavar="NAME,…", help="only these; funcnn check --list lists all")
    several("--format", metavar="NAME,…", help=", ".join(FORMATS))
    add("--examples", type=int, metavar="N", default=EXAMPLES, help="how many of each law, about")


def command(arguments: Namespace, console: Console) -> int:
    """Write the cases, and what goes with them; last the manifest.

    Errors
        ValueError   there is no such function or format; the files cannot be written, or there are
                     others of their names
    """
    if arguments.examples < 1:
        raise ValueError(f"--examples {arguments.examples}: at least one is needed")
    subjects = [*map(subject, dict.fromkeys(arguments.function or SUBJECTS))]
    forms = [*dict.fromkeys(map(canonical, arguments.format or FORMATS))]
    folder, made = arguments.directory, [*product(subjects, forms)]
    before = opened(folder, [*CONTRACT, *(name for pair in made for name in names(*pair))])
    texts = {name: contract(name) for name in CONTRACT}
    new = {name: kept(folder / name, text) for name, text in texts.items()}
    for one, form in tracked(made, "freezing", console):
        new |= written(folder, one, form, arguments.examples)
    manifest = {"$comment": MARK, "files": before | new, "version": VERSION}
    kept(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    conclude(folder, new, console)
    return 0


def canonical(name: str) -> str:
    """A format's first name.

    Errors
        ValueError   no format has the name

    >>> canonical("half")
    'float16'
    """
    if name not in NAMES:
        raise ValueError(f"--format {name!r:.40}: there are {', '.join(FORMATS)}")
    return named(NAMES[name])


def names(one: Subject, form: str) -> tuple[str, str]:
    """The files of a function in a format: JSON, and lines.

    >>> names(subject("matmul"), "float32")
    ('matmul.float32.json', 'matmul.float32.txt')
    """
    return f"{one.name}.{form}.json", f"{one.name}.{form}.txt"


def opened(folder: Path, files: Sequence[str]) -> dict[str, Entry]:
    """The entries of the manifest that is there, once it is sure that files can be written.

    Errors
        ValueError   they cannot, or would take the place of files that are no cases
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ValueError(f"{folder}: {error.strerror}; name a directory that can be made") from None
    for name in (*files, MANIFEST):
        check_ours(folder / name)
        check_replaceable(folder / name)
    return entries(folder / MANIFEST)


def entries(manifest: Path) -> dict[str, Entry]:
    """What a manifest says of each file, if it is there.

    Errors
        ValueError   it is damaged
    """
    try:
        return dict(json.loads(manifest.read_text("utf-8"))["files"]) if manifest.exists() else {}
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"{manifest}: damaged; delete it, or name another directory") from None


def check_ours(path: Path) -> None:
    """Nothing, if there is no such file, or one of these cases.

    Errors
        ValueError   it is another, or of another version
    """
    if path.is_file():
        with path.open("rb") as file:
            if MARK.encode() not in file.read(100):
                raise ValueError(f"{path}: none of the {MARK}; name another directory")


def written(folder: Path, one: Subject, form: str, examples: int) -> dict[str, Entry]:
    """Write the cases of a function in a format, in both forms."""
    declaration = parse(form)
    cases = [*frozen(one, declaration, examples)]
    texts = [as_json(one, declaration, cases), as_lines(one, declaration, cases)]
    files = zip(names(one, form), texts, strict=True)
    return {name: kept(folder / name, text) | {"cases": len(cases)} for name, text in files}


def kept(path: Path, text: str) -> Entry:
    """Write a file, and what the manifest says of it."""
    data = text.encode()
    with replaced(path) as beside:
        beside.write_bytes(data)
    return {"bytes": len(data), "sha256": sha256(data).hexdigest()}


def conclude(folder: Path, files: Mapping[str, Mapping[str, Any]], console: Console) -> None:
    """Print what is written."""
    cases = sum(entry["cases"] for name, entry in files.items() if name.endswith(".txt"))
    size = sum(entry["bytes"] for entry in files.values()) / 1e6
    say = partial(console.out, highlight=False)
    say(f"{cases:,} cases in {len(files) + 1:,} files, {size:,.1f} MB, in {str(folder)!r}")
    say(f"Next   {folder / CONTRACT[0]} says how to judge by them, in any language")
