"""The study of fast multiplication: what is counted, what is equal, and how the verdict follows."""

from functools import partial

import pytest

from funcnn import matmul
from funcnn.algebra.keys import normal
from funcnn.blocks.layouts import reshape
from funcnn.laws.algorithms import strassen
from funcnn.studies.fast_multiplication import STUDY, decided, pays_from
from funcnn.studies.findings import Finding
from funcnn.studies.seven_products import (
    STRASSEN,
    WINOGRAD,
    counted,
    crossover,
    error_of,
    graded,
    in_seven,
    least_operations,
    operations,
    operations_in_seven,
    without_rows,
)
from quick_runs import quick

EVEN = range(4, 20, 2)


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_every_figure_that_has_to_be_is_met(finding: Finding) -> None:
    assert [one.what for one in finding.measurements if one.met is False] == []
    assert sum(one.met is True for one in finding.measurements) == 13


def test_the_exact_figures(finding: Finding) -> None:
    values = {one.what: one.value for one in finding.measurements}
    assert values["least n with fewer operations, 15 additions"] == 14
    assert values["least n with fewer operations, 18 additions"] == 16
    assert round(values["n with fewer operations, recursive to 1×1, from"]) == 286
    assert values["fast products of ints that equal the product"] == 12
    assert values["a quarter 0: entries that come out as 0, one product"] == 64
    assert values["a quarter 0: entries that come out as 0, seven products"] < 64
    errors = {(m.what, m.unit): m.value for m in finding.measurements if "error of" in m.what}
    assert errors["a quarter 0: error of seven products", "times n·u·|A|·|B|"] == "∞"
    assert errors["graded: error of seven products", "times n·u·|A|·|B|"] > 10


def test_the_verdict_follows_from_the_times(finding: Finding) -> None:
    times = {one.what: one.value for one in finding.measurements if ": time at n = 32" in one.what}
    assert len(times) == 3 and finding.verdict == decided(times)
    assert decided({"floats": 0.9, "int8": 0.99}) == "holds"
    assert decided({"floats": 0.9, "int8": 1.0}) == "holds with limits"
    assert decided({"floats": 1.2, "int8": 1.0}) == "false"


def test_what_pays_does_so_at_all_larger_sizes() -> None:
    assert pays_from([16, 32, 64], [0.9, 1.1, 0.9]) == 64
    assert pays_from([16, 32, 64], [0.9, 0.8, 0.9]) == 16
    assert pays_from([16, 32], [0.9, 1.0]) is None


@pytest.mark.parametrize("size", EVEN)
def test_operations_counted_as_they_are_done_are_those_of_the_formulas(size: int) -> None:
    assert counted(matmul, size) == operations(size)
    assert counted(partial(in_seven, matmul), size) == operations_in_seven(size)
    changed_signs = 6 * (size // 2) ** 2
    by_strassen = counted(partial(strassen, least=size), size)
    assert by_strassen == operations_in_seven(size, STRASSEN) + changed_signs


def test_at_12_both_are_as_many_operations() -> None:
    assert [n for n in EVEN if operations_in_seven(n) == operations(n)] == [12]
    assert crossover(WINOGRAD) == 14 and crossover(STRASSEN) == 16


def test_the_recursion_to_single_numbers_has_the_known_closed_form() -> None:
    def recursive(levels: int) -> int:
        return 7 * recursive(levels - 1) + 15 * 4 ** (levels - 1) if levels else 1

    assert [recursive(k) for k in range(12)] == [6 * 7**k - 5 * 4**k for k in range(12)]
    assert recursive(8) > 2 * 256**3 and recursive(9) < 2 * 512**3
    assert all(least_operations(2**k) <= min(recursive(k), operations(2**k)) for k in range(14))


def test_a_product_with_a_wrong_sign_is_no_product() -> None:
    left, right = [[1, 2], [3, 4]], [[5, 6], [7, 8]]
    assert in_seven(matmul, left, right) == matmul(left, right)
    assert in_seven(
        lambda a, b: matmul(a, [[-x for x in row] for row in b]), left, right
    ) != matmul(left, right)


def test_errors_tell_a_sum_of_products_from_seven_that_share_theirs() -> None:
    left, right = (reshape(normal(key, 256), shape=(16, 16)) for key in (1, 2))
    fast = partial(in_seven, matmul)
    assert error_of(matmul, graded(left), right).by_entry <= 1
    assert error_of(fast, graded(left), right).by_entry > 1
    assert error_of(fast, graded(left), right).by_norm <= 1
    assert error_of(matmul, without_rows(left), right).zeros == 64
    assert error_of(fast, without_rows(left), right).zeros < 64
