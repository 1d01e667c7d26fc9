"""The kernels of gated units are the maps of their definitions: floats within the bounds, other
numbers equal, or the same error."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any, Final

import pytest
from batches import batch, is_the_map, is_within_the_bounds

from block_cases import Case, over
from cases_gates import CASES as GATES
from cases_linears import CASES as LINEARS
from funcnn import AffineWeights, Dual, interval
from funcnn.blocks.gates import GatedWeights, geglu, glu, swiglu
from funcnn.blocks.linears import project
from funcnn.fast import floats, gates

KERNELS: Final[dict[Callable[..., Any], Callable[..., Any]]] = {
    project: floats.project,
    glu: gates.glu,
    swiglu: gates.swiglu,
    geglu: gates.geglu,
}
CASES: Final = GATES | {name: LINEARS[name] for name in ("project", "project with a bias")}

every_block = pytest.mark.parametrize("name", CASES)


@every_block
def test_floats_lie_within_the_bounds(name: str) -> None:
    for seed in range(50):
        case = CASES[name](Random(seed))
        assert is_within_the_bounds(KERNELS[case.definition], batch(case)), seed


@every_block
@pytest.mark.parametrize("number", [Fraction, interval, lambda x: Dual(interval(x), interval(1.0))])
def test_on_other_numbers_it_is_the_definition(name: str, number: Any) -> None:
    for seed in range(5):
        cases = [over(number, case) for case in batch(CASES[name](Random(seed)))]
        assert is_the_map(KERNELS[cases[0].definition], cases)


ONE: Final[Any] = [[1.0]]


@pytest.mark.parametrize("unit", [swiglu, geglu])
@pytest.mark.parametrize(
    ("xs", "weights"),
    [
        ([[1.0], [1.0, 2.0]], GatedWeights(ONE, ONE, ONE)),
        ([[1.0], [Fraction(1)]], GatedWeights(ONE, ONE, ONE)),
        ([[1.0], ["1"]], GatedWeights(ONE, ONE, ONE)),
        ([[1.0], [2]], GatedWeights(ONE, ONE, ONE)),
        ([[1.0], (2.0,)], GatedWeights(ONE, ONE, ONE)),
        ([[1.0], []], GatedWeights(ONE, ONE, ONE)),
        ([[1.0]], (ONE, ONE)),
        ([[1.0]], GatedWeights([[1.0, 2.0]], ONE, ONE)),
        ([[1.0]], GatedWeights(ONE, [[1.0], [2.0]], ONE)),
        ([[1.0]], GatedWeights(ONE, ONE, [[1.0, 2.0]])),
        ([[1.0]], GatedWeights(ONE, ONE, [[Fraction(1)]])),
        ([[1.0]], GatedWeights(ONE, ONE, [[Dual(1.0, 1.0)]])),
        ([[1.0]], GatedWeights(AffineWeights(ONE, []), ONE, ONE)),
        ([[1.0]], GatedWeights([], [], ONE)),
        ([], None),
    ],
)
def test_whatever_it_is_given_it_is_the_map(unit: Any, xs: Any, weights: Any) -> None:
    cases = [Case(unit, {}, x, weights) for x in xs]
    assert not cases or is_the_map(KERNELS[unit], cases)
    assert KERNELS[unit]([], weights) == []


@pytest.mark.parametrize(
    "xs", [[[1.0]], [[]], [[1.0, 2.0], []], [[1.0, 2.0], [1.0]], [["1", 1.0]], [[1, 2.0]]]
)
def test_what_has_no_halves_is_refused_as_by_glu(xs: Any) -> None:
    assert is_the_map(gates.glu, [Case(glu, {}, x) for x in xs])


def test_what_is_no_batch_or_no_approximation_is_refused() -> None:
    weights: Any = GatedWeights(ONE, ONE, ONE)
    for kernel in KERNELS.values():
        with pytest.raises(TypeError, match="^xs is a list_iterator, not a list$"):
            kernel(iter([[1.0, 2.0]]), weights)
    unknown: list[Any] = ["fast", []]
    for approximate in unknown:
        case = Case(geglu, {"approximate": approximate}, [1.0], weights)
        assert is_the_map(gates.geglu, [case])
