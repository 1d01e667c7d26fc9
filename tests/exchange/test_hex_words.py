"""Hex words keep every bit, both ways, and say where a text goes wrong."""

from itertools import pairwise
from math import copysign, inf, isinf, isnan, nan, nextafter
from struct import pack, unpack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.folds import foldl
from funcnn.algebra.trees import is_leaf, tree_map
from funcnn.exchange.hex_words import decode, encode, from_word, nearest, to_word

WORDS_OF_16 = [f"0x{pattern:04X}" for pattern in range(1 << 16)]
words_of_32 = st.integers(0, (1 << 32) - 1).map("0x{:08X}".format)
SIGNALING = 0x7FF0000000000001


def floated(pattern: int) -> float:
    return float(unpack("<d", pattern.to_bytes(8, "little"))[0])


any_float = st.integers(0, (1 << 64) - 1).map(floated) | st.floats()


def bits(tree: Any) -> Any:
    """The tree with the eight bytes of each float in its place."""
    return pack(">d", tree).hex() if is_leaf(tree) else [bits(branch) for branch in tree]


def in_struct(word: str) -> float:
    packed = bytes.fromhex(word[2:])
    return float(unpack({2: ">e", 4: ">f"}[len(packed)], packed)[0])


def test_every_word_of_16_bits_comes_back() -> None:
    assert [to_word(from_word(word), 16) for word in WORDS_OF_16] == WORDS_OF_16


@given(words_of_32)
def test_every_word_of_32_bits_comes_back(word: str) -> None:
    assert to_word(from_word(word), 32) == word


@given(any_float)
def test_every_word_of_64_bits_is_the_pattern_of_its_float(number: float) -> None:
    assert to_word(number, 64) == f"0x{bits(number).upper()}"
    assert bits(from_word(to_word(number, 64))) == bits(number)


def test_words_of_16_bits_are_those_of_struct() -> None:
    numbers = [(from_word(word), in_struct(word)) for word in WORDS_OF_16]
    assert all(isnan(ours) == isnan(theirs) for ours, theirs in numbers)
    assert all(bits(ours) == bits(theirs) for ours, theirs in numbers if not isnan(theirs))


@given(words_of_32)
def test_words_of_32_bits_are_those_of_struct(word: str) -> None:
    ours, theirs = from_word(word), in_struct(word)
    assert isnan(ours) if isnan(theirs) else bits(ours) == bits(theirs)


@pytest.mark.parametrize(
    ("word", "wide"),
    [
        ("0x7C01", "7ff0040000000000"),
        ("0xFE00", "fff8000000000000"),
        ("0xFFFF", "fffffc0000000000"),
        ("0x7F800001", "7ff0000020000000"),
        ("0xFFC00000", "fff8000000000000"),
        ("0x80000001", "b6a0000000000000"),
        ("0x8000", "8000000000000000"),
        ("0xfc00", "fff0000000000000"),
    ],
)
def test_widening_keeps_payloads_signs_and_subnormals(word: str, wide: str) -> None:
    assert bits(from_word(word)) == wide


@pytest.mark.parametrize(
    ("number", "width"),
    [
        (0.1, 32),
        (0.1, 16),
        (65520.0, 16),
        (2.0**-25, 16),
        (1e300, 32),
        (5e-324, 32),
        (floated(SIGNALING), 32),
        (floated(0xFFF8000000000001), 16),
    ],
)
def test_what_does_not_fit_is_refused(number: float, width: int) -> None:
    with pytest.raises(ValueError, match=rf"\(0x[0-9A-F]{{16}}\) does not fit in {width} bits: "):
        to_word(number, width)


@given(any_float, st.sampled_from([16, 32]))
def test_a_number_fits_or_is_refused(number: float, width: int) -> None:
    try:
        assert bits(from_word(to_word(number, width))) == bits(number)
    except ValueError:
        assert bits(nearest(number, width)) != bits(number)


@given(any_float, st.sampled_from([16, 32, 64]))
def test_the_nearest_number_has_a_word(number: float, width: int) -> None:
    rounded = nearest(number, width)
    assert bits(from_word(to_word(rounded, width))) == bits(rounded)
    assert bits(nearest(rounded, width)) == bits(rounded)
    assert copysign(1, rounded) == copysign(1, number)


def test_nearest_is_to_the_nearest_even_over_all_of_16_bits() -> None:
    sizes = [from_word(word) for word in WORDS_OF_16[:0x7C00]] + [2.0**16]
    for index, (low, high) in enumerate(pairwise(sizes)):
        middle, top = (low + high) / 2, inf if high == 2.0**16 else high
        assert nearest(middle, 16) == (top if index % 2 else low)
        assert nearest(nextafter(middle, 0), 16) == low
        assert nearest(-nextafter(middle, inf), 16) == -top


@given(st.integers(0, 0x7F7FFFFE))
def test_nearest_is_to_the_nearest_even_in_32_bits(pattern: int) -> None:
    low, high = (from_word(f"0x{neighbor:08X}") for neighbor in (pattern, pattern + 1))
    middle = low + (high - low) / 2
    assert nearest(middle, 32) == (high if pattern % 2 else low)
    assert nearest(nextafter(middle, 0), 32) == low
    assert nearest(-nextafter(middle, inf), 32) == -high


