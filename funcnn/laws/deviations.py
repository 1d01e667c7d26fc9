"""Deviations: what is known to be wrong, and why it is left so.

A text file says so, one a line, by a pattern of a function's name, or of its name and a law's:

    softmax_vjp              # fused with the loss in the next release
    matmul exact*            # TF32 is on, by design

Empty lines, and those that start with #, say nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Deviation:
    """A pattern, why what matches it is wrong, and where that is written."""

    pattern: str
    reason: str
    place: str

    def matches(self, function: str, law: str) -> bool:
        """Whether it is about a law of a function.

        >>> known = Deviation("softmax*", "no maximum is subtracted", "known.txt, line 1")
        >>> known.matches("softmax_vjp", "the same when asked again"), known.matches("relu", "")
        (True, False)
        """
        return any(fnmatchcase(text, self.pattern) for text in (function, f"{function} {law}"))


def parsed(text: str, name: str) -> tuple[Deviation, ...]:
    """The deviations that a text tells of; errors speak of it by its name.

    Errors
        ValueError   a pattern has no reason

    >>> parsed("relu # keeps −0.0", "known.txt")
    (Deviation(pattern='relu', reason='keeps −0.0', place='known.txt, line 1'),)
    >>> parsed("# ours\\n\\nrelu", "known.txt")
    Traceback (most recent call last):
    ValueError: known.txt, line 3: 'relu' has no reason: add it, as in relu # known since 2.1
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        pattern, _, reason = map(str.strip, line.partition("#"))
        place = f"{name}, line {number}"
        if pattern and not reason:
            hint = f"add it, as in {pattern:.40} # known since 2.1"
            raise ValueError(f"{place}: {pattern!r:.40} has no reason: {hint}")
        if pattern:
            found.append(Deviation(pattern, reason, place))
    return tuple(found)


def read_deviations(path: Path) -> tuple[Deviation, ...]:
    """The deviations that a file tells of.

    Errors
        ValueError   a pattern has no reason, or the file is no text
        OSError      the file cannot be read

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "known.txt")
    ...     _ = path.write_text("softmax* # until 2.0")
    ...     [(one.pattern, one.reason) for one in read_deviations(path)]
    [('softmax*', 'until 2.0')]
    """
    try:
        return parsed(path.read_bytes().decode("utf-8").removeprefix("\ufeff"), str(path))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}, byte {error.start}: not UTF-8 text") from None


def reason(known: Iterable[Deviation], function: str, law: str) -> str:
    """Why it is known that a law does not hold of a function; empty if it is not.

    >>> reason(parsed("relu # keeps −0.0", "known.txt"), "relu", "zeros")
    'keeps −0.0'
    """
    return next((one.reason for one in known if one.matches(function, law)), "")


def unmatched(
    known: Sequence[Deviation], wrong: Iterable[tuple[str, str]]
) -> tuple[Deviation, ...]:
    """Those that match none of the functions and laws that are wrong.

    >>> unmatched(parsed("relu # keeps −0.0", "known.txt"), [("gelu", "zeros")])[0].place
    'known.txt, line 1'
    """
    pairs = [*wrong]
    return tuple(one for one in known if not any(one.matches(*pair) for pair in pairs))
