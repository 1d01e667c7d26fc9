"""Bytes in and out."""

from funcnn.exchange.hex_words import decode, encode, from_word, nearest, to_word
from funcnn.exchange.datasets import Digits, digits, rows, Split, split_digits, SPLIT_KEY
from funcnn.exchange.pretrained import digit_weights

__all__ = [
    "decode",
    "digit_weights",
    "Digits",
    "digits",
    "encode",
    "from_word",
    "nearest",
    "rows",
    "Split",
    "split_digits",
    "SPLIT_KEY",
    "to_word",
]
