"""Combinators: networks as values, and what it means to run one.

A network is built by the functions in lower case, compared like any value, and called on inputs
and weights. Weights have the network's own form: a list of each part's, `()` where there are none.

>>> from funcnn.algebra.elementary import relu
>>> from funcnn.blocks.linears import linear
>>> network = serial(layer(linear), elementwise(relu), layer(linear))
>>> network([1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], (), [[2.0, 3.0]]])
[2.0]
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Never

from funcnn.algebra.folds import foldl, int_of, length_of, map_accum_l, pair_of, zipped
from funcnn.algebra.scalars import add
from funcnn.algebra.trees import Tree, tree_map, tree_zip_with

type Settings = tuple[tuple[str, Any], ...]
type Network = Layer | Elementwise | Serial | Each | Scan | Parallel | Branch | Tied


def run(network: Network, inputs: Any, weights: Any) -> Any:
    """The outputs of a network: network(inputs, weights).

    Haskell
        serial = foldl, elementwise and each = map, scan = mapAccumL, parallel = (***),
        branch = (&&&)
    Errors
        ValueError   there are more or fewer weights, or inputs, than a combinator has parts
        TypeError    it is not a network, or what it runs over is not a list
        and whatever its definitions raise; in a serial network these two say in which layer
    Laws
        run(serial(f, g), x, [v, w]) == run(g, run(f, x, v), w)
        run(serial(), x, []) == x

    >>> double, halve = elementwise(lambda x: x * 2), elementwise(lambda x: x / 2)
    >>> run(branch(double, halve), [1.0, 3.0], [(), ()])
    ([2.0, 6.0], [0.5, 1.5])
    >>> run(serial(double), [1.0], [])
    Traceback (most recent call last):
    ValueError: layers and weights differ in length: 1 and 0
    """
    match network:
        case Layer(definition, settings):
            return definition(inputs, weights, **dict(settings))
        case Elementwise(function, settings):
            return tree_map(partial(function, **dict(settings)), inputs)
        case Serial(layers):
            steps = enumerate(zipped(layers, weights, ("layers", "weights")))
            return foldl(lambda x, step: at_layer(run, step, x), inputs, steps)
        case Each(inner):
            length_of(inputs, "inputs")
            return [run(inner, x, weights) for x in inputs]
        case Scan(cell):
            state, xs = pair_of(inputs, "inputs (state, sequence)")
            length_of(xs, "the sequence")
            gives = "what a cell gives (state, y)"
            return map_accum_l(lambda s, x: pair_of(run(cell, (s, x), weights), gives), state, xs)
        case Parallel(networks):
            parts = [*zipped(networks, weights, ("networks", "weights"))]
            return tuple(
                run(n, x, w) for (n, w), x in zipped(parts, inputs, ("networks", "inputs"))
            )
        case Branch(networks):
            return run(Parallel(networks), (inputs,) * len(networks), weights)
        case Tied(inner, places):
            return run(inner, inputs, placed(weights, places))
        case _:
            raise no_network(network)


def at_layer[A](
    function: Callable[[Network, Any, Any], A], step: tuple[int, tuple[Network, Any]], inputs: Any
) -> A:
    """What a function of a network makes of a layer, its inputs and weights.

    Errors
        the function's own; a ValueError and a TypeError say in which layer

    >>> at_layer(run, (3, (elementwise(abs), ())), ["x"])
    Traceback (most recent call last):
    TypeError: layer 3: bad operand type for abs(): 'str'
    """
    index, (network, weights) = step
    try:
        return function(network, inputs, weights)
    except (ValueError, TypeError) as error:
        if type(error) not in (ValueError, TypeError):
            raise
        raise type(error)(f"layer {index}: {error}") from error


def no_network(value: Never) -> TypeError:
    """The error for what stands where a network should; mypy rules out that anything does.

    >>> run(serial(abs), [1.0], [()])
    Traceback (most recent call last):
    TypeError: layer 0: abs is no network: write layer(abs) or elementwise(abs)
    """
    name = getattr(value, "__name__", type(value).__name__)
    return TypeError(f"{name} is no network: write layer({name}) or elementwise({name})")


@dataclass(frozen=True, slots=True)
class Layer:
    """A definition of inputs and weights, with its settings."""

    definition: Callable[..., Any]
    settings: Settings = ()
    __call__ = run


@dataclass(frozen=True, slots=True)
class Elementwise:
    """A function of one number, on every number of the inputs. It looks at no weights: give ()."""

    function: Callable[..., Any]
    settings: Settings = ()
    __call__ = run


@dataclass(frozen=True, slots=True)
class Serial:
    """Networks one after another, as many as one likes. Of none, it is the identity.

    Only nesting one in another, thousands deep, meets Python's limit of recursion.
    """

    layers: tuple[Network, ...]
    __call__ = run


@dataclass(frozen=True, slots=True)
class Each:
    """One network, with the same weights, on each item of a sequence."""

    network: Network
    __call__ = run


@dataclass(frozen=True, slots=True)
class Scan:
    """A cell carried along a sequence: (state, [x]) to (state, [y]).

    The cell is a network from (state, x) to (state, y), with the same weights at each step.
    """

    cell: Network
    __call__ = run


@dataclass(frozen=True, slots=True)
class Parallel:
    """Networks side by side, each on its own part of a tuple of inputs."""

    networks: tuple[Network, ...]
    __call__ = run


@dataclass(frozen=True, slots=True)
class Branch:
    """Networks side by side, each on the same inputs."""

    networks: tuple[Network, ...]
    __call__ = run


@dataclass(frozen=True, slots=True)
class Tied:
    """A network that takes a list of weights, of which some stand in several places.

    The i-th weight that the network takes is weights[places[i]].
    """

    network: Network
    places: tuple[int, ...]
    __call__ = run


def layer(definition: Callable[..., Any], **settings: Any) -> Layer:
    """A definition as a network.

    >>> from funcnn.blocks.linears import linear
    >>> layer(linear) == layer(linear)
    True
    """
    return Layer(definition, tuple(sorted(settings.items())))


def elementwise(function: Callable[..., Any], **settings: Any) -> Elementwise:
    """A function of one number as a network of no weights.

    Haskell
        map          (over nested lists)

    >>> from funcnn.blocks.activations import leaky_relu
    >>> elementwise(leaky_relu, slope=0.5)([3.0, -2.0], ())
    [3.0, -1.0]
    """
    return Elementwise(function, tuple(sorted(settings.items())))


def serial(*layers: Network) -> Serial:
    """One network after another.

    Haskell
        foldl        (f >>> g >>> h)

    >>> serial()("anything", [])
    'anything'
    """
    return Serial(layers)


def each(network: Network) -> Each:
    """One network on each item of a sequence.

    Haskell
        map

    >>> each(elementwise(abs))([[-1.0], [2.0, -3.0]], ())
    [[1.0], [2.0, 3.0]]
    """
    return Each(network)


def scan(cell: Network) -> Scan:
    """A cell carried along a sequence.

    Haskell
        mapAccumL

    >>> def running_total(inputs, weights):
    ...     total = inputs[0] + inputs[1]
    ...     return total, total
    >>> scan(layer(running_total))((0, [1, 2, 3]), ())
    (6, [1, 3, 6])
    """
    return Scan(cell)


def parallel(*networks: Network) -> Parallel:
    """Networks side by side, each on its own part of a tuple.

    Haskell
        f *** g

    >>> parallel(elementwise(abs), serial())(([-1.0], [-2.0]), [(), []])
    ([1.0], [-2.0])
    """
    return Parallel(networks)


def branch(*networks: Network) -> Branch:
    """Networks side by side, each on the same inputs.

    Haskell
        f &&& g

    >>> branch(elementwise(abs), serial())([-1.0], [(), []])
    ([1.0], [-1.0])
    """
    return Branch(networks)


def tied(network: Network, places: Sequence[int]) -> Tied:
    """A network with one weight in several places.

    Errors
        ValueError   the places are not 0, 1, …, each at least once
        TypeError    they are not a list of ints

    >>> from funcnn.blocks.linears import linear
    >>> tied(serial(layer(linear), layer(linear)), [0, 0])([3], [[[2]]])
    [12]
    >>> tied(serial(layer(linear)), [1])
    Traceback (most recent call last):
    ValueError: places [1] are not 0, 1, …, each at least once
    """
    length_of(places, "places")
    named = {int_of(place, "a place") for place in places}
    if named != {*range(len(named))}:
        raise ValueError(f"places {[*places]} are not 0, 1, …, each at least once")
    return Tied(network, tuple(places))


def placed(weights: Sequence[Tree], places: Sequence[int]) -> list[Tree]:
    """The weights in their places.

    Errors
        ValueError   there are more or fewer weights than the places name

    >>> placed(["a", "b"], (0, 1, 0))
    ['a', 'b', 'a']
    >>> placed(["a", "b"], (0, 0))
    Traceback (most recent call last):
    ValueError: weights has length 2, places name 1
    """
    named = len({*places})
    if length_of(weights, "weights") != named:
        raise ValueError(f"weights has length {len(weights)}, places name {named}")
    return [weights[place] for place in places]


def residual(network: Network) -> Serial:
    """A network whose outputs are added to its inputs.

    Haskell
        (id &&& f) >>> uncurry (zipWith (+))
    Maths
        x + f(x)
    Shapes
        inputs n, weights [[[], w], ()]  →  n      w the weights of f
    Source
        K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016

    >>> residual(elementwise(abs))([-1.0, 2.0], [[[], ()], ()])
    [0.0, 4.0]
    """
    return serial(branch(serial(), network), layer(add_pair))


def add_pair(inputs: tuple[Tree, Tree], weights: Any = ()) -> Tree:
    """The sum of two values of one form, number by number.

    Haskell
        uncurry (zipWith (+))
    Shapes
        inputs (n, n), weights ()  →  n            n of any form
    Errors
        ValueError   the two differ in form
        TypeError    they are not a pair

    >>> add_pair(([1.0, [2.0]], [10.0, [20.0]]))
    [11.0, [22.0]]
    """
    one, other = pair_of(inputs, "inputs")
    return tree_zip_with(add, one, other)


def part(inputs: Sequence[Tree], weights: Any = (), *, index: int) -> Tree:
    """One of several values: what a branch sends on, or an input that stands beside others.

    Haskell
        fst, snd
    Settings
        index   which, from 0
    Errors
        ValueError   there are not so many
        TypeError    they are not a tuple or a list, or the index is not an int

    >>> part(([-1.0], [1.0]), index=1)
    [1.0]
    >>> part(([-1.0], [1.0]), index=2)
    Traceback (most recent call last):
    ValueError: part 2 of 2 inputs: give 0 to 1
    """
    count = length_of(inputs, "inputs")
    if not 0 <= int_of(index, "index") < count:
        raise ValueError(f"part {index} of {count} inputs: give 0 to {count - 1}")
    return inputs[index]
