"""First names: 5,163 that come with the library, to learn from how others may sound.

They are the first names in the files of the U.S. Census Bureau, "Frequently Occurring Names in the
U.S. – 1990" (1995), a work of the United States government and in the public domain.
"""

import gzip
from collections.abc import Sequence
from importlib.resources import files
from typing import Final, NamedTuple

from funcnn.algebra.folds import int_of, length_of
from funcnn.algebra.keys import shuffled
from funcnn.calculus.batches import Batch
from funcnn.exchange.datasets import SPLIT_KEY

BOUNDARY: Final = 0
"""The token that stands before a name and after it."""

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
"""The tokens 1 to 26, in order."""


class NameSplit(NamedTuple):
    """Names to learn from, others to choose settings by, and others to be judged by."""

    training: list[str]
    validation: list[str]
    held_out: list[str]


def names() -> list[str]:
    """The 5,163 names, each once, in lower case, in the order of the alphabet.

    Units
        a name is 2 to 11 of the letters a to z
    Source
        U.S. Census Bureau, "Frequently Occurring Names in the U.S. – 1990" (1995): 4,275 names of
        women and 1,219 of men, 331 of them both; in the public domain

    >>> everything = names()
    >>> len(everything), everything[:3], max(map(len, everything))
    (5163, ['aaron', 'abbey', 'abbie'], 11)
    """
    packed = files("funcnn.exchange").joinpath("data", "names.txt.gz").read_bytes()
    return gzip.decompress(packed).decode().split()


def split_names(key: int = SPLIT_KEY, validation: int = 516, held_out: int = 516) -> NameSplit:
    """The names in three parts drawn from the key, 0 unless told; no name is in two.

    Shapes
        training [5163 − validation − held_out]    validation [validation]    held_out [held_out]
    Errors
        ValueError   fewer than 0 are to be in a part, or more than 5,163 in the two

    >>> parts = split_names()
    >>> [len(part) for part in parts], sorted(name for part in parts for name in part) == names()
    ([4131, 516, 516], True)
    >>> split_names(validation=5000)
    Traceback (most recent call last):
    ValueError: 5000 and 516 of 5163 names cannot be kept from training
    """
    order = shuffled(key, names())
    last = int_of(validation, "validation") + int_of(held_out, "held_out")
    if min(validation, held_out) < 0 or last > len(order):
        counts = f"{validation} and {held_out} of {len(order)}"
        raise ValueError(f"{counts} names cannot be kept from training")
    return NameSplit(order[last:], order[held_out:last], order[:held_out])


def name_examples(some: Sequence[str]) -> Batch:
    """Names as examples for a model that says, of each letter and of the end, how likely it is.

    Shapes
        inputs [0, c₁ … cₙ], targets [c₁ … cₙ, 0]  of each name of n letters, 0 the boundary
    Errors
        those of `to_tokens`; and TypeError, if the names are not a list

    >>> name_examples(["anna", "jo"])
    Batch(inputs=[[0, 1, 14, 14, 1], [0, 10, 15]], targets=[[1, 14, 14, 1, 0], [10, 15, 0]])
    """
    length_of(some, "names")
    tokens = [*map(to_tokens, some)]
    return Batch([[BOUNDARY, *name] for name in tokens], [[*name, BOUNDARY] for name in tokens])


def to_tokens(name: str) -> list[int]:
    """The tokens of a name's letters: a is 1, z is 26.

    Errors
        ValueError   a letter is none of a to z
        TypeError    the name is no text

    >>> to_tokens("anna")
    [1, 14, 14, 1]
    >>> to_tokens("Zoë")
    Traceback (most recent call last):
    ValueError: 'Zoë' has 'Z' at 0: give the letters a to z
    """
    if not isinstance(name, str):
        raise TypeError(f"a name is a {type(name).__name__}, not a str")
    for place, letter in enumerate(name):
        if letter not in LETTERS:
            raise ValueError(f"{name!r:.40} has {letter!r} at {place}: give the letters a to z")
    return [1 + LETTERS.index(letter) for letter in name]


def from_tokens(tokens: Sequence[int]) -> str:
    """The name that the tokens spell.

    Errors
        ValueError   a token is none of 1 to 26
        TypeError    the tokens are not a list of ints
    Laws
        from_tokens(to_tokens(name)) == name

    >>> from_tokens([1, 14, 14, 1])
    'anna'
    >>> from_tokens([1, 0])
    Traceback (most recent call last):
    ValueError: token 0 is no letter: give 1 to 26
    """
    length_of(tokens, "tokens")
    for token in tokens:
        if not 1 <= int_of(token, "a token") <= len(LETTERS):
            raise ValueError(f"token {token} is no letter: give 1 to {len(LETTERS)}")
    return "".join(LETTERS[token - 1] for token in tokens)
