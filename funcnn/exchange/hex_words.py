"""Hex words: numbers as text that keeps every bit, `[0x3F800000, 0xBF000000]`.

A word spells an IEEE 754 number of 16, 32 or 64 bits: 0x and 4, 8 or 16 digits. Signed zeros,
infinities, subnormals and the payload of every NaN, quiet or signaling, come back as they went.
"""

import re
from collections.abc import Sequence
from itertools import batched
from math import copysign, inf, isnan, ldexp
from struct import pack, unpack
from typing import Final

from funcnn.algebra.trees import Tree, is_leaf

FRACTION_BITS: Final = {16: 10, 32: 23, 64: 52}
STRUCT_CODES: Final = {16: ">e", 32: ">f", 64: ">d"}
COLUMNS: Final = 100
WORD: Final = re.compile(r"0x(?:[0-9A-Fa-f]{4}|[0-9A-Fa-f]{8}|[0-9A-Fa-f]{16})")
TOKEN: Final = re.compile(r"[\[\],]|[^\[\],\s]+|\Z")
END: Final = "the end of the text"
TREE: Final = ("a word", "'['")
FOLLOWERS: Final = {",": TREE, "[": (*TREE, "']'")}


def to_word(number: float, bits: int) -> str:
    """The word of `bits` bits that spells a number.

    Errors
        ValueError   no word of so few bits spells it: nothing is rounded here
        TypeError    it is no float
    Laws
        to_word(from_word(w), bits) == w           for every word w of capital digits
    Source
        IEEE 754-2019, 3.4

    >>> to_word(1.0, 16), to_word(-0.5, 32), to_word(0.1, 64)
    ('0x3C00', '0xBF000000', '0x3FB999999999999A')
    >>> to_word(0.1, 32)
    Traceback (most recent call last):
    ValueError: 0.1 (0x3FB999999999999A) does not fit in 32 bits: use more, or nearest(number, 32)
    >>> to_word(1, 32)
    Traceback (most recent call last):
    TypeError: 1 is of type int, not float
    """
    if not isinstance(number, float):
        raise TypeError(f"{number!r:.40} is of type {type(number).__name__}, not float")
    pattern, width = to_pattern(number), fraction_bits(bits)
    if isnan(number):
        narrow = pattern >> 63 << bits - 1 | pattern >> 52 - width & (1 << bits - 1) - 1
        word = f"0x{narrow:0{bits // 4}X}"
    else:
        word = f"0x{pack(STRUCT_CODES[bits], nearest(number, bits)).hex().upper()}"
    if to_pattern(from_word(word)) != pattern:
        raise ValueError(
            f"{number} (0x{pattern:016X}) does not fit in {bits} bits: "
            f"use more, or nearest(number, {bits})"
        )
    return word


def from_word(word: str) -> float:
    """The number that a word spells.

    Maths
        (−1)ˢ·f·2^(1 − bias − p)                   exponent field e = 0, fraction field f < 2ᵖ
        (−1)ˢ·(2ᵖ + f)·2^(e − bias − p)            0 < e < 2·bias + 1
        (−1)ˢ·∞ if f = 0, else a NaN               e = 2·bias + 1
    Errors
        ValueError   the text is no word
    Source
        IEEE 754-2019, 3.4

    >>> from_word("0x3C00"), from_word("0xbf000000"), from_word("0x3FB999999999999A")
    (1.0, -0.5, 0.1)
    >>> from_word("0x12G4")
    Traceback (most recent call last):
    ValueError: '0x12G4' is not a hex word: 0x and 4, 8 or 16 hex digits
    """
    if not WORD.fullmatch(word):
        raise ValueError(f"{word!r:.40} is not a hex word: 0x and 4, 8 or 16 hex digits")
    bits = 4 * len(word[2:])
    width = FRACTION_BITS[bits]
    bias = (1 << bits - width - 2) - 1
    negative, rest = divmod(int(word, 16), 1 << bits - 1)
    exponent, fraction = divmod(rest, 1 << width)
    if exponent == 2 * bias + 1:
        return from_pattern(negative << 63 | 0x7FF << 52 | fraction << 52 - width)
    significand = fraction + (1 << width if exponent else 0)
    size = ldexp(significand, max(exponent, 1) - bias - width)
    return -size if negative else size


def nearest(number: float, bits: int) -> float:
    """The nearest number of `bits` bits; of two as near, the one whose last bit is 0.

    Order
        one rounding; an infinity from half a last place beyond the largest finite number on;
        a NaN becomes quiet and keeps the leading bits of its payload
    Laws
        to_word(nearest(x, bits), bits) raises for no x
    Source
        IEEE 754-2019, 4.3.1 and 6.2.3

    >>> nearest(0.1, 32), nearest(0.1, 16), nearest(-1e6, 16)
    (0.10000000149011612, 0.0999755859375, -inf)
    """
    dropped = 52 - fraction_bits(bits)
    if isnan(number):
        return from_pattern((to_pattern(number) | 1 << 51) >> dropped << dropped)
    code = STRUCT_CODES[bits]
    try:
        return float(unpack(code, pack(code, number))[0])
    except OverflowError:
        return copysign(inf, number)


