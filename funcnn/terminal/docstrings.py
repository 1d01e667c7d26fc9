"""Docstrings: the form that every one in the library has, taken apart."""

import re
from inspect import cleandoc
from itertools import batched, pairwise
from textwrap import dedent
from typing import Final, NamedTuple

SECTIONS: Final = (
    "Haskell",
    "Maths",
    "Shapes",
    "Settings",
    "Order",
    "Units",
    "Errors",
    "Laws",
    "Source",
)
HEADING: Final = re.compile(r"^([A-Z]\w*:?)$", re.MULTILINE)


class Docstring(NamedTuple):
    """A docstring's parts; the examples reach from the first prompt to the end."""

    summary: str
    prose: list[str]
    sections: dict[str, str]
    examples: str


def parsed(text: str) -> Docstring:
    r"""The parts of a docstring: a summary, sections with free paragraphs between, and examples.

    Errors
        ValueError   the summary is missing, or a section is unknown, empty, not indented by 4,
                     after an example, or not in the order of SECTIONS

    >>> parsed("The sum.\n\nMaths\n    x + y\n\n>>> 1 + 2\n3").sections
    {'Maths': 'x + y'}
    >>> parsed("The sum.\n\nLaws\n    x + y == y + x\nMaths\n    x + y")
    Traceback (most recent call last):
    ValueError: section Maths is after Laws
    """
    before, prompt, after = f"\n{cleandoc(text)}".partition("\n>>>")
    head, *parts = HEADING.split(before)
    summary, *prose = _paragraphs(head)
    if not summary:
        raise ValueError("the summary is missing")
    sections = []
    for heading, body in batched(parts, 2):
        section, *free = _paragraphs(body)
        sections.append((heading, _content(heading, section)))
        prose += free
    for (one, _), (other, _) in pairwise(sections):
        if SECTIONS.index(one) >= SECTIONS.index(other):
            raise ValueError(f"section {other} is after {one}")
    for paragraph in prose:
        if paragraph.startswith(" "):
            raise ValueError(f"{paragraph.strip()!r:.40} is indented, but in no section")
    for paragraph in _paragraphs(after):
        if heading_after := HEADING.match(paragraph):
            raise ValueError(f"section {heading_after[1]} is after an example")
    return Docstring(" ".join(summary.split()), prose, dict(sections), (prompt + after).strip())


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n\s*\n", text.strip("\n"))


def _content(heading: str, body: str) -> str:
    if heading not in SECTIONS:
        raise ValueError(f"section {heading} is none of {', '.join(SECTIONS)}")
    if not body:
        raise ValueError(f"section {heading} is empty")
    if any(len(line) - len(line.lstrip()) < 4 for line in body.splitlines()) or body[4] == " ":
        raise ValueError(f"section {heading} is not indented by 4")
    return dedent(body)
