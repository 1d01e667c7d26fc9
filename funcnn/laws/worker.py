"""Worker: somebody's functions, called in a process of their own.

    python worker.py TARGET [--arrays lists|numpy|torch|jax] [--format float32]

TARGET is FILE.py, a module, or a class or another namespace in one of them (mypkg:kernels). On
stdin and stdout is the protocol of `implementations`. The program stands alone: it runs on any
Python from 3.9 on, and needs no funcnn.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from math import inf
from types import ModuleType
from typing import Any, Final, NamedTuple

Message = dict[str, Any]
"""A request, or what is answered: what stands on a line."""

Answering = Callable[[Message], Message]

Tensor = Callable[[str, Any], Any]
"""What makes a tensor of its template and nested lists."""

LIBRARIES: Final = {"numpy": "numpy", "torch": "torch", "jax": "jax.numpy"}
STANDARD: Final = getattr(sys, "stdlib_module_names", ("builtins", "math", "operator", "typing"))
NUMBERS: Final = re.compile(r"b?float(8|16|32|64).*|u?int\d+")
"""What the types of real numbers in arrays are named."""


class Rubbish(Exception):
    """What came back is no nested list of numbers.

    >>> issubclass(Rubbish, Exception)
    True
    """


class Offer(NamedTuple):
    """What there is to call: by a function's name, what makes an answer of a request.

    Its `arrays` are what the functions take: "lists", or arrays of "numpy", "torch", "jax" or "c".
    Of the functions, the array library's `own` are those that have its names there, too. `profile`
    are the words in which it declares its arithmetic, by its PROFILE, if it does.

    >>> offer_of({"double": lambda x: 2 * x}).answers["double"]({"arguments": [3]})
    {'result': 6, 'kind': 'int'}
    """

    arrays: str
    answers: dict[str, Answering]
    own: tuple[str, ...] = ()
    profile: str = ""

    def answer(self, request: Message) -> Message:
        """What is answered to a request: the first one asks what functions there are.

        >>> offer_of({"double": lambda x: 2 * x}).answer({"function": "functions"})
        {'result': ['double'], 'arrays': 'lists', 'own': [], 'profile': ''}
        >>> offer_of({}).answer({"function": "double", "arguments": [3]})
        {'error': 'AttributeError', 'message': 'there is no function double'}
        """
        name = request["function"]
        if name == "functions":
            said = {"arrays": self.arrays, "own": [*self.own], "profile": self.profile}
            return {"result": [*self.answers], **said}
        if name not in self.answers:
            return {"error": "AttributeError", "message": f"there is no function {name}"}
        return self.answers[name](request)


def encoded(message: Any) -> str:
    """A message as JSON; a function among the settings is told by its name.

    >>> encoded({"id": 1, "result": [-0.0, float("nan"), float("-inf")]})
    '{"id": 1, "result": [-0.0, "NaN", "-Infinity"]}'
    """
    try:
        return _JSON.encode(message)
    except ValueError:
        return _JSON.encode(_spelled(message))


_JSON: Final = json.JSONEncoder(
    allow_nan=False, default=lambda value: getattr(value, "__name__", None) or float(value)
)


def _spelled(tree: Any) -> Any:
    """the tree with words for the numbers that JSON lacks"""
    if isinstance(tree, dict):
        return {key: _spelled(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [*map(_spelled, tree)]
    if isinstance(tree, float) and not -inf < tree < inf:
        return "NaN" if tree != tree else "Infinity" if tree > 0 else "-Infinity"
    return tree


def decoded(line: str) -> Any:
    """What a line of JSON says.

    >>> decoded('{"id": 1, "result": [-0.0, "NaN", "-Infinity"]}')
    {'id': 1, 'result': [-0.0, nan, -inf]}
    """
    return json.loads(re.sub('"(NaN|-?Infinity)"', r"\1", line))


def numbers(result: Any) -> tuple[Any, str]:
    """What came back as nested lists, and the kind of the numbers in them.

    An array is whatever has a tolist and a dtype.

    Errors
        Rubbish   there is something else in it

    >>> numbers(([1.5, 2], ())), numbers([1])
    (([[1.5, 2], []], 'float'), ([1], 'int'))
    >>> numbers([1.5, "2"])
    Traceback (most recent call last):
    funcnn.laws.worker.Rubbish: returned a str: '2'
    """
    kinds: set[str] = set()
    try:
        tree = _numbers(result, kinds)
    except RecursionError:
        raise Rubbish("returned lists too deep in one another") from None
    return tree, " and ".join(sorted(kinds - {"int"} if "float" in kinds else kinds)) or "float"


def _numbers(value: Any, kinds: set[str]) -> Any:
    if isinstance(value, (list, tuple)):
        if {*map(type, value)} == {float}:  # found faster
            kinds.add("float")
            return [*value]
        return [_numbers(part, kinds) for part in value]
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        name = str(value.dtype).rpartition(".")[2]
        if not NUMBERS.fullmatch(name):
            raise Rubbish(f"returned numbers of {name}")
        kinds.add(name)
        return value.tolist()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Rubbish(f"returned {described(value)}")
    kinds.add("int" if isinstance(value, int) else "float")
    return value


def described(value: Any) -> str:
    """A value in few words.

    >>> described("abc"), described(None), described(object())
    ("a str: 'abc'", 'None', 'an object')
    """
    text, name = " ".join(repr(value).split()), type(value).__name__
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    if value is None or " at 0x" in text:
        return "None" if value is None else f"{article} {name}"
    return f"{article} {name}: {text if len(text) <= 60 else text[:60] + '…'}"


def arranged(template: Any, tree: Any, tensor: Tensor) -> Any:
    """What a template stands for: a tensor, or a tuple.

    >>> arranged(("k", ("k n", "")), ([1], ([[2]], 3)), lambda template, tree: copied(tree))
    ([1], ([[2]], 3))
    """
    if isinstance(template, str):
        return tensor(template, tree)
    return tuple(arranged(part, branch, tensor) for part, branch in _pairs(template, tree))


def _pairs(template: Any, tree: Any) -> Iterator[tuple[Any, Any]]:
    if len(template) != len(tree):
        raise ValueError(f"{len(template)} templates stand beside {len(tree)} arguments")
    return zip(template, tree)


def copied(tree: Any) -> Any:
    """Nested lists, tuples or arrays as new lists.

    >>> copied([(1, 2), [3]])
    [[1, 2], [3]]
    """
    if type(tree) is float:  # found faster
        return tree
    if isinstance(tree, (list, tuple)):
        return [*map(copied, tree)]
    return tree.tolist() if hasattr(tree, "tolist") else tree


def tensors_of(arrays: str, form: str) -> Tensor:
    """What makes tensors: new lists, or arrays of a format; those of ints and of bools as such.

    Errors
        ImportError   there is no such library
        ValueError    it has no such format

    >>> tensors_of("lists", "float32")("m k", [[1.0, 2.0]])
    [[1.0, 2.0]]
    >>> tensors_of("sets", "float32")
    Traceback (most recent call last):
    ValueError: arrays is 'sets': give lists, numpy, torch or jax
    """
    if arrays == "lists":
        return lambda template, tree: copied(tree)
    if arrays not in LIBRARIES:
        raise ValueError(f"arrays is {arrays!r}: give lists, numpy, torch or jax")
    library = importlib.import_module(LIBRARIES[arrays])
    if not hasattr(library, form):
        raise ValueError(f"{arrays} has no format {form!r}")
    if (arrays, form) == ("jax", "float64"):
        importlib.import_module("jax").config.update("jax_enable_x64", True)
    is_torch, floats = arrays == "torch", getattr(library, form)
    array = library.tensor if is_torch else library.array
    ints, bools = (library.int64, library.bool) if is_torch else (int, bool)
    types = {"": floats, "<": ints, "?": bools}
    return lambda template, tree: array(tree, dtype=types[sign_of(template)])


def sign_of(template: str) -> str:
    """Whether a template stands for ints, "<", for bools, "?", or for floats.

    >>> sign_of("n < v"), sign_of("q k ?"), sign_of("c > 0")
    ('<', '?', '')
    """
    return next((word for word in template.split() if word in ("<", "?")), "")


def answered(function: Callable[..., Any], tensor: Tensor, request: Message) -> Message:
    """What a function makes of a request: what it returns, or the error that it raises.

    >>> answered(lambda x: 1 / x, tensors_of("lists", ""), {"arguments": [0], "templates": [""]})
    {'error': 'ZeroDivisionError', 'message': 'division by zero'}
    """
    given = request["arguments"]
    arguments = arranged(request.get("templates") or [""] * len(given), given, tensor)
    before = copied(arguments)
    try:
        result, kind = numbers(function(*arguments, **request.get("settings", {})))
        answer = {"result": result, "kind": kind}
    except Rubbish as rubbish:
        answer = {"rubbish": str(rubbish)}
    except Exception as error:
        answer = failed(error)
    after = copied(arguments)
    changed = before != after and repr(before) != repr(after)  # NaN is not equal to NaN
    return {**answer, "changed": True} if changed else answer


def failed(error: BaseException) -> Message:
    """An error as an answer, in one line.

    >>> failed(ValueError("one line\\nand more"))
    {'error': 'ValueError', 'message': 'one line'}
    """
    return {"error": type(error).__name__, "message": (str(error).splitlines() or [""])[0]}


def offer_of(namespace: Any, arrays: str | None = None, form: str = "float32") -> Offer:
    """What a module, a class, a mapping or another namespace offers.

    >>> from types import SimpleNamespace
    >>> [*offer_of(SimpleNamespace(relu=abs, _helper=len, of=2)).answers]
    ['relu']
    """
    home = sys.modules.get(getattr(namespace, "__module__", ""))
    kind = arrays or str(getattr(namespace, "ARRAYS", getattr(home, "ARRAYS", "lists")))
    functions, tensor = public(namespace), tensors_of(kind, form)
    library = sys.modules.get(LIBRARIES.get(kind, ""))
    own = (name for name, value in functions.items() if getattr(library, name, None) is value)
    answers: dict[str, Answering] = {
        name: partial(answered, value, tensor) for name, value in functions.items()
    }
    profile = str(getattr(namespace, "PROFILE", getattr(home, "PROFILE", "")))
    return Offer(kind, answers, tuple(own), profile)


def public(namespace: Any) -> dict[str, Callable[..., Any]]:
    """The functions of a namespace that are for others, in the order in which they are defined.

    What a module has from the standard library is none of its own: an exp from math is for numbers.

    >>> import funcnn.blocks.gates
    >>> [*public(funcnn.blocks.gates)][-3:]
    ['glu', 'swiglu', 'geglu']
    """
    home = getattr(namespace, "__name__", None)
    if isinstance(namespace, dict):
        found = namespace
    else:
        names = getattr(namespace, "__all__", None) or vars(namespace)
        found = {name: getattr(namespace, name) for name in names}

    def is_ours(name: str, value: Any) -> bool:
        origin = None if isinstance(value, partial) else getattr(value, "__module__", None)
        borrowed = isinstance(namespace, ModuleType) and str(origin).split(".")[0] in STANDARD
        return callable(value) and not (
            name.startswith("_") or isinstance(value, type) or (borrowed and origin != home)
        )

    return {name: value for name, value in found.items() if is_ours(name, value)}


def loaded(target: str) -> Any:
    """The namespace of FILE.py, of a module, or of a name in one: mypkg:kernels.

    Errors
        those of importing it

    >>> loaded("math").pi, loaded("fractions:Fraction")
    (3.14..., <class 'fractions.Fraction'>)
    """
    place, *names = re.split(r":(?=\w+$)", target)
    namespace: Any = _from_file(place) if place.endswith(".py") else importlib.import_module(place)
    for name in names:
        namespace = getattr(namespace, name)
    return namespace


def _from_file(path: str) -> ModuleType:
    folder, file = os.path.split(os.path.abspath(path))
    sys.path.insert(0, folder)
    spec = spec_from_file_location(file[: -len(".py")], path)
    if not spec or not spec.loader:
        raise ImportError(f"no module can be made of {path}")
    module = module_from_spec(spec)
    sys.modules.setdefault(spec.name, module)
    spec.loader.exec_module(module)
    return module


def end_with_parent() -> None:
    """Let the system, where it is Linux, end this process when the one ends that started it.

    >>> end_with_parent.__module__
    'funcnn.laws.worker'
    """
    if sys.platform == "linux":
        ask_for_signal, kill = 1, 9
        ctypes.CDLL(None).prctl(ask_for_signal, kill)


def serve(opened: Callable[[Message], Offer]) -> None:
    """Answer the lines on stdin, by what is opened for the first request.

    What the functions print goes to stderr, and they read nothing.

    >>> serve.__module__
    'funcnn.laws.worker'
    """
    end_with_parent()
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def say(answer: Message) -> None:
        answers.write(encoded(answer) + "\n")
        answers.flush()

    first = decoded(requests.readline())
    try:
        offer = opened(first)
    except (Exception, SystemExit) as error:
        say({"id": first["id"], **failed(error)})
        return
    say({"id": first["id"], **offer.answer(first)})
    for line in requests:
        request = decoded(line)
        say({"id": request["id"], **offer.answer(request)})


def main() -> None:
    """Serve what is named on the command line.

    >>> main.__module__
    'funcnn.laws.worker'
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--arrays")
    parser.add_argument("--format", default="float32")
    options = parser.parse_args()
    sys.path[0] = os.getcwd()
    serve(lambda first: offer_of(loaded(options.target), options.arrays, options.format))


if __name__ == "__main__":
    main()
