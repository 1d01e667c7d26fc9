"""The cases of all blocks, by name."""

from typing import Final

import cases_quantized
import cases_wiring

import cases_attention
import cases_convolutions
import cases_gates
import cases_graphs
import cases_layouts
import cases_linears
import cases_lookups
import cases_norms
import cases_pooling
import cases_positions
import cases_recurrence
import cases_rule_arrays
from block_cases import Cases

CASES: Final[Cases] = (
    cases_linears.CASES
    | cases_convolutions.CASES
    | cases_pooling.CASES
    | cases_norms.CASES
    | cases_layouts.CASES
    | cases_recurrence.CASES
    | cases_positions.CASES
    | cases_attention.CASES
    | cases_gates.CASES
    | cases_lookups.CASES
    | cases_graphs.CASES
    | cases_wiring.CASES
    | cases_quantized.CASES
    | cases_rule_arrays.CASES
)
