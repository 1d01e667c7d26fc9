"""Shapes: a network as text, the forms of the values it passes on, and how many weights it has."""

from collections.abc import Callable
from typing import Any

from funcnn.algebra.folds import scanl, zipped
from funcnn.algebra.trees import Tree, is_leaf, leaves
from funcnn.algebra.vectors import shape
from funcnn.blocks.combinators import (
    Branch,
    Each,
    Elementwise,
    Layer,
    Network,
    Parallel,
    Scan,
    Serial,
    Settings,
    Tied,
    at_layer,
    no_network,
    run,
)
from funcnn.blocks.forms import Form


def render(network: Network) -> str:
    """A network as text, in the signs of Haskell's Control.Arrow.

    >>> from funcnn.blocks.combinators import elementwise, layer, residual, serial
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.blocks.activations import leaky_relu, relu
    >>> render(serial(layer(linear), elementwise(relu), layer(linear)))
    'linear >>> relu >>> linear'
    >>> render(residual(elementwise(leaky_relu, slope=0.5)))
    '(identity &&& leaky_relu(slope=0.5)) >>> add_pair'
    """
    match network:
        case Layer(definition, settings):
            return _call(definition, settings)
        case Elementwise(function, settings):
            return _call(function, settings)
        case Serial(()):
            return "identity"
        case Serial(layers):
            return " >>> ".join(map(_part, layers))
        case Each(inner):
            return f"each({render(inner)})"
        case Scan(cell):
            return f"scan({render(cell)})"
        case Parallel(networks):
            return f"({' *** '.join(map(_part, networks))})"
        case Branch(networks):
            return f"({' &&& '.join(map(_part, networks))})"
        case Tied(inner, places):
            return f"tied({render(inner)}, places={[*places]})"
        case _:
            raise no_network(network)


def _call(function: Callable[..., Any], settings: Settings) -> str:
    name = getattr(function, "__name__", repr(function))
    written = ", ".join(f"{key}={value!r}" for key, value in settings)
    return f"{name}({written})" if settings else name


def _part(network: Network) -> str:
    text = render(network)
    return f"({text})" if isinstance(network, Serial) and len(network.layers) > 1 else text


def parameters(weights: Tree) -> int:
    """How many numbers there are in a network's weights, or in their forms. A tied one counts once.

    >>> parameters([[[1.0, 2.0], [3.0, 4.0]], (), ([[5.0]], [6.0])])
    6
    >>> parameters([Form((2, 2)), (), (Form((1, 1)), Form((1,)))])
    6
    """
    return sum(leaf.size if isinstance(leaf, Form) else 1 for leaf in leaves(weights))


def layer_shapes(network: Network, inputs: Any, weights: Any) -> list[Any]:
    """The shapes of the inputs and of what each layer of a serial network passes on.

    Of a tuple of other values than numbers, it is the tuple of their shapes.

    Errors
        ValueError   a value is ragged, or the network raises

    >>> from funcnn.blocks.combinators import layer, serial
    >>> from funcnn.blocks.linears import dense
    >>> weights = [[[0.5, 0.25]] * 3, [[1.0] * 3]]
    >>> layer_shapes(serial(layer(dense), layer(dense)), [1.0, 2.0], weights)
    [(2,), (3,), (1,)]
    """
    if not isinstance(network, Serial):
        return [_form(inputs), _form(run(network, inputs, weights))]
    steps = enumerate(zipped(network.layers, weights, ("layers", "weights")))
    values = scanl(lambda x, step: at_layer(run, step, x), inputs, steps)
    return [*map(_form, values)]


def _form(value: Any) -> Any:
    if isinstance(value, tuple) and not all(map(is_leaf, value)):
        return tuple(map(_form, value))
    return shape(value)
