"""Initializers: normal draws, row by row, of the variance that the inputs ask for."""

import pytest

from funcnn import he_normal, normal, shape


@pytest.mark.parametrize(("inputs", "scale"), [(2, 1.0), (8, 0.5), (32, 0.25)])
def test_weights_are_normal_draws_scaled_by_the_inputs(inputs: int, scale: float) -> None:
    matrix = he_normal(7, 3, inputs)
    assert shape(matrix) == (3, inputs)
    assert [w for row in matrix for w in row] == [scale * z for z in normal(7, 3 * inputs)]


def test_a_layer_of_no_inputs_has_no_weights() -> None:
    with pytest.raises(ValueError, match="^0 inputs: at least 1 is needed$"):
        he_normal(0, 3, 0)
