"""Reports: what a command has found, for other programs and for people."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import track


class Report(NamedTuple):
    """Figures for JSON, and how they are shown on a console."""

    figures: dict[str, Any]
    show: Callable[[Console], None]


def tracked[T](items: Iterable[T], what: str, console: Console) -> Iterable[T]:
    """The items, with a bar of progress on a terminal while they last."""
    hidden = not console.file.isatty()
    return track(items, what, console=console, transient=True, disable=hidden)
