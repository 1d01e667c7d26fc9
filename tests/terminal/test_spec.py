"""What `funcnn spec` prints is what the library is: nothing is missing, cut, or said twice."""

import ast
import json
import re
from argparse import ArgumentParser
from collections import Counter
from doctest import ELLIPSIS, DocTestParser, DocTestRunner
from functools import reduce
from importlib import import_module
from io import StringIO
from operator import add, sub
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

import funcnn
from funcnn import dense
from funcnn.terminal.definitions import ROOMS, Definition, catalog, find, modules, read
from funcnn.terminal.docstrings import parsed
from funcnn.terminal.spec import command, configure, definition, hung
from funcnn.terminal.translations import EXAMPLE, READING, WORDS, dense_by_loops, loops, worked
from strategies import matrices, vectors

DEFINITIONS = catalog()
FUNCTIONS = [found for found in DEFINITIONS if not found.signature.startswith("class ")]


def path(found: Definition) -> str:
    return f"{found.module}.{found.name}"


def console(terminal: bool = False, width: int = 80) -> Console:
    return Console(
        file=StringIO(),
        width=width,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
    )


def printed(to: Console) -> str:
    assert isinstance(to.file, StringIO)
    return to.file.getvalue()


def spec(*words: str) -> str:
    parser, to = ArgumentParser(), console()
    configure(parser)
    assert command(parser.parse_args(words), to) == 0
    return printed(to)


def page_of(found: Definition, terminal: bool = False, width: int = 80) -> str:
    to = console(terminal, width)
    definition(found, [], to)
    return printed(to)


def test_every_room_but_the_last_two_is_in_the_catalogue() -> None:
    rooms = [room.name for room in iter_modules(funcnn.__path__) if room.ispkg]
    assert [*ROOMS, "studies", "terminal"] == rooms


def test_the_list_has_every_module_in_order() -> None:
    assert re.findall(r"^\w+\.\w+$", spec(), re.MULTILINE) == [
        module.name.removeprefix("funcnn.") for room in ROOMS for module in modules(room)
    ]


def test_the_list_has_every_definition_and_what_it_is() -> None:
    text = spec()
    assert re.findall(r"^    (\w+) ", text, re.MULTILINE) == [found.name for found in DEFINITIONS]
    words = " ".join(text.split())
    for found in DEFINITIONS:
        assert f" {found.name} {parsed(found.docstring).summary.partition('. ')[0]}" in words
    assert max(map(len, text.splitlines())) == 80


@pytest.mark.parametrize("found", DEFINITIONS, ids=path)
def test_a_definition_is_shown_whole_within_80_columns_and_once(found: Definition) -> None:
    text = page_of(found)
    whole = Counter(f"{found.signature} {found.docstring} {found.code}".split())
    assert whole <= Counter(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert ("\nWord by word\n" in text) == (path(found) == "funcnn.blocks.linears.dense")
    [node, *_] = ast.parse(found.code).body
    assert isinstance(node, (ast.FunctionDef, ast.ClassDef))
    assert node.name == found.name and ast.get_docstring(node) is None


@pytest.mark.parametrize("found", FUNCTIONS, ids=path)
def test_its_code_is_all_of_its_module_that_its_examples_need(found: Definition) -> None:
    """Run where nothing private is known but what the code shows."""
    names = vars(import_module(found.module)).items()
    world = {name: value for name, value in names if not re.match("_[^_]", name)}
    exec(found.code, world)
    examples = DocTestParser().get_doctest(found.docstring, world, found.name, None, None)
    assert DocTestRunner(optionflags=ELLIPSIS).run(examples, out=lambda _: None).failed == 0


def test_a_module_is_read_from_its_source() -> None:
    source = """
'Sums.'
def add(
    x: int,
    *,
    y: int = 0,
) -> int:
    'The sum.'
    return x + y

def _private():
    'Nothing.'
"""
    module = read("sums", source)
    assert module.docstring == "Sums."
    assert [found[:4] for found in module.definitions] == [
        ("sums", "add", "add(x: int, *, y: int = 0) -> int", "The sum.")
    ]


def test_code_comes_with_instances_and_private_parts_and_nothing_else() -> None:
    source = """
_LIMIT = 1
_other = 2

def _needed(x):
    return _LIMIT

@dispatch
def size(x):
    '''The size.'''

    return _needed(x)

def public(x):
    return size(x)

def _length(x):
    return 0

size.register(list, len)
size.register(dict, _length)
public.register(list, len)
"""
    size, _ = read("sizes", source).definitions
    assert (
        size.code
        == """@dispatch
def size(x):
    return _needed(x)

_LIMIT = 1

def _needed(x):
    return _LIMIT


def _length(x):
    return 0

size.register(list, len)
size.register(dict, _length)"""
    )


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("dense", "funcnn.blocks.linears.dense"),
        ("linears.dense", "funcnn.blocks.linears.dense"),
        ("blocks.dense", "funcnn.blocks.linears.dense"),
        ("fast.dense", "funcnn.fast.floats.dense"),
        ("fast.floats.dense", "funcnn.fast.floats.dense"),
        ("funcnn.fast.floats.dense", "funcnn.fast.floats.dense"),
    ],
)
def test_a_name_is_found_in_the_first_room_that_has_it(name: str, where: str) -> None:
    assert path(find(name)) == where


