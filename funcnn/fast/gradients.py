"""Gradients: the pullback of a network over a whole batch at once."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import map_accum_l, map_accum_r, zipped
from funcnn.algebra.scalars import total
from funcnn.algebra.trees import Tree
from funcnn.algebra.vectors import transpose
from funcnn.blocks.activations import relu
from funcnn.blocks.combinators import Each, Elementwise, Layer, Network, Serial
from funcnn.blocks.linears import AffineWeights, affine, dense, linear
from funcnn.calculus import pullbacks
from funcnn.calculus.pullbacks import mean_and_shares, vjp
from funcnn.fast import floats


def value_and_grad(
    network: Network, loss: Network, weights: Tree, inputs: Sequence[Any], targets: Sequence[Any]
) -> tuple[Any, Tree]:
    """The mean loss of a batch, and its gradient by the weights: calculus' `value_and_grad`.

    Order
        Sums by sumprod, where all is floats; else the definition's.
    Errors
        the definition's
    Laws
        equal to the definition's, where the numbers are exact

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.calculus.losses import squared_error
    >>> batch = [[1.0], [2.0]], [[1.0], [0.0]]
    >>> value_and_grad(layer(linear), layer(squared_error), [[3.0]], *batch)
    (20.0, [[14.0]])
    """
    try:
        outputs, pullback = batched_vjp(network, inputs, weights)
        pairs = [vjp(loss, y, target) for y, target in zipped(outputs, targets)]
        mean_loss, shares = mean_and_shares([value for value, _ in pairs])
        gradient = pullback([back(share)[0] for (_, back), share in zipped(pairs, shares)])
        return mean_loss, gradient.weights
    except Exception:
        return pullbacks.value_and_grad(network, loss, weights, inputs, targets)


class Cotangents(NamedTuple):
    """A batch's cotangents: the inputs' as a function, for who wants them; the weights', summed."""

    inputs: Callable[[], list[Any]]
    weights: Any


type BatchPullback = Callable[[list[Any]], Cotangents]


def batched_vjp(
    network: Network, xs: Sequence[Any], weights: Any
) -> tuple[list[Any], BatchPullback]:
    """The outputs for each of a batch, and the pullback of all.

    Laws
        that of vjp(each(network), xs, weights)

    >>> from funcnn.blocks.combinators import layer
    >>> ys, pullback = batched_vjp(layer(linear), [[1.0, 2.0], [0.0, 1.0]], [[3.0, 4.0]])
    >>> x_bars, w_bar = pullback([[1.0], [10.0]])
    >>> ys, x_bars(), w_bar
    ([[11.0], [4.0]], [[3.0, 4.0], [30.0, 40.0]], [[1.0, 12.0]])
    """
    match network:
        case Layer(definition, ()) if definition in RULES:
            return RULES[definition](xs, weights)
        case Elementwise(function, ()) if function is relu:
            ys = floats.relu(xs)
            return ys, lambda y_bars: Cotangents(lambda: floats.relu_pullback(ys, y_bars), ())
        case Serial(layers):
            steps = zipped(layers, weights)
            outputs, pullbacks = map_accum_l(lambda x, s: batched_vjp(s[0], x, s[1]), [*xs], steps)
            return outputs, lambda y_bars: Cotangents(
                *map_accum_r(lambda bars, back: back(bars()), lambda: y_bars, pullbacks)
            )
        case _:
            outputs, pullback = vjp(Each(network), xs, weights)
            return outputs, lambda y_bars: _known(*pullback(y_bars))


def _known(x_bars: list[Any], w_bar: Any) -> Cotangents:
    return Cotangents(lambda: x_bars, w_bar)


def _linear(xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    """X̄ = Ȳ·W,  W̄ = Ȳᵀ·X, with an example a row"""
    return floats.linear(xs, weights), lambda y_bars: Cotangents(
        lambda: floats.matmul(y_bars, weights),
        floats.matmul(transpose(y_bars), xs),
    )


def _affine(xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    """b̄ = the sum of Ȳ's rows, and the rest as for linear"""
    _, pullback = _linear(xs, weights[0])

    def back(y_bars: list[Any]) -> Cotangents:
        x_bars, matrix_bar = pullback(y_bars)
        bias_bar = [total(column) for column in transpose(y_bars)]
        return Cotangents(x_bars, AffineWeights(matrix_bar, bias_bar))

    return floats.affine(xs, weights), back


def _dense(xs: Sequence[Any], weights: Any) -> tuple[list[Any], BatchPullback]:
    """linear's after relu's"""
    sums, pullback = _linear(xs, weights)
    ys = floats.relu(sums)
    return ys, lambda y_bars: pullback(floats.relu_pullback(ys, y_bars))


RULES: Final[dict[Callable[..., Any], Callable[..., tuple[list[Any], BatchPullback]]]] = {
    linear: _linear,
    affine: _affine,
    dense: _dense,
}
"""From a definition to the rule of the same over a batch."""
