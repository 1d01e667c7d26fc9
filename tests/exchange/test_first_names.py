"""The names are those of the file, the split is a partition, tokens and letters are one another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.exchange.datasets import SPLIT_KEY
from funcnn.exchange.first_names import (
    LETTERS,
    from_tokens,
    name_examples,
    names,
    split_names,
    to_tokens,
)

NAMES = names()
texts = st.text(LETTERS)


def test_the_names_are_different_and_in_the_order_of_the_alphabet() -> None:
    assert len(NAMES) == 5163
    assert [*NAMES] == sorted({*NAMES})
    assert {letter for name in NAMES for letter in name} == {*LETTERS}
    assert {*map(len, NAMES)} == {*range(2, 12)}


def test_the_commonest_names_are_among_them() -> None:
    assert {"mary", "patricia", "linda", "james", "john", "robert"} <= {*NAMES}
    assert NAMES[-1] == "zulma" and sum(map(len, NAMES)) == 30_959


@pytest.mark.parametrize(("validation", "held_out"), [(516, 516), (0, 0), (5000, 163), (1, 0)])
def test_the_split_is_a_partition(validation: int, held_out: int) -> None:
    parts = split_names(3, validation, held_out)
    assert [*map(len, parts[1:])] == [validation, held_out]
    assert sorted(name for part in parts for name in part) == NAMES


def test_the_key_decides_the_split() -> None:
    assert split_names() == split_names(SPLIT_KEY)
    assert split_names(0).held_out != split_names(1).held_out


def test_what_is_held_out_does_not_depend_on_how_many_are_for_validation() -> None:
    assert split_names(validation=0).held_out == split_names(validation=99).held_out


@pytest.mark.parametrize("counts", [(-1, 10), (10, -1), (5000, 164)])
def test_more_than_all_cannot_be_kept_from_training(counts: tuple[int, int]) -> None:
    message = rf"^{counts[0]} and {counts[1]} of 5163 names cannot be kept from training$"
    with pytest.raises(ValueError, match=message):
        split_names(0, *counts)


@given(texts)
def test_tokens_spell_the_name_that_they_are_of(name: str) -> None:
    tokens = to_tokens(name)
    assert from_tokens(tokens) == name and len(tokens) == len(name)


def test_the_letters_are_1_to_26() -> None:
    assert to_tokens(LETTERS) == [*range(1, 27)]


@given(st.lists(texts, max_size=3))
def test_each_token_of_an_example_has_the_next_as_its_target(some: list[str]) -> None:
    batch = name_examples(some)
    for name, inputs, targets in zip(some, *batch, strict=True):
        assert inputs[1:] == targets[:-1] == to_tokens(name)
        assert inputs[0] == targets[-1] == 0


@pytest.mark.parametrize(
    ("function", "argument", "message"),
    [
        (to_tokens, "Ann", "'Ann' has 'A' at 0: give the letters a to z"),
        (to_tokens, "jo an", "'jo an' has ' ' at 2: give the letters a to z"),
        (from_tokens, [27], "token 27 is no letter: give 1 to 26"),
        (from_tokens, [1, 0], "token 0 is no letter: give 1 to 26"),
        (to_tokens, [1], "a name is a list, not a str"),
        (from_tokens, "ann", "tokens is a str, not a list"),
        (from_tokens, [1.0], "a token is a float, not an int"),
        (name_examples, "ann", "names is a str, not a list"),
        (name_examples, [1], "a name is a int, not a str"),
    ],
)
def test_what_is_no_name_is_refused(function: Any, argument: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}$"):
        function(argument)