def test_other_definitions_of_the_name_are_shown() -> None:
    assert "see also: funcnn spec fast.floats.matmul\n" in spec("matmul")
    assert "see also: funcnn spec algebra.vectors.matmul\n" in spec("fast.matmul")
    assert "see also" not in spec("foldl")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("dens", "no definition is called 'dens'; did you mean dense?"),
        ("blocks.dens", "no definition is called 'blocks.dens'; did you mean dense?"),
        ("ense", "no definition is called 'ense'; did you mean dense"),
        ("", "no definition is called ''; funcnn spec lists them all"),
        ("_dot", "no definition is called '_dot'; did you mean dot?"),
    ],
)
def test_an_unknown_name_is_refused_with_those_that_are_close(name: str, error: str) -> None:
    with pytest.raises(ValueError) as refusal:
        spec(name)
    assert f"{refusal.value}".startswith(error)


def test_the_list_as_json() -> None:
    entries = json.loads(spec("--json"))
    assert [entry["name"] for entry in entries] == [found.name for found in DEFINITIONS]
    assert entries[0].keys() == {"name", "module", "signature", "summary"}


def test_a_definition_as_json() -> None:
    found = find("matvec")
    assert json.loads(spec("matvec", "--json")) == {
        "name": "matvec",
        "module": "funcnn.algebra.vectors",
        "signature": found.signature,
        "code": found.code,
        **parsed(found.docstring)._asdict(),
    }


HALVES = """
def halves(x: list[float], y: list[float]) -> list[float]:
    '''The halves of two lists, of the first one
    before those of the second.

    Haskell
        halves x y = map (/ 2) x ++ map (/ 2) y
    Order
        One rounding for each of the numbers in
        the lists.
    Errors
        ValueError   one list
                     is longer than the other
        TypeError    an item is no number

    >>> halves([1.0], [3.0])
    [0.5, 1.5]

    Of nothing:

    >>> halves([], [])
    []
    '''
    return [number / 2 for number in [*x, *y]]
"""

PAGE = """\
halves(x: list[float], y: list[float]) ->
    list[float]
from funcnn.blocks.halves import halves

The halves of two lists, of the first one
before those of the second.

Haskell
    halves x y = map (/ 2) x ++ map (/ 2)
        y

Order
    One rounding for each of the numbers
    in the lists.

Errors
    ValueError   one list is longer than
                 the other
    TypeError    an item is no number

Code
    def halves(x: list[float], y:
        list[float]) -> list[float]:
        return [number / 2 for number in
            [*x, *y]]

Examples
    >>> halves([1.0], [3.0])
    [0.5, 1.5]

    Of nothing:

    >>> halves([], [])
    []
"""


def test_a_page_breaks_lines_where_they_are_too_long() -> None:
    [found] = read("funcnn.blocks.halves", HALVES).definitions
    assert page_of(found, width=42) == PAGE


