"""Rule arrays: of one rule they are cellular automata, and each cell's choice is its own."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.folds import foldl
from funcnn.blocks.combinators import layer, serial
from funcnn.blocks.rule_arrays import lifetime, rule_array, rule_row

numbers = st.integers(0, 255)
bits = st.integers(0, 1)


def by_text(rule: int, row: str, cyclic: bool) -> str:
    """A step of an elementary cellular automaton, by looking up texts of three cells."""
    table = dict(zip(product("10", repeat=3), f"{rule:08b}", strict=True))
    around = row[-1] + row + row[0] if cyclic else f"0{row}0"
    return "".join(
        table[left, own, right] for left, own, right in zip(around, around[1:], around[2:])
    )


def shown(row: list[int]) -> str:
    return "".join(map(str, row))


def seed(width: int) -> list[int]:
    return [int(place == width // 2) for place in range(width)]


@given(numbers, st.lists(bits, min_size=1, max_size=12), st.integers(0, 6), st.booleans())
def test_of_one_rule_it_is_the_cellular_automaton(
    rule: int, row: list[int], height: int, cyclic: bool
) -> None:
    text = shown(row)
    for found in rule_array(row, [[0] * len(row)] * height, rules=(rule,), cyclic=cyclic):
        assert shown(found) == text
        text = by_text(rule, text, cyclic)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        (30, ["1", "111", "11001", "1101111", "110010001", "11011110111"]),
        (90, ["1", "101", "10001", "1010101", "100000001", "10100000101"]),
        (110, ["1", "11", "111", "1101", "11111", "110001", "1110011", "11010111"]),
    ],
)
def test_of_well_known_rules_the_first_rows_are_known(rule: int, rows: list[str]) -> None:
    array = [[0] * (2 * len(rows) + 1)] * (len(rows) - 1)
    found = rule_array(seed(2 * len(rows) + 1), array, rules=(rule,))
    assert [shown(row).strip("0") for row in found] == rows


@st.composite
def arrays(draw: Any) -> tuple[list[int], list[list[int]], tuple[int, ...]]:
    width, rules = draw(st.integers(1, 8)), draw(st.lists(numbers, min_size=1, max_size=4))
    choices = st.lists(st.integers(0, len(rules) - 1), min_size=width, max_size=width)
    row = draw(st.lists(bits, min_size=width, max_size=width))
    return row, draw(st.lists(choices, max_size=5)), tuple(rules)


@given(arrays(), st.booleans())
def test_each_cell_follows_the_rule_that_is_chosen_for_it(drawn: Any, cyclic: bool) -> None:
    row, array, rules = drawn
    steps = rule_array(row, array, rules=rules, cyclic=cyclic)
    assert steps[0] == row and len(steps) == len(array) + 1
    for before, choices, after in zip(steps, array, steps[1:]):
        by_rule = [by_text(rule, shown(before), cyclic) for rule in rules]
        assert shown(after) == "".join(by_rule[k][x] for x, k in enumerate(choices))


@given(arrays())
def test_the_last_row_is_the_fold_and_the_serial_network(drawn: Any) -> None:
    row, array, rules = drawn
    array = [[min(choice, 1) for choice in choices] for choices in array]
    network = serial(*[layer(rule_row)] * len(array))
    assert rule_array(row, array)[-1] == foldl(rule_row, row, array) == network(row, array)


def test_a_lifetime_ends_with_the_first_row_of_zeros() -> None:
    assert lifetime([[0, 0]]) == lifetime([]) == 0
    assert lifetime([[1], [1], [0], [1], [0]]) == 2
    assert lifetime([[1], [1], [1]]) == 3
    assert [lifetime(rule_array([0, 1, 0], [[k] * 3] * 4, rules=(0, 4))) for k in (0, 1)] == [1, 5]


def test_any_sequences_go_in_and_lists_come_out() -> None:
    assert rule_row((0, 1, 0), range(1, 4), rules=[0, 4, 4, 4]) == [0, 1, 0]
    assert rule_array((0, 1), ((1, 1),), rules=[0, 255]) == [[0, 1], [1, 1]]
    assert rule_array((0, 1), ()) == [[0, 1]]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (([], []), ValueError, "inputs is empty"),
        (([0, 1], [0]), ValueError, "inputs and weights differ in length: 2 and 1"),
        (([0, 2], [0, 0]), ValueError, "inputs, entry 1: 2 is not one of 0 to 1"),
        (([0, 1], [0, -1]), ValueError, "weights, entry 1: -1 is not one of 0 to 1"),
        (([0, True], [0, 0]), TypeError, "inputs, entry 1 is a bool, not an int"),
        (([0, 1], [0, 1.0]), TypeError, "weights, entry 1 is a float, not an int"),
        ((iter([0]), [0]), TypeError, "inputs is a list_iterator, not a list"),
        (("01", [0, 0]), TypeError, "inputs is a str, not a list"),
    ],
)
def test_what_is_no_row_is_refused_in_a_line(given: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        rule_row(*given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"rules": ()}, ValueError, "weights, entry 0: 0 is not one of 0 to -1"),
        ({"rules": (30, 256)}, ValueError, "rules, entry 1: 256 is not one of 0 to 255"),
        ({"rules": 30}, TypeError, "rules is a int, not a list"),
        ({"cyclic": 1}, TypeError, "cyclic is a int, not a bool"),
    ],
)
def test_wrong_settings_are_refused_in_a_line(settings: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        rule_row([1], [0], **settings)
    assert str(caught.value) == message


def test_an_error_of_an_array_says_in_which_row() -> None:
    with pytest.raises(ValueError, match=r"^row 2: weights, entry 1: 2 is not one of 0 to 1$"):
        rule_array([0, 1], [[0, 0], [1, 0], [0, 2]])
    with pytest.raises(ValueError, match=r"^inputs, entry 0: 5 is not one of 0 to 1$"):
        rule_array([5], [])
    with pytest.raises(TypeError, match=r"^weights is a int, not a list$"):
        wrong: Any = 3
        rule_array([1], wrong)
