"""Loss rules: what a loss sends back to the outputs and to the target. The hinge's is traced."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import sigmoid
from funcnn.algebra.folds import zip_with, zipped
from funcnn.algebra.scalars import multiply, subtract, total
from funcnn.algebra.trees import filled, leaves, tree_zip_with
from funcnn.blocks.activations import log_softmax, softmax
from funcnn.blocks.combinators import Layer, Network
from funcnn.blocks.graphs import Aggregate
from funcnn.calculus.losses import (
    binary_cross_entropy,
    cross_entropy,
    kl_divergence,
    reduced,
    sequence_loss,
    squared_error,
    xlogx,
)
from funcnn.calculus.tracing import Pullback, Rule, traced


def _squared_error(outputs: Any, target: Any, **settings: Any) -> tuple[Any, Pullback]:
    """ȳᵢ = L̄ᵢ·2·(yᵢ − tᵢ),  t̄ = −ȳ"""
    loss = squared_error(outputs, target, **settings)
    differences = zip_with(subtract, outputs, target)

    def back(loss_bar: Any) -> tuple[Any, Any]:
        bars = _shares(zip_with(multiply, differences, differences), loss_bar, **settings)
        y_bar = zip_with(lambda bar, d: multiply(multiply(2, bar), d), bars, differences)
        return y_bar, [-bar for bar in y_bar]

    return loss, back


def _cross_entropy(logits: Any, target: int) -> tuple[Any, Pullback]:
    """z̄ = L̄·(softmax(z) − onehot(t)); a class has no cotangent, but 0"""

    def back(loss_bar: Any) -> tuple[Any, Any]:
        shares = softmax(logits)
        shares[target] = subtract(shares[target], 1)
        return [multiply(loss_bar, share) for share in shares], 0

    return cross_entropy(logits, target), back


def _binary_cross_entropy(logits: Any, target: Any, **settings: Any) -> tuple[Any, Pullback]:
    """z̄ᵢ = L̄ᵢ·(σ(zᵢ) − tᵢ),  t̄ᵢ = −L̄ᵢ·zᵢ"""
    loss = binary_cross_entropy(logits, target, **settings)

    def back(loss_bar: Any) -> tuple[Any, Any]:
        losses = tree_zip_with(binary_cross_entropy, logits, target)
        bars = filled(logits, _shares([*leaves(losses)], loss_bar, **settings))
        errors = tree_zip_with(lambda z, t: subtract(sigmoid(z), t), logits, target)
        z_bar = tree_zip_with(multiply, bars, errors)
        return z_bar, tree_zip_with(lambda bar, z: -multiply(bar, z), bars, logits)

    return loss, back


def _kl_divergence(logits: Any, target: Any) -> tuple[Any, Pullback]:
    """z̄ = L̄·(softmax(z)·Σt − t),  t̄ᵢ = L̄·((tᵢ·ln tᵢ)′ − ln softmax(z)ᵢ)"""

    def back(loss_bar: Any) -> tuple[Any, Any]:
        whole, slopes = total(target), [derivative(xlogx, t) for t in target]
        errors = zip_with(lambda p, t: subtract(multiply(p, whole), t), softmax(logits), target)
        surprises = zip_with(subtract, slopes, log_softmax(logits))
        return [multiply(loss_bar, e) for e in errors], [multiply(loss_bar, s) for s in surprises]

    return kl_divergence(logits, target), back


def _sequence_loss(
    outputs: Sequence[Any], target: Sequence[Any], *, loss: Network, **settings: Any
) -> tuple[Any, Pullback]:
    """each output's loss sends its share of the cotangent back"""
    rule = _rule(loss)
    parts = zip_with(rule, outputs, target, ("outputs", "target"))
    losses = [value for value, _ in parts]

    def back(loss_bar: Any) -> tuple[Any, Any]:
        shares = _shares(losses, loss_bar, **settings)
        bars = [pullback(share) for (_, pullback), share in zipped(parts, shares)]
        return [y_bar for y_bar, _ in bars], [t_bar for _, t_bar in bars]

    return reduced(losses, **settings), back


def _rule(loss: Network) -> Rule:
    if isinstance(loss, Layer) and loss.definition in RULES:
        return partial(RULES[loss.definition], **dict(loss.settings))
    return traced(loss)


def _shares(terms: list[Any], loss_bar: Any, *, reduction: Aggregate = "sum") -> list[Any]:
    """what of a loss's cotangent each of its terms gets"""
    if reduction == "sum":
        return [loss_bar] * len(terms)
    _, pullback = traced(lambda terms, _: reduced(terms, reduction))(terms, ())
    return [*pullback(loss_bar)[0]]


RULES: Final[dict[Callable[..., Any], Rule]] = {
    squared_error: _squared_error,
    cross_entropy: _cross_entropy,
    binary_cross_entropy: _binary_cross_entropy,
    kl_divergence: _kl_divergence,
    sequence_loss: _sequence_loss,
}
