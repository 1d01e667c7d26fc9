"""Quick runs: a study at reduced size, held to what every study must keep."""

import json
from itertools import pairwise
from typing import get_args

from funcnn.studies.findings import Finding, Study, Verdict
from funcnn.terminal.study_pictures import picture
from funcnn.terminal.study_reports import as_data
from funcnn.terminal.study_runs import Ended


def quick(study: Study) -> Finding:
    """What a study finds at reduced size; its progress rises to 1, and all of it can be shown."""
    shares: list[float] = []
    experiment = study.experiment(**study.reduced)
    while True:
        try:
            shares.append(next(experiment))
        except StopIteration as end:
            finding: Finding = end.value
            break
    assert shares and all(x <= y for x, y in pairwise([0.0, *shares, 1.0]))
    assert finding.verdict in get_args(Verdict.__value__)
    assert finding.measurements and all([finding.run, finding.figure, finding.why])
    assert json.loads(json.dumps(as_data(Ended(study.name, finding, 0.0)), allow_nan=False))
    assert picture(finding.plot, finding.run).axes
    return finding
