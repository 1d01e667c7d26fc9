"""The study of metrics: linear layers' are static, exactly; what varies is as it must."""

from fractions import Fraction

import pytest

from funcnn.algebra.elementary import relu
from funcnn.algebra.keys import split, uniform
from funcnn.algebra.vectors import matvec
from funcnn.blocks.combinators import elementwise, layer, serial
from funcnn.blocks.linears import linear
from funcnn.diagnostics.geometry import pulled_back_metric, squared_distance
from funcnn.studies.findings import Finding
from funcnn.studies.metrics import LOGITS, NEIGHBORS, STUDY, nearest, variation, verdict
from funcnn.studies.plots import Plot
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_linear_layers_are_static_exactly_and_the_others_are_not(finding: Finding) -> None:
    own = [one for one in finding.measurements if "own metric" in one.what]
    assert [one.met for one in own] == 2 * [True, None, True, None]
    assert all((one.value == 0) == ("affine" in one.what) for one in own)


def test_what_is_drawn_is_what_was_measured(finding: Finding) -> None:
    whole = [one.value for one in finding.measurements if "at the pixels" in one.what]
    assert isinstance(finding.plot, Plot)
    drawn = [y for series in finding.plot.series for _, y in series.points]
    assert drawn == whole and all(0 <= share < 100 for share in whole)
    logits = [whole[LOGITS - 1] / 100, whole[4 + LOGITS - 1] / 100]
    assert finding.verdict == verdict([0.0], logits)


def test_the_verdict_follows_from_what_varies() -> None:
    assert verdict([0.0, 0.0], [0.5, 0.6]) == "holds"
    assert verdict([0.0, 0.0], [0.4, 0.6]) == "holds with limits"
    assert verdict([0.0, 0.0], [0.0, 0.6]) == verdict([0.0, 0.1], [0.5, 0.6]) == "false"


def test_a_linear_network_of_any_depth_is_static_and_one_of_relu_is_not() -> None:
    first, second = ([uniform(key, 3) for key in split(part, 3)] for part in (1, 2))
    inputs = [[x - 0.5 for x in uniform(key, 3)] for key in split(3, 9)]
    assert variation(serial(layer(linear), layer(linear)), inputs, [first, second]) == 0.0
    assert variation(serial(layer(linear), elementwise(relu)), inputs, [first, ()]) > 0


def test_the_share_of_relu_is_that_of_its_patterns() -> None:
    """Of diagonal metrics of 0 and 1: 1 − Σp²/Σp, p how often each unit is open."""
    inputs = [[1.0, -1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]
    shares = Fraction(3, 4), Fraction(1, 4)
    expected = 1 - sum(p * p for p in shares) / sum(shares)
    assert variation(elementwise(relu), inputs, ()) == float(expected)


def test_the_nearest_are_those_by_the_metric() -> None:
    local = [uniform(key, 4) for key in split(5, 2)]
    x, *others = ([4 * draw for draw in uniform(key, 4)] for key in split(6, 30))
    metric = pulled_back_metric(local)
    by_metric = [squared_distance(x, other, metric=metric) for other in others]
    places = nearest(matvec(local, x), [matvec(local, other) for other in others])
    assert places == sorted(range(29), key=by_metric.__getitem__)[:NEIGHBORS]
