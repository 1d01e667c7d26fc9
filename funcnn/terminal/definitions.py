"""Definitions: the catalogue of all that is public, read from the source, in the house's order."""

import ast
from collections.abc import Sequence
from copy import copy
from difflib import get_close_matches
from importlib.resources import files
from itertools import dropwhile
from typing import Final, NamedTuple

ROOMS: Final = ("algebra", "blocks", "calculus", "exchange", "fast", "laws")

type Node = ast.FunctionDef | ast.ClassDef


class Definition(NamedTuple):
    """A public function or class: where it stands, its docstring, and its code without that."""

    module: str
    name: str
    signature: str
    text: str
    code: str


class Module(NamedTuple):
    """A module: its full name, its docstring, and its public definitions."""

    name: str
    text: str
    definitions: list[Definition]


def modules(room: str) -> list[Module]:
    """The modules of a room, in the alphabet's order.

    >>> [module.name for module in modules("calculus")][:2]
    ['funcnn.calculus.losses', 'funcnn.calculus.optimizers']
    """
    sources = {
        f"funcnn.{room}.{file.name.removesuffix('.py')}": file.read_text("utf-8")
        for file in (files("funcnn") / room).iterdir()
        if file.name.endswith(".py") and not file.name.startswith("_")
    }
    return [module(name, sources[name]) for name in sorted(sources)]


def module(name: str, source: str) -> Module:
    '''A module, read from its source.

    >>> module("sums", "def add(x, y):\\n    """The sum."""\\n    return x + y").definitions
    [Definition(module='sums', name='add', signature='add(x, y)', text='The sum.', \
code='def add(x, y):\\n    return x + y')]
    '''
    tree = ast.parse(source)
    public = {
        node.name: node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }
    return Module(
        name,
        ast.get_docstring(tree) or "",
        [
            Definition(
                name,
                node.name,
                signature(node),
                ast.get_docstring(node) or "",
                code(node, tree.body, source),
            )
            for node in public.values()
        ],
    )


def find(name: str) -> Definition:
    """The definition of a name, or of the end of its full one; of several, the first in the house.

    Errors
        ValueError   there is none

    >>> find("dense").module, find("linears.dense").module
    ('funcnn.blocks.linears', 'funcnn.blocks.linears')
    >>> find("dens")
    Traceback (most recent call last):
    ValueError: no definition is called 'dens'; did you mean dense?
    """
    definitions = [each for room in ROOMS for home in modules(room) for each in home.definitions]
    for each in definitions:
        if f".{each.module}.{each.name}".endswith(f".{name}"):
            return each
    close = get_close_matches(name.rpartition(".")[2], {each.name: None for each in definitions})
    hint = f"did you mean {' or '.join(close)}?" if close else "funcnn spec lists all"
    raise ValueError(f"no definition is called {name!r:.40}; {hint}")


def signature(node: Node) -> str:
    """The head of a definition, on one line.

    >>> [node] = ast.parse("def add(x: int,\\n        y: int = 0) -> int: return x + y").body
    >>> signature(node)
    'add(x: int, y: int=0) -> int'
    """
    bare = copy(node)
    bare.body, bare.decorator_list = [], []
    return ast.unparse(bare).removeprefix("def ").removesuffix(":")


def code(node: Node, statements: Sequence[ast.stmt], source: str) -> str:
    """A definition's code, with the private parts of its module and the instances it consists of.

    >>> source = "def f(x):\\n    return _g(x)\\ndef _g(x):\\n    return x\\ndef h(x):\\n    return x"
    >>> tree = ast.parse(source)
    >>> print(code(tree.body[0], tree.body, source))
    def f(x):
        return _g(x)
    <BLANKLINE>
    def _g(x):
        return x
    """
...
