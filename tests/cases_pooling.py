"""Cases of pooling: along one axis and two, with each setting that there is."""

from functools import partial
from random import Random
from typing import Any

from block_cases import Case, Cases, tensor
from funcnn.blocks.pooling import (
    average_pool,
    average_pool1d,
    average_pool2d,
    average_pool3d,
    global_average_pool,
    global_max_pool,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)


def window(draw: Random, rank: int) -> tuple[dict[str, Any], list[int]]:
    """Settings, and the lengths of axes that they go with. No window sees padding alone, for it
    does not step over an axis at least as long as its dilation."""
    sizes = [draw.randint(1, 4 - rank) for _ in range(rank)]
    strides = [draw.randint(1, 3) for _ in range(rank)]
    dilations = [draw.randint(1, 3) for _ in range(rank)]
    spans = [(size - 1) * d + 1 for size, d in zip(sizes, dilations, strict=True)]
    pads = [(draw.randrange(span), draw.randrange(span)) for span in spans]
    axes = zip(spans, dilations, pads, strict=True)
    lengths = [max(d, span - sum(pad)) + draw.randrange(4) for span, d, pad in axes]
    settings = {
        "size": tuple(sizes),
        "stride": draw.choice([None, tuple(strides)]),
        "padding": tuple(pads),
        "dilation": tuple(dilations),
        "ceil_mode": draw.random() < 0.5,
    }
    return settings, lengths


def pooling(definition: Any, rank: int, draw: Random) -> Case:
    settings, lengths = window(draw, rank)
    if definition in (average_pool, average_pool1d, average_pool2d, average_pool3d):
        settings["count_include_pad"] = draw.random() < 0.5
    if definition in (average_pool, max_pool):
        settings["rank"] = rank
    return Case(definition, settings, tensor(draw, draw.randint(1, 2), *lengths))


def of_few_settings(definition: Any, draw: Random) -> Case:
    """One for both axes, and defaults."""
    padding = draw.randrange(2)
    lengths = (draw.randint(2, 5), draw.randint(2, 5))
    return Case(definition, {"size": 2, "padding": padding}, tensor(draw, 1, *lengths))


def globally(definition: Any, draw: Random) -> Case:
    lengths = [draw.randint(1, 3) for _ in range(draw.randint(2, 4))]
    return Case(definition, {}, tensor(draw, *lengths))


CASES: Cases = {
    "max_pool": lambda draw: pooling(max_pool, draw.randint(1, 3), draw),
    "max_pool1d": partial(pooling, max_pool1d, 1),
    "max_pool2d": partial(pooling, max_pool2d, 2),
    "max_pool3d": partial(pooling, max_pool3d, 3),
    "max_pool2d of few settings": partial(of_few_settings, max_pool2d),
    "average_pool": lambda draw: pooling(average_pool, draw.randint(1, 3), draw),
    "average_pool1d": partial(pooling, average_pool1d, 1),
    "average_pool2d": partial(pooling, average_pool2d, 2),
    "average_pool3d": partial(pooling, average_pool3d, 3),
    "average_pool2d of few settings": partial(of_few_settings, average_pool2d),
    "global_max_pool": partial(globally, global_max_pool),
    "global_average_pool": partial(globally, global_average_pool),
}
