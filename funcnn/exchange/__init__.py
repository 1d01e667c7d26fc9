"""Bytes in and out."""

from funcnn.exchange.hex_words import decode, encode, from_word, nearest, to_word
from funcnn.exchange.datasets import Digits, digits, rows, Split, split_digits, SPLIT_KEY
from funcnn.exchange.first_names import (
    BOUNDARY,
    from_tokens,
    LETTERS,
    name_examples,
    names,
    NameSplit,
    split_names,
    to_tokens,
)
from funcnn.exchange.pretrained import digit_weights
from funcnn.exchange.checkpoints import Checkpoint, load, save

__all__ = [
    "BOUNDARY",
    "Checkpoint",
    "decode",
    "digit_weights",
    "Digits",
    "digits",
    "encode",
    "from_tokens",
    "from_word",
    "LETTERS",
    "load",
    "name_examples",
    "names",
    "NameSplit",
    "nearest",
    "rows",
    "save",
    "Split",
    "split_digits",
    "SPLIT_KEY",
    "split_names",
    "to_tokens",
    "to_word",
]
