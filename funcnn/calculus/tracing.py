"""Tracing: the pullback of any definition, by running it once on traced numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from funcnn.algebra.scalars import lift
from funcnn.algebra.traces import Traced, cotangents
from funcnn.algebra.trees import Tree, leaves, tree_map, tree_zip_with

type Pullback = Callable[[Any], tuple[Any, Any]]
"""From the cotangent of the outputs to those of the inputs and of the weights."""

type Rule = Callable[..., tuple[Any, Pullback]]
"""From what a definition takes to its outputs and their pullback."""


def traced(definition: Callable[..., Any]) -> Rule:
    """The rule of any definition that is made of arithmetic: all its steps, backwards.

    An int among the inputs or the weights is an index or a constant: its cotangent is 0.

    Maths
        x̄ = Σ_y ȳ·∂y/∂x                            for each step of the definition, the last first
    Errors
        ValueError   the cotangent differs from the outputs in form
        TypeError    the definition does not run on traced numbers, or all it is given is ints
        and whatever the definition raises
    Laws
        it equals every rule in closed form                          over Fraction

    >>> from funcnn.blocks.linears import linear
    >>> outputs, pullback = traced(linear)([1.0, 2.0], [[3.0, 4.0]])
    >>> outputs, pullback([1.0])
    ([11.0], ([3.0, 4.0], [[1.0, 2.0]]))
    >>> traced(lambda x, w: [float(x[0])])([1.0], ())
    Traceback (most recent call last):
    TypeError: no rule for <lambda>: float() argument must be ...
    """

    def rule(inputs: Any, weights: Any, **settings: Any) -> tuple[Any, Pullback]:
        sources = tree_map(_source, (inputs, weights))
        if all(isinstance(number, int) for number in leaves(sources)):
            raise no_rule(definition, "all it is given is ints")
        try:
            outputs = definition(*sources, **settings)
        except (TypeError, AttributeError) as error:
            definition(inputs, weights, **settings)  # raises its own error, if it has one
            raise no_rule(definition, error) from None

        def back(y_bar: Any) -> tuple[Any, Any]:
            pairs = zip(leaves(outputs), leaves(fitting(outputs, y_bar)), strict=True)
            bars = cotangents((y, bar) for y, bar in pairs if isinstance(y, Traced))
            x_bar, w_bar = tree_map(lambda x: bars.get(x, lift(0, _value(x))), sources)
            return x_bar, w_bar

        return tree_map(_value, outputs), back

    return rule


def fitting(outputs: Tree, y_bar: Tree) -> Tree:
    """The cotangent, in the form of the outputs, once it is known to have it.

    Errors
        ValueError   it differs from the outputs in form

    >>> fitting([1.0, 2.0], (0.5, 0.25))
    [0.5, 0.25]
    >>> fitting([1.0, 2.0], [0.5])
    Traceback (most recent call last):
    ValueError: outputs and the cotangent: the trees differ in form: 2 branches beside 1
    """
    try:
        return tree_zip_with(lambda _, bar: bar, outputs, y_bar)
    except ValueError as error:
        raise ValueError(f"outputs and the cotangent: {error}") from None


def no_rule(definition: Callable[..., Any], reason: object) -> TypeError:
    """The error for a definition that cannot be differentiated, and why.

    >>> no_rule(abs, "all it is given is ints")
    TypeError('no rule for abs: all it is given is ints')
    """
    function = definition.func if isinstance(definition, partial) else definition
    name = getattr(function, "__name__", repr(function))
    return TypeError(f"no rule for {name}: {reason}")


def _source(number: Any) -> Any:
    return number if isinstance(number, int) else Traced(number)


def _value(number: Any) -> Any:
    return number.value if isinstance(number, Traced) else number
