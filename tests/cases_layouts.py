"""Cases of layouts: tensors of one to four axes, and what is read in another form."""

from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from funcnn.blocks.layouts import (
    channels_first,
    channels_last,
    concatenate,
    flatten,
    reshape,
    reverse,
)


def any_tensor(draw: Random) -> Any:
    return tensor(draw, *[draw.randint(1, 3) for _ in range(draw.randint(1, 4))])


def reshaped(draw: Random) -> Case:
    one, two, three = (draw.randint(1, 3) for _ in range(3))
    shapes = [(one * two * three,), (two, one * three), (three, two, one), (1, one, three * two)]
    before, after = draw.choice(shapes), draw.choice(shapes)
    return Case(reshape, {"shape": after}, tensor(draw, *before))


def concatenated(draw: Random) -> Case:
    lengths = [draw.randint(1, 3) for _ in range(draw.randrange(3))]
    parts = [tensor(draw, draw.randint(1, 4), *lengths) for _ in range(draw.randint(1, 4))]
    return Case(concatenate, {}, tuple(parts))


CASES: Cases = {
    "flatten": lambda draw: Case(flatten, {}, any_tensor(draw)),
    "reshape": reshaped,
    "channels_last": lambda draw: Case(channels_last, {}, any_tensor(draw)),
    "channels_first": lambda draw: Case(channels_first, {}, any_tensor(draw)),
    "reverse": lambda draw: Case(reverse, {}, any_tensor(draw)),
    "concatenate": concatenated,
}
