"""What ONNX's Conv and ConvTranspose give lies within the bounds of the definitions: along one to
three axes, with any settings, with and without a bias."""

from random import Random
from typing import Any

import pytest

from block_cases import Case
from cases_convolutions import conv_case, each_axis, transposed_case
from funcnn import shape, tree_map
from funcnn.blocks.convolutions import channel_bias
from onnx_operators import admitted, onnx_outputs

SEEDS = range(200)
RANKS = pytest.mark.parametrize("rank", [1, 2, 3])


def full_width(draw: Random, case: Case) -> Case:
    """The case of numbers of as many digits as a float has, so that their order matters."""
    inputs, weights = tree_map(lambda x: x * draw.uniform(0.9, 1.1), (case.inputs, case.weights))
    return case._replace(inputs=inputs, weights=weights)


def biased(case: Case, bias: list[float] | None) -> Case:
    """The case with channel_bias after it, as ONNX has both in one operator."""
    if bias is None:
        return case

    def definition(inputs: Any, weights: Any, **settings: Any) -> Any:
        kernels, biases = weights
        return channel_bias(case.definition(inputs, kernels, **settings), biases)

    return case._replace(definition=definition, weights=(case.weights, bias))


def attributes(case: Case) -> dict[str, Any]:
    """The settings as ONNX has them: of the padding first what is before on each axis."""
    rank = len(shape(case.weights)) - 2
    pads = [each_axis(pad, 2) for pad in each_axis(case.settings.get("padding", 0), rank)]
    return {
        "strides": [*each_axis(case.settings.get("stride", 1), rank)],
        "dilations": [*each_axis(case.settings.get("dilation", 1), rank)],
        "pads": [before for before, _ in pads] + [after for _, after in pads],
    }


@RANKS
def test_conv(rank: int) -> None:
    for seed in SEEDS:
        draw = Random(seed)
        case = full_width(draw, conv_case(draw, rank))
        bias = [draw.uniform(-2, 2) for _ in case.weights] if seed % 2 else None
        feeds = {"X": [case.inputs], "W": case.weights, "B": bias}
        group = case.settings.get("groups", 1)
        [[expected]] = onnx_outputs("Conv", feeds, group=group, **attributes(case))
        assert admitted(biased(case, bias), expected), seed


@RANKS
def test_conv_transpose(rank: int) -> None:
    """ONNX's evaluator takes no output padding as large as the stride, and of groups only those of
    one channel and one kernel (onnx 1.23): so it is given each group alone."""
    for seed in SEEDS:
        draw = Random(seed)
        case = full_width(draw, transposed_case(draw, rank))
        more = tuple(draw.randrange(stride) for stride in attributes(case)["strides"])
        case = case._replace(settings=case.settings | {"output_padding": more})
        groups = case.settings.get("groups", 1)
        channels, kernels = len(case.inputs) // groups, len(case.weights[0])
        bias = [draw.uniform(-2, 2) for _ in range(groups * kernels)] if seed % 2 else None
        expected = list[Any]()
        for group in range(groups):
            part = slice(group * channels, (group + 1) * channels)
            b = bias[group * kernels : (group + 1) * kernels] if bias else None
            feeds = {"X": [case.inputs[part]], "W": case.weights[part], "B": b}
            [[outputs]] = onnx_outputs(
                "ConvTranspose", feeds, output_padding=more, **attributes(case)
            )
            expected += [*outputs]
        assert admitted(biased(case, bias), expected), seed


@RANKS
def test_conv_transpose_in_groups_of_one_channel(rank: int) -> None:
    for seed in SEEDS:
        draw = Random(seed)
        case = full_width(draw, transposed_case(draw, rank))
        groups, kernels = len(case.inputs), [kernel[:1] for kernel in case.weights]
        settings = case.settings | {"groups": groups, "output_padding": 0}
        case = case._replace(weights=kernels, settings=settings)
        feeds = {"X": [case.inputs], "W": kernels}
        [[expected]] = onnx_outputs("ConvTranspose", feeds, group=groups, **attributes(case))
        assert admitted(case, expected), seed