def test_only_a_terminal_gets_colors() -> None:
    assert "\x1b[" in page_of(find("dense"), terminal=True)
    assert "\x1b[" not in page_of(find("dense"), terminal=False)


def test_a_broken_line_hangs() -> None:
    assert hung("x y", 3) == "x y"
    assert hung("  one two", 6) == "  one\n    two"
    assert hung("a   one two", 8) == "a   one\n    two"


def test_the_translation_is_shown_whole() -> None:
    text = page_of(find("dense"))
    words = " ".join(part for word in WORDS for part in word)
    assert Counter(words.split()) <= Counter(text.split())
    table = text.partition("in Python")[2].partition(READING[:9])[0]
    assert all(map(str.strip, table.strip().splitlines()))
    for part in (loops(), worked(*EXAMPLE)):
        assert "\n".join(f"    {line}" for line in part.splitlines()) in text
    assert "row 2: 1·1 + 2·(−1) = 1 + (−2) = −1 → relu → 0\n" in text


PYTHON = {word.haskell: word.python for word in WORDS}
USES: list[tuple[str, dict[str, Any], list[Any], Any]] = [
    ("f $ g $ x", {"f": abs, "g": lambda x: x - 5, "x": 1}, [], 4),
    ("map f xs", {"f": abs, "xs": [-1, 2]}, [], [1, 2]),
    ("relu", {}, [-1.0], 0.0),
    ("relu", {}, [2.0], 2.0),
    ("sum xs", {"xs": [1, 2, 3]}, [], 6),
    ("zipWith f xs ys", {"f": sub, "xs": [5, 7], "ys": [1, 2]}, [], [4, 5]),
    ("(*)", {}, [2, 3], 6),
    ("zipWith (*) x", {"x": [1, 2]}, [[3, 4]], [3, 8]),
    ("foldl f x ws", {"f": sub, "x": 9, "ws": [1, 2]}, [], 6),
    ("foldl layer", {"layer": dense}, [*EXAMPLE], [2.0]),
]


@pytest.mark.parametrize(("haskell", "names", "arguments", "value"), USES)
def test_the_python_of_a_word_says_what_it_means(
    haskell: str, names: dict[str, Any], arguments: list[Any], value: Any
) -> None:
    meaning = eval(PYTHON[haskell], {"reduce": reduce, "add": add, **names})
    assert (meaning(*arguments) if arguments else meaning) == value


def test_every_word_but_the_equals_sign_is_tried() -> None:
    assert {"layer x w = …", *(haskell for haskell, *_ in USES)} == PYTHON.keys()


@example([[1.0, 1.0, 1.0], [0.1, 0.2, 0.3]])
@given(st.integers(1, 4).flatmap(lambda n: st.lists(vectors(n, st.floats()), min_size=1)))
def test_the_loops_are_dense_bit_for_bit(rows: list[list[float]]) -> None:
    inputs, *weights = rows
    by_loops = dense_by_loops(inputs, weights)
    assert [y.hex() for y in by_loops] == [y.hex() for y in dense(inputs, weights)]


def test_the_loops_shown_are_those_tested() -> None:
    world: dict[str, Any] = {}
    exec(loops(), world)
    assert world["dense_by_loops"].__doc__ is None
    assert world["dense_by_loops"].__code__.co_code == dense_by_loops.__code__.co_code


quarters = st.integers(-20, 20).map(lambda count: count / 4)


@given(vectors(2, quarters), matrices(3, 2, quarters), matrices(1, 3, quarters))
def test_every_equation_worked_is_true(
    inputs: list[float], first: list[list[float]], second: list[list[float]]
) -> None:
    text = worked(inputs, [first, second]).replace("·", "*").replace("−", "-")
    rows = re.findall(r"row \d: (.+) = (.+) = (.+) → relu → (.+)", text)
    assert len(rows) == 4
    for products, terms, weighted_sum, output in rows:
        assert eval(products) == eval(terms) == eval(weighted_sum)
        assert eval(output) == max(0, eval(weighted_sum))
    hidden = dense(inputs, first)
    states = [eval(state) for state in re.findall(r"(?:inputs|outputs) (\[.*?\])", text)]
    assert states == [inputs, hidden, hidden, dense(hidden, second)]
