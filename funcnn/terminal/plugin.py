"""The plugin: in pytest, a test for each function that is judged.

A `check` at the top level of a test file is one, if its name begins as tests do:

    test_kernels = check("mypkg.kernels")      # test_kernels[matmul], test_kernels[softmax] …

And with no file at all:

    pytest --pyargs funcnn.laws --funcnn-implementation mypkg.kernels

A test fails if its function is wrong, or nothing is known of it; what is known to be wrong is
expected to fail. The modules of funcnn are imported where they are needed, not before.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from funcnn.laws.referee import Check

REFEREE: Final = "funcnn.laws.referee"
HOME: Final = Path(__file__).parents[1] / "laws" / "referee.py"

CHECK: Final = pytest.StashKey["Check"]()
"""That of the command line."""

CHECKS: Final = pytest.StashKey[list["Check"]]()
"""All that are collected."""


class Against(Exception):
    """A verdict against a function, in the words of a report.

    >>> raise Against("WRONG  softmax: smallest input that shows it ...")
    Traceback (most recent call last):
    funcnn.terminal.plugin.Against: WRONG  softmax: smallest input that shows it ...
    """


class Function(pytest.Item):
    """A test: that a function is right."""

    def __init__(self, *, check: "Check", function: str, **others: Any) -> None:
        super().__init__(**others)
        self.check, self.named = check, function

    def runtest(self) -> None:
        """Judge it."""
        from funcnn.laws.referee import reported

        report = reported(self.check, lambda names: [self.named])
        [judged] = report.functions
        if judged.outcome == "known":
            pytest.xfail("; ".join(judged.known.values()))
        if not report.ok:
            raise Against(report.against)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict alone, without a traceback."""
        is_told = isinstance(excinfo.value, Against | ValueError)
        return f"{excinfo.value}" if is_told else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it is from, and its name."""
        return self.path, None, self.name


class Functions(pytest.File):
    """The functions of the implementation that is named on the command line."""

    def collect(self) -> Iterator[Function]:
        """A test for each."""
        try:
            check = _named(self.config)
        except (ValueError, OSError) as error:
            raise self.CollectError(f"{error}") from None
        yield from functions_of(self, check, "{}")


def functions_of(parent: pytest.Collector, check: "Check", name: str) -> list[Function]:
    """A test for each function of a check."""
    try:
        functions = check.names
    except ValueError as error:
        raise parent.CollectError(f"{error}") from None
    parent.config.stash.setdefault(CHECKS, []).append(check)
    return [
        Function.from_parent(parent, name=name.format(one), check=check, function=one)
        for one in functions
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options: those of funcnn check."""
    group = parser.getgroup("funcnn", "funcnn: whether somebody's functions are right")
    group.addoption(
        "--funcnn-implementation",
        metavar="TARGET",
        help="what --pyargs funcnn.laws judges: FILE.py, a module, or an adapter, as numpy",
    )
    group.addoption("--funcnn-profile", metavar="WORDS", default="", help="its arithmetic")
    group.addoption("--funcnn-examples", metavar="N", type=int, help="how many calls a law asks")
    group.addoption("--funcnn-key", metavar="K", type=int, default=0, help="decides every draw")
    group.addoption("--funcnn-known", metavar="FILE", help="deviations: pattern # reason")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Functions | None:
    """The functions of the implementation, where the referee is."""
    target = parent.config.getoption("funcnn_implementation")
    if not target or file_path != HOME:
        return None
    return Functions.from_parent(parent, path=file_path, nodeid=target)


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[Function] | None:
    """The tests of a check in a test file."""
    referee = sys.modules.get(REFEREE)
    if not referee or not isinstance(obj, referee.Check) or not collector.funcnamefilter(name):
        return None
    return functions_of(collector, obj, f"{name}[{{}}]")


def pytest_report_header(config: pytest.Config) -> str | None:
    """What is judged, and in what arithmetic."""
    if not config.getoption("funcnn_implementation"):
        return None
    from funcnn.laws.declarations import described

    try:
        check = _named(config)
        return f"funcnn: {check.implementation.name}; assumed: {described(check.declaration)}"
    except (ValueError, OSError) as error:
        raise pytest.UsageError(f"funcnn: {error}") from None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The patterns of known deviations that match nothing."""
    for check in config.stash.get(CHECKS, []):
        for one in check.report.unmatched if check.known and check.is_done else ():
            line = f"{one.place}: {one.pattern!r} matches nothing that is wrong: leave it out"
            terminalreporter.write_line(f"funcnn: {line}", yellow=True)


def _named(config: pytest.Config) -> "Check":
    """the check that the command line asks for"""
    if CHECK not in config.stash:
        from funcnn.laws.judging import EXAMPLES
        from funcnn.laws.referee import check

        config.stash[CHECK] = check(
            config.getoption("funcnn_implementation"),
            profile=config.getoption("funcnn_profile"),
            examples=config.getoption("funcnn_examples") or EXAMPLES,
            key=config.getoption("funcnn_key"),
            known=config.getoption("funcnn_known"),
        )
    return config.stash[CHECK]
