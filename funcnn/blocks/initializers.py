"""Initializers: weights to start learning from, drawn from a key."""

from math import prod, sqrt
from typing import Any

from funcnn.algebra.folds import int_of
from funcnn.algebra.keys import normal, split
from funcnn.algebra.trees import Tree, leaves, tree_map
from funcnn.blocks.forms import Form
from funcnn.blocks.layouts import reshape


def he_normal(key: int, outputs: int, inputs: int) -> list[list[float]]:
    """A matrix of weights for a layer followed by relu, so that signals keep their size.

    Maths
        wᵢⱼ ~ N(0, 2/inputs)
    Shapes
        → outputs×inputs                           outputs, inputs ≥ 1
    Errors
        ValueError   there is no output, or no input
        TypeError    outputs or inputs are no int
    Source
        K. He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10

    >>> matrix = he_normal(0, 3, 2)
    >>> len(matrix), len(matrix[0]), matrix == he_normal(0, 3, 2)
    (3, 2, True)
    """
    form = Form((int_of(outputs, "outputs", 1), int_of(inputs, "inputs", 1)))
    matrix: list[list[float]] = initial_values(key, form)
    return matrix


def initial_weights(key: int, forms: Tree) -> Tree:
    """Weights of these forms, as a model names them, to start learning from.

    Maths
        w ~ N(0, 2/f), where f is how many inputs a weight's row has; biases are 0, scales 1
    Source
        K. He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10

    >>> from funcnn.blocks.models import perceptron
    >>> model = perceptron((3, 2, 1))
    >>> weights = initial_weights(0, model.weights)
    >>> len(model.network([1.0, 2.0, 3.0], weights))
    1
    >>> initial_weights(0, (Form((2,), "ones"), [Form((1, 2), "zeros")]))
    ([1.0, 1.0], [[[0.0, 0.0]]])
    """
    keys = iter(split(key, sum(1 for _ in leaves(forms))))
    return tree_map(lambda form: initial_values(next(keys), form), forms)


def initial_values(key: int, form: Form) -> Any:
    """Numbers of one form, to start learning from.

    Errors
        TypeError    it is no form

    >>> initial_values(0, Form((2,), "ones")), initial_values(0, Form((), "zeros"))
    ([1.0, 1.0], 0.0)
    """
    if not isinstance(form, Form):
        raise TypeError(f"a form is needed, not a {type(form).__name__}")
    numbers = [float(form.fill == "ones")] * form.size
    if form.fill == "normal":
        scale = sqrt(2 / max(1, prod(form.lengths[1:])))
        numbers = [scale * draw for draw in normal(key, form.size)]
    return reshape(numbers, shape=form.lengths) if form.lengths else numbers[0]
