"""Norm subjects: numbers moved to mean 0 and scaled to variance 1.

A group, or a channel, has two numbers at least: of one alone, some refuse to take the variance.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from funcnn.blocks.norms import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from funcnn.laws.sequence_algorithms import (
    folded_batch_norm,
    folded_group_norm,
    folded_layer_norm,
    one_pass,
    running,
    scale_first_layer_norm,
    scale_first_rms_norm,
    scaled_rms_norm,
    two_passes,
)
from funcnn.laws.subjects import Algorithm, Subject, Variant


def by_statistics(definition: Callable[..., Any]) -> tuple[Algorithm, ...]:
    """A norm with its mean and variance found otherwise, scale and shift folded.

    >>> [(algorithm.name, algorithm.grade) for algorithm in by_statistics(folded_layer_norm)]
    [('folded', 'componentwise'), ("Welford's", 'componentwise'), ('one pass', 'normwise')]
    """
    return (
        Algorithm("folded", partial(definition, statistics=two_passes)),
        Algorithm("Welford's", partial(definition, statistics=running)),
        Algorithm("one pass", partial(definition, statistics=one_pass), "normwise"),
    )


SUBJECTS: Final = (
    Subject(
        "layer_norm",
        layer_norm,
        (Variant(("n", ("n", "n"))), Variant(("n", ("n", "n")), {"epsilon": 0.5})),
        sums="n",
        sizes={"n": 6},
        algorithms=(
            Algorithm("scale first", scale_first_layer_norm),
            *by_statistics(folded_layer_norm),
        ),
    ),
    Subject(
        "rms_norm",
        rms_norm,
        (Variant(("n", "n")), Variant(("n",), {"epsilon": 0.5})),
        sums="n",
        sizes={"n": 6},
        algorithms=(
            Algorithm("scale first", scale_first_rms_norm),
            Algorithm("scale and root first", scaled_rms_norm),
        ),
    ),
    Subject(
        "batch_norm",
        batch_norm,
        (Variant(("c x", ("c", "c", "c", "c > 0"))), Variant(("c", ("c", "c", "c", "c > 0")))),
        algorithms=(Algorithm("folded", folded_batch_norm),),
    ),
    Subject(
        "group_norm",
        group_norm,
        (Variant(("2c 2x", ("2c", "2c")), {"groups": 2}),),
        sums="x",
        longest=20,
        sizes={"c": 3, "x": 2},
        algorithms=by_statistics(folded_group_norm),
    ),
    Subject(
        "instance_norm",
        instance_norm,
        (Variant(("c 2x", ("c", "c"))), Variant(("c 2x y", ("c", "c")))),
        sums="x",
        longest=20,
        sizes={"c": 3, "x": 2, "y": 3},
        algorithms=by_statistics(folded_group_norm),
    ),
)
