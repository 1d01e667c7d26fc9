"""Rules of layouts: the cotangent's numbers go back to where they came from."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from funcnn.algebra.folds import zipped
from funcnn.algebra.vectors import shape
from funcnn.blocks.layouts import (
    channels_first,
    channels_last,
    concatenate,
    flatten,
    reshape,
    reverse,
)
from funcnn.calculus.tracing import Pullback, Rule


def _turned(
    definition: Callable[[Any], Any], inverse: Callable[[Any], Any], inputs: Any, weights: Any
) -> tuple[Any, Pullback]:
    """x̄ = f⁻¹(ȳ)"""
    return definition(inputs), lambda y_bar: (inverse(y_bar), ())


def _reshape(
    inputs: Sequence[Any], weights: Any, *, lengths: tuple[int, ...]
) -> tuple[Any, Pullback]:
    """x̄ in the shape of x"""
    outputs = reshape(inputs, lengths=lengths)
    return outputs, lambda y_bar: (reshape(y_bar, lengths=shape(inputs)), ())


def _flatten(inputs: Sequence[Any], weights: Any) -> tuple[Any, Pullback]:
    """x̄ in the shape of x"""
    return flatten(inputs), lambda y_bar: (reshape(y_bar, lengths=shape(inputs)), ())


def _concatenate(inputs: Sequence[Sequence[Any]], weights: Any) -> tuple[Any, Pullback]:
    """to each of the inputs as many of the cotangents as it gave numbers"""
    outputs = concatenate(inputs)

    def back(y_bar: Any) -> tuple[Any, Any]:
        pairs = zipped(outputs, y_bar, ("outputs", "the cotangent"))
        return tuple([bar for _, bar in islice(pairs, len(part))] for part in inputs), ()

    return outputs, back


RULES: Final[dict[Callable[..., Any], Rule]] = {
    flatten: _flatten,
    reshape: _reshape,
    channels_last: partial(_turned, channels_last, channels_first),
    channels_first: partial(_turned, channels_first, channels_last),
    reverse: partial(_turned, reverse, reverse),
    concatenate: _concatenate,
}
