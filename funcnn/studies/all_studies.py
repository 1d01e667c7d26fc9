"""All studies: the claims, in the order in which they are told."""

from collections.abc import Mapping
from typing import Final

from funcnn.studies import (
    architectures,
    atoms,
    concentration,
    cosine,
    equations,
    fast_multiplication,
    feature_learning,
    guarantees,
    integer_descent,
    likelihoods,
    linear_depth,
    metrics,
    optima,
    redundancy,
    rounding,
    shares_of_time,
    singular_vectors,
    starts,
)
from funcnn.studies.findings import Study

MODULES: Final = (
    linear_depth,
    rounding,
    redundancy,
    shares_of_time,
    fast_multiplication,
    concentration,
    optima,
    starts,
    feature_learning,
    singular_vectors,
    metrics,
    cosine,
    atoms,
    integer_descent,
    equations,
    likelihoods,
    guarantees,
    architectures,
)

STUDIES: Final[Mapping[str, Study]] = {module.STUDY.name: module.STUDY for module in MODULES}
"""By name."""
