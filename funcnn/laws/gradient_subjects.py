"""Gradient subjects: what goes back through a layer, from the cotangent of its result.

Of a layer f, f_vjp(inputs, weights, cotangent) gives the cotangents of inputs and weights; or that
of the inputs alone, where there are no weights, or they are no learned ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any, Final

from funcnn.algebra.bounds import NoInformation
from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import Constant, add, divide, lift, multiply, subtract, total
from funcnn.algebra.traces import Traced
from funcnn.algebra.trees import leaves, tree_map
from funcnn.algebra.vectors import Vector
from funcnn.blocks.combinators import layer
from funcnn.blocks.layouts import flatten
from funcnn.blocks.linears import linear
from funcnn.blocks.norms import reciprocal_root
from funcnn.blocks.pooling import pool_patches
from funcnn.calculus.pullbacks import vjp
from funcnn.calculus.rules import RULES
from funcnn.laws import (
    activation_subjects,
    convolution_subjects,
    linear_subjects,
    loss_subjects,
    norm_subjects,
    sequence_subjects,
)
from funcnn.laws.algorithms import softmax_of_logarithms
from funcnn.laws.sequence_algorithms import two_passes
from funcnn.laws.signatures import tensor, tensors
from funcnn.laws.subjects import LIKE, Algorithm, Subject, Variant

type Cotangents = Callable[..., Any]
"""From what a layer was given, and the cotangent of its result, to those of what it was given."""


class Jump(NoInformation, ValueError):
    """Here a slope jumps: there is no one derivative."""


def pulled_back(definition: Callable[..., Any]) -> Cotangents:
    """The cotangents, as calculus finds them.

    Laws
        pulled_back(f)(*given, ȳ) == gathered(f)(*given, ȳ)          over Fraction

    >>> from funcnn.blocks.linears import linear
    >>> pulled_back(linear)([1.0, 2.0], [[3.0, 4.0]], [1.0])
    ([3.0, 4.0], [[1.0, 2.0]])
    """

    def cotangents(inputs: Any, *others: Any, **settings: Any) -> Any:
        *weights, y_bar = others
        _, back = vjp(layer(definition, **settings), inputs, *(weights or [()]))
        bars = back(y_bar)
        return bars if weights else bars[0]

    return cotangents


def gathered(definition: Callable[..., Any]) -> Cotangents:
    """The cotangents by all steps of a layer, backwards; what comes back to a number is one sum.

    Order
        None: the terms of each of those sums may be added in any order.

    >>> from funcnn.blocks.linears import linear
    >>> gathered(linear)([1.0, 2.0], [[3.0, 4.0]], [1.0])
    ([3.0, 4.0], [[1.0, 2.0]])
    """

    def cotangents(*arguments: Any, **settings: Any) -> Any:
        *given, y_bar = arguments
        sources = tree_map(lambda x: x if isinstance(x, int) else Traced(x), (*given,))
        outputs = [*leaves(definition(*sources, **settings))]
        terms = dict[Any, list[Any]]()
        for number, bar in zip(outputs, leaves(y_bar), strict=True):
            terms.setdefault(number, []).append(bar)
        for height in range(max(number.height for number in outputs), 0, -1):
            for number in [x for x in terms if x.height == height]:
                bar = total(terms[number])
                for source, slope in number.parts:
                    terms.setdefault(source, []).append(multiply(bar, slope))
        bars = tree_map(lambda x: _gathered(x, terms), sources)
        return bars if len(given) > 1 else bars[0]

    return cotangents


def _gathered(source: Any, terms: Mapping[Any, list[Any]]) -> Any:
    if isinstance(source, int):
        return 0
    return total(terms[source]) if source in terms else lift(0, source.value)


def of_part(index: int, cotangents: Cotangents) -> Cotangents:
    """Of the cotangents, those of the inputs alone, or of the weights alone.

    >>> from funcnn.blocks.embeddings import embedding
    >>> of_part(1, pulled_back(embedding))([0, 0], [[5.0], [6.0]], [[1.0], [2.0]])
    [[3.0], [0.0]]
    """

    def one(*arguments: Any, **settings: Any) -> Any:
        return cotangents(*arguments, **settings)[index]

    return one


def uncentered_layer_norm(
    inputs: Vector[Any], weights: Any, y_bar: Vector[Any], *, epsilon: Constant = 1e-5
) -> Any:
    """The cotangents of layer_norm, the inputs themselves multiplied, not what they are normed to.

    Maths
        x̄ = a·h + b·x − (b·m + a·Σh/n)             h = s·ȳ, a = 1/√(v + ε), b = (m·Σh − Σh·x)·a³/n
        s̄ = ȳ·(a·x − a·m),  b̄ = ȳ

    >>> uncentered_layer_norm([1.0, 3.0], ([1.0, 2.0], [0.0, 0.0]), [1.0, 0.0], epsilon=0)
    ([0.0, 0.0], ([-1.0, 0.0], [1.0, 0.0]))
    """
    mean, variance = two_passes(inputs)
    a = reciprocal_root(variance, epsilon)
    share = divide(lift(1, a), lift(len(inputs), a))
    h = zip_with(multiply, weights[0], y_bar)
    whole, along = total(h), total(zip_with(multiply, h, inputs))
    cube = multiply(multiply(multiply(a, a), a), share)
    b = multiply(subtract(multiply(whole, mean), along), cube)
    shift = add(multiply(b, mean), multiply(multiply(whole, a), share))
    x_bar = zip_with(lambda g, x: total([multiply(a, g), multiply(b, x), -shift]), h, inputs)
    normal = [total([multiply(a, x), -multiply(a, mean)]) for x in inputs]
    return x_bar, (zip_with(multiply, y_bar, normal), [*y_bar])


def cross_entropy_by_log_shares(logits: Vector[Any], target: int, loss_bar: Any) -> list[Any]:
    """The cotangent of cross_entropy's logits, each share the exponential of its logarithm.

    >>> cross_entropy_by_log_shares([0.0, -1000.0], 1, 1.0)
    [1.0, -1.0]
    """
    shares = softmax_of_logarithms(logits)
    shares[target] = subtract(shares[target], 1)
    return [multiply(loss_bar, share) for share in shares]


def kl_divergence_by_log_shares(
    logits: Vector[Any], target: Vector[Any], loss_bar: Any
) -> list[Any]:
    """The cotangent of kl_divergence's logits, each share the exponential of its logarithm.

    >>> kl_divergence_by_log_shares([0.0, -1000.0], [0.0, 1.0], 1.0)
    [1.0, -1.0]
    """
    parts = [multiply(share, total(target)) for share in softmax_of_logarithms(logits)]
    return [multiply(loss_bar, error) for error in zip_with(subtract, parts, target)]


def some_zero(numbers: Any) -> bool:
    """Whether one of the numbers is 0.

    >>> some_zero([[1.0], [0.0]])
    True
    """
    return any(x == 0 for x in leaves(numbers))


def some_equal(groups: Sequence[Sequence[Any]]) -> bool:
    """Whether a group has two equal numbers.

    >>> some_equal([[1.0, 2.0], [3.0]])
    False
    """
    return any(len({*group}) < len(group) for group in groups)


def _pooled(rank: int, inputs: Any, **settings: Any) -> bool:
    return some_equal(pool_patches(inputs, rank, **settings)[0])


def _margins(logits: Any, target: int) -> bool:
    return some_zero([1 + z - logits[target] for i, z in enumerate(logits) if i != target])


JUMPS: Final[Mapping[str, Callable[..., bool]]] = {
    "relu": some_zero,
    "leaky_relu": lambda x, **settings: some_zero(x),
    "absolute": some_zero,
    "hardshrink": lambda x, threshold=0.5: some_zero(
        [abs(number) - Fraction(threshold) for number in leaves(x)]
    ),
    "dense": lambda x, w: some_zero(linear(x, w)),
    "hinge": _margins,
    "max_pool1d": partial(_pooled, 1),
    "max_pool2d": partial(_pooled, 2),
    "global_max_pool": lambda x: some_equal([*map(flatten, x)]),
}
"""Where the slopes of some functions jump, by what these are given, as fractions."""

PARTS: Final[Mapping[str, int]] = {
    **dict.fromkeys([subject.name for subject in loss_subjects.SUBJECTS], 0),
    "batch_norm": 0,
    "embedding": 1,
}
"""Of what is given, that which alone has a cotangent: targets, statistics and tokens have none."""

FORMULAS: Final[Mapping[str, Algorithm]] = {
    "layer_norm": Algorithm("uncentered", uncentered_layer_norm),
    "cross_entropy": Algorithm("shares by their logarithms", cross_entropy_by_log_shares),
    "kl_divergence": Algorithm("shares by their logarithms", kl_divergence_by_log_shares),
}
"""What libraries compute that is no layer's steps backwards."""

