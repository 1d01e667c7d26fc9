"""What all tests share: the sketch first, then what takes long at a stretch; no deadlines; coverage
asked only of the whole suite.

Of tests that do the same very often, coverage is not measured: others reach the same lines.

The profile `thorough` draws 100,000 examples for the law of each representation of weights.
"""

import gc
from typing import Final

import pytest
from coverage import Coverage
from hypothesis import settings

UNMEASURED: Final = """
    onnx learns test_every_number_of_16_bits test_a_hundred_thousand test_everything_fits_60_columns
    test_without_peers test_no_contestant test_narrow_formats test_rule_mutants test_killed
    is_rounded are_rounded rounded_once numpy_s_float bit_for_bit lie_within lies_within its_bound
    an_enclosure exact_numbers reference_s dual_derivative the_traced
""".split()
"""Parts of their names."""

settings.register_profile("funcnn", deadline=None)
settings.register_profile("thorough", deadline=None)
settings.load_profile("funcnn")


def pytest_configure(config: pytest.Config) -> None:
    coverage = config.pluginmanager.getplugin("_cov")
    if coverage and config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        coverage.options.cov_fail_under, coverage.options.cov_report = 0, {}


@pytest.hookimpl(trylast=True)
def pytest_sessionstart() -> None:
    """In a process of xdist pytest-cov starts two measurements and forgets the first, which then
    goes on wherever the second pauses: it is stopped."""
    last = Coverage.current()
    while coverage := Coverage.current():
        coverage.stop()
    if last:
        last.start()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parent.name != "tests")
    items.sort(key=lambda item: item.path.name != "test_sketch.py")
    for item in items:
        often = any(part in item.nodeid for part in UNMEASURED)
        if often and not config.getoption("no_cov", True):
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """The tests are no garbage, and nobody looks at them again to find that out."""
    gc.freeze()
