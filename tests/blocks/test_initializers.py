"""Initializers: normal draws, row by row, of the variance that the inputs ask for."""

from typing import Any

import pytest

from funcnn import he_normal, initial_weights, normal, shape


@pytest.mark.parametrize(("inputs", "scale"), [(2, 1.0), (8, 0.5), (32, 0.25)])
def test_weights_are_normal_draws_scaled_by_the_inputs(inputs: int, scale: float) -> None:
    matrix = he_normal(7, 3, inputs)
    assert shape(matrix) == (3, inputs)
    assert [w for row in matrix for w in row] == [scale * z for z in normal(7, 3 * inputs)]


def test_a_layer_of_no_inputs_has_no_weights() -> None:
    with pytest.raises(ValueError, match="^inputs is 0: give 1 or more$"):
        he_normal(0, 3, 0)
    with pytest.raises(ValueError, match="^outputs is 0: give 1 or more$"):
        he_normal(0, 0, 3)
    wrong: Any = 2.0
    with pytest.raises(TypeError, match="^inputs is a float, not an int$"):
        he_normal(0, 3, wrong)


def test_what_is_no_form_is_not_drawn() -> None:
    with pytest.raises(TypeError, match="^a form is needed, not a float$"):
        initial_weights(0, [[1.0]])
