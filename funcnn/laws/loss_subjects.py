"""Loss subjects: how far outputs are from their target."""

from functools import partial
from typing import Final

from funcnn.calculus.losses import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    kl_divergence,
    squared_error,
)
from funcnn.laws.algorithms import whole_log_softmax
from funcnn.laws.sequence_algorithms import (
    binary_cross_entropy_by_log_sigmoid,
    cross_entropy_by_log_sum,
    hinge_by_margin,
    kl_divergence_by_entropies,
)
from funcnn.laws.subjects import Algorithm, Subject, Variant

CLASS: Final = (Variant(("n", "< n")),)
"""The target is one of the classes."""

SHARES: Final = (Variant(("n", "n = 1")),)
"""The target has a probability for each."""

SUBJECTS: Final = (
    Subject(
        "squared_error",
        squared_error,
        (Variant(("n", "n")), Variant(("n", "n"), {"reduction": "mean"})),
        sums="n",
    ),
    Subject(
        "cross_entropy",
        cross_entropy,
        CLASS,
        sums="n",
        algorithms=(Algorithm("logarithm of the sum less the logit", cross_entropy_by_log_sum),),
    ),
    Subject(
        "binary_cross_entropy",
        binary_cross_entropy,
        SHARES,
        sums="n",
        algorithms=(Algorithm("by the log sigmoid", binary_cross_entropy_by_log_sigmoid),),
    ),
    Subject(
        "hinge",
        hinge,
        CLASS,
        sums="n",
        algorithms=(Algorithm("margin in any order", hinge_by_margin),),
    ),
    Subject(
        "kl_divergence",
        kl_divergence,
        SHARES,
        sums="n",
        algorithms=(
            Algorithm("cross entropy less entropy", kl_divergence_by_entropies),
            Algorithm(
                "by z − (max + log Σ)",
                partial(kl_divergence_by_entropies, logarithms=whole_log_softmax),
            ),
        ),
    ),
)
