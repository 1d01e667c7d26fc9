"""Activation subjects: functions of each number, in lists of any depth; and softmax."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from funcnn.algebra.elementary import (
    absolute,
    cos,
    erf,
    exp,
    log,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.trees import Tree, tree_map
from funcnn.blocks.activations import gelu, hardshrink, leaky_relu, log_softmax, silu, softmax
from funcnn.laws.algorithms import (
    centered_sigmoid,
    gated,
    gated_gelu,
    reflected_sigmoid,
    scaled_softmax,
    softmax_of_logarithms,
    whole_log_softmax,
)
from funcnn.laws.magnitudes import STYLES
from funcnn.laws.subjects import Algorithm, Subject, Variant

FORMS: Final = ("", "n", "m n", "a b c")
"""How deep the lists are."""

MODERATE: Final = (
    *(
        "normal",
        "positive",
        "cancelling",
        "tiny",
        "small",
        "tied",
        "shifted",
        "logarithms",
        "zeros",
    ),
)
"""Magnitudes that a sine's argument may have: of larger ones it says little."""

POWERS: Final = (
    "normal",
    "positive",
    "cancelling",
    "tiny",
    "tied",
    "spread",
    "logarithms",
    "zeros",
)
"""Magnitudes of an exponent, so that not all overflow."""


ABSOLUTE: Final = ("reflected", "centered")
"""Formulas for a sigmoid that err as numbers near 1 do, however small the result."""


def everywhere(function: Callable[..., Any]) -> Callable[..., Tree]:
    """The function of each number of a nested list, its settings named behind.

    >>> everywhere(leaky_relu)([[1.0], [-2.0]], slope=0.5)
    [[1.0], [-1.0]]
    """

    def mapped(tree: Tree, **settings: Any) -> Tree:
        return tree_map(partial(function, **settings), tree)

    return mapped


def of_each(
    function: Callable[..., Any],
    *settings: Mapping[str, Any],
    sign: str = "",
    styles: tuple[str, ...] = tuple(STYLES),
    **formulas: Callable[..., Any],
) -> Subject:
    """The subject of a function of each number, with these settings in turn; and other formulas for
    it, by name.

    >>> of_each(log, sign="> 0").variants[1]
    Variant(templates=('n > 0',), settings={})
    >>> of_each(sigmoid, centered=centered_sigmoid).algorithms[0].name
    'centered'
    """
    forms = [f"{form} {sign}".strip() for form in FORMS]
    return Subject(
        function.__name__,
        everywhere(function),
        tuple(Variant((form,), setting) for form in forms for setting in settings or ({},)),
        styles=styles,
        algorithms=tuple(
            Algorithm(name, everywhere(one), "normwise" if name in ABSOLUTE else "componentwise")
            for name, one in formulas.items()
        ),
    )


SUBJECTS: Final = (
    of_each(relu),
    of_each(leaky_relu, {}, {"slope": 0.25}),
    of_each(absolute),
    of_each(hardshrink, {}, {"threshold": 1.0}),
    of_each(sigmoid, reflected=reflected_sigmoid, centered=centered_sigmoid),
    of_each(tanh),
    of_each(erf),
    of_each(exp, styles=POWERS),
    of_each(log, sign="> 0"),
    of_each(sqrt, sign="> 0"),
    of_each(sin, styles=MODERATE),
    of_each(cos, styles=MODERATE),
    of_each(
        silu,
        reflected=partial(gated, reflected_sigmoid),
        centered=partial(gated, centered_sigmoid),
    ),
    of_each(
        gelu,
        {},
        {"approximate": "tanh"},
        gated=gated_gelu,
    ),
    Subject(
        "softmax",
        softmax,
        (Variant(("n",)),),
        sums="n",
        algorithms=(
            Algorithm("times 1/Σ", scaled_softmax),
            Algorithm("exp of log_softmax", softmax_of_logarithms),
            Algorithm(
                "exp of x − (max + log Σ)",
                partial(softmax_of_logarithms, logarithms=whole_log_softmax),
            ),
        ),
    ),
    Subject(
        "log_softmax",
        log_softmax,
        (Variant(("n",)),),
        sums="n",
        algorithms=(Algorithm("x − (max + log Σ)", whole_log_softmax),),
    ),
)
