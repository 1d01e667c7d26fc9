"""Cases of gated units."""

from functools import partial
from random import Random
from typing import Any, Final

from block_cases import Case, Cases, tensor
from funcnn import AffineWeights
from funcnn.blocks.gates import GatedWeights, geglu, glu, swiglu

small: Final = partial(tensor, low=-8, high=8)


def halves(draw: Random) -> Case:
    return Case(glu, {}, tensor(draw, 2 * draw.randint(1, 4)))


def gated(definition: Any, **settings: Any) -> Any:
    """Each projection with a bias or without; all numbers so small that no gate is all but shut."""

    def drawn(draw: Random) -> Case:
        inner, hidden, outer = (draw.randint(1, 4) for _ in range(3))
        sizes = [(hidden, inner), (hidden, inner), (outer, hidden)]
        affine = [AffineWeights(small(draw, *size), small(draw, size[0])) for size in sizes]
        weights = GatedWeights(*(draw.choice([one, one.matrix]) for one in affine))
        return Case(definition, settings, small(draw, inner), weights)

    return drawn


CASES: Cases = {
    "glu": halves,
    "swiglu": gated(swiglu),
    "geglu": gated(geglu),
    "geglu by tanh": gated(geglu, approximate="tanh"),
}
