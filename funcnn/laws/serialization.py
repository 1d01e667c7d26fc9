"""Serialization: frozen cases as JSON, and as lines of words and numbers."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from importlib.resources import files
from inspect import Parameter, getdoc, signature
from typing import Any

from funcnn import algebra, blocks, calculus
from funcnn.laws.declarations import Declaration, named, spelled
from funcnn.laws.frozen import MARK, VERSION, Case, tensors
from funcnn.laws.subjects import Subject


def as_json(subject: Subject, declaration: Declaration, cases: Iterable[Case]) -> str:
    """The cases as contract/schema.json has them, a line each.

    >>> from funcnn.laws.declarations import parse
    >>> from funcnn.laws.functions import subject
    >>> text = as_json(subject("matmul"), parse("bfloat16"), [])
    >>> json.loads(text)["summary"]
    "The product of two matrices: each row's dot products with the columns."
    """
    heading = {
        "$comment": MARK,
        "$schema": "schema.json",
        "defaults": defaults(subject),
        "format": named(declaration.outputs),
        "function": subject.name,
        "profile": spelled(declaration),
        "summary": summary(subject),
        "version": VERSION,
    }
    lines = ",\n".join(_encoded(_as_data(case)) for case in cases)
    return f'{_encoded(heading)[:-1]},"cases":[\n{lines}\n]}}\n'


def _as_data(case: Case) -> dict[str, Any]:
    return {
        "arguments": case.call.templates,
        "id": case.number,
        "inputs": [
            {"kind": type(numbers[0]).__name__, "shape": lengths, "values": plain(numbers)}
            for lengths, numbers in tensors(case.call.arguments)
        ],
        "law": case.law,
        "purpose": case.purpose,
        "results": [
            {
                "shape": right.lengths,
                **{name: plain(column) for name, column in right.columns.items()},
            }
            for right in case.rights
        ],
        "settings": plain(case.call.settings),
        "sizes": case.call.sizes,
    }


def _encoded(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def plain(value: Any) -> Any:
    """A setting or a column as JSON has it: floats in hexadecimals, fractions, functions' names.

    >>> plain({"slope": 0.25, "window": (None, 3), "scale": Fraction(1, 3)})
    {'slope': '0x1p-2', 'window': [None, 3], 'scale': '1/3'}
    """
    match value:
        case Mapping():
            return {name: plain(part) for name, part in value.items()}
        case list() | tuple():
            return [*map(plain, value)]
        case float():
            return hexadecimal(value)
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case None | int() | str():
            return value
        case _:
            return value.__name__


def hexadecimal(number: float) -> str:
    """A float as C's %a writes it.

    >>> hexadecimal(3.0), hexadecimal(-0.0), hexadecimal(0.1)
    ('0x1.8p+1', '-0x0p+0', '0x1.999999999999ap-4')
    """
    digits, sign, exponent = number.hex().partition("p")
    return f"{digits.rstrip('0').rstrip('.')}{sign}{exponent}"


def original(subject: Subject) -> Callable[..., Any]:
    """The public function that a subject, or its gradient, is about.

    >>> from funcnn.laws.functions import subject
    >>> original(subject("gelu_vjp")) is blocks.gelu
    True
    """
    name = subject.name.removesuffix("_vjp")
    rooms = (algebra, blocks, calculus)
    return next((getattr(room, name) for room in rooms if hasattr(room, name)), subject.definition)


def summary(subject: Subject) -> str:
    """What a function is, in one line.

    >>> from funcnn.laws.functions import subject
    >>> summary(subject("exp")), summary(subject("exp_vjp"))
    ('The exponential function.', 'The cotangents, from ..., of: The exponential function.')
    """
    line = (getdoc(original(subject)) or subject.name).partition("\n")[0]
    gradient = "The cotangents, from that of the result, of: "
    return f"{gradient if subject.forward else ''}{line}"


def defaults(subject: Subject) -> dict[str, Any]:
    """The settings that hold unless a case has others.

    >>> from funcnn.laws.functions import subject
    >>> defaults(subject("layer_norm"))
    {'epsilon': '0x1.4f8b588e368f1p-17'}
    """
    parameters = signature(original(subject)).parameters
    chosen = {name: one.default for name, one in parameters.items()}
    return {
        name: plain(value)
        for name, value in chosen.items()
        if value is not Parameter.empty and name != "weights"
    }


def as_lines(subject: Subject, declaration: Declaration, cases: Iterable[Case]) -> str:
    r"""The cases in lines of words and numbers, as C's scanf reads them.

    >>> from funcnn.laws.declarations import parse
    >>> from funcnn.laws.functions import subject
    >>> as_lines(subject("exp"), parse("float32"), [])
    'funcnn cases, version 1: exp in float32\n'
    """
    heading = f"{MARK}: {subject.name} in {named(declaration.outputs)}"
    return "\n".join([heading, *(line for case in cases for line in _lines(case))]) + "\n"


def _lines(case: Case) -> Iterator[str]:
    settings = [f"{name}={_encoded(plain(x))}" for name, x in sorted(case.call.settings.items())]
    yield " ".join(["case", f"{case.number}", *settings])
    for lengths, numbers in tensors(case.call.arguments):
        yield _line("input", lengths, numbers)
    for right in case.rights:
        yield _line("low", right.lengths, right.columns["low"])
        yield _line("high", right.lengths, right.columns["high"])


def _line(word: str, lengths: Sequence[int], numbers: Sequence[Any]) -> str:
    """a tensor: its rank, its lengths, its numbers"""
    return " ".join(map(str, [word, len(lengths), *lengths, *map(plain, map(_number, numbers))]))


def _number(x: Any) -> Any:
    """truth values as 0 and 1"""
    return int(x) if isinstance(x, bool) else x


def contract(name: str) -> str:
    """A file that goes with the cases: "README.md" or "schema.json".

    >>> contract("README.md").startswith(f"# {MARK}")
    True
    """
    return (files("funcnn") / "laws" / "contract" / name).read_text("utf-8")
