"""Libraries: C functions, called by ctypes in a process of their own.

A function gets a pointer to each tensor, one to its output, and the sizes of the axes in the order
in which they are first named:

    void matmul(const float *left, const float *right, float *out, size_t m, size_t k, size_t n);

Tensors are row-major: of float or double, as the format says, of int64_t where they are places, and
of bool. Before and after the output stand guards, and where a function writes nothing is NaN.
"""

import argparse
import ctypes
import os
from collections.abc import Iterable
from functools import partial
from math import prod
from typing import Any, Final

from funcnn.algebra.trees import leaves
from funcnn.laws.signatures import nested
from funcnn.laws.worker import Answering, Message, Offer, arranged, failed, serve, sign_of

GUARD: Final = 64
"""How many numbers stand before and after those that a function may write."""

SUFFIXES: Final = (".so", ".dylib", ".dll")


def library(path: str, candidates: Iterable[str], form: str = "float32") -> Offer:
    """What a shared library offers: those of the candidates that it defines itself.

    Errors
        OSError      it cannot be loaded
        ValueError   C has no such format

    >>> library("kernels.so", ["matmul"], "float16")
    Traceback (most recent call last):
    ValueError: C has no format 'float16': give float32 or float64
    """
    numbers_of = {"float32": ctypes.c_float, "float64": ctypes.c_double}
    if form not in numbers_of:
        raise ValueError(f"C has no format {form!r}: give float32 or float64")
    functions = ctypes.CDLL(os.path.abspath(path))
    names = (name for name in candidates if _defines(functions, path, name))
    answers: dict[str, Answering] = {
        name: partial(written, functions[name], numbers_of[form], form) for name in names
    }
    return Offer("c", answers)


class _Symbol(ctypes.Structure):
    """where a function is from, as dladdr tells it"""

    _fields_ = [
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    ]


def _defines(library: ctypes.CDLL, path: str, name: str) -> bool:
    """whether a function is the library's own, and not, as exp, of one that it is linked with"""
    if not hasattr(library, name) or os.name == "nt":
        return hasattr(library, name)
    symbol, address = _Symbol(), ctypes.cast(library[name], ctypes.c_void_p)
    found = ctypes.CDLL(None).dladdr(address, ctypes.byref(symbol))
    return bool(found) and os.path.samefile(os.fsdecode(symbol.file), path)


def written(function: Any, number: Any, form: str, request: Message) -> Message:
    """What a function makes of a request: what it wrote.

    >>> request = {"arguments": [[1.0]], "settings": {"epsilon": 1e-5}}
    >>> written(None, ctypes.c_float, "float32", request)["message"]
    'a C function has no settings: wrap it in Python'
    """
    if request.get("settings"):
        return failed(NotImplementedError("a C function has no settings: wrap it in Python"))
    types = {"": number, "<": ctypes.c_int64, "?": ctypes.c_bool}
    tensors: list[Any] = []

    def keep(template: str, tree: Any) -> None:
        values = [*leaves(tree)]
        tensors.append((types[sign_of(template)] * len(values))(*values))

    arranged(request["templates"], request["arguments"], keep)
    lengths, before = request["lengths"], [*map(bytes, tensors)]
    width, count = ctypes.sizeof(number), prod(lengths)
    room = (number * (GUARD + count + GUARD))()
    ctypes.memset(room, 0xFF, ctypes.sizeof(room))
    sizes = map(ctypes.c_size_t, request["sizes"].values())
    function.restype = None
    function(*tensors, ctypes.byref(room, GUARD * width), *sizes)
    left = bytes(room)[: GUARD * width] + bytes(room)[-GUARD * width :]
    if {*left} != {0xFF}:
        return {"rubbish": "wrote beyond its output"}
    result = nested(iter(room[GUARD : GUARD + count]), lengths)
    changed = {"changed": True} if before != [*map(bytes, tensors)] else {}
    return {"result": result, "kind": form, **changed}


def main() -> None:
    """Serve the library that is named on the command line.

    >>> main.__module__
    'funcnn.laws.libraries'
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--format", default="float32")
    options = parser.parse_args()
    serve(lambda first: library(options.library, first.get("candidates", ()), options.format))
