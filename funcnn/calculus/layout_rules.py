"""Layout rules: the cotangent's numbers go back to where they came from."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from funcnn.algebra.trees import rebuilt
from funcnn.algebra.vectors import shape
from funcnn.blocks.layouts import (
    channels_first,
    channels_last,
    concatenate,
    flatten,
    reshape,
    reverse,
)
from funcnn.calculus.tracing import Pullback, Rule, fitting


def _undone(
    definition: Callable[[Any], Any], inverse: Callable[[Any], Any], inputs: Any, weights: Any
) -> tuple[Any, Pullback]:
    """x̄ = f⁻¹(ȳ)"""
    outputs = definition(inputs)
    return outputs, lambda y_bar: (inverse(fitting(outputs, y_bar)), ())


def _reshaped(
    definition: Callable[..., Any], inputs: Any, weights: Any, **settings: Any
) -> tuple[Any, Pullback]:
    """x̄ in the shape of x"""
    outputs = definition(inputs, **settings)
    return outputs, lambda y_bar: (
        reshape(fitting(outputs, y_bar), shape=shape(inputs)),
        (),
    )


def _concatenate(inputs: Sequence[Sequence[Any]], weights: Any) -> tuple[Any, Pullback]:
    """to each of the inputs as many of the cotangents as it gave numbers"""
    outputs = concatenate(inputs)

    def back(y_bar: Any) -> tuple[Any, Any]:
        bars = iter(fitting(outputs, y_bar))
        return rebuilt(inputs, [[*islice(bars, len(part))] for part in inputs]), ()

    return outputs, back


RULES: Final[dict[Callable[..., Any], Rule]] = {
    flatten: partial(_reshaped, flatten),
    reshape: partial(_reshaped, reshape),
    channels_last: partial(_undone, channels_last, channels_first),
    channels_first: partial(_undone, channels_first, channels_last),
    reverse: partial(_undone, reverse, reverse),
    concatenate: _concatenate,
}
