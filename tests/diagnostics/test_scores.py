"""The class, the share of those right, and how likely outputs make what is."""

from math import isnan, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.diagnostics.scores import accuracy, nats, predicted


@given(st.lists(st.floats(), min_size=1))
def test_the_class_is_the_first_of_the_largest_outputs_and_none_beside_a_nan(
    outputs: list[float],
) -> None:
    best = predicted(outputs)
    if best is None:
        assert any(map(isnan, outputs))
    else:
        assert all(outputs[best] > output for output in outputs[:best])
        assert all(outputs[best] >= output for output in outputs[best:])


def test_figures_are_the_share_told_rightly_and_the_mean_of_every_token() -> None:
    assert accuracy([[1.0, 2.0], [1.0, float("nan")]], [1, 0]) == 0.5
    one, other = [[0.0, 0.0]], [[5.0, 5.0], [0.0, log(3)]]
    assert nats([one, other], [[0], [0, 0]]) == pytest.approx((log(2) + log(2) + log(4)) / 3)
