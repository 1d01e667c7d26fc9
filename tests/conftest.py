"""What all tests share: no deadlines, and coverage asked only of the whole suite."""

import pytest
from hypothesis import settings

settings.register_profile("funcnn", deadline=None)
settings.load_profile("funcnn")


def pytest_configure(config: pytest.Config) -> None:
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        config.option.cov_fail_under = 0
