"""Subjects: the functions that are judged, each with its definition and what it is handed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from funcnn.laws.calls import Template
from funcnn.laws.declarations import Grade
from funcnn.laws.magnitudes import STYLES

LIKE: Final = "*"
"""The template of a tensor that has the form of the result."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to call a function: the templates of its arguments, and settings."""

    templates: tuple[Template, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """Another way to compute the same function, over any number.

    What it may stray by is proven of each number of the result, or only of the largest of them: the
    grade that an implementation gets that stays in this bound alone.
    """

    name: str
    definition: Callable[..., Any]
    grade: Grade = "componentwise"


@dataclass(frozen=True, slots=True)
class Subject:
    """A function that is judged.

    `sums` names the axes of its arguments that it sums over, "k" of matmul's. `algorithms` are
    others that are as right as the definition.
    """

    name: str
    definition: Callable[..., Any]
    variants: tuple[Variant, ...]
    sums: str = ""
    longest: int = 257
    """How long an axis is drawn now and then."""
    at_lengths: bool = False
    """Whether it is asked at lengths to 65,537 too: 1 to 64, and about each power of two."""
    styles: tuple[str, ...] = tuple(STYLES)
    """The magnitudes that its numbers are drawn with."""
    algorithms: tuple[Algorithm, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    """The most that an axis is usually drawn, where that is not 4, nor 8 of one summed over."""
    forward: Callable[..., Any] | None = None
    """The function whose cotangents these are; the last argument is the cotangent of its result."""
