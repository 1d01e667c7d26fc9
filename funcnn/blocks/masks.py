"""Masks: which keys a query may see, said by a mask, by a window, or by where it stands."""

from collections.abc import Sequence
from typing import Any

from funcnn.algebra.folds import bool_of, int_of, pair_of, zipped
from funcnn.algebra.vectors import rectangle

type Mask = Sequence[Sequence[bool]]
"""For each query, of each key, whether it may be seen."""

type Window = tuple[int | None, int | None]
"""How many positions back from its own a query sees, and how many ahead; all of them if None."""


def visible_keys(
    queries: int,
    keys: int,
    mask: Mask | None = None,
    *,
    causal: bool = False,
    start: int = 0,
    window: Window = (None, None),
) -> list[Sequence[int]]:
    """For each query, which keys it may see.

    Maths
        j | mask[i][j],  p − back ≤ j ≤ p + ahead  p = start + i; ahead = 0 if causal
    Shapes
        n queries, m keys, mask n×m  →  n lists
    Settings
        causal   whether a query sees no key ahead of it
        start    the position of the first query: 0 is that of the first key
        window   how many keys back from its own a query sees, and how many ahead; all if None
    Errors
        ValueError   the mask has another size, or a side of the window is below 0
        TypeError    the mask holds more than bools, or causal is not one, or start or a side of
                     the window is not an int

    >>> [[*seen] for seen in visible_keys(2, 3, causal=True)]
    [[0], [0, 1]]
    >>> [[*seen] for seen in visible_keys(2, 4, start=2, window=(1, 0))]
    [[1, 2], [2, 3]]
    >>> visible_keys(2, 3, [[True, False, True], [False, False, False]])
    [[0, 2], []]
    >>> visible_keys(2, 3, [[True, False]])
    Traceback (most recent call last):
    ValueError: the mask is 1×2, queries and keys ask for 2×3
    """
    back, ahead = (_side(side) for side in pair_of(window, "window (back, ahead)"))
    ahead = 0 if bool_of(causal, "causal") else ahead
    visible: list[Sequence[int]] = [
        range(
            0 if back is None else max(0, p - back),
            keys if ahead is None else min(keys, p + ahead + 1),
        )
        for p in range(int_of(start, "start"), start + queries)
    ]
    if mask is None:
        return visible
    _demand_mask(mask, queries, keys)
    return [[j for j in seen if row[j]] for seen, row in zipped(visible, mask)]


def _side(side: Any) -> int | None:
    return None if side is None else int_of(side, "a side of the window", 0)


def _demand_mask(mask: Any, queries: int, keys: int) -> None:
    rectangle(mask, "row {} of the mask".format, "the mask")
    columns = len(mask[0]) if mask else keys
    if (len(mask), columns) != (queries, keys):
        size = f"{len(mask)}×{columns}"
        raise ValueError(f"the mask is {size}, queries and keys ask for {queries}×{keys}")
    others = {type(entry).__name__ for row in mask for entry in row} - {"bool"}
    if others:
        raise TypeError(f"the mask holds a {min(others)}, not bools alone")
