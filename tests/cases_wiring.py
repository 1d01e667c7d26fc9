"""Cases of what wires blocks: pairs, parts, and diagonal layers."""

from random import Random

from block_cases import Case, Cases, tensor
from funcnn.blocks.combinators import add_pair, part
from funcnn.blocks.linears import layer_scale


def scaling(draw: Random) -> Case:
    size = draw.randint(1, 6)
    return Case(layer_scale, {}, tensor(draw, size), tensor(draw, size))


def adding(draw: Random) -> Case:
    lengths = [draw.randint(1, 3) for _ in range(draw.randint(1, 3))]
    return Case(add_pair, {}, (tensor(draw, *lengths), tensor(draw, *lengths)))


def picking(draw: Random) -> Case:
    parts = tuple(tensor(draw, draw.randint(1, 3)) for _ in range(draw.randint(1, 3)))
    return Case(part, {"index": draw.randrange(len(parts))}, parts)


CASES: Cases = {"layer_scale": scaling, "add_pair": adding, "part": picking}
