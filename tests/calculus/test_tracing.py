"""The traced rule is every rule in closed form, and says where there is none."""

from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from funcnn import AffineWeights, add_pair, affine, dense, lift, linear, squared_error, traced
from funcnn.calculus.rules import RULES

X, W = [Fraction(1, 3), Fraction(-2)], [[Fraction(3), Fraction(1, 2)], [Fraction(1), Fraction(-5)]]
BAR = [Fraction(7), Fraction(-1, 3)]


@pytest.mark.parametrize(
    ("definition", "inputs", "weights"),
    [
        (linear, X, W),
        (affine, X, AffineWeights(W, BAR)),
        (dense, X, W),
        (add_pair, (X, BAR), ()),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_the_rule_in_closed_form(definition: Any, inputs: Any, weights: Any) -> None:
    one, back = traced(definition)(inputs, weights)
    other, back_in_closed_form = RULES[definition](inputs, weights)
    assert (one, back(BAR)) == (other, back_in_closed_form(BAR))


def test_an_int_is_a_constant_or_an_index() -> None:
    def picked(inputs: Any, weights: Any) -> Any:
        return [weights[inputs[0]] * weights[inputs[1]] * 3]

    y, pullback = traced(picked)([0, 2], [2.0, 3.0, 5.0])
    assert y == [30.0] and pullback([1.0]) == ([0, 0], [15.0, 0.0, 6.0])


def test_outputs_that_depend_on_nothing_send_nothing_back() -> None:
    y, pullback = traced(lambda x, w: [7, x[0]])([2.0, 3.0], (1.0,))
    assert (y, pullback([5.0, 1.0])) == ([7, 2.0], ([1.0, 0.0], (0.0,)))


def test_what_cannot_be_traced_is_said() -> None:
    with pytest.raises(TypeError, match="^no rule for linear: all it is given is ints$"):
        traced(linear)([1], [[2]])
    with pytest.raises(ValueError, match="^outputs and the cotangent: .* 2 branches beside 1$"):
        traced(linear)(X, W)[1]([Fraction(1)])


def test_a_definition_that_is_no_arithmetic_is_named_in_one_line() -> None:
    def numerators(inputs: Any, weights: Any) -> Any:
        return [x.numerator for x in inputs]

    with pytest.raises(TypeError, match="^no rule for numerators: .* no attribute 'numerator'$"):
        traced(numerators)(X, ())
    with pytest.raises(TypeError, match="^no rule for scaled: "):
        traced(partial(scaled, scale=2))(X, ())
    with pytest.raises(AttributeError, match="^'list' object has no attribute 'keys'$"):
        traced(lambda inputs, weights: inputs.keys())(X, ())


def scaled(inputs: Any, weights: Any, *, scale: int) -> Any:
    return [float(x) * scale for x in inputs]


def test_bad_input_has_the_error_of_the_definition() -> None:
    with pytest.raises(TypeError, match="^row 0, entry 0: lift has no instance for str"):
        traced(linear)([1.0], [["1"]])


def test_a_rule_of_rules_is_a_second_derivative() -> None:
    """Of (x² − t)² it is 12·x² − 4·t."""

    def gradient(inputs: Any, weights: Any) -> Any:
        y, pullback = traced(lambda x, w: squared_error([x[0] * x[0]], w))(inputs, weights)
        return pullback(lift(1, y))[0]

    _, pullback = traced(gradient)([Fraction(3)], [Fraction(1)])
    assert pullback([Fraction(1)])[0] == [12 * 9 - 4]
