"""Cases of positions: sequences, tables of learned positions, and the angles by which rows turn."""

from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from funcnn.blocks.positions import learned_positions, rotary, rotate, sinusoidal_positions


def turning(draw: Random, width: int) -> dict[str, Any]:
    """Settings of `rotary` for rows of a width."""
    return {
        "base": draw.choice([2, 100, 10000]),
        "pairing": draw.choice(["neighbors", "halves"]),
        "width": draw.choice([None, *range(2, width + 1, 2)]),
    }


def learned_positions_case(draw: Random) -> Case:
    count, width, start = draw.randint(1, 4), draw.randint(1, 4), draw.randint(0, 3)
    table = tensor(draw, start + count + draw.randint(0, 2), width)
    return Case(learned_positions, {"start": start}, tensor(draw, count, width), table)


def sinusoidal_positions_case(draw: Random) -> Case:
    settings = {"base": draw.choice([2, 100, 10000]), "start": draw.randint(-3, 3)}
    inputs = tensor(draw, draw.randint(1, 4), draw.randint(1, 5))
    return Case(sinusoidal_positions, settings, inputs)


def rotate_case(draw: Random) -> Case:
    count, pairs = draw.randint(1, 4), draw.randint(1, 3)
    rows = tensor(draw, count, 2 * pairs + draw.randint(0, 2))
    angles = tensor(draw, count, pairs), tensor(draw, count, pairs)
    return Case(rotate, {"pairing": draw.choice(["neighbors", "halves"])}, (rows, *angles))


def rotary_case(draw: Random) -> Case:
    width = 2 * draw.randint(1, 3)
    settings = turning(draw, width) | {"start": draw.randint(-3, 9)}
    return Case(rotary, settings, tensor(draw, draw.randint(1, 4), width))


CASES: Cases = {
    "learned_positions": learned_positions_case,
    "sinusoidal_positions": sinusoidal_positions_case,
    "rotate": rotate_case,
    "rotary": rotary_case,
}
