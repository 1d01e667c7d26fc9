"""The class, the share of those right, and how likely outputs make what is."""

from math import isnan, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.formats import binary32
from funcnn.algebra.roundings import cast
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


def test_what_has_no_score_is_refused_in_a_line() -> None:
    with pytest.raises(ValueError, match=r"^there is no output: give 1 or more$"):
        predicted([])
    with pytest.raises(ValueError, match=r"^there is no output: give 1 or more$"):
        accuracy([], [])
    with pytest.raises(ValueError, match=r"^there is no target: give 1 or more$"):
        nats([[]], [[]])
    for wrong in (2, -1):
        with pytest.raises(ValueError, match=r"is none of the classes 0 … 1$"):
            nats([[[0.0, 0.0]]], [[wrong]])


def test_a_nan_of_any_kind_leaves_no_class() -> None:
    assert predicted([cast(1.0, binary32), cast(float("nan"), binary32)]) is None
