"""Implementations: what is judged. Functions in this process, or a program in any language.

The protocol, which any program can speak: on stdin stands one request a line, in JSON; to each, one
line is answered on stdout. The first asks for the names of all the functions, and may be repeated:

    {"id": 0, "function": "functions", "candidates": ["matmul", …]}
    {"id": 0, "result": ["matmul", "softmax"], "profile": "float32,flush"}

Then come calls, and what the functions make of them, or the error that they raise:

    {"id": 1, "function": "matmul", "arguments": [[[1.0, 2.0]], [[3.0], [4.0]]], "settings": {},
     "templates": ["m k", "k n"], "sizes": {"m": 1, "k": 2, "n": 1}, "lengths": [1, 1]}
    {"id": 1, "result": [[11.0]]}
    {"id": 2, "error": "OverflowError", "message": "math range error"}

A tensor is nested lists, several are a list of them, as a list of templates says; an answer may say
the "kind" of its numbers ("float32"), and that arguments were "changed". NaN, Infinity and
-Infinity are strings; other floats the shortest decimals that read back as the same, −0.0 with its
sign; places in a table or of a class are ints, masks true and false. What templates, sizes and
lengths say, `Call` says; a program needs none of them. `profile`, too, may be left out: the words
that declare the arithmetic, as of `funcnn check --profile`.
"""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from shlex import split
from typing import Any, Final

from funcnn import algebra, blocks, calculus
from funcnn.laws.calls import Answer, Broken, Call, Refused, Returned
from funcnn.laws.conversations import Conversation, Ended
from funcnn.laws.libraries import SUFFIXES
from funcnn.laws.snippets import Place, in_c, in_python, in_shell, request_of
from funcnn.laws.worker import Rubbish, decoded, encoded, numbers, offer_of

ADAPTERS: Final = ("numpy", "torch", "jax", "onnxruntime")
TARGETS: Final = f"FILE.py, a module, a library ({' '.join(SUFFIXES)}) or {', '.join(ADAPTERS)}"
LAWS: Final = Path(__file__).parent
NAMES: Final = tuple(dict.fromkeys([*algebra.__all__, *blocks.__all__, *calculus.__all__]))
"""What a C library is asked for."""


class Local:
    """Functions in this process: of a module, a class, a mapping or another namespace.

    Errors
        those of `tensors_of`

    >>> ours = Local("ours", {"double": lambda xs: [2 * x for x in xs]})
    >>> ours.functions, ours.answer(Call("double", ([1.5],)))
    (('double',), Returned(value=[3.0], kind='float', changed=False))
    """

    def __init__(
        self, name: str, namespace: Any, *, arrays: str | None = None, format_name: str = "float32"
    ) -> None:
        self.name, self._form = name, format_name
        self._offer = offer_of(namespace, arrays, format_name)
        self.functions, self.arrays = (*self._offer.answers,), self._offer.arrays
        self.profile = self._offer.profile

    def answer(self, call: Call) -> Answer:
        """What it makes of a call."""
        try:
            return understood(self._offer.answer(request_of(call)))
        except SystemExit as ended:
            return Broken(f"ended with exit code {ended.code}")

    def snippet(self, call: Call) -> str:
        """The call as a person would run it."""
        place = Place(self.name.removesuffix(".py"), self.arrays, self._form, self._offer.own)
        return in_python(call, place)


