"""The referee: what holds of every right implementation."""

from funcnn.laws.certificates import Certificate, admits, dot_certificate
from funcnn.laws.properties import (
    agrees,
    associativity,
    distributivity,
    identity,
    index_formula,
    Matmul,
    transposition,
)
from funcnn.laws.mutants import MUTANTS

__all__ = [
    "admits",
    "agrees",
    "associativity",
    "Certificate",
    "distributivity",
    "dot_certificate",
    "identity",
    "index_formula",
    "Matmul",
    "MUTANTS",
    "transposition",
]
