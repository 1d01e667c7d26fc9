"""Starts: what trainings that differ in nothing but the start come to."""

from collections.abc import Generator
from itertools import permutations
from math import dist, hypot
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.trees import leaves
from funcnn.blocks.initializers import he_normal
from funcnn.calculus.batches import Batch
from funcnn.calculus.states import State
from funcnn.fast.batching import vmap
from funcnn.studies.findings import Finding
from funcnn.studies.materials import digit_batches, learned
from funcnn.studies.plots import Plot
from funcnn.studies.starts import (
    NETWORK,
    STUDY,
    Solution,
    apart,
    assignment,
    at_most,
    balanced,
    disagreement,
    share_as_good,
    solutions,
    verdict,
)
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_nothing_is_unmet_and_every_training_is_told(finding: Finding) -> None:
    assert all(one.met is not False for one in finding.measurements)
    assert isinstance(finding.plot, Plot)
    assert [len(series.points) for series in finding.plot.series] == [4, 4]


def test_solutions_lie_nearer_once_their_units_are_matched(finding: Finding) -> None:
    told = {one.what: one.value for one in finding.measurements}
    least, matched, plain = (
        told[f"distance of two solutions, {which}"]
        for which in ("units matched, least", "units matched, mean", "mean")
    )
    assert 0 < least <= matched < plain


def test_the_verdict_follows_from_the_shares(finding: Finding) -> None:
    told = {one.what: one.value for one in finding.measurements}
    shares = [told[f"{n} hidden units: starts about as good as the median"] / 100 for n in (16, 4)]
    assert finding.verdict == verdict(*(at_most(share, 4) for share in shares))
    assert at_most(0.92, 50) > 0.95 > at_most(0.75, 20)
    assert [verdict(1.0, 0.96), verdict(1.0, 0.9), verdict(0.94, 0.94)] == [
        "holds",
        "holds with limits",
        "false",
    ]


def test_a_start_that_is_better_is_as_good_and_one_that_is_worse_is_not() -> None:
    assert share_as_good([340, 341, 342, 360, 359], 360) == 1.0
    assert share_as_good([340, 341, 342, 36, 343], 360) == 0.8


def squares(size: int) -> st.SearchStrategy[list[list[int]]]:
    row = st.lists(st.integers(0, 9), min_size=size, max_size=size)
    return st.lists(row, min_size=size, max_size=size)


@given(st.integers(1, 5).flatmap(squares))
def test_an_assignment_has_the_least_cost_of_all(costs: list[list[int]]) -> None:
    order = assignment(costs)
    orders = permutations(range(len(costs)))
    least = min(sum(costs[i][j] for i, j in enumerate(other)) for other in orders)
    assert sorted(order) == [*range(len(costs))]
    assert sum(costs[i][j] for i, j in enumerate(order)) == least


def test_the_same_function_written_otherwise_is_not_apart() -> None:
    """Units in another order, and scaled: the outputs are the same, and so are the weights."""
    weights = [he_normal(0, 5, 64), he_normal(1, 10, 5)]
    order, scales = [3, 0, 4, 1, 2], [2.0, 0.5, 4.0, 1.0, 0.25]
    other = [
        [[scales[k] * x for x in weights[0][k]] for k in order],
        [[row[k] / scales[k] for k in order] for row in weights[1]],
    ]
    _, held_out = digit_batches(1, 20)
    outputs = [vmap(NETWORK)(held_out.inputs, one) for one in (weights, other)]
    assert [*leaves(outputs[0])] == pytest.approx([*leaves(outputs[1])])
    assert apart(weights, other).plain > 0.5
    assert apart(weights, other).matched == pytest.approx(0.0, abs=1e-12)


def test_distances_are_those_of_the_units() -> None:
    one, other = ([he_normal(k, 3, 64), he_normal(k + 1, 10, 3)] for k in (0, 2))
    units, others = balanced(one), balanced(other)
    length = hypot(*leaves([units, others]))
    orders = [[others[k] for k in order] for order in permutations(range(3))]
    distances = [hypot(*(dist(u, v) for u, v in zip(units, of, strict=True))) for of in orders]
    assert apart(one, other) == pytest.approx((distances[0] / length, min(distances) / length))


def test_trainings_differ_in_the_start_alone() -> None:
    parts = digit_batches(100, 50)
    one, other, third = trained(3, parts)
    assert one.start != other.start and other.weights != third.weights
    assert trained(3, parts) == [one, other, third]
    assert disagreement(one, one) == 0.0 <= disagreement(one, other) <= 1.0


def test_all_of_them_take_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[int] = []

    def watched(*given: Any, key: int, **settings: Any) -> Generator[float, None, State]:
        keys.append(key)
        return learned(*given, key=key, **settings)

    monkeypatch.setattr("funcnn.studies.starts.learned", watched)
    trained(3, digit_batches(100, 50))
    assert len(keys) == 3 and len({*keys}) == 1


def trained(starts: int, parts: tuple[Batch, Batch]) -> list[Solution]:
    part = solutions(0, starts, 4, parts, 1)
    while True:
        try:
            next(part)
        except StopIteration as end:
            found_ones: list[Solution] = end.value
            return found_ones
