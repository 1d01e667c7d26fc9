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
    norm_rules,
    pooling_rules,
    recurrence_rules,
)
from funcnn.calculus.losses import cross_entropy, squared_error
from funcnn.calculus.tracing import Pullback, Rule, traced


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

    >>> from funcnn.algebra.elementary import relu
    >>> elementwise_rule(relu, [-1.0, 2.0])[1]([5.0, 5.0])
    ([0.0, 5.0], ())
    """

    def slope(x: Any, y_bar: Any) -> Any:
        return multiply(y_bar, derivative(function, x))

    return tree_map(function, inputs), lambda y_bar: (tree_zip_with(slope, inputs, y_bar), ())


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


def _squared_error(outputs: Any, target: Any) -> tuple[Any, Pullback]:
    """ȳᵢ = L̄·2·(yᵢ − tᵢ),  t̄ = −ȳ"""

    def back(loss_bar: Any) -> tuple[Any, Any]:
        doubled = multiply(2, loss_bar)
        y_bar = [
            multiply(doubled, difference) for difference in zip_with(subtract, outputs, target)
        ]
        return y_bar, [-bar for bar in y_bar]

    return squared_error(outputs, target), back


def _cross_entropy(logits: Any, target: int) -> tuple[Any, Pullback]:
    """z̄ = L̄·(softmax(z) − onehot(t)); a class has no cotangent"""

    def back(loss_bar: Any) -> tuple[Any, Any]:
        shares = softmax(logits)
        shares[target] = subtract(shares[target], 1)
        return [multiply(loss_bar, share) for share in shares], ()

    return cross_entropy(logits, target), back


RULES: Final[dict[Callable[..., Any], Rule]] = {
    softmax: _softmax,
    log_softmax: _log_softmax,
    add_pair: _add_pair,
    part: _part,
    squared_error: _squared_error,
    cross_entropy: _cross_entropy,
    **linear_rules.RULES,
    **convolution_rules.RULES,
    **pooling_rules.RULES,
    **norm_rules.RULES,
    **layout_rules.RULES,
    **recurrence_rules.RULES,
    **gate_rules.RULES,
    **lookup_rules.RULES,
    **attention_rules.RULES,
}
