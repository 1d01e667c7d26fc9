"""Pictures: digits and outputs drawn in text."""

from collections.abc import Sequence
from typing import Any

from toolz import partition

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
EIGHTHS = " ▏▎▍▌▋▊▉█"


def digit_lines(image: Sequence[float]) -> list[str]:
    """An 8×8 image in 4 lines of 8: two pixels a character, each filled from a half on.

    >>> digit_lines([1.0] * 8 + [0.0] * 56)[0]
    '▀▀▀▀▀▀▀▀'
    """
    rows = [*partition(8, [pixel >= 0.5 for pixel in image])]
    return [
        "".join(HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in partition(2, rows)
    ]


def bar(share: float, width: int) -> str:
    """A bar of a share of the width, to an eighth of a character.

    >>> bar(0.5, 4), bar(1.0, 2), bar(0.0, 2)
    ('██', '██', '')
    """
    full, eighths = divmod(round(share * width * 8), 8)
    return "█" * full + EIGHTHS[eighths].strip()


def scores(outputs: Sequence[Any], labeled: int, count: int = 4) -> list[str]:
    """The classes with the largest outputs, a line each, and an arrow where a wrong one wins.

    >>> scores([1.0, 4.0, 2.0], 2, 2)
    ['1 ████████████     4.0  ←', '2 ██████           2.0']
    """
    ranked = sorted(range(len(outputs)), key=outputs.__getitem__, reverse=True)
    largest = max(*outputs, 0) or 1
    return [
        f"{cls} {bar(max(outputs[cls], 0) / largest, 12):<12} {outputs[cls]:7.1f}"
        + ("  ←" if place == 0 and cls != labeled else "")
        for place, cls in enumerate(ranked[:count])
    ]
