"""Derivatives: of networks and of losses, forward, in full, and of the second order.

A tangent, like a cotangent, has the form of its value. An int is an index or a constant, so that
its tangent is 0.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from funcnn.algebra.duals import Dual, depth
from funcnn.algebra.scalars import lift
from funcnn.algebra.trees import Tree, filled, leaves, tree_map, tree_zip_with
from funcnn.blocks.combinators import Network, run
from funcnn.calculus.pullbacks import grad, vjp


def linearized(
    function: Callable[[Tree], Tree], point: Tree
) -> tuple[Tree, Callable[[Tree], Tree]]:
    """What a function of a tree gives, and its derivative there, from tangents to tangents.

    Maths
        f(x)                                       ẋ ↦ f′(x)·ẋ
    Order
        A tangent runs the function on duals, one deeper than all that are there already: at most
        three times the arithmetic of one run.
    Errors
        ValueError   a tangent differs from the point in form, or an int's is not 0
        TypeError    the function does not run on duals

    >>> value, push = linearized(lambda x: [x[0] * x[1], x[0]], [3.0, 4.0])
    >>> value, push([1.0, 0.0]), push([0.0, 1.0])
    ([12.0, 3.0], [4.0, 1.0], [3.0, 0.0])
    """
    value = function(point)
    deeper = 1 + max(map(depth, leaves((value, point))), default=0)

    def push(tangent: Tree) -> Tree:
        duals = tree_zip_with(partial(_dual, depth=deeper), point, tangent)
        try:
            results = function(duals)
        except (TypeError, AttributeError) as error:
            raise TypeError(f"no derivative by duals: {error}") from None
        return tree_map(lambda y: y.tangent if depth(y) == deeper else lift(0, y), results)

    return value, push


def jvp(
    network: Network, inputs: Any, weights: Any, inputs_dot: Any, weights_dot: Any
) -> tuple[Any, Any]:
    """The outputs, and how they change as inputs and weights do: their tangent, by duals.

    Maths
        y = f(x, w)                                ẏ = ∂f/∂x·ẋ + ∂f/∂w·ẇ
    Errors
        ValueError   a tangent differs from its value in form, or an int's is not 0
        TypeError    the network does not run on duals
        and whatever the network raises
    Laws
        Σ ȳ·ẏ == Σ x̄·ẋ + Σ w̄·ẇ, where x̄, w̄ are the pullback's of ȳ    over Fraction
    Source
        R. Wengert, "A Simple Automatic Derivative Evaluation Program", CACM 7 (1964)

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> jvp(layer(linear), [1.0, 2.0], [[3.0, 4.0]], [1.0, 0.0], [[0.0, 10.0]])
    ([11.0], [23.0])
    """
    outputs, push = linearized(lambda sources: run(network, *sources), (inputs, weights))
    return outputs, push((inputs_dot, weights_dot))


def jacobian(network: Network, inputs: Any, weights: Any) -> Tree:
    """The derivative of each output by each input: at each leaf of the outputs, a tree like the
    inputs. One pullback for each output.

    Maths
        Jᵢⱼ = ∂yᵢ/∂xⱼ
    Errors
        those of `vjp`
    Laws
        Σⱼ Jᵢⱼ·ẋⱼ == ẏᵢ of jvp(f, x, w, ẋ, 0)                        over Fraction

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> jacobian(layer(linear), [1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]])
    [[3.0, 4.0], [5.0, 6.0]]
    """
    outputs, pullback = vjp(network, inputs, weights)
    return at_each(outputs, lambda y_bar: pullback(y_bar)[0])


def hvp(
    network: Network,
    loss: Network,
    weights: Tree,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    direction: Tree,
) -> Tree:
    """The Hessian of a batch's mean loss times a direction of the weights, and no Hessian made.

    Forward over reverse: how the gradient changes as the weights move in the direction.

    Maths
        H·v = ∂/∂ε ∇L(w + ε·v)                     at ε = 0
    Errors
        ValueError   the direction differs from the weights in form, or an int's is not 0
        and those of `value_and_grad`
    Laws
        hvp(…, v) == H·v, of H the Hessian                           over Fraction
    Source
        B. Pearlmutter, "Fast Exact Multiplication by the Hessian", Neural Computation 6 (1994)

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> batch = [[1.0, 2.0]], [[1.0]]
    >>> hvp(layer(linear), layer(squared_error), [[3.0, 4.0]], *batch, [[1.0, 0.0]])
    [[2.0, 4.0]]
    """
    _, push = linearized(lambda w: grad(network, loss, w, inputs, targets), weights)
    return push(direction)


def hessian(
    network: Network, loss: Network, weights: Tree, inputs: Sequence[Any], targets: Sequence[Any]
) -> Tree:
    """The second derivatives of a batch's mean loss: at each leaf of the weights, a tree like them.
    One hvp for each weight.

    Maths
        Hᵢⱼ = ∂²L/∂wᵢ∂wⱼ
    Errors
        those of `hvp`
    Laws
        Hᵢⱼ == Hⱼᵢ                 over Fraction, if no weight is an int

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> hessian(layer(linear), layer(squared_error), [[3.0, 4.0]], [[1.0, 2.0]], [[1.0]])
    [[[[2.0, 4.0]], [[4.0, 8.0]]]]
    """
    return derivative_of(lambda w: grad(network, loss, w, inputs, targets), weights)


def derivative_of(gradient: Callable[[Tree], Tree], weights: Tree) -> Tree:
    """The Hessian, as the derivative of the gradient, a function of the weights.

    >>> derivative_of(lambda w: [w[0] * w[1], w[0]], [3.0, 4.0])
    [[4.0, 1.0], [3.0, 0.0]]
    """
    _, push = linearized(gradient, weights)

    def row(direction: Tree) -> Tree:
        zero_at_ints = tree_zip_with(
            lambda w, v: 0 if isinstance(w, int) else v, weights, direction
        )
        return push(zero_at_ints)

    return at_each(weights, row)


def _dual(number: Any, tangent: Any, depth: int) -> Any:
    if not isinstance(number, int):
        return Dual(number, tangent, depth)
    if tangent != 0:
        raise ValueError(f"an int is a constant: its tangent is 0, not {tangent}; weights are none")
    return number


def at_each(tree: Tree, function: Callable[[Tree], Tree]) -> Tree:
    """At each leaf, what a function makes of the unit there.

    >>> at_each([5.0, (7.0,)], lambda x: [2 * x[0], x[1][0]])
    [[2.0, 0.0], ([0.0, 1.0],)]
    """
    places = (place for place, _ in enumerate(leaves(tree)))
    return filled(tree, (function(unit(tree, place)) for place in places))


def unit(tree: Tree, place: int) -> Tree:
    """1 at a leaf, the places counted from the left, and 0 at all others.

    >>> unit([5.0, (7.0, 8)], 1)
    [0.0, (1.0, 0)]
    """
    ones = (int(other == place) for other, _ in enumerate(leaves(tree)))
    return filled(tree, (lift(one, leaf) for one, leaf in zip(ones, leaves(tree), strict=True)))
