"""The referee: whether somebody's functions are right, and how that is known."""

from funcnn.laws.calls import Answer, Broken, Call, Implementation, Refused, Returned
from funcnn.laws.declarations import Declaration, parse
from funcnn.laws.properties import (
    admits,
    agrees,
    associativity,
    distributivity,
    identity,
    index_formula,
    Matmul,
    transposition,
)
from funcnn.laws.mutants import MUTANTS
from funcnn.laws.subjects import Subject
from funcnn.laws.findings import Fails, Finding, Holds, Law, Silent
from funcnn.laws.values import VALUES
from funcnn.laws.machines import machine
from funcnn.laws.judging import Verdict, verdict
from funcnn.laws.algebra_laws import ALGEBRA
from funcnn.laws.conventions import CONVENTIONS
from funcnn.laws.implementations import implementation, Local, Program, program
from funcnn.laws.functions import SUBJECTS
from funcnn.laws.mistakes import MISTAKES
from funcnn.laws.reports import Report
from funcnn.laws.all_laws import LAWS
from funcnn.laws.referee import Check, check

__all__ = [
    "admits",
    "agrees",
    "ALGEBRA",
    "Answer",
    "associativity",
    "Broken",
    "Call",
    "Check",
    "check",
    "CONVENTIONS",
    "Declaration",
    "distributivity",
    "Fails",
    "Finding",
    "Holds",
    "identity",
    "Implementation",
    "implementation",
    "index_formula",
    "Law",
    "LAWS",
    "Local",
    "machine",
    "Matmul",
    "MISTAKES",
    "MUTANTS",
    "parse",
    "Program",
    "program",
    "Refused",
    "Report",
    "Returned",
    "Silent",
    "Subject",
    "SUBJECTS",
    "transposition",
    "VALUES",
    "Verdict",
    "verdict",
]
