"""A model's tree has a line for every part, and its counts add up."""

import json
from argparse import ArgumentParser
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from funcnn.blocks.image_models import convnext, lenet, resnet_block
from funcnn.blocks.models import Model, perceptron
from funcnn.blocks.sequence_models import gpt, graph_network, llama, transformer_block
from funcnn.blocks.shapes import parameters
from funcnn.terminal import spec, wiring
from funcnn.terminal.wiring import Wire

MODELS = [perceptron(), lenet(), resnet_block(), convnext(), transformer_block(), graph_network()]


def printed(*words: str) -> str:
    parser, console = ArgumentParser(), Console(file=StringIO(), width=100)
    spec.configure(parser)
    assert spec.command(parser.parse_args(words), console) == 0
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def total(tree: Wire) -> int:
    """The count of all leaves of a tree, as often as they follow one another."""
    if not tree.parts:
        return tree.times * parameters(tree.weights)
    return tree.times * sum(map(total, tree.parts))


@pytest.mark.parametrize("model", MODELS)
def test_the_parts_have_all_the_weights_and_the_last_gives_what_the_whole_gives(
    model: Model,
) -> None:
    tree = wiring.of("model", model)
    assert total(tree) == parameters(model.weights) and tree.parts[-1].gives == tree.gives


def test_a_tied_weight_counts_once_and_is_marked_where_it_stands_again() -> None:
    tree = wiring.of("gpt", gpt(5, 4, 4, 2, 2))
    assert total(tree) == parameters(tree.weights)
    assert [*wiring.rows(tree.parts[-1], 40)] == [("each linear, tied", "4×5", "", "")]


def test_layers_that_repeat_stand_once() -> None:
    block = wiring.of("gpt", gpt()).parts[2]
    assert (block.times, block.label) == (12, "serial")
    counts = {part: count for part, _, _, count in wiring.rows(wiring.of("gpt", gpt()), 40)}
    assert counts["├─ 12 × serial"] == f"{12 * 7_087_872:,}"


def test_a_models_page_ends_with_its_tree() -> None:
    lines = printed("perceptron").splitlines()
    start = lines.index("Wiring, of the defaults")
    assert [line.split() for line in lines[start + 1 :] if line] == [
        ["part", "gives", "weights", "count"],
        ["perceptron", "10", "101,632"],
        ["├─", "dense", "128", "128×784", "100,352"],
        ["└─", "dense", "10", "10×128", "1,280"],
    ]


def test_what_is_no_model_has_no_tree() -> None:
    assert "Wiring" not in printed("in_series")


@pytest.mark.parametrize("model", [convnext(), gpt(), llama(), resnet_block()])
@pytest.mark.parametrize("width", [40, 80, 100])
def test_a_tree_fits_the_terminal(model: Model, width: int) -> None:
    console = Console(file=StringIO(), width=width)
    console.print(wiring.table("model", model, width))
    assert isinstance(console.file, StringIO)
    assert max(map(len, console.file.getvalue().splitlines())) <= width


def test_long_settings_go_on_within_their_branch() -> None:
    cells = [line for line, *_ in wiring.rows(wiring.of("llama", llama()), 44)]
    [attention] = [cell for cell in cells if "self_attention" in cell]
    first, *others = attention.splitlines()
    assert others and all(line.startswith("│  │       ") for line in others), first


def test_a_tree_for_other_programs_is_the_same() -> None:
    data: Any = json.loads(printed("lenet", "--json"))["wiring"]
    assert data["part"] == "lenet" and data["count"] == 61_706
    assert [part["part"] for part in data["parts"]][:2] == ["conv2d(padding=2)", "channel_bias"]
    assert sum(part["count"] for part in data["parts"]) == 61_706
