"""Dropout: what a mask keeps is scaled, what it does not is gone; ONNX's Dropout; errors."""

from fractions import Fraction
from math import inf, nan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, tensor
from funcnn import leaves, shape, split, tree_map, tree_zip_with
from funcnn.blocks.dropouts import dropout, dropout_mask
from onnx_operators import admitted, onnx_outputs
from strategies import fractions

rates = st.fractions(0, Fraction(9, 10), max_denominator=10)
triples = st.lists(st.tuples(fractions, fractions, st.booleans()), max_size=5)


@given(triples, rates)
def test_what_is_kept_is_divided_by_how_likely_that_was(triples: Any, rate: Fraction) -> None:
    xs, mask = [x for x, _, _ in triples], [keep for _, _, keep in triples]
    expected = [x / (1 - rate) if keep else 0 for x, keep in zip(xs, mask, strict=True)]
    assert dropout(xs, mask, rate=rate) == expected
    assert dropout([xs, xs], [mask, mask], rate=rate) == [expected] * 2
    assert dropout(xs, (), rate=rate) == dropout(xs, [True] * len(xs), rate=0) == xs


@given(triples, rates, fractions)
def test_dropout_is_linear(triples: Any, rate: Fraction, a: Fraction) -> None:
    mask = [keep for _, _, keep in triples]
    mixed = dropout([a * x + y for x, y, _ in triples], mask, rate=rate)
    images = [dropout([triple[i] for triple in triples], mask, rate=rate) for i in (0, 1)]
    assert mixed == [a * x + y for x, y in zip(*images, strict=True)]


@given(st.lists(fractions, min_size=1, max_size=3), rates)
def test_its_mean_over_all_masks_is_the_inputs(xs: list[Fraction], rate: Fraction) -> None:
    """Each mask weighs as much as it is likely."""
    means = [Fraction(0)] * len(xs)
    for number in range(2 ** len(xs)):
        mask = [bool(number >> place & 1) for place in range(len(xs))]
        kept = sum(mask)
        likely = (1 - rate) ** kept * rate ** (len(xs) - kept)
        outputs = dropout(xs, mask, rate=rate)
        means = [mean + likely * y for mean, y in zip(means, outputs, strict=True)]
    assert means == xs


def test_what_is_left_out_is_nowhere_multiplied() -> None:
    assert dropout([inf, nan, 1.0], [False, False, True], rate=0.5) == [0.0, 0.0, 2.0]


def test_without_a_mask_no_number_is_touched() -> None:
    assert dropout([3, (4, 5)], (), rate=0.5) == [3, (4, 5)]
    assert dropout((), (), rate=0.5) == () and dropout([], [], rate=0.5) == []


def test_it_is_onnx_s_dropout() -> None:
    """In training ONNX draws the mask, and returns it."""
    for seed in range(200):
        draw = Random(seed)
        inputs = tensor(draw, *(draw.randint(1, 4) for _ in range(draw.randint(1, 3))))
        inputs = tree_map(lambda x: x * draw.random(), inputs)
        rate, training = draw.choice([0.0, 0.5, 0.1, draw.random()]), draw.random() < 0.8
        given = {"data": inputs, "ratio": rate, "training_mode": training}
        y, mask = onnx_outputs("Dropout", given, ("Y", "mask"), seed=seed)
        weights = mask.tolist() if training else ()
        assert admitted(Case(dropout, {"rate": rate}, inputs, weights), y), seed


def test_a_mask_is_the_same_for_the_same_key_and_another_for_another() -> None:
    one, other = (dropout_mask(key, (8, 8), rate=0.5) for key in split(0))
    assert one == dropout_mask(split(0)[0], (8, 8), rate=0.5) != other
    assert {*map(type, leaves(one))} == {bool} and shape(one) == (8, 8)


@given(st.integers(), st.lists(st.integers(1, 4), min_size=1, max_size=3), rates, rates)
def test_what_is_kept_at_a_rate_is_kept_at_every_lower_one(
    key: int, lengths: list[int], one: Fraction, other: Fraction
) -> None:
    low, high = sorted([one, other])
    masks = [dropout_mask(key, lengths, rate=rate) for rate in (low, high)]
    assert all(leaves(tree_zip_with(lambda kept, still: kept >= still, *masks)))


@pytest.mark.parametrize("rate", [0, Fraction(1, 10), 0.5, 0.9])
def test_as_many_are_left_out_as_the_rate_says(rate: Any) -> None:
    """Within five standard deviations of what 10,000 draws have."""
    kept = sum(dropout_mask(1, [10_000], rate=rate))
    assert abs(kept - 10_000 * (1 - rate)) <= 5 * 100 * (float(rate * (1 - rate)) ** 0.5)


@pytest.mark.parametrize(
    ("inputs", "mask", "rate", "error", "message"),
    [
        ([1.0], [True], 1, ValueError, "rate is 1: give 0 or more, and less than 1"),
        ([1.0], (), -0.25, ValueError, "rate is -0.25: give 0 or more, and less than 1"),
        ([1.0], (), nan, ValueError, "rate is nan: give 0 or more, and less than 1"),
        ([1.0], (), "0.5", TypeError, "rate is a str, not a number"),
        ([1.0, 2.0], [True], 0.5, ValueError, "mask and inputs differ in shape: (1,) and (2,)"),
        ([1.0, 2.0], [], 0.5, ValueError, "mask and inputs differ in shape: (0,) and (2,)"),
        ([[1.0]], [True], 0.5, ValueError, "mask and inputs differ in shape: (1,) and (1, 1)"),
        ([1.0], [1], 0.5, TypeError, "a mask is made of bools, not of a int"),
        ([1.0], [0.5], 0.5, TypeError, "a mask is made of bools, not of a float"),
        ([None], (), 0.5, TypeError, "lift has no instance for NoneType; it has for "),
        (["1"], [True], 0.5, TypeError, "lift has no instance for str; it has for "),
        ([3], [True], 0.5, TypeError, "0.5 is no int; use float or Fraction numbers"),
        ([1.0], [[True], [True, False]], 0.5, ValueError, "ragged: entry 1 has shape (2,), "),
    ],
)
def test_what_does_not_fit_is_refused(
    inputs: Any, mask: Any, rate: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        dropout(inputs, mask, rate=rate)
    assert str(caught.value).startswith(message)


def test_a_mask_that_cannot_be_drawn_is_refused() -> None:
    generator: Any = (length for length in [2, 3])
    with pytest.raises(ValueError, match="^rate is 1.5: give 0 or more, and less than 1$"):
        dropout_mask(0, [2], rate=1.5)
    with pytest.raises(ValueError, match="^a length is 0: give 1 or more$"):
        dropout_mask(0, [2, 0], rate=0.5)
    with pytest.raises(TypeError, match="^lengths is a generator, not a list$"):
        dropout_mask(0, generator, rate=0.5)