LARGE: Final = {"wide", "large", "graded"}
"""Magnitudes whose cubes no format holds."""

EQUAL: Final = {"tied", "cancelling", "zeros"}
"""Magnitudes of equal numbers, or of zeros."""

TINY: Final = {"tiny"}
"""Magnitudes whose products underflow, some before a norm multiplies them by 1/√ε, some after."""


def smooth(name: str, cotangents: Cotangents) -> Cotangents:
    """The cotangents where no slope jumps.

    Errors
        Jump         one does

    >>> from funcnn.algebra.elementary import relu
    >>> smooth("relu", lambda x, y_bar: y_bar)(0.0, 1.0)
    Traceback (most recent call last):
    funcnn.laws.gradient_subjects.Jump: a slope of relu jumps there
    """

    def guarded(*arguments: Any, **settings: Any) -> Any:
        *given, _ = tree_map(_as_fraction, arguments)
        if JUMPS[name](*given, **settings):
            raise Jump(f"a slope of {name} jumps there")
        return cotangents(*arguments, **settings)

    return guarded if name in JUMPS else cotangents


def _as_fraction(number: Any) -> Any:
    """an input, which no arithmetic has rounded, whatever number it is"""
    return number if isinstance(number, int) else Fraction(float(getattr(number, "value", number)))


