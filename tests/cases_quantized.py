"""Cases of int8 layers. All their numbers are ints: nothing of them is differentiated."""

from random import Random
from typing import Any, Final

from block_cases import Case, Cases
from cases_convolutions import conv_case
from funcnn import tree_map
from funcnn.blocks.quantized_convolutions import QuantizedKernels, quantized_conv2d
from funcnn.blocks.quantized_linears import QuantizedWeights, quantized_dense, quantized_linear

INT8S: Final = range(-128, 128)


def scaled_by(draw: Random, rows: int) -> tuple[list[int], int]:
    """Multipliers and a shift, so that most outputs are of the size of int8."""
    shift = draw.randint(0, 20)
    return [draw.randint(-(1 << shift), 1 << shift) // 50 for _ in range(rows)], shift


def projecting(definition: Any) -> Any:
    def drawn(draw: Random) -> Case:
        rows, columns = draw.randint(1, 5), draw.randint(1, 6)
        matrix = [draw.choices(INT8S, k=columns) for _ in range(rows)]
        weights = QuantizedWeights(matrix, *scaled_by(draw, rows))
        return Case(definition, {}, draw.choices(INT8S, k=columns), weights)

    return drawn


def convolving(draw: Random) -> Case:
    case = conv_case(draw, 2)
    inputs, kernels = tree_map(lambda _: draw.choice(INT8S), (case.inputs, case.weights))
    weights = QuantizedKernels(kernels, *scaled_by(draw, len(kernels)))
    return Case(quantized_conv2d, case.settings, inputs, weights)


CASES: Cases = {
    "quantized_linear": projecting(quantized_linear),
    "quantized_dense": projecting(quantized_dense),
    "quantized_conv2d": convolving,
}