def test_nearest_is_infinite_from_half_a_last_place_beyond_the_largest() -> None:
    largest = from_word("0x7F7FFFFF")
    limit = largest + 2.0**103
    assert nearest(limit, 32) == inf and nearest(-limit, 32) == -inf
    assert nearest(nextafter(limit, 0), 32) == largest


def test_nearest_quiets_a_nan_and_keeps_what_fits_of_its_payload() -> None:
    assert bits(nearest(floated(SIGNALING), 32)) == "7ff8000000000000"
    assert bits(nearest(floated(SIGNALING), 64)) == "7ff8000000000001"
    assert bits(nearest(floated(0xFFF7FFFFFFFFFFFF), 16)) == "fffffc0000000000"


def test_numbers_that_are_no_floats_are_refused() -> None:
    whole: float = 1
    with pytest.raises(TypeError, match=r"^1 is of type int, not float$"):
        encode([[whole]], 32)


def test_other_widths_are_refused() -> None:
    for refused in (lambda: to_word(1.0, 8), lambda: nearest(nan, 80), lambda: encode([], 24)):
        with pytest.raises(ValueError, match=r"^a word has 16, 32 or 64 bits, not \d+$"):
            refused()


trees = st.recursive(any_float, lambda branches: st.lists(branches, max_size=8), max_leaves=20)


@given(trees)
def test_a_tree_comes_back_bit_by_bit(tree: Any) -> None:
    assert bits(decode(encode(tree, 64))) == bits(tree)


@given(trees, st.sampled_from([16, 32]))
def test_a_rounded_tree_comes_back_bit_by_bit(tree: Any, width: int) -> None:
    rounded = tree_map(lambda number: nearest(number, width), tree)
    assert bits(decode(encode(rounded, width))) == bits(rounded)


@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize("depth", range(1, 12))
def test_lines_are_full_and_no_longer_than_100_columns(width: int, depth: int) -> None:
    lines = [len(line) for line in encode(nested([1.0] * 64, depth), width).splitlines()]
    assert max(lines) <= 100
    assert lines[0] - len(",") + len(f", {to_word(1.0, width)}") + depth > 100


def test_deeper_than_a_line_is_long_a_word_stands_alone() -> None:
    tree = nested([1.0, 2.0], 60)
    assert encode(tree, 32).count("\n") == 1
    assert decode(encode(tree, 32)) == tree


def nested(tree: Any, depth: int) -> Any:
    return foldl(lambda inner, _: [inner], tree, range(depth - 1))


def test_a_line_for_each_row() -> None:
    assert encode([([1.0, -0.0], [inf]), [], 0.5], 16) == (
        "[[[0x3C00, 0x8000],\n  [0x7C00]],\n [],\n 0x3800]"
    )


def test_words_of_several_widths_and_cases_stand_in_one_text() -> None:
    text = " [ 0x3C00,0x3f800000\n,\t0x3FF0000000000000 ,[ ]\r\n]\n"
    assert decode(text) == [1.0, 1.0, 1.0, []]
    assert decode("0xBC00") == -1.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: the end of the text where a word or '[' belongs"),
        ("\n \n", "line 3, column 1: the end of the text where a word or '[' belongs"),
        ("[[0x3C00]", "line 1, column 10: the end of the text where ',' or ']' belongs"),
        ("[", "line 1, column 2: the end of the text where a word or '[' or ']' belongs"),
        ("[0x3C00,\n 0x3C00 0x4000]", "line 2, column 9: '0x4000' where ',' or ']' belongs"),
        ("[[]\n []]", "line 2, column 2: '[' where ',' or ']' belongs"),
        ("[0x3C00]]", "line 1, column 9: ']' where the end of the text belongs"),
        ("[0x3C00], ", "line 1, column 9: ',' where the end of the text belongs"),
        ("0x3C00 0x3C00", "line 1, column 8: '0x3C00' where the end of the text belongs"),
        ("]", "line 1, column 1: ']' where a word or '[' belongs"),
        ("[,]", "line 1, column 2: ',' where a word or '[' or ']' belongs"),
        ("[0x3C00,,0x3C00]", "line 1, column 9: ',' where a word or '[' belongs"),
        ("[0x3C00,]", "line 1, column 9: ']' where a word or '[' belongs"),
    ],
)
def test_a_text_out_of_order_is_refused_where_it_goes_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "word", ["0x12G4", "0x", "0x123", "0x12345", "0x12_4", "0x٠٠٠٠", "1.0", "3C00", "+0x3C0", "{"]
)
def test_what_is_no_word_is_refused_where_it_stands(word: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode(f"[0x3C00,\n\n 0x3C00, {word}]")
    reason = "is not a hex word: 0x and 4, 8 or 16 hex digits"
    assert str(caught.value) == f"line 3, column 10: '{word}' {reason}"


def test_long_garbage_makes_a_short_message() -> None:
    for text in ("g" * 10_000, "[0x3C00 " + "g" * 10_000):
        with pytest.raises(ValueError) as caught:
            decode(text)
        assert len(str(caught.value)) < 120 and str(caught.value).isprintable()


def test_depth_does_not_grow_the_stack() -> None:
    with pytest.raises(ValueError, match=r"^line 1, column 100001: the end of the text where "):
        decode("[" * 100_000)
    assert len(decode("[" * 100_000 + "]" * 100_000)) == 1


def test_infinities_fit_every_width() -> None:
    assert all(isinf(from_word(to_word(-inf, width))) for width in (16, 32, 64))
