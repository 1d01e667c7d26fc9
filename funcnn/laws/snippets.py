"""Snippets: a call as a person would run it, in the implementation's own terms."""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from shlex import join, quote
from typing import Any, Final, NamedTuple

from funcnn.algebra.trees import is_leaf, leaves
from funcnn.laws.calls import Call, Template
from funcnn.laws.signatures import tensors
from funcnn.laws.worker import arranged, encoded, sign_of

MODULES: Final = {
    "numpy": ("import numpy as np", "np.array"),
    "torch": ("import torch", "torch.tensor"),
    "jax": ("import jax.numpy as jnp", "jnp.array"),
}
"""How the modules of arrays are imported, and make one."""

JAX_IN_DOUBLE: Final = 'import jax; jax.config.update("jax_enable_x64", True)'


class Place(NamedTuple):
    """Where functions are found: in mine, or in mypkg:kernels; what they take, and of what format;
    and which of them are the array library's own."""

    name: str
    arrays: str = "lists"
    form: str = "float32"
    own: Sequence[str] = ()
    folder: str = ""
    """Which is to be searched, too."""


def request_of(call: Call) -> dict[str, Any]:
    """A call as a request of the protocol, but for its id.

    >>> request_of(Call("relu", ([1.0],), templates=("*",)))["templates"]
    ('*',)
    """
    return {
        "function": call.function,
        "arguments": call.arguments,
        "settings": dict(call.settings),
        "templates": _templates(call.templates or "*", call.arguments),
        "sizes": dict(call.sizes),
        "lengths": call.lengths,
    }


def _templates(template: Template, tree: Any) -> Template:
    """one for each tensor: also where one stands for several"""
    if not isinstance(tree, tuple):
        return template
    parts = template if isinstance(template, tuple) else (template,) * len(tree)
    return tuple(_templates(part, branch) for part, branch in zip(parts, tree, strict=True))


def in_python(call: Call, place: Place) -> str:
    """The call as lines for Python's prompt.

    >>> in_python(Call("softmax", ([float("inf")],), {"scale": 2}), Place("mine")).splitlines()
    ['>>> from mine import softmax', '>>> softmax([float("inf")], scale=2)']
    >>> in_python(Call("exp", (1.5,)), Place("mine", "numpy", own=["exp"])).splitlines()
    ['>>> import numpy as np', '>>> np.exp(np.array(1.5, dtype=np.float32))']
    """
    importing, make = MODULES.get(place.arrays, ("", ""))
    alias, request = make.partition(".")[0], request_of(call)
    lines = [f"import sys; sys.path.append({place.folder!r})"] if place.folder else []
    lines += [JAX_IN_DOUBLE] if (place.arrays, place.form) == ("jax", "float64") else []
    lines += [importing] if importing else []
    module, _, namespace = place.name.partition(":")
    if call.function in place.own:
        function = f"{alias}.{call.function}"
    else:
        lines.append(f"from {module} import {namespace or call.function}")
        function = f"{namespace}.{call.function}" if namespace else call.function

    def array(template: str, tree: Any) -> _Text:
        form = "" if sign_of(template) else f", dtype={alias}.{place.form}"
        return _Text(f"{make}({_literal(tree)}{form})" if make else _literal(tree))

    arguments = _literal(arranged(request["templates"], call.arguments, array), ("", ""))
    settings = [f"{name}={_literal(value)}" for name, value in call.settings.items()]
    lines.append(f"{function}({', '.join([arguments, *settings])})")
    return "\n".join(f">>> {line}" for line in lines)


SHORT: Final = 12
"""How many items of a list are told one by one."""


class _Text(str):
    """what is a literal already"""


def _literal(tree: Any, brackets: tuple[str, str] = ("(", ")")) -> str:
    """a tree as Python reads it back"""
    if isinstance(tree, _Text):
        return tree
    if is_leaf(tree):
        lost = isinstance(tree, float) and not isfinite(tree)
        return f'float("{tree}")' if lost else repr(getattr(tree, "__name__", tree))
    if isinstance(tree, list) and len(tree) > SHORT:
        return _runs(tree)
    first, last = brackets if isinstance(tree, tuple) else ("[", "]")
    comma = "," if isinstance(tree, tuple) and len(tree) == 1 and first else ""
    return f"{first}{', '.join(map(_literal, tree))}{comma}{last}"


def _runs(items: list[Any]) -> str:
    """a long list, told by how often each item follows itself: [0.0] * 15 + [1.0]"""
    runs = [(text, sum(1 for _ in run)) for text, run in groupby(map(_literal, items))]
    if len(runs) > SHORT:
        return f"[{', '.join(map(_literal, items))}]"
    return " + ".join(f"[{text}] * {count}" if count > 1 else f"[{text}]" for text, count in runs)


def in_shell(call: Call, command: Sequence[str]) -> str:
    """The call piped to a program, in the protocol.

    >>> in_shell(Call("relu", ([-1.0],)), ["node", "mine.js"])
    'echo \\'{"id": 1, "function": "relu", "arguments": [[-1.0]], ...}\\' | node mine.js'
    """
    return f"echo {quote(encoded({'id': 1, **request_of(call)}))} | {join(command)}"


def in_c(call: Call, form: str = "float32") -> str:
    """The prototype of a C function, and the statements that call it.

    >>> print(in_c(Call("dot", ([1.0], [2.5]), templates=("k", "k"), sizes={"k": 1})))
    void dot(const float *x1, const float *x2, float *out, size_t k);
    float out[1];
    dot((const float[]){1.0}, (const float[]){2.5}, out, 1);
    """
    number = {"float32": "float", "float64": "double"}[form]
    request, values = request_of(call), list[str]()
    templates = tensors(request["templates"])
    types = [{"": number, "<": "int64_t", "?": "bool"}[sign_of(one)] for one in templates]

    def keep(template: str, tree: Any) -> None:
        values.append(", ".join(map(_in_c, leaves(tree))))

    arranged(request["templates"], call.arguments, keep)
    inputs = [f"const {kind} *x{place}" for place, kind in enumerate(types, 1)]
    sizes = [f"size_t {axis}" for axis in call.sizes]
    given = [f"(const {kind}[]){{{part}}}" for kind, part in zip(types, values, strict=True)]
    count = "*".join(map(str, call.lengths)) or "1"
    return "\n".join(
        [
            f"void {call.function}({', '.join([*inputs, f'{number} *out', *sizes])});",
            f"{number} out[{count}];",
            f"{call.function}({', '.join([*given, 'out', *map(str, call.sizes.values())])});",
        ]
    )


def _in_c(number: float) -> str:
    if number != number:
        return "NAN"
    return repr(number).lower().replace("inf", "INFINITY")
