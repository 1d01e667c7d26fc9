"""Calls: what an implementation is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from funcnn.algebra.trees import Tree

type Template = str | tuple["Template", ...]
"""The axes of a tensor, "m k"; or the templates of several."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function's name, and what it is handed: nested lists of numbers, and settings by name.

    `templates` name the axes of each argument, `sizes` are those axes' lengths in the order in
    which they are first named, and `lengths` those of the result, if that is one tensor.

    >>> Call("dot", ([1.0, 2.0], [3.0, 4.0]), templates=("k", "k"), sizes={"k": 2})
    dot([1.0, 2.0], [3.0, 4.0])
    """

    function: str
    arguments: tuple[Tree, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()

    def __repr__(self) -> str:
        settings = [f"{name}={value!r}" for name, value in self.settings.items()]
        return f"{self.function}({', '.join([*map(repr, self.arguments), *settings])})"


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back: a nested list, and the kind of its numbers in the implementation."""

    value: Tree
    kind: str = "float"
    changed: bool = False
    """Whether the arguments were changed by the call."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The implementation raised an error."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Broken:
    """There is no answer: a crash, a hang, or rubbish."""

    why: str


type Answer = Returned | Refused | Broken


class Implementation(Protocol):
    """Somebody's functions: their names, and what they answer."""

    @property
    def name(self) -> str:
        """As a report calls it: mine.py."""

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of all that it offers, ours or not."""

    @property
    def arrays(self) -> str:
        """What its functions take: "lists", or arrays of "numpy", "torch", "jax" or "c"."""

    @property
    def profile(self) -> str:
        """The words in which it declares its arithmetic; empty if it does not."""

    def answer(self, call: Call) -> Answer:
        """What it makes of a call."""

    def snippet(self, call: Call) -> str:
        """The call as a person would run it, in the implementation's own terms."""
