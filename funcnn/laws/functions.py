"""Functions: all that are judged, by name."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from funcnn.laws import (
    activation_subjects,
    convolution_subjects,
    diagnostic_subjects,
    gradient_subjects,
    linear_subjects,
    loss_subjects,
    norm_subjects,
    sequence_subjects,
)
from funcnn.laws.subjects import Subject

TABLES: Final = (
    linear_subjects,
    convolution_subjects,
    activation_subjects,
    norm_subjects,
    sequence_subjects,
    loss_subjects,
    gradient_subjects,
    diagnostic_subjects,
)

SUBJECTS: Final[Mapping[str, Subject]] = {
    subject.name: subject for table in TABLES for subject in table.SUBJECTS
}
"""The functions, in the order of their tables."""


def subject(name: str) -> Subject:
    """The function of a name.

    Errors
        ValueError   none that is judged has it

    >>> subject("matmul").sums
    'k'
    >>> subject("matmull")
    Traceback (most recent call last):
    ValueError: no law is about 'matmull': is matmul meant?
    """
    if name not in SUBJECTS:
        near = get_close_matches(name, SUBJECTS, 1)
        hint = f"is {near[0]} meant?" if near else "funcnn check --list lists all"
        raise ValueError(f"no law is about {name!r:.60}: {hint}")
    return SUBJECTS[name]
