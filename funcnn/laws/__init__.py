"""The referee: what holds of every right implementation."""

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

__all__ = [
    "admits",
    "agrees",
    "associativity",
    "distributivity",
    "identity",
    "index_formula",
    "Matmul",
    "MUTANTS",
    "transposition",
]
