"""Wiring: a model as a tree: what each part gives, the forms of its weights, how many there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from textwrap import fill
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from funcnn.algebra.folds import map_accum_l, zipped
from funcnn.algebra.trees import Tree
from funcnn.blocks.combinators import (
    Branch,
    Each,
    Layer,
    Network,
    Parallel,
    Scan,
    Serial,
    Tied,
    add_pair,
    placed,
)
from funcnn.blocks.forms import Form, item
from funcnn.blocks.models import Model
from funcnn.blocks.shape_inference import output_form
from funcnn.blocks.shapes import parameters, render

SHARE: Final = 0.45
"""How much of a line a part's name may take, with the branches before it."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A part of a network: what it gives, its weights, its own parts, and how often it follows."""

    label: str
    gives: Tree
    weights: Tree
    parts: tuple["Wire", ...] = ()
    times: int = 1


def wire(network: Network, inputs: Tree, weights: Tree) -> Wire:
    """A network as a tree of its parts; what follows itself, weights and all, stands once.

    >>> from funcnn.blocks.combinators import layer, serial
    >>> from funcnn.blocks.linears import dense
    >>> network = serial(layer(dense), layer(dense), layer(dense))
    >>> tree = wire(network, Form((2,)), [Form((3, 2)), Form((3, 3)), Form((3, 3))])
    >>> [(part.label, part.times) for part in tree.parts]
    [('dense', 1), ('dense', 2)]
    """
    match network:
        case Serial((Branch((Serial(()), inner)), Layer(definition))) if definition is add_pair:
            return _around("residual", wire(inner, inputs, weights[0][1]), inputs, weights)
        case Serial(layers) if layers:
            return _serial(layers, inputs, weights)
        case Each(inner):
            gives = output_form(network, inputs, weights)
            return _around("each", wire(inner, item(inputs), weights), gives, weights)
        case Scan(cell):
            gives = output_form(network, inputs, weights)
            step = wire(cell, (inputs[0], item(inputs[1])), weights)
            return _around("scan", step, gives, weights)
        case Tied(Serial(layers), places):
            tree = _serial(layers, inputs, placed(weights, places), places)
            return _around("tied", tree, tree.gives, weights)
        case Tied(inner, places):
            tree = wire(inner, inputs, placed(weights, places))
            return _around("tied", tree, tree.gives, weights)
        case Parallel(networks):
            parts = [wire(*part) for part in zip(networks, inputs, weights, strict=True)]
            return Wire("parallel", tuple(part.gives for part in parts), weights, (*parts,))
        case Branch(networks):
            tree = wire(Parallel(networks), (inputs,) * len(networks), weights)
            return replace(tree, label="branch")
        case _:
            return Wire(render(network), output_form(network, inputs, weights), weights)


def _around(name: str, inner: Wire, gives: Tree, weights: Tree) -> Wire:
    return Wire(f"{name} {inner.label}", gives, weights, inner.parts)


def _serial(
    layers: Sequence[Network], inputs: Tree, weights: Tree, places: Sequence[int] = ()
) -> Wire:
    """one after another; a part whose weights an earlier one has is marked, and has none here"""
    again = {index for index, place in enumerate(places) if place in places[:index]}

    def step(x: Tree, pair: tuple[Network, Tree]) -> tuple[Tree, Wire]:
        part = wire(pair[0], x, pair[1])
        return part.gives, part

    gives, parts = map_accum_l(step, inputs, zipped(layers, weights, ("layers", "weights")))
    own = [_tied(part) if index in again else part for index, part in enumerate(parts)]
    once = [(part, len([*same])) for part, same in groupby(own)]
    merged = [replace(part, times=times) for part, times in once]
    return Wire("serial", gives, weights, (*merged,))


def _tied(part: Wire) -> Wire:
    return Wire(f"{part.label}, tied", part.gives, ())


def rows(
    tree: Wire, widest: int, stem: str = "", branch: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    """The lines of a tree: its part, what it gives, its weights' forms, and how many they are.

    >>> part = Wire("dense", Form((1,)), Form((1, 2)))
    >>> [*rows(Wire("serial", Form((1,)), [Form((1, 2))], (part,)), 40)]
    [('serial', '1', '', '2'), ('└─ dense', '1', '1×2', '2')]
    """
    times = f"{tree.times} × " if tree.times > 1 else ""
    own = "" if tree.parts else shown(tree.weights)
    count = parameters(tree.weights) * tree.times
    below = stem + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
    label = fill(
        f"{times}{tree.label}",
        widest,
        initial_indent=f"{stem}{branch}",
        subsequent_indent=f"{below}  ",
        break_long_words=False,
    )
    yield label, shown(tree.gives), own, f"{count:,}" if count else ""
    for index, part in enumerate(tree.parts, 1):
        yield from rows(part, widest, below, "└─ " if index == len(tree.parts) else "├─ ")


def shown(form: Tree) -> str:
    """A form, or several, as text.

    >>> shown((Form((2, 3)), (Form(()), ())))
    '2×3, a number'
    """
    if isinstance(form, Form):
        return str(form)
    return ", ".join(text for text in map(shown, form) if text)


def of(name: str, model: Model) -> Wire:
    """A model's tree, under its name.

    >>> from funcnn.blocks.models import perceptron
    >>> of("perceptron", perceptron((3, 2))).label
    'perceptron'
    """
    return replace(wire(model.network, model.inputs, model.weights), label=name)


def table(name: str, model: Model, width: int) -> Table:
    """A model's tree as a table of a width."""
    columns = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False)
    columns.add_column("part", no_wrap=True)
    columns.add_column("gives", overflow="fold")
    columns.add_column("weights", overflow="fold")
    columns.add_column("count", justify="right")
    for line in rows(of(name, model), int(SHARE * width)):
        columns.add_row(*map(Text, line))
    return columns


def as_data(tree: Wire) -> dict[str, Any]:
    """A tree for other programs.

    >>> as_data(Wire("relu", Form((3,)), ()))
    {'part': 'relu', 'gives': '3', 'weights': '', 'count': 0, 'times': 1, 'parts': []}
    """
    return {
        "part": tree.label,
        "gives": shown(tree.gives),
        "weights": shown(tree.weights) if not tree.parts else "",
        "count": parameters(tree.weights) * tree.times,
        "times": tree.times,
        "parts": [*map(as_data, tree.parts)],
    }
