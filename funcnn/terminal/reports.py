"""Reports: what a command has found, for other programs and for people, and the files it writes."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
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


@contextmanager
def replaced(path: Path, option: str) -> Iterator[Path]:
    """A file to write that takes the place of another when the block is done, or leaves no trace.

    Errors
        ValueError   no file can be written there; this is told before the block, with the option
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            raise ValueError(f"{option} {path}: not a file; name one that can be written")
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        beside.open("w").close()
    except OSError as error:
        reason = f"{error.strerror}; name a file that can be written"
        raise ValueError(f"{option} {path}: {reason}") from None
    try:
        yield beside
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
