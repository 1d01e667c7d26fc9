"""Cases of other atoms: rule arrays, and what is linear but where it is too small."""

from random import Random
from typing import Any

from block_cases import Case, Cases
from cases_linears import activating
from funcnn.blocks.activations import down_and_up, hardshrink
from funcnn.blocks.rule_arrays import rule_array, rule_row


def cells(draw: Random) -> Case:
    width, rules = draw.randint(1, 6), tuple(draw.choices(range(256), k=draw.randint(1, 3)))
    settings = {"rules": rules, "cyclic": draw.random() < 0.5}
    choices = draw.choices(range(len(rules)), k=width)
    return Case(rule_row, settings, draw.choices((0, 1), k=width), choices)


def rows(draw: Random) -> Case:
    case, height = cells(draw), draw.randint(1, 4)
    choices = [draw.sample(case.weights, len(case.weights)) for _ in range(height)]
    return case._replace(definition=rule_array, weights=choices)


def shrinking(draw: Random) -> Case:
    threshold: Any = draw.randint(0, 16) / 8
    case: Case = activating(hardshrink, threshold=threshold, inclusive=draw.random() < 0.5)(draw)
    return case


CASES: Cases = {
    "rule_row": cells,
    "rule_array": rows,
    "hardshrink": activating(hardshrink),
    "hardshrink of a threshold": shrinking,
    "down_and_up": activating(down_and_up),
}
