"""Rules: the pullback of each definition, of which every reverse-mode derivative is made."""

from collections.abc import Callable
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import exp
from funcnn.algebra.folds import zip_with
from funcnn.algebra.scalars import multiply, subtract, total
from funcnn.algebra.trees import Tree, rebuilt, tree_map, tree_zip_with, zeros_like
from funcnn.blocks.activations import log_softmax, softmax
from funcnn.blocks.combinators import add_pair, part
from funcnn.calculus import (
    attention_rules,
    convolution_rules,
    gate_rules,
    layout_rules,
    linear_rules,
    lookup_rules,
    loss_rules,
    norm_rules,
    pooling_rules,
    recurrence_rules,
)
from funcnn.calculus.tracing import Pullback, Rule, no_rule, traced


def rule(definition: Callable[..., Any]) -> Rule:
    """The rule of a definition: in closed form if RULES has one, else traced.

    >>> from funcnn.blocks.linears import linear
    >>> rule(linear)([1.0, 2.0], [[3.0, 4.0]])[1]([1.0])
    ([3.0, 4.0], [[1.0, 2.0]])
    >>> rule(lambda x, w: [x[0] * x[1]])([2.0, 3.0], ())[1]([1.0])
    ([3.0, 2.0], ())
    """
    return RULES.get(definition) or traced(definition)


def elementwise_rule(function: Callable[[Any], Any], inputs: Tree) -> tuple[Tree, Pullback]:
    """The rule of every function of one number, by its derivative.

    Maths
        x̄ᵢ = ȳᵢ·f′(xᵢ)
    Errors
        TypeError    the function does not run on duals

    >>> from funcnn.algebra.elementary import relu
    >>> elementwise_rule(relu, [-1.0, 2.0])[1]([5.0, 5.0])
    ([0.0, 5.0], ())
    >>> elementwise_rule(float, [2.0])[1]([5.0])
    Traceback (most recent call last):
    TypeError: no rule for float: float() argument must be a string or a real number, not 'Dual'
    """

    def slope(x: Any) -> Any:
        try:
            return derivative(function, x)
        except (TypeError, AttributeError) as error:
            raise no_rule(function, error) from None

    def back(y_bar: Any) -> tuple[Any, Any]:
        return tree_zip_with(lambda x, bar: multiply(bar, slope(x)), inputs, y_bar), ()

    return tree_map(function, inputs), back


def _softmax(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """x̄ᵢ = yᵢ·(ȳᵢ − Σⱼ ȳⱼ·yⱼ)"""
    outputs = softmax(inputs)

    def back(y_bar: Any) -> tuple[Any, Any]:
        mean = total(zip_with(multiply, y_bar, outputs))
        return zip_with(lambda y, bar: multiply(y, subtract(bar, mean)), outputs, y_bar), ()

    return outputs, back


def _log_softmax(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """x̄ᵢ = ȳᵢ − exp(yᵢ)·Σⱼ ȳⱼ"""
    outputs = log_softmax(inputs)

    def back(y_bar: Any) -> tuple[Any, Any]:
        whole = total(y_bar)
        return zip_with(lambda bar, y: subtract(bar, multiply(exp(y), whole)), y_bar, outputs), ()

    return outputs, back


def _add_pair(inputs: Any, weights: Any) -> tuple[Any, Pullback]:
    """the cotangent goes both ways"""
    return add_pair(inputs), lambda y_bar: ((y_bar, y_bar), ())


def _part(inputs: Any, weights: Any, *, index: int) -> tuple[Any, Pullback]:
    """zeros for the other parts"""

    def back(y_bar: Any) -> tuple[Any, Any]:
        zeros = [*map(zeros_like, inputs)]
        return rebuilt(inputs, [*zeros[:index], y_bar, *zeros[index + 1 :]]), ()

    return part(inputs, index=index), back


RULES: Final[dict[Callable[..., Any], Rule]] = {
    softmax: _softmax,
    log_softmax: _log_softmax,
    add_pair: _add_pair,
    part: _part,
    **linear_rules.RULES,
    **convolution_rules.RULES,
    **pooling_rules.RULES,
    **norm_rules.RULES,
    **layout_rules.RULES,
    **recurrence_rules.RULES,
    **gate_rules.RULES,
    **lookup_rules.RULES,
    **attention_rules.RULES,
    **loss_rules.RULES,
}
