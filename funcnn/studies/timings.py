"""Timings: the seconds of several runs beside one another, of which only ratios say anything."""

from collections.abc import Callable, Generator, Mapping, Sequence
from math import ceil
from statistics import median
from time import process_time
from typing import Any, Final

SHORTEST: Final = 0.002
"""The seconds below which a run is timed together with others of its own."""
MOST: Final = 1000
"""The runs that are timed together at most."""


def interleaved(
    runs: Mapping[str, Callable[[], Any]], rounds: int
) -> Generator[float, None, dict[str, list[float]]]:
    """The processor's seconds of each run, round by round; on the way, how much is done.

    Each round has every run in turn, so that what slows one down slows down all. The round before
    them tells how often a short run is repeated.

    >>> from funcnn.studies.findings import found
    >>> seconds = found(interleaved({"one": lambda: 1, "two": lambda: 2}, 3))
    >>> [(name, len(times)) for name, times in seconds.items()]
    [('one', 3), ('two', 3)]
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    repeats = dict.fromkeys(runs, 1)
    for turn in range(rounds + 1):
        for step, (name, run) in enumerate(runs.items(), 1):
            duration = _seconds(run, repeats[name])
            if turn:
                seconds[name].append(duration)
            else:
                repeats[name] = ceil(SHORTEST / max(duration, SHORTEST / MOST))
            yield (turn + step / len(runs)) / (rounds + 1)
    return seconds


def _seconds(run: Callable[[], Any], repeats: int) -> float:
    """of one of so many runs"""
    start = process_time()
    for _ in range(repeats):
        run()
    return (process_time() - start) / repeats


def ratio(times: Sequence[float], others: Sequence[float]) -> float:
    """How often the others go into these: the median over the rounds.

    >>> ratio([1.0, 4.0, 9.0], [1.0, 2.0, 3.0])
    2.0
    """
    return median(one / other for one, other in zip(times, others, strict=True))