class Program:
    """A program that speaks the protocol. Where it is ended, the next call starts it anew.

    Errors
        ValueError   it cannot be started, or does not say what functions it has

    >>> with Program([sys.executable, str(LAWS / "worker.py"), "statistics"], "mine") as mine:
    ...     mine.answer(Call("fmean", ([1.0, 4.0],)))
    Returned(value=2.5, kind='float', changed=False)
    """

    def __init__(
        self,
        command: Sequence[str],
        name: str,
        *,
        time_limit: float = 10.0,
        start_limit: float = 300.0,
        candidates: Sequence[str] = NAMES,
        snippet: "Callable[[Program, Call], str] | None" = None,
    ) -> None:
        self.name, self.command = name, [*command]
        self._limits = time_limit, start_limit
        self._candidates, self._snippet, self._count = candidates, snippet, 0
        self._conversation: Conversation | None = None
        hello = self._started()
        self.functions, self.arrays = (*hello["result"],), str(hello.get("arrays", "lists"))
        self.own: tuple[str, ...] = (*hello.get("own", ()),)
        self.profile = str(hello.get("profile", ""))

    def _started(self) -> dict[str, Any]:
        """what it says of itself, once it has been started"""
        try:
            self._conversation = Conversation(self.command)
            request = {"function": "functions", "candidates": self._candidates}
            said = self._said({"id": 0, **request}, self._limits[1])
        except OSError as error:
            raise ValueError(f"{self.name}: {self.command[0]}: {error.strerror}") from None
        except Ended as why:
            self.close()
            raise ValueError(f"{self.name}: {why}") from None
        if not isinstance(said.get("result"), list):
            self.close()
            parts = said.get("error", "says not what functions it has"), said.get("message")
            raise ValueError(": ".join([self.name, *(str(part) for part in parts if part)]))
        return said

    def _said(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        assert self._conversation
        line = self._conversation.asked((encoded(request) + "\n").encode(), within=limit)
        try:
            said = decoded(line.decode())
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or said.get("id") != request["id"]:
            text = line.decode(errors="replace").strip()
            raise Ended(f"printed rubbish: {text[:60]!r}")
        return said

    def answer(self, call: Call) -> Answer:
        """What it makes of a call, in its time limit."""
        try:
            if not self._conversation:
                self._started()
            self._count += 1
            said = self._said({"id": self._count, **request_of(call)}, self._limits[0])
        except ValueError as error:
            return Broken(str(error))
        except Ended as why:
            self.close()
            return Broken(str(why))
        return understood(said)

    def snippet(self, call: Call) -> str:
        """The call as a person would run it."""
        return self._snippet(self, call) if self._snippet else in_shell(call, self.command)

    def close(self) -> None:
        """End its process."""
        if self._conversation:
            self._conversation.end()
        self._conversation = None

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def understood(said: dict[str, Any]) -> Answer:
    """What is answered in the protocol.

    >>> understood({"result": [1.5, None]}), understood({"error": "ValueError", "message": "no"})
    (Broken(why='returned None'), Refused(kind='ValueError', message='no'))
    """
    if "error" in said:
        return Refused(str(said["error"]), str(said.get("message", "")))
    try:
        value, kind = numbers(said.get("result"))
    except Rubbish as rubbish:
        return Broken(str(said.get("rubbish", rubbish)))
    return Returned(value, str(said.get("kind", kind)), bool(said.get("changed")))


def program(command: str, **limits: Any) -> Program:
    """The program that a command starts; Program's other arguments by name.

    Errors
        those of `Program`

    >>> program("no-such-command mine.js")
    Traceback (most recent call last):
    ValueError: no-such-command mine.js: no-such-command: No such file or directory
    """
    return Program(_words(command), command, **limits)


def implementation(
    target: str,
    *,
    python: str | None = None,
    arrays: str | None = None,
    format_name: str = "float32",
    **limits: Any,
) -> Program:
    """What is judged: FILE.py, a module, a namespace in one of them (mypkg:kernels), a shared
    library of C functions, or an adapter; in a process of its own, by another Python if one is
    named.

    `arrays` are what the functions take, if the module does not say so itself by its ARRAYS:
    "lists", the default, "numpy", "torch" or "jax"; and `format_name` is the format of the arrays.
    Program's other arguments are given by name.

    Errors
        ValueError   there is nothing of that name, or it cannot be imported

    >>> implementation("nothing.py")
    Traceback (most recent call last):
    ValueError: nothing.py: no such file
    """
    form = format_name.replace("binary", "float")
    path = str(LAWS / "adapters" / f"{target}_functions.py") if target in ADAPTERS else target
    is_library, file = path.endswith(SUFFIXES), re.sub(r"\.py:\w+$", ".py", path)
    if file.endswith((".py", *SUFFIXES)) and not Path(file).is_file():
        raise ValueError(f"{target}: no such file")
    worker = (
        ["-c", "from funcnn.laws.libraries import main; main()"]
        if is_library
        else [str(LAWS / "worker.py")]
    )
    chosen = ["--arrays", arrays] if arrays and not is_library else []
    command = [*_words(python or sys.executable), *worker, path, *chosen, "--format", form]

    def snippet(made: Program, call: Call) -> str:
        if is_library:
            return in_c(call, form)
        module, folder = _module(target, path, alone=bool(python))
        return in_python(call, Place(module, made.arrays, form, made.own, folder))

    try:
        return Program(command, target, snippet=snippet, **limits)
    except ValueError as error:
        missing = f"No module named '{re.split('[.:]', target)[0]}'" in str(error)
        other = "name a Python that has it" if target in ADAPTERS else f"give {TARGETS}"
        raise ValueError(f"{error}: {other}" if missing else str(error)) from None


def _module(target: str, path: str, *, alone: bool) -> tuple[str, str]:
    """as what it is imported, and from which folder, if that has to be said"""
    if target in ADAPTERS and not alone:
        return f"funcnn.laws.adapters.{target}_functions", ""
    file, ending, name = path.partition(".py")
    if not ending or name and not name.startswith(":"):
        return path, ""
    folder = Path(file).parent
    return Path(file).name + name, "" if folder == Path() else str(folder)


def _words(command: str) -> list[str]:
    """of a command, or a path alone"""
    return [command] if Path(command).is_file() else split(command)
