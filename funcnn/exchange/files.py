"""Files: written beside, and put in their place once they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: str | Path, called: str = "") -> Iterator[Path]:
    """A file to write that takes the place of another when the block is done, or leaves no trace.

    Until then the other stands; what takes its place is whole, and on the disk.

    Settings
        called   what errors call the file; by default its path
    Errors
        ValueError   no file can be written there; this is told before the block
        OSError      it cannot be written to its end

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with replaced(Path(folder, "notes")) as beside:
    ...         _ = beside.write_text("whole")
    ...     [(file.name, file.read_text()) for file in Path(folder).iterdir()]
    [('notes', 'whole')]
    """
    target, beside = _begun(path, called or f"{path}")
    try:
        yield beside
        with beside.open("r+b") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def check_replaceable(path: str | Path, called: str = "") -> None:
    """Nothing, if a file can be written there, long before it is.

    Errors
        ValueError   those of `replaced`

    >>> check_replaceable("nowhere/notes", "--save nowhere/notes")
    Traceback (most recent call last):
    ValueError: --save nowhere/notes: No such file or directory; name a file that can be written
    """
    _begun(path, called or f"{path}")[1].unlink()


def _begun(path: str | Path, called: str) -> tuple[Path, Path]:
    """the file that is meant, and an empty one beside it"""
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists() and not target.is_file():
            raise ValueError(f"{called}: not a file; name one that can be written")
        beside.unlink(missing_ok=True)
        beside.open("x").close()
        if target.exists():
            beside.chmod(target.stat().st_mode)
    except OSError as error:
        reason = f"{error.strerror}; name a file that can be written"
        raise ValueError(f"{called}: {reason}") from None
    return target, beside
