"""The claims that this project grew from, each an experiment that tells whether it holds."""

from funcnn.studies.findings import Experiment, Finding, found, Measurement, Study, Verdict
from funcnn.studies.plots import Axis, Heatmap, Plot, Series
from funcnn.studies.all_studies import STUDIES

__all__ = [
    "Axis",
    "Experiment",
    "Finding",
    "found",
    "Heatmap",
    "Measurement",
    "Plot",
    "Series",
    "STUDIES",
    "Study",
    "Verdict",
]
