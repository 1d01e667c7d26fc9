"""Timing: contestants that compute the same, run in turn, and the ratios of their times."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from math import ceil
from operator import truediv
from statistics import median
from time import process_time
from typing import Any, Final, NamedTuple

type Peers = dict[str, Any]

PEERS: Final = {
    "micrograd": "micrograd.nn",
    "mpmath": "mpmath",
    "NumPy": "numpy",
    "python-flint": "flint",
    "sympy": "sympy",
}
"""The libraries that we run beside where they are installed, and their modules."""

SHORTEST: Final = 0.005
"""The seconds below which a run is timed together with others."""
MOST: Final = 10_000
"""The runs that are timed together at most."""


def installed() -> Peers:
    """The peers that can be imported, and their modules."""
    found = {}
    for name, module in PEERS.items():
        with suppress(ImportError):
            found[name] = import_module(module)
    return found


def taking_part(peers: Peers, contestants: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """What is made of the modules of those peers that are installed.

    >>> taking_part({"mpmath": "its module"}, {"mpmath": str.upper, "sympy": str.upper})
    {'mpmath': 'ITS MODULE'}
    """
    return {name: make(peers[name]) for name, make in contestants.items() if name in peers}


def processor_time(run: Callable[[], Any]) -> float:
    """The seconds for which a run keeps this process's processors busy."""
    start = process_time()
    run()
    return process_time() - start


class Contestant(NamedTuple):
    """What is to be timed, what its result has to be, and how much work a run of it is."""

    run: Callable[[], Any]
    is_right: Callable[[Any], bool]
    work: int = 1
    watch: Callable[[Callable[[], Any]], float] = processor_time
    """Tells the seconds of what it runs."""


class Figure(NamedTuple):
    """A number made of two contestants' times: how often the other's goes into the one's."""

    one: str
    other: str
    target: str = ""
    name: str = ""
    of: Callable[[float, float], float] = truediv

    @property
    def label(self) -> str:
        """Its name, that of a ratio if it has none.

        >>> Figure("Fraction", "funcnn").label
        'Fraction ÷ funcnn'
        """
        return self.name or f"{self.one} ÷ {self.other}"


class Contest(NamedTuple):
    """Contestants by name, a unit of their work, and what is to be told of their times."""

    title: str
    unit: str
    contestants: dict[str, Contestant]
    figures: list[Figure]
    collecting: bool = False
    """Whether the garbage collector is on, as where programs run."""

    def collected(self) -> "Contest":
        """The same with the garbage collector on."""
        return self._replace(title=f"{self.title}, collecting", collecting=True)

    @property
    def missing(self) -> list[str]:
        """The contestants that figures name and that are not here.

        >>> Contest("sums", "sum", {}, [Figure("NumPy", "NumPy")]).missing
        ['NumPy']
        """
        named = dict.fromkeys(name for figure in self.figures for name in figure[:2])
        return [name for name in named if name not in self.contestants]

    @property
    def partial(self) -> list[str]:
        """The contestants whose run is less work than another's.

        >>> run, parts = Contestant(list, list), {"a": 1, "b": 2}
        >>> some = {name: run._replace(work=work) for name, work in parts.items()}
        >>> Contest("sums", "sum", some, []).partial
        ['a']
        """
        whole = max((contestant.work for contestant in self.contestants.values()), default=0)
        return [name for name, each in self.contestants.items() if each.work < whole]


class Spread(NamedTuple):
    """What several rounds gave."""

    median: float
    least: float
    greatest: float


class Times(NamedTuple):
    """A contest, and for each contestant the seconds a unit of work took it in each round."""

    contest: Contest
    seconds: dict[str, list[float]]

    def figures(self) -> Iterator[tuple[Figure, Spread]]:
        """The figures whose contestants were there: of both their times, round by round."""
        for figure in self.contest.figures:
            if self.seconds.keys() >= {*figure[:2]}:
                pairs = zip(self.seconds[figure.one], self.seconds[figure.other], strict=True)
                yield figure, spread([figure.of(one, other) for one, other in pairs])


def spread(numbers: list[float]) -> Spread:
    """The median, the least and the greatest of numbers.

    >>> spread([3.0, 1.0, 2.0])
    Spread(median=2.0, least=1.0, greatest=3.0)
    """
    return Spread(median(numbers), min(numbers), max(numbers))


def measured(contest: Contest, rounds: Iterable[int]) -> Times:
    """The times of every contestant, one after another in each round.

    Errors
        ArithmeticError   a contestant's result is not what it has to be; then none is timed

    >>> contest = Contest("sums", "sum", {"ours": Contestant(lambda: 1 + 1, (3).__eq__)}, [])
    >>> measured(contest, range(1))
    Traceback (most recent call last):
    ArithmeticError: sums: ours computes something else, so nothing was timed
    """
    contestants = contest.contestants
    for name, contestant in contestants.items():
        if not contestant.is_right(contestant.run()):
            reason = f"{name} computes something else, so nothing was timed"
            raise ArithmeticError(f"{contest.title}: {reason}")
    once = {name: timed(each, 1, contest.collecting) for name, each in contestants.items()}
    repeats = {name: ceil(SHORTEST / max(time, SHORTEST / MOST)) for name, time in once.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in rounds:
        for name, contestant in contestants.items():
            duration = timed(contestant, repeats[name], contest.collecting)
            seconds[name].append(duration / contestant.work / repeats[name])
    return Times(contest, seconds)


def timed(contestant: Contestant, repeats: int, collecting: bool) -> float:
    """The seconds that so many runs take, once the garbage of before is gone."""
    was_enabled = gc.isenabled()
    gc.collect()
    (gc.enable if collecting else gc.disable)()
    try:
        return contestant.watch(repeated(contestant.run, repeats))
    finally:
        (gc.enable if was_enabled else gc.disable)()


def repeated(run: Callable[[], Any], times: int) -> Callable[[], Any]:
    """So many runs as one."""

    def runs() -> None:
        for _ in range(times):
            run()

    return run if times == 1 else runs
