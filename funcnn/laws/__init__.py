"""The referee: what holds of every right implementation."""

from funcnn.laws.certificates import Certificate, dot_certificate, OVERFLOW, SMALLEST, UNIT_ROUNDOFF
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
    "agrees",
    "associativity",
    "Certificate",
    "distributivity",
    "dot_certificate",
    "identity",
    "index_formula",
    "Matmul",
    "MUTANTS",
    "OVERFLOW",
    "SMALLEST",
    "transposition",
    "UNIT_ROUNDOFF",
]
