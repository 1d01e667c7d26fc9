"""What all tests share: the sketch first, no deadlines, coverage asked only of the whole suite.

Where ONNX is asked hundreds of times, coverage is not measured: other tests reach the same lines.

The profile `thorough` draws 100,000 examples for the law of each representation of weights.
"""

import pytest
from hypothesis import settings

settings.register_profile("funcnn", deadline=None)
settings.register_profile("thorough", deadline=None)
settings.load_profile("funcnn")


def pytest_configure(config: pytest.Config) -> None:
    coverage = config.pluginmanager.getplugin("_cov")
    if coverage and config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        coverage.options.cov_fail_under, coverage.options.cov_report = 0, {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != "test_sketch.py")
    for item in items:
        if "onnx" in item.nodeid:
            item.add_marker("no_cover")
