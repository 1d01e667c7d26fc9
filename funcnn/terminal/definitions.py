"""Definitions: the catalog of all that is public, read from the source, in the house's order."""

import ast
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import dropwhile
from typing import Final, NamedTuple

ROOMS: Final = ("algebra", "blocks", "calculus", "diagnostics", "exchange", "fast", "laws")


class Definition(NamedTuple):
    """A public function or class: where it stands, its docstring, and its code without that."""

    module: str
    name: str
    signature: str
    docstring: str
    code: str


class Module(NamedTuple):
    """A module: its full name, its docstring, and its public definitions."""

    name: str
    docstring: str
    definitions: list[Definition]


@cache
def modules(room: str) -> tuple[Module, ...]:
    """The modules of a room, in the order in which its `__init__` names them.

    >>> [module.name for module in modules("calculus")][:2]
    ['funcnn.calculus.losses', 'funcnn.calculus.tracing']
    """
    start = ast.parse((files("funcnn") / room / "__init__.py").read_text("utf-8"))
    named = [f"{node.module}" for node in start.body if isinstance(node, ast.ImportFrom)]
    sources = {
        f"funcnn.{room}.{file.name.removesuffix('.py')}": file.read_text("utf-8")
        for file in (files("funcnn") / room).iterdir()
        if file.name.endswith(".py") and not file.name.startswith("_")
    }
    names = dict.fromkeys([*named, *sorted(sources)])
    return tuple(read(name, sources[name]) for name in names)


def read(name: str, source: str) -> Module:
    r"""A module, read from its source.

    >>> module = read("sums", "'Sums.'\ndef add(x, y):\n    'The sum.'\n    return x + y")
    >>> module.definitions[0].signature, module.definitions[0].code
    ('add(x, y)', 'def add(x, y):\n    return x + y')
    """
    tree = ast.parse(source)
    public = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    definitions = [
        Definition(
            name,
            node.name,
            _signature(node, source),
            ast.get_docstring(node) or "",
            _code(node.name, tree.body, source),
        )
        for node in public
    ]
    return Module(name, ast.get_docstring(tree) or "", definitions)


def catalog() -> list[Definition]:
    """All definitions of the rooms, in the house's order.

    >>> [found.module for found in catalog() if found.name == "matmul"]
    ['funcnn.algebra.vectors', 'funcnn.fast.exact', 'funcnn.fast.floats']
    """
    return [found for room in ROOMS for home in modules(room) for found in home.definitions]


def find(name: str) -> Definition:
    """The definition of a name, also after its module, its room or both; of several, the first.

    Errors
        ValueError   there is none

    >>> find("dense").module, find("fast.dense").module, find("fast.floats.dense").module
    ('funcnn.blocks.linears', 'funcnn.fast.floats', 'funcnn.fast.floats')
    >>> find("dens")
    Traceback (most recent call last):
    ValueError: no definition is called 'dens'; did you mean dense?
    """
    definitions = catalog()
    for definition in definitions:
        room, _, _ = definition.module.rpartition(".")
        homes = (definition.module, room)
        if any(f".{home}.{definition.name}".endswith(f".{name}") for home in homes):
            return definition
    names = sorted({definition.name for definition in definitions})
    close = get_close_matches(name.rpartition(".")[2], names, cutoff=0.7)
    hint = f"did you mean {' or '.join(close)}?" if close else "funcnn spec lists them all"
    raise ValueError(f"no definition is called {name!r:.40}; {hint}")


def without_docstring(source: str) -> str:
    r"""The source of a function or class without its docstring.

    >>> without_docstring("def add(x, y):\n    'The sum.'\n    return x + y")
    'def add(x, y):\n    return x + y'
    >>> without_docstring("class Sum:\n    'A sum.'")
    'class Sum:\n    ...'
    """
    [node] = ast.parse(source).body
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or not ast.get_docstring(node):
        return source
    lines, text = source.splitlines(), node.body[0]
    after = [*dropwhile(lambda line: not line.strip(), lines[text.end_lineno :])]
    return "\n".join([*lines[: text.lineno - 1], *(after or ["    ..."])])


def _signature(node: ast.FunctionDef | ast.ClassDef, source: str) -> str:
    """the head, on one line"""
    head = source.splitlines()[node.lineno - 1 : node.body[0].lineno - 1]
    line = " ".join(map(str.strip, head)).replace("( ", "(")
    line = line.replace(", )", ")").replace(" )", ")")
    return line.removeprefix("def ").removesuffix(":")


def _code(name: str, statements: Sequence[ast.stmt], source: str) -> str:
    """its own, then its instances and what all of these need of the module's private parts"""
    parts = sorted(_parts({name}, statements), key=lambda part: getattr(part, "name", "") != name)
    pieces = [_segment(part, source) for part in parts]
    bare = [without_docstring(pieces[0]), *pieces[1:]]
    return "\n".join(f"\n{piece}\n" if "\n" in piece else piece for piece in bare).strip()


def _parts(names: set[str], statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    parts = [statement for statement in statements if _owner(statement) in names]
    private = {
        node.id
        for part in parts
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and node.id.startswith("_")
    }
    return parts if private <= names else _parts(names | private, statements)


def _owner(statement: ast.stmt) -> str:
    """the name that a statement defines, or gives an instance"""
    match statement:
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return name
        case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return name
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "register"))):
            return name
        case _:
            return ""


def _segment(statement: ast.stmt, source: str) -> str:
    """its lines, decorators included"""
    decorators = getattr(statement, "decorator_list", [])
    start = min(node.lineno for node in [statement, *decorators])
    return "\n".join(source.splitlines()[start - 1 : statement.end_lineno])
