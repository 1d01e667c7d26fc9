"""A strategy for two matrices to be multiplied: right ones, and ones that do not go together."""

import math
from fractions import Fraction
from typing import Any, Final

from hypothesis import strategies as st

SIZES: Final = st.integers(0, 17)
FLOATS: Final = st.floats(-1e3, 1e3) | st.sampled_from([1e16, -1e16, 0.1, -0.0, 5e-324, 1e-160])
SPECIAL: Final = st.sampled_from([math.nan, math.inf, -math.inf])
NUMBERS: Final[tuple[st.SearchStrategy[Any], ...]] = (
    st.integers(-9, 9) | st.integers(),
    st.fractions(-9, 9, max_denominator=99),
    FLOATS,
    FLOATS | SPECIAL,
    FLOATS | st.integers(-9, 9),
)


@st.composite
def pools(draw: st.DrawFn) -> list[Any]:
    """A few numbers of one kind and their negatives, so that sums of their products cancel."""
    numbers = draw(st.lists(draw(st.sampled_from(NUMBERS)), min_size=1, max_size=6))
    return [*numbers, *(-number for number in numbers)]


@st.composite
def matrices(draw: st.DrawFn, rows: int, columns: int, pool: list[Any]) -> list[list[Any]]:
    """A matrix of numbers picked from a pool."""
    size = rows * columns
    picks = iter(draw(st.binary(min_size=size, max_size=size)))
    return [[pool[next(picks) % len(pool)] for _ in range(columns)] for _ in range(rows)]


@st.composite
def factors(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two matrices to be multiplied, m×n and n×p; of eight pairs, about one is spoiled."""
    rows, inner, columns, pool = draw(SIZES), draw(SIZES), draw(SIZES), draw(pools())
    left, right = draw(matrices(rows, inner, pool)), draw(matrices(inner, columns, pool))
    return draw(perhaps_spoiled((left, right)))


@st.composite
def batches(draw: st.DrawFn) -> tuple[Any, Any]:
    """A batch of inputs and weights for them, m×n and p×n; of eight, about one is spoiled."""
    rows, inner, columns, pool = draw(SIZES), draw(SIZES), draw(SIZES), draw(pools())
    xs, weights = draw(matrices(rows, inner, pool)), draw(matrices(columns, inner, pool))
    return draw(perhaps_spoiled((xs, weights)))


@st.composite
def perhaps_spoiled(draw: st.DrawFn, pair: tuple[Any, Any]) -> tuple[Any, Any]:
    return draw(spoiled(pair)) if draw(st.integers(0, 7)) == 7 else pair


@st.composite
def spoiled(draw: st.DrawFn, pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """The pair, with a row too short or too long, or an entry of another kind or no number."""
    side = draw(st.integers(0, 1))
    matrix = pair[side]
    if not matrix:
        return pair
    index = draw(st.integers(0, len(matrix) - 1))
    row = matrix[index]
    strange = draw(st.sampled_from(["1", None, Fraction(1, 3), 0.5, [1.0]]))
    wrong = draw(st.sampled_from([row[1:], [*row, 0], row and [*row[1:], strange], 1.0, "row"]))
    changed = [*matrix[:index], wrong, *matrix[index + 1 :]]
    return (changed, pair[1]) if side == 0 else (pair[0], changed)
