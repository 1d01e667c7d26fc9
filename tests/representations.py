"""The one law of all that is fast: the reference's results, or floats within the certificate, or
the reference's errors. And how many examples it takes."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st

from funcnn import leaves, tree_map
from funcnn.laws import admits

EXAMPLES: Final = 100_000 if settings.get_current_profile_name() == "thorough" else 2_000

integers: Final = st.one_of(
    st.integers(-128, 127),
    st.sampled_from([0, 1, -1, 2**30, -(2**30), 2**31 - 1, -(2**63), 2**64, 2**200]),
    st.integers(),
)

SHAPES: Final = st.sampled_from(
    [(0, 1, 1), (1, 1, 1), (1, 7, 1), (2, 3, 1), (1, 2, 5), (3, 5, 2), (2, 11, 3), (4, 4, 4)]
)


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns, or the type and the text of its error."""
    try:
        return function(*arguments)
    except (ValueError, TypeError) as error:
        return type(error), str(error)


def same(one: Any, other: Any) -> bool:
    """Whether two results are equal, in the types of their numbers too. A NaN equals a NaN."""
    kinds = [[*map(type, leaves(result))] for result in (one, other)]
    return kinds[0] == kinds[1] and bool(tree_map(comparable, one) == tree_map(comparable, other))


def comparable(number: Any) -> Any:
    return "NaN" if number != number else number


def are_floats(rows: Any) -> bool:
    return isinstance(rows, list) and {*map(type, leaves(rows))} == {float}


def certified(xs: Any, rows: Any, results: Any) -> bool:
    """Whether each result is one that its row of xs and its row of weights admit."""
    return all(
        isinstance(value, float) and admits([*map(float, x)], [*map(float, row)], value)
        for x, values in zip(xs, results, strict=True)
        for row, value in zip(rows, values, strict=True)
    )


@st.composite
def products(draw: st.DrawFn, numbers: st.SearchStrategy[Any]) -> tuple[Any, Any]:
    """Two matrices that go together, m×n and n×p, of numbers picked from a few."""
    rows, inner, columns = (
        draw(st.integers(0, 7)),
        draw(st.integers(1, 11)),
        draw(st.integers(1, 7)),
    )
    pool = draw(st.lists(numbers, min_size=1, max_size=5))
    picks = iter(draw(st.binary(min_size=(size := (rows + columns) * inner), max_size=size)))
    return matrix(rows, inner, pool, picks), matrix(inner, columns, pool, picks)


def matrix(rows: int, columns: int, pool: Sequence[Any], picks: Any) -> list[list[Any]]:
    return [[pool[next(picks) % len(pool)] for _ in range(columns)] for _ in range(rows)]