def gradient(subject: Subject) -> Subject:
    """The subject of the cotangents of a layer.

    >>> gradient(loss_subjects.SUBJECTS[0]).name
    'squared_error_vjp'
    """
    name = subject.name
    multiplied = (*norm_subjects.SUBJECTS, *activation_subjects.SUBJECTS, *loss_subjects.SUBJECTS)
    enlarged = TINY if subject in multiplied else set()
    left_out = LARGE | enlarged | (EQUAL if name in JUMPS else set())
    asked = partial(of_part, PARTS[name]) if name in PARTS else lambda cotangents: cotangents
    in_closed_form = subject.definition in RULES
    definition = (pulled_back if in_closed_form else gathered)(subject.definition)
    itself = [Algorithm("by all its steps", subject.definition)] if in_closed_form else []
    algorithms = [
        replace(one, definition=asked(gathered(one.definition)))
        for one in (*itself, *subject.algorithms)
    ]
    return replace(
        subject,
        name=f"{name}_vjp",
        definition=smooth(name, asked(definition)),
        variants=tuple(_with_cotangent(one) for one in subject.variants if _has_slopes(one)),
        sums=f"{subject.sums} {LIKE}",
        longest=min(subject.longest, 8),
        at_lengths=False,
        styles=tuple(style for style in subject.styles if style not in left_out),
        algorithms=(*([FORMULAS[name]] if name in FORMULAS else []), *algorithms),
        forward=subject.definition,
    )


def _with_cotangent(variant: Variant) -> Variant:
    return Variant((*variant.templates, LIKE), variant.settings)


def _has_slopes(variant: Variant) -> bool:
    """whether it is given no truth values"""
    return not any(tensor(template).sign == "?" for template in tensors(variant.templates))


SUBJECTS: Final = tuple(
    map(
        gradient,
        chain(
            linear_subjects.SUBJECTS,
            convolution_subjects.SUBJECTS,
            activation_subjects.SUBJECTS,
            norm_subjects.SUBJECTS,
            sequence_subjects.SUBJECTS,
            loss_subjects.SUBJECTS,
        ),
    )
)