def encode(tree: Tree, bits: int) -> str:
    """A tree of floats as nested brackets of words, in lines of at most 100 columns.

    Errors
        ValueError   no word of so few bits spells one of the numbers
        TypeError    a leaf is no float
    Laws
        decode(encode(t, 64)) is t, bit by bit     (a tuple comes back as a list)

    >>> print(encode([[[1.0, -0.5], [0.0, 2.0]], [[1.0]]], 32))
    [[[0x3F800000, 0xBF000000],
      [0x00000000, 0x40000000]],
     [[0x3F800000]]]
    """
    return indented(tree, bits, 0)


def decode(text: str) -> Tree:
    """The nested lists of floats that a text of words and brackets spells.

    Errors
        ValueError   the text is something else: where it goes wrong, and what belongs there

    >>> decode("[[0x3C00, 0xbf000000], [], [0x3FB999999999999A]]")
    [[1.0, -0.5], [], [0.1]]
    >>> decode("[0x3C00,\\n 0x12G4]")
    Traceback (most recent call last):
    ValueError: line 2, column 2: '0x12G4' is not a hex word: 0x and 4, 8 or 16 hex digits
    >>> decode("[0x3C00")
    Traceback (most recent call last):
    ValueError: line 1, column 8: the end of the text where ',' or ']' belongs
    """
    root = list[Tree]()
    unclosed, before = [root], ","
    for found in TOKEN.finditer(text):
        token = found.group()
        complete = root and len(unclosed) == 1
        allowed = (END,) if complete else FOLLOWERS.get(before, ("','", "']'"))
        try:
            expect(token, allowed)
            match token:
                case "[":
                    unclosed[-1].append(branches := list[Tree]())
                    unclosed.append(branches)
                case "]":
                    unclosed.pop()
                case "," | "":
                    pass
                case word:
                    unclosed[-1].append(from_word(word))
        except ValueError as error:
            raise ValueError(f"{place(text, found.start())}: {error}") from None
        before = token
    return root[0]


def indented(tree: Tree, bits: int, depth: int) -> str:
    """A tree as text that stands inside `depth` brackets.

    >>> print(f"[[{indented([[1.0], [2.0]], 16, depth=2)}]]")
    [[[[0x3C00],
       [0x4000]]]]
    """
    if is_leaf(tree):
        return to_word(tree, bits)
    inside = depth + 1
    texts = [indented(branch, bits, inside) for branch in tree]
    fitting = (COLUMNS + len(", ") - 2 * inside) // len(f"{to_word(0.0, bits)}, ")
    count = max(1, fitting) if all(map(is_leaf, tree)) else 1
    lines = [", ".join(words) for words in batched(texts, count)]
    return f"[{(',\n' + ' ' * inside).join(lines)}]"


def expect(token: str, allowed: Sequence[str]) -> None:
    """Nothing, for a token of an allowed kind.

    Errors
        ValueError   it is of another kind

    >>> expect("]", ["','", "']'"])
    >>> expect("", ["','", "']'"])
    Traceback (most recent call last):
    ValueError: the end of the text where ',' or ']' belongs
    """
    shown = repr(token)[:40] if token else END
    kind = "a word" if token not in "[]," else shown
    if kind not in allowed:
        raise ValueError(f"{shown} where {' or '.join(allowed)} belongs")


def place(text: str, index: int) -> str:
    """Where an index is in a text, in words.

    >>> place("[0x3C00,\\n 0x4000]", 10)
    'line 2, column 2'
    """
    line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
    return f"line {line}, column {column}"


def fraction_bits(bits: int) -> int:
    """How many bits of a word hold the fraction.

    Errors
        ValueError   no word has so many bits

    >>> fraction_bits(32)
    23
    >>> fraction_bits(8)
    Traceback (most recent call last):
    ValueError: a word has 16, 32 or 64 bits, not 8
    """
    if bits not in FRACTION_BITS:
        raise ValueError(f"a word has 16, 32 or 64 bits, not {bits}")
    return FRACTION_BITS[bits]


def to_pattern(number: float) -> int:
    """The 64 bits of a float as an integer.

    >>> hex(to_pattern(-0.0))
    '0x8000000000000000'
    """
    return int.from_bytes(pack(">d", number))


def from_pattern(pattern: int) -> float:
    """The float of 64 bits given as an integer.

    >>> from_pattern(0x3FF0000000000000)
    1.0
    """
    return float(unpack(">d", pattern.to_bytes(8))[0])
