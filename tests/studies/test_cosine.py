"""The study of cosines: both gauges are exact optima, and the formulas the objectives'."""

from fractions import Fraction
from typing import Any

import pytest

from funcnn.algebra.duals import Dual
from funcnn.algebra.keys import split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, matmul, transpose
from funcnn.exchange.first_names import names
from funcnn.studies.cosine import (
    PENALTY,
    SHRINKAGE,
    STUDY,
    Embeddings,
    alternated,
    closed_form,
    cosines,
    farthest,
    gram,
    is_optimal,
    most_similar,
    predictor,
    rescaled,
    squared_cosines,
    verdict,
)
from funcnn.studies.findings import Finding, found
from quick_runs import quick

LETTERS = "aeiou"


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


@pytest.fixture(scope="module")
def square() -> list[list[int]]:
    return gram(LETTERS, names()[:500])


def test_all_that_is_expected_is_met(finding: Finding) -> None:
    assert [one.met for one in finding.measurements if one.expected] == [True] * 2
    assert finding.verdict == "holds with limits"


def test_every_cosine_of_the_first_objective_differs_and_none_of_the_second(
    finding: Finding,
) -> None:
    by_what = {one.what: one.value for one in finding.measurements}
    assert by_what["objective 1: cosines that differ"] == 28
    assert by_what["objective 1: largest difference of a cosine"] > 0.5
    assert by_what["objective 2: most similar letters changed"] == 0
    assert finding.figure.startswith("cosines of two optima: up to 0.8")


def test_the_verdict_follows_from_what_differs() -> None:
    assert verdict(True, 0.5, 1e-12) == "holds with limits"
    assert verdict(True, 0.5, 1e-3) == "false"
    assert verdict(True, 0.0, 0.0) == verdict(False, 0.5, 0.0) == "holds"


def test_sweeps_that_are_cut_short_do_not_pass_for_an_answer() -> None:
    assert found(STUDY.experiment(letters="aei", some=500, sweeps=1)).verdict == "false"


def loss(square: Matrix[int], users: Matrix[Any], items: Matrix[Any], first: bool) -> Any:
    """An objective, up to what does not depend on A and B, by its definition over S."""
    size = len(square)
    product = matmul(users, transpose(items))
    off = [[p - int(i == j) for j, p in enumerate(row)] for i, row in enumerate(product)]

    def weighed(rows: Matrix[Any], weights: Matrix[Any]) -> Any:
        turned = matmul(transpose(rows), matmul(weights, rows))
        return sum((turned[i][i] for i in range(len(turned))), start=0 * rows[0][0])

    unit = [[int(i == j) for j in range(size)] for i in range(size)]
    fit = weighed(off, square)
    if first:
        return fit + SHRINKAGE * weighed(product, unit)
    return fit + int(PENALTY) * (weighed(users, square) + weighed(items, unit))


def slopes(square: Matrix[int], point: Embeddings, first: bool) -> list[Any]:
    """The derivative of an objective by each entry of A and of B."""
    size, found = len(square), []
    for part in range(2):
        for i in range(size):
            for j in range(size):
                users, items = (
                    [
                        [
                            Dual(x, (x - x) + ((which, row, column) == (part, i, j)))
                            for column, x in enumerate(numbers)
                        ]
                        for row, numbers in enumerate(matrix)
                    ]
                    for which, matrix in enumerate(point)
                )
                found.append(loss(square, users, items, first).tangent)
    return found


def test_both_gauges_have_derivative_0_exactly_and_another_point_has_not(
    square: list[list[int]],
) -> None:
    exact = tree_map(Fraction, square)
    product = predictor(exact)
    unit = [[Fraction(i == j) for j in range(5)] for i in range(5)]
    one = Embeddings(unit, product)
    two = rescaled(one, [Fraction(3), Fraction(1, 2), Fraction(1), Fraction(2), Fraction(5)])
    for point in (one, two):
        assert is_optimal(exact, point) and not any(slopes(square, point, True))
    other = Embeddings(unit, unit)
    assert not is_optimal(exact, other) and any(slopes(square, other, True))
    assert squared_cosines(one.items) != squared_cosines(two.items)
    assert squared_cosines(unit) == [0] * 10


def test_sweeps_end_where_the_second_objective_has_derivative_0(square: list[list[int]]) -> None:
    floats = tree_map(float, square)
    starts = [found(alternated(key, floats, 300)) for key in (1, 2)]
    scale = max(abs(number) for row in square for number in row)
    for point in starts:
        assert max(abs(slope) for slope in slopes(square, point, False)) < 1e-11 * scale
    ends = [cosines(point.items) for point in starts]
    assert farthest(ends[0], cosines(closed_form(floats))) < 1e-12
    assert starts[0].items != starts[1].items and farthest(*ends) < 1e-12


def test_the_most_similar_are_by_the_largest_cosine() -> None:
    rows = [[draw - 0.5 for draw in uniform(key, 3)] for key in split(0, 6)]
    whole = [[cosines([x, y])[0] if x is not y else -2.0 for y in rows] for x in rows]
    assert most_similar(cosines(rows), 6) == [row.index(max(row)) for row in whole]
