"""Every study says what it claims, in a line, and whose claim it is; its test makes it smaller."""

from importlib.resources import files
from inspect import Parameter, signature
from pathlib import Path

import pytest

from funcnn.studies import Study
from funcnn.studies.all_studies import MODULES, STUDIES


def test_no_study_is_left_out() -> None:
    sources = [file for file in files("funcnn.studies").iterdir() if file.name.endswith(".py")]
    with_a_claim = {file.name for file in sources if "STUDY: Final = Study(" in file.read_text()}
    told = {Path(f"{module.__file__}").name for module in MODULES}
    assert with_a_claim == told and len(STUDIES) == len(MODULES) == 18


@pytest.mark.parametrize("study", STUDIES.values(), ids=[*STUDIES])
def test_a_claim_is_a_line_with_a_source(study: Study) -> None:
    assert 10 < len(study.claim) <= 80 and "\n" not in study.claim and study.claim[0].isupper()
    assert not study.claim.endswith(".") and any(char.isdigit() for char in study.source)


@pytest.mark.parametrize("study", STUDIES.values(), ids=[*STUDIES])
def test_an_experiment_has_a_key_and_sizes_that_can_be_reduced(study: Study) -> None:
    parameters = signature(study.experiment).parameters
    assert all(one.kind is Parameter.KEYWORD_ONLY for one in parameters.values())
    assert all(one.default is not Parameter.empty for one in parameters.values())
    assert parameters["key"].default == 0
    assert study.reduced and {*study.reduced} <= {*parameters} - {"key"}
